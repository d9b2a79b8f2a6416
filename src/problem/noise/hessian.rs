//! Gradient noise proportional to the Hessian.

use std::sync::Arc;

use crate::problem::breaks::root;
use crate::problem::landscape::Landscape;
use crate::problem::mollified::HessianField;
use crate::problem::noise::{Breaks, DiffusionField, Minibatch};
use crate::tensor::{Point, Tensor, advance, difference};

/// Gradient noise whose covariance is the Hessian, as near a minimum of a likelihood.
///
/// ```text
/// D(θ) = η/(2B) [H(θ)]₊,   [H]₊ = Σ |λ| e eᵀ
/// ```
/// It vanishes where the curvature does: at an inflection point there is no noise.
pub struct HessianNoise {
    landscape: Arc<dyn Landscape>,
    factor: f64,
}

impl HessianNoise {
    /// The noise of minibatch descent on this loss.
    pub fn new(landscape: Arc<dyn Landscape>, minibatch: Minibatch) -> HessianNoise {
        HessianNoise { landscape, factor: minibatch.factor() }
    }

    fn eigenvalues(&self, theta: Point) -> [f64; 2] {
        self.landscape.hessian(theta).eigen(self.landscape.dimension()).values
    }
}

impl DiffusionField for HessianNoise {
    fn tensor(&self, theta: Point) -> Tensor {
        let hessian = self.landscape.hessian(theta);
        hessian.absolute(self.landscape.dimension()).scaled(self.factor)
    }
    fn is_scalar(&self) -> bool {
        self.landscape.dimension() == 1
    }
    fn hessian_field(&self) -> Option<HessianField> {
        let landscape = Arc::clone(&self.landscape);
        Some(HessianField { landscape, factor: self.factor, grows_with_loss: false, floor: 0.0, raise: 1.0 })
    }
    fn breaks(&self, from: Point, to: Point) -> Breaks {
        let (start, end) = (self.eigenvalues(from), self.eigenvalues(to));
        let step = difference(to, from);
        let mut breaks = Breaks::default();
        for k in 0..self.landscape.dimension() {
            if (start[k] > 0.0) != (end[k] > 0.0) {
                breaks.push(root(|s| self.eigenvalues(advance(from, s, step))[k]));
            }
        }
        breaks
    }
}
