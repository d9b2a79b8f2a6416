//! Macro-steps, whatever is followed by them: one after the other to an output time, each of them tried row by row.

use super::accuracy::Accuracy;
use super::extrapolation::{Accepted, Attempt, Of};
use super::factors::Factors;
use super::pace::{Pace, Trial};
use super::substeps::Substeps;
use super::{Effort, EvolveError};
use crate::generator::Generator;
use crate::solve::Resources;

/// So many macro-steps between two output times are taken for a mistake.
pub(super) const MOST_STEPS: usize = 200_000;

/// What goes on by macro-steps under one generator.
pub(super) trait Followed {
    /// The time reached, and the rate of decay once its form stays.
    fn place(&mut self) -> (&mut f64, &mut Option<f64>);
    /// The means by which it goes on.
    fn means(&mut self) -> Means<'_>;
    /// What is followed, and its estimated error.
    fn values(&mut self) -> (&mut Vec<f64>, &mut Vec<f64>);
    /// How right it is to be, and how far from right it is.
    fn accuracy(&self) -> (Accuracy, f64);
    /// Tries one macro-step; whether it was taken.
    fn step(&mut self, step: f64) -> Result<bool, EvolveError>;
    /// After a macro-step: the rate of decay, if its form stays and a way that is so long yet makes that worth knowing.
    fn settled(&mut self, step: f64, left: f64) -> Result<Option<f64>, EvolveError>;
    /// Goes on to a time that is so far yet by decaying at this rate.
    fn decay(&mut self, rate: f64, left: f64, until: f64);

    /// Tries one macro-step and carries the estimated error over it, to this order at most: what there was changes as
    /// the values do, what the step adds comes to it.
    fn attempt(&mut self, of: Of, step: f64, order: usize) -> Result<Option<Taken>, EvolveError> {
        let ((accuracy, miss), at) = (self.accuracy(), *self.place().0);
        let before = std::mem::take(self.values().0);
        let mut means = self.means();
        let allowed = means.pace.allowance(miss, means.effort.steps);
        let attempt = Attempt::new(Substeps::new(&before, &means.generator.killing, step), accuracy, of);
        let tried = means.attempt(attempt, step, at, allowed);
        let Ok(Some(accepted)) = tried else {
            *self.values().0 = before;
            return tried.map(|_| None);
        };
        let error = std::mem::take(self.values().1);
        let (mut error, killed) = self.means().carried(error, of, step, order.min(accepted.rows))?;
        error.iter_mut().zip(&accepted.difference).for_each(|(error, new)| *error += new);
        *self.values().1 = error;
        *self.values().0 = accepted.density;
        let killed_error = [killed, accepted.killed_difference];
        Ok(Some(Taken { before, killed: accepted.killed, killed_error }))
    }

    /// Goes on to a later time.
    ///
    /// # Panics
    /// When the time is not finite or has passed.
    fn advance_by_steps(&mut self, until: f64) -> Result<(), EvolveError> {
        let mut now = *self.place().0;
        assert!(until.is_finite() && until >= now, "{until} is not after {now}");
        let mut taken = 0;
        while until - now > f64::EPSILON * until {
            let left = until - now;
            if let Some(rate) = *self.place().1 {
                self.decay(rate, left, until);
                break;
            }
            let means = self.means();
            if means.resources.progress.is_interrupted() {
                return Err(EvolveError::Interrupted);
            }
            if taken == MOST_STEPS {
                return Err(EvolveError::TooLong { steps: taken, reached: now, until });
            }
            let step = means.pace.step(left);
            if self.step(step)? {
                taken += 1;
                now = if step == left { until } else { now + step };
                *self.place().0 = now;
                *self.place().1 = self.settled(step, until - now)?;
            }
        }
        *self.place().0 = until;
        Ok(())
    }
}

/// A macro-step that was taken.
pub(super) struct Taken {
    /// The values before it.
    pub before: Vec<f64>,
    /// What was killed meanwhile.
    pub killed: f64,
    /// By how much the estimated error of what was killed has grown: by what of the error was killed, and by the step's
    /// own.
    pub killed_error: [f64; 2],
}

/// What a macro-step is made with.
pub(super) struct Means<'s> {
    pub generator: &'s Generator,
    pub resources: Resources<'s>,
    pub factors: &'s mut Factors,
    pub pace: &'s mut Pace,
    pub effort: &'s mut Effort,
}

impl Means<'_> {
    /// Adds rows to an attempt at a macro-step until one of them is taken, or none that may be added will be. The pace
    /// learns from it.
    fn attempt(
        &mut self,
        mut attempt: Attempt<'_>,
        step: f64,
        at: f64,
        allowed: f64,
    ) -> Result<Option<Accepted>, EvolveError> {
        let (mut accepted, mut blocked) = (None, false);
        for row in 1..=self.pace.order() {
            let h = step / row as f64;
            let factor = self.factors.get(self.generator, h, step, self.resources, self.effort)?;
            let (next, is_blocked) = attempt.row(factor, allowed);
            self.effort.solves += attempt.of.solves() * row;
            blocked |= is_blocked;
            if next.is_some() {
                accepted = next;
                break;
            }
            if row > 2 && attempt.is_hopeless(allowed, self.pace.order()) {
                break;
            }
        }
        self.effort.fallbacks += usize::from(blocked);
        let Some(accepted) = accepted else {
            self.effort.rejected += 1;
            return match self.pace.learn(Trial::Failed { error: attempt.error(), allowed, order: attempt.rows() }) {
                true => Ok(None),
                false => Err(EvolveError::TooShort { step, at, allowed }),
            };
        };
        let (error, order, is_settling) = (accepted.estimate, accepted.order, attempt.is_settling(&accepted));
        self.pace.learn(Trial::Taken { step, error, allowed, order, is_settling });
        self.effort.steps += 1;
        self.effort.first_order_tails += usize::from(accepted.has_first_order_tail);
        Ok(Some(accepted))
    }

    /// What an error becomes over a macro-step, to this order, and what of it is killed.
    fn carried(&mut self, error: Vec<f64>, of: Of, step: f64, order: usize) -> Result<(Vec<f64>, f64), EvolveError> {
        if error.iter().all(|error| *error == 0.0) {
            return Ok((error, 0.0));
        }
        let mut table = Substeps::new(&error, &self.generator.killing, step);
        for row in 1..=order {
            let h = step / row as f64;
            of.add_row(&mut table, self.factors.get(self.generator, h, step, self.resources, self.effort)?);
            self.effort.solves += of.solves() * row;
        }
        let (carried, killed) = (table.row.pop(), table.killed.pop());
        Ok((carried.unwrap_or(error), killed.unwrap_or(0.0)))
    }
}
