//! A slice in the space of all parameters: the point θ of its coordinates, and the coordinates of any θ.
//!
//! ```text
//! θ(c) = θ* + V c,      c(θ) = G⁻¹ Vᵀ (θ − θ*),   G = VᵀV
//! ```
//! c(θ) are the coordinates of the orthogonal projection of θ on the slice.

use super::directions::dot;
use super::slice::Slice;
use crate::tensor::Point;

impl Slice {
    /// θ* + x v₁ + y v₂.
    pub fn parameters_at(&self, at: Point) -> Vec<f64> {
        let mut theta = self.theta.clone();
        for (vector, step) in self.vectors.iter().zip(at) {
            theta.iter_mut().zip(vector).for_each(|(entry, v)| *entry += step * v);
        }
        theta
    }

    /// G⁻¹ g: the vector for a derivative along v₁ and v₂.
    pub fn raise(&self, [x, y]: Point) -> Point {
        let gram = &self.measured.gram;
        if self.vectors.len() == 1 {
            return [x / gram.xx, 0.0];
        }
        let determinant = gram.determinant(2);
        [(gram.yy * x - gram.xy * y) / determinant, (gram.xx * y - gram.xy * x) / determinant]
    }

    /// The coordinates of the orthogonal projection of θ on the slice.
    pub fn coordinates(&self, theta: &[f64]) -> Point {
        let offset: Vec<f64> = theta.iter().zip(&self.theta).map(|(value, centre)| value - centre).collect();
        self.raise([0, 1].map(|k| self.vectors.get(k).map_or(0.0, |v| dot(v, &offset))))
    }

    /// −dc/dt for one sample: G⁻¹ times the derivatives of ℓ_n and of the penalty along v₁ and v₂.
    pub fn sample_slope(&self, at: Point, n: usize) -> Point {
        let slopes =
            self.model.sample_slopes(&self.parameters_at(at), &self.vectors, n, &mut self.model.network.pass());
        self.raise(slopes)
    }
}
