//! Quantities of a killed chain, from its factored generator. Every solve here has a nonnegative right side, so that
//! no digit is lost however small the rate.

pub mod quasi_stationary;
pub mod stationary;

pub use quasi_stationary::{QuasiStationary, quasi_stationary};
pub use stationary::stationary;

use crate::elimination::{Elimination, EliminationError};
use crate::scaled::Scaled;

/// Why a solve failed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SolveError {
    /// The elimination failed.
    #[error(transparent)]
    Elimination(#[from] EliminationError),
    /// A mean time beyond the range of double precision.
    #[error(
        "mean times exceed the range of double precision (about 1e308): the rate is below 1e-308, which is carried in one dimension only"
    )]
    Overflow,
}

/// Mean first-passage times u to the killing, from every state: A u = 1, in units of dynamical time times the second result,
/// which is 1 unless the times leave the range of ordinary numbers.
pub fn mean_first_passage(elimination: &Elimination, states: usize) -> Result<(Vec<f64>, Scaled), SolveError> {
    let times = elimination.solve_right(&vec![1.0; states]);
    if times.iter().all(|time| time.is_finite()) {
        return Ok((times, Scaled::ONE));
    }
    let times = elimination.solve_right_scaled(&vec![Scaled::ONE; states]).ok_or(SolveError::Overflow)?;
    let unit = times.iter().fold(Scaled::ZERO, |unit, time| if time.is_greater(unit) { *time } else { unit });
    Ok((times.iter().map(|time| time.over(unit).value()).collect(), unit))
}

/// Probability, from every state, of being killed by these parts of the killing rates and not by their rest: A p = κ'.
pub fn committor(elimination: &Elimination, killing: &[f64]) -> Vec<f64> {
    elimination.solve_right(killing)
}

/// Expected time spent in every state by the process that starts in `origin`, until it is killed: x A = e_origin.
/// This is the steady population with a unit source at `origin` (Farkas 1927).
pub fn occupation(elimination: &Elimination, states: usize, origin: usize) -> Result<Vec<f64>, SolveError> {
    let mut source = vec![0.0; states];
    source[origin] = 1.0;
    let times = elimination.solve_left(&source);
    if times.iter().any(|time| !time.is_finite()) {
        return Err(SolveError::Overflow);
    }
    Ok(times)
}
