//! What a refinement study leaves behind: `convergence.csv`, `summary.json` and `result.h5` with `/convergence`, whose arrays have
//! the axes scheme, angle and grid.

use std::path::Path;

use hdf5::File;
use hdf5::types::VarLenUnicode;
use serde_json::{Value, json};

use super::layout::Label;
use super::write::{attribute, coordinate, describe, field, numbers};
use super::{IoError, atomic, description, scale};
use crate::config::Config;
use crate::study::converge::{Convergence, Known, Measure, Sample};

/// One column of the table: its label, and its value on a grid.
type Column = (Label, fn(&Sample) -> f64);

fn value(measure: Option<Measure>, pick: fn(Measure) -> Option<f64>) -> f64 {
    measure.and_then(pick).unwrap_or(f64::NAN)
}

const COLUMNS: [Column; 11] = [
    (Label { name: "unknowns", units: "1", long_name: "states of the chain" }, |s| s.unknowns as f64),
    (Label { name: "peclet", units: "1", long_name: "largest cell Péclet number where it matters" }, |s| s.peclet),
    (Label { name: "rate", units: "1/dynamical time", long_name: "quasi-stationary escape rate" }, |s| {
        value(s.rate, |m| Some(m.value.value()))
    }),
    (Label { name: "rate_error", units: "1", long_name: "relative error of the rate" }, |s| value(s.rate, |m| m.error)),
    (Label { name: "rate_order", units: "1", long_name: "observed order of the rate" }, |s| value(s.rate, |m| m.order)),
    (Label { name: "inverse_passage_time", units: "1/dynamical time", long_name: "1/τ from the minimum" }, |s| {
        value(s.passage, |m| Some(m.value.value()))
    }),
    (Label { name: "passage_error", units: "1", long_name: "relative error of 1/τ" }, |s| {
        value(s.passage, |m| m.error)
    }),
    (Label { name: "passage_order", units: "1", long_name: "observed order of 1/τ" }, |s| {
        value(s.passage, |m| m.order)
    }),
    (Label { name: "seconds", units: "s", long_name: "assembly, elimination and solves" }, |s| s.seconds),
    (Label { name: "assembly_seconds", units: "s", long_name: "assembly alone" }, |s| s.assembly_seconds),
    (Label { name: "factor_bytes", units: "byte", long_name: "memory of the factor" }, |s| s.factor_bytes as f64),
];

/// The study as JSON; absent keys are what a grid did not give.
pub fn convergence_summary(config: &Config, study: &Convergence) -> Value {
    let dimension = study.problem.dimension;
    let known = |known: Option<Known>| {
        known.map(|k| json!({ "value": k.value.value(), "log_value": k.value.ln(), "uncertainty": k.uncertainty }))
    };
    let mut reference = json!({ "source": study.reference.source });
    for (key, found) in
        [("rate", known(study.reference.rate)), ("inverse_passage_time", known(study.reference.passage))]
    {
        if let Some(found) = found {
            reference[key] = found;
        }
    }
    let series = study.series.iter().map(|series| {
        let grids = series.samples.iter().map(|sample| match sample {
            Ok(sample) => {
                let mut entry = json!({ "cells": sample.cells[..dimension] });
                for (label, pick) in COLUMNS {
                    let value = pick(sample);
                    if value.is_finite() {
                        entry[label.name] = json!(value);
                    }
                }
                entry
            }
            Err((cells, reason)) => json!({ "cells": cells[..dimension], "failure": reason }),
        });
        let mut entry = json!({ "scheme": series.scheme.name(), "angle_degrees": series.angle });
        if let Some(exponent) = series.cost_exponent {
            entry["cost_exponent"] = json!(exponent);
        }
        entry["grids"] = grids.collect();
        entry
    });
    json!({
        "title": config.title,
        "problem": {
            "dimension": dimension,
            "landscape": description::landscape(config),
            "noise": description::noise(config),
            "interpretation": config.noise.interpretation.name(),
            "absorption": study.problem.valley.absorption.to_string(),
        },
        "reference": reference,
        "convergence": series.collect::<Vec<_>>(),
        "warnings": study.warnings,
        "timing": { "total": study.seconds },
        "provenance": { "program": env!("CARGO_PKG_NAME"), "version": env!("CARGO_PKG_VERSION") },
    })
}

/// Writes one line for each scheme, angle and grid, whole or not at all.
pub fn write_convergence_csv(path: &Path, study: &Convergence) -> Result<(), IoError> {
    atomic::replace(path, |partial| {
        let fill = || -> Result<(), csv::Error> {
            let mut writer = csv::Writer::from_path(partial)?;
            let columns = COLUMNS.iter().map(|(label, _)| label.name);
            writer.write_record(
                ["scheme", "angle_degrees", "cells_x", "cells_y"].into_iter().chain(columns).chain(["failure"]),
            )?;
            for series in &study.series {
                for sample in &series.samples {
                    let cells = sample.as_ref().map_or_else(|failed| failed.0, |sample| sample.cells);
                    let mut record = vec![series.scheme.name().to_string(), format!("{}", series.angle)];
                    record.extend(cells.map(|count| count.to_string()));
                    record.extend(COLUMNS.iter().map(|(_, pick)| {
                        let value = sample.as_ref().map_or(f64::NAN, pick);
                        if value.is_finite() { format!("{value:?}") } else { String::new() }
                    }));
                    record.push(sample.as_ref().err().map_or_else(String::new, |failed| failed.1.clone()));
                    writer.write_record(record)?;
                }
            }
            Ok(writer.flush()?)
        };
        fill().map_err(|error| IoError::Write { path: path.to_path_buf(), source: error.into() })
    })
}

/// Writes `result.h5` with `/convergence`, whole or not at all; `summary` is [`convergence_summary`] of the same study.
pub fn write_convergence(path: &Path, config: &Config, study: &Convergence, summary: &Value) -> Result<(), IoError> {
    atomic::replace(path, |partial| {
        fill(partial, config, study, summary).map_err(|error| IoError::Hdf5 {
            path: path.to_path_buf(),
            doing: "writing /convergence".into(),
            message: error.to_string(),
        })
    })
}

fn fill(path: &Path, config: &Config, study: &Convergence, summary: &Value) -> Result<(), hdf5::Error> {
    let file = File::with_options().with_fapl(|access| access.libver_v110()).create(path)?;
    super::write::root_attributes(&file, config, summary)?;
    let group = file.create_group("convergence")?;
    attribute(&group, "reference", &study.reference.source)?;
    for (name, known) in
        [("reference_rate", study.reference.rate), ("reference_inverse_passage_time", study.reference.passage)]
    {
        if let Some(known) = known {
            numbers(&group, name, &[known.value.value(), known.uncertainty])?;
        }
    }
    let schemes: Vec<_> = distinct(study.series.iter().map(|series| series.scheme));
    let count = schemes.len();
    let angles: Vec<f64> =
        study.series.iter().take(study.series.len() / count.max(1)).map(|series| series.angle).collect();
    let grids: Vec<[usize; 2]> = study.series.first().map_or_else(Vec::new, |series| {
        series
            .samples
            .iter()
            .map(|sample| sample.as_ref().map_or_else(|failed| failed.0, |sample| sample.cells))
            .collect()
    });
    if count == 0 || grids.is_empty() {
        return file.close();
    }
    let names: Vec<VarLenUnicode> = schemes
        .iter()
        .map(|scheme| scheme.name().parse().map_err(|error| hdf5::Error::from(format!("{error}"))))
        .collect::<Result<_, _>>()?;
    let scheme = group.new_dataset_builder().with_data(&names).create("scheme")?;
    scale::make(&scheme, "scheme")?;
    describe(&scheme, &Label { name: "scheme", units: "", long_name: "edge weight" })?;
    let angle = Label { name: "angle", units: "degree", long_name: "angle of the grid" };
    let angle = coordinate(&group, &angle, &angles)?;
    let along = |axis: usize| grids.iter().map(|cells| cells[axis] as f64).collect::<Vec<f64>>();
    let cells = Label { name: "cells_x", units: "1", long_name: "cells along the first axis" };
    let cells = coordinate(&group, &cells, &along(0))?;
    if study.problem.dimension == 2 {
        let across = Label { name: "cells_y", units: "1", long_name: "cells along the second axis" };
        field(&group, &across, &[grids.len()], &along(1), std::slice::from_ref(&cells))?;
    }
    let scales = [scheme, angle, cells];
    for (label, pick) in COLUMNS {
        let values: Vec<f64> = study
            .series
            .iter()
            .flat_map(|series| &series.samples)
            .map(|sample| sample.as_ref().map_or(f64::NAN, pick))
            .collect();
        field(&group, &label, &[count, angles.len(), grids.len()], &values, &scales)?;
    }
    file.flush()?;
    file.close()
}

fn distinct<T: PartialEq>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut found = Vec::new();
    for item in items {
        if !found.contains(&item) {
            found.push(item);
        }
    }
    found
}
