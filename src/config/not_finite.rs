//! The formula of a configuration behind a value that is not finite.

use std::borrow::Cow;

use crate::config::{Config, LandscapeForm, NoiseForm};
use crate::generator::AssemblyError;
use crate::problem::expression::Expression;
use crate::problem::fault::Ingredient;
use crate::problem::{Domain, ProblemError};
use crate::solve::SolveError;
use crate::study::StudyError;
use crate::tensor::Point;

impl Config {
    /// The key of the formula that is not finite at the point of the error; `None` for other errors, and if no formula
    /// is at fault.
    pub fn key_of_not_finite(&self, error: &StudyError) -> Option<Cow<'static, str>> {
        let at = match error {
            StudyError::Problem(ProblemError::NotFinite { at, .. })
            | StudyError::Solve(SolveError::Assembly(AssemblyError::NotFinite { at, .. })) => *at,
            _ => return None,
        };
        let [of_landscape, of_noise] = self.formulas();
        let stretched = self.stretched(at);
        let at_fault = |list: &[(&'static str, &Expression)], at: Point| {
            list.iter().find(|(_, formula)| !is_finite(formula, at)).map(|(key, _)| Cow::Borrowed(*key))
        };
        at_fault(&of_landscape, stretched).or_else(|| at_fault(&of_noise, at))
    }

    /// Refuses a formula that has a pole in the domain, between the points at which the problem was looked at.
    ///
    /// # Errors
    /// [`ProblemError::NotFinite`] with the place of the pole.
    pub(super) fn refuse_poles(&self, domain: &Domain) -> Result<(), ProblemError> {
        let [of_landscape, of_noise] = self.formulas();
        let (lower, upper, dimension) = (domain.lower, domain.upper, domain.dimension);
        let ends = [lower, upper].map(|end| self.stretched(end));
        for (key, formula) in of_landscape {
            if let Some(pole) = formula.pole(ends[0], ends[1]) {
                let at = tidy(pole.map(|coordinate| coordinate / self.landscape.sharpness.sqrt()));
                let what = if key == "landscape.drift" { Ingredient::Drift } else { Ingredient::Loss };
                return Err(ProblemError::NotFinite { what, at, dimension });
            }
        }
        match of_noise.iter().find_map(|(_, formula)| formula.pole(lower, upper)) {
            Some(pole) => Err(ProblemError::NotFinite { what: Ingredient::Tensor, at: tidy(pole), dimension }),
            None => Ok(()),
        }
    }

    /// A point at which the formula of the landscape is evaluated for θ: √k θ, k the sharpness.
    fn stretched(&self, theta: Point) -> Point {
        theta.map(|coordinate| self.landscape.sharpness.sqrt() * coordinate)
    }

    /// The formulas of the landscape and of the noise with their keys.
    fn formulas(&self) -> [Vec<(&'static str, &Expression)>; 2] {
        let is_plane = self.landscape.dimension == 2;
        let of_landscape = match &self.landscape.form {
            LandscapeForm::Expression(loss) => vec![("landscape.expression", loss)],
            LandscapeForm::Drift(first, second) => {
                [Some(first), second.as_ref()].into_iter().flatten().map(|drift| ("landscape.drift", drift)).collect()
            }
            _ => Vec::new(),
        };
        let of_noise: Vec<(&'static str, &Expression)> = match &self.noise.form {
            NoiseForm::Expression { d11, d12, d22 } => {
                let entries = [("noise.d11", d11), ("noise.d12", d12), ("noise.d22", d22)];
                entries.into_iter().take(if is_plane { 3 } else { 1 }).map(|(key, entry)| (key, &**entry)).collect()
            }
            NoiseForm::Model(_) => Vec::new(),
        };
        [of_landscape, of_noise]
    }
}

/// A place without the rounding errors of its search.
fn tidy(theta: Point) -> Point {
    theta.map(|coordinate| format!("{coordinate:.10e}").parse().unwrap_or(coordinate))
}

fn is_finite(formula: &Expression, at: Point) -> bool {
    formula.value(at).is_finite() && formula.gradient(at).iter().all(|slope| slope.is_finite())
}
