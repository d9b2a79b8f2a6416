//! Survival from every state, propagated backward over a preceding time interval in which the chain had another
//! generator.
//!
//! ```text
//! u ↦ P u        v ↦ (1 − P 1) + P v        P = e^{Gτ}
//! ```
//! This maps the survival probabilities u and the exit probabilities v = 1 − u of a chain that starts at the end of an
//! interval of length τ to those of a chain that starts at its beginning. 1 − P 1 are the exits within the interval
//! ([`Backward`]). P u and P v are computed by positive implicit steps with relative accuracy in every state, so that
//! both survival and exits are accurate where they are small.

use super::accuracy::largest;
use super::extrapolation::EvolvedKind;
use super::factors::Factors;
use super::pace::{self, Pace};
use super::steps::{Evolving, StepTools, Taken};
use super::{Accuracy, Backward, Effort, EvolveError, ORDER_OF_ERRORS, flux, limit};
use crate::elimination::Elimination;
use crate::generator::Generator;
use crate::solve::Resources;

/// Survival and exit probabilities from every state.
#[derive(Clone, Debug)]
pub struct FromStates {
    /// u divided by its largest value, whose logarithm is `log_scale`.
    pub(super) survival: Vec<f64>,
    pub(super) log_scale: f64,
    /// v = 1 − u, the exit probabilities.
    pub(super) exits: Vec<f64>,
    pub(super) error: f64,
}

impl FromStates {
    /// The survival probability from each state; 0 if it is below the range of double precision.
    pub fn survival(&self) -> Vec<f64> {
        let scale = self.log_scale.exp();
        self.survival.iter().map(|u| u * scale).collect()
    }

    /// The exit probability from each state: that the chain has been killed.
    pub fn exits(&self) -> &[f64] {
        &self.exits
    }

    /// ln Σ p u for probabilities p with the sum 1; accurate also if almost nothing is killed or almost nothing
    /// survives.
    pub fn log_survival(&self, probability: &[f64]) -> f64 {
        let lost = flux(probability, &self.exits);
        if lost < 0.5 { (-lost).ln_1p() } else { flux(probability, &self.survival).ln() + self.log_scale }
    }

    /// The estimated largest error of u and v in any state, relative to their values above the floor.
    pub fn error(&self) -> f64 {
        self.error
    }
}

/// A time interval under one generator that precedes others.
pub struct Earlier<'a> {
    generator: &'a Generator,
    resources: Resources<'a>,
    accuracy: Accuracy,
    length: f64,
    factors: Factors,
    own: FromStates,
    effort: Effort,
}

impl<'a> Earlier<'a> {
    /// The interval whose survival probabilities have been computed up to its end.
    pub fn ending(backward: Backward<'a>) -> Earlier<'a> {
        let own = backward.from_states();
        let Backward { generator, resources, accuracy, time, factors, effort, .. } = backward;
        Earlier { generator, resources, accuracy, length: time, factors, own, effort }
    }

    /// Propagates survival and exits from the end of the interval to its beginning.
    ///
    /// # Errors
    /// As [`super::Evolution::advance`].
    ///
    /// # Panics
    /// When the number of states differs.
    pub fn before(&mut self, later: &FromStates) -> Result<FromStates, EvolveError> {
        let n = self.generator.len();
        assert_eq!(later.exits.len(), n, "the same states");
        let mut pulled_back = PulledBack {
            pace: Pace::new(self.generator, &vec![1.0; n], self.accuracy),
            values: later.survival.iter().chain(&later.exits).copied().collect(),
            error: vec![0.0; PARTS * n],
            log_scales: [later.log_scale, 0.0],
            time: 0.0,
            beyond: 0.0,
            limit: None,
            effort: Effort::default(),
            within: self,
        };
        pulled_back.balance();
        pulled_back.advance_by_steps(pulled_back.within.length)?;
        let error = pulled_back.error_norm() + pace::ROUNDING * pulled_back.effort.steps as f64;
        let (values, [log_scale, log_exits], effort) = (pulled_back.values, pulled_back.log_scales, pulled_back.effort);
        self.effort.add(effort);
        let exits = values[n..].iter().map(|v| v * log_exits.exp()).zip(&self.own.exits);
        Ok(FromStates {
            exits: exits.map(|(handed, own)| handed + own).collect(),
            survival: values[..n].to_vec(),
            log_scale,
            error: largest(self.own.error, later.error + error),
        })
    }

    /// The work so far.
    pub fn effort(&self) -> Effort {
        self.effort
    }
}

/// The number of vectors in `values`.
const PARTS: usize = 2;

/// One implicit step of the vectors in `values`.
pub(super) fn substep(factor: &Elimination, values: &[f64]) -> Vec<f64> {
    values.chunks(values.len() / PARTS).flat_map(|part| factor.solve_right(part)).collect()
}

/// The largest error norm of the two vectors, each relative to its own largest value.
pub(super) fn error_norm(accuracy: Accuracy, values: &[f64], error: &[f64]) -> f64 {
    let n = values.len() / PARTS;
    let part = |(values, error): (&[f64], &[f64])| {
        let most = values.iter().copied().fold(0.0, f64::max);
        // A vector that is zero stays zero.
        if most > 0.0 { accuracy.error_norm_by_state(values, error, most) } else { 0.0 }
    };
    values.chunks(n).zip(error.chunks(n)).map(part).fold(0.0, largest)
}

/// P u and P v during their propagation from the end of the interval to its beginning.
struct PulledBack<'s, 'a> {
    within: &'s mut Earlier<'a>,
    pace: Pace,
    /// The time before the end of the interval.
    time: f64,
    /// P u and P v, each divided by its largest value, whose logarithm is kept.
    values: Vec<f64>,
    log_scales: [f64; PARTS],
    error: Vec<f64>,
    beyond: f64,
    limit: Option<f64>,
    effort: Effort,
}

impl PulledBack<'_, '_> {
    fn balance(&mut self) {
        let n = self.values.len() / PARTS;
        let parts = self.values.chunks_mut(n).zip(self.error.chunks_mut(n)).zip(&mut self.log_scales);
        for ((values, error), log_scale) in parts {
            let most = values.iter().copied().fold(0.0, f64::max);
            if most > 0.0 {
                values.iter_mut().chain(error).for_each(|value| *value /= most);
                *log_scale += most.ln();
            }
        }
    }

    fn error_norm(&self) -> f64 {
        error_norm(self.within.accuracy, &self.values, &self.error) + self.beyond
    }
}

impl Evolving for PulledBack<'_, '_> {
    fn clock(&mut self) -> (&mut f64, &mut Option<f64>) {
        (&mut self.time, &mut self.limit)
    }

    fn tools(&mut self) -> StepTools<'_> {
        StepTools {
            generator: self.within.generator,
            resources: self.within.resources,
            factors: &mut self.within.factors,
            pace: &mut self.pace,
            effort: &mut self.effort,
        }
    }

    fn values(&mut self) -> (&mut Vec<f64>, &mut Vec<f64>) {
        (&mut self.values, &mut self.error)
    }

    fn accuracy(&self) -> (Accuracy, f64) {
        (self.within.accuracy, self.error_norm())
    }

    fn step(&mut self, step: f64) -> Result<bool, EvolveError> {
        let Some(Taken { before, .. }) = self.attempt(EvolvedKind::PulledBack, step, ORDER_OF_ERRORS)? else {
            return Ok(false);
        };
        self.balance();
        let pairs = before.iter().zip(&self.values).filter(|(before, after)| **before > 0.0 && **after > 0.0);
        let changed = pairs.map(|(before, after)| (after / before - 1.0).abs()).fold(0.0, largest);
        self.pace.form_changed(changed);
        Ok(true)
    }

    fn settled(&mut self, step: f64, left: f64) -> Result<Option<f64>, EvolveError> {
        if !self.pace.is_steady(left) {
            return Ok(None);
        }
        let n = self.values.len() / PARTS;
        let StepTools { generator, resources, factors, effort, pace } = self.tools();
        let factor = factors.get(generator, step, step, resources, effort)?;
        let ones = vec![1.0; n];
        let (Some(mode), Some(density)) =
            (limit::slowest_right(factor, &ones, effort), limit::slowest_mode(factor, &ones, effort))
        else {
            pace.look_later();
            return Ok(None);
        };
        let rate = flux(&density, &generator.killing);
        let forms: Vec<f64> = self
            .values
            .chunks(n)
            .flat_map(|part| {
                let is_nothing = part.iter().all(|value| *value == 0.0);
                mode.iter().map(move |value| if is_nothing { 0.0 } else { *value })
            })
            .collect();
        let change: Vec<f64> = forms.iter().zip(&self.values).map(|(form, value)| form - value).collect();
        let away = error_norm(self.within.accuracy, &forms, &change);
        // This comparison also catches NaN.
        if away > self.pace.allowance(self.error_norm(), self.effort.steps) || away.is_nan() {
            self.pace.look_later();
            return Ok(None);
        }
        self.values = forms;
        self.beyond += away;
        Ok(Some(rate))
    }

    fn decay(&mut self, rate: f64, left: f64, _: f64) {
        self.log_scales.iter_mut().for_each(|log_scale| *log_scale -= rate * left);
        self.beyond += rate * left * limit::ROUNDING;
    }
}
