//! The progress report of a long computation, and the way to interrupt it.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// The progress of a computation: written by the numerical layers, read by a display.
#[derive(Debug, Default)]
pub struct Progress {
    phase: Mutex<String>,
    done: AtomicU64,
    total: AtomicU64,
    interrupted: Arc<AtomicBool>,
    keeps: AtomicBool,
    notice: Mutex<Option<String>>,
    tasks: Mutex<Vec<Task>>,
}

/// One of several computations that a display shows side by side.
#[derive(Debug)]
struct Task {
    name: String,
    begun: Option<(Arc<Progress>, Instant)>,
    is_done: bool,
}

/// The progress of one of several computations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The computation has not begun.
    Waits,
    /// The computation is running.
    Runs {
        /// Units of finished work.
        done: u64,
        /// The total units of work; 0 if unknown.
        total: u64,
        /// The time since it began.
        elapsed: Duration,
    },
    /// The computation has ended.
    Done,
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

    /// Sets the units of work of the phase that has begun.
    pub fn expect(&self, total: u64) {
        self.total.store(total, Ordering::Relaxed);
    }

    /// Names computations that are about to be made under this one.
    pub fn list(&self, names: impl Iterator<Item = String>) {
        if let Ok(mut tasks) = self.tasks.lock() {
            *tasks = names.map(|name| Task { name, begun: None, is_done: false }).collect();
        }
    }

    /// Begins one of the computations of [`Progress::list`], and returns its own progress.
    pub fn enter(&self, place: usize) -> Arc<Progress> {
        let own = Arc::new(self.part());
        if let Ok(mut tasks) = self.tasks.lock()
            && let Some(task) = tasks.get_mut(place)
        {
            task.begun = Some((Arc::clone(&own), Instant::now()));
        }
        own
    }

    /// Ends one of them.
    pub fn leave(&self, place: usize) {
        if let Ok(mut tasks) = self.tasks.lock()
            && let Some(task) = tasks.get_mut(place)
        {
            (task.begun, task.is_done) = (None, true);
        }
    }

    /// The computations of [`Progress::list`] by their names, and how each stands.
    pub fn tasks(&self) -> Vec<(String, Standing)> {
        let Ok(tasks) = self.tasks.lock() else { return Vec::new() };
        let standing = |task: &Task| match &task.begun {
            Some((own, since)) => {
                let (_, done, total) = own.state();
                Standing::Runs { done, total, elapsed: since.elapsed() }
            }
            None if task.is_done => Standing::Done,
            None => Standing::Waits,
        };
        tasks.iter().map(|task| (task.name.clone(), standing(task))).collect()
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
