//! What `check` prints.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::config::{Config, NoiseForm, advice};
use crate::io;
use crate::problem::degeneracy::widest::Way;
use crate::problem::noise::NoiseKind;
use crate::study::CheckReport;
use crate::study::check::PointReport;
use crate::study::request::Scheme;

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
    let _ = writeln!(text, ", scheme {}", config.request.grid.scheme.map_or("chosen by what it gains", Scheme::name));
    if let (Some(memory), Some(seconds)) = (report.memory, report.seconds) {
        let _ = writeln!(
            text,
            "  about {:.2} GB of {:.1} GB free, about {seconds:.1} s",
            memory / 1e9,
            report.allowed as f64 / 1e9
        );
    }
    degeneracy(&mut text, config, report);
    for warning in &report.warnings {
        let _ = writeln!(text, "warning: {}", advice::on_warning(warning));
    }
    text
}

/// Where the noise degenerates on the way out, and what that means.
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
        line(format!("to the saddle ({})", entries(saddle.theta, report.problem.dimension)), way);
    }
}

/// Openness below this is nearly blocked: grids of ordinary size leak more than what crosses.
const NEARLY_BLOCKED: f64 = 0.05;

fn across(way: &Way) -> String {
    let Some(crossing) = way.narrowest else {
        let words = match way.is_carried {
            true => "crosses such a curve only where the drift carries the process over",
            false => "crosses no such curve",
        };
        return words.to_string();
    };
    let meaning = match way.width {
        _ if way.is_closed() => "blocked: the rate is exactly zero",
        width if width < NEARLY_BLOCKED => "nearly blocked: rates on coarse grids come from far above",
        _ => "the noise along the other eigenvector carries the process across",
    };
    let [x, y] = crossing.at;
    format!("narrowest at ({x:.6}, {y:.6}), openness {:.2e}; {meaning}", crossing.openness)
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
            Some(Way { width, narrowest: Some(crossing), is_carried }) => {
                json!({ "width": width, "narrowest": crossing.at, "carried_by_drift": is_carried })
            }
            Some(Way { width, narrowest: None, is_carried }) => {
                json!({ "width": width, "carried_by_drift": is_carried })
            }
            None => Value::Null,
        };
        value["degeneracy"] = json!({
            "out": way(&ways.out),
            "saddles": ways.saddles.iter().map(way).collect::<Vec<_>>(),
        });
    }
    if let (Some(cells), Some(memory), Some(seconds)) = (report.cells, report.memory, report.seconds) {
        value["grid"] = json!({ "cells": cells[..dimension], "memory_bytes": memory, "seconds": seconds });
    }
    value
}
