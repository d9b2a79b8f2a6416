//! The results of an evolution at its output times.

use serde::Serialize;

use crate::observe::group::{Before, Coordinate, Data, Field, FieldGroup, Label};
use crate::observe::over_grid::{AXES, over_grid};
use crate::solve::evolve::{Checkpoint, Effort, Passed};
use crate::solve::{Discretisation, Evolution};
use crate::study::evolution::KNOWN;
use crate::study::evolution::backward::FromCells;
use crate::study::evolution::halt::{self, Halt, INTERRUPTED};
use crate::study::evolution::method::Method;
use crate::study::evolution::series::{Series, Unreported};
use crate::study::evolution::snapshots::Snapshots;
use crate::study::evolution::valleys::Valleys;
use crate::study::request::EvolveRequest;
use crate::study::warning::Warning;

/// The group of fields over time.
pub const GROUP: &str = "evolution";
/// The output times.
pub const TIME: &str = "t";
/// The survival probability S(t).
pub const SURVIVAL: &str = "survival";
/// ln S.
pub const LOG_SURVIVAL: &str = "log_survival";
/// The flux j(t) that is killed, per unit of dynamical time.
pub const FLUX: &str = "flux";
/// j/S.
pub const FLUX_OVER_SURVIVAL: &str = "flux_over_survival";
/// The density times survival.
pub const SNAPSHOT: &str = "density";
/// The times of the densities, if these are not kept at all output times.
pub(super) const SNAPSHOT_TIME: &str = "t_density";

/// The plateau of j/S.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Plateau {
    /// j/S at the last output time.
    pub rate: f64,
    /// The time from which on j/S is within 1 % of γ.
    pub reached: f64,
    /// The time from which on j/S is within 1e-6 of γ; `None` if it has not been.
    pub reached_precisely: Option<f64>,
    /// Re λ₂; `None` without a spectrum.
    pub lambda_2: Option<f64>,
    /// The time at which the modes of the spectrum decay to 1 % of γ in j/S.
    pub predicted: Option<f64>,
    /// The time at which they decay to 1e-6 of γ.
    pub predicted_precisely: Option<f64>,
}

/// The time by which a share of the initial mass has been killed.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Quantile {
    /// The share F(t) = 1 − S(t).
    share: f64,
    /// The time t.
    time: f64,
    /// The estimated error of the time, for the chain and without that of its grid.
    error: f64,
}

/// The shares for which times are computed.
const SHARES: [f64; 7] = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99];

/// The survival probabilities at which the shares are killed.
pub(super) fn levels() -> [f64; 7] {
    SHARES.map(|share| 1.0 - share)
}

/// The section `evolution` of the summary.
#[derive(Clone, Debug, Serialize)]
pub struct Record {
    #[serde(flatten)]
    pub(super) series: Series,
    minima: Vec<Vec<f64>>,
    /// The plateau of j/S; `None` if it has not been reached.
    pub plateau: Option<Plateau>,
    /// The times at which shares of the mass have been killed, as far as reached or predictable.
    quantiles: Vec<Quantile>,
    /// The quantile of one half.
    median: Option<Quantile>,
    /// Survival from every cell, if it was requested.
    pub from_cells: Option<FromCells>,
    method: &'static str,
    /// The reason for the method; `None` if the user chose it.
    method_because: Option<&'static str>,
    /// Whether the evolution was interrupted after the last of the recorded times.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub interrupted: bool,
    #[serde(flatten)]
    effort: Effort,
    error: f64,
    entry_error: f64,
    /// The share of a cell above which its relative error is controlled.
    floor: f64,
    #[serde(skip)]
    pub(super) unreported: Unreported,
    #[serde(skip)]
    pub(super) saddles: Vec<usize>,
    #[serde(skip)]
    pub(super) snapshots: Snapshots,
    #[serde(skip)]
    pub(super) members: Vec<Vec<f64>>,
    /// The piece of the schedule and the checkpoint at the last output time, if the evolution can be resumed from
    /// there.
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
            unreported: Unreported::default(),
            saddles: Vec::new(),
            snapshots: Snapshots::new(&asked.times, on.grid.len(), has_file),
            members: valleys.members.clone(),
            last: None,
        }
    }

    /// Records the method and its floor.
    pub(super) fn by(&mut self, method: Method) {
        (self.method, self.method_because, self.floor) = (method.name(), method.because, method.accuracy.floor);
    }

    /// Takes over the results of an interrupted evolution.
    pub(super) fn resume(&mut self, halt: Halt) {
        self.last = Some((halt.piece, halt.density));
        self.snapshots.resume(halt.times, halt.file, halt.snapshots);
        (self.series, self.unreported) = (halt.series, halt.unreported);
    }

    /// Marks the record as interrupted and returns the warning for the user.
    pub(super) fn interrupt(&mut self) -> Warning {
        self.interrupted = true;
        Warning::EvolutionInterrupted { until: self.series.t.last().copied().unwrap_or(0.0) }
    }

    /// The groups of the result file: the fields over time, and the checkpoint if the evolution was interrupted.
    pub(super) fn groups(&self, on: &Discretisation<'_>) -> Vec<FieldGroup> {
        let kept = self.last.as_ref().filter(|_| self.interrupted).and_then(|(piece, density)| {
            let (series, unreported) = (self.series.clone(), self.unreported.clone());
            Halt::new(halt::chain(&on.assembly.generator), *piece, density.clone(), series, unreported).group()
        });
        [self.group(on)].into_iter().chain(kept).collect()
    }

    /// The output times so far.
    pub(super) fn times(&self) -> &[f64] {
        &self.series.t
    }

    /// ln S at the output times so far.
    pub(super) fn log_survivals(&self) -> &[f64] {
        &self.series.log_survival
    }

    /// The estimated errors of ln S, relative to it, at the output times so far.
    pub(super) fn log_survival_errors(&self) -> &[f64] {
        &self.series.log_survival_error
    }

    /// The largest estimated error at any output time, in L1 or of an entry.
    fn worst(&self) -> f64 {
        let largest = |errors: &[f64]| errors.iter().copied().fold(0.0, f64::max);
        largest(&self.series.errors).max(largest(&self.series.entry_errors))
    }

    /// Records the effort so far, and the quantiles known so far.
    pub(super) fn so_far(&mut self, evolution: &Evolution<'_>) {
        self.effort = evolution.effort();
        let quantile = |passed: &Passed| {
            // The requested share, which exp(ln S) gives only to rounding.
            let gone = -passed.log_survival.exp_m1();
            let share = SHARES.into_iter().min_by(|a, b| (a - gone).abs().total_cmp(&(b - gone).abs()));
            Quantile { share: share.unwrap_or(gone), time: passed.time, error: passed.error }
        };
        self.quantiles = evolution.passed().iter().map(quantile).collect();
        self.median = self.quantiles.iter().find(|quantile| quantile.share == 0.5).copied();
    }

    /// Records the largest errors, in L1 and of an entry, and returns the larger one.
    pub(super) fn finish(&mut self) -> f64 {
        self.entry_error = self.worst();
        self.error = self.series.errors.iter().copied().fold(0.0, f64::max);
        self.entry_error
    }

    /// The first output time after the last one at which the flux is not known; infinite if that is the last output
    /// time, `None` if the flux is always known.
    pub(super) fn flux_unknown_until(&self) -> Option<f64> {
        let last = self.series.flux_error.iter().rposition(|error| *error > KNOWN)?;
        Some(self.series.t.get(last + 1).copied().unwrap_or(f64::INFINITY))
    }

    /// The first output time at which S is below the range of f64; `None` if there is none.
    pub(super) fn out_of_range_from(&self) -> Option<f64> {
        let place = self.series.survival.iter().position(|survival| *survival == 0.0)?;
        Some(self.series.t[place])
    }

    /// The group for pictures; `None` unless densities are already in a file.
    pub(super) fn shown(&self, on: &Discretisation<'_>) -> Option<FieldGroup> {
        let (times, values) = self.snapshots.for_pictures()?;
        Some(self.group_of(on, &times, values, Before::default()))
    }

    /// The group of fields over time.
    fn group(&self, on: &Discretisation<'_>) -> FieldGroup {
        let Snapshots { times, later, before, .. } = &self.snapshots;
        self.group_of(on, times, later.clone(), before.clone())
    }

    /// The group with the densities at the given times; `before`: the densities that are in a file already.
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
            let flat: Vec<f64> = self.unreported.by_saddle.iter().flatten().copied().collect();
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
