//! Passage times and escape rates in one dimension by quadrature, for any D(θ) > 0 in the three calculi.
//!
//! Problem: dθ = −L'(θ) dt + √(2D(θ)) dW between two ends of which at least one absorbs. Method: with φ' = L'/D the
//! backward operator is self-adjoint, and its Green operator is two running integrals,
//!
//! ```text
//! 𝓛u = (1/(w e^{−φ})) d/dx ( (1/(m e^{φ})) du/dx ),      (m, w) = (1, 1/D) Itô,  (1/D, 1) isothermal,  (1/√D, 1/√D) Stratonovich
//! τ(x) = ∫_x^b e^{φ(y)} m(y) [ ∫_l^y e^{−φ(z)} w(z) dz ] dy                    (l reflects, b absorbs)
//! ```
//!
//! by Gauss–Legendre panels, which are halved until they agree with their halves. Every term is nonnegative and every
//! exponential is stored with a separate exponent, which gives full relative accuracy for any barrier (to φ ≈ 10⁶). The
//! escape rate is the inverse of the largest eigenvalue of the Green operator. Nothing is shared with the grids, so
//! that this is an independent check on them.
//!
//! Limits: D must not vanish (an error; such a point usually cannot be crossed), and inverse iteration converges slowly
//! for sets in which two valleys exchange probability more slowly than they lose it (an error too).
//!
//! Sources: Gardiner, *Handbook of Stochastic Methods* (2004), section 5.5 (passage times); Sokolov, Eur. J. Phys. 31,
//! 1353 (2010) (calculi).

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

/// The height of φ above the valley at which a reflecting end may replace a natural boundary: it neglects e^{−60} ≈
/// 1e-26.
const NEGLECTED: f64 = 60.0;
/// The relative error from rounding alone (panel weights, exponentials, a few thousand additions).
const ROUNDING: f64 = 4e-15;
/// The relative error per unit of φ climbed or descended: L'/D is rounded at every node, and these errors average out
/// in part.
const ROUNDED_SLOPE: f64 = 5e-17;
/// The relative change by halving panels above which the integrals are regarded as divergent.
const LARGEST_ERROR: f64 = 1e-6;
/// The largest number of inverse iterations, enough for γ/λ₂ up to 0.99.
const MOST_ITERATIONS: usize = 2000;
/// The largest number of panels times iterations, of which 10⁶ take about a second.
const MOST_PANEL_ITERATIONS: usize = 3_000_000;

/// The change of the Rayleigh quotient below which it is rounding if it does not shrink.
const FLOOR: f64 = 1e-13;
/// The relative width at which the bracket counts as closed.
const CLOSED: f64 = 1e-12;
/// The number of iterations after which a settled Rayleigh quotient is accepted although the bracket is still open (if
/// it no longer halves).
const PATIENCE: usize = 60;

/// An end of the interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum End {
    /// An absorbing end at this point.
    Absorbing(f64),
    /// A reflecting end at this point.
    Reflecting(f64),
    /// No wall; the potential confines. A reflecting end is placed where φ has risen by 60 above its lowest value on
    /// the way.
    Natural {
        /// The point at which the search starts, best at the minimum.
        from: f64,
        /// The first step of the search, > 0: about the width of the valley.
        step: f64,
    },
}

/// A one-dimensional escape problem.
#[derive(Clone, Copy)]
pub struct Passage<'a> {
    /// The slope L'(θ), or −b(θ).
    pub slope: &'a dyn Fn(f64) -> f64,
    /// The noise D(θ) > 0.
    pub diffusion: &'a dyn Fn(f64) -> f64,
    /// The stochastic calculus.
    pub interpretation: Interpretation,
    /// The lower end.
    pub lower: End,
    /// The upper end.
    pub upper: End,
    /// The points at which D or L' jumps or has a kink, or L jumps, in any order; points outside of the interval are
    /// ignored. A missing jump of D or L' costs time but no accuracy; a missing jump of L is an error.
    pub breakpoints: &'a [Breakpoint],
}

/// A point at which an integrand is not smooth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Breakpoint {
    /// The point θ.
    pub at: f64,
    /// The jump of φ = ∫ L'/D there, in the direction of increasing θ: 0 unless L jumps.
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
    /// The number; infinite or zero if it is out of range.
    pub value: f64,
    /// Its natural logarithm, always finite.
    pub log: f64,
    /// The number with full precision, in range or not.
    pub number: Scaled,
    /// The estimated relative error of `value`, from halving all panels and at least that of rounding.
    pub relative_error: f64,
}

/// The quasi-stationary escape rate by inverse iteration.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EscapeRate {
    /// γ per unit of dynamical time.
    pub rate: Estimate,
    /// The smallest and largest f/𝓖f over the nodes, divided by γ: γ lies between them (Barta 1937). Both are 1 to
    /// about 1e-12 if γ ≪ λ₂; γ itself converges twice as fast.
    pub bracket: [f64; 2],
    /// The number of inverse iterations.
    pub iterations: usize,
}

impl Passage<'_> {
    /// The mean time until absorption from `start`, in dynamical time.
    ///
    /// # Errors
    /// [`QuadratureError`]: the start is outside, nothing absorbs, D is not positive, or the integrals do not converge.
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
    /// The errors of [`Passage::mean_first_passage`], and [`QuadratureError`] if inverse iteration is too slow.
    pub fn escape_rate(&self) -> Result<EscapeRate, QuadratureError> {
        let ends = self.ends(None)?;
        self.rate_between(ends, &|(lower, upper)| Panels::new(self, &self.edges(lower, upper, None)))
    }

    /// The same on panels that also resolve the integrands of [`Passage::mean_first_passage`] from `start`: if the
    /// integrals on the two sets of panels differ, one of them has missed a layer, and the union of both is used.
    ///
    /// # Errors
    /// The errors of [`Passage::escape_rate`].
    pub fn escape_rate_beside(&self, start: f64) -> Result<EscapeRate, QuadratureError> {
        let ends = self.ends(Some(start))?;
        self.rate_between(ends, &|(lower, upper)| {
            let panels = Panels::new(self, &self.edges(lower, upper, None))?;
            let others = Panels::new(self, &self.edges(lower, upper, Some(start)))?;
            if panels.has_same_integrals(&others) {
                return Ok(panels);
            }
            let mut edges = self.edges(lower, upper, Some(start));
            edges.extend(panels.coarse.iter().chain(&others.coarse).map(|panel| Breakpoint::from(panel.left)));
            Panels::new(self, &merged(edges))
        })
    }

    /// The rate between two ends on panels made by `panels`; absorbing ends are moved to the feet of long descents where
    /// that makes no difference.
    fn rate_between(
        &self,
        (lower, upper): (f64, f64),
        panels: &dyn Fn((f64, f64)) -> Result<Panels, QuadratureError>,
    ) -> Result<EscapeRate, QuadratureError> {
        let foot = |end: End, at: f64, from: f64| {
            if matches!(end, End::Absorbing(_)) { self.foot(from, at) } else { at }
        };
        let feet = (foot(self.lower, lower, upper), foot(self.upper, upper, lower));
        if feet != (lower, upper) && feet.0 < feet.1 {
            // What fails there is told of the whole.
            let found = panels(feet).and_then(|panels| self.rate_on(panels));
            if let Some(found) = found.ok().filter(|found| {
                let rate = found.rate.value;
                self.carries(lower, feet.0, rate) && self.carries(feet.1, upper, rate)
            }) {
                return Ok(found);
            }
        }
        self.rate_on(panels((lower, upper))?)
    }

    fn rate_on(&self, panels: Panels) -> Result<EscapeRate, QuadratureError> {
        let (coarse, ..) = inverse_iteration(&self.green(&panels.coarse))?;
        let (fine, bracket, iterations) = inverse_iteration(&self.green(&panels.fine))?;
        Ok(EscapeRate { rate: estimate(coarse, fine, &panels)?, bracket, iterations })
    }

    /// The positions of the two ends. A reflecting end is moved inwards as far as it makes no difference for the start
    /// and for all points on the other side of it.
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

    /// The point at which φ has risen by [`NEGLECTED`] above its lowest value on the way out.
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

    /// The two ends and every breakpoint between them, ascending.
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

/// Sorts breakpoints in ascending order and merges those at the same point.
fn merged(mut edges: Vec<Breakpoint>) -> Vec<Breakpoint> {
    edges.sort_by(|one, other| one.at.total_cmp(&other.at));
    edges.dedup_by(|next, kept| {
        let is_same = next.at == kept.at;
        kept.rise += if is_same { next.rise } else { 0.0 };
        is_same
    });
    edges
}

/// The value on halved panels, with the change by halving or the rounding error as its error, whichever is larger.
fn estimate(coarse: Scaled, fine: Scaled, panels: &Panels) -> Result<Estimate, QuadratureError> {
    let (value, log) = (fine.value(), fine.ln());
    if value == 0.0 && !log.is_finite() {
        // The start is at an absorbing end: the time is exactly zero.
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
    // Next to a power yᴮ the remaining error is 1/(2^{1+B} − 1) times the change by halving; for 1 + B < 0.2 the change
    // itself is too large to be accepted.
    let change = if panels.leaves_some { 8.0 * change } else { change };
    let climb: f64 = panels.coarse.iter().map(|panel| panel.rise.abs() + panel.jump.abs()).sum();
    Ok(Estimate { value, log, number: fine, relative_error: change.max(ROUNDING + ROUNDED_SLOPE * climb) })
}

/// γ by inverse iteration u ← 𝓖u from u = 1, with the Rayleigh quotient ⟨u, f⟩/⟨u, u⟩: rate, bracket divided by the
/// rate, number of iterations.
fn inverse_iteration(green: &Green) -> Result<(Scaled, [f64; 2], usize), QuadratureError> {
    let mut f = green.ones();
    let (mut last, mut last_change, mut last_width) = (Scaled::ZERO, f64::INFINITY, f64::INFINITY);
    let most = MOST_ITERATIONS.min(MOST_PANEL_ITERATIONS / f.len().max(1)).max(PATIENCE);
    for iteration in 1..=most {
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
        // The changes shrink by a constant factor, so that the remainder is a geometric series.
        let factor = (change / last_change).min(1.0);
        let missing = if change <= 1e-16 { 0.0 } else { change * factor / (1.0 - factor) };
        // Converged: the remainder is negligible, or the change no longer shrinks and is rounding.
        let settled = missing <= 1e-16 || change <= FLOOR && change >= last_change;
        let mut bracket = [f64::INFINITY, 0.0f64];
        for (f, u) in f.iter().flatten().zip(u.iter().flatten()).filter(|(_, u)| **u > 0.0) {
            let quotient = Scaled::new(f / u).over(largest).over(rate).value();
            bracket = [bracket[0].min(quotient), bracket[1].max(quotient)];
        }
        // The quotient converges twice as fast as the function: continue until the function has converged too.
        let width = bracket[1] - bracket[0];
        if iteration > 2 && settled && (width <= CLOSED || width > 0.5 * last_width || iteration >= PATIENCE) {
            return Ok((rate, bracket, iteration));
        }
        (f, last, last_change, last_width) = (u, rate, change, width);
    }
    Err(QuadratureError::SlowIteration { iterations: most, change: last_change })
}

/// The rise of the effective potential φ(to) − φ(from) = ∫ L'/D dθ, dimensionless (negative if `to` < `from` on a
/// rising slope).
///
/// # Errors
/// [`QuadratureError`]: D is not positive, or L'/D cannot be resolved.
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
