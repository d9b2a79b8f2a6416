//! The edges of one cell, to its neighbours or cut by an absorbing boundary.

use bytemuck::Zeroable;
use rayon::prelude::*;

use crate::generator::assembly::{DEAD, worse};
use crate::generator::correction::ON_FACES;
use crate::generator::window_rim::WindowRim;
use crate::generator::{AssemblyError, Exit, Pair};
use crate::grid::Grid;
use crate::problem::{DiffusionField, Domain, Region};
use crate::problem::{Interpretation, Wall};
use crate::scheme::flow::EdgeError;
use crate::scheme::selling::Edge;
use crate::scheme::{EdgeFlow, EdgeSampler, Laminate, Segment, Stencil};
use crate::tensor::{Point, Tensor, advance};

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

/// The least distance, in edges, of a cell centre from an absorbing boundary: a centre that is nearer by rounding
/// counts as this far before it, so that its killing rate is finite.
pub(super) const LEAST: f64 = 1e-9;

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

/// The fate of an edge to a cell without a state.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Fate {
    /// An absorbing boundary cuts it at this fraction.
    Cut(f64),
    /// It reaches a reflecting wall at this fraction, and a window in that wall absorbs part of it.
    Window {
        /// The fraction of the edge.
        fraction: f64,
        /// The share of the edge that the window absorbs.
        share: f64,
        /// The grid axis normal to the wall.
        axis: usize,
    },
    /// A reflecting wall stops it first; the grid axis normal to the wall, if the wall lies on cell faces.
    Reflected(Option<usize>),
    /// It reaches the corner of two walls at this fraction: half of it belongs to each, of which these shares are
    /// absorbed, by the grid axis normal to the wall.
    Corner {
        /// The fraction of the edge.
        fraction: f64,
        /// 1 for an absorbing wall, 0 for a reflecting one, between them at the end of a window.
        shares: [f64; 2],
    },
}

impl Fate {
    /// The fraction of the edge at which something absorbs, and the share of the edge that is absorbed.
    pub(super) fn absorbed(self) -> Option<(f64, f64)> {
        match self {
            Fate::Cut(fraction) => Some((fraction, 1.0)),
            Fate::Window { fraction, share, .. } => Some((fraction, share)),
            Fate::Corner { fraction, shares: [x, y] } if x + y > 0.0 => Some((fraction, 0.5 * (x + y))),
            Fate::Reflected(_) | Fate::Corner { .. } => None,
        }
    }

    /// The grid axes normal to the reflecting walls on faces, and the share of the edge that each reflects.
    pub(super) fn reflected(self) -> [Option<(usize, f64)>; 2] {
        match self {
            Fate::Reflected(axis) => [axis.map(|axis| (axis, 1.0)), None],
            Fate::Window { share, axis, .. } => [Some((axis, 1.0 - share)), None],
            Fate::Corner { shares, .. } => [0, 1].map(|axis| Some((axis, 0.5 - 0.5 * shares[axis]))),
            Fate::Cut(_) => [None; 2],
        }
    }
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

    /// The fate of an edge to a cell without a state.
    pub(super) fn fate(&self, indices: [usize; 2], from: Point, step: Point, offset: [i32; 2]) -> Fate {
        let wall = match self.grid.turn[1] == 0.0 {
            true => self.wall_in_cells(indices, offset),
            // A cell centre on an absorbing wall has no state (`members`), and the edge to it ends on the wall.
            false => {
                let wall = self.domain.leave(from, step.map(|c| c * (1.0 + 2.0 * LEAST)));
                wall.map(|(fraction, axis, side)| (fraction * (1.0 + 2.0 * LEAST), axis, side))
            }
        };
        let reach = wall.map_or(1.0, |(fraction, ..)| fraction);
        let end = advance(from, reach, step);
        if !self.live.holds(end) {
            return Fate::Cut(LEAST.max(reach * self.live.exit(from, end)));
        }
        let Some((fraction, axis, side)) = wall else {
            // The live set may end exactly at the centre of the other cell, where rounding can place the end of the
            // edge on either side. (Not so for a centre on a reflecting wall of a turned grid: no set ends beyond it.)
            let is_left = !self.live.holds(advance(from, 1.0 + 2.0 * LEAST, step));
            return if is_left { Fate::Cut(1.0) } else { Fate::Reflected(None) };
        };
        // A live set that ends on the wall itself is left there, on whichever side of it rounding has placed the end of
        // the edge.
        let ends = || !self.live.holds(advance(from, reach * (1.0 + 2.0 * LEAST), step));
        let is_absorbing = self.domain.wall(axis, side) == Some(Wall::Absorbing);
        if (is_absorbing || !ends())
            && let Some(shares) = self.corner(from, step, (fraction, axis, side), end)
        {
            return Fate::Corner { fraction: LEAST.max(fraction), shares };
        }
        match is_absorbing || ends() {
            true => Fate::Cut(LEAST.max(fraction)),
            false => match self.window_share([axis, side], end) {
                0.0 => Fate::Reflected(self.axis_of_faces(axis)),
                1.0 => Fate::Cut(LEAST.max(fraction)),
                share => Fate::Window { fraction: LEAST.max(fraction), share, axis },
            },
        }
    }

    /// The grid axis that is normal to the walls of an axis of the domain; `None` if the walls are oblique to the grid.
    fn axis_of_faces(&self, axis: usize) -> Option<usize> {
        let [cosine, sine] = self.grid.turn.map(f64::abs);
        match (sine <= ON_FACES, cosine <= ON_FACES) {
            (true, _) => Some(axis),
            (_, true) => Some(1 - axis),
            _ => None,
        }
    }

    /// The share of an edge that the windows of a reflecting wall absorb where it ends at the wall.
    fn window_share(&self, [axis, side]: [usize; 2], end: Point) -> f64 {
        if self.domain.windows.is_empty() {
            return 0.0;
        }
        // Parallel edges meet the wall one cell apart: each represents that length of wall.
        let half = 0.5 * self.grid.spacing()[1 - axis];
        let rim = WindowRim::new(self.noise.tensor(end), self.grid.spacing(), axis);
        rim.rate(self.domain.absorbing_share(axis, side, end, half, rim.beyond))
    }

    /// The shares that two walls absorb of an edge that leaves through their corner, by the grid axis normal to each, if
    /// an edge that reaches a wall at a fraction and a point does so: half of it belongs to each, whichever axis is
    /// called x.
    fn corner(&self, from: Point, step: Point, wall: (f64, usize, usize), at: Point) -> Option<[f64; 2]> {
        let (fraction, axis, side) = wall;
        let other = 1 - axis;
        if self.grid.dimension == 1 || self.domain.is_periodic(other) || step[other] == 0.0 {
            return None;
        }
        let end = usize::from(step[other] > 0.0);
        let corner = if end == 1 { self.domain.upper[other] } else { self.domain.lower[other] };
        let is_corner = ((corner - from[other]) / step[other] - fraction).abs() <= ON_FACES * fraction;
        let absorbed = |[axis, side]: [usize; 2]| match self.domain.wall(axis, side) {
            Some(Wall::Absorbing) => 1.0,
            _ => self.window_share([axis, side], at),
        };
        let normals = [self.axis_of_faces(axis)?, self.axis_of_faces(other)?];
        is_corner.then(|| {
            let mut shares = [0.0; 2];
            shares[normals[0]] = absorbed([axis, side]);
            shares[normals[1]] = absorbed([other, end]);
            shares
        })
    }

    /// [`Domain::leave`] computed in units of cells, so that an axis edge is cut at exactly ½.
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
