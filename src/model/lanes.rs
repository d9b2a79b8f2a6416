//! The loss of several samples and its derivatives along one or two vectors, side by side in the lanes of SIMD vectors.
//!
//! ```text
//! z = W a + b,   ż = V a + c + W ȧ,   a' = σ(z),   ȧ' = σ'(z) ż,   ℓ̇ = ∂ℓ/∂z · ż
//! ```
//! (V, c) is the vector in the shape of a layer; ȧ = 0 for the samples themselves. The loops are plain, and the compiler
//! turns them into the widest vectors of the processor. The operations of a lane, and their order, are always the same,
//! so that results do not depend on the processor.

use super::network::{Activation, Layer, Network};
use super::output::{Answer, Output};
use crate::exponential::{exp, exp_and_exp_m1};
use crate::tensor::widest;

/// The number of samples side by side.
pub(super) const LANES: usize = 8;

/// A number for each sample.
type Lane = [f64; LANES];

/// The values of a layer for all samples, and their derivatives along N vectors.
struct Units<const N: usize> {
    values: Vec<Lane>,
    dots: [Vec<Lane>; N],
}

/// Scratch memory for [`Network::side_by_side`].
pub(super) struct SideBySide<const N: usize> {
    below: Units<N>,
    above: Units<N>,
}

impl<const N: usize> Units<N> {
    fn new(width: usize) -> Units<N> {
        Units { values: vec![[0.0; LANES]; width], dots: [(); N].map(|()| vec![[0.0; LANES]; width]) }
    }

    /// Writes z and ż of a layer into `above`, from the layer's inputs in `self`.
    #[inline(always)]
    fn weigh(&self, layer: &Layer, is_first: bool, theta: &[f64], vectors: [&[f64]; N], above: &mut Units<N>) {
        let bias = |vector: &[f64], i: usize| vector[layer.biases()].get(i).copied().unwrap_or(0.0);
        for i in 0..layer.outputs {
            let row = layer.weights().start + i * layer.inputs..layer.weights().start + (i + 1) * layer.inputs;
            let weights = &theta[row.clone()];
            let directions = vectors.map(|v| &v[row.clone()]);
            let mut z = [bias(theta, i); LANES];
            let mut dots = vectors.map(|v| [bias(v, i); LANES]);
            for (k, (weight, a)) in weights.iter().zip(&self.values).enumerate() {
                for lane in 0..LANES {
                    z[lane] += weight * a[lane];
                }
                for (d, dot) in dots.iter_mut().enumerate() {
                    let (v, below) = (directions[d][k], &self.dots[d][k]);
                    for lane in 0..LANES {
                        dot[lane] += if is_first { v * a[lane] } else { v * a[lane] + weight * below[lane] };
                    }
                }
            }
            above.values[i] = z;
            for (kept, dot) in above.dots.iter_mut().zip(dots) {
                kept[i] = dot;
            }
        }
    }

    /// Replaces z and ż of a layer by σ(z) and σ'(z) ż.
    #[inline(always)]
    fn activate(&mut self, activation: Activation, width: usize) {
        for i in 0..width {
            let mut slopes = [0.0; LANES];
            for (z, slope) in self.values[i].iter_mut().zip(&mut slopes) {
                [*z, *slope] = value_and_slope(activation, *z);
            }
            for dots in &mut self.dots {
                for (dot, slope) in dots[i].iter_mut().zip(&slopes) {
                    *dot *= slope;
                }
            }
        }
    }

    /// ℓ and ℓ̇ of each sample, from z and ż of the last layer.
    #[inline(always)]
    fn losses(&self, output: Output, width: usize, answers: &[Answer; LANES]) -> (Lane, [Lane; N]) {
        match output {
            Output::CrossEntropy => self.cross_entropies(width, answers),
            Output::SquaredError | Output::Logistic => {
                let z = &self.values[0];
                let mut slopes = [0.0; LANES];
                for lane in 0..LANES {
                    output.slope(&z[lane..=lane], answers[lane], &mut slopes[lane..=lane]);
                }
                let losses = std::array::from_fn(|lane| output.value(&z[lane..=lane], answers[lane]));
                let along = |k: usize| std::array::from_fn(|lane| slopes[lane] * self.dots[k][0][lane]);
                (losses, std::array::from_fn(along))
            }
        }
    }

    /// The losses and slopes of a softmax. With p_k = e^{z_k − max z} the loss is max z − z_y + log Σ p_k; the sum is
    /// that of the classes other than y and p_y − 1, of which the second is 0 where the answer is right.
    #[inline(always)]
    fn cross_entropies(&self, width: usize, answers: &[Answer; LANES]) -> (Lane, [Lane; N]) {
        let classes: [usize; LANES] = answers.map(Answer::class);
        let mut top = [f64::NEG_INFINITY; LANES];
        for z in &self.values[..width] {
            for lane in 0..LANES {
                top[lane] = top[lane].max(z[lane]);
            }
        }
        let (mut others, mut along) = ([0.0; LANES], [[0.0; LANES]; N]);
        for k in 0..width {
            let mut p = [0.0; LANES];
            for lane in 0..LANES {
                let share = exp(self.values[k][lane] - top[lane]);
                p[lane] = if classes[lane] == k { 0.0 } else { share };
                others[lane] += p[lane];
            }
            for (sum, dots) in along.iter_mut().zip(&self.dots) {
                for lane in 0..LANES {
                    sum[lane] += p[lane] * dots[k][lane];
                }
            }
        }
        let own: Lane = std::array::from_fn(|lane| self.values[classes[lane]][lane] - top[lane]);
        let losses = std::array::from_fn(|lane| (others[lane] + own[lane].exp_m1()).ln_1p() - own[lane]);
        let sums: Lane = std::array::from_fn(|lane| others[lane] + exp(own[lane]));
        for (sum, dots) in along.iter_mut().zip(&self.dots) {
            for lane in 0..LANES {
                sum[lane] = (sum[lane] - others[lane] * dots[classes[lane]][lane]) / sums[lane];
            }
        }
        (losses, along)
    }
}

/// σ and σ' at z. With u = e^{−2|z|}, tanh |z| = (1 − u)/(1 + u), and neither a small tanh nor a small slope,
/// 4u/(1 + u)², is a difference of nearly equal numbers.
#[inline(always)]
fn value_and_slope(activation: Activation, z: f64) -> [f64; 2] {
    match activation {
        Activation::Tanh => {
            let [u, less_one] = exp_and_exp_m1(-2.0 * z.abs());
            let share = 1.0 / (1.0 + u);
            [(-less_one * share).copysign(z), 4.0 * u * share * share]
        }
        Activation::Relu => [z.max(0.0), if z > 0.0 { 1.0 } else { 0.0 }],
    }
}

impl<const N: usize> SideBySide<N> {
    /// Scratch memory for a network.
    pub(super) fn new(network: &Network) -> SideBySide<N> {
        let widths = network.layers().iter().map(|layer| layer.inputs.max(layer.outputs));
        let width = widths.max().unwrap_or(0);
        SideBySide { below: Units::new(width), above: Units::new(width) }
    }
}

impl Network {
    /// ℓ of each sample and its derivatives along N vectors; samples are (x_n, y_n).
    pub(super) fn side_by_side<const N: usize>(
        &self,
        theta: &[f64],
        vectors: [&[f64]; N],
        samples: [(&[f64], Answer); LANES],
        scratch: &mut SideBySide<N>,
    ) -> (Lane, [Lane; N]) {
        widest(
            #[inline(always)]
            || {
                let SideBySide { below, above } = scratch;
                for (k, values) in below.values.iter_mut().take(samples[0].0.len()).enumerate() {
                    *values = samples.map(|(input, _)| input[k]);
                }
                let layers = self.layers();
                for (depth, layer) in layers.iter().enumerate() {
                    // Two loops: that of the first layer has no derivatives of its inputs.
                    match depth {
                        0 => below.weigh(layer, true, theta, vectors, above),
                        _ => below.weigh(layer, false, theta, vectors, above),
                    }
                    if depth + 1 < layers.len() {
                        above.activate(self.activation(), layer.outputs);
                    }
                    std::mem::swap(below, above);
                }
                let outputs = layers.last().map_or(0, |layer| layer.outputs);
                below.losses(self.output(), outputs, &samples.map(|(_, answer)| answer))
            },
        )
    }
}
