//! The sequence of macro-steps up to an output time, for any kind of vectors that is advanced by them.

use super::accuracy::Accuracy;
use super::extrapolation::{Accepted, Attempt, EvolvedKind};
use super::factors::Factors;
use super::pace::{Pace, Trial};
use super::substeps::Substeps;
use super::{Effort, EvolveError};
use crate::generator::Generator;
use crate::solve::Resources;

/// The largest number of macro-steps between two output times.
pub(super) const MOST_STEPS: usize = 200_000;

/// Vectors that are advanced by macro-steps under one generator.
pub(super) trait Evolving {
    /// The current time, and the decay rate once the quasi-stationary limit is reached.
    fn clock(&mut self) -> (&mut f64, &mut Option<f64>);
    /// The generator, factors and step size control.
    fn tools(&mut self) -> StepTools<'_>;
    /// The vectors and their estimated error.
    fn values(&mut self) -> (&mut Vec<f64>, &mut Vec<f64>);
    /// The accuracy that is asked for, and the present error norm.
    fn accuracy(&self) -> (Accuracy, f64);
    /// Tries one macro-step; returns whether it was accepted.
    fn step(&mut self, step: f64) -> Result<bool, EvolveError>;
    /// After a macro-step: the decay rate, if the quasi-stationary limit is reached and enough time remains for it to
    /// matter.
    fn settled(&mut self, step: f64, left: f64) -> Result<Option<f64>, EvolveError>;
    /// Advances by the time `left` to `until` by exponential decay at this rate.
    fn decay(&mut self, rate: f64, left: f64, until: f64);

    /// Tries one macro-step, and propagates the estimated error over it with at most this order: the old error is
    /// mapped like the vectors, and that of the step is added.
    fn attempt(&mut self, of: EvolvedKind, step: f64, order: usize) -> Result<Option<Taken>, EvolveError> {
        let ((accuracy, error_norm), at) = (self.accuracy(), *self.clock().0);
        let before = std::mem::take(self.values().0);
        let mut means = self.tools();
        let allowed = means.pace.allowance(error_norm, means.effort.steps);
        let attempt = Attempt::new(Substeps::new(&before, &means.generator.killing, step), accuracy, of);
        let tried = means.attempt(attempt, step, at, allowed);
        let Ok(Some(accepted)) = tried else {
            *self.values().0 = before;
            return tried.map(|_| None);
        };
        let error = std::mem::take(self.values().1);
        let (mut error, killed) = self.tools().carried(error, of, step, order.min(accepted.rows))?;
        error.iter_mut().zip(&accepted.difference).for_each(|(error, new)| *error += new);
        *self.values().1 = error;
        *self.values().0 = accepted.density;
        let killed_error = [killed, accepted.killed_difference];
        Ok(Some(Taken { before, killed: accepted.killed, killed_error }))
    }

    /// Advances to a later time.
    ///
    /// # Errors
    /// [`EvolveError`]: an elimination that fails, too many or too short steps, an interruption.
    ///
    /// # Panics
    /// When the time is not finite or has passed.
    fn advance_by_steps(&mut self, until: f64) -> Result<(), EvolveError> {
        let mut now = *self.clock().0;
        assert!(until.is_finite() && until >= now, "{until} is not after {now}");
        let mut taken = 0;
        while until - now > f64::EPSILON * until {
            let left = until - now;
            if let Some(rate) = *self.clock().1 {
                self.decay(rate, left, until);
                break;
            }
            let means = self.tools();
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
                *self.clock().0 = now;
                *self.clock().1 = self.settled(step, until - now)?;
            }
        }
        *self.clock().0 = until;
        Ok(())
    }
}

/// An accepted macro-step.
pub(super) struct Taken {
    /// The vectors before it.
    pub before: Vec<f64>,
    /// The mass killed in it.
    pub killed: f64,
    /// The growth of the estimated error of the killed mass: from the propagated error that was killed, and from the
    /// step itself.
    pub killed_error: [f64; 2],
}

/// The generator, factors and step size control of macro-steps.
pub(super) struct StepTools<'s> {
    pub generator: &'s Generator,
    pub resources: Resources<'s>,
    pub factors: &'s mut Factors,
    pub pace: &'s mut Pace,
    pub effort: &'s mut Effort,
}

impl StepTools<'_> {
    /// Adds rows to a macro-step until one is accepted or none can be, and adapts the step size control.
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

    /// The error after a macro-step, propagated with this order, and the part of it that is killed.
    fn carried(
        &mut self,
        error: Vec<f64>,
        of: EvolvedKind,
        step: f64,
        order: usize,
    ) -> Result<(Vec<f64>, f64), EvolveError> {
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
