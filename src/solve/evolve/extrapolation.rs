//! One macro-step: which entry of the table of substeps is right enough and positive.

use super::accuracy::{Accuracy, largest};
use super::norm;
use super::substeps::Substeps;
use crate::elimination::Elimination;

/// Entries that the extrapolation makes negative may be of first order if they hold together no more than this part of
/// the mass, which is below its rounding.
const BELOW_ROUNDING: f64 = 1e-15;

/// Numbers below this have lost digits, or are about to, and are not extrapolated.
const FEW_DIGITS: f64 = 1e-290;

/// What is followed.
#[derive(Clone, Copy)]
pub(super) enum Of {
    /// A density, with what has been killed before in units of its mass at the start.
    Density { killed_before: f64 },
    /// Survival, exits and their rate from every state, one after the other, with what the first and the last are
    /// divided by: [`super::backward`].
    Survival { scale: f64 },
    /// Survival and exits as they are at the end of a piece of time, seen from earlier: [`super::earlier`].
    Seen,
}

impl Of {
    /// Adds a row of substeps with their factor.
    pub(super) fn add_row(self, table: &mut Substeps<'_>, factor: &Elimination) {
        match self {
            Of::Density { .. } => table.add(factor),
            Of::Survival { scale } => {
                table.add_by(|values, time| (super::backward::substep(factor, values, time * scale), 0.0));
            }
            Of::Seen => table.add_by(|values, _| (super::earlier::substep(factor, values), 0.0)),
        }
    }

    /// Solves in one substep.
    pub(super) fn solves(self) -> usize {
        match self {
            Of::Density { .. } => 1,
            Of::Survival { .. } | Of::Seen => 2,
        }
    }

    /// The size of what is followed.
    fn mass(self, values: &[f64]) -> f64 {
        match self {
            Of::Density { .. } => norm(values),
            Of::Survival { .. } | Of::Seen => values.iter().copied().fold(0.0, f64::max),
        }
    }

    /// How far values are from right, with what was killed meanwhile and how far that is.
    fn miss(self, accuracy: Accuracy, values: &[f64], error: &[f64], [killed, killed_error, mass]: [f64; 3]) -> f64 {
        match self {
            Of::Density { killed_before } => {
                let one = accuracy.miss_of_one(killed_before + killed.max(0.0), killed_error, mass);
                largest(accuracy.miss(values, error, mass), one)
            }
            Of::Survival { .. } => super::backward::miss(accuracy, values, error),
            Of::Seen => super::earlier::miss(accuracy, values, error),
        }
    }
}

/// A macro-step that is being tried.
pub(super) struct Attempt<'a> {
    table: Substeps<'a>,
    accuracy: Accuracy,
    pub(super) of: Of,
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
    /// The same of what was killed.
    pub killed_difference: f64,
    /// How far that is from right, as [`Accuracy`] measures it.
    pub estimate: f64,
    /// Its order.
    pub order: usize,
    /// The number of rows that it took.
    pub rows: usize,
    /// Whether entries below rounding are of first order.
    pub has_first_order_tail: bool,
}

impl Accepted {
    /// The difference of a weighted sum over its value; 0 where there is none.
    fn change_of(&self, weights: &[f64]) -> f64 {
        let sum = |values: &[f64]| values.iter().zip(weights).map(|(value, weight)| value * weight).sum::<f64>();
        let value = sum(&self.density);
        if value > 0.0 { (sum(&self.difference) / value).abs() } else { 0.0 }
    }
}

impl<'a> Attempt<'a> {
    /// An attempt at a macro-step.
    pub(super) fn new(table: Substeps<'a>, accuracy: Accuracy, of: Of) -> Attempt<'a> {
        Attempt { table, accuracy, of, errors: Vec::new() }
    }

    /// The number of rows so far.
    pub(super) fn rows(&self) -> usize {
        self.table.rows()
    }

    /// The smallest error that a row has had.
    pub(super) fn error(&self) -> f64 {
        self.errors.iter().copied().fold(f64::INFINITY, f64::min)
    }

    /// Whether the flux of a density is not yet known as well as the density.
    pub(super) fn is_settling(&self, accepted: &Accepted) -> bool {
        matches!(self.of, Of::Density { .. }) && accepted.change_of(self.table.killing) > self.accuracy.tolerance
    }

    /// Whether the rows that are left are not enough, if each of them gains what the last one did.
    pub(super) fn is_hopeless(&self, allowed: f64, most: usize) -> bool {
        match *self.errors.as_slice() {
            // An entry of which a row has next to nothing right says nothing of how the next row will do.
            [.., before, last] if before < SATURATED => {
                last * (last / before).min(1.0).powi((most - self.rows()) as i32) > HOPELESS * allowed
            }
            _ => false,
        }
    }

    /// Adds a row with the factor of its substep, and returns the best density of that row that meets the error and is
    /// positive; also whether a better one would have met it that is not positive.
    pub(super) fn row(&mut self, factor: &Elimination, allowed: f64) -> (Option<Accepted>, bool) {
        self.of.add_row(&mut self.table, factor);
        let rows = self.rows();
        if rows == 1 {
            return (None, false);
        }
        let (row, killed) = (&self.table.row, &self.table.killed);
        let mass = self.of.mass(&row[0]);
        let miss = |density: &[f64], difference: &[f64], killed: f64, killed_difference: f64| -> f64 {
            self.of.miss(self.accuracy, density, difference, [killed, killed_difference, mass])
        };
        let minus = |a: &[f64], b: &[f64]| -> Vec<f64> { a.iter().zip(b).map(|(a, b)| a - b).collect() };
        let mut blocked = false;
        for m in (1..=rows).rev() {
            // The best is judged by the next best, all others by the best. Neighbouring orders that err to the same
            // side are farther from the truth than from each other.
            let (other, doubt) = if m == rows { (rows - 2, 1.0) } else { (rows - 1, 2.0) };
            let away =
                miss(&row[m - 1], &minus(&row[other], &row[m - 1]), killed[m - 1], killed[other] - killed[m - 1]);
            if m == rows {
                self.errors.push(away);
            }
            // A comparison that also finds what is not a number.
            if away > allowed || away.is_nan() {
                break;
            }
            blocked = true;
            let Some((density, has_first_order_tail)) = positive(&row[m - 1], &row[0], mass) else { continue };
            // As an entry of the density is.
            let taken = if killed[m - 1] >= 0.0 { killed[m - 1] } else { killed[0] };
            let difference: Vec<f64> = minus(&row[other], &density).iter().map(|change| doubt * change).collect();
            let killed_difference = doubt * (killed[other] - taken);
            let estimate = miss(&density, &difference, taken, killed_difference);
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

/// Relative errors of entries from here on hardly depend on the step.
const SATURATED: f64 = 0.1;

/// A row may be this much worse than hoped for.
const HOPELESS: f64 = 10.0;

/// The extrapolated density with entries of first order where it has no positive number, and whether there are any;
/// `None` where they hold more than rounding.
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
