//! Quantiles of the time at which a density is killed: when ln S passes given levels.

use super::{Carried, Evolution, EvolveError, flux, limit};

/// A level of survival and the time at which it is passed.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Passed {
    /// ln S.
    pub log_survival: f64,
    /// t.
    pub time: f64,
    /// The estimated error of t: that of ln S over the rate at which it falls.
    pub error: f64,
}

/// Levels of ln S in falling order, those that are still to come and those that have been passed.
#[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
pub(super) struct Levels {
    pub left: Vec<f64>,
    pub passed: Vec<Passed>,
}

impl Levels {
    /// The next level, if survival is not above it.
    pub(super) fn next(&self, log_survival: f64) -> Option<f64> {
        self.left.first().copied().filter(|level| log_survival <= *level)
    }

    /// The next level is passed.
    pub(super) fn pass(&mut self, time: f64, error: f64) {
        let log_survival = self.left.remove(0);
        self.passed.push(Passed { log_survival, time, error });
    }
}

impl Evolution<'_> {
    /// Finds when ln S passes the levels that lie in a step: by steps to where a cubic has them, and Newton's rule from
    /// there.
    pub(super) fn pass_levels(&mut self, start: &Carried, step: f64) -> Result<(), EvolveError> {
        while let Some(level) = self.carried.levels.next(self.carried.log_survival) {
            let slope = |probability: &[f64]| -step * flux(probability, &self.generator.killing);
            let slopes = [slope(&start.probability), slope(&self.carried.probability)];
            let mut part = crossing([start.log_survival, self.carried.log_survival], slopes, level);
            let mut missed = f64::INFINITY;
            let mut found = (start.time + step, f64::INFINITY);
            for _ in 0..MOST_ROUNDS {
                let begin = Carried { levels: Levels::default(), effort: self.carried.effort, ..start.clone() };
                let mut within = Evolution::under(begin, self.generator, self.resources);
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
                // Newton's rule leaves the square of what it corrects, in units of the step.
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

    /// From now on the times are kept at which survival falls to these shares, each of which lies between 0 and 1.
    ///
    /// # Panics
    /// When one does not.
    pub fn watch(&mut self, shares: &[f64]) {
        assert!(shares.iter().all(|share| (0.0..1.0).contains(share) && *share > 0.0), "shares between 0 and 1");
        let mut left: Vec<f64> = shares.iter().map(|share| share.ln()).collect();
        left.retain(|level| *level < self.carried.log_survival);
        left.sort_by(|a, b| b.total_cmp(a));
        self.carried.levels = Levels { left, passed: Vec::new() };
    }

    /// The levels of survival that have been passed, and when.
    pub fn passed(&self) -> &[Passed] {
        &self.carried.levels.passed
    }

    /// Finds when survival will pass the levels that are left, if the density has its last form and this generator
    /// stays.
    ///
    /// # Errors
    /// As [`Evolution::advance`].
    pub fn foresee(&mut self) -> Result<(), EvolveError> {
        if self.limit.is_none() && !self.carried.levels.left.is_empty() && !self.is_closed() {
            let step = self.pace.step(f64::INFINITY);
            self.limit = self.last_form(step, f64::INFINITY)?;
        }
        let Some(rate) = self.limit else { return Ok(()) };
        self.decay_past_levels(rate, f64::INFINITY);
        Ok(())
    }

    /// Passes the levels that e^{−γt} passes in a time.
    pub(super) fn decay_past_levels(&mut self, rate: f64, left: f64) {
        let now = self.carried.log_survival;
        while let Some(level) = self.carried.levels.next(now - rate * left) {
            let ahead = (now - level) / rate;
            let error = self.log_survival_error() / rate + ahead * limit::ROUNDING;
            self.carried.levels.pass(self.carried.time + ahead, error);
        }
    }
}

/// Rounds of Newton's rule for the time at which survival passes a level, and the part of the tolerance that they
/// leave.
const MOST_ROUNDS: usize = 6;
const CLOSE: f64 = 1e-2;

/// Where between 0 and 1 a falling function has a value, from its values and slopes at both ends by a cubic that is
/// followed where it falls.
pub(super) fn crossing([before, after]: [f64; 2], [slope, end]: [f64; 2], value: f64) -> f64 {
    let cubic = |x: f64| {
        let y = 1.0 - x;
        before * y * y * (1.0 + 2.0 * x) + after * x * x * (1.0 + 2.0 * y) + slope * x * y * y - end * x * x * y
    };
    let (mut low, mut high) = (0.0, 1.0);
    // A cubic that oversteps has one crossing more, and any of them is a place to begin at.
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if cubic(middle) > value { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}
