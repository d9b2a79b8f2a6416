//! The norm of the gradient noise of minibatches, beside that of Gaussian noise of the same covariance.
//!
//! ```text
//! ξ = (1/B) Σ_{j ∈ batch} ∇ℓ_j − g          B indices j, drawn uniformly with replacement
//! E|ξ|² = tr C/B                             for both
//! Var|ξ|² = 2 tr C²/B² + κ/B³,   κ = E|x|⁴ − (tr C)² − 2 tr C²,   x = ∇ℓ_j − g        Gaussian: κ = 0
//! ```
//! κ is exact, a sum over all samples. The distance between the two distributions is that of Kolmogorov and Smirnov
//! between norms that are drawn from each.
//!
//! Source: paper, Fig. 1; Smirnov 1948.

use rayon::prelude::*;
use serde::Serialize;

use super::directions::normal;
use super::sums::{Covariance, Model};
use super::training::uniform;

/// The number of norms drawn from each distribution.
const DRAWS: usize = 4096;
/// The probabilities of the quantiles that are given.
const QUANTILES: [f64; 3] = [0.05, 0.5, 0.95];

/// The norm of minibatch noise for one batch size, against the Gaussian with the same covariance.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NoiseNorm {
    /// The batch size B.
    pub batch_size: u32,
    /// Var|ξ|² over that of the Gaussian; 1 if Gaussian.
    pub variance_ratio: f64,
    /// The largest distance between the two distribution functions of |ξ|, from draws of each.
    pub kolmogorov_smirnov: f64,
    /// The probability of at least this distance if both distributions are the same.
    pub p_value: f64,
    /// The 5 %, 50 % and 95 % quantiles of |ξ|.
    pub quantiles: [f64; 3],
    /// The same of the Gaussian.
    pub gaussian_quantiles: [f64; 3],
    /// The norms that were drawn, ascending.
    #[serde(skip)]
    pub drawn: Vec<f64>,
    /// The same of the Gaussian.
    #[serde(skip)]
    pub gaussian: Vec<f64>,
}

/// The comparison for these batch sizes. `covariance`: at θ; `eigenvalues`: those of C.
pub fn noise_norms(
    model: &Model,
    theta: &[f64],
    covariance: &Covariance,
    eigenvalues: &[f64],
    batch_sizes: &[u32],
) -> Vec<NoiseNorm> {
    let trace: f64 = eigenvalues.iter().sum();
    let squares: f64 = eigenvalues.iter().map(|value| value * value).sum();
    let excess = fourth_moment(model, theta, &covariance.gradient) - trace * trace - 2.0 * squares;
    let compare = |&batch_size: &u32| {
        let own = sorted(|draw| minibatch_norm(model, theta, &covariance.gradient, batch_size, draw));
        let gaussian = sorted(|draw| gaussian_norm(eigenvalues, batch_size, draw));
        let distance = distance(&own, &gaussian);
        NoiseNorm {
            batch_size,
            variance_ratio: 1.0 + excess / (2.0 * squares * f64::from(batch_size)),
            kolmogorov_smirnov: distance,
            p_value: significance(distance),
            quantiles: QUANTILES.map(|p| own[(p * DRAWS as f64) as usize]),
            gaussian_quantiles: QUANTILES.map(|p| gaussian[(p * DRAWS as f64) as usize]),
            drawn: own,
            gaussian,
        }
    };
    batch_sizes.iter().map(compare).collect()
}

/// E|∇ℓ_j − g|⁴.
fn fourth_moment(model: &Model, theta: &[f64], mean: &[f64]) -> f64 {
    let mut sum = 0.0;
    model.sample_gradients(theta, 0..model.samples.len(), |_, gradient| {
        sum += square_distance(gradient, mean).powi(2);
    });
    sum / model.samples.len() as f64
}

fn square_distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum()
}

/// The norms of all draws, ascending; each draw has random numbers of its own.
fn sorted(norm: impl Fn(u64) -> f64 + Sync + Send) -> Vec<f64> {
    let mut norms: Vec<f64> = (0..DRAWS as u64).into_par_iter().map(norm).collect();
    norms.sort_by(f64::total_cmp);
    norms
}

/// The state of the random numbers of one draw, far from those of all others.
fn state(stream: u64, batch_size: u32, draw: u64) -> u64 {
    (stream << 60) ^ (u64::from(batch_size) << 40) ^ (draw << 16)
}

fn minibatch_norm(model: &Model, theta: &[f64], mean: &[f64], batch_size: u32, draw: u64) -> f64 {
    let mut state = state(1, batch_size, draw);
    let (mut sum, mut gradient) = (vec![0.0; theta.len()], vec![0.0; theta.len()]);
    let (mut pass, count) = (model.network.pass(), model.samples.len());
    for _ in 0..batch_size {
        let n = ((uniform(&mut state) * count as f64) as usize).min(count - 1);
        model.sample_gradient(theta, n, &mut pass, &mut gradient);
        sum.iter_mut().zip(&gradient).for_each(|(sum, entry)| *sum += entry);
    }
    sum.iter_mut().for_each(|entry| *entry /= f64::from(batch_size));
    square_distance(&sum, mean).sqrt()
}

/// |ξ| = √(Σ λ_i z_i²/B) with the eigenvalues λ of C and z standard normal.
fn gaussian_norm(eigenvalues: &[f64], batch_size: u32, draw: u64) -> f64 {
    let mut state = state(2, batch_size, draw);
    let terms = eigenvalues.iter().map(|value| value.max(0.0) * normal(&mut state).powi(2));
    (terms.sum::<f64>() / f64::from(batch_size)).sqrt()
}

/// The largest distance between the distribution functions of two ascending lists of equal length.
fn distance(one: &[f64], other: &[f64]) -> f64 {
    let (mut i, mut j, mut largest) = (0, 0, 0usize);
    while i < one.len() && j < other.len() {
        let value = one[i].min(other[j]);
        while i < one.len() && one[i] <= value {
            i += 1;
        }
        while j < other.len() && other[j] <= value {
            j += 1;
        }
        largest = largest.max(i.abs_diff(j));
    }
    largest as f64 / one.len() as f64
}

/// The asymptotic probability of at least this distance between two lists of [`DRAWS`].
fn significance(distance: f64) -> f64 {
    let root = (DRAWS as f64 / 2.0).sqrt();
    // Stephens's correction for finite lists.
    let x = (root + 0.12 + 0.11 / root) * distance;
    // The series does not converge where all terms are 1, and the probability is 1 there.
    if x < 0.2 {
        return 1.0;
    }
    let term = |k: i32| if k % 2 == 1 { 1.0 } else { -1.0 } * (-2.0 * f64::from(k * k) * x * x).exp();
    (2.0 * (1..100).map(term).sum::<f64>()).clamp(0.0, 1.0)
}
