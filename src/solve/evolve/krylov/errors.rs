//! What becomes of the errors of earlier spaces: they go on by the same positive map as the density.
//!
//! Where they are small beside μ in every state they stay so, and that is all that need be known. But where a density
//! has been long ago, in the tail that it began in, an error of the space that began there is far larger than what is
//! left, beside the density any number of times; it flows back to the valley with the rest, and is next to nothing
//! there. So it is followed, by a space of its own that shares the factor: to the accuracy of an estimate, which takes
//! a few solves.

use serde::{Deserialize, Serialize};

use super::space::Space;
use crate::elimination::Elimination;

/// Errors that are larger than this many times their sum beside μ somewhere are followed.
const WIDE: f64 = 4.0;

/// To this part of what they are together: to their order.
const ROUGHLY: f64 = 1.0;

/// Vectors of their space at most: what is not right then is taken by its ratio to μ.
const MOST_VECTORS: usize = 64;

/// The errors that there were when a space began.
pub(super) struct Errors {
    /// The largest |e_i|/μ_i.
    ratio: f64,
    start: Vec<f64>,
    space: Option<Space>,
}

/// The same as they can be kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Kept {
    ratio: f64,
    start: Vec<f64>,
    /// The columns of their space, where there is one.
    dimension: Option<usize>,
}

impl Errors {
    /// Errors |e_i| beside weights μ_i. Those of a closed chain are known in L1 alone, which nothing makes larger.
    pub(super) fn new(errors: &[f64], weights: &[f64], is_closed: bool) -> Errors {
        let share = |(error, weight): (&f64, &f64)| if *weight > 0.0 { error.abs() / weight } else { 0.0 };
        let ratio = errors.iter().zip(weights).map(share).fold(0.0, f64::max);
        let sum: f64 = errors.iter().map(|error| error.abs()).sum();
        let is_wide = !is_closed && ratio > WIDE * sum;
        Errors {
            ratio,
            start: if is_wide { errors.iter().map(|error| error.abs()).collect() } else { Vec::new() },
            space: None,
        }
    }

    /// What is to be kept to go on later.
    pub(super) fn kept(&self) -> Kept {
        let dimension = self.space.as_ref().map(Space::dimension);
        Kept { ratio: self.ratio, start: self.start.clone(), dimension }
    }

    /// The errors that were kept, beside the space that they are of.
    pub(super) fn again(kept: Kept, beside: &Space, factor: &Elimination, killing: &[f64]) -> Errors {
        let Kept { ratio, start, dimension } = kept;
        let space = dimension.map(|dimension| {
            let mut space = Space::new(&start, beside.begin, beside.length, factor, killing);
            (0..dimension).for_each(|_| space.grow(factor, killing));
            space
        });
        Errors { ratio, start, space }
    }

    /// Makes their space large enough for a time; the number of solves.
    pub(super) fn reach(&mut self, time: f64, beside: &Space, factor: &Elimination, killing: &[f64]) -> usize {
        if self.start.is_empty() {
            return 0;
        }
        let mut solves = 0;
        let space = self.space.get_or_insert_with(|| {
            solves += 1;
            Space::new(&self.start, beside.begin, beside.length, factor, killing)
        });
        while !is_right(space, time) && space.dimension() < MOST_VECTORS && !space.is_exhausted() {
            space.grow(factor, killing);
            solves += 1;
        }
        solves
    }

    /// What they may be at a time, beside a density of which T makes this, in its own space.
    pub(super) fn at(&self, time: f64, smooth: &[f64], beside: &Space) -> Vec<f64> {
        match self.space.as_ref().filter(|space| is_right(space, time)) {
            Some(space) => {
                let point = space.at(time);
                let [errors, _] = space.densities(&point);
                let own = |(error, weight): (&f64, &f64)| error.abs() + point.error * space.share(*weight);
                errors.iter().zip(space.weights()).map(own).collect()
            }
            // μ is T|p| over its sum, and goes on as T makes of the density.
            None => smooth.iter().map(|smooth| self.ratio * smooth.abs() / beside.total).collect(),
        }
    }
}

/// Whether a space is as right at a time as errors need be known.
fn is_right(space: &Space, time: f64) -> bool {
    if space.dimension() == 0 {
        return false;
    }
    let point = space.at(time);
    point.mass > 0.0 && point.error <= ROUGHLY * point.mass
}
