//! `summary.json`: the numbers of a run under stable names.
//!
//! The sections are views of the results, in the order of the file; [`known`] leaves out what was not requested and
//! what is not finite. Everything except `timing` and `provenance` depends on the configuration alone.

pub(super) mod clock;
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

/// The sections of a summary, in their order.
#[derive(Serialize)]
struct Summary<'a> {
    title: &'a str,
    problem: problem::Posed<'a>,
    /// The configuration with the changes of the command line.
    parameters: Option<Value>,
    grid: Option<problem::Discretised<'a>>,
    rate: rate::Rates<'a>,
    formula: formula::FormulaSection<'a>,
    flux: Option<rate::Flux<'a>>,
    /// SGD's iteration; `rates[].error` is its rate over that of the diffusion limit, minus 1.
    sgd: Option<&'a IterationStudy>,
    #[serde(flatten)]
    quantities: Option<&'a Quantities>,
    warnings: Vec<String>,
    timing: Map<String, Value>,
    provenance: Value,
}

impl Summary<'_> {
    fn value(&self) -> Value {
        // Serialisation cannot fail: keys are texts, no field returns an error, and `Quantities` holds values that have
        // been serialised already.
        known(serde_json::to_value(self).expect("views of plain values"))
    }
}

/// The summary of a run.
///
/// Points have one coordinate for each dimension. `problem.saddles` lists the saddles of the start set, and
/// `flux.by_saddle[].saddle` is an index in that list. Their `index` and `connects` are indices in `problem.critical`,
/// which holds all minima and saddles of the domain.
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

/// The summary of a simulation without the solver.
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

/// The seconds by phase, with their total; phases with the same name are added.
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

/// The seconds and the speed of a simulation.
fn pace(found: &Simulation) -> [(String, Value); 2] {
    [
        ("particles".to_string(), json!(found.seconds)),
        ("particle_steps_per_second".to_string(), json!(found.steps_per_second)),
    ]
}

/// The version of `docs/summary.schema.json`, raised when a key changes its meaning or is removed.
const SCHEMA: u32 = 1;

/// The sections of the configuration as they were read; `None` for a configuration without text.
fn parameters(setting: &Setting) -> Option<Value> {
    let mut sections: Map<String, Value> = toml::from_str(&setting.config.source.effective).ok()?;
    // The title stands at the beginning of the summary.
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
