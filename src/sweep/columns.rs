//! The columns of a sweep's tables: numbers of the summary of each point.

use serde_json::Value;

use crate::config::sweep::RESULTS;
use crate::observe::group::Label;
use crate::problem::expression::Known;

/// A number of a summary.
#[derive(Debug)]
pub struct Column {
    /// The name in tables and formulas, the units and the long name.
    pub label: Label,
    /// The section of the summary that holds it, and its key there.
    place: (&'static str, &'static str),
}

const fn column(
    name: usize,
    units: &'static str,
    long_name: &'static str,
    place: (&'static str, &'static str),
) -> Column {
    Column { label: Label::new(RESULTS[name], units, long_name), place }
}

const RATE: &str = "/rate/quasi_stationary";
const PASSAGE: &str = "/rate/mean_first_passage";
const PER_TIME: &str = "1/dynamical time";

/// All columns, in the order of [`RESULTS`].
pub static COLUMNS: [Column; RESULTS.len()] = [
    column(0, PER_TIME, "quasi-stationary escape rate", (RATE, "value")),
    column(1, "1", "estimated relative discretisation error of the rate", (RATE, "discretisation_error")),
    column(2, PER_TIME, "rate extrapolated over the grids", (RATE, "extrapolated")),
    column(3, "dynamical time", "mean first-passage time", (PASSAGE, "time")),
    column(4, "1", "estimated relative discretisation error of 1/time", (PASSAGE, "discretisation_error")),
    column(5, PER_TIME, "flux over population", ("/rate/flux_over_population", "value")),
    column(6, PER_TIME, "escape rate by quadrature", ("/rate/quadrature", "escape_rate")),
    column(7, PER_TIME, "escape rate of the particles", ("/rate/particles", "value")),
    column(8, PER_TIME, "standard error of the particles' rate", ("/rate/particles", "standard_error")),
    column(9, "loss", "barrier at the lowest saddle", ("/problem/saddles/0", "barrier")),
    column(10, PER_TIME, "Kramers' formula", ("/formula/kramers", "value")),
    column(11, "1", "rate over Kramers' formula", ("/formula/kramers", "ratio")),
    column(12, PER_TIME, "Theorem 3.2", ("/formula/theorem_3_2", "value")),
    column(13, "1", "rate over Theorem 3.2", ("/formula/theorem_3_2", "ratio")),
    column(14, "1", "largest cell Péclet number where it matters", ("/grid", "peclet_relevant")),
];

impl Column {
    /// The number in a summary; its logarithm alone if it is out of the range of f64.
    pub(super) fn of(&self, summary: &Value) -> Known {
        let (section, key) = self.place;
        let Some(section) = summary.pointer(section) else { return Known::default() };
        let number = |key: &str| section.get(key).and_then(Value::as_f64);
        Known { value: number(key), logarithm: number(&format!("log_{key}")) }
    }
}
