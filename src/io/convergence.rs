//! The files of a convergence study: `convergence.csv`, `summary.json`, and `result.h5` with `/convergence`, whose
//! arrays have the axes scheme, angle and grid.

use std::path::Path;

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{IoError, atomic, description};
use crate::config::{Config, advice};
use crate::observe::group::{Coordinate, Data, Field, FieldGroup, Label};
use crate::observe::quantity::known;
use crate::study::StudyError;
use crate::study::converge::{Convergence, Known, Measure, Sample};

/// The results on a grid, or the cells and the error of one that could not be solved.
type Tried = Result<Sample, ([usize; 2], StudyError)>;

/// A column of the table: its label, and its value on a grid.
type Column = (Label, fn(&Sample) -> f64);

fn value(measure: Option<Measure>, pick: fn(Measure) -> Option<f64>) -> f64 {
    measure.and_then(pick).unwrap_or(f64::NAN)
}

static COLUMNS: [Column; 11] = [
    (Label::new("unknowns", "1", "states of the chain"), |s| s.unknowns as f64),
    (Label::new("peclet", "1", "largest cell Péclet number where it matters"), |s| s.peclet),
    (Label::new("rate", "1/dynamical time", "quasi-stationary escape rate"), |s| {
        value(s.rate, |m| Some(m.value.value()))
    }),
    (Label::new("rate_error", "1", "relative error of the rate"), |s| value(s.rate, |m| m.error)),
    (Label::new("rate_order", "1", "observed order of the rate"), |s| value(s.rate, |m| m.order)),
    (Label::new("inverse_passage_time", "1/dynamical time", "1/τ from the minimum"), |s| {
        value(s.passage, |m| Some(m.value.value()))
    }),
    (Label::new("passage_error", "1", "relative error of 1/τ"), |s| value(s.passage, |m| m.error)),
    (Label::new("passage_order", "1", "observed order of 1/τ"), |s| value(s.passage, |m| m.order)),
    (Label::new("seconds", "s", "assembly, elimination and solves"), |s| s.seconds),
    (Label::new("assembly_seconds", "s", "assembly alone"), |s| s.assembly_seconds),
    (Label::new("factor_bytes", "byte", "memory of the factor"), |s| s.factor_bytes as f64),
];

/// The summary of a study.
#[derive(Serialize)]
struct Summary<'a> {
    title: &'a str,
    problem: Value,
    reference: Reference,
    convergence: Vec<Refined<'a>>,
    warnings: Vec<String>,
    timing: Value,
    provenance: Value,
}

#[derive(Serialize)]
struct Reference {
    source: String,
    rate: Option<Known>,
    inverse_passage_time: Option<Known>,
}

/// One scheme at one angle.
#[derive(Serialize)]
struct Refined<'a> {
    scheme: &'static str,
    angle_degrees: f64,
    cost_exponent: Option<f64>,
    grids: Vec<OneGrid<'a>>,
}

#[derive(Serialize)]
struct OneGrid<'a> {
    cells: &'a [usize],
    #[serde(flatten)]
    columns: Map<String, Value>,
    failure: Option<String>,
}

impl<'a> OneGrid<'a> {
    fn new(sample: &'a Tried, dimension: usize) -> OneGrid<'a> {
        match sample {
            Ok(sample) => OneGrid {
                cells: &sample.cells[..dimension],
                columns: COLUMNS
                    .iter()
                    .map(|(label, pick)| match label.name.as_ref() {
                        "unknowns" => ("unknowns".to_string(), json!(sample.unknowns)),
                        name => (name.to_string(), json!(pick(sample))),
                    })
                    .collect(),
                failure: None,
            },
            Err((cells, reason)) => {
                let failure = Some(advice::on_study(reason).text());
                OneGrid { cells: &cells[..dimension], columns: Map::new(), failure }
            }
        }
    }
}

/// The study as JSON; keys without a value are absent.
pub fn convergence_summary(config: &Config, study: &Convergence) -> Value {
    let dimension = study.problem.dimension;
    let summary = Summary {
        title: &config.title,
        problem: json!({
            "dimension": dimension,
            "landscape": description::landscape(config),
            "noise": description::noise(config),
            "interpretation": config.noise.interpretation.name(),
            "absorption": study.problem.valley.absorption.to_string(),
        }),
        reference: Reference {
            source: advice::on_source(&study.reference.source),
            rate: study.reference.rate,
            inverse_passage_time: study.reference.passage,
        },
        convergence: study
            .series
            .iter()
            .map(|series| Refined {
                scheme: series.subject.name(),
                angle_degrees: series.angle,
                cost_exponent: series.cost_exponent,
                grids: series.samples.iter().map(|sample| OneGrid::new(sample, dimension)).collect(),
            })
            .collect(),
        warnings: study.warnings.iter().map(advice::on_warning).collect(),
        timing: json!({ "total": study.seconds }),
        provenance: json!({ "program": env!("CARGO_PKG_NAME"), "version": env!("CARGO_PKG_VERSION") }),
    };
    // Serialisation cannot fail: keys are texts, and no field returns an error.
    known(serde_json::to_value(summary).expect("views of plain values"))
}

/// Writes one line for each scheme, angle and grid, whole or not at all.
///
/// # Errors
/// [`IoError::Folder`] and [`IoError::Write`] if the file cannot be written.
pub fn write_convergence_csv(path: &Path, study: &Convergence) -> Result<(), IoError> {
    atomic::replace(path, |partial| {
        let fill = || -> Result<(), csv::Error> {
            let mut writer = csv::Writer::from_path(partial)?;
            let columns = COLUMNS.iter().map(|(label, _)| label.name.as_ref());
            writer.write_record(
                ["scheme", "angle_degrees", "cells_x", "cells_y"].into_iter().chain(columns).chain(["failure"]),
            )?;
            for series in &study.series {
                for sample in &series.samples {
                    let cells = cells_of(sample);
                    let mut record = vec![series.subject.name().to_string(), format!("{}", series.angle)];
                    record.extend(cells.map(|count| count.to_string()));
                    record.extend(COLUMNS.iter().map(|(_, pick)| {
                        let value = sample.as_ref().map_or(f64::NAN, pick);
                        if value.is_finite() { format!("{value:?}") } else { String::new() }
                    }));
                    let failure = sample.as_ref().err().map(|(_, reason)| advice::on_study(reason).text());
                    record.push(failure.unwrap_or_default());
                    writer.write_record(record)?;
                }
            }
            Ok(writer.flush()?)
        };
        fill().map_err(|error| IoError::Write { path: path.to_path_buf(), source: error.into() })
    })
}

/// The group `/convergence`: a field for each column over scheme, angle and grid.
pub fn convergence_group(study: &Convergence) -> FieldGroup {
    let mut group = FieldGroup::new("convergence", Vec::new());
    group.describe("reference", Data::Text(advice::on_source(&study.reference.source)));
    for (name, known) in
        [("reference_rate", study.reference.rate), ("reference_inverse_passage_time", study.reference.passage)]
    {
        if let Some(known) = known {
            group.describe(name, Data::Numbers(vec![known.value.value(), known.uncertainty]));
        }
    }
    let schemes = distinct(study.series.iter().map(|series| series.subject));
    let of_one_scheme = study.series.len() / schemes.len().max(1);
    let angles: Vec<f64> = study.series.iter().take(of_one_scheme).map(|series| series.angle).collect();
    let grids: Vec<[usize; 2]> =
        study.series.first().map_or_else(Vec::new, |series| series.samples.iter().map(cells_of).collect());
    if schemes.is_empty() || grids.is_empty() {
        return group;
    }
    let names = Data::Words(schemes.iter().map(|scheme| scheme.name().to_string()).collect());
    let along = |axis: usize| grids.iter().map(|cells| cells[axis] as f64).collect::<Vec<f64>>();
    group.coordinates = vec![
        Coordinate { label: SCHEME, values: names, attributes: Vec::new() },
        Coordinate::new(ANGLE, angles),
        Coordinate::new(CELLS[0].clone(), along(0)),
    ];
    if study.problem.dimension == 2 {
        group.push(Field::new(CELLS[1].clone(), &AXES[2..], along(1)));
    }
    for (label, pick) in &COLUMNS {
        let samples = study.series.iter().flat_map(|series| &series.samples);
        let values = samples.map(|sample| sample.as_ref().map_or(f64::NAN, pick)).collect();
        group.push(Field::new(label.clone(), &AXES, values));
    }
    group
}

const AXES: [&str; 3] = ["scheme", "angle", "cells_x"];
const SCHEME: Label = Label::new(AXES[0], "", "edge weight");
const ANGLE: Label = Label::new(AXES[1], "degree", "angle of the grid");
const CELLS: [Label; 2] =
    [Label::new(AXES[2], "1", "cells along the first axis"), Label::new("cells_y", "1", "cells along the second axis")];

fn cells_of(sample: &Tried) -> [usize; 2] {
    sample.as_ref().map_or_else(|failed| failed.0, |sample| sample.cells)
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
