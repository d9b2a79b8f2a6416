//! The time that a simulation will take, from the measured speed of a short run.

use std::time::Instant;

use crate::particles::deadline::Deadline;
use crate::particles::preparation::Preparation;
use crate::particles::tables::Tables;
use crate::particles::{Method, swarm};
use crate::progress::Progress;
use crate::study::Request;
use crate::study::simulate::{splitting, swarm as own};

/// The seconds of the short run.
const MOMENT: f64 = 0.03;

/// The seconds that a prepared simulation will take; `None` if neither its rate is known nor a formula gives one, or if
/// a short splitting does not end in time.
pub(in crate::study) fn seconds(
    prepared: &Preparation,
    request: &Request,
    rate: Option<f64>,
    progress: &Progress,
) -> Option<f64> {
    let found = match prepared.settings.method {
        Method::Splitting => splitting::seconds(prepared, request, progress)?,
        _ => own::expected_steps(prepared, rate)? * per_step(prepared, progress)?,
    };
    Some(found.min(prepared.settings.most_seconds.unwrap_or(f64::INFINITY)))
}

/// The seconds per step of one particle, all threads together.
fn per_step(prepared: &Preparation, progress: &Progress) -> Option<f64> {
    let problem = prepared.problem;
    let mut tables = Tables::new(problem.dimension, problem.domain.lower, problem.domain.upper);
    let schedule = swarm::Schedule {
        burn_in: 0.0,
        wells: None,
        may_double: false,
        exits: u64::MAX,
        time: f64::INFINITY,
        deadline: Deadline::after(Some(MOMENT)),
        ..own::schedule(prepared)
    };
    let clock = Instant::now();
    let counts = own::run(prepared, &schedule, &mut tables, &progress.part()).ok()?;
    let steps = counts.steps as f64 * counts.deaths.len() as f64;
    (steps > 0.0).then(|| clock.elapsed().as_secs_f64() / steps)
}
