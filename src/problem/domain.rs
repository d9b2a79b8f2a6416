//! The domain of the process: a rectangle with walls.

use std::sync::Arc;

use crate::problem::critical::SADDLE_SLACK;
use crate::problem::window::Side;
use crate::problem::{Killing, Space, Window};
use crate::tensor::Point;

/// A rectangle (an interval in one dimension) with walls.
#[derive(Clone, Debug)]
pub struct Domain {
    /// The dimension, 1 or 2.
    pub dimension: usize,
    /// Lower corner.
    pub lower: Point,
    /// Upper corner.
    pub upper: Point,
    /// The walls of each axis.
    pub walls: [AxisWalls; 2],
    /// Whether the corners were chosen from the landscape.
    pub automatic: bool,
    /// A killing rate inside the domain, in addition to absorbing walls and sets.
    pub killing: Option<Arc<Killing>>,
    /// The absorbing parts of reflecting walls.
    pub windows: Vec<Window>,
}

impl Domain {
    /// The rectangle as a space with periodic axes.
    pub fn space(&self) -> Space {
        let periodic = [0, 1].map(|axis| self.is_periodic(axis));
        Space { dimension: self.dimension, lower: self.lower, upper: self.upper, periodic }
    }

    /// Whether a point lies in the closed rectangle; a periodic axis has no outside.
    pub fn contains(&self, theta: Point) -> bool {
        self.space().holds(theta, 0.0)
    }

    /// Whether a saddle belongs to the rectangle, with a tolerance for walls that are placed on saddles with few
    /// digits.
    pub fn touches(&self, theta: Point) -> bool {
        self.space().holds(theta, SADDLE_SLACK)
    }

    /// Whether some wall absorbs, entirely or in a window.
    pub fn absorbs(&self) -> bool {
        !self.windows.is_empty() || self.has_absorbing_wall()
    }

    /// Whether some wall absorbs everywhere.
    pub fn has_absorbing_wall(&self) -> bool {
        (0..self.dimension).any(|axis| [0, 1].into_iter().any(|end| self.wall(axis, end) == Some(Wall::Absorbing)))
    }

    /// The wall at the lower (0) or upper (1) end of an axis; `None` if the axis is periodic.
    pub fn wall(&self, axis: usize, end: usize) -> Option<Wall> {
        match self.walls[axis] {
            AxisWalls::Walls(walls) => Some(walls[end]),
            AxisWalls::Periodic => None,
        }
    }

    /// The windows of a wall.
    pub fn window(&self, axis: usize, end: usize) -> Option<&Window> {
        self.windows.iter().find(|window| window.side == Side { axis, end })
    }

    /// Whether a wall absorbs at a point on it or beyond it.
    pub fn absorbs_at(&self, axis: usize, end: usize, at: Point) -> bool {
        let in_window = |window: &Window| window.holds(self.space().wrap(at)[1 - axis]);
        self.wall(axis, end) == Some(Wall::Absorbing) || self.window(axis, end).is_some_and(in_window)
    }

    /// Whether a point lies on a wall that absorbs there.
    pub fn absorbs_on(&self, at: Point) -> bool {
        let sides = (0..self.dimension).flat_map(|axis| [(axis, 0, self.lower), (axis, 1, self.upper)]);
        sides.into_iter().any(|(axis, end, corner)| at[axis] == corner[axis] && self.absorbs_at(axis, end, at))
    }

    /// The absorbing fraction of the part of a wall within the distance `half` from a point along it; windows extend by
    /// `beyond` over their ends.
    pub fn absorbing_share(&self, axis: usize, end: usize, at: Point, half: f64, beyond: f64) -> f64 {
        let Some(window) = self.window(axis, end) else {
            return if self.wall(axis, end) == Some(Wall::Absorbing) { 1.0 } else { 0.0 };
        };
        let across = 1 - axis;
        let (place, low, high) = (self.space().wrap(at)[across], self.lower[across], self.upper[across]);
        let length = |from: f64, to: f64| window.length_within(from, to, [low, high], beyond);
        if self.is_periodic(across) {
            let width = high - low;
            let turns = [-width, 0.0, width];
            let lengths = turns.map(|turn| length(place - half + turn, place + half + turn));
            return share(lengths.iter().sum(), 2.0 * half);
        }
        // There is no wall beyond a corner.
        let (begin, end) = ((place - half).max(low), (place + half).min(high));
        share(length(begin, end), end - begin)
    }

    /// Whether an axis is periodic.
    pub fn is_periodic(&self, axis: usize) -> bool {
        self.walls[axis] == AxisWalls::Periodic
    }

    /// The same rectangle with every wall reflecting and no killing inside.
    pub fn closed(&self) -> Domain {
        let close = |walls: AxisWalls| match walls {
            AxisWalls::Walls(_) => AxisWalls::Walls([Wall::Reflecting; 2]),
            AxisWalls::Periodic => AxisWalls::Periodic,
        };
        Domain { walls: self.walls.map(close), killing: None, windows: Vec::new(), ..self.clone() }
    }

    /// The same rectangle reduced by this width along its absorbing walls.
    pub fn without_rim(&self, width: f64) -> Domain {
        let mut inner = self.clone();
        for axis in 0..self.dimension {
            for (end, side) in [(0, &mut inner.lower[axis]), (1, &mut inner.upper[axis])] {
                if self.wall(axis, end) == Some(Wall::Absorbing) {
                    *side += if end == 0 { width } else { -width };
                }
            }
        }
        inner
    }

    /// The width along an axis.
    pub fn width(&self, axis: usize) -> f64 {
        self.upper[axis] - self.lower[axis]
    }

    /// The first wall through which a segment that starts inside leaves: fraction, axis and end. `None` if it stays
    /// inside.
    pub fn leave(&self, from: Point, step: Point) -> Option<(f64, usize, usize)> {
        let mut first: Option<(f64, usize, usize)> = None;
        for axis in (0..self.dimension).filter(|&axis| !self.is_periodic(axis)) {
            let end = usize::from(step[axis] > 0.0);
            let wall = if end == 1 { self.upper[axis] } else { self.lower[axis] };
            let beyond = from[axis] + step[axis] - wall;
            if (end == 1 && beyond > 0.0) || (end == 0 && beyond < 0.0) {
                let fraction = (wall - from[axis]) / step[axis];
                if first.is_none_or(|(smallest, ..)| fraction < smallest) {
                    first = Some((fraction, axis, end));
                }
            }
        }
        first
    }
}

/// The ratio of two lengths, where values within rounding of 0 or 1 become 0 or 1.
fn share(length: f64, of: f64) -> f64 {
    const ROUNDING: f64 = 1e-12;
    match length / of {
        share if share < ROUNDING => 0.0,
        share if share > 1.0 - ROUNDING => 1.0,
        share => share,
    }
}

/// The two walls of an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AxisWalls {
    /// A wall at each end: the lower, then the upper.
    Walls([Wall; 2]),
    /// The two ends are joined.
    Periodic,
}

impl AxisWalls {
    /// Both ends reflect.
    pub const REFLECTING: AxisWalls = AxisWalls::Walls([Wall::Reflecting; 2]);
    /// Both ends absorb.
    pub const ABSORBING: AxisWalls = AxisWalls::Walls([Wall::Absorbing; 2]);
    /// Only the upper end absorbs.
    pub const ABSORBING_ABOVE: AxisWalls = AxisWalls::Walls([Wall::Reflecting, Wall::Absorbing]);
    /// Only the lower end absorbs.
    pub const ABSORBING_BELOW: AxisWalls = AxisWalls::Walls([Wall::Absorbing, Wall::Reflecting]);
}

/// Reflecting walls.
impl Default for AxisWalls {
    fn default() -> AxisWalls {
        AxisWalls::REFLECTING
    }
}

/// One wall.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wall {
    /// The process is reflected; there is no flux through the wall.
    Reflecting,
    /// The process is killed.
    Absorbing,
}
