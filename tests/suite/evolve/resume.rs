//! What is interrupted goes on as if it had not been.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use proptest::prelude::*;
use saddleflux::solve::evolve::Checkpoint;
use saddleflux::solve::{Accuracy, Evolution};
use serde_json::Value;

use super::chains::{chain, generator};
use super::with_resources;
use crate::cli::command;
use crate::folder::Folder;

proptest! {
    #![proptest_config(crate::cases(9))]

    /// A density that is kept as bytes at any output time and goes on from them has the bits of one that goes on at
    /// once: entries, survival, errors, quantiles, effort; by steps and in Krylov spaces.
    #[test]
    fn a_density_goes_on_from_its_bytes(
        (rates, killing) in chain(),
        at in 1usize..8,
        (floor, is_krylov) in prop_oneof![Just((1.0, false)), Just((1e-100, false)), Just((1.0, true))],
    ) {
        let generator = generator(&rates, &killing);
        let mut start = vec![0.0; killing.len()];
        start[0] = 1.0;
        with_resources(|resources| {
            let accuracy = Accuracy { tolerance: 1e-6, floor };
            let begin = || {
                let mut evolution = Evolution::new(&generator, &start, accuracy, resources).unwrap();
                if is_krylov {
                    evolution = evolution.in_spaces(10f64.powf(1.5));
                }
                evolution.watch(&[0.99, 0.5, 0.01]);
                evolution
            };
            let (mut whole, mut parted) = (begin(), begin());
            for k in 0..10 {
                let t = 10f64.powf(-3.0 + 0.5 * k as f64);
                if k == at {
                    let bytes = postcard::to_allocvec(&parted.checkpoint()).unwrap();
                    let kept: Checkpoint = postcard::from_bytes(&bytes).unwrap();
                    parted = Evolution::resumed(kept, &generator, resources).unwrap();
                }
                whole.advance(t).unwrap();
                parted.advance(t).unwrap();
                prop_assert_eq!(whole.probability(), parted.probability());
                prop_assert_eq!(whole.log_survival().to_bits(), parted.log_survival().to_bits());
                prop_assert_eq!(whole.worst_error().to_bits(), parted.worst_error().to_bits());
                prop_assert_eq!((whole.effort(), whole.passed(), whole.history()), (parted.effort(), parted.passed(), parted.history()));
            }
            Ok(())
        })?;
    }
}

/// Seconds of steps, under a schedule, killed, with the noise of the last piece for ever.
const LONG: &str = "title = 'long'
landscape = { kind = 'double-well', dimension = 2 }
noise = { kind = 'hessian', learning_rate = 0.1, batch_size = 4, floor = 0.05 }
domain = { lower = [-2, -2], upper = [0, 2], walls = { x = ['reflecting', 'absorbing'] } }
grid = { cells = [40, 40] }
solve = { error_estimate = false }
[evolve]
times = { from = 1e-2, to = 1e4, count = 81 }
start = { point = [-1.0, 0.3], width = 0.1 }
tolerance = 1e-6
method = 'positive'
schedule = [{ until = 1.0, learning_rate = 0.3 }, { until = 20.0, batch_size = 2 }, { batch_size = 3 }]
";

fn begin(folder: &Path) -> Child {
    let words = ["run", "long.toml", "--out", "parted", "--resume", "--no-plots", "--threads", "1"];
    let mut program = Command::new(env!("CARGO_BIN_EXE_saddleflux"));
    program.args(words).current_dir(folder).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Waits until the program ends or the file has been written again so many times; whether it has.
fn writes(child: &mut Child, file: &Path, times: usize) -> bool {
    let written = || file.metadata().and_then(|data| data.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
    let (mut last, mut count) = (written(), 0);
    let begun = Instant::now();
    while count < times {
        assert!(begun.elapsed() < Duration::from_secs(300), "nothing is written");
        if child.try_wait().unwrap().is_some() {
            return false;
        }
        let now = written();
        (count, last) = (count + usize::from(now != last), now);
        std::thread::sleep(Duration::from_millis(5));
    }
    true
}

/// The summary without what depends on the clock.
fn numbers(folder: &Path) -> Value {
    let mut found: Value =
        serde_json::from_str(&std::fs::read_to_string(folder.join("summary.json")).unwrap()).unwrap();
    for key in ["timing", "provenance"] {
        found.as_object_mut().unwrap().remove(key);
    }
    found
}

/// Every dataset of the group in time, bit for bit.
fn datasets(file: &Path) -> Vec<(String, Vec<u64>)> {
    let file = hdf5::File::open(file).unwrap();
    assert!(file.group("resume").is_err(), "what is whole keeps nothing to go on from");
    let sets = file.group("evolution").unwrap().datasets().unwrap();
    let bits = |set: &hdf5::Dataset| set.read_raw::<f64>().unwrap().into_iter().map(f64::to_bits).collect();
    sets.iter().map(|set| (set.name(), bits(set))).collect()
}

/// Killed by force and by the signals of batch systems and terminals, whenever a file has been written: each leaves a
/// whole file with the output times until then, more of them than pictures show, and in the end everything is, bit for bit, what a run has that nobody
/// disturbed.
#[test]
fn a_run_that_is_killed_again_and_again_ends_with_the_same_bits() {
    let folder = Folder::new("resume");
    std::fs::write(folder.path().join("long.toml"), LONG).unwrap();
    std::fs::create_dir(folder.path().join("apart")).unwrap();
    std::fs::write(folder.path().join("apart/long.toml"), LONG).unwrap();
    let undisturbed = command(&["run", "long.toml", "--out", "whole", "--no-plots", "--quiet"], folder.path());
    assert!(undisturbed.status.success(), "{}", String::from_utf8_lossy(&undisturbed.stderr));
    let file = folder.path().join("parted/result.h5");
    let (mut kills, mut reached) = (0, 0);
    for (signal, writings) in [("KILL", 1), ("TERM", 2), ("KILL", 3), ("INT", 1), ("KILL", 2)].into_iter().cycle() {
        let mut child = begin(folder.path());
        let ended = if writes(&mut child, &file, writings) {
            Command::new("kill").args(["-s", signal, &child.id().to_string()]).status().unwrap();
            child.wait_with_output().unwrap()
        } else {
            child.wait_with_output().unwrap()
        };
        if ended.status.success() {
            break;
        }
        // A run that has just ended before its signal came is no failure of it.
        let expected = match signal {
            "TERM" => Some(143),
            "INT" => Some(130),
            _ => None,
        };
        assert_eq!(ended.status.code(), expected, "{signal}: {}", String::from_utf8_lossy(&ended.stderr));
        kills += 1;
        let partial = hdf5::File::open(&file).unwrap();
        let group = partial.group("evolution").unwrap();
        let times = group.dataset("t").unwrap().read_raw::<f64>().unwrap();
        assert!(times.len() >= reached && !times.is_empty(), "{} after {reached}", times.len());
        reached = times.len();
        assert_eq!(group.dataset("density").unwrap().shape(), [reached, 40, 40]);
        assert!(kills < 40);
    }
    assert!(kills >= 2, "killed {kills} times only");
    assert_eq!(numbers(&folder.path().join("parted")), numbers(&folder.path().join("whole")));
    assert_eq!(datasets(&file), datasets(&folder.path().join("whole/result.h5")));
    // What others do to the file meanwhile costs nothing of it.
    let mut child = begin(folder.path().join("apart").as_path());
    let there = folder.path().join("apart/parted/result.h5");
    if writes(&mut child, &there, 1) {
        let other = folder.path().join("other");
        std::fs::write(&other, "of somebody else").unwrap();
        std::fs::rename(&other, &there).unwrap();
    }
    let ended = child.wait_with_output().unwrap();
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    assert_eq!(datasets(&there), datasets(&file));
    let hidden = std::fs::read_dir(there.parent().unwrap()).unwrap().flatten().map(|entry| entry.file_name());
    assert_eq!(hidden.filter(|name| name.to_string_lossy().starts_with('.')).count(), 0);
    // The last piece, which has no end, is that of all later times.
    let found = &numbers(&folder.path().join("whole"))["evolution"];
    let (t, iterations) = (found["t"].as_array().unwrap(), found["iterations"].as_array().unwrap());
    let expected = 1.0 / 0.3 + (t[80].as_f64().unwrap() - 1.0) / 0.1;
    assert_relative_eq!(iterations[80].as_f64().unwrap(), expected, max_relative = 1e-12);
}

/// What is whole is left as it is, and what is another configuration's is refused.
#[test]
fn only_what_is_the_same_is_gone_on_with() {
    let folder = Folder::new("resume-refused");
    let short = LONG.replace("count = 81", "count = 3").replace("[40, 40]", "[12, 12]");
    std::fs::write(folder.path().join("long.toml"), short).unwrap();
    let words = ["run", "long.toml", "--resume", "--no-plots"];
    let first = command(&words, folder.path());
    assert!(first.status.success(), "{}", String::from_utf8_lossy(&first.stderr));
    let again = command(&words, folder.path());
    assert!(again.status.success() && String::from_utf8_lossy(&again.stdout).contains("whole"));
    let other = command(&[&words[..], &["--set", "noise.batch_size=5"]].concat(), folder.path());
    assert_eq!(other.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&other.stderr).contains("another configuration"));
    let still = "landscape = { expression = 'x^2' }\nnoise = { kind = 'isotropic', temperature = 1 }\n\
                 valley = { set = 'x < 1' }\ngrid = { cells = [20] }\n";
    std::fs::write(folder.path().join("still.toml"), still).unwrap();
    let refused = command(&["run", "still.toml", "--resume"], folder.path());
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("[evolve]"));
}
