//! The schedule of a sweep: small points in parallel, large ones one after the other on all threads, within one budget
//! of memory and of threads.
//!
//! Each point in parallel has a thread pool of its own. In a common pool a thread that waits for a part of its
//! elimination would start another point meanwhile, and hold the memory of both.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};

use super::SweepError;

/// The resources of a sweep.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    /// The number of threads.
    pub threads: usize,
    /// The memory in bytes.
    pub memory: u64,
}

/// A point to be solved.
#[derive(Clone, Copy, Debug)]
pub struct Job {
    /// The index of the point.
    pub point: usize,
    /// A rough upper bound of the memory that it needs, in bytes.
    pub needed: f64,
    /// The cells of its grid; `None` if they are chosen during the solution.
    pub cells: Option<usize>,
    /// The dimension, 1 or 2.
    pub dimension: usize,
}

/// The cells up to which one thread is nearly as fast as two: 512 × 512.
const SMALL: usize = 1 << 18;

impl Job {
    /// Whether the point is solved in parallel with others. In one dimension a solution uses one thread anyway.
    fn is_small(&self) -> bool {
        self.dimension == 1 || self.cells.is_some_and(|cells| cells <= SMALL)
    }
}

/// Calls `work` for every job, in the caller's pool or in a pool with a share of its threads. The first error ends the
/// run.
///
/// # Errors
/// The errors of `work`, and threads that cannot be started.
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
        // If the system refuses a thread, those already started do its work.
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

/// The memory that the running jobs share.
struct Memory {
    used: Mutex<f64>,
    freed: Condvar,
    allowed: f64,
}

/// A reserved part of the memory, released when dropped.
struct Held<'a> {
    memory: &'a Memory,
    bytes: f64,
}

impl Memory {
    /// Waits until the memory is available. A job that needs more than all of it runs alone, and reports that itself.
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
