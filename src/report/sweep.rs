//! The terminal report of a sweep: a table of its points, and the laws.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::number::{brief, rounded};
use super::page::{Page, Screen};
use crate::scaled::{Scaled, Sum};
use crate::study::fit::Model;
use crate::sweep::{Fit, Row, Table};

/// The largest number of rows; the files have all of them.
const MOST_ROWS: usize = 40;
/// The largest number of failures that are listed.
const MOST_FAILURES: usize = 10;

/// The report of a sweep; `screen`: what the terminal shows.
pub fn sweep(table: &Table<'_>, files: &[PathBuf], screen: Screen) -> String {
    let mut page = Page::new(screen);
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
    laws(&mut page, table);
    failures(&mut page, table);
    super::written(&mut page, files);
    page.text()
}

/// A list of values; of a long one the first eight and the last.
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
    let heads = ["rate", "error", "1/τ", "particles", "±", "Kramers", "Thm 3.2"];
    let shown: Vec<bool> =
        ["rate", "discretisation_error", "time", "particles", "particles_standard_error", "kramers", "theorem_3_2"]
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
                let [simulated, uncertain] = particles(row);
                let theory = [value("kramers"), value("theorem_3_2")];
                cells.extend(keep(
                    [vec![value("rate"), error, inverse, simulated, uncertain], theory.to_vec()].concat(),
                ));
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

/// The rate of the particles, to the digits that its standard error leaves, and this error.
fn particles(row: &Row) -> [String; 2] {
    let Some(value) = number(row, "particles") else { return ["–".into(), "–".into()] };
    let error = row.get("particles_standard_error").value;
    let share = error.map(|error| error / value.value());
    [rounded(value, share.or(Some(1e-2))), error.map_or("–".into(), |error| format!("{error:.1e}"))]
}

/// The value of a column, whatever its magnitude.
fn number(row: &Row, name: &str) -> Option<Scaled> {
    let known = row.get(name);
    known.value.map(Scaled::new).or(known.logarithm.map(|ln| Scaled::exp(Sum { high: ln, low: 0.0 }, 1.0)))
}

/// A word truncated to the width of a column.
fn clipped(word: &str) -> String {
    const ROOM: usize = 12;
    if word.chars().count() <= ROOM { word.into() } else { word.chars().take(ROOM - 1).chain(['…']).collect() }
}

/// The fits; those of one law at several values of other keys as a table.
fn laws(page: &mut Page, table: &Table<'_>) {
    let asked = |fit: &Fit| (fit.request.x.to_string(), fit.request.y.to_string(), fit.request.model);
    for fits in table.fits.chunk_by(|a, b| asked(a) == asked(b)) {
        page.blank();
        match fits {
            [fit] => law(page, fit, table),
            fits => laws_beside(page, fits, table),
        }
    }
}

fn title(page: &mut Page, fit: &Fit) {
    let request = &fit.request;
    let title = format!("{} fit of {} against {}", request.model.name(), request.y, request.x);
    page.subheading(&title);
}

/// The name of the slope of a form of law.
fn slope_of(model: Model) -> &'static str {
    if model == Model::Power { "exponent" } else { "slope" }
}

fn laws_beside(page: &mut Page, fits: &[Fit], table: &Table<'_>) {
    title(page, &fits[0]);
    let keys = fits[0].at.keys().map(|key| clipped(key.rsplit('.').next().unwrap_or(key)));
    let theories: BTreeSet<&str> = fits.iter().flat_map(|fit| fit.theory.iter().map(|theory| theory.name)).collect();
    let mut head: Vec<String> = keys.collect();
    head.extend([slope_of(fits[0].request.model), "± 95 %", "1 − |r|", "residual"].map(String::from));
    head.extend(theories.iter().map(|name| theory_name(name).to_string()));
    page.row(&head.iter().map(String::as_str).collect::<Vec<_>>());
    for fit in fits {
        let mut cells: Vec<String> =
            fit.at.values().map(|value| value.as_f64().map_or_else(|| clipped(&value.to_string()), brief)).collect();
        let Some(line) = fit.line() else {
            page.line(&cells.join(", "), &fit.failure(table.sweep).unwrap_or_default());
            continue;
        };
        let small = |value: Option<f64>| value.map_or("–".into(), |value| format!("{value:.1e}"));
        cells.push(format!("{:.8}", line.slope));
        cells.push(small(line.ci95.map(|[low, high]| 0.5 * (high - low))));
        cells.push(small(line.pearson_r.map(|r| 1.0 - r.abs())));
        cells.push(small(line.largest_residual));
        for name in &theories {
            let theory = fit.theory.iter().find(|theory| theory.name == *name);
            cells.push(theory.map_or("–".into(), |theory| format!("{:.8}", theory.line.slope)));
        }
        page.row(&cells.iter().map(String::as_str).collect::<Vec<_>>());
    }
}

fn theory_name(column: &str) -> &str {
    if column == "kramers" { "Kramers" } else { "Thm 3.2" }
}

/// The failed points, grouped by message.
fn failures(page: &mut Page, table: &Table<'_>) {
    let mut told: Vec<(u8, &str, Vec<usize>)> = Vec::new();
    for (point, status, message) in table.failed() {
        match told.iter_mut().find(|(_, own, _)| *own == message) {
            Some((_, _, points)) => points.push(point),
            None => told.push((status, message, vec![point])),
        }
    }
    for (status, message, points) in told.iter().take(MOST_FAILURES) {
        let more = if points.len() > 1 { format!(" and {} more", points.len() - 1) } else { String::new() };
        let first = table.sweep.describe(points[0]);
        page.warning(&format!("point {} ({first}){more} failed with status {status}: {message}", points[0]));
    }
    if told.len() > MOST_FAILURES {
        page.warning(&format!("{} more failures: see sweep.csv", told.len() - MOST_FAILURES));
    }
}

fn law(page: &mut Page, fit: &Fit, table: &Table<'_>) {
    title(page, fit);
    let Some(line) = fit.line() else {
        page.line("  no line", &fit.failure(table.sweep).unwrap_or_default());
        return;
    };
    let name = format!("  {}", slope_of(fit.request.model));
    let interval = line.ci95.map_or(String::new(), |[low, high]| format!("  95 %: {low:.8} to {high:.8}"));
    page.line(&name, &format!("{:.8}{interval}", line.slope));
    page.line("  intercept", &format!("{:.8}", line.intercept));
    let mut quality: Vec<String> =
        line.pearson_r.iter().map(|r| format!("r = {r:.9}, 1 − |r| = {:.1e}", 1.0 - r.abs())).collect();
    quality.extend(line.largest_residual.map(|largest| format!("largest residual {largest:.1e} of the range")));
    quality.push(format!("{} points", line.points));
    page.line("  quality", &quality.join(" · "));
    for theory in &fit.theory {
        let name = format!("  {}", theory_name(theory.name));
        let ratio = if theory.line.slope == 0.0 {
            String::new()
        } else {
            format!("  measured/theory = {:.8}", line.slope / theory.line.slope)
        };
        page.line(&name, &format!("{} {:.8}{ratio}", slope_of(fit.request.model), theory.line.slope));
    }
}
