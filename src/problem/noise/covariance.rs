//! Gradient noise from the covariance of the data.

use std::sync::Arc;

use crate::problem::dynamics::Dynamics;
use crate::problem::landscape::Landscape;
use crate::problem::noise::{DiffusionField, Minibatch};
use crate::tensor::{Point, Tensor};

/// Minibatch noise from the covariance of one sample's gradient.
///
/// ```text
/// D(θ) = η/(2B) C(θ),   C(θ) = Cov_x ∇ℓ(θ, x)
/// ```
pub struct Covariance {
    landscape: Arc<dyn Landscape>,
    factor: f64,
}

impl Covariance {
    /// The noise of minibatch descent on this loss; `None` if the loss is not defined by data.
    pub fn new(landscape: Arc<dyn Landscape>, minibatch: Minibatch) -> Option<Covariance> {
        landscape.gradient_covariance(landscape.typical_box().0)?;
        Some(Covariance { landscape, factor: minibatch.factor() })
    }
}

impl DiffusionField for Covariance {
    fn tensor(&self, theta: Point) -> Tensor {
        // `new` has checked that this landscape has data; otherwise D would be NaN, which is refused.
        self.landscape
            .gradient_covariance(theta)
            .map_or(Tensor::isotropic(f64::NAN, self.landscape.dimension()), |sample| sample.scaled(self.factor))
    }
    fn slope_and_tensor(&self, dynamics: &Dynamics, theta: Point) -> (Point, Tensor) {
        match self.landscape.gradient_and_covariance(theta) {
            Some((gradient, sample)) => (gradient, sample.scaled(self.factor)),
            None => (dynamics.slope(theta), self.tensor(theta)),
        }
    }
    fn is_scalar(&self) -> bool {
        self.landscape.dimension() == 1
    }
}
