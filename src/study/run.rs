//! `saddleflux run`: one problem on its grid, and on coarser ones for the discretisation error; or on ever finer ones
//! until a tolerance is met.

use std::time::Instant;

use crate::problem::{Problem, ends};
use crate::progress::Progress;
use crate::scaled::Scaled;
use crate::study::Request;
use crate::study::boundary::BoundaryError;
use crate::study::evidence::{Rates, Refinement, Solved, evidence, rounding};
use crate::study::extrapolation::{beside, extrapolate};
use crate::study::level::{self, Level};
use crate::study::request::Scheme;
use crate::study::simulate::{Prepared, Reference};
use crate::study::solution::Solution;
use crate::study::{StudyError, memory};

/// Fewer cells than this along an axis are no grid to estimate an error from.
const COARSEST: usize = 8;
/// First grid when the cells are not given.
const FIRST_CELLS: [usize; 3] = [0, 128, 32];

/// Solves what is asked of a problem.
///
/// # Errors
/// A problem that cannot be discretised or solved on the grids that were asked for, and an interruption.
pub fn run(problem: &Problem, request: &Request, progress: &Progress) -> Result<Solution, StudyError> {
    let begun = Instant::now();
    // Before anything long begins.
    let particles = request.particles.as_ref().map(|settings| Prepared::new(request, settings, problem)).transpose()?;
    let mut warnings = problem.warnings.clone();
    let mut timing = Vec::new();
    let allowed = memory::allowed();
    let solved = match request.grid.cells {
        Some(cells) => fixed(request, problem, cells, allowed, progress, &mut timing)?,
        None => refined(request, problem, allowed, progress, &mut warnings, &mut timing)?,
    };
    let clock = Instant::now();
    let mut solution = evidence(request, problem, solved, allowed, progress, warnings)?;
    solution.timing = timing;
    solution.timing.push(("observables".to_string(), clock.elapsed().as_secs_f64()));
    if let Some(particles) = particles {
        let rate = solution.rate.as_ref();
        let reference = rate.map(|rate| Reference {
            source: "the solver",
            value: rate.extrapolated.unwrap_or(rate.value).value(),
            error: rate.discretisation_error.unwrap_or(0.0),
        });
        match particles.simulate(reference, progress) {
            Ok(found) => solution.particles = Some(found),
            // What the solver found is not lost with them.
            Err(StudyError::Interrupted) => {
                solution.warnings.push("the particles were interrupted before they were counted".into())
            }
            Err(error) => return Err(error),
        }
    }
    solution.timing.push(("total".to_string(), begun.elapsed().as_secs_f64()));
    Ok(solution)
}

fn halved(cells: [usize; 2]) -> [usize; 2] {
    cells.map(|n| n.div_ceil(2))
}

/// Whether a grid is fine enough to say anything.
fn is_usable(cells: [usize; 2], dimension: usize) -> bool {
    cells[..dimension].iter().all(|&n| n >= COARSEST)
}

fn fits(cells: [usize; 2], problem: &Problem, scheme: Scheme, allowed: u64) -> Result<(), StudyError> {
    let needed = memory::estimate(cells, problem, scheme);
    if needed <= allowed as f64 {
        return Ok(());
    }
    let [nx, ny] = memory::largest(cells, problem, scheme, allowed);
    let largest = if problem.dimension == 1 { format!("[{nx}]") } else { format!("[{nx}, {ny}]") };
    Err(StudyError::Unsolvable {
        message: format!(
            "grid.cells: this grid needs about {:.1} GB and {:.1} GB are free: take at most cells = {largest}",
            needed / 1e9,
            allowed as f64 / 1e9
        ),
    })
}

/// The grid as given, and the halved and quartered ones for the error.
fn fixed(
    request: &Request,
    problem: &Problem,
    cells: [usize; 2],
    allowed: u64,
    progress: &Progress,
    timing: &mut Vec<(String, f64)>,
) -> Result<Solved, StudyError> {
    fits(cells, problem, request.grid.scheme, allowed)?;
    let clock = Instant::now();
    let mut rates = Vec::new();
    let half = halved(cells);
    if request.grid.scheme.is_corrected
        && cells[..problem.dimension].iter().all(|n| n % 4 == 0)
        && let Some(mut coarser) = quarter_grids(request, problem, cells, allowed, progress)?
    {
        timing.push(("coarser grids".to_string(), clock.elapsed().as_secs_f64()));
        let finest = level::solve(request, problem, cells, allowed, progress)?;
        timing.extend(finest.timing.iter().cloned());
        coarser.push(Rates::of(&finest));
        return Ok(Solved { finest, rates: coarser, refinement: Refinement::Quarters });
    }
    // A stationary density has no rate whose error could be estimated.
    if request.error_estimate && request.wants_killing() && is_usable(half, problem.dimension) {
        let quarter = halved(half);
        if is_usable(quarter, problem.dimension) {
            // A grid this coarse may not hold the start set at all; then two grids must do.
            if let Ok(level) = level::solve(request, problem, quarter, allowed, progress) {
                rates.push(Rates::of(&level));
            }
        }
        match level::solve(request, problem, half, allowed, progress) {
            Ok(level) => rates.push(Rates::of(&level)),
            Err(StudyError::Interrupted) => return Err(StudyError::Interrupted),
            Err(_) => rates.clear(),
        }
        timing.push(("coarser grids".to_string(), clock.elapsed().as_secs_f64()));
    }
    let finest = level::solve(request, problem, cells, allowed, progress)?;
    timing.extend(finest.timing.iter().cloned());
    rates.push(Rates::of(&finest));
    let ratio = cells[0] as f64 / half[0] as f64;
    Ok(Solved { finest, rates, refinement: Refinement::By(ratio) })
}

/// The rates on half and on three quarters of the cells, which a scheme of high order extrapolates better than from a quarter of
/// them; `None` where there is nothing to estimate, or where these grids cannot be solved.
fn quarter_grids(
    request: &Request,
    problem: &Problem,
    cells: [usize; 2],
    allowed: u64,
    progress: &Progress,
) -> Result<Option<Vec<Rates>>, StudyError> {
    let share = |quarters: usize| cells.map(|n| if n == 1 { 1 } else { n / 4 * quarters });
    let is_wanted = request.error_estimate && request.wants_killing();
    if !is_wanted || !is_usable(share(2), problem.dimension) {
        return Ok(None);
    }
    let mut rates = Vec::new();
    for quarters in [2, 3] {
        match level::solve(request, problem, share(quarters), allowed, progress) {
            Ok(level) => rates.push(Rates::of(&level)),
            Err(StudyError::Interrupted) => return Err(StudyError::Interrupted),
            Err(_) => return Ok(None),
        }
    }
    Ok(Some(rates))
}

/// Grids doubled until the estimated error of the wanted rates is below the tolerance.
fn refined(
    request: &Request,
    problem: &Problem,
    allowed: u64,
    progress: &Progress,
    warnings: &mut Vec<String>,
    timing: &mut Vec<(String, f64)>,
) -> Result<Solved, StudyError> {
    let (dimension, formal) = (problem.dimension, ends::order(problem, request.grid.scheme.formal_order()));
    let mut cells = first_cells(problem);
    let mut rates: Vec<Rates> = Vec::new();
    let mut finest: Option<Level> = None;
    let mut last_failure = None;
    loop {
        let unknowns = cells[0] * cells[1];
        let too_many = request.grid.max_unknowns.is_some_and(|most| unknowns > most);
        let too_large = memory::estimate(cells, problem, request.grid.scheme) > allowed as f64;
        // Beyond these sizes a grid takes minutes, and the reader should have asked for it.
        let default_limit = if dimension == 1 { 1 << 22 } else { 1 << 21 };
        if too_many || too_large || (request.grid.max_unknowns.is_none() && unknowns > default_limit) {
            break;
        }
        let clock = Instant::now();
        match level::solve(request, problem, cells, allowed, progress) {
            Ok(level) => {
                rates.push(Rates::of(&level));
                finest = Some(level);
            }
            // A coarse grid may fail where a finer one does not: it can miss the set, or underflow.
            Err(StudyError::Assembly(_) | StudyError::Unsolvable { .. }) if finest.is_none() && unknowns < 20_000 => {
                last_failure = Some(cells);
            }
            Err(error) => return Err(error),
        }
        timing.push((format!("{} cells", unknowns), clock.elapsed().as_secs_f64()));
        let worst = worst_error(&rates, rounding(problem, cells), formal, finest.as_ref());
        if rates.len() >= 3 && worst <= request.grid.tolerance {
            break;
        }
        cells = [2 * cells[0], if dimension == 2 { 2 * cells[1] } else { 1 }];
    }
    let Some(finest) = finest else {
        let cells = last_failure.unwrap_or(cells);
        return Err(StudyError::Unsolvable {
            message: format!(
                "no grid up to {} × {} cells could be solved within grid.max_unknowns and the memory: give grid.cells, or \
                 raise grid.max_unknowns",
                cells[0], cells[1]
            ),
        });
    };
    let worst = worst_error(&rates, rounding(problem, cells), formal, Some(&finest));
    if rates.len() < 2 || worst > request.grid.tolerance {
        warnings.push(format!(
            "grid.tolerance = {:.1e} was not met: the estimated relative error on the finest grid that fits is {:.1e}. Raise \
             grid.max_unknowns or draw the domain closer{}{}",
            request.grid.tolerance,
            worst,
            if problem.valley.saddles.is_empty() { "" } else { ", or try grid.align = \"saddle\"" },
            // Of sixth order whatever the angle.
            match problem.is_reversible() && !request.grid.scheme.is_corrected {
                true => " or grid.scheme = \"flux-corrected\"",
                false => "",
            }
        ));
    }
    Ok(Solved { finest, rates, refinement: Refinement::By(2.0) })
}

/// About square cells, the first number of cells along the shorter side.
fn first_cells(problem: &Problem) -> [usize; 2] {
    let first = FIRST_CELLS[problem.dimension];
    if problem.dimension == 1 {
        return [first, 1];
    }
    let aspect = problem.domain.width(0) / problem.domain.width(1);
    let longer = |ratio: f64| ((first as f64 * ratio.min(4.0) / 2.0).round() as usize * 2).max(first);
    if aspect >= 1.0 { [longer(aspect), first] } else { [first, longer(1.0 / aspect)] }
}

fn worst_error(rates: &[Rates], rounding: f64, formal: f64, finest: Option<&Level>) -> f64 {
    let boundary = finest.map_or(BoundaryError::default(), |level| level.boundary);
    let error = |pick: fn(&Rates) -> Option<Scaled>| {
        let values: Vec<Scaled> = rates.iter().filter_map(pick).collect();
        let Some(&last) = values.last() else { return 0.0 };
        let found = beside(boundary, last, formal, |cut| extrapolate(&values, 2.0, rounding, formal, cut));
        found.map_or(f64::INFINITY, |found| found.error)
    };
    error(|rates| rates.quasi_stationary).max(error(|rates| rates.passage))
}
