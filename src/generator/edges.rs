//! The edges of one cell: to its neighbours, and cut by what absorbs.

use rayon::prelude::*;

use crate::config::{Interpretation, Wall};
use crate::generator::assembly::DEAD;
use crate::generator::{AssemblyError, Exit, Pair};
use crate::grid::Grid;
use crate::problem::{DiffusionField, Domain, Region};
use crate::scheme::edge::EdgeError;
use crate::scheme::{EdgeFlow, EdgeSampler, Segment, Stencil};
use crate::tensor::{Point, Tensor, advance};

/// Selling's stencil of every live cell.
pub(super) fn stencils(
    sampler: &EdgeSampler<'_>,
    noise: &dyn DiffusionField,
    interpretation: Interpretation,
    grid: &Grid,
    cells: &[u32],
) -> Result<Stencils, AssemblyError> {
    let stencil = |at: Point, tensor: Tensor| {
        if !tensor.is_finite() {
            return Err(AssemblyError::NotFinite { at });
        }
        let eigenvalues = tensor.eigen(grid.dimension).values;
        // Rounding of a singular tensor's eigenvalue is not a negative diffusion.
        if eigenvalues[0] < -1e-12 * (tensor.xx.abs() + tensor.yy.abs()) {
            return Err(AssemblyError::NotPositive { at, eigenvalue: eigenvalues[0] });
        }
        let is_scalar = tensor.xy == 0.0 && (tensor.xx - tensor.yy).abs() <= 1e-12 * tensor.xx.abs();
        if interpretation == Interpretation::Stratonovich && grid.dimension == 2 && !is_scalar {
            return Err(AssemblyError::NotScalar { at });
        }
        Stencil::of(sampler.index_tensor(tensor), grid.dimension)
            .map_err(|error| AssemblyError::TooAnisotropic { at, ratio: error.ratio })
    };
    if noise.constant().is_some() {
        let at = grid.cell_centre(cells[0] as usize);
        return Ok(Stencils::Same(stencil(at, noise.tensor(at))?));
    }
    let each = cells.par_iter().map(|&cell| {
        let at = grid.cell_centre(cell as usize);
        stencil(at, noise.tensor(at))
    });
    Ok(Stencils::Each(each.collect::<Result<_, _>>()?))
}

/// The stencil of every state.
pub(super) enum Stencils {
    Same(Stencil),
    Each(Vec<Stencil>),
}

impl Stencils {
    fn of(&self, state: usize) -> &Stencil {
        match self {
            Stencils::Same(stencil) => stencil,
            Stencils::Each(stencils) => &stencils[state],
        }
    }
}

/// The edges of some cells.
#[derive(Default)]
pub(super) struct Edges {
    pub(super) pairs: Vec<Pair>,
    /// Along each pair.
    paths: Vec<Segment>,
    pub(super) exits: Vec<Exit>,
    /// Along each exit.
    ways_out: Vec<Segment>,
}

impl Edges {
    /// Gives back what only the computation of the rates needs.
    pub(super) fn forget_segments(&mut self) {
        (self.paths, self.ways_out) = (Vec::new(), Vec::new());
    }
}

/// What the edges of every cell are made from.
pub(super) struct Context<'a> {
    pub(super) grid: &'a Grid,
    pub(super) domain: &'a Domain,
    pub(super) live: &'a Region,
    pub(super) sampler: &'a EdgeSampler<'a>,
    pub(super) states: &'a [u32],
    pub(super) stencils: &'a Stencils,
}

impl Context<'_> {
    /// Appends the pairs that belong to a state, still without rates, and its cut edges, with the segments that both run along.
    pub(super) fn edges_of(&self, state: usize, cell: usize, edges: &mut Edges) {
        let [ix, iy] = self.grid.indices(cell);
        let from = self.grid.position(ix as f64, iy as f64);
        for edge in self.stencils.of(state).edges() {
            for sign in [1, -1] {
                let offset = edge.offset.map(|c| sign * c);
                let step = self.step(offset);
                let along = |f: f64| {
                    self.grid.position(ix as f64 + f * f64::from(offset[0]), iy as f64 + f * f64::from(offset[1]))
                };
                match self.neighbour([ix, iy], offset) {
                    Some(other) if other == state => {}
                    Some(other) => {
                        let weight = self.stencils.of(other).weight(edge.offset);
                        // The pair belongs to its first cell; to the second only where the first does not have the edge.
                        if sign == -1 && weight > 0.0 {
                            continue;
                        }
                        let ends = [edge.weight, weight];
                        edges.paths.push(Segment { from, to: along(1.0), offset: edge.offset, ends });
                        let (from, to) = (state as u32, other as u32);
                        edges.pairs.push(Pair { from, to, offset, rise: 0.0, forward: 0.0, backward: 0.0 });
                    }
                    None => {
                        let Some(fraction) = self.cut([ix, iy], from, step, offset) else {
                            continue;
                        };
                        let to = along(fraction);
                        let ends = [edge.weight, edge.weight];
                        edges.ways_out.push(Segment { from, to, offset: edge.offset, ends });
                        edges.exits.push(Exit { state: state as u32, rate: 0.0, offset, position: to, fraction });
                    }
                }
            }
        }
    }

    /// Computes the rates of all edges. An error names the steepest of those that are too steep for the scheme.
    pub(super) fn fill(&self, edges: &mut Edges) -> Result<(), AssemblyError> {
        let mut steepest: Option<(f64, Point)> = None;
        let mut usable = |flow: Result<EdgeFlow, EdgeError>, from: Point| match flow {
            Ok(flow) => Ok(flow),
            Err(EdgeError::NotFinite { at }) => Err(AssemblyError::NotFinite { at }),
            Err(EdgeError::NotMonotone { rise }) => {
                if steepest.is_none_or(|(steepest, _)| rise.abs() > steepest.abs()) {
                    steepest = Some((rise, from));
                }
                Ok(EdgeFlow::default())
            }
        };
        let Edges { pairs, paths, exits, ways_out } = edges;
        for ((pair, path), flow) in pairs.iter_mut().zip(&*paths).zip(self.sampler.flows(paths)) {
            let flow = usable(flow, path.from)?;
            pair.rise = flow.rise;
            pair.forward = self.sampler.leave(path.ends[0]) * flow.forward;
            pair.backward = self.sampler.leave(path.ends[1]) * flow.backward;
        }
        for ((exit, way), flow) in exits.iter_mut().zip(&*ways_out).zip(self.sampler.flows(ways_out)) {
            exit.rate = self.sampler.leave(way.ends[0]) * usable(flow, way.from)?.forward / exit.fraction;
        }
        match steepest {
            Some((rise, at)) => Err(AssemblyError::NotMonotone { at, rise }),
            None => Ok(()),
        }
    }

    /// The vector of an offset in θ space.
    fn step(&self, offset: [i32; 2]) -> Point {
        let [hx, hy] = self.grid.spacing();
        let [c, s] = self.grid.turn;
        let [u, v] =
            [f64::from(offset[0]) * hx, if self.grid.dimension == 2 { f64::from(offset[1]) * hy } else { 0.0 }];
        [c * u - s * v, s * u + c * v]
    }

    /// The state of the cell at an offset, when there is one.
    fn neighbour(&self, indices: [usize; 2], offset: [i32; 2]) -> Option<usize> {
        let mut target = [0usize; 2];
        for axis in 0..2 {
            let n = self.grid.cells[axis] as i64;
            let mut index = indices[axis] as i64 + i64::from(offset[axis]);
            if self.grid.periodic[axis] {
                index = index.rem_euclid(n);
            }
            if !(0..n).contains(&index) {
                return None;
            }
            target[axis] = index as usize;
        }
        match self.states[target[0] * self.grid.cells[1] + target[1]] {
            DEAD => None,
            state => Some(state as usize),
        }
    }

    /// The fraction at which an edge to a cell without a state is cut by what absorbs; `None` when a reflecting wall
    /// stops it first.
    fn cut(&self, indices: [usize; 2], from: Point, step: Point, offset: [i32; 2]) -> Option<f64> {
        let wall =
            if self.grid.turn[1] == 0.0 { self.wall_in_cells(indices, offset) } else { self.domain.leave(from, step) };
        let reach = wall.map_or(1.0, |(fraction, ..)| fraction);
        let end = advance(from, reach, step);
        if !self.live.holds(end) {
            return Some(reach * self.live.exit(from, end));
        }
        let (fraction, axis, side) = wall?;
        (self.domain.wall(axis, side) == Some(Wall::Absorbing)).then_some(fraction)
    }

    /// [`Domain::leave`] counted in cells, so that an axis edge is cut at exactly one half.
    fn wall_in_cells(&self, indices: [usize; 2], offset: [i32; 2]) -> Option<(f64, usize, usize)> {
        let mut first: Option<(f64, usize, usize)> = None;
        for axis in (0..self.grid.dimension).filter(|&axis| !self.grid.periodic[axis]) {
            let n = self.grid.cells[axis] as i64;
            let target = indices[axis] as i64 + i64::from(offset[axis]);
            let (distance, side) = match target {
                t if t < 0 => (indices[axis] as f64 + 0.5, 0),
                t if t >= n => (n as f64 - 0.5 - indices[axis] as f64, 1),
                _ => continue,
            };
            let fraction = distance / f64::from(offset[axis].abs());
            if first.is_none_or(|(smallest, ..)| fraction < smallest) {
                first = Some((fraction, axis, side));
            }
        }
        first
    }
}
