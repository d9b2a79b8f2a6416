//! The loss of the outputs z of a network for one sample.
//!
//! ```text
//! squared error   ℓ = (z − y)²/2
//! logistic        ℓ = log(1 + e^{−s z}),   s = ±1
//! cross-entropy   ℓ = log Σ_k e^{z_k} − z_y
//! ```
//! No probability is subtracted from 1, so that a loss of 1e-200 keeps its relative accuracy.

/// The loss function of the outputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// (z − y)²/2.
    SquaredError,
    /// log(1 + e^{−s z}).
    Logistic,
    /// log Σ_k e^{z_k} − z_y.
    CrossEntropy,
}

/// The target of a sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Answer {
    /// A number, or a sign.
    Value(f64),
    /// The index of a class.
    Class(usize),
}

impl Answer {
    fn value(self) -> f64 {
        match self {
            Answer::Value(value) => value,
            Answer::Class(class) => class as f64,
        }
    }

    pub(super) fn class(self) -> usize {
        match self {
            Answer::Value(value) => value as usize,
            Answer::Class(class) => class,
        }
    }
}

impl Output {
    /// ℓ.
    pub(super) fn value(self, z: &[f64], answer: Answer) -> f64 {
        match self {
            Output::SquaredError => (z[0] - answer.value()).powi(2) / 2.0,
            Output::Logistic => {
                let margin = answer.value() * z[0];
                (-margin).max(0.0) + (-margin.abs()).exp().ln_1p()
            }
            Output::CrossEntropy => {
                let (class, top) = (answer.class(), top(z));
                // The largest term is 1. If it is that of the target, ℓ is small and computed from the other terms
                // alone.
                let others = |left_out: usize| {
                    z.iter()
                        .enumerate()
                        .filter(|(k, _)| *k != left_out)
                        .map(|(_, z_k)| (z_k - z[top]).exp())
                        .sum::<f64>()
                };
                let own = if z[class] == z[top] { class } else { top };
                z[own] - z[class] + others(own).ln_1p()
            }
        }
    }

    /// ∂ℓ/∂z.
    pub(super) fn slope(self, z: &[f64], answer: Answer, slope: &mut [f64]) {
        match self {
            Output::SquaredError => slope[0] = z[0] - answer.value(),
            Output::Logistic => {
                let s = answer.value();
                slope[0] = -s / (1.0 + (s * z[0]).exp());
            }
            Output::CrossEntropy => {
                probabilities(z, slope);
                let class = answer.class();
                slope[class] = 0.0;
                slope[class] = -slope.iter().sum::<f64>();
            }
        }
    }

    /// (∂²ℓ/∂z²) v.
    pub(super) fn bend(self, z: &[f64], answer: Answer, v: &[f64], bend: &mut [f64]) {
        match self {
            Output::SquaredError => bend[0] = v[0],
            Output::Logistic => {
                let m = answer.value() * z[0];
                bend[0] = v[0] / ((1.0 + m.exp()) * (1.0 + (-m).exp()));
            }
            Output::CrossEntropy => {
                probabilities(z, bend);
                // p_k (v_k − Σ p_j v_j), relative to the most probable output so that nothing cancels if all others
                // vanish.
                let reference = v[top(z)];
                let mean: f64 = bend.iter().zip(v).map(|(p, v)| p * (v - reference)).sum();
                bend.iter_mut().zip(v).for_each(|(p, v)| *p *= v - reference - mean);
            }
        }
    }
}

/// The index of the largest entry.
fn top(z: &[f64]) -> usize {
    (0..z.len()).max_by(|&a, &b| z[a].total_cmp(&z[b])).unwrap_or(0)
}

/// p_k = e^{z_k} / Σ_j e^{z_j}.
fn probabilities(z: &[f64], p: &mut [f64]) {
    let largest = z[top(z)];
    p.iter_mut().zip(z).for_each(|(p, z)| *p = (z - largest).exp());
    let sum: f64 = p.iter().sum();
    p.iter_mut().for_each(|p| *p /= sum);
}
