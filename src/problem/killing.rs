//! A killing rate inside the domain, k(θ) ≥ 0 in 1/time, in addition to absorbing walls and sets.
//!
//! ```text
//! ∂P/∂t = −∇·J − k P        γ = ∮ J·dS + ∫ k P
//! ```
//! for the normalised quasi-stationary density P. It models a reaction, a decay, or a partially absorbing wall: a layer
//! of width w with the rate h/w at a reflecting wall becomes the Robin condition n·J = h P as w → 0.

use std::sync::Arc;

use crate::problem::breaks::Breaks;
use crate::problem::expression::{Condition, Expression};
use crate::problem::{Domain, ProblemError, Region};
use crate::tensor::{Point, advance, difference};

/// A killing rate as a formula in x and y.
#[derive(Clone, Debug)]
pub struct Killing {
    formula: Expression,
}

impl Killing {
    /// The killing rate given by a formula.
    pub fn new(formula: Expression) -> Killing {
        Killing { formula }
    }

    /// k(θ).
    pub fn rate(&self, theta: Point) -> f64 {
        self.formula.value(theta)
    }

    /// The fractions of a segment at which k or its derivatives may jump.
    pub fn breaks(&self, from: Point, to: Point) -> Breaks {
        self.formula.breaks(from, to)
    }

    /// Whether [`Killing::breaks`] may find any.
    pub fn may_break(&self) -> bool {
        self.formula.may_break()
    }

    /// Whether k or a derivative of it jumps somewhere in a domain.
    pub fn breaks_in(&self, domain: &Domain) -> bool {
        self.may_break() && lines(domain).any(|(from, to)| pieces(from, to).any(|(a, b)| !self.breaks(a, b).is_empty()))
    }

    /// Refuses a rate that is negative or not a number somewhere on a lattice over a domain.
    ///
    /// # Errors
    /// [`ProblemError::Killing`] with the first such point.
    pub fn check(&self, domain: &Domain) -> Result<(), ProblemError> {
        let ends = |(from, to): (Point, Point)| pieces(from, to).map(|(a, _)| a).chain([to]);
        match lines(domain).flat_map(ends).map(|at| (at, self.rate(at))).find(|&(_, rate)| !is_rate(rate)) {
            Some((at, rate)) => Err(ProblemError::Killing { at, rate, dimension: domain.dimension }),
            None => Ok(()),
        }
    }

    /// The part of a live set in which k = 0.
    pub fn spared(&self, live: &Region) -> Region {
        let (killing, live) = (self.clone(), live.clone());
        let margin = move |theta: Point| if live.holds(theta) && killing.rate(theta) <= 0.0 { 1.0 } else { -1.0 };
        Region::Condition(Arc::new(Condition::positive(margin)))
    }
}

/// Whether a number is a valid rate: finite and not negative.
pub fn is_rate(rate: f64) -> bool {
    rate >= 0.0 && rate.is_finite()
}

/// The number of pieces of a line in which breaks are searched for.
const PIECES: u32 = 256;

/// Lines over a domain: the interval itself, or this many along each axis of a rectangle, including its walls.
fn lines(domain: &Domain) -> impl Iterator<Item = (Point, Point)> + '_ {
    const LINES: u32 = 48;
    let across = if domain.dimension == 2 { LINES } else { 0 };
    (0..domain.dimension).flat_map(move |axis| {
        (0..=across).map(move |k| {
            let (mut from, mut to) = (domain.lower, domain.upper);
            if domain.dimension == 2 {
                let place = f64::from(k) / f64::from(LINES);
                from[1 - axis] = domain.lower[1 - axis] * (1.0 - place) + domain.upper[1 - axis] * place;
                to[1 - axis] = from[1 - axis];
            } else {
                (from[1], to[1]) = (0.0, 0.0);
            }
            (from, to)
        })
    })
}

fn pieces(from: Point, to: Point) -> impl Iterator<Item = (Point, Point)> {
    let place = move |k: u32| advance(from, f64::from(k) / f64::from(PIECES), difference(to, from));
    (0..PIECES).map(move |k| (place(k), place(k + 1)))
}
