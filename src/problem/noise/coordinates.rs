//! Noise models in coordinates that are not orthonormal.
//!
//! ```text
//! D_c(c) = R⁻¹ D_z R⁻ᵀ,   D_z the model's tensor in orthonormal coordinates z = R c of the same plane, at the same point
//! ```
//! A model is made from the loss in orthonormal coordinates, [`Orthonormal`], and its tensors are transformed back by
//! [`Spread`].

use std::sync::Arc;

use crate::problem::breaks::Breaks;
use crate::problem::dynamics::Dynamics;
use crate::problem::landscape::Landscape;
use crate::problem::metric::Metric;
use crate::problem::mollified::HessianField;
use crate::problem::noise::DiffusionField;
use crate::tensor::{Point, Tensor};

/// A loss at points c whose Hessian and covariance are in orthonormal coordinates, and whose gradient is minus the
/// drift, G⁻¹∂L/∂c.
pub(super) struct Orthonormal {
    of: Arc<dyn Landscape>,
    metric: Metric,
}

impl Orthonormal {
    /// The loss with this metric.
    pub fn new(of: Arc<dyn Landscape>, metric: Metric) -> Orthonormal {
        Orthonormal { of, metric }
    }
}

impl Landscape for Orthonormal {
    fn dimension(&self) -> usize {
        self.of.dimension()
    }
    fn value(&self, theta: Point) -> f64 {
        self.of.value(theta)
    }
    fn gradient(&self, theta: Point) -> Point {
        self.metric.raise(self.of.gradient(theta))
    }
    fn hessian(&self, theta: Point) -> Tensor {
        self.metric.measured(self.of.hessian(theta))
    }
    fn gradient_covariance(&self, theta: Point) -> Option<Tensor> {
        Some(self.metric.measured(self.of.gradient_covariance(theta)?))
    }
    fn breaks(&self, from: Point, to: Point) -> Breaks {
        self.of.breaks(from, to)
    }
    fn may_break(&self) -> bool {
        self.of.may_break()
    }
    fn typical_box(&self) -> (Point, Point) {
        self.of.typical_box()
    }
    fn knows_its_box(&self) -> bool {
        self.of.knows_its_box()
    }
    fn is_costly(&self) -> bool {
        self.of.is_costly()
    }
}

/// A field whose tensors are given in the coordinates c; its properties as a constant field are not passed on.
pub(super) struct AsGiven {
    field: Arc<dyn DiffusionField>,
}

impl AsGiven {
    /// The field.
    pub fn new(field: Arc<dyn DiffusionField>) -> AsGiven {
        AsGiven { field }
    }
}

impl DiffusionField for AsGiven {
    fn tensor(&self, theta: Point) -> Tensor {
        self.field.tensor(theta)
    }
    fn jumps(&self) -> bool {
        self.field.jumps()
    }
    fn is_scalar(&self) -> bool {
        self.field.is_scalar()
    }
    fn breaks(&self, from: Point, to: Point) -> Breaks {
        self.field.breaks(from, to)
    }
}

/// A field whose tensors are given in orthonormal coordinates, transformed to the coordinates of the problem.
pub(super) struct Spread {
    field: Arc<dyn DiffusionField>,
    metric: Metric,
}

impl Spread {
    /// The field, including its floor.
    pub fn new(field: Arc<dyn DiffusionField>, metric: Metric) -> Spread {
        Spread { field, metric }
    }
}

impl DiffusionField for Spread {
    fn tensor(&self, theta: Point) -> Tensor {
        self.metric.spread(self.field.tensor(theta))
    }
    fn slope_and_tensor(&self, dynamics: &Dynamics, theta: Point) -> (Point, Tensor) {
        let (slope, tensor) = self.field.slope_and_tensor(dynamics, theta);
        (slope, self.metric.spread(tensor))
    }
    fn jumps(&self) -> bool {
        self.field.jumps()
    }
    fn constant(&self) -> Option<f64> {
        Some(self.field.constant()? / self.metric.square_scale()?)
    }
    fn temperature(&self) -> Option<f64> {
        self.field.temperature()
    }
    fn is_scalar(&self) -> bool {
        self.field.is_scalar() && self.metric.square_scale().is_some()
    }
    fn floor(&self) -> f64 {
        match (self.field.floor(), self.metric.square_scale()) {
            (floor, Some(square)) => floor / square,
            (floor, None) => self.metric.spread(Tensor::isotropic(floor, 2)).eigen(2).values[0],
        }
    }
    fn hessian_field(&self) -> Option<HessianField> {
        let square = self.metric.square_scale()?;
        let field = self.field.hessian_field()?;
        Some(HessianField { factor: field.factor / square, floor: field.floor / square, ..field })
    }
    fn breaks(&self, from: Point, to: Point) -> Breaks {
        self.field.breaks(from, to)
    }
}
