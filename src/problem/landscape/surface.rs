//! Benchmark surfaces of chemical physics and optimisation in two dimensions.

use crate::problem::landscape::Landscape;
use crate::tensor::{Point, Tensor};

/// A sum of four exponentials of quadratics with three minima in a curved valley.
///
/// ```text
/// L = Σ_k A_k exp(a_k (x − x_k)² + b_k (x − x_k)(y − y_k) + c_k (y − y_k)²)
/// ```
/// Source: Müller & Brown 1979.
pub struct MullerBrown;

/// A, a, b, c, x, y of each term.
const TERMS: [[f64; 6]; 4] = [
    [-200.0, -1.0, 0.0, -10.0, 1.0, 0.0],
    [-100.0, -1.0, 0.0, -10.0, 0.0, 0.5],
    [-170.0, -6.5, 11.0, -6.5, -0.5, 1.5],
    [15.0, 0.7, 0.6, 0.7, -1.0, 1.0],
];

impl MullerBrown {
    /// The value of each term and the gradient of its exponent.
    fn terms([x, y]: Point) -> impl Iterator<Item = (f64, [f64; 2], [f64; 3])> {
        TERMS.into_iter().map(move |[height, a, b, c, x0, y0]| {
            let (u, v) = (x - x0, y - y0);
            let value = height * (a * u * u + b * u * v + c * v * v).exp();
            (value, [2.0 * a * u + b * v, b * u + 2.0 * c * v], [a, b, c])
        })
    }
}

impl Landscape for MullerBrown {
    fn dimension(&self) -> usize {
        2
    }
    fn value(&self, theta: Point) -> f64 {
        MullerBrown::terms(theta).map(|(value, ..)| value).sum()
    }
    fn gradient(&self, theta: Point) -> Point {
        MullerBrown::terms(theta).fold([0.0; 2], |[gx, gy], (value, [sx, sy], _)| [gx + value * sx, gy + value * sy])
    }
    fn hessian(&self, theta: Point) -> Tensor {
        MullerBrown::terms(theta).fold(Tensor::default(), |sum, (value, [sx, sy], [a, b, c])| {
            sum.plus(Tensor { xx: sx * sx + 2.0 * a, xy: sx * sy + b, yy: sy * sy + 2.0 * c }.scaled(value))
        })
    }
    fn typical_box(&self) -> (Point, Point) {
        ([-1.7, -0.5], [1.3, 2.1])
    }
}

/// Four minima of depth 0.
///
/// ```text
/// L = (x² + y − 11)² + (x + y² − 7)²
/// ```
/// Source: Himmelblau 1972.
pub struct Himmelblau;

impl Landscape for Himmelblau {
    fn dimension(&self) -> usize {
        2
    }
    fn value(&self, [x, y]: Point) -> f64 {
        let (u, v) = (x * x + y - 11.0, x + y * y - 7.0);
        u * u + v * v
    }
    fn gradient(&self, [x, y]: Point) -> Point {
        let (u, v) = (x * x + y - 11.0, x + y * y - 7.0);
        [4.0 * x * u + 2.0 * v, 2.0 * u + 4.0 * y * v]
    }
    fn hessian(&self, [x, y]: Point) -> Tensor {
        let (u, v) = (x * x + y - 11.0, x + y * y - 7.0);
        Tensor { xx: 4.0 * u + 8.0 * x * x + 2.0, xy: 4.0 * (x + y), yy: 4.0 * v + 8.0 * y * y + 2.0 }
    }
    fn typical_box(&self) -> (Point, Point) {
        ([-5.0; 2], [5.0; 2])
    }
}

/// Two deep minima joined by a direct path and by one through a shallow third minimum.
///
/// ```text
/// L = 3e^{−x² − (y − 1/3)²} − 3e^{−x² − (y − 5/3)²} − 5e^{−(x − 1)² − y²} − 5e^{−(x + 1)² − y²} + x⁴/5 + (y − 1/3)⁴/5
/// ```
/// Source: Metzner, Schütte & Vanden-Eijnden 2006.
pub struct ThreeHole;

/// Height and centre of each Gaussian.
const HOLES: [[f64; 3]; 4] = [[3.0, 0.0, 1.0 / 3.0], [-3.0, 0.0, 5.0 / 3.0], [-5.0, 1.0, 0.0], [-5.0, -1.0, 0.0]];

impl ThreeHole {
    /// The value of each Gaussian and the offset from its centre.
    fn holes([x, y]: Point) -> impl Iterator<Item = (f64, f64, f64)> {
        HOLES.into_iter().map(move |[height, x0, y0]| {
            let (u, v) = (x - x0, y - y0);
            (height * (-u * u - v * v).exp(), u, v)
        })
    }
}

impl Landscape for ThreeHole {
    fn dimension(&self) -> usize {
        2
    }
    fn value(&self, [x, y]: Point) -> f64 {
        let wall = |t: f64| 0.2 * t.powi(4);
        ThreeHole::holes([x, y]).map(|(value, ..)| value).sum::<f64>() + wall(x) + wall(y - 1.0 / 3.0)
    }
    fn gradient(&self, [x, y]: Point) -> Point {
        let wall = |t: f64| 0.8 * t.powi(3);
        ThreeHole::holes([x, y]).fold([wall(x), wall(y - 1.0 / 3.0)], |[gx, gy], (value, u, v)| {
            [gx - 2.0 * u * value, gy - 2.0 * v * value]
        })
    }
    fn hessian(&self, [x, y]: Point) -> Tensor {
        let wall = |t: f64| 2.4 * t * t;
        let walls = Tensor { xx: wall(x), xy: 0.0, yy: wall(y - 1.0 / 3.0) };
        ThreeHole::holes([x, y]).fold(walls, |sum, (value, u, v)| {
            sum.plus(Tensor { xx: 4.0 * u * u - 2.0, xy: 4.0 * u * v, yy: 4.0 * v * v - 2.0 }.scaled(value))
        })
    }
    fn typical_box(&self) -> (Point, Point) {
        ([-2.0, -1.5], [2.0, 2.5])
    }
}
