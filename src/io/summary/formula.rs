//! Formulas, and the solver's rate over each.

use serde::Serialize;

use crate::formula::{Comparison, Condition, Formulas, TheoremThreeTwo};
use crate::observe::quantity::Logged;

/// The section `formula`.
#[derive(Serialize)]
pub(super) struct FormulaSection<'a> {
    kramers: Option<Compared<'a>>,
    effective_potential: Option<Compared<'a>>,
    theorem_3_2: Option<Theorem<'a>>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    omitted: &'a [String],
}

impl<'a> FormulaSection<'a> {
    /// The formulas that apply in this dimension.
    pub(super) fn new(formulas: &'a Formulas, dimension: usize) -> FormulaSection<'a> {
        FormulaSection {
            kramers: formulas.kramers.as_ref().map(Compared::new),
            effective_potential: formulas.effective_potential.as_ref().map(Compared::new),
            theorem_3_2: formulas.theorem_3_2.as_ref().map(|theorem| Theorem::new(theorem, dimension)),
            omitted: &formulas.omitted,
        }
    }
}

#[derive(Serialize)]
struct Compared<'a> {
    #[serde(flatten)]
    value: Logged,
    ratio: f64,
    absorption_factor: f64,
    conditions: &'a [Condition],
}

impl<'a> Compared<'a> {
    fn new(comparison: &'a Comparison) -> Compared<'a> {
        Compared {
            value: Logged::new("value", comparison.value),
            ratio: comparison.ratio,
            absorption_factor: comparison.absorption_factor,
            conditions: &comparison.conditions,
        }
    }
}

#[derive(Serialize)]
struct Theorem<'a> {
    #[serde(flatten)]
    isothermal: Compared<'a>,
    s: f64,
    s_effective: Option<f64>,
    saddle: &'a [f64],
    ito: Compared<'a>,
}

impl<'a> Theorem<'a> {
    fn new(theorem: &'a TheoremThreeTwo, dimension: usize) -> Theorem<'a> {
        Theorem {
            isothermal: Compared::new(&theorem.isothermal),
            s: theorem.s,
            s_effective: theorem.s_effective,
            saddle: &theorem.saddle[..dimension],
            ito: Compared::new(&theorem.ito),
        }
    }
}
