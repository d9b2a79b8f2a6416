//! The points behind a verdict, as rows of numbers and as curves.

use std::borrow::Cow;

/// Rows of numbers under named columns.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// What each column holds.
    pub columns: Vec<&'static str>,
    /// What each row is of; empty where there is one kind only.
    pub labels: Vec<String>,
    /// The numbers.
    pub rows: Vec<Vec<f64>>,
}

impl Table {
    /// A table without rows.
    pub fn new(columns: &[&'static str]) -> Table {
        Table { columns: columns.to_vec(), ..Table::default() }
    }

    /// Adds a row.
    pub fn push(&mut self, label: &str, row: Vec<f64>) {
        self.labels.push(label.to_string());
        self.rows.push(row);
    }
}

/// Curves over one axis.
#[derive(Clone, Debug, Default)]
pub struct Figure {
    /// What x is.
    pub x: Cow<'static, str>,
    /// What y is.
    pub y: Cow<'static, str>,
    /// Whether each axis is logarithmic.
    pub is_log: [bool; 2],
    /// The curves.
    pub curves: Vec<Curve>,
}

/// A curve.
#[derive(Clone, Debug)]
pub struct Curve {
    /// What it is.
    pub name: String,
    /// Its points.
    pub points: Vec<[f64; 2]>,
    /// Whether it is a prediction, drawn as a line without points.
    pub is_prediction: bool,
}

impl Figure {
    /// A figure without curves.
    pub fn new(x: impl Into<Cow<'static, str>>, y: impl Into<Cow<'static, str>>, is_log: [bool; 2]) -> Figure {
        Figure { x: x.into(), y: y.into(), is_log, curves: Vec::new() }
    }

    /// Adds what was measured.
    pub fn measured(&mut self, name: impl Into<String>, points: Vec<[f64; 2]>) {
        self.curves.push(Curve { name: name.into(), points, is_prediction: false });
    }

    /// Adds what was predicted.
    pub fn predicted(&mut self, name: impl Into<String>, points: Vec<[f64; 2]>) {
        self.curves.push(Curve { name: name.into(), points, is_prediction: true });
    }
}
