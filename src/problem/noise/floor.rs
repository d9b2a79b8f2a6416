//! A floor added to another noise.

use std::sync::Arc;

use crate::problem::dynamics::Dynamics;
use crate::problem::mollified::HessianField;
use crate::problem::noise::{Breaks, DiffusionField};
use crate::tensor::{LANES, Point, Points, Tensor};

/// A field plus white noise, which keeps it from vanishing.
///
/// ```text
/// D(θ) + d·I
/// ```
pub struct Floored {
    field: Arc<dyn DiffusionField>,
    floor: Tensor,
    /// Whether the field without the floor is known to be positive semidefinite.
    is_bound: bool,
}

impl Floored {
    /// The field plus d·I in one or two dimensions.
    pub fn new(field: Arc<dyn DiffusionField>, d: f64, dimension: usize) -> Floored {
        Floored::with(field, Tensor::isotropic(d, dimension))
    }

    /// The same for a field that is positive semidefinite, so that d is a lower bound of D.
    pub(super) fn over(self) -> Floored {
        Floored { is_bound: true, ..self }
    }

    /// The field plus a constant tensor.
    pub(super) fn with(field: Arc<dyn DiffusionField>, floor: Tensor) -> Floored {
        Floored { field, floor, is_bound: false }
    }
}

impl Floored {
    fn floor_is_scalar(&self) -> bool {
        self.floor.xy == 0.0 && (self.floor.yy == 0.0 || self.floor.xx == self.floor.yy)
    }
}

impl DiffusionField for Floored {
    fn tensor(&self, theta: Point) -> Tensor {
        self.field.tensor(theta).plus(self.floor)
    }
    fn slope_and_tensor(&self, dynamics: &Dynamics, theta: Point) -> (Point, Tensor) {
        let (slope, tensor) = self.field.slope_and_tensor(dynamics, theta);
        (slope, tensor.plus(self.floor))
    }
    fn tensors(&self, at: &Points, tensors: &mut [[f64; LANES]; 3]) {
        self.field.tensors(at, tensors);
        for (entries, floor) in tensors.iter_mut().zip([self.floor.xx, self.floor.xy, self.floor.yy]) {
            entries.iter_mut().for_each(|entry| *entry += floor);
        }
    }
    fn jumps(&self) -> bool {
        self.field.jumps()
    }
    fn constant(&self) -> Option<f64> {
        self.field.constant().filter(|_| self.floor_is_scalar()).map(|d| d + self.floor.xx)
    }
    fn is_scalar(&self) -> bool {
        self.field.is_scalar() && self.floor_is_scalar()
    }
    fn floor(&self) -> f64 {
        if !self.is_bound {
            return 0.0;
        }
        let Tensor { xx, xy, yy } = self.floor;
        // In one dimension there is no yy.
        if [xy, yy] == [0.0; 2] { xx } else { self.floor.eigen(2).values[0] }
    }
    fn hessian_field(&self) -> Option<HessianField> {
        let field = self.field.hessian_field()?;
        Some(HessianField { floor: field.floor + self.floor.xx, ..field })
    }
    fn breaks(&self, from: Point, to: Point) -> Breaks {
        self.field.breaks(from, to)
    }
}
