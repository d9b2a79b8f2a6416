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

/// Within an address space that is too small a command ends with status 3, says what bounds it and what to change, and
/// leaves nothing.
#[test]
#[cfg(target_os = "linux")]
fn a_small_address_space_ends_a_run_with_its_reason() {
    let folder = Folder::new("memory-limits");
    let plane = "landscape = { kind = 'double-well', dimension = 2 }
noise = { kind = 'isotropic', temperature = 0.1 }
domain = { lower = [-2, -2], upper = [0, 2], walls = { x = ['reflecting', 'absorbing'] } }
grid = { cells = [700, 700] }
";
    let iteration = "landscape = { kind = 'styblinski-tang', dimension = 1 }
noise = { kind = 'hessian', learning_rate = 0.05, batch_size = 1, floor = 0.5 }
domain = { lower = [-4.5], upper = [0.1], walls = { x = ['reflecting', 'absorbing'] } }
valley = { minimum = [-2.9] }
grid = { cells = [200] }
sgd = { learning_rates = [0.01, 0.0005] }
";
    let mut refused = 0;
    for (name, text) in [("plane", plane), ("iteration", iteration)] {
        std::fs::write(folder.path().join(format!("{name}.toml")), text).unwrap();
        // In KiB.
        for limit in [50_000, 90_000, 130_000, 170_000, 250_000, 400_000] {
            let program = env!("CARGO_BIN_EXE_saddleflux");
            let line = format!("ulimit -v {limit}; exec {program} run {name}.toml --quiet --out {limit} --threads 2");
            let output =
                std::process::Command::new("sh").args(["-c", &line]).current_dir(folder.path()).output().unwrap();
            let message = String::from_utf8_lossy(&output.stderr).into_owned();
            let written = std::fs::read_dir(folder.path().join(limit.to_string())).map_or(0, Iterator::count);
            match output.status.code() {
                // Threads that cannot be had are asked for by --threads here.
                Some(2 | 3) => {
                    assert!(
                        message.contains("ulimit -v") && written == 0,
                        "{name} {limit}: {written} files, {message}"
                    );
                    refused += 1;
                }
                status => assert!(status == Some(0) && written > 0, "{name} {limit}: {status:?} {message}"),
            }
        }
    }
    assert!(refused >= 6, "{refused}");
}

/// What is said beforehand of the memory is what a run takes, to a quarter on a line and to 12 % in the plane.
#[test]
#[cfg(target_os = "linux")]
fn predicted_memory_is_what_a_run_takes() {
    let folder = Folder::new("memory-predicted");
    let text = |landscape: &str, [lower, upper, cells]: [&str; 3]| {
        format!(
            "landscape = {{ {landscape} }}
noise = {{ kind = 'isotropic', temperature = 0.1 }}
domain = {{ lower = [{lower}], upper = [{upper}], walls = {{ x = ['reflecting', 'absorbing'] }} }}
grid = {{ cells = [{cells}], scheme = 'inverse-average' }}
"
        )
    };
    let line = |cells| text("expression = '(x^2-1)^2', dimension = 1", ["-2", "0", cells]);
    let plane = |cells| text("expression = '(x^2-1)^2 + y^2', dimension = 2", ["-2, -2", "0, 2", cells]);
    for (text, tolerance) in [(line("400"), 0.25), (line("500000"), 0.25), (plane("512, 512"), 0.12)] {
        std::fs::write(folder.path().join("p.toml"), text).unwrap();
        let checked = crate::cli::summary(&crate::cli::command(&["check", "p.toml", "--json"], folder.path()));
        let predicted = checked["grid"]["memory_bytes"].as_f64().unwrap();
        let program = env!("CARGO_BIN_EXE_saddleflux");
        let line = "import os, resource, subprocess, sys; \
                    assert subprocess.call(sys.argv[1:]) == 0; \
                    print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024)";
        let output = std::process::Command::new("python3")
            .args(["-c", line, program, "run", "p.toml", "--quiet", "--threads", "2"])
            .current_dir(folder.path())
            .output()
            .unwrap();
        let taken: f64 = String::from_utf8_lossy(&output.stdout).trim().parse().unwrap();
        let ratio = predicted / taken;
        assert!((ratio - 1.0).abs() < tolerance, "{predicted:.3e} predicted, {taken:.3e} taken: {ratio:.3}");
    }
}
