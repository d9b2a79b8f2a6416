//! Logistic regression on a data set, without intercept.
//!
//! ```text
//! L(θ) = mean_j log(1 + e^{−m_j}),   m_j = s_j θ·x_j,   s_j = ±1
//! ∇L = −mean p_j s_j x_j,   H = mean p_j (1 − p_j) x_j x_jᵀ,   p_j = 1/(1 + e^{m_j})
//! C(θ) = mean p_j² x_j x_jᵀ − ∇L ∇Lᵀ        the covariance of one sample's gradient
//! ```
//! All sums run over all samples, exactly; callers spread the points θ over threads. Source: paper, Setting 2 and Eq. 5.

use std::path::{Path, PathBuf};

use crate::problem::error::ProblemError;
use crate::problem::landscape::Landscape;
use crate::tensor::{Point, Tensor};

/// The samples s_j x_j, component by component, and the dimension.
pub struct LogisticRegression {
    /// s_j x_j along the first feature.
    first: Vec<f64>,
    /// s_j x_j along the second feature; zeros in one dimension.
    second: Vec<f64>,
    dimension: usize,
}

/// p = 1/(1 + e^m), without overflow for any m.
fn misfit(m: f64) -> f64 {
    1.0 / (1.0 + m.exp())
}

impl LogisticRegression {
    /// Reads a CSV file with a header line.
    ///
    /// # Errors
    /// [`ProblemError::Data`] naming the file, the line and the column.
    pub fn read(
        data: &Path,
        base: &Path,
        features: &[String],
        label: &str,
        positive: &[String],
        standardise: bool,
    ) -> Result<LogisticRegression, ProblemError> {
        let path = if data.exists() { data.to_path_buf() } else { base.join(data) };
        let table = Table::read(&path, features, label)?;
        let fail = |message: String| Err(ProblemError::Data { file: path.display().to_string(), message });
        let signs: Vec<f64> =
            table.labels.iter().map(|value| if positive.contains(value) { 1.0 } else { -1.0 }).collect();
        if signs.windows(2).all(|pair| pair[0] == pair[1]) {
            let mut seen: Vec<&str> = table.labels.iter().map(String::as_str).collect();
            seen.sort_unstable();
            seen.dedup();
            return fail(format!(
                "all rows are of one class: landscape.positive = {positive:?} must name some, not all, of the labels in column \
                 `{label}` ({})",
                seen.join(", ")
            ));
        }
        let mut columns = table.columns;
        if standardise {
            for (column, name) in columns.iter_mut().zip(features) {
                let count = column.len() as f64;
                let mean = column.iter().sum::<f64>() / count;
                let variance = column.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count;
                if variance <= 0.0 {
                    return fail(format!(
                        "column `{name}` has the same value in every row and cannot be standardised: leave it out of \
                         landscape.features"
                    ));
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

    fn mean(&self, sum: f64) -> f64 {
        sum / self.first.len() as f64
    }

    fn margins(&self, [x, y]: Point) -> impl Iterator<Item = (f64, f64, f64)> {
        self.first.iter().zip(&self.second).map(move |(&a, &b)| (a, b, x * a + y * b))
    }
}

impl Landscape for LogisticRegression {
    fn dimension(&self) -> usize {
        self.dimension
    }
    fn value(&self, theta: Point) -> f64 {
        // log(1 + e^{−m}) = max(−m, 0) + log1p(e^{−|m|}) does not overflow.
        self.mean(self.margins(theta).map(|(_, _, m)| (-m).max(0.0) + (-m.abs()).exp().ln_1p()).sum())
    }
    fn gradient(&self, theta: Point) -> Point {
        let [x, y] = self.margins(theta).fold([0.0; 2], |[x, y], (a, b, m)| {
            let p = misfit(m);
            [x - p * a, y - p * b]
        });
        [self.mean(x), self.mean(y)]
    }
    fn hessian(&self, theta: Point) -> Tensor {
        let sum = self.margins(theta).fold(Tensor::default(), |sum, (a, b, m)| {
            let p = misfit(m);
            sum.plus(Tensor { xx: a * a, xy: a * b, yy: b * b }.scaled(p * (1.0 - p)))
        });
        sum.scaled(self.mean(1.0))
    }
    fn gradient_covariance(&self, theta: Point) -> Option<Tensor> {
        self.gradient_and_covariance(theta).map(|(_, covariance)| covariance)
    }
    fn gradient_and_covariance(&self, theta: Point) -> Option<(Point, Tensor)> {
        let mut sums = [0.0; 5];
        for (a, b, m) in self.margins(theta) {
            let p = misfit(m);
            let (u, v) = (p * a, p * b);
            for (sum, term) in sums.iter_mut().zip([u, v, u * u, u * v, v * v]) {
                *sum += term;
            }
        }
        let [x, y, xx, xy, yy] = sums.map(|sum| self.mean(sum));
        Some(([-x, -y], Tensor { xx: xx - x * x, xy: xy - x * y, yy: yy - y * y }))
    }
    fn typical_box(&self) -> (Point, Point) {
        // Weights of standardised features are of order one.
        ([-8.0; 2], [8.0; 2])
    }
    fn is_costly(&self) -> bool {
        true
    }
}

/// The wanted columns of a CSV file.
struct Table {
    columns: Vec<Vec<f64>>,
    labels: Vec<String>,
}

impl Table {
    fn read(path: &PathBuf, features: &[String], label: &str) -> Result<Table, ProblemError> {
        let file = path.display().to_string();
        let error = |message: String| ProblemError::Data { file: file.clone(), message };
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_path(path).map_err(|fault| {
            error(format!(
                "cannot be read ({fault}): landscape.data is looked for in the working folder, then beside the configuration"
            ))
        })?;
        let header = reader.headers().map_err(|fault| error(format!("has no readable header line: {fault}")))?.clone();
        let place = |key: &str, name: &str| {
            header.iter().position(|column| column == name).ok_or_else(|| {
                let nearest = header.iter().min_by_key(|column| strsim::damerau_levenshtein(column, name));
                error(format!(
                    "has no column `{name}`, which {key} asks for; nearest is `{}`, all are: {}",
                    nearest.unwrap_or(""),
                    header.iter().collect::<Vec<_>>().join(", ")
                ))
            })
        };
        let wanted: Vec<usize> =
            features.iter().map(|name| place("landscape.features", name)).collect::<Result<_, _>>()?;
        let label_place = place("landscape.label", label)?;
        let mut table = Table { columns: vec![Vec::new(); wanted.len()], labels: Vec::new() };
        for (row, record) in reader.records().enumerate() {
            let line = row + 2;
            let record = record.map_err(|fault| error(format!("line {line} cannot be read: {fault}")))?;
            let field = |place: usize| record.get(place).unwrap_or("");
            for (column, &place) in table.columns.iter_mut().zip(&wanted) {
                let value = field(place).parse::<f64>().ok().filter(|value| value.is_finite()).ok_or_else(|| {
                    error(format!(
                        "line {line}, column `{}`: `{}` is not a finite number; mend the line or leave it out",
                        &header[place],
                        field(place)
                    ))
                })?;
                column.push(value);
            }
            table.labels.push(field(label_place).to_string());
        }
        if table.labels.is_empty() {
            return Err(error("has a header line but no rows".into()));
        }
        Ok(table)
    }
}
