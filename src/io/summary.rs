//! `summary.json`: the numbers of a run under names that don't drift.
//!
//! A key whose quantity was not asked for, or is not a finite number, is absent. Everything but `timing` and
//! `provenance` depends on the configuration alone.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value, json};

use super::{Outcome, Sampled, Setting, description, particles};
use crate::formula::{Comparison, Formulas};
use crate::grid::Align;
use crate::problem::CriticalPoint;
use crate::scaled::Scaled;

pub(super) type Object = Map<String, Value>;

/// The summary of a run.
///
/// Points have as many coordinates as the problem has dimensions. `problem.saddles` lists the saddles of the start
/// set, and `flux.by_saddle[].saddle` counts in that list; their `index`, and `connects`, count in
/// `problem.critical`, which holds all minima and saddles of the domain.
pub fn summary(outcome: &Outcome) -> Value {
    let solution = outcome.solution;
    let mut root = Object::new();
    root.insert("title".into(), json!(outcome.setting.config.title));
    root.insert("problem".into(), problem(&outcome.setting, covariance(outcome), outcome.listed_saddles()));
    root.insert("grid".into(), grid(outcome));
    let mut rates = rate(outcome);
    if let Some(simulation) = &solution.particles {
        rates.insert("particles".into(), particles::rate(simulation));
    }
    put_object(&mut root, "rate", rates);
    put_object(&mut root, "formula", formula(&solution.formulas, outcome.setting.dimension));
    put_object(&mut root, "flux", flux(outcome));
    put_object(&mut root, "sgd", sgd(outcome));
    let of_particles = solution.particles.iter().flat_map(|found| &found.warnings);
    let warnings: Vec<&String> = solution.warnings.iter().chain(of_particles).collect();
    root.insert("warnings".into(), json!(warnings));
    let mut times = timing(&solution.timing);
    if let Some(simulation) = &solution.particles {
        particles::timing(simulation, &mut times);
    }
    root.insert("timing".into(), Value::Object(times));
    root.insert("provenance".into(), provenance(&outcome.setting));
    Value::Object(root)
}

/// The summary of particles alone.
pub fn sampled_summary(sampled: &Sampled) -> Value {
    let Sampled { setting, simulation, formulas } = sampled;
    let mut root = Object::new();
    root.insert("title".into(), json!(setting.config.title));
    root.insert("problem".into(), problem(setting, None, setting.listed_saddles(None)));
    root.insert("rate".into(), json!({ "particles": particles::rate(simulation) }));
    put_object(&mut root, "formula", formula(formulas, setting.dimension));
    root.insert("warnings".into(), json!(simulation.warnings));
    let mut times = Object::new();
    particles::timing(simulation, &mut times);
    put(&mut times, "total", simulation.seconds);
    root.insert("timing".into(), Value::Object(times));
    root.insert("provenance".into(), provenance(setting));
    Value::Object(root)
}

fn problem(setting: &Setting, covariance: Option<Value>, saddles: Vec<usize>) -> Value {
    let dimension = setting.dimension;
    let mut problem = Object::new();
    problem.insert("dimension".into(), json!(dimension));
    problem.insert("landscape".into(), json!(description::landscape(setting.config)));
    problem.insert("noise".into(), json!(description::noise(setting.config)));
    problem.insert("interpretation".into(), json!(setting.config.noise.interpretation.name()));
    problem.insert("absorption".into(), json!(setting.absorption.to_string()));
    if let Some(minimum) = setting.minimum {
        problem.insert("minimum".into(), Value::Object(critical_point(minimum, dimension)));
    }
    if let Some(covariance) = covariance {
        problem.insert("gradient_covariance".into(), covariance);
    }
    let saddles = saddles.into_iter().map(|index| {
        let saddle = &setting.critical.saddles[index];
        let mut entry = critical_point(&saddle.point, dimension);
        if let Some(barrier) = setting.barrier(index) {
            put(&mut entry, "barrier", barrier);
        }
        put_all(&mut entry, "escape_direction", &saddle.escape_direction[..dimension]);
        entry.insert("index".into(), json!(index));
        // −1 where the descent leaves the domain: a list has no place for an absent entry.
        let end = |minimum: Option<usize>| minimum.map_or(json!(-1), |minimum| json!(minimum));
        entry.insert("connects".into(), json!(saddle.connects.map(end)));
        Value::Object(entry)
    });
    problem.insert("saddles".into(), saddles.collect());
    let minima: Vec<Value> = setting.critical.minima.iter().map(|m| place(m, dimension)).collect();
    let saddles: Vec<Value> = setting.critical.saddles.iter().map(|s| place(&s.point, dimension)).collect();
    problem.insert("critical".into(), json!({ "minima": minima, "saddles": saddles }));
    Value::Object(problem)
}

fn place(point: &CriticalPoint, dimension: usize) -> Value {
    let mut entry = Object::new();
    put_all(&mut entry, "theta", &point.theta[..dimension]);
    put(&mut entry, "loss", point.loss);
    Value::Object(entry)
}

fn critical_point(point: &CriticalPoint, dimension: usize) -> Object {
    let mut entry = Object::new();
    put_all(&mut entry, "theta", &point.theta[..dimension]);
    put(&mut entry, "loss", point.loss);
    put_all(&mut entry, "hessian_eigenvalues", &point.eigenvalues[..dimension]);
    entry
}

fn grid(outcome: &Outcome) -> Value {
    let (solution, configured) = (outcome.solution, &outcome.setting.config.request.grid);
    let (grid, dimension) = (&solution.grid, outcome.setting.dimension);
    let mut entry = Object::new();
    entry.insert("cells".into(), json!(grid.cells[..dimension]));
    entry.insert("unknowns".into(), json!(solution.unknowns));
    put_all(&mut entry, "lower", &grid.lower[..dimension]);
    put_all(&mut entry, "upper", &grid.upper[..dimension]);
    put(&mut entry, "peclet_max", solution.peclet.max);
    put_all(&mut entry, "peclet_max_at", &solution.peclet.at[..dimension]);
    put(&mut entry, "peclet_relevant", solution.peclet.relevant);
    put_all(&mut entry, "peclet_relevant_at", &solution.peclet.relevant_at[..dimension]);
    entry.insert("scheme".into(), json!(configured.scheme.name()));
    let align = match configured.align {
        Align::Axes => json!("axes"),
        Align::Saddle => json!("saddle"),
        Align::Angle(degrees) => json!(degrees),
    };
    entry.insert("align".into(), align);
    put(&mut entry, "angle_degrees", grid.turn[1].atan2(grid.turn[0]).to_degrees());
    entry.insert("factor_bytes".into(), json!(solution.factor_bytes));
    Value::Object(entry)
}

/// C(θ*) against H(θ*), for landscapes with data.
fn covariance(outcome: &Outcome) -> Option<Value> {
    let (check, dimension) = (outcome.solution.covariance.as_ref()?, outcome.setting.dimension);
    let c = check.covariance;
    let matrix = if dimension == 1 { json!([[c.xx]]) } else { json!([[c.xx, c.xy], [c.xy, c.yy]]) };
    Some(json!({
        "matrix": matrix,
        "over_hessian": check.ratios[..dimension],
        "alignment": check.alignment,
    }))
}

fn rate(outcome: &Outcome) -> Object {
    let (solution, dimension) = (outcome.solution, outcome.setting.dimension);
    let mut entry = Object::new();
    if let Some(rate) = &solution.rate {
        let mut found = Object::new();
        put_rate(&mut found, "value", rate.value);
        if rate.value.is_ordinary() {
            put_all(&mut found, "bracket", &rate.bracket.map(|ratio| rate.value.scaled(ratio).value()));
        }
        put_all(&mut found, "bracket_over_value", &rate.bracket);
        rate.extrapolated.into_iter().for_each(|value| put_rate(&mut found, "extrapolated", value));
        put_option(&mut found, "discretisation_error", rate.discretisation_error);
        put_option(&mut found, "observed_order", rate.observed_order);
        found.insert("iterations".into(), json!(rate.iterations));
        put(&mut found, "flux_identity", rate.flux_identity);
        let grids = rate.grids.iter().map(|(cells, value)| {
            let mut entry = Object::new();
            entry.insert("cells".into(), json!(cells[..dimension]));
            put_rate(&mut entry, "value", *value);
            Value::Object(entry)
        });
        let grids: Vec<Value> = grids.collect();
        found.insert("grids".into(), json!(grids));
        entry.insert("quasi_stationary".into(), Value::Object(found));
    }
    if let Some(passage) = &solution.passage {
        let mut found = Object::new();
        put_all(&mut found, "from", &passage.from[..dimension]);
        put_rate(&mut found, "value", passage.rate);
        put_rate(&mut found, "time", passage.time);
        passage.extrapolated.into_iter().for_each(|value| put_rate(&mut found, "extrapolated", value));
        put_option(&mut found, "discretisation_error", passage.discretisation_error);
        entry.insert("mean_first_passage".into(), Value::Object(found));
    }
    if let Some(value) = solution.flux_over_population.filter(|value| value.is_finite()) {
        entry.insert("flux_over_population".into(), json!({ "value": value }));
    }
    if let Some(quadrature) = &solution.quadrature {
        let mut found = Object::new();
        put_rate(&mut found, "value", quadrature.time.inverse());
        put_rate(&mut found, "time", quadrature.time);
        put_option(&mut found, "ratio", quadrature.ratio);
        quadrature.escape_rate.into_iter().for_each(|value| put_rate(&mut found, "escape_rate", value));
        put_option(&mut found, "escape_ratio", quadrature.escape_ratio);
        entry.insert("quadrature".into(), Value::Object(found));
    }
    entry
}

fn formula(formulas: &Formulas, dimension: usize) -> Object {
    let mut entry = Object::new();
    if let Some(kramers) = &formulas.kramers {
        entry.insert("kramers".into(), Value::Object(comparison(kramers)));
    }
    if let Some(effective) = &formulas.effective_potential {
        entry.insert("effective_potential".into(), Value::Object(comparison(effective)));
    }
    if let Some(theorem) = &formulas.theorem_3_2 {
        let mut found = comparison(&theorem.isothermal);
        put(&mut found, "s", theorem.s);
        put_option(&mut found, "s_effective", theorem.s_effective);
        put_all(&mut found, "saddle", &theorem.saddle[..dimension]);
        found.insert("ito".into(), Value::Object(comparison(&theorem.ito)));
        entry.insert("theorem_3_2".into(), Value::Object(found));
    }
    if !formulas.omitted.is_empty() {
        entry.insert("omitted".into(), json!(formulas.omitted));
    }
    entry
}

fn comparison(comparison: &Comparison) -> Object {
    let mut entry = Object::new();
    put_rate(&mut entry, "value", comparison.value);
    put(&mut entry, "ratio", comparison.ratio);
    put(&mut entry, "absorption_factor", comparison.absorption_factor);
    let conditions = comparison.conditions.iter();
    let conditions: Vec<Value> = conditions.map(|c| json!({ "text": c.text, "holds": c.holds })).collect();
    entry.insert("conditions".into(), json!(conditions));
    entry
}

/// The iteration itself: `rates[].error` is its rate over the diffusion limit's, minus 1.
fn sgd(outcome: &Outcome) -> Object {
    let mut entry = Object::new();
    let Some(study) = &outcome.solution.iteration else {
        return entry;
    };
    let rates = study.rates.iter().map(|found| {
        let mut rate = Object::new();
        put(&mut rate, "learning_rate", found.learning_rate);
        put_rate(&mut rate, "per_iteration", found.per_iteration);
        put_rate(&mut rate, "value", found.rate);
        put_option(&mut rate, "error", found.error);
        put_option(&mut rate, "stiffness", found.stiffness);
        rate.insert("nodes".into(), json!(found.nodes));
        put(&mut rate, "normalisation_error", found.normalisation_error);
        Value::Object(rate)
    });
    entry.insert("rates".into(), rates.collect());
    put_option(&mut entry, "observed_order", study.order);
    entry
}

fn flux(outcome: &Outcome) -> Object {
    let mut entry = Object::new();
    let Some(flux) = &outcome.solution.flux else {
        return entry;
    };
    put(&mut entry, "total", flux.total);
    let listed = outcome.listed_saddles();
    let shares = flux.by_saddle.iter().filter_map(|(index, value)| {
        let saddle = listed.iter().position(|listed| listed == index)?;
        let mut share = Object::new();
        share.insert("saddle".into(), json!(saddle));
        put(&mut share, "value", *value);
        put(&mut share, "share", value / flux.total);
        Some(Value::Object(share))
    });
    entry.insert("by_saddle".into(), shares.collect());
    entry
}

fn timing(phases: &[(String, f64)]) -> Object {
    let mut entry = Object::new();
    for (phase, seconds) in phases {
        let before = entry.get(phase).and_then(Value::as_f64).unwrap_or(0.0);
        put(&mut entry, phase, before + seconds);
    }
    if !entry.contains_key("total") {
        put(&mut entry, "total", phases.iter().map(|(_, seconds)| seconds).sum());
    }
    entry
}

fn provenance(setting: &Setting) -> Value {
    json!({
        "program": env!("CARGO_PKG_NAME"),
        "version": env!("CARGO_PKG_VERSION"),
        "configuration": setting.config.source.path.to_string_lossy(),
        "threads": setting.threads,
        "started": rfc3339(setting.started),
    })
}

/// UTC to the second, such as `2026-02-28T23:59:59Z`; before 1970 it is the epoch.
fn rfc3339(time: SystemTime) -> String {
    let seconds = time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    // Days to a civil date, counting years from 1 March so that the leap day is the last (H. Hinnant, 2013).
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march + 2) / 5 + 1;
    let month = if march < 10 { march + 3 } else { march - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// A positive number, and its natural logarithm as `log_<key>`; the number itself only where ordinary numbers hold it.
pub(super) fn put_rate(entry: &mut Object, key: &str, value: Scaled) {
    if value.is_ordinary() {
        put(entry, key, value.value());
    }
    if value.is_positive() {
        put(entry, &format!("log_{key}"), value.ln());
    }
}

pub(super) fn put(entry: &mut Object, key: &str, value: f64) {
    put_option(entry, key, Some(value));
}

pub(super) fn put_option(entry: &mut Object, key: &str, value: Option<f64>) {
    if let Some(value) = value.filter(|value| value.is_finite()) {
        entry.insert(key.into(), json!(value));
    }
}

pub(super) fn put_all(entry: &mut Object, key: &str, values: &[f64]) {
    if values.iter().all(|value| value.is_finite()) {
        entry.insert(key.into(), json!(values));
    }
}

pub(super) fn put_object(root: &mut Object, key: &str, entry: Object) {
    if !entry.is_empty() {
        root.insert(key.into(), Value::Object(entry));
    }
}
