//! Diagnoses of the errors of a problem: the configuration key behind each, the remedy, and the exit status. Those of
//! studies are in [`super::advice`].

use std::borrow::Cow;

use crate::model::fault::{Column, DataFault, DataRole};
use crate::model::slice::SliceError;
use crate::problem::ProblemError;
use crate::problem::boundary_class::BoundaryClass;
use crate::problem::degeneracy::Degeneracy;
use crate::problem::fault::{ColdValleyFault, Ingredient, MeantMinimum, NeedsMinimum, WindowFault};

/// The exit status for wrong input.
pub(super) const WRONG: u8 = 2;
/// The exit status for a problem that cannot be solved as posed.
pub(super) const UNSOLVABLE: u8 = 3;
/// The exit status after an interruption, 128 + SIGINT as in shells.
pub(super) const INTERRUPTED: u8 = 130;

/// An error in terms of the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnosis {
    /// The key to change, such as `valley.minimum`; `None` if no single key is at fault.
    pub key: Option<Cow<'static, str>>,
    /// The error and its remedy in terms of the configuration.
    pub message: String,
    /// 2: wrong input; 3: cannot be solved as posed; 130: interrupted.
    pub exit_status: u8,
}

impl Diagnosis {
    /// The message, after the key if there is one.
    pub fn text(&self) -> String {
        match &self.key {
            Some(key) => format!("{key}: {}", self.message),
            None => self.message.clone(),
        }
    }

    /// The diagnosis of an error of the problem.
    pub fn of_problem(error: &ProblemError) -> Diagnosis {
        let exit_status = match error {
            ProblemError::Slice(error) if error.is_interruption() => INTERRUPTED,
            ProblemError::Degenerate(_)
            | ProblemError::Jump { .. }
            | ProblemError::InfiniteTime(_)
            | ProblemError::Blocked { .. }
            | ProblemError::Slice(
                SliceError::Training(_) | SliceError::NotReached { .. } | SliceError::NotFinite { .. },
            ) => UNSOLVABLE,
            _ => WRONG,
        };
        let message = error.with_remedy(remedy(error).or(error.remedy()));
        Diagnosis { key: Some(key(error)), message, exit_status }
    }
}

/// The key behind an error of the problem.
fn key(error: &ProblemError) -> Cow<'static, str> {
    Cow::Borrowed(match error {
        ProblemError::Data(error) => match &error.fault {
            DataFault::MissingColumn { role: Column::Feature, .. } | DataFault::Constant { .. } => "landscape.features",
            DataFault::OutOfRange { .. } | DataFault::Collinear { .. } => "landscape.features",
            DataFault::MissingColumn { role: Column::Label, .. } | DataFault::OneLabel { .. } => "landscape.label",
            DataFault::OneClass { .. } => "landscape.positive",
            DataFault::NoFeatures { .. } => "landscape.features",
            DataFault::NoLengths => "landscape.scale",
            _ => match error.role {
                DataRole::Samples => "landscape.data",
                DataRole::Surface => "landscape.file",
                DataRole::Directions => "landscape.dir_file",
            },
        },
        ProblemError::NotFinite { what: Ingredient::Loss | Ingredient::Gradient, .. } => "landscape",
        ProblemError::NotFinite { what: Ingredient::Drift, .. } => "landscape.drift",
        ProblemError::NotFinite { what: Ingredient::Tensor, .. } => "noise",
        ProblemError::NotPositive { .. } | ProblemError::Degenerate(_) | ProblemError::Blocked { .. } => "noise",
        ProblemError::Jump { .. } | ProblemError::NegativeLoss { .. } => "landscape",
        ProblemError::OutsideTable { .. } => "domain",
        ProblemError::Slice(
            SliceError::Vectors { .. }
            | SliceError::TooFewParameters
            | SliceError::SameMinimum { .. }
            | SliceError::MinimaOnALine { .. }
            | SliceError::Kept { .. },
        ) => "landscape.slice",
        ProblemError::Slice(_) => "landscape",
        ProblemError::BareHessianInSkewCoordinates => "noise.floor",
        ProblemError::InfiniteTime(_) => "domain",
        ProblemError::Killing { .. } => "domain.killing",
        ProblemError::Window { index, fault, .. } => {
            let key = if *fault == WindowFault::Empty { "where" } else { "wall" };
            return Cow::Owned(format!("domain.windows[{index}].{key}"));
        }
        ProblemError::NoMinimum { needed: NeedsMinimum::FrozenNoise | NeedsMinimum::LossHessian } => "noise.kind",
        ProblemError::NoMinimumNear { meant, .. }
        | ProblemError::NoDescent { meant, .. }
        | ProblemError::AtKink { meant, .. } => named_minimum(*meant),
        ProblemError::ColdValley { .. } => "noise.valleys",
        ProblemError::NoMinimum { needed: NeedsMinimum::Basin } => "valley.set",
        ProblemError::NoMinimum { needed: NeedsMinimum::HalfWidth } => "valley.half_width",
        ProblemError::NoMinimum { needed: NeedsMinimum::AutomaticDomain } => "domain",
        ProblemError::NoMinimumInSet => "valley.set",
        ProblemError::NamedOutside { meant, .. } => named_minimum(*meant),
        ProblemError::NoSaddle | ProblemError::NoiseWithoutLoss | ProblemError::NoiseWithoutData => "noise.kind",
        ProblemError::MinimumOutsideSet { .. } => "valley.minimum",
        ProblemError::StartOutside { .. } => "valley.from",
        ProblemError::TargetHoldsStart { .. } => "valley.target",
        ProblemError::MinimumOutsideDomain { .. } | ProblemError::NotConfining => "domain",
        ProblemError::WallWithoutPlace { axis: 0, .. } | ProblemError::SeamMismatch { axis: 0, .. } => "domain.walls.x",
        ProblemError::WallWithoutPlace { .. } | ProblemError::SeamMismatch { .. } => "domain.walls.y",
    })
}

/// The key that names a minimum of this role.
pub(super) fn named_minimum(meant: MeantMinimum) -> &'static str {
    match meant {
        MeantMinimum::Start => "valley.minimum",
        MeantMinimum::Target => "valley.target.minimum",
        MeantMinimum::Cold => "noise.valleys",
        MeantMinimum::PathsFrom => "committor.from.minimum",
        MeantMinimum::PathsTo => "committor.to.minimum",
        MeantMinimum::PathSet => "committor.sets",
    }
}

/// The remedy in terms of keys; `None` where the error's own remedy suffices.
fn remedy(error: &ProblemError) -> Option<&'static str> {
    Some(match error {
        ProblemError::Data(error) => match error.fault {
            DataFault::Unreadable { .. } => match error.role {
                DataRole::Samples => {
                    "landscape.data is looked for in the working folder, then beside the configuration"
                }
                DataRole::Surface => {
                    "landscape.file is looked for in the working folder, then beside the configuration; the file of directions that it names, \
                     beside it"
                }
                DataRole::Directions => {
                    "landscape.dir_file is looked for in the working folder, beside the configuration, then beside landscape.file"
                }
            },
            DataFault::NoLengths => {
                "write the file of directions into its `dir_file`, name it as landscape.dir_file, or give landscape.scale, the length of a unit step \
                 (a number, or one an axis)"
            }
            DataFault::MissingCell { value: -1.0, .. } => "where -1 is a value: landscape.missing = \"nan\"",
            DataFault::Missing { .. } => {
                "landscape.missing = \"drop\" leaves out rows that lack a value in a column that is used"
            }
            _ => return None,
        },
        ProblemError::Degenerate(Degeneracy::Trap { .. }) => {
            "noise.floor > 0 (white noise mixed in), a constant added to the loss (noise that grows with the loss leaves minima of \
             positive loss only); or noise.allow_degenerate = true to solve all the same"
        }
        ProblemError::Degenerate(Degeneracy::OneDirection { .. }) => {
            "coordinates in which the noise acts along an axis (d12 = \"0\" and d11 or d22 = \"0\"), or noise.floor > 0 (white noise mixed in)"
        }
        ProblemError::Degenerate(Degeneracy::Curve { .. }) => {
            "noise.floor > 0 (white noise mixed in); or noise.allow_degenerate = true to solve all the same"
        }
        ProblemError::Degenerate(_) => {
            "noise.floor > 0 (white noise mixed in), noise.kind = \"frozen\" (the closure that Theorem 3.2 assumes), noise.kind = \
             \"covariance\" (the data's own gradient noise); or noise.allow_degenerate = true to solve all the same"
        }
        ProblemError::Blocked { .. } => {
            "noise.floor > 0 (white noise mixed in), a domain that ends before θ*; or noise.allow_degenerate = true to solve all the \
             same"
        }
        ProblemError::InfiniteTime(end) if end.class == BoundaryClass::Exit => {
            "make the wall absorbing (domain.walls), or draw domain.lower and domain.upper so that the domain ends before this point"
        }
        ProblemError::Window { fault: WindowFault::NoReflectingWall, .. } => {
            "let it reflect (domain.walls), or leave the window out: what absorbs already needs none"
        }
        ProblemError::Window { .. } => "change the condition, or leave the window out",
        ProblemError::Killing { .. } => "change the formula, or domain.lower and domain.upper",
        ProblemError::InfiniteTime(_) => "draw domain.lower and domain.upper so that the domain ends before this point",
        ProblemError::NoMinimum { .. } => "give valley.minimum near one, or widen domain.lower and domain.upper",
        ProblemError::NoMinimumInSet => "change the set, or give valley.minimum near the minimum that is meant",
        ProblemError::NoMinimumNear { flat: Some(_), meant: MeantMinimum::Start, .. } => {
            "leave valley.minimum out and let absorbing walls bound the set"
        }
        ProblemError::NoMinimumNear { flat: Some(_), meant: MeantMinimum::Target, .. } => {
            "leave valley.target out and let absorbing walls bound the set"
        }
        ProblemError::NoMinimumNear {
            flat: Some(_),
            meant: MeantMinimum::PathsFrom | MeantMinimum::PathsTo | MeantMinimum::PathSet,
            ..
        } => "give the set as a condition, such as { set = \"x < -1\" }",
        ProblemError::NoMinimumNear { meant: MeantMinimum::Cold, .. } => "give noise.valleys a point near a minimum",
        ProblemError::ColdValley { fault: ColdValleyFault::NamedBefore { .. }, .. } => {
            "leave one of the two out of noise.valleys"
        }
        ProblemError::ColdValley { .. } => {
            "widen domain.lower and domain.upper so that they hold the minimum and its saddle"
        }
        ProblemError::NamedOutside { .. } => {
            "give a point inside the domain, or widen domain.lower and domain.upper so that they hold the minimum that is meant"
        }
        ProblemError::NoSaddle => "widen domain.lower and domain.upper so that they hold the saddle",
        ProblemError::MinimumOutsideSet { .. } => "change valley.minimum, or valley.set",
        ProblemError::StartOutside { .. } => "move valley.from into the set, before what absorbs",
        ProblemError::TargetHoldsStart { .. } => "take a smaller valley.target.radius, or another valley.minimum",
        ProblemError::MinimumOutsideDomain { .. } => "widen domain.lower and domain.upper, or change valley.minimum",
        ProblemError::WallWithoutPlace { .. } | ProblemError::NotConfining => "give domain.lower and domain.upper",
        ProblemError::SeamMismatch { .. } => {
            "choose domain.lower and domain.upper one period apart, or reflecting walls"
        }
        ProblemError::NoiseWithoutLoss => "use \"isotropic\" or \"expression\"",
        ProblemError::NoiseWithoutData => {
            "take landscape.kind = \"styblinski-tang-data\", \"logistic-regression\", \"linear-regression\", a slice of a model or a table with covariances, or for this landscape noise.kind = \
             \"hessian\", \"frozen\", \"isotropic\" or \"expression\""
        }
        ProblemError::NotFinite { .. }
        | ProblemError::NotPositive { .. }
        | ProblemError::Jump { .. }
        | ProblemError::OutsideTable { .. }
        | ProblemError::Slice(_)
        | ProblemError::BareHessianInSkewCoordinates
        | ProblemError::NegativeLoss { .. }
        | ProblemError::NoDescent { .. }
        | ProblemError::AtKink { .. }
        | ProblemError::NoMinimumNear { flat: None, .. } => return None,
    })
}
