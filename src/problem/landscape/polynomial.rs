//! Landscapes that are sums of a function of x and a function of y, so that every quantity has a one-dimensional
//! counterpart.

use crate::problem::landscape::{Landscape, SampleLoss, Samples};
use crate::tensor::{Point, Tensor};

/// The y part of a separable landscape; 0 in one dimension.
fn only_in_plane(dimension: usize, value: f64) -> f64 {
    if dimension == 2 { value } else { 0.0 }
}

/// The paper's test function.
///
/// ```text
/// L = ½ Σ (θᵢ⁴ − 16 θᵢ² + 5 θᵢ)
/// ```
/// Per dimension: minima −2.903534 and 2.746803, maximum 0.156731. Source: Styblinski & Tang 1990.
pub struct StyblinskiTang {
    /// The dimension, 1 or 2.
    pub dimension: usize,
}

impl Landscape for StyblinskiTang {
    fn dimension(&self) -> usize {
        self.dimension
    }
    fn value(&self, [x, y]: Point) -> f64 {
        let part = |t: f64| 0.5 * t * (5.0 + t * (t * t - 16.0));
        part(x) + only_in_plane(self.dimension, part(y))
    }
    fn gradient(&self, [x, y]: Point) -> Point {
        let part = |t: f64| 2.0 * t * (t * t - 8.0) + 2.5;
        [part(x), only_in_plane(self.dimension, part(y))]
    }
    fn hessian(&self, [x, y]: Point) -> Tensor {
        let part = |t: f64| 6.0 * t * t - 16.0;
        Tensor { xx: part(x), xy: 0.0, yy: only_in_plane(self.dimension, part(y)) }
    }
    fn typical_box(&self) -> (Point, Point) {
        ([-4.0; 2], [4.0; 2])
    }
}

/// The population loss of f(θ − s), f the Styblinski–Tang function, over samples s ~ N(0, I) (the paper's Setting 1).
///
/// ```text
/// L = ½ Σ (θᵢ⁴ − 10 θᵢ² + 5 θᵢ − 13)        Var ∂f/∂θᵢ(θ − s) = (6θᵢ² − 16)² + 72θᵢ² + 60 + 12(6θᵢ² − 16)
/// ```
/// From the moments of a normal variable: f'(θ − s) = 2t³ − 16t + 5/2 at t = θ − s. With u = 6θ² its variance is (u −
/// 4)² + 108, at least 108 for every θ: this noise never degenerates.
pub struct StyblinskiTangData {
    /// The dimension, 1 or 2.
    pub dimension: usize,
}

impl Landscape for StyblinskiTangData {
    fn dimension(&self) -> usize {
        self.dimension
    }
    fn value(&self, [x, y]: Point) -> f64 {
        let part = |t: f64| 0.5 * (t * (5.0 + t * (t * t - 10.0)) - 13.0);
        part(x) + only_in_plane(self.dimension, part(y))
    }
    fn gradient(&self, [x, y]: Point) -> Point {
        let part = |t: f64| 2.0 * t * (t * t - 5.0) + 2.5;
        [part(x), only_in_plane(self.dimension, part(y))]
    }
    fn hessian(&self, [x, y]: Point) -> Tensor {
        let part = |t: f64| 6.0 * t * t - 10.0;
        Tensor { xx: part(x), xy: 0.0, yy: only_in_plane(self.dimension, part(y)) }
    }
    fn gradient_covariance(&self, [x, y]: Point) -> Option<Tensor> {
        let part = |t: f64| {
            let slope = 6.0 * t * t - 16.0;
            slope * slope + 72.0 * t * t + 60.0 + 12.0 * slope
        };
        Some(Tensor { xx: part(x), xy: 0.0, yy: only_in_plane(self.dimension, part(y)) })
    }
    fn sampled(&self) -> Option<&dyn SampleLoss> {
        Some(self)
    }
    fn typical_box(&self) -> (Point, Point) {
        ([-4.0; 2], [4.0; 2])
    }
}

impl SampleLoss for StyblinskiTangData {
    fn samples(&self) -> Samples<'_> {
        Samples::Gaussian
    }
    /// ∇f(θ − x), f the Styblinski–Tang function.
    fn sample_gradient(&self, [x, y]: Point, [a, b]: Point) -> Point {
        let part = |t: f64| 2.0 * t * (t * t - 8.0) + 2.5;
        [part(x - a), only_in_plane(self.dimension, part(y - b))]
    }
}

/// Two wells at x ≈ ±1.
///
/// ```text
/// L = barrier (x² − 1)² + tilt x + ½ curvature y²
/// ```
pub struct DoubleWell {
    /// The dimension, 1 or 2.
    pub dimension: usize,
    /// Height of the barrier without tilt, > 0.
    pub barrier: f64,
    /// Slope added along x.
    pub tilt: f64,
    /// Curvature along y, > 0.
    pub curvature: f64,
}

impl Landscape for DoubleWell {
    fn dimension(&self) -> usize {
        self.dimension
    }
    fn value(&self, [x, y]: Point) -> f64 {
        let well = x * x - 1.0;
        self.barrier * well * well + self.tilt * x + only_in_plane(self.dimension, 0.5 * self.curvature * y * y)
    }
    fn gradient(&self, [x, y]: Point) -> Point {
        let slope = 4.0 * self.barrier * x * (x * x - 1.0) + self.tilt;
        [slope, only_in_plane(self.dimension, self.curvature * y)]
    }
    fn hessian(&self, [x, _]: Point) -> Tensor {
        let xx = self.barrier * (12.0 * x * x - 4.0);
        Tensor { xx, xy: 0.0, yy: only_in_plane(self.dimension, self.curvature) }
    }
    fn typical_box(&self) -> (Point, Point) {
        ([-2.0; 2], [2.0; 2])
    }
}

/// Two valleys of depth 0 at x = −1 and x = +1 with different curvatures.
///
/// ```text
/// L = A (x² − 1)² e^{c tanh(x)/tanh(1)} + ½ transverse y²        A = √(sharp·flat)/8,  c = ½ ln(flat/sharp)
/// L''(∓1) = 8A e^{∓c} = sharp, flat
/// ```
/// It is smooth and confining, since the factor of the quartic lies between two positive bounds.
pub struct SharpFlat {
    dimension: usize,
    amplitude: f64,
    exponent: f64,
    transverse: f64,
}

impl SharpFlat {
    /// Curvatures `sharp` at x = −1 and `flat` at x = +1, all > 0.
    pub fn new(dimension: usize, sharp: f64, flat: f64, transverse: f64) -> SharpFlat {
        SharpFlat {
            dimension,
            amplitude: (sharp * flat).sqrt() / 8.0,
            exponent: 0.5 * (flat / sharp).ln() / 1f64.tanh(),
            transverse,
        }
    }

    /// L along x with its first two derivatives.
    fn along(&self, x: f64) -> [f64; 3] {
        let (t, c) = (x.tanh(), self.exponent);
        let sech = 1.0 - t * t;
        let factor = self.amplitude * (c * t).exp();
        // Derivatives of g = e^{c tanh x}: g' = c sech² g, g'' = (c² sech⁴ − 2c tanh sech²) g.
        let (first, second) = (c * sech, c * sech * (c * sech - 2.0 * t));
        let well = x * x - 1.0;
        let (w, dw, ddw) = (well * well, 4.0 * x * well, 12.0 * x * x - 4.0);
        [factor * w, factor * (dw + w * first), factor * (ddw + 2.0 * dw * first + w * second)]
    }
}

impl Landscape for SharpFlat {
    fn dimension(&self) -> usize {
        self.dimension
    }
    fn value(&self, [x, y]: Point) -> f64 {
        self.along(x)[0] + only_in_plane(self.dimension, 0.5 * self.transverse * y * y)
    }
    fn gradient(&self, [x, y]: Point) -> Point {
        [self.along(x)[1], only_in_plane(self.dimension, self.transverse * y)]
    }
    fn hessian(&self, [x, _]: Point) -> Tensor {
        Tensor { xx: self.along(x)[2], xy: 0.0, yy: only_in_plane(self.dimension, self.transverse) }
    }
    fn typical_box(&self) -> (Point, Point) {
        ([-2.5; 2], [2.5; 2])
    }
}

/// ½ θ·Hθ.
pub struct Quadratic {
    /// The dimension, 1 or 2.
    pub dimension: usize,
    /// The Hessian.
    pub hessian: Tensor,
}

impl Landscape for Quadratic {
    fn dimension(&self) -> usize {
        self.dimension
    }
    fn value(&self, theta: Point) -> f64 {
        0.5 * self.hessian.form(theta, theta)
    }
    fn gradient(&self, theta: Point) -> Point {
        self.hessian.apply(theta)
    }
    fn hessian(&self, _: Point) -> Tensor {
        self.hessian
    }
    fn typical_box(&self) -> (Point, Point) {
        ([-1.0; 2], [1.0; 2])
    }
}
