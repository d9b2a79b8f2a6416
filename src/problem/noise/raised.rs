//! The noise with a doubled mollification level, to estimate the effect of the mollification.

use std::sync::Arc;

use crate::problem::dynamics::Dynamics;
use crate::problem::mollified::HessianField;
use crate::problem::noise::{Breaks, DiffusionField};
use crate::tensor::{LANES, Point, Points, Tensor};

/// A field c[H]₊ + d·I whose level near Γ ([`crate::problem::mollified`]) is doubled; other fields are unchanged.
pub struct Raised(pub Arc<dyn DiffusionField>);

/// The factor of the level.
const RAISE: f64 = 2.0;

impl DiffusionField for Raised {
    fn tensor(&self, theta: Point) -> Tensor {
        self.0.tensor(theta)
    }
    fn slope_and_tensor(&self, dynamics: &Dynamics, theta: Point) -> (Point, Tensor) {
        self.0.slope_and_tensor(dynamics, theta)
    }
    fn tensors(&self, at: &Points, tensors: &mut [[f64; LANES]; 3]) {
        self.0.tensors(at, tensors);
    }
    fn jumps(&self) -> bool {
        self.0.jumps()
    }
    fn constant(&self) -> Option<f64> {
        self.0.constant()
    }
    fn temperature(&self) -> Option<f64> {
        self.0.temperature()
    }
    fn is_scalar(&self) -> bool {
        self.0.is_scalar()
    }
    fn silent_axis(&self) -> Option<usize> {
        self.0.silent_axis()
    }
    fn floor(&self) -> f64 {
        self.0.floor()
    }
    fn hessian_field(&self) -> Option<HessianField> {
        Some(HessianField { raise: RAISE, ..self.0.hessian_field()? })
    }
    fn breaks(&self, from: Point, to: Point) -> Breaks {
        self.0.breaks(from, to)
    }
}
