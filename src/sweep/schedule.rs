//! Which points are solved when: small ones side by side, large ones one after the other with all threads, under one
//! budget of memory and one of threads.
//!
//! Each of those side by side has a pool of threads of its own. In one pool a thread that waits for a part of its own
//! elimination would take up another point meanwhile, and hold the memory of both.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};

use super::SweepError;

/// What a sweep may use.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    /// Threads.
    pub threads: usize,
    /// Bytes.
    pub memory: u64,
}

/// A point to be solved.
#[derive(Clone, Copy, Debug)]
pub struct Job {
    /// Which point.
    pub point: usize,
    /// Bytes that it will take, roughly and at most.
    pub needed: f64,
    /// Cells of its grid, or `None` where they are found on the way.
    pub cells: Option<usize>,
    /// 1 or 2.
    pub dimension: usize,
}

/// Cells up to which one thread keeps up with two: 512 × 512.
const SMALL: usize = 1 << 18;

impl Job {
    /// Whether it is better solved beside others than with all threads: chains are solved by one thread anyway.
    fn is_small(&self) -> bool {
        self.dimension == 1 || self.cells.is_some_and(|cells| cells <= SMALL)
    }
}

/// Does `work` for every job, in the pool of the caller or in one of a share of its threads; the first error ends it.
///
/// # Errors
/// What `work` returns, and threads that cannot be had.
pub(super) fn run(
    jobs: &[Job],
    budget: Budget,
    work: &(impl Fn(usize) -> Result<(), SweepError> + Sync),
) -> Result<(), SweepError> {
    let (small, large): (Vec<Job>, Vec<Job>) = jobs.iter().copied().partition(Job::is_small);
    let workers = small.len().min(budget.threads);
    if workers > 1 {
        side_by_side(&small, workers, budget, work)?;
    } else {
        small.iter().try_for_each(|job| work(job.point))?;
    }
    large.iter().try_for_each(|job| work(job.point))
}

fn side_by_side(
    jobs: &[Job],
    workers: usize,
    budget: Budget,
    work: &(impl Fn(usize) -> Result<(), SweepError> + Sync),
) -> Result<(), SweepError> {
    let (next, failed) = (AtomicUsize::new(0), AtomicBool::new(false));
    let memory = Memory { used: Mutex::new(0.0), freed: Condvar::new(), allowed: budget.memory as f64 };
    let threads = (budget.threads / workers).max(1);
    let one = || -> Result<(), SweepError> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
        while !failed.load(Ordering::Relaxed) {
            let Some(job) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) else { break };
            let _held = memory.take(job.needed);
            pool.install(|| work(job.point))?;
        }
        Ok(())
    };
    let worker = || one().inspect_err(|_| failed.store(true, Ordering::Relaxed));
    std::thread::scope(|scope| {
        // Where the system refuses a thread, those that there are do its work.
        let thread = |_| std::thread::Builder::new().spawn_scoped(scope, worker).ok();
        let handles: Vec<_> = (0..workers).map_while(thread).collect();
        let mut first = if handles.is_empty() { worker() } else { Ok(()) };
        for handle in handles {
            match handle.join() {
                Ok(result) => first = first.and(result),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        first
    })
}

/// The memory that jobs hold together.
struct Memory {
    used: Mutex<f64>,
    freed: Condvar,
    allowed: f64,
}

/// A part of the memory, until it is dropped.
struct Held<'a> {
    memory: &'a Memory,
    bytes: f64,
}

impl Memory {
    /// Waits until there is room; a job that is too large for all of it is let in alone, and says so itself.
    fn take(&self, bytes: f64) -> Held<'_> {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        while *used > 0.0 && *used + bytes > self.allowed {
            used = self.freed.wait(used).unwrap_or_else(PoisonError::into_inner);
        }
        *used += bytes;
        Held { memory: self, bytes }
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        *self.memory.used.lock().unwrap_or_else(PoisonError::into_inner) -= self.bytes;
        self.memory.freed.notify_all();
    }
}
