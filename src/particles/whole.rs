//! SGD with real minibatches in all parameters of a model, of which the problem is a slice.
//!
//! ```text
//! ϑ' = ϑ − η k (1/B) Σ_{j ∈ batch} ∇ℓ_j(ϑ) − η k λ ϑ,      ϑ = √k θ
//! ```
//! A particle dies when the orthogonal projection of ϑ on the slice leaves the live set of the slice, whatever its other
//! parameters are, or, with a half width w, when some |θ_i − θ*_i| exceeds w. It starts at the start point of the
//! slice. Everything but the frozen directions is as in [`super::minibatch`], so that the difference of the two rates is
//! what the slice leaves out.
//!
//! Limits: flat directions relax slowly or not at all, and no burn-in of the length that suits the slice settles them.

use std::ops::Range;

use crate::particles::frontier::Frontier;
use crate::particles::minibatch::{Recipe, drawn};
use crate::particles::random::{Purpose, Random};
use crate::particles::swarm::{Lives, Movement, draw_particle};
use crate::problem::Problem;
use crate::problem::landscape::{Pass, Whole};
use crate::tensor::{LANES, Point};

/// The SGD iteration with minibatches in all parameters.
pub struct WholeSpace<'a> {
    whole: Whole<'a>,
    frontier: Frontier,
    start: Vec<f64>,
    recipe: Recipe,
    /// The half width of the box around θ* in all parameters, if that is what ends a life.
    half_width: Option<f64>,
    random: Random,
}

/// A block of particles, ϑ of one after the other, with scratch memory.
pub struct Walkers {
    ids: [u32; LANES],
    theta: Vec<f64>,
    pass: Pass,
    gradient: Vec<f64>,
    sum: Vec<f64>,
}

impl<'a> WholeSpace<'a> {
    /// The iteration around the slice of a problem.
    pub fn new(problem: &Problem, whole: Whole<'a>, recipe: Recipe, half_width: Option<f64>) -> WholeSpace<'a> {
        let start = problem.valley.start_point.map(|c| whole.root * c);
        WholeSpace {
            whole,
            frontier: Frontier::new(problem),
            start: whole.slice.parameters_at(start),
            recipe,
            half_width,
            random: Random::new(recipe.seed),
        }
    }

    fn parameters(&self) -> usize {
        self.start.len()
    }

    /// The coordinates on the slice of the problem.
    fn projected(&self, theta: &[f64]) -> Point {
        self.whole.slice.coordinates(theta).map(|c| c / self.whole.root)
    }

    /// The point at which a life ends, if ϑ is outside.
    fn exit(&self, theta: &[f64]) -> Option<Point> {
        let is_out = match self.half_width {
            Some(half_width) => {
                let most = half_width * self.whole.root;
                // A parameter that is no number is outside.
                !theta.iter().zip(&self.whole.slice.theta).all(|(value, centre)| (value - centre).abs() <= most)
            }
            None => self.frontier.distance(self.projected(theta)) <= 0.0,
        };
        is_out.then(|| self.projected(theta))
    }
}

impl Movement for WholeSpace<'_> {
    type Block = Walkers;

    fn steps_per_tick(&self) -> u64 {
        1
    }

    /// The coordinates on the slice, then ϑ, two parameters a point.
    fn points(&self) -> usize {
        1 + self.parameters().div_ceil(2)
    }

    fn shown(&self) -> usize {
        1
    }

    fn block(&self, ids: [u32; LANES]) -> Walkers {
        let p = self.parameters();
        Walkers {
            ids,
            theta: self.start.repeat(LANES),
            pass: self.whole.slice.model.network.pass(),
            gradient: vec![0.0; p],
            sum: vec![0.0; p],
        }
    }

    fn places(&self, block: &Walkers, places: &mut [Point]) {
        let walkers = block.theta.chunks_exact(self.parameters());
        for (place, theta) in places.chunks_exact_mut(self.points()).zip(walkers) {
            place[0] = self.projected(theta);
            for (point, pair) in place[1..].iter_mut().zip(theta.chunks(2)) {
                *point = [pair[0], pair.get(1).copied().unwrap_or(0.0)];
            }
        }
    }

    fn run(&self, block: &mut Walkers, lives: &mut Lives, ticks: Range<u64>, settled: &[Point]) {
        let model = &self.whole.slice.model;
        let count = model.samples.len();
        let rate = self.recipe.learning_rate * self.whole.root * self.whole.root;
        let share = rate / self.recipe.batch_size as f64;
        let Walkers { ids, theta, pass, gradient, sum } = block;
        for step in ticks {
            for (lane, theta) in theta.chunks_exact_mut(self.parameters()).enumerate() {
                let id = ids[lane];
                sum.fill(0.0);
                for n in drawn(self.random, id, step, self.recipe.batch_size, count) {
                    model.sample_gradient(theta, n, pass, gradient);
                    sum.iter_mut().zip(&*gradient).for_each(|(sum, entry)| *sum += entry);
                }
                for (value, sum) in theta.iter_mut().zip(&*sum) {
                    *value -= share * sum + rate * model.l2 * *value;
                }
                let Some(exit) = self.exit(theta) else { continue };
                lives.end(lane, step, exit);
                let [u, _] = self.random.uniforms(id, step, Purpose::Exit);
                let next = draw_particle(u, settled.len() / self.points()) * self.points();
                let place = &settled[next + 1..next + self.points()];
                theta.iter_mut().zip(place.as_flattened()).for_each(|(value, settled)| *value = *settled);
            }
        }
    }
}
