//! What a computation may use, what it keeps for the next one, and whom it tells of its progress.

use crate::elimination::Workspace;
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
    /// Most of the memory that the system says is available.
    pub fn available(workspace: &'a Workspace, progress: &'a Progress) -> Resources<'a> {
        Resources { memory: allowed(), workspace, progress }
    }
}

/// Share of the free memory that a run allows itself.
const SHARE: f64 = 0.85;

/// Bytes that may be used: most of what the system says is available, 4 GiB when it says nothing.
pub fn allowed() -> u64 {
    let text = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let available = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"));
    let kib = available.and_then(|rest| rest.trim().trim_end_matches("kB").trim().parse::<f64>().ok());
    kib.map_or(4 << 30, |kib| (kib * 1024.0 * SHARE) as u64)
}
