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

/// Entries below this part of the largest are nothing in L1.
const LITTLE: f64 = 1e-18;

/// The length of the implicit steps that find the slowest mode of a density that has been followed by steps of this
/// length and is to be followed for a time yet: so long that modes which decay differently until then are told apart,
/// however slowly they do.
pub(super) fn length(step: f64, hazard: f64, left: f64) -> f64 {
    if hazard > 0.0 { step.max(left.min(1.0 / hazard)) } else { step }
}

/// The slowest mode that the density has a part in, Σ ν = 1, by implicit steps from it: inverse iteration. What a
/// slower valley holds, however little, keeps the bracket open until nothing else is left, and then leads away from the
/// density; `None` while it is open.
pub(super) fn slowest_mode(factor: &Elimination, probability: &[f64], effort: &mut Effort) -> Option<Vec<f64>> {
    iterated(|values| factor.solve_left(values), norm, probability, SMALLEST, effort)
}

/// The same in L1: what holds less than [`LITTLE`] and is lost faster than the rest need not have its last form, which
/// some states never take because nothing leads back to them.
pub(super) fn slowest_in_l1(factor: &Elimination, probability: &[f64], effort: &mut Effort) -> Option<Vec<f64>> {
    iterated(|values| factor.solve_left(values), norm, probability, LITTLE, effort)
}

/// The same from the other side, with the largest entry 1.
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
