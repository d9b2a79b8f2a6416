//! The quasi-stationary limit of a killed chain's density, and the test whether it has been reached.

use super::{Effort, norm};
use crate::elimination::Elimination;

/// The relative error of γ as Σ ν κ.
pub(super) const ROUNDING: f64 = 1e-12;

/// The largest number of implicit steps.
const ROUNDS: usize = 40;

/// The relative width of the bracket at convergence.
const CLOSED: f64 = 1e-12;

/// Entries below this fraction of the largest are only rounding.
const SMALLEST: f64 = 1e-250;

/// Entries below this fraction of the largest are negligible in L1.
const LITTLE: f64 = 1e-18;

/// The length of the implicit steps that find the slowest mode, after evolution with steps of length `step` and with
/// the time `left` to go: long enough to separate modes whose decay differs noticeably within that time.
pub(super) fn length(step: f64, hazard: f64, left: f64) -> f64 {
    if hazard > 0.0 { step.max(left.min(1.0 / hazard)) } else { step }
}

/// The slowest mode with a component in the density, normalised to Σ ν = 1, by inverse iteration (implicit steps). A
/// component in a slower valley, however small, keeps the bracket open until it dominates, and then leads away from the
/// density. `None` if the bracket stays open.
pub(super) fn slowest_mode(factor: &Elimination, probability: &[f64], effort: &mut Effort) -> Option<Vec<f64>> {
    iterated(|values| factor.solve_left(values), norm, probability, SMALLEST, effort)
}

/// The same in L1: entries below [`LITTLE`] that decay faster than the rest need not have converged; some states never
/// do because no path leads back to them.
pub(super) fn slowest_in_l1(factor: &Elimination, probability: &[f64], effort: &mut Effort) -> Option<Vec<f64>> {
    iterated(|values| factor.solve_left(values), norm, probability, LITTLE, effort)
}

/// The same for the right eigenvector, normalised to the largest entry 1.
pub(super) fn slowest_right(factor: &Elimination, values: &[f64], effort: &mut Effort) -> Option<Vec<f64>> {
    let most = |values: &[f64]| values.iter().copied().fold(0.0, f64::max);
    iterated(|values| factor.solve_right(values), most, values, SMALLEST, effort)
}

fn iterated(
    solve: impl Fn(&[f64]) -> Vec<f64>,
    size: impl Fn(&[f64]) -> f64,
    from: &[f64],
    little: f64,
    effort: &mut Effort,
) -> Option<Vec<f64>> {
    let mut before = from.to_vec();
    for _ in 0..ROUNDS {
        let mut after = solve(&before);
        effort.solves += 1;
        let largest = after.iter().copied().fold(0.0, f64::max);
        let (mut low, mut high) = (f64::INFINITY, 0.0f64);
        for (before, after) in before.iter().zip(&after).filter(|(_, after)| **after > SMALLEST * largest) {
            let ratio = before / after;
            low = low.min(ratio);
            if *after > little * largest {
                high = high.max(ratio);
            }
        }
        let total = size(&after);
        after.iter_mut().for_each(|p| *p /= total);
        if high - low <= CLOSED * high {
            return Some(after);
        }
        before = after;
    }
    None
}
