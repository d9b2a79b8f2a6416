//! Writing `summary.json` and `result.h5`.

use std::fs;
use std::path::Path;

use hdf5::types::VarLenUnicode;
use hdf5::{Dataset, File, Group, Location};
use ndarray::ArrayView;
use serde_json::Value;

use super::layout::{self, Label};
use super::{IoError, Outcome, Sampled, atomic, particles, scale};
use crate::config::Config;
use crate::grid::Grid;
use crate::study::solution::{BoundaryFlux, Fields};

/// Chunks of at most this many cells along each axis: 512 KiB of doubles, within HDF5's default 1 MiB chunk cache.
const CHUNK: usize = 256;

/// zlib's level 4: in our fields higher levels gain a few per cent of size for twice the time.
const DEFLATE: u8 = 4;

/// Writes the summary as indented JSON, whole or not at all.
pub fn write_summary(path: &Path, summary: &Value) -> Result<(), IoError> {
    atomic::replace(path, |partial| {
        fs::write(partial, format!("{summary:#}\n"))
            .map_err(|source| IoError::Write { path: path.to_path_buf(), source })
    })
}

/// Writes `result.h5`, whole or not at all; `summary` is [`super::summary`] of the same outcome.
pub fn write_result(path: &Path, outcome: &Outcome, summary: &Value) -> Result<(), IoError> {
    let solution = outcome.solution;
    fill(path, outcome.setting.config, summary, |file| {
        write_fields(file, &solution.grid, &solution.fields).map_err(during("writing /fields"))?;
        if let Some(flux) = solution.flux.as_ref().filter(|flux| !flux.density.is_empty()) {
            write_flux(file, solution.grid.dimension, flux).map_err(during("writing /flux"))?;
        }
        match &solution.particles {
            Some(found) => particles::write(file, found, solution.grid.dimension).map_err(during("writing /particles")),
            None => Ok(()),
        }
    })
}

/// Writes `result.h5` of particles alone, whole or not at all; `summary` is [`super::sampled_summary`] of the same.
pub fn write_sampled(path: &Path, sampled: &Sampled, summary: &Value) -> Result<(), IoError> {
    fill(path, sampled.setting.config, summary, |file| {
        particles::write(file, sampled.simulation, sampled.setting.dimension).map_err(during("writing /particles"))
    })
}

/// What was being written, and why it failed.
type Failure = (&'static str, hdf5::Error);

fn during(doing: &'static str) -> impl Fn(hdf5::Error) -> Failure {
    move |error| (doing, error)
}

fn fill(
    path: &Path,
    config: &Config,
    summary: &Value,
    groups: impl Fn(&File) -> Result<(), Failure>,
) -> Result<(), IoError> {
    let write = |partial: &Path| {
        // Bounds of version 1.10: older readers open it, and a file can be followed while it grows.
        let created = File::with_options().with_fapl(|access| access.libver_v110()).create(partial);
        let file = created.map_err(during("creating the file"))?;
        root_attributes(&file, config, summary).map_err(during("writing the root attributes"))?;
        groups(&file)?;
        file.flush().map_err(during("flushing"))?;
        file.close().map_err(during("closing"))
    };
    atomic::replace(path, |partial| {
        write(partial).map_err(|(doing, error)| IoError::Hdf5 {
            path: path.to_path_buf(),
            doing: doing.to_string(),
            message: error.to_string(),
        })
    })
}

/// What every result file says of itself.
pub(super) fn root_attributes(file: &File, config: &Config, summary: &Value) -> Result<(), hdf5::Error> {
    let texts = [
        ("title", config.title.clone()),
        ("program", env!("CARGO_PKG_NAME").to_string()),
        ("version", env!("CARGO_PKG_VERSION").to_string()),
        ("configuration", config.source.text.clone()),
        ("summary", summary.to_string()),
    ];
    texts.into_iter().try_for_each(|(name, text)| attribute(file, name, &text))
}

fn write_fields(file: &File, grid: &Grid, fields: &Fields) -> Result<(), hdf5::Error> {
    let group = file.create_group("fields")?;
    describe_grid(&group, grid)?;
    let cells = &grid.cells[..grid.dimension];
    let mut scales = Vec::new();
    for (axis, label) in [layout::X, layout::Y].iter().enumerate().take(grid.dimension) {
        let scale = coordinate(&group, label, &grid.centres(axis))?;
        if grid.turn[1] != 0.0 {
            describe_turn(&scale, grid)?;
        }
        scales.push(scale);
    }
    if grid.turn[1] != 0.0 {
        for (axis, label) in layout::POSITION.iter().enumerate() {
            let position: Vec<f64> = (0..grid.len()).map(|index| grid.cell_centre(index)[axis]).collect();
            field(&group, label, cells, &position, &scales)?;
        }
    }
    for (label, values) in layout::labelled(fields, grid.dimension) {
        field(&group, label, cells, values, &scales)?;
    }
    Ok(())
}

fn write_flux(file: &File, dimension: usize, flux: &BoundaryFlux) -> Result<(), hdf5::Error> {
    let group = file.create_group("flux")?;
    let scales = [coordinate(&group, &layout::ARC, &flux.arc)?];
    let points = [flux.density.len()];
    for (axis, label) in layout::POSITION.iter().enumerate().take(dimension) {
        let position: Vec<f64> = flux.position.iter().map(|point| point[axis]).collect();
        field(&group, label, &points, &position, &scales)?;
    }
    field(&group, &layout::FLUX[dimension - 1], &points, &flux.density, &scales)?;
    numbers(&group, "total", &[flux.total])
}

/// The grid as attributes of `/fields`, exactly, so that it can be read back.
fn describe_grid(group: &Group, grid: &Grid) -> Result<(), hdf5::Error> {
    let dimension = grid.dimension;
    numbers(group, "lower", &grid.lower[..dimension])?;
    numbers(group, "upper", &grid.upper[..dimension])?;
    numbers(group, "cosine_sine", &grid.turn)?;
    describe_turn(group, grid)?;
    let periodic: Vec<i32> = grid.periodic[..dimension].iter().map(|periodic| i32::from(*periodic)).collect();
    group.new_attr_builder().with_data(&periodic).create("periodic")?;
    Ok(())
}

fn describe_turn(place: &Location, grid: &Grid) -> Result<(), hdf5::Error> {
    numbers(place, "angle_degrees", &[grid.turn[1].atan2(grid.turn[0]).to_degrees()])?;
    numbers(place, "pivot", &grid.pivot[..grid.dimension])
}

/// A one-dimensional dimension scale.
pub(super) fn coordinate(group: &Group, label: &Label, values: &[f64]) -> Result<Dataset, hdf5::Error> {
    let dataset = group.new_dataset_builder().with_data(values).create(label.name)?;
    scale::make(&dataset, label.name)?;
    describe(&dataset, label)?;
    Ok(dataset)
}

/// A compressed dataset with a scale attached to every axis.
pub(super) fn field(
    group: &Group,
    label: &Label,
    shape: &[usize],
    values: &[f64],
    scales: &[Dataset],
) -> Result<(), hdf5::Error> {
    let view = ArrayView::from_shape(shape, values)
        .map_err(|_| hdf5::Error::from(format!("{} has {} values for {shape:?}", label.name, values.len())))?;
    let chunk: Vec<usize> = shape.iter().map(|cells| (*cells).min(CHUNK)).collect();
    let builder = group.new_dataset_builder().with_data(view);
    let dataset = builder.chunk(chunk).shuffle().deflate(DEFLATE).create(label.name)?;
    describe(&dataset, label)?;
    for (axis, scale) in scales.iter().enumerate() {
        scale::attach(&dataset, scale, axis)?;
    }
    Ok(())
}

pub(super) fn describe(dataset: &Dataset, label: &Label) -> Result<(), hdf5::Error> {
    attribute(dataset, "units", label.units)?;
    attribute(dataset, "long_name", label.long_name)
}

pub(super) fn attribute(place: &Location, name: &str, text: &str) -> Result<(), hdf5::Error> {
    // HDF5's strings end at a NUL, so one in the text would be refused; it's shown as the Unicode replacement.
    let text = text.replace('\0', "\u{fffd}");
    let text: VarLenUnicode = text.parse().map_err(|error| hdf5::Error::from(format!("{name}: {error}")))?;
    place.new_attr::<VarLenUnicode>().create(name)?.write_scalar(&text)
}

pub(super) fn numbers(place: &Location, name: &str, values: &[f64]) -> Result<(), hdf5::Error> {
    place.new_attr_builder().with_data(values).create(name)?;
    Ok(())
}
