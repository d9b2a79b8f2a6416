//! The quasi-stationary distribution ν and the escape rate γ: ν(Q − diag κ) = −γν.
//!
//! Inverse iteration from the left, x A = b, begins with all probability at the start state: what lies far up a wall is then
//! reached only through the valley, and has its right relative size from the first step. It converges like γ/λ₂.
//! Collatz and Wielandt bracket the rate, min b_i/x_i ≤ γ ≤ max b_i/x_i.

use rayon::prelude::*;

use crate::elimination::Elimination;
use crate::scaled::Scaled;
use crate::solve::SolveError;

/// ν and γ with their evidence.
#[derive(Clone, Debug)]
pub struct QuasiStationary {
    /// Cell probabilities ν_i, Σν = 1.
    pub probability: Vec<f64>,
    /// γ, per unit of dynamical time.
    pub rate: Scaled,
    /// The bracket over the rate, from all states whose probability is above [`BRACKET_FLOOR`] of the largest.
    pub bracket: [f64; 2],
    /// Inverse iterations.
    pub iterations: usize,
    /// Whether the bracket closed to [`TOLERANCE`].
    pub converged: bool,
}

/// Relative width at which the bracket counts as closed.
pub const TOLERANCE: f64 = 1e-12;

/// States less probable than this, relative to the most probable one, carry denormal numbers or nothing at all: their
/// ratios say nothing, and they are left out of the bracket.
pub const BRACKET_FLOOR: f64 = 1e-280;

/// A problem that needs more has two nearly equal rates; the bracket then says how far it came.
const MOST_ITERATIONS: usize = 400;

/// Iterates until the bracket closes, or stops closing.
pub fn quasi_stationary(
    elimination: &Elimination,
    states: usize,
    origin: usize,
) -> Result<QuasiStationary, SolveError> {
    let mut probability = vec![0.0; states];
    probability[origin] = 1.0;
    let mut found = QuasiStationary {
        probability: Vec::new(),
        rate: Scaled::ZERO,
        bracket: [0.0, f64::INFINITY],
        iterations: 0,
        converged: false,
    };
    let mut stalled = 0;
    for iteration in 1..=MOST_ITERATIONS {
        let (times, unit) = occupation_times(elimination, &probability)?;
        let (total, largest) = sum_and_maximum(&times);
        let floor = BRACKET_FLOOR * largest;
        let within = |a: [f64; 2], b: [f64; 2]| [a[0].min(b[0]), a[1].max(b[1])];
        let bracket = probability
            .par_iter_mut()
            .zip(&times)
            .with_min_len(PIECE)
            .map(|(probability, &time)| {
                let after = time / total;
                let before = std::mem::replace(probability, after);
                if time > floor { [before / after; 2] } else { NOTHING }
            })
            .reduce(|| NOTHING, within);
        let width = |bracket: [f64; 2]| bracket[1] - bracket[0];
        let before = width(found.bracket);
        found.rate = unit.scaled(total).inverse();
        found.bracket = bracket;
        found.iterations = iteration;
        if width(found.bracket) <= TOLERANCE {
            found.converged = true;
            break;
        }
        // Rounding stops the bracket somewhere above zero; three steps without gain are enough to know.
        stalled = if width(found.bracket) >= before { stalled + 1 } else { 0 };
        if stalled >= 3 && iteration > 5 {
            break;
        }
    }
    found.probability = probability;
    Ok(found)
}

/// The bracket of no state at all.
const NOTHING: [f64; 2] = [f64::INFINITY, 0.0];
/// States per task.
const PIECE: usize = 1 << 12;

/// Sums of pieces of a fixed size, so that the sum does not depend on the number of threads.
fn sum_and_maximum(values: &[f64]) -> (f64, f64) {
    let piece = |values: &[f64]| values.iter().fold((0.0, 0.0f64), |(sum, most), &x| (sum + x, most.max(x)));
    let pieces: Vec<(f64, f64)> = values.par_chunks(PIECE).map(piece).collect();
    pieces.into_iter().fold((0.0, 0.0), |(sum, most), (more, other)| (sum + more, most.max(other)))
}

/// x with x A = b in a unit: 1, or the largest of the times where they leave the range of ordinary numbers.
fn occupation_times(elimination: &Elimination, b: &[f64]) -> Result<(Vec<f64>, Scaled), SolveError> {
    let times = elimination.solve_left(b);
    let total: f64 = times.iter().sum();
    if total.is_finite() && total > 0.0 {
        return Ok((times, Scaled::ONE));
    }
    let b: Vec<Scaled> = b.iter().map(|&entry| Scaled::new(entry)).collect();
    let times = elimination.solve_left_scaled(&b).ok_or(SolveError::Overflow)?;
    let unit = times.iter().fold(Scaled::ZERO, |unit, time| if time.is_greater(unit) { *time } else { unit });
    if !unit.is_positive() {
        return Err(SolveError::Overflow);
    }
    Ok((times.iter().map(|time| time.over(unit).value()).collect(), unit))
}
