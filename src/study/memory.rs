//! Predictions of the memory that the solution on a grid takes, made before anything is allocated.

use crate::problem::Problem;
pub use crate::solve::resources::allowed;
use crate::study::ladder::MOST_UNKNOWNS;
use crate::study::request::{GridRequest, Scheme};
use crate::tensor::difference;

/// The memory of the program itself, its libraries and the stacks of its threads, in bytes.
pub const FIXED: f64 = 18e6;

/// The memory per cell in one dimension, in bytes.
const LINE: f64 = 200.0;

/// The memory per cell in two dimensions, in bytes: its value at 2¹⁶ cells and its increase with each doubling of the
/// number of cells. Both are fitted to the peak of the resident memory of runs at 2¹⁶, 2¹⁸ and 2²⁰ cells, less
/// [`FIXED`], and match it to 11 %. Nested dissection leaves c log₂N factor entries per cell, c = 3.1 for five-point
/// stencils with detailed balance, 4.5 for others, and 4.5 · 1.25 for nine-point stencils.
struct Law {
    at_65536: f64,
    per_doubling: f64,
}

const REVERSIBLE: Law = Law { at_65536: 715.0, per_doubling: 49.0 };
const FIVE_POINTS: Law = Law { at_65536: 720.0, per_doubling: 78.0 };
const NINE_POINTS: Law = Law { at_65536: 1180.0, per_doubling: 120.0 };

/// The memory per cell of the flux correction, in bytes: pairs and exits before it, moments, potentials and ratios.
const PER_CORRECTED_CELL: f64 = 185.0;

/// The number of cells below which log₂N is held constant.
const FEWEST: f64 = 4096.0;

impl Law {
    fn bytes(&self, n: f64) -> f64 {
        n * (self.at_65536 + self.per_doubling * (n.max(FEWEST).log2() - 16.0))
    }
}

/// The memory of a factor entry, of which nested dissection leaves c log₂N per cell, and the memory of the factor per
/// cell in one dimension, in bytes.
const ENTRY: f64 = 8.0;
const FACTOR_OF_LINE: f64 = 40.0;

/// Predicts the memory of the factor of a grid, in bytes.
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

/// Predicts the memory of the chain, the factor and the fields of a grid in bytes, without [`FIXED`].
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

/// Predicts the memory as [`estimate`] does, before the problem is posed: in two dimensions as for a nine-point stencil
/// without detailed balance, and without given cells for the largest grid that a refinement may reach. The flux
/// correction is left out.
pub fn most(request: &GridRequest, dimension: usize) -> f64 {
    let [x, y] = request.cells.unwrap_or([request.max_unknowns.unwrap_or(MOST_UNKNOWNS[dimension - 1]), 1]);
    let n = x as f64 * y as f64;
    if dimension == 1 { LINE * n } else { NINE_POINTS.bytes(n) }
}

/// Whether D is diagonal at each of 7 × 7 points of the domain.
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

/// Returns the largest grid of about the same proportions whose predicted memory is at most `allowed` bytes, or a
/// single cell if there is none.
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
