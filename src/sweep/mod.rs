//! Sweeps: one configuration at many values of some of its keys. Points are solved in parallel and stored one by one;
//! laws are fitted to their results.
//!
//! A point is identified by everything that its result depends on ([`crate::config::Sweep::identity`]), not by its
//! index. Another value therefore costs one more point, a changed configuration is never confused with the previous
//! one, and processes on several machines may fill one folder without a lock: the file of a point appears whole or not
//! at all and is the same whoever wrote it.
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
pub use solve::{Campaign, Route, Summarised, solve, summary, summary_of};
pub use store::{Store, point_file};
pub use table::{Row, SWEEP, Table};

use std::path::PathBuf;

use crate::config::ConfigError;
use crate::io::IoError;

/// The errors that end a sweep early. A point that fails does not: its failure is an [`Outcome`].
#[derive(Debug, thiserror::Error)]
pub enum SweepError {
    /// An interruption; the points solved before are kept.
    #[error("interrupted")]
    Interrupted,
    /// The values of a point cannot be set.
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
        /// The reason.
        reason: String,
    },
    /// A stored point with another configuration: two fingerprints coincide, or the file was edited.
    #[error("{path}: this file holds the point of another configuration: delete it, and this point is solved anew")]
    Stranger {
        /// The file.
        path: PathBuf,
    },
    /// The threads could not be started.
    #[error("--threads: {0}")]
    Threads(#[from] rayon::ThreadPoolBuildError),
}
