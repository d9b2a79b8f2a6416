//! What `check` prints.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::config::Config;
use crate::io;
use crate::study::CheckReport;
use crate::study::check::PointReport;

fn entries(values: [f64; 2], dimension: usize) -> String {
    values[..dimension].iter().map(|value| format!("{value:.6}")).collect::<Vec<_>>().join(", ")
}

fn point(text: &mut String, name: &str, report: &PointReport, dimension: usize) {
    let [low, high] = report.noise.eigen(dimension).values;
    let noise = if dimension == 1 { format!("{low:.4e}") } else { format!("eigenvalues {low:.4e}, {high:.4e}") };
    let barrier = report.barrier.map_or(String::new(), |(barrier, over)| {
        format!("\n      barrier {barrier:.6}, {over:.2} times the noise along the escape direction")
    });
    let across = report.cells_across.map_or(String::new(), |cells| format!("; {cells:.1} cells across its width"));
    // Writing to a String cannot fail.
    let _ = writeln!(
        text,
        "  {name} ({})  L = {:.6}  Hessian eigenvalues {}\n      D: {noise}{across}{barrier}",
        entries(report.theta, dimension),
        report.loss,
        entries(report.eigenvalues, dimension),
    );
}

/// For a person.
pub(super) fn text(config: &Config, report: &CheckReport) -> String {
    let problem = &report.problem;
    let dimension = problem.dimension;
    let mut text = String::new();
    let title = if config.title.is_empty() { "(no title)" } else { &config.title };
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
            let _ = writeln!(text, "  {name} end θ = {}  {} boundary (Feller)", end.at, end.class().name());
        }
    }
    let _ = writeln!(text, "minima, deepest first{}", if report.minima.is_empty() { ": none" } else { "" });
    const MOST: usize = 8;
    for (index, minimum) in report.minima.iter().enumerate().take(MOST) {
        point(&mut text, if problem.valley.minimum == Some(index) { "start" } else { "     " }, minimum, dimension);
    }
    if report.minima.len() > MOST {
        let _ = writeln!(text, "  … and {} more", report.minima.len() - MOST);
    }
    let _ = writeln!(
        text,
        "saddles of the start valley, lowest first{}",
        if report.saddles.is_empty() { ": none" } else { "" }
    );
    for saddle in report.saddles.iter().take(MOST) {
        point(&mut text, "saddle", saddle, dimension);
    }
    match report.cells {
        Some([nx, ny]) => {
            let _ = write!(text, "grid {nx}{}", if dimension == 2 { format!(" × {ny}") } else { String::new() });
        }
        None => {
            let _ =
                write!(text, "grid doubled until the relative error is below {:.1e}", config.request.grid.tolerance);
        }
    }
    let _ = writeln!(text, ", scheme {}", config.request.grid.scheme.name());
    if let (Some(memory), Some(seconds)) = (report.memory, report.seconds) {
        let _ = writeln!(
            text,
            "  about {:.2} GB of {:.1} GB free, about {seconds:.1} s",
            memory / 1e9,
            report.allowed as f64 / 1e9
        );
    }
    let _ = writeln!(
        text,
        "noise: nothing degenerate on the way out{}",
        if config.posed.allow_degenerate { " was looked for" } else { "" }
    );
    for warning in &report.warnings {
        let _ = writeln!(text, "warning: {warning}");
    }
    text
}

fn point_json(report: &PointReport, dimension: usize) -> Value {
    let mut value = json!({
        "theta": report.theta[..dimension],
        "hessian_eigenvalues": report.eigenvalues[..dimension],
        "noise_eigenvalues": report.noise.eigen(dimension).values[..dimension],
    });
    if report.loss.is_finite() {
        value["loss"] = json!(report.loss);
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

/// For a program.
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
            "absorption": problem.valley.absorption,
            "domain": { "lower": problem.domain.lower[..dimension], "upper": problem.domain.upper[..dimension] },
            "minima": points(&report.minima),
            "saddles": points(&report.saddles),
        },
        "warnings": report.warnings,
    });
    let classes = report.ends.iter().flatten().map(|end| json!({ "at": end.at, "class": end.class().name() }));
    value["problem"]["ends"] = Value::Array(classes.collect());
    if let (Some(cells), Some(memory), Some(seconds)) = (report.cells, report.memory, report.seconds) {
        value["grid"] = json!({ "cells": cells[..dimension], "memory_bytes": memory, "seconds": seconds });
    }
    value
}
