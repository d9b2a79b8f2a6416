//! The form that the density of a killed chain tends to, and whether it is there.

use super::{Effort, norm};
use crate::elimination::Elimination;

/// The relative error of γ as Σ ν κ.
pub(super) const ROUNDING: f64 = 1e-12;

/// So many implicit steps are tried.
const ROUNDS: usize = 40;

/// The width of the bracket at which they have converged.
const CLOSED: f64 = 1e-12;

/// Entries below this part of the largest are rounding of nothing.
const SMALLEST: f64 = 1e-250;

/// The slowest mode that the density has a part in, Σ ν = 1, by implicit steps from it: inverse iteration. What a slower valley holds,
/// however little, keeps the bracket open until nothing else is left, and then leads away from the density; `None` while it is open.
pub(super) fn slowest_mode(factor: &Elimination, probability: &[f64], effort: &mut Effort) -> Option<Vec<f64>> {
    let mut before = probability.to_vec();
    for _ in 0..ROUNDS {
        let mut after = factor.solve_left(&before);
        effort.solves += 1;
        let largest = after.iter().copied().fold(0.0, f64::max);
        let ratios = before.iter().zip(&after).filter(|(_, after)| **after > SMALLEST * largest);
        let (low, high) = ratios
            .map(|(before, after)| before / after)
            .fold((f64::INFINITY, 0.0f64), |(low, high), ratio| (low.min(ratio), high.max(ratio)));
        let total = norm(&after);
        after.iter_mut().for_each(|p| *p /= total);
        if high - low <= CLOSED * high {
            return Some(after);
        }
        before = after;
    }
    None
}
