//! Survival probabilities from every state: the backward equation.
//!
//! ```text
//! u̇ = G u, u(0) = 1        ṙ = G r, r(0) = κ        v = 1 − u = ∫ r dt
//! ```
//! u_i is the probability that the chain started in state i survives until t, v_i that it has been killed, and r_i the
//! probability density of the killing time. An implicit step of length h takes one right solve for u and one for r with
//! the factor of the forward step, and v ← v + h r. All three are positive, and v has full relative accuracy where u is
//! 1 to rounding. Step control, extrapolation and error estimates are those of a density. Each of the three satisfies
//! the tolerance in every state where it exceeds the floor times its largest value (1 for v).
//!
//! Once r = γu in every state, both decay like e^{−γt}. For an initial density p, Σ p u is the survival probability of
//! the forward equation.

use super::accuracy::largest;
use super::extrapolation::EvolvedKind;
use super::factors::Factors;
use super::pace::{self, Pace};
use super::steps::{Evolving, StepTools, Taken};
use super::{Accuracy, Effort, EvolveError, FromStates, ORDER_OF_ERRORS, flux, limit};
use crate::elimination::Elimination;
use crate::generator::Generator;
use crate::solve::Resources;

/// Survival probabilities from every state as a function of time.
pub struct Backward<'a> {
    pub(super) generator: &'a Generator,
    pub(super) resources: Resources<'a>,
    pub(super) accuracy: Accuracy,
    pub(super) factors: Factors,
    pace: Pace,
    pub(super) time: f64,
    /// u/s, v and r/s one after the other, where ln s is `log_scale`.
    values: Vec<f64>,
    log_scale: f64,
    error: Vec<f64>,
    beyond: f64,
    limit: Option<f64>,
    pub(super) effort: Effort,
}

/// The number of vectors in `values`.
const PARTS: usize = 3;

/// One implicit step of the vectors in `values`; `time` is the length of the step times s.
pub(super) fn substep(factor: &Elimination, values: &[f64], time: f64) -> Vec<f64> {
    let n = values.len() / PARTS;
    let (u, r) = (factor.solve_right(&values[..n]), factor.solve_right(&values[2 * n..]));
    let v = values[n..2 * n].iter().zip(&r).map(|(v, r)| v + time * r);
    u.iter().copied().chain(v).chain(r.iter().copied()).collect()
}

/// The largest error norm of the three vectors, each relative to its own largest value.
pub(super) fn error_norm(accuracy: Accuracy, values: &[f64], error: &[f64]) -> f64 {
    let n = values.len() / PARTS;
    let part = |k: usize| {
        let values = &values[k * n..(k + 1) * n];
        // The largest possible value of v is 1.
        let most = if k == 1 { 1.0 } else { values.iter().copied().fold(0.0, f64::max) };
        accuracy.error_norm_by_state(values, &error[k * n..(k + 1) * n], most)
    };
    (0..PARTS).map(part).fold(0.0, largest)
}

impl<'a> Backward<'a> {
    /// Survival at t = 0, where u = 1.
    ///
    /// # Panics
    /// When the generator has no killing, or the tolerance is out of range.
    pub fn new(generator: &'a Generator, accuracy: Accuracy, resources: Resources<'a>) -> Backward<'a> {
        assert!(generator.killing.iter().any(|&rate| rate > 0.0), "something is killed");
        assert!((super::FINEST_TOLERANCE..1.0).contains(&accuracy.tolerance), "no tolerance: {}", accuracy.tolerance);
        let n = generator.len();
        let values: Vec<f64> = [vec![1.0; n], vec![0.0; n], generator.killing.clone()].concat();
        Backward {
            // The first states to change are those with killing.
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

    /// Advances to a later time.
    ///
    /// # Errors
    /// As [`super::Evolution::advance`].
    ///
    /// # Panics
    /// When the time is not finite or has passed.
    pub fn advance(&mut self, until: f64) -> Result<(), EvolveError> {
        self.advance_by_steps(until)
    }

    /// Normalises u + v = 1, which holds except for rounding, and divides u by its largest value, whose logarithm is
    /// kept.
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

    /// The current time.
    pub fn time(&self) -> f64 {
        self.time
    }

    /// The survival and exit probabilities from every state.
    pub fn from_states(&self) -> FromStates {
        let n = self.states();
        FromStates {
            survival: self.values[..n].to_vec(),
            log_scale: self.log_scale,
            exits: self.values[n..2 * n].to_vec(),
            error: self.error_norm() + pace::ROUNDING * self.effort.steps as f64,
        }
    }

    fn error_norm(&self) -> f64 {
        error_norm(self.accuracy, &self.values, &self.error) + self.beyond
    }

    /// The work so far.
    pub fn effort(&self) -> Effort {
        self.effort
    }
}

impl Evolving for Backward<'_> {
    fn clock(&mut self) -> (&mut f64, &mut Option<f64>) {
        (&mut self.time, &mut self.limit)
    }

    fn tools(&mut self) -> StepTools<'_> {
        StepTools {
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
        (self.accuracy, self.error_norm())
    }

    fn step(&mut self, step: f64) -> Result<bool, EvolveError> {
        let of = EvolvedKind::Survival { scale: self.log_scale.exp() };
        let Some(Taken { before, .. }) = self.attempt(of, step, ORDER_OF_ERRORS)? else { return Ok(false) };
        self.balance();
        let n = self.states();
        // Also compare the hazard r/u of each state.
        let ratio = |values: &[f64], i: usize| values[2 * n + i] / values[i];
        let changed = (0..n).filter(|&i| self.values[2 * n + i] > 0.0 && before[i] > 0.0).map(|i| {
            let (old, new) = (ratio(&before, i), ratio(&self.values, i));
            largest((self.values[i] - before[i]).abs(), (new / old - 1.0).abs())
        });
        let changed = changed.fold(0.0, largest);
        self.pace.form_changed(changed);
        Ok(true)
    }

    /// γ, if r = γu in every state to within the tolerance.
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
        let away = error_norm(self.accuracy, &mode, &change);
        // This comparison also catches NaN.
        if away > self.pace.allowance(self.error_norm(), self.effort.steps) || away.is_nan() {
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
