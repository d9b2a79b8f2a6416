//! The stationary mass of one cell in one dimension, where the density is not smooth within the cell.
//!
//! ```text
//! c_i = (1/h) ∫_cell e^{−(φ(x) − φ_i)} w(x)/w_i dx          w = 1/D (Itô), D^{−1/2} (Stratonovich), 1 (isothermal)
//! ```
//! The two-point flux is exact for any φ, but the mass h e^{−φ_i} w_i is of second order only if the density is smooth
//! on the cell. Where L or D jumps inside the cell, or next to an end where D vanishes like a power, the rates out of
//! the cell are divided by c_i. They stay nonnegative, detailed balance holds with the exact mass, and second order is
//! restored.

use crate::problem::Interpretation;
use crate::problem::boundary_class::LocalLaw;
use crate::scheme::edge::EdgeSampler;
use crate::scheme::flow::EdgeError;
use crate::tensor::{Point, advance, difference, dot};

/// The number of panels on each smooth piece of half a cell.
const PANELS: usize = 6;
/// The number of panels towards a singular end, each half as wide as the one before.
const HALVINGS: i32 = 40;
/// The distance from an end, in units of its last place, beyond which that distance has three correct digits.
const ROUNDED: f64 = 4096.0;

impl EdgeSampler<'_> {
    /// The relative mass c_i of the cell around `centre` between the two `ends`, each with the power law of D if D
    /// vanishes there; `None` if the mass is infinite.
    ///
    /// # Errors
    /// [`EdgeError::NotFinite`] where the slope is not finite or D is not finite and positive inside the cell.
    pub fn relative_mass(&self, centre: f64, ends: [(f64, Option<LocalLaw>); 2]) -> Result<Option<f64>, EdgeError> {
        let mut mass = 0.0;
        for (end, law) in ends {
            match self.mass_towards(centre, end, law)? {
                Some(half) => mass += half * (end - centre).abs(),
                None => return Ok(None),
            }
        }
        Ok(Some(mass / (ends[1].0 - ends[0].0)))
    }

    /// ∫ e^{−z} w/w(centre) dx from `centre` to `to`; negative if `to` is smaller.
    ///
    /// # Errors
    /// [`EdgeError::NotFinite`] where the slope is not finite or D is not finite and positive on the way.
    pub fn signed_mass(&self, centre: f64, to: f64) -> Result<f64, EdgeError> {
        let mean = self.mass_towards(centre, to, None)?;
        // Only a power law at an end makes a mass infinite.
        Ok(mean.map_or(f64::INFINITY, |mean| mean * (to - centre)))
    }

    /// ∫₀¹ e^{−z(s)} w(s)/w(0) ds from a centre to an end.
    fn mass_towards(&self, centre: f64, end: f64, law: Option<LocalLaw>) -> Result<Option<f64>, EdgeError> {
        let (from, to): (Point, Point) = ([centre, 0.0], [end, 0.0]);
        let (own, step) = (self.dynamics.breaks(from, to), difference(to, from));
        let jumps = self.jumps(from, to, &own);
        let mut edges: Vec<f64> = self.noise.breaks(from, to).with(own).as_slice().to_vec();
        edges.push(1.0);
        let mut walk = Walk { from, step, z: 0.0, sum: 0.0, weight: self.speed(self.diffusion_at(from)?) };
        let rise = |at: f64| jumps.iter().filter(|(place, _)| *place == at).map(|(_, jump)| jump).sum::<f64>();
        walk.z += rise(0.0);
        let mut begin = 0.0;
        for end in edges {
            if end == 1.0
                && let Some(law) = law
            {
                return self.tail(walk, begin, law);
            }
            for k in 0..PANELS {
                let place = |k: usize| begin + (end - begin) * k as f64 / PANELS as f64;
                self.add_mass(&mut walk, place(k), place(k + 1))?;
            }
            walk.z += rise(end);
            begin = end;
        }
        Ok(Some(walk.sum))
    }

    /// The rest of the integral up to an end where the density is a power of the distance.
    fn tail(&self, mut walk: Walk, begin: f64, law: LocalLaw) -> Result<Option<f64>, EdgeError> {
        let Some([_, speed]) = law.exponents().filter(|[_, speed]| *speed > -1.0) else {
            return Ok(None);
        };
        let (mut left, mut gap) = (begin, 1.0 - begin);
        // Nearer to an end that is not at 0 the distance from it is only rounding.
        let end = advance(walk.from, 1.0, walk.step)[0];
        let nearest = ROUNDED * f64::EPSILON * end.abs() / walk.step[0].abs();
        for _ in 0..HALVINGS {
            if 0.5 * gap < nearest {
                break;
            }
            gap *= 0.5;
            self.add_mass(&mut walk, left, 1.0 - gap)?;
            left = 1.0 - gap;
        }
        // The remaining integral ∫ yᴮ is y yᴮ/(B + 1).
        let density =
            (-walk.z).exp() * self.speed(self.diffusion_at(advance(walk.from, left, walk.step))?) / walk.weight;
        Ok(Some(walk.sum + gap * density / (1.0 + speed)))
    }

    /// The factor w of the stationary density, from D.
    fn speed(&self, diffusion: f64) -> f64 {
        match self.interpretation() {
            Interpretation::Ito => 1.0 / diffusion,
            Interpretation::Stratonovich => 1.0 / diffusion.sqrt(),
            Interpretation::Isothermal => 1.0,
        }
    }

    fn diffusion_at(&self, at: Point) -> Result<f64, EdgeError> {
        let diffusion = self.noise.tensor(at).xx;
        if diffusion > 0.0 && diffusion.is_finite() { Ok(diffusion) } else { Err(EdgeError::NotFinite { at }) }
    }

    /// Adds one panel.
    fn add_mass(&self, walk: &mut Walk, begin: f64, end: f64) -> Result<(), EdgeError> {
        let (rule, width) = (&self.eight, end - begin);
        let (mut slopes, mut weights) = ([0.0; 8], [0.0; 8]);
        for (k, node) in rule.nodes.into_iter().enumerate() {
            let at = advance(walk.from, begin + node * width, walk.step);
            let diffusion = self.diffusion_at(at)?;
            let slope = self.noise.slope_and_tensor(self.dynamics, at).0;
            slopes[k] = width * dot(slope, walk.step) / diffusion;
            weights[k] = self.speed(diffusion) / walk.weight;
            if !slopes[k].is_finite() {
                return Err(EdgeError::NotFinite { at });
            }
        }
        let weighed = |by: &[f64; 8]| by.iter().zip(&slopes).map(|(weight, slope)| weight * slope).sum::<f64>();
        for (k, weight) in rule.weights.into_iter().enumerate() {
            walk.sum += width * weight * weights[k] * (-(walk.z + weighed(&rule.collocation[k]))).exp();
        }
        walk.z += weighed(&rule.weights);
        Ok(())
    }
}

/// The state of an integration along a half cell.
struct Walk {
    from: Point,
    step: Point,
    /// φ − φ_i at the current point.
    z: f64,
    sum: f64,
    /// The weight w at the centre.
    weight: f64,
}
