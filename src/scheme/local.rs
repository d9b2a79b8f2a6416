//! The flow along an edge across a curve on which D degenerates.

use crate::problem::Interpretation;
use crate::scheme::edge::EdgeSampler;
use crate::scheme::flow::{EdgeError, EdgeFlow};
use crate::scheme::weight::bernoulli;
use crate::tensor::{Point, difference, dot};

impl EdgeSampler<'_> {
    /// The flow across a curve on which D degenerates, with the drift and D of each end:
    /// ```text
    /// q_ij = λ_e(i) B(z_i),   z_i = e·D(x_i)⁻¹∇L(x_i),   B(z) = z/(e^z − 1)
    /// ```
    /// so that λ_e(i)(B(z_i) − B(−z_i)) is exactly the drift along the edge. The isothermal current uses the mean of
    /// λ_e at the two ends with the same drift.
    pub(super) fn flow_local(&self, from: Point, to: Point, ends: [f64; 2]) -> Result<EdgeFlow, EdgeError> {
        let mean = 0.5 * (ends[0] + ends[1]);
        let rate = |at: Point, step: Point, end: f64| {
            let (slope, tensor) = self.noise.slope_and_tensor(self.dynamics, at);
            let rise = dot(tensor.solve(slope, self.dimension), step);
            match (rise.is_finite(), self.interpretation()) {
                (false, _) if end > 0.0 => Err(EdgeError::NotFinite { at }),
                // The tensor of this end does not have the edge.
                (false, _) => Ok((0.0, 0.0)),
                (true, Interpretation::Isothermal) => Ok((rise, mean * bernoulli(rise * end / mean))),
                (true, _) => Ok((rise, bernoulli(rise))),
            }
        };
        let (rise, forward) = rate(from, difference(to, from), ends[0])?;
        let (fall, backward) = rate(to, difference(from, to), ends[1])?;
        Ok(EdgeFlow { rise: 0.5 * (rise - fall), forward, backward })
    }
}
