//! Fourth order on grids that do not follow the valley: conductances corrected by how the flux varies along each edge.
//!
//! For D = d·I and a loss the killed chain is reversible, and γ is the smallest Rayleigh quotient of the Dirichlet form
//! ```text
//! E(u) = ∫ e^{−φ}|∇u|² dθ = Σ over grid lines ∫ e^{φ} J² ds,     J = e^{−φ} ∂_s u   the flux along the line
//! ```
//! An edge of conductance c contributes c (u_i − u_j)² with u_i − u_j = ∫ e^{φ}J ds. The inverse-average weight 1/∫e^{φ} takes J as
//! constant along the edge: it gives (∫e^{φ}J)²/∫e^{φ}, too little by Cauchy and Schwarz. With
//! ```text
//! c = R/∫e^{φ} ds,    R = ∫e^{φ} ∫e^{φ}J² / (∫e^{φ}J)² = 1 + Var(J)/⟨J⟩² ≥ 1     (weights e^{φ} along the edge)
//! ```
//! the discrete form of the true u is the true form on every line, sums over the lines of a uniform grid add next to nothing
//! for the smooth peaks of a cold problem, and the minimum differs by the square of the O(h²) error of u: γ has order 4.
//! J/J_mid is a parabola through the fluxes of the first solution on the edge and its two neighbours on the line, which leaves
//! an error of order 4 too. R multiplies q_ij and q_ji alike: rates stay nonnegative and detailed balance stays as it is.
//!
//! Where the flux is lost in rounding (deep in the well) or turns round along one edge, R means nothing and is held between 1 and
//! [`LARGEST`]; neither place has a share in E.

use rayon::prelude::*;

use crate::generator::sparse::generator_of;
use crate::generator::{Assembly, Exit, Pair};
use crate::grid::Grid;
use crate::scheme::EdgeSampler;

/// R of an edge along which the flux changes by twice its size: coarser than that nothing is resolved.
const LARGEST: f64 = 1.5;

/// The flux towards +e on the edges around each state, along one axis; NaN where there is no such edge.
struct Line {
    /// On the edge to the next state.
    ahead: Vec<f64>,
    /// On the edge from the one before.
    behind: Vec<f64>,
    /// On the cut edges ahead and behind, with the fraction at which they are cut.
    cut: [Vec<(f64, f64)>; 2],
}

/// A neighbouring flux: its distance in edges, and its value.
type Neighbour = (f64, f64);

impl Line {
    /// Behind the edge that begins at a state.
    fn before(&self, state: usize) -> Neighbour {
        Line::sample(self.behind[state], self.cut[1][state])
    }

    /// Ahead of the edge that ends at a state.
    fn after(&self, state: usize) -> Neighbour {
        Line::sample(self.ahead[state], self.cut[0][state])
    }

    fn sample(edge: f64, (cut, fraction): (f64, f64)) -> Neighbour {
        if !edge.is_nan() {
            (1.0, edge)
        } else if !cut.is_nan() {
            (0.5 + 0.5 * fraction, cut)
        } else {
            // A reflecting wall, half a cell beyond the last centre: nothing passes it.
            (1.0, 0.0)
        }
    }
}

/// The assembly with conductances corrected for the flux of its own quasi-stationary density, given as cell probabilities. Its
/// edges are the same, so that a symbolic analysis serves both.
pub fn flux_corrected(assembly: &Assembly, grid: &Grid, sampler: &EdgeSampler<'_>, probability: &[f64]) -> Assembly {
    let lines = [0, 1].map(|axis| line(assembly, probability, axis));
    let mut corrected = assembly.clone();
    let centre = |state: u32| grid.cell_centre(assembly.cells[state as usize] as usize);
    corrected.pairs.par_iter_mut().for_each(|pair| {
        let Some((axis, ..)) = direction(pair.offset) else { return };
        let (from, to) = (pair.from as usize, pair.to as usize);
        let line = &lines[axis];
        let flux = net(pair, probability);
        // Along −e everything is seen the other way round.
        let (before, after) = if pair.offset[axis] > 0 {
            (line.before(from), line.after(to))
        } else {
            let (before, after) = (line.after(from), line.before(to));
            ((before.0, -before.1), (after.0, -after.1))
        };
        let [slope, bend] = parabola(before, flux, after);
        // Not the other cell's centre, which may lie across a seam.
        let [ix, iy] = grid.indices(assembly.cells[from] as usize);
        let beyond = grid.position(ix as f64 + f64::from(pair.offset[0]), iy as f64 + f64::from(pair.offset[1]));
        let ratio = bounded(sampler.flux_variance(centre(pair.from), beyond, slope, bend));
        pair.forward *= ratio;
        pair.backward *= ratio;
    });
    corrected.exits.par_iter_mut().for_each(|exit| {
        let Some((axis, sign)) = direction(exit.offset) else { return };
        let state = exit.state as usize;
        let line = &lines[axis];
        let (distance, inner) = if sign > 0 { line.before(state) } else { line.after(state) };
        let (flux, inner) = (probability[state] * exit.rate, f64::from(sign) * inner);
        let slope = (1.0 - inner / flux) / (0.5 * distance + 0.5 * exit.fraction) * exit.fraction;
        exit.rate *= bounded(sampler.flux_variance(centre(exit.state), exit.position, slope, 0.0));
    });
    corrected.generator =
        generator_of(grid, &corrected.cells, &corrected.pairs, &corrected.exits, assembly.generator.is_reversible);
    corrected
}

/// The axis and the sign of an edge to a nearest neighbour; D = d·I has no others.
fn direction(offset: [i32; 2]) -> Option<(usize, i32)> {
    match offset {
        [sign, 0] if sign.abs() == 1 => Some((0, sign)),
        [0, sign] if sign.abs() == 1 => Some((1, sign)),
        _ => None,
    }
}

/// The current from i to j.
fn net(pair: &Pair, probability: &[f64]) -> f64 {
    probability[pair.from as usize] * pair.forward - probability[pair.to as usize] * pair.backward
}

fn line(assembly: &Assembly, probability: &[f64], axis: usize) -> Line {
    let none = || vec![f64::NAN; assembly.generator.len()];
    let no_cut = || vec![(f64::NAN, 0.0); assembly.generator.len()];
    let mut line = Line { ahead: none(), behind: none(), cut: [no_cut(), no_cut()] };
    for pair in &assembly.pairs {
        let (from, to) = (pair.from as usize, pair.to as usize);
        match direction(pair.offset) {
            Some((along, 1)) if along == axis => {
                (line.ahead[from], line.behind[to]) = (net(pair, probability), net(pair, probability));
            }
            Some((along, _)) if along == axis => {
                (line.ahead[to], line.behind[from]) = (-net(pair, probability), -net(pair, probability));
            }
            _ => {}
        }
    }
    for Exit { state, rate, offset, fraction, .. } in &assembly.exits {
        if let Some((along, sign)) = direction(*offset)
            && along == axis
        {
            let side = usize::from(sign < 0);
            let flux = f64::from(sign) * probability[*state as usize] * rate;
            line.cut[side][*state as usize] = (flux, *fraction);
        }
    }
    line
}

/// a and b of J/J_mid = 1 + a s + ½ b s² around the middle of an edge, from the fluxes on both sides of it.
fn parabola((d1, before): Neighbour, flux: f64, (d2, after): Neighbour) -> [f64; 2] {
    let (left, right) = ((flux - before) / d1, (after - flux) / d2);
    let slope = (right * d1 + left * d2) / (d1 + d2);
    let bend = 2.0 * (right - left) / (d1 + d2);
    [slope / flux, bend / flux]
}

fn bounded(ratio: f64) -> f64 {
    // NaN where there is no flux at all.
    if ratio >= 1.0 { ratio.min(LARGEST) } else { 1.0 }
}
