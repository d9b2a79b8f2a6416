//! Particles in the summary and in `result.h5`.

use hdf5::{Dataset, File, Group};
use serde_json::{Value, json};

use super::layout::{self, Label};
use super::summary::{Object, put, put_all, put_object, put_option, put_rate};
use super::write::{attribute, coordinate, field, numbers};
use crate::particles::estimate::Estimate;
use crate::particles::tables::{Histogram, Tables};
use crate::study::Simulation;

/// `rate.particles`: the rate with its interval, and all that it rests on.
pub(super) fn rate(found: &Simulation) -> Value {
    let (rate, mut entry) = (&found.rate, Object::new());
    put_rate(&mut entry, "value", rate.value.into());
    put_all(&mut entry, "ci95", &rate.ci95);
    put(&mut entry, "standard_error", rate.standard_error);
    if let Some(against) = &rate.against {
        put(&mut entry, "z", against.z);
        entry.insert(
            "against".into(),
            json!({ "source": against.source, "value": against.value, "error": against.error }),
        );
    }
    if let Some(iteration) = &rate.per_iteration {
        entry.insert("per_iteration".into(), json!({ "value": iteration.value, "ci95": iteration.ci95 }));
    }
    entry.insert("method".into(), json!(found.method.name()));
    entry.insert("seed".into(), json!(found.seed));
    entry.insert("count".into(), json!(found.count));
    put(&mut entry, "dt", found.dt);
    put(&mut entry, "burn_in", found.burn_in);
    if let Some(settling) = &found.settling {
        let mut settled = Object::new();
        settled.insert("wells".into(), json!(settling.wells));
        settled.insert("doublings".into(), json!(settling.doublings));
        put_option(&mut settled, "memory", settling.memory);
        put_object(&mut entry, "settling", settled);
    }
    put(&mut entry, "observed_time", found.observed);
    for (key, part) in [("fine", &rate.fine), ("coarse", &rate.coarse), ("paper", &rate.paper)] {
        put_object(&mut entry, key, part.as_ref().map(estimate).unwrap_or_default());
    }
    if let Some(test) = &found.constancy {
        let mut exponential = Object::new();
        put(&mut exponential, "chi_squared", test.chi_squared);
        exponential.insert("degrees_of_freedom".into(), json!(test.degrees));
        put(&mut exponential, "p_value", test.p_value);
        put_object(&mut entry, "exponential", exponential);
    }
    if let Some(splitting) = &found.splitting {
        let mut split = Object::new();
        split.insert("repetitions".into(), json!(splitting.fine.len()));
        put(&mut split, "excursions_per_time", splitting.frequency);
        put(&mut split, "probability", splitting.probability);
        put(&mut split, "rounds", splitting.rounds);
        put_object(&mut entry, "splitting", split);
    }
    entry.insert("interrupted".into(), json!(found.interrupted));
    Value::Object(entry)
}

fn estimate(estimate: &Estimate) -> Object {
    let mut entry = Object::new();
    put(&mut entry, "value", estimate.value);
    put_all(&mut entry, "ci95", &estimate.ci95);
    entry.insert("exits".into(), json!(estimate.exits));
    put(&mut entry, "time_at_risk", estimate.time_at_risk);
    entry
}

/// What a simulation took.
pub(super) fn timing(found: &Simulation, entry: &mut Object) {
    put(entry, "particles", found.seconds);
    put_option(entry, "particle_steps_per_second", Some(found.steps_per_second));
}

/// The group `/particles`.
pub(super) fn write(file: &File, found: &Simulation, dimension: usize) -> Result<(), hdf5::Error> {
    let group = file.create_group("particles")?;
    attribute(&group, "method", found.method.name())?;
    group.new_attr_builder().with_data(&[found.seed]).create("seed")?;
    numbers(&group, "dt", &[found.dt])?;
    numbers(&group, "rate", &[found.rate.value])?;
    numbers(&group, "ci95", &found.rate.ci95)?;
    if let Some(tables) = &found.tables {
        write_tables(&group, found, tables, dimension)?;
    }
    if let Some(splitting) = &found.splitting {
        let numbers: Vec<f64> = (1..=splitting.fine.len()).map(|k| k as f64).collect();
        let scales = [coordinate(&group, &layout::REPETITION, &numbers)?];
        for (label, rates) in layout::REPETITION_RATES.iter().zip([&splitting.fine, &splitting.coarse]) {
            if !rates.is_empty() {
                field(&group, label, &[rates.len()], rates, &scales)?;
            }
        }
    }
    Ok(())
}

fn write_tables(group: &Group, found: &Simulation, tables: &Tables, dimension: usize) -> Result<(), hdf5::Error> {
    let bins = &tables.positions;
    let mut scales: Vec<Dataset> = Vec::new();
    for (axis, label) in [layout::BIN_X, layout::BIN_Y].iter().enumerate().take(dimension) {
        scales.push(coordinate(group, label, &bins.centres(axis))?);
    }
    let shape = &bins.bins[..dimension];
    let of = dimension - 1;
    let table = |label: &Label, values: &[f64]| field(group, label, shape, values, &scales);
    table(&layout::POSITIONS[of], &bins.density())?;
    table(&layout::EXITS[of], &tables.exits.density())?;
    let counts = |histogram: &Histogram| histogram.counts.iter().map(|&count| count as f64).collect::<Vec<f64>>();
    table(&layout::EXIT_COUNTS, &counts(&tables.exits))?;

    let (rows, step) = (tables.ages.rows(), found.step());
    let column = |pick: &dyn Fn(usize) -> f64| (0..rows.len()).map(pick).collect::<Vec<f64>>();
    let ages = [coordinate(group, &layout::AGE, &column(&|k| rows[k].from as f64 * step))?];
    let points = [rows.len()];
    field(group, &layout::DEATHS, &points, &column(&|k| rows[k].deaths as f64), &ages)?;
    field(group, &layout::AT_RISK, &points, &column(&|k| rows[k].at_risk as f64 * step), &ages)?;
    field(group, &layout::SURVIVAL, &points, &tables.ages.survival(), &ages)
}
