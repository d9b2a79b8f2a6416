//! Passage times and escape rates in one dimension by quadrature, for any D(θ) > 0 in the three interpretations.
//!
//! Problem: dθ = −L'(θ) dt + √(2D(θ)) dW between two ends of which at least one absorbs. Method: with φ' = L'/D the
//! backward operator is self-adjoint, and its Green operator is two running integrals,
//!
//! ```text
//! 𝓛u = (1/(w e^{−φ})) d/dx ( (1/(m e^{φ})) du/dx ),      (m, w) = (1, 1/D) Itô,  (1/D, 1) isothermal,  (1/√D, 1/√D) Stratonovich
//! τ(x) = ∫_x^b e^{φ(y)} m(y) [ ∫_l^y e^{−φ(z)} w(z) dz ] dy                    (l reflects, b absorbs)
//! ```
//!
//! by Gauss–Legendre panels that are halved until they agree with their halves. Every term is nonnegative and every
//! exponential has an exponent of its own: full relative accuracy for any barrier (to φ ≈ 10⁶). The escape rate is the
//! inverse of the operator's largest eigenvalue. Nothing is shared with the grids: this is the independent check on
//! them.
//!
//! Where it fails: D ≥ 0 that vanishes (an error: by Feller's test such a point usually cannot be crossed), and sets in
//! which two valleys exchange more slowly than they lose (inverse iteration then converges slowly: an error that says
//! so).
//!
//! Sources: Gardiner, *Handbook of Stochastic Methods* (2004), section 5.5 (passage times); Sokolov, Eur. J. Phys. 31,
//! 1353 (2010) (interpretations).

mod enclosure;
mod error;
mod gap;
mod green;
mod panels;
mod reach;
mod rule;

pub use enclosure::Enclosure;
pub use error::QuadratureError;

use crate::problem::Interpretation;
use crate::scaled::{self, Scaled};
use green::Green;
use panels::{Panel, Panels};
use rule::{Nodal, RULE};

/// A reflecting end may stand for a natural boundary where φ is this far above the valley: it neglects e^{−60} ≈ 1e-26.
const NEGLECTED: f64 = 60.0;
/// Relative error that rounding alone leaves (panel weights, exponentials, a few thousand additions).
const ROUNDING: f64 = 4e-15;
/// Relative error per unit of φ climbed or descended: L'/D is a rounded number at every node, and the roundings average
/// out in part.
const ROUNDED_SLOPE: f64 = 5e-17;
/// A disagreement between panels and halved panels beyond this means that the integrals do not converge.
const LARGEST_ERROR: f64 = 1e-6;
/// Inverse iterations before giving up: enough for γ/λ₂ up to 0.99.
const MOST_ITERATIONS: usize = 2000;

/// A change of the Rayleigh quotient below this that does not shrink is rounding.
const FLOOR: f64 = 1e-13;
/// The bracket counts as closed at this relative width.
const CLOSED: f64 = 1e-12;
/// Iterations after which a settled Rayleigh quotient is taken although the bracket is still open (before that: when it
/// no longer halves).
const PATIENCE: usize = 60;

/// What happens at an end of the interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum End {
    /// What arrives here is gone.
    Absorbing(f64),
    /// Nothing passes here.
    Reflecting(f64),
    /// No wall: the loss confines. A reflecting end is placed where φ has risen by 60 above its lowest value on the
    /// way.
    Natural {
        /// Where the search starts, best at the minimum.
        from: f64,
        /// First step of the search, > 0: about the width of the valley.
        step: f64,
    },
}

/// A one-dimensional escape problem.
#[derive(Clone, Copy)]
pub struct Passage<'a> {
    /// L'(θ), or −b(θ).
    pub slope: &'a dyn Fn(f64) -> f64,
    /// D(θ) > 0.
    pub diffusion: &'a dyn Fn(f64) -> f64,
    /// Which stochastic calculus.
    pub interpretation: Interpretation,
    /// The lower end.
    pub lower: End,
    /// The upper end.
    pub upper: End,
    /// Points where D or L' jumps or has a kink, or where L jumps, in any order; those outside the interval are
    /// ignored. A jump of D or L' that is not named costs time, not digits; one of L that is not named is missed.
    pub breakpoints: &'a [Breakpoint],
}

/// Where an integrand is not smooth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Breakpoint {
    /// θ.
    pub at: f64,
    /// What φ = ∫ L'/D jumps by there, upwards in θ: 0 unless L itself jumps.
    pub rise: f64,
}

impl From<f64> for Breakpoint {
    /// A point where only D or L' jumps or has a kink.
    fn from(at: f64) -> Breakpoint {
        Breakpoint { at, rise: 0.0 }
    }
}

/// A positive number that may be beyond the range of an `f64`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The number; infinite, or zero, where it is out of range.
    pub value: f64,
    /// Its natural logarithm, always finite.
    pub log: f64,
    /// The number with all its digits, in range or not.
    pub number: Scaled,
    /// Estimated relative error of `value`: from halving all panels, and never below rounding.
    pub relative_error: f64,
}

/// The quasi-stationary escape rate by inverse iteration.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EscapeRate {
    /// γ per unit of dynamical time.
    pub rate: Estimate,
    /// Smallest and largest f/𝓖f over the nodes (where f is at least 1e-308 of its largest value), over γ: γ lies
    /// between them (Barta 1937); both are 1 to about 1e-12
    /// where γ ≪ λ₂; γ itself converges twice as fast.
    pub bracket: [f64; 2],
    /// Inverse iterations.
    pub iterations: usize,
}

impl Passage<'_> {
    /// Mean time until absorption from `start`, in units of dynamical time.
    ///
    /// # Errors
    /// When the start is outside, nothing absorbs, D is not positive, or the integrals do not converge.
    pub fn mean_first_passage(&self, start: f64) -> Result<Estimate, QuadratureError> {
        let (lower, upper) = self.ends(Some(start))?;
        if !(start >= lower && start <= upper) {
            return Err(QuadratureError::Outside { start, lower, upper });
        }
        let panels = Panels::new(self, &self.edges(lower, upper, Some(start)))?;
        let time = |panels: &[Panel]| {
            let green = self.green(panels);
            let edge = panels.partition_point(|panel| panel.left < start);
            green.apply(&green.ones()).edges[edge]
        };
        estimate(time(&panels.coarse), time(&panels.fine), &panels)
    }

    /// The quasi-stationary escape rate γ: the smallest eigenvalue of −𝓛, per unit of dynamical time.
    ///
    /// # Errors
    /// As for [`Passage::mean_first_passage`], and when inverse iteration is too slow.
    pub fn escape_rate(&self) -> Result<EscapeRate, QuadratureError> {
        let (lower, upper) = self.ends(None)?;
        self.rate_on(Panels::new(self, &self.edges(lower, upper, None))?)
    }

    /// The same on panels that have seen what those of [`Passage::mean_first_passage`] from `start` see: where the
    /// integrals on the two differ, a layer is missed by one of them, and the panels are those of both.
    ///
    /// # Errors
    /// As for [`Passage::escape_rate`].
    pub fn escape_rate_beside(&self, start: f64) -> Result<EscapeRate, QuadratureError> {
        let (lower, upper) = self.ends(Some(start))?;
        let mut panels = Panels::new(self, &self.edges(lower, upper, None))?;
        let others = Panels::new(self, &self.edges(lower, upper, Some(start)))?;
        if !panels.has_same_integrals(&others) {
            let mut edges = self.edges(lower, upper, Some(start));
            edges.extend(panels.coarse.iter().chain(&others.coarse).map(|panel| Breakpoint::from(panel.left)));
            panels = Panels::new(self, &merged(edges))?;
        }
        self.rate_on(panels)
    }

    fn rate_on(&self, panels: Panels) -> Result<EscapeRate, QuadratureError> {
        let (coarse, ..) = inverse_iteration(&self.green(&panels.coarse))?;
        let (fine, bracket, iterations) = inverse_iteration(&self.green(&panels.fine))?;
        Ok(EscapeRate { rate: estimate(coarse, fine, &panels)?, bracket, iterations })
    }

    /// The two ends as numbers; a reflecting one is no further out than what starts at `start` and all of the other
    /// side can tell.
    fn ends(&self, start: Option<f64>) -> Result<(f64, f64), QuadratureError> {
        if !matches!(self.lower, End::Absorbing(_)) && !matches!(self.upper, End::Absorbing(_)) {
            return Err(QuadratureError::NothingAbsorbs);
        }
        let place = |end: End, outward: f64| match end {
            End::Absorbing(at) | End::Reflecting(at) => Ok(at),
            End::Natural { from, step } => self.far_enough(from, outward * step),
        };
        let (lower, upper) = (place(self.lower, -1.0)?, place(self.upper, 1.0)?);
        if lower < upper && (upper - lower).is_finite() {
            let near = |end: f64| start.map_or(end, |start| start.clamp(lower, upper));
            let nearer = |end: End, at: f64, from: f64| {
                if matches!(end, End::Reflecting(_)) { self.reach(from, at) } else { at }
            };
            Ok((nearer(self.lower, lower, near(upper)), nearer(self.upper, upper, near(lower))))
        } else {
            let start = f64::NAN;
            Err(QuadratureError::Outside { start, lower, upper })
        }
    }

    /// Where φ has risen by [`NEGLECTED`] above its lowest value on the way out.
    fn far_enough(&self, from: f64, first: f64) -> Result<f64, QuadratureError> {
        let (mut at, mut step) = (from, first);
        let (mut phi, mut lowest) = (0.0, 0.0f64);
        for _ in 0..200 {
            let (x0, x1) = (at, at + step);
            let steepness: Nodal = std::array::from_fn(|i| {
                let x = at + step * RULE.nodes[i];
                step * (self.slope)(x) / (self.diffusion)(x)
            });
            let passed = |at: f64| (at - x0) * (x1 - at) > 0.0;
            let jumps: f64 =
                self.breakpoints.iter().filter(|point| passed(point.at)).map(|point| point.rise * step.signum()).sum();
            phi += RULE.integral(&steepness) + jumps;
            lowest = lowest.min(phi);
            at += step;
            step *= 1.1;
            if phi - lowest >= NEGLECTED {
                return Ok(at);
            }
        }
        Err(QuadratureError::NotConfining { from })
    }

    /// The ends and every breakpoint between them, ascending.
    fn edges(&self, lower: f64, upper: f64, start: Option<f64>) -> Vec<Breakpoint> {
        let inside = |point: &Breakpoint| point.at > lower && point.at < upper;
        let mut edges = vec![Breakpoint::from(lower), Breakpoint::from(upper)];
        edges.extend(self.breakpoints.iter().copied().chain(start.map(Breakpoint::from)).filter(inside));
        merged(edges)
    }

    fn green<'p>(&self, panels: &'p [Panel]) -> Green<'p> {
        let absorbs = |end: End| matches!(end, End::Absorbing(_));
        Green::new(panels, absorbs(self.lower), absorbs(self.upper))
    }
}

/// In ascending order, each place once.
fn merged(mut edges: Vec<Breakpoint>) -> Vec<Breakpoint> {
    edges.sort_by(|one, other| one.at.total_cmp(&other.at));
    edges.dedup_by(|next, kept| {
        let is_same = next.at == kept.at;
        kept.rise += if is_same { next.rise } else { 0.0 };
        is_same
    });
    edges
}

/// The value on halved panels, with the change against whole panels as its error, or what rounding leaves if that is
/// more.
fn estimate(coarse: Scaled, fine: Scaled, panels: &Panels) -> Result<Estimate, QuadratureError> {
    let (value, log) = (fine.value(), fine.ln());
    if value == 0.0 && !log.is_finite() {
        // Started on an absorbing end: the time is exactly zero.
        return Ok(Estimate { value, log, number: fine, relative_error: 0.0 });
    }
    for found in [coarse, fine] {
        if !found.is_greater(Scaled::ZERO) {
            return Err(QuadratureError::Oscillates { value: found.value() });
        }
    }
    let change = (coarse.over(fine).value() - 1.0).abs();
    if change.is_nan() || change > LARGEST_ERROR {
        return Err(QuadratureError::NotConverged { change });
    }
    // Beside a power yᴮ halving leaves 1/(2^{1+B} − 1) of its own change; below 1 + B = 0.2 the change itself is too
    // large.
    let change = if panels.leaves_some { 8.0 * change } else { change };
    let climb: f64 = panels.coarse.iter().map(|panel| panel.rise.abs() + panel.jump.abs()).sum();
    Ok(Estimate { value, log, number: fine, relative_error: change.max(ROUNDING + ROUNDED_SLOPE * climb) })
}

/// γ by u ← 𝓖u from [`Green::trial`], with the Rayleigh quotient ⟨u, f⟩/⟨u, u⟩: rate, bracket over the rate, iterations.
fn inverse_iteration(green: &Green) -> Result<(Scaled, [f64; 2], usize), QuadratureError> {
    let mut f = green.trial();
    let (mut last, mut last_change, mut last_width) = (Scaled::ZERO, f64::INFINITY, f64::INFINITY);
    for iteration in 1..=MOST_ITERATIONS {
        let values = green.apply(&f).nodes;
        let mut largest = Scaled::ZERO;
        for u in values.iter().flatten() {
            if u.is_greater(largest) {
                largest = *u;
            }
        }
        let u: Vec<Nodal> = values.iter().map(|u| u.map(|u| u.over(largest).value())).collect();
        let rate = green.product(&u, &f).over(green.product(&u, &u)).over(largest);
        let change = (last.over(rate).value() - 1.0).abs();
        // The change shrinks by a constant factor, so what is still missing is a geometric series.
        let factor = (change / last_change).min(1.0);
        let missing = if change <= 1e-16 { 0.0 } else { change * factor / (1.0 - factor) };
        // Settled: nothing is missing, or a change this small no longer shrinks, which is rounding.
        let settled = missing <= 1e-16 || change <= FLOOR && change >= last_change;
        let mut bracket = [f64::INFINITY, 0.0f64];
        let has_digits = |(f, u): &(&f64, &f64)| **f >= f64::MIN_POSITIVE && **u >= f64::MIN_POSITIVE;
        for (f, u) in f.iter().flatten().zip(u.iter().flatten()).filter(has_digits) {
            let quotient = Scaled::new(f / u).over(largest).over(rate).value();
            bracket = [bracket[0].min(quotient), bracket[1].max(quotient)];
        }
        // The quotient settles twice as fast as the function: go on until the function has settled too.
        let width = bracket[1] - bracket[0];
        if iteration > 2 && settled && (width <= CLOSED || width > 0.5 * last_width || iteration >= PATIENCE) {
            return Ok((rate, bracket, iteration));
        }
        (f, last, last_change, last_width) = (u, rate, change, width);
    }
    Err(QuadratureError::SlowIteration { iterations: MOST_ITERATIONS, change: last_change })
}

/// Rise of the effective potential φ(to) − φ(from) = ∫ L'/D dθ, a pure number (negative when `to` < `from` on a slope
/// that rises).
///
/// # Errors
/// When D is not positive, or L'/D cannot be resolved.
pub fn scale_depth(
    slope: &dyn Fn(f64) -> f64,
    diffusion: &dyn Fn(f64) -> f64,
    breakpoints: &[Breakpoint],
    from: f64,
    to: f64,
) -> Result<f64, QuadratureError> {
    if from == to {
        return Ok(0.0);
    }
    let (lower, upper) = (from.min(to), from.max(to));
    let passage = Passage {
        slope,
        diffusion,
        interpretation: Interpretation::Ito,
        lower: End::Reflecting(lower),
        upper: End::Absorbing(upper),
        breakpoints,
    };
    let panels = Panels::new(&passage, &passage.edges(lower, upper, None))?;
    let sum = panels.fine.iter().fold(scaled::Sum::default(), |sum, panel| sum.plus(panel.jump).plus(panel.rise));
    let depth = sum.high + sum.low;
    Ok(if from < to { depth } else { -depth })
}
