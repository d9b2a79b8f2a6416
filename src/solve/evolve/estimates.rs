//! The error estimates of an evolution in time.

use super::{Carried, Evolution, accuracy, norm, pace};

/// The safety factor of the error of what was killed below the floor, where entries are of first order alone.
const BELOW: f64 = 2.0;

/// The estimated relative error of what was killed from which on it says nothing: implicit steps are far too large where
/// they are of first order alone.
const UNKNOWN: f64 = 0.1;

impl Evolution<'_> {
    /// The estimated error of ln S.
    pub(super) fn log_survival_error(&self) -> f64 {
        if self.carried.spaces.is_some() {
            return self.error();
        }
        // Killed and surviving mass sum to the initial mass.
        self.carried.killed_error.abs() / (1.0 + self.killed()) + self.carried.beyond + self.rounding()
    }

    /// The error estimate of the density in the norm of its accuracy.
    pub(super) fn error_norm(&self) -> f64 {
        let Carried { accuracy, probability, error, killed_error, .. } = &self.carried;
        if let Some(spaces) = self.carried.spaces {
            return spaces.total_error() + self.carried.beyond;
        }
        let of_killed = accuracy.error_norm_of_entry(self.killed(), *killed_error, 1.0);
        accuracy::largest(accuracy.error_norm(probability, error, 1.0), of_killed) + self.carried.beyond
    }

    /// The error estimate of the density in the norm of [`Accuracy`](super::Accuracy): in L1 and, if single entries are
    /// controlled, the largest relative error of an entry.
    pub fn worst_error(&self) -> f64 {
        self.error_norm() + self.rounding()
    }

    /// The accumulated rounding of all steps.
    pub(super) fn rounding(&self) -> f64 {
        pace::ROUNDING * self.carried.effort.steps as f64
    }

    /// The error estimate of the density in L1.
    pub fn error(&self) -> f64 {
        let error = self.carried.spaces.map_or_else(|| norm(&self.carried.error), |spaces| spaces.total_error());
        error + self.carried.beyond + self.rounding()
    }

    /// The estimated error of ln S relative to itself; 0 if nothing has been killed.
    pub fn relative_error_of_log_survival(&self) -> f64 {
        let size = self.log_survival().abs();
        match self.carried.spaces {
            Some(spaces) if size == 0.0 => {
                if spaces.log_survival_error() > 0.0 {
                    f64::INFINITY
                } else {
                    0.0
                }
            }
            Some(spaces) => spaces.log_survival_error() / size + self.carried.beyond + self.rounding(),
            // The killed mass of a macro-step is as accurate relative to itself as the entries of the density, unless
            // it is below their floor.
            None if self.killed() > self.carried.accuracy.floor || size == 0.0 => self.worst_error(),
            // What steps kill is a sum of positive terms, whose rounding is relative.
            None => {
                let of_killed = BELOW * self.carried.killed_error.abs() / self.killed();
                let is_known = of_killed < UNKNOWN;
                let of_killed = if is_known { of_killed } else { f64::INFINITY };
                self.worst_error().max(of_killed + self.carried.beyond / size + self.rounding())
            }
        }
    }

    /// The estimated relative error of Σ p w for weights w ≥ 0, such as the killing rates or the indicator of a valley;
    /// 0 if the sum is 0.
    pub fn error_of(&self, weights: &[f64]) -> f64 {
        let sum = |values: &[f64]| values.iter().zip(weights).map(|(value, weight)| value.abs() * weight).sum::<f64>();
        let value = sum(&self.carried.probability);
        let most = || weights.iter().copied().fold(0.0, f64::max);
        let error = match self.carried.spaces {
            // In L1 the error may be in any entry.
            Some(spaces) if self.is_closed() => spaces.total_error() * most(),
            Some(spaces) => sum(&self.carried.error) + spaces.error_by_state() * most(),
            None => sum(&self.carried.error),
        };
        // The errors of the quasi-stationary limit and of rounding are already relative.
        if value > 0.0 { error / value + self.carried.beyond + self.rounding() } else { 0.0 }
    }
}
