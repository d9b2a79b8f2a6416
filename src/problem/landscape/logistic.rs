//! Logistic regression on a data set, without intercept.
//!
//! ```text
//! L(θ) = mean_j log(1 + e^{−m_j}),   m_j = s_j θ·x_j,   s_j = ±1
//! ∇L = −mean p_j s_j x_j,   H = mean p_j (1 − p_j) x_j x_jᵀ,   p_j = 1/(1 + e^{m_j})
//! C(θ) = mean p_j² x_j x_jᵀ − ∇L ∇Lᵀ        the covariance of one sample's gradient
//! ```
//! All sums run over all samples, exactly; callers spread the points θ over threads. Source: paper, Setting 2 and Eq.
//! 5.

use std::path::Path;

use crate::exponential::exp;
use crate::problem::landscape::data::{Column, DataError, DataFault};
use crate::problem::landscape::{Landscape, SampleLoss, Samples};
use crate::tensor::{Point, Tensor};

/// The samples s_j x_j, component by component, and the dimension.
pub struct LogisticRegression {
    /// s_j x_j along the first feature.
    first: Vec<f64>,
    /// s_j x_j along the second feature; zeros in one dimension.
    second: Vec<f64>,
    dimension: usize,
}

impl LogisticRegression {
    /// Reads a CSV file with a header line; a relative path starts from the working folder or, where it leads to no
    /// file, from `base`. `positive` are the labels with s = +1; `standardise` gives each feature zero mean and unit
    /// population variance.
    ///
    /// # Errors
    /// A file that cannot be read or used, with the line and the column of the fault.
    pub fn read(
        data: &Path,
        base: &Path,
        features: &[String],
        label: &str,
        positive: &[String],
        standardise: bool,
    ) -> Result<LogisticRegression, DataError> {
        let path = if data.exists() { data.to_path_buf() } else { base.join(data) };
        let table = Table::read(&path, features, label).map_err(|fault| DataError { file: path.clone(), fault })?;
        let fail = |fault: DataFault| Err(DataError { file: path.clone(), fault });
        let signs: Vec<f64> =
            table.labels.iter().map(|value| if positive.contains(value) { 1.0 } else { -1.0 }).collect();
        if signs.windows(2).all(|pair| pair[0] == pair[1]) {
            let mut seen = table.labels;
            seen.sort_unstable();
            seen.dedup();
            return fail(DataFault::OneClass { positive: positive.to_vec(), label: label.into(), seen });
        }
        let mut columns = table.columns;
        if standardise {
            for (column, name) in columns.iter_mut().zip(features) {
                let count = column.len() as f64;
                let mean = column.iter().sum::<f64>() / count;
                let variance = column.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count;
                // Not the variance, which rounding can keep off zero.
                if column.iter().all(|value| *value == column[0]) {
                    return fail(DataFault::Constant { column: name.clone() });
                }
                for value in column {
                    *value = (*value - mean) / variance.sqrt();
                }
            }
        }
        let signed = |column: &Vec<f64>| column.iter().zip(&signs).map(|(value, sign)| value * sign).collect();
        Ok(LogisticRegression {
            first: signed(&columns[0]),
            second: columns.get(1).map_or_else(|| vec![0.0; signs.len()], signed),
            dimension: columns.len(),
        })
    }

    /// Means over all samples of `terms(weight(m_j), s_j x_j)`.
    fn means<const N: usize>(
        &self,
        theta: Point,
        weight: impl Fn(f64) -> f64,
        terms: impl Fn(f64, f64, f64) -> [f64; N],
    ) -> [f64; N] {
        let sums = pulp::Arch::new().dispatch(Sums { samples: self, theta, weight, terms });
        sums.map(|sum| sum / self.first.len() as f64)
    }
}

/// A pass over all samples, a block at a time, in plain loops that the compiler turns into the widest vectors that the
/// processor has.
struct Sums<'a, W, T> {
    samples: &'a LogisticRegression,
    theta: Point,
    weight: W,
    terms: T,
}

impl<const N: usize, W: Fn(f64) -> f64, T: Fn(f64, f64, f64) -> [f64; N]> pulp::WithSimd for Sums<'_, W, T> {
    type Output = [f64; N];

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) -> [f64; N] {
        let [x, y] = self.theta;
        let mut sums = [[0.0; LANES]; N];
        let mut weights = [0.0; BLOCK];
        for (first, second) in self.samples.first.chunks(BLOCK).zip(self.samples.second.chunks(BLOCK)) {
            let weights = &mut weights[..first.len()];
            for ((w, a), b) in weights.iter_mut().zip(first).zip(second) {
                *w = (self.weight)(x * a + y * b);
            }
            let ((weights, w), (first, a), (second, b)) =
                (weights.as_chunks::<LANES>(), first.as_chunks::<LANES>(), second.as_chunks::<LANES>());
            for ((weights, first), second) in weights.iter().zip(first).zip(second) {
                for lane in 0..LANES {
                    let found = (self.terms)(weights[lane], first[lane], second[lane]);
                    for k in 0..N {
                        sums[k][lane] += found[k];
                    }
                }
            }
            for ((w, a), b) in w.iter().zip(a).zip(b) {
                for (sum, term) in sums.iter_mut().zip((self.terms)(*w, *a, *b)) {
                    sum[0] += term;
                }
            }
        }
        sums.map(|lanes| lanes.iter().sum())
    }
}

/// The pass for the loss itself.
struct LossSum<'a> {
    samples: &'a LogisticRegression,
    theta: Point,
}

impl pulp::WithSimd for LossSum<'_> {
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) -> f64 {
        // log(1 + e^{−m}) = max(−m, 0) + log(1 + e^{−|m|}) does not overflow; the factors 1 + e^{−|m|} ≤ 2 of a block
        // are multiplied before the one logarithm.
        let [x, y] = self.theta;
        let mut sum = 0.0;
        let (mut factors, mut excess) = ([1.0; BLOCK], [0.0; BLOCK]);
        for (first, second) in self.samples.first.chunks(BLOCK).zip(self.samples.second.chunks(BLOCK)) {
            let length = first.len();
            for k in 0..length {
                let m = x * first[k] + y * second[k];
                factors[k] = 1.0 + exp(-m.abs());
                excess[k] = (-m).max(0.0);
            }
            sum += factors[..length].iter().product::<f64>().ln() + excess[..length].iter().sum::<f64>();
        }
        sum
    }
}

/// Samples in one block: it stays in the first cache.
const BLOCK: usize = 256;
/// Samples side by side: enough independent sums to fill the vector units.
const LANES: usize = 8;

/// p = 1/(1 + e^m).
#[inline(always)]
fn misfit(m: f64) -> f64 {
    1.0 / (1.0 + exp(m))
}

impl Landscape for LogisticRegression {
    fn dimension(&self) -> usize {
        self.dimension
    }
    fn value(&self, theta: Point) -> f64 {
        pulp::Arch::new().dispatch(LossSum { samples: self, theta }) / self.first.len() as f64
    }
    fn gradient(&self, theta: Point) -> Point {
        let [x, y] = self.means(theta, misfit, |p, a, b| [p * a, p * b]);
        [-x, -y]
    }
    fn hessian(&self, theta: Point) -> Tensor {
        let spread = |m: f64| {
            let p = misfit(m);
            p * (1.0 - p)
        };
        let [xx, xy, yy] = self.means(theta, spread, |w, a, b| [w * a * a, w * a * b, w * b * b]);
        Tensor { xx, xy, yy }
    }
    fn gradient_covariance(&self, theta: Point) -> Option<Tensor> {
        self.gradient_and_covariance(theta).map(|(_, covariance)| covariance)
    }
    fn gradient_and_covariance(&self, theta: Point) -> Option<(Point, Tensor)> {
        let [x, y, xx, xy, yy] = self.means(theta, misfit, |p, a, b| {
            let (u, v) = (p * a, p * b);
            [u, v, u * u, u * v, v * v]
        });
        Some(([-x, -y], Tensor { xx: xx - x * x, xy: xy - x * y, yy: yy - y * y }))
    }
    fn typical_box(&self) -> (Point, Point) {
        // Weights of standardised features are of order one.
        ([-8.0; 2], [8.0; 2])
    }
    fn is_costly(&self) -> bool {
        true
    }
    fn sampled(&self) -> Option<&dyn SampleLoss> {
        Some(self)
    }
}

impl SampleLoss for LogisticRegression {
    fn samples(&self) -> Samples<'_> {
        Samples::Rows(&self.first, &self.second)
    }
    fn sample_gradient(&self, [x, y]: Point, [a, b]: Point) -> Point {
        let p = misfit(x * a + y * b);
        [-p * a, -p * b]
    }
}

/// The wanted columns of a CSV file.
struct Table {
    columns: Vec<Vec<f64>>,
    labels: Vec<String>,
}

impl Table {
    fn read(path: &Path, features: &[String], label: &str) -> Result<Table, DataFault> {
        let mut reader = csv::ReaderBuilder::new()
            .trim(csv::Trim::All)
            .from_path(path)
            .map_err(|fault| DataFault::Unreadable { reason: fault.to_string() })?;
        let header = reader.headers().map_err(|fault| DataFault::Header { reason: fault.to_string() })?.clone();
        let wanted: Vec<usize> =
            features.iter().map(|name| place(&header, Column::Feature, name)).collect::<Result<_, _>>()?;
        let label_place = place(&header, Column::Label, label)?;
        let mut table = Table { columns: vec![Vec::new(); wanted.len()], labels: Vec::new() };
        for record in reader.records() {
            let record = record.map_err(|fault| DataFault::Line {
                line: fault.position().map(csv::Position::line),
                reason: fault.to_string(),
            })?;
            let line = record.position().map_or(0, csv::Position::line);
            let field = |place: usize| record.get(place).unwrap_or("");
            for (column, &place) in table.columns.iter_mut().zip(&wanted) {
                let value = field(place).parse::<f64>().ok().filter(|value| value.is_finite());
                column.push(value.ok_or_else(|| DataFault::NotANumber {
                    line,
                    column: header[place].to_string(),
                    field: field(place).to_string(),
                })?);
            }
            table.labels.push(field(label_place).to_string());
        }
        if table.labels.is_empty() { Err(DataFault::Empty) } else { Ok(table) }
    }
}

/// The place of a column in the header.
fn place(header: &csv::StringRecord, role: Column, wanted: &str) -> Result<usize, DataFault> {
    header.iter().position(|column| column == wanted).ok_or_else(|| DataFault::MissingColumn {
        wanted: wanted.to_string(),
        role,
        nearest: header
            .iter()
            .min_by_key(|column| strsim::damerau_levenshtein(column, wanted))
            .unwrap_or("")
            .to_string(),
        all: header.iter().map(str::to_string).collect(),
    })
}
