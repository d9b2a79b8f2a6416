//! Estimates of the memory of a grid before anything is allocated.

use crate::problem::Problem;
pub use crate::solve::resources::allowed;
use crate::study::ladder::MOST_UNKNOWNS;
use crate::study::request::{GridRequest, Scheme};
use crate::tensor::difference;

/// Bytes of the program itself, its libraries and the stacks of its threads.
pub const FIXED: f64 = 18e6;

/// Bytes per cell of a line.
const LINE: f64 = 200.0;

/// Bytes per cell at 2¹⁶ cells, and what each doubling of their number adds: from the peak of the resident memory of
/// runs at 2¹⁶, 2¹⁸ and 2²⁰ cells, less [`FIXED`], to 11 %. Nested dissection leaves c log₂N factor entries a cell, c =
/// 3.1 for five points in detailed balance, 4.5 in general and a quarter more for nine.
struct Law {
    at_65536: f64,
    per_doubling: f64,
}

const REVERSIBLE: Law = Law { at_65536: 715.0, per_doubling: 49.0 };
const FIVE_POINTS: Law = Law { at_65536: 720.0, per_doubling: 78.0 };
const NINE_POINTS: Law = Law { at_65536: 1180.0, per_doubling: 120.0 };

/// Bytes per cell that the flux correction adds: pairs and exits before it, moments, potentials and ratios.
const PER_CORRECTED_CELL: f64 = 185.0;

/// Cells below which the logarithm counts no less.
const FEWEST: f64 = 4096.0;

impl Law {
    fn bytes(&self, n: f64) -> f64 {
        n * (self.at_65536 + self.per_doubling * (n.max(FEWEST).log2() - 16.0))
    }
}

/// Bytes of a factor entry, of which nested dissection leaves c log₂N a cell, and of a cell of a line.
const ENTRY: f64 = 8.0;
const FACTOR_OF_LINE: f64 = 40.0;

/// Bytes of the factor of a grid.
pub fn factor(cells: [usize; 2], problem: &Problem) -> f64 {
    let n = cells[0] as f64 * cells[1] as f64;
    if problem.dimension == 1 {
        return FACTOR_OF_LINE * n;
    }
    let entries = match problem.is_reversible() {
        true => 3.1,
        false if is_along_the_axes(problem) => 4.5,
        false => 4.5 * 1.25,
    };
    ENTRY * entries * n * n.max(FEWEST).log2()
}

/// Bytes that a grid takes besides what the program takes anyway, as far as its chain, its factor and its fields go.
pub fn estimate(cells: [usize; 2], problem: &Problem, scheme: Scheme) -> f64 {
    let n = cells[0] as f64 * cells[1] as f64;
    let law = match problem.is_reversible() {
        true => REVERSIBLE,
        false if is_along_the_axes(problem) => FIVE_POINTS,
        false => NINE_POINTS,
    };
    let corrected = if scheme.is_corrected { PER_CORRECTED_CELL * n } else { 0.0 };
    corrected + if problem.dimension == 1 { LINE * n } else { law.bytes(n) }
}

/// As [`estimate`], of a problem that has not been posed yet: it may have no detailed balance, and where no grid is
/// given it may need the largest one that is tried.
pub fn most(request: &GridRequest, dimension: usize) -> f64 {
    let [x, y] = request.cells.unwrap_or([request.max_unknowns.unwrap_or(MOST_UNKNOWNS[dimension - 1]), 1]);
    let n = x as f64 * y as f64;
    if dimension == 1 { LINE * n } else { NINE_POINTS.bytes(n) }
}

/// Whether D has no entry off the diagonal, where it was looked at.
fn is_along_the_axes(problem: &Problem) -> bool {
    const LOOKS: u32 = 7;
    let diagonal = difference(problem.domain.upper, problem.domain.lower);
    let at = |i: u32, j: u32| {
        let [x, y] = [i, j].map(|k| (f64::from(k) + 0.4) / f64::from(LOOKS));
        [problem.domain.lower[0] + x * diagonal[0], problem.domain.lower[1] + y * diagonal[1]]
    };
    let is_diagonal = |theta| {
        let tensor = problem.noise.tensor(theta);
        tensor.xy.abs() <= 1e-12 * (tensor.xx.abs() + tensor.yy.abs())
    };
    (0..LOOKS).all(|i| (0..LOOKS).all(|j| is_diagonal(at(i, j))))
}

/// The largest grid of the same shape that fits.
pub fn largest(cells: [usize; 2], problem: &Problem, scheme: Scheme, allowed: u64) -> [usize; 2] {
    let mut scale = 1.0f64;
    loop {
        let shrink = |n: usize, used: bool| if used { ((n as f64 * scale) as usize).max(1) } else { 1 };
        let smaller = [shrink(cells[0], true), shrink(cells[1], problem.dimension == 2)];
        if estimate(smaller, problem, scheme) <= allowed as f64 || smaller == [1, 1] {
            return smaller;
        }
        scale *= 0.97;
    }
}
