//! SGD with real minibatches: at every step a batch of samples is drawn, and the mean gradient of the batch is
//! followed.
//!
//! ```text
//! θ' = θ − (η/B) Σ_{j ∈ batch} ∇ℓ(θ, x_j)          B indices j, drawn uniformly with replacement
//! ```
//! There is no path between two iterates, so a particle dies if it lands outside. A parameter vector may consist of
//! several copies of a problem, each with its own components of the samples: all copies use the same batch, and the
//! first that leaves its valley is the escape. The data are drawn once, from a separate random stream determined by the
//! seed.

use std::ops::Range;

use crate::particles::frontier::Frontier;
use crate::particles::random::{Purpose, Random};
use crate::particles::swarm::{Lives, Movement, draw_particle};
use crate::problem::landscape::{SampleLoss, Samples};
use crate::problem::{Problem, Space};
use crate::tensor::{LANES, Point};

/// The SGD iteration with minibatches.
pub struct Minibatch<'a> {
    space: Space,
    start: Point,
    loss: &'a dyn SampleLoss,
    frontier: Frontier,
    /// The samples; sample j of copy c is at `j · copies + c`.
    samples: Vec<Point>,
    copies: usize,
    learning_rate: f64,
    batch_size: usize,
    random: Random,
}

/// The parameters of an iteration with minibatches.
#[derive(Clone, Copy, Debug)]
pub struct Recipe {
    /// The learning rate η.
    pub learning_rate: f64,
    /// The batch size B.
    pub batch_size: usize,
    /// The number of copies of the problem in a parameter vector.
    pub copies: usize,
    /// The number of samples, if they are drawn and not given.
    pub samples: usize,
    /// The seed of all random numbers.
    pub seed: u64,
}

impl<'a> Minibatch<'a> {
    /// The iteration of a problem with this loss; given samples allow one copy only.
    pub fn new(problem: &'a Problem, loss: &'a dyn SampleLoss, recipe: Recipe) -> Minibatch<'a> {
        let Recipe { learning_rate, batch_size, copies, seed, .. } = recipe;
        let random = Random::new(seed);
        let samples = match loss.samples() {
            Samples::Gaussian => gaussian(random, recipe.samples, copies),
            Samples::Rows(first, second) => first.iter().zip(second).map(|(x, y)| [*x, *y]).collect(),
            Samples::Numbered(count) => (0..count).map(|n| [n as f64, 0.0]).collect(),
        };
        Minibatch {
            space: problem.domain.space(),
            start: problem.valley.start_point,
            loss,
            frontier: Frontier::new(problem),
            samples,
            copies,
            learning_rate,
            batch_size,
            random,
        }
    }

    /// The samples of one copy.
    pub fn samples(&self, copy: usize) -> impl Iterator<Item = Point> {
        self.samples.iter().skip(copy).step_by(self.copies).copied()
    }

    /// Subtracts the mean gradient of a batch, times η, from the parameter vector.
    fn descend(&self, place: &mut [Point], id: u32, step: u64) {
        let count = self.samples.len() / self.copies;
        let share = self.learning_rate / self.batch_size as f64;
        let mut sums = [[0.0; 2]; MOST_COPIES];
        for sample in drawn(self.random, id, step, self.batch_size, count) {
            let row = &self.samples[sample * self.copies..][..self.copies];
            for ((sum, theta), sample) in sums.iter_mut().zip(&*place).zip(row) {
                let [x, y] = self.loss.sample_gradient(*theta, *sample);
                (sum[0], sum[1]) = (sum[0] + x, sum[1] + y);
            }
        }
        for (theta, [x, y]) in place.iter_mut().zip(&sums) {
            let moved = [theta[0] - share * x, theta[1] - share * y];
            let inside = self.space.holds(moved, 0.0);
            *theta = if inside { moved } else { self.frontier.confine(moved, |axis| [[1.0, 0.0], [0.0, 1.0]][axis]) };
        }
    }
}

/// The numbers of the samples in the batch of a step, drawn from `count` with replacement.
pub(super) fn drawn(
    random: Random,
    id: u32,
    step: u64,
    batch_size: usize,
    count: usize,
) -> impl Iterator<Item = usize> {
    let first = step * batch_size as u64;
    let mut words = [0; 4];
    (first..first + batch_size as u64).map(move |index| {
        if index == first || index % 4 == 0 {
            words = random.words(id, index / 4, Purpose::Batch);
        }
        // An integer below `count` from 32 bits.
        ((u64::from(words[(index % 4) as usize]) * count as u64) >> 32) as usize
    })
}

/// The largest number of copies in a parameter vector.
pub const MOST_COPIES: usize = 10;

/// Standard normal samples with two components for each copy.
fn gaussian(random: Random, count: usize, copies: usize) -> Vec<Point> {
    let mut samples = vec![[0.0; 2]; count * copies];
    let mut normals = [[0f32; LANES]; 4];
    for (block, rows) in samples.chunks_mut(LANES * copies).enumerate() {
        let ids = std::array::from_fn(|lane| (block * LANES + lane) as u32);
        for pair in 0..copies.div_ceil(2) {
            random.normals(&ids, &[pair as u64; LANES], Purpose::Data, &mut normals);
            for (lane, row) in rows.chunks_exact_mut(copies).enumerate() {
                for (part, point) in row[2 * pair..].iter_mut().take(2).enumerate() {
                    *point = [0, 1].map(|axis| f64::from(normals[2 * part + axis][lane]));
                }
            }
        }
    }
    samples
}

/// A block of particles.
pub struct Batch {
    ids: [u32; LANES],
    places: Vec<Point>,
}

impl Movement for Minibatch<'_> {
    type Block = Batch;

    fn steps_per_tick(&self) -> u64 {
        1
    }

    fn points(&self) -> usize {
        self.copies
    }

    fn shown(&self) -> usize {
        self.copies
    }

    fn block(&self, ids: [u32; LANES]) -> Batch {
        Batch { ids, places: vec![self.start; LANES * self.copies] }
    }

    fn places(&self, block: &Batch, places: &mut [Point]) {
        places.copy_from_slice(&block.places);
    }

    fn run(&self, block: &mut Batch, lives: &mut Lives, ticks: Range<u64>, settled: &[Point]) {
        for step in ticks {
            for (lane, place) in block.places.chunks_exact_mut(self.copies).enumerate() {
                let id = block.ids[lane];
                self.descend(place, id, step);
                let Some(exit) = place.iter().find(|theta| self.frontier.distance(**theta) <= 0.0) else { continue };
                lives.end(lane, step, *exit);
                let [u, _] = self.random.uniforms(id, step, Purpose::Exit);
                let next = draw_particle(u, settled.len() / self.copies) * self.copies;
                place.copy_from_slice(&settled[next..][..self.copies]);
            }
        }
    }
}
