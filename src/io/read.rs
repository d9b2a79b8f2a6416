//! Reading `result.h5` back, enough to draw its plots again.

use std::path::Path;

use hdf5::types::VarLenUnicode;
use hdf5::{File, Group, Location};
use serde_json::Value;

use super::IoError;
use super::layout::{self, Label};
use crate::grid::Grid;
use crate::study::solution::{BoundaryFlux, Fields};
use crate::tensor::Point;

/// What a result file holds.
#[derive(Clone, Debug)]
pub struct Stored {
    /// Free text of the configuration.
    pub title: String,
    /// Version of the program that wrote it.
    pub version: String,
    /// The whole configuration as text.
    pub configuration: String,
    /// The summary, as in `summary.json`.
    pub summary: Value,
    /// The grid of the fields.
    pub grid: Grid,
    /// The fields that the file has.
    pub fields: Fields,
    /// Flux along the boundary; `by_saddle` counts in the summary's `problem.critical.saddles`.
    pub flux: Option<BoundaryFlux>,
}

/// Reads a result file.
///
/// Errors: [`IoError::Open`] when there is no HDF5 file there, [`IoError::ParticlesAlone`] for one of `simulate`,
/// [`IoError::NotAResult`] when it lacks what a result has.
pub fn read(path: &Path) -> Result<Stored, IoError> {
    let file = File::open(path).map_err(|error| IoError::Open {
        path: path.to_path_buf(),
        message: match std::fs::File::open(path) {
            Err(system) => system.to_string(),
            Ok(_) => format!("not an HDF5 file: {error}"),
        },
    })?;
    if file.group("fields").is_err() && file.group("particles").is_ok() {
        return Err(IoError::ParticlesAlone { path: path.to_path_buf() });
    }
    contents(&file).map_err(|what| IoError::NotAResult { path: path.to_path_buf(), what })
}

fn contents(file: &File) -> Result<Stored, String> {
    let program = text(file, "program")?;
    if program != env!("CARGO_PKG_NAME") {
        return Err(format!("it was written by {program}"));
    }
    let summary = serde_json::from_str(&text(file, "summary")?).map_err(|error| format!("summary: {error}"))?;
    let group = file.group("fields").map_err(|_| "there is no group /fields".to_string())?;
    let grid = grid(&group)?;
    Ok(Stored {
        title: text(file, "title")?,
        version: text(file, "version")?,
        configuration: text(file, "configuration")?,
        fields: fields(&group, &grid)?,
        flux: flux(file, &grid, &summary)?,
        summary,
        grid,
    })
}

fn grid(group: &Group) -> Result<Grid, String> {
    let (lower, upper) = (numbers(group, "lower")?, numbers(group, "upper")?);
    let (turn, pivot) = (numbers(group, "cosine_sine")?, numbers(group, "pivot")?);
    let periodic = numbers(group, "periodic")?;
    let dimension = lower.len();
    let alike = [&upper, &pivot, &periodic].into_iter().all(|values| values.len() == dimension);
    if !(1..=2).contains(&dimension) || !alike || turn.len() != 2 {
        return Err("the attributes of /fields describe no grid".to_string());
    }
    let pad = |values: &[f64]| -> Point { [values[0], values.get(1).copied().unwrap_or(0.0)] };
    let mut cells = [1, 1];
    for (axis, label) in [layout::X, layout::Y].iter().enumerate().take(dimension) {
        cells[axis] = values(group, label)?.map_or(0, |centres| centres.len());
    }
    let periodic = pad(&periodic).map(|value| value != 0.0);
    let mut grid = Grid::new(dimension, pad(&lower), pad(&upper), cells, periodic);
    grid.turn = pad(&turn);
    grid.pivot = pad(&pivot);
    if grid.is_empty() {
        return Err("/fields has no coordinates".to_string());
    }
    Ok(grid)
}

fn fields(group: &Group, grid: &Grid) -> Result<Fields, String> {
    let field = |label: &Label| -> Result<Option<Vec<f64>>, String> {
        match values(group, label)? {
            Some(field) if field.len() != grid.len() => {
                Err(format!("/fields/{} has {} values for {} cells", label.name, field.len(), grid.len()))
            }
            field => Ok(field),
        }
    };
    let several = |labels: &[Label]| -> Result<Vec<Vec<f64>>, String> {
        let found: Result<Vec<Option<Vec<f64>>>, String> = labels.iter().map(field).collect();
        Ok(found?.into_iter().flatten().collect())
    };
    let of = grid.dimension - 1;
    Ok(Fields {
        loss: field(&layout::LOSS)?,
        diffusion: several(&layout::DIFFUSION)?,
        stationary: field(&layout::STATIONARY[of])?,
        quasi_stationary: field(&layout::QUASI_STATIONARY[of])?,
        current: several(&layout::CURRENT[of])?,
        mean_first_passage: field(&layout::MEAN_FIRST_PASSAGE)?,
    })
}

fn flux(file: &File, grid: &Grid, summary: &Value) -> Result<Option<BoundaryFlux>, String> {
    if !file.link_exists("flux") {
        return Ok(None);
    }
    let group = file.group("flux").map_err(|error| format!("/flux: {error}"))?;
    let needed = |label: &Label| values(&group, label)?.ok_or(format!("/flux/{} is missing", label.name));
    let (arc, density) = (needed(&layout::ARC)?, needed(&layout::FLUX[grid.dimension - 1])?);
    let x = needed(&layout::POSITION[0])?;
    let y = if grid.dimension == 2 { needed(&layout::POSITION[1])? } else { vec![0.0; x.len()] };
    if [arc.len(), x.len(), y.len()].iter().any(|points| *points != density.len()) {
        return Err("the datasets of /flux differ in length".to_string());
    }
    let shares = summary["flux"]["by_saddle"].as_array().into_iter().flatten().filter_map(|share| {
        let listed = share["saddle"].as_u64()? as usize;
        let index = summary["problem"]["saddles"].get(listed)?["index"].as_u64()?;
        Some((index as usize, share["value"].as_f64()?))
    });
    Ok(Some(BoundaryFlux {
        total: numbers(&group, "total")?.first().copied().unwrap_or(f64::NAN),
        by_saddle: shares.collect(),
        position: x.into_iter().zip(y).map(|(x, y)| [x, y]).collect(),
        arc,
        density,
    }))
}

/// A dataset's values, or `None` when the group has none of that name.
fn values(group: &Group, label: &Label) -> Result<Option<Vec<f64>>, String> {
    if !group.link_exists(label.name) {
        return Ok(None);
    }
    let read = group.dataset(label.name).and_then(|dataset| dataset.read_raw::<f64>());
    read.map(Some).map_err(|error| format!("{}: {error}", label.name))
}

fn text(place: &Location, name: &str) -> Result<String, String> {
    let read = place.attr(name).and_then(|attribute| attribute.read_scalar::<VarLenUnicode>());
    read.map(|text| text.to_string()).map_err(|_| format!("the root attribute {name} is missing"))
}

fn numbers(place: &Location, name: &str) -> Result<Vec<f64>, String> {
    let read = place.attr(name).and_then(|attribute| attribute.read_raw::<f64>());
    read.map_err(|_| format!("the attribute {name} of {} is missing", place.name()))
}
