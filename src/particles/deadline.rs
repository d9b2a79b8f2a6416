//! The time limit of a simulation.

use std::time::{Duration, Instant};

use crate::progress::Progress;

/// An instant of the clock, or no limit.
#[derive(Clone, Copy, Debug, Default)]
pub struct Deadline(Option<Instant>);

impl Deadline {
    /// The instant this many seconds from now; no limit without a number or beyond the range of the clock.
    pub fn after(seconds: Option<f64>) -> Deadline {
        let span = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        Deadline(span.and_then(|span| Instant::now().checked_add(span)))
    }

    /// Whether the deadline has passed.
    pub fn has_passed(self) -> bool {
        self.0.is_some_and(|end| Instant::now() >= end)
    }

    /// Whether so many seconds are left; always where there is no deadline.
    pub fn leaves(self, seconds: f64) -> bool {
        self.0.is_none_or(|end| end.saturating_duration_since(Instant::now()).as_secs_f64() > seconds)
    }

    /// Whether to stop at the next opportunity, because of the deadline or an interruption.
    pub fn stops(self, progress: &Progress) -> bool {
        progress.is_interrupted() || self.has_passed()
    }
}
