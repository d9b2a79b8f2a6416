//! Gradient noise proportional to the loss and to a Hessian.
//!
//! Source: Mori, Ziyin, Liu & Ueda 2022, "Power-law escape rate of SGD".

use std::sync::Arc;

use crate::problem::critical::CriticalPoint;
use crate::problem::landscape::Landscape;
use crate::problem::mollified::HessianField;
use crate::problem::noise::{Breaks, DiffusionField, HessianNoise, Minibatch};
use crate::tensor::{Point, Tensor};

/// The noise of a mean squared loss with the Hessian at one minimum.
///
/// ```text
/// D(θ) = η/B L(θ) [H(a)]₊            a the start minimum
/// ```
/// It vanishes only where the loss does.
pub struct LossNoise {
    landscape: Arc<dyn Landscape>,
    shape: Tensor,
}

impl LossNoise {
    /// The noise of minibatch descent on this loss with the Hessian at this minimum.
    pub fn new(landscape: Arc<dyn Landscape>, minibatch: Minibatch, minimum: &CriticalPoint) -> LossNoise {
        let shape = minimum.hessian.absolute(landscape.dimension()).scaled(2.0 * minibatch.factor());
        LossNoise { landscape, shape }
    }
}

impl DiffusionField for LossNoise {
    fn tensor(&self, theta: Point) -> Tensor {
        self.shape.scaled(self.landscape.value(theta))
    }
    fn is_scalar(&self) -> bool {
        self.landscape.dimension() == 1
    }
}

/// The noise of a mean squared loss with the local Hessian.
///
/// ```text
/// D(θ) = η/B L(θ) [H(θ)]₊
/// ```
/// It vanishes where the loss or the curvature does.
pub struct LocalLossNoise {
    landscape: Arc<dyn Landscape>,
    hessian: HessianNoise,
}

impl LocalLossNoise {
    /// The noise of minibatch descent on this loss.
    pub fn new(landscape: Arc<dyn Landscape>, minibatch: Minibatch) -> LocalLossNoise {
        LocalLossNoise { hessian: HessianNoise::new(Arc::clone(&landscape), minibatch), landscape }
    }
}

impl DiffusionField for LocalLossNoise {
    fn tensor(&self, theta: Point) -> Tensor {
        self.hessian.tensor(theta).scaled(2.0 * self.landscape.value(theta))
    }
    fn is_scalar(&self) -> bool {
        self.hessian.is_scalar()
    }
    fn hessian_field(&self) -> Option<HessianField> {
        Some(HessianField { grows_with_loss: true, ..self.hessian.hessian_field()? })
    }
    fn breaks(&self, from: Point, to: Point) -> Breaks {
        self.hessian.breaks(from, to)
    }
}
