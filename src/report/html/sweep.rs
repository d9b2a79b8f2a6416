//! The HTML report of a sweep: its laws with charts, and its points.

use maud::{Markup, html};

use super::super::number::{brief, rounded};
use super::figure::figure;
use super::page;
use crate::scaled::{Scaled, Sum};
use crate::study::fit::Model;
use crate::sweep::{Fit, Table};
use crate::verify::Figure;

/// The columns of the table, shown if any point has a value, and their names.
const COLUMNS: [(&str, &str); 8] = [
    ("rate", "γ"),
    ("discretisation_error", "its relative error"),
    ("time", "τ"),
    ("particles", "γ of the particles"),
    ("particles_standard_error", "its standard error"),
    ("kramers", "Kramers"),
    ("theorem_3_2", "Theorem 3.2"),
    ("barrier", "ΔL"),
];

/// The report of a sweep.
pub fn sweep(table: &Table<'_>) -> String {
    let sweep = table.sweep;
    let title = if sweep.title.is_empty() { sweep.source.path.display().to_string() } else { sweep.title.clone() };
    page(
        &title,
        &html! {
            h1 { (title) }
            p {
                (table.solved()) " of " (table.rows.len()) " points solved by saddleflux " (env!("CARGO_PKG_VERSION"))
                @if !table.missing().is_empty() { "; " (table.missing().len()) " lack" } "."
            }
            @for fits in table.fits.chunk_by(|a, b| law(a) == law(b)) { (section(fits, table)) }
            h2 { "Points" }
            div.wide tabindex="0" role="region" aria-label="Points" { (points(table)) }
            @if table.failed().next().is_some() {
                h2 { "Points that failed" }
                ul { @for (point, status, message) in table.failed() {
                    li { (sweep.describe(point)) ": status " (status) ", " (message) }
                } }
            }
            h2 { "Configuration" }
            pre { (sweep.source.effective) }
        },
    )
}

fn law(fit: &Fit) -> (String, String, Model) {
    (fit.request.x.to_string(), fit.request.y.to_string(), fit.request.model)
}

/// The fits of one law at several values of the other keys.
fn section(fits: &[Fit], table: &Table<'_>) -> Markup {
    let (x, y, model) = law(&fits[0]);
    let [log_x, log_y] = model.takes_logarithms();
    let word = |is_log: bool, formula: &str| if is_log { format!("ln({formula})") } else { formula.to_string() };
    let mut chart = Figure::new(word(log_x, &x), word(log_y, &y), [false, false]);
    for fit in fits {
        let name = place(fit);
        chart.measured(
            if name.is_empty() { "solved".into() } else { name.clone() },
            fit.points.iter().map(|(_, (x, y))| [*x, *y]).collect(),
        );
        for theory in &fit.theory {
            let points = theory.points.iter().map(|(x, y)| [*x, *y]).collect();
            chart.predicted(format!("{} {name}", theory.name).trim().to_string(), points);
        }
    }
    let slope = if model == Model::Power { "exponent" } else { "slope" };
    html! {
        section {
            h2 { (model.name()) " fit of " (y) " against " (x) }
            (figure(&chart, &format!("{} over {}.", chart.y, chart.x)))
            div.wide tabindex="0" role="region" aria-label="Fits" { table {
                thead { tr {
                    th scope="col" { "At" }
                    th.number scope="col" { (slope) }
                    th.number scope="col" { "95 % interval" }
                    th.number scope="col" { "1 − |r|" }
                    th.number scope="col" { "largest residual" }
                    th.number scope="col" { "theory's " (slope) }
                } }
                tbody { @for fit in fits { (row(fit, table)) } }
            } }
        }
    }
}

/// The values of the other keys.
fn place(fit: &Fit) -> String {
    let at: Vec<String> = fit
        .at
        .iter()
        .map(|(key, value)| format!("{key} = {}", value.as_f64().map_or_else(|| value.to_string(), brief)))
        .collect();
    at.join(", ")
}

fn row(fit: &Fit, table: &Table<'_>) -> Markup {
    let small = |value: Option<f64>| value.map_or("–".into(), |value| format!("{value:.1e}"));
    html! {
        tr {
            th scope="row" { (place(fit)) }
            @match fit.line() {
                None => { td colspan="5" { (fit.failure(table.sweep).unwrap_or_default()) } }
                Some(line) => {
                    td.number { (format!("{:.8}", line.slope)) }
                    td.number { @if let Some([low, high]) = line.ci95 { (format!("{low:.8} to {high:.8}")) } @else { "–" } }
                    td.number { (small(line.pearson_r.map(|r| 1.0 - r.abs()))) }
                    td.number { (small(line.largest_residual)) }
                    td.number { @for theory in &fit.theory { (theory.name) " " (format!("{:.8}", theory.line.slope)) " " } }
                }
            }
        }
    }
}

fn points(table: &Table<'_>) -> Markup {
    let sweep = table.sweep;
    let shown: Vec<&(&str, &str)> =
        COLUMNS.iter().filter(|(name, _)| table.rows.iter().any(|row| number(row.get(name)).is_some())).collect();
    html! {
        table {
            thead { tr {
                @for axis in &sweep.axes { th.number scope="col" { (axis.key) } }
                @for (_, word) in &shown { th.number scope="col" { (word) } }
            } }
            tbody {
                @for (point, row) in table.rows.iter().enumerate() {
                    tr {
                        @for (_, value) in sweep.values(point) { td.number { (value.json.as_f64().map_or(value.text.clone(), brief)) } }
                        @for (name, _) in &shown {
                            td.number { (number(row.get(name)).map_or("–".into(), |value| rounded(value, Some(1e-5)))) }
                        }
                    }
                }
            }
        }
    }
}

/// The value of a column, whatever its magnitude.
fn number(known: crate::problem::expression::Known) -> Option<Scaled> {
    known.value.map(Scaled::new).or(known.logarithm.map(|ln| Scaled::exp(Sum { high: ln, low: 0.0 }, 1.0)))
}
