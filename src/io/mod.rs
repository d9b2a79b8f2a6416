//! The files of a run, `summary.json` and `result.h5`, and reading the latter.
//!
//! The names in both are a contract with their readers. Nothing appears under its final name before it is complete: it
//! is written to a temporary file in the same folder, which is then renamed.
//!
//! ```text
//! /                 title, program, version, configuration (text), summary (JSON)
//! /fields           x, y (scales); loss, d11, d12, d22, stationary, …  [x] or [x, y]
//!                   lower, upper, periodic, cosine_sine, pivot, angle_degrees: the grid
//! /reactive         x, y, q (scales); marginal_x, marginal_y, marginal_q  [x], [y], [q]
//! /flux             arc_length (scale); position_x, position_y, density  [arc_length]
//! /particles        x, y (scales); density, exit_density, exit_count  [x] or [x, y]
//!                   age (scale); deaths, time_at_risk, survival  [age]
//!                   repetition (scale); rate_fine, rate_coarse  [repetition]
//! /sweep            a scale for each swept key; rate, time, kramers, …, status  [key, key, …]
//! /convergence      scheme, angle, cells_x (scales); rate, rate_error, …  [scheme, angle, cells_x]
//! ```
//! Groups and fields carry the names that they get where they are computed ([`crate::observe::group`]); writer and
//! reader know none of them.
//!
//! Summaries and text files need no HDF5; writing and reading `result.h5` needs the feature `files`.

mod atomic;
#[cfg(feature = "files")]
mod chunks;
#[cfg(feature = "files")]
mod convergence;
#[cfg(feature = "files")]
mod covariance;
mod delivery;
mod description;
mod error;
#[cfg(feature = "files")]
mod growing;
mod own;
#[cfg(feature = "files")]
mod read;
#[cfg(feature = "files")]
pub mod scale;
mod summary;
#[cfg(feature = "files")]
mod write;

#[cfg(feature = "cli")]
pub(crate) use atomic::Unfinished;
pub use atomic::{replace, write_summary, write_text};
#[cfg(feature = "files")]
pub use convergence::{convergence_group, convergence_summary, write_convergence_csv};
#[cfg(feature = "files")]
pub use covariance::{covariance_summary, write_weights};
pub use delivery::{Delivery, sweep_up, writer};
pub use description::{landscape, noise};
pub use error::{Damage, IoError};
pub use own::OwnFile;
#[cfg(feature = "files")]
pub use read::{Kept, Stored, configuration, read, read_any};
pub use summary::clock::rfc3339;
pub use summary::{simulated_summary, summary};
#[cfg(feature = "files")]
pub use write::{write_beside, write_result, write_titled};

use std::borrow::Cow;
use std::time::SystemTime;

use crate::config::{Config, NoiseForm};
use crate::formula::Formulas;
use crate::observe::group::FieldGroup;
use crate::problem::{Absorption, CriticalPoint, CriticalPoints, Problem};
use crate::study::Simulation;
use crate::study::comparison::Comparison;
use crate::study::solution::{BoundaryFlux, Solution};

/// The problem and the run, as every summary describes them.
#[derive(Clone, Copy, Debug)]
pub struct Setting<'a> {
    /// The configuration.
    pub config: &'a Config,
    /// The dimension, 1 or 2.
    pub dimension: usize,
    /// All minima and saddles in the domain.
    pub critical: &'a CriticalPoints,
    /// The start minimum; `None` for a drift or a start set without one.
    pub minimum: Option<&'a CriticalPoint>,
    /// The indices in `critical.saddles` of the saddles that bound the start set.
    pub saddles: &'a [usize],
    /// The absorption: what kills the process, and whether at a saddle, beyond it, or at walls.
    pub absorption: Absorption,
    /// The time at which the run began.
    pub started: SystemTime,
    /// The number of threads.
    pub threads: usize,
}

impl<'a> Setting<'a> {
    /// The setting of a problem and of its configuration.
    pub fn new(config: &'a Config, problem: &'a Problem, started: SystemTime, threads: usize) -> Setting<'a> {
        Setting {
            config,
            dimension: problem.dimension,
            critical: &problem.critical,
            minimum: problem.minimum(),
            saddles: &problem.valley.saddles,
            absorption: problem.valley.absorption,
            started,
            threads,
        }
    }

    /// The learning rate η of minibatch noise, which is the dynamical time of one iteration; `None` for other noise.
    pub fn learning_rate(&self) -> Option<f64> {
        match &self.config.noise.form {
            NoiseForm::Model(kind) => kind.minibatch().map(|minibatch| minibatch.learning_rate),
            NoiseForm::Expression { .. } => None,
        }
    }

    /// The barrier L(saddle) − L(minimum); `None` unless both are known.
    pub fn barrier(&self, saddle: usize) -> Option<f64> {
        let barrier = self.critical.saddles[saddle].point.loss - self.minimum?.loss;
        barrier.is_finite().then_some(barrier)
    }

    /// The saddles that results list, as indices in `critical.saddles`: those that bound the start set, or all if none
    /// does, and any other with counted flux.
    pub fn listed_saddles(&self, flux: Option<&BoundaryFlux>) -> Vec<usize> {
        let mut listed = self.saddles.to_vec();
        if listed.is_empty() {
            listed.extend(0..self.critical.saddles.len());
        }
        for (saddle, _) in flux.iter().flat_map(|flux| &flux.by_saddle) {
            if !listed.contains(saddle) {
                listed.push(*saddle);
            }
        }
        listed.retain(|index| *index < self.critical.saddles.len());
        listed
    }
}

/// A solved problem with its setting: everything that summary, result file, plots and report need.
#[derive(Clone, Copy, Debug)]
pub struct Solved<'a> {
    /// The problem and the run.
    pub setting: Setting<'a>,
    /// The solution.
    pub solution: &'a Solution,
}

impl<'a> Solved<'a> {
    /// [`Setting::listed_saddles`] for this solution.
    pub fn listed_saddles(&self) -> Vec<usize> {
        self.setting.listed_saddles(self.solution.flux.as_ref())
    }

    /// The groups of the result file.
    pub fn groups(&self) -> Vec<Cow<'a, FieldGroup>> {
        let (solution, dimension) = (self.solution, self.setting.dimension);
        let flux = solution.flux.as_ref().and_then(|flux| flux.group(dimension));
        let particles = solution.particles.as_ref().map(|found| found.group(dimension));
        let made = flux.into_iter().chain(particles).map(Cow::Owned);
        [&solution.fields].into_iter().chain(&solution.groups).map(Cow::Borrowed).chain(made).collect()
    }
}

/// A simulation with its setting.
#[derive(Clone, Copy, Debug)]
pub struct Simulated<'a> {
    /// The problem and the run.
    pub setting: Setting<'a>,
    /// The simulation.
    pub simulation: &'a Simulation,
    /// The formulas, each with the ratio of the simulated rate to it.
    pub formulas: &'a Formulas<Comparison>,
}

impl Simulated<'_> {
    /// The groups of the result file.
    pub fn groups(&self) -> Vec<Cow<'static, FieldGroup>> {
        vec![Cow::Owned(self.simulation.group(self.setting.dimension))]
    }
}
