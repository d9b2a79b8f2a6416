//! Points of a claim: a configuration, solved as `saddleflux run` solves it.

use std::path::Path;

use crate::config::Config;
use crate::formula::Formulas;
use crate::problem::Problem;
use crate::scaled::Scaled;
use crate::study::comparison::{Comparison, compared};
use crate::study::{self, Request};
use crate::verify::{ClaimError, Effort};

/// The configuration of a point, from the strength of its noise or another number.
pub type Configured<'a> = &'a dyn Fn(f64) -> String;

/// A point that is solved.
pub struct Solved {
    /// What was asked.
    pub problem: Problem,
    /// γ, extrapolated where that is surer.
    pub rate: Scaled,
    /// 1/τ from the minimum.
    pub passage: Scaled,
    /// The relative error of both.
    pub error: f64,
    /// |Σ ν_i κ_i / γ − 1|.
    pub flux_identity: f64,
    /// The formulas, with γ over each.
    pub formulas: Formulas<Comparison>,
}

impl Solved {
    /// γ over Kramers' rate.
    ///
    /// # Errors
    /// Where Theorem 3.1 does not apply.
    pub fn over_kramers(&self) -> Result<f64, ClaimError> {
        let kramers = self.formulas.kramers.as_ref().ok_or(ClaimError::Lacks { what: "Kramers rate" })?;
        Ok(kramers.ratio)
    }

    /// The barrier of the lowest saddle.
    ///
    /// # Errors
    /// Where there is none.
    pub fn barrier(&self) -> Result<f64, ClaimError> {
        barrier(&self.problem)
    }
}

/// The barrier of the lowest saddle of a problem.
///
/// # Errors
/// Where there is none.
pub fn barrier(problem: &Problem) -> Result<f64, ClaimError> {
    let saddle = problem.valley.saddles.first().map(|&index| &problem.critical.saddles[index].point);
    match (saddle, problem.minimum()) {
        (Some(saddle), Some(minimum)) => Ok(saddle.loss - minimum.loss),
        _ => Err(ClaimError::Lacks { what: "barrier" }),
    }
}

/// Poses a configuration.
///
/// # Errors
/// A configuration or a problem that is wrong.
pub fn posed(text: &str) -> Result<(Problem, Request), ClaimError> {
    let config = Config::from_text(Path::new("claim.toml"), text, &[])?;
    Ok((config.problem()?, config.request))
}

/// Solves a configuration; its rate must be known to a relative error of `needed`, and in one dimension agree with the
/// quadrature to that.
///
/// # Errors
/// A point that cannot be posed or solved, or is less sure than that.
pub fn solve(effort: &Effort, text: &str, needed: f64) -> Result<Solved, ClaimError> {
    let (problem, request) = posed(text)?;
    solve_posed(effort, problem, &request, needed)
}

/// The same for a problem that is posed already.
///
/// # Errors
/// As [`solve`].
pub fn solve_posed(effort: &Effort, problem: Problem, request: &Request, needed: f64) -> Result<Solved, ClaimError> {
    let solution = study::run(&problem, request, &effort.progress.part())?;
    let (rate, passage) = solution.rate.zip(solution.passage).ok_or(ClaimError::Lacks { what: "rate" })?;
    let error = rate.discretisation_error.unwrap_or(f64::INFINITY).max(rate.bracket[1] - rate.bracket[0]);
    if error.is_nan() || error > needed {
        return Err(ClaimError::Unsure { error, needed });
    }
    if let Some(ratio) = solution.quadrature.and_then(|quadrature| quadrature.escape_ratio) {
        let difference = (ratio - 1.0).abs();
        if difference.is_nan() || difference > needed {
            return Err(ClaimError::Disagree { difference, needed });
        }
    }
    effort.step()?;
    let formulas = compared(&problem, rate.best());
    Ok(Solved {
        rate: rate.best(),
        passage: passage.best(),
        error,
        flux_identity: rate.flux_identity,
        formulas,
        problem,
    })
}

/// γ of a configuration's own grid, and what Σ ν_i κ_i/γ differs from 1 by.
///
/// # Errors
/// A point that cannot be posed or solved.
pub fn flux_identity(effort: &Effort, text: &str) -> Result<(Scaled, f64), ClaimError> {
    let (problem, request) = posed(text)?;
    let solution = study::run(&problem, &request, &effort.progress.part())?;
    effort.step()?;
    let rate = solution.rate.ok_or(ClaimError::Lacks { what: "rate" })?;
    Ok((rate.value, rate.flux_identity))
}

/// The logarithm of what a stationary process in one dimension spends beyond a point over what it spends before it, by
/// the chain; and how much half of the cells changes it by.
///
/// # Errors
/// A point that cannot be posed or solved.
pub fn log_odds(effort: &Effort, text: &str, cells: usize, beyond: f64) -> Result<[f64; 2], ClaimError> {
    let at = |cells: usize| -> Result<f64, ClaimError> {
        let (problem, request) =
            posed(&format!("{text}\ngrid = {{ cells = [{cells}] }}\nsolve = {{ quantities = [\"stationary\"] }}"))?;
        let solution = study::run(&problem, &request, &effort.progress.part())?;
        effort.step()?;
        let lacks = ClaimError::Lacks { what: "stationary density" };
        let density = solution.fields.values("stationary").ok_or(lacks)?;
        let side = |is_beyond: bool| -> f64 {
            let cells = density.iter().enumerate();
            cells.filter(|(cell, _)| (solution.grid.cell_centre(*cell)[0] > beyond) == is_beyond).map(|(_, p)| p).sum()
        };
        Ok((side(true) / side(false)).ln())
    };
    let (coarse, fine) = (at(cells / 2)?, at(cells)?);
    Ok([fine, (fine - coarse).abs()])
}

/// γ of a configuration, extrapolated where that is surer; known to a relative error of `needed`.
///
/// # Errors
/// A point that cannot be posed or solved, or is less sure than that.
pub fn rate(effort: &Effort, text: &str, needed: f64) -> Result<Scaled, ClaimError> {
    let (problem, request) = posed(text)?;
    let solution = study::run(&problem, &request, &effort.progress.part())?;
    effort.step()?;
    let rate = solution.rate.ok_or(ClaimError::Lacks { what: "rate" })?;
    match rate.discretisation_error {
        Some(error) if error <= needed => Ok(rate.best()),
        error => Err(ClaimError::Unsure { error: error.unwrap_or(f64::INFINITY), needed }),
    }
}
