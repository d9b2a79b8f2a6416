//! What boundaries leave in γ that grids of different size may not show: errors that fall slowly, or by chance.
//!
//! For the left eigenvector p and any u
//! ```text
//! γ = Σ J Δu / Σ p u        over edges, and over cells
//! ```
//! With u the right eigenvector, for which the passage time stands here, that is stationary: what is wrong beside a
//! boundary changes γ by the share that it has in the two sums. In the cold the share falls like e^{−2(φ_saddle −
//! φ_boundary)} behind the saddle and like e^{−φ_boundary} up the walls.

use std::collections::BTreeSet;

use crate::generator::assembly::DEAD;
use crate::generator::correction::ON_FACES;
use crate::generator::{Assembly, Exit, Pair};
use crate::grid::Grid;
use crate::problem::{Domain, Side, Wall, Window};
use crate::solve::{Discretisation, QuasiStationary};
use crate::tensor::{advance, difference};

/// Errors relative to γ that come from the boundary.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct BoundaryError {
    /// What reflecting walls leave: at first order where they are oblique to the grid, else at second, for schemes of
    /// higher order.
    pub walls: f64,
    /// What absorbing boundaries may leave that cut edges elsewhere than on faces, at fractions that differ from grid
    /// to grid; infinite where it is not known, `None` where no boundary does.
    pub cut: Option<f64>,
}

/// The part of a cell on the wrong side of its face, on average, where a boundary crosses the cell anywhere.
const MISPLACED: f64 = 0.25;

/// The part of a face by which the end of a window may be out of place, over D_tn²/(D_tt D_nn): 0.03 seen (D₁₂ = −0.3
/// beside 0.5 and 0.9).
const MISSED: f64 = 0.06;

/// A difference below this part of its terms is their rounding.
const ROUNDING: f64 = 1e-12;

/// Whether the domain has walls that the grid follows face by face.
fn has_oblique_walls(grid: &Grid, domain: &Domain) -> bool {
    // A quarter turn leaves them on faces.
    let [cosine, sine] = grid.turn.map(f64::abs);
    cosine.min(sine) > ON_FACES && domain.lower[0].is_finite()
}

/// Whether an edge ends on a face of the cells that it passes: at halves of a cell along one of the axes, on every
/// grid, so that what it leaves falls with a power.
fn is_on_a_face(exit: &Exit) -> bool {
    let is_half = |along: i32| {
        let cells = exit.fraction * f64::from(along.abs());
        along != 0 && (cells - cells.floor() - 0.5).abs() <= ON_FACES
    };
    exit.offset.into_iter().any(is_half)
}

/// Whether absorbing boundaries lie elsewhere than on the faces of cells: they cut edges at other places, or edges
/// along both axes of more cells than a few boxes have corners.
fn is_cut(exits: &[Exit]) -> bool {
    const MOST_CORNERS: usize = 8;
    let leaves_along = |axis: usize| {
        exits.iter().filter(move |exit| exit.offset[1 - axis] == 0).map(|exit| exit.state).collect::<BTreeSet<u32>>()
    };
    exits.iter().any(|exit| !is_on_a_face(exit))
        || leaves_along(0).intersection(&leaves_along(1)).count() > MOST_CORNERS
}

/// Whether a boundary may leave an error that the quasi-stationary law and the passage times are needed to know.
pub(super) fn is_asked_for(on: &Discretisation<'_>) -> bool {
    on.walls.is_some()
        || has_oblique_walls(&on.grid, &on.domain)
        || !on.domain.windows.is_empty()
        || is_cut(&on.assembly.exits)
}

/// What the boundary leaves, from what is known of the chain: its quasi-stationary law with the passage times, in any
/// unit.
pub fn error(on: &Discretisation<'_>, known: Option<(&QuasiStationary, &[f64])>) -> BoundaryError {
    let is_cut = is_cut(&on.assembly.exits);
    let oblique = has_oblique_walls(&on.grid, &on.domain);
    let windows = !on.domain.windows.is_empty();
    let unknown = BoundaryError { walls: 0.0, cut: (is_cut || oblique || windows).then_some(f64::INFINITY) };
    let Some(shares) = known.and_then(|(found, times)| Shares::new(&on.assembly, found, times)) else {
        return unknown;
    };
    BoundaryError {
        walls: match oblique {
            true => shares.left_by_oblique_walls(on),
            false => on.walls.as_deref().map_or(0.0, |walls| shares.left_by_walls(walls)),
        },
        cut: match shares.left_by_windows(on) {
            // Under tensors along the axes their ends are where they should be, and what is left is another share on
            // every grid.
            Some(0.0) => Some(f64::INFINITY),
            Some(left) => Some(left + if is_cut { shares.left_by_cuts(&on.assembly) } else { 0.0 }),
            // Oblique walls too differ from grid to grid.
            None => (is_cut || oblique).then(|| if is_cut { shares.left_by_cuts(&on.assembly) } else { 0.0 }),
        },
    }
}

/// p u and J Δu by state, each relative to its sum.
struct Shares<'a> {
    probability: &'a [f64],
    norm: Vec<f64>,
    dissipation: Vec<f64>,
    /// u by state, relative to the sum of J Δu.
    passage: Vec<f64>,
    /// γ.
    rate: f64,
}

impl<'a> Shares<'a> {
    /// `None` where the sums leave the range of numbers.
    fn new(assembly: &Assembly, found: &'a QuasiStationary, times: &[f64]) -> Option<Shares<'a>> {
        let probability = found.probability.as_slice();
        let norm: Vec<f64> = probability.iter().zip(times).map(|(p, u)| p * u).collect();
        let all_norm: f64 = norm.iter().sum();
        // Not as a sum of J Δu: deep in the well both are rounding, and its square may be more than all there is.
        let all_dissipation = found.rate.value() * all_norm;
        if !all_norm.is_normal() || !all_dissipation.is_normal() {
            return None;
        }
        let step = |from: f64, to: f64| match (from - to).abs() <= ROUNDING * from.max(to) {
            true => 0.0,
            false => from - to,
        };
        let mut dissipation = vec![0.0; probability.len()];
        for &Pair { from, to, forward, backward, .. } in &assembly.pairs {
            let (i, j) = (from as usize, to as usize);
            let flux = step(probability[i] * forward, probability[j] * backward);
            let here = flux * step(times[i], times[j]) / all_dissipation;
            dissipation[i] += 0.5 * here;
            dissipation[j] += 0.5 * here;
        }
        for exit in &assembly.exits {
            let i = exit.state as usize;
            dissipation[i] += probability[i] * exit.rate * (times[i] / all_dissipation);
        }
        for (i, rate) in assembly.inside.iter().enumerate() {
            dissipation[i] += probability[i] * rate * (times[i] / all_dissipation);
        }
        let passage = times.iter().map(|u| u / all_dissipation).collect();
        Some(Shares {
            probability,
            norm: norm.iter().map(|norm| norm / all_norm).collect(),
            dissipation,
            passage,
            rate: found.rate.value(),
        })
    }

    /// What reflecting walls oblique to the grid leave, which it follows face by face: the volume of a cell is
    /// misplaced as any is, but every edge that such a wall cuts is gone, which always hinders the flux along it.
    fn left_by_oblique_walls(&self, on: &Discretisation<'_>) -> f64 {
        let Discretisation { grid, domain, assembly, .. } = on;
        let walls = |cell: usize| {
            let (indices, from) = (grid.indices(cell), grid.cell_centre(cell));
            let is_wall = |&(axis, sign): &(usize, f64)| {
                let mut beyond = indices.map(|index| index as f64);
                beyond[axis] += sign;
                let to = grid.position(beyond[0], beyond[1]);
                if grid.cell_at(to).is_some_and(|cell| assembly.states[cell] != DEAD) {
                    return false;
                }
                let step = difference(to, from);
                domain.leave(from, step).is_some_and(|(fraction, axis, side)| {
                    domain.wall(axis, side) == Some(Wall::Reflecting) && on.live().holds(advance(from, fraction, step))
                })
            };
            [(0, -1.0), (0, 1.0), (1, -1.0), (1, 1.0)].iter().filter(|way| is_wall(way)).count()
        };
        let held = (0..).zip(&assembly.cells).map(|(state, &cell): (usize, _)| {
            walls(cell as usize) as f64 * (MISPLACED * self.norm[state] + self.dissipation[state].abs())
        });
        held.sum()
    }

    /// What the ends of windows leave under full tensors, for which they are not quite where they should be: the part
    /// [`MISSED`] D_tn²/(D_tt D_nn) of what opening the next face would change. `None` without windows.
    fn left_by_windows(&self, on: &Discretisation<'_>) -> Option<f64> {
        let Discretisation { domain, grid, .. } = on;
        let spacing = grid.spacing();
        let left = |window: &Window, place: f64, outwards: f64| {
            let Side { axis, end } = window.side;
            let (tangent, inwards) = (1 - axis, if end == 0 { 0.5 } else { -0.5 });
            let mut at = if end == 0 { domain.lower } else { domain.upper };
            at[tangent] = place;
            let tensor = on.problem.noise.tensor(at);
            let [normal, along] = if axis == 0 { [tensor.xx, tensor.yy] } else { [tensor.yy, tensor.xx] };
            at[tangent] += outwards * spacing[tangent];
            at[axis] += inwards * spacing[axis];
            let opened = 2.0 * normal / (spacing[axis] * spacing[axis]);
            let misplaced = MISSED * tensor.xy * tensor.xy / (normal * along);
            misplaced * self.norm[on.state_at(at)] * opened / self.rate
        };
        let ends = |window: &'_ Window| {
            let walls = [domain.lower, domain.upper].map(|corner| corner[1 - window.side.axis]);
            let inside = |&(place, _): &(f64, f64)| place > walls[0] && place < walls[1];
            let ends = window.pieces.iter().flat_map(|[begin, end]| [(*begin, -1.0), (*end, 1.0)]);
            ends.filter(inside).map(|(place, outwards)| left(window, place, outwards)).sum::<f64>()
        };
        (!domain.windows.is_empty()).then(|| domain.windows.iter().map(ends).sum())
    }

    /// What reflecting walls on faces leave at second order, which a scheme of higher order sees: sums over the cells
    /// of a line that ends where their densities have a slope exceed the integral by (f before the wall − f at it)/24,
    /// f = p u and J ∂u. Where the problem separates the two cancel; the next order is a tenth.
    fn left_by_walls(&self, walls: &[[u32; 2]]) -> f64 {
        let (mut both, mut sizes) = (0.0, 0.0);
        for states in walls {
            let [last, before] = states.map(|state| state as usize);
            let change = |share: &[f64]| (share[last] - share[before]) / 24.0;
            let (norm, dissipation) = (change(&self.norm), change(&self.dissipation));
            both += dissipation - norm;
            sizes += dissipation.abs() + norm.abs();
        }
        both.abs() + 0.1 * sizes
    }

    /// What absorbing boundaries leave that lie off the faces of cells. The cut piece carries a constant J exactly, so
    /// that what is misplaced is how J changes from the edge before to it.
    fn left_by_cuts(&self, assembly: &Assembly) -> f64 {
        // A linked list: the first exit of each state, and the next exit after each exit.
        let (mut first, mut next) = (vec![NONE; self.norm.len()], vec![NONE; assembly.exits.len()]);
        for (place, exit) in assembly.exits.iter().enumerate() {
            next[place] = std::mem::replace(&mut first[exit.state as usize], place as u32);
        }
        let mut change: Vec<f64> =
            assembly.exits.iter().map(|exit| self.probability[exit.state as usize] * exit.rate).collect();
        let mut arrives = |state: u32, offset: [i32; 2], flux: f64| {
            let mut place = first[state as usize];
            while place != NONE {
                if assembly.exits[place as usize].offset == offset {
                    change[place as usize] -= flux;
                }
                place = next[place as usize];
            }
        };
        for &Pair { from, to, forward, backward, offset, .. } in &assembly.pairs {
            let flux = self.probability[from as usize] * forward - self.probability[to as usize] * backward;
            let offset = offset.map(i32::from);
            arrives(to, offset, flux);
            arrives(from, offset.map(|c| -c), -flux);
        }
        let left = |(place, exit): (usize, &Exit)| {
            let state = exit.state as usize;
            MISPLACED * (self.norm[state] + change[place].abs() * self.passage[state])
        };
        assembly.exits.iter().enumerate().map(left).sum()
    }
}

const NONE: u32 = u32::MAX;
