//! The errors of an evolution in time.

use crate::elimination::EliminationError;

/// A density that could not be evolved.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum EvolveError {
    /// The initial vector is not a density.
    #[error("the start is no density: its probabilities sum to {total:e}, or one of them is negative")]
    Start {
        /// Its sum.
        total: f64,
    },
    /// The elimination of an implicit step failed.
    #[error(transparent)]
    Elimination(EliminationError),
    /// The step size became too small.
    #[error("at t = {at:e} no step down to {step:e} meets the error of {allowed:.1e} that it may have")]
    TooShort {
        /// The last step size that was tried.
        step: f64,
        /// The time reached.
        at: f64,
        /// The error that the step may make, relative to the density in L1.
        allowed: f64,
    },
    /// Too many steps between two output times.
    #[error("{steps} steps lead to t = {reached:e} only, and not to {until:e}")]
    TooLong {
        /// The number of steps.
        steps: usize,
        /// The time reached.
        reached: f64,
        /// The time asked for.
        until: f64,
    },
    /// The computation was asked to stop.
    #[error("interrupted")]
    Interrupted,
}

impl From<EliminationError> for EvolveError {
    fn from(error: EliminationError) -> EvolveError {
        match error {
            EliminationError::Interrupted => EvolveError::Interrupted,
            error => EvolveError::Elimination(error),
        }
    }
}
