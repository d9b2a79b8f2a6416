//! Messages to the user before a long simulation continues.

use std::fmt;
use std::time::Instant;

use crate::progress::Progress;

/// The announcement of a simulation that takes hours.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Announcement {
    /// Predicted from the expected rate before it begins.
    Expected {
        /// The predicted duration in hours.
        hours: f64,
        /// The expected rate.
        rate: f64,
        /// The number of exits to be counted.
        exits: u64,
        /// The number of steps of all particles together.
        steps: f64,
    },
    /// Predicted from the speed of its first seconds.
    Pace {
        /// The predicted remaining duration in hours.
        hours: f64,
        /// The number of exits so far.
        seen: u64,
        /// The number of exits to be counted.
        exits: u64,
        /// The seconds elapsed.
        seconds: f64,
    },
}

impl fmt::Display for Announcement {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match *self {
            Announcement::Expected { hours, rate, exits, steps } => write!(
                f,
                "this simulation needs about {hours:.1e} hours: at the expected rate of {rate:.1e}, {exits} exits are {steps:.1e} steps. \
                 Ctrl-C keeps what has been sampled; method = \"splitting\" reaches such rates in minutes"
            ),
            Announcement::Pace { hours, seen: 0, exits, seconds } => write!(
                f,
                "no exit was seen in {seconds:.0} s: {exits} exits take more than {hours:.0} hours (at a confidence of 95 %); Ctrl-C keeps \
                 what has been sampled"
            ),
            Announcement::Pace { hours, seen, exits, seconds } => write!(
                f,
                "at this pace the simulation takes {hours:.0} hours ({seen} of {exits} exits in {seconds:.0} s); Ctrl-C keeps what has been \
                 sampled"
            ),
        }
    }
}

/// The prediction of the remaining duration, announced once if it is long.
pub(super) struct Foresight {
    pub clock: Instant,
    is_told: bool,
}

impl Default for Foresight {
    fn default() -> Foresight {
        Foresight { clock: Instant::now(), is_told: false }
    }
}

impl Foresight {
    /// Predicts from the fraction `passed` of the observation time and from `seen` of `exits` exits.
    pub fn look(&mut self, passed: f64, seen: u64, exits: u64, progress: &Progress) {
        let seconds = self.clock.elapsed().as_secs_f64();
        if self.is_told || seconds <= FORESIGHT {
            return;
        }
        self.is_told = true;
        // If no exit was seen, three would have been with a probability of 95 %.
        let share = if seen == 0 { 3.0 / exits as f64 } else { seen as f64 / exits as f64 };
        let hours = seconds / (3600.0 * share.max(passed));
        if hours > 1.0 {
            progress.announce(Announcement::Pace { hours, seen, exits, seconds }.to_string());
        }
    }
}

/// The number of seconds after which the rest is predicted.
const FORESIGHT: f64 = 10.0;
