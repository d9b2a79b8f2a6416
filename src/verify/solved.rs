//! The points of a claim: configurations, solved as by `saddleflux run`.

use std::path::Path;

use crate::config::Config;
use crate::formula::Formulas;
use crate::problem::Problem;
use crate::scaled::Scaled;
use crate::study::comparison::{Comparison, compared};
use crate::study::{self, Request};
use crate::verify::{ClaimError, Effort};

/// The configuration of a point as a function of the noise strength or another number.
pub type Configured<'a> = &'a dyn Fn(f64) -> String;

/// A solved point.
pub struct Solved {
    /// The problem.
    pub problem: Problem,
    /// γ per unit of dynamical time, extrapolated if that is more accurate.
    pub rate: Scaled,
    /// 1/τ for the mean first-passage time τ from the start minimum.
    pub passage: Scaled,
    /// The relative error of both.
    pub error: f64,
    /// |Σ ν_i κ_i / γ − 1|.
    pub flux_identity: f64,
    /// The formulas, each with the ratio of γ to it.
    pub formulas: Formulas<Comparison>,
}

impl Solved {
    /// γ over Kramers' rate.
    ///
    /// # Errors
    /// [`ClaimError::Lacks`] if Theorem 3.1 does not apply.
    pub fn over_kramers(&self) -> Result<f64, ClaimError> {
        let kramers = self.formulas.kramers.as_ref().ok_or(ClaimError::Lacks { what: "Kramers rate" })?;
        Ok(kramers.ratio)
    }

    /// The barrier ΔL of the lowest saddle.
    ///
    /// # Errors
    /// [`ClaimError::Lacks`] without a saddle or a minimum.
    pub fn barrier(&self) -> Result<f64, ClaimError> {
        barrier(&self.problem)
    }
}

/// The barrier ΔL of the lowest saddle of a problem.
///
/// # Errors
/// [`ClaimError::Lacks`] without a saddle or a minimum.
pub fn barrier(problem: &Problem) -> Result<f64, ClaimError> {
    let saddle = problem.valley.saddles.first().map(|&index| &problem.critical.saddles[index].point);
    match (saddle, problem.minimum()) {
        (Some(saddle), Some(minimum)) => Ok(saddle.loss - minimum.loss),
        _ => Err(ClaimError::Lacks { what: "barrier" }),
    }
}

/// The problem and the request of a configuration.
///
/// # Errors
/// A configuration or a problem that is wrong.
pub fn posed(text: &str) -> Result<(Problem, Request), ClaimError> {
    let config = Config::from_text(Path::new("claim.toml"), text, &[])?;
    Ok((config.problem()?, config.request))
}

/// Solves a configuration. The rate must have a relative error of at most `needed`, and in one dimension agree with the
/// quadrature to that.
///
/// # Errors
/// A point that cannot be posed or solved, [`ClaimError::Unsure`], or [`ClaimError::Disagree`].
pub fn solve(effort: &Effort, text: &str, needed: f64) -> Result<Solved, ClaimError> {
    let (problem, request) = posed(text)?;
    solve_posed(effort, problem, &request, needed)
}

/// Solves a problem posed before, with the conditions of [`solve`].
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

/// γ on the grid of a configuration, and |Σ ν_i κ_i/γ − 1|.
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

/// ln of the stationary probability above `beyond` over that below, in one dimension on a grid of `cells`, and its
/// absolute change from half as many cells.
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

/// γ of a configuration, extrapolated if that is more accurate, with a relative error of at most `needed`.
///
/// # Errors
/// A point that cannot be posed or solved, or [`ClaimError::Unsure`].
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
