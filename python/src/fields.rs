//! Groups of fields as dictionaries of NumPy arrays, which take over the memory that the solver computed in.

use ndarray::{ArrayD, IxDyn};
use numpy::{IntoPyArray, PyArray1};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use saddleflux::observe::group::{Attributes, Coordinate, Data, Field, FieldGroup, Label};

/// A group: name, attributes, coordinates and fields.
pub(crate) fn group(py: Python<'_>, group: FieldGroup) -> PyResult<Bound<'_, PyDict>> {
    let shapes = group.fields.iter().map(|field| group.shape(field)).collect::<Result<Vec<_>, _>>();
    let shapes = shapes.map_err(|error| PyRuntimeError::new_err(error.to_string()))?;
    let FieldGroup { name, attributes: notes, coordinates, fields } = group;
    let found = PyDict::new(py);
    found.set_item("name", &*name)?;
    found.set_item("attributes", attributes(py, notes)?)?;
    let list = PyList::empty(py);
    for Coordinate { label, values, attributes: notes } in coordinates {
        let entry = named(py, &label)?;
        entry.set_item("values", data(py, values)?)?;
        entry.set_item("attributes", attributes(py, notes)?)?;
        list.append(entry)?;
    }
    found.set_item("coordinates", list)?;
    let list = PyList::empty(py);
    for (Field { label, coordinates, values, .. }, shape) in fields.into_iter().zip(shapes) {
        let entry = named(py, &label)?;
        let names: Vec<&str> = coordinates.iter().map(AsRef::as_ref).collect();
        entry.set_item("coordinates", names)?;
        let values = ArrayD::from_shape_vec(IxDyn(&shape), values);
        let values = values.map_err(|error| PyRuntimeError::new_err(error.to_string()))?;
        entry.set_item("values", values.into_pyarray(py))?;
        list.append(entry)?;
    }
    found.set_item("fields", list)?;
    Ok(found)
}

fn named<'py>(py: Python<'py>, label: &Label) -> PyResult<Bound<'py, PyDict>> {
    let entry = PyDict::new(py);
    entry.set_item("name", &*label.name)?;
    entry.set_item("units", &*label.units)?;
    entry.set_item("long_name", &*label.long_name)?;
    Ok(entry)
}

fn attributes(py: Python<'_>, attributes: Attributes) -> PyResult<Bound<'_, PyDict>> {
    let found = PyDict::new(py);
    for (name, value) in attributes {
        found.set_item(&*name, data(py, value)?)?;
    }
    Ok(found)
}

fn data(py: Python<'_>, data: Data) -> PyResult<Bound<'_, PyAny>> {
    Ok(match data {
        Data::Numbers(values) => PyArray1::from_vec(py, values).into_any(),
        Data::Integers(values) => PyArray1::from_vec(py, values).into_any(),
        Data::Counts(values) => PyArray1::from_vec(py, values).into_any(),
        Data::Words(words) => PyList::new(py, words)?.into_any(),
        Data::Text(text) => text.into_pyobject(py)?.into_any(),
    })
}
