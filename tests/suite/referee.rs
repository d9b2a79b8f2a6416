//! The reference collection, and how somebody's rates are judged by it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use saddleflux::config::Config;
use saddleflux::progress::Progress;
use saddleflux::referee::{Collection, Judgement, RefereeFault, Reference, read};
use saddleflux::study;
use serde_json::Value;

use crate::cli::{command, summary};
use crate::folder::Folder;

fn collection() -> Collection {
    Collection::built_in().unwrap()
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("configs/reference")
}

/// The rows of rates.json with all their keys.
fn rows() -> Vec<Value> {
    let text = std::fs::read_to_string(folder().join("rates.json")).unwrap();
    serde_json::from_str::<Value>(&text).unwrap()["problems"].as_array().unwrap().clone()
}

/// What is found of one line.
fn judge(name: &str, line: &str) -> (f64, f64, Option<bool>) {
    let folder = Folder::new(&format!("judge-{name}"));
    let path = folder.path().join("rates.csv");
    std::fs::write(&path, format!("problem,value,error,tool\n{line}\n")).unwrap();
    let collection = collection();
    let found = Judgement::new(read(&path, &collection).unwrap(), &collection);
    let one = &found.judged[0];
    (one.relative_error, one.digits, one.is_covered)
}

fn ordinary() -> Vec<Reference> {
    collection().problems.into_iter().filter(|problem| problem.rate.is_some()).collect()
}

#[test]
fn every_configuration_has_a_row_and_every_row_a_configuration() {
    let files = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let posed: BTreeSet<String> = files
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    let known: BTreeSet<String> = collection().problems.into_iter().map(|problem| problem.problem).collect();
    assert_eq!(posed, known);
    assert!(known.len() >= 60);
    for name in &posed {
        let path = folder().join(format!("{name}.toml"));
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(
            text.starts_with("# ") && text.lines().next().unwrap().ends_with('?'),
            "{name} opens with its question"
        );
        Config::from_path(&path, &[]).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

/// Two routes or more for each, which agree within what they claim; the interval lies within that of the best of them.
#[test]
fn routes_agree() {
    for row in rows() {
        let name = row["problem"].as_str().unwrap();
        let number = |value: &Value| value.as_str().unwrap().parse::<f64>().unwrap();
        let routes = row["routes"].as_array().unwrap();
        assert!(routes.len() >= 2, "{name}");
        let [low, high] = [0, 1].map(|end| row["log_rate"][end].as_f64().unwrap());
        assert!(low <= high, "{name}");
        if row["rate"].is_null() {
            assert!(high < -690.0, "{name}");
            continue;
        }
        for one in routes {
            for other in routes {
                let apart = (number(&one["value"]) / number(&other["value"]) - 1.0).abs();
                let claimed = one["uncertainty"].as_f64().unwrap() + other["uncertainty"].as_f64().unwrap();
                assert!(apart <= 1.01 * claimed + 1e-15, "{name}: {one} {other}");
            }
        }
        let [below, above] = [0, 1].map(|end| row["rate"][end].as_f64().unwrap());
        let value = number(&row["value"]);
        assert!(below <= value * (1.0 + 1e-15) && value * (1.0 - 1e-15) <= above, "{name}");
        assert!((below.ln() - low).abs() < 1e-12 && (above.ln() - high).abs() < 1e-12, "{name}");
        let digits = row["digits"].as_f64().unwrap();
        let known = -(0.5 * (above - below) / value).max(1e-16).log10();
        assert!(digits >= known - 0.1 && (digits > 15.0 || (digits - known).abs() < 0.1), "{name}: {digits}, {known}");
        assert!(["certificate", "two routes"].contains(&row["certified"].as_str().unwrap()));
    }
}

/// The program of today still finds what the collection says.
#[test]
fn certificates_meet_the_collection() {
    for name in ["double-well-0.02", "wavy-noise-ito", "styblinski-tang-0.1", "extinction", "cusp-40", "wright-fisher"]
    {
        let config = Config::from_path(&folder().join(format!("{name}.toml")), &[]).unwrap();
        let solution = study::run(&config.problem().unwrap(), &config.request, &Progress::default()).unwrap();
        let [low, high] = solution.certificate.unwrap().rate.map(|end| end.value());
        let known = collection().find(name).unwrap().rate.unwrap();
        assert!(low <= known[1] && known[0] <= high, "{name}: [{low:e}, {high:e}] against {known:?}");
    }
}

proptest! {
    #![proptest_config(crate::cases(64))]

    /// A value that is off by a known amount: so many digits are right, and a claim covers if and only if it is that
    /// large.
    #[test]
    fn digits_and_claims_follow_the_error(place in 0usize..1000, away in -9.0..-0.5f64, sign in prop::bool::ANY, slack in 0.01..10.0f64) {
        let known = ordinary();
        let problem = &known[place % known.len()];
        let [low, high] = problem.rate.unwrap();
        let middle = low + 0.5 * (high - low);
        let error = 10f64.powf(away) * if sign { 1.0 } else { -1.0 };
        prop_assume!(error.abs() > 100.0 * (high / low - 1.0));
        let value = middle * (1.0 + error);
        let claim = error.abs() / (1.0 + error) * (1.0 + if sign { slack } else { -slack.min(0.9) });
        let (found, digits, is_covered) = judge("law", &format!("{},{value:e},{claim:e},me", problem.problem));
        prop_assert!((found / error - 1.0).abs() < 1e-5);
        prop_assert!((digits + away).abs() < 1e-4);
        prop_assert_eq!(is_covered, Some(sign));
    }
}

#[test]
fn the_middle_has_all_digits_and_nonsense_none() {
    for problem in ordinary() {
        let [low, high] = problem.rate.unwrap();
        let (_, digits, is_covered) =
            judge("middle", &format!("{},{:e},0,", problem.problem, low + 0.5 * (high - low)));
        assert!((digits, is_covered) == (problem.digits, Some(true)) || digits > 15.0, "{}: {digits}", problem.problem);
    }
    for value in ["-1.9e-13", "0", "1e30", "1e-400"] {
        let (_, digits, is_covered) = judge("nonsense", &format!("double-well-0.02,{value},1e-3,LAPACK"));
        assert_eq!((digits, is_covered), (0.0, Some(false)), "{value}");
    }
    assert_eq!(judge("silent", "double-well-0.02,3.4e-22,,LAPACK").2, None);
}

/// Rates below 1e-308 are read and compared by their logarithms.
#[test]
fn rates_beyond_ordinary_numbers_are_judged() {
    let problem = collection().find("double-well-0.001").unwrap().clone();
    assert!(problem.rate.is_none());
    let tens = 0.5 * (problem.log_rate[0] + problem.log_rate[1]) / std::f64::consts::LN_10;
    let (exponent, mantissa) = (tens.floor(), 10f64.powf(tens - tens.floor()));
    for (factor, right) in [(1.0, 10.0..20.0), (1.01, 1.9..2.1), (0.99, 1.9..2.1)] {
        let line = format!("double-well-0.001,{:.15}e{exponent},0.0102,me", factor * mantissa);
        let (_, digits, is_covered) = judge("cold", &line);
        assert!(right.contains(&digits) && is_covered == Some(true), "{factor}: {digits} {is_covered:?}");
    }
    assert_eq!(judge("cold-zero", "double-well-0.001,0,1,me").1, 0.0);
}

#[test]
fn what_is_no_table_of_rates_is_refused_by_file_line_and_column() {
    let folder = Folder::new("referee-bad");
    for (name, text, words) in [
        ("nothing.csv", "", "no column `problem`"),
        ("empty.csv", "problem,value,error,tool\n", "no rows"),
        ("column.csv", "problem,rate,error,tool\ndouble-well-0.1,1,,\n", ":1: column `rate`"),
        ("twice.csv", "problem,value,value\ndouble-well-0.1,1,1\n", ":1: column `value`"),
        ("missing.csv", "problem,error\ndouble-well-0.1,1\n", "no column `value` but problem, error"),
        (
            "unknown.csv",
            "problem,value\ndouble-well-0.1,1\ndouble-wel-0.1,1\n",
            ":3: column `problem`: the collection has no `double-wel-0.1`; nearest is `double-well-0.1`",
        ),
        ("number.csv", "problem,value\ndouble-well-0.1,fast\n", ":2: column `value`: `fast`"),
        ("infinite.csv", "problem,value\ndouble-well-0.1,inf\n", ":2: column `value`: `inf`"),
        ("error.csv", "problem,value,error\n\ndouble-well-0.1,1,-1e-3\n", ":3: column `error`: `-1e-3`"),
        (
            "short.csv",
            "problem,value,error\ndouble-well-0.1,1\n",
            ":2: cannot be read (the line has 2 fields and the header 3)",
        ),
    ] {
        std::fs::write(folder.path().join(name), text).unwrap();
        let output = command(&["referee", name], folder.path());
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(2) && output.stdout.is_empty(), "{name}: {message}");
        assert!(message.contains(name) && message.contains(words), "{name}: {message}");
    }
    assert_eq!(command(&["referee", "absent.csv"], folder.path()).status.code(), Some(2));
    let fault = read(&folder.path().join("number.csv"), &collection()).unwrap_err();
    assert!(fault.line == Some(2) && matches!(fault.fault, RefereeFault::Value { .. }));
}

/// From a folder that knows nothing of the collection: a table on the terminal, or the JSON alone; both files.
#[test]
fn the_command_judges_from_anywhere() {
    let folder = Folder::new("referee");
    let text = "problem,value,error,tool\ndouble-well-0.02,3.45e-22,1e-3,by hand\nstyblinski-tang-1,5.97592591e-17,1e-8,quadrature\n";
    std::fs::write(folder.path().join("mine.csv"), text).unwrap();
    let output = command(&["referee", "mine.csv"], folder.path());
    let page = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && output.stderr.is_empty(), "{page}");
    assert!(
        page.contains("by hand") && page.contains("FAILS") && page.contains("1 of 1 claimed errors cover"),
        "{page}"
    );
    for name in ["referee.json", "referee.png"] {
        assert!(folder.path().join("output/mine").join(name).exists(), "{name}");
    }
    let found = summary(&command(&["referee", "mine.csv", "--json", "--no-plots", "--out", "there"], folder.path()));
    assert!(folder.path().join("there/referee.json").exists() && !folder.path().join("there/referee.png").exists());
    let [first, second] = [0, 1].map(|k| found["judged"][k].clone());
    assert!(first["covered"] == false && second["covered"] == true);
    let digits = |row: &Value| row["digits"].as_f64().unwrap();
    // 3.45/3.446480… − 1 = 1.02e-3.
    assert!((digits(&first) - 2.99).abs() < 0.01 && (8.5..10.0).contains(&digits(&second)), "{found}");
    assert_eq!(found["tools"].as_array().unwrap().len(), 2);
}

/// The shipped table of other solvers is one that the command takes.
#[test]
fn the_peers_can_be_judged() {
    let collection = collection();
    let claims = read(&folder().join("peers.csv"), &collection).unwrap();
    let found = Judgement::new(claims, &collection);
    assert!(found.tools.len() >= 3 && found.judged.len() >= 60, "{:?}", found.tools);
}
