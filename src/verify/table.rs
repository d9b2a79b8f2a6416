//! The points of a check, as rows of numbers and as curves.

use std::borrow::Cow;

/// Rows of numbers with named columns.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// The names of the columns.
    pub columns: Vec<&'static str>,
    /// A label for each row; empty if all rows are of one kind.
    pub labels: Vec<String>,
    /// The numbers, row by row.
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

/// A chart: curves over common axes.
#[derive(Clone, Debug, Default)]
pub struct Figure {
    /// The label of the x axis.
    pub x: Cow<'static, str>,
    /// The label of the y axis.
    pub y: Cow<'static, str>,
    /// Whether each axis is logarithmic.
    pub is_log: [bool; 2],
    /// The curves.
    pub curves: Vec<Curve>,
}

/// A curve.
#[derive(Clone, Debug)]
pub struct Curve {
    /// The name.
    pub name: String,
    /// The points.
    pub points: Vec<[f64; 2]>,
    /// Whether it is a prediction, drawn as a line without points.
    pub is_prediction: bool,
}

impl Figure {
    /// A chart without curves.
    pub fn new(x: impl Into<Cow<'static, str>>, y: impl Into<Cow<'static, str>>, is_log: [bool; 2]) -> Figure {
        Figure { x: x.into(), y: y.into(), is_log, curves: Vec::new() }
    }

    /// Adds a curve of computed points.
    pub fn measured(&mut self, name: impl Into<String>, points: Vec<[f64; 2]>) {
        self.curves.push(Curve { name: name.into(), points, is_prediction: false });
    }

    /// Adds a prediction.
    pub fn predicted(&mut self, name: impl Into<String>, points: Vec<[f64; 2]>) {
        self.curves.push(Curve { name: name.into(), points, is_prediction: true });
    }
}
