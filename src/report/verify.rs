//! The claims on the terminal: the verdicts in a table, then what was found.

use std::path::PathBuf;

use super::number::brief;
use super::page::Page;
use crate::verify::{Claim, Outcome, Suite};

/// A line for a claim that was just decided.
pub fn verdict(outcome: &Outcome) -> String {
    let surprise = if outcome.is_as_expected() { "" } else { "  NOT as expected" };
    format!("{:<28} {:<22} {:>6.1} s{surprise}", outcome.claim.id, outcome.verdict().name(), outcome.seconds)
}

/// The report of a suite; `colour` for a terminal that shows it.
pub fn verify(suite: &Suite, files: &[PathBuf], colour: bool) -> String {
    let mut page = Page::new(colour);
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

/// The names of claims with their titles.
pub fn claims(claims: &[Claim]) -> String {
    claims.iter().map(|claim| format!("{:<28} {}\n", claim.id, claim.title)).collect()
}
