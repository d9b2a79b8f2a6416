//! The parts of the killing: walls, sides of a box, the boundary of the start set, the target, and killing inside the
//! domain; each divided by saddle if several are beyond it.

use serde::Serialize;

use crate::generator::{Assembly, Exit};
use crate::grid::Grid;
use crate::observe::boundary::SaddleOfExit;
use crate::problem::window::Side;
use crate::problem::{Problem, Wall};
use crate::tensor::Point;

/// A part of the killing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct ExitPart {
    /// What kills.
    pub kind: ExitKind,
    /// The side on which it does: of the domain or the box, or the end of an interval.
    #[serde(serialize_with = "name", skip_serializing_if = "Option::is_none")]
    pub side: Option<Side>,
    /// Which of several saddles the way leads over, as index into the saddles of the valley.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub saddle: Option<usize>,
}

/// What kills.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ExitKind {
    /// An absorbing wall of the domain, or the windows in one.
    Wall,
    /// A side of the box that is the start set.
    Box,
    /// The boundary of another start set.
    Set,
    /// The target.
    Target,
    /// The killing rate inside the domain.
    Killing,
}

fn name<S: serde::Serializer>(side: &Option<Side>, serializer: S) -> Result<S::Ok, S::Error> {
    side.map(Side::name).serialize(serializer)
}

impl ExitPart {
    /// A phrase for reports and axes, with the number of the saddle: `wall x-upper`, `set over saddle 1`.
    pub fn words(&self) -> String {
        let kind = match self.kind {
            ExitKind::Wall => "wall",
            ExitKind::Box => "box",
            ExitKind::Set => "set",
            ExitKind::Target => "target",
            ExitKind::Killing => "killing inside",
        };
        let side = self.side.map_or(String::new(), |side| format!(" {}", side.name()));
        let saddle = self.saddle.map_or(String::new(), |saddle| format!(" over saddle {saddle}"));
        format!("{kind}{side}{saddle}")
    }
}

/// The killing rates by part.
pub struct ExitParts {
    /// The parts by which some state is killed, in order.
    pub parts: Vec<ExitPart>,
    /// The killing rate of each state by each part.
    pub rates: Vec<Vec<f64>>,
}

/// The distance from a wall, in cells, within which an exit counts as one through it.
const ON_WALL: f64 = 1e-6;

impl ExitParts {
    /// Divides the killing of an assembly.
    pub fn new(problem: &Problem, grid: &Grid, assembly: &Assembly) -> ExitParts {
        let states = assembly.cells.len();
        let over = SaddleOfExit::new(problem, grid.spacing(), &assembly.exits);
        let mut found: Vec<(ExitPart, Vec<f64>)> = Vec::new();
        let mut add = |part: ExitPart, state: usize, rate: f64| {
            let place = found.iter().position(|(own, _)| *own == part).unwrap_or_else(|| {
                found.push((part, vec![0.0; states]));
                found.len() - 1
            });
            found[place].1[state] += rate;
        };
        for (number, exit) in assembly.exits.iter().enumerate() {
            let saddle = if over.saddles.len() > 1 { over.of(number) } else { None };
            let (kind, sides) = killer(problem, grid, exit);
            match sides[..] {
                [] => add(ExitPart { kind, side: None, saddle }, exit.state as usize, exit.rate),
                // An edge through a corner belongs to both sides.
                _ => {
                    let rate = exit.rate / sides.len() as f64;
                    sides.iter().for_each(|&side| {
                        add(ExitPart { kind, side: Some(side), saddle }, exit.state as usize, rate);
                    });
                }
            }
        }
        for (state, &rate) in assembly.inside.iter().enumerate().filter(|(_, rate)| **rate > 0.0) {
            add(ExitPart { kind: ExitKind::Killing, side: None, saddle: None }, state, rate);
        }
        found.sort_by_key(|(part, _)| *part);
        let (parts, rates) = found.into_iter().unzip();
        ExitParts { parts, rates }
    }
}

/// What an exit leads through, and the sides on which its point lies.
fn killer(problem: &Problem, grid: &Grid, exit: &Exit) -> (ExitKind, Vec<Side>) {
    let (domain, dimension, at) = (&problem.domain, problem.dimension, exit.position);
    let near = ON_WALL * grid.spacing()[..dimension].iter().copied().fold(f64::INFINITY, f64::min);
    let sides = |is_part: &dyn Fn(Side) -> bool, corners: [Point; 2]| -> Vec<Side> {
        let lies_on = |side: &Side| (at[side.axis] - corners[side.end][side.axis]).abs() <= near;
        Side::ALL.into_iter().filter(|side| side.axis < dimension && is_part(*side) && lies_on(side)).collect()
    };
    // A side of the box is one also where it lies on a wall.
    let of_box = problem.valley.start.corners().map(|corners| sides(&|_| true, corners)).unwrap_or_default();
    if !of_box.is_empty() && problem.valley.target.is_none() {
        return (ExitKind::Box, of_box);
    }
    let absorbs = |Side { axis, end }: Side| {
        domain.wall(axis, end) == Some(Wall::Absorbing) || domain.window(axis, end).is_some()
    };
    let walls = sides(&absorbs, [domain.lower, domain.upper]);
    if !walls.is_empty() {
        return (ExitKind::Wall, walls);
    }
    // The end of an interval by the direction of the exit.
    let by_direction = || match dimension {
        1 => vec![Side { axis: 0, end: usize::from(exit.offset[0] > 0) }],
        _ => Vec::new(),
    };
    if problem.valley.target.is_some() {
        return (ExitKind::Target, by_direction());
    }
    (ExitKind::Set, by_direction())
}
