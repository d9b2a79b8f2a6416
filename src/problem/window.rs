//! Windows: absorbing parts of a reflecting wall.
//!
//! ```text
//! P = 0 in the window, n·J = 0 outside of it        narrow escape: γ ~ πD/(|Ω| ln(1/ε)) for a window of the length 2ε, ε → 0
//! ```
//! Near the ends of a window the passage time varies like the square root of the distance, which reduces every scheme
//! to first order.

use std::sync::Arc;

use crate::problem::expression::Condition;
use crate::problem::{Domain, Region};
use crate::tensor::{Point, advance, difference};

/// The order of every scheme for a problem with windows.
pub const ORDER: f64 = 1.0;

/// A wall of a rectangle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Side {
    /// The axis normal to it, 0 for x and 1 for y.
    pub axis: usize,
    /// 0 for the lower wall, 1 for the upper one.
    pub end: usize,
}

impl Side {
    /// All sides, in the order of their names.
    pub const ALL: [Side; 4] =
        [Side { axis: 0, end: 0 }, Side { axis: 0, end: 1 }, Side { axis: 1, end: 0 }, Side { axis: 1, end: 1 }];

    /// The name in configurations.
    pub fn name(self) -> &'static str {
        [["x-lower", "x-upper"], ["y-lower", "y-upper"]][self.axis][self.end]
    }
}

/// The specification of a window: the wall, and the condition under which it absorbs.
#[derive(Clone, Debug)]
pub struct WindowSpec {
    /// The wall.
    pub side: Side,
    /// The condition under which a point of the wall absorbs.
    pub condition: Arc<Condition>,
}

/// The windows of one wall.
#[derive(Clone, Debug, PartialEq)]
pub struct Window {
    /// The wall.
    pub side: Side,
    /// The ends of the windows along the wall, in order.
    pub pieces: Vec<[f64; 2]>,
}

/// The number of points of a wall that are sampled: a window or a gap that is shorter than this fraction of the wall
/// may be missed.
const LOOKS: usize = 16384;

impl WindowSpec {
    /// The intervals of the wall in which the condition holds.
    pub fn pieces(&self, domain: &Domain) -> Vec<[f64; 2]> {
        let Side { axis, end } = self.side;
        let across = 1 - axis;
        let at = |k: usize| -> Point {
            let mut point = if end == 0 { domain.lower } else { domain.upper };
            let share = k as f64 / LOOKS as f64;
            point[across] = domain.lower[across] * (1.0 - share) + domain.upper[across] * share;
            point
        };
        let set = Region::Condition(Arc::clone(&self.condition));
        let crossing = |inside: Point, outside: Point| {
            advance(inside, set.exit(inside, outside), difference(outside, inside))[across]
        };
        let mut pieces: Vec<[f64; 2]> = Vec::new();
        let mut before: Option<Point> = None;
        let mut is_open = false;
        for k in 0..=LOOKS {
            let here = at(k);
            match (is_open, set.holds(here)) {
                (false, true) => {
                    let begin = before.map_or(here[across], |before| crossing(here, before));
                    pieces.push([begin, domain.upper[across]]);
                    is_open = true;
                }
                (true, false) => {
                    if let (Some(before), Some(piece)) = (before, pieces.last_mut()) {
                        piece[1] = crossing(before, here);
                    }
                    is_open = false;
                }
                _ => {}
            }
            before = Some(here);
        }
        pieces
    }
}

impl Window {
    /// The windows of each wall, merged.
    ///
    /// # Errors
    /// The index in the list of the first window that contains no point of its wall.
    pub fn placed(specs: &[WindowSpec], domain: &Domain) -> Result<Vec<Window>, usize> {
        let mut windows: Vec<Window> = Vec::new();
        for (place, spec) in specs.iter().enumerate() {
            let pieces = spec.pieces(domain);
            if pieces.is_empty() {
                return Err(place);
            }
            match windows.iter_mut().find(|window| window.side == spec.side) {
                Some(window) => window.pieces.extend(pieces),
                None => windows.push(Window { side: spec.side, pieces }),
            }
        }
        for window in &mut windows {
            window.pieces.sort_by(|one, other| one[0].total_cmp(&other[0]));
            let mut joined: Vec<[f64; 2]> = Vec::new();
            for piece in &window.pieces {
                match joined.last_mut().filter(|last| piece[0] <= last[1]) {
                    Some(last) => last[1] = last[1].max(piece[1]),
                    None => joined.push(*piece),
                }
            }
            window.pieces = joined;
        }
        Ok(windows)
    }

    /// The length of an interval along the wall that lies in windows, where windows extend by `beyond` over their ends,
    /// but not over the ends of the wall.
    pub fn length_within(&self, low: f64, high: f64, wall: [f64; 2], beyond: f64) -> f64 {
        // Two windows that would overlap meet in the middle between them.
        let reach = |k: usize| -> [f64; 2] {
            let [begin, end] = self.pieces[k];
            let before = k.checked_sub(1).map_or(wall[0], |k| 0.5 * (self.pieces[k][1] + begin));
            let after = self.pieces.get(k + 1).map_or(wall[1], |next| 0.5 * (end + next[0]));
            [(begin - beyond).max(before), (end + beyond).min(after)]
        };
        let common = |k: usize| {
            let [begin, end] = reach(k);
            (end.min(high) - begin.max(low)).max(0.0)
        };
        (0..self.pieces.len()).map(common).sum()
    }

    /// Whether a point along the wall lies in a window.
    pub fn holds(&self, place: f64) -> bool {
        self.pieces.iter().any(|[begin, end]| (*begin..=*end).contains(&place))
    }
}
