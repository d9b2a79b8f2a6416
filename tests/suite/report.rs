//! The report on the terminal: short, narrow, and complete.

use std::path::{Path, PathBuf};

use crate::synthetic::double_well;
use saddleflux::model::fault::{DataError, DataFault, DataRole};
use saddleflux::problem::ProblemError;
use saddleflux::report::{Screen, terminal};
use saddleflux::study::{StudyError, Warning};

fn files() -> Vec<PathBuf> {
    let names = ["summary.json", "result.h5", "landscape.png", "quasi-stationary.png", "flux.png", "passage-time.png"];
    names.map(|name| PathBuf::from("output/double-well").join(name)).to_vec()
}

#[test]
fn report_fits_in_a_hundred_columns_and_thirty_lines() {
    for dimension in [1, 2] {
        let mut case = double_well(dimension, [20, 10], 0.1, 0.0);
        let report = terminal(&case.solved(), &files(), Screen::default());
        assert!(report.lines().count() <= 30, "{report}");
        assert!(!report.contains('\u{1b}') && !report.contains("NaN"), "{report}");
        // Words and sentences of any length are folded.
        case.config.title = "long ".repeat(60);
        let fault = DataFault::Unreadable { reason: format!("{} {}", "word ".repeat(60), "x".repeat(300)) };
        let error =
            ProblemError::Data(DataError { file: Path::new("data.csv").into(), role: DataRole::Samples, fault });
        let reason = Box::new(StudyError::Problem(error));
        case.solution.warnings.push(Warning::CoarseGridFailed { cells: [8, 8], is_closed_alone: false, reason });
        for (screen, width) in [(Screen::default(), 100), (Screen::of_width(200), 100), (Screen::of_width(60), 60)] {
            for line in terminal(&case.solved(), &files(), screen).lines() {
                assert!(line.chars().count() <= width, "{line}");
            }
        }
    }
}

#[test]
fn report_names_what_was_found() {
    let case = double_well(1, [200, 1], 0.1, 0.0);
    let report = terminal(&case.solved(), &files(), Screen::default());
    // γ = 1.3 e^{−10} with 1e-5 relative error: 5 digits are right, and one more is shown.
    for needle in ["5.90199e-5", "± 1.0e-5", "barrier 1", "100.00 %", "ito", "killed at the saddle", "result.h5"] {
        assert!(report.contains(needle), "no {needle:?} in\n{report}");
    }
}

#[test]
fn report_of_a_run_that_asked_for_little_has_little() {
    let mut case = double_well(2, [20, 10], 0.1, 0.0);
    case.solution.rate = None;
    case.solution.passage = None;
    case.solution.flux = None;
    case.solution.flux_over_population = None;
    case.solution.formulas = saddleflux::formula::Formulas::default();
    let report = terminal(&case.solved(), &[], Screen::default());
    for needle in ["escape rate", "passage time", "flux", "Kramers", "written"] {
        assert!(!report.contains(needle), "{needle:?} in\n{report}");
    }
}

#[test]
fn colour_adds_no_columns() {
    let case = double_well(2, [20, 10], 0.1, 0.0);
    let (plain, painted) = (
        terminal(&case.solved(), &files(), Screen::default()),
        terminal(&case.solved(), &files(), Screen { has_colour: true, ..Screen::default() }),
    );
    assert!(painted.contains('\u{1b}'));
    let mut stripped = painted;
    for code in ["\u{1b}[0m", "\u{1b}[1m", "\u{1b}[2m", "\u{1b}[33m"] {
        stripped = stripped.replace(code, "");
    }
    let lines = |text: &str| text.lines().map(|line| line.trim_end().to_string()).collect::<Vec<_>>();
    assert_eq!(lines(&plain), lines(&stripped));
}
