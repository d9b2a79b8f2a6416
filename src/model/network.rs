//! A fully connected network: its output and derivatives for one sample.
//!
//! ```text
//! a₀ = x,   z_l = W_l a_l + b_l,   a_{l+1} = σ(z_l),   ℓ = output(z_last, y)
//! δ_l = ∂ℓ/∂z_l:   δ_last = output'(z),   δ_{l−1} = (W_lᵀ δ_l) ∘ σ'(z_{l−1})
//! ∂ℓ/∂W_l = δ_l a_lᵀ,   ∂ℓ/∂b_l = δ_l
//! ```
//! Directional derivatives of all these (the R-operator) come from differentiating the same formulas; they are exact. A
//! network without hidden layers and with one output is a regression.
//!
//! The parameters form one vector: the weights of the first layer row by row (one row for each output), its biases, the
//! weights of the second layer, ….
//!
//! Source: Rumelhart, Hinton & Williams 1986; Pearlmutter 1994 (the R-operator).

use std::ops::Range;

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};

use super::output::{Answer, Output};

/// The activation function σ of hidden units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// tanh z.
    Tanh,
    /// max(z, 0), with derivative 0 at 0.
    Relu,
}

impl Activation {
    /// σ, σ' and σ'' at z.
    fn jet(self, z: f64) -> [f64; 3] {
        match self {
            Activation::Tanh => {
                // With e = e^{−2|z|} − 1 neither t for small |z| nor 1 − t² for large |z| is a difference of nearly
                // equal numbers.
                let e = (-2.0 * z.abs()).exp_m1();
                let (t, slope) = ((-e / (2.0 + e)).copysign(z), 4.0 * (1.0 + e) / (2.0 + e).powi(2));
                [t, slope, -2.0 * t * slope]
            }
            Activation::Relu if z > 0.0 => [z, 1.0, 0.0],
            Activation::Relu => [0.0; 3],
        }
    }
}

/// A layer of weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layer {
    /// The number of inputs.
    pub inputs: usize,
    /// The number of outputs.
    pub outputs: usize,
    /// Whether it has biases.
    pub has_bias: bool,
    /// The index of its first parameter in θ.
    offset: usize,
    /// The index of its first output among the units of all layers.
    unit: usize,
    /// The index of its first input among the inputs of all layers.
    place: usize,
}

impl Layer {
    /// The indices of its weights in θ.
    pub fn weights(&self) -> Range<usize> {
        self.offset..self.offset + self.inputs * self.outputs
    }

    /// The indices of its biases in θ.
    pub fn biases(&self) -> Range<usize> {
        let start = self.offset + self.inputs * self.outputs;
        start..start + if self.has_bias { self.outputs } else { 0 }
    }

    fn units(&self) -> Range<usize> {
        self.unit..self.unit + self.outputs
    }

    fn places(&self) -> Range<usize> {
        self.place..self.place + self.inputs
    }
}

/// The architecture of a network.
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    layers: Vec<Layer>,
    activation: Activation,
    output: Output,
}

/// The quantities of a network for one sample, allocated once and used for one sample after another.
#[derive(Clone, Debug)]
pub struct Pass {
    /// The inputs a_l of all layers.
    inputs: Vec<f64>,
    /// σ' and σ'' of hidden units; z of the outputs.
    slopes: Vec<f64>,
    bends: Vec<f64>,
    outputs: Vec<f64>,
    /// δ of all units, and W_{l+1}ᵀ δ_{l+1} of hidden units.
    deltas: Vec<f64>,
    pulls: Vec<f64>,
    /// The derivatives of z, a and δ along a direction.
    z_dot: Vec<f64>,
    input_dots: Vec<f64>,
    delta_dots: Vec<f64>,
}

/// The direction of a derivative.
#[derive(Clone, Copy, Debug)]
enum Direction<'a> {
    /// A vector in parameter space.
    Parameters(&'a [f64]),
    /// The input z of one unit of the layer `depth`; layers before it do not depend on it.
    Unit { depth: usize, unit: usize },
}

impl Network {
    /// A network with these widths: inputs, hidden layers, outputs.
    pub fn new(widths: &[usize], has_bias: bool, activation: Activation, output: Output) -> Network {
        let (mut offset, mut unit, mut place) = (0, 0, 0);
        let mut layers = Vec::new();
        for pair in widths.windows(2) {
            let layer = Layer { inputs: pair[0], outputs: pair[1], has_bias, offset, unit, place };
            offset = layer.biases().end;
            unit += pair[1];
            place += pair[0];
            layers.push(layer);
        }
        Network { layers, activation, output }
    }

    /// The layers.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// The activation function.
    pub fn activation(&self) -> Activation {
        self.activation
    }

    /// The loss function of the outputs.
    pub fn output(&self) -> Output {
        self.output
    }

    /// The number p of parameters.
    pub fn parameters(&self) -> usize {
        self.layers.last().map_or(0, |layer| layer.biases().end)
    }

    /// Zeroed storage for one sample.
    pub fn pass(&self) -> Pass {
        let units = self.layers.last().map_or(0, |layer| layer.units().end);
        let places = self.layers.last().map_or(0, |layer| layer.places().end);
        let [slopes, bends, deltas, pulls, z_dot, delta_dots] = [(); 6].map(|()| vec![0.0; units]);
        let outputs = vec![0.0; self.layers.last().map_or(0, |layer| layer.outputs)];
        let [inputs, input_dots] = [(); 2].map(|()| vec![0.0; places]);
        Pass { inputs, slopes, bends, outputs, deltas, pulls, z_dot, input_dots, delta_dots }
    }

    /// ℓ of a sample; a, z and their derivatives are stored in the pass.
    pub fn loss(&self, theta: &[f64], input: &[f64], answer: Answer, pass: &mut Pass) -> f64 {
        pass.inputs[..input.len()].copy_from_slice(input);
        for (depth, layer) in self.layers.iter().enumerate() {
            let (weights, biases) = (&theta[layer.weights()], &theta[layer.biases()]);
            let is_last = depth + 1 == self.layers.len();
            for (i, row) in weights.chunks_exact(layer.inputs).enumerate() {
                let z = biases.get(i).copied().unwrap_or(0.0) + dot(row, &pass.inputs[layer.places()]);
                if is_last {
                    pass.outputs[i] = z;
                    continue;
                }
                let [value, slope, bend] = self.activation.jet(z);
                pass.inputs[layer.places().end + i] = value;
                pass.slopes[layer.unit + i] = slope;
                pass.bends[layer.unit + i] = bend;
            }
        }
        self.output.value(&pass.outputs, answer)
    }

    /// The z of the outputs after [`Network::loss`].
    pub fn outputs<'a>(&self, pass: &'a Pass) -> &'a [f64] {
        &pass.outputs
    }

    /// Writes ∂ℓ/∂θ; the pass must come from [`Network::loss`].
    pub fn gradient(&self, theta: &[f64], answer: Answer, pass: &mut Pass, gradient: &mut [f64]) {
        self.backward(theta, answer, pass);
        for layer in &self.layers {
            let deltas = &pass.deltas[layer.units()];
            let inputs = &pass.inputs[layer.places()];
            for (row, delta) in gradient[layer.weights()].chunks_exact_mut(layer.inputs).zip(deltas) {
                row.iter_mut().zip(inputs).for_each(|(entry, input)| *entry = delta * input);
            }
            gradient[layer.biases()].iter_mut().zip(deltas).for_each(|(entry, delta)| *entry = *delta);
        }
    }

    /// Computes δ of all units by backpropagation.
    fn backward(&self, theta: &[f64], answer: Answer, pass: &mut Pass) {
        let Some(last) = self.layers.last() else { return };
        self.output.slope(&pass.outputs, answer, &mut pass.deltas[last.units()]);
        for pair in self.layers.windows(2).rev() {
            let (below, layer) = (pair[0], pair[1]);
            let (lower, upper) = pass.deltas.split_at_mut(layer.unit);
            let pulls = &mut pass.pulls[below.units()];
            pulls.fill(0.0);
            for (row, delta) in theta[layer.weights()].chunks_exact(layer.inputs).zip(&upper[..layer.outputs]) {
                axpy(*delta, row, pulls);
            }
            let slopes = &pass.slopes[below.units()];
            for ((delta, pull), slope) in lower[below.units()].iter_mut().zip(pulls).zip(slopes) {
                *delta = *pull * slope;
            }
        }
    }

    /// The derivatives of ℓ along one or two vectors; the second is 0 without a second vector. The pass must come from
    /// [`Network::loss`].
    pub fn slopes(&self, theta: &[f64], directions: &[Vec<f64>], answer: Answer, pass: &mut Pass) -> [f64; 2] {
        let Some(last) = self.layers.last() else { return [0.0; 2] };
        self.output.slope(&pass.outputs, answer, &mut pass.deltas[last.units()]);
        let mut slopes = [0.0; 2];
        for (slope, v) in slopes.iter_mut().zip(directions) {
            self.vary_outputs(theta, Direction::Parameters(v), pass);
            *slope = dot(&pass.deltas[last.units()], &pass.z_dot[last.units()]);
        }
        slopes
    }

    /// The layers that depend on a direction.
    fn reached(&self, direction: Direction) -> &[Layer] {
        match direction {
            Direction::Parameters(_) => &self.layers,
            Direction::Unit { depth, .. } => &self.layers[depth..],
        }
    }

    /// The derivatives of a and z along a direction.
    fn vary_outputs(&self, theta: &[f64], direction: Direction, pass: &mut Pass) {
        let reached = self.reached(direction);
        let (Some(first), Some(last)) = (reached.first(), reached.last()) else { return };
        pass.input_dots[first.places()].fill(0.0);
        for layer in reached {
            let rows = theta[layer.weights()].chunks_exact(layer.inputs);
            for (i, row) in rows.enumerate() {
                let mut z_dot = dot(row, &pass.input_dots[layer.places()]);
                match direction {
                    Direction::Parameters(v) => {
                        let row = &v[layer.weights()][i * layer.inputs..(i + 1) * layer.inputs];
                        let bias = v[layer.biases()].get(i).copied().unwrap_or(0.0);
                        z_dot += bias + dot(row, &pass.inputs[layer.places()]);
                    }
                    Direction::Unit { unit, .. } if unit == layer.unit + i => z_dot += 1.0,
                    Direction::Unit { .. } => {}
                }
                pass.z_dot[layer.unit + i] = z_dot;
                if layer.unit != last.unit {
                    pass.input_dots[layer.places().end + i] = pass.slopes[layer.unit + i] * z_dot;
                }
            }
        }
    }

    /// The derivatives of a, z and δ along a direction; δ must have been computed.
    fn vary(&self, theta: &[f64], direction: Direction, answer: Answer, pass: &mut Pass) {
        self.vary_outputs(theta, direction, pass);
        let reached = self.reached(direction);
        let Some(last) = reached.last() else { return };
        self.output.bend(&pass.outputs, answer, &pass.z_dot[last.units()], &mut pass.delta_dots[last.units()]);
        for pair in reached.windows(2).rev() {
            let (below, layer) = (pair[0], pair[1]);
            let (lower, upper) = pass.delta_dots.split_at_mut(layer.unit);
            let lower = &mut lower[below.units()];
            lower.fill(0.0);
            let rows = theta[layer.weights()].chunks_exact(layer.inputs);
            for (i, (row, delta_dot)) in rows.zip(&upper[..layer.outputs]).enumerate() {
                axpy(*delta_dot, row, lower);
                if let Direction::Parameters(v) = direction {
                    let row = &v[layer.weights()][i * layer.inputs..(i + 1) * layer.inputs];
                    axpy(pass.deltas[layer.unit + i], row, lower);
                }
            }
            for (k, delta_dot) in lower.iter_mut().enumerate() {
                let unit = below.unit + k;
                *delta_dot = *delta_dot * pass.slopes[unit] + pass.pulls[unit] * pass.bends[unit] * pass.z_dot[unit];
            }
        }
    }

    /// Adds (∂²ℓ/∂θ²) v to `product`; the pass must come from [`Network::loss`].
    pub fn add_hessian_product(&self, theta: &[f64], v: &[f64], answer: Answer, pass: &mut Pass, product: &mut [f64]) {
        self.backward(theta, answer, pass);
        self.vary(theta, Direction::Parameters(v), answer, pass);
        self.layers.iter().for_each(|layer| add_varied(layer, pass, 0, product));
    }

    /// Adds Σ ∂²ℓ/∂θ² over a batch of samples to `hessian`, p × p row by row. Of each row only the columns from its own
    /// layer on are written; the others follow by symmetry. The passes must come from [`Network::loss`]; `rows` is
    /// scratch memory.
    ///
    /// A weight (i, k) of layer l acts through z_{l,i} alone, with the factor a_{l,k}. The derivatives of δ and a with
    /// respect to z_{l,i} therefore give the rows of all weights of a unit, and those of a batch are one matrix
    /// product.
    pub fn add_hessian(&self, theta: &[f64], batch: &mut [(Answer, Pass)], rows: &mut Vec<f64>, hessian: &mut [f64]) {
        let (p, count) = (self.parameters(), batch.len());
        batch.iter_mut().for_each(|(answer, pass)| self.backward(theta, *answer, pass));
        for (depth, layer) in self.layers.iter().enumerate() {
            let (from, length) = (layer.offset, p - layer.offset);
            let inputs: Vec<f64> = batch.iter().flat_map(|(_, pass)| &pass.inputs[layer.places()]).copied().collect();
            let inputs = MatRef::from_column_major_slice(&inputs, layer.inputs, count);
            for i in 0..layer.outputs {
                rows.clear();
                rows.resize(length * count, 0.0);
                for ((answer, pass), row) in batch.iter_mut().zip(rows.chunks_exact_mut(length)) {
                    self.vary(theta, Direction::Unit { depth, unit: layer.unit + i }, *answer, pass);
                    self.layers[depth..].iter().for_each(|later| add_varied(later, pass, from, row));
                }
                let block = MatMut::from_column_major_slice_mut(hessian, p, p);
                let block = block.submatrix_mut(from, from + i * layer.inputs, length, layer.inputs);
                let columns = MatRef::from_column_major_slice(rows, length, count);
                matmul(block, Accum::Add, columns, inputs.transpose(), 1.0, Par::Seq);
                if layer.has_bias {
                    let at = (layer.biases().start + i) * p;
                    rows.chunks_exact(length).for_each(|row| axpy(1.0, row, &mut hessian[at + from..at + p]));
                }
            }
        }
    }

    /// The first parameter of the layer to which a parameter belongs.
    pub(super) fn layer_start(&self, parameter: usize) -> usize {
        self.layers.iter().map(|layer| layer.offset).take_while(|&offset| offset <= parameter).last().unwrap_or(0)
    }
}

/// Adds the directional derivative of a layer's gradient, δ̇ aᵀ + δ ȧᵀ; `product` begins at the parameter `from`.
fn add_varied(layer: &Layer, pass: &Pass, from: usize, product: &mut [f64]) {
    let (deltas, delta_dots) = (&pass.deltas[layer.units()], &pass.delta_dots[layer.units()]);
    let (inputs, input_dots) = (&pass.inputs[layer.places()], &pass.input_dots[layer.places()]);
    let (weights, biases) = product[layer.offset - from..].split_at_mut(layer.inputs * layer.outputs);
    let rows = weights.chunks_exact_mut(layer.inputs);
    for ((row, delta), delta_dot) in rows.zip(deltas).zip(delta_dots) {
        for ((entry, input), input_dot) in row.iter_mut().zip(inputs).zip(input_dots) {
            *entry += delta_dot * input + delta * input_dot;
        }
    }
    biases[..layer.biases().len()].iter_mut().zip(delta_dots).for_each(|(entry, delta_dot)| *entry += delta_dot);
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// y += factor · x.
fn axpy(factor: f64, x: &[f64], y: &mut [f64]) {
    y.iter_mut().zip(x).for_each(|(y, x)| *y += factor * x);
}
