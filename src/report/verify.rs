//! The terminal report of claims: the verdicts, then the findings.

use std::path::PathBuf;

use super::number::brief;
use super::page::{Page, Screen};
use crate::progress::Standing;
use crate::verify::{Claim, Outcome, Suite};

/// The length of a full bar in characters.
const BAR: u64 = 16;
/// The largest number of waiting claims listed by name, so that the table fits a small terminal.
const MOST_WAITING: usize = 10;

/// The claims that are not decided yet, a line each, shown below those that are.
pub fn board(tasks: &[(String, Standing)]) -> String {
    let mut lines = Vec::new();
    let mut waiting = 0;
    for (name, standing) in tasks {
        match standing {
            Standing::Done => {}
            Standing::Runs { done, total, elapsed } => {
                let full = if *total == 0 { 0 } else { BAR * done.min(total) / total };
                let bar: String = (0..BAR).map(|place| if place < full { '█' } else { '·' }).collect();
                let points = if *total == 0 { format!("{done}") } else { format!("{done} of {total}") };
                lines.push(format!("{name:<28} {bar} {points:<14} {:>6.1} s", elapsed.as_secs_f64()));
            }
            Standing::Waits => {
                waiting += 1;
                if waiting <= MOST_WAITING {
                    lines.push(format!("{name:<28} waits"));
                }
            }
        }
    }
    if waiting > MOST_WAITING {
        lines.push(format!("and {} more", waiting - MOST_WAITING));
    }
    lines.join("\n")
}

/// The line of a claim that has just been decided.
pub fn verdict(outcome: &Outcome) -> String {
    let surprise = if outcome.is_as_expected() { "" } else { "  NOT as expected" };
    format!("{:<28} {:<31} {:>6.1} s{surprise}", outcome.claim.id, outcome.verdict().name(), outcome.seconds)
}

/// The report of a suite; `screen`: what the terminal shows.
pub fn verify(suite: &Suite, files: &[PathBuf], screen: Screen) -> String {
    let mut page = Page::new(screen);
    page.heading("Claims");
    for outcome in &suite.outcomes {
        page.subheading(outcome.claim.title);
        let mut verdict = outcome.verdict().name().to_string();
        if !outcome.is_as_expected() {
            verdict += &format!(", where {} is expected", outcome.claim.expected.name());
        }
        page.line(&format!("  {}", outcome.claim.id), "");
        page.line("  verdict", &verdict);
        match &outcome.found {
            Ok(finding) => {
                let number = &finding.decisive;
                let predicted =
                    number.predicted.zip(number.difference()).map_or(String::new(), |(predicted, difference)| {
                        format!(", predicted {} ({difference:+.1e})", brief(predicted))
                    });
                page.line("  measured", &format!("{}: {}{predicted}", number.name, brief(number.measured)));
                page.line("  found", &finding.summary);
            }
            Err(error) => page.line("  not decided", &error.to_string()),
        }
    }
    page.blank();
    let unexpected = suite.outcomes.iter().filter(|outcome| !outcome.is_as_expected()).count();
    let words = match unexpected {
        0 => "all as expected".to_string(),
        _ => format!("{unexpected} not as expected"),
    };
    page.line("claims", &format!("{} decided, {words}", suite.outcomes.len()));
    super::written(&mut page, files);
    page.text()
}

/// The names and titles of claims.
pub fn claims(claims: &[Claim]) -> String {
    claims.iter().map(|claim| format!("{:<28} {}\n", claim.id, claim.title)).collect()
}
