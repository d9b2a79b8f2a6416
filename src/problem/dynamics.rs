//! The deterministic part of the motion: dθ/dt = b(θ), with b = −∇L when there is a loss.

use std::sync::Arc;

use crate::problem::Space;
use crate::problem::breaks::Breaks;
use crate::problem::landscape::{Expanded, Landscape};
use crate::problem::metric::Metric;
use crate::tensor::{Point, Points, Tensor, norm};

/// A drift b(θ) given by formulas, with its exact Jacobian.
pub trait DriftField: Send + Sync {
    /// The dimension, 1 or 2.
    fn dimension(&self) -> usize;
    /// b(θ).
    fn drift(&self, theta: Point) -> Point;
    /// b at every point of a block.
    fn drifts(&self, at: &Points, drifts: &mut Points);
    /// The Jacobian: rows of ∂bᵢ/∂θⱼ.
    fn jacobian(&self, theta: Point) -> [Point; 2];
    /// The fractions of a segment at which b or its derivative may jump.
    fn breaks(&self, from: Point, to: Point) -> Breaks {
        let _ = (from, to);
        Breaks::default()
    }
    /// Whether [`DriftField::breaks`] may find any.
    fn may_break(&self) -> bool {
        false
    }
    /// The parts of a rotated gradient descent, if the drift is one.
    fn conservative(&self) -> Option<Conservative<'_>> {
        None
    }
}

/// A drift −(I + cJ)∇L by its parts, J = [[0, 1], [−1, 0]]. With D = T·I its stationary density is e^{−L/T}.
#[derive(Clone, Copy)]
pub struct Conservative<'a> {
    /// The loss L.
    pub loss: &'a dyn Landscape,
    /// The gradient part −∇L.
    pub descent: &'a Dynamics,
    /// The rotation c.
    pub rotation: f64,
}

/// The motion: gradient descent on a loss, or a general drift.
#[derive(Clone)]
pub enum Dynamics {
    /// b = −∇L.
    Loss(Arc<dyn Landscape>),
    /// A general drift b.
    Drift(Arc<dyn DriftField>),
}

impl<L: Landscape + 'static> From<L> for Dynamics {
    fn from(landscape: L) -> Dynamics {
        Dynamics::Loss(Arc::new(landscape))
    }
}

impl Dynamics {
    /// The dimension, 1 or 2.
    pub fn dimension(&self) -> usize {
        match self {
            Dynamics::Loss(landscape) => landscape.dimension(),
            Dynamics::Drift(field) => field.dimension(),
        }
    }

    /// The slope −b(θ): ∇L(θ) for a loss, G⁻¹∇L in coordinates with a metric G.
    pub fn slope(&self, theta: Point) -> Point {
        match self {
            Dynamics::Loss(landscape) => {
                let gradient = landscape.gradient(theta);
                landscape.metric().map_or(gradient, |metric| metric.raise(gradient))
            }
            Dynamics::Drift(field) => {
                let [x, y] = field.drift(theta);
                [-x, -y]
            }
        }
    }

    /// The slope −b at every point of a block.
    pub fn slopes(&self, at: &Points, slopes: &mut Points) {
        match self {
            Dynamics::Loss(landscape) => {
                landscape.gradients(at, slopes);
                if let Some(metric) = landscape.metric() {
                    for (x, y) in slopes.x.iter_mut().zip(&mut slopes.y) {
                        [*x, *y] = metric.raise([*x, *y]);
                    }
                }
            }
            Dynamics::Drift(field) => {
                field.drifts(at, slopes);
                for value in slopes.x.iter_mut().chain(&mut slopes.y) {
                    *value = -*value;
                }
            }
        }
    }

    /// The metric of the coordinates; `None` if they are orthonormal.
    pub fn metric(&self) -> Option<&Metric> {
        match self {
            Dynamics::Loss(landscape) => landscape.metric(),
            Dynamics::Drift(_) => None,
        }
    }

    /// The diffusion e·D e along the unit vector e of a direction.
    pub fn spread_along(&self, tensor: Tensor, direction: Point) -> f64 {
        match self.metric() {
            None => tensor.form(direction, direction),
            Some(metric) => metric.along(tensor, direction),
        }
    }

    /// The diffusion along a direction with its length as the unit: e·D e divided by the squared length of the
    /// direction.
    pub fn reach_along(&self, tensor: Tensor, direction: Point) -> f64 {
        let length = self.metric().map_or(1.0, |metric| norm(metric.orthonormal(direction)));
        self.spread_along(tensor, direction) / (length * length)
    }

    /// The unit vector along a direction, in orthonormal coordinates.
    pub fn unit(&self, direction: Point) -> Point {
        self.metric().map_or(direction, |metric| {
            let e = metric.orthonormal(direction);
            let length = norm(e);
            e.map(|c| c / length)
        })
    }

    /// The loss, if there is one.
    pub fn loss(&self) -> Option<&dyn Landscape> {
        match self {
            Dynamics::Loss(landscape) => Some(landscape.as_ref()),
            Dynamics::Drift(_) => None,
        }
    }

    /// The same motion with the loss expanded over these bounds, if that spares passes over its samples.
    pub(super) fn expanded(&self, bounds: Space) -> Option<Dynamics> {
        match self {
            Dynamics::Loss(landscape) => Expanded::over(landscape, bounds).map(Dynamics::from),
            Dynamics::Drift(_) => None,
        }
    }

    /// The parts of a rotated gradient descent, if the motion is one.
    pub fn conservative(&self) -> Option<Conservative<'_>> {
        match self {
            Dynamics::Loss(_) => None,
            Dynamics::Drift(field) => field.conservative(),
        }
    }

    /// The fractions of a segment at which L, b or their derivatives may jump.
    pub fn breaks(&self, from: Point, to: Point) -> Breaks {
        match self {
            Dynamics::Loss(landscape) => landscape.breaks(from, to),
            Dynamics::Drift(field) => field.breaks(from, to),
        }
    }

    /// Whether [`Dynamics::breaks`] may find any.
    pub fn may_break(&self) -> bool {
        match self {
            Dynamics::Loss(landscape) => landscape.may_break(),
            Dynamics::Drift(field) => field.may_break(),
        }
    }

    /// The Jacobian of −b, rows ∂(−bᵢ)/∂θⱼ: the Hessian H for a loss, G⁻¹H in coordinates with a metric G.
    pub fn slope_jacobian(&self, theta: Point) -> [Point; 2] {
        match self {
            Dynamics::Loss(landscape) => {
                let Tensor { xx, xy, yy } = landscape.hessian(theta);
                match landscape.metric() {
                    None => [[xx, xy], [xy, yy]],
                    Some(metric) => {
                        let [first, second] = [metric.raise([xx, xy]), metric.raise([xy, yy])];
                        [[first[0], second[0]], [first[1], second[1]]]
                    }
                }
            }
            Dynamics::Drift(field) => field.jacobian(theta).map(|row| row.map(|entry| -entry)),
        }
    }
}
