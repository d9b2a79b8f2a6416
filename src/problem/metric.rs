//! The metric of coordinates along vectors in parameter space that need be neither of unit length nor orthogonal.
//!
//! ```text
//! θ = θ* + V c,   G = VᵀV = RᵀR (Cholesky),   z = R c   orthonormal coordinates of the same plane
//! dc/dt = −G⁻¹ ∂L/∂c,      D_c = R⁻¹ D_z R⁻ᵀ = G⁻¹ VᵀDV G⁻¹,      H_z = R⁻ᵀ H_c R⁻¹,      C_z = R⁻ᵀ C_c R⁻¹
//! ```
//! Eigenvalues of Hessians, noise models and temperatures refer to z; positions, boxes and walls to c.

use crate::tensor::{Point, Tensor, norm};

/// The Gram matrix of one or two vectors, with its Cholesky factor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Metric {
    dimension: usize,
    gram: Tensor,
    /// R₁₁, R₁₂, R₂₂; R₂₂ is 1 in one dimension to avoid a division by 0.
    root: [f64; 3],
}

impl Metric {
    /// The metric of a positive definite Gram matrix; `None` for the unit matrix, whose coordinates are orthonormal.
    pub fn new(gram: Tensor, dimension: usize) -> Option<Metric> {
        if gram == Tensor::isotropic(1.0, dimension) {
            return None;
        }
        let first = gram.xx.sqrt();
        let (mixed, second) = match dimension {
            1 => (0.0, 1.0),
            _ => (gram.xy / first, (gram.determinant(2) / gram.xx).sqrt()),
        };
        Some(Metric { dimension, gram, root: [first, mixed, second] })
    }

    /// G.
    pub fn gram(&self) -> Tensor {
        self.gram
    }

    /// s² where G = s² I.
    pub fn square_scale(&self) -> Option<f64> {
        let is_even = self.dimension == 1 || (self.gram.xy == 0.0 && self.gram.xx == self.gram.yy);
        is_even.then_some(self.gram.xx)
    }

    /// G⁻¹ g: the vector for a derivative with respect to the coordinates.
    #[inline(always)]
    pub fn raise(&self, gradient: Point) -> Point {
        self.down(self.down_transposed(gradient))
    }

    /// R c: the orthonormal components of a displacement.
    pub fn orthonormal(&self, [x, y]: Point) -> Point {
        let [a, b, c] = self.root;
        [a * x + b * y, if self.dimension == 1 { 0.0 } else { c * y }]
    }

    /// R⁻¹ z: the displacement with these orthonormal components.
    #[inline(always)]
    pub fn down(&self, [x, y]: Point) -> Point {
        let [a, b, c] = self.root;
        let y = y / c;
        [(x - b * y) / a, y]
    }

    /// R⁻ᵀ g.
    #[inline(always)]
    fn down_transposed(&self, [x, y]: Point) -> Point {
        let [a, b, c] = self.root;
        let x = x / a;
        [x, (y - b * x) / c]
    }

    /// R⁻ᵀ H R⁻¹: second derivatives, or covariances of gradients, in orthonormal coordinates.
    pub fn measured(&self, form: Tensor) -> Tensor {
        let Tensor { xx, xy, yy } = form;
        let (first, second) = (self.down_transposed([xx, xy]), self.down_transposed([xy, yy]));
        let (upper, lower) = (self.down_transposed([first[0], second[0]]), self.down_transposed([first[1], second[1]]));
        Tensor { xx: upper[0], xy: upper[1], yy: if self.dimension == 1 { 0.0 } else { lower[1] } }
    }

    /// R⁻¹ D R⁻ᵀ: a diffusion tensor given in orthonormal coordinates, in these coordinates.
    pub fn spread(&self, tensor: Tensor) -> Tensor {
        let Tensor { xx, xy, yy } = tensor;
        let (first, second) = (self.down([xx, xy]), self.down([xy, yy]));
        let (upper, lower) = (self.down([first[0], second[0]]), self.down([first[1], second[1]]));
        Tensor { xx: upper[0], xy: upper[1], yy: if self.dimension == 1 { 0.0 } else { lower[1] } }
    }

    /// e·D_z e for the unit vector e along a displacement, for a diffusion tensor in these coordinates.
    pub fn along(&self, tensor: Tensor, direction: Point) -> f64 {
        // D_z = R D Rᵀ, hence Rᵀe for the unit vector e of z.
        let e = self.orthonormal(direction);
        let length = norm(e);
        let [a, b, c] = self.root;
        let pulled = [a * e[0] / length, (b * e[0] + if self.dimension == 1 { 0.0 } else { c * e[1] }) / length];
        tensor.form(pulled, pulled)
    }
}
