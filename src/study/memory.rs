//! How much memory a grid will take, before anything is allocated.

use crate::problem::Problem;
pub use crate::solve::resources::allowed;
use crate::study::ladder::MOST_UNKNOWNS;
use crate::study::request::{GridRequest, Scheme};

/// Bytes per cell of the assembled chain and of the vectors on it: pairs (32 each, up to 3), rates (12 each, up to 6),
/// stencils (56), and about ten vectors.
const PER_CELL: f64 = 400.0;

/// Bytes per cell that the flux correction adds: pairs and exits before it (32 each, up to 2), moments (40 for each of up to 2 edges),
/// potentials, and ratios.
const PER_CORRECTED_CELL: f64 = 180.0;

/// Bytes that a grid will take, roughly: in two dimensions nested dissection leaves about 4.5 N log₂N factor entries (44 M
/// at 512 × 1024) for five points and a quarter more for nine, 3.1 N log₂N for reversible processes, which have five, and contribution
/// blocks; in one dimension a handful per cell.
pub fn estimate(cells: [usize; 2], problem: &Problem, scheme: Scheme) -> f64 {
    bytes(cells, problem.dimension, problem.is_reversible(), scheme)
}

/// As [`estimate`], of a problem that has not been posed yet: it may have no detailed balance, and where no grid is given it may need the
/// largest one that is tried.
pub fn most(request: &GridRequest, dimension: usize) -> f64 {
    let cells = request.cells.unwrap_or([request.max_unknowns.unwrap_or(MOST_UNKNOWNS[dimension - 1]), 1]);
    bytes(cells, dimension, false, request.scheme())
}

fn bytes(cells: [usize; 2], dimension: usize, is_reversible: bool, scheme: Scheme) -> f64 {
    let n = cells[0] as f64 * cells[1] as f64;
    let entries = if is_reversible { 3.3 } else { 5.5 };
    let factor = if dimension == 1 { 64.0 * n } else { 8.0 * entries * n * n.max(2.0).log2() * 1.3 };
    let corrected = if scheme.is_corrected { PER_CORRECTED_CELL } else { 0.0 };
    factor + (PER_CELL + corrected) * n
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
