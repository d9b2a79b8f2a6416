//! Sensitivities of the escape rate to the numbers of a configuration.
//!
//! ```text
//! ∂ ln γ/∂ ln p = [8 (f₁ − f₋₁) − (f₂ − f₋₂)]/12h,   f_k = ln γ(p e^{kh})      error: h⁴/30 times the fifth derivative
//! ```
//! Every γ is computed on the grid and with the scheme of the run, so that the discretisation error largely cancels in
//! the differences. Rates are accurate to 1e-13 whatever their size, the quotient to about 1e-9 of |ln γ|. Each number
//! costs four solutions. First-order perturbation theory would cost none but lose the digits of a small rate: it takes
//! differences of the right eigenvector, which is constant to rounding over the valley.

use std::collections::BTreeMap;

use crate::config::{Config, ConfigError};
use crate::problem::{Problem, ProblemError, Wall};
use crate::progress::Progress;
use crate::study::request::Quantity;
use crate::study::{self, Request, Solution, StudyError, Warning};

/// The step h of ln p.
const STEP: f64 = 0.01;
/// Numbers that are no parameters of the problem but select it.
const COUNTS: [&str; 3] = ["landscape.dimension", "landscape.seed", "landscape.layers"];
/// The change of ln γ, relative to it, below which a difference counts as rounding.
const ROUNDING: f64 = 1e-12;

/// The reason for which a sensitivity could not be computed.
#[derive(Debug, thiserror::Error)]
pub enum SensitivityError {
    /// The configuration with a changed number is wrong.
    #[error("sensitivity to {key}: {source}")]
    Config {
        /// The key of the number.
        key: String,
        /// The error.
        source: Box<ConfigError>,
    },
    /// The problem with a changed number cannot be posed.
    #[error("sensitivity to {key}: {source}")]
    Problem {
        /// The key of the number.
        key: String,
        /// The error.
        source: Box<ProblemError>,
    },
    /// The problem with a changed number cannot be solved.
    #[error("sensitivity to {key}: {source}")]
    Study {
        /// The key of the number.
        key: String,
        /// The error.
        source: Box<StudyError>,
    },
}

impl SensitivityError {
    /// Whether the user stopped it.
    fn is_interruption(&self) -> bool {
        matches!(self, SensitivityError::Study { source, .. } if matches!(**source, StudyError::Interrupted))
    }
}

/// The sensitivities to the numbers of a configuration.
#[derive(Debug, Default)]
pub struct Sensitivities {
    /// ∂ ln γ/∂ ln p by the key of p.
    pub by_key: BTreeMap<String, f64>,
    /// The errors of the sensitivities that could not be computed.
    pub unknown: Vec<SensitivityError>,
}

impl Config {
    /// Adds the requested sensitivities to a solution, computed on its grid and with its scheme; those that could not
    /// be computed become warnings.
    ///
    /// # Errors
    /// [`StudyError::Interrupted`].
    pub fn add_sensitivities(
        &self,
        problem: &Problem,
        solution: &mut Solution,
        progress: &Progress,
    ) -> Result<(), StudyError> {
        if !self.request.wants(Quantity::Sensitivities) {
            return Ok(());
        }
        let mut settled = self.request.clone();
        settled.grid.cells = Some(solution.grid.cells);
        settled.grid.scheme = Some(solution.choice.scheme);
        let found = self.sensitivities(problem, &settled, progress)?;
        let is_empty = found.by_key.is_empty() && found.unknown.is_empty();
        solution.warnings.extend(is_empty.then_some(Warning::NoSensitivity));
        let reasons = found.unknown.iter().map(ToString::to_string);
        solution.warnings.extend(reasons.map(|reason| Warning::SensitivityUnknown { reason }));
        // Serialisation cannot fail: the keys are texts and the values numbers.
        solution.quantities.add("sensitivity", &found.by_key).expect("a view of plain values");
        Ok(())
    }

    /// The number of solutions that the requested sensitivities cost.
    pub fn solutions_for_sensitivities(&self) -> usize {
        if self.request.wants(Quantity::Sensitivities) { 4 * self.numbers().len() } else { 0 }
    }

    /// ∂ ln γ/∂ ln p by key, for every positive number p of `[landscape]`, `[noise]`, `[domain]` and `[valley]` on
    /// which γ depends. `settled`: the request with its cells and scheme chosen.
    ///
    /// # Errors
    /// [`StudyError::Interrupted`].
    pub fn sensitivities(
        &self,
        problem: &Problem,
        settled: &Request,
        progress: &Progress,
    ) -> Result<Sensitivities, StudyError> {
        let numbers = self.numbers();
        progress.begin("sensitivities", 4 * numbers.len() as u64);
        let request = Request {
            quantities: vec![Quantity::Rate],
            error_estimate: false,
            sgd: None,
            particles: None,
            evolve: None,
            ..settled.clone()
        };
        // A corner that was chosen from the landscape stays where it was, but where it is on the boundary that kills,
        // which moves with the landscape or with the box around the minimum.
        let posed = &self.posed.domain;
        let corners = [("lower", posed.lower, problem.domain.lower), ("upper", posed.upper, problem.domain.upper)];
        let stays = |end: usize, given: Option<[f64; 2]>| {
            let mut walls = (0..problem.dimension).map(|axis| problem.domain.wall(axis, end));
            given.is_some() || walls.any(|wall| wall != Some(Wall::Absorbing))
        };
        let kept = corners.into_iter().enumerate().filter(|(end, (_, given, _))| stays(*end, *given));
        let domain: Vec<String> =
            kept.map(|(_, (name, _, at))| format!("domain.{name}={:?}", &at[..problem.dimension])).collect();
        let mut found = Sensitivities::default();
        for (key, value) in numbers {
            let logarithm = |steps: f64| -> Result<f64, SensitivityError> {
                let mut changes = vec![format!("{key}={:?}", value * (steps * STEP).exp())];
                changes.extend(domain.iter().cloned());
                let config = Config::from_text(&self.source.path, &self.source.effective, &changes)
                    .map_err(|source| SensitivityError::Config { key: key.clone(), source: Box::new(source) })?;
                let problem = config
                    .problem()
                    .map_err(|source| SensitivityError::Problem { key: key.clone(), source: Box::new(source) })?;
                let lacks = || SensitivityError::Study { key: key.clone(), source: Box::new(StudyError::Interrupted) };
                let solution = study::run(&problem, &request, &progress.part())
                    .map_err(|source| SensitivityError::Study { key: key.clone(), source: Box::new(source) })?;
                progress.advance(1);
                if progress.is_interrupted() {
                    return Err(lacks());
                }
                solution.rate.map(|rate| rate.value.ln()).ok_or_else(lacks)
            };
            let four = || -> Result<[f64; 4], SensitivityError> {
                let [far_below, below] = [logarithm(-2.0)?, logarithm(-1.0)?];
                Ok([far_below, below, logarithm(1.0)?, logarithm(2.0)?])
            };
            match four() {
                Ok([far_below, below, above, far_above]) => {
                    if (far_above - far_below).abs() > ROUNDING * far_above.abs().max(1.0) {
                        let quotient = (8.0 * (above - below) - (far_above - far_below)) / (12.0 * STEP);
                        found.by_key.insert(key, quotient);
                    }
                }
                Err(error) if error.is_interruption() => return Err(StudyError::Interrupted),
                Err(error) => found.unknown.push(error),
            }
        }
        Ok(found)
    }

    /// The positive numbers of the sections that pose the problem, by key.
    fn numbers(&self) -> Vec<(String, f64)> {
        // A text that was read before parses again.
        let table: toml::Table = self.source.effective.parse().unwrap_or_default();
        let mut found = Vec::new();
        for section in ["landscape", "noise", "domain", "valley"] {
            if let Some(value) = table.get(section) {
                gather(section, value, &mut found);
            }
        }
        found.retain(|(key, value)| *value > 0.0 && value.is_finite() && !COUNTS.contains(&key.as_str()));
        found
    }
}

fn gather(key: &str, value: &toml::Value, found: &mut Vec<(String, f64)>) {
    match value {
        toml::Value::Float(number) => found.push((key.to_string(), *number)),
        toml::Value::Integer(number) => found.push((key.to_string(), *number as f64)),
        toml::Value::Table(table) => {
            for (inner, value) in table {
                gather(&format!("{key}.{inner}"), value, found);
            }
        }
        _ => {}
    }
}
