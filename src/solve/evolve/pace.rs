//! The control of length and order of macro-steps.

use super::{Accuracy, norm};
use crate::generator::Generator;

/// The highest order: the weights of the extrapolation amplify rounding.
pub(super) const HIGHEST: usize = 6;

/// Tolerances in L1 and the order that takes the fewest solves down to it. Odd orders are positive far in the tails.
const ORDERS: [(f64, usize); 2] = [(3e-4, 3), (1e-7, 5)];

/// Half of the tolerance is for steps whose errors decay; a step may use this fraction of what remains of it.
const PART: f64 = 1.0 / 6.0;

/// The other half is for errors that persist: step k may use the fraction 1/2(k + EARLY) of what remains, so that some
/// always remains.
const EARLY: f64 = 12.0;

/// The rounding error of a step, which the extrapolation amplifies.
pub(super) const ROUNDING: f64 = 5e-14;

/// The safety factor of the predicted step length.
const CAUTION: f64 = 0.85;

/// The largest growth factor of the step length.
const MOST_GROWTH: f64 = 16.0;

/// The largest growth factor while the flux is not yet accurate.
const DOUBLED: f64 = 2.0;

/// If the remaining time is at most this many steps it is divided into equal steps; before that all steps are powers of
/// two times the first.
const EQUAL: f64 = 8.0;

/// The first step as a fraction of the fastest time scale in the start.
const FIRST: f64 = 0.1;

/// The shortest step as a fraction of the fastest time scale of the chain: even the first step, after which unreachable
/// states are below the lowest floor, is longer.
const SHORTEST: f64 = 1e-60;

/// The number of remaining steps from which on a test for the quasi-stationary limit pays.
const FAR: f64 = 32.0;

/// The change of the normalised density over a step, relative to the tolerance, at which that test is made.
const STILL: f64 = 1e-1;

/// The outcome of a macro-step.
pub(super) enum Trial {
    /// The step was accepted; `is_settling`: the flux is not yet as accurate as the density.
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

/// The step size control.
#[derive(Clone, Copy, Debug, serde::Serialize, serde::Deserialize)]
pub(super) struct Pace {
    tolerance: f64,
    /// The step length if nothing limits it.
    pub(super) step: f64,
    shortest: f64,
    order: usize,
    /// Whether the normalised density hardly changed over the last step.
    still: bool,
    /// The number of steps until the next test for the quasi-stationary limit.
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
        // A start that no rate leaves sets no time scale.
        let first = if mean > 0.0 { FIRST / mean } else { FIRST / fastest };
        // A state that is k jumps away from the start is accurate at once if the order is k.
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

    /// The error that the next step may make after `steps` steps with the total error `error`.
    pub(super) fn allowance(&self, error: f64, steps: usize) -> f64 {
        let forgotten = PART * (0.5 * self.tolerance - error);
        let kept = (self.tolerance - error) / (2.0 * (steps as f64 + EARLY));
        forgotten.max(kept).max(ROUNDING)
    }

    /// The length of the next step, with the time `left` to go.
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

    /// Adapts to the outcome of a step; `false` if the step cannot be shortened further.
    pub(super) fn learn(&mut self, trial: Trial) -> bool {
        match trial {
            Trial::Taken { step, error, allowed, order, is_settling } => {
                // If a low order sufficed, higher orders serve longer steps.
                let rows = (self.order - order.min(self.order)) as i32;
                let by_error = CAUTION * (allowed / error.max(1e-300)).powf(1.0 / order as f64);
                let growth = (by_error * 1.6f64.powi(rows)).min(if is_settling { DOUBLED } else { MOST_GROWTH });
                if growth >= 2.0 {
                    // Powers of two, so that substeps of the old lengths are substeps of the new step.
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

    /// Records the L1 change of the normalised density over a step.
    pub(super) fn form_changed(&mut self, change: f64) {
        self.still = change <= STILL * self.tolerance;
        self.wait = self.wait.saturating_sub(1);
    }

    /// Whether the density may be quasi-stationary and a long time remains.
    pub(super) fn is_steady(&self, left: f64) -> bool {
        self.still && self.wait == 0 && left > FAR * self.step
    }

    /// Postpones the next test for the quasi-stationary limit.
    pub(super) fn look_later(&mut self) {
        self.wait = 16;
    }
}
