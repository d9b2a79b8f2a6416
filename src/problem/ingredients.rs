//! The ingredients of a problem, its dynamics, noise and killing rates: refusal of those that are wrong somewhere in
//! the domain.

use crate::problem::fault::Ingredient;
use crate::problem::search::inside_extent;
use crate::problem::{CriticalPoints, DiffusionField, Domain, Dynamics, NoiseModel, ProblemError, Space, jumps};
use crate::tensor::difference;

/// Refuses dynamics, noise and killing rates that are wrong somewhere in the domain.
pub(super) fn check_ingredients(
    dynamics: &Dynamics,
    noise: &dyn DiffusionField,
    noise_model: &NoiseModel,
    critical: &CriticalPoints,
    domain: &Domain,
) -> Result<(), ProblemError> {
    inside_extent(dynamics, domain)?;
    seams(dynamics, noise, domain)?;
    domain.killing.as_ref().map_or(Ok(()), |killing| killing.check(domain))?;
    jumps::check(dynamics, noise, noise_model, domain)?;
    if noise_model.needs_nonnegative_loss() {
        nonnegative_loss(dynamics, critical, domain)?;
    }
    Ok(())
}

/// Refuses a loss that is negative at a minimum in the domain or on a lattice over it.
fn nonnegative_loss(dynamics: &Dynamics, critical: &CriticalPoints, domain: &Domain) -> Result<(), ProblemError> {
    const LATTICE: u32 = 100;
    let Some(loss) = dynamics.loss() else { return Ok(()) };
    let place = |axis: usize, k: u32| domain.lower[axis] + domain.width(axis) * f64::from(k) / f64::from(LATTICE);
    let rows = if domain.dimension == 2 { LATTICE } else { 0 };
    let at = |k: u32, l: u32| [place(0, k), if domain.dimension == 2 { place(1, l) } else { 0.0 }];
    let lattice = (0..=LATTICE).flat_map(|k| (0..=rows).map(move |l| at(k, l)));
    let minima = critical.minima.iter().map(|point| point.theta).filter(|&theta| domain.contains(theta));
    let values = minima.chain(lattice).map(|theta| (theta, loss.value(theta)));
    match values.min_by(|one, other| one.1.total_cmp(&other.1)) {
        Some((at, value)) if value < 0.0 => {
            Err(ProblemError::NegativeLoss { at, loss: value, dimension: domain.dimension })
        }
        _ => Ok(()),
    }
}

/// Refuses a loss that is not finite somewhere on a lattice over the box, as for the logarithm of a negative number.
pub(super) fn finite_loss(
    dynamics: &Dynamics,
    Space { dimension, lower, upper, .. }: Space,
) -> Result<(), ProblemError> {
    let costly = dynamics.loss().is_some_and(|loss| loss.is_costly());
    let lattice = if costly { 9 } else { 65 };
    for k in 0..lattice {
        for l in 0..if dimension == 2 { lattice } else { 1 } {
            let place = |axis: usize, index: usize| {
                lower[axis] + (upper[axis] - lower[axis]) * index as f64 / (lattice - 1) as f64
            };
            let at = [place(0, k), if dimension == 2 { place(1, l) } else { 0.0 }];
            let slope = dynamics.slope(at);
            if dynamics.loss().is_some_and(|loss| !loss.value(at).is_finite()) {
                return Err(ProblemError::NotFinite { what: Ingredient::Loss, at, dimension });
            }
            if !(slope[0].is_finite() && slope[1].is_finite()) {
                return Err(ProblemError::NotFinite { what: slope_of(dynamics), at, dimension });
            }
        }
    }
    Ok(())
}

/// The name of the slope of the motion, for messages.
fn slope_of(dynamics: &Dynamics) -> Ingredient {
    if dynamics.loss().is_some() { Ingredient::Gradient } else { Ingredient::Drift }
}

/// Refuses periodic axes whose two ends do not match.
fn seams(dynamics: &Dynamics, noise: &dyn DiffusionField, domain: &Domain) -> Result<(), ProblemError> {
    let units = domain.space().units();
    for axis in (0..domain.dimension).filter(|&axis| domain.is_periodic(axis)) {
        let steepest = largest_slope(dynamics, domain);
        for k in 0..=16 {
            let across = 1 - axis;
            let mut left = domain.lower;
            if domain.dimension == 2 {
                left[across] += domain.width(across) * f64::from(k) / 16.0;
            }
            let mut right = left;
            right[axis] = domain.upper[axis];
            let (a, b) = (dynamics.slope(left), dynamics.slope(right));
            let (d, e) = (noise.tensor(left), noise.tensor(right));
            let slopes_differ = units.length(difference(a, b)) > 1e-6 * steepest;
            let tensors_differ =
                (d.xx - e.xx).abs() + (d.xy - e.xy).abs() + (d.yy - e.yy).abs() > 1e-6 * (d.xx.abs() + d.yy.abs());
            if slopes_differ || tensors_differ {
                let what = if slopes_differ { slope_of(dynamics) } else { Ingredient::Tensor };
                let (lower, upper) = (domain.lower[axis], domain.upper[axis]);
                return Err(ProblemError::SeamMismatch { axis, lower, upper, what });
            }
        }
    }
    Ok(())
}

/// The largest slope on a lattice over the domain, in units of its widths.
fn largest_slope(dynamics: &Dynamics, domain: &Domain) -> f64 {
    const LATTICE: u32 = 8;
    let place = |axis: usize, k: u32| domain.lower[axis] + domain.width(axis) * f64::from(k) / f64::from(LATTICE);
    let rows = if domain.dimension == 2 { LATTICE } else { 0 };
    let at = |k: u32, l: u32| [place(0, k), if domain.dimension == 2 { place(1, l) } else { 0.0 }];
    let units = domain.space().units();
    let size = |k: u32, l: u32| units.length(dynamics.slope(at(k, l)));
    (0..=LATTICE).flat_map(|k| (0..=rows).map(move |l| (k, l))).map(|(k, l)| size(k, l)).fold(0.0, f64::max)
}
