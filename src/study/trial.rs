//! A trial of a run at small cost.
//!
//! The run is carried out and timed on a small grid, or on its own grid if that is small: most errors that would end
//! the run end the trial too. A larger own grid is assembled but not eliminated. Computations in time (the evolution,
//! particles, the iteration) are prepared but not carried out.

use std::time::Instant;

use rayon::current_num_threads;

use crate::problem::Problem;
use crate::solve::{Resources, SolveError};
use crate::study::ladder::{self, MOST_TO_FAIL};
use crate::study::request::Quantity;
use crate::study::run::{ready, run_within};
use crate::study::solution::Solution;
use crate::study::warning::Warning;
use crate::study::{Request, StudyError, choice, level};

/// A part of a run that the trial does not reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unseen {
    /// The elimination of the grid with these cells; a coarser one was solved.
    Elimination([usize; 2]),
    /// The grids of a refinement finer than the one with these cells.
    Finer([usize; 2]),
    /// The evolution in time.
    Evolution,
    /// The simulation of particles.
    Particles,
    /// SGD's own iteration.
    Iteration,
    /// The sensitivities of the rate to numbers of the configuration.
    Sensitivities,
}

/// The results of a trial.
#[derive(Clone, Debug, Default)]
pub struct Trial {
    /// The error that would end the run without a result.
    pub refused: Option<StudyError>,
    /// The warnings of the trial itself.
    pub warnings: Vec<Warning>,
    /// The parts of the run that the trial does not reach.
    pub unseen: Vec<Unseen>,
    /// The solution on the trial's grid; `None` if it failed.
    pub solved: Option<Solution>,
    /// The seconds of the assembly of the run's own grid, if that is larger than the trial's.
    pub assembly: Option<f64>,
    /// The seconds of a run whose passes over the data take too long to be tried.
    pub passes: Option<f64>,
}

/// The seconds of passes over the data beyond which a run is not tried.
const MOST_PASSES: f64 = 20.0;
/// The number of passes over the data that a cell takes in one and in two dimensions, with its edges, in the assembly
/// and in the search for layers thinner than a cell (estimated from a profile on 16² cells).
const PASSES: [f64; 2] = [50.0, 200.0];

/// Predicts the seconds of all passes over the data on a grid with these cells from a few; 0 where no sum over data is
/// left.
fn passes(problem: &Problem, cells: [usize; 2]) -> f64 {
    if problem.dynamics.loss().is_none_or(|loss| !loss.is_costly()) {
        return 0.0;
    }
    const LOOKS: usize = 3;
    let corner = problem.domain.lower;
    let once = |_| {
        let clock = Instant::now();
        std::hint::black_box(problem.noise.slope_and_tensor(&problem.dynamics, corner));
        clock.elapsed().as_secs_f64()
    };
    let each = (0..LOOKS).map(once).fold(f64::INFINITY, f64::min);
    let count = PASSES[problem.dimension - 1] * (cells[0] * cells[1]) as f64;
    each * count / current_num_threads() as f64
}

/// Tries a run. An error that would end the run is in the `refused` of the result.
///
/// # Errors
/// [`StudyError::Interrupted`].
pub fn attempt(problem: &Problem, request: &Request, resources: Resources<'_>) -> Result<Trial, StudyError> {
    let mut trial = Trial { unseen: in_time(request), ..Trial::default() };
    match looked_at(problem, request, resources, &mut trial) {
        Err(StudyError::Interrupted) => Err(StudyError::Interrupted),
        Err(error) => {
            trial.refused = Some(error.told_of(problem));
            Ok(trial)
        }
        Ok(()) => Ok(trial),
    }
}

/// The parts that a trial leaves out on every grid.
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
    if passes(problem, tried) > MOST_PASSES {
        trial.passes = Some(passes(problem, cells));
        trial.unseen.push(Unseen::Elimination(cells));
        return Ok(());
    }
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
        // Errors that no grid changes, and interruptions.
        Err(error @ (StudyError::Interrupted | StudyError::Solve(SolveError::TooCold { .. }))) => return Err(error),
        Err(error) => trial.warnings.push(Warning::CoarseGridFailed {
            cells: tried,
            is_closed_alone: false,
            reason: Box::new(error),
        }),
    }
    Ok(())
}

fn with_cells(request: &Request, cells: [usize; 2]) -> Request {
    let mut request = request.clone();
    request.grid.cells = Some(cells);
    request
}

/// Returns the error of a chain that cannot be assembled or lacks a requested set.
fn assembled(
    problem: &Problem,
    request: &Request,
    cells: [usize; 2],
    resources: Resources<'_>,
) -> Result<(), StudyError> {
    // The choice of the scheme does not affect the assembly.
    let plain = choice::with_scheme(request, request.grid.scheme());
    level::refuse(&plain, &level::discretised(&plain, problem, cells, resources)?, resources)
}
