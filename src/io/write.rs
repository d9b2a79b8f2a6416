//! Writes `result.h5`.

use std::borrow::Cow;
use std::path::Path;

use hdf5::types::VarLenUnicode;
use hdf5::{Dataset, File, Group, Location};
use serde_json::Value;

use super::{IoError, atomic, growing, scale};
use crate::config::Config;
use crate::observe::group::{Attributes, Coordinate, Data, Field, FieldGroup, Label};
use crate::observe::over_grid::{AXES, FIELDS, POSITION};

/// Writes `result.h5`, whole or not at all: the configuration, the summary, and the groups.
///
/// # Errors
/// [`IoError::Folder`] and [`IoError::Write`] if the file cannot be written; [`IoError::Hdf5`] if the HDF5 library
/// fails or a field does not fit its coordinates.
pub fn write_result(
    path: &Path,
    config: &Config,
    summary: &Value,
    groups: &[Cow<'_, FieldGroup>],
) -> Result<(), IoError> {
    write_titled(path, [&config.title, &config.source.effective], summary, groups)
}

/// Writes a result with the given title and configuration, whole or not at all.
///
/// # Errors
/// As [`write_result`].
pub fn write_titled(
    path: &Path,
    [title, configuration]: [&str; 2],
    summary: &Value,
    groups: &[Cow<'_, FieldGroup>],
) -> Result<(), IoError> {
    let write = |partial: &Path| {
        // The format of version 1.10 can be read by older readers, and while the file grows. It needs no lock: its name
        // is not known to others, and a process started meanwhile would inherit the lock.
        let created = File::with_options().with_fapl(|access| access.libver_v110().file_locking(false)).create(partial);
        let file = created.map_err(during("creating the file"))?;
        root_attributes(&file, [title, configuration], summary).map_err(during("writing the root attributes"))?;
        for group in groups {
            write_group(&file, group).map_err(during(format!("writing /{}", group.name)))?;
        }
        file.flush().map_err(during("flushing"))?;
        file.close().map_err(during("closing"))
    };
    replace(path, write)
}

/// Writes the contents of an earlier result with this group besides, in place of one of that name; whole or not at all.
///
/// # Errors
/// As [`write_result`], and an earlier result that cannot be read.
pub fn write_beside(earlier: &Path, path: &Path, group: &FieldGroup) -> Result<(), IoError> {
    replace(path, |partial| {
        std::fs::copy(earlier, partial).map_err(|error| during("copying")(error.to_string().into()))?;
        let opened = File::with_options().with_fapl(|access| access.libver_v110().file_locking(false)).open_rw(partial);
        let file = opened.map_err(during("opening the copy"))?;
        if file.link_exists(&group.name) {
            file.unlink(&group.name).map_err(during(format!("removing /{}", group.name)))?;
        }
        write_group(&file, group).map_err(during(format!("writing /{}", group.name)))?;
        file.flush().map_err(during("flushing"))?;
        file.close().map_err(during("closing"))
    })
}

/// Writes a file whole or not at all, with enough memory for HDF5.
fn replace(path: &Path, write: impl FnOnce(&Path) -> Result<(), Failure>) -> Result<(), IoError> {
    atomic::replace(path, |partial| {
        set_aside().map_err(|source| IoError::Write { path: path.to_path_buf(), source })?;
        write(partial).map_err(|(doing, error)| IoError::Hdf5 {
            path: path.to_path_buf(),
            doing,
            message: error.to_string(),
        })
    })
}

/// A generous estimate of the memory that HDF5 needs for a file, in bytes; the library does not handle failed
/// allocations everywhere.
const TAKEN: usize = 32 << 20;

/// Checks that the system has the memory for HDF5 before the library allocates it.
fn set_aside() -> std::io::Result<()> {
    let mut aside: Vec<u8> = Vec::new();
    aside.try_reserve_exact(TAKEN).map_err(|_| std::io::ErrorKind::OutOfMemory.into())
}

/// The operation that failed, and the error.
type Failure = (String, hdf5::Error);

fn during(doing: impl Into<String>) -> impl FnOnce(hdf5::Error) -> Failure {
    move |error| (doing.into(), error)
}

/// The conventions for climate and forecast data (CF), whose attribute names are used where they fit.
const CONVENTIONS: &str = "CF-1.11";

/// The attribute with the unit of a dataset in words of the problem, where `units` is 1.
pub(super) const MEASURED_IN: &str = "measured_in";
/// Words for the units of a problem. CF wants units that UDUNITS knows, and to it these are pure numbers.
const OWN_UNITS: [&str; 4] = ["parameter", "dynamical time", "loss", "iteration"];

/// The root attributes of every result file.
fn root_attributes(file: &File, [title, configuration]: [&str; 2], summary: &Value) -> Result<(), hdf5::Error> {
    let said = |key: &str| summary["provenance"][key].as_str();
    let commit = said("commit").map_or(String::new(), |commit| format!(", commit {commit}"));
    let version = env!("CARGO_PKG_VERSION");
    let history = [said("started"), said("command").or(said("program"))].map(Option::unwrap_or_default).join(" ");
    let texts = [
        ("Conventions", CONVENTIONS.to_string()),
        ("title", title.to_string()),
        ("history", history.trim().to_string()),
        ("source", format!("saddleflux {version}{commit}: Fokker-Planck equation on a grid, or its particles")),
        ("program", env!("CARGO_PKG_NAME").to_string()),
        ("version", version.to_string()),
        ("configuration", configuration.to_string()),
        ("summary", summary.to_string()),
    ];
    texts.into_iter().try_for_each(|(name, value)| text(file, name, &value))
}

fn write_group(file: &File, group: &FieldGroup) -> Result<(), hdf5::Error> {
    let place = file.create_group(&group.name)?;
    attributes(&place, &group.attributes)?;
    let mut scales: Vec<(&str, Dataset)> = Vec::new();
    for coordinate in &group.coordinates {
        scales.push((&coordinate.label.name, write_coordinate(&place, coordinate)?));
    }
    // On a turned grid the coordinates of the cells in parameter space are fields of their own.
    let places = POSITION.iter().all(|label| group.field(&label.name).is_some() && group.name == FIELDS);
    let places = places.then(|| POSITION.map(|label| label.name).join(" "));
    for field in &group.fields {
        let shape = group.shape(field).map_err(|error| hdf5::Error::from(error.to_string()))?;
        let own = field.coordinates.iter().filter_map(|name| scales.iter().find(|(scale, _)| scale == name));
        let dataset = write_field(&place, field, &shape, &own.map(|(_, scale)| scale).collect::<Vec<&Dataset>>())?;
        let is_place = POSITION.iter().any(|label| label.name == field.label.name);
        if let Some(places) = places.as_ref().filter(|_| !is_place) {
            text(&dataset, "coordinates", places)?;
        }
    }
    Ok(())
}

/// A one-dimensional dimension scale.
fn write_coordinate(group: &Group, coordinate: &Coordinate) -> Result<Dataset, hdf5::Error> {
    let (label, builder) = (&coordinate.label, group.new_dataset_builder());
    let name: &str = &label.name;
    let dataset = match &coordinate.values {
        Data::Numbers(values) => builder.with_data(values).create(name)?,
        Data::Integers(values) => builder.with_data(values).create(name)?,
        Data::Counts(values) => builder.with_data(values).create(name)?,
        Data::Words(words) => builder
            .with_data(&words.iter().map(|word| unicode(name, word)).collect::<Result<Vec<_>, _>>()?)
            .create(name)?,
        Data::Text(word) => builder.with_data(&[unicode(name, word)?]).create(name)?,
    };
    scale::make(&dataset, name)?;
    describe(&dataset, label)?;
    if let Some(place) = AXES.iter().position(|axis| *axis == name) {
        text(&dataset, "axis", ["X", "Y"][place])?;
    }
    attributes(&dataset, &coordinate.attributes)?;
    Ok(dataset)
}

/// A compressed dataset with a scale attached to each axis.
fn write_field(group: &Group, field: &Field, shape: &[usize], scales: &[&Dataset]) -> Result<Dataset, hdf5::Error> {
    let dataset = growing::write(group, field, shape)?;
    describe(&dataset, &field.label)?;
    for (axis, scale) in scales.iter().enumerate() {
        scale::attach(&dataset, scale, axis)?;
    }
    Ok(dataset)
}

fn describe(dataset: &Dataset, label: &Label) -> Result<(), hdf5::Error> {
    let is_own = OWN_UNITS.iter().any(|own| label.units.contains(own));
    text(dataset, "units", if is_own { "1" } else { &label.units })?;
    if is_own {
        text(dataset, MEASURED_IN, &label.units)?;
    }
    text(dataset, "long_name", &label.long_name)
}

fn attributes(place: &Location, attributes: &Attributes) -> Result<(), hdf5::Error> {
    for (name, data) in attributes {
        let (name, builder): (&str, _) = (name, place.new_attr_builder());
        match data {
            Data::Numbers(values) => drop(builder.with_data(values).create(name)?),
            Data::Integers(values) => drop(builder.with_data(values).create(name)?),
            Data::Counts(values) => drop(builder.with_data(values).create(name)?),
            Data::Words(words) => {
                let words = words.iter().map(|word| unicode(name, word)).collect::<Result<Vec<_>, _>>()?;
                builder.with_data(&words).create(name)?;
            }
            Data::Text(value) => text(place, name, value)?,
        }
    }
    Ok(())
}

fn text(place: &Location, name: &str, text: &str) -> Result<(), hdf5::Error> {
    place.new_attr::<VarLenUnicode>().create(name)?.write_scalar(&unicode(name, text)?)
}

fn unicode(name: &str, text: &str) -> Result<VarLenUnicode, hdf5::Error> {
    // HDF5 strings end at a NUL, which would be refused; it is replaced by U+FFFD.
    let text = text.replace('\0', "\u{fffd}");
    text.parse().map_err(|error| hdf5::Error::from(format!("{name}: {error}")))
}
