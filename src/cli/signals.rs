//! SIGINT (Ctrl-C), SIGTERM (batch systems) and SIGHUP (closed terminals) end the program at any time.
//!
//! A running computation is asked to stop, and its command reports what it leaves. If it does not stop in time, or if
//! the program is reading, writing or drawing, the program is ended here: temporary files are removed, and no file
//! under a final name is incomplete.

use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use signal_hook::consts::{SIGINT, SIGTERM};

use crate::io;
use crate::progress::Progress;

/// The time that a computation has to stop.
const PATIENCE: Duration = Duration::from_millis(350);
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// The offset of exit statuses after a signal, as in shells.
const BY_SIGNAL: usize = 128;

/// The first signal received; 0 before.
static FIRST: AtomicUsize = AtomicUsize::new(0);
static COMPUTATION: Mutex<Option<Computation>> = Mutex::new(None);

/// The latest computation.
struct Computation {
    progress: Arc<Progress>,
    is_running: bool,
}

/// While this exists, signals ask the computation to stop.
pub(super) struct Running;

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(computation) = computation().as_mut() {
            computation.is_running = false;
        }
    }
}

/// Registers the computation that signals ask to stop from now on.
pub(super) fn run(progress: &Arc<Progress>) -> Running {
    *computation() = Some(Computation { progress: Arc::clone(progress), is_running: true });
    if FIRST.load(Ordering::SeqCst) > 0 {
        progress.interrupt();
    }
    Running
}

/// The exit status after a signal; `None` if none was received.
pub(super) fn status() -> Option<u8> {
    match FIRST.load(Ordering::SeqCst) {
        0 => None,
        signal => Some(status_of(signal)),
    }
}

/// Handles signals until the program ends.
///
/// # Errors
/// A handler or a thread that the system refuses.
pub(super) fn listen() -> std::io::Result<()> {
    let heard = Arc::new(AtomicUsize::new(0));
    for signal in heeded() {
        signal_hook::flag::register_usize(signal, Arc::clone(&heard), signal as usize)?;
    }
    std::thread::Builder::new().name("signals".into()).spawn(move || {
        let mut first: Option<(usize, Instant)> = None;
        loop {
            std::thread::sleep(LOOK_EVERY);
            let signal = heard.swap(0, Ordering::SeqCst);
            match first {
                None if signal > 0 => {
                    FIRST.store(signal, Ordering::SeqCst);
                    first = Some((signal, Instant::now()));
                    if !stops_by_itself() {
                        end(signal);
                    }
                }
                None => {}
                // Batch systems signal the program and its process group, so that a second signal right after the first
                // means nothing.
                Some((first, at)) if at.elapsed() >= PATIENCE && (signal > 0 || !keeps()) => end(first),
                Some(_) => {}
            }
        }
    })?;
    Ok(())
}

fn computation() -> MutexGuard<'static, Option<Computation>> {
    COMPUTATION.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Asks a running computation to stop; returns whether there is one.
fn stops_by_itself() -> bool {
    let running = computation();
    let running = running.as_ref().filter(|computation| computation.is_running);
    running.is_some_and(|computation| {
        computation.progress.interrupt();
        true
    })
}

/// Whether the results so far will still be written.
fn keeps() -> bool {
    computation().as_ref().is_some_and(|computation| computation.progress.keeps())
}

/// Ends the program.
fn end(signal: usize) -> ! {
    let unfinished = io::Unfinished::stop();
    let message = match unfinished.finished {
        0 => "interrupted: nothing was written, an earlier result is as it was".to_string(),
        1 => "interrupted: 1 file was finished, all others are as they were".to_string(),
        count => format!("interrupted: {count} files were finished, all others are as they were"),
    };
    // A closed terminal reads nothing.
    let _ = writeln!(std::io::stderr(), "{message}");
    unfinished.remove();
    signal_hook::low_level::exit(i32::from(status_of(signal)))
}

fn status_of(signal: usize) -> u8 {
    // Signals have numbers up to 64.
    (BY_SIGNAL + signal) as u8
}

/// The signals that end the program; not SIGHUP if it is ignored, as under `nohup`.
fn heeded() -> Vec<i32> {
    let mut signals = vec![SIGINT, SIGTERM];
    #[cfg(unix)]
    if !is_ignored(signal_hook::consts::SIGHUP) {
        signals.push(signal_hook::consts::SIGHUP);
    }
    signals
}

/// Whether a signal is ignored, according to /proc.
#[cfg(unix)]
fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
}
