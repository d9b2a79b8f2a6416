//! Points of a claim: a configuration, solved as `saddleflux run` solves it.

use std::path::Path;

use crate::config::Config;
use crate::formula::Formulas;
use crate::problem::Problem;
use crate::progress::Progress;
use crate::scaled::Scaled;
use crate::study::comparison::{Comparison, compared};
use crate::study::{self, Request};
use crate::verify::ClaimError;

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

/// Solves a configuration; its rate must be known to a relative error of `needed`, and in one dimension agree with the quadrature to
/// that.
///
/// # Errors
/// A point that cannot be posed or solved, or is less sure than that.
pub fn solve(text: &str, needed: f64) -> Result<Solved, ClaimError> {
    let (problem, request) = posed(text)?;
    solve_posed(problem, &request, needed)
}

/// The same for a problem that is posed already.
///
/// # Errors
/// As [`solve`].
pub fn solve_posed(problem: Problem, request: &Request, needed: f64) -> Result<Solved, ClaimError> {
    let solution = study::run(&problem, request, &Progress::default())?;
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
