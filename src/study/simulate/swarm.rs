//! The escape rate from the deaths of a swarm of particles.

use std::time::Instant;

use crate::particles::announcement::Announcement;
use crate::particles::coupled::Swarm;
use crate::particles::deadline::Deadline;
use crate::particles::minibatch::Minibatch;
use crate::particles::preparation::{COUNT, Preparation};
use crate::particles::swarm::{self, Counts, Runaway, Schedule};
use crate::particles::tables::Tables;
use crate::particles::whole::WholeSpace;
use crate::particles::{ParticleWarning, Settings, SimulationError};
use crate::progress::Progress;
use crate::study::simulate::{ParticleRate, Reference, Simulation, reference};
use crate::study::{StudyError, comparison};

/// Particle steps per second assumed for the announcement of long runs; a low guess.
const STEPS_PER_SECOND: f64 = 3e8;
/// The p-value below which a constant death rate is rejected and the user is warned.
const IMPROBABLE: f64 = 1e-3;

/// Runs the swarm of a prepared simulation.
pub(super) fn swarm(
    prepared: &Preparation,
    reference: Option<Reference>,
    progress: &Progress,
) -> Result<Simulation, StudyError> {
    let clock = Instant::now();
    let Preparation { settings, problem, dt, .. } = prepared;
    let (dt, is_iteration, copies) = (*dt, settings.method.is_iteration(), prepared.copies());
    let mut warnings = Vec::new();
    let reference = match is_iteration {
        true => {
            reference::of_iteration(problem, dt, copies, progress, &mut warnings).or(reference.filter(|_| copies == 1))
        }
        false => reference,
    };
    let schedule = schedule(prepared);
    // No formula predicts the rate with real minibatches.
    if prepared.minibatch.is_none() {
        foresee(prepared, &schedule, reference, progress)?;
    }
    let mut tables = Tables::new(problem.dimension, problem.domain.lower, problem.domain.upper);
    let counts =
        run(prepared, &schedule, &mut tables, progress).map_err(|Runaway| SimulationError::Runaway { step: dt })?;
    warnings.extend(cut_short(&counts, &schedule, settings, progress)?);
    let observed = counts.steps as f64 * schedule.step;
    let mut rate = ParticleRate::counted(&counts, observed, prepared.is_coupled(), &mut warnings);
    if is_iteration {
        rate = rate.of_iteration(dt);
    }
    rate.against = reference.map(|reference| reference.against(rate.value, rate.standard_error));
    let doublings = counts.settling.map_or(0, |settling| settling.doublings);
    let burn_in = schedule.burn_in * 2f64.powi(doublings as i32);
    let unsettled = counts.settling.filter(|settling| !settling.is_settled());
    warnings.extend(unsettled.map(|settling| ParticleWarning::Unsettled { settling, burn_in }));
    let constancy = tables.ages.constancy();
    warnings.extend(constancy.filter(|test| test.p_value < IMPROBABLE).map(ParticleWarning::ChangingRate));
    Ok(Simulation {
        method: settings.method,
        count: counts.deaths.len(),
        dt,
        seed: settings.seed,
        burn_in,
        settling: counts.settling,
        observed,
        rate,
        tables: Some(tables),
        splitting: None,
        constancy,
        interrupted: counts.interrupted,
        steps_per_second: 1.0 / counts.seconds_per_step,
        seconds: clock.elapsed().as_secs_f64(),
        warnings,
    })
}

/// The warning that the time limit came before the requested exits, if it did.
///
/// # Errors
/// A simulation that ended before anything was counted.
fn cut_short(
    counts: &Counts,
    schedule: &Schedule,
    settings: &Settings,
    progress: &Progress,
) -> Result<Option<ParticleWarning>, StudyError> {
    let is_late = schedule.deadline.has_passed();
    let done = counts.deaths.iter().map(|[fine, _]| u64::from(*fine)).sum::<u64>();
    let out_of_time = settings.most_seconds.filter(|_| is_late && done < schedule.exits);
    if counts.steps == 0 {
        return Err(match out_of_time.filter(|_| !progress.is_interrupted()) {
            Some(seconds) => SimulationError::BurnInOutOfTime { seconds, burn_in: schedule.burn_in }.into(),
            None => StudyError::Interrupted,
        });
    }
    let asked = schedule.exits;
    Ok(out_of_time.map(|seconds| ParticleWarning::OutOfTime { seconds, done, asked, what: "exits", cut: 0 }))
}

/// The number of particles, the step and the end of the simulation.
pub(super) fn schedule<'a>(prepared: &'a Preparation) -> Schedule<'a> {
    let Preparation { settings, scales, dt, wells, .. } = prepared;
    Schedule {
        count: settings.count.unwrap_or(COUNT),
        step: if prepared.is_coupled() { 0.5 * dt } else { *dt },
        burn_in: settings.burn_in.unwrap_or(10.0 / scales.slowest),
        wells: (wells.count() > 1).then_some(wells),
        may_double: settings.burn_in.is_none(),
        chunk: 2.5 / scales.slowest,
        exits: settings.exits,
        time: settings.time.unwrap_or(f64::INFINITY),
        deadline: Deadline::after(settings.most_seconds),
        seed: settings.seed,
    }
}

/// Advances the particles of a prepared simulation.
///
/// # Errors
/// [`Runaway`] if a particle escapes to infinity.
pub(super) fn run(
    prepared: &Preparation,
    schedule: &Schedule,
    tables: &mut Tables,
    progress: &Progress,
) -> Result<Counts, Runaway> {
    let Preparation { problem, motion, .. } = prepared;
    match (prepared.minibatch, prepared.whole) {
        (Some((_, recipe)), Some(whole)) => {
            let movement = WholeSpace::new(problem, whole, recipe, prepared.settings.half_width);
            swarm::simulate(&movement, schedule, tables, progress)
        }
        (Some((loss, recipe)), None) => {
            swarm::simulate(&Minibatch::new(problem, loss, recipe), schedule, tables, progress)
        }
        (None, _) => {
            let swarm = Swarm::new(motion, schedule, prepared.is_coupled(), problem.valley.start_point);
            swarm::simulate(&swarm, schedule, tables, progress)
        }
    }
}

/// The expected number of steps of all particles; `None` if neither the rate is known nor a formula gives one.
pub(super) fn expected_steps(prepared: &Preparation, rate: Option<f64>) -> Option<f64> {
    expected(prepared, &schedule(prepared), rate).map(|(_, steps)| steps)
}

/// The expected rate, and the number of steps of all particles for the requested exits.
fn expected(prepared: &Preparation, schedule: &Schedule, known: Option<f64>) -> Option<(f64, f64)> {
    let foreseen = || {
        let formulas = comparison::formulas(prepared.problem);
        formulas.effective_potential.or(formulas.kramers).map(|formula| formula.value.value())
    };
    let rate = known.or_else(foreseen).filter(|rate| *rate > 0.0 && rate.is_finite())?;
    let each = (schedule.exits as f64 / (rate * schedule.count as f64)).min(schedule.time) + schedule.burn_in;
    let sides = if prepared.is_coupled() { 1.5 } else { 1.0 };
    Some((rate, sides * each / schedule.step * schedule.count as f64))
}

/// The hours above which a simulation without an end in time is refused: six weeks.
const HOPELESS: f64 = 1000.0;

/// Announces a long run, and refuses one beyond [`HOPELESS`] hours.
fn foresee(
    prepared: &Preparation,
    schedule: &Schedule,
    reference: Option<Reference>,
    progress: &Progress,
) -> Result<(), SimulationError> {
    let Some((rate, steps)) = expected(prepared, schedule, reference.map(|reference| reference.value)) else {
        return Ok(());
    };
    let hours = steps / STEPS_PER_SECOND / 3600.0;
    let exits = schedule.exits;
    if prepared.settings.most_seconds.is_some() {
        return Ok(());
    }
    if hours > HOPELESS && schedule.time.is_infinite() {
        return Err(SimulationError::Hopeless {
            hours,
            rate,
            exits,
            can_split: !prepared.settings.method.is_iteration(),
        });
    }
    if hours > 1.0 {
        progress.announce(Announcement::Expected { hours, rate, exits, steps }.to_string());
    }
    Ok(())
}
