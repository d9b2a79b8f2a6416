//! The memory that this process may still take, and which limit determines it.
//!
//! A batch job or a container may have a small part of the machine, and a shell may limit a process (`ulimit -v`). The
//! limits and their sources are:
//! ```text
//! the machine         MemAvailable in /proc/meminfo
//! control groups      memory.max − memory.current (version 2), memory.limit_in_bytes − memory.usage_in_bytes (version 1), of the group
//!                     and of all above it; pages of files, which the system takes back, count as free
//! address space       RLIMIT_AS (`ulimit -v`) in /proc/self/limits, less VmSize in /proc/self/status
//! data                RLIMIT_DATA (`ulimit -d`), less VmData
//! ```
//! The smallest of them counts. Another process may take the memory a moment later; an allocation that the system then
//! refuses is an error of its own.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

/// The free memory and its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Free {
    /// The free memory, in bytes.
    pub bytes: u64,
    /// The limit that determines it.
    pub bound: Bound,
}

/// The limits of the free memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// The memory of the machine.
    Machine,
    /// The limit of a control group: a container, a batch job, a service.
    ControlGroup,
    /// The address space, RLIMIT_AS.
    AddressSpace,
    /// The data segment, RLIMIT_DATA.
    Data,
    /// Unknown: the system does not state it.
    Unknown,
}

impl fmt::Display for Bound {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Bound::Machine => "the free memory of this machine",
            Bound::ControlGroup => "the memory limit of the container or batch job (its control group)",
            Bound::AddressSpace => "the limit on address space (ulimit -v)",
            Bound::Data => "the limit on data (ulimit -d)",
            Bound::Unknown => "a guess, since this system does not say what is free",
        })
    }
}

/// The assumed free memory where the system does not state it.
const GUESS: u64 = 4 << 30;

/// The memory that this process may take now.
pub fn free() -> Free {
    free_under(Path::new("/"))
}

/// Measures the memory as [`free`] does, from the files of the system below the directory `root`.
pub fn free_under(root: &Path) -> Free {
    let machine = sized(&text(root, "proc/meminfo"), "MemAvailable:");
    let bounds = [
        (machine, Bound::Machine),
        (groups(root), Bound::ControlGroup),
        (limit(root, "Max address space", "VmSize:"), Bound::AddressSpace),
        (limit(root, "Max data size", "VmData:"), Bound::Data),
    ];
    let known = bounds.into_iter().filter_map(|(bytes, bound)| Some(Free { bytes: bytes?, bound }));
    known.min_by_key(|free| free.bytes).unwrap_or(Free { bytes: GUESS, bound: Bound::Unknown })
}

/// The text of a file, empty if there is none.
fn text(root: &Path, path: &str) -> String {
    fs::read_to_string(root.join(path)).unwrap_or_default()
}

/// The size, in bytes, from a line such as `VmSize:   1234 kB`.
fn sized(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    Some(line.trim().trim_end_matches("kB").trim().parse::<u64>().ok()?.saturating_mul(1024))
}

/// The free memory under a limit of this process; `None` if there is no such limit.
fn limit(root: &Path, name: &str, used: &str) -> Option<u64> {
    let limits = text(root, "proc/self/limits");
    let line = limits.lines().find_map(|line| line.strip_prefix(name))?;
    let most: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(most.saturating_sub(sized(&text(root, "proc/self/status"), used).unwrap_or(0)))
}

/// The file names of one version of control groups.
struct Version {
    limit: &'static str,
    used: &'static str,
    /// Names in memory.stat of the file pages, which the system can reclaim.
    files: [&'static str; 2],
}

const FIRST: Version = Version {
    limit: "memory.limit_in_bytes",
    used: "memory.usage_in_bytes",
    files: ["total_inactive_file", "total_active_file"],
};
const SECOND: Version =
    Version { limit: "memory.max", used: "memory.current", files: ["inactive_file", "active_file"] };

/// The free memory under the control groups of this process; `None` if none has a limit.
fn groups(root: &Path) -> Option<u64> {
    let (own, mounts) = (text(root, "proc/self/cgroup"), text(root, "proc/self/mountinfo"));
    let left = own.lines().filter_map(|line| {
        let mut parts = line.splitn(3, ':');
        let (_, controllers, group) = (parts.next()?, parts.next()?, parts.next()?);
        let version = match controllers {
            "" => SECOND,
            list if list.split(',').any(|controller| controller == "memory") => FIRST,
            _ => return None,
        };
        let (top, mount) = mounts.lines().find_map(|line| mount(line, controllers.is_empty()))?;
        // In a container the mount may begin at the group itself.
        let inside = Path::new(group).strip_prefix(&top).unwrap_or(Path::new(""));
        let mount = root.join(mount.strip_prefix("/").unwrap_or(&mount));
        let folder = mount.join(inside);
        folder.ancestors().take_while(|folder| folder.starts_with(&mount)).filter_map(|group| version.left(group)).min()
    });
    left.min()
}

/// The directory and the group of a mount of control groups: version 2, or version 1 with the memory controller.
fn mount(line: &str, is_second: bool) -> Option<(PathBuf, PathBuf)> {
    let (before, after) = line.split_once(" - ")?;
    let mut fields = before.split(' ').skip(3);
    let (top, place) = (fields.next()?, fields.next()?);
    let mut after = after.split(' ');
    let (kind, options) = (after.next()?, after.nth(1)?);
    let is_meant = match is_second {
        true => kind == "cgroup2",
        false => kind == "cgroup" && options.split(',').any(|option| option == "memory"),
    };
    is_meant.then(|| (top.into(), place.into()))
}

impl Version {
    /// The free memory of a group; `None` without a limit.
    fn left(&self, group: &Path) -> Option<u64> {
        let number = |name: &str| fs::read_to_string(group.join(name)).ok()?.trim().parse::<u64>().ok();
        let most = number(self.limit)?;
        let stat = fs::read_to_string(group.join("memory.stat")).unwrap_or_default();
        let pages = |name: &str| -> Option<u64> {
            let line = stat.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))?;
            line.trim().parse().ok()
        };
        let files: u64 = self.files.iter().filter_map(|name| pages(name)).sum();
        Some(most.saturating_sub(number(self.used)?.saturating_sub(files)))
    }
}
