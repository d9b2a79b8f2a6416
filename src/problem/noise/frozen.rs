//! Noise that is constant below and above a level of the loss, in any number of valleys.
//!
//! Source: Xie, Sato & Sugiyama 2021, Theorem 3.2; for several cold valleys their Proposition 1.

use std::sync::Arc;

use crate::problem::basin::Basin;
use crate::problem::breaks::root;
use crate::problem::critical::{CriticalPoint, Saddle};
use crate::problem::landscape::Landscape;
use crate::problem::noise::{Breaks, DiffusionField, Minibatch};
use crate::tensor::{Point, Tensor, advance, difference, norm};

/// The two points at which the noise of a cold valley is frozen.
pub struct FrozenAt {
    /// The minimum a.
    pub minimum: CriticalPoint,
    /// The lowest saddle b of its valley.
    pub saddle: Saddle,
    /// The basin of a.
    pub basin: Basin,
}

/// The closure assumed by Theorem 3.2: Hessian noise frozen at two points of every cold valley, with a jump at the
/// level L_s.
///
/// ```text
/// D(θ) = η/(2B) [H(a)]₊  in the valley of a where L(θ) < L_s,      η/(2B) [H(b)]₊  elsewhere
/// L_s = (1 − s) L(a) + s L(b)            a the minimum, b the lowest saddle of its valley
/// ```
/// If the cold valleys have different lowest saddles, b at a point elsewhere is the nearest of them. Between a valley's
/// level and its own saddle, and just behind it, this is the valley's own b unless another valley's saddle is nearer to
/// the path; the closure of the theorem then holds for each valley.
pub struct Frozen {
    landscape: Arc<dyn Landscape>,
    cold: Vec<Cold>,
    passes: Vec<Pass>,
}

/// A cold valley with its noise and its level.
struct Cold {
    basin: Basin,
    level: f64,
    tensor: Tensor,
}

/// A saddle with its noise.
struct Pass {
    at: Point,
    tensor: Tensor,
}

impl Frozen {
    /// The closure for a loss with jumps at the fraction 0 < `s` < 1 of each valley's barrier.
    pub fn new(landscape: Arc<dyn Landscape>, minibatch: Minibatch, s: f64, valleys: Vec<FrozenAt>) -> Frozen {
        let factor = minibatch.factor();
        let frozen = |point: &CriticalPoint| point.hessian.absolute(landscape.dimension()).scaled(factor);
        let mut passes: Vec<Pass> = Vec::new();
        let mut cold = Vec::new();
        for FrozenAt { minimum, saddle, basin } in valleys {
            let level = (1.0 - s) * minimum.loss + s * saddle.point.loss;
            if passes.iter().all(|pass| pass.at != saddle.point.theta) {
                passes.push(Pass { at: saddle.point.theta, tensor: frozen(&saddle.point) });
            }
            cold.push(Cold { basin, level, tensor: frozen(&minimum) });
        }
        Frozen { landscape, cold, passes }
    }

    /// The index of the nearest saddle of the cold valleys.
    fn nearest(&self, theta: Point) -> usize {
        let distance = |pass: usize| norm(difference(self.passes[pass].at, theta));
        (0..self.passes.len()).min_by(|&a, &b| distance(a).total_cmp(&distance(b))).unwrap_or(0)
    }
}

impl DiffusionField for Frozen {
    fn tensor(&self, theta: Point) -> Tensor {
        let loss = self.landscape.value(theta);
        match self.cold.iter().find(|valley| loss < valley.level && valley.basin.holds(theta)) {
            Some(valley) => valley.tensor,
            None => self.passes[self.nearest(theta)].tensor,
        }
    }
    fn jumps(&self) -> bool {
        true
    }
    fn is_scalar(&self) -> bool {
        self.landscape.dimension() == 1
    }
    fn breaks(&self, from: Point, to: Point) -> Breaks {
        let step = difference(to, from);
        let mut breaks = Breaks::default();
        for valley in &self.cold {
            let excess = |s: f64| self.landscape.value(advance(from, s, step)) - valley.level;
            let is_above = [0.0, 1.0].map(|end| excess(end) > 0.0);
            // A level applies only inside of its own valley, and an edge has room for two breaks only.
            let is_own = || self.cold.len() == 1 || valley.basin.holds(if is_above[0] { to } else { from });
            if is_above[0] != is_above[1] && is_own() {
                breaks.push(root(excess));
            }
        }
        let nearest = [from, to].map(|end| self.nearest(end));
        if nearest[0] != nearest[1] {
            breaks.push(root(|s| if self.nearest(advance(from, s, step)) == nearest[0] { 1.0 } else { -1.0 }));
        }
        breaks
    }
}
