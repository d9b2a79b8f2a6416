//! Why a density could not be followed.

use crate::elimination::EliminationError;

/// A density that could not be followed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum EvolveError {
    /// A start that is no density.
    #[error("the start is no density: its probabilities sum to {total:e}, or one of them is negative")]
    Start {
        /// The sum.
        total: f64,
    },
    /// A step that cannot be eliminated.
    #[error(transparent)]
    Elimination(EliminationError),
    /// Steps too short to get anywhere.
    #[error("at t = {at:e} no step down to {step:e} meets the error of {allowed:.1e} that it may have")]
    TooShort {
        /// The last step that was tried.
        step: f64,
        /// The time.
        at: f64,
        /// The error that it may have, relative to the density in L1.
        allowed: f64,
    },
    /// Too many steps.
    #[error("{steps} steps lead to t = {reached:e} only, and not to {until:e}")]
    TooLong {
        /// Steps taken.
        steps: usize,
        /// The time reached.
        reached: f64,
        /// The time asked for.
        until: f64,
    },
    /// Somebody asked to stop.
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
