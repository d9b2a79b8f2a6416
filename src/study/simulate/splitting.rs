//! Adaptive multilevel splitting: how long excursions are counted, and the rate from independent repetitions.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use rayon::prelude::*;
use serde::{Serialize, Serializer};

use crate::particles::deadline::Deadline;
use crate::particles::estimate::{mean, student};
use crate::particles::lattice::Lattice;
use crate::particles::preparation::Preparation;
use crate::particles::splitting::{self, COUNTING, Repetition, Split};
use crate::particles::swarm::Runaway;
use crate::particles::well::Well;
use crate::particles::{ParticleWarning, Settings, SimulationError};
use crate::progress::Progress;
use crate::study::coordinate::coordinate;
use crate::study::simulate::{ParticleRate, Reference, Simulation};
use crate::study::{Request, StudyError};
use crate::tensor::{LANES, Points};

/// The results of the repetitions.
#[derive(Clone, Debug, Serialize)]
pub struct Splittings {
    /// The rates at step dt/2 if two steps were requested, else at dt.
    #[serde(rename = "repetitions", serialize_with = "count")]
    pub fine: Vec<f64>,
    /// The rates at step dt if two steps were requested, else empty.
    #[serde(skip)]
    pub coarse: Vec<f64>,
    /// The mean number of excursions per unit of dynamical time.
    #[serde(rename = "excursions_per_time")]
    pub frequency: f64,
    /// The mean probability that an excursion ends in death.
    pub probability: f64,
    /// The mean number of rounds of replacement.
    pub rounds: f64,
}

fn count<S: Serializer>(rates: &[f64], serializer: S) -> Result<S::Ok, S::Error> {
    rates.len().serialize(serializer)
}

/// The default number of replicas per repetition.
const COUNT: usize = 1024;
/// The time for which excursions are counted, in relaxation times of the well.
const COUNTED: f64 = 40.0;
/// The ratio of γ to the relaxation rate above which the user is warned: the systematic error of splitting is about
/// this ratio.
const QUICK: f64 = 1e-3;
/// The ratio of standard error to rate above which the user is warned.
const WIDE: f64 = 0.3;

/// Estimates the rate of a prepared simulation by splitting.
pub(super) fn split(
    prepared: &Preparation,
    request: &Request,
    reference: Option<Reference>,
    progress: &Progress,
) -> Result<Simulation, StudyError> {
    let clock = Instant::now();
    let Preparation { settings, problem, scales, dt, .. } = prepared;
    let well = Well::around_start(problem)?;
    let coordinate = coordinate(request, problem, &well, progress)?;
    let first = first_repetition(prepared);
    let repetitions = Repetitions::run(prepared, well, &coordinate, first, progress)?;
    let fine = &repetitions.fine;
    let missing = repetitions.missing(settings, progress)?;
    let mut rate = repetitions.rate().ok_or(SimulationError::NoExcursion)?;
    rate.against = reference.map(|reference| reference.against(rate.value, rate.standard_error));
    let mut warnings: Vec<ParticleWarning> = missing.into_iter().collect();
    let relative = rate.value / scales.slowest;
    if relative > QUICK {
        warnings.push(ParticleWarning::QuickEscape { relative });
    }
    if rate.standard_error > WIDE * rate.value {
        warnings.push(ParticleWarning::WideError);
    }
    let average = |pick: fn(&Split) -> f64| fine.iter().map(pick).sum::<f64>() / fine.len() as f64;
    Ok(Simulation {
        method: settings.method,
        count: first.count,
        dt: *dt,
        seed: settings.seed,
        burn_in: first.burn_in,
        settling: None,
        observed: first.time * COUNTING as f64,
        rate,
        tables: None,
        splitting: Some(Splittings {
            frequency: average(|split| split.frequency),
            probability: average(|split| split.probability),
            rounds: average(|split| split.rounds as f64),
            fine: rates(fine),
            coarse: rates(&repetitions.coarse),
        }),
        constancy: None,
        interrupted: progress.is_interrupted(),
        steps_per_second: 1.0 / repetitions.seconds_per_step,
        seconds: clock.elapsed().as_secs_f64(),
        warnings,
    })
}

/// The parameters that all repetitions share.
fn first_repetition(prepared: &Preparation) -> Repetition {
    let Preparation { settings, scales, dt, .. } = prepared;
    Repetition {
        count: settings.count.unwrap_or(COUNT).next_multiple_of(LANES),
        step: *dt,
        burn_in: settings.burn_in.unwrap_or(10.0 / scales.slowest),
        time: COUNTED / scales.slowest,
        seed: settings.seed,
        stream: 0,
        deadline: Deadline::after(settings.most_seconds),
    }
}

/// The seconds after which a trial splitting is given up.
const PATIENCE: f64 = 1.0;
/// The replicas of a trial splitting.
const FEW: usize = 4 * LANES;

/// The seconds that the splittings of a prepared simulation will take, from a trial with few replicas: the time of
/// excursions grows with their number, that of counting does not. `None` if the trial does not end in time.
pub(super) fn seconds(prepared: &Preparation, request: &Request, progress: &Progress) -> Option<f64> {
    let (clock, settings) = (Instant::now(), prepared.settings);
    let well = Well::around_start(prepared.problem).ok()?;
    let coordinate = coordinate(request, prepared.problem, &well, &progress.part()).ok()?;
    let along = |at: &Points, values: &mut [f64; LANES]| coordinate.values(at, values);
    let along_the_way = clock.elapsed().as_secs_f64();
    let all = first_repetition(prepared);
    let few =
        Repetition { count: FEW.min(all.count), deadline: Deadline::after(Some(PATIENCE)), stream: u32::MAX, ..all };
    let clock = Instant::now();
    let found = splitting::split(&prepared.motion, well, &along, &few, progress).ok()??;
    let per_step = clock.elapsed().as_secs_f64() / found.steps as f64;
    let counting = ((few.burn_in + few.time) / few.step).ceil() * COUNTING as f64;
    let moved = (found.steps as f64 - counting).max(0.0) * all.count as f64 / few.count as f64;
    // With extrapolation each repetition is made a second time at half the step, which takes twice as long.
    let sides = if settings.extrapolate { 3.0 } else { 1.0 };
    let lanes = rayon::current_num_threads().min(settings.repetitions).max(1) as f64;
    Some(along_the_way + sides * settings.repetitions as f64 * (counting + moved) * per_step / lanes)
}

/// Independent splittings, in pairs at two steps if the rate is to be extrapolated to dt → 0.
struct Repetitions {
    /// The results at step dt/2 if two steps were requested, else at dt.
    fine: Vec<Split>,
    /// The results at step dt if two steps were requested, else empty.
    coarse: Vec<Split>,
    /// The number of repetitions that the deadline cut off.
    cut: usize,
    /// The seconds per step of one path, all threads together.
    seconds_per_step: f64,
}

/// A repetition begins only if this multiple of the longest one so far is left before the deadline. Whether it counts
/// then does not depend on its own length; otherwise short repetitions would be favoured.
const MARGIN: f64 = 2.0;

impl Repetitions {
    /// Runs all repetitions; fewer if interrupted or if the deadline passes.
    fn run(
        prepared: &Preparation,
        well: Well,
        coordinate: &Lattice,
        first: Repetition,
        progress: &Progress,
    ) -> Result<Repetitions, SimulationError> {
        let (settings, dt) = (prepared.settings, prepared.dt);
        let along = |at: &Points, values: &mut [f64; LANES]| coordinate.values(at, values);
        let sides = if settings.extrapolate { 2 } else { 1 };
        progress.begin("splitting", (sides * settings.repetitions) as u64);
        let clock = Instant::now();
        let ran_away = AtomicBool::new(false);
        let (cut, longest) = (AtomicUsize::new(0), Mutex::new(0.0f64));
        let lock = || longest.lock().unwrap_or_else(PoisonError::into_inner);
        let one = |job: usize| {
            // Fine and coarse alternate, so that an interrupted run has both of each pair.
            let is_fine = settings.extrapolate && job.is_multiple_of(2);
            let step = if is_fine { 0.5 * dt } else { dt };
            let repetition = Repetition { step, stream: job as u32 + 1, ..first };
            let is_over = first.deadline.has_passed() || !first.deadline.leaves(MARGIN * *lock());
            if is_over || progress.is_interrupted() || ran_away.load(Ordering::Relaxed) {
                return None;
            }
            let begun = Instant::now();
            match splitting::split(&prepared.motion, well, &along, &repetition, progress) {
                Ok(Some(found)) => {
                    progress.advance(1);
                    let mut longest = lock();
                    *longest = longest.max(begun.elapsed().as_secs_f64());
                    Some(found)
                }
                Ok(None) => {
                    cut.fetch_add(usize::from(!progress.is_interrupted()), Ordering::Relaxed);
                    None
                }
                Err(Runaway) => {
                    ran_away.store(true, Ordering::Relaxed);
                    None
                }
            }
        };
        let found: Vec<Option<Split>> = (0..sides * settings.repetitions).into_par_iter().map(one).collect();
        if ran_away.load(Ordering::Relaxed) {
            return Err(SimulationError::Runaway { step: dt });
        }
        let steps = found.iter().flatten().map(|split| split.steps as f64).sum::<f64>();
        let seconds_per_step = clock.elapsed().as_secs_f64() / steps;
        let (fine, coarse) = match settings.extrapolate {
            true => found.chunks_exact(2).filter_map(|pair| pair[0].zip(pair[1])).unzip(),
            false => (found.into_iter().flatten().collect(), Vec::new()),
        };
        Ok(Repetitions { fine, coarse, cut: cut.into_inner(), seconds_per_step })
    }

    /// The warning that the time limit came before all repetitions were made, if it did.
    ///
    /// # Errors
    /// Fewer than two repetitions, which give no error bar.
    fn missing(&self, settings: &Settings, progress: &Progress) -> Result<Option<ParticleWarning>, StudyError> {
        let (done, asked) = (self.fine.len(), settings.repetitions);
        let late = settings.most_seconds.filter(|_| !progress.is_interrupted() && done < asked);
        if done < 2 {
            return Err(match late {
                Some(seconds) => SimulationError::OutOfTime { seconds, done, asked }.into(),
                None => StudyError::Interrupted,
            });
        }
        let (done, asked, cut) = (done as u64, asked as u64, self.cut as u64);
        Ok(late.map(|seconds| ParticleWarning::OutOfTime { seconds, done, asked, what: "repetitions", cut }))
    }

    /// The mean rate with its interval, extrapolated to dt → 0 if two steps were made; `None` if nothing died.
    fn rate(&self) -> Option<ParticleRate> {
        let ((value, error), half) = (mean(&rates(&self.fine)), mean(&rates(&self.coarse)));
        let (value, standard_error) = match self.coarse.is_empty() {
            false => (2.0 * value - half.0, (2.0 * error).hypot(half.1)),
            true => (value, error),
        };
        let spread = student(self.fine.len()) * standard_error;
        (standard_error != 0.0).then_some(ParticleRate {
            value,
            standard_error,
            ci95: [value - spread, value + spread],
            per_iteration: None,
            fine: None,
            coarse: None,
            paper: None,
            against: None,
        })
    }
}

fn rates(splits: &[Split]) -> Vec<f64> {
    splits.iter().map(Split::rate).collect()
}
