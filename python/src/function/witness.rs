//! Points at which polynomials are compared with the function that they stand for.

use saddleflux::Grid;
use saddleflux::problem::Domain;
use saddleflux::tensor::Point;

use super::call::Caller;

/// Points with the values there, one list a component.
#[derive(Clone, Default)]
pub(super) struct Witnesses {
    pub(super) points: Vec<Point>,
    pub(super) values: Vec<Vec<f64>>,
}

impl Witnesses {
    /// Asks a function.
    pub(super) fn of(caller: &Caller, points: Vec<Point>) -> Witnesses {
        Witnesses { values: caller.sample(&points), points }
    }

    /// Adds one of another list.
    pub(super) fn take(&mut self, other: &Witnesses, place: usize) {
        self.points.push(other.points[place]);
        self.values.resize(other.values.len(), Vec::new());
        for (values, others) in self.values.iter_mut().zip(&other.values) {
            values.push(others[place]);
        }
    }

    pub(super) fn len(&self) -> usize {
        self.points.len()
    }
}

/// Points spread over [0, 1)² (along the first axis alone in one dimension), one in each cell of a lattice.
pub(super) fn spread(count: [usize; 2]) -> impl Iterator<Item = Point> {
    let at = move |k: usize, axis: usize, cell: usize| (cell as f64 + share(k, axis)) / count[axis] as f64;
    (0..count[0] * count[1]).map(move |k| [at(k, 0, k / count[1]), at(k, 1, k % count[1])])
}

/// A number in [0, 1) that is the same in every run: the k-th of an axis (splitmix64, Steele, Lea and Flood 2014).
fn share(k: usize, axis: usize) -> f64 {
    let mut state = (2 * k as u64 + axis as u64).wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((state ^ (state >> 31)) >> 11) as f64 / (1u64 << 53) as f64
}

/// Whether a point lies between the walls and on none of them.
fn is_inside(domain: &Domain, point: Point) -> bool {
    let is_between = |axis: usize| domain.lower[axis] < point[axis] && point[axis] < domain.upper[axis];
    (0..domain.dimension).all(|axis| domain.is_periodic(axis) || is_between(axis))
}

/// Points of a grid at most, so that what a grid of many millions of cells costs stays below its solution.
const MOST: usize = 1 << 22;
/// Random points in each cell, in one and two dimensions.
const INSIDE: [usize; 2] = [16, 2];

/// How many sets of places a grid has where there are not too many: centres, faces along each axis, random ones.
pub(super) fn sets(dimension: usize) -> usize {
    1 + dimension + INSIDE[dimension - 1]
}

/// The centres of a grid's cells, the middles of the faces between them, and points at random in each cell, as far as
/// they are inside the domain: all of them, or the centres alone where there are too many.
pub(super) fn of_grid(grid: &Grid, domain: &Domain) -> Vec<Vec<Point>> {
    let dimension = grid.dimension;
    let cells = grid.len();
    let sets = sets(dimension);
    let within = |shift: &dyn Fn(usize) -> Point| -> Vec<Point> {
        let at = |k: usize| {
            let ([u, v], [i, j]) = (shift(k), grid.indices(k));
            grid.position(i as f64 + u - 0.5, j as f64 + v - 0.5)
        };
        (0..cells).map(at).filter(|&point| is_inside(domain, point)).collect()
    };
    let mut found = vec![within(&|_| [0.5, 0.5])];
    if cells * sets > MOST {
        return found;
    }
    found.push(within(&|_| [1.0, 0.5]));
    if dimension == 2 {
        found.push(within(&|_| [0.5, 1.0]));
    }
    for turn in 0..INSIDE[dimension - 1] {
        found.push(within(&|k| [share(k * 64 + turn, 0), share(k * 64 + turn, 1)]));
    }
    found
}
