//! What boundaries leave in γ that grids of different size may not show: errors that fall slowly, or by chance.
//!
//! With u the right eigenvector (the passage time, or e^{φ}p where there is detailed balance) γ is a Dirichlet form over a norm,
//! ```text
//! γ = Σ J Δu / Σ p u        over edges, and over cells
//! ```
//! so that what is wrong beside a boundary counts by the share that it has in these sums. In the cold the share falls like
//! e^{−2(φ_saddle − φ_boundary)} behind the saddle and like e^{−φ_boundary} up the walls.

use crate::config::Wall;
use crate::generator::assembly::DEAD;
use crate::generator::correction::LineEnd;
use crate::generator::{Assembly, Pair};
use crate::grid::Grid;
use crate::problem::{Domain, Region};
use crate::tensor::{advance, difference};

/// Errors relative to γ that come from the boundary.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct BoundaryError {
    /// What reflecting walls leave: at first order where they are oblique to the grid, else at second, for schemes of higher order.
    pub walls: f64,
    /// What absorbing boundaries may leave that cut edges elsewhere than on faces, at fractions that differ from grid to grid; infinite
    /// where it is not known, `None` where no boundary does.
    pub cut: Option<f64>,
}

/// Of a cell that a boundary crosses anywhere, the part on the wrong side of its face, on average.
const MISPLACED: f64 = 0.25;

/// p u and J Δu by state, each relative to its sum.
pub struct Shares {
    norm: Vec<f64>,
    dissipation: Vec<f64>,
    /// u by state, relative to the sum of J Δu.
    committed: Vec<f64>,
}

impl Shares {
    /// Of a chain with its quasi-stationary probabilities and its u, in any unit.
    pub fn new(assembly: &Assembly, probability: &[f64], committed: &[f64]) -> Shares {
        let mut dissipation = vec![0.0; probability.len()];
        for &Pair { from, to, forward, backward, .. } in &assembly.pairs {
            let (i, j) = (from as usize, to as usize);
            let here = (probability[i] * forward - probability[j] * backward) * (committed[i] - committed[j]);
            dissipation[i] += 0.5 * here;
            dissipation[j] += 0.5 * here;
        }
        for exit in &assembly.exits {
            let i = exit.state as usize;
            dissipation[i] += probability[i] * exit.rate * committed[i];
        }
        let norm: Vec<f64> = probability.iter().zip(committed).map(|(p, u)| p * u).collect();
        let relative = |values: &[f64], sum: f64| values.iter().map(|value| value / sum).collect();
        let (all_norm, all_dissipation) = (norm.iter().sum(), dissipation.iter().sum());
        Shares {
            norm: relative(&norm, all_norm),
            dissipation: relative(&dissipation, all_dissipation),
            committed: relative(committed, all_dissipation),
        }
    }

    /// What reflecting walls oblique to the grid leave, which it follows face by face.
    pub fn left_by_oblique_walls(&self, grid: &Grid, domain: &Domain, live: &Region, assembly: &Assembly) -> f64 {
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
                    domain.wall(axis, side) == Some(Wall::Reflecting) && live.holds(advance(from, fraction, step))
                })
            };
            [(0, -1.0), (0, 1.0), (1, -1.0), (1, 1.0)].iter().filter(|way| is_wall(way)).count()
        };
        let held = (0..).zip(&assembly.cells).map(|(state, &cell): (usize, _)| {
            walls(cell as usize) as f64 * (self.norm[state] + self.dissipation[state].abs())
        });
        MISPLACED * held.sum::<f64>()
    }

    /// What reflecting walls on faces leave at second order, which a scheme of higher order sees: sums over the cells of a line that ends
    /// where their densities have a slope miss Σ f − ∫ f = (f at the wall − f before it)/24, f = p u and J ∂u.
    pub fn left_by_walls(&self, ends: &[LineEnd]) -> f64 {
        let missed = |end: &LineEnd| {
            let [last, before] = end.states.map(|state| state as usize);
            let change = |share: &[f64]| (share[last] - share[before]).abs() / 24.0;
            change(&self.norm) + change(&self.dissipation)
        };
        ends.iter().filter(|end| end.at_wall).map(missed).sum()
    }

    /// What absorbing boundaries leave that cut edges off faces. The cut piece carries a constant J exactly, so that what is misplaced is
    /// how J changes from it to the next edge. Where such a boundary matters it leaves much less than that, as the grids show.
    pub fn left_by_cuts(&self, ends: &[LineEnd]) -> f64 {
        let left = |end: &LineEnd| {
            let state = end.states[0] as usize;
            end.change.map_or(0.0, |change| MISPLACED * (self.norm[state] + change * self.committed[state]))
        };
        ends.iter().map(left).sum()
    }
}
