//! The valleys whose populations are recorded: the basins of the minima in the live set.

use std::sync::Arc;

use crate::problem::Region;
use crate::problem::basin::Basin;
use crate::solve::Discretisation;
use crate::tensor::Point;

/// The largest number of valleys; the deepest are taken.
const MOST: usize = 16;

/// The indicator functions of the valleys.
pub(super) struct Valleys {
    /// The minima θ, deepest first.
    pub minima: Vec<Point>,
    /// 1 for the states in the valley, 0 for others: `[valley][state]`.
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
