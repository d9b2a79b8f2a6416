//! A regression in one or two parameters: the source of its samples and its extra terms.

use std::path::Path;

use crate::model::fault::DataError;
use crate::model::{DataSource, Targets, Task};

/// The specification of a regression.
#[derive(Clone, Debug, PartialEq)]
pub struct Regression {
    /// The data source.
    pub data: DataSource,
    /// Whether a constant feature 1 is added, whose weight is the last parameter.
    pub intercept: bool,
    /// λ ≥ 0 in the penalty λ/2 |θ|² over all parameters.
    pub l2: f64,
}

/// The samples: features (zero beyond the dimension) and targets.
pub(super) struct Columns {
    pub features: [Vec<f64>; 2],
    pub targets: Vec<f64>,
    pub dimension: usize,
}

impl Regression {
    /// Reads the samples. A relative path is resolved against the working directory or, if there is no such file,
    /// against `base`. Features beyond the second parameter are not returned.
    pub(super) fn columns(&self, base: &Path, task: Task) -> Result<Columns, DataError> {
        let samples = self.data.read(base, task)?;
        let count = samples.len();
        let width = samples.features.len();
        // Regression tasks have numerical targets, never classes.
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
