//! One dimension: rates divided by the exact mass of each cell in which the stationary density is not smooth.

use crate::generator::assembly::{AssemblyError, Exit, Pair, Physics};
use crate::grid::Grid;
use crate::problem::boundary_class::LocalLaw;
use crate::problem::{ends, jumps};
use crate::scheme::EdgeSampler;

/// Divides the rates out of every such cell by its relative mass c_i; the rates of other cells are unchanged.
///
/// # Errors
/// [`AssemblyError::NotFinite`] where the slope or D is not finite inside a cell.
pub(super) fn correct(
    physics: &Physics<'_>,
    sampler: &EdgeSampler<'_>,
    grid: &Grid,
    cells: &[u32],
    pairs: &mut [Pair],
    exits: &mut [Exit],
) -> Result<(), AssemblyError> {
    let Some(masses) = masses(physics, sampler, grid, cells)? else {
        return Ok(());
    };
    for pair in pairs {
        pair.forward /= masses[pair.from as usize];
        pair.backward /= masses[pair.to as usize];
    }
    for exit in exits {
        exit.rate /= masses[exit.state as usize];
    }
    Ok(())
}

/// The relative mass c_i of every state; `None` if it is 1 for all of them.
fn masses(
    physics: &Physics<'_>,
    sampler: &EdgeSampler<'_>,
    grid: &Grid,
    cells: &[u32],
) -> Result<Option<Vec<f64>>, AssemblyError> {
    let (dynamics, noise) = (physics.dynamics, physics.noise);
    let is_smooth = !dynamics.may_break() && !noise.jumps();
    if grid.dimension != 1 || (is_smooth && noise.constant().is_some()) {
        return Ok(None);
    }
    let (lower, upper) = ([grid.lower[0], 0.0], [grid.upper[0], 0.0]);
    let laws: [Option<LocalLaw>; 2] = [0, 1].map(|side| {
        // Where the drift carries the process into an end, the density there is far from that of equilibrium.
        let has_mass = |law: &LocalLaw| law.is_degenerate() && (law.exponents().is_some() || law.slope <= 0.0);
        ends::law(dynamics, noise, physics.interpretation, [lower[0], upper[0]], side).filter(has_mass)
    });
    let breaks: Vec<f64> = match is_smooth {
        true => Vec::new(),
        false => jumps::of_density(dynamics, noise, lower, upper).into_iter().map(|jump| jump.at[0]).collect(),
    };
    if breaks.is_empty() && laws == [None, None] {
        return Ok(None);
    }
    let half = 0.5 * grid.spacing()[0];
    let mass = |&cell: &u32| {
        let centre = grid.cell_centre(cell as usize)[0];
        let [low, high] = [centre - half, centre + half];
        let touches = [low < lower[0] + half, high > upper[0] - half];
        let is_cut = breaks.iter().any(|&at| (at - low) * (high - at) > 0.0 && (at - low).min(high - at) > 1e-9 * half);
        if !is_cut && laws == [None, None] {
            return Ok(1.0);
        }
        let end = |side: usize, at: f64, wall: f64| match laws[side].filter(|_| touches[side]) {
            Some(law) => (wall, Some(law)),
            None => (at, None),
        };
        let found = sampler.relative_mass(centre, [end(0, low, lower[0]), end(1, high, upper[0])]);
        match found {
            // The mass of a cell can be infinite next to an end of the domain that the process cannot leave; its rates
            // are then not corrected.
            Ok(mass) => Ok(mass.unwrap_or(1.0)),
            Err(_) => Err(AssemblyError::NotFinite { at: [centre, 0.0], dimension: 1 }),
        }
    };
    cells.iter().map(mass).collect::<Result<Vec<f64>, _>>().map(Some)
}
