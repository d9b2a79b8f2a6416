//! What is written down of a density at its output times.

use serde::Serialize;

use crate::observe::boundary::SaddleOfExit;
use crate::observe::group::{Coordinate, Data, Field, FieldGroup, Label};
use crate::observe::over_grid::{AXES, over_grid};
use crate::solve::evolve::{Effort, Passed};
use crate::solve::{Discretisation, Evolution};
use crate::study::evolution::KNOWN;
use crate::study::evolution::backward::FromCells;
use crate::study::evolution::method::Method;
use crate::study::evolution::valleys::Valleys;
use crate::study::request::EvolveRequest;

/// The group of the density in time.
pub const GROUP: &str = "evolution";
/// Output times.
pub const TIME: &str = "t";
/// S.
pub const SURVIVAL: &str = "survival";
/// ln S.
pub const LOG_SURVIVAL: &str = "log_survival";
/// j.
pub const FLUX: &str = "flux";
/// j/S.
pub const FLUX_OVER_SURVIVAL: &str = "flux_over_survival";
/// P(θ, t).
pub const SNAPSHOT: &str = "density";
/// The times of the snapshots, where they are not all of the output times.
const SNAPSHOT_TIME: &str = "t_density";

/// So many snapshots of the density are kept at most.
const MOST_SNAPSHOTS: usize = 64;

/// And so many numbers in all of them together: half a gigabyte.
const MOST_VALUES: usize = 1 << 26;

/// Where j/S stays.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Plateau {
    /// j/S at the last time.
    pub rate: f64,
    /// The time from which on it is within 1 % of γ.
    pub reached: f64,
    /// The time from which on it is within 1e-6 of γ.
    pub reached_precisely: Option<f64>,
    /// λ₂, where the spectrum is known, and what it says of both times.
    pub lambda_2: Option<f64>,
    /// When the modes of the spectrum leave 1 %.
    pub predicted: Option<f64>,
    /// When they leave 1e-6.
    pub predicted_precisely: Option<f64>,
}

/// The time by which a share of what was there has been killed.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Quantile {
    /// The share, F(t) = 1 − S(t).
    share: f64,
    /// t.
    time: f64,
    /// Its estimated error, of the chain and not of its grid.
    error: f64,
}

/// Shares whose times are found.
const SHARES: [f64; 7] = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99];

/// What is left when these shares are gone.
pub(super) fn levels() -> [f64; 7] {
    SHARES.map(|share| 1.0 - share)
}

/// The section of the summary.
#[derive(Clone, Debug, Serialize)]
pub struct Record {
    t: Vec<f64>,
    /// Σ η⁻¹ Δt, where every noise has a learning rate.
    iterations: Option<Vec<f64>>,
    survival: Vec<f64>,
    log_survival: Vec<f64>,
    flux: Vec<f64>,
    flux_error: Vec<f64>,
    flux_over_survival: Vec<f64>,
    valleys: Vec<Vec<f64>>,
    valley_error: Vec<Vec<f64>>,
    minima: Vec<Vec<f64>>,
    mean: Vec<Vec<f64>>,
    covariance: Vec<Vec<f64>>,
    entropy: Vec<f64>,
    entropy_production: Vec<f64>,
    errors: Vec<f64>,
    entry_errors: Vec<f64>,
    /// Where j/S stays.
    pub plateau: Option<Plateau>,
    /// Escape times by the share that has escaped, those that are known.
    quantiles: Vec<Quantile>,
    /// By which half has escaped.
    median: Option<Quantile>,
    /// Survival from every cell.
    pub from_cells: Option<FromCells>,
    method: &'static str,
    /// Why it was taken, where nobody has said which.
    method_because: Option<&'static str>,
    /// Whether it was interrupted after the last of the times that are there.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub interrupted: bool,
    #[serde(flatten)]
    effort: Effort,
    error: f64,
    entry_error: f64,
    /// The share above which entries are right.
    floor: f64,
    #[serde(skip)]
    by_saddle: Vec<Vec<f64>>,
    #[serde(skip)]
    saddles: Vec<usize>,
    #[serde(skip)]
    snapshots: Vec<(f64, Vec<f64>)>,
    #[serde(skip)]
    wanted: Vec<f64>,
    #[serde(skip)]
    members: Vec<Vec<f64>>,
    #[serde(skip)]
    clock: (f64, f64),
}

/// The output times under one generator.
pub(super) struct Observed<'a> {
    record: &'a mut Record,
    on: &'a Discretisation<'a>,
    exits: SaddleOfExit,
    learning_rate: Option<f64>,
}

impl Record {
    pub(super) fn new(asked: &EvolveRequest, on: &Discretisation<'_>, valleys: &Valleys) -> Record {
        let dimension = on.grid.dimension;
        Record {
            t: Vec::new(),
            iterations: Some(Vec::new()),
            survival: Vec::new(),
            log_survival: Vec::new(),
            flux: Vec::new(),
            flux_error: Vec::new(),
            flux_over_survival: Vec::new(),
            valleys: Vec::new(),
            valley_error: Vec::new(),
            minima: valleys.minima.iter().map(|theta| theta[..dimension].to_vec()).collect(),
            mean: Vec::new(),
            covariance: Vec::new(),
            entropy: Vec::new(),
            entropy_production: Vec::new(),
            errors: Vec::new(),
            entry_errors: Vec::new(),
            plateau: None,
            quantiles: Vec::new(),
            median: None,
            from_cells: None,
            method: "positive",
            method_because: None,
            interrupted: false,
            effort: Effort::default(),
            error: 0.0,
            entry_error: 0.0,
            floor: 1.0,
            by_saddle: Vec::new(),
            saddles: Vec::new(),
            snapshots: Vec::new(),
            wanted: snapshot_times(&asked.times, on.grid.len()),
            members: valleys.members.clone(),
            clock: (0.0, 0.0),
        }
    }

    /// The output times from here on, under another generator.
    pub(super) fn under<'a>(&'a mut self, on: &'a Discretisation<'a>, learning_rate: Option<f64>) -> Observed<'a> {
        let exits = SaddleOfExit::new(on.problem, on.grid.spacing(), &on.assembly.exits);
        self.saddles.clone_from(&exits.saddles);
        Observed { record: self, on, exits, learning_rate }
    }

    /// How the density is followed.
    pub(super) fn by(&mut self, method: Method) {
        (self.method, self.method_because, self.floor) = (method.name(), method.because, method.accuracy.floor);
    }

    /// The output times so far.
    pub(super) fn times(&self) -> &[f64] {
        &self.t
    }

    /// ln S at them.
    pub(super) fn log_survivals(&self) -> &[f64] {
        &self.log_survival
    }

    /// Those of them at which fields are kept.
    pub(super) fn snapshot_times(&self) -> &[f64] {
        &self.wanted
    }

    /// The largest error at any output time, in L1 or of an entry.
    fn worst(&self) -> f64 {
        let largest = |errors: &[f64]| errors.iter().copied().fold(0.0, f64::max);
        largest(&self.errors).max(largest(&self.entry_errors))
    }

    /// What it has taken so far, and the quantiles that are known.
    pub(super) fn so_far(&mut self, evolution: &Evolution<'_>) {
        self.effort = evolution.effort();
        let quantile = |passed: &Passed| {
            // The share that was asked for, and not what the logarithm of its rest has left of it.
            let gone = -passed.log_survival.exp_m1();
            let share = SHARES.into_iter().min_by(|a, b| (a - gone).abs().total_cmp(&(b - gone).abs()));
            Quantile { share: share.unwrap_or(gone), time: passed.time, error: passed.error }
        };
        self.quantiles = evolution.passed().iter().map(quantile).collect();
        self.median = self.quantiles.iter().find(|quantile| quantile.share == 0.5).copied();
    }

    /// Takes the largest errors, and returns the larger one.
    pub(super) fn finish(&mut self) -> f64 {
        self.entry_error = self.worst();
        self.error = self.errors.iter().copied().fold(0.0, f64::max);
        self.entry_error
    }

    /// The first time from which on the flux is known, where it is not from the start.
    pub(super) fn flux_unknown_until(&self) -> Option<f64> {
        let last = self.flux_error.iter().rposition(|error| *error > KNOWN)?;
        Some(self.t.get(last + 1).copied().unwrap_or(f64::INFINITY))
    }

    /// The first time at which survival is below the range of numbers.
    pub(super) fn out_of_range_from(&self) -> Option<f64> {
        let place = self.survival.iter().position(|survival| survival.is_nan())?;
        Some(self.t[place])
    }

    /// The group of fields over time.
    pub(super) fn group(&self, on: &Discretisation<'_>, valleys: &Valleys) -> FieldGroup {
        let grid = &on.grid;
        let time =
            |name: &'static str, values: Vec<f64>| Coordinate::new(Label::new(name, "dynamical time", "time"), values);
        let mut coordinates = vec![time(TIME, self.t.clone())];
        let taken: Vec<f64> = self.snapshots.iter().map(|(at, _)| *at).collect();
        let of_snapshots = if taken == self.t { TIME } else { SNAPSHOT_TIME };
        if of_snapshots != TIME {
            coordinates.push(time(SNAPSHOT_TIME, taken));
        }
        coordinates.extend(over_grid(grid).coordinates);
        let count = |name: &'static str, words: &'static str, numbers: Vec<f64>| {
            Coordinate::new(Label::new(name, "1", words), numbers)
        };
        let valley_numbers: Vec<f64> = (0..valleys.minima.len()).map(|k| k as f64).collect();
        coordinates.push(count("valley", "valley, as its minimum counts among those of the set", valley_numbers));
        let mut group = FieldGroup::new(GROUP, coordinates);
        let mut over_time = |name: &'static str, units: &'static str, words: &'static str, values: &[f64]| {
            group.push(Field::new(Label::new(name, units, words), &[TIME], values.to_vec()));
        };
        over_time(SURVIVAL, "1", "share that has not been killed", &self.survival);
        over_time(LOG_SURVIVAL, "1", "logarithm of the share that has not been killed", &self.log_survival);
        let known = |values: &[f64]| -> Vec<f64> {
            let pairs = values.iter().zip(&self.flux_error);
            pairs.map(|(value, error)| if *error > KNOWN { f64::NAN } else { *value }).collect()
        };
        over_time(FLUX, "1/dynamical time", "probability flux that is killed", &known(&self.flux));
        let hazard = known(&self.flux_over_survival);
        over_time(FLUX_OVER_SURVIVAL, "1/dynamical time", "flux over survival", &hazard);
        over_time("entropy", "1", "entropy of the density of what has not been killed", &self.entropy);
        over_time("error", "1", "estimated relative error of the density in L1", &self.errors);
        let words = "estimated largest relative error of a cell above the floor";
        over_time("entry_error", "1", words, &self.entry_errors);
        let flat: Vec<f64> = self.valleys.iter().flatten().copied().collect();
        group.push(Field::new(Label::new("valleys", "1", "probability in each valley"), &[TIME, "valley"], flat));
        if !self.saddles.is_empty() {
            let numbers = self.saddles.iter().map(|index| *index as f64).collect();
            group.coordinates.push(count("saddle", "index of the saddle in problem.critical.saddles", numbers));
            let flat: Vec<f64> = self.by_saddle.iter().flatten().copied().collect();
            let label = Label::new(
                "flux_by_saddle",
                "1/dynamical time",
                "flux through the arc of the boundary that belongs to each saddle",
            );
            group.push(Field::new(label, &[TIME, "saddle"], flat));
        }
        let axes: Vec<&'static str> = [of_snapshots].into_iter().chain(AXES.into_iter().take(grid.dimension)).collect();
        let units = if grid.dimension == 1 { "1/parameter" } else { "1/parameter^2" };
        let label = Label::new(SNAPSHOT, units, "density of what has not been killed, times survival");
        let values = self.snapshots.iter().flat_map(|(_, values)| values.iter().copied()).collect();
        group.push(Field::new(label, &axes, values));
        if let Some(found) = &self.from_cells {
            found.fields(&mut group, &axes);
        }
        if self.interrupted {
            let words = "interrupted after the last of these times";
            group.describe("interrupted", Data::Text(words.to_string()));
        }
        group.describe("method", Data::Text(self.method.to_string()));
        group
    }
}

impl Observed<'_> {
    /// Writes down the density as it is.
    pub(super) fn take(&mut self, evolution: &Evolution<'_>) {
        let (on, record, p) = (self.on, &mut *self.record, evolution.probability());
        let (time, log_survival) = (evolution.time(), evolution.log_survival());
        let survival = in_range(log_survival.exp());
        let hazard = evolution.hazard();
        let flux_error = evolution.error_of(&on.assembly.generator.killing).min(1.0);
        let flux = survival * hazard;
        // A flux that is not known is not refined further: its error says so.
        let is_lost = hazard > 0.0 && flux_error <= KNOWN && !flux.is_normal();
        record.t.push(time);
        record.survival.push(survival);
        record.log_survival.push(log_survival);
        record.flux.push(if is_lost { f64::NAN } else { flux });
        record.flux_error.push(flux_error);
        record.flux_over_survival.push(hazard);
        let mass = |weights: &Vec<f64>| survival * p.iter().zip(weights).map(|(p, weight)| p * weight).sum::<f64>();
        record.valleys.push(record.members.iter().map(mass).collect());
        let errors = record.members.iter().map(|weights| evolution.error_of(weights).min(1.0));
        record.valley_error.push(errors.collect());
        let (mean, covariance) = moments(on, p);
        record.mean.push(mean);
        record.covariance.push(covariance);
        let volume = on.grid.volume();
        record.entropy.push(-p.iter().filter(|p| **p > 0.0).map(|p| p * (p / volume).ln()).sum::<f64>());
        record.entropy_production.push(entropy_production(on, p));
        record.errors.push(evolution.error());
        record.entry_errors.push(evolution.worst_error());
        let flows: Vec<f64> =
            on.assembly.exits.iter().map(|exit| survival * p[exit.state as usize] * exit.rate).collect();
        record.by_saddle.push(self.exits.sums(&flows));
        record.so_far(evolution);
        let (begun, before) = record.clock;
        match (self.learning_rate, &mut record.iterations) {
            (Some(rate), Some(iterations)) => iterations.push(before + (time - begun) / rate),
            _ => record.iterations = None,
        }
        if record.wanted.contains(&time) {
            let density = on.density(p).into_iter().map(|density| survival * density).collect();
            record.snapshots.push((time, density));
        }
    }

    /// The learning rate is another one from here on.
    pub(super) fn piece_ends(&mut self, time: f64) {
        let (begun, before) = self.record.clock;
        if let Some(rate) = self.learning_rate {
            self.record.clock = (time, before + (time - begun) / rate);
        }
    }
}

/// NaN for numbers below the range of doubles, so that they are left out.
fn in_range(value: f64) -> f64 {
    if value.is_normal() { value } else { f64::NAN }
}

/// Output times at which the whole density is kept: all, or some from first to last.
fn snapshot_times(times: &[f64], cells: usize) -> Vec<f64> {
    let most = (MOST_VALUES / cells.max(1)).clamp(1, MOST_SNAPSHOTS);
    if times.len() <= most {
        return times.to_vec();
    }
    (0..most).map(|k| times[if most == 1 { times.len() - 1 } else { k * (times.len() - 1) / (most - 1) }]).collect()
}

/// The mean, and the covariance by rows.
fn moments(on: &Discretisation<'_>, p: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let dimension = on.grid.dimension;
    let about = |f: &dyn Fn([f64; 2]) -> f64| p.iter().enumerate().map(|(state, p)| p * f(on.centre(state))).sum();
    let mean: Vec<f64> = (0..dimension).map(|axis| about(&|theta| theta[axis])).collect();
    let entry = |a: usize, b: usize| about(&|theta| (theta[a] - mean[a]) * (theta[b] - mean[b]));
    let covariance = (0..dimension).flat_map(|a| (0..dimension).map(move |b| (a, b))).map(|(a, b)| entry(a, b));
    (mean.clone(), covariance.collect())
}

/// Σ (p_i q_ij − p_j q_ji) ln(p_i q_ij/p_j q_ji) over edges, no term of which is negative; NaN where an edge leads one way only.
fn entropy_production(on: &Discretisation<'_>, p: &[f64]) -> f64 {
    let flows = on
        .assembly
        .pairs
        .iter()
        .map(|pair| [p[pair.from as usize] * pair.forward, p[pair.to as usize] * pair.backward]);
    // Where both flows have left the range of numbers there is next to nothing.
    let seen = flows.filter(|[there, back]| *there > 0.0 || *back > 0.0);
    seen.map(|[there, back]| if there > 0.0 && back > 0.0 { (there - back) * (there / back).ln() } else { f64::NAN })
        .sum()
}
