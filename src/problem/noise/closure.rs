//! Noise given by a function of the calling program.

use crate::problem::noise::DiffusionField;
use crate::tensor::{Point, Tensor};

/// A diffusion tensor given by a function: symmetric, positive semidefinite and continuous in θ.
///
/// For noise that jumps, implement [`DiffusionField`], which also tells where.
pub struct ClosureNoise {
    tensor: Box<dyn Fn(Point) -> Tensor + Send + Sync>,
    is_scalar: bool,
}

impl ClosureNoise {
    /// The field D(θ) with full tensors.
    pub fn new(tensor: impl Fn(Point) -> Tensor + Send + Sync + 'static) -> ClosureNoise {
        ClosureNoise { tensor: Box::new(tensor), is_scalar: false }
    }

    /// The field D(θ) = d(θ)·I in one or two dimensions.
    pub fn scalar(dimension: usize, d: impl Fn(Point) -> f64 + Send + Sync + 'static) -> ClosureNoise {
        ClosureNoise { tensor: Box::new(move |theta| Tensor::isotropic(d(theta), dimension)), is_scalar: true }
    }
}

impl DiffusionField for ClosureNoise {
    fn tensor(&self, theta: Point) -> Tensor {
        (self.tensor)(theta)
    }
    fn is_scalar(&self) -> bool {
        self.is_scalar
    }
}
