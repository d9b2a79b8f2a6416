//! What a long computation says of itself while it runs, and how it is asked to stop.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

/// The state of a computation: written by the numerical layers, read by whoever shows it.
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
    /// Begins a phase of `total` units of work (0: unknown).
    pub fn begin(&self, phase: &str, total: u64) {
        if let Ok(mut name) = self.phase.lock() {
            phase.clone_into(&mut name);
        }
        self.done.store(0, Ordering::Relaxed);
        self.total.store(total, Ordering::Relaxed);
    }

    /// The progress of one of several computations that run side by side: nobody looks at it, and it is interrupted
    /// with the whole.
    pub fn part(&self) -> Progress {
        Progress { interrupted: Arc::clone(&self.interrupted), ..Progress::default() }
    }

    /// Adds units of finished work.
    pub fn advance(&self, units: u64) {
        self.done.fetch_add(units, Ordering::Relaxed);
    }

    /// The phase, the units done and the units in all.
    pub fn state(&self) -> (String, u64, u64) {
        let phase = self.phase.lock().map(|name| name.clone()).unwrap_or_default();
        (phase, self.done.load(Ordering::Relaxed), self.total.load(Ordering::Relaxed))
    }

    /// Leaves a line for the user, who should know it while the computation goes on; lines that nobody has taken yet
    /// stay before it.
    pub fn announce(&self, line: String) {
        if let Ok(mut notice) = self.notice.lock() {
            *notice = Some(match notice.take() {
                Some(before) => format!("{before}\n{line}"),
                None => line,
            });
        }
    }

    /// Takes what was announced.
    pub fn announced(&self) -> Option<String> {
        self.notice.lock().ok()?.take()
    }

    /// Asks the computation to stop at the next safe place.
    pub fn interrupt(&self) {
        self.interrupted.store(true, Ordering::Relaxed);
    }

    /// Says that what was found before the computation was asked to stop is worth the time to write it.
    pub fn keep(&self) {
        self.keeps.store(true, Ordering::Relaxed);
    }

    /// Whether what was found is to be written although the computation has been asked to stop.
    pub fn keeps(&self) -> bool {
        self.keeps.load(Ordering::Relaxed)
    }

    /// Whether the computation has been asked to stop.
    pub fn is_interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }
}
