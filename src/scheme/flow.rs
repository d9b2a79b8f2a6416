//! What flows along an edge: its resistance R = ∫ e^{z(s)} m(s) ds, summed so that no exponent overflows, and the two
//! rates.

use crate::tensor::Point;

/// What flows along an edge from i to j: the two rates (without the factor of the cell they leave from).
#[derive(Clone, Copy, Debug, Default)]
pub struct EdgeFlow {
    /// z, the rise of the effective potential from i to j.
    pub rise: f64,
    /// q_ij = `forward` × [`EdgeSampler::leave`](i).
    pub forward: f64,
    /// q_ji = `backward` × [`EdgeSampler::leave`](j).
    pub backward: f64,
}

impl EdgeFlow {
    /// Both rates by the same factor.
    pub(super) fn scaled(self, factor: f64) -> EdgeFlow {
        EdgeFlow { forward: factor * self.forward, backward: factor * self.backward, ..self }
    }
}

/// Why an edge has no rate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum EdgeError {
    /// `central` needs |z| < 2.
    NotMonotone {
        /// z.
        rise: f64,
    },
    /// The slope or the tensor is not finite, or the tensor is singular, at this point.
    NotFinite {
        /// Where.
        at: Point,
    },
}

/// Accumulates R = ∫ e^{z(s)} m(s) ds as e^{top}·sum.
#[derive(Clone, Copy)]
pub(super) struct Resistance {
    top: f64,
    pub(super) sum: f64,
    /// The highest z that was added, of nodes.
    highest: f64,
}

/// Where all nodes of an edge lie this far below its ends, they have passed over the layers at these that make the
/// integral.
const BLIND: f64 = 64.0;

impl Resistance {
    /// Of an edge with this rise, nothing being added yet: both of its ends bound the exponents.
    pub(super) fn above(rise: f64) -> Resistance {
        Resistance { top: rise.max(0.0), ..Resistance::NONE }
    }

    /// Nothing; it begins at z = 0.
    pub(super) const NONE: Resistance = Resistance { top: 0.0, sum: 0.0, highest: f64::NEG_INFINITY };

    /// Adds a node. An infinite weight says that λ_e = 0 there: nothing passes, however low z is.
    pub(super) fn add(&mut self, z: f64, weight: f64) {
        self.raise(z);
        self.highest = self.highest.max(z);
        self.sum += if weight == f64::INFINITY && !z.is_nan() { weight } else { weight * (z - self.top).exp() };
    }

    /// Lets z bound the exponents.
    pub(super) fn raise(&mut self, z: f64) {
        if z > self.top {
            // An infinite sum stays so.
            if self.sum < f64::INFINITY {
                self.sum *= (self.top - z).exp();
            }
            self.top = z;
        }
    }

    /// Whether no node saw what makes the integral.
    pub(super) fn is_blind(&self) -> bool {
        self.sum < f64::INFINITY && self.highest < self.top - BLIND
    }
}

/// (e^{0}, e^{z})/R without overflow: the larger of the two exponents is taken out.
pub(super) fn flow_of(resistance: Resistance, rise: f64, at: Point) -> Result<EdgeFlow, EdgeError> {
    let Resistance { top, sum, .. } = resistance;
    if sum.is_nan() || rise.is_nan() {
        return Err(EdgeError::NotFinite { at });
    }
    // An infinite sum means λ_e = 0 somewhere on the edge: nothing passes.
    Ok(EdgeFlow { rise, forward: decayed(-top, sum), backward: decayed(rise - top, sum) })
}

/// e^exponent/sum; in halves where e^exponent itself has fewer digits than the quotient.
fn decayed(exponent: f64, sum: f64) -> f64 {
    if exponent > -700.0 {
        return exponent.exp() / sum;
    }
    let half = (0.5 * exponent).exp();
    half / sum * half
}
