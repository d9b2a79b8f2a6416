//! Sets of points, and the point at which a segment leaves them.
//!
//! Every edge that leaves a set is cut at the fraction at which it crosses the boundary; the boundary is not moved to
//! the nearest cell. Boxes and discs are cut exactly, conditions by root finding on their margin, a basin at its
//! outline or, without one, by bisection on the limit of the descent.

use std::sync::Arc;

use crate::problem::Wall;
use crate::problem::basin::Basin;
use crate::problem::expression::Condition;
use crate::problem::{Domain, Space};
use crate::tensor::{Point, advance, difference, dot, norm};

/// A set of points θ.
#[derive(Clone)]
pub enum Region {
    /// Everything.
    Whole,
    /// The open box lower < θ < upper (infinite corners allowed).
    Box {
        /// Lower corner.
        lower: Point,
        /// Upper corner.
        upper: Point,
        /// The dimension, 1 or 2.
        dimension: usize,
    },
    /// The set where a condition holds.
    Condition(Arc<Condition>),
    /// The points whose descent ends at one minimum.
    Basin(Arc<Basin>),
    /// The complement of a disc (of an interval in one dimension).
    Outside {
        /// Centre.
        centre: Point,
        /// Radius.
        radius: f64,
    },
    /// A set in a space with periodic axes, whose points are wrapped into the box first.
    Rolled {
        /// The set.
        set: Arc<Region>,
        /// The box.
        space: Space,
    },
}

/// The smallest fraction of an edge at a crossing: below it the cell centre is on the boundary to rounding.
const SMALLEST_FRACTION: f64 = 1e-9;
/// The width at which a bisection of [0, 1] ends.
const ROUNDING: f64 = 1e-15;

impl Region {
    /// Whether a point is in the set.
    pub fn holds(&self, theta: Point) -> bool {
        match self {
            Region::Whole => true,
            Region::Box { lower, upper, dimension } => {
                (0..*dimension).all(|axis| lower[axis] < theta[axis] && theta[axis] < upper[axis])
            }
            Region::Condition(condition) => condition.holds(theta),
            Region::Basin(basin) => basin.holds(theta),
            Region::Outside { centre, radius } => {
                let offset = difference(theta, *centre);
                dot(offset, offset) > radius * radius
            }
            Region::Rolled { set, space } => set.holds(set.image(space, theta)),
        }
    }

    /// The periodic image of a point at which the set is evaluated: for a bounded set, which may extend over a seam,
    /// the image nearest to its middle; otherwise the one in the box.
    pub(super) fn image(&self, space: &Space, theta: Point) -> Point {
        let middle = match self {
            Region::Outside { centre, .. } => *centre,
            Region::Box { lower, upper, .. } if norm(difference(*upper, *lower)).is_finite() => {
                advance(*lower, 0.5, difference(*upper, *lower))
            }
            _ => return space.wrap(theta),
        };
        advance(middle, 1.0, space.offset(middle, theta))
    }

    /// Whether [`Region::holds`] is costly and [`Region::holds_roughly`] has an answer.
    pub fn has_rough_answer(&self) -> bool {
        match self {
            Region::Basin(basin) => basin.is_costly(),
            Region::Rolled { set, .. } => set.has_rough_answer(),
            _ => false,
        }
    }

    /// A cheap approximation of [`Region::holds`] if the exact answer is costly, correct except near the boundary;
    /// `None` if the exact answer is cheap.
    pub fn holds_roughly(&self, theta: Point) -> Option<bool> {
        match self {
            Region::Basin(basin) => basin.is_costly().then(|| basin.holds_roughly(theta)),
            Region::Rolled { set, space } => set.holds_roughly(set.image(space, theta)),
            _ => None,
        }
    }

    /// The fraction of the segment from → to at which it leaves the set; `from` is inside, `to` is not.
    pub fn exit(&self, from: Point, to: Point) -> f64 {
        let step = difference(to, from);
        let fraction = match self {
            Region::Whole => 1.0,
            Region::Box { lower, upper, dimension } => (0..*dimension)
                .map(|axis| match step[axis] {
                    s if s > 0.0 => (upper[axis] - from[axis]) / s,
                    s if s < 0.0 => (lower[axis] - from[axis]) / s,
                    _ => f64::INFINITY,
                })
                .fold(1.0, f64::min),
            Region::Outside { centre, radius } => {
                // |from + f·step − centre| = radius, the smaller root, in the form without cancellation.
                let offset = difference(from, *centre);
                let (a, b) = (dot(step, step), -dot(offset, step));
                let c = dot(offset, offset) - radius * radius;
                c / (b + (b * b - a * c).max(0.0).sqrt())
            }
            Region::Condition(condition) => {
                let margin = |f: f64| condition.margin(advance(from, f, step));
                crossing(|f| condition.holds(advance(from, f, step)), margin)
            }
            Region::Basin(basin) => match basin.exit(from, to) {
                Some(fraction) => fraction,
                // To rounding no curve lies between the end points.
                None if !basin.is_costly() => bisect(|f| self.holds(advance(from, f, step)), [0.0, 1.0], ROUNDING),
                None => {
                    let roughly = |f: f64| basin.holds_roughly(advance(from, f, step));
                    let exactly = |f: f64| self.holds(advance(from, f, step));
                    // Cheap bisection first; if the exact boundary is not within the remaining bracket, bisect the
                    // whole segment.
                    const LEFT: f64 = 1e-4;
                    let near = bisect(roughly, [0.0, 1.0], LEFT);
                    let (low, high) = ((near - 2.0 * LEFT).max(0.0), (near + 2.0 * LEFT).min(1.0));
                    let bracket = if exactly(low) && !exactly(high) { [low, high] } else { [0.0, 1.0] };
                    // The descent itself locates the separatrix to about 1e-11 of the box.
                    bisect(exactly, bracket, 1e-12)
                }
            },
            Region::Rolled { set, space } => {
                if set.image(space, from) == from && set.image(space, to) == to {
                    return set.exit(from, to);
                }
                bisect(|f| self.holds(advance(from, f, step)), [0.0, 1.0], ROUNDING)
            }
        };
        fraction.clamp(SMALLEST_FRACTION, 1.0)
    }
}

impl Region {
    /// The same set in a space whose periodic axes are wrapped.
    pub fn rolled(self, space: Space) -> Region {
        if space.periodic == [false; 2] || matches!(self, Region::Whole) {
            return self;
        }
        Region::Rolled { set: Arc::new(self), space }
    }

    /// In one dimension: the point at which the process that starts at `start` is killed on the lower (0) or upper (1)
    /// side; `None` if that side reflects.
    pub fn exit_towards(&self, domain: &Domain, start: Point, end: usize) -> Option<Point> {
        let wall = [if end == 0 { domain.lower[0] } else { domain.upper[0] }, 0.0];
        // The set may be left and entered again before the wall: the first point outside counts.
        const PIECES: u32 = 2000;
        let path = difference(wall, start);
        let place = |k: u32| advance(start, f64::from(k) / f64::from(PIECES), path);
        let left = (1..=PIECES).find_map(|k| {
            let (from, to) = (place(k - 1), place(k));
            self.first_exit(from, to).map(|fraction| advance(from, fraction, difference(to, from)))
        });
        match left {
            Some(at) => Some(at),
            None => (domain.wall(0, end) == Some(Wall::Absorbing)).then_some(wall),
        }
    }
}

/// The argument at which `inside` ceases to hold, by bisection down to a width.
fn bisect(inside: impl Fn(f64) -> bool, [mut low, mut high]: [f64; 2], width: f64) -> f64 {
    while high - low > width {
        let middle = 0.5 * (low + high);
        if inside(middle) { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}

/// The argument at which a margin crosses zero: regula falsi (Illinois) within a shrinking bracket, or bisection if the
/// margin does not change sign.
fn crossing(inside: impl Fn(f64) -> bool, margin: impl Fn(f64) -> f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    let (mut at_low, mut at_high) = (margin(0.0), margin(1.0));
    if !(at_low > 0.0 && at_high < 0.0) {
        return bisect(inside, [0.0, 1.0], ROUNDING);
    }
    let mut last = 0i8;
    for _ in 0..100 {
        let middle = (low * at_high - high * at_low) / (at_high - at_low);
        let value = margin(middle);
        if !value.is_finite() {
            return bisect(inside, [low, high], ROUNDING);
        }
        if value == 0.0 || high - low < 1e-15 {
            return middle;
        }
        if value > 0.0 {
            (low, at_low) = (middle, value);
            if last == 1 {
                at_high *= 0.5;
            }
            last = 1;
        } else {
            (high, at_high) = (middle, value);
            if last == -1 {
                at_low *= 0.5;
            }
            last = -1;
        }
    }
    bisect(inside, [low, high], ROUNDING)
}
