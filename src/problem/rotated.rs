//! A loss whose descent is turned: the drift −(I + cJ)∇L keeps the density e^{−L/T} of white noise, and mixes faster.
//!
//! ```text
//! b = −(I + cJ)∇L,   J = [[0, 1], [−1, 0]]         ∇·(J∇L e^{−L/T}) = 0: the current cT J∇e^{−L/T} circulates
//! ```
//! Source: Hwang, Hwang-Ma & Sheu 1993; rates: Bouchet & Reygner 2016.

use std::sync::Arc;

use crate::problem::breaks::Breaks;
use crate::problem::dynamics::{Conservative, DriftField, Dynamics};
use crate::problem::landscape::Landscape;
use crate::tensor::{Point, Points};

/// The drift −(I + cJ)∇L in two dimensions.
pub struct RotatedDrift {
    loss: Arc<dyn Landscape>,
    /// −∇L alone.
    descent: Dynamics,
    strength: f64,
}

impl RotatedDrift {
    /// The descent of a loss in two dimensions, turned by `strength` c.
    pub fn new(loss: Arc<dyn Landscape>, strength: f64) -> RotatedDrift {
        RotatedDrift { descent: Dynamics::Loss(Arc::clone(&loss)), loss, strength }
    }

    /// −(I + cJ)v.
    fn turned(&self, [x, y]: Point) -> Point {
        [-(x + self.strength * y), -(y - self.strength * x)]
    }
}

impl DriftField for RotatedDrift {
    fn dimension(&self) -> usize {
        2
    }
    fn drift(&self, theta: Point) -> Point {
        self.turned(self.loss.gradient(theta))
    }
    fn drifts(&self, at: &Points, drifts: &mut Points) {
        self.loss.gradients(at, drifts);
        for (x, y) in drifts.x.iter_mut().zip(&mut drifts.y) {
            [*x, *y] = self.turned([*x, *y]);
        }
    }
    fn jacobian(&self, theta: Point) -> [Point; 2] {
        let hessian = self.loss.hessian(theta);
        let (first, second) = (self.turned([hessian.xx, hessian.xy]), self.turned([hessian.xy, hessian.yy]));
        [[first[0], second[0]], [first[1], second[1]]]
    }
    fn breaks(&self, from: Point, to: Point) -> Breaks {
        self.loss.breaks(from, to)
    }
    fn may_break(&self) -> bool {
        self.loss.may_break()
    }
    fn conservative(&self) -> Option<Conservative<'_>> {
        Some(Conservative { loss: self.loss.as_ref(), descent: &self.descent, rotation: self.strength })
    }
}
