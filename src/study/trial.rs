//! What can be found out of a run without running it.
//!
//! A run is tried on a grid that costs next to nothing, its own where that is small: everything that it would do there
//! is done, so that what ends it ends this too, and its phases are timed. Its own grid, where it is larger, is
//! assembled and not eliminated. What moves in time (the density, particles, the iteration) is prepared and not
//! followed.

use std::time::Instant;

use crate::problem::Problem;
use crate::solve::{Resources, SolveError};
use crate::study::ladder::{self, MOST_TO_FAIL};
use crate::study::request::Quantity;
use crate::study::run::{ready, run_within};
use crate::study::solution::Solution;
use crate::study::warning::Warning;
use crate::study::{Request, StudyError, choice, level};

/// A part of a run that was not looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unseen {
    /// The elimination of this grid; a coarser one was solved.
    Elimination([usize; 2]),
    /// Grids finer than this one.
    Finer([usize; 2]),
    /// The density in time.
    Evolution,
    /// Particles on their way.
    Particles,
    /// The iteration itself.
    Iteration,
    /// How the rate answers to the numbers of the configuration.
    Sensitivities,
}

/// What a trial showed.
#[derive(Clone, Debug, Default)]
pub struct Trial {
    /// Why a run would end without a result.
    pub refused: Option<StudyError>,
    /// What the reader must know.
    pub warnings: Vec<Warning>,
    /// What was not looked at.
    pub unseen: Vec<Unseen>,
    /// The trial's grid solved.
    pub solved: Option<Solution>,
    /// Seconds for the assembly of the run's own grid, where it is larger.
    pub assembly: Option<f64>,
}

/// Tries a run.
///
/// # Errors
/// [`StudyError::Interrupted`].
pub fn attempt(problem: &Problem, request: &Request, resources: Resources<'_>) -> Result<Trial, StudyError> {
    let mut trial = Trial { unseen: in_time(request), ..Trial::default() };
    match looked_at(problem, request, resources, &mut trial) {
        Err(StudyError::Interrupted) => Err(StudyError::Interrupted),
        Err(error) => {
            trial.refused = Some(error);
            Ok(trial)
        }
        Ok(()) => Ok(trial),
    }
}

/// What a trial leaves out whatever the grid.
fn in_time(request: &Request) -> Vec<Unseen> {
    let parts = [
        (request.evolve.is_some(), Unseen::Evolution),
        (request.particles.is_some(), Unseen::Particles),
        (request.sgd.is_some(), Unseen::Iteration),
        (request.wants(Quantity::Sensitivities), Unseen::Sensitivities),
    ];
    parts.into_iter().filter_map(|(is_asked_for, part)| is_asked_for.then_some(part)).collect()
}

fn looked_at(
    problem: &Problem,
    request: &Request,
    resources: Resources<'_>,
    trial: &mut Trial,
) -> Result<(), StudyError> {
    ready(problem, request, resources)?;
    let mut cheap = Request { evolve: None, particles: None, sgd: None, ..request.clone() };
    let Some(cells) = request.grid.cells else {
        cheap.grid.max_unknowns = Some(request.grid.max_unknowns.map_or(MOST_TO_FAIL, |most| most.min(MOST_TO_FAIL)));
        let solved = run_within(problem, &cheap, resources)?;
        let on_its_grid = Request { evolve: request.evolve.clone(), ..with_cells(request, solved.grid.cells) };
        assembled(problem, &on_its_grid, solved.grid.cells, resources)?;
        trial.unseen.push(Unseen::Finer(solved.grid.cells));
        trial.solved = Some(solved);
        return Ok(());
    };
    let tried = ladder::coarse(problem, request).last().copied().unwrap_or(cells);
    let clock = Instant::now();
    assembled(problem, request, cells, resources)?;
    if tried == cells {
        trial.solved = Some(run_within(problem, &cheap, resources)?);
        return Ok(());
    }
    trial.assembly = Some(clock.elapsed().as_secs_f64());
    trial.unseen.push(Unseen::Elimination(cells));
    match run_within(problem, &with_cells(&cheap, tried), resources) {
        Ok(solved) => trial.solved = Some(solved),
        // What no grid changes, and what somebody asked for.
        Err(error @ (StudyError::Interrupted | StudyError::Solve(SolveError::TooCold { .. }))) => return Err(error),
        Err(error) => trial.warnings.push(Warning::CoarseGridFailed { cells: tried, reason: Box::new(error) }),
    }
    Ok(())
}

fn with_cells(request: &Request, cells: [usize; 2]) -> Request {
    let mut request = request.clone();
    request.grid.cells = Some(cells);
    request
}

/// Refuses a chain that cannot be made, or lacks what is asked of it.
fn assembled(
    problem: &Problem,
    request: &Request,
    cells: [usize; 2],
    resources: Resources<'_>,
) -> Result<(), StudyError> {
    // Which scheme is chosen changes nothing of what is assembled first.
    let plain = choice::with_scheme(request, request.grid.scheme());
    level::refuse(&plain, &level::discretised(&plain, problem, cells, resources)?, resources)
}
