//! A regression in one or two parameters: the source of its samples and its extra terms.

use std::path::Path;

use crate::model::fault::{DataError, DataFault, DataRole};
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
    pub doubts: Doubts,
}

/// Doubtful properties of the features of data.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Doubts {
    /// The sine of the angle between two features that are nearly multiples of each other.
    pub nearly_one: Option<f64>,
    /// A feature that is nearly constant where there is no intercept: 0 for the first, and its standard deviation over
    /// its mean.
    pub nearly_constant: Option<(usize, f64)>,
}

impl Regression {
    /// Reads the samples. A relative path is resolved against the working directory or, if there is no such file,
    /// against `base`. Features beyond the second parameter are not returned.
    pub(super) fn columns(&self, base: &Path, task: Task) -> Result<Columns, DataError> {
        let samples = self.data.read(base, task)?;
        let mut names = samples.features.clone();
        names.extend(self.intercept.then(|| "intercept".to_string()));
        let count = samples.len();
        let width = samples.features.len();
        // The callers ask for `Task::Value` or `Task::Sign`; only `Task::Class` gives `Targets::Classes`.
        let Targets::Values(targets) = samples.targets else { unreachable!("numbers and signs are values") };
        let column = |k: usize| -> Vec<f64> {
            match k.cmp(&width) {
                std::cmp::Ordering::Less => samples.inputs.iter().skip(k).step_by(width).copied().collect(),
                std::cmp::Ordering::Equal if self.intercept => vec![1.0; count],
                _ => vec![0.0; count],
            }
        };
        let features = [column(0), column(1)];
        let likeness = Likeness::of(&features);
        if let [one, other] = &names[..]
            && self.l2 == 0.0
            && likeness.is_one()
        {
            let fault = DataFault::Collinear { columns: [one.clone(), other.clone()] };
            return Err(DataError { file: self.data.path.as_path().into(), role: DataRole::Samples, fault });
        }
        let nearly_one = (names.len() == 2 && self.l2 == 0.0).then_some(likeness.sine).filter(|sine| *sine < NEARLY);
        // With an intercept, a nearly constant feature is nearly a multiple of it, which the first test finds.
        let given = features.iter().take(if self.intercept { 0 } else { width }).map(|column| spread(column));
        let nearly_constant = given.enumerate().find(|(_, spread)| *spread < NEARLY);
        Ok(Columns { features, targets, dimension: names.len(), doubts: Doubts { nearly_one, nearly_constant } })
    }
}

/// The standard deviation of a column over the size of its mean; infinite or NaN for a mean of 0.
fn spread(column: &[f64]) -> f64 {
    let count = column.len() as f64;
    let mean = column.iter().sum::<f64>() / count;
    // Relative to the mean, so that no square leaves the range.
    let squares = column.iter().map(|value| (value / mean - 1.0).powi(2)).sum::<f64>();
    (squares / count).sqrt()
}

/// The sine of the angle between two columns below which they are nearly multiples of each other: a curvature is then
/// less than the square of this number times the other, and depends on the last digits of the data.
const NEARLY: f64 = 1e-3;

/// The similarity of two columns.
struct Likeness {
    /// The sine of the angle between them.
    sine: f64,
    /// The number of entries.
    count: usize,
}

impl Likeness {
    /// Computes the sine from the component of the second column orthogonal to the first.
    fn of([first, second]: &[Vec<f64>; 2]) -> Likeness {
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let share = dot(first, second) / dot(first, first);
        let across: Vec<f64> = first.iter().zip(second).map(|(a, b)| b - share * a).collect();
        Likeness { sine: (dot(&across, &across) / dot(second, second)).sqrt(), count: first.len() }
    }

    /// Whether they differ by roundings alone; a column of zeros is every other.
    fn is_one(&self) -> bool {
        self.sine.is_nan() || self.sine < 4.0 * f64::EPSILON * (self.count as f64).sqrt()
    }
}
