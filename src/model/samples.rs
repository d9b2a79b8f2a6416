//! Samples: feature vectors x_n and their targets.

use std::path::{Path, PathBuf};

use super::fault::{DataError, DataFault, DataRole};
use super::table::{Table, Wanted, number};

/// The kind of target of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// The label as a number; with positive labels 1 for these and 0 for the others.
    Value,
    /// +1 for positive labels, −1 for the others.
    Sign,
    /// The index of the label among all labels, sorted; with positive labels 1 for these and 0 for the others.
    Class,
}

/// A CSV file, and how samples are read from it.
#[derive(Clone, Debug, PartialEq)]
pub struct DataSource {
    /// The path of the file.
    pub path: PathBuf,
    /// The names of the feature columns; `None`: every numeric column except the label.
    pub features: Option<Vec<String>>,
    /// The name of the label column.
    pub label: String,
    /// The labels that count as positive, if any are named.
    pub positive: Option<Vec<String>>,
    /// Whether each feature is scaled to zero mean and unit population variance.
    pub standardise: bool,
    /// Whether rows with missing values are left out; otherwise they are errors.
    pub drop_missing: bool,
}

/// The targets of all samples.
#[derive(Clone, Debug, PartialEq)]
pub enum Targets {
    /// Numbers or signs.
    Values(Vec<f64>),
    /// The indices of classes, and the sorted names of the classes.
    Classes(Vec<u32>, Vec<String>),
}

/// A data set in memory.
#[derive(Clone, Debug, PartialEq)]
pub struct Samples {
    /// The names of the features.
    pub features: Vec<String>,
    /// The feature vectors x_n, sample by sample.
    pub inputs: Vec<f64>,
    /// The targets.
    pub targets: Targets,
    /// The number of rows left out for missing values.
    pub dropped: usize,
}

impl Samples {
    /// The number of samples.
    pub fn len(&self) -> usize {
        self.inputs.len() / self.features.len().max(1)
    }

    /// Whether there are no samples.
    pub fn is_empty(&self) -> bool {
        self.inputs.is_empty()
    }

    /// The feature vector x_n.
    pub fn input(&self, n: usize) -> &[f64] {
        let width = self.features.len();
        &self.inputs[n * width..(n + 1) * width]
    }
}

impl DataSource {
    /// Reads the samples for a task; a relative path is looked up in the working folder, then in `base`.
    ///
    /// # Errors
    /// A file that cannot be read or used, with the line and the column of the fault.
    pub fn read(&self, base: &Path, task: Task) -> Result<Samples, DataError> {
        let path = if self.path.exists() { self.path.clone() } else { base.join(&self.path) };
        Table::read(&path, self.wanted()).and_then(|table| self.samples(table, task)).map_err(|fault| DataError {
            file: path.into(),
            role: DataRole::Samples,
            fault,
        })
    }

    /// Reads the samples for a task from a text in memory; the path is only its name in messages.
    ///
    /// # Errors
    /// As [`DataSource::read`].
    pub fn parse(&self, text: &str, task: Task) -> Result<Samples, DataError> {
        Table::parse(text, self.wanted()).and_then(|table| self.samples(table, task)).map_err(|fault| DataError {
            file: self.path.as_path().into(),
            role: DataRole::Samples,
            fault,
        })
    }

    fn wanted(&self) -> Wanted<'_> {
        Wanted { features: self.features.as_deref(), label: &self.label, drop_missing: self.drop_missing }
    }

    fn samples(&self, mut table: Table, task: Task) -> Result<Samples, DataFault> {
        let targets = self.targets(&table, task)?;
        if self.standardise {
            standardise(&mut table)?;
        } else {
            refuse_out_of_range(&table)?;
        }
        Ok(Samples { features: table.features, inputs: table.values, targets, dropped: table.dropped })
    }

    fn targets(&self, table: &Table, task: Task) -> Result<Targets, DataFault> {
        // Signs need positive labels; without any, all samples are of one class, which is refused.
        let nothing = (task == Task::Sign).then(Vec::new);
        if let Some(positive) = self.positive.as_ref().or(nothing.as_ref()) {
            let is_positive: Vec<bool> =
                table.labels.iter().map(|label| positive.iter().any(|p| is_same(p, label))).collect();
            if is_positive.iter().all(|first| *first == is_positive[0]) {
                let mut seen = table.labels.clone();
                seen.sort_unstable();
                return Err(DataFault::OneClass { positive: positive.clone(), label: self.label.clone(), seen });
            }
            let code = |code: &u32| is_positive[*code as usize];
            return Ok(match task {
                Task::Value => Targets::Values(table.codes.iter().map(|c| f64::from(u8::from(code(c)))).collect()),
                Task::Sign => Targets::Values(table.codes.iter().map(|c| if code(c) { 1.0 } else { -1.0 }).collect()),
                Task::Class => Targets::Classes(
                    table.codes.iter().map(|c| u32::from(code(c))).collect(),
                    vec!["others".into(), positive.join(", ")],
                ),
            });
        }
        let values: Vec<Option<f64>> = table.labels.iter().map(|label| number(label)).collect();
        match task {
            Task::Class => self.classes(table, &values),
            Task::Value | Task::Sign => {
                let known = values.iter().zip(&table.labels).zip(&table.lines).map(|((value, label), &line)| {
                    value.ok_or_else(|| DataFault::NotANumber {
                        line,
                        column: self.label.clone(),
                        field: label.clone(),
                    })
                });
                let known = known.collect::<Result<Vec<f64>, _>>()?;
                Ok(Targets::Values(table.codes.iter().map(|code| known[*code as usize]).collect()))
            }
        }
    }

    /// The classes: all labels, sorted as numbers if all are numbers, else as text.
    fn classes(&self, table: &Table, values: &[Option<f64>]) -> Result<Targets, DataFault> {
        let mut order: Vec<usize> = (0..table.labels.len()).collect();
        match values.iter().copied().collect::<Option<Vec<f64>>>() {
            Some(values) => order.sort_by(|&a, &b| values[a].total_cmp(&values[b])),
            None => order.sort_by(|&a, &b| table.labels[a].cmp(&table.labels[b])),
        }
        if let [only] = order.as_slice() {
            return Err(DataFault::OneLabel { label: self.label.clone(), only: table.labels[*only].clone() });
        }
        let mut place = vec![0; order.len()];
        for (sorted, &code) in order.iter().enumerate() {
            place[code] = sorted as u32;
        }
        let codes = table.codes.iter().map(|code| place[*code as usize]).collect();
        Ok(Targets::Classes(codes, order.iter().map(|&code| table.labels[code].clone()).collect()))
    }
}

/// Whether two labels are the same text or the same number.
fn is_same(one: &str, other: &str) -> bool {
    one == other || number(one).is_some_and(|value| number(other) == Some(value))
}

/// Scales each feature to zero mean and unit population variance.
fn standardise(table: &mut Table) -> Result<(), DataFault> {
    let (width, count) = (table.features.len(), table.codes.len() as f64);
    for feature in 0..width {
        let mut column: Vec<f64> = table.values[feature..].iter().step_by(width).copied().collect();
        // The variance of equal values may be above zero by rounding.
        if column.iter().all(|value| *value == column[0]) {
            return Err(DataFault::Constant { column: table.features[feature].clone() });
        }
        let mean = column.iter().sum::<f64>() / count;
        let variance = column.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count;
        if !variance.is_normal() {
            return Err(out_of_range(table, feature));
        }
        column.iter_mut().for_each(|value| *value = (*value - mean) / variance.sqrt());
        for (value, standardised) in table.values[feature..].iter_mut().step_by(width).zip(column) {
            *value = standardised;
        }
    }
    Ok(())
}

/// Refuses columns whose squares overflow or underflow; columns of zeros are allowed.
fn refuse_out_of_range(table: &Table) -> Result<(), DataFault> {
    let width = table.features.len();
    let squares =
        |feature: usize| table.values[feature..].iter().step_by(width).map(|value| value * value).sum::<f64>();
    let is_zero = |feature: usize| table.values[feature..].iter().step_by(width).all(|value| *value == 0.0);
    let is_bad = |feature: &usize| !squares(*feature).is_normal() && !is_zero(*feature);
    (0..width).find(is_bad).map_or(Ok(()), |feature| Err(out_of_range(table, feature)))
}

fn out_of_range(table: &Table, feature: usize) -> DataFault {
    let sizes = table.values[feature..].iter().step_by(table.features.len()).map(|value| value.abs());
    DataFault::OutOfRange { column: table.features[feature].clone(), size: sizes.fold(0.0, f64::max) }
}
