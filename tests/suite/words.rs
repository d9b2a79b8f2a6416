//! What the program says where somebody has meant something else, and of waits that nobody would end.

use std::fs;

use crate::cli::{command, summary};
use crate::folder::Folder;

fn said(arguments: &[&str], folder: &Folder) -> (Option<i32>, String) {
    let output = command(arguments, folder.path());
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// Names of claims are found by their letters, by shortenings and by their subject; nothing is suggested where nothing
/// is near.
#[test]
fn names_that_were_meant_are_suggested() {
    let folder = Folder::new("words-names");
    for (word, meant) in [
        ("rule1", "`rule-1` or `rule-1-shared-valley`"),
        ("kramer", "`kramers-factor-2`, `kramers-validity` or `irreversible-kramers`"),
        ("Theorem3.2", "`theorem-3-2-"),
        ("thm", "`theorem-3-"),
        ("regression", "`gradient-noise-regression`"),
    ] {
        let (status, message) = said(&["verify", word], &folder);
        assert!(status == Some(2) && message.contains(meant), "{word}: {message}");
    }
    let (_, message) = said(&["verify", "quux"], &folder);
    assert!(!message.contains("did you mean") && message.contains("--list"), "{message}");
    let (status, message) = said(&["init", "quick"], &folder);
    assert!(status == Some(2) && message.contains("did you mean `quickstart`?"), "{message}");
}

/// A wait of 1e16 hours is refused with the way around it; one whose length is given is not.
#[test]
fn hopeless_simulations_are_refused_with_the_remedy() {
    let folder = Folder::new("words-hopeless");
    fs::write(
        folder.path().join("cold.toml"),
        "landscape = { kind = 'double-well', dimension = 1 }
        noise = { kind = 'isotropic', temperature = 0.02 }
        domain = { lower = [-2], upper = [0], walls = { x = ['reflecting', 'absorbing'] } }
        grid = { cells = [64] }",
    )
    .unwrap();
    let (status, message) = said(&["simulate", "cold.toml"], &folder);
    assert_eq!(status, Some(3), "{message}");
    assert!(message.contains("particles.method=splitting") && message.contains("hours"), "{message}");
    assert!(!folder.path().join("output/cold/summary.json").exists());
    let time = [
        "simulate",
        "cold.toml",
        "--quiet",
        "--no-plots",
        "--set",
        "particles.time=0.5",
        "--set",
        "particles.count=100",
    ];
    // A time that is given is waited for, and the bound that it leaves is the result.
    let (status, message) = said(&time, &folder);
    assert!(status == Some(0) && !message.contains("hours"), "{message}");
}

/// The way down from a point need not lead to the nearest minimum: that is said where it does not, and nowhere else.
#[test]
fn a_minimum_that_is_not_the_nearest_is_warned_of() {
    let folder = Folder::new("words-nearest");
    // Minima at -1.02 and 0.97, the hilltop between them at 0.05: from 0.02 the way leads to the farther one.
    fs::write(
        folder.path().join("a.toml"),
        "landscape = { expression = '(x^2 - 1)^2 + 0.2*x' }
        noise = { kind = 'isotropic', temperature = 0.2 }
        domain = { lower = [-2], upper = [2] }
        grid = { cells = [64] }
        valley = { minimum = [-1.0] }",
    )
    .unwrap();
    let warnings = |minimum: &str| {
        let change = format!("valley.minimum=[{minimum}]");
        let found = summary(&command(&["run", "a.toml", "--json", "--no-plots", "--set", &change], folder.path()));
        found["warnings"].to_string()
    };
    assert!(warnings("0.02").contains("valley.minimum: the start minimum is the one at -1.02412"));
    for near in ["-1.0", "-0.6", "0.7", "1.3"] {
        assert!(!warnings(near).contains("start minimum"), "{near}");
    }
    // Where the domain is chosen, a point far outside it is told of, and one beside it is not.
    let text = fs::read_to_string(folder.path().join("a.toml")).unwrap();
    fs::write(folder.path().join("a.toml"), text.replace("domain = { lower = [-2], upper = [2] }", "")).unwrap();
    assert!(warnings("-30").contains("far from -30"));
    assert!(!warnings("-1.3").contains("start minimum"));
}

/// Results of other commands are not called damaged, and the shells and `man` get what they read.
#[test]
fn plot_knows_the_results_of_other_commands() {
    let folder = Folder::new("words-plot");
    fs::write(
        folder.path().join("a.toml"),
        "landscape = { kind = 'double-well', dimension = 1 }
        noise = { kind = 'isotropic', temperature = 0.2 }
        valley = { minimum = [-1] }
        grid = { cells = [64] }
        converge = { cells = [16, 32] }
        sweep = { parameters = { 'noise.temperature' = [0.1, 0.2] } }",
    )
    .unwrap();
    for (name, result, words) in [
        ("converge", "there-converge/convergence.h5", "no density in time to animate"),
        ("sweep", "there-sweep/result.h5", "`saddleflux sweep` with the same configuration"),
    ] {
        assert_eq!(
            said(&[name, "a.toml", "--quiet", "--no-plots", "--out", &format!("there-{name}")], &folder).0,
            Some(0)
        );
        let asked: &[&str] = if name == "sweep" { &["plot", result] } else { &["plot", result, "--animate"] };
        let (status, message) = said(asked, &folder);
        assert!(status == Some(2) && message.contains(words), "{message}");
        assert!(!message.contains("damaged"));
    }
    let completions = command(&["completions", "bash"], folder.path());
    assert!(completions.status.success() && String::from_utf8_lossy(&completions.stdout).contains("--no-titles"));
    assert!(command(&["man", "pages"], folder.path()).status.success());
    assert!(fs::read_to_string(folder.path().join("pages/saddleflux-run.1")).unwrap().contains("no\\-titles"));
}
