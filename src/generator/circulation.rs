//! The circulation of a turned descent −(I + cJ)∇L over white noise D = T·I.
//!
//! Its current in the density ψ = e^{−L/T} is cT J∇ψ, whose stream function is cT ψ: what crosses the face between two
//! cells is the difference of cT ψ at the face's ends, and what goes round a cell cancels to nothing. So the chain
//! keeps ψ exactly, however cold, where a chain made from the drift as it stands has its error multiplied by L/T.
//!
//! ```text
//! F_ij = cT [ψ(left end) − ψ(right end)],   g = F_ij/2V       q_ij += g/ψ_i,   q_ji −= g/ψ_j
//! ```
//! Where a rate would become negative (a tangential Péclet number above 2/c) the symmetric part is raised to |g| first:
//! of first order there, and still a generator with the same ψ. Nothing crosses what absorbs, where the density is 0,
//! and nothing a reflecting wall: where L varies along one, the process itself does not keep ψ beside it.

use rayon::prelude::*;

use crate::generator::Pair;
use crate::grid::Grid;
use crate::problem::dynamics::Conservative;
use crate::tensor::{Point, advance};

/// Exponents beyond which cells are not resolved, and e^{−L/T} is replaced by its slope at the face.
const UNRESOLVED: f64 = 300.0;

/// Adds the circulation to the pairs of neighbouring cells; `temperature` is T.
pub(super) fn add(drift: Conservative<'_>, temperature: f64, grid: &Grid, cells: &[u32], pairs: &mut [Pair]) {
    let [cosine, sine] = grid.turn;
    let spacing = grid.spacing();
    let volume = spacing[0] * spacing[1];
    pairs.par_iter_mut().for_each(|pair| {
        let [across, along] = pair.offset.map(f64::from);
        let turn = |[u, v]: Point| [cosine * u - sine * v, sine * u + cosine * v];
        let step = turn([across * spacing[0], along * spacing[1]]);
        // The face, from its right end to its left one as seen along the step.
        let face = turn([-along * spacing[0], across * spacing[1]]);
        let from = grid.cell_centre(cells[pair.from as usize] as usize);
        let middle = advance(from, 0.5, step);
        let loss = |at: Point| drift.loss.value(at);
        let ends = [loss(advance(middle, -0.5, face)), loss(advance(middle, 0.5, face))];
        let states = [loss(from), loss(advance(from, 1.0, step))];
        let leave = states.map(|state| stream(drift.rotation * temperature / (2.0 * volume), state, ends, temperature));
        let [Some(forward), Some(backward)] = leave else {
            // −cJ∇L through the face, from the side that it comes from.
            let [x, y] = drift.loss.gradient(middle);
            let through = drift.rotation * (-y * face[1] - x * face[0]) / volume;
            pair.forward += through.max(0.0);
            pair.backward += (-through).max(0.0);
            return;
        };
        let fits = pair.forward >= forward.abs();
        pair.forward = if fits { pair.forward + forward } else { 2.0 * forward.max(0.0) };
        pair.backward = if fits { pair.backward - backward } else { 2.0 * (-backward).max(0.0) };
        // What rounding leaves of an edge that is just wide enough.
        pair.backward = pair.backward.max(0.0);
    });
}

/// factor (e^{−(left − state)/T} − e^{−(right − state)/T}), `None` where that is beyond what a grid resolves.
fn stream(factor: f64, state: f64, [right, left]: [f64; 2], temperature: f64) -> Option<f64> {
    let [right, left] = [right, left].map(|loss| (state - loss) / temperature);
    let is_resolved = left.abs().max(right.abs()) <= UNRESOLVED;
    // e^left − e^right without cancellation where they are nearly equal.
    is_resolved.then(|| factor * right.exp() * (left - right).exp_m1())
}
