//! The output of `check`.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::config::{Config, NoiseForm, advice};
use crate::digits::{self, number};
use crate::io;
use crate::memory;
use crate::problem::Linearisation;
use crate::problem::degeneracy::widest::Way;
use crate::problem::noise::NoiseKind;
use crate::study::CheckReport;
use crate::study::check::PointReport;
use crate::study::forecast::Forecast;
use crate::study::request::Scheme;
use crate::study::trial::Unseen;

fn entries(values: [f64; 2], dimension: usize) -> String {
    values[..dimension].iter().map(|value| number(*value)).collect::<Vec<_>>().join(", ")
}

fn point(text: &mut String, name: &str, report: &PointReport, dimension: usize) {
    let [low, high] = report.noise.eigen(dimension).values;
    let noise = if dimension == 1 { format!("{low:.4e}") } else { format!("eigenvalues {low:.4e}, {high:.4e}") };
    let barrier = report.barrier.map_or(String::new(), |(barrier, over)| {
        format!("\n      barrier {}, {over:.2} times the noise along the escape direction", number(barrier))
    });
    let across = report.cells_across.map_or(String::new(), |cells| format!("; {cells:.1} cells across its width"));
    let loss = if report.loss.is_finite() { format!("  L = {}", number(report.loss)) } else { String::new() };
    // Writing to a String cannot fail.
    let _ = writeln!(
        text,
        "  {name} {}{loss}  {}\n      D: {noise}{across}{barrier}",
        digits::point(report.theta, dimension),
        report.linearisation.words(dimension, number),
    );
}

/// The report as text.
pub(super) fn text(config: &Config, report: &CheckReport) -> String {
    let mut text = String::new();
    problem(&mut text, config, report);
    critical_points(&mut text, report);
    grid(&mut text, config, report);
    degeneracy(&mut text, config, report);
    for warning in &report.warnings {
        let _ = writeln!(text, "warning: {}", advice::on_warning(warning));
    }
    text
}

/// The problem: title, landscape, noise, domain, what absorbs, and the boundary classes of the ends.
fn problem(text: &mut String, config: &Config, report: &CheckReport) {
    let problem = &report.problem;
    let dimension = problem.dimension;
    let file = config.source.path.display().to_string();
    let title = if config.title.is_empty() { &file } else { &config.title };
    let _ = writeln!(text, "{title}\n  {}\n  {}", io::landscape(config), io::noise(config));
    let _ = writeln!(text, "  interpretation {}", problem.interpretation.name());
    let _ = writeln!(
        text,
        "  domain [{}] to [{}]{}",
        entries(problem.domain.lower, dimension),
        entries(problem.domain.upper, dimension),
        if problem.domain.automatic { " (chosen from the landscape)" } else { "" }
    );
    let _ = writeln!(text, "  {}", problem.valley.absorption);
    for (name, end) in ["lower", "upper"].into_iter().zip(&report.ends) {
        if let Some(end) = end {
            let _ = writeln!(text, "  {name} end θ = {}  {} boundary (Feller)", number(end.at), end.class().name());
        }
    }
}

/// The minima and the saddles, at most eight of each.
fn critical_points(text: &mut String, report: &CheckReport) {
    const MOST: usize = 8;
    let problem = &report.problem;
    let dimension = problem.dimension;
    let _ = writeln!(text, "minima, deepest first{}", if report.minima.is_empty() { ": none" } else { "" });
    for (index, minimum) in report.minima.iter().enumerate().take(MOST) {
        point(text, if problem.valley.minimum == Some(index) { "start" } else { "     " }, minimum, dimension);
    }
    if report.minima.len() > MOST {
        let _ = writeln!(text, "  … and {} more", report.minima.len() - MOST);
    }
    let _ = writeln!(
        text,
        "{}, lowest first{}",
        if problem.valley.saddles.is_empty() { "saddles" } else { "saddles of the start valley" },
        if report.saddles.is_empty() { ": none" } else { "" }
    );
    for saddle in report.saddles.iter().take(MOST) {
        point(text, "saddle", saddle, dimension);
    }
    if report.saddles.len() > MOST {
        let _ = writeln!(text, "  … and {} more", report.saddles.len() - MOST);
    }
}

/// The grid, the scheme, and the forecast of memory and time.
fn grid(text: &mut String, config: &Config, report: &CheckReport) {
    match report.cells {
        Some([nx, ny]) => {
            let _ = write!(text, "grid {}", cells([nx, ny]));
        }
        None => {
            let tolerance = config.request.grid.tolerance;
            let ends = report.foreseen.map_or("nobody can foresee where".to_string(), cells);
            let _ = write!(text, "grid doubled until the relative error is below {tolerance:.1e}: about {ends}");
        }
    }
    let _ = writeln!(text, ", scheme {}", config.request.grid.scheme.map_or("chosen by what it gains", Scheme::name));
    let free = format!("{} free ({})", digits::bytes(report.allowed as f64), memory::free().bound);
    if let Some(memory) = report.memory {
        let _ = writeln!(text, "  about {} of {free}", digits::bytes(memory));
    }
    if let Some(forecast) = &report.forecast {
        let without = forecast.without.iter().map(|part| format!(", and {}", unseen(part))).collect::<String>();
        let _ = writeln!(text, "  about {}{}{without}", duration(forecast.seconds()), mostly(forecast));
    }
    for part in &report.unseen {
        let _ = writeln!(text, "  not looked at: {}", unseen(part));
    }
}

/// The cells of a grid as text.
fn cells(cells: [usize; 2]) -> String {
    format!("{} cells", digits::cells(cells))
}

/// A duration in the largest unit of which it has at least two.
fn duration(seconds: f64) -> String {
    const UNITS: [(f64, &str); 4] = [(1.0, "s"), (60.0, "minutes"), (3600.0, "hours"), (86400.0, "days")];
    // Two of a unit are easier to read than more than a hundred of the next smaller one.
    let (unit, name) = UNITS.into_iter().rfind(|(unit, _)| seconds >= 2.0 * unit).unwrap_or(UNITS[0]);
    match seconds / unit {
        many if many >= 1e4 => format!("{many:.1e} {name}"),
        many if many >= 100.0 => format!("{many:.0} {name}"),
        few => format!("{few:.1} {name}"),
    }
}

/// The phase that takes more than half of the time, if it is longer than a second.
fn mostly(forecast: &Forecast) -> String {
    const LONG: f64 = 1.0;
    let whole = forecast.seconds();
    let longest = forecast.phases.iter().find(|(_, seconds)| whole > LONG && *seconds > 0.5 * whole);
    longest.map_or(String::new(), |(phase, _)| format!(", mostly {phase}"))
}

/// A part of a run that the forecast does not cover, as text.
fn unseen(part: &Unseen) -> String {
    match part {
        Unseen::Elimination([nx, 1]) => format!("the elimination of {nx} cells"),
        Unseen::Elimination([nx, ny]) => format!("the elimination of {nx} × {ny} cells"),
        Unseen::Finer([nx, 1]) => format!("grids of more than {nx} cells"),
        Unseen::Finer([nx, ny]) => format!("grids finer than {nx} × {ny} cells"),
        Unseen::Evolution => "the density in time".into(),
        Unseen::Particles => "the particles on their way".into(),
        Unseen::Iteration => "the iteration itself".into(),
        Unseen::Sensitivities => "the sensitivities".into(),
    }
}

/// Where the noise degenerates on the way out, and what follows.
fn degeneracy(text: &mut String, config: &Config, report: &CheckReport) {
    let Some(ways) = &report.ways else {
        let looked = if config.posed.allow_degenerate { " was looked for" } else { "" };
        let _ = writeln!(text, "noise: nothing degenerate on the way out{looked}");
        return;
    };
    let form = match config.noise.form {
        NoiseForm::Model(NoiseKind::LossHessian { .. }) => "ηL[H]₊/B",
        _ => "η[H]₊/2B",
    };
    let _ =
        writeln!(text, "noise: D = {form} without a floor vanishes across the curves on which an eigenvalue of H does");
    let mut line = |name: String, way: &Option<Way>| {
        let words = way.as_ref().map_or("not reached in the live set".to_string(), across);
        let _ = writeln!(text, "  widest way {name}: {words}");
    };
    line("out".to_string(), &ways.out);
    for (saddle, way) in report.saddles.iter().zip(&ways.saddles) {
        line(format!("to the saddle {}", digits::point(saddle.theta, report.problem.dimension)), way);
    }
}

/// The openness below which a crossing is nearly blocked: grids of ordinary size leak more than crosses it.
const NEARLY_BLOCKED: f64 = 0.05;

fn across(way: &Way) -> String {
    let Some(crossing) = way.narrowest else {
        return match way.carried {
            Some(crossing) => format!(
                "crosses such a curve first at {}, where the drift carries the process over, whatever the noise does (openness {:.2e})",
                digits::point(crossing.at, 2),
                crossing.openness
            ),
            None => "crosses no such curve".to_string(),
        };
    };
    let meaning = match way.width {
        _ if way.is_closed() => "blocked: the rate is exactly zero",
        width if width < NEARLY_BLOCKED => "nearly blocked: rates on coarse grids come from far above",
        _ => "the noise along the other eigenvector carries the process across",
    };
    let at = digits::point(crossing.at, 2);
    format!("narrowest at {at}, openness {:.2e}; {meaning}", crossing.openness)
}

fn point_json(report: &PointReport, dimension: usize) -> Value {
    let mut value = json!({
        "theta": report.theta[..dimension],
        "noise_eigenvalues": report.noise.eigen(dimension).values[..dimension],
    });
    if report.loss.is_finite() {
        value["loss"] = json!(report.loss);
    }
    match report.linearisation {
        Linearisation::Cusp(slopes) => value["one_sided_slopes"] = json!(slopes[..dimension]),
        _ => value["hessian_eigenvalues"] = json!(report.eigenvalues[..dimension]),
    }
    if let Linearisation::Jacobian(real, imaginary) = report.linearisation {
        let pairs = [[real[0], imaginary], [real[1], -imaginary]];
        value["jacobian_eigenvalues"] = json!(pairs[..dimension]);
    }
    if let Some((barrier, over_noise)) = report.barrier {
        value["barrier"] = json!(barrier);
        value["barrier_over_noise"] = json!(over_noise);
    }
    if let Some(cells) = report.cells_across {
        value["cells_across"] = json!(cells);
    }
    value
}

/// The report as JSON.
pub(super) fn json(config: &Config, report: &CheckReport) -> Value {
    let problem = &report.problem;
    let dimension = problem.dimension;
    let points = |list: &[PointReport]| list.iter().map(|report| point_json(report, dimension)).collect::<Vec<_>>();
    let mut value = json!({
        "problem": {
            "dimension": dimension,
            "interpretation": problem.interpretation.name(),
            "landscape": io::landscape(config),
            "noise": io::noise(config),
            "absorption": problem.valley.absorption.to_string(),
            "domain": { "lower": problem.domain.lower[..dimension], "upper": problem.domain.upper[..dimension] },
            "minima": points(&report.minima),
            "saddles": points(&report.saddles),
        },
        "warnings": report.warnings.iter().map(advice::on_warning).collect::<Vec<_>>(),
    });
    let classes = report.ends.iter().flatten().map(|end| json!({ "at": end.at, "class": end.class().name() }));
    value["problem"]["ends"] = Value::Array(classes.collect());
    if let Some(ways) = &report.ways {
        let way = |way: &Option<Way>| match way {
            Some(Way { width, narrowest: Some(crossing), carried }) => {
                json!({ "width": width, "narrowest": crossing.at, "carried_by_drift": carried.is_some() })
            }
            Some(Way { width, narrowest: None, carried }) => {
                json!({ "width": width, "carried_by_drift": carried.is_some() })
            }
            None => Value::Null,
        };
        value["degeneracy"] = json!({
            "out": way(&ways.out),
            "saddles": ways.saddles.iter().map(way).collect::<Vec<_>>(),
        });
    }
    if let (Some(cells), Some(memory)) = (report.cells.or(report.foreseen), report.memory) {
        let is_foreseen = report.cells.is_none();
        value["grid"] = json!({ "cells": cells[..dimension], "is_foreseen": is_foreseen, "memory_bytes": memory });
    }
    if let Some(forecast) = &report.forecast {
        value["grid"]["seconds"] = json!(forecast.seconds());
        let phases = forecast.phases.iter().map(|(phase, seconds)| (phase.clone(), json!(seconds)));
        value["grid"]["phases"] = Value::Object(phases.collect());
        value["grid"]["seconds_without"] = json!(forecast.without.iter().map(unseen).collect::<Vec<_>>());
    }
    value["memory_free_bytes"] = json!(report.allowed);
    value["not_looked_at"] = json!(report.unseen.iter().map(unseen).collect::<Vec<_>>());
    if let Some(error) = &report.refused {
        value["refused"] = json!(advice::on_study(error).text());
    }
    value
}
