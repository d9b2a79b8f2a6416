//! Whole studies: one problem on one or several grids.

pub mod boundary;
pub mod check;
pub mod comparison;
pub mod converge;
mod coordinate;
mod evidence;
pub mod extrapolation;
pub mod iteration;
mod layers;
pub mod level;
pub mod memory;
pub mod request;
pub mod run;
pub mod simulate;
pub mod solution;
pub mod splitting;

pub use check::{CheckReport, check};
pub use converge::{Convergence, converge};
pub use request::Request;
pub use run::run;
pub use simulate::Simulation;
pub use solution::Solution;

use crate::generator::AssemblyError;
use crate::problem::ProblemError;
use crate::solve::SolveError;

/// Why a study ended without a result.
#[derive(Debug, thiserror::Error)]
pub enum StudyError {
    /// The problem is wrong or can't be solved as posed.
    #[error(transparent)]
    Problem(#[from] ProblemError),
    /// It cannot be discretised.
    #[error(transparent)]
    Assembly(AssemblyError),
    /// It cannot be solved on this grid.
    #[error("{message}")]
    Unsolvable {
        /// What, by how much, and what to change.
        message: String,
    },
    /// Somebody asked to stop.
    #[error("interrupted")]
    Interrupted,
}

impl StudyError {
    /// 2: the input is wrong; 3: it can't be solved as posed; 130: interrupted.
    pub fn exit_status(&self) -> u8 {
        match self {
            StudyError::Problem(error) => error.exit_status(),
            StudyError::Assembly(
                AssemblyError::NotFinite { .. } | AssemblyError::NotPositive { .. } | AssemblyError::NotScalar { .. },
            ) => 2,
            StudyError::Assembly(_) | StudyError::Unsolvable { .. } => 3,
            StudyError::Interrupted => 130,
        }
    }

    /// The problem error behind it, which knows its configuration key.
    pub fn problem_error(&self) -> Option<&ProblemError> {
        match self {
            StudyError::Problem(error) => Some(error),
            _ => None,
        }
    }
}

impl From<AssemblyError> for StudyError {
    fn from(error: AssemblyError) -> StudyError {
        match error {
            AssemblyError::Interrupted => StudyError::Interrupted,
            error => StudyError::Assembly(error),
        }
    }
}

impl From<SolveError> for StudyError {
    fn from(error: SolveError) -> StudyError {
        StudyError::Unsolvable {
            message: format!(
                "{error}. Raise the noise, or compare a warmer problem and extrapolate in the barrier over the noise"
            ),
        }
    }
}
