//! Diffusion tensors D(θ) = ½σσᵀ.

use crate::tensor::{Point, Tensor};

/// A field of symmetric positive semidefinite diffusion tensors, in parameters² per unit of dynamical time.
pub trait DiffusionField: Send + Sync {
    /// D(θ).
    fn tensor(&self, theta: Point) -> Tensor;

    /// d when D(θ) = d·I everywhere.
    fn constant(&self) -> Option<f64> {
        None
    }
}
