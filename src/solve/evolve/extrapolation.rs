//! One macro-step: implicit Euler with 1, 2, 3, … substeps, extrapolated to substeps without length (Aitken & Neville).
//!
//! ```text
//! T_j1 = p (1 − (H/j) G)^−j        T_j,m+1 = T_jm + (T_jm − T_j−1,m) (j − m)/m
//! ```
//! T_jm is of order m. Every T_j1 is positive; of the others that is to be seen, for no linear method above the first order is positive
//! for every step (Bolley & Crouzeix 1978).

use super::{flux, norm};
use crate::elimination::Elimination;

/// Entries that the extrapolation makes negative may be of first order if they hold together no more than this part of the mass, which
/// is below its rounding.
const BELOW_ROUNDING: f64 = 1e-15;

/// Numbers below this have lost digits, or are about to, and are not extrapolated.
const FEW_DIGITS: f64 = 1e-290;

/// A macro-step that is being tried.
pub(super) struct Attempt<'a> {
    start: &'a [f64],
    killing: &'a [f64],
    step: f64,
    /// What the substeps have killed, extrapolated as the densities are.
    killed: Vec<f64>,
    /// T_j1 … T_jj of the last row j.
    last: Vec<Vec<f64>>,
    /// The estimated errors of the rows, from the second on.
    errors: Vec<f64>,
}

/// A macro-step that may be taken.
pub(super) struct Accepted {
    /// The density after it.
    pub density: Vec<f64>,
    /// What was killed meanwhile.
    pub killed: f64,
    /// The next best density minus this one.
    pub difference: Vec<f64>,
    /// The L1 norm of that, relative to the mass.
    pub estimate: f64,
    /// Its order.
    pub order: usize,
    /// Whether entries below rounding are of first order.
    pub has_first_order_tail: bool,
}

impl Accepted {
    /// The difference of a weighted sum over its value; 0 where there is none.
    pub(super) fn change_of(&self, weights: &[f64]) -> f64 {
        let sum = |values: &[f64]| values.iter().zip(weights).map(|(value, weight)| value * weight).sum::<f64>();
        let value = sum(&self.density);
        if value > 0.0 { (sum(&self.difference) / value).abs() } else { 0.0 }
    }
}

impl<'a> Attempt<'a> {
    /// An attempt at a macro-step of this length.
    pub(super) fn new(start: &'a [f64], killing: &'a [f64], step: f64) -> Attempt<'a> {
        Attempt { start, killing, step, killed: Vec::new(), last: Vec::new(), errors: Vec::new() }
    }

    /// The number of rows so far.
    pub(super) fn rows(&self) -> usize {
        self.last.len()
    }

    /// The smallest error that a row has had.
    pub(super) fn error(&self) -> f64 {
        self.errors.iter().copied().fold(f64::INFINITY, f64::min)
    }

    /// Whether the rows that are left are not enough, if each of them gains what the last one did.
    pub(super) fn is_hopeless(&self, allowed: f64, most: usize) -> bool {
        match *self.errors.as_slice() {
            [.., before, last] => {
                last * (last / before).min(1.0).powi((most - self.rows()) as i32) > HOPELESS * allowed
            }
            _ => false,
        }
    }

    /// Adds row j with the factor of a substep, and returns the best density of that row that meets the error and is positive; also
    /// whether a better one would have met it that is not positive.
    pub(super) fn row(&mut self, factor: &Elimination, j: usize, allowed: f64) -> (Option<Accepted>, bool) {
        let substep = self.step / j as f64;
        let mut density = factor.solve_left(self.start);
        let mut killed = substep * flux(&density, self.killing);
        for _ in 1..j {
            density = factor.solve_left(&density);
            killed += substep * flux(&density, self.killing);
        }
        let (mut row, mut killed) = (vec![density], vec![killed]);
        for m in 1..j {
            let weight = (j - m) as f64 / m as f64;
            let next = |new: f64, old: f64| new + (new - old) * weight;
            row.push(row[m - 1].iter().zip(&self.last[m - 1]).map(|(new, old)| next(*new, *old)).collect());
            killed.push(next(killed[m - 1], self.killed[m - 1]));
        }
        (self.last, self.killed) = (row, killed);
        if j == 1 {
            return (None, false);
        }
        let mass = norm(&self.last[0]);
        let best = &self.last[j - 1];
        let mut blocked = false;
        for m in (1..=j).rev() {
            // The best is judged by the next best, all others by the best.
            let other = if m == j { &self.last[j - 2] } else { best };
            let difference: Vec<f64> = other.iter().zip(&self.last[m - 1]).map(|(other, own)| other - own).collect();
            let estimate = norm(&difference) / mass;
            if m == j {
                self.errors.push(estimate);
            }
            if estimate.is_nan() || estimate > allowed {
                break;
            }
            // Neighbouring orders that err to the same side are farther from the truth than from each other.
            let (difference, estimate) = match m == j {
                true => (difference, estimate),
                false => (difference.iter().map(|change| 2.0 * change).collect(), 2.0 * estimate),
            };
            if let Some((density, has_first_order_tail)) = positive(&self.last[m - 1], &self.last[0], mass) {
                // As an entry of the density is.
                let killed = if self.killed[m - 1] >= 0.0 { self.killed[m - 1] } else { self.killed[0] };
                let order = m;
                return (
                    Some(Accepted { density, killed, difference, estimate, order, has_first_order_tail }),
                    blocked,
                );
            }
            blocked = true;
        }
        (None, blocked)
    }
}

/// A row may be this much worse than hoped for.
const HOPELESS: f64 = 10.0;

/// The extrapolated density with entries of first order where it has no positive number, and whether there are any; `None` where they
/// hold more than rounding.
fn positive(extrapolated: &[f64], first_order: &[f64], mass: f64) -> Option<(Vec<f64>, bool)> {
    let (mut held, mut replaced) = (0.0, false);
    let entry = |(&value, &first): (&f64, &f64)| {
        if value >= 0.0 && first > FEW_DIGITS || value == first {
            return value;
        }
        held += first + value.abs();
        replaced |= first > FEW_DIGITS;
        first
    };
    let density = extrapolated.iter().zip(first_order).map(entry).collect();
    (held <= BELOW_ROUNDING * mass).then_some((density, replaced))
}
