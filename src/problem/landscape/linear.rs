//! Linear regression on a data set, in one or two parameters.
//!
//! ```text
//! L(θ) = mean (θ·x − y)²/2 + λ/2 |θ|²,   H = A + λ,   A = mean x xᵀ
//! C(θ) = mean r² x xᵀ − g gᵀ,   r = θ·x − y,   g = mean r x        the covariance of one sample's gradient
//! ```
//! With θ* the minimum, C is a polynomial in Δ = θ − θ* whose coefficients are means of r*² x xᵀ, r* x x xᵀ and x x x
//! xᵀ. One pass over the data therefore suffices for all evaluations, and the residuals at the minimum are not
//! differences of large numbers.

use std::path::Path;

use super::Landscape;
use super::regression::{Doubts, Regression};
use crate::model::Task;
use crate::model::fault::DataError;
use crate::tensor::{Point, Tensor};

/// The means over the samples.
pub struct LinearRegression {
    dimension: usize,
    doubts: Doubts,
    l2: f64,
    /// The minimum θ*.
    minimum: Point,
    /// L(θ*).
    loss: f64,
    /// g(θ*), which is −λ θ* to rounding.
    residual_gradient: Point,
    /// The matrix A.
    second: Tensor,
    /// mean r*² x xᵀ.
    noise: Tensor,
    /// mean r* x_k x xᵀ for k = 1, 2.
    skew: [Tensor; 2],
    /// mean x₁² x xᵀ, mean x₁ x₂ x xᵀ, mean x₂² x xᵀ.
    fourth: [Tensor; 3],
    /// The length along each axis over which L rises by the mean of y²/2.
    reach: Point,
}

/// Σ weight · tensor.
fn combined(terms: &[(f64, Tensor)]) -> Tensor {
    let sum = |part: fn(&Tensor) -> f64| terms.iter().map(|(weight, tensor)| weight * part(tensor)).sum();
    Tensor { xx: sum(|t| t.xx), xy: sum(|t| t.xy), yy: sum(|t| t.yy) }
}

impl LinearRegression {
    /// Reads the samples. A relative path is resolved against the working directory or, if there is no such file,
    /// against `base`.
    ///
    /// # Errors
    /// [`DataError`] for a file that cannot be read or used, with the line and the column of the fault.
    pub fn read(posed: &Regression, base: &Path) -> Result<LinearRegression, DataError> {
        let columns = posed.columns(base, Task::Value)?;
        let ([first, second], y) = (&columns.features, &columns.targets);
        let mean = |f: &dyn Fn(f64, f64, f64) -> f64| {
            first.iter().zip(second).zip(y).map(|((a, b), y)| f(*a, *b, *y)).sum::<f64>() / y.len() as f64
        };
        let tensor = |f: &dyn Fn(f64, f64, f64) -> f64| Tensor {
            xx: mean(&|a, b, y| f(a, b, y) * a * a),
            xy: mean(&|a, b, y| f(a, b, y) * a * b),
            yy: mean(&|a, b, y| f(a, b, y) * b * b),
        };
        let a = tensor(&|_, _, _| 1.0);
        let moment = [mean(&|a, _, y| y * a), mean(&|_, b, y| y * b)];
        let minimum = solved(a, posed.l2, moment, columns.dimension);
        let [u, v] = minimum;
        let r = |a: f64, b: f64, y: f64| u * a + v * b - y;
        let size = mean(&|_, _, y| y * y).sqrt();
        let reach = [a.xx, a.yy].map(|curvature| {
            let length = size / curvature.sqrt();
            if length.is_finite() && length > 0.0 { length } else { 1.0 }
        });
        Ok(LinearRegression {
            dimension: columns.dimension,
            doubts: columns.doubts,
            l2: posed.l2,
            minimum,
            loss: mean(&|a, b, y| r(a, b, y).powi(2)) / 2.0 + posed.l2 * (u * u + v * v) / 2.0,
            residual_gradient: [mean(&|a, b, y| r(a, b, y) * a), mean(&|a, b, y| r(a, b, y) * b)],
            second: a,
            noise: tensor(&|a, b, y| r(a, b, y).powi(2)),
            skew: [tensor(&|a, b, y| r(a, b, y) * a), tensor(&|a, b, y| r(a, b, y) * b)],
            fourth: [tensor(&|a, _, _| a * a), tensor(&|a, b, _| a * b), tensor(&|_, b, _| b * b)],
            reach,
        })
    }

    /// θ − θ*.
    fn displacement(&self, [x, y]: Point) -> Point {
        [x - self.minimum[0], y - self.minimum[1]]
    }

    /// g(θ) of the data term.
    fn data_gradient(&self, theta: Point) -> Point {
        let [x, y] = self.displacement(theta);
        let (a, [u, v]) = (self.second, self.residual_gradient);
        [a.xx * x + a.xy * y + u, a.xy * x + a.yy * y + v]
    }
}

/// (A + λ)⁻¹ b; if all features lie on one line, the solution of minimal norm.
fn solved(a: Tensor, l2: f64, [u, v]: Point, dimension: usize) -> Point {
    let (xx, yy) = (a.xx + l2, a.yy + l2);
    if dimension == 1 {
        return [if xx > 0.0 { u / xx } else { 0.0 }, 0.0];
    }
    let determinant = xx * yy - a.xy * a.xy;
    // A determinant below this is only rounding.
    if determinant > 1e-13 * xx * yy {
        return [(yy * u - a.xy * v) / determinant, (xx * v - a.xy * u) / determinant];
    }
    let trace = (xx + yy).powi(2);
    if trace > 0.0 { [(xx * u + a.xy * v) / trace, (a.xy * u + yy * v) / trace] } else { [0.0; 2] }
}

impl Landscape for LinearRegression {
    fn dimension(&self) -> usize {
        self.dimension
    }
    fn value(&self, theta: Point) -> f64 {
        let ([x, y], h) = (self.displacement(theta), self.hessian(theta));
        let slope = self.gradient(self.minimum);
        self.loss + slope[0] * x + slope[1] * y + (h.xx * x * x + 2.0 * h.xy * x * y + h.yy * y * y) / 2.0
    }
    fn gradient(&self, theta: Point) -> Point {
        let [u, v] = self.data_gradient(theta);
        [u + self.l2 * theta[0], if self.dimension == 1 { 0.0 } else { v + self.l2 * theta[1] }]
    }
    fn hessian(&self, _: Point) -> Tensor {
        let penalty = Tensor::isotropic(self.l2, self.dimension);
        combined(&[(1.0, self.second), (1.0, penalty)])
    }
    fn doubts(&self) -> Doubts {
        self.doubts
    }

    fn gradient_covariance(&self, theta: Point) -> Option<Tensor> {
        let ([x, y], [u, v]) = (self.displacement(theta), self.data_gradient(theta));
        let ([p, q], [xx, xy, yy]) = (self.skew, self.fourth);
        let mean = Tensor { xx: u * u, xy: u * v, yy: v * v };
        let terms =
            [(1.0, self.noise), (2.0 * x, p), (2.0 * y, q), (x * x, xx), (2.0 * x * y, xy), (y * y, yy), (-1.0, mean)];
        Some(combined(&terms))
    }
    fn typical_box(&self) -> (Point, Point) {
        let corner = |sign: f64| [0, 1].map(|k| self.minimum[k] + sign * self.reach[k]);
        (corner(-1.0), corner(1.0))
    }
}
