//! Quantiles of the killing time of a density: the times at which ln S passes given levels.

use super::{Carried, Evolution, EvolveError, flux, limit};

/// A level of survival and the time at which it is passed.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Passed {
    /// ln S.
    pub log_survival: f64,
    /// t.
    pub time: f64,
    /// The estimated error of t: that of ln S divided by the hazard.
    pub error: f64,
}

/// Levels of ln S in descending order: those still to be passed and those passed.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
pub(super) struct Levels {
    pub left: Vec<f64>,
    pub passed: Vec<Passed>,
}

impl Levels {
    /// The next level, if survival has fallen to it.
    pub(super) fn next(&self, log_survival: f64) -> Option<f64> {
        self.left.first().copied().filter(|level| log_survival <= *level)
    }

    /// Records that the next level is passed.
    pub(super) fn pass(&mut self, time: f64, error: f64) {
        let log_survival = self.left.remove(0);
        self.passed.push(Passed { log_survival, time, error });
    }
}

impl Evolution<'_> {
    /// Finds the times at which ln S passes the levels within a step: a cubic gives a first guess, Newton's method with
    /// shorter steps the rest.
    pub(super) fn pass_levels(&mut self, start: &Carried, step: f64) -> Result<(), EvolveError> {
        while let Some(level) = self.carried.levels.next(self.carried.log_survival) {
            let slope = |probability: &[f64]| -step * flux(probability, &self.generator.killing);
            let slopes = [slope(&start.probability), slope(&self.carried.probability)];
            let mut part = crossing([start.log_survival, self.carried.log_survival], slopes, level);
            let mut missed = f64::INFINITY;
            let mut found = (start.time + step, f64::INFINITY);
            for _ in 0..MOST_ROUNDS {
                let begin = Carried { levels: Levels::default(), effort: self.carried.effort, ..start.clone() };
                let mut within = Evolution::of(begin, self.generator, self.resources);
                within.pace = self.pace;
                within.pace.step = step;
                within.factors = std::mem::take(&mut self.factors);
                let advanced = within.advance(start.time + part * step);
                let (hazard, error) = (within.hazard(), within.log_survival_error());
                let away = (within.log_survival() - level) / hazard;
                self.factors = within.factors;
                self.carried.effort = within.carried.effort;
                advanced?;
                let corrected = part + away / step;
                // The error after a Newton correction is its square, in units of the step.
                let left = (away / step).powi(2) * step;
                found = (start.time + corrected * step, error / hazard + left);
                let stalls = away.abs() >= missed || away.is_nan();
                if left <= CLOSE * self.carried.accuracy.tolerance * found.0 || stalls {
                    break;
                }
                (part, missed) = (corrected.clamp(0.0, 1.0), away.abs());
            }
            self.carried.levels.pass(found.0, found.1);
        }
        Ok(())
    }

    /// Records from now on the times at which the survival probability falls to these values between 0 and 1.
    ///
    /// # Panics
    /// When a value is not between 0 and 1.
    pub fn watch(&mut self, shares: &[f64]) {
        assert!(shares.iter().all(|share| (0.0..1.0).contains(share) && *share > 0.0), "shares between 0 and 1");
        let mut left: Vec<f64> = shares.iter().map(|share| share.ln()).collect();
        left.retain(|level| *level < self.carried.log_survival);
        left.sort_by(|a, b| b.total_cmp(a));
        self.carried.levels = Levels { left, passed: Vec::new() };
    }

    /// The survival levels that have been passed, with their times.
    pub fn passed(&self) -> &[Passed] {
        &self.carried.levels.passed
    }

    /// Computes when survival will pass the remaining levels within the time `left`, if the density is quasi-stationary
    /// and the generator does not change.
    ///
    /// # Errors
    /// As [`Evolution::advance`].
    pub fn foresee(&mut self, left: f64) -> Result<(), EvolveError> {
        if self.limit.is_none() && !self.carried.levels.left.is_empty() && !self.is_closed() {
            let step = self.pace.step(f64::INFINITY);
            self.limit = self.last_form(step, f64::INFINITY)?;
        }
        let Some(rate) = self.limit else { return Ok(()) };
        self.decay_past_levels(rate, left);
        Ok(())
    }

    /// Records the levels that e^{−γt} passes within a time.
    pub(super) fn decay_past_levels(&mut self, rate: f64, left: f64) {
        let now = self.carried.log_survival;
        while let Some(level) = self.carried.levels.next(now - rate * left) {
            let ahead = (now - level) / rate;
            let error = self.log_survival_error() / rate + ahead * limit::ROUNDING;
            self.carried.levels.pass(self.carried.time + ahead, error);
        }
    }
}

/// The largest number of Newton steps for the time of a level, and the fraction of the tolerance at which they stop.
const MOST_ROUNDS: usize = 6;
const CLOSE: f64 = 1e-2;

/// The argument in [0, 1] at which a falling function takes a value, from the cubic through its values and slopes at
/// both ends.
pub(super) fn crossing([before, after]: [f64; 2], [slope, end]: [f64; 2], value: f64) -> f64 {
    let cubic = |x: f64| {
        let y = 1.0 - x;
        before * y * y * (1.0 + 2.0 * x) + after * x * x * (1.0 + 2.0 * y) + slope * x * y * y - end * x * x * y
    };
    let (mut low, mut high) = (0.0, 1.0);
    // A cubic that is not monotone has further crossings; any of them is a valid first guess.
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if cubic(middle) > value { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}
