//! A field of diffusion tensors.

use crate::problem::breaks::Breaks;
use crate::problem::dynamics::Dynamics;
use crate::problem::mollified::HessianField;
use crate::tensor::{LANES, Point, Points, Tensor};

/// A field of symmetric positive semidefinite diffusion tensors.
pub trait DiffusionField: Send + Sync {
    /// D(θ).
    fn tensor(&self, theta: Point) -> Tensor;

    /// ∇L(θ) and D(θ) together, for fields in which one pass over the data computes both.
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

    /// d if D(θ) = d·I everywhere.
    fn constant(&self) -> Option<f64> {
        None
    }

    /// T if D⁻¹(−b) = ∇L/T everywhere for a loss L, that is D = T·G⁻¹ with the metric G of the coordinates.
    fn temperature(&self) -> Option<f64> {
        self.constant()
    }

    /// Whether D is a scalar times the identity everywhere (always so in one dimension).
    fn is_scalar(&self) -> bool {
        false
    }

    /// The axis along which there is no noise anywhere, if there is one (two dimensions; noise in a velocity only).
    fn silent_axis(&self) -> Option<usize> {
        None
    }

    /// A d for which D − d·I is known to be positive semidefinite everywhere.
    fn floor(&self) -> f64 {
        0.0
    }

    /// The Hessian field if D = c[H]₊ + d·I.
    fn hessian_field(&self) -> Option<HessianField> {
        None
    }

    /// Whether a segment is so close to a curve on which D degenerates that D⁻¹∇L cannot be integrated along it.
    fn degenerates_along(&self, from: Point, to: Point) -> bool {
        let _ = (from, to);
        false
    }

    /// The field without mollification, for a segment that is far from all such curves: the same values at less cost.
    fn plain_along(&self, from: Point, to: Point) -> Option<&dyn DiffusionField> {
        let _ = (from, to);
        None
    }

    /// The fractions of a segment, ascending, at which D or its derivative jumps; integrals along it are split there.
    fn breaks(&self, from: Point, to: Point) -> Breaks {
        let _ = (from, to);
        Breaks::default()
    }
}
