//! The computations that Python asks for: what the commands `run` and `simulate` do, without their files.

use std::borrow::Cow;
use std::path::PathBuf;
use std::time::{Instant, SystemTime};

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use saddleflux::config::Config;
use saddleflux::io::{self, Setting, Simulated, Solved};
use saddleflux::observe::group::FieldGroup;
use saddleflux::study::{self, StudyError};
use saddleflux::{Problem, Progress};
use serde_json::Value;

use crate::desk::Desk;
use crate::function::{Functions, Posed};
use crate::watch::watched;
use crate::{fault, fields, session};

/// What a computation leaves, in the library's own terms.
struct Found {
    summary: Value,
    groups: Vec<FieldGroup>,
    /// What is left of functions between the points at which they were asked.
    left: Vec<(&'static str, f64)>,
    /// The share of the places meant for it in which they were compared.
    compared: f64,
}

/// Solves a configuration: a dictionary with the text of the summary, that of the configuration, and the groups of
/// fields.
#[pyfunction]
#[pyo3(signature = (text, origin, changes, functions, threads, tell))]
pub(crate) fn solve<'py>(
    py: Python<'py>,
    text: &str,
    origin: PathBuf,
    changes: Vec<String>,
    functions: Option<Bound<'py, PyDict>>,
    threads: usize,
    tell: Option<Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyDict>> {
    let started = SystemTime::now();
    let config = session::configuration(py, text, &origin, &changes, functions.as_ref())?;
    let (functions, samplers) = Functions::read(functions.as_ref())?;
    functions.compare(&samplers, &config)?;
    let asked = config.clone();
    let work = move |progress: &Progress, desk: &Desk| solved(&functions, &config, desk, progress, started);
    match watched(py, threads, tell, &samplers, work)? {
        Ok(found) => deliver(py, &asked, found),
        Err(error) => Err(fault::study(&asked, &error)),
    }
}

/// All of the result: functions answer no more once this has ended.
fn solved(
    functions: &Functions,
    config: &Config,
    desk: &Desk,
    progress: &Progress,
    started: SystemTime,
) -> Result<Found, StudyError> {
    let clock = Instant::now();
    progress.begin("reading the landscape", 0);
    let run = |posed: &Posed| {
        let landscape = clock.elapsed().as_secs_f64();
        let begun = Instant::now();
        let solution = study::run(&posed.problem, &config.request, progress)?;
        let took = begun.elapsed();
        progress.begin("comparing functions with their polynomials", 0);
        let compared = posed.compare(&solution.grid, took);
        Ok::<_, StudyError>(((solution, landscape), compared))
    };
    let (posed, (mut solution, landscape), compared) = functions.solved(config, desk, progress, run)?;
    config.add_sensitivities(&posed.problem, &mut solution, progress)?;
    let left = posed.left(&compared);
    let warning = left.state(&mut solution);
    solution.timing.insert(0, ("landscape".into(), landscape));
    if let Some((_, total)) = solution.timing.iter_mut().find(|(phase, _)| phase == "total") {
        *total += landscape;
    }
    let setting = Setting::new(config, &posed.problem, started, rayon::current_num_threads());
    let solved = Solved { setting, solution: &solution };
    let mut summary = io::summary(&solved);
    tell_of_functions(&mut summary, functions.names(), warning);
    // Those that are made for the file, before the solution's own are moved out.
    let made: Vec<FieldGroup> = solved.groups().into_iter().filter_map(owned).collect();
    let groups = std::iter::once(solution.fields).chain(solution.groups).chain(made).collect();
    Ok(Found { summary, groups, left: left.entries, compared: left.compared })
}

/// Particles alone, likewise.
#[pyfunction]
#[pyo3(signature = (text, origin, changes, functions, threads, tell))]
pub(crate) fn simulate<'py>(
    py: Python<'py>,
    text: &str,
    origin: PathBuf,
    changes: Vec<String>,
    functions: Option<Bound<'py, PyDict>>,
    threads: usize,
    tell: Option<Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyDict>> {
    let started = SystemTime::now();
    let config = session::configuration(py, text, &origin, &changes, functions.as_ref())?;
    let (functions, samplers) = Functions::read(functions.as_ref())?;
    functions.compare(&samplers, &config)?;
    let asked = config.clone();
    let work = move |progress: &Progress, desk: &Desk| {
        progress.begin("reading the landscape", 0);
        let problem: Problem = functions.problem(&config, desk, progress)?;
        let found = study::simulate::alone(&problem, &config.request, progress)?;
        let setting = Setting::new(&config, &problem, started, rayon::current_num_threads());
        let simulated = Simulated { setting, simulation: &found.simulation, formulas: &found.formulas };
        let mut summary = io::simulated_summary(&simulated);
        tell_of_functions(&mut summary, functions.names(), None);
        let groups = simulated.groups().into_iter().map(Cow::into_owned).collect();
        Ok::<_, StudyError>(Found { summary, groups, left: Vec::new(), compared: 1.0 })
    };
    let found = watched(py, threads, tell, &samplers, work)?;
    deliver(py, &asked, found.map_err(|error| fault::study(&asked, &error))?)
}

/// Puts the names of functions where a summary has those of what stood in their place, and adds a warning.
pub(crate) fn tell_of_functions(summary: &mut Value, [motion, noise]: [Option<String>; 2], warning: Option<String>) {
    for (name, place) in [(motion, "landscape"), (noise, "noise")] {
        if let Some(name) = name {
            summary["problem"][place] = Value::String(name);
        }
    }
    if let (Some(warning), Some(warnings)) = (warning, summary["warnings"].as_array_mut()) {
        warnings.push(Value::String(warning));
    }
}

fn owned(group: Cow<'_, FieldGroup>) -> Option<FieldGroup> {
    match group {
        Cow::Owned(group) => Some(group),
        Cow::Borrowed(_) => None,
    }
}

fn deliver<'py>(py: Python<'py>, config: &Config, found: Found) -> PyResult<Bound<'py, PyDict>> {
    let delivered = PyDict::new(py);
    delivered.set_item("summary", found.summary.to_string())?;
    delivered.set_item("configuration", &config.source.effective)?;
    delivered.set_item("title", &config.title)?;
    let left = PyDict::new(py);
    found.left.iter().try_for_each(|(name, error)| left.set_item(name, error))?;
    delivered.set_item("left", left)?;
    delivered.set_item("compared", found.compared)?;
    let groups = PyList::empty(py);
    found.groups.into_iter().try_for_each(|group| groups.append(fields::group(py, group)?))?;
    delivered.set_item("groups", groups)?;
    Ok(delivered)
}
