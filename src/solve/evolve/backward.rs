//! Survival from every state: the same equation from the other side.
//!
//! ```text
//! u̇ = G u, u(0) = 1        ṙ = G r, r(0) = κ        v = 1 − u = ∫ r dt
//! ```
//! u_i is the probability that what starts in state i is still there at t, v_i that it has been killed, r_i the density
//! of the time at which it is. An implicit step is one right solve for u and one for r with the factor of the forward
//! step, and v + h r: all three are positive, and v is right in its digits where u is 1 to rounding. Steps,
//! extrapolation and errors are those of a density; each of the three is held to the tolerance by state, above the
//! floor times its largest value (1 for v).
//!
//! Once r is γu in every state, both go on by e^{−γt}. For densities p at the start, Σ p u is the survival that the
//! forward equation has.

use super::accuracy::largest;
use super::extrapolation::Of;
use super::factors::Factors;
use super::pace::{self, Pace};
use super::steps::{Followed, Means, Taken};
use super::{Accuracy, Effort, EvolveError, FromStates, ORDER_OF_ERRORS, flux, limit};
use crate::elimination::Elimination;
use crate::generator::Generator;
use crate::solve::Resources;

/// Survival from every state, on its way.
pub struct Backward<'a> {
    pub(super) generator: &'a Generator,
    pub(super) resources: Resources<'a>,
    pub(super) accuracy: Accuracy,
    pub(super) factors: Factors,
    pace: Pace,
    pub(super) time: f64,
    /// u/s, v and r/s, where ln s is the scale.
    values: Vec<f64>,
    log_scale: f64,
    error: Vec<f64>,
    beyond: f64,
    limit: Option<f64>,
    pub(super) effort: Effort,
}

/// So many vectors stand one after the other.
const PARTS: usize = 3;

/// An implicit step of what stands there; `time` is that of the step, times s.
pub(super) fn substep(factor: &Elimination, values: &[f64], time: f64) -> Vec<f64> {
    let n = values.len() / PARTS;
    let (u, r) = (factor.solve_right(&values[..n]), factor.solve_right(&values[2 * n..]));
    let v = values[n..2 * n].iter().zip(&r).map(|(v, r)| v + time * r);
    u.iter().copied().chain(v).chain(r.iter().copied()).collect()
}

/// How far each of the three is from right, beside its largest value.
pub(super) fn miss(accuracy: Accuracy, values: &[f64], error: &[f64]) -> f64 {
    let n = values.len() / PARTS;
    let part = |k: usize| {
        let values = &values[k * n..(k + 1) * n];
        // Whatever is lost is at most 1, and little of it is right where all of it is little.
        let most = if k == 1 { 1.0 } else { values.iter().copied().fold(0.0, f64::max) };
        accuracy.miss_by_state(values, &error[k * n..(k + 1) * n], most)
    };
    (0..PARTS).map(part).fold(0.0, largest)
}

impl<'a> Backward<'a> {
    /// Survival at t = 0, where everything is still there.
    ///
    /// # Panics
    /// When nothing is killed, or the tolerance is none.
    pub fn new(generator: &'a Generator, accuracy: Accuracy, resources: Resources<'a>) -> Backward<'a> {
        assert!(generator.killing.iter().any(|&rate| rate > 0.0), "something is killed");
        assert!((super::FINEST_TOLERANCE..1.0).contains(&accuracy.tolerance), "no tolerance: {}", accuracy.tolerance);
        let n = generator.len();
        let values: Vec<f64> = [vec![1.0; n], vec![0.0; n], generator.killing.clone()].concat();
        Backward {
            // What changes first is where something is killed.
            pace: Pace::new(generator, &generator.killing, accuracy),
            factors: Factors::default(),
            time: 0.0,
            error: vec![0.0; values.len()],
            values,
            log_scale: 0.0,
            beyond: 0.0,
            limit: None,
            effort: Effort::default(),
            generator,
            resources,
            accuracy,
        }
    }

    fn states(&self) -> usize {
        self.generator.len()
    }

    /// Goes on to a later time.
    ///
    /// # Errors
    /// As [`super::Evolution::advance`].
    ///
    /// # Panics
    /// When the time is not finite or has passed.
    pub fn advance(&mut self, until: f64) -> Result<(), EvolveError> {
        self.advance_by_steps(until)
    }

    /// u + v = 1 but for rounding, which is taken out of both; and u is divided by its largest value, of which the
    /// logarithm is kept.
    fn balance(&mut self) {
        let n = self.states();
        let scale = self.log_scale.exp();
        for i in 0..n {
            let sum = self.values[i] * scale + self.values[n + i];
            self.values[i] /= sum;
            self.values[n + i] /= sum;
        }
        let most = self.values[..n].iter().copied().fold(0.0, f64::max);
        self.log_scale += most.ln();
        for values in [&mut self.values, &mut self.error] {
            let (u, rest) = values.split_at_mut(n);
            u.iter_mut().chain(&mut rest[n..]).for_each(|value| *value /= most);
        }
    }

    /// The time reached.
    pub fn time(&self) -> f64 {
        self.time
    }

    /// Survival and exits from every state.
    pub fn from_states(&self) -> FromStates {
        let n = self.states();
        FromStates {
            survival: self.values[..n].to_vec(),
            log_scale: self.log_scale,
            exits: self.values[n..2 * n].to_vec(),
            error: self.miss() + pace::ROUNDING * self.effort.steps as f64,
        }
    }

    fn miss(&self) -> f64 {
        miss(self.accuracy, &self.values, &self.error) + self.beyond
    }

    /// What it has taken so far.
    pub fn effort(&self) -> Effort {
        self.effort
    }
}

impl Followed for Backward<'_> {
    fn place(&mut self) -> (&mut f64, &mut Option<f64>) {
        (&mut self.time, &mut self.limit)
    }

    fn means(&mut self) -> Means<'_> {
        Means {
            generator: self.generator,
            resources: self.resources,
            factors: &mut self.factors,
            pace: &mut self.pace,
            effort: &mut self.effort,
        }
    }

    fn values(&mut self) -> (&mut Vec<f64>, &mut Vec<f64>) {
        (&mut self.values, &mut self.error)
    }

    fn accuracy(&self) -> (Accuracy, f64) {
        (self.accuracy, self.miss())
    }

    fn step(&mut self, step: f64) -> Result<bool, EvolveError> {
        let of = Of::Survival { scale: self.log_scale.exp() };
        let Some(Taken { before, .. }) = self.attempt(of, step, ORDER_OF_ERRORS)? else { return Ok(false) };
        self.balance();
        let n = self.states();
        // Where the rate of exits over survival stays too.
        let ratio = |values: &[f64], i: usize| values[2 * n + i] / values[i];
        let changed = (0..n).filter(|&i| self.values[2 * n + i] > 0.0 && before[i] > 0.0).map(|i| {
            let (old, new) = (ratio(&before, i), ratio(&self.values, i));
            largest((self.values[i] - before[i]).abs(), (new / old - 1.0).abs())
        });
        let changed = changed.fold(0.0, largest);
        self.pace.form_changed(changed);
        Ok(true)
    }

    /// γ, if r is γu in every state to within the tolerance.
    fn settled(&mut self, step: f64, left: f64) -> Result<Option<f64>, EvolveError> {
        if !self.pace.is_steady(left) {
            return Ok(None);
        }
        let n = self.states();
        let largest = |values: &[f64]| values.iter().copied().fold(0.0, f64::max);
        let hazard = largest(&self.values[2 * n..]) / largest(&self.values[..n]);
        let step = limit::length(step, hazard, left);
        let factor = self.factors.get(self.generator, step, step, self.resources, &mut self.effort)?;
        let right = limit::slowest_right(factor, &self.values[2 * n..], &mut self.effort);
        let left = limit::slowest_mode(factor, &self.values[..n], &mut self.effort);
        let (Some(right), Some(left)) = (right, left) else {
            self.pace.look_later();
            return Ok(None);
        };
        let rate = flux(&left, &self.generator.killing);
        let v = self.values[n..2 * n].iter().copied();
        let mode: Vec<f64> = right.iter().copied().chain(v).chain(right.iter().map(|u| rate * u)).collect();
        let change: Vec<f64> = mode.iter().zip(&self.values).map(|(mode, value)| mode - value).collect();
        let away = miss(self.accuracy, &mode, &change);
        // A comparison that also finds what is not a number.
        if away > self.pace.allowance(self.miss(), self.effort.steps) || away.is_nan() {
            self.pace.look_later();
            return Ok(None);
        }
        self.values = mode;
        self.beyond += away;
        Ok(Some(rate))
    }

    fn decay(&mut self, rate: f64, left: f64, _: f64) {
        let n = self.states();
        let lost = -(-rate * left).exp_m1() * self.log_scale.exp();
        let (u, rest) = self.values.split_at_mut(n);
        rest[..n].iter_mut().zip(u).for_each(|(v, u)| *v += *u * lost);
        self.log_scale -= rate * left;
        self.balance();
        self.beyond += rate * left * limit::ROUNDING;
    }
}
