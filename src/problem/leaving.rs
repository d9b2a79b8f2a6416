//! The first point at which a segment leaves a set, also where its end lies in the set again: a strip or a disc outside
//! of the set may be thinner than the segment is long.

use rayon::prelude::*;

use crate::problem::Region;
use crate::tensor::{Point, advance, difference, norm};

/// The width, in segments, of the narrowest strip that is looked for.
const NARROWEST: f64 = 1.0 / 16384.0;
/// The most points of one segment at which the margin is evaluated: a margin that touches zero would take more.
const MOST_POINTS: usize = 256;
/// A margin may change this many times faster between two points of a segment than it was seen to change.
const STEEPER: f64 = 2.0;

impl Region {
    /// Whether a straight segment between two points of the set may leave it. (Basins are left between two of their
    /// points only where another basin has a tongue thinner than the segment, and a disc that edges miss or meet by chance is
    /// too small for the grid; neither is looked for.)
    pub fn may_be_left_within(&self) -> bool {
        match self {
            Region::Whole | Region::Basin(_) | Region::Box { .. } | Region::Outside { .. } => false,
            Region::Condition(_) => true,
            Region::Rolled { set, .. } => matches!(**set, Region::Box { .. }) || set.may_be_left_within(),
        }
    }

    /// The margin of a point: positive in the set, negative outside of it, continuous where its conditions are; 0 for
    /// sets without one.
    pub fn margin(&self, theta: Point) -> f64 {
        match self {
            Region::Whole | Region::Basin(_) => 0.0,
            Region::Box { lower, upper, dimension } => {
                let sides = (0..*dimension).flat_map(|axis| [theta[axis] - lower[axis], upper[axis] - theta[axis]]);
                sides.fold(f64::INFINITY, f64::min)
            }
            Region::Outside { centre, radius } => norm(difference(theta, *centre)) - radius,
            Region::Condition(condition) => condition.margin(theta),
            Region::Rolled { set, space } => set.margin(set.image(space, theta)),
        }
    }

    /// The fraction of the segment from → to at which it first leaves the set; `None` if it does not. `from` is inside.
    /// Strips narrower than 1/16384 of the segment, and those before which the margin of a condition does not fall, are
    /// not seen.
    pub fn first_exit(&self, from: Point, to: Point) -> Option<f64> {
        let step = difference(to, from);
        let last = (!self.holds(to)).then(|| self.exit(from, to));
        if !self.may_be_left_within() {
            return last;
        }
        // The end itself is on the boundary.
        let end = last.map_or(1.0, |last| (1.0 - NARROWEST) * last);
        let at = |fraction: f64| advance(from, fraction, step);
        let earlier = self.outside_between(at, end).map(|[inside, outside]| {
            let bracket = [at(inside), at(outside)];
            inside + (outside - inside) * self.exit(bracket[0], bracket[1])
        });
        earlier.or(last)
    }

    /// Two arguments between 0 and `end`, the first in the set and the second outside, with no point outside before the
    /// first; `None` if none is found.
    fn outside_between(&self, at: impl Fn(f64) -> Point, end: f64) -> Option<[f64; 2]> {
        let margin = |fraction: f64| self.margin(at(fraction));
        let (mut steepest, mut points) = (0.0f64, 0);
        let mut left = vec![([0.0, end], [margin(0.0), margin(end)])];
        while let Some(([low, high], [at_low, at_high])) = left.pop() {
            let (middle, half) = (0.5 * (low + high), 0.5 * (high - low));
            let here = margin(middle);
            if !(here > 0.0 || self.holds(at(middle))) {
                return Some([low, middle]);
            }
            points += 1;
            if points > MOST_POINTS {
                return None;
            }
            steepest = steepest.max((here - at_low).abs() / half).max((at_high - here).abs() / half);
            // Left halves come last, and are taken first.
            for (range, margins) in [([middle, high], [here, at_high]), ([low, middle], [at_low, here])] {
                if half > NARROWEST && may_vanish(margins, STEEPER * steepest * half) {
                    left.push((range, margins));
                }
            }
        }
        None
    }
}

/// Whether a function with these values at both ends of an interval may vanish between them, if it changes by at most
/// `most` over the length of the interval.
fn may_vanish([low, high]: [f64; 2], most: f64) -> bool {
    low + high <= most
}

/// The margins of many points, which tell the pairs that may be apart.
pub struct Margins {
    of: Vec<f64>,
    most: f64,
}

impl Margins {
    /// The margins of points in a set; `pairs` are the numbers of all those that segments join.
    pub fn new(set: &Region, points: Vec<Point>, pairs: impl Iterator<Item = [usize; 2]>) -> Margins {
        let of: Vec<f64> = points.into_par_iter().with_min_len(1024).map(|point| set.margin(point)).collect();
        let most = pairs.map(|[i, j]| (of[i] - of[j]).abs()).fold(0.0, f64::max);
        Margins { of, most: STEEPER * most }
    }

    /// Whether the segment between two of the points may leave the set, if the margin nowhere changes much faster than
    /// between the points.
    pub fn may_leave(&self, [i, j]: [usize; 2]) -> bool {
        may_vanish([self.of[i], self.of[j]], self.most)
    }
}
