//! Diffusion tensors D(θ) = ½σσᵀ, in parameters² per unit of dynamical time.
//!
//! | model | D(θ) |
//! |---|---|
//! | isotropic | T·I |
//! | hessian | η/(2B) [H(θ)]₊ + d·I |
//! | frozen | D_a in each cold valley below its L_s, D_b elsewhere, + d·I |
//! | covariance | η/(2B) C(θ) + d·I, C the covariance of one sample's gradient |
//! | loss-hessian | η/B L(θ) [H]₊ + d·I, H that of the start minimum or the local one |
//! | field | any other, such as formulas for D₁₁, D₁₂, D₂₂ or a function, + d·I |
//!
//! On a slice or a table these are tensors in the space of all parameters, except for a field, which is given in the
//! coordinates of the slice or table.
//!
//! Source: method.md section 1; Xie, Sato & Sugiyama 2021, Eqs. 2 and 7; Mori, Ziyin, Liu & Ueda 2022.

pub mod closure;
mod coordinates;
pub mod covariance;
pub mod field;
pub mod floor;
pub mod formula;
pub mod frozen;
pub mod hessian;
pub mod isotropic;
pub mod loss_hessian;
pub mod raised;

pub use crate::problem::breaks::Breaks;
pub use closure::ClosureNoise;
pub use covariance::Covariance;
pub use field::DiffusionField;
pub use floor::Floored;
pub use formula::FormulaNoise;
pub use frozen::{Frozen, FrozenAt};
pub use hessian::HessianNoise;
pub use isotropic::Isotropic;
pub use loss_hessian::{LocalLossNoise, LossNoise};

use std::sync::Arc;

use crate::problem::critical::CriticalPoint;
use crate::problem::dynamics::Dynamics;
use crate::problem::error::ProblemError;
use crate::problem::fault::NeedsMinimum;
use crate::problem::jumps::JumpFault;
use crate::problem::landscape::Landscape;
use crate::problem::noise::coordinates::{AsGiven, Orthonormal, Spread};
use crate::tensor::{Point, Tensor};

/// A model of D(θ), before the problem determines the minima and saddles that it needs.
#[derive(Clone, Debug)]
pub struct NoiseModel {
    /// The dependence of D on the landscape.
    pub kind: NoiseKind,
    /// The floor d ≥ 0 in D + d·I.
    pub floor: f64,
}

/// The models of D(θ).
#[derive(Clone)]
pub enum NoiseKind {
    /// D = temperature·I.
    Isotropic {
        /// T > 0, in the units of D.
        temperature: f64,
    },
    /// D = η/(2B) [H(θ)]₊.
    Hessian(Minibatch),
    /// D_a below L_s in every cold valley, D_b elsewhere.
    Frozen {
        /// The learning rate η and the batch size B.
        minibatch: Minibatch,
        /// The position of the jump, 0 < s < 1.
        s: f64,
        /// Points that name the cold valleys; if there are none, the start valley is the only cold one.
        valleys: Vec<Point>,
    },
    /// D = η/B L(θ) [H]₊.
    LossHessian {
        /// The learning rate η and the batch size B.
        minibatch: Minibatch,
        /// The point at which H is taken.
        hessian: HessianPlace,
    },
    /// D = η/(2B) C(θ).
    Covariance(Minibatch),
    /// Any other field, to which the floor is added.
    Field(Arc<dyn DiffusionField>),
}

impl NoiseKind {
    /// The learning rate and the batch size of minibatch noise.
    pub fn minibatch(&self) -> Option<Minibatch> {
        match self {
            NoiseKind::Hessian(minibatch)
            | NoiseKind::Covariance(minibatch)
            | NoiseKind::Frozen { minibatch, .. }
            | NoiseKind::LossHessian { minibatch, .. } => Some(*minibatch),
            NoiseKind::Isotropic { .. } | NoiseKind::Field(_) => None,
        }
    }
}

/// The point at which the Hessian of noise proportional to the loss is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HessianPlace {
    /// At the start minimum.
    Minimum,
    /// At θ itself.
    Local,
}

impl std::fmt::Debug for NoiseKind {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            NoiseKind::Isotropic { temperature } => write!(formatter, "Isotropic({temperature})"),
            NoiseKind::Hessian(minibatch) => write!(formatter, "Hessian({minibatch:?})"),
            NoiseKind::Frozen { minibatch, s, valleys } => {
                write!(formatter, "Frozen({minibatch:?}, s = {s}, valleys = {valleys:?})")
            }
            NoiseKind::LossHessian { minibatch, hessian } => {
                write!(formatter, "LossHessian({minibatch:?}, {hessian:?})")
            }
            NoiseKind::Covariance(minibatch) => write!(formatter, "Covariance({minibatch:?})"),
            NoiseKind::Field(_) => write!(formatter, "Field"),
        }
    }
}

impl NoiseModel {
    /// White noise, D = temperature·I.
    pub fn isotropic(temperature: f64) -> NoiseModel {
        NoiseModel { kind: NoiseKind::Isotropic { temperature }, floor: 0.0 }
    }

    /// A user's own field.
    pub fn field(field: impl DiffusionField + 'static) -> NoiseModel {
        NoiseModel { kind: NoiseKind::Field(Arc::new(field)), floor: 0.0 }
    }

    /// The learning rate and the batch size of minibatch noise.
    pub fn minibatch(&self) -> Option<Minibatch> {
        self.kind.minibatch()
    }

    /// Whether D vanishes where an eigenvalue of the Hessian does.
    pub fn is_bare_hessian(&self) -> bool {
        let is_local =
            matches!(self.kind, NoiseKind::Hessian(_) | NoiseKind::LossHessian { hessian: HessianPlace::Local, .. });
        self.floor == 0.0 && is_local
    }

    /// Whether D is proportional to the loss, which must then not be negative.
    pub fn needs_nonnegative_loss(&self) -> bool {
        matches!(self.kind, NoiseKind::LossHessian { .. })
    }
}

/// The learning rate and the batch size.
#[derive(Clone, Copy, Debug)]
pub struct Minibatch {
    /// η > 0.
    pub learning_rate: f64,
    /// B > 0.
    pub batch_size: f64,
}

impl Minibatch {
    /// η/(2B), the factor of the covariance of one sample's gradient.
    pub fn factor(self) -> f64 {
        self.learning_rate / (2.0 * self.batch_size)
    }
}

/// Refuses noise from the Hessian at a cusp.
fn with_hessian(point: &CriticalPoint, dimension: usize) -> Result<(), ProblemError> {
    match point.cusp {
        None => Ok(()),
        Some(_) => Err(ProblemError::Jump { at: point.theta, dimension, fault: JumpFault::InfiniteHessian }),
    }
}

impl NoiseModel {
    /// Makes the field D(θ) for a motion that starts at `minimum`. `frozen_at` is called for frozen noise only, with
    /// the points that name its cold valleys.
    ///
    /// # Errors
    /// [`ProblemError::NoiseWithoutLoss`] and [`ProblemError::NoiseWithoutData`] if the model needs a loss or data that
    /// the motion lacks; [`ProblemError::Jump`] if it needs the Hessian at a cusp; the errors of `frozen_at`.
    pub fn build(
        &self,
        dynamics: &Dynamics,
        minimum: Option<&CriticalPoint>,
        frozen_at: impl FnOnce(&[Point]) -> Result<Vec<FrozenAt>, ProblemError>,
    ) -> Result<Arc<dyn DiffusionField>, ProblemError> {
        let dimension = dynamics.dimension();
        let metric = dynamics.metric().copied().filter(|_| !matches!(self.kind, NoiseKind::Field(_)));
        if self.is_bare_hessian() && dimension == 2 && metric.is_some_and(|metric| metric.square_scale().is_none()) {
            return Err(ProblemError::BareHessianInSkewCoordinates);
        }
        let landscape = || -> Result<Arc<dyn Landscape>, ProblemError> {
            match (dynamics, metric) {
                (Dynamics::Loss(landscape), None) => Ok(Arc::clone(landscape)),
                (Dynamics::Loss(landscape), Some(metric)) => {
                    Ok(Arc::new(Orthonormal::new(Arc::clone(landscape), metric)))
                }
                (Dynamics::Drift(_), _) => Err(ProblemError::NoiseWithoutLoss),
            }
        };
        let field: Arc<dyn DiffusionField> = match &self.kind {
            &NoiseKind::Isotropic { temperature } => Arc::new(Isotropic { d: temperature, dimension }),
            &NoiseKind::Hessian(minibatch) => Arc::new(HessianNoise::new(landscape()?, minibatch)),
            NoiseKind::Frozen { minibatch, s, valleys } => {
                let valleys = frozen_at(valleys)?;
                for FrozenAt { minimum, saddle, .. } in &valleys {
                    with_hessian(minimum, dimension).and(with_hessian(&saddle.point, dimension))?;
                }
                Arc::new(Frozen::new(landscape()?, *minibatch, *s, valleys))
            }
            &NoiseKind::LossHessian { minibatch, hessian: HessianPlace::Minimum } => {
                let minimum = minimum.ok_or(ProblemError::NoMinimum { needed: NeedsMinimum::LossHessian })?;
                with_hessian(minimum, dimension)?;
                Arc::new(LossNoise::new(landscape()?, minibatch, minimum))
            }
            &NoiseKind::LossHessian { minibatch, hessian: HessianPlace::Local } => {
                Arc::new(LocalLossNoise::new(landscape()?, minibatch))
            }
            &NoiseKind::Covariance(minibatch) => {
                Arc::new(Covariance::new(landscape()?, minibatch).ok_or(ProblemError::NoiseWithoutData)?)
            }
            NoiseKind::Field(field) if dynamics.metric().is_some() => Arc::new(AsGiven::new(Arc::clone(field))),
            NoiseKind::Field(field) => Arc::clone(field),
        };
        let field: Arc<dyn DiffusionField> = match (self.floor, &self.kind, dynamics.metric()) {
            (0.0, ..) => field,
            // The tensor is given in the coordinates, the floor in orthonormal ones.
            (floor, NoiseKind::Field(_), Some(metric)) => {
                Arc::new(Floored::with(field, metric.spread(Tensor::isotropic(floor, dimension))))
            }
            // A given field, or a loss, may be negative somewhere.
            (floor, NoiseKind::Field(_) | NoiseKind::LossHessian { .. }, _) => {
                Arc::new(Floored::new(field, floor, dimension))
            }
            (floor, ..) => Arc::new(Floored::new(field, floor, dimension).over()),
        };
        Ok(match metric {
            None => field,
            Some(metric) => Arc::new(Spread::new(field, metric)),
        })
    }
}
