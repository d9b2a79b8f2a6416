//! The covariance C of the gradient noise compared with the Hessian H of a model at one point (Eqs. 5–7 of the paper,
//! Fig. 2).
//!
//! ```text
//! C(θ)/B against H(θ)/B,   C = (1/N) Σ_n (∇ℓ_n − g)(∇ℓ_n − g)ᵀ
//! ```
//! The comparison is over all ordered pairs (i, j) whose H_ij is in the range that the paper shows: [1e-4, 0.5] in the
//! basis of H's eigenvectors, which leaves the diagonal, and |H_ij| ≤ 0.03 in the parameters. The slope is that of the
//! line through the origin, Σ xy/Σ x², r is Pearson's. Both sides fall with B alike, so slope and r are the same for
//! every B.

use serde::Serialize;

use super::memory::allowed;
use crate::model::training::{Effort, Trained, TrainingError, eigenpairs, initial, minimise};
use crate::model::{Model, NoiseNorm, noise_norms};
use crate::progress::Progress;

/// The batch sizes for which C and H are compared.
const BATCH_SIZES: [u32; 4] = [1, 10, 20, 30];
/// The range of the elements of H that are compared in its eigenbasis (paper, Fig. 2).
const EIGEN: [f64; 2] = [1e-4, 0.5];
/// The largest |H_ij| that is compared in the basis of the parameters.
const ORIGINAL: f64 = 0.03;
/// The number of p × p matrices in memory besides those of the sums: H, C, the eigenvectors and working copies.
const MATRICES: f64 = 6.0;

/// The point at which C and H are compared.
#[derive(Clone, Debug, PartialEq)]
pub enum Weights {
    /// The minimiser of a convex loss.
    Minimiser,
    /// The end of a training that starts from random weights.
    Seed(u64),
    /// The random weights with this seed, without any training.
    Random(u64),
    /// The given weights.
    Given(Vec<f64>),
}

/// The comparison of C with H in one basis at one batch size.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// The batch size B.
    pub batch_size: u32,
    /// The name of the basis, `eigen` or `original`.
    pub basis: &'static str,
    /// The slope of the line through the origin; `None` without elements.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slope: Option<f64>,
    /// Pearson's correlation coefficient; `None` where all elements of H or all of C are equal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pearson_r: Option<f64>,
    /// The number of pairs (i, j).
    pub elements: usize,
}

/// The result of the comparison.
#[derive(Clone, Debug)]
pub struct CovarianceStudy {
    /// The point θ.
    pub theta: Vec<f64>,
    /// The number N of samples.
    pub samples: usize,
    /// The number of rows of the file that lacked a value.
    pub dropped: usize,
    /// The loss L(θ).
    pub loss: f64,
    /// The norm of the gradient, |∇L(θ)|.
    pub gradient_norm: f64,
    /// The eigenvalues of H in descending order.
    pub eigenvalues: Vec<f64>,
    /// The comparisons in both bases at each batch size.
    pub comparisons: Vec<Comparison>,
    /// The compared pairs (H_ii, C_ii) in the eigenbasis of H.
    pub eigen: Vec<[f64; 2]>,
    /// The compared pairs (H_ij, C_ij) in the basis of the parameters.
    pub original: Vec<[f64; 2]>,
    /// The norm of the noise of minibatches against that of a Gaussian of the same covariance.
    pub noise: Vec<NoiseNorm>,
    /// The training that led to the point, if there was one.
    pub training: Option<Trained>,
}

impl CovarianceStudy {
    /// The number of negative eigenvalues, and of those that are zero to the rounding of the largest.
    pub fn negative_and_zero(&self) -> [usize; 2] {
        let largest = self.eigenvalues.iter().fold(0.0f64, |largest, value| largest.max(value.abs()));
        let rounding = f64::EPSILON * self.eigenvalues.len() as f64 * largest;
        let count = |is_it: &dyn Fn(f64) -> bool| self.eigenvalues.iter().filter(|value| is_it(**value)).count();
        [count(&|value| value < -rounding), count(&|value| value.abs() <= rounding)]
    }
}

/// The reason for which there is no comparison.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum CovarianceError {
    /// The training or the minimisation failed.
    #[error(transparent)]
    Training(#[from] TrainingError),
    /// The minimiser of a convex loss was not reached.
    #[error(
        "Newton's method ended at |∇L| = {gradient_norm:e} after {steps} steps, where at most {aim:e} was asked for"
    )]
    NotReached {
        /// The norm |∇L| that was reached.
        gradient_norm: f64,
        /// The norm that was asked for.
        aim: f64,
        /// The number of steps taken.
        steps: usize,
    },
    /// The full matrices do not fit into memory.
    #[error(
        "C and H of {parameters} parameters need {:.1} GiB, and {:.1} GiB may be used: take fewer features or narrower layers, or the \
         library's products with the Hessian, which need no matrix", needed / f64::from(1 << 30), allowed / f64::from(1 << 30)
    )]
    TooLarge {
        /// The number p of parameters.
        parameters: usize,
        /// The number of bytes needed.
        needed: f64,
        /// The number of bytes that may be used.
        allowed: f64,
    },
}

/// Determines the point and compares C with H there.
///
/// # Errors
/// [`CovarianceError`]: no point, or matrices that are too large.
pub fn covariance(model: &Model, weights: Weights, progress: &Progress) -> Result<CovarianceStudy, CovarianceError> {
    let p = model.parameters();
    let needed = model.matrix_bytes() + 8.0 * MATRICES * (p as f64).powi(2);
    let allowed = allowed() as f64;
    if needed > allowed {
        return Err(CovarianceError::TooLarge { parameters: p, needed, allowed });
    }
    let (theta, training) = match weights {
        Weights::Given(theta) => (theta, None),
        Weights::Random(seed) => (initial(model, seed), None),
        Weights::Minimiser => {
            let found = minimise(model, vec![0.0; p], Effort::REGRESSION, progress)?;
            if !found.is_converged() {
                let Trained { gradient_norm, aim, steps, .. } = found;
                return Err(CovarianceError::NotReached { gradient_norm, aim, steps: steps[1] });
            }
            (found.theta.clone(), Some(found))
        }
        Weights::Seed(seed) => {
            let found = minimise(model, initial(model, seed), Effort::NETWORK, progress)?;
            (found.theta.clone(), Some(found))
        }
    };
    compare(model, theta, training, progress)
}

fn compare(
    model: &Model,
    theta: Vec<f64>,
    training: Option<Trained>,
    progress: &Progress,
) -> Result<CovarianceStudy, CovarianceError> {
    let p = model.parameters();
    let (loss, gradient) = model.loss_and_gradient(&theta);
    if !loss.is_finite() {
        return Err(TrainingError::NotFinite { loss }.into());
    }
    progress.begin("Hessian and covariance", 4);
    let step = || match progress.is_interrupted() {
        true => Err(TrainingError::Interrupted),
        false => {
            progress.advance(1);
            Ok(())
        }
    };
    let hessian = model.hessian(&theta);
    step()?;
    let covariance = model.covariance(&theta);
    let noise = &covariance.matrix;
    step()?;
    let (eigenvalues, vectors) = eigenpairs(&hessian, p).ok_or(TrainingError::Eigenvalues { loss })?;
    step()?;
    let (spread, _) = eigenpairs(noise, p).ok_or(TrainingError::Eigenvalues { loss })?;
    let norms = noise_norms(model, &theta, &covariance, &spread, &BATCH_SIZES);
    step()?;
    // H is diagonal in this basis: off-diagonal elements are outside the range.
    let inside = (0..p).filter(|&k| (EIGEN[0]..=EIGEN[1]).contains(&eigenvalues[k]));
    let eigen: Vec<[f64; 2]> =
        inside.map(|k| [eigenvalues[k], quadratic(noise, &vectors[k * p..(k + 1) * p])]).collect();
    let pairs = hessian.iter().zip(noise).filter(|(h, _)| h.abs() <= ORIGINAL);
    let original: Vec<[f64; 2]> = pairs.map(|(h, c)| [*h, *c]).collect();
    let mut comparisons = Vec::new();
    for batch_size in BATCH_SIZES {
        comparisons.push(comparison(batch_size, "eigen", &eigen));
        comparisons.push(comparison(batch_size, "original", &original));
    }
    Ok(CovarianceStudy {
        samples: model.samples.len(),
        dropped: model.samples.dropped,
        gradient_norm: gradient.iter().map(|entry| entry * entry).sum::<f64>().sqrt(),
        theta,
        loss,
        eigenvalues,
        comparisons,
        eigen,
        original,
        noise: norms,
        training,
    })
}

/// The quadratic form u·Mu.
fn quadratic(matrix: &[f64], u: &[f64]) -> f64 {
    let rows = matrix.chunks_exact(u.len());
    rows.zip(u).map(|(row, u_i)| u_i * row.iter().zip(u).map(|(entry, u_j)| entry * u_j).sum::<f64>()).sum()
}

fn comparison(batch_size: u32, basis: &'static str, elements: &[[f64; 2]]) -> Comparison {
    let scaled = || elements.iter().map(|[h, c]| [h / f64::from(batch_size), c / f64::from(batch_size)]);
    let count = elements.len() as f64;
    let sum = |f: &dyn Fn([f64; 2]) -> f64| scaled().map(f).sum::<f64>();
    let (x, y) = (sum(&|[x, _]| x) / count, sum(&|[_, y]| y) / count);
    let (xx, yy) = (sum(&|e| (e[0] - x).powi(2)), sum(&|e| (e[1] - y).powi(2)));
    let slope = sum(&|[x, y]| x * y) / sum(&|[x, _]| x * x);
    let pearson_r = sum(&|e| (e[0] - x) * (e[1] - y)) / (xx.sqrt() * yy.sqrt());
    Comparison {
        batch_size,
        basis,
        slope: slope.is_finite().then_some(slope),
        pearson_r: pearson_r.is_finite().then_some(pearson_r),
        elements: elements.len(),
    }
}
