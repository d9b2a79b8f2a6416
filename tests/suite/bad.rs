//! Bad configurations: each carries the words of its message and its exit status.

use std::path::Path;
use std::process::{Command, Output};

use crate::folder::Folder;

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_saddleflux")).args(arguments).output().unwrap()
}

#[test]
fn every_bad_configuration_says_what_is_wrong_and_where() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/configs/bad");
    let mut count = 0;
    let mut failures = Vec::new();
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        let text = std::fs::read_to_string(&path).unwrap();
        let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)).unwrap().trim();
        let (expected, status) = (field("# expect:"), field("# status:").parse::<i32>().unwrap());
        let out = Folder::new("bad");
        let name = path.display().to_string();
        let output = run(&["run", &name, "--out", &out.path().display().to_string()]);
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        let file = path.file_name().unwrap().to_string_lossy().into_owned();
        // A message of a long line may be broken by nothing but its own spaces.
        let says = message.contains(expected);
        let names_file = message.contains(&file) || message.contains(".csv");
        let written = std::fs::read_dir(out.path()).map_or(0, Iterator::count);
        if output.status.code() != Some(status) || !says || !names_file || !output.stdout.is_empty() || written > 0 {
            failures.push(format!("{file}: status {:?}, {written} files\n{message}", output.status.code()));
        }
        count += 1;
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
    assert!(count >= 45, "{count}");
}
