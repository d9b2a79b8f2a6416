//! The error of a rate from the interpolation of a loss that is given on a grid of points.

use serde::Serialize;

use crate::problem::{Problem, ProblemError};
use crate::scaled::Scaled;
use crate::solve::Resources;
use crate::study::level;
use crate::study::request::Quantity;
use crate::study::{Request, StudyError};

/// The largest number of cells along an axis, by dimension, on which the thinned problems are solved: relative changes
/// of rates need no more.
const MOST: [usize; 2] = [4096, 128];

/// The estimated interpolation error of one quantity, relative to its value.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Interpolation {
    /// ln γ(h)/γ(2h), where γ is the escape rate or the inverse passage time and h the spacing of the table.
    pub thinned_by_two: f64,
    /// ln γ(2h)/γ(4h); `None` if the table cannot be thinned twice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thinned_by_four: Option<f64>,
    /// The relative error to add to the discretisation error.
    pub error: f64,
}

impl Interpolation {
    fn new(first: f64, second: Option<f64>) -> Interpolation {
        let error = match second.map(f64::abs) {
            Some(second) if second >= 4.0 * first.abs() => (first.abs() / 3.0).max(second / 48.0),
            _ => first.abs(),
        };
        Interpolation { thinned_by_two: first, thinned_by_four: second, error }
    }
}

/// The outcome of the estimate of interpolation errors.
#[derive(Clone, Debug)]
pub enum Found {
    /// There is nothing to add: the loss is not interpolated, or neither a rate nor an error was requested.
    Exact,
    /// The errors were estimated.
    Errors(Errors),
    /// The error is unknown, because the problem with the thinned table could not be posed.
    Unknown(Box<ProblemError>),
}

/// The interpolation errors of the escape rate and of the passage time; `None` if not requested.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Errors {
    /// The interpolation error of γ.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<Interpolation>,
    /// The interpolation error of 1/τ.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub passage_time: Option<Interpolation>,
}

/// Solves the problem with the whole and with thinned tables on the same grid, of `cells` or fewer, and estimates the
/// interpolation errors from the changes of the rates.
///
/// # Errors
/// [`StudyError`]: the problem or the one with half of the values along each axis could not be solved on that grid.
pub fn change(
    problem: &Problem,
    request: &Request,
    cells: [usize; 2],
    resources: Resources<'_>,
) -> Result<Found, StudyError> {
    let mut asked = request.clone();
    asked.quantities.retain(|quantity| matches!(quantity, Quantity::Rate | Quantity::PassageTime));
    if asked.quantities.is_empty() || !request.error_estimate {
        return Ok(Found::Exact);
    }
    let coarser = match problem.coarser() {
        None => return Ok(Found::Exact),
        Some(Ok(coarser)) => coarser,
        Some(Err(error)) => return Ok(Found::Unknown(Box::new(error))),
    };
    (asked.evolve, asked.particles, asked.sgd) = (None, None, None);
    let mut cells = cells;
    while cells.iter().any(|count| *count > MOST[problem.dimension - 1]) {
        cells = cells.map(|count| count.div_ceil(2));
    }
    // Returns γ and 1/τ.
    let solved = |problem: &Problem| -> Result<[Option<Scaled>; 2], StudyError> {
        let found = level::solve(&asked, problem, cells, resources)?.found;
        let rate = found.quasi_stationary.as_ref().map(|found| found.rate);
        Ok([rate, found.passage.as_ref().map(|found| found.from_start.inverse())])
    };
    let (own, second) = (solved(problem)?, solved(&coarser)?);
    // A table that is thinned twice may lose the valley; then only the first change is known.
    let third = match coarser.coarser() {
        Some(Ok(coarsest)) => solved(&coarsest).unwrap_or([None; 2]),
        _ => [None; 2],
    };
    let of = |k: usize| {
        let between = |one: Option<Scaled>, other: Option<Scaled>| Some(one?.over(other?).value().ln());
        Some(Interpolation::new(between(own[k], second[k])?, between(second[k], third[k])))
    };
    Ok(Found::Errors(Errors { rate: of(0), passage_time: of(1) }))
}
