//! When and where the process leaves, in the terminal report.

use crate::io::Solved;
use crate::report::MOST;
use crate::report::number::{percent, rounded};
use crate::report::page::Page;
use crate::study::exits::Estimate;

/// Mean and standard deviation of the first-passage time, and the probability of each part of the killing.
pub(super) fn exits(page: &mut Page, solved: &Solved) {
    let Some(study) = &solved.solution.exits else {
        return;
    };
    if let Some(mean) = study.mean() {
        let deviation = &study.standard_deviation;
        let text = format!(
            "after {}{} on average, standard deviation {}{}",
            rounded(mean.value, mean.discretisation_error),
            relative(mean),
            rounded(deviation.value, deviation.discretisation_error),
            relative(deviation)
        );
        page.line("leaves", &text);
    }
    for line in study.parts.iter().take(MOST) {
        let (share, error) = (line.probability.value, line.probability.discretisation_error);
        let share = if share.is_ordinary() { percent(share.value()) } else { rounded(share, error) };
        page.line("", &format!("{}{} through {}", share.trim_start(), relative(&line.probability), line.part.words()));
    }
    super::omitted(page, "ways out", study.parts.len());
}

fn relative(of: &Estimate) -> String {
    of.discretisation_error.map_or(String::new(), |error| format!(" (± {error:.1e} relative)"))
}
