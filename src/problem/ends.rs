//! The two ends of a line, and points inside it where the noise vanishes, by Feller's classes.

use crate::problem::boundary_class::LocalLaw;
use crate::problem::{DiffusionField, Dynamics, Interpretation};

/// The law of slope and D beside the lower (0) or upper (1) of two places; `None` where they follow no power.
pub fn law(
    dynamics: &Dynamics,
    noise: &dyn DiffusionField,
    interpretation: Interpretation,
    places: [f64; 2],
    side: usize,
) -> Option<LocalLaw> {
    let (at, inward) = (places[side], if side == 0 { 1.0 } else { -1.0 });
    beside(dynamics, noise, interpretation, at, inward, places[1] - places[0])
}

/// The law at small distances from a place, in the direction `inward` (±1).
pub fn beside(
    dynamics: &Dynamics,
    noise: &dyn DiffusionField,
    interpretation: Interpretation,
    at: f64,
    inward: f64,
    scale: f64,
) -> Option<LocalLaw> {
    let slope = |y: f64| inward * dynamics.slope([at + inward * y, 0.0])[0];
    let diffusion = |y: f64| noise.tensor([at + inward * y, 0.0]).xx;
    LocalLaw::of(slope, diffusion, scale, interpretation)
}
