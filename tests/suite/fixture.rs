//! Landscapes and noises made for tests, independent of the program's own.

use std::sync::Arc;

use saddleflux::problem::{DiffusionField, Dynamics, Landscape};
use saddleflux::tensor::{Point, Tensor};

/// L = (x² − 1)² + y², the landscape of the method's checks.
pub struct PolynomialWell {
    pub dimension: usize,
}

impl Landscape for PolynomialWell {
    fn dimension(&self) -> usize {
        self.dimension
    }
    fn value(&self, [x, y]: Point) -> f64 {
        (x * x - 1.0).powi(2) + y * y
    }
    fn gradient(&self, [x, y]: Point) -> Point {
        [4.0 * x * (x * x - 1.0), 2.0 * y]
    }
    fn hessian(&self, [x, _]: Point) -> Tensor {
        Tensor { xx: 12.0 * x * x - 4.0, xy: 0.0, yy: if self.dimension == 2 { 2.0 } else { 0.0 } }
    }
    fn typical_box(&self) -> (Point, Point) {
        ([-2.0; 2], [2.0; 2])
    }
}

/// D = temperature·I.
pub struct WhiteNoise {
    pub temperature: f64,
    pub dimension: usize,
}

impl DiffusionField for WhiteNoise {
    fn tensor(&self, _: Point) -> Tensor {
        Tensor::isotropic(self.temperature, self.dimension)
    }
    fn constant(&self) -> Option<f64> {
        Some(self.temperature)
    }
}

/// In one dimension T (1 + ½ sin x); in two a smooth full tensor with an eigenvalue ratio of up to 3.
pub struct VaryingNoise {
    pub temperature: f64,
    pub dimension: usize,
}

impl DiffusionField for VaryingNoise {
    fn tensor(&self, [x, y]: Point) -> Tensor {
        let t = self.temperature;
        match self.dimension {
            1 => Tensor { xx: t * (1.0 + 0.5 * x.sin()), ..Tensor::default() },
            _ => Tensor { xx: t * (1.0 + 0.5 * x.sin()), xy: 0.3 * t * (x + y).cos(), yy: t * (1.0 + 0.3 * y.cos()) },
        }
    }
}

/// A landscape as dynamics.
pub fn dynamics(landscape: impl Landscape + 'static) -> Dynamics {
    Dynamics::Loss(Arc::new(landscape))
}
