//! Losses given by functions of the calling program.

use crate::problem::landscape::Landscape;
use crate::tensor::{Point, Tensor};

type OfPoint<T> = Box<dyn Fn(Point) -> T + Send + Sync>;

/// A loss given by functions: its value and, optionally, its gradient and its Hessian.
///
/// Derivatives that are not given are computed by central differences of fourth order,
/// ```text
/// f'(x)  ≈ [f(x−2h) − 8f(x−h) + 8f(x+h) − f(x+2h)] / 12h
/// f''(x) ≈ [−f(x−2h) + 16f(x−h) − 30f(x) + 16f(x+h) − f(x+2h)] / 12h²
/// ```
/// and the mixed derivative by the first rule in x of the first rule in y. The step h = ε^{1/5} s for the gradient and
/// ε^{1/6} s for the Hessian, s = max(1, |x|) and ε = 2⁻⁵², balances the truncation h⁴ against rounding ε/h and ε/h²:
/// for a loss that varies over lengths and by amounts of order one, gradients are accurate to about 1e-12 and Hessians
/// to about 1e-10. For a loss that varies over lengths much below one they are less accurate: scale θ, or give the
/// derivatives.
pub struct ClosureLoss {
    dimension: usize,
    value: OfPoint<f64>,
    gradient: Option<OfPoint<Point>>,
    hessian: Option<OfPoint<Tensor>>,
    corners: (Point, Point),
}

impl ClosureLoss {
    /// A loss L(θ) in one or two dimensions with derivatives by differences. If the problem gives no corners, critical
    /// points are searched for between −5 and 5 on each axis.
    pub fn new(dimension: usize, value: impl Fn(Point) -> f64 + Send + Sync + 'static) -> ClosureLoss {
        ClosureLoss { dimension, value: Box::new(value), gradient: None, hessian: None, corners: ([-5.0; 2], [5.0; 2]) }
    }

    /// The same loss with its exact gradient and Hessian; in one dimension their second components are 0.
    pub fn with_derivatives(
        self,
        gradient: impl Fn(Point) -> Point + Send + Sync + 'static,
        hessian: impl Fn(Point) -> Tensor + Send + Sync + 'static,
    ) -> ClosureLoss {
        ClosureLoss { gradient: Some(Box::new(gradient)), hessian: Some(Box::new(hessian)), ..self }
    }

    /// The same loss with critical points searched for between these corners.
    pub fn within(self, lower: Point, upper: Point) -> ClosureLoss {
        ClosureLoss { corners: (lower, upper), ..self }
    }

    /// L at a point displaced by h along an axis.
    fn moved(&self, mut theta: Point, axis: usize, h: f64) -> f64 {
        theta[axis] += h;
        (self.value)(theta)
    }

    /// ∂L/∂θ along an axis, by differences with this step.
    fn slope(&self, theta: Point, axis: usize, h: f64) -> f64 {
        let at = |steps: f64| self.moved(theta, axis, steps * h);
        ((at(-2.0) - at(2.0)) + 8.0 * (at(1.0) - at(-1.0))) / (12.0 * h)
    }

    /// ∂²L/∂θ² along an axis, by differences with this step.
    fn curvature(&self, theta: Point, axis: usize, h: f64) -> f64 {
        let at = |steps: f64| self.moved(theta, axis, steps * h);
        (16.0 * (at(-1.0) + at(1.0)) - 30.0 * at(0.0) - (at(-2.0) + at(2.0))) / (12.0 * h * h)
    }
}

/// The step of a difference along one axis: a power of two near ε^`power` max(1, |x|), so that x ± h is exact.
fn step(x: f64, power: f64) -> f64 {
    (f64::EPSILON.powf(power) * x.abs().max(1.0)).log2().round().exp2()
}

impl Landscape for ClosureLoss {
    fn dimension(&self) -> usize {
        self.dimension
    }
    fn value(&self, theta: Point) -> f64 {
        (self.value)(theta)
    }
    fn gradient(&self, theta: Point) -> Point {
        if let Some(gradient) = &self.gradient {
            return gradient(theta);
        }
        let mut gradient = [0.0; 2];
        for (axis, component) in gradient.iter_mut().enumerate().take(self.dimension) {
            *component = self.slope(theta, axis, step(theta[axis], 1.0 / 5.0));
        }
        gradient
    }
    fn hessian(&self, theta: Point) -> Tensor {
        if let Some(hessian) = &self.hessian {
            return hessian(theta);
        }
        let [hx, hy] = theta.map(|x| step(x, 1.0 / 6.0));
        let xx = self.curvature(theta, 0, hx);
        if self.dimension == 1 {
            return Tensor { xx, ..Tensor::default() };
        }
        let slope = |steps: f64| self.slope([theta[0] + steps * hx, theta[1]], 1, hy);
        let xy = ((slope(-2.0) - slope(2.0)) + 8.0 * (slope(1.0) - slope(-1.0))) / (12.0 * hx);
        Tensor { xx, xy, yy: self.curvature(theta, 1, hy) }
    }
    fn typical_box(&self) -> (Point, Point) {
        self.corners
    }
}
