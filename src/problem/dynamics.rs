//! The deterministic part of the motion: dθ/dt = b(θ), with b = −∇L when there is a loss.

use std::sync::Arc;

use crate::problem::breaks::Breaks;
use crate::problem::landscape::Landscape;
use crate::tensor::{Point, Points, Tensor};

/// A drift b(θ) given by formulas, with its exact Jacobian.
pub trait DriftField: Send + Sync {
    /// 1 or 2.
    fn dimension(&self) -> usize;
    /// b(θ).
    fn drift(&self, theta: Point) -> Point;
    /// b at every point of a block.
    fn drifts(&self, at: &Points, drifts: &mut Points);
    /// Rows of ∂bᵢ/∂θⱼ.
    fn jacobian(&self, theta: Point) -> [Point; 2];
    /// Fractions of the segment where b or its derivative may jump.
    fn breaks(&self, from: Point, to: Point) -> Breaks {
        let _ = (from, to);
        Breaks::default()
    }
    /// Whether [`DriftField::breaks`] may find any.
    fn may_break(&self) -> bool {
        false
    }
    /// The loss whose descent this is but for a rotation, when it is one.
    fn conservative(&self) -> Option<Conservative<'_>> {
        None
    }
}

/// A drift −(I + cJ)∇L by its parts, J = [[0, 1], [−1, 0]]: with D = T·I it keeps the density e^{−L/T}.
#[derive(Clone, Copy)]
pub struct Conservative<'a> {
    /// L.
    pub loss: &'a dyn Landscape,
    /// −∇L.
    pub descent: &'a Dynamics,
    /// c.
    pub rotation: f64,
}

/// A loss to descend, or a plain drift.
#[derive(Clone)]
pub enum Dynamics {
    /// b = −∇L.
    Loss(Arc<dyn Landscape>),
    /// Any b.
    Drift(Arc<dyn DriftField>),
}

impl<L: Landscape + 'static> From<L> for Dynamics {
    fn from(landscape: L) -> Dynamics {
        Dynamics::Loss(Arc::new(landscape))
    }
}

impl Dynamics {
    /// 1 or 2.
    pub fn dimension(&self) -> usize {
        match self {
            Dynamics::Loss(landscape) => landscape.dimension(),
            Dynamics::Drift(field) => field.dimension(),
        }
    }

    /// −b(θ), which is ∇L(θ) when there is a loss.
    pub fn slope(&self, theta: Point) -> Point {
        match self {
            Dynamics::Loss(landscape) => landscape.gradient(theta),
            Dynamics::Drift(field) => {
                let [x, y] = field.drift(theta);
                [-x, -y]
            }
        }
    }

    /// −b at every point of a block.
    pub fn slopes(&self, at: &Points, slopes: &mut Points) {
        match self {
            Dynamics::Loss(landscape) => landscape.gradients(at, slopes),
            Dynamics::Drift(field) => {
                field.drifts(at, slopes);
                for value in slopes.x.iter_mut().chain(&mut slopes.y) {
                    *value = -*value;
                }
            }
        }
    }

    /// The loss, when there is one.
    pub fn loss(&self) -> Option<&dyn Landscape> {
        match self {
            Dynamics::Loss(landscape) => Some(landscape.as_ref()),
            Dynamics::Drift(_) => None,
        }
    }

    /// The parts of a turned descent, when it is one.
    pub fn conservative(&self) -> Option<Conservative<'_>> {
        match self {
            Dynamics::Loss(_) => None,
            Dynamics::Drift(field) => field.conservative(),
        }
    }

    /// Fractions of the segment where L, b or their derivatives may jump.
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

    /// The Jacobian of −b: the Hessian (symmetric) when there is a loss. Rows ∂(−bᵢ)/∂θⱼ.
    pub fn slope_jacobian(&self, theta: Point) -> [Point; 2] {
        match self {
            Dynamics::Loss(landscape) => {
                let Tensor { xx, xy, yy } = landscape.hessian(theta);
                [[xx, xy], [xy, yy]]
            }
            Dynamics::Drift(field) => field.jacobian(theta).map(|row| row.map(|entry| -entry)),
        }
    }
}
