//! Shows the progress of long computations.

use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::signals;
use crate::progress::Progress;
use crate::report;

/// The duration up to which phases are not shown.
const PATIENCE: Duration = Duration::from_secs(2);
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// A thread that shows the progress until this is dropped.
pub(super) struct Watch {
    finished: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
    _running: signals::Running,
}

impl Watch {
    /// Starts showing the progress; signals stop the computation.
    pub(super) fn start(progress: &Arc<Progress>, silent: bool) -> Watch {
        let finished = Arc::new(AtomicBool::new(false));
        let running = signals::run(progress);
        let (progress, done) = (Arc::clone(progress), Arc::clone(&finished));
        let look = move || {
            let mut shown = Shown::new(silent);
            while !done.load(Ordering::Acquire) {
                shown.update(&progress);
                // Parked and not asleep, so that the end of the computation wakes the thread at once.
                std::thread::park_timeout(LOOK_EVERY);
            }
            shown.clear();
        };
        // If the system refuses the thread nothing is shown.
        let thread = std::thread::Builder::new().name("watch".into()).spawn(look).ok();
        Watch { finished, thread, _running: running }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.finished.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // A panic of the thread is ignored.
            let _ = thread.join();
        }
    }
}

/// A progress bar on a terminal; elsewhere a line for each long phase.
struct Shown {
    silent: bool,
    is_terminal: bool,
    begun: Instant,
    phase: String,
    since: Instant,
    bar: Option<ProgressBar>,
    named: bool,
}

impl Shown {
    fn new(silent: bool) -> Shown {
        let now = Instant::now();
        let is_terminal = std::io::stderr().is_terminal();
        Shown { silent, is_terminal, begun: now, phase: String::new(), since: now, bar: None, named: false }
    }

    fn update(&mut self, progress: &Progress) {
        if self.silent {
            return;
        }
        if let Some(line) = progress.announced() {
            self.clear();
            eprintln!("{line}");
        }
        let tasks = progress.tasks();
        if !tasks.is_empty() {
            self.table(&report::board(&tasks));
            return;
        }
        let (phase, done, total) = progress.state();
        if phase != self.phase {
            (self.phase, self.since, self.named) = (phase, Instant::now(), false);
        }
        if self.begun.elapsed() < PATIENCE {
            return;
        }
        if !self.is_terminal {
            if !self.named && self.since.elapsed() >= PATIENCE {
                eprintln!("{} …", self.phase);
                self.named = true;
            }
            return;
        }
        let bar = self.bar.get_or_insert_with(|| ProgressBar::with_draw_target(Some(1), ProgressDrawTarget::stderr()));
        // A phase of unknown length has no percentage.
        let template = match total {
            0 => "{msg:32} {spinner} {elapsed}",
            _ => "{msg:32} [{bar:40}] {percent:>3} % {elapsed}",
        };
        bar.set_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.set_message(self.phase.clone());
        bar.set_length(total.max(1));
        bar.set_position(done.min(total.max(1)));
        bar.tick();
    }

    /// Shows a table on a terminal; elsewhere its lines are announced when they are decided.
    fn table(&mut self, lines: &str) {
        if !self.is_terminal || lines.is_empty() {
            self.clear();
            return;
        }
        let bar = self.bar.get_or_insert_with(|| ProgressBar::with_draw_target(Some(1), ProgressDrawTarget::stderr()));
        bar.set_style(ProgressStyle::with_template("{msg}").unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.set_message(lines.to_string());
        bar.tick();
    }

    fn clear(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}
