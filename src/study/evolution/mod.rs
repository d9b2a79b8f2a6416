//! The density in time on the finest grid, through schedules of the noise.

mod fault;
mod record;
mod start;
mod valleys;

pub use fault::EvolutionFault;
pub use record::{FLUX, FLUX_OVER_SURVIVAL, GROUP, LOG_SURVIVAL, Record, SNAPSHOT, SURVIVAL, TIME};

use crate::observe::group::FieldGroup;
use crate::problem::Problem;
use crate::solve::chain::located;
use crate::solve::evolve::plateau::reached;
use crate::solve::evolve::{Accuracy, LOWEST_FLOOR};
use crate::solve::{Chain, Discretisation, Evolution, EvolveError, QuasiStationary, Resources};
use crate::study::StudyError;
use crate::study::request::{EvolveRequest, Scheme};
use crate::study::warning::Warning;
use valleys::Valleys;

/// What an evolution found.
pub(super) struct Found {
    /// Its section of the summary.
    pub record: Record,
    /// Its group of fields.
    pub group: FieldGroup,
    /// What the reader must know.
    pub warnings: Vec<Warning>,
}

/// The flux is known when its estimated relative error is below this.
const KNOWN: f64 = 0.1;

/// The plateau is reached when j/S is γ to this, and precisely when to the second.
const REACHED: [f64; 2] = [1e-2, 1e-6];

/// Follows the density through all pieces of the schedule to all output times.
pub(super) fn evolution(
    asked: &EvolveRequest,
    on: &Discretisation<'_>,
    known: Option<&QuasiStationary>,
    scheme: Scheme,
    resources: Resources<'_>,
) -> Result<Found, StudyError> {
    let valleys = Valleys::new(on);
    let mut record = Record::new(asked, on, &valleys);
    let begin = start::start(&asked.start, on, known, resources)?;
    let accuracy = Accuracy { tolerance: asked.tolerance, floor: asked.floor.unwrap_or_else(|| floor(on, known)) };
    record.floor = accuracy.floor;
    resources.progress.begin("evolving", asked.times.len() as u64);
    let mut evolution =
        Evolution::new(&on.assembly.generator, &begin, accuracy, resources).map_err(|error| failed(error, on))?;
    let mut times = asked.times.iter().copied().peekable();
    let mut rate = known.map(|known| known.rate.value());
    for (place, piece) in asked.schedule.iter().enumerate() {
        let ends = piece.until.unwrap_or(1.0);
        if times.peek().is_none() {
            break;
        }
        let problem = on.problem.with_noise(piece.noise.clone())?;
        let under = discretised(&problem, on, scheme, resources)?;
        if under.assembly.cells != on.assembly.cells {
            return Err(EvolutionFault::OtherStates { piece: place }.into());
        }
        let mut within = Evolution::under(evolution.carried(), &under.assembly.generator, resources);
        let mut observed = record.under(&under, piece.learning_rate);
        while let Some(time) = times.next_if(|time| *time <= ends) {
            within.advance(time).map_err(|error| failed(error, &under))?;
            observed.take(&within);
            resources.progress.advance(1);
        }
        if times.peek().is_some() {
            within.advance(ends).map_err(|error| failed(error, &under))?;
        }
        observed.piece_ends(ends);
        rate = None;
        record.plateau = plateau(&within, None);
        // From here on under the problem's own noise, or the next piece's.
        evolution = Evolution::under(within.carried(), &on.assembly.generator, resources);
    }
    if times.peek().is_some() {
        let mut observed = record.under(on, asked.learning_rate);
        for time in times {
            evolution.advance(time).map_err(|error| failed(error, on))?;
            observed.take(&evolution);
            resources.progress.advance(1);
        }
        record.plateau = plateau(&evolution, rate);
    }
    let (error, effort) = (record.worst(), evolution.effort());
    record.finish(effort);
    let mut warnings = Vec::new();
    if error > asked.tolerance {
        warnings.push(Warning::EvolutionTolerance { tolerance: asked.tolerance, error });
    }
    warnings.extend(record.flux_unknown_until().map(|until| Warning::EvolutionFlux { until }));
    warnings.extend(record.out_of_range_from().map(|from| Warning::EvolutionRange { from }));
    let group = record.group(on, &valleys);
    Ok(Found { record, group, warnings })
}

/// The share of a cell above which entries are right to the tolerance where nobody says: what a chain in one dimension can afford, and one in
/// two.
const FLOORS: [f64; 2] = [1e-100, 1e-16];

/// And no more than this part of what a cell at the exit holds when the density is quasi-stationary, so that the flux is right.
const BELOW_THE_EXIT: f64 = 1e-3;

fn floor(on: &Discretisation<'_>, known: Option<&QuasiStationary>) -> f64 {
    let usual = FLOORS[on.grid.dimension - 1];
    let killing: f64 = on.assembly.generator.killing.iter().sum();
    match known {
        Some(known) => usual.min(BELOW_THE_EXIT * known.rate.value() / killing).max(LOWEST_FLOOR),
        None => usual,
    }
}

/// The same grid under other noise, discretised as the whole study is.
fn discretised<'a>(
    problem: &'a Problem,
    on: &Discretisation<'_>,
    scheme: Scheme,
    resources: Resources<'_>,
) -> Result<Discretisation<'a>, StudyError> {
    let plain = Discretisation::on(problem, on.grid.clone(), scheme.weight, resources.progress)?;
    if !scheme.is_corrected {
        return Ok(plain);
    }
    Ok(Chain::killed(plain, resources)?.corrected(resources)?.into_discretisation())
}

/// The plateau of j/S, where it has been reached: against the rate that is known, or against where it is at the end.
fn plateau(evolution: &Evolution<'_>, rate: Option<f64>) -> Option<record::Plateau> {
    let last = evolution.hazard();
    if !last.is_normal() {
        return None;
    }
    let rate = rate.unwrap_or(last);
    let [rough, precise] = REACHED.map(|tolerance| reached(evolution.history(), rate, tolerance));
    Some(record::Plateau { rate: last, reached: rough?, reached_precisely: precise })
}

fn failed(error: EvolveError, on: &Discretisation<'_>) -> StudyError {
    match error {
        EvolveError::Elimination(error) => located(error, on).into(),
        EvolveError::Interrupted => StudyError::Interrupted,
        error => EvolutionFault::NotFollowed(error).into(),
    }
}
