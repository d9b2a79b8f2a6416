//! The files of a run take their places together, and nothing of another run stays beside them.

use std::fs;
use std::path::Path;
use std::process::Command;

use saddleflux::io::sweep_up;

use crate::cli::{SMALL, command};
use crate::folder::Folder;

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

fn machine() -> String {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
    name.trim().chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect()
}

/// The number of a process that has ended.
fn dead() -> u32 {
    let mut child = Command::new("true").spawn().unwrap();
    child.wait().unwrap();
    child.id()
}

#[test]
fn what_another_run_drew_goes_and_what_is_the_users_stays() {
    let folder = Folder::new("delivery");
    fs::write(folder.path().join("small.toml"), SMALL).unwrap();
    let run = |more: &[&str]| {
        let words = ["run", "small.toml", "--quiet", "--out", "out", "--set", "grid.cells=[16, 16]"];
        let output = command(&[&words[..], more].concat(), folder.path());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    run(&[]);
    let out = folder.path().join("out");
    let first = names(&out);
    assert!(first.contains(&"flux.png".to_string()) && first.contains(&"landscape.png".to_string()), "{first:?}");
    fs::write(out.join("notes.txt"), "mine").unwrap();
    fs::write(out.join("my.png"), "mine").unwrap();
    // A picture that somebody has worked on is no longer the program's.
    fs::write(out.join("landscape.png"), "mine now").unwrap();
    run(&["--no-plots"]);
    assert_eq!(
        names(&out),
        ["files.json", "landscape.png", "my.png", "notes.txt", "report.html", "result.h5", "summary.json"]
    );
    assert_eq!(fs::read_to_string(out.join("landscape.png")).unwrap(), "mine now");
    run(&[]);
    assert!(first.iter().all(|name| names(&out).contains(name)));
}

/// A disk that is full, here a limit on the size of files, ends a run and leaves the earlier one whole.
#[test]
#[cfg(unix)]
fn a_full_disk_leaves_the_earlier_run() {
    let folder = Folder::new("delivery-full");
    fs::write(folder.path().join("small.toml"), SMALL).unwrap();
    let program = env!("CARGO_BIN_EXE_saddleflux");
    let run = |limit: &str| {
        let line = format!("ulimit -f {limit}; trap '' XFSZ; exec {program} run small.toml --quiet --out out");
        Command::new("sh").args(["-c", &line]).current_dir(folder.path()).output().unwrap()
    };
    assert!(run("unlimited").status.success());
    let out = folder.path().join("out");
    let bytes = |name: &String| fs::read(out.join(name)).unwrap();
    let before: Vec<(String, Vec<u8>)> = names(&out).iter().map(|name| (name.clone(), bytes(name))).collect();
    let ended = run("60");
    assert_eq!(ended.status.code(), Some(3), "{}", String::from_utf8_lossy(&ended.stderr));
    let after: Vec<(String, Vec<u8>)> = names(&out).iter().map(|name| (name.clone(), bytes(name))).collect();
    assert!(before == after, "{:?}", names(&out));
}

#[test]
#[cfg(target_os = "linux")]
fn what_dead_processes_left_is_swept_up() {
    let folder = Folder::new("delivery-dead");
    let (at, dead, machine) = (|name: &str| folder.path().join(name), dead(), machine());
    let own = std::process::id();
    let stays = [
        ".notes".to_string(),
        ".result.partial.h5".into(),
        format!(".result.{machine}-{own}.partial.h5"),
        format!(".result.elsewhere-{dead}.partial.h5"),
        format!("result.{machine}-{dead}.partial.h5"),
        format!(".result.{machine}-{dead}x.partial.h5"),
        format!(".result.{machine}-{dead}.final.h5"),
    ];
    for name in &stays {
        fs::write(at(name), "stays").unwrap();
    }
    fs::write(at(&format!(".result.{machine}-{dead}.partial.h5")), "goes").unwrap();
    let half = at(&format!(".saddleflux.{machine}-{dead}.partial"));
    fs::create_dir(&half).unwrap();
    fs::write(half.join("summary.json"), "half").unwrap();
    sweep_up(folder.path());
    let mut expected: Vec<String> = stays.to_vec();
    expected.sort();
    assert_eq!(names(folder.path()), expected);
    // Killed between the first file that took its place and the last.
    fs::write(at("summary.json"), "new").unwrap();
    fs::write(at("flux.png"), "old").unwrap();
    let data = fs::metadata(at("flux.png")).unwrap();
    let modified = data.modified().unwrap().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos();
    fs::write(at("files.json"), format!("{{\"files\": {{\"flux.png\": {{\"bytes\": 3, \"modified\": {modified}}}}}}}"))
        .unwrap();
    let ready = at(&format!(".saddleflux.{machine}-{dead}.ready"));
    fs::create_dir(&ready).unwrap();
    fs::write(ready.join("result.h5"), "new").unwrap();
    let entry = "{\"bytes\": 3, \"modified\": 0}";
    let files = format!("{{\"files\": {{\"summary.json\": {entry}, \"result.h5\": {entry}}}}}");
    fs::write(ready.join("files.json"), files).unwrap();
    sweep_up(folder.path());
    expected.extend(["files.json", "result.h5", "summary.json"].map(String::from));
    expected.sort();
    assert_eq!(names(folder.path()), expected);
}
