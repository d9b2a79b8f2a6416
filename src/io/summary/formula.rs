//! The formulas, each with the ratio of the computed rate to it.

use serde::Serialize;

use crate::formula::{Condition, Formulas, TheoremThreeTwo};
use crate::observe::quantity::Logged;
use crate::study::comparison::Comparison;

/// The section `formula`.
#[derive(Serialize)]
pub(super) struct FormulaSection<'a> {
    kramers: Option<Compared>,
    effective_potential: Option<Compared>,
    theorem_3_2: Option<Theorem<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    omitted: Vec<String>,
}

impl<'a> FormulaSection<'a> {
    /// The formulas that apply in this dimension.
    pub(super) fn new(formulas: &'a Formulas<Comparison>, dimension: usize) -> FormulaSection<'a> {
        FormulaSection {
            kramers: formulas.kramers.as_ref().map(Compared::new),
            effective_potential: formulas.effective_potential.as_ref().map(Compared::new),
            theorem_3_2: formulas.theorem_3_2.as_ref().map(|theorem| Theorem::new(theorem, dimension)),
            omitted: formulas.omitted.iter().map(ToString::to_string).collect(),
        }
    }
}

#[derive(Serialize)]
struct Compared {
    #[serde(flatten)]
    value: Logged,
    ratio: Option<f64>,
    absorption_factor: f64,
    conditions: Vec<Met>,
}

impl Compared {
    fn new(Comparison { formula, ratio }: &Comparison) -> Compared {
        Compared {
            value: Logged::new("value", formula.value),
            // Particles none of which died give no rate.
            ratio: Some(*ratio).filter(|ratio| *ratio != 0.0),
            absorption_factor: formula.absorption_factor,
            conditions: formula.conditions.iter().map(Met::new).collect(),
        }
    }
}

/// A condition in words, and whether it holds.
#[derive(Serialize)]
struct Met {
    text: String,
    holds: bool,
}

impl Met {
    fn new(condition: &Condition) -> Met {
        Met { text: condition.to_string(), holds: condition.holds() }
    }
}

#[derive(Serialize)]
struct Theorem<'a> {
    #[serde(flatten)]
    isothermal: Compared,
    s: f64,
    s_effective: Option<f64>,
    saddle: &'a [f64],
    ito: Compared,
}

impl<'a> Theorem<'a> {
    fn new(theorem: &'a TheoremThreeTwo<Comparison>, dimension: usize) -> Theorem<'a> {
        Theorem {
            isothermal: Compared::new(&theorem.isothermal),
            s: theorem.s,
            s_effective: theorem.s_effective,
            saddle: &theorem.saddle[..dimension],
            ito: Compared::new(&theorem.ito),
        }
    }
}
