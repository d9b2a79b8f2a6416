//! A sweep as a table on the terminal, with the laws in it.

use std::path::PathBuf;

use super::number::{brief, rounded};
use super::page::Page;
use crate::scaled::{Scaled, Sum};
use crate::sweep::{Fit, Row, Table};

/// Rows of the table; a longer one is in the files.
const MOST_ROWS: usize = 40;
/// Failures that are told one by one.
const MOST_FAILURES: usize = 10;

/// The report of a sweep; `colour` for a terminal that shows it.
pub fn sweep(table: &Table<'_>, files: &[PathBuf], colour: bool) -> String {
    let mut page = Page::new(colour);
    let sweep = table.sweep;
    match sweep.title.as_str() {
        "" => page.heading(&sweep.source.path.display().to_string()),
        title => page.heading(title),
    }
    for axis in &sweep.axes {
        let values: Vec<&str> = axis.values.iter().map(|value| value.text.as_str()).collect();
        page.line(&axis.key, &shortened(&values));
    }
    let failed = table.failed().count();
    let mut points = format!("{} of {} solved", table.solved(), table.rows.len());
    if failed > 0 {
        points += &format!(", {failed} failed");
    }
    if !table.missing().is_empty() {
        points += &format!(", {} lack", table.missing().len());
    }
    page.line("points", &points);
    rows(&mut page, table);
    for fit in &table.fits {
        page.blank();
        law(&mut page, fit, table);
    }
    for (point, status, message) in table.failed().take(MOST_FAILURES) {
        page.warning(&format!("point {point} ({}) failed with status {status}: {message}", sweep.describe(point)));
    }
    if failed > MOST_FAILURES {
        page.warning(&format!("{} more points failed: see sweep.csv", failed - MOST_FAILURES));
    }
    super::written(&mut page, files);
    page.text
}

/// The first and the last few of a long list.
fn shortened(values: &[&str]) -> String {
    match values {
        [first @ .., _] if values.len() > 12 => {
            format!("{}, …, {} ({} values)", first[..8].join(", "), values[values.len() - 1], values.len())
        }
        _ => values.join(", "),
    }
}

fn rows(page: &mut Page, table: &Table<'_>) {
    let sweep = table.sweep;
    page.blank();
    let names: Vec<String> =
        sweep.axes.iter().map(|axis| axis.key.rsplit('.').next().unwrap_or(&axis.key).into()).collect();
    let heads = ["rate", "error", "1/τ", "Kramers", "Thm 3.2"];
    let shown: Vec<bool> = ["rate", "discretisation_error", "time", "kramers", "theorem_3_2"]
        .iter()
        .map(|name| table.rows.iter().any(|row| number(row, name).is_some()))
        .collect();
    let keep = |cells: Vec<String>| cells.into_iter().zip(&shown).filter(|(_, shown)| **shown).map(|(cell, _)| cell);
    let mut head = vec!["point".to_string()];
    head.extend(names.iter().map(|name| clipped(name)));
    head.extend(keep(heads.map(String::from).to_vec()));
    page.row(&head.iter().map(String::as_str).collect::<Vec<_>>());
    for (point, row) in table.rows.iter().enumerate().take(MOST_ROWS) {
        let mut cells = vec![point.to_string()];
        cells.extend(
            sweep.values(point).map(|(_, value)| clipped(&value.json.as_f64().map_or(value.text.clone(), brief))),
        );
        match row.status {
            Some(0) => {
                let value = |name: &str| number(row, name).map_or("–".into(), |value| rounded(value, Some(1e-5)));
                let inverse = number(row, "time").map_or("–".into(), |time| rounded(time.inverse(), Some(1e-5)));
                let error = row.get("discretisation_error").value.map_or("–".into(), |error| format!("{error:.1e}"));
                cells.extend(keep(vec![value("rate"), error, inverse, value("kramers"), value("theorem_3_2")]));
            }
            Some(_) => cells.push("failed".into()),
            None => cells.push("lacks".into()),
        }
        page.row(&cells.iter().map(String::as_str).collect::<Vec<_>>());
    }
    if table.rows.len() > MOST_ROWS {
        page.line("", &format!("{} more points: see sweep.csv", table.rows.len() - MOST_ROWS));
    }
}

/// A column as a number, whatever its size.
fn number(row: &Row, name: &str) -> Option<Scaled> {
    let known = row.get(name);
    known.value.map(Scaled::new).or(known.logarithm.map(|ln| Scaled::exp(Sum { high: ln, low: 0.0 }, 1.0)))
}

/// A word that fits a column.
fn clipped(word: &str) -> String {
    const ROOM: usize = 12;
    if word.chars().count() <= ROOM { word.into() } else { word.chars().take(ROOM - 1).chain(['…']).collect() }
}

fn law(page: &mut Page, fit: &Fit, table: &Table<'_>) {
    let request = &fit.request;
    let mut title = format!("{} of {} against {}", request.model.name(), request.y, request.x);
    let at: Vec<String> = fit.at.iter().map(|(key, value)| format!("{key} = {value}")).collect();
    if !at.is_empty() {
        title += &format!(", at {}", at.join(", "));
    }
    page.text += &format!("{}\n", page.bold(&title));
    let Some(line) = fit.line() else {
        page.line("  no line", &fit.failure(table.sweep).unwrap_or_default());
        return;
    };
    let name = match request.model.takes_logarithms() {
        [true, _] => "  exponent",
        _ => "  slope",
    };
    let interval = line.ci95.map_or(String::new(), |[low, high]| format!("  95 %: {low:.8} to {high:.8}"));
    page.line(name, &format!("{:.8}{interval}", line.slope));
    page.line("  intercept", &format!("{:.8}", line.intercept));
    let mut quality: Vec<String> =
        line.pearson_r.iter().map(|r| format!("r = {r:.9}, 1 − |r| = {:.1e}", 1.0 - r.abs())).collect();
    quality.extend(line.largest_residual.map(|largest| format!("largest residual {largest:.1e} of the range")));
    quality.push(format!("{} points", line.points));
    page.line("  quality", &quality.join(" · "));
    for theory in &fit.theory {
        let name = match theory.name {
            "kramers" => "  Kramers",
            _ => "  Theorem 3.2",
        };
        let ratio = if theory.line.slope == 0.0 {
            String::new()
        } else {
            format!("  measured/theory = {:.8}", line.slope / theory.line.slope)
        };
        page.line(name, &format!("slope {:.8}{ratio}", theory.line.slope));
    }
}
