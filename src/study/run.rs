//! The command `saddleflux run`: one problem on its ladder of grids, with the results of the finest one.

use std::time::Instant;

use crate::elimination::Workspace;
use crate::particles::SimulationError;
use crate::particles::preparation::Preparation;
use crate::problem::Problem;
use crate::progress::Progress;
use crate::solve::Resources;
use crate::study::certificate;
use crate::study::choice::{self, Choice, Reason};
use crate::study::committor;
use crate::study::crossing;
use crate::study::evidence::{Before, evidence};
use crate::study::interpolation::{self, Errors, Thinned};
use crate::study::iteration;
use crate::study::keeper::Keeper;
use crate::study::ladder::{self, Climb, Plan};
use crate::study::network;
use crate::study::request::{Quantity, Scheme};
use crate::study::simulate::{self, Reference};
use crate::study::solution::{RateEstimate, Solution};
use crate::study::warning::Warning;
use crate::study::{Request, StudyError};

/// Computes what is asked of a problem.
///
/// # Errors
/// A problem that cannot be discretised or solved on the grids that were asked for, and an interruption.
pub fn run(problem: &Problem, request: &Request, progress: &Progress) -> Result<Solution, StudyError> {
    let workspace = Workspace::default();
    run_within(problem, request, Resources::available(&workspace, progress))
}

/// Solves what is asked of a problem within these resources.
///
/// # Errors
/// As [`run`].
pub fn run_within(problem: &Problem, request: &Request, resources: Resources<'_>) -> Result<Solution, StudyError> {
    solved(problem, request, resources, Keeper::none())
}

/// Computes what is asked of a problem and saves partial results of long computations.
///
/// # Errors
/// As [`run`].
pub fn run_kept(
    problem: &Problem,
    request: &Request,
    progress: &Progress,
    keeper: Keeper<'_>,
) -> Result<Solution, StudyError> {
    let workspace = Workspace::default();
    solved(problem, request, Resources::available(&workspace, progress), keeper)
}

fn solved(
    problem: &Problem,
    request: &Request,
    resources: Resources<'_>,
    keeper: Keeper<'_>,
) -> Result<Solution, StudyError> {
    attempted(problem, request, resources, keeper).map_err(|error| error.told_of(problem))
}

fn attempted(
    problem: &Problem,
    request: &Request,
    resources: Resources<'_>,
    keeper: Keeper<'_>,
) -> Result<Solution, StudyError> {
    let begun = Instant::now();
    let progress = resources.progress;
    let particles = ready(problem, request, resources)?;
    let clock = Instant::now();
    let mut choice = choice::choose(problem, request, resources)?;
    let choosing = clock.elapsed().as_secs_f64();
    let mut settled = choice::with_scheme(request, choice.scheme);
    let climb = match ladder::climb(problem, &settled, resources) {
        Err(error) if choice.scheme.is_corrected && choice.was_made() && !matches!(error, StudyError::Interrupted) => {
            choice = Choice { scheme: Scheme::INVERSE_AVERAGE, reason: Reason::Failed(Box::new(error)) };
            settled = choice::with_scheme(request, choice.scheme);
            ladder::climb(problem, &settled, resources)?
        }
        climb => climb?,
    };
    let request = settled.as_ref();
    let (mut climb, mut unknown) = (climb, None);
    if let Some(finest) = &climb.finest {
        let effect = crossing::unresolved(problem, request, finest, resources)?;
        (climb.rungs.raised, climb.rungs.by_place) = (effect.by_level, effect.by_place);
        unknown = effect.failed;
    }
    let mut warnings = climb_warnings(problem, request, &climb);
    let interpolated = interpolated(problem, request, &mut climb, resources)?;
    warnings.extend(unknown.map(|reason| Warning::LevelEffectUnknown { reason: Box::new(reason) }));
    let mut timing = timing(request, &climb);
    if choice.was_made() {
        timing.insert(0, ("choice of the scheme".to_string(), choosing));
    }
    let Climb { finest, rungs, failed, seconds, .. } = climb;
    let Some(finest) = finest else {
        let tried = failed.last().map(|(cells, _)| *cells).or(seconds.last().map(|(cells, _)| *cells));
        return Err(StudyError::NoGrid { cells: tried.unwrap_or(ladder::first_cells(problem)) });
    };
    let clock = Instant::now();
    let mut solution = evidence(request, finest, &rungs, resources, Before { choice, warnings }, keeper)?;
    if !rungs.thinned.is_empty() {
        let rate = rungs.interpolation(|rates| rates.quasi_stationary);
        solution.add_interpolation(Errors { rate, passage_time: rungs.interpolation(|rates| rates.passage) });
    }
    solution.warnings.extend(interpolated);
    // Coarser grids than the first of a refinement are not tried, so that it says nothing about those.
    let is_unknown =
        |warning: &Warning| matches!(warning, Warning::ToleranceMissed { error, .. } if error.is_infinite());
    if solution.warnings.iter().any(is_unknown) {
        solution.warnings.retain(|warning| !matches!(warning, Warning::NoErrorEstimate));
    }
    // The rate and the passage time say it independently.
    let mut is_said = false;
    let mut is_repeated =
        |warning: &Warning| matches!(warning, Warning::NoErrorEstimate) && std::mem::replace(&mut is_said, true);
    solution.warnings.retain(|warning| !is_repeated(warning));
    timing.push(("observables".to_string(), clock.elapsed().as_secs_f64()));
    if let Some(particles) = particles {
        add_particles(&particles, request, &mut solution, progress)?;
    }
    timing.push(("total".to_string(), begun.elapsed().as_secs_f64()));
    solution.timing = timing;
    Ok(solution)
}

/// The rates with thinned tables, for the errors that the interpolation of the loss causes, with what is to be said of
/// them.
fn interpolated(
    problem: &Problem,
    request: &Request,
    climb: &mut Climb<'_>,
    resources: Resources<'_>,
) -> Result<Option<Warning>, StudyError> {
    let Some(finest) = &climb.finest else { return Ok(None) };
    match interpolation::thinned(problem, request, finest.discretisation.grid.cells, resources)? {
        Thinned::Exact => Ok(None),
        Thinned::Solved(thinned) => {
            climb.rungs.thinned = thinned;
            let is_left_out = request.quantities.iter().any(|quantity| !interpolation::is_in_errors_of(quantity));
            let is_left_out = is_left_out || request.evolve.is_some() || climb.rungs.lacks_interpolation();
            Ok(is_left_out.then_some(Warning::InterpolatedElsewhere))
        }
        Thinned::Unknown(reason) => Ok(Some(Warning::InterpolationUnknown { reason })),
    }
}

/// Adds the simulation of the same problem. If it is interrupted or its time is up before anything is known, the results
/// of the solver are kept.
fn add_particles(
    particles: &Preparation,
    request: &Request,
    solution: &mut Solution,
    progress: &Progress,
) -> Result<(), StudyError> {
    match simulate::simulate(particles, request, solution.rate.as_ref().map(reference), progress) {
        Ok(found) => solution.particles = Some(found),
        Err(StudyError::Interrupted) => solution.warnings.push(Warning::ParticlesInterrupted),
        Err(StudyError::Particles(
            reason @ (SimulationError::OutOfTime { .. } | SimulationError::BurnInOutOfTime { .. }),
        )) => solution.warnings.push(Warning::ParticlesUnknown { reason: Box::new(reason.into()) }),
        Err(error) => return Err(error),
    }
    Ok(())
}

/// Refuses what can be refused before a long computation begins, and prepares the particles that are asked for.
///
/// # Errors
/// Quantities that the problem does not have, and grids and particle numbers that are too large.
pub fn ready<'a>(
    problem: &'a Problem,
    request: &'a Request,
    resources: Resources<'_>,
) -> Result<Option<Preparation<'a>>, StudyError> {
    if request.needs_killing() {
        StudyError::refuse_whole_ring(problem)?;
    }
    if request.wants(Quantity::Network) {
        network::valleys(problem)?;
    }
    if request.wants(Quantity::Committor) {
        committor::sets(&request.committor, problem)?;
    }
    let particles = simulate::prepared(request, problem)?;
    if request.wants(Quantity::Certificate) {
        certificate::check(problem)?;
    }
    if let Some(asked) = &request.sgd {
        iteration::check(asked, problem)?;
    }
    Plan::new(problem, request, resources.memory)?;
    Ok(particles)
}

/// The rate with which particles are compared.
fn reference(rate: &RateEstimate) -> Reference {
    Reference { source: "the solver", value: rate.best().value(), error: rate.discretisation_error.unwrap_or(0.0) }
}

/// Warnings about the problem and the grids, before the evaluation of the finest one.
fn climb_warnings(problem: &Problem, request: &Request, climb: &Climb<'_>) -> Vec<Warning> {
    let mut warnings: Vec<Warning> = problem.warnings.iter().cloned().map(Warning::Problem).collect();
    warnings.extend(climb.warnings());
    let error = climb.rungs.worst_error();
    let tolerance = request.grid.tolerance;
    if request.grid.cells.is_none() && (climb.rungs.rates.len() < 2 || error > tolerance) {
        warnings.push(Warning::ToleranceMissed {
            tolerance,
            error,
            has_saddle: problem.dimension == 2 && !problem.valley.saddles.is_empty(),
            // The flux correction is of sixth order at any angle.
            can_be_corrected: problem.is_reversible() && !request.grid.scheme().is_corrected,
        });
    }
    warnings
}

/// Seconds by phase: each grid of a refinement, or the coarser grids together and the phases of the finest one.
fn timing(request: &Request, climb: &Climb<'_>) -> Vec<(String, f64)> {
    if request.grid.cells.is_none() {
        let grid = |&([x, y], seconds): &([usize; 2], f64)| (format!("{} cells", x * y), seconds);
        return climb.seconds.iter().map(grid).collect();
    }
    let coarser = &climb.seconds[..climb.seconds.len().saturating_sub(1)];
    let together = (!coarser.is_empty())
        .then(|| ("coarser grids".to_string(), coarser.iter().map(|(_, seconds)| seconds).sum::<f64>()));
    let finest = climb.finest.iter().flat_map(|level| level.timing.iter().cloned());
    together.into_iter().chain(finest).collect()
}
