//! Minimisation of a model's loss.
//!
//! L-BFGS with backtracking for networks, then Newton's method with the exact Hessian. Its step −Σ uᵢ (uᵢ·∇L)/(|λᵢ| +
//! μ) over the eigenpairs of H is a descent direction also with negative curvature. μ is raised until L falls, and
//! lowered afterwards. The iteration ends when |∇L| is below a fraction of the root mean square norm of the samples'
//! gradients at the start, a scale that the data give. The numbers of steps are bounded, so that the same seed gives
//! the same bits.
//!
//! Limits: a minimum of a network is not distinguished from a saddle that is flat to rounding, nor from the best
//! minimum.
//!
//! Source: Liu & Nocedal 1989; Nocedal & Wright 2006, chapter 3; Dauphin et al. 2014 (absolute eigenvalues).

use std::collections::VecDeque;

use faer::linalg::solvers::SelfAdjointEigen;
use faer::{MatRef, Side};

use super::network::Activation;
use super::sums::Model;
use crate::progress::Progress;

/// The number of pairs that L-BFGS keeps.
const MEMORY: usize = 20;
/// The sufficient-decrease parameter of the line search (Nocedal & Wright, 3.4).
const DECREASE: f64 = 1e-4;
/// The halvings of a step after which the line search stops: the step is then below rounding.
const HALVINGS: usize = 50;
/// The fraction of the initial |∇L| at which Newton's method takes over from L-BFGS.
const HANDOVER: f64 = 1e-3;
/// The relative increase of L that may be rounding of its sum.
const ROUNDING: f64 = 1e-14;

/// The stopping criteria.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Effort {
    /// The goal for |∇L|, relative to the root mean square norm of one sample's gradient at the start.
    pub aim: f64,
    /// The largest number of L-BFGS steps.
    pub gradient_steps: usize,
    /// The largest number of Newton steps.
    pub newton_steps: usize,
}

impl Effort {
    /// For regressions, which are convex: Newton's method alone.
    pub const REGRESSION: Effort = Effort { aim: 1e-12, gradient_steps: 0, newton_steps: 200 };
    /// For networks: some minutes for 10,000 samples and 350 parameters.
    pub const NETWORK: Effort = Effort { aim: 1e-8, gradient_steps: 1500, newton_steps: 100 };
}

/// The result of training.
#[derive(Clone, Debug, PartialEq)]
pub struct Trained {
    /// θ.
    pub theta: Vec<f64>,
    /// L(θ).
    pub loss: f64,
    /// |∇L(θ)|.
    pub gradient_norm: f64,
    /// The |∇L| that was aimed at.
    pub aim: f64,
    /// The number of L-BFGS and of Newton steps.
    pub steps: [usize; 2],
}

impl Trained {
    /// Whether the goal was reached.
    pub fn is_converged(&self) -> bool {
        self.gradient_norm <= self.aim
    }
}

/// Why training failed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum TrainingError {
    /// It was interrupted.
    #[error("interrupted")]
    Interrupted,
    /// The initial loss is not finite.
    #[error("the loss is {loss} at the starting weights")]
    NotFinite {
        /// L.
        loss: f64,
    },
    /// A logistic loss without a minimum: the classes are linearly separable.
    #[error(
        "a hyperplane separates the two classes: the loss falls without end as the weights grow, and has no minimum"
    )]
    Separated,
    /// The eigenvalues of the Hessian could not be computed.
    #[error("the eigenvalues of the Hessian at a loss of {loss} could not be found")]
    Eigenvalues {
        /// L.
        loss: f64,
    },
}

/// A point with its loss and gradient.
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

/// Initial weights: uniform within ±√(6/(inputs + outputs)) for tanh and ±√(6/inputs) for rectified units; biases 0.
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
pub(crate) fn uniform(state: &mut u64) -> f64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
}

/// Minimises the loss from `start`. If the bounds on steps end it early, [`Trained::is_converged`] is false.
///
/// # Errors
/// [`TrainingError`]: an interruption, an initial loss that is not finite, or a loss without a minimum.
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

/// −B ∇L with the L-BFGS approximation B of the inverse Hessian (two-loop recursion).
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

/// Damped Newton steps until |∇L| is at most `goal` or no step reduces it; returns the number of steps.
fn newton(
    model: &Model,
    place: &mut Place,
    goal: f64,
    most: usize,
    progress: &Progress,
) -> Result<usize, TrainingError> {
    let p = model.parameters();
    // μ in units of the largest |λ|.
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
        // From undamped steps down to 1e-10 of a gradient step.
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
            // Close to the minimum L changes by rounding only, and the gradient decides.
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

/// The eigenvalues of a symmetric matrix, descending, and its unit eigenvectors, one after the other; `None` if they
/// could not be computed.
pub fn eigenpairs(matrix: &[f64], p: usize) -> Option<(Vec<f64>, Vec<f64>)> {
    // On one thread: results do not depend on the number of threads.
    faer::set_global_parallelism(faer::Par::Seq);
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
