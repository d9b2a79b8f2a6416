//! How long a macro-step is, and of what order.

use super::{Accuracy, norm};
use crate::generator::Generator;

/// The highest order: rounding grows with the weights of the extrapolation.
pub(super) const HIGHEST: usize = 6;

/// Tolerances in L1 down to which lower orders take fewer solves. Odd ones: far in the tails they are positive.
const ORDERS: [(f64, usize); 2] = [(3e-4, 3), (1e-7, 5)];

/// Half of the tolerance is for steps whose errors are forgotten: of what is left of it one step may make this part.
const PART: f64 = 1.0 / 6.0;

/// The other half is for errors that stay: of what is left to the whole way step k may make 1/2(k + EARLY), so that
/// there always is some.
const EARLY: f64 = 12.0;

/// What rounding, which the extrapolation multiplies, makes of a step.
pub(super) const ROUNDING: f64 = 5e-14;

/// The part of the predicted length that is tried.
const CAUTION: f64 = 0.85;

/// A step grows at most by this factor.
const MOST_GROWTH: f64 = 16.0;

/// It does no more than double while the flux is not known.
const DOUBLED: f64 = 2.0;

/// The rest of the way is divided into equal steps when it is so many or fewer; before that steps are powers of two of
/// the first.
const EQUAL: f64 = 8.0;

/// Shares of the fastest time in the start that the first step takes.
const FIRST: f64 = 0.1;

/// Steps shorter than this part of the fastest time of the chain make no sense: the first one that leaves what is out
/// of reach below the lowest floor is not as short.
const SHORTEST: f64 = 1e-60;

/// So many steps ahead it pays to look whether the density has its last form.
const FAR: f64 = 32.0;

/// The change of form over a step, relative to the tolerance, at which it is looked at.
const STILL: f64 = 1e-1;

/// What became of a macro-step.
pub(super) enum Trial {
    /// `is_settling`: the flux is not yet known as well as the density.
    Taken {
        step: f64,
        error: f64,
        allowed: f64,
        order: usize,
        is_settling: bool,
    },
    Failed {
        error: f64,
        allowed: f64,
        order: usize,
    },
}

/// The control of steps.
#[derive(Clone, Copy, Debug, serde::Serialize, serde::Deserialize)]
pub(super) struct Pace {
    tolerance: f64,
    /// The step that is taken where nothing hinders it.
    pub(super) step: f64,
    shortest: f64,
    order: usize,
    /// Whether the form of the density has hardly changed over the last step.
    still: bool,
    /// Steps until the form is looked at again.
    wait: usize,
}

impl Pace {
    pub(super) fn new(generator: &Generator, start: &[f64], accuracy: Accuracy) -> Pace {
        let tolerance = accuracy.tolerance;
        let out: Vec<f64> = (0..generator.len())
            .map(|state| {
                let row = generator.rates.outer_view(state);
                generator.killing[state] + row.map_or(0.0, |row| row.data().iter().sum::<f64>())
            })
            .collect();
        let fastest = out.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
        let mean = out.iter().zip(start).map(|(out, p)| out * p).sum::<f64>() / norm(start);
        // A start that nothing leaves has all the time.
        let first = if mean > 0.0 { FIRST / mean } else { FIRST / fastest };
        // A state that is k jumps away from the start is right at once where the order is k.
        let order = match accuracy.is_by_entry() {
            true => HIGHEST,
            false => ORDERS.iter().find(|(least, _)| tolerance >= *least).map_or(HIGHEST, |(_, order)| *order),
        };
        Pace { tolerance, step: first, shortest: SHORTEST / fastest, order, still: false, wait: 0 }
    }

    /// The number of rows that may be tried.
    pub(super) fn order(&self) -> usize {
        self.order
    }

    /// The error that the next step may make, where the way so far of so many steps has made this one.
    pub(super) fn allowance(&self, error: f64, steps: usize) -> f64 {
        let forgotten = PART * (0.5 * self.tolerance - error);
        let kept = (self.tolerance - error) / (2.0 * (steps as f64 + EARLY));
        forgotten.max(kept).max(ROUNDING)
    }

    /// The next step on a way that is so long yet.
    pub(super) fn step(&self, left: f64) -> f64 {
        let number = left / self.step;
        if number <= 1.0 + 1e-9 {
            left
        } else if number <= EQUAL {
            left / (number - 1e-9).ceil()
        } else {
            self.step
        }
    }

    /// Learns from a step; `false` when it cannot be shorter.
    pub(super) fn learn(&mut self, trial: Trial) -> bool {
        match trial {
            Trial::Taken { step, error, allowed, order, is_settling } => {
                // An early row that is good enough leaves higher ones to longer steps.
                let rows = (self.order - order.min(self.order)) as i32;
                let by_error = CAUTION * (allowed / error.max(1e-300)).powf(1.0 / order as f64);
                let growth = (by_error * 1.6f64.powi(rows)).min(if is_settling { DOUBLED } else { MOST_GROWTH });
                if growth >= 2.0 {
                    // Powers of two, so that substeps of the old lengths are substeps of the new one.
                    self.step = self.step.max(step * 2f64.powf(growth.log2().floor()));
                } else if growth < 1.0 {
                    self.step = self.step.min(step);
                }
                true
            }
            Trial::Failed { error, allowed, order } => {
                let wanted = CAUTION * (allowed / error.max(1e-300)).powf(1.0 / order.max(1) as f64);
                let factor = if wanted.is_finite() { wanted.clamp(1.0 / 64.0, 0.5) } else { 0.125 };
                self.step *= 2f64.powf(factor.log2().floor());
                self.step >= self.shortest
            }
        }
    }

    /// Learns by how much the form of the density has changed over a step, in L1.
    pub(super) fn form_changed(&mut self, change: f64) {
        self.still = change <= STILL * self.tolerance;
        self.wait = self.wait.saturating_sub(1);
    }

    /// Whether the density may have its last form, and a long way is left.
    pub(super) fn is_steady(&self, left: f64) -> bool {
        self.still && self.wait == 0 && left > FAR * self.step
    }

    /// Puts off the next look at the form.
    pub(super) fn look_later(&mut self) {
        self.wait = 16;
    }
}
