//! The progress report of a long computation, and the way to interrupt it.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

/// The progress of a computation: written by the numerical layers, read by a display.
#[derive(Debug, Default)]
pub struct Progress {
    phase: Mutex<String>,
    done: AtomicU64,
    total: AtomicU64,
    interrupted: Arc<AtomicBool>,
    keeps: AtomicBool,
    notice: Mutex<Option<String>>,
}

impl Progress {
    /// Begins a phase with `total` units of work (0: unknown).
    pub fn begin(&self, phase: &str, total: u64) {
        if let Ok(mut name) = self.phase.lock() {
            phase.clone_into(&mut name);
        }
        self.done.store(0, Ordering::Relaxed);
        self.total.store(total, Ordering::Relaxed);
    }

    /// The progress of one of several parallel computations: it is not displayed, and it is interrupted together with
    /// the whole.
    pub fn part(&self) -> Progress {
        Progress { interrupted: Arc::clone(&self.interrupted), ..Progress::default() }
    }

    /// Adds units of finished work.
    pub fn advance(&self, units: u64) {
        self.done.fetch_add(units, Ordering::Relaxed);
    }

    /// The phase, the finished units and the total.
    pub fn state(&self) -> (String, u64, u64) {
        let phase = self.phase.lock().map(|name| name.clone()).unwrap_or_default();
        (phase, self.done.load(Ordering::Relaxed), self.total.load(Ordering::Relaxed))
    }

    /// Stores a line for the user that should be shown during the computation; earlier lines that have not been taken
    /// stay before it.
    pub fn announce(&self, line: String) {
        if let Ok(mut notice) = self.notice.lock() {
            *notice = Some(match notice.take() {
                Some(before) => format!("{before}\n{line}"),
                None => line,
            });
        }
    }

    /// Takes the stored lines.
    pub fn announced(&self) -> Option<String> {
        self.notice.lock().ok()?.take()
    }

    /// Asks the computation to stop at the next opportunity.
    pub fn interrupt(&self) {
        self.interrupted.store(true, Ordering::Relaxed);
    }

    /// Marks that the results found before an interruption are worth writing.
    pub fn keep(&self) {
        self.keeps.store(true, Ordering::Relaxed);
    }

    /// Whether the results are to be written although the computation was interrupted.
    pub fn keeps(&self) -> bool {
        self.keeps.load(Ordering::Relaxed)
    }

    /// Whether the computation was asked to stop.
    pub fn is_interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }
}
