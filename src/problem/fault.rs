//! Details of errors in a problem: the ingredient, the purpose of a minimum, faults of valleys and windows.

use crate::model::fault::DataError;
use crate::model::slice::SliceError;
use crate::problem::ProblemError;
use crate::tensor::Point;

/// The ingredients of a problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ingredient {
    /// L(θ).
    Loss,
    /// ∇L(θ).
    Gradient,
    /// b(θ).
    Drift,
    /// D(θ).
    Tensor,
}

/// The features that need a minimum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NeedsMinimum {
    /// Noise that is frozen at the minimum.
    FrozenNoise,
    /// Noise with the Hessian of the minimum.
    LossHessian,
    /// The basin of the minimum as the start set.
    Basin,
    /// A box around the minimum as the start set.
    HalfWidth,
    /// A domain that is chosen from the landscape.
    AutomaticDomain,
}

/// The reasons why a valley cannot be cold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ColdValleyFault {
    /// An earlier point of the list leads to the same minimum.
    NamedBefore {
        /// The earlier point.
        by: Point,
    },
    /// Its minimum lies outside of the region in which critical points are searched for.
    Outside,
    /// No saddle of it was found.
    NoSaddle,
}

/// The reasons why a window cannot be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WindowFault {
    /// Its wall absorbs already, is periodic, or is an end of an interval.
    NoReflectingWall,
    /// No point of the wall lies in it.
    Empty,
}

/// The purpose of a minimum that is named by a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MeantMinimum {
    /// The start of the process.
    Start,
    /// The centre of the absorbing disc.
    Target,
    /// The minimum of a cold valley.
    Cold,
    /// The core set in which reactive paths begin.
    PathsFrom,
    /// The core set in which reactive paths end.
    PathsTo,
    /// One of several core sets.
    PathSet,
}

impl std::fmt::Display for MeantMinimum {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            MeantMinimum::Start => "the start minimum",
            MeantMinimum::Target => "the target's minimum",
            MeantMinimum::Cold => "the minimum of a cold valley",
            MeantMinimum::PathsFrom => "the minimum from which reactive paths begin",
            MeantMinimum::PathsTo => "the minimum to which reactive paths lead",
            MeantMinimum::PathSet => "the minimum of a set of reactive paths",
        })
    }
}

impl std::fmt::Display for Ingredient {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Ingredient::Loss => "the landscape",
            Ingredient::Gradient => "the slope of the landscape",
            Ingredient::Drift => "the drift",
            Ingredient::Tensor => "the diffusion tensor",
        })
    }
}

impl std::fmt::Display for NeedsMinimum {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            NeedsMinimum::FrozenNoise => "frozen noise",
            NeedsMinimum::LossHessian => "noise of the loss with the Hessian of the start minimum",
            NeedsMinimum::Basin => "a basin as the start set",
            NeedsMinimum::HalfWidth => "a box around the minimum as the start set",
            NeedsMinimum::AutomaticDomain => "choosing the domain from the landscape",
        })
    }
}

impl From<DataError> for ProblemError {
    fn from(error: DataError) -> ProblemError {
        ProblemError::Data(error)
    }
}

impl From<SliceError> for ProblemError {
    fn from(error: SliceError) -> ProblemError {
        match error {
            SliceError::Data(error) => ProblemError::Data(error),
            error => ProblemError::Slice(error),
        }
    }
}
