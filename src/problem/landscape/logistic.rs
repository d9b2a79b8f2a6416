//! Logistic regression on a data set; an intercept is the weight of a feature 1.
//!
//! ```text
//! L(θ) = mean_j log(1 + e^{−m_j}) + λ/2 |θ|²,   m_j = s_j θ·x_j,   s_j = ±1
//! ∇L = g + λθ,   g = −mean p_j s_j x_j,   H = mean p_j (1 − p_j) x_j x_jᵀ + λ,   p_j = 1/(1 + e^{m_j})
//! C(θ) = mean p_j² x_j x_jᵀ − g gᵀ        the covariance of one sample's gradient
//! ```
//! All sums run over all samples; callers distribute the points θ over threads. Source: paper, Setting 2 and Eq. 5.

use std::path::Path;

use crate::exponential::exp;
use crate::model::Task;
use crate::model::fault::DataError;
use crate::problem::landscape::regression::{Columns, Doubts, Regression};
use crate::problem::landscape::{Landscape, SampleLoss, Samples};
use crate::tensor::{Point, Tensor};

/// The samples s_j x_j, component by component, and the dimension.
pub struct LogisticRegression {
    /// s_j x_j along the first feature.
    first: Vec<f64>,
    /// s_j x_j along the second feature; zeros in one dimension.
    second: Vec<f64>,
    dimension: usize,
    /// λ ≥ 0.
    l2: f64,
    doubts: Doubts,
}

impl LogisticRegression {
    /// Reads the samples. A relative path is resolved against the working directory or, if there is no such file,
    /// against `base`.
    ///
    /// # Errors
    /// [`DataError`] for a file that cannot be read or used, with the line and the column of the fault.
    pub fn read(posed: &Regression, base: &Path) -> Result<LogisticRegression, DataError> {
        let Columns { features: [mut first, mut second], targets, dimension, doubts } =
            posed.columns(base, Task::Sign)?;
        for column in [&mut first, &mut second] {
            column.iter_mut().zip(&targets).for_each(|(value, sign)| *value *= sign);
        }
        Ok(LogisticRegression { first, second, dimension, l2: posed.l2, doubts })
    }

    /// g + λθ.
    fn penalised(&self, gradient: Point, [x, y]: Point) -> Point {
        [gradient[0] + self.l2 * x, gradient[1] + self.l2 * y]
    }

    /// The means over all samples of `terms(weight(m_j), s_j x_j)`.
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

/// A pass over all samples, one block at a time, in plain loops that the compiler turns into the widest SIMD vectors of
/// the processor.
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
        let mut totals = [[0.0; LANES]; N];
        let mut sums = [[0.0; LANES]; N];
        let mut weights = [0.0; BLOCK];
        let blocks = self.samples.first.chunks(BLOCK).zip(self.samples.second.chunks(BLOCK));
        for (block, (first, second)) in blocks.enumerate() {
            if block.is_multiple_of(BLOCKS) {
                add(&mut totals, &mut sums);
            }
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
        add(&mut totals, &mut sums);
        totals.map(|lanes| lanes.iter().sum())
    }
}

/// Adds sums to totals and sets them to 0.
#[inline(always)]
fn add<const N: usize>(totals: &mut [[f64; LANES]; N], sums: &mut [[f64; LANES]; N]) {
    for (total, sum) in totals.as_flattened_mut().iter_mut().zip(sums.as_flattened_mut()) {
        *total += std::mem::take(sum);
    }
}

/// The pass for the loss.
struct LossSum<'a> {
    samples: &'a LogisticRegression,
    theta: Point,
}

impl pulp::WithSimd for LossSum<'_> {
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) -> f64 {
        // log(1 + e^{−m}) = max(−m, 0) + log(1 + e^{−|m|}) does not overflow; the factors 1 + e^{−|m|} ≤ 2 of a block
        // are multiplied before a single logarithm.
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

/// The number of samples in a block, which fits into the first cache.
const BLOCK: usize = 256;
/// The number of blocks that are summed before their sums are added to the totals, so that the rounding of a sum grows
/// with the root of this number, and not of the number of all samples.
const BLOCKS: usize = 64;
/// The number of samples side by side: enough independent sums to use the SIMD units fully.
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
            + 0.5 * self.l2 * (theta[0] * theta[0] + theta[1] * theta[1])
    }
    fn gradient(&self, theta: Point) -> Point {
        let [x, y] = self.means(theta, misfit, |p, a, b| [p * a, p * b]);
        self.penalised([-x, -y], theta)
    }
    fn hessian(&self, theta: Point) -> Tensor {
        let spread = |m: f64| {
            let p = misfit(m);
            p * (1.0 - p)
        };
        let [xx, xy, yy] = self.means(theta, spread, |w, a, b| [w * a * a, w * a * b, w * b * b]);
        Tensor { xx, xy, yy }.plus(Tensor::isotropic(self.l2, self.dimension))
    }
    fn doubts(&self) -> Doubts {
        self.doubts
    }

    fn gradient_covariance(&self, theta: Point) -> Option<Tensor> {
        self.gradient_and_covariance(theta).map(|(_, covariance)| covariance)
    }
    fn gradient_and_covariance(&self, theta: Point) -> Option<(Point, Tensor)> {
        let [x, y, xx, xy, yy] = self.means(theta, misfit, |p, a, b| {
            let (u, v) = (p * a, p * b);
            [u, v, u * u, u * v, v * v]
        });
        Some((self.penalised([-x, -y], theta), Tensor { xx: xx - x * x, xy: xy - x * y, yy: yy - y * y }))
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
    fn sample_gradient(&self, theta: Point, [a, b]: Point) -> Point {
        let p = misfit(theta[0] * a + theta[1] * b);
        self.penalised([-p * a, -p * b], theta)
    }
}
