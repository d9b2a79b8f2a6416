//! Rates of processes that cross a curve Γ on which their noise degenerates: how well the grid resolves Γ where they do, and what the
//! grids say then.
//!
//! Γ is resolved where Δ < ω|h_j| ([`crate::problem::mollified`]); below that every scheme misses by a factor, and by Δ/(ω|h_j|) in size.
//! Where it is resolved the error falls with an order between 1 and 2 that settles late, from above: noise that is kept above a level
//! helps the process across.

use crate::generator::Pair;
use crate::problem::Problem;
use crate::problem::mollified::{CellShape, Mollified};
use crate::scaled::Scaled;
use crate::solve::Discretisation;
use crate::study::extrapolation::Extrapolation;
use crate::study::rules::Situation;

/// Whether a problem's noise degenerates on a curve that may be crossed.
pub(super) fn is_asked_for(problem: &Problem) -> bool {
    problem.noise.hessian_field().is_some_and(|field| field.floor == 0.0)
}

/// Δ/(ω|h_j|) where the process crosses Γ: the inverse of the mean of ω|h_j|/Δ over the net flux from cell to cell that does. `None`
/// where none does, or where a floor that the grid resolves carries it.
pub fn coarseness(on: &Discretisation<'_>, probability: &[f64]) -> Option<f64> {
    let cells = CellShape { spacing: on.grid.spacing(), turn: on.grid.turn };
    let mollified = Mollified::of(on.problem.noise.as_ref(), cells)?;
    let centre = |state: u32| on.centre(state as usize);
    let (mut all, mut resolved) = (0.0, 0.0);
    for &Pair { from, to, forward, backward, .. } in &on.assembly.pairs {
        if let Some(resolution) = mollified.resolution(centre(from), centre(to)) {
            let flux = (probability[from as usize] * forward - probability[to as usize] * backward).abs();
            all += flux;
            resolved += flux * resolution.min(FINE);
        }
    }
    (all > 0.0).then(|| all / resolved)
}

/// What is resolved better than this counts as this: a few cells of much openness must not outweigh all others.
const FINE: f64 = 2.0;

/// The order with which errors fall once they have settled.
const SETTLED: f64 = 1.5;

/// The largest order that an error is stated with: between 64² and 256² cells orders of 1.8 were seen where 1 followed.
const CAUTIOUS: f64 = 1.25;

/// The order that is assumed where less is seen, or none.
const LOWEST: f64 = 0.5;

/// The largest order that may be taken from grid to grid: what falls faster does so by chance.
const HIGHEST: f64 = 2.0;

/// Estimates are raised by a quarter: they leave out the next term.
const SAFETY: f64 = 1.25;

/// What three grids or more say, coarsest first, `ratio` the refinement from grid to grid and `rounding` the relative error of each
/// value: neither two grids that agree by chance, nor the second order of smooth problems are trusted. `None` with fewer grids.
pub fn extrapolate(values: &[Scaled], ratio: f64, rounding: f64, coarseness: f64) -> Option<Extrapolation> {
    let [.., coarsest, coarse, fine] = *values else { return None };
    let growth = |from: Scaled, to: Scaled| (to.over(from).value() - 1.0).ln_1p();
    let (before, change) = (growth(coarsest, coarse), growth(coarse, fine));
    let order = (before / change > 0.0).then(|| (before / change).ln() / ratio.ln());
    let left = |change: f64, p: f64| change / (ratio.powf(p) - 1.0);
    let size = change.abs().max(before.abs() / ratio.powf(HIGHEST));
    let cautious = left(size, order.unwrap_or(LOWEST).clamp(LOWEST, CAUTIOUS));
    let error = (SAFETY * cautious).exp_m1() + rounding;
    if coarseness > 1.0 {
        return Some(Extrapolation {
            value: fine,
            error: error + coarseness,
            order,
            situation: Situation::CrossingUnresolved,
        });
    }
    let value = match order {
        Some(p) if p > LOWEST => fine.scaled(left(change, p.max(SETTLED)).exp()),
        _ => fine,
    };
    Some(Extrapolation { value, error, order, situation: Situation::Crossing })
}
