//! The table of all points of a sweep, and the files made from it.

use std::borrow::Cow;
use std::path::Path;

use serde_json::{Map, Value, json};

use super::columns::{COLUMNS, Column};
use super::fits::{self, Fit};
use super::solve::values;
use super::{Store, SweepError};
use crate::config::Sweep;
use crate::config::sweep::Axis;
use crate::io::{self, IoError};
use crate::observe::group::{Coordinate, Data, Field, FieldGroup, Label};
use crate::problem::expression::Known;

/// The name of the group.
pub const SWEEP: &str = "sweep";

/// The row of one point.
#[derive(Clone, Debug)]
pub struct Row {
    /// The exit status of its run; `None` for a missing point.
    pub status: Option<u8>,
    /// The message of a failed point.
    pub message: Option<String>,
    /// The values of [`COLUMNS`].
    pub known: Vec<Known>,
}

impl Row {
    /// Whether it was solved.
    pub fn is_solved(&self) -> bool {
        self.status == Some(0)
    }

    /// The value of a column by its name; nothing is known for an unknown name.
    pub fn get(&self, name: &str) -> Known {
        COLUMNS.iter().position(|column| column.label.name == name).map_or(Known::default(), |place| self.known[place])
    }
}

/// The points of a sweep and the fitted laws.
#[derive(Clone, Debug)]
pub struct Table<'a> {
    /// The sweep.
    pub sweep: &'a Sweep,
    /// One row for each point.
    pub rows: Vec<Row>,
    /// The fitted laws.
    pub fits: Vec<Fit>,
}

impl<'a> Table<'a> {
    /// The table of the stored points.
    ///
    /// # Errors
    /// A stored point that cannot be read.
    pub fn of(sweep: &'a Sweep, store: &Store) -> Result<Table<'a>, SweepError> {
        let row = |point: usize| -> Result<Row, SweepError> {
            let Some(outcome) = store.get(&sweep.identity(point)?)? else {
                return Ok(Row { status: None, message: None, known: vec![Known::default(); COLUMNS.len()] });
            };
            let summary = outcome.summary.unwrap_or_default();
            let known = COLUMNS.iter().map(|column| column.of(&summary)).collect();
            Ok(Row { status: Some(outcome.status), message: outcome.message, known })
        };
        let rows = (0..sweep.len()).map(row).collect::<Result<Vec<Row>, SweepError>>()?;
        let fits = fits::of(sweep, &rows);
        Ok(Table { sweep, rows, fits })
    }

    /// The indices of the missing points.
    pub fn missing(&self) -> Vec<usize> {
        (0..self.rows.len()).filter(|&point| self.rows[point].status.is_none()).collect()
    }

    /// The failed points: index, exit status and message.
    pub fn failed(&self) -> impl Iterator<Item = (usize, u8, &str)> {
        self.rows.iter().enumerate().filter_map(|(point, row)| {
            Some((point, row.status.filter(|&status| status > 0)?, row.message.as_deref().unwrap_or_default()))
        })
    }

    /// The number of solved points.
    pub fn solved(&self) -> usize {
        self.rows.iter().filter(|row| row.is_solved()).count()
    }

    /// The contents of `sweep.json`.
    pub fn json(&self) -> Value {
        let axis = |axis: &Axis| (axis.key.clone(), axis.values.iter().map(|value| value.json.clone()).collect());
        let mut whole = Map::new();
        if !self.sweep.title.is_empty() {
            whole.insert("title".into(), json!(self.sweep.title));
        }
        whole.insert("parameters".into(), Value::Object(self.sweep.axes.iter().map(axis).collect()));
        whole.insert("zip".into(), json!(self.sweep.zip));
        let points = (0..self.rows.len()).map(|point| Value::Object(self.entry(point)));
        whole.insert("points".into(), points.collect());
        whole.insert("fits".into(), self.fits.iter().map(|fit| fit.json(self.sweep)).collect());
        if !self.missing().is_empty() {
            whole.insert("missing".into(), json!(self.missing()));
        }
        Value::Object(whole)
    }

    /// The entry of a point in `sweep.json`.
    fn entry(&self, point: usize) -> Map<String, Value> {
        let row = &self.rows[point];
        let mut entry = values(self.sweep, point);
        for (column, known) in COLUMNS.iter().zip(&row.known) {
            match (known.value, known.logarithm) {
                (Some(value), _) => drop(entry.insert(column.label.name.to_string(), json!(value))),
                (None, Some(logarithm)) => drop(entry.insert(format!("log_{}", column.label.name), json!(logarithm))),
                (None, None) => {}
            }
        }
        if let Some(status) = row.status {
            entry.insert("status".into(), json!(status));
        }
        if let Some(message) = &row.message {
            entry.insert("message".into(), json!(message));
        }
        entry
    }

    /// The columns with a value at any point. A column that is known by its logarithm alone at some point has a column
    /// of logarithms besides.
    pub fn columns(&self) -> Vec<(Label, Vec<f64>)> {
        let mut columns = Vec::new();
        for (place, Column { label, .. }) in COLUMNS.iter().enumerate() {
            let all = || self.rows.iter().map(move |row| row.known[place]);
            if all().any(|known| known.value.is_some()) {
                columns.push((label.clone(), all().map(|known| known.value.unwrap_or(f64::NAN)).collect()));
            }
            if all().any(|known| known.value.is_none() && known.logarithm.is_some()) {
                let name = Cow::Owned(format!("log_{}", label.name));
                let long_name = Cow::Owned(format!("natural logarithm of: {}", label.long_name));
                let label = Label { name, units: "1".into(), long_name };
                columns.push((label, all().map(|known| known.logarithm.unwrap_or(f64::NAN)).collect()));
            }
        }
        columns
    }

    /// Writes `sweep.csv`, whole or not at all.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn write_csv(&self, path: &Path) -> Result<(), IoError> {
        let columns = self.columns();
        io::replace(path, |partial| {
            let fill = || -> Result<(), csv::Error> {
                let mut writer = csv::Writer::from_path(partial)?;
                let keys = self.sweep.axes.iter().map(|axis| axis.key.as_str());
                let names = columns.iter().map(|(label, _)| label.name.as_ref());
                writer.write_record(keys.chain(names).chain(["status", "message"]))?;
                for (point, row) in self.rows.iter().enumerate() {
                    let written = |value: &Value| value.as_str().map_or_else(|| value.to_string(), String::from);
                    let mut record: Vec<String> =
                        self.sweep.values(point).map(|(_, value)| written(&value.json)).collect();
                    let number = |value: f64| if value.is_finite() { format!("{value:?}") } else { String::new() };
                    record.extend(columns.iter().map(|(_, values)| number(values[point])));
                    record.push(row.status.map_or(String::new(), |status| status.to_string()));
                    record.push(row.message.clone().unwrap_or_default());
                    writer.write_record(record)?;
                }
                Ok(writer.flush()?)
            };
            fill().map_err(|error| IoError::Write { path: path.to_path_buf(), source: error.into() })
        })
    }

    /// The group `/sweep`: the columns as fields over the swept keys, or over the index of the point if the axes are
    /// zipped; the keys then are fields too.
    pub fn group(&self) -> FieldGroup {
        let sweep = self.sweep;
        let mut group = FieldGroup::new(SWEEP, Vec::new());
        let texts = [("title", &sweep.title), ("configuration", &sweep.source.effective)];
        group.attributes = texts.map(|(name, text)| (Cow::from(name), Data::Text(text.clone()))).to_vec();
        let key_label = |axis: &Axis| Label {
            name: Cow::Owned(axis.key.clone()),
            units: match data(axis) {
                Data::Numbers(_) => units(&axis.key).into(),
                _ => "".into(),
            },
            long_name: Cow::Owned(format!("swept key {}", axis.key)),
        };
        let axes: Vec<Cow<'static, str>> = match sweep.zip {
            true => vec!["point".into()],
            false => sweep.axes.iter().map(|axis| Cow::Owned(axis.key.clone())).collect(),
        };
        if sweep.zip {
            let label = Label::new("point", "1", "point of the sweep, from 0");
            let mut places = Coordinate::new(label, (0..sweep.len()).map(|point| point as f64).collect());
            for axis in &sweep.axes {
                match data(axis) {
                    Data::Numbers(values) => {
                        group.push(Field::over(key_label(axis), axes.clone(), values));
                    }
                    words => places.attributes.push((Cow::Owned(axis.key.clone()), words)),
                }
            }
            group.coordinates = vec![places];
        } else {
            let coordinate = |axis| Coordinate { label: key_label(axis), values: data(axis), attributes: Vec::new() };
            group.coordinates = sweep.axes.iter().map(coordinate).collect();
        }
        for (label, values) in self.columns() {
            group.push(Field::over(label, axes.clone(), values));
        }
        let label = Label::new("status", "1", "exit status of the point's run: 0 where it was solved");
        let status = self.rows.iter().map(|row| row.status.map_or(f64::NAN, f64::from)).collect();
        group.push(Field::over(label, axes, status));
        group
    }
}

/// The units of a key of the configuration with a number.
fn units(key: &str) -> &'static str {
    match key.rsplit('.').next().unwrap_or(key) {
        "temperature" | "floor" if key.starts_with("noise.") => "parameter^2/dynamical time",
        "learning_rate" | "dt" | "burn_in" | "time" => "dynamical time",
        "half_width" | "radius" | "width" => "parameter",
        "barrier" => "loss",
        "tilt" => "loss/parameter",
        "curvature" | "sharp" | "flat" | "transverse" | "l2" => "loss/parameter^2",
        "align" | "angle" => "degree",
        "most_seconds" => "s",
        _ => "1",
    }
}

/// The values of an axis as numbers, or as words if one of them is no number.
fn data(axis: &Axis) -> Data {
    match axis.values.iter().map(|value| value.json.as_f64()).collect::<Option<Vec<f64>>>() {
        Some(numbers) => Data::Numbers(numbers),
        None => {
            let word = |value: &Value| value.as_str().map_or_else(|| value.to_string(), String::from);
            Data::Words(axis.values.iter().map(|value| word(&value.json)).collect())
        }
    }
}
