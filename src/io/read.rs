//! Reads `result.h5`: every group of fields as it was written, and what is needed to draw its plots again.

use std::path::{Path, PathBuf};

use hdf5::types::{TypeDescriptor, VarLenUnicode};
use hdf5::{Attribute, Dataset, File, Group, Location};
use serde_json::Value;

use super::error::Damage;
use super::write::MEASURED_IN;
use super::{IoError, growing, scale};
use crate::grid::Grid;
use crate::input;
use crate::observe::group::{Attributes, Coordinate, Data, Field, FieldGroup, Label, Text};
use crate::observe::over_grid::{FIELDS, grid_of};
use crate::study::solution::BoundaryFlux;

/// The contents of a result file of `run`.
#[derive(Clone, Debug)]
pub struct Stored {
    /// The title of the configuration.
    pub title: String,
    /// The version of the program that wrote it.
    pub version: String,
    /// The configuration as text.
    pub configuration: String,
    /// The summary, as in `summary.json`.
    pub summary: Value,
    /// The grid of the fields.
    pub grid: Grid,
    /// The fields over the grid.
    pub fields: FieldGroup,
    /// All other groups of the file.
    pub groups: Vec<FieldGroup>,
    /// The flux along the boundary; `by_saddle` has indices in the summary's `problem.critical.saddles`.
    pub flux: Option<BoundaryFlux>,
}

/// The configuration in a result file and the path from which it was read, with which the problem can be solved again.
///
/// # Errors
/// As [`read_any`].
pub fn configuration(path: &Path) -> Result<(String, PathBuf), IoError> {
    let file = open(path)?;
    let found = || -> Result<(String, PathBuf), Damage> {
        let summary: Value = serde_json::from_str(&text(&file, "summary")?).unwrap_or_default();
        let origin = summary["provenance"]["configuration"].as_str().unwrap_or("result.h5");
        Ok((text(&file, "configuration")?, PathBuf::from(origin)))
    };
    found().map_err(|what| IoError::NotAResult { path: path.to_path_buf(), what })
}

fn open(path: &Path) -> Result<File, IoError> {
    let unreadable = |message: String| IoError::Open { path: path.to_path_buf(), message };
    input::open(path).map_err(|error| unreadable(error.to_string()))?;
    unlocked(path).map_err(|error| unreadable(format!("not an HDF5 file: {error}")))
}

/// Opens a file for reading without a lock, because files appear whole and are not changed.
pub(super) fn unlocked(path: &Path) -> Result<File, hdf5::Error> {
    File::with_options().with_fapl(|access| access.file_locking(false)).open(path)
}

/// The contents of the result file of any command.
#[derive(Clone, Debug)]
pub struct Kept {
    /// The title of the configuration.
    pub title: String,
    /// The version of the program that wrote it.
    pub version: String,
    /// The configuration as text.
    pub configuration: String,
    /// The summary.
    pub summary: Value,
    /// All groups of the file.
    pub groups: Vec<FieldGroup>,
}

impl Kept {
    /// The group with this name.
    pub fn group(&self, name: &str) -> Option<&FieldGroup> {
        self.groups.iter().find(|group| group.name == name)
    }
}

/// Reads the result file of any command.
///
/// # Errors
/// [`IoError::Open`] without an HDF5 file, [`IoError::NotAResult`] for one of another program.
pub fn read_any(path: &Path) -> Result<Kept, IoError> {
    let file = open(path)?;
    kept(&file).map_err(|what| IoError::NotAResult { path: path.to_path_buf(), what })
}

/// Reads a result file of `run`.
///
/// # Errors
/// As [`read_any`]; [`IoError::OfAnotherCommand`] for the result of another command, [`IoError::NotAResult`] for an
/// incomplete one.
pub fn read(path: &Path) -> Result<Stored, IoError> {
    let kept = read_any(path)?;
    let of_others = OTHERS.into_iter().find(|(group, _)| kept.group(group).is_some());
    if let Some((_, command)) = of_others.filter(|_| kept.group(FIELDS).is_none()) {
        return Err(IoError::OfAnotherCommand { path: path.to_path_buf(), command });
    }
    Stored::of(kept).map_err(|what| IoError::NotAResult { path: path.to_path_buf(), what })
}

/// The group that identifies a result without fields, and the command that writes it.
const OTHERS: [(&str, &str); 3] = [("particles", "simulate"), ("convergence", "converge"), ("sweep", "sweep")];

fn kept(file: &File) -> Result<Kept, Damage> {
    let program = text(file, "program")?;
    if program != env!("CARGO_PKG_NAME") {
        return Err(Damage::Program(program));
    }
    let summary: Value = serde_json::from_str(&text(file, "summary")?).map_err(Damage::Summary)?;
    let groups = file.groups().and_then(|groups| groups.iter().map(read_group).collect::<Result<Vec<_>, _>>())?;
    for group in &groups {
        group.fields.iter().try_for_each(|field| group.shape(field).map(drop))?;
    }
    let (title, version) = (text(file, "title")?, text(file, "version")?);
    Ok(Kept { title, version, configuration: text(file, "configuration")?, summary, groups })
}

impl Stored {
    /// The contents of a result of `run`.
    ///
    /// # Errors
    /// [`Damage`] that names what is missing.
    pub fn of(kept: Kept) -> Result<Stored, Damage> {
        let Kept { title, version, configuration, summary, mut groups } = kept;
        let fields = groups.iter().position(|group| group.name == FIELDS).ok_or(Damage::NoFields)?;
        let fields = groups.remove(fields);
        let grid = grid_of(&fields)?;
        let mut flux = groups.iter().find_map(|group| BoundaryFlux::from_group(group).transpose()).transpose()?;
        if let Some(flux) = &mut flux {
            flux.by_saddle = shares(&summary);
        }
        Ok(Stored { title, version, configuration, summary, grid, fields, groups, flux })
    }
}

/// The flux through each saddle from the summary, with indices in `problem.critical.saddles`.
fn shares(summary: &Value) -> Vec<(usize, f64)> {
    let shares = summary["flux"]["by_saddle"].as_array().into_iter().flatten().filter_map(|share| {
        let listed = share["saddle"].as_u64()? as usize;
        let index = summary["problem"]["saddles"].get(listed)?["index"].as_u64()?;
        Some((index as usize, share["value"].as_f64()?))
    });
    shares.collect()
}

fn read_group(group: &Group) -> Result<FieldGroup, hdf5::Error> {
    let (scales, fields): (Vec<Dataset>, Vec<Dataset>) = group.datasets()?.into_iter().partition(scale::is_scale);
    let coordinate = |dataset: &Dataset| -> Result<Coordinate, hdf5::Error> {
        let own = ["units", MEASURED_IN, "long_name", "axis", "CLASS", "NAME", "REFERENCE_LIST"];
        let attributes = attributes(dataset, &own)?;
        Ok(Coordinate { label: label(dataset)?, values: values(dataset)?, attributes })
    };
    let field = |dataset: &Dataset| -> Result<Field, hdf5::Error> {
        let along = |axis: usize| scales.iter().find(|scale| scale::is_attached(dataset, scale, axis));
        let coordinates =
            (0..dataset.ndim()).map(|axis| along(axis).map_or_else(String::new, |scale| last_name(scale)));
        let coordinates = coordinates.map(Into::into).collect();
        let values = if growing::part(dataset).is_some() { Vec::new() } else { dataset.read_raw::<f64>()? };
        Ok(Field::over(label(dataset)?, coordinates, values))
    };
    let mut found = FieldGroup {
        name: last_name(group).into(),
        attributes: attributes(group, &[])?,
        coordinates: scales.iter().map(coordinate).collect::<Result<_, _>>()?,
        fields: fields.iter().map(field).collect::<Result<_, _>>()?,
    };
    for (place, dataset) in fields.iter().enumerate() {
        if let Some(places) = growing::part(dataset) {
            read_part(&mut found, place, dataset, &places)?;
        }
    }
    Ok(found)
}

/// Reads a field at some indices of its first axis, with a coordinate of its own for these: `t_density` for a density
/// over `t`.
fn read_part(group: &mut FieldGroup, field: usize, dataset: &Dataset, places: &[usize]) -> Result<(), hdf5::Error> {
    let first = group.fields[field].coordinates.first().cloned().unwrap_or_default();
    let Some(whole) = group.coordinate(&first).cloned() else { return Ok(()) };
    let own: Text = format!("{first}_{}", group.fields[field].label.name).into();
    let points = whole.values.numbers().unwrap_or_default();
    let points = places.iter().filter_map(|place| points.get(*place).copied()).collect();
    group.coordinates.push(Coordinate::new(Label { name: own.clone(), ..whole.label }, points));
    group.fields[field].coordinates[0] = own;
    group.fields[field].values = growing::read(dataset, places)?;
    Ok(())
}

fn last_name(place: &Location) -> String {
    place.name().rsplit('/').next().unwrap_or_default().to_string()
}

fn label(dataset: &Dataset) -> Result<Label, hdf5::Error> {
    let read = |name: &str| dataset.attr(name)?.read_scalar::<VarLenUnicode>();
    let units = read(MEASURED_IN).or_else(|_| read("units"))?;
    let [units, long_name] = [units, read("long_name")?].map(|text| text.to_string().into());
    Ok(Label { name: last_name(dataset).into(), units, long_name })
}

/// The attributes of a group or dataset, except those in `known`.
fn attributes(place: &Location, known: &[&str]) -> Result<Attributes, hdf5::Error> {
    let names = place.attr_names()?.into_iter().filter(|name| !known.contains(&name.as_str()));
    names.map(|name| Ok((name.clone().into(), data(&place.attr(&name)?)?))).collect()
}

fn data(attribute: &Attribute) -> Result<Data, hdf5::Error> {
    match attribute.dtype()?.to_descriptor()? {
        TypeDescriptor::VarLenUnicode if attribute.is_scalar() => {
            Ok(Data::Text(attribute.read_scalar::<VarLenUnicode>()?.to_string()))
        }
        _ => values(attribute),
    }
}

fn values(container: &hdf5::Container) -> Result<Data, hdf5::Error> {
    Ok(match container.dtype()?.to_descriptor()? {
        TypeDescriptor::VarLenUnicode => {
            Data::Words(container.read_raw::<VarLenUnicode>()?.iter().map(|word| word.to_string()).collect())
        }
        TypeDescriptor::Integer(_) => Data::Integers(container.read_raw()?),
        TypeDescriptor::Unsigned(_) => Data::Counts(container.read_raw()?),
        _ => Data::Numbers(container.read_raw()?),
    })
}

fn text(place: &Location, name: &'static str) -> Result<String, Damage> {
    let read = place.attr(name).and_then(|attribute| attribute.read_scalar::<VarLenUnicode>());
    read.map(|text| text.to_string()).map_err(|_| Damage::NoText(name))
}
