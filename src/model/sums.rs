//! Loss, gradient, Hessian and covariance of a model: sums over all samples.
//!
//! ```text
//! L(θ) = (1/N) Σ_n ℓ_n(θ) + λ/2 |θ|²
//! C(θ) = (1/N) Σ_n (∇ℓ_n − g)(∇ℓ_n − g)ᵀ,   g = (1/N) Σ_n ∇ℓ_n        (data term alone)
//! ```
//! The samples are divided into pieces whatever the number of threads. Every piece is summed in order, and so are the
//! pieces, so that results are the same to the bit on any number of threads.

use std::ops::Range;

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use rayon::prelude::*;

use super::lanes::{LANES, SideBySide};
use super::network::{Network, Pass};
use super::output::{Answer, Output};
use super::samples::{Samples, Targets};
use crate::tensor::Tensor;

/// The number of pieces for sums of vectors: enough for the threads of a large machine.
const PIECES: usize = 64;
/// The number of pieces for sums of matrices, each of which needs a matrix.
const MATRICES: usize = 8;
/// The number of samples in one matrix product.
const BATCH: usize = 128;

/// A network with its data and its penalty.
#[derive(Clone, Debug)]
pub struct Model {
    /// The network.
    pub network: Network,
    /// The data.
    pub samples: Samples,
    /// The penalty λ ≥ 0 in λ/2 |θ|², over all parameters including biases.
    pub l2: f64,
}

/// The covariance of one sample's gradient, and the mean gradient.
#[derive(Clone, Debug)]
pub struct Covariance {
    /// The mean gradient g of the data term.
    pub gradient: Vec<f64>,
    /// C, p × p.
    pub matrix: Vec<f64>,
}

/// Loss and noise along one or two vectors in parameter space.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Along {
    /// L.
    pub loss: f64,
    /// v·∇L for each vector; 0 for a second that is not given.
    pub slope: [f64; 2],
    /// v_i·C v_j.
    pub covariance: Tensor,
}

impl Model {
    /// The number p of parameters.
    pub fn parameters(&self) -> usize {
        self.network.parameters()
    }

    /// The bytes that [`Model::hessian`] and [`Model::covariance`] need.
    pub fn matrix_bytes(&self) -> f64 {
        (MATRICES + 1) as f64 * 8.0 * (self.parameters() as f64).powi(2)
    }

    fn answer(&self, n: usize) -> Answer {
        match &self.samples.targets {
            Targets::Values(values) => Answer::Value(values[n]),
            Targets::Classes(codes, _) => Answer::Class(codes[n] as usize),
        }
    }

    fn filled(&self, theta: &[f64], n: usize, pass: &mut Pass) -> f64 {
        self.network.loss(theta, self.samples.input(n), self.answer(n), pass)
    }

    /// The mean over all samples of what `add` adds to a vector of this length.
    fn mean(&self, length: usize, pieces: usize, add: impl Fn(usize, &mut Pass, &mut [f64]) + Sync) -> Vec<f64> {
        self.mean_of_pieces(length, pieces, |range, pass, sum| range.for_each(|n| add(n, pass, sum)))
    }

    fn mean_of_pieces(
        &self,
        length: usize,
        pieces: usize,
        add: impl Fn(Range<usize>, &mut Pass, &mut [f64]) + Sync,
    ) -> Vec<f64> {
        let count = self.samples.len();
        let pieces = pieces.min(count);
        let piece = |k: usize| {
            let mut sum = vec![0.0; length];
            let mut pass = self.network.pass();
            add(k * count / pieces..(k + 1) * count / pieces, &mut pass, &mut sum);
            sum
        };
        let sums: Vec<Vec<f64>> = (0..pieces).into_par_iter().map(piece).collect();
        let mut sums = sums.into_iter();
        let mut total = sums.next().unwrap_or_default();
        for sum in sums {
            total.iter_mut().zip(sum).for_each(|(total, part)| *total += part);
        }
        total.iter_mut().for_each(|total| *total /= count as f64);
        total
    }

    fn penalty(&self, theta: &[f64]) -> f64 {
        0.5 * self.l2 * theta.iter().map(|value| value * value).sum::<f64>()
    }

    /// L(θ).
    pub fn loss(&self, theta: &[f64]) -> f64 {
        let sum = self.mean(1, PIECES, |n, pass, sum| sum[0] += self.filled(theta, n, pass));
        sum[0] + self.penalty(theta)
    }

    /// L(θ) and ∇L(θ).
    pub fn loss_and_gradient(&self, theta: &[f64]) -> (f64, Vec<f64>) {
        let (loss, mut gradient, _) = self.data_terms(theta);
        gradient.iter_mut().zip(theta).for_each(|(entry, value)| *entry += self.l2 * value);
        (loss + self.penalty(theta), gradient)
    }

    /// The mean loss of the data term, its gradient, and the mean square norm of one sample's gradient.
    pub fn data_terms(&self, theta: &[f64]) -> (f64, Vec<f64>, f64) {
        let p = self.parameters();
        let sum = self.mean_of_pieces(p + 2, PIECES, |range, pass, sum| {
            let mut gradient = vec![0.0; p];
            for n in range {
                sum[p] += self.filled(theta, n, pass);
                self.network.gradient(theta, self.answer(n), pass, &mut gradient);
                sum.iter_mut().zip(&gradient).for_each(|(sum, entry)| *sum += entry);
                sum[p + 1] += gradient.iter().map(|entry| entry * entry).sum::<f64>();
            }
        });
        (sum[p], sum[..p].to_vec(), sum[p + 1])
    }

    /// Calls `visit` with ∇ℓ_n(θ) for each n of a range.
    pub fn sample_gradients(&self, theta: &[f64], samples: Range<usize>, mut visit: impl FnMut(usize, &[f64])) {
        let mut pass = self.network.pass();
        let mut gradient = vec![0.0; self.parameters()];
        for n in samples {
            self.filled(theta, n, &mut pass);
            self.network.gradient(theta, self.answer(n), &mut pass, &mut gradient);
            visit(n, &gradient);
        }
    }

    /// Writes ∇ℓ_n(θ) of the data term; the pass is scratch memory.
    pub fn sample_gradient(&self, theta: &[f64], n: usize, pass: &mut Pass, gradient: &mut [f64]) {
        self.filled(theta, n, pass);
        self.network.gradient(theta, self.answer(n), pass, gradient);
    }

    /// The derivatives of ℓ_n(θ) along one or two vectors, with those of the penalty; the pass is scratch memory.
    pub fn sample_slopes(&self, theta: &[f64], vectors: &[Vec<f64>], n: usize, pass: &mut Pass) -> [f64; 2] {
        self.filled(theta, n, pass);
        let data = self.network.slopes(theta, vectors, self.answer(n), pass);
        [0, 1].map(|k| data[k] + self.penalty_slope(theta, vectors, k))
    }

    /// The derivative of the penalty along one of the vectors; 0 for a vector that is not given.
    fn penalty_slope(&self, theta: &[f64], vectors: &[Vec<f64>], k: usize) -> f64 {
        let own: f64 = vectors.get(k).map_or(0.0, |v| v.iter().zip(theta).map(|(v, value)| v * value).sum());
        self.l2 * own
    }

    /// H(θ) v, without forming H.
    pub fn hessian_product(&self, theta: &[f64], v: &[f64]) -> Vec<f64> {
        let mut product = self.mean(v.len(), PIECES, |n, pass, sum| {
            self.filled(theta, n, pass);
            self.network.add_hessian_product(theta, v, self.answer(n), pass, sum);
        });
        product.iter_mut().zip(v).for_each(|(entry, v)| *entry += self.l2 * v);
        product
    }

    /// H(θ), p × p.
    pub fn hessian(&self, theta: &[f64]) -> Vec<f64> {
        let p = self.parameters();
        let mut hessian = self.mean_of_pieces(p * p, MATRICES, |range, pass, sum| {
            let mut batch: Vec<(Answer, Pass)> = Vec::new();
            let mut rows = Vec::new();
            for start in range.clone().step_by(BATCH) {
                let samples = start..(start + BATCH).min(range.end);
                batch.resize_with(samples.len(), || (Answer::Value(0.0), pass.clone()));
                for (n, (answer, pass)) in samples.zip(&mut batch) {
                    *answer = self.answer(n);
                    self.filled(theta, n, pass);
                }
                self.network.add_hessian(theta, &mut batch, &mut rows, sum);
            }
        });
        for i in 0..p {
            // Within a layer both halves are computed; they are equal to rounding.
            for j in (self.network.layer_start(i)..p).take_while(|&j| j < i) {
                let mean = 0.5 * (hessian[i * p + j] + hessian[j * p + i]);
                (hessian[i * p + j], hessian[j * p + i]) = (mean, mean);
            }
            for j in 0..self.network.layer_start(i) {
                hessian[i * p + j] = hessian[j * p + i];
            }
            hessian[i * p + i] += self.l2;
        }
        hessian
    }

    /// C(θ), p × p; gradients are centred before they are multiplied.
    pub fn covariance(&self, theta: &[f64]) -> Covariance {
        let p = self.parameters();
        let (_, mean, _) = self.data_terms(theta);
        let matrix = self.mean_of_pieces(p * p, MATRICES, |range, _, sum| {
            let mut batch = Vec::with_capacity(p * BATCH);
            for start in range.clone().step_by(BATCH) {
                batch.clear();
                self.sample_gradients(theta, start..(start + BATCH).min(range.end), |_, gradient| {
                    batch.extend(gradient.iter().zip(&mean).map(|(entry, mean)| entry - mean));
                });
                let columns = MatRef::from_column_major_slice(&batch, p, batch.len() / p);
                let total = MatMut::from_column_major_slice_mut(sum, p, p);
                matmul(total, Accum::Add, columns, columns.transpose(), 1.0, Par::Seq);
            }
        });
        Covariance { gradient: mean, matrix }
    }

    /// L, its derivatives along one or two vectors, and the covariance v_i·C v_j, in one pass over the samples in
    /// order, eight side by side.
    pub fn along(&self, theta: &[f64], vectors: &[Vec<f64>]) -> Along {
        let (total, slopes) = match vectors {
            [only] => self.losses_and_slopes(theta, [only]),
            [first, second, ..] => self.losses_and_slopes(theta, [first, second]),
            [] => self.losses_and_slopes(theta, []),
        };
        let count = self.samples.len() as f64;
        let mean = [0, 1].map(|k| slopes.iter().map(|slope| slope[k]).sum::<f64>() / count);
        let product = |i: usize, j: usize| {
            slopes.iter().map(|slope| (slope[i] - mean[i]) * (slope[j] - mean[j])).sum::<f64>() / count
        };
        Along {
            loss: total / count + self.penalty(theta),
            slope: [0, 1].map(|k| mean[k] + self.penalty_slope(theta, vectors, k)),
            covariance: Tensor { xx: product(0, 0), xy: product(0, 1), yy: product(1, 1) },
        }
    }

    /// The sum of ℓ_n, and the derivatives of each along N ≤ 2 vectors; 0 for those that are not given.
    fn losses_and_slopes<const N: usize>(&self, theta: &[f64], vectors: [&Vec<f64>; N]) -> (f64, Vec<[f64; 2]>) {
        let count = self.samples.len();
        let mut scratch = SideBySide::new(&self.network);
        let (mut total, mut slopes) = (0.0, Vec::with_capacity(count));
        for start in (0..count).step_by(LANES) {
            // The last sample fills the lanes that are left over.
            let sample = |lane: usize| (start + lane).min(count - 1);
            let samples = std::array::from_fn(|lane| (self.samples.input(sample(lane)), self.answer(sample(lane))));
            let (losses, along) =
                self.network.side_by_side(theta, vectors.map(|v| v.as_slice()), samples, &mut scratch);
            for lane in 0..LANES.min(count - start) {
                total += losses[lane];
                slopes.push([0, 1].map(|k| along.get(k).map_or(0.0, |along| along[lane])));
            }
        }
        (total, slopes)
    }

    /// Whether θ classifies every sample of a logistic regression correctly: then L decreases along θ without bound on
    /// |θ| and has no minimum.
    pub fn is_separated(&self, theta: &[f64]) -> bool {
        let mut pass = self.network.pass();
        self.network.output() == Output::Logistic
            && (0..self.samples.len()).all(|n| {
                self.filled(theta, n, &mut pass);
                matches!(self.answer(n), Answer::Value(sign) if sign * self.network.outputs(&pass)[0] > 0.0)
            })
    }
}
