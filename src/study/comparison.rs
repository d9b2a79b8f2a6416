//! The solver's rate against the formulas and the 1D quadrature, like with like.

use crate::config::Config;
use crate::formula::Formulas;
use crate::problem::Problem;
use crate::study::solution::QuadratureCheck;

/// All formulas that apply.
pub fn formulas(_config: &Config, _problem: &Problem, _rate: f64) -> Formulas {
    Formulas::default()
}

/// The quadrature.
pub fn quadrature(_problem: &Problem, _passage: Option<f64>, _rate: Option<f64>) -> Option<QuadratureCheck> {
    None
}
