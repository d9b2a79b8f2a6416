//! The tables of a particle simulation as a group of fields: positions, exits, lifetimes, and the rate of each
//! repetition.

use crate::observe::group::{Coordinate, Data, Field, FieldGroup, Label};
use crate::observe::over_grid::{AXES, Kind};
use crate::particles::tables::{Histogram, Tables};
use crate::study::Simulation;

/// The name of the group.
pub const PARTICLES: &str = "particles";

const BINS: [Label; 2] = [
    Label::new(AXES[0], "parameter", "middle of a bin, first parameter"),
    Label::new(AXES[1], "parameter", "middle of a bin, second parameter"),
];
const POSITIONS: Kind = Kind::density("density", "where particles are: quasi-stationary density");
const EXITS: Kind = Kind::density("exit_density", "where particles die: density of the exits");
const EXIT_COUNTS: Label = Label::new("exit_count", "1", "exits in each bin");

const AGE: &str = "age";
const AGES: Label = Label::new(AGE, "dynamical time", "least age of a row of the life table");
const DEATHS: Label = Label::new("deaths", "1", "deaths at these ages");
const AT_RISK: Label = Label::new("time_at_risk", "dynamical time", "time that particles spent at these ages");
const SURVIVAL: Label = Label::new("survival", "1", "share that reaches the row's least age");

const REPETITION: &str = "repetition";
const REPETITIONS: Label = Label::new(REPETITION, "1", "independent repetition of the splitting");
const RATE_FINE: Label = Label::new("rate_fine", "1/dynamical time", "rate of a repetition with the shorter step");
const RATE_COARSE: Label = Label::new("rate_coarse", "1/dynamical time", "rate of a repetition with the longer step");

impl Simulation {
    /// The group `/particles`.
    pub fn group(&self, dimension: usize) -> FieldGroup {
        let mut group = FieldGroup::new(PARTICLES, Vec::new());
        group.describe("method", Data::Text(self.method.name().to_string()));
        group.describe("seed", Data::Counts(vec![self.seed]));
        group.describe("dt", Data::Numbers(vec![self.dt]));
        group.describe("rate", Data::Numbers(vec![self.rate.value]));
        group.describe("ci95", Data::Numbers(self.rate.ci95.to_vec()));
        if let Some(tables) = &self.tables {
            self.places(tables, dimension, &mut group);
            self.lives(tables, &mut group);
        }
        if let Some(splitting) = &self.splitting {
            let numbers = (1..=splitting.fine.len()).map(|k| k as f64).collect();
            group.coordinates.push(Coordinate::new(REPETITIONS, numbers));
            let rates = [(RATE_FINE, &splitting.fine), (RATE_COARSE, &splitting.coarse)].into_iter();
            let rates = rates.filter(|(_, rates)| !rates.is_empty());
            group.fields.extend(rates.map(|(label, rates)| Field::new(label, &[REPETITION], rates.clone())));
        }
        group
    }

    fn places(&self, tables: &Tables, dimension: usize, group: &mut FieldGroup) {
        let bins = BINS.into_iter().enumerate().take(dimension);
        group.coordinates.extend(bins.map(|(axis, label)| Coordinate::new(label, tables.positions.centres(axis))));
        let mut push = |label: Label, values: Vec<f64>| group.push(Field::new(label, &AXES[..dimension], values));
        push(POSITIONS.label(dimension), tables.positions.density());
        push(EXITS.label(dimension), tables.exits.density());
        let counts = |histogram: &Histogram| histogram.counts.iter().map(|&count| count as f64).collect();
        push(EXIT_COUNTS, counts(&tables.exits));
    }

    fn lives(&self, tables: &Tables, group: &mut FieldGroup) {
        let (rows, step) = (tables.ages.rows(), self.step());
        let column = |pick: &dyn Fn(usize) -> f64| (0..rows.len()).map(pick).collect::<Vec<f64>>();
        group.coordinates.push(Coordinate::new(AGES, column(&|k| rows[k].from as f64 * step)));
        group.push(Field::new(DEATHS, &[AGE], column(&|k| rows[k].deaths as f64)));
        group.push(Field::new(AT_RISK, &[AGE], column(&|k| rows[k].at_risk as f64 * step)));
        group.push(Field::new(SURVIVAL, &[AGE], tables.ages.survival()));
    }
}
