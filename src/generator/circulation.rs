//! The circulation of a rotated gradient descent −(I + cJ)∇L with white noise D = T·I.
//!
//! For the density ψ = e^{−L/T} its current is cT J∇ψ, which has the stream function cT ψ: the flux through a face is
//! the difference of cT ψ between the two ends of the face, and the fluxes around a cell sum to zero. The chain
//! therefore keeps ψ as its stationary density exactly at every temperature. The error of a chain that discretises the
//! drift directly grows like L/T.
//!
//! ```text
//! F_ij = cT [ψ(left end) − ψ(right end)],   g = F_ij/2V       q_ij += g/ψ_i,   q_ji −= g/ψ_j
//! ```
//! Where a rate would become negative (a tangential Péclet number above 2/c) the symmetric part is first raised to |g|:
//! this is of first order there, and still a generator with the stationary density ψ. There is no circulation flux
//! through an absorbing boundary, where the density is 0, nor through a reflecting wall; where L varies along a wall,
//! the process itself does not have ψ as stationary density near it.

use rayon::prelude::*;

use crate::generator::Pair;
use crate::grid::Grid;
use crate::problem::dynamics::Conservative;
use crate::tensor::{Point, advance};

/// Differences of L/T beyond this belong to unresolved cells: e^{−L/T} is then replaced by its slope at the face.
const UNRESOLVED: f64 = 300.0;

/// Adds the circulation to the rates of pairs of neighbouring cells; `temperature` is T.
pub(super) fn add(drift: Conservative<'_>, temperature: f64, grid: &Grid, cells: &[u32], pairs: &mut [Pair]) {
    let [cosine, sine] = grid.turn;
    let spacing = grid.spacing();
    let volume = spacing[0] * spacing[1];
    pairs.par_iter_mut().for_each(|pair| {
        let [across, along] = pair.offset.map(f64::from);
        let turn = |[u, v]: Point| [cosine * u - sine * v, sine * u + cosine * v];
        let step = turn([across * spacing[0], along * spacing[1]]);
        // The face as a vector, from its right end to its left end seen along the step.
        let face = turn([-along * spacing[0], across * spacing[1]]);
        let from = grid.cell_centre(cells[pair.from as usize] as usize);
        let middle = advance(from, 0.5, step);
        let loss = |at: Point| drift.loss.value(at);
        let ends = [loss(advance(middle, -0.5, face)), loss(advance(middle, 0.5, face))];
        let states = [loss(from), loss(advance(from, 1.0, step))];
        let leave = states.map(|state| stream(drift.rotation * temperature / (2.0 * volume), state, ends, temperature));
        let [Some(forward), Some(backward)] = leave else {
            // The flux of −cJ∇L through the face, upwinded.
            let [x, y] = drift.loss.gradient(middle);
            let through = drift.rotation * (-y * face[1] - x * face[0]) / volume;
            pair.forward += through.max(0.0);
            pair.backward += (-through).max(0.0);
            return;
        };
        let fits = pair.forward >= forward.abs();
        pair.forward = if fits { pair.forward + forward } else { 2.0 * forward.max(0.0) };
        pair.backward = if fits { pair.backward - backward } else { 2.0 * (-backward).max(0.0) };
        // A negative remainder is rounding on an edge that is just within the limit.
        pair.backward = pair.backward.max(0.0);
    });
}

/// factor · (e^{−(left − state)/T} − e^{−(right − state)/T}); `None` where the grid does not resolve it.
fn stream(factor: f64, state: f64, [right, left]: [f64; 2], temperature: f64) -> Option<f64> {
    let [right, left] = [right, left].map(|loss| (state - loss) / temperature);
    let is_resolved = left.abs().max(right.abs()) <= UNRESOLVED;
    // e^left − e^right without cancellation where they are nearly equal.
    is_resolved.then(|| factor * right.exp() * (left - right).exp_m1())
}
