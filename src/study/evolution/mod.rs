//! The density in time on the finest grid, under a schedule of the noise.

mod backward;
mod fault;
mod halt;
mod method;
mod record;
mod relaxation;
mod series;
mod snapshots;
mod start;
mod valleys;

pub use backward::{EXIT_FROM, SURVIVAL_FROM};
pub use fault::EvolutionFault;
pub use halt::{Halt, is_interrupted};
pub use record::{FLUX, FLUX_OVER_SURVIVAL, GROUP, LOG_SURVIVAL, Record, SNAPSHOT, SURVIVAL, TIME};
pub(super) use snapshots::MOST_WAITING;

use crate::observe::group::FieldGroup;
use crate::problem::Problem;
use crate::solve::chain::located;
use crate::solve::evolve::plateau::reached;
use crate::solve::evolve::{Accuracy, LOWEST_FLOOR};
use crate::solve::{Chain, Discretisation, Evolution, EvolveError, Mode, QuasiStationary, Resources, quasi_stationary};
use crate::study::StudyError;
use crate::study::keeper::Unfinished;
use crate::study::request::{EvolveRequest, Scheme};
use crate::study::warning::Warning;
use method::Method;
use relaxation::Relaxation;
use valleys::Valleys;

/// The result of an evolution.
pub(super) struct Found {
    /// The section of the summary.
    pub record: Record,
    /// The groups of fields for the result file.
    pub groups: Vec<FieldGroup>,
    /// The group over time as pictures show it; `None` unless densities are already in a file.
    pub shown: Option<FieldGroup>,
    /// Warnings for the user.
    pub warnings: Vec<Warning>,
}

/// The multiple of the stated errors by which survival from every cell and that of the density may differ before the
/// user is warned.
const DISAGREES: f64 = 10.0;

/// The largest estimated relative error of a flux that is reported; beyond it the flux is NaN.
const KNOWN: f64 = 0.1;

/// The relative distances of j/S from γ at which the plateau counts as reached, and as reached precisely.
const REACHED: [f64; 2] = [1e-2, 1e-6];

/// Follows the density through all pieces of the schedule to all output times. `known`: the quasi-stationary
/// distribution, if it was computed; `modes`: the leading modes, empty without a spectrum.
pub(super) fn evolution(
    asked: &EvolveRequest,
    on: &Discretisation<'_>,
    known: Option<&QuasiStationary>,
    modes: &[Mode],
    scheme: Scheme,
    resources: Resources<'_>,
    unfinished: &mut Unfinished<'_, '_>,
) -> Result<Found, StudyError> {
    // Without it the floor could be too high for exits of far less than the usual floor.
    let own = (known.is_none() && asked.from_cells).then(|| slowest(on, resources)).flatten();
    let known = known.or(own.as_ref());
    let valleys = Valleys::new(on);
    let mut record = Record::new(asked, on, &valleys, unfinished.keeper.keeps());
    if let Some(halt) = &asked.resumed {
        match halt.begins(asked, on) {
            true => record.resume(Halt::clone(halt)),
            false => return Err(EvolutionFault::OtherHalt.into()),
        }
    }
    let begin = start::start(&asked.start, on, known, resources)?;
    let method = Method::of(asked, on, known);
    record.by(method);
    let relaxation = if asked.schedule.is_empty() { Relaxation::new(modes, &begin) } else { None };
    let mut warnings = Vec::new();
    let rate = known.map(|known| known.rate.value());
    let mut way = Way { asked, on, scheme, method, rate, resources, unfinished };
    match way.follow(&begin, relaxation.as_ref(), &mut record) {
        // After an interruption the output times so far are kept.
        Err(StudyError::Interrupted) if !record.times().is_empty() => warnings.push(record.interrupt()),
        followed => followed?,
    }
    let error = record.finish();
    if asked.from_cells && !record.interrupted {
        // Survival from every cell is controlled cell by cell, whichever method the density used.
        let floor = asked.floor.unwrap_or_else(|| floor(on, known));
        let accuracy = Accuracy { tolerance: asked.tolerance, floor };
        match backward::from_cells(&way, &begin, &record, accuracy) {
            Ok(found) => {
                let apart = found.unexplained(error, DISAGREES);
                warnings.extend(apart.map(|(distance, stated)| Warning::EvolutionSides { distance, stated }));
                record.from_cells = Some(found);
            }
            Err(StudyError::Interrupted) => warnings.push(record.interrupt()),
            Err(error) => return Err(error),
        }
    }
    if error > asked.tolerance {
        warnings.push(Warning::EvolutionTolerance { tolerance: asked.tolerance, error });
    }
    warnings.extend(record.flux_unknown_until().map(|until| Warning::EvolutionFlux { until }));
    warnings.extend(record.out_of_range_from().map(|from| Warning::EvolutionRange { from }));
    let (groups, shown) = (record.groups(on), record.shown(on));
    Ok(Found { record, groups, shown, warnings })
}

/// Checks the start and the pieces of the schedule before anything is solved.
///
/// # Errors
/// [`EvolutionFault`] for a start that is no density on the live set, and for a piece under which other cells are
/// connected or, if survival is requested, nothing is killed; noise that cannot be discretised.
pub(super) fn refuse(
    asked: &EvolveRequest,
    on: &Discretisation<'_>,
    scheme: Scheme,
    resources: Resources<'_>,
) -> Result<(), StudyError> {
    start::refuse(&asked.start, on, resources)?;
    for (place, piece) in asked.schedule.iter().enumerate() {
        let problem = on.problem.with_noise(piece.noise.clone())?;
        let under = Discretisation::on(&problem, on.grid.clone(), scheme.weight, resources.progress)?;
        same_states(&under, on, place)?;
        if asked.from_cells && under.assembly.generator.killing.iter().all(|rate| *rate == 0.0) {
            return Err(EvolutionFault::PieceKillsNothing { piece: place }.into());
        }
    }
    Ok(())
}

fn same_states(under: &Discretisation<'_>, on: &Discretisation<'_>, piece: usize) -> Result<(), EvolutionFault> {
    match under.assembly.cells == on.assembly.cells {
        true => Ok(()),
        false => Err(EvolutionFault::OtherStates { piece }),
    }
}

/// The evolution of a density through the pieces of the schedule.
struct Way<'a, 'k, 'w> {
    asked: &'a EvolveRequest,
    on: &'a Discretisation<'a>,
    scheme: Scheme,
    method: Method,
    rate: Option<f64>,
    resources: Resources<'a>,
    unfinished: &'a mut Unfinished<'k, 'w>,
}

impl Way<'_, '_, '_> {
    /// Advances the density to all output times and records it.
    fn follow(
        &mut self,
        begin: &[f64],
        relaxation: Option<&Relaxation>,
        record: &mut Record,
    ) -> Result<(), StudyError> {
        let Way { asked, on, scheme, method, resources, .. } = *self;
        resources.progress.begin("evolving", asked.times.len() as u64);
        resources.progress.advance(record.times().len() as u64);
        let (pieces, mut kept) = record.last.clone().map_or((0, None), |(piece, density)| (piece, Some(density)));
        let mut evolution = Evolution::new(&on.assembly.generator, begin, method.accuracy, resources)
            .map_err(|error| failed(error, on))?;
        if method.is_krylov {
            evolution = evolution.in_spaces(asked.times.last().copied().unwrap_or(0.0));
        }
        if on.assembly.kills() {
            evolution.watch(&record::levels());
        }
        let last = asked.times.last().copied().unwrap_or(0.0);
        let mut times = asked.times[record.times().len()..].iter().copied().peekable();
        let mut so_far = evolution.continuation();
        for (place, piece) in asked.pieces_before(last).iter().enumerate().skip(pieces) {
            let problem = on.problem.with_noise(piece.noise.clone())?;
            let under = discretised(&problem, on, scheme, resources)?;
            same_states(&under, on, place)?;
            let generator = &under.assembly.generator;
            let mut within = match kept.take() {
                Some(kept) => Evolution::resumed(kept, generator, resources).map_err(|error| failed(error, &under))?,
                None => Evolution::under(so_far, generator, resources),
            };
            let mut observed = record.under(&under, piece.learning_rate, place);
            while let Some(time) = times.next_if(|time| *time <= piece.ends()) {
                within.advance(time).map_err(|error| failed(error, &under))?;
                observed.take(&within);
                self.taken(observed.record)?;
            }
            if times.peek().is_some() {
                within.advance(piece.ends()).map_err(|error| failed(error, &under))?;
            }
            observed.piece_ends(piece.ends());
            self.rate = None;
            record.plateau = plateau(&within, None, None);
            if times.peek().is_none() {
                within.foresee(piece.ends() - within.time()).map_err(|error| failed(error, &under))?;
                record.so_far(&within);
            }
            so_far = within.continuation();
        }
        if asked.schedule.last().is_none_or(|piece| last > piece.ends()) {
            let own = &on.assembly.generator;
            let mut last = match kept {
                Some(kept) => Evolution::resumed(kept, own, resources).map_err(|error| failed(error, on))?,
                None => Evolution::under(so_far, own, resources),
            };
            self.follow_to_end(&mut last, times, relaxation, record)?;
        }
        Ok(())
    }

    /// Advances the density to the remaining output times under the problem's own noise, and beyond them as far as its
    /// escape times can be predicted.
    fn follow_to_end(
        &mut self,
        evolution: &mut Evolution<'_>,
        times: impl Iterator<Item = f64>,
        relaxation: Option<&Relaxation>,
        record: &mut Record,
    ) -> Result<(), StudyError> {
        let Way { asked, on, .. } = *self;
        let mut observed = record.under(on, asked.learning_rate, asked.schedule.len());
        for time in times {
            evolution.advance(time).map_err(|error| failed(error, on))?;
            observed.take(evolution);
            self.taken(observed.record)?;
        }
        self.rate = self.rate.filter(|_| asked.schedule.is_empty());
        record.plateau = plateau(evolution, self.rate, relaxation);
        evolution.foresee(f64::INFINITY).map_err(|error| failed(error, on))?;
        record.so_far(evolution);
        Ok(())
    }

    /// Reports an output time as reached. From here on an interruption keeps the record, and a partial result is saved
    /// if it is time.
    ///
    /// # Errors
    /// More densities than may wait in memory, and no file that takes them.
    fn taken(&mut self, record: &mut Record) -> Result<(), StudyError> {
        let progress = self.resources.progress;
        progress.keep();
        progress.advance(1);
        let kept = self.unfinished.offer(progress, record.snapshots.is_heavy(), |quantities| {
            record.finish();
            let warning = record.interrupt();
            // Serialisation cannot fail: all keys are texts, and no field returns an error.
            quantities.add(GROUP, &*record).expect("a view of plain values");
            let groups = record.groups(self.on);
            record.interrupted = false;
            (groups, warning)
        });
        if let Some(file) = kept.map_err(|reason| EvolutionFault::Unwritable { reason })? {
            record.snapshots.written_to(file);
        }
        Ok(())
    }
}

/// The default floor, in one dimension and in two: the share of a cell above which its relative error is controlled.
const FLOORS: [f64; 2] = [1e-100, 1e-16];

/// The floor is at most this share of what a cell at the exit holds in the quasi-stationary distribution, so that the
/// flux is accurate.
const BELOW_THE_EXIT: f64 = 1e-3;

fn floor(on: &Discretisation<'_>, known: Option<&QuasiStationary>) -> f64 {
    let usual = FLOORS[on.grid.dimension - 1];
    let killing: f64 = on.assembly.generator.killing.iter().sum();
    match known {
        Some(known) => usual.min(BELOW_THE_EXIT * known.rate.value() / killing).max(LOWEST_FLOOR),
        None => usual,
    }
}

/// The quasi-stationary distribution; `None` if it cannot be computed or has not converged.
fn slowest(on: &Discretisation<'_>, resources: Resources<'_>) -> Option<QuasiStationary> {
    let chain = Chain::killed(on.clone(), resources).ok()?;
    quasi_stationary(&chain).ok().filter(|found| found.converged)
}

/// The discretisation of the same grid under other noise, with the scheme of the study.
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

/// The plateau of j/S, relative to the known rate or, without one, to the last j/S; `None` if it has not been reached.
fn plateau(evolution: &Evolution<'_>, rate: Option<f64>, relaxation: Option<&Relaxation>) -> Option<record::Plateau> {
    let last = evolution.hazard();
    if !last.is_normal() {
        return None;
    }
    let rate = rate.unwrap_or(last);
    let [rough, precise] = REACHED.map(|tolerance| reached(evolution.history(), rate, tolerance));
    let [predicted, predicted_precisely] = REACHED.map(|tolerance| relaxation.map(|modes| modes.reached(tolerance)));
    Some(record::Plateau {
        rate: last,
        reached: rough?,
        reached_precisely: precise,
        lambda_2: relaxation.map(|modes| modes.lambda_2),
        predicted,
        predicted_precisely,
    })
}

fn failed(error: EvolveError, on: &Discretisation<'_>) -> StudyError {
    match error {
        EvolveError::Elimination(error) => located(error, on).into(),
        EvolveError::Interrupted => StudyError::Interrupted,
        error => EvolutionFault::NotFollowed(error).into(),
    }
}
