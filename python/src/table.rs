//! Dictionaries of Python as TOML, and back.

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyString};
use toml::{Table, Value};

/// A dictionary as a TOML text.
#[pyfunction]
pub(crate) fn write_toml(table: &Bound<'_, PyDict>) -> PyResult<String> {
    let table = entries(table, "")?;
    toml::to_string(&table).map_err(|error| PyValueError::new_err(error.to_string()))
}

/// A value as TOML on one line.
#[pyfunction]
pub(crate) fn toml_value(value: &Bound<'_, PyAny>) -> PyResult<String> {
    Ok(of_python(value, "value")?.to_string())
}

/// A TOML text as a dictionary.
#[pyfunction]
pub(crate) fn parse_toml<'py>(py: Python<'py>, text: &str) -> PyResult<Bound<'py, PyAny>> {
    let table: Table = text.parse().map_err(|error: toml::de::Error| PyValueError::new_err(error.to_string()))?;
    to_python(py, &Value::Table(table))
}

fn entries(table: &Bound<'_, PyDict>, path: &str) -> PyResult<Table> {
    let mut found = Table::new();
    for (key, value) in table {
        let key: String = key.extract().map_err(|_| {
            PyTypeError::new_err(format!("{}: keys are texts", if path.is_empty() { "problem" } else { path }))
        })?;
        let place = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        // As in a file: a key without a value is not there.
        if !value.is_none() {
            found.insert(key, of_python(&value, &place)?);
        }
    }
    Ok(found)
}

fn of_python(value: &Bound<'_, PyAny>, place: &str) -> PyResult<Value> {
    if let Ok(truth) = value.cast::<PyBool>() {
        return Ok(Value::Boolean(truth.is_true()));
    }
    if let Ok(text) = value.cast::<PyString>() {
        return Ok(Value::String(text.to_string()));
    }
    if let Ok(float) = value.cast::<PyFloat>() {
        return Ok(Value::Float(float.extract()?));
    }
    if value.is_instance_of::<PyInt>() {
        return match value.extract::<i64>() {
            Ok(integer) => Ok(Value::Integer(integer)),
            Err(_) => Ok(Value::Float(value.extract()?)),
        };
    }
    if let Ok(table) = value.cast::<PyDict>() {
        return entries(table, place).map(Value::Table);
    }
    // NumPy's arrays and numbers.
    if let Ok(plain) = value.call_method0("tolist") {
        return of_python(&plain, place);
    }
    if let Ok(path) = value.call_method0("__fspath__") {
        return of_python(&path, place);
    }
    let Ok(list) = value.try_iter() else {
        let kind = value.get_type();
        let message = format!("{place}: a {} stands for nothing that a problem is made of", kind.qualname()?);
        return Err(PyTypeError::new_err(message));
    };
    list.map(|entry| of_python(&entry?, place)).collect::<PyResult<Vec<Value>>>().map(Value::Array)
}

/// A TOML value in Python.
pub(crate) fn to_python<'py>(py: Python<'py>, value: &Value) -> PyResult<Bound<'py, PyAny>> {
    Ok(match value {
        Value::Boolean(truth) => PyBool::new(py, *truth).to_owned().into_any(),
        Value::String(text) => PyString::new(py, text).into_any(),
        Value::Integer(integer) => integer.into_pyobject(py)?.into_any(),
        Value::Float(float) => PyFloat::new(py, *float).into_any(),
        Value::Datetime(time) => PyString::new(py, &time.to_string()).into_any(),
        Value::Array(values) => {
            let list = PyList::empty(py);
            values.iter().try_for_each(|value| list.append(to_python(py, value)?))?;
            list.into_any()
        }
        Value::Table(table) => {
            let found = PyDict::new(py);
            table.iter().try_for_each(|(key, value)| found.set_item(key, to_python(py, value)?))?;
            found.into_any()
        }
    })
}
