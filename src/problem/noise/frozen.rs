//! Noise that is constant on either side of a level of the loss.
//!
//! Source: Xie, Sato & Sugiyama 2021, Theorem 3.2.

use std::sync::Arc;

use crate::problem::basin::Basin;
use crate::problem::breaks::root;
use crate::problem::critical::{CriticalPoint, Saddle};
use crate::problem::landscape::Landscape;
use crate::problem::noise::{Breaks, DiffusionField, Minibatch};
use crate::tensor::{Point, Tensor, advance, difference};

/// The two points that noise is frozen at.
pub struct FrozenAt {
    /// The minimum a.
    pub minimum: CriticalPoint,
    /// The lowest saddle b of its valley.
    pub saddle: Saddle,
    /// The basin of a.
    pub basin: Basin,
}

/// The closure that Theorem 3.2 assumes: Hessian noise frozen at two points, with a jump at the level L_s.
///
/// ```text
/// D(θ) = η/(2B) [H(a)]₊  in the valley of a where L(θ) < L_s,      η/(2B) [H(b)]₊  elsewhere
/// L_s = (1 − s) L(a) + s L(b)            a the minimum, b the lowest saddle of its valley
/// ```
pub struct Frozen {
    landscape: Arc<dyn Landscape>,
    basin: Basin,
    level: f64,
    inside: Tensor,
    outside: Tensor,
}

impl Frozen {
    /// The closure of a loss with its jump at the fraction 0 < `s` < 1 of the barrier.
    pub fn new(landscape: Arc<dyn Landscape>, minibatch: Minibatch, s: f64, at: FrozenAt) -> Frozen {
        let FrozenAt { minimum, saddle, basin } = at;
        let factor = minibatch.factor();
        let frozen = |point: &CriticalPoint| point.hessian.absolute(landscape.dimension()).scaled(factor);
        let level = (1.0 - s) * minimum.loss + s * saddle.point.loss;
        let (inside, outside) = (frozen(&minimum), frozen(&saddle.point));
        Frozen { landscape, basin, level, inside, outside }
    }
}

impl DiffusionField for Frozen {
    fn tensor(&self, theta: Point) -> Tensor {
        let below = self.landscape.value(theta) < self.level;
        if below && self.basin.holds(theta) { self.inside } else { self.outside }
    }
    fn jumps(&self) -> bool {
        true
    }
    fn is_scalar(&self) -> bool {
        self.landscape.dimension() == 1
    }
    fn breaks(&self, from: Point, to: Point) -> Breaks {
        let step = difference(to, from);
        let excess = |s: f64| self.landscape.value(advance(from, s, step)) - self.level;
        let mut breaks = Breaks::default();
        if (excess(0.0) > 0.0) != (excess(1.0) > 0.0) {
            breaks.push(root(excess));
        }
        breaks
    }
}
