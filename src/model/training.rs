//! The way to a minimum of a model's loss.
//!
//! L-BFGS with backtracking where there are many parameters and no convexity, then Newton's method with the exact
//! Hessian: the step is −Σ uᵢ (uᵢ·∇L)/(|λᵢ| + μ) over H's eigenpairs, which goes down along directions of negative
//! curvature too, with μ raised until L falls and lowered afterwards. It ends where |∇L| is below a fraction of the
//! root mean square norm of the samples' gradients at the start, a length that scales with the data. Numbers of steps
//! are bounded, so that the same seed gives the same bytes.
//!
//! What it does not do: tell a minimum of a network from a saddle that is flat to rounding, or from the best minimum.
//!
//! Source: Liu & Nocedal 1989; Nocedal & Wright 2006, chapter 3; Dauphin et al. 2014 (absolute eigenvalues).

use std::collections::VecDeque;

use faer::linalg::solvers::SelfAdjointEigen;
use faer::{MatRef, Side};

use super::network::Activation;
use super::sums::Model;
use crate::progress::Progress;

/// Pairs that L-BFGS remembers.
const MEMORY: usize = 20;
/// Sufficient decrease of a step along its slope (Nocedal & Wright, 3.4).
const DECREASE: f64 = 1e-4;
/// Halvings of a step before the line search gives up: the step is then below rounding.
const HALVINGS: usize = 50;
/// Share of |∇L| at the start below which Newton's method takes over from L-BFGS.
const HANDOVER: f64 = 1e-3;
/// Increase of L that rounding of its sum may cause.
const ROUNDING: f64 = 1e-14;

/// When to end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Effort {
    /// Goal: |∇L| over the root mean square norm of one sample's gradient at the start.
    pub aim: f64,
    /// Most steps of L-BFGS.
    pub gradient_steps: usize,
    /// Most steps of Newton's method.
    pub newton_steps: usize,
}

impl Effort {
    /// The effort for a regression, which is convex: Newton's method alone.
    pub const REGRESSION: Effort = Effort { aim: 1e-12, gradient_steps: 0, newton_steps: 200 };
    /// The effort for a network: some minutes for 10,000 samples and 350 parameters.
    pub const NETWORK: Effort = Effort { aim: 1e-8, gradient_steps: 1500, newton_steps: 100 };
}

/// Where training ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Trained {
    /// θ.
    pub theta: Vec<f64>,
    /// L(θ).
    pub loss: f64,
    /// |∇L(θ)|.
    pub gradient_norm: f64,
    /// The norm that was aimed at.
    pub aim: f64,
    /// Steps of L-BFGS and of Newton's method.
    pub steps: [usize; 2],
}

impl Trained {
    /// Whether the aim was reached.
    pub fn is_converged(&self) -> bool {
        self.gradient_norm <= self.aim
    }
}

/// Training that ended without weights.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum TrainingError {
    /// It was asked to stop.
    #[error("interrupted")]
    Interrupted,
    /// The loss at the start is no number.
    #[error("the loss is {loss} at the starting weights")]
    NotFinite {
        /// L.
        loss: f64,
    },
    /// The loss falls for ever.
    #[error(
        "a hyperplane separates the two classes: the loss falls without end as the weights grow, and has no minimum"
    )]
    Separated,
    /// The eigenvalues of the Hessian could not be found.
    #[error("the eigenvalues of the Hessian at a loss of {loss} could not be found")]
    Eigenvalues {
        /// L.
        loss: f64,
    },
}

/// A point with what is known there.
#[derive(Clone)]
struct Place {
    theta: Vec<f64>,
    loss: f64,
    gradient: Vec<f64>,
}

impl Place {
    fn at(model: &Model, theta: Vec<f64>) -> Place {
        let (loss, gradient) = model.loss_and_gradient(&theta);
        Place { theta, loss, gradient }
    }

    fn norm(&self) -> f64 {
        dot(&self.gradient, &self.gradient).sqrt()
    }
}

/// Weights to begin with: uniform within ±√(6/(inputs + outputs)) for tanh and ±√(6/inputs) for rectified units, biases
/// 0.
///
/// Source: Glorot & Bengio 2010; He et al. 2015.
pub fn initial(model: &Model, seed: u64) -> Vec<f64> {
    let mut theta = vec![0.0; model.parameters()];
    let mut state = seed;
    for layer in model.network.layers() {
        let fan = match model.network.activation() {
            Activation::Tanh => layer.inputs + layer.outputs,
            Activation::Relu => layer.inputs,
        };
        let bound = (6.0 / fan as f64).sqrt();
        theta[layer.weights()].iter_mut().for_each(|weight| *weight = bound * (2.0 * uniform(&mut state) - 1.0));
    }
    theta
}

/// The next number in [0, 1) of SplitMix64 (Steele, Lea & Flood 2014).
pub(super) fn uniform(state: &mut u64) -> f64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
}

/// Goes from `start` to a minimum; that it was not reached within the bounds is said in what is returned.
///
/// # Errors
/// [`TrainingError`]: an interruption, a loss that is no number, or one without a minimum.
pub fn minimise(model: &Model, start: Vec<f64>, effort: Effort, progress: &Progress) -> Result<Trained, TrainingError> {
    let mut place = Place::at(model, start);
    if !place.loss.is_finite() {
        return Err(TrainingError::NotFinite { loss: place.loss });
    }
    let (_, _, square) = model.data_terms(&place.theta);
    let aim = effort.aim * square.sqrt();
    progress.begin("training: L-BFGS", effort.gradient_steps as u64);
    let handover = aim.max(HANDOVER * place.norm());
    let gradient_steps = quasi_newton(model, &mut place, handover, effort.gradient_steps, progress)?;
    progress.begin("training: Newton", effort.newton_steps as u64);
    let newton_steps = newton(model, &mut place, aim, effort.newton_steps, progress)?;
    if model.l2 == 0.0 && model.is_separated(&place.theta) {
        return Err(TrainingError::Separated);
    }
    let gradient_norm = place.norm();
    Ok(Trained { theta: place.theta, loss: place.loss, gradient_norm, aim, steps: [gradient_steps, newton_steps] })
}

/// L-BFGS until |∇L| is at most `goal`; returns the number of steps.
fn quasi_newton(
    model: &Model,
    place: &mut Place,
    goal: f64,
    most: usize,
    progress: &Progress,
) -> Result<usize, TrainingError> {
    let mut pairs: VecDeque<(Vec<f64>, Vec<f64>, f64)> = VecDeque::new();
    for step in 0..most {
        if progress.is_interrupted() {
            return Err(TrainingError::Interrupted);
        }
        if place.norm() <= goal {
            return Ok(step);
        }
        let mut direction = two_loops(&place.gradient, &pairs);
        if dot(&direction, &place.gradient) >= 0.0 {
            pairs.clear();
            direction = place.gradient.iter().map(|entry| -entry).collect();
        }
        if pairs.is_empty() {
            let norm = place.norm().max(1.0);
            direction.iter_mut().for_each(|entry| *entry /= norm);
        }
        let slope = dot(&direction, &place.gradient);
        let tried = (0..HALVINGS).map(|halving| {
            let length = 0.5f64.powi(halving as i32);
            let theta = moved(&place.theta, length, &direction);
            (length, Place::at(model, theta))
        });
        let accepted = |(length, next): &(f64, Place)| next.loss <= place.loss + DECREASE * length * slope;
        let Some((_, next)) = tried.into_iter().find(accepted) else { return Ok(step) };
        let s = difference(&next.theta, &place.theta);
        let y = difference(&next.gradient, &place.gradient);
        let curvature = dot(&s, &y);
        if curvature > 1e-10 * (dot(&s, &s) * dot(&y, &y)).sqrt() {
            if pairs.len() == MEMORY {
                pairs.pop_front();
            }
            pairs.push_back((s, y, curvature));
        }
        *place = next;
        progress.advance(1);
    }
    Ok(most)
}

/// −(inverse Hessian of the pairs) ∇L.
fn two_loops(gradient: &[f64], pairs: &VecDeque<(Vec<f64>, Vec<f64>, f64)>) -> Vec<f64> {
    let mut q = gradient.to_vec();
    let mut alphas = Vec::with_capacity(pairs.len());
    for (s, y, curvature) in pairs.iter().rev() {
        let alpha = dot(s, &q) / curvature;
        q.iter_mut().zip(y).for_each(|(q, y)| *q -= alpha * y);
        alphas.push(alpha);
    }
    if let Some((_, y, curvature)) = pairs.back() {
        let scale = curvature / dot(y, y);
        q.iter_mut().for_each(|q| *q *= scale);
    }
    for ((s, y, curvature), alpha) in pairs.iter().zip(alphas.iter().rev()) {
        let beta = dot(y, &q) / curvature;
        q.iter_mut().zip(s).for_each(|(q, s)| *q += (alpha - beta) * s);
    }
    q.iter_mut().for_each(|q| *q = -*q);
    q
}

/// Damped Newton until |∇L| is at most `goal` or no step helps; returns the number of steps.
fn newton(
    model: &Model,
    place: &mut Place,
    goal: f64,
    most: usize,
    progress: &Progress,
) -> Result<usize, TrainingError> {
    let p = model.parameters();
    // In units of the largest eigenvalue.
    let mut damping = 1e-6;
    for step in 0..most {
        if place.norm() <= goal {
            return Ok(step);
        }
        let hessian = model.hessian(&place.theta);
        let (values, vectors) = eigenpairs(&hessian, p).ok_or(TrainingError::Eigenvalues { loss: place.loss })?;
        let largest = values.iter().fold(0.0f64, |largest, value| largest.max(value.abs()));
        let along: Vec<f64> = (0..p).map(|k| dot(&vectors[k * p..(k + 1) * p], &place.gradient)).collect();
        let mut next = None;
        // Up to steps of 1e-10 of a gradient step, and down to undamped ones.
        while next.is_none() && damping < 1e10 {
            if progress.is_interrupted() {
                return Err(TrainingError::Interrupted);
            }
            let mut theta = place.theta.clone();
            for k in 0..p {
                let factor = along[k] / (values[k].abs() + damping * largest).max(f64::MIN_POSITIVE);
                theta.iter_mut().zip(&vectors[k * p..(k + 1) * p]).for_each(|(t, u)| *t -= factor * u);
            }
            let tried = Place::at(model, theta);
            let falls = tried.loss < place.loss;
            // At the end L changes by its rounding alone, and the gradient tells.
            let settles = tried.loss <= place.loss + ROUNDING * place.loss.abs() && tried.norm() < 0.9 * place.norm();
            if falls || settles {
                next = Some(tried);
                damping = (damping * 0.1).max(1e-14);
            } else {
                damping *= 10.0;
            }
        }
        let Some(next) = next else { return Ok(step) };
        *place = next;
        progress.advance(1);
    }
    Ok(most)
}

/// Eigenvalues, descending, and unit eigenvectors, one after the other, of a symmetric matrix; `None` where they could
/// not be found.
pub fn eigenpairs(matrix: &[f64], p: usize) -> Option<(Vec<f64>, Vec<f64>)> {
    let found = SelfAdjointEigen::new(MatRef::from_column_major_slice(matrix, p, p), Side::Lower).ok()?;
    let (values, vectors) = (found.S().column_vector(), found.U());
    let sorted: Vec<f64> = (0..p).rev().map(|k| values[k]).collect();
    let columns = (0..p).rev().flat_map(|k| (0..p).map(move |i| vectors[(i, k)])).collect();
    sorted.iter().all(|value| value.is_finite()).then_some((sorted, columns))
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn difference(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a - b).collect()
}

fn moved(from: &[f64], length: f64, direction: &[f64]) -> Vec<f64> {
    from.iter().zip(direction).map(|(from, step)| from + length * step).collect()
}
