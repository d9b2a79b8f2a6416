//! Twice continuously differentiable interpolation on a grid: cubic splines, and their tensor products in the plane.
//!
//! ```text
//! f(x, y) = Σ_ab c_ab sᵃ tᵇ   in each cell, 0 ≤ s, t ≤ 1, a, b = 0 … 3
//! ```
//! with third derivatives that are continuous at the second and the last but one knot (not-a-knot): the error is O(h⁴)
//! up to the boundary, where natural ends, f'' = 0, would give O(h²). The given values are interpolated exactly, and
//! derivatives are the exact derivatives of the interpolant. Beyond the grid the outermost polynomials are continued.
//!
//! Source: de Boor 1978, chapters IV and XVII.

use crate::tensor::{Point, Tensor};

/// The slopes at the knots of the cubic spline through values at ascending knots, at least four.
pub(crate) fn slopes(knots: &[f64], values: &[f64]) -> Vec<f64> {
    let n = knots.len();
    let h: Vec<f64> = knots.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let secant: Vec<f64> = values.windows(2).zip(&h).map(|(pair, h)| (pair[1] - pair[0]) / h).collect();
    // A tridiagonal system whose pivots stay positive without pivoting.
    let (mut diagonal, mut upper, mut right) = (vec![0.0; n], vec![0.0; n], vec![0.0; n]);
    let end = |near: f64, next: f64, first: f64, second: f64| {
        let both = near + next;
        ((near + 2.0 * both) * next * first + near * near * second) / both
    };
    (diagonal[0], upper[0]) = (h[1], h[0] + h[1]);
    right[0] = end(h[0], h[1], secant[0], secant[1]);
    for i in 1..n {
        let (lower, pivot, above, value) = if i + 1 < n {
            (h[i], 2.0 * (h[i - 1] + h[i]), h[i - 1], 3.0 * (h[i] * secant[i - 1] + h[i - 1] * secant[i]))
        } else {
            (h[n - 3] + h[n - 2], h[n - 3], 0.0, end(h[n - 2], h[n - 3], secant[n - 2], secant[n - 3]))
        };
        let factor = lower / diagonal[i - 1];
        diagonal[i] = pivot - factor * upper[i - 1];
        upper[i] = above;
        right[i] = value - factor * right[i - 1];
    }
    let mut slopes = right;
    slopes[n - 1] /= diagonal[n - 1];
    for i in (0..n - 1).rev() {
        slopes[i] = (slopes[i] - upper[i] * slopes[i + 1]) / diagonal[i];
    }
    slopes
}

/// The coefficients of the cubic on [0, 1] with these values and slopes at its ends.
fn cubic([f, g]: [f64; 2], [p, q]: [f64; 2]) -> [f64; 4] {
    [f, p, 3.0 * (g - f) - (2.0 * p + q), 2.0 * (f - g) + p + q]
}

/// The knots along one axis.
#[derive(Clone, Debug)]
struct Axis {
    knots: Vec<f64>,
    /// 1/h if all steps are equal to rounding.
    even: Option<f64>,
}

impl Axis {
    fn new(knots: &[f64]) -> Axis {
        let count = (knots.len() - 1) as f64;
        let step = (knots[knots.len() - 1] - knots[0]) / count;
        let is_even = knots.windows(2).all(|pair| ((pair[1] - pair[0]) / step - 1.0).abs() < 1e-9);
        Axis { knots: knots.to_vec(), even: is_even.then_some(1.0 / step) }
    }

    /// The cell that contains x, the local coordinate in it, and 1/h.
    #[inline(always)]
    fn locate(&self, x: f64) -> (usize, f64, f64) {
        let last = self.knots.len() - 2;
        let guess = match self.even {
            Some(inverse) => ((x - self.knots[0]) * inverse).clamp(0.0, last as f64) as usize,
            None => self.knots.partition_point(|&knot| knot <= x).saturating_sub(1).min(last),
        };
        let inverse = 1.0 / (self.knots[guess + 1] - self.knots[guess]);
        (guess, (x - self.knots[guess]) * inverse, inverse)
    }
}

/// The spline of a function of one or two variables with given values on a grid.
#[derive(Clone, Debug)]
pub struct Spline {
    x: Axis,
    /// `None` in one dimension.
    y: Option<Axis>,
    /// The coefficients c_ab of every cell, y fastest; only b = 0 in one dimension.
    cells: Vec<[[f64; 4]; 4]>,
}

/// A polynomial and its first two derivatives.
#[inline(always)]
fn horner([a, b, c, d]: [f64; 4], s: f64) -> [f64; 3] {
    [a + s * (b + s * (c + s * d)), b + s * (2.0 * c + 3.0 * s * d), 2.0 * c + 6.0 * s * d]
}

impl Spline {
    /// The interpolant of values on the grid with these axes, y fastest; a second axis of one value means one
    /// dimension.
    pub fn new([x, y]: [&[f64]; 2], values: &[f64]) -> Spline {
        let (m, n) = (x.len(), y.len());
        let along_x = |values: &[f64]| -> Vec<f64> {
            let mut found = vec![0.0; values.len()];
            for j in 0..n {
                let column: Vec<f64> = values[j..].iter().step_by(n).copied().collect();
                found[j..].iter_mut().step_by(n).zip(slopes(x, &column)).for_each(|(to, slope)| *to = slope);
            }
            found
        };
        let p = along_x(values);
        if n == 1 {
            let cell = |i: usize| {
                let h = x[i + 1] - x[i];
                cubic([values[i], values[i + 1]], [h * p[i], h * p[i + 1]]).map(|c| [c, 0.0, 0.0, 0.0])
            };
            return Spline { x: Axis::new(x), y: None, cells: (0..m - 1).map(cell).collect() };
        }
        let q: Vec<f64> = values.chunks_exact(n).flat_map(|row| slopes(y, row)).collect();
        let mixed = along_x(&q);
        let mut cells = Vec::with_capacity((m - 1) * (n - 1));
        for i in 0..m - 1 {
            for j in 0..n - 1 {
                let (h, k) = (x[i + 1] - x[i], y[j + 1] - y[j]);
                let at = |di: usize, dj: usize| (i + di) * n + j + dj;
                // Along x for f and for ∂f/∂y at both ends of y, then along y for each coefficient.
                let line = |dj: usize, f: &[f64], p: &[f64], scale: f64| {
                    let ends = [0, 1].map(|di| scale * f[at(di, dj)]);
                    cubic(ends, [0, 1].map(|di| scale * h * p[at(di, dj)]))
                };
                let (low, high) = (line(0, values, &p, 1.0), line(1, values, &p, 1.0));
                let (low_slope, high_slope) = (line(0, &q, &mixed, k), line(1, &q, &mixed, k));
                cells.push([0, 1, 2, 3].map(|a| cubic([low[a], high[a]], [low_slope[a], high_slope[a]])));
            }
        }
        Spline { x: Axis::new(x), y: Some(Axis::new(y)), cells }
    }

    /// The coefficients of the cell that contains a point, the local coordinates in it, and 1/h of both axes.
    #[inline(always)]
    fn at(&self, [x, y]: Point) -> (&[[f64; 4]; 4], Point, Point) {
        let (i, s, per_x) = self.x.locate(x);
        match &self.y {
            None => (&self.cells[i], [s, 0.0], [per_x, 0.0]),
            Some(axis) => {
                let (j, t, per_y) = axis.locate(y);
                (&self.cells[i * (axis.knots.len() - 1) + j], [s, t], [per_x, per_y])
            }
        }
    }

    /// The value f.
    pub fn value(&self, at: Point) -> f64 {
        let (cell, [s, t], _) = self.at(at);
        horner(cell.map(|row| horner(row, t)[0]), s)[0]
    }

    /// The gradient ∇f.
    pub fn gradient(&self, at: Point) -> Point {
        let (cell, [s, t], [per_x, per_y]) = self.at(at);
        let rows = cell.map(|row| horner(row, t));
        [per_x * horner(rows.map(|row| row[0]), s)[1], per_y * horner(rows.map(|row| row[1]), s)[0]]
    }

    /// The second derivatives.
    pub fn hessian(&self, at: Point) -> Tensor {
        let (cell, [s, t], [per_x, per_y]) = self.at(at);
        let rows = cell.map(|row| horner(row, t));
        let (value, slope) = (horner(rows.map(|row| row[0]), s), horner(rows.map(|row| row[1]), s));
        Tensor {
            xx: per_x * per_x * value[2],
            xy: per_x * per_y * slope[1],
            yy: per_y * per_y * horner(rows.map(|row| row[2]), s)[0],
        }
    }
}
