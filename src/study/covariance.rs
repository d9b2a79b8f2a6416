//! The covariance C of the gradient noise against the Hessian H of a model at one point (Eqs. 5–7 of the paper, Fig.
//! 2).
//!
//! ```text
//! C(θ)/B against H(θ)/B,   C = (1/N) Σ_n (∇ℓ_n − g)(∇ℓ_n − g)ᵀ
//! ```
//! over all ordered pairs (i, j) whose H_ij lies where the paper shows it: [1e-4, 0.5] in the basis of H's
//! eigenvectors, which leaves the diagonal, and |H_ij| ≤ 0.03 in the parameters. The slope is that of the line through
//! the origin, Σ xy/Σ x², r is Pearson's. Both sides fall with B alike, so slope and r are the same for every B.

use serde::Serialize;

use super::memory::allowed;
use crate::model::Model;
use crate::model::training::{Effort, Trained, TrainingError, eigenpairs, initial, minimise};
use crate::progress::Progress;

/// Batch sizes that are compared.
const BATCH_SIZES: [u32; 4] = [1, 10, 20, 30];
/// Elements of H that are compared in its eigenbasis (paper, Fig. 2).
const EIGEN: [f64; 2] = [1e-4, 0.5];
/// Largest |H_ij| that is compared in the parameters.
const ORIGINAL: f64 = 0.03;
/// Matrices beside those that sums need: H, C, eigenvectors and their working copies.
const MATRICES: f64 = 6.0;

/// The point at which C and H are compared.
#[derive(Clone, Debug, PartialEq)]
pub enum Weights {
    /// The minimiser of a convex loss.
    Minimiser,
    /// What training from random weights leads to.
    Seed(u64),
    /// These.
    Given(Vec<f64>),
}

/// C against H in one basis at one batch size.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// B.
    pub batch_size: u32,
    /// `eigen` or `original`.
    pub basis: &'static str,
    /// The slope of the line through the origin; `None` without elements.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slope: Option<f64>,
    /// Centred; `None` where all H or all C are the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pearson_r: Option<f64>,
    /// Pairs (i, j).
    pub elements: usize,
}

/// What was found.
#[derive(Clone, Debug)]
pub struct CovarianceStudy {
    /// θ.
    pub theta: Vec<f64>,
    /// N.
    pub samples: usize,
    /// Rows of the file that lacked a value.
    pub dropped: usize,
    /// L(θ).
    pub loss: f64,
    /// |∇L(θ)|.
    pub gradient_norm: f64,
    /// H's, descending.
    pub eigenvalues: Vec<f64>,
    /// Both bases, every batch size.
    pub comparisons: Vec<Comparison>,
    /// (H_ii, C_ii) in H's eigenbasis, where compared.
    pub eigen: Vec<[f64; 2]>,
    /// (H_ij, C_ij) in the parameters, where compared.
    pub original: Vec<[f64; 2]>,
    /// How the point was found, if it was.
    pub training: Option<Trained>,
}

/// Why there is no comparison.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum CovarianceError {
    /// No point.
    #[error(transparent)]
    Training(#[from] TrainingError),
    /// A convex loss whose minimiser was not reached.
    #[error(
        "Newton's method ended at |∇L| = {gradient_norm:e} after {steps} steps, where at most {aim:e} was asked for"
    )]
    NotReached {
        /// |∇L|.
        gradient_norm: f64,
        /// What was asked for.
        aim: f64,
        /// Steps.
        steps: usize,
    },
    /// Full matrices do not fit.
    #[error(
        "C and H of {parameters} parameters need {:.1} GiB, and {:.1} GiB may be used: take fewer features or narrower layers, or the \
         library's products with the Hessian, which need no matrix", needed / f64::from(1 << 30), allowed / f64::from(1 << 30)
    )]
    TooLarge {
        /// p.
        parameters: usize,
        /// Bytes.
        needed: f64,
        /// Bytes.
        allowed: f64,
    },
}

/// Finds the point, then C and H there.
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
    progress.begin("Hessian and covariance", 3);
    let step = || match progress.is_interrupted() {
        true => Err(TrainingError::Interrupted),
        false => {
            progress.advance(1);
            Ok(())
        }
    };
    let hessian = model.hessian(&theta);
    step()?;
    let noise = model.covariance(&theta).matrix;
    step()?;
    let (eigenvalues, vectors) = eigenpairs(&hessian, p).ok_or(TrainingError::Eigenvalues { loss })?;
    step()?;
    // H is diagonal there: no other element reaches the window.
    let inside = (0..p).filter(|&k| (EIGEN[0]..=EIGEN[1]).contains(&eigenvalues[k]));
    let eigen: Vec<[f64; 2]> =
        inside.map(|k| [eigenvalues[k], quadratic(&noise, &vectors[k * p..(k + 1) * p])]).collect();
    let pairs = hessian.iter().zip(&noise).filter(|(h, _)| h.abs() <= ORIGINAL);
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
        training,
    })
}

/// u·Mu.
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
