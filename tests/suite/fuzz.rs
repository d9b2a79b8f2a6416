//! Hostile and drawn configurations, a few of each; `cargo bench --bench soak` gives many.

use std::path::Path;
use std::time::Duration;

use crate::folder::Folder;
use crate::hostility::{Counts, Dice, give, mutated, promises, texts};

const PROGRAM: &str = env!("CARGO_BIN_EXE_saddleflux");

/// What is told of faults: the counts, and the first of each kind.
fn told(counts: &Counts) -> String {
    let first = counts.faults.iter().map(|(kind, texts)| format!("\n== {kind}\n{}", texts[0]));
    format!("{counts}{}", first.collect::<String>())
}

/// Nothing panics, is killed, goes on, leaves files or is silent, whatever it is given.
#[test]
fn mutated_configurations_are_solved_or_refused() {
    let folder = Folder::new("fuzz");
    let (mut dice, mut counts) = (Dice::new(1), Counts::default());
    let mut texts = texts();
    // Training a network takes longer than all the rest.
    texts.retain(|text| !text.contains("layers"));
    for command in ["check", "run", "simulate", "converge"] {
        for _ in 0..8 {
            let text = mutated(&texts[dice.below(texts.len())], &mut dice);
            // Large grids and long simulations belong into the bench.
            let text = small(&text);
            give(Path::new(PROGRAM), command, &text, folder.path(), Duration::from_secs(60), &mut counts);
        }
    }
    assert!(counts.faults.is_empty(), "{}", told(&counts));
}

/// A text with coarse grids.
fn small(text: &str) -> String {
    let lines = text.lines().map(|line| match line.trim_start().starts_with("cells") && line.contains(',') {
        true => "cells = [24, 24]",
        false => line,
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// What passes `check` is solved by `run`, and what is solved passes.
#[test]
fn check_is_a_promise() {
    let folder = Folder::new("promise");
    let mut counts = Counts::default();
    let found = promises(Path::new(PROGRAM), &mut Dice::new(22), 40, folder.path(), &mut counts);
    assert!(counts.faults.is_empty(), "{}", told(&counts));
    assert!(found.broken.iter().all(Vec::is_empty) && found.needless.is_empty(), "{found}\n{:?}", found.broken);
    assert!(found.passed > 8, "{found}");
}
