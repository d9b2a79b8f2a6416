//! Sweeps: one configuration at many values of some of its keys, solved side by side, kept point by point, and the laws
//! in what comes.
//!
//! A point is known by what its result depends on ([`crate::config::Sweep::identity`]), never by its place in a list:
//! one more value costs one point more, a changed configuration is never mixed up with the one before, and processes on
//! many machines may fill one folder without a lock, because a point's file appears whole or not at all and says the
//! same whoever has written it.
//!
//! ```text
//! Sweep (config) → Point → solve → Outcome → Store (points/…json) → Table → sweep.json, sweep.csv, /sweep, fits
//! ```

mod columns;
mod fits;
mod outcome;
mod schedule;
mod slurm;
mod solve;
mod store;
mod table;

pub use columns::COLUMNS;
pub use fits::{Fit, Theory};
pub use outcome::Outcome;
pub use schedule::{Budget, Job};
pub use slurm::{Script, scripts};
pub use solve::{Campaign, Route, solve, summary, summary_of};
pub use store::{Store, point_file};
pub use table::{Row, Table};

use std::path::PathBuf;

use crate::config::ConfigError;
use crate::io::IoError;

/// What ends a sweep early. A point that fails ends nothing: it is an [`Outcome`].
#[derive(Debug, thiserror::Error)]
pub enum SweepError {
    /// Somebody asked to stop; what had been solved is kept.
    #[error("interrupted")]
    Interrupted,
    /// A point's values cannot be set.
    #[error(transparent)]
    Configuration(#[from] ConfigError),
    /// A file could not be written.
    #[error(transparent)]
    Io(#[from] IoError),
    /// A stored point could not be read.
    #[error("{path}: this stored point cannot be read ({reason}): delete it, and it is solved anew")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// Two points have the same fingerprint, or somebody has edited a stored one.
    #[error("{path}: this file holds the point of another configuration: delete it, and this point is solved anew")]
    Stranger {
        /// The file.
        path: PathBuf,
    },
    /// Threads could not be had.
    #[error("--threads: {0}")]
    Threads(#[from] rayon::ThreadPoolBuildError),
}
