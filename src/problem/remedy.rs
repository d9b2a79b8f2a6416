//! The remedies of the errors of posing a problem, and the messages with them.

use crate::problem::ProblemError;
use crate::problem::boundary_class::BoundaryClass;
use crate::problem::fault::{ColdValleyFault, WindowFault};
use crate::problem::jumps::SMOOTHED;

impl ProblemError {
    /// The fact with a remedy; `remedy` replaces the standard one.
    pub fn with_remedy(&self, remedy: Option<&str>) -> String {
        match (remedy, self) {
            (None, _) => self.fact(),
            // The fact consists of more than one clause.
            (
                Some(remedy),
                ProblemError::Degenerate(_) | ProblemError::Blocked { .. } | ProblemError::InfiniteTime(_),
            ) => format!("{}. Remedies: {remedy}", self.fact()),
            (Some(remedy), _) => format!("{}: {remedy}", self.fact()),
        }
    }

    /// The remedy, for errors whose statement does not contain it.
    pub fn remedy(&self) -> Option<&'static str> {
        Some(match self {
            ProblemError::NotFinite { .. } => "change the formula or the domain so that it is finite everywhere",
            ProblemError::Degenerate(_) => {
                "white noise mixed in (a floor), noise frozen as Theorem 3.2 assumes, the data's own gradient noise; or allow the \
                 degeneracy, to solve all the same"
            }
            ProblemError::NoMinimum { .. } => "give a point near one, or a wider domain",
            ProblemError::NoMinimumInSet => "change the set, or give a point near the minimum that is meant",
            ProblemError::NoMinimumNear { flat: Some(_), .. } => {
                "name no minimum, and let absorbing walls bound the set"
            }
            ProblemError::NoMinimumNear { flat: None, .. } => "give a point near one",
            ProblemError::NoDescent { .. } => "give a point in the valley that is meant",
            ProblemError::AtKink { .. } => {
                "give a point nearer to the minimum that is meant, or name none, and let absorbing walls bound the set"
            }
            ProblemError::NamedOutside { .. } => "give a point inside, or a wider domain",
            ProblemError::ColdValley { fault: ColdValleyFault::NamedBefore { .. }, .. } => {
                "leave one of the two points out"
            }
            ProblemError::ColdValley { .. } => "widen the domain so that it holds the minimum and its saddle",
            ProblemError::NegativeLoss { .. } => {
                "add a constant to the loss: the rate depends on it, and the data's own loss has the right one"
            }
            ProblemError::NoSaddle => "widen the domain so that it holds the saddle",
            ProblemError::MinimumOutsideSet { .. } => "change the set, or the point near the minimum",
            ProblemError::MinimumOutsideDomain { .. } => "widen the domain, or change the point near the minimum",
            ProblemError::WallWithoutPlace { .. } => "give both corners of the domain",
            ProblemError::StartOutside { .. } => "start inside the set, before what absorbs",
            ProblemError::TargetHoldsStart { .. } => "take a smaller radius, or another start minimum",
            ProblemError::NotConfining => "give both corners of the domain",
            ProblemError::SeamMismatch { .. } => "choose corners one period apart, or reflecting walls",
            ProblemError::NoiseWithoutLoss => "take white noise, or a field of diffusion tensors",
            ProblemError::NoiseWithoutData => {
                "take the noise of the Hessian, frozen or white noise, or a field of tensors"
            }
            ProblemError::Window { fault: WindowFault::NoReflectingWall, .. } => {
                "let the wall reflect, or leave the window out"
            }
            ProblemError::Window { .. } => "change the condition, or leave the window out",
            ProblemError::Killing { .. } => "change the formula, or the domain, so that nothing is born inside",
            ProblemError::Jump { .. } => SMOOTHED,
            ProblemError::OutsideTable { .. } => "draw the domain in, or compute the table further out",
            ProblemError::BareHessianInSkewCoordinates => {
                "mix white noise in (a floor), or take orthonormal directions"
            }
            ProblemError::InfiniteTime(end) if end.class == BoundaryClass::Exit => {
                "an absorbing wall, or a domain that ends before this point"
            }
            ProblemError::InfiniteTime(_) => "a domain that ends before this point",
            ProblemError::Blocked { .. } => {
                "white noise mixed in (a floor), a domain that ends before θ*; or allow the degeneracy, to solve all the same"
            }
            ProblemError::NotPositive { .. } | ProblemError::Data(_) | ProblemError::Slice(_) => return None,
        })
    }
}

impl std::fmt::Display for ProblemError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.with_remedy(self.remedy()))
    }
}

impl std::error::Error for ProblemError {}
