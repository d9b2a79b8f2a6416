//! `summary.json`: the numbers of a run under names that don't drift.
//!
//! The sections are views of what was found, in the order of the file; [`known`] leaves out what was not asked for and
//! what is not a finite number. Everything but `timing` and `provenance` depends on the configuration alone.

mod clock;
mod formula;
mod particles;
mod problem;
mod rate;

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{Setting, Simulated, Solved};
use crate::config::advice;
use crate::observe::quantity::{Quantities, known};
use crate::study::Simulation;
use crate::study::iteration::IterationStudy;

/// A summary whose sections have their places.
#[derive(Serialize)]
struct Summary<'a> {
    title: &'a str,
    problem: problem::Posed<'a>,
    /// The configuration with the changes of the command line in place.
    parameters: Option<Value>,
    grid: Option<problem::Discretised<'a>>,
    rate: rate::Rates<'a>,
    formula: formula::FormulaSection<'a>,
    flux: Option<rate::Flux<'a>>,
    /// The iteration itself: `rates[].error` is its rate over the diffusion limit's, minus 1.
    sgd: Option<&'a IterationStudy>,
    #[serde(flatten)]
    quantities: Option<&'a Quantities>,
    warnings: Vec<String>,
    timing: Map<String, Value>,
    provenance: Value,
}

impl Summary<'_> {
    fn value(&self) -> Value {
        // Views have texts as keys, and none of their fields refuses to be serialised: `Quantities` holds what has been
        // already.
        known(serde_json::to_value(self).expect("views of plain values"))
    }
}

/// The summary of a run.
///
/// Points have as many coordinates as the problem has dimensions. `problem.saddles` lists the saddles of the start
/// set, and `flux.by_saddle[].saddle` counts in that list; their `index`, and `connects`, count in
/// `problem.critical`, which holds all minima and saddles of the domain.
pub fn summary(solved: &Solved) -> Value {
    let (setting, solution) = (&solved.setting, solved.solution);
    let listed = solved.listed_saddles();
    let of_particles = solution.particles.iter().flat_map(|found| &found.warnings).map(advice::on_particle_warning);
    Summary {
        title: &setting.config.title,
        flux: solution.flux.as_ref().map(|flux| rate::Flux::new(flux, &listed)),
        problem: problem::Posed::new(setting, solution.covariance.as_ref(), &listed),
        parameters: parameters(setting),
        grid: Some(problem::Discretised::new(solved)),
        rate: rate::Rates::new(solution, setting.learning_rate()),
        formula: formula::FormulaSection::new(&solution.formulas, setting.dimension),
        sgd: solution.iteration.as_ref(),
        quantities: Some(&solution.quantities),
        warnings: solution.warnings.iter().map(advice::on_warning).chain(of_particles).collect(),
        timing: timing(&solution.timing, solution.particles.as_ref()),
        provenance: provenance(setting),
    }
    .value()
}

/// The summary of particles alone.
pub fn simulated_summary(simulated: &Simulated) -> Value {
    let Simulated { setting, simulation, formulas } = simulated;
    Summary {
        title: &setting.config.title,
        problem: problem::Posed::new(setting, None, &setting.listed_saddles(None)),
        parameters: parameters(setting),
        grid: None,
        rate: rate::Rates::of_particles(simulation),
        formula: formula::FormulaSection::new(formulas, setting.dimension),
        flux: None,
        sgd: None,
        quantities: None,
        warnings: simulation.warnings.iter().map(advice::on_particle_warning).collect(),
        timing: alone(simulation),
        provenance: provenance(setting),
    }
    .value()
}

/// Seconds by phase, phases of the same name together, and their total.
fn timing(phases: &[(String, f64)], particles: Option<&Simulation>) -> Map<String, Value> {
    let mut entry = Map::new();
    for (phase, seconds) in phases {
        let before = entry.get(phase).and_then(Value::as_f64).unwrap_or(0.0);
        entry.insert(phase.clone(), json!(before + seconds));
    }
    if !entry.contains_key("total") {
        entry.insert("total".into(), json!(phases.iter().map(|(_, seconds)| seconds).sum::<f64>()));
    }
    entry.extend(particles.into_iter().flat_map(pace));
    entry
}

fn alone(simulation: &Simulation) -> Map<String, Value> {
    pace(simulation).into_iter().chain([("total".to_string(), json!(simulation.seconds))]).collect()
}

/// What a simulation took.
fn pace(found: &Simulation) -> [(String, Value); 2] {
    [
        ("particles".to_string(), json!(found.seconds)),
        ("particle_steps_per_second".to_string(), json!(found.steps_per_second)),
    ]
}

/// Version of `docs/summary.schema.json`: it grows where a key changes its meaning or goes.
const SCHEMA: u32 = 1;

/// The sections of the configuration, as it was read; `None` where there is no text.
fn parameters(setting: &Setting) -> Option<Value> {
    let mut sections: Map<String, Value> = toml::from_str(&setting.config.source.effective).ok()?;
    // It stands at the beginning.
    sections.remove("title");
    (!sections.is_empty()).then_some(Value::Object(sections))
}

fn provenance(setting: &Setting) -> Value {
    json!({
        "program": env!("CARGO_PKG_NAME"),
        "version": env!("CARGO_PKG_VERSION"),
        "schema": SCHEMA,
        "configuration": setting.config.source.path.to_string_lossy(),
        "threads": setting.threads,
        "started": clock::rfc3339(setting.started),
    })
}
