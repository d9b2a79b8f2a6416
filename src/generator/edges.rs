//! The edges of one cell, to its neighbours or cut by an absorbing boundary ([`fate`](crate::generator::fate)).

use bytemuck::Zeroable;
use rayon::prelude::*;

use crate::generator::assembly::{DEAD, worse};
use crate::generator::{AssemblyError, Exit, Pair};
use crate::grid::Grid;
use crate::problem::{DiffusionField, Domain, Interpretation, Region};
use crate::scheme::flow::EdgeError;
use crate::scheme::selling::Edge;
use crate::scheme::{EdgeFlow, EdgeSampler, Laminate, Segment, Stencil};
use crate::tensor::{Point, Tensor};

/// Selling's decomposition of D̃ at the centre of every live cell.
pub(super) fn stencils(
    sampler: &EdgeSampler<'_>,
    noise: &dyn DiffusionField,
    interpretation: Interpretation,
    grid: &Grid,
    cells: &[u32],
) -> Result<Stencils, AssemblyError> {
    let stencil = |at: Point, tensor: Tensor| {
        if !tensor.is_finite() {
            return Err(AssemblyError::NotFinite { at, dimension: grid.dimension });
        }
        let eigenvalues = tensor.eigen(grid.dimension).values;
        // An eigenvalue that is negative by the rounding of a singular tensor is no error.
        if eigenvalues[0] < -1e-12 * (tensor.xx.abs() + tensor.yy.abs()) {
            return Err(AssemblyError::NotPositive { at, dimension: grid.dimension, eigenvalue: eigenvalues[0] });
        }
        let is_scalar = tensor.xy == 0.0 && (tensor.xx - tensor.yy).abs() <= 1e-12 * tensor.xx.abs();
        if interpretation == Interpretation::Stratonovich && grid.dimension == 2 && !is_scalar {
            return Err(AssemblyError::NotScalar { at });
        }
        Stencil::of(sampler.index_tensor(tensor), grid.dimension)
            .map_err(|error| AssemblyError::TooAnisotropic { at, ratio: error.ratio })
    };
    if noise.temperature().is_some() {
        let at = grid.cell_centre(cells[0] as usize);
        return Ok(Stencils::Same(stencil(at, noise.tensor(at))?));
    }
    let laminate = Laminate::of(sampler);
    let each = cells.par_iter().map(|&cell| {
        let at = grid.cell_centre(cell as usize);
        let effective = laminate.as_ref().and_then(|laminate| laminate.tensor(at));
        stencil(at, effective.unwrap_or_else(|| noise.tensor(at)))
    });
    Ok(Stencils::Each(each.collect::<Result<_, _>>()?))
}

/// The stencil of every state.
pub(super) enum Stencils {
    Same(Stencil),
    Each(Vec<Stencil>),
}

impl Stencils {
    /// Whether all states have edges to the nearest cells along each axis.
    pub(super) fn reach_neighbours(&self, dimension: usize) -> bool {
        let nearest = &[[1, 0], [0, 1]][..dimension];
        matches!(self, Stencils::Same(stencil) if nearest.iter().all(|&offset| stencil.weight(offset) > 0.0))
    }

    pub(super) fn of(&self, state: usize) -> &Stencil {
        match self {
            Stencils::Same(stencil) => stencil,
            Stencils::Each(stencils) => &stencils[state],
        }
    }

    /// The conductance of an edge at another state's tensor.
    fn weight(&self, state: usize, edge: &Edge) -> f64 {
        match self {
            Stencils::Same(_) => edge.weight,
            Stencils::Each(stencils) => stencils[state].weight(edge.offset),
        }
    }
}

/// The data from which the edges of every cell are computed.
pub(super) struct Context<'a> {
    pub(super) grid: &'a Grid,
    /// The cell centres along each axis, in grid coordinates.
    pub(super) centres: [Vec<f64>; 2],
    pub(super) noise: &'a dyn DiffusionField,
    pub(super) domain: &'a Domain,
    pub(super) live: &'a Region,
    pub(super) sampler: &'a EdgeSampler<'a>,
    pub(super) states: &'a [u32],
    pub(super) stencils: &'a Stencils,
}

/// Buffers that are reused from one chunk of cells to the next.
#[derive(Default)]
pub(super) struct Segments {
    /// The segment of each pair.
    paths: Vec<Segment>,
    /// The segment of each exit.
    cut_segments: Vec<Segment>,
    /// The share of each exit that a window absorbs.
    shares: Vec<f64>,
    /// The flows along these segments.
    flows: Vec<EdgeFlow>,
}

impl Context<'_> {
    /// The number of pairs that are stored with a state.
    pub(super) fn pairs_of(&self, state: usize, cell: usize) -> usize {
        let indices = self.grid.indices(cell);
        if let Stencils::Same(stencil) = self.stencils {
            let leads_to_another =
                |edge: &&Edge| self.neighbour(indices, edge.offset).is_some_and(|other| other != state);
            return stencil.edges().iter().filter(leads_to_another).count();
        }
        let mut count = 0;
        self.for_edges(state, indices, |_, _, other| count += usize::from(other.is_some()));
        count
    }

    /// Fills in the pairs of the consecutive states from `first` on, whose cells are given; returns their exits.
    pub(super) fn fill(
        &self,
        first: usize,
        cells: &[u32],
        pairs: &mut [Pair],
        segments: &mut Segments,
    ) -> Result<Vec<Exit>, AssemblyError> {
        let Segments { paths, cut_segments, shares, .. } = segments;
        paths.clear();
        cut_segments.clear();
        shares.clear();
        let mut exits = Vec::new();
        for (state, &cell) in (first..).zip(cells) {
            let indices = self.grid.indices(cell as usize);
            let from = self.centre(indices, [0, 0]);
            self.for_edges(state, indices, |edge, offset, other| match other {
                Some((other, weight)) => {
                    let ends = [edge.weight, weight];
                    let (to, [i, j]) = (self.centre(indices, offset), [state, other].map(|state| state as u32));
                    pairs[paths.len()] = Pair { from: i, to: j, offset: offset.map(|c| c as i8), ..Pair::zeroed() };
                    paths.push(Segment { from, to, offset: edge.offset, ends });
                }
                None => {
                    if let Some((fraction, share)) = self.fate(indices, from, self.step(offset), offset).absorbed() {
                        shares.push(share);
                        let (to, ends) = (self.point_along(indices, offset, fraction), [edge.weight; 2]);
                        exits.push(Exit { state: state as u32, rate: 0.0, offset, position: to, fraction });
                        cut_segments.push(Segment { from, to, offset: edge.offset, ends });
                    }
                }
            });
        }
        self.find_rates(pairs, &mut exits, segments)?;
        Ok(exits)
    }

    /// Visits the edges that are stored with a state: the edge of the stencil, the signed offset, and, if it leads to a
    /// state, that state with the conductance of the edge there.
    fn for_edges(
        &self,
        state: usize,
        indices: [usize; 2],
        mut visit: impl FnMut(&Edge, [i32; 2], Option<(usize, f64)>),
    ) {
        for edge in self.stencils.of(state).edges() {
            for sign in [1, -1] {
                let offset = edge.offset.map(|c| sign * c);
                match self.neighbour(indices, offset) {
                    Some(other) if other == state => {}
                    Some(other) => {
                        let weight = self.stencils.weight(other, edge);
                        // A pair is stored with its first cell; with its second only if the first does not have the
                        // edge.
                        if sign == 1 || weight == 0.0 {
                            visit(edge, offset, Some((other, weight)));
                        }
                    }
                    None => visit(edge, offset, None),
                }
            }
        }
    }

    /// Computes the rates of all edges. The error names the steepest of the edges that are too steep for the weight.
    fn find_rates(&self, pairs: &mut [Pair], exits: &mut [Exit], segments: &mut Segments) -> Result<(), AssemblyError> {
        let Segments { paths, cut_segments, shares, flows } = segments;
        let mut failures = self.failures(paths, self.sampler.flows(paths, flows));
        for ((pair, path), flow) in pairs.iter_mut().zip(&*paths).zip(&*flows) {
            // Infinite beyond 3e38.
            pair.rise = flow.rise as f32;
            pair.forward = self.sampler.leave(path.ends[0]) * flow.forward;
            pair.backward = self.sampler.leave(path.ends[1]) * flow.backward;
        }
        failures.append(&mut self.failures(cut_segments, self.sampler.flows(cut_segments, flows)));
        for (((exit, way), flow), share) in exits.iter_mut().zip(&*cut_segments).zip(&*flows).zip(&*shares) {
            exit.rate = share * (self.sampler.leave(way.ends[0]) * flow.forward / exit.fraction);
        }
        failures.into_iter().reduce(worse).map_or(Ok(()), Err)
    }

    /// The errors of these segments, as errors of the assembly.
    pub(super) fn failures(&self, segments: &[Segment], errors: Vec<(usize, EdgeError)>) -> Vec<AssemblyError> {
        let dimension = self.grid.dimension;
        let failure = |(number, error): (usize, EdgeError)| match error {
            EdgeError::NotFinite { at } => AssemblyError::NotFinite { at, dimension },
            EdgeError::NotMonotone { rise } => {
                AssemblyError::NotMonotone { at: segments[number].from, dimension, rise }
            }
        };
        errors.into_iter().map(failure).collect()
    }

    /// The centre of the cell at an offset; beyond the seam of a periodic axis it is not wrapped.
    pub(super) fn centre(&self, indices: [usize; 2], offset: [i32; 2]) -> Point {
        let along = |axis: usize| {
            let index = indices[axis].checked_add_signed(offset[axis] as isize)?;
            self.centres[axis].get(index).copied()
        };
        match (along(0), along(1)) {
            (Some(x), Some(y)) => self.grid.to_theta([x, y]),
            _ => self.point_along(indices, offset, 1.0),
        }
    }

    /// The point at a fraction of the edge to an offset.
    pub(super) fn point_along(&self, [ix, iy]: [usize; 2], offset: [i32; 2], fraction: f64) -> Point {
        let [x, y] = offset.map(|c| fraction * f64::from(c));
        self.grid.position(ix as f64 + x, iy as f64 + y)
    }

    /// The vector of an offset in θ space.
    pub(super) fn step(&self, offset: [i32; 2]) -> Point {
        let [hx, hy] = self.grid.spacing();
        let [c, s] = self.grid.turn;
        let [u, v] =
            [f64::from(offset[0]) * hx, if self.grid.dimension == 2 { f64::from(offset[1]) * hy } else { 0.0 }];
        [c * u - s * v, s * u + c * v]
    }

    /// The state of the cell at an offset, if it has one.
    pub(super) fn neighbour(&self, [ix, iy]: [usize; 2], offset: [i32; 2]) -> Option<usize> {
        let along = |axis: usize, index: usize| {
            // An index below zero wraps to a very large number.
            let (target, n) = (index.wrapping_add_signed(offset[axis] as isize), self.grid.cells[axis]);
            match target < n {
                true => Some(target),
                false if self.grid.periodic[axis] => Some((target as i64).rem_euclid(n as i64) as usize),
                false => None,
            }
        };
        match self.states[along(0, ix)? * self.grid.cells[1] + along(1, iy)?] {
            DEAD => None,
            state => Some(state as usize),
        }
    }
}
