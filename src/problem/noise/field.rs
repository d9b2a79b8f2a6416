//! A field of diffusion tensors.

use crate::problem::breaks::Breaks;
use crate::problem::dynamics::Dynamics;
use crate::problem::mollified::HessianField;
use crate::tensor::{LANES, Point, Points, Tensor};

/// A field of symmetric positive semidefinite diffusion tensors.
pub trait DiffusionField: Send + Sync {
    /// D(θ).
    fn tensor(&self, theta: Point) -> Tensor;

    /// ∇L(θ) and D(θ) together, for fields where one pass over the data gives both.
    fn slope_and_tensor(&self, dynamics: &Dynamics, theta: Point) -> (Point, Tensor) {
        (dynamics.slope(theta), self.tensor(theta))
    }

    /// D at every point of a block: its entries xx, xy and yy.
    fn tensors(&self, at: &Points, tensors: &mut [[f64; LANES]; 3]) {
        let [xx, xy, yy] = tensors;
        for lane in 0..LANES {
            let tensor = self.tensor(at.get(lane));
            (xx[lane], xy[lane], yy[lane]) = (tensor.xx, tensor.xy, tensor.yy);
        }
    }

    /// Whether D jumps somewhere.
    fn jumps(&self) -> bool {
        false
    }

    /// d when D(θ) = d·I everywhere.
    fn constant(&self) -> Option<f64> {
        None
    }

    /// T when D⁻¹(−b) = ∇L/T everywhere, for the loss L that is descended: D = T·G⁻¹, G the metric of the coordinates.
    fn temperature(&self) -> Option<f64> {
        self.constant()
    }

    /// Whether D is a scalar times the identity everywhere (always so in one dimension).
    fn is_scalar(&self) -> bool {
        false
    }

    /// The axis of a plane along which there is no noise anywhere, when there is one: noise in a velocity alone.
    fn silent_axis(&self) -> Option<usize> {
        None
    }

    /// A d for which D − d·I is positive semidefinite everywhere, as far as it is known without a look.
    fn floor(&self) -> f64 {
        0.0
    }

    /// The Hessian that D = c[H]₊ + d·I is made from, when it is.
    fn hessian_field(&self) -> Option<HessianField> {
        None
    }

    /// Whether a segment lies so close to a curve on which D degenerates that D⁻¹∇L cannot be integrated along it.
    fn degenerates_along(&self, from: Point, to: Point) -> bool {
        let _ = (from, to);
        false
    }

    /// The field without what is done to it near such curves, where a segment is far from all of them: the same values,
    /// for less work.
    fn plain_along(&self, from: Point, to: Point) -> Option<&dyn DiffusionField> {
        let _ = (from, to);
        None
    }

    /// Fractions of the segment, in ascending order, where D or its derivative jumps: an integral along it is split
    /// there.
    fn breaks(&self, from: Point, to: Point) -> Breaks {
        let _ = (from, to);
        Breaks::default()
    }
}
