//! One macro-step: the choice of an entry of the extrapolation table that is accurate enough and positive.

use super::accuracy::{Accuracy, largest};
use super::norm;
use super::substeps::Substeps;
use crate::elimination::Elimination;

/// Entries that the extrapolation makes negative are replaced by first-order values if together they hold no more than
/// this share of the mass, which is below its rounding.
const BELOW_ROUNDING: f64 = 1e-15;

/// Numbers below this have lost digits or are about to, and are not extrapolated.
const FEW_DIGITS: f64 = 1e-290;

/// The vectors that a macro-step advances.
#[derive(Clone, Copy)]
pub(super) enum EvolvedKind {
    /// A density; `killed_before` is the mass killed before, in units of the mass at the start of the step.
    Density { killed_before: f64 },
    /// Survival, exits and exit rate from every state, one after the other; the first and the last are divided by
    /// `scale` ([`super::backward`]).
    Survival { scale: f64 },
    /// Survival and exits that are propagated backward over an earlier interval ([`super::earlier`]).
    PulledBack,
}

impl EvolvedKind {
    /// Adds a row of substeps with their factor.
    pub(super) fn add_row(self, table: &mut Substeps<'_>, factor: &Elimination) {
        match self {
            EvolvedKind::Density { .. } => table.add(factor),
            EvolvedKind::Survival { scale } => {
                table.add_by(|values, time| (super::backward::substep(factor, values, time * scale), 0.0));
            }
            EvolvedKind::PulledBack => table.add_by(|values, _| (super::earlier::substep(factor, values), 0.0)),
        }
    }

    /// The number of solves per substep.
    pub(super) fn solves(self) -> usize {
        match self {
            EvolvedKind::Density { .. } => 1,
            EvolvedKind::Survival { .. } | EvolvedKind::PulledBack => 2,
        }
    }

    /// The size of the vectors: the mass of a density, 1 otherwise.
    fn mass(self, values: &[f64]) -> f64 {
        match self {
            EvolvedKind::Density { .. } => norm(values),
            EvolvedKind::Survival { .. } | EvolvedKind::PulledBack => values.iter().copied().fold(0.0, f64::max),
        }
    }

    /// The error norm of the values, with the mass killed in the step and its error.
    fn error_norm(
        self,
        accuracy: Accuracy,
        values: &[f64],
        error: &[f64],
        [killed, killed_error, mass]: [f64; 3],
    ) -> f64 {
        match self {
            EvolvedKind::Density { killed_before } => {
                let one = accuracy.error_norm_of_entry(killed_before + killed.max(0.0), killed_error, mass);
                largest(accuracy.error_norm(values, error, mass), one)
            }
            EvolvedKind::Survival { .. } => super::backward::error_norm(accuracy, values, error),
            EvolvedKind::PulledBack => super::earlier::error_norm(accuracy, values, error),
        }
    }
}

/// A macro-step that is being tried.
pub(super) struct Attempt<'a> {
    table: Substeps<'a>,
    accuracy: Accuracy,
    pub(super) of: EvolvedKind,
    /// The estimated errors of the rows, from the second on.
    errors: Vec<f64>,
}

/// A macro-step that may be accepted.
pub(super) struct Accepted {
    /// The vectors after the step.
    pub density: Vec<f64>,
    /// The mass killed in the step.
    pub killed: f64,
    /// The second-best values minus these.
    pub difference: Vec<f64>,
    /// The same difference for the killed mass.
    pub killed_difference: f64,
    /// The error estimate from that difference in the norm of [`Accuracy`].
    pub estimate: f64,
    /// The order of the accepted entry.
    pub order: usize,
    /// The number of rows computed.
    pub rows: usize,
    /// Whether entries below rounding were replaced by first-order values.
    pub has_first_order_tail: bool,
}

impl Accepted {
    /// The relative difference between the two best values of a weighted sum; 0 if the sum is 0.
    fn change_of(&self, weights: &[f64]) -> f64 {
        let sum = |values: &[f64]| values.iter().zip(weights).map(|(value, weight)| value * weight).sum::<f64>();
        let value = sum(&self.density);
        if value > 0.0 { (sum(&self.difference) / value).abs() } else { 0.0 }
    }
}

impl<'a> Attempt<'a> {
    /// Begins a macro-step.
    pub(super) fn new(table: Substeps<'a>, accuracy: Accuracy, of: EvolvedKind) -> Attempt<'a> {
        Attempt { table, accuracy, of, errors: Vec::new() }
    }

    /// The number of rows so far.
    pub(super) fn rows(&self) -> usize {
        self.table.rows()
    }

    /// The smallest error estimate of a row.
    pub(super) fn error(&self) -> f64 {
        self.errors.iter().copied().fold(f64::INFINITY, f64::min)
    }

    /// Whether the flux of a density is not yet as accurate as the density.
    pub(super) fn is_settling(&self, accepted: &Accepted) -> bool {
        matches!(self.of, EvolvedKind::Density { .. })
            && accepted.change_of(self.table.killing) > self.accuracy.tolerance
    }

    /// Whether the remaining rows would not suffice even if each gains as much as the last one did.
    pub(super) fn is_hopeless(&self, allowed: f64, most: usize) -> bool {
        match *self.errors.as_slice() {
            // A row with relative errors near 1 does not predict the convergence of the next.
            [.., before, last] if before < SATURATED => {
                last * (last / before).min(1.0).powi((most - self.rows()) as i32) > HOPELESS * allowed
            }
            _ => false,
        }
    }

    /// Adds a row with the factor of its substep. Returns the best entry of that row that is accurate enough and
    /// positive, and whether a more accurate one was rejected only for not being positive.
    pub(super) fn row(&mut self, factor: &Elimination, allowed: f64) -> (Option<Accepted>, bool) {
        self.of.add_row(&mut self.table, factor);
        let rows = self.rows();
        if rows == 1 {
            return (None, false);
        }
        let (row, killed) = (&self.table.row, &self.table.killed);
        let mass = self.of.mass(&row[0]);
        let error_norm = |density: &[f64], difference: &[f64], killed: f64, killed_difference: f64| -> f64 {
            self.of.error_norm(self.accuracy, density, difference, [killed, killed_difference, mass])
        };
        let minus = |a: &[f64], b: &[f64]| -> Vec<f64> { a.iter().zip(b).map(|(a, b)| a - b).collect() };
        let mut blocked = false;
        for m in (1..=rows).rev() {
            // The best entry is judged by the second best, all others by the best. Neighbouring orders whose errors
            // have the same sign are farther from the exact value than from each other, hence the factor 2.
            let (other, doubt) = if m == rows { (rows - 2, 1.0) } else { (rows - 1, 2.0) };
            let away =
                error_norm(&row[m - 1], &minus(&row[other], &row[m - 1]), killed[m - 1], killed[other] - killed[m - 1]);
            if m == rows {
                self.errors.push(away);
            }
            // This comparison also catches NaN.
            if away > allowed || away.is_nan() {
                break;
            }
            blocked = true;
            let Some((density, has_first_order_tail)) = positive(&row[m - 1], &row[0], mass) else { continue };
            // As for an entry of the density.
            let taken = if killed[m - 1] >= 0.0 { killed[m - 1] } else { killed[0] };
            let difference: Vec<f64> = minus(&row[other], &density).iter().map(|change| doubt * change).collect();
            let killed_difference = doubt * (killed[other] - taken);
            let estimate = error_norm(&density, &difference, taken, killed_difference);
            if estimate <= doubt * allowed {
                let blocked = m < rows;
                let (killed, order) = (taken, m);
                let accepted = Accepted {
                    density,
                    killed,
                    difference,
                    killed_difference,
                    estimate,
                    order,
                    rows,
                    has_first_order_tail,
                };
                return (Some(accepted), blocked);
            }
        }
        (None, blocked)
    }
}

/// The relative error of an entry above which it hardly depends on the step size.
const SATURATED: f64 = 0.1;

/// The factor by which a row may exceed the predicted error.
const HOPELESS: f64 = 10.0;

/// The extrapolated vector with first-order values where it is not positive, and whether there are any; `None` if these
/// values hold more than rounding.
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
