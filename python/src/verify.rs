//! The theorem suite: what the command `verify` decides, without its files.

use pyo3::prelude::*;
use saddleflux::Progress;
use saddleflux::verify::{self as suite, Claim};
use serde_json::{Value, json};

use crate::desk::Desk;
use crate::fault;
use crate::watch::watched;

/// What is claimed, as a JSON text: every claim with its statement, its source and what is expected of it.
#[pyfunction]
pub(crate) fn claims() -> String {
    let entry = |claim: &Claim| {
        json!({
            "id": claim.id,
            "title": claim.title,
            "statement": claim.statement,
            "source": claim.source,
            "conditions": claim.conditions,
            "computation": claim.computation,
            "tolerance_reason": claim.tolerance,
            "expected": claim.expected.name(),
        })
    };
    Value::Array(suite::claims().iter().map(entry).collect()).to_string()
}

/// Checks claims by their names: the text of `verify.json`.
#[pyfunction]
#[pyo3(signature = (names, quick, threads, tell))]
pub(crate) fn verify(
    py: Python<'_>,
    names: Vec<String>,
    quick: bool,
    threads: usize,
    tell: Option<Bound<'_, PyAny>>,
) -> PyResult<String> {
    let unknown = |name: &String| fault::input("claims", &format!("there is no claim {name:?}"));
    let chosen = names.iter().map(|name| suite::claim(name).ok_or_else(|| unknown(name)));
    let chosen = chosen.collect::<PyResult<Vec<&'static Claim>>>()?;
    let work = move |progress: &Progress, _: &Desk| suite::run(&chosen, quick, progress, |_| {});
    let found = watched(py, threads, tell, &[], work)?;
    Ok(found.json().to_string())
}
