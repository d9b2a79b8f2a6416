//! The results at the output times.

use serde::{Deserialize, Serialize};

use crate::observe::boundary::SaddleOfExit;
use crate::solve::{Discretisation, Evolution};
use crate::study::evolution::record::Record;

/// One value for each output time; everything here is in the summary.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Series {
    pub t: Vec<f64>,
    /// The number of iterations Σ Δt/η; `None` if a piece of the schedule has no learning rate.
    pub iterations: Option<Vec<f64>>,
    pub survival: Vec<f64>,
    pub log_survival: Vec<f64>,
    /// The estimated error of ln S relative to itself; infinite, and null in the summary, where it is not known.
    pub log_survival_error: Vec<f64>,
    pub flux: Vec<f64>,
    pub flux_error: Vec<f64>,
    pub flux_over_survival: Vec<f64>,
    pub valleys: Vec<Vec<f64>>,
    pub valley_error: Vec<Vec<f64>>,
    pub mean: Vec<Vec<f64>>,
    pub covariance: Vec<Vec<f64>>,
    pub entropy: Vec<f64>,
    pub entropy_production: Vec<f64>,
    pub errors: Vec<f64>,
    pub entry_errors: Vec<f64>,
}

/// Results at the output times that are not in the summary.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Unreported {
    pub by_saddle: Vec<Vec<f64>>,
    /// The beginning of the piece of the schedule that held at the last output time, in dynamical time and in
    /// iterations.
    pub clock: (f64, f64),
    /// The same for the present piece if no output time has been reached in it.
    #[serde(skip)]
    pub later: Option<(f64, f64)>,
}

/// The recording of output times under one generator.
pub(super) struct Observed<'a> {
    pub record: &'a mut Record,
    on: &'a Discretisation<'a>,
    exits: SaddleOfExit,
    learning_rate: Option<f64>,
    /// The index of the piece of the schedule.
    piece: usize,
}

impl Record {
    /// Begins the recording under another generator, that of piece `piece` of the schedule.
    pub(super) fn under<'a>(
        &'a mut self,
        on: &'a Discretisation<'a>,
        learning_rate: Option<f64>,
        piece: usize,
    ) -> Observed<'a> {
        let exits = SaddleOfExit::new(on.problem, on.grid.spacing(), &on.assembly.exits);
        self.saddles.clone_from(&exits.saddles);
        Observed { record: self, on, exits, learning_rate, piece }
    }
}

impl Observed<'_> {
    /// Records the density at its present time.
    pub(super) fn take(&mut self, evolution: &Evolution<'_>) {
        let (on, record, p) = (self.on, &mut *self.record, evolution.probability());
        let (time, log_survival) = (evolution.time(), evolution.log_survival());
        let survival = in_range(log_survival.exp());
        let hazard = evolution.hazard();
        let flux_error = evolution.error_of(&on.assembly.generator.killing).min(1.0);
        let flux = in_range(survival * hazard);
        record.series.t.push(time);
        record.series.survival.push(survival);
        record.series.log_survival.push(log_survival);
        record.series.log_survival_error.push(evolution.relative_error_of_log_survival());
        record.series.flux.push(flux);
        record.series.flux_error.push(flux_error);
        record.series.flux_over_survival.push(hazard);
        let mass =
            |weights: &Vec<f64>| in_range(survival * p.iter().zip(weights).map(|(p, weight)| p * weight).sum::<f64>());
        record.series.valleys.push(record.members.iter().map(mass).collect());
        let errors = record.members.iter().map(|weights| evolution.error_of(weights).min(1.0));
        record.series.valley_error.push(errors.collect());
        let (mean, covariance) = moments(on, p);
        record.series.mean.push(mean);
        record.series.covariance.push(covariance);
        let volume = on.grid.volume();
        record.series.entropy.push(-p.iter().filter(|p| **p > 0.0).map(|p| p * (p / volume).ln()).sum::<f64>());
        record.series.entropy_production.push(entropy_production(on, p));
        record.series.errors.push(evolution.error());
        record.series.entry_errors.push(evolution.worst_error());
        let flows: Vec<f64> =
            on.assembly.exits.iter().map(|exit| survival * p[exit.state as usize] * exit.rate).collect();
        record.unreported.by_saddle.push(self.exits.sums(&flows));
        record.so_far(evolution);
        if let Some(clock) = record.unreported.later.take() {
            record.unreported.clock = clock;
        }
        let (begun, before) = record.unreported.clock;
        match (self.learning_rate, &mut record.series.iterations) {
            (Some(rate), Some(iterations)) => iterations.push(before + (time - begun) / rate),
            _ => record.series.iterations = None,
        }
        if record.snapshots.wants(time) {
            record.snapshots.take(time, on.density(p).into_iter().map(|density| survival * density));
        }
        record.last = Some((self.piece, evolution.checkpoint()));
    }

    /// Ends the piece at this time: iterations are counted with another learning rate from here on.
    pub(super) fn piece_ends(&mut self, time: f64) {
        let (begun, before) = self.record.unreported.later.unwrap_or(self.record.unreported.clock);
        if let Some(rate) = self.learning_rate {
            self.record.unreported.later = Some((time, before + (time - begun) / rate));
        }
    }
}

/// The value, or 0 if it is below the range of normal numbers.
fn in_range(value: f64) -> f64 {
    if value.is_normal() { value } else { 0.0 }
}

/// The mean and the covariance, row by row, of cell probabilities.
fn moments(on: &Discretisation<'_>, p: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let dimension = on.grid.dimension;
    let about = |f: &dyn Fn([f64; 2]) -> f64| p.iter().enumerate().map(|(state, p)| p * f(on.centre(state))).sum();
    let mean: Vec<f64> = (0..dimension).map(|axis| about(&|theta| theta[axis])).collect();
    let entry = |a: usize, b: usize| about(&|theta| (theta[a] - mean[a]) * (theta[b] - mean[b]));
    let covariance = (0..dimension).flat_map(|a| (0..dimension).map(move |b| (a, b))).map(|(a, b)| entry(a, b));
    (mean.clone(), covariance.collect())
}

/// The entropy production Σ (p_i q_ij − p_j q_ji) ln(p_i q_ij/p_j q_ji) over edges, all terms of which are nonnegative;
/// NaN if an edge has flux in one direction only.
fn entropy_production(on: &Discretisation<'_>, p: &[f64]) -> f64 {
    let flows = on
        .assembly
        .pairs
        .iter()
        .map(|pair| [p[pair.from as usize] * pair.forward, p[pair.to as usize] * pair.backward]);
    // Edges on which both fluxes underflow contribute nothing.
    let seen = flows.filter(|[there, back]| *there > 0.0 || *back > 0.0);
    seen.map(|[there, back]| if there > 0.0 && back > 0.0 { (there - back) * (there / back).ln() } else { f64::NAN })
        .sum()
}
