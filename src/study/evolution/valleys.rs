//! The valleys that a density moves between: the basins of the minima in the set.

use std::sync::Arc;

use crate::problem::Region;
use crate::problem::basin::Basin;
use crate::solve::Discretisation;
use crate::tensor::Point;

/// So many minima, the deepest, have their basins told apart.
const MOST: usize = 16;

/// The cells of each valley, as weights 0 and 1.
pub(super) struct Valleys {
    /// Their minima, deepest first.
    pub minima: Vec<Point>,
    /// By valley and by state.
    pub members: Vec<Vec<f64>>,
}

impl Valleys {
    pub(super) fn new(on: &Discretisation<'_>) -> Valleys {
        let problem = on.problem;
        let lives = |at: Point| problem.domain.contains(at) && on.live().holds(at);
        let minima = &problem.critical.minima;
        let places: Vec<usize> = (0..minima.len()).filter(|&index| lives(minima[index].theta)).take(MOST).collect();
        let basin = |&index: &usize| {
            let basin = Basin::outlined(&problem.dynamics, &problem.critical, index, problem.domain.space());
            let members = on.members(&Region::Basin(Arc::new(basin)));
            members.into_iter().map(|is_member| f64::from(u8::from(is_member))).collect()
        };
        Valleys {
            members: places.iter().map(basin).collect(),
            minima: places.into_iter().map(|index| minima[index].theta).collect(),
        }
    }
}
