//! Sweeps: what the command `sweep` solves, beside functions of Python too.

use std::path::PathBuf;
use std::time::Instant;

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use saddleflux::Progress;
use saddleflux::config::{Config, Sweep};
use saddleflux::solve::Resources;
use saddleflux::study::StudyError;
use saddleflux::sweep::{Campaign, Store, Summarised, SweepError, Table, summary, summary_of};
use serde_json::Value;

use crate::desk::Desk;
use crate::function::{Compared, Functions, Posed};
use crate::solve::tell_of_functions;
use crate::watch::watched;
use crate::{fault, fields};

/// Solves all points of a sweep that lack: a dictionary with the text of `sweep.json`, the columns, the group `/sweep`
/// and what the points warn of.
#[pyfunction]
#[pyo3(signature = (text, origin, changes, functions, folder, threads, tell))]
#[expect(clippy::too_many_arguments, reason = "named arguments of one caller, in Python")]
pub(crate) fn sweep<'py>(
    py: Python<'py>,
    text: &str,
    origin: PathBuf,
    changes: Vec<String>,
    functions: Option<Bound<'py, PyDict>>,
    folder: Option<PathBuf>,
    threads: usize,
    tell: Option<Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyDict>> {
    let sweep = Sweep::from_text(&origin, text, &changes).map_err(|error| fault::config(&error))?;
    let (functions, samplers) = Functions::read(functions.as_ref())?;
    if let Some(Ok(config)) = (0..sweep.len()).map(|point| sweep.config(point)).find(Result::is_ok) {
        functions.compare(&samplers, &config)?;
    }
    let work = move |progress: &Progress, desk: &Desk| {
        let clock = Instant::now();
        let store = folder.map_or_else(Store::in_memory, |folder| Store::within(&folder));
        let route = |config: &Config, resources: Resources<'_>| solved(&functions, desk, config, resources);
        let campaign = Campaign { sweep: &sweep, store: &store, progress };
        let done = campaign.complete_by(&route, rayon::current_num_threads());
        (done.map_err(|(_, error)| error), sweep, store, clock.elapsed().as_secs_f64())
    };
    let (done, sweep, store, seconds) = watched(py, threads, tell, &samplers, work)?;
    done.map_err(|error| fault::sweep(&error))?;
    let table = Table::of(&sweep, &store).map_err(|error| fault::sweep(&error))?;
    let told = (0..sweep.len()).map(|point| warnings(&sweep, &store, point));
    let told = told.collect::<Result<Vec<_>, SweepError>>().map_err(|error| fault::sweep(&error))?;
    deliver(py, &table, told, seconds)
}

/// The summary of a point.
fn solved(
    functions: &Functions,
    desk: &Desk,
    config: &Config,
    resources: Resources<'_>,
) -> Result<Summarised, StudyError> {
    if functions.is_empty() {
        return summary(config, resources);
    }
    let progress = resources.progress;
    let run = |posed: &Posed| {
        let (mut compared, mut warning) = (Compared::default(), None);
        let begun = Instant::now();
        let found = summary_of(&posed.problem, config, resources, |solution| {
            compared = posed.compare(&solution.grid, begun.elapsed());
            warning = posed.left(&compared).state(solution);
        });
        Ok::<_, StudyError>(((found?, warning), compared))
    };
    let (_, (mut found, warning), _) = functions.solved(config, desk, progress, run)?;
    // A function that nobody answers for any more has ended the sweep.
    if progress.is_interrupted() {
        return Err(StudyError::Interrupted);
    }
    tell_of_functions(&mut found.summary, functions.names(), warning);
    Ok(found)
}

/// What a point's result warns of.
fn warnings(sweep: &Sweep, store: &Store, point: usize) -> Result<Vec<String>, SweepError> {
    let outcome = store.get(&sweep.identity(point)?)?;
    let texts = outcome.as_ref().and_then(|outcome| outcome.summary.as_ref()?.get("warnings")?.as_array());
    Ok(texts.into_iter().flatten().filter_map(Value::as_str).map(str::to_string).collect())
}

fn deliver<'py>(
    py: Python<'py>,
    table: &Table<'_>,
    told: Vec<Vec<String>>,
    seconds: f64,
) -> PyResult<Bound<'py, PyDict>> {
    let delivered = PyDict::new(py);
    delivered.set_item("summary", table.json().to_string())?;
    delivered.set_item("configuration", &table.sweep.source.effective)?;
    delivered.set_item("title", &table.sweep.title)?;
    delivered.set_item("describe", PyList::new(py, (0..table.rows.len()).map(|point| table.sweep.describe(point)))?)?;
    let columns: Vec<String> = table.columns().into_iter().map(|(label, _)| label.name.into_owned()).collect();
    delivered.set_item("columns", columns)?;
    delivered.set_item("group", fields::group(py, table.group())?)?;
    delivered.set_item("warnings", told)?;
    delivered.set_item("seconds", seconds)?;
    Ok(delivered)
}
