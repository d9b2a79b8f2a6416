//! Rates in closed form, and the 1D quadrature: nothing here knows a grid.

pub mod quadrature;

use crate::tensor::Point;

/// A formula's rate against the solver's, like with like.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// The formula's rate for this way of absorbing.
    pub value: f64,
    /// Solver's rate over the formula's.
    pub ratio: f64,
    /// 1, or 2 when the set is killed exactly at the saddle (already in `value`).
    pub absorption_factor: f64,
    /// Conditions that the formula needs, each with whether it holds here.
    pub conditions: Vec<Condition>,
}

/// A condition of a theorem.
#[derive(Clone, Debug)]
pub struct Condition {
    /// In words, with the numbers in it.
    pub text: String,
    /// Whether it holds here.
    pub holds: bool,
}

/// Theorem 3.2 of the paper.
#[derive(Clone, Debug)]
pub struct TheoremThreeTwo {
    /// With the paper's prefactor (isothermal current).
    pub isothermal: Comparison,
    /// With the prefactor of the Itô equation.
    pub ito: Comparison,
    /// s of the configuration (0.5 when it gives none).
    pub s: f64,
    /// The s that makes the exponent exact (1D, or along the path in 2D when defined).
    pub s_effective: Option<f64>,
    /// Saddle it was evaluated for.
    pub saddle: Point,
}

/// All formulas that apply.
#[derive(Clone, Debug, Default)]
pub struct Formulas {
    /// Kramers–Eyring, Theorem 3.1: summed over the saddles of the valley.
    pub kramers: Option<Comparison>,
    /// Theorem 3.2.
    pub theorem_3_2: Option<TheoremThreeTwo>,
    /// Formulas that do not apply, and why.
    pub omitted: Vec<String>,
}
