//! The HTML report of claims: a table, and a section for each claim.

use maud::{Markup, html};

use super::super::number::brief;
use super::figure::figure;
use super::page;
use crate::verify::{Expected, Finding, Number, Outcome, Suite, Table};

/// The report of a suite, with charts or without.
pub fn verify(suite: &Suite, has_charts: bool) -> String {
    page(
        "Do the theorems hold?",
        &html! {
            h1 { "Do the theorems hold?" }
            p {
                "Claims of Xie, Sato & Sugiyama, “A Diffusion Theory for Deep Learning Dynamics” (ICLR 2021), and of the theory around it, "
                "each decided by solving the Fokker–Planck equation: no sampling noise but where particles are the question. saddleflux "
                (env!("CARGO_PKG_VERSION")) @if suite.is_quick { ", quick: fewer points than the full suite" } "."
            }
            @if suite.is_interrupted { p { "Interrupted: only the claims below were decided." } }
            div.wide tabindex="0" role="region" aria-label="All claims" { (overview(suite)) }
            @for outcome in &suite.outcomes { (section(outcome, has_charts)) }
        },
    )
}

fn overview(suite: &Suite) -> Markup {
    html! {
        table {
            thead { tr {
                th scope="col" { "Claim" }
                th scope="col" { "Verdict" }
                th.number scope="col" { "Measured" }
                th.number scope="col" { "Predicted" }
                th.number scope="col" { "Difference" }
            } }
            tbody {
                @for outcome in &suite.outcomes {
                    tr {
                        th scope="row" { a href={ "#" (outcome.claim.id) } { (outcome.claim.title) } }
                        td { (verdict(outcome)) }
                        @match &outcome.found {
                            Ok(finding) => {
                                td.number { (brief(finding.decisive.measured)) }
                                td.number { (predicted(&finding.decisive)) }
                                td.number { (difference(&finding.decisive)) }
                            }
                            Err(_) => { td {} td {} td {} }
                        }
                    }
                }
            }
        }
    }
}

fn verdict(outcome: &Outcome) -> Markup {
    let word = outcome.verdict().name();
    match outcome.is_as_expected() {
        true if outcome.claim.expected == Expected::Fails => html! { span.verdict { (word) ", as expected" } },
        true => html! { span.verdict { (word) } },
        false => html! { span.verdict.unexpected { (word) " (expected: " (outcome.claim.expected.name()) ")" } },
    }
}

fn predicted(number: &Number) -> String {
    number.predicted.map_or_else(|| "–".into(), brief)
}

/// The difference between a number and its prediction.
fn difference(number: &Number) -> String {
    number.difference().map_or_else(|| "–".into(), |difference| format!("{difference:.1e}"))
}

fn section(outcome: &Outcome, has_charts: bool) -> Markup {
    let claim = outcome.claim;
    html! {
        section id=(claim.id) {
            h2 { (claim.title) ": " (verdict(outcome)) }
            dl {
                dt { "Claim" } dd { (claim.statement) }
                dt { "Source" } dd { (claim.source) }
                dt { "Conditions" } dd { (claim.conditions) }
                dt { "Computation" } dd { (claim.computation) }
                dt { "Tolerance" } dd { (claim.tolerance) }
                @match &outcome.found {
                    Ok(finding) => { dt { "Found" } dd { (finding.summary) } }
                    Err(error) => { dt { "Not decided" } dd { (error) } }
                }
            }
            @if let Ok(finding) = &outcome.found { (found(finding, has_charts)) }
            p { "Repeat it: " code { (outcome.command()) } " (" (format!("{:.1}", outcome.seconds)) " s)" }
        }
    }
}

fn found(finding: &Finding, has_charts: bool) -> Markup {
    let numbers = &finding.numbers;
    html! {
        @for chart in std::iter::once(&finding.figure).chain(&finding.further).filter(|_| has_charts) {
            (figure(chart, &format!("{} over {}.", chart.y, chart.x)))
        }
        div.wide tabindex="0" role="region" aria-label="Numbers" {
            table {
                thead { tr {
                    th scope="col" { "Number" }
                    th.number scope="col" { "Measured" }
                    th.number scope="col" { "Predicted" }
                    th.number scope="col" { "Difference" }
                } }
                tbody {
                    @for number in numbers {
                        tr {
                            th scope="row" { (number.name) }
                            td.number { (brief(number.measured)) }
                            td.number { (predicted(number)) }
                            td.number { (difference(number)) }
                        }
                    }
                }
            }
        }
        details {
            summary { "The points that were solved" }
            div.wide tabindex="0" role="region" aria-label="Points" { (points(&finding.table)) }
            @if !finding.configuration.is_empty() {
                p { "The last of them as a configuration for " code { "saddleflux run" } ":" }
                pre { (finding.configuration) }
            }
        }
    }
}

fn points(table: &Table) -> Markup {
    let is_labelled = table.labels.iter().any(|label| !label.is_empty());
    html! {
        table {
            thead { tr {
                @if is_labelled { th scope="col" { "Of" } }
                @for column in &table.columns { th.number scope="col" { (column) } }
            } }
            tbody {
                @for (label, row) in table.labels.iter().zip(&table.rows) {
                    tr {
                        @if is_labelled { th scope="row" { (label) } }
                        @for value in row { td.number { (brief(*value)) } }
                    }
                }
            }
        }
    }
}
