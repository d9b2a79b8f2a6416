//! Rotated gradient descent: with white noise the drift −(I + cJ)∇L has the stationary density e^{−L/T} and mixes
//! faster.
//!
//! ```text
//! b = −(I + cJ)∇L,   J = [[0, 1], [−1, 0]]         ∇·(J∇L e^{−L/T}) = 0: the current cT J∇e^{−L/T} circulates
//! ```
//! Source: Hwang, Hwang-Ma & Sheu 1993; rates: Bouchet & Reygner 2016.

use crate::problem::breaks::Breaks;
use crate::problem::dynamics::{Conservative, DriftField, Dynamics};
use crate::tensor::{Point, Points};

/// The drift −(I + cJ)∇L in two dimensions; for a drift b that is not a gradient, (I + cJ)b.
pub struct RotatedDrift {
    of: Dynamics,
    strength: f64,
}

impl RotatedDrift {
    /// Returns two-dimensional dynamics `of` rotated with the strength c.
    pub fn new(of: Dynamics, strength: f64) -> RotatedDrift {
        RotatedDrift { of, strength }
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
        self.turned(self.of.slope(theta))
    }
    fn drifts(&self, at: &Points, drifts: &mut Points) {
        self.of.slopes(at, drifts);
        for (x, y) in drifts.x.iter_mut().zip(&mut drifts.y) {
            [*x, *y] = self.turned([*x, *y]);
        }
    }
    fn jacobian(&self, theta: Point) -> [Point; 2] {
        let [[a, b], [c, d]] = self.of.slope_jacobian(theta);
        let (first, second) = (self.turned([a, c]), self.turned([b, d]));
        [[first[0], second[0]], [first[1], second[1]]]
    }
    fn breaks(&self, from: Point, to: Point) -> Breaks {
        self.of.breaks(from, to)
    }
    fn may_break(&self) -> bool {
        self.of.may_break()
    }
    fn conservative(&self) -> Option<Conservative<'_>> {
        Some(Conservative { loss: self.of.loss()?, descent: &self.of, rotation: self.strength })
    }
}
