//! Sets that are rectangles along the axes: boxes, comparisons of coordinates with constants (`x < 0.1 and y > -1`), and
//! basins whose outline is straight.

use std::sync::Arc;

use crate::problem::{Domain, Region};
use crate::tensor::Point;

impl Region {
    /// The lower and the upper corner of a box.
    pub fn corners(&self) -> Option<[Point; 2]> {
        match self {
            Region::Box { lower, upper, .. } => Some([*lower, *upper]),
            Region::Rolled { set, .. } => set.corners(),
            _ => None,
        }
    }

    /// The lower and the upper corner of the set if it is a rectangle along the axes within the domain; infinite where the
    /// domain alone bounds it. `within` is a point in it.
    pub fn rectangle(&self, domain: &Domain, within: Point) -> Option<[Point; 2]> {
        const NO_BOUNDS: [Point; 2] = [[f64::NEG_INFINITY; 2], [f64::INFINITY; 2]];
        match self {
            Region::Whole => Some(NO_BOUNDS),
            Region::Box { lower, upper, .. } => Some([*lower, *upper]),
            Region::Condition(condition) => {
                let mut bounds = NO_BOUNDS;
                for part in condition.parts() {
                    let axis = part.threshold()?;
                    let part = Region::Condition(Arc::new(part));
                    for (end, bound) in bounds.iter_mut().enumerate() {
                        let own = along(&part, domain, within, [axis, end])?;
                        bound[axis] = if end == 0 { bound[axis].max(own) } else { bound[axis].min(own) };
                    }
                }
                Some(bounds)
            }
            Region::Basin(basin) => basin.rectangle(within),
            Region::Outside { .. } => None,
            Region::Rolled { set, .. } => {
                let [lower, upper] = set.rectangle(domain, within)?;
                let is_whole = |axis: usize| lower[axis] == f64::NEG_INFINITY && upper[axis] == f64::INFINITY;
                (0..2).all(|axis| !domain.is_periodic(axis) || is_whole(axis)).then_some([lower, upper])
            }
        }
    }
}

/// The end along an axis, from a point in it, of a set that holds on one side of a point; infinite if the domain ends first;
/// `None` if the point is not in it.
fn along(set: &Region, domain: &Domain, within: Point, [axis, end]: [usize; 2]) -> Option<f64> {
    let mut last = within;
    last[axis] = if end == 0 { domain.lower } else { domain.upper }[axis];
    set.holds(within).then(|| match set.holds(last) {
        false => within[axis] + set.exit(within, last) * (last[axis] - within[axis]),
        true if end == 0 => f64::NEG_INFINITY,
        true => f64::INFINITY,
    })
}
