//! Errors of γ from boundaries that the comparison of grids may not show, because they fall slowly or change sign from
//! grid to grid.
//!
//! For the left eigenvector p and any u
//! ```text
//! γ = Σ J Δu / Σ p u        sums over edges and over cells
//! ```
//! With u the right eigenvector, approximated here by the passage time, this quotient is stationary: an error next to a
//! boundary changes γ by the share that the place has in the two sums. At weak noise the share falls like
//! e^{−2(φ_saddle − φ_boundary)} behind the saddle and like e^{−φ_boundary} up the walls.

use std::collections::BTreeSet;

use crate::generator::assembly::DEAD;
use crate::generator::correction::ON_FACES;
use crate::generator::{Assembly, Exit, Pair};
use crate::grid::Grid;
use crate::problem::{Domain, Interpretation, Side, Wall, Window};
use crate::solve::{Discretisation, QuasiStationary};
use crate::tensor::{advance, difference};

/// Estimates of the errors that boundaries cause, relative to γ.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct BoundaryError {
    /// The error from reflecting walls: of first order where they are oblique to the grid, otherwise of second order,
    /// which matters for schemes of higher order.
    pub walls: f64,
    /// The error from absorbing boundaries that cut edges elsewhere than on faces, at fractions that differ from grid
    /// to grid; infinite where it is not known, `None` where there is no such boundary.
    pub cut: Option<f64>,
}

/// The mean fraction of a cell on the wrong side of its face where a boundary crosses the cell at an arbitrary
/// position.
const MISPLACED: f64 = 0.25;

/// The fraction of a face by which the end of a window is assumed to be misplaced, per D_tn²/(D_tt D_nn); 0.03 was
/// observed (D₁₂ = −0.3 with D₁₁ = 0.5 and D₂₂ = 0.9).
const MISSED: f64 = 0.06;

/// A difference below this fraction of its terms is taken for rounding error.
const ROUNDING: f64 = 1e-12;

/// Whether the domain has walls oblique to the grid, which the grid approximates by whole faces.
fn has_oblique_walls(grid: &Grid, domain: &Domain) -> bool {
    // After a quarter turn the walls lie on faces again.
    let [cosine, sine] = grid.turn.map(f64::abs);
    cosine.min(sine) > ON_FACES && domain.lower[0].is_finite()
}

/// Whether a cut edge ends on a face of a cell that it passes: half a cell from a centre along one of the axes.
/// Boundaries there lie on faces on every grid, so that the error falls with a power of the cell width.
fn is_on_a_face(exit: &Exit) -> bool {
    let is_half = |along: i32| {
        let cells = exit.fraction * f64::from(along.abs());
        along != 0 && (cells - cells.floor() - 0.5).abs() <= ON_FACES
    };
    exit.offset.into_iter().any(is_half)
}

/// Whether absorbing boundaries lie elsewhere than on the faces of cells: they cut edges at other places, or more
/// states have cut edges along both axes than a few boxes have corners.
fn is_cut(exits: &[Exit]) -> bool {
    const MOST_CORNERS: usize = 8;
    let leaves_along = |axis: usize| {
        exits.iter().filter(move |exit| exit.offset[1 - axis] == 0).map(|exit| exit.state).collect::<BTreeSet<u32>>()
    };
    exits.iter().any(|exit| !is_on_a_face(exit))
        || leaves_along(0).intersection(&leaves_along(1)).count() > MOST_CORNERS
}

/// The highest order that errors claim to fall with. Corners where walls of different kinds meet obliquely and
/// off-diagonal entries that change sign lower the order of full tensors on grids finer than those that show order 2.
pub(super) fn order_claimed(on: &Discretisation<'_>) -> f64 {
    let is_full = on.assembly.pairs.iter().any(|pair| pair.offset[0] != 0 && pair.offset[1] != 0);
    let reflects = |axis: usize| (0..2).any(|end| on.domain.wall(axis, end) == Some(Wall::Reflecting));
    let is_lower = is_still(on) || is_full && ((0..on.grid.dimension).any(reflects) || has_kinked_conductances(on));
    if is_lower { FULL } else { f64::INFINITY }
}

/// The value of [`order_claimed`] for full tensors beside reflecting walls or with kinked conductances, and along axes
/// without noise.
const FULL: f64 = 1.0;

/// Whether there is no noise along an axis, where the scheme is of first order.
fn is_still(on: &Discretisation<'_>) -> bool {
    on.grid.dimension == 2 && on.problem.noise.tensor(on.problem.valley.start_point).determinant(2) <= 0.0
}

/// The factor of estimated errors. Along axes without noise first order is approached from below: of 49 random problems
/// errors that claimed it fell short in ten, by at most 2.
pub(super) fn margin(on: &Discretisation<'_>) -> f64 {
    if is_still(on) { 2.0 } else { 1.0 }
}

/// Whether noise other than in the Itô sense has an off-diagonal entry that changes sign: the conductance of a diagonal
/// edge has a kink there, at a place in its cell that differs from grid to grid.
pub(super) fn has_kinked_conductances(on: &Discretisation<'_>) -> bool {
    let leans = |sign: i32| {
        let mut products = on.assembly.pairs.iter().map(|pair| i32::from(pair.offset[0]) * i32::from(pair.offset[1]));
        products.any(|product| product.signum() == sign)
    };
    on.problem.interpretation != Interpretation::Ito && leans(1) && leans(-1)
}

/// Whether a boundary may cause an error whose estimate needs the quasi-stationary distribution and the passage times.
pub(super) fn is_asked_for(on: &Discretisation<'_>) -> bool {
    on.walls.is_some()
        || has_oblique_walls(&on.grid, &on.domain)
        || !on.domain.windows.is_empty()
        || is_cut(&on.assembly.exits)
}

/// Estimates the errors from the boundary. `known` is the quasi-stationary distribution with the passage times, in any
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
            // For a tensor along the axes the ends of windows are in place, and the remaining error depends on their
            // positions within cells, which differ from grid to grid.
            Some(0.0) => Some(f64::INFINITY),
            Some(left) => Some(left + if is_cut { shares.left_by_cuts(&on.assembly) } else { 0.0 }),
            // The error from oblique walls differs from grid to grid too.
            None => (is_cut || oblique).then(|| if is_cut { shares.left_by_cuts(&on.assembly) } else { 0.0 }),
        },
    }
}

/// The contributions of each state to the two sums of the quotient.
struct Shares<'a> {
    probability: &'a [f64],
    norm: Vec<f64>,
    dissipation: Vec<f64>,
    /// u by state, divided by the sum of J Δu.
    passage: Vec<f64>,
    /// γ.
    rate: f64,
}

impl<'a> Shares<'a> {
    /// Computes the contributions; `None` where the sums over- or underflow.
    fn new(assembly: &Assembly, found: &'a QuasiStationary, times: &[f64]) -> Option<Shares<'a>> {
        let probability = found.probability.as_slice();
        let norm: Vec<f64> = probability.iter().zip(times).map(|(p, u)| p * u).collect();
        let all_norm: f64 = norm.iter().sum();
        // γ Σ p u is used for Σ J Δu: deep in the well both factors of its terms are rounding errors, whose products
        // may add up to more than the sum.
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

    /// The error from reflecting walls oblique to the grid, which approximates them by whole faces. The volume of a
    /// boundary cell is misplaced as at any boundary; besides, every edge that such a wall cuts is dropped, which
    /// always reduces the flux along the wall.
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

    /// The error from the ends of windows for tensors with D_tn ≠ 0, under which the ends are slightly out of place:
    /// the fraction [`MISSED`] D_tn²/(D_tt D_nn) of the change that an opening of the next face would cause. `None`
    /// without windows.
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

    /// The second-order error from reflecting walls on faces, for schemes of higher order: the sum over the cells of a
    /// line exceeds the integral by (f in the cell before the last − f in the last)/24 where f has a slope at the wall,
    /// with f = p u and f = J ∂u. In separable problems the two contributions cancel; a tenth of them is added for the
    /// next order.
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

    /// The error from absorbing boundaries off the faces of cells. The cut piece of an edge carries a constant J
    /// exactly, so that the error comes from the change of J between the edge before and the cut piece.
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
