//! The propagation of the errors of earlier Krylov spaces, by the same positive map as the density.
//!
//! Errors that are small relative to μ in every state stay so and need only this bound. But the error of a space that
//! began in a far tail can exceed the present density there many times over; it flows back into the valley with the
//! rest and is negligible in the end. Such errors are propagated in a Krylov space of their own, with the same factor,
//! to the accuracy of an estimate, which takes a few solves.

use serde::{Deserialize, Serialize};

use super::space::Space;
use crate::elimination::Elimination;

/// Errors are propagated in their own space if their largest ratio to μ exceeds their sum by this factor.
const WIDE: f64 = 4.0;

/// The relative accuracy of that propagation: the order of magnitude.
const ROUGHLY: f64 = 1.0;

/// The largest dimension of their space; beyond it the bound by their ratio to μ is used.
const MOST_VECTORS: usize = 64;

/// The errors at the beginning of a space.
pub(super) struct Errors {
    /// The largest |e_i|/μ_i.
    ratio: f64,
    start: Vec<f64>,
    space: Option<Space>,
}

/// The serialised form of [`Errors`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Kept {
    ratio: f64,
    start: Vec<f64>,
    /// The number of columns of their space, if there is one.
    dimension: Option<usize>,
}

impl Errors {
    /// Errors |e_i| and the weights μ_i. Errors of a closed chain are controlled in L1 alone, where they never grow.
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

    /// The serialised form.
    pub(super) fn kept(&self) -> Kept {
        let dimension = self.space.as_ref().map(Space::dimension);
        Kept { ratio: self.ratio, start: self.start.clone(), dimension }
    }

    /// The errors restored from their serialised form, for the density space `beside`.
    pub(super) fn restored(kept: Kept, beside: &Space, factor: &Elimination, killing: &[f64]) -> Errors {
        let Kept { ratio, start, dimension } = kept;
        let space = dimension.map(|dimension| {
            let mut space = Space::new(&start, beside.begin, beside.length, factor, killing);
            (0..dimension).for_each(|_| space.grow(factor, killing));
            space
        });
        Errors { ratio, start, space }
    }

    /// Enlarges their space until it is accurate at a time; returns the number of solves.
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

    /// A bound on the errors at a time, where `smooth` is T applied to the density in its space `beside`.
    pub(super) fn at(&self, time: f64, smooth: &[f64], beside: &Space) -> Vec<f64> {
        match self.space.as_ref().filter(|space| is_right(space, time)) {
            Some(space) => {
                let point = space.at(time);
                let [errors, _] = space.densities(&point);
                let own = |(error, weight): (&f64, &f64)| error.abs() + point.error * space.share(*weight);
                errors.iter().zip(space.weights()).map(own).collect()
            }
            // μ is T|p| divided by its sum, so that the bound moves with T applied to the density.
            None => smooth.iter().map(|smooth| self.ratio * smooth.abs() / beside.total).collect(),
        }
    }
}

/// Whether the space is accurate enough at a time for an error estimate.
fn is_right(space: &Space, time: f64) -> bool {
    if space.dimension() == 0 {
        return false;
    }
    let point = space.at(time);
    point.mass > 0.0 && point.error <= ROUGHLY * point.mass
}
