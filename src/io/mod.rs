//! What a run leaves behind: `summary.json` and `result.h5`, and reading the latter back.
//!
//! The names in both are a contract with those who read them. Nothing is written under its final name before it is
//! complete: everything goes to a temporary file in the same folder, which is then renamed.
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
//! Groups and their fields carry their names from where they are computed ([`crate::observe::group`]); writer and
//! reader know none.
//!
//! Summaries are made, and texts written whole, without HDF5; what writes and reads `result.h5` needs the feature
//! `files`.

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
pub use delivery::{Delivery, sweep_up};
pub use description::{landscape, noise};
pub use error::{Damage, IoError};
#[cfg(feature = "files")]
pub use read::{Kept, Stored, configuration, read, read_any};
pub use summary::{simulated_summary, summary};
#[cfg(feature = "files")]
pub use write::{write_result, write_titled};

use std::borrow::Cow;
use std::time::SystemTime;

use crate::config::{Config, NoiseForm};
use crate::formula::Formulas;
use crate::observe::group::FieldGroup;
use crate::problem::{Absorption, CriticalPoint, CriticalPoints, Problem};
use crate::study::Simulation;
use crate::study::comparison::Comparison;
use crate::study::solution::{BoundaryFlux, Solution};

/// What was posed, and how it was run: what every summary says.
#[derive(Clone, Copy, Debug)]
pub struct Setting<'a> {
    /// The configuration.
    pub config: &'a Config,
    /// 1 or 2.
    pub dimension: usize,
    /// All minima and saddles in the domain.
    pub critical: &'a CriticalPoints,
    /// The minimum of the start set; `None` for a drift, or a start set, without one.
    pub minimum: Option<&'a CriticalPoint>,
    /// Indices into `critical.saddles` of those that bound the start set.
    pub saddles: &'a [usize],
    /// What kills, and where (at a saddle, beyond it, at walls).
    pub absorption: Absorption,
    /// When the run began.
    pub started: SystemTime,
    /// Threads that it ran on.
    pub threads: usize,
}

impl<'a> Setting<'a> {
    /// The setting of a problem and the configuration that it was made from.
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

    /// η, where the noise is made by minibatches: dynamical time per iteration.
    pub fn learning_rate(&self) -> Option<f64> {
        match &self.config.noise.form {
            NoiseForm::Model(kind) => kind.minibatch().map(|minibatch| minibatch.learning_rate),
            NoiseForm::Expression { .. } => None,
        }
    }

    /// L at a listed saddle minus L at the minimum, where both are known.
    pub fn barrier(&self, saddle: usize) -> Option<f64> {
        let barrier = self.critical.saddles[saddle].point.loss - self.minimum?.loss;
        barrier.is_finite().then_some(barrier)
    }

    /// The saddles that results list, as indices into `critical.saddles`: those of the start set, or all when none
    /// bounds it, and any other through which flux was counted.
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

/// A solved problem with what it was solved from: all that the summary, the file, the plots and the report need.
#[derive(Clone, Copy, Debug)]
pub struct Solved<'a> {
    /// What was posed.
    pub setting: Setting<'a>,
    /// What was computed.
    pub solution: &'a Solution,
}

impl<'a> Solved<'a> {
    /// [`Setting::listed_saddles`] of this solution.
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

/// Particles alone, with what they were posed.
#[derive(Clone, Copy, Debug)]
pub struct Simulated<'a> {
    /// What was posed.
    pub setting: Setting<'a>,
    /// What the particles found.
    pub simulation: &'a Simulation,
    /// Formulas, and what the particles found over each.
    pub formulas: &'a Formulas<Comparison>,
}

impl Simulated<'_> {
    /// The groups of the result file.
    pub fn groups(&self) -> Vec<Cow<'static, FieldGroup>> {
        vec![Cow::Owned(self.simulation.group(self.setting.dimension))]
    }
}
