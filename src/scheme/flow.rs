//! The flow along an edge: its resistance R = ∫ e^{z(s)} m(s) ds, summed without overflow, and the two rates.

use crate::tensor::Point;

/// The flow along an edge from i to j: the rise z and the two rates, without the factor of the cell that each rate
/// leaves.
#[derive(Clone, Copy, Debug, Default)]
pub struct EdgeFlow {
    /// z, the rise of the effective potential from i to j.
    pub rise: f64,
    /// q_ij = `forward` × [`EdgeSampler::leave`] of λ_e(i).
    pub forward: f64,
    /// q_ji = `backward` × [`EdgeSampler::leave`] of λ_e(j).
    pub backward: f64,
}

impl EdgeFlow {
    /// The flow with both rates multiplied by a factor.
    pub(super) fn scaled(self, factor: f64) -> EdgeFlow {
        EdgeFlow { forward: factor * self.forward, backward: factor * self.backward, ..self }
    }
}

/// An edge without a rate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum EdgeError {
    /// The weight `central` needs |z| < 2.
    NotMonotone {
        /// z.
        rise: f64,
    },
    /// The slope or the tensor is not finite, or the tensor is singular.
    NotFinite {
        /// The point θ.
        at: Point,
    },
}

/// The sum R = ∫ e^{z(s)} m(s) ds, stored as e^{top}·sum.
#[derive(Clone, Copy)]
pub(super) struct Resistance {
    top: f64,
    pub(super) sum: f64,
    /// The largest z of a node so far.
    highest: f64,
    /// The mean of λ_e e·D⁻¹e over the edge, for the isothermal current: its share in the conduction along its direction;
    /// `None` for tensors along the axes, where it is 1.
    pub(super) share: Option<f64>,
}

/// If all nodes of an edge lie this far below its ends, they have missed the layers at the ends that dominate the
/// integral.
const BLIND: f64 = 64.0;

impl Resistance {
    /// The empty sum for an edge with this rise; z at both of its ends bounds the exponents.
    pub(super) fn above(rise: f64) -> Resistance {
        Resistance { top: rise.max(0.0), ..Resistance::NONE }
    }

    /// The empty sum of an edge that begins at z = 0.
    pub(super) const NONE: Resistance = Resistance { top: 0.0, sum: 0.0, highest: f64::NEG_INFINITY, share: None };

    /// Adds a node. An infinite weight means λ_e = 0 at the node: the edge has no flow, however low z is.
    pub(super) fn add(&mut self, z: f64, weight: f64) {
        self.raise(z);
        self.highest = self.highest.max(z);
        self.sum += if weight == f64::INFINITY && !z.is_nan() { weight } else { weight * (z - self.top).exp() };
    }

    /// Raises the common exponent to at least z.
    pub(super) fn raise(&mut self, z: f64) {
        if z > self.top {
            // An infinite sum stays infinite.
            if self.sum < f64::INFINITY {
                self.sum *= (self.top - z).exp();
            }
            self.top = z;
        }
    }

    /// Whether all nodes missed the part of the edge that dominates the integral.
    pub(super) fn is_blind(&self) -> bool {
        self.sum < f64::INFINITY && self.highest < self.top - BLIND
    }
}

/// (e^{0}, e^{z})/R without overflow.
pub(super) fn flow_of(resistance: Resistance, rise: f64, at: Point) -> Result<EdgeFlow, EdgeError> {
    let Resistance { top, sum, .. } = resistance;
    if sum.is_nan() || rise.is_nan() {
        return Err(EdgeError::NotFinite { at });
    }
    // An infinite sum means λ_e = 0 somewhere on the edge, hence no flow.
    Ok(EdgeFlow { rise, forward: decayed(-top, sum), backward: decayed(rise - top, sum) })
}

/// e^exponent/sum, in two halves where e^exponent is subnormal and the quotient is not.
fn decayed(exponent: f64, sum: f64) -> f64 {
    if exponent > -700.0 {
        return exponent.exp() / sum;
    }
    let half = (0.5 * exponent).exp();
    half / sum * half
}
