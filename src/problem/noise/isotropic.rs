//! White noise.

use crate::problem::noise::DiffusionField;
use crate::tensor::{Point, Tensor};

/// White noise: constant and isotropic.
///
/// ```text
/// D = d·I
/// ```
pub struct Isotropic {
    /// d > 0, in parameters² per unit of dynamical time.
    pub d: f64,
    /// The dimension, 1 or 2.
    pub dimension: usize,
}

impl DiffusionField for Isotropic {
    fn tensor(&self, _: Point) -> Tensor {
        Tensor::isotropic(self.d, self.dimension)
    }
    fn constant(&self) -> Option<f64> {
        Some(self.d)
    }
    fn is_scalar(&self) -> bool {
        true
    }
}
