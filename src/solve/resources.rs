//! What a computation may use, what it keeps for the next one, and whom it tells of its progress.

use crate::elimination::Workspace;
use crate::memory;
use crate::progress::Progress;

/// Memory for the factors, what earlier eliminations left, and a place for reports of progress.
#[derive(Clone, Copy)]
pub struct Resources<'a> {
    /// Bytes that an elimination may hold at its peak.
    pub memory: u64,
    /// Analyses and pages that one elimination leaves to the next.
    pub workspace: &'a Workspace,
    /// What is told of each phase, and is asked whether to go on.
    pub progress: &'a Progress,
}

impl<'a> Resources<'a> {
    /// Most of the memory that this process may still take.
    pub fn available(workspace: &'a Workspace, progress: &'a Progress) -> Resources<'a> {
        Resources { memory: allowed(), workspace, progress }
    }
}

/// Share of the free memory that a run allows itself.
const SHARE: f64 = 0.85;

/// Bytes that may be used: most of what [`memory::free`] finds.
pub fn allowed() -> u64 {
    (memory::free().bytes as f64 * SHARE) as u64
}
