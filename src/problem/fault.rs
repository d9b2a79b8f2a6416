//! What a fault in a problem is about: ingredients, minima that are meant, valleys and windows.

use crate::model::fault::DataError;
use crate::model::slice::SliceError;
use crate::problem::ProblemError;
use crate::tensor::Point;

/// What a problem is made of.
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

/// What needs a minimum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NeedsMinimum {
    /// Noise that is frozen there.
    FrozenNoise,
    /// Noise with its Hessian.
    LossHessian,
    /// Its basin as the start set.
    Basin,
    /// A box around it as the start set.
    HalfWidth,
    /// A domain that is chosen from the landscape.
    AutomaticDomain,
}

/// Why a valley cannot be cold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ColdValleyFault {
    /// Another point of the list leads to the same minimum.
    NamedBefore {
        /// That point.
        by: Point,
    },
    /// Its minimum lies where critical points are not looked for.
    Outside,
    /// No saddle of it was found.
    NoSaddle,
}

/// Why a window cannot be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WindowFault {
    /// Its wall absorbs already, is periodic, or is an end of a line.
    NoReflectingWall,
    /// No point of the wall lies in it.
    Empty,
}

/// What a minimum near a given point is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MeantMinimum {
    /// The process starts there.
    Start,
    /// The process is killed around it.
    Target,
    /// Its valley is cold.
    Cold,
    /// Reactive paths begin around it.
    PathsFrom,
    /// Reactive paths end around it.
    PathsTo,
    /// One of several sets lies around it.
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
