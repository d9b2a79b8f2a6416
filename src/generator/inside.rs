//! Killing rates of the cells from a killing rate k(θ) inside the domain, of second order.
//!
//! Normally κ_i = k at the centre: the balance equation of the cell is then the differential equation at its centre, as
//! the flux correction assumes. Where k varies strongly between a cell and its neighbours, κ_i is the mean of k over
//! the cell, so that a thin peak between centres is not missed. Where k jumps inside the cell, the mean is taken over
//! pieces that end at the jump.
//! ```text
//!      ├──────o──────┤        κ_i = k(o)
//!      ├────╎─o──────┤        κ_i = Σ_pieces m_p ⟨k⟩_p,   m_p the piece's share of the cell: of its length or area, on a line of
//!           jump                                          e^{−φ}w, as if detailed balance held within the cell
//! ```

use rayon::prelude::*;

use crate::generator::AssemblyError;
use crate::generator::assembly::Physics;
use crate::grid::Grid;
use crate::problem::killing::is_rate;
use crate::problem::{Domain, Killing};
use crate::scheme::EdgeSampler;
use crate::scheme::rule::Rule;
use crate::tensor::Point;

/// The number of nodes across the domain, along each axis (in one and in two dimensions), that search for peaks of k
/// between the centres of a coarse grid.
const SEARCH_NODES: [usize; 2] = [4096, 512];
/// k is resolved in a cell if its values at the centres of the cell and its neighbours differ from the mean over the
/// cell by less than this fraction of the largest.
const RESOLVED: f64 = 0.1;

/// The killing rate κ of every cell from k inside the domain; empty if there is no such killing.
///
/// # Errors
/// [`AssemblyError::Killing`] where k is negative or not a number, [`AssemblyError::NotFinite`] where the density
/// within a cell is.
pub(super) fn rates(
    physics: &Physics<'_>,
    sampler: &EdgeSampler<'_>,
    grid: &Grid,
    cells: &[u32],
) -> Result<Vec<f64>, AssemblyError> {
    let Some(killing) = &physics.domain.killing else { return Ok(Vec::new()) };
    let panels = [0, 1].map(|axis| match axis < grid.dimension {
        true => (SEARCH_NODES[grid.dimension - 1] / 2).div_ceil(grid.cells[axis]),
        false => 0,
    });
    let field = Field { killing, domain: physics.domain, sampler, grid, panels, two: Rule::new(), eight: Rule::new() };
    cells.par_iter().map(|&cell| field.of_cell(cell as usize)).collect()
}

struct Field<'a> {
    killing: &'a Killing,
    domain: &'a Domain,
    sampler: &'a EdgeSampler<'a>,
    grid: &'a Grid,
    /// The number of quadrature panels of a cell along each axis.
    panels: [usize; 2],
    two: Rule<2>,
    eight: Rule<8>,
}

/// A point in cell indices, which are whole numbers at cell centres.
type IndexPoint = [f64; 2];

impl Field<'_> {
    fn of_cell(&self, cell: usize) -> Result<f64, AssemblyError> {
        let centre = self.grid.indices(cell).map(|index| index as f64);
        if self.killing.may_break() && self.is_cut(centre) {
            return if self.grid.dimension == 1 { self.mean_on_line(centre) } else { self.mean_on_rectangle(centre) };
        }
        let at_centre = self.at(centre)?.unwrap_or(0.0);
        let mean = self.mean(centre)?;
        let mut largest = at_centre;
        for axis in 0..self.grid.dimension {
            for step in [-1.0, 1.0] {
                let mut beside = centre;
                beside[axis] += step;
                largest = largest.max(self.at(beside)?.unwrap_or(0.0));
            }
        }
        Ok(if (mean - at_centre).abs() <= RESOLVED * largest { at_centre } else { mean })
    }

    fn theta(&self, place: IndexPoint) -> Point {
        self.grid.position(place[0], place[1])
    }

    /// k at a point; `None` outside the domain.
    fn at(&self, place: IndexPoint) -> Result<Option<f64>, AssemblyError> {
        let at = self.theta(place);
        if !self.domain.contains(at) {
            return Ok(None);
        }
        match self.killing.rate(at) {
            rate if is_rate(rate) => Ok(Some(rate)),
            rate => Err(AssemblyError::Killing { at, rate, dimension: self.grid.dimension }),
        }
    }

    fn breaks(&self, from: IndexPoint, to: IndexPoint) -> Vec<f64> {
        self.killing.breaks(self.theta(from), self.theta(to)).as_slice().to_vec()
    }

    /// Whether k jumps or has a kink in the cell: along its sides, or along the lines between their middles.
    fn is_cut(&self, centre: IndexPoint) -> bool {
        let line = |axis: usize, across: f64| self.line(centre, axis, across);
        let [low, middle, high] = [-0.5, 0.0, 0.5];
        let lines = match self.grid.dimension {
            1 => vec![line(0, 0.0)],
            _ => [low, middle, high].into_iter().flat_map(|across| [line(0, across), line(1, across)]).collect(),
        };
        lines.into_iter().any(|[from, to]| !self.breaks(from, to).is_empty())
    }

    /// The line through a cell along an axis, at the distance `across` from its centre.
    fn line(&self, centre: IndexPoint, axis: usize, across: f64) -> [IndexPoint; 2] {
        [-0.5, 0.5].map(|end| {
            let mut place = centre;
            place[axis] += end;
            place[1 - axis] += across;
            place
        })
    }

    /// The mean of k over the cell.
    fn mean(&self, centre: IndexPoint) -> Result<f64, AssemblyError> {
        let nodes = |axis: usize| -> Vec<f64> {
            let panels = self.panels[axis];
            let node = |panel: usize, node: f64| (panel as f64 + node) / panels as f64 - 0.5;
            match panels {
                0 => vec![0.0],
                _ => (0..panels).flat_map(|panel| self.two.nodes.map(|place| node(panel, place))).collect(),
            }
        };
        let (mut sum, mut count) = (0.0, 0.0);
        let along_y = nodes(1);
        for x in nodes(0) {
            for y in &along_y {
                if let Some(rate) = self.at([centre[0] + x, centre[1] + y])? {
                    sum += rate;
                    count += 1.0;
                }
            }
        }
        Ok(if count > 0.0 { sum / count } else { 0.0 })
    }

    /// One dimension: the mean of k over the pieces of a cell, each weighted with its share of the mass of the density.
    fn mean_on_line(&self, centre: IndexPoint) -> Result<f64, AssemblyError> {
        let [from, to] = self.line(centre, 0, 0.0);
        let at = self.theta(centre)[0];
        let mut ends = self.breaks(from, to);
        ends.push(1.0);
        let place = |s: f64| [from[0] + s * (to[0] - from[0]), 0.0];
        let mass_up_to = |s: f64| {
            let mass = self.sampler.signed_mass(at, self.theta(place(s))[0]);
            mass.map_err(|_| AssemblyError::NotFinite { at: [at, 0.0], dimension: 1 })
        };
        let mut pieces = Vec::with_capacity(ends.len());
        let (mut begin, mut before) = (0.0, mass_up_to(0.0)?);
        for end in ends {
            let mass = mass_up_to(end)?;
            pieces.push((self.mean_along(place(begin), place(end))?, mass - before, end - begin));
            (begin, before) = (end, mass);
        }
        let total: f64 = pieces.iter().map(|(_, mass, _)| mass).sum();
        // Where the mass overflows or underflows within the cell the pieces are weighted with their lengths.
        Ok(match total > 0.0 && total.is_finite() {
            true => pieces.iter().map(|(rate, mass, _)| rate * (mass / total)).sum(),
            false => pieces.iter().map(|(rate, _, length)| rate * length).sum(),
        })
    }

    /// Two dimensions: the mean of k over a cell, integrated over lines across the curve of the jump, in strips that
    /// end where the curve leaves the cell.
    fn mean_on_rectangle(&self, centre: IndexPoint) -> Result<f64, AssemblyError> {
        let on_sides = |axis: usize| -> Vec<f64> {
            let of_side = |across: f64| {
                let [from, to] = self.line(centre, axis, across);
                self.breaks(from, to)
            };
            [of_side(-0.5), of_side(0.5)].concat()
        };
        let [along_x, along_y] = [on_sides(0), on_sides(1)];
        // A curve that crosses more sides along y than along x runs along x.
        let (outer, mut strips) = if along_y.len() >= along_x.len() { (0, along_x) } else { (1, along_y) };
        strips.push(1.0);
        strips.sort_by(f64::total_cmp);
        let (mut sum, mut begin) = (0.0, 0.0);
        for end in strips {
            for (node, weight) in self.eight.nodes.into_iter().zip(self.eight.weights) {
                let across = begin + node * (end - begin) - 0.5;
                let [from, to] = self.line(centre, 1 - outer, across);
                sum += (end - begin) * weight * self.mean_along_cut(from, to)?;
            }
            begin = end;
        }
        Ok(sum)
    }

    /// The mean of k along a line, split at the jumps.
    fn mean_along_cut(&self, from: IndexPoint, to: IndexPoint) -> Result<f64, AssemblyError> {
        let place = |s: f64| [0, 1].map(|axis| from[axis] + s * (to[axis] - from[axis]));
        let (mut sum, mut begin) = (0.0, 0.0);
        for end in self.breaks(from, to).into_iter().chain([1.0]) {
            sum += (end - begin) * self.mean_along(place(begin), place(end))?;
            begin = end;
        }
        Ok(sum)
    }

    /// The mean of k along a line without jumps.
    fn mean_along(&self, from: IndexPoint, to: IndexPoint) -> Result<f64, AssemblyError> {
        let (mut sum, mut weights) = (0.0, 0.0);
        for (node, weight) in self.eight.nodes.into_iter().zip(self.eight.weights) {
            if let Some(rate) = self.at([0, 1].map(|axis| from[axis] + node * (to[axis] - from[axis])))? {
                sum += weight * rate;
                weights += weight;
            }
        }
        Ok(if weights > 0.0 { sum / weights } else { 0.0 })
    }
}
