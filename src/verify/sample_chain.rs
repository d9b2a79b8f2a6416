//! SGD with one sample per step as a Markov chain on cells, without the assumption of Gaussian noise and without random
//! numbers.
//!
//! ```text
//! θ' = θ − η ∇ℓ(θ, x_j),  j uniform          K(i, k) = probability of the samples that take the centre of cell i into cell k
//! ```
//! Ulam's method: the step from the centre stands for the steps from the whole cell, with an error of second order in
//! the cell width. The escape rate comes from subtraction-free elimination.

use crate::generator::{Generator, Rates};
use crate::scaled::Scaled;
use crate::sgd::SgdError;
use crate::solve::{Factor, Resources, quasi_stationary};

/// The iteration on an interval whose lower end reflects and whose upper end absorbs.
#[derive(Clone, Copy)]
pub struct SampleChain<'a> {
    /// The learning rate η.
    pub learning_rate: f64,
    /// ∇ℓ(θ, x).
    pub gradient: &'a dyn Fn(f64, f64) -> f64,
    /// The samples with their probabilities.
    pub samples: &'a [[f64; 2]],
    /// The lower and upper end of the interval.
    pub ends: [f64; 2],
    /// The point at which inverse iteration starts.
    pub start: f64,
}

impl SampleChain<'_> {
    /// The escape rate per iteration, on this number of cells.
    ///
    /// # Errors
    /// A failed elimination.
    pub fn escape(&self, cells: usize, resources: Resources<'_>) -> Result<Scaled, SgdError> {
        let [lower, upper] = self.ends;
        let width = (upper - lower) / cells as f64;
        let (mut starts, mut columns, mut values, mut killing) = (vec![0], Vec::new(), Vec::new(), Vec::new());
        for cell in 0..cells {
            let theta = lower + (cell as f64 + 0.5) * width;
            let (mut row, mut out) = (vec![0.0; cells], 0.0);
            for [sample, probability] in self.samples {
                let landing = theta - self.learning_rate * (self.gradient)(theta, *sample);
                let inside = if landing < lower { 2.0 * lower - landing } else { landing };
                match row.get_mut(((inside - lower) / width) as usize) {
                    Some(entry) if inside < upper => *entry += probability,
                    _ => out += probability,
                }
            }
            for (other, rate) in row.into_iter().enumerate() {
                if other != cell && rate > 0.0 {
                    columns.push(other as u32);
                    values.push(rate);
                }
            }
            starts.push(columns.len());
            killing.push(out);
        }
        let coordinates = (0..cells as i32).map(|cell| [cell, 0]).collect();
        let rates = Rates::new((cells, cells), starts, columns, values);
        let generator = Generator { rates, killing, coordinates, is_reversible: false };
        let origin = (((self.start - lower) / width) as usize).min(cells - 1);
        Ok(quasi_stationary(&Factor::new(&generator, origin, resources)?)?.rate)
    }
}

/// A quadrature rule for a standard normal variable: equidistant points with their probabilities, up to 9 standard
/// deviations.
pub fn normal(count: usize) -> Vec<[f64; 2]> {
    let step = 18.0 / count as f64;
    let places = (0..count).map(|k| -9.0 + (k as f64 + 0.5) * step);
    places.map(|x| [x, step * (-0.5 * x * x).exp() / std::f64::consts::TAU.sqrt()]).collect()
}
