//! The error of a rate from the interpolation of a loss that is given on a grid of points.

use serde::Serialize;

use crate::problem::{Problem, ProblemError};
use crate::scaled::Scaled;
use crate::solve::Resources;
use crate::study::level;
use crate::study::request::Quantity;
use crate::study::rungs::Rates;
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

/// The largest change for which a table that is thinned twice tells the order: larger ones resolve nothing.
const SETTLED: f64 = 0.1;

/// The part of the last change that is left at second order, 1/3, with the safety factor 3/2: noise that is made from
/// the Hessian of a spline reaches that order from above.
const LEFT: f64 = 0.5;

impl Interpolation {
    fn new(first: f64, second: Option<f64>) -> Interpolation {
        let error = match second.map(f64::abs) {
            Some(second) if second >= 4.0 * first.abs() && first.abs() < SETTLED => {
                (LEFT * first.abs()).max(second / 48.0)
            }
            _ => first.abs(),
        };
        Interpolation { thinned_by_two: first, thinned_by_four: second, error: error.exp_m1() }
    }

    /// The error from the values of one quantity with the whole table, with half of its points along each axis and with
    /// a quarter of them; `None` with less than two values.
    pub fn of(values: &[Scaled]) -> Option<Interpolation> {
        let change = |fine: &Scaled, coarse: &Scaled| fine.over(*coarse).value().ln();
        match values {
            [own, half] => Some(Interpolation::new(change(own, half), None)),
            [own, half, quarter] => Some(Interpolation::new(change(own, half), Some(change(half, quarter)))),
            _ => None,
        }
    }
}

/// The rates of the problem with its interpolated loss.
#[derive(Clone)]
pub enum Thinned {
    /// The loss is not interpolated, or neither a rate nor an error was requested.
    Exact,
    /// The rates with the whole table, with half of its points along each axis and, if that problem can be solved, with
    /// a quarter of them.
    Solved(Vec<Rates>),
    /// The problem with the thinned table could not be posed, so that the error is not known.
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

/// Whether the errors of a quantity include the effect of the interpolation.
pub fn is_in_errors_of(quantity: &Quantity) -> bool {
    use Quantity::{Committor, Exits, Network, PassageTime, Rate, Spectrum};
    matches!(quantity, Rate | PassageTime | Exits | Committor | Network | Spectrum)
}

/// Solves the problem with the whole and with thinned tables on the same grid, of `cells` or fewer.
///
/// # Errors
/// [`StudyError`]: the problem or the one with half of the values along each axis could not be solved on that grid.
pub fn thinned(
    problem: &Problem,
    request: &Request,
    cells: [usize; 2],
    resources: Resources<'_>,
) -> Result<Thinned, StudyError> {
    let mut asked = request.clone();
    asked.quantities.retain(is_in_errors_of);
    if asked.quantities.is_empty() || !request.error_estimate {
        return Ok(Thinned::Exact);
    }
    let coarser = match problem.coarser() {
        None => return Ok(Thinned::Exact),
        Some(Ok(coarser)) => coarser,
        Some(Err(error)) => return Ok(Thinned::Unknown(Box::new(error))),
    };
    (asked.evolve, asked.particles, asked.sgd) = (None, None, None);
    let mut cells = cells;
    while cells.iter().any(|count| *count > MOST[problem.dimension - 1]) {
        cells = cells.map(|count| count.div_ceil(2));
    }
    let solved = |problem: &Problem| Ok(Rates::new(&level::solve_coarse(&asked, problem, cells, resources)?));
    let mut rates = vec![solved(problem)?, solved(&coarser)?];
    // A table that is thinned twice may lose the valley; then only the first change is known.
    match coarser.coarser().map(|coarsest| coarsest.map(|coarsest| solved(&coarsest))) {
        Some(Ok(Ok(third))) => rates.push(third),
        Some(Ok(Err(StudyError::Interrupted))) => return Err(StudyError::Interrupted),
        _ => {}
    }
    Ok(Thinned::Solved(rates))
}
