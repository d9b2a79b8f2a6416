//! What a run leaves behind: `summary.json` and `result.h5`, and reading the latter back.
//!
//! The names in both are a contract with those who read them. Nothing is written under its final name before it is
//! complete: everything goes to a temporary file in the same folder, which is then renamed.

mod atomic;
mod convergence;
mod description;
mod error;
mod layout;
mod read;
pub mod scale;
mod summary;
mod write;

pub use atomic::replace;
pub use convergence::{convergence_summary, write_convergence, write_convergence_csv};
pub use description::{landscape, noise};
pub use error::IoError;
pub use read::{Stored, read};
pub use summary::summary;
pub use write::{write_result, write_summary};

use std::time::SystemTime;

use crate::config::Config;
use crate::problem::{CriticalPoint, CriticalPoints};
use crate::study::solution::Solution;

/// A solved problem with what it was solved from: all that the summary, the file, the plots and the report need.
#[derive(Clone, Copy, Debug)]
pub struct Outcome<'a> {
    /// The configuration.
    pub config: &'a Config,
    /// All minima and saddles in the domain.
    pub critical: &'a CriticalPoints,
    /// The minimum of the start set; `None` for a drift, or a start set, without one.
    pub minimum: Option<&'a CriticalPoint>,
    /// Indices into `critical.saddles` of those that bound the start set.
    pub saddles: &'a [usize],
    /// What was computed.
    pub solution: &'a Solution,
    /// When the run began.
    pub started: SystemTime,
    /// Threads that it ran on.
    pub threads: usize,
}

impl Outcome<'_> {
    /// 1 or 2.
    pub fn dimension(&self) -> usize {
        self.solution.grid.dimension
    }

    /// The saddles that results list, as indices into `critical.saddles`: those of the start set, or all when none
    /// bounds it, and any other through which flux was counted.
    pub fn listed_saddles(&self) -> Vec<usize> {
        let mut listed = self.saddles.to_vec();
        if listed.is_empty() {
            listed.extend(0..self.critical.saddles.len());
        }
        for (saddle, _) in self.solution.flux.iter().flat_map(|flux| &flux.by_saddle) {
            if !listed.contains(saddle) {
                listed.push(*saddle);
            }
        }
        listed.retain(|index| *index < self.critical.saddles.len());
        listed
    }

    /// L at a listed saddle minus L at the minimum, where both are known.
    pub fn barrier(&self, saddle: usize) -> Option<f64> {
        let barrier = self.critical.saddles[saddle].point.loss - self.minimum?.loss;
        barrier.is_finite().then_some(barrier)
    }
}
