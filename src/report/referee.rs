//! The terminal report of a comparison with the reference collection: a line for each rate, then each tool.

use std::path::PathBuf;

use super::page::{Page, Screen};
use crate::referee::{Judged, Judgement};

/// The widths of the columns of names.
const PROBLEM: usize = 27;
const TOOL: usize = 18;

/// The report of a table of rates; `screen`: what the terminal shows.
pub fn referee(found: &Judgement<'_>, files: &[PathBuf], screen: Screen) -> String {
    let mut page = Page::new(screen);
    page.heading("Rates for problems of the reference collection");
    page.plain(&format!(
        "{:PROBLEM$} {:TOOL$} {:>12} {:>11} {:>10} {:>14}",
        "problem", "tool", "value", "error", "digits", "claim"
    ));
    for one in &found.judged {
        page.plain(&row(one));
    }
    page.blank();
    for tool in &found.tools {
        let claims = match tool.claims {
            0 => "no error claimed".to_string(),
            claims => format!("{} of {claims} claimed errors cover", tool.covered),
        };
        let lost = match tool.without_a_digit {
            0 => String::new(),
            lost => format!(", {lost} without a digit"),
        };
        let text = format!(
            "{} rates{lost}; digits: at least {:.1}, half of them {:.1}; {claims}",
            tool.rates, tool.fewest_digits, tool.median_digits
        );
        page.line(if tool.tool.is_empty() { "(no name)" } else { &tool.tool }, &text);
    }
    super::written(&mut page, files);
    page.text()
}

fn row(one: &Judged<'_>) -> String {
    let claim = match (one.claim.error, one.is_covered) {
        (Some(error), Some(true)) => format!("{error:.0e} covers"),
        (Some(error), _) => format!("{error:.0e} FAILS"),
        _ => "—".to_string(),
    };
    let value = match (one.claim.value.value(), one.claim.value.ln()) {
        (0.0, Some(ln)) => format!("e^{ln:.5}"),
        (value, _) => format!("{value:.5e}"),
    };
    let digits = format!("{:.1} of {:.1}", one.digits, one.reference.ordinary_digits());
    format!(
        "{:PROBLEM$} {:TOOL$} {value:>12} {:>+11.1e} {digits:>10} {claim:>14}",
        printable(&one.reference.problem, PROBLEM),
        printable(&one.claim.tool, TOOL),
        one.relative_error,
    )
}

/// A name without control characters, truncated to its column.
fn printable(text: &str, width: usize) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(width).collect()
}
