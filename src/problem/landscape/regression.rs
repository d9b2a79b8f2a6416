//! A regression on one or two parameters: where its samples come from, and what is added to them.

use std::path::Path;

use crate::model::fault::DataError;
use crate::model::{DataSource, Targets, Task};

/// A regression as it is posed.
#[derive(Clone, Debug, PartialEq)]
pub struct Regression {
    /// Its data.
    pub data: DataSource,
    /// Whether a feature 1 is added, whose weight comes last.
    pub intercept: bool,
    /// λ ≥ 0 in λ/2 |θ|², over all parameters.
    pub l2: f64,
}

/// Its samples: features, zeros beyond the dimension, and right answers.
pub(super) struct Columns {
    pub features: [Vec<f64>; 2],
    pub targets: Vec<f64>,
    pub dimension: usize,
}

impl Regression {
    /// Reads the samples; a relative path starts from the working folder or, where it leads to no file, from `base`.
    /// What lies beyond the second parameter is not seen.
    pub(super) fn columns(&self, base: &Path, task: Task) -> Result<Columns, DataError> {
        let samples = self.data.read(base, task)?;
        let count = samples.len();
        let width = samples.features.len();
        // The tasks of regressions give values, never classes.
        let Targets::Values(targets) = samples.targets else { unreachable!("numbers and signs are values") };
        let column = |k: usize| -> Vec<f64> {
            match k.cmp(&width) {
                std::cmp::Ordering::Less => samples.inputs.iter().skip(k).step_by(width).copied().collect(),
                std::cmp::Ordering::Equal if self.intercept => vec![1.0; count],
                _ => vec![0.0; count],
            }
        };
        Ok(Columns { features: [column(0), column(1)], targets, dimension: width + usize::from(self.intercept) })
    }
}
