//! Diffusion tensors D(θ) = ½σσᵀ, in parameters² per unit of dynamical time.
//!
//! | model | D(θ) |
//! |---|---|
//! | isotropic | T·I |
//! | hessian | η/(2B) [H(θ)]₊ + d·I |
//! | frozen | D_a in the start valley below L_s, D_b elsewhere, + d·I |
//! | covariance | η/(2B) C(θ) + d·I, C the covariance of one sample's gradient |
//! | field | any other, such as formulas for D₁₁, D₁₂, D₂₂ or a function, + d·I |
//!
//! Source: method.md section 1; Xie, Sato & Sugiyama 2021, Eqs. 2 and 7.

pub mod closure;
pub mod covariance;
pub mod field;
pub mod floor;
pub mod formula;
pub mod frozen;
pub mod hessian;
pub mod isotropic;

pub use crate::problem::breaks::Breaks;
pub use closure::ClosureNoise;
pub use covariance::Covariance;
pub use field::DiffusionField;
pub use floor::Floored;
pub use formula::FormulaNoise;
pub use frozen::{Frozen, FrozenAt};
pub use hessian::HessianNoise;
pub use isotropic::Isotropic;

use std::sync::Arc;

use crate::problem::dynamics::Dynamics;
use crate::problem::error::ProblemError;

/// A model of D(θ), before a problem says where it is frozen.
#[derive(Clone, Debug)]
pub struct NoiseModel {
    /// How D follows from the landscape, or does not.
    pub kind: NoiseKind,
    /// d ≥ 0 in + d·I.
    pub floor: f64,
}

/// The models of D(θ).
#[derive(Clone)]
pub enum NoiseKind {
    /// D = temperature·I.
    Isotropic {
        /// > 0.
        temperature: f64,
    },
    /// D = η/(2B) [H(θ)]₊.
    Hessian(Minibatch),
    /// D_a below L_s in the start valley, D_b elsewhere.
    Frozen {
        /// η and B.
        minibatch: Minibatch,
        /// 0 < s < 1.
        s: f64,
    },
    /// D = η/(2B) C(θ).
    Covariance(Minibatch),
    /// Any other field, to which the floor is added.
    Field(Arc<dyn DiffusionField>),
}

impl std::fmt::Debug for NoiseKind {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            NoiseKind::Isotropic { temperature } => write!(formatter, "Isotropic({temperature})"),
            NoiseKind::Hessian(minibatch) => write!(formatter, "Hessian({minibatch:?})"),
            NoiseKind::Frozen { minibatch, s } => write!(formatter, "Frozen({minibatch:?}, s = {s})"),
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

    /// A field of one's own.
    pub fn field(field: impl DiffusionField + 'static) -> NoiseModel {
        NoiseModel { kind: NoiseKind::Field(Arc::new(field)), floor: 0.0 }
    }

    /// The learning rate and the batch size of noise that minibatches make.
    pub fn minibatch(&self) -> Option<Minibatch> {
        match self.kind {
            NoiseKind::Hessian(minibatch) | NoiseKind::Covariance(minibatch) | NoiseKind::Frozen { minibatch, .. } => {
                Some(minibatch)
            }
            NoiseKind::Isotropic { .. } | NoiseKind::Field(_) => None,
        }
    }

    /// Whether D vanishes where an eigenvalue of the Hessian does.
    pub fn is_bare_hessian(&self) -> bool {
        self.floor == 0.0 && matches!(self.kind, NoiseKind::Hessian(_))
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
    /// η/(2B), the factor in front of the covariance of one sample's gradient.
    pub fn factor(self) -> f64 {
        self.learning_rate / (2.0 * self.batch_size)
    }
}

impl NoiseModel {
    /// Makes the field D(θ) for a motion; `frozen_at` is asked for frozen noise alone.
    ///
    /// # Errors
    /// Noise that is made from a loss, or from its data, where there is none; and whatever keeps `frozen_at` from its
    /// points.
    pub fn build(
        &self,
        dynamics: &Dynamics,
        frozen_at: impl FnOnce() -> Result<FrozenAt, ProblemError>,
    ) -> Result<Arc<dyn DiffusionField>, ProblemError> {
        let dimension = dynamics.dimension();
        let landscape = || match dynamics {
            Dynamics::Loss(landscape) => Ok(Arc::clone(landscape)),
            Dynamics::Drift(_) => Err(ProblemError::NoiseWithoutLoss),
        };
        let field: Arc<dyn DiffusionField> = match &self.kind {
            &NoiseKind::Isotropic { temperature } => Arc::new(Isotropic { d: temperature, dimension }),
            &NoiseKind::Hessian(minibatch) => Arc::new(HessianNoise::new(landscape()?, minibatch)),
            &NoiseKind::Frozen { minibatch, s } => Arc::new(Frozen::new(landscape()?, minibatch, s, frozen_at()?)),
            &NoiseKind::Covariance(minibatch) => {
                Arc::new(Covariance::new(landscape()?, minibatch).ok_or(ProblemError::NoiseWithoutData)?)
            }
            NoiseKind::Field(field) => Arc::clone(field),
        };
        Ok(match self.floor {
            0.0 => field,
            floor => Arc::new(Floored::new(field, floor, dimension)),
        })
    }
}
