//! What is written down of a density at its output times.

use serde::Serialize;

use crate::observe::group::{Before, Coordinate, Data, Field, FieldGroup, Label};
use crate::observe::over_grid::{AXES, over_grid};
use crate::solve::evolve::{Checkpoint, Effort, Passed};
use crate::solve::{Discretisation, Evolution};
use crate::study::evolution::KNOWN;
use crate::study::evolution::backward::FromCells;
use crate::study::evolution::halt::{self, Halt, INTERRUPTED};
use crate::study::evolution::method::Method;
use crate::study::evolution::series::{Beside, Series};
use crate::study::evolution::snapshots::Snapshots;
use crate::study::evolution::valleys::Valleys;
use crate::study::request::EvolveRequest;
use crate::study::warning::Warning;

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
pub(super) const SNAPSHOT_TIME: &str = "t_density";

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
    #[serde(flatten)]
    pub(super) series: Series,
    minima: Vec<Vec<f64>>,
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
    pub(super) beside: Beside,
    #[serde(skip)]
    pub(super) saddles: Vec<usize>,
    #[serde(skip)]
    pub(super) snapshots: Snapshots,
    #[serde(skip)]
    pub(super) members: Vec<Vec<f64>>,
    /// The density at the last output time, with the piece of the schedule, as long as it can be gone on with.
    #[serde(skip)]
    pub(super) last: Option<(usize, Checkpoint)>,
}

impl Record {
    pub(super) fn new(asked: &EvolveRequest, on: &Discretisation<'_>, valleys: &Valleys, has_file: bool) -> Record {
        let dimension = on.grid.dimension;
        Record {
            series: Series { iterations: Some(Vec::new()), ..Series::default() },
            minima: valleys.minima.iter().map(|theta| theta[..dimension].to_vec()).collect(),
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
            beside: Beside::default(),
            saddles: Vec::new(),
            snapshots: Snapshots::new(&asked.times, on.grid.len(), has_file),
            members: valleys.members.clone(),
            last: None,
        }
    }

    /// How the density is followed.
    pub(super) fn by(&mut self, method: Method) {
        (self.method, self.method_because, self.floor) = (method.name(), method.because, method.accuracy.floor);
    }

    /// Goes on from what was kept.
    pub(super) fn resume(&mut self, halt: Halt) {
        self.last = Some((halt.piece, halt.density));
        self.snapshots.resume(halt.times, halt.file, halt.snapshots);
        (self.series, self.beside) = (halt.series, halt.beside);
    }

    /// It ends here, for now; what the reader must know.
    pub(super) fn interrupt(&mut self) -> Warning {
        self.interrupted = true;
        Warning::EvolutionInterrupted { until: self.series.t.last().copied().unwrap_or(0.0) }
    }

    /// What is written of it: the group of fields, and what it can go on from where it is not whole.
    pub(super) fn groups(&self, on: &Discretisation<'_>) -> Vec<FieldGroup> {
        let kept = self.last.as_ref().filter(|_| self.interrupted).and_then(|(piece, density)| {
            let (series, beside) = (self.series.clone(), self.beside.clone());
            Halt::new(halt::chain(&on.assembly.generator), *piece, density.clone(), series, beside).group()
        });
        [self.group(on)].into_iter().chain(kept).collect()
    }

    /// The output times so far.
    pub(super) fn times(&self) -> &[f64] {
        &self.series.t
    }

    /// ln S at them.
    pub(super) fn log_survivals(&self) -> &[f64] {
        &self.series.log_survival
    }

    /// The largest error at any output time, in L1 or of an entry.
    fn worst(&self) -> f64 {
        let largest = |errors: &[f64]| errors.iter().copied().fold(0.0, f64::max);
        largest(&self.series.errors).max(largest(&self.series.entry_errors))
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
        self.error = self.series.errors.iter().copied().fold(0.0, f64::max);
        self.entry_error
    }

    /// The first time from which on the flux is known, where it is not from the start.
    pub(super) fn flux_unknown_until(&self) -> Option<f64> {
        let last = self.series.flux_error.iter().rposition(|error| *error > KNOWN)?;
        Some(self.series.t.get(last + 1).copied().unwrap_or(f64::INFINITY))
    }

    /// The first time at which survival is below the range of numbers.
    pub(super) fn out_of_range_from(&self) -> Option<f64> {
        let place = self.series.survival.iter().position(|survival| *survival == 0.0)?;
        Some(self.series.t[place])
    }

    /// The group as pictures show it, where its densities are in a file.
    pub(super) fn shown(&self, on: &Discretisation<'_>) -> Option<FieldGroup> {
        let (times, values) = self.snapshots.apart()?;
        Some(self.group_of(on, &times, values, Before::default()))
    }

    /// The group of fields over time.
    fn group(&self, on: &Discretisation<'_>) -> FieldGroup {
        let Snapshots { times, later, before, .. } = &self.snapshots;
        self.group_of(on, times, later.clone(), before.clone())
    }

    /// The group with these densities after those that a file holds already.
    fn group_of(&self, on: &Discretisation<'_>, times: &[f64], densities: Vec<f64>, before: Before) -> FieldGroup {
        let grid = &on.grid;
        let time =
            |name: &'static str, values: Vec<f64>| Coordinate::new(Label::new(name, "dynamical time", "time"), values);
        let mut coordinates = vec![time(TIME, self.series.t.clone())];
        let of_snapshots = if times == self.series.t { TIME } else { SNAPSHOT_TIME };
        if of_snapshots != TIME {
            coordinates.push(time(SNAPSHOT_TIME, times.to_vec()));
        }
        coordinates.extend(over_grid(grid).coordinates);
        let count = |name: &'static str, words: &'static str, numbers: Vec<f64>| {
            Coordinate::new(Label::new(name, "1", words), numbers)
        };
        let valley_numbers: Vec<f64> = (0..self.minima.len()).map(|k| k as f64).collect();
        coordinates.push(count("valley", "valley, as its minimum counts among those of the set", valley_numbers));
        let mut group = FieldGroup::new(GROUP, coordinates);
        let mut over_time = |name: &'static str, units: &'static str, words: &'static str, values: &[f64]| {
            group.push(Field::new(Label::new(name, units, words), &[TIME], values.to_vec()));
        };
        over_time(SURVIVAL, "1", "share that has not been killed", &self.series.survival);
        over_time(LOG_SURVIVAL, "1", "logarithm of the share that has not been killed", &self.series.log_survival);
        let known = |values: &[f64]| -> Vec<f64> {
            let pairs = values.iter().zip(&self.series.flux_error);
            pairs.map(|(value, error)| if *error > KNOWN { f64::NAN } else { *value }).collect()
        };
        over_time(FLUX, "1/dynamical time", "probability flux that is killed", &known(&self.series.flux));
        let hazard = known(&self.series.flux_over_survival);
        over_time(FLUX_OVER_SURVIVAL, "1/dynamical time", "flux over survival", &hazard);
        over_time("entropy", "1", "entropy of the density of what has not been killed", &self.series.entropy);
        over_time("error", "1", "estimated relative error of the density in L1", &self.series.errors);
        let words = "estimated largest relative error of a cell above the floor";
        over_time("entry_error", "1", words, &self.series.entry_errors);
        let flat: Vec<f64> = self.series.valleys.iter().flatten().copied().collect();
        group.push(Field::new(Label::new("valleys", "1", "probability in each valley"), &[TIME, "valley"], flat));
        if !self.saddles.is_empty() {
            let numbers = self.saddles.iter().map(|index| *index as f64).collect();
            group.coordinates.push(count("saddle", "index of the saddle in problem.critical.saddles", numbers));
            let flat: Vec<f64> = self.beside.by_saddle.iter().flatten().copied().collect();
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
        group.push(Field { before: Some(before), ..Field::new(label, &axes, densities) });
        if let Some(found) = &self.from_cells {
            found.fields(&mut group, grid.dimension);
        }
        if self.interrupted {
            let words = "interrupted after the last of these times";
            group.describe(INTERRUPTED, Data::Text(words.to_string()));
        }
        group.describe("method", Data::Text(self.method.to_string()));
        group
    }
}
