//! What is asked, read while the interpreter's lock is held.

use std::path::{Path, PathBuf};

use pyo3::prelude::*;
use pyo3::types::PyDict;
use saddleflux::Grid;
use saddleflux::config::Config;
use saddleflux::observe::group::{Coordinate, Data, FieldGroup, Label};
use saddleflux::observe::over_grid::{AXES, FIELDS, grid_of};
use saddleflux::study::request::StartDensity;

use crate::fault;

/// Reads a configuration, and the density of an earlier result that it starts from.
///
/// # Errors
/// A configuration that is wrong, and a file that cannot be read.
pub(crate) fn configuration(
    py: Python<'_>,
    text: &str,
    origin: &Path,
    changes: &[String],
    functions: Option<&Bound<'_, PyDict>>,
) -> PyResult<Config> {
    let mut config = Config::from_text(origin, text, changes).map_err(|error| fault::config(&error))?;
    let folder = config.source.path.parent().unwrap_or(Path::new("")).to_path_buf();
    // An array of Python stands beside the functions.
    let array = functions.map(|given| given.get_item("start")).transpose()?.flatten();
    if let (Some(evolve), Some(array)) = (&mut config.request.evolve, array) {
        evolve.start = given(&array.getattr("grid")?.cast_into::<PyDict>()?)?;
    }
    if let Some(evolve) = &mut config.request.evolve
        && let StartDensity::File { file, field } = &evolve.start
    {
        let beside = folder.join(file);
        let place = if file.exists() { file.clone() } else { beside };
        evolve.start = start(py, place, field)?;
    }
    Ok(config)
}

/// A field of a result file as the density at t = 0.
fn start(py: Python<'_>, file: PathBuf, field: &str) -> PyResult<StartDensity> {
    let found = py.import("saddleflux.files")?.getattr("start_density")?.call1((file, field))?;
    given(&found.cast_into::<PyDict>()?)
}

/// A density over a grid.
fn given(found: &Bound<'_, PyDict>) -> PyResult<StartDensity> {
    let numbers = |name: &str| -> PyResult<Vec<f64>> {
        let value = found.get_item(name)?;
        value.map_or(Ok(Vec::new()), |value| value.extract())
    };
    let mut group =
        FieldGroup { name: FIELDS.into(), attributes: Vec::new(), coordinates: Vec::new(), fields: Vec::new() };
    for name in ["lower", "upper", "cosine_sine", "pivot"] {
        group.describe(name, Data::Numbers(numbers(name)?));
    }
    let periodic = numbers("periodic")?.iter().map(|flag| i32::from(*flag != 0.0)).collect();
    group.describe("periodic", Data::Integers(periodic));
    for name in AXES {
        group.coordinates.push(Coordinate::new(Label::new(name, "", ""), numbers(name)?));
    }
    let grid: Grid = grid_of(&group).map_err(|error| fault::input("evolve.start", &error.to_string()))?;
    Ok(StartDensity::Given { grid, values: numbers("values")? })
}
