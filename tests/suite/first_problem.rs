//! "Your own problem in ten minutes" and the paths of three people, as they stand: their files, their commands, their
//! numbers.

use std::fs;

use serde_json::Value;

use crate::cli::command;
use crate::folder::Folder;

const PAGE: &str = include_str!("../../docs/first-problem.md");
const PATHS: &str = include_str!("../../docs/paths.md");

/// What stands between ```language and ```, in the order of a page.
fn blocks(page: &'static str, language: &str) -> Vec<&'static str> {
    let opening = format!("```{language}\n");
    let blocks = page.match_indices(&opening);
    blocks.map(|(at, opening)| page[at + opening.len()..].split("```").next().unwrap()).collect()
}

/// The rows of tables that give a number: key, file and value.
fn numbers(page: &'static str) -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    page.lines().filter_map(|line| {
        let (key, rest) = line.strip_prefix("| `")?.split_once("` of `")?;
        let (file, rest) = rest.split_once("` | ")?;
        Some((key, file, rest.split(" | ").next().unwrap()))
    })
}

/// One unit of the last digit that is written.
fn unit(written: &str) -> f64 {
    let (digits, power) = written.split_once('e').unwrap_or((written, "0"));
    let decimals = digits.split_once('.').map_or(0, |(_, decimals)| decimals.len() as i32);
    10f64.powi(power.parse::<i32>().unwrap() - decimals)
}

/// Writes the files of a page, runs its commands and compares its numbers; returns how many there are of each. What
/// Python does is left to `scripts/paths`.
fn run(page: &'static str, folder: &Folder) -> [usize; 3] {
    let files: Vec<&str> = ["toml", "csv"].into_iter().flat_map(|language| blocks(page, language)).collect();
    for text in &files {
        let (name, content) = text.split_once('\n').unwrap();
        fs::write(folder.path().join(name.strip_prefix("# ").unwrap()), content).unwrap();
    }
    let mut commands = 0;
    for line in blocks(page, "sh").into_iter().flat_map(str::lines).filter(|line| !line.starts_with("python ")) {
        // No argument of a page has a space; quotes are for the shell.
        let words = line.strip_prefix("saddleflux ").unwrap().split(' ');
        let words: Vec<&str> = words.map(|word| word.trim_matches('\'')).collect();
        let output = command(&words, folder.path());
        assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
        commands += 1;
    }
    let mut found = 0;
    for (key, file, written) in numbers(page) {
        let text = fs::read_to_string(folder.path().join(file)).unwrap();
        let summary: Value = serde_json::from_str(&text).unwrap();
        let value = summary.pointer(&format!("/{}", key.replace('.', "/"))).and_then(Value::as_f64).unwrap();
        let expected: f64 = written.parse().unwrap();
        assert!((value - expected).abs() <= unit(written), "{key} of {file}: {value}, and the page says {written}");
        found += 1;
    }
    [files.len(), commands, found]
}

#[test]
fn three_people_get_where_they_want_to() {
    assert_eq!(run(PATHS, &Folder::new("paths")), [3, 10, 5]);
}

#[test]
fn the_first_problems_run_as_the_page_says() {
    let folder = Folder::new("first-problem");
    assert_eq!(run(PAGE, &folder), [7, 10, 8]);
    // What the page says of its third problem: an odd drift leaves both valleys at one rate.
    let rate = |side: &str| {
        let text = fs::read_to_string(folder.path().join(format!("output/{side}/summary.json"))).unwrap();
        let summary: Value = serde_json::from_str(&text).unwrap();
        summary["rate"]["quasi_stationary"]["value"].as_f64().unwrap()
    };
    assert_relative_eq!(rate("left"), rate("right"), max_relative = 1e-10);
}
