//! What bounds the memory of a process, and the program within bounds.

use std::path::Path;

use saddleflux::memory::{Bound, Free, free_under};

use crate::folder::Folder;

/// Files of a system below a folder.
fn system(name: &str, files: &[(&str, &str)]) -> Folder {
    let folder = Folder::new(name);
    for (path, text) in files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

fn found(name: &str, files: &[(&str, &str)]) -> Free {
    free_under(system(name, files).path())
}

const MACHINE: (&str, &str) = ("proc/meminfo", "MemTotal: 9000000 kB\nMemAvailable:    8000000 kB\n");
const UNLIMITED: (&str, &str) = (
    "proc/self/limits",
    "Limit                     Soft Limit           Hard Limit           Units\n\
     Max data size             unlimited            unlimited            bytes\n\
     Max address space         unlimited            unlimited            bytes\n",
);
const STATUS: (&str, &str) = ("proc/self/status", "Name:\tx\nVmSize:\t  100000 kB\nVmData:\t   20000 kB\n");
const KB: u64 = 1024;

#[test]
fn the_machine_bounds_what_nothing_else_does() {
    assert_eq!(
        found("free-machine", &[MACHINE, UNLIMITED, STATUS]),
        Free { bytes: 8_000_000 * KB, bound: Bound::Machine }
    );
    let nothing = free_under(Path::new("/nowhere"));
    assert_eq!(nothing.bound, Bound::Unknown);
}

#[test]
fn limits_of_the_process_count_less_what_it_has() {
    let limits = |data: &str, space: &str| {
        format!(
            "Max data size             {data}            unlimited            bytes\nMax address space         {space}            unlimited            bytes\n"
        )
    };
    let space = limits("unlimited", "1024000000");
    let files = [MACHINE, ("proc/self/limits", space.as_str()), STATUS];
    assert_eq!(found("free-space", &files), Free { bytes: 1_024_000_000 - 100_000 * KB, bound: Bound::AddressSpace });
    let data = limits("30000000", "1024000000");
    let files = [MACHINE, ("proc/self/limits", data.as_str()), STATUS];
    assert_eq!(found("free-data", &files), Free { bytes: 30_000_000 - 20_000 * KB, bound: Bound::Data });
    // A process beyond its limit may take nothing more.
    let beyond = limits("1", "unlimited");
    let files = [MACHINE, ("proc/self/limits", beyond.as_str()), STATUS];
    assert_eq!(found("free-beyond", &files), Free { bytes: 0, bound: Bound::Data });
}

/// Version 2: the group's own limit, that of a group above it, and pages of files, which are given back.
#[test]
fn control_groups_of_the_second_version_count() {
    let mounts = (
        "proc/self/mountinfo",
        "22 1 0:20 / / rw - ext4 /dev/root rw\n30 22 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw\n",
    );
    let own = ("proc/self/cgroup", "0::/batch/job7\n");
    let mut files = vec![
        MACHINE,
        UNLIMITED,
        STATUS,
        mounts,
        own,
        ("sys/fs/cgroup/batch/memory.max", "400000000\n"),
        ("sys/fs/cgroup/batch/memory.current", "150000000\n"),
        ("sys/fs/cgroup/batch/memory.stat", "anon 100\ninactive_file 30000000\nactive_file 20000000\n"),
        ("sys/fs/cgroup/batch/job7/memory.max", "max\n"),
        ("sys/fs/cgroup/batch/job7/memory.current", "150000000\n"),
    ];
    assert_eq!(found("free-second", &files), Free { bytes: 300_000_000, bound: Bound::ControlGroup });
    files[8].1 = "170000000\n";
    assert_eq!(found("free-second-own", &files), Free { bytes: 20_000_000, bound: Bound::ControlGroup });
}

/// Version 1, seen from the machine and from inside of a container, where the mount begins at the group itself.
#[test]
fn control_groups_of_the_first_version_count() {
    let own = ("proc/self/cgroup", "9:name=systemd:/\n4:cpu,memory:/docker/abc\n0::/\n");
    let limits =
        |folder: &str| ["memory.limit_in_bytes", "memory.usage_in_bytes"].map(|name| format!("{folder}/{name}"));
    for (place, mounts) in [
        ("sys/fs/cgroup/memory/docker/abc", "31 22 0:27 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory,cpu\n"),
        ("sys/fs/cgroup/memory", "31 22 0:27 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory,cpu\n"),
    ] {
        let [limit, usage] = limits(place);
        let files = [
            MACHINE,
            own,
            ("proc/self/mountinfo", mounts),
            (limit.as_str(), "419430400\n"),
            (usage.as_str(), "19430400\n"),
        ];
        assert_eq!(found("free-first", &files), Free { bytes: 400_000_000, bound: Bound::ControlGroup });
    }
    // 2^63 less a page is no limit.
    let [limit, usage] = limits("sys/fs/cgroup/memory/docker/abc");
    let mounts = ("proc/self/mountinfo", "31 22 0:27 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n");
    let files = [MACHINE, own, mounts, (limit.as_str(), "9223372036854771712\n"), (usage.as_str(), "1\n")];
    assert_eq!(found("free-first-none", &files).bound, Bound::Machine);
}
