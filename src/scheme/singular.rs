//! The integral along an edge to a point where D vanishes and the integrand is a power of the distance.

use crate::problem::boundary_class::LocalLaw;
use crate::scheme::Segment;
use crate::scheme::edge::EdgeSampler;
use crate::scheme::flow::{EdgeError, Resistance, flow_of};
use crate::tensor::{advance, difference};

/// The number of panels towards either end of the segment, each half as wide as the one before.
const HALVINGS: i32 = 40;
/// The distance from an end, in units of its last place, beyond which that distance has three correct digits.
const ROUNDED: f64 = 4096.0;
/// z below which the rest of an edge adds nothing to its resistance.
const NOTHING: f64 = -100.0;

impl EdgeSampler<'_> {
    /// The forward rate along a segment to an end that is reached, where D vanishes with the powers `law` or is small, as
    /// [`EdgeSampler::flow`] gives it along other segments.
    ///
    /// # Errors
    /// [`EdgeError`] where the slope or D is not finite on the way.
    pub fn flow_to_power(&self, segment: &Segment, law: Option<LocalLaw>) -> Result<f64, EdgeError> {
        let Segment { from, to, offset, .. } = *segment;
        let step = difference(to, from);
        // Nearer to an end that is not at 0 the distance from it is only rounding.
        let places = to.iter().zip(&step).filter(|(_, step)| **step != 0.0).map(|(at, step)| (at / step).abs());
        let nearest = ROUNDED * f64::EPSILON * places.fold(0.0, f64::max);
        let shares = (1..=HALVINGS).map(|k| 0.5f64.powi(k));
        let mut edges: Vec<f64> =
            shares.clone().chain(shares.filter(|gap| *gap >= nearest).map(|gap| 1.0 - gap)).collect();
        let own = self.dynamics.breaks(from, to);
        let jumps = self.jumps(from, to, &own);
        let jump = |at: f64| jumps.iter().filter(|(place, _)| *place == at).map(|(_, jump)| jump).sum::<f64>();
        edges.extend(self.noise.breaks(from, to).with(own).as_slice());
        edges.sort_by(f64::total_cmp);
        let (mut z, mut resistance, mut left) = (jump(0.0), Resistance::NONE, 0.0);
        for right in edges {
            if right > left && z > NOTHING {
                self.panel(&self.eight, from, step, offset, [left, right], &mut z, &mut resistance)?;
                z += jump(right);
                left = right;
            }
        }
        let powers = law.map(|law| law.exponents());
        match powers {
            // D does not vanish, and is constant in the end.
            None if z > NOTHING => {
                self.panel(&self.eight, from, step, offset, [left, 1.0], &mut z, &mut resistance)?;
            }
            // ∫ yᴬ over the rest is y yᴬ/(A + 1).
            Some(Some([scale, _])) if z > NOTHING => {
                let tensor = self.noise.slope_and_tensor(self.dynamics, advance(from, left, step)).1;
                resistance.add(z, (1.0 - left) * self.conduction(tensor, offset).metric / (1.0 + scale));
            }
            // z falls without bound, and nothing is left.
            _ => {}
        }
        let flow = flow_of(resistance, z, from)?;
        Ok(resistance.share.map_or(flow, |share| flow.scaled(share)).forward)
    }
}
