//! The resources of a computation: its memory limit, its workspace, and its progress report.

use crate::elimination::Workspace;
use crate::memory;
use crate::progress::Progress;

/// The memory limit, the workspace of earlier eliminations, and the progress report.
#[derive(Clone, Copy)]
pub struct Resources<'a> {
    /// The memory that an elimination may take at its peak, in bytes.
    pub memory: u64,
    /// The symbolic analyses and memory pages that eliminations reuse.
    pub workspace: &'a Workspace,
    /// The report of phases, through which a computation can also be interrupted.
    pub progress: &'a Progress,
}

impl<'a> Resources<'a> {
    /// Resources with most of the memory that this process may still take.
    pub fn available(workspace: &'a Workspace, progress: &'a Progress) -> Resources<'a> {
        Resources { memory: allowed(), workspace, progress }
    }
}

/// The fraction of the free memory that a run uses at most.
const SHARE: f64 = 0.85;

/// The memory that may be used, in bytes: most of the result of [`memory::free`].
pub fn allowed() -> u64 {
    (memory::free().bytes as f64 * SHARE) as u64
}
