//! From a problem and a grid to the generator.
//!
//! For each live cell i and each edge e of its Selling stencil: a live neighbour j = i + e takes part in the pair (i, j);
//! an edge that leaves through a reflecting wall is dropped; an edge that an absorbing boundary cuts at the fraction f
//! gives κ_i += λ_e(i) W_f/f, W_f the weight of the piece up to the cut.
//!
//! ```text
//!      reflecting │ o────o────o──╳ absorbing, cut at f of the edge
//! ```
//! Order 2 for smooth tensors, curved absorbing boundaries included (Shortley & Weller 1938 is the classical relative).

use rayon::prelude::*;
use sprs::CsMat;

use crate::config::{Interpretation, Scheme, Wall};
use crate::generator::Generator;
use crate::grid::Grid;
use crate::problem::{DiffusionField, Domain, Dynamics, Region};
use crate::progress::Progress;
use crate::scheme::edge::EdgeError;
use crate::scheme::{EdgeSampler, Stencil};
use crate::tensor::{Point, Tensor, advance};

/// A generator with what it was made from.
#[derive(Clone, Debug)]
pub struct Assembly {
    /// The generator.
    pub generator: Generator,
    /// The cell of each state.
    pub cells: Vec<u32>,
    /// The state of each cell, [`DEAD`] where there is none.
    pub states: Vec<u32>,
    /// Where each killing rate comes from; Σ over a state is κ.
    pub exits: Vec<Exit>,
    /// All edges between states.
    pub pairs: Vec<Pair>,
}

/// Marks a cell without a state.
pub const DEAD: u32 = u32::MAX;

/// One cut edge.
#[derive(Clone, Copy, Debug)]
pub struct Exit {
    /// The state it leaves from.
    pub state: u32,
    /// Its part of κ.
    pub rate: f64,
    /// Offset of the whole edge in cells.
    pub offset: [i32; 2],
    /// Where it crosses the absorbing boundary.
    pub position: Point,
    /// The fraction of the edge at which it does.
    pub fraction: f64,
}

/// One edge between two states.
#[derive(Clone, Copy, Debug)]
pub struct Pair {
    /// i.
    pub from: u32,
    /// j.
    pub to: u32,
    /// Offset of j from i in cells.
    pub offset: [i32; 2],
    /// z, the rise of the effective potential from i to j: its absolute value is the cell Péclet number.
    pub rise: f64,
    /// q_ij.
    pub forward: f64,
    /// q_ji.
    pub backward: f64,
}

/// The physics that an assembly discretises.
#[derive(Clone, Copy)]
pub struct Physics<'a> {
    /// −b.
    pub dynamics: &'a Dynamics,
    /// D.
    pub noise: &'a dyn DiffusionField,
    /// The calculus.
    pub interpretation: Interpretation,
    /// Walls.
    pub domain: &'a Domain,
    /// Where the process lives; leaving it kills.
    pub live: &'a Region,
}

impl<'a> Physics<'a> {
    /// What integrates along the edges of a grid.
    pub fn sampler(&self, grid: &Grid, scheme: Scheme) -> EdgeSampler<'a> {
        EdgeSampler::new(self.dynamics, self.noise, self.interpretation, scheme, grid)
    }
}

/// Why an assembly failed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum AssemblyError {
    /// Slope or tensor not finite.
    #[error(
        "the slope of the loss or the inverse of the diffusion tensor is not finite at θ = ({:.6}, {:.6}): \
         change the formula, the domain, or add noise.floor", at[0], at[1]
    )]
    NotFinite {
        /// Where.
        at: Point,
    },
    /// A negative eigenvalue of D.
    #[error(
        "the diffusion tensor has the negative eigenvalue {eigenvalue:.3e} at θ = ({:.6}, {:.6}): it must be positive \
         semidefinite everywhere in the domain", at[0], at[1]
    )]
    NotPositive {
        /// Where.
        at: Point,
        /// The eigenvalue.
        eigenvalue: f64,
    },
    /// No decomposition within the longest edge.
    #[error(
        "the diffusion tensor at θ = ({:.6}, {:.6}) is too anisotropic for this grid (eigenvalues in the ratio {ratio:.1e}, \
         seen in cells): add noise.floor, or turn the grid with grid.align", at[0], at[1]
    )]
    TooAnisotropic {
        /// Where.
        at: Point,
        /// Ratio of the eigenvalues.
        ratio: f64,
    },
    /// `central` with |z| ≥ 2.
    #[error(
        "grid.scheme = \"central\" is not monotone at the cell at θ = ({:.6}, {:.6}): its Péclet number {:.2} is not below 2. \
         Take about {:.0} times as many cells per axis, or the default scheme, which has no such limit",
        at[0], at[1], rise.abs(), (rise.abs() / 2.0).ceil() + 1.0
    )]
    NotMonotone {
        /// Where.
        at: Point,
        /// z.
        rise: f64,
    },
    /// Stratonovich with a tensor.
    #[error(
        "noise.interpretation = \"stratonovich\" is defined here for scalar noise only, and the tensor at θ = ({:.6}, {:.6}) \
         is not a multiple of the identity: use \"ito\" or \"isothermal\"", at[0], at[1]
    )]
    NotScalar {
        /// Where.
        at: Point,
    },
    /// No live cell.
    #[error("the start set holds no cell centre on a grid of {} × {} cells: raise grid.cells", cells[0], cells[1])]
    Empty {
        /// The grid.
        cells: [usize; 2],
    },
    /// Interrupted.
    #[error("interrupted")]
    Interrupted,
}

impl Assembly {
    /// Discretises the physics on a grid, on the connected part of the live set around `start`.
    pub fn new(
        physics: Physics<'_>,
        grid: &Grid,
        scheme: Scheme,
        start: Point,
        progress: &Progress,
    ) -> Result<Assembly, AssemblyError> {
        let Physics { noise, interpretation, domain, live, .. } = physics;
        progress.begin("assembling the generator", 0);
        let alive = members(grid, domain, live);
        let mut cells = Vec::new();
        let mut states = vec![DEAD; grid.len()];
        for cell in (0..grid.len()).filter(|&cell| alive[cell]) {
            states[cell] = cells.len() as u32;
            cells.push(cell as u32);
        }
        if cells.is_empty() {
            return Err(AssemblyError::Empty { cells: grid.cells });
        }
        let sampler = physics.sampler(grid, scheme);
        let stencils = stencils(&sampler, noise, interpretation, grid, &cells)?;
        let context = Context { grid, domain, live, sampler: &sampler, states: &states, stencils: &stencils };
        const CHUNK: usize = 2048;
        let chunks: Vec<(Vec<Pair>, Vec<Exit>, Steepest)> = cells
            .par_chunks(CHUNK)
            .enumerate()
            .map(|(chunk, cells)| {
                if progress.is_interrupted() {
                    return Err(AssemblyError::Interrupted);
                }
                let (mut pairs, mut exits, mut steepest) = (Vec::with_capacity(3 * cells.len()), Vec::new(), None);
                for (k, &cell) in cells.iter().enumerate() {
                    match context.edges_of(chunk * CHUNK + k, cell as usize, &mut pairs, &mut exits) {
                        // The message is to name the worst edge, not the first.
                        Err(AssemblyError::NotMonotone { at, rise }) => steepest = steeper(steepest, Some((rise, at))),
                        other => other?,
                    }
                }
                Ok((pairs, exits, steepest))
            })
            .collect::<Result<_, _>>()?;
        let mut pairs = Vec::with_capacity(chunks.iter().map(|(pairs, ..)| pairs.len()).sum());
        let mut exits = Vec::new();
        let mut steepest = None;
        for (more_pairs, more_exits, more_steepest) in chunks {
            pairs.extend(more_pairs);
            exits.extend(more_exits);
            steepest = steeper(steepest, more_steepest);
        }
        if let Some((rise, at)) = steepest {
            return Err(AssemblyError::NotMonotone { at, rise });
        }
        connected(grid, start, &mut cells, &mut states, &mut pairs, &mut exits);
        Ok(Assembly { generator: generator_of(grid, &cells, &pairs, &exits), cells, states, exits, pairs })
    }

    /// The generator with the killing replaced by unit killing at one state: what a closed chain needs for its
    /// stationary law, which is the occupation of the chain that starts there and is killed there.
    pub fn pinned(&self, state: usize) -> Generator {
        let mut killing = vec![0.0; self.generator.len()];
        killing[state] = 1.0;
        Generator { killing, ..self.generator.clone() }
    }
}

/// The largest |z| that a scheme refuses, and where.
type Steepest = Option<(f64, Point)>;

/// The steeper of two; the first of equals.
fn steeper(a: Steepest, b: Steepest) -> Steepest {
    match (a, b) {
        (Some((x, _)), Some((y, _))) if x.abs() >= y.abs() => a,
        (_, Some(_)) => b,
        _ => a,
    }
}

/// Which cells have their centre in a set. Where the exact answer is costly and a cell and all its neighbours agree on the cheap
/// one, that is taken.
pub fn members(grid: &Grid, domain: &Domain, set: &Region) -> Vec<bool> {
    let rough: Vec<Option<bool>> = (0..grid.len())
        .into_par_iter()
        .map(|cell| {
            let at = grid.cell_centre(cell);
            if domain.contains(at) { set.holds_roughly(at) } else { Some(false) }
        })
        .collect();
    let around = |index: usize, axis: usize| {
        let (index, n, periodic) = (index as i64, grid.cells[axis] as i64, grid.periodic[axis]);
        let near = (index - 1..=index + 1).map(move |k| if periodic { k.rem_euclid(n) } else { k });
        near.filter(move |k| (0..n).contains(k)).map(|k| k as usize)
    };
    (0..grid.len())
        .into_par_iter()
        .map(|cell| {
            let at = grid.cell_centre(cell);
            let [ix, iy] = grid.indices(cell);
            let agrees = |kx: usize| around(iy, 1).all(|ky| rough[kx * grid.cells[1] + ky] == rough[cell]);
            match rough[cell] {
                Some(answer) if around(ix, 0).all(agrees) => answer,
                _ => domain.contains(at) && set.holds(at),
            }
        })
        .collect()
}

/// Selling's stencil of every live cell.
fn stencils(
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
enum Stencils {
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

struct Context<'a> {
    grid: &'a Grid,
    domain: &'a Domain,
    live: &'a Region,
    sampler: &'a EdgeSampler<'a>,
    states: &'a [u32],
    stencils: &'a Stencils,
}

impl Context<'_> {
    fn edges_of(
        &self,
        state: usize,
        cell: usize,
        pairs: &mut Vec<Pair>,
        exits: &mut Vec<Exit>,
    ) -> Result<(), AssemblyError> {
        let [ix, iy] = self.grid.indices(cell);
        let from = self.grid.position(ix as f64, iy as f64);
        let fail = |error: EdgeError| match error {
            EdgeError::NotMonotone { rise } => AssemblyError::NotMonotone { at: from, rise },
            EdgeError::NotFinite { at } => AssemblyError::NotFinite { at },
        };
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
                        let flow =
                            self.sampler.flow(from, along(1.0), edge.offset, [edge.weight, weight]).map_err(fail)?;
                        pairs.push(Pair {
                            from: state as u32,
                            to: other as u32,
                            offset,
                            rise: flow.rise,
                            forward: self.sampler.leave(edge.weight) * flow.forward,
                            backward: self.sampler.leave(weight) * flow.backward,
                        });
                    }
                    None => {
                        let Some(fraction) = self.cut([ix, iy], from, step, offset) else {
                            continue;
                        };
                        let to = along(fraction);
                        let flow =
                            self.sampler.flow(from, to, edge.offset, [edge.weight, edge.weight]).map_err(fail)?;
                        let rate = self.sampler.leave(edge.weight) * flow.forward / fraction;
                        exits.push(Exit { state: state as u32, rate, offset, position: to, fraction });
                    }
                }
            }
        }
        Ok(())
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

/// Keeps the states that are connected with the one nearest to `start`.
fn connected(
    grid: &Grid,
    start: Point,
    cells: &mut Vec<u32>,
    states: &mut [u32],
    pairs: &mut Vec<Pair>,
    exits: &mut Vec<Exit>,
) {
    let mut parent: Vec<u32> = (0..cells.len() as u32).collect();
    fn root(parent: &mut [u32], mut k: u32) -> u32 {
        while parent[k as usize] != k {
            parent[k as usize] = parent[parent[k as usize] as usize];
            k = parent[k as usize];
        }
        k
    }
    for pair in pairs.iter() {
        let (a, b) = (root(&mut parent, pair.from), root(&mut parent, pair.to));
        parent[a.max(b) as usize] = a.min(b);
    }
    let origin = nearest_state(grid, start, cells, states);
    let keep = root(&mut parent, origin);
    let kept: Vec<bool> = (0..cells.len() as u32).map(|k| root(&mut parent, k) == keep).collect();
    if kept.iter().all(|&kept| kept) {
        return;
    }
    let mut renumbered = vec![DEAD; cells.len()];
    let mut remaining = Vec::new();
    for (state, &cell) in cells.iter().enumerate() {
        if kept[state] {
            renumbered[state] = remaining.len() as u32;
            remaining.push(cell);
        }
        states[cell as usize] = renumbered[state];
    }
    *cells = remaining;
    pairs.retain_mut(|pair| {
        (pair.from, pair.to) = (renumbered[pair.from as usize], renumbered[pair.to as usize]);
        pair.from != DEAD
    });
    exits.retain_mut(|exit| {
        exit.state = renumbered[exit.state as usize];
        exit.state != DEAD
    });
}

/// The state whose cell is nearest to a point.
pub fn nearest_state(grid: &Grid, point: Point, cells: &[u32], states: &[u32]) -> u32 {
    if let Some(cell) = grid.cell_at(point)
        && states[cell] != DEAD
    {
        return states[cell];
    }
    let distance = |cell: u32| {
        let [x, y] = grid.cell_centre(cell as usize);
        (x - point[0]).hypot(y - point[1])
    };
    let nearest = (0..cells.len()).min_by(|&a, &b| distance(cells[a]).total_cmp(&distance(cells[b])));
    nearest.unwrap_or(0) as u32
}

/// Rates from pairs, killing from exits.
pub(super) fn generator_of(grid: &Grid, cells: &[u32], pairs: &[Pair], exits: &[Exit]) -> Generator {
    let n = cells.len();
    let mut starts = vec![0usize; n + 1];
    for pair in pairs {
        starts[pair.from as usize + 1] += usize::from(pair.forward > 0.0);
        starts[pair.to as usize + 1] += usize::from(pair.backward > 0.0);
    }
    for k in 0..n {
        starts[k + 1] += starts[k];
    }
    let mut next = starts.clone();
    let mut columns = vec![0usize; starts[n]];
    let mut values = vec![0.0; starts[n]];
    let mut put = |row: u32, column: u32, rate: f64| {
        if rate > 0.0 {
            let slot = next[row as usize];
            (columns[slot], values[slot]) = (column as usize, rate);
            next[row as usize] += 1;
        }
    };
    for pair in pairs {
        put(pair.from, pair.to, pair.forward);
        put(pair.to, pair.from, pair.backward);
    }
    sort_rows(&mut starts, &mut columns, &mut values);
    let rates = CsMat::new((n, n), starts, columns, values);
    let mut killing = vec![0.0; n];
    for exit in exits {
        killing[exit.state as usize] += exit.rate;
    }
    let coordinates = cells.iter().map(|&cell| grid.indices(cell as usize).map(|index| index as i32)).collect();
    Generator { rates, killing, coordinates }
}

/// Sorts the entries of every row by column. Where two edges join the same two cells, on a short periodic axis, their rates
/// add.
fn sort_rows(starts: &mut Vec<usize>, columns: &mut Vec<usize>, values: &mut Vec<f64>) {
    const ROWS: usize = 4096;
    let mut blocks = Vec::new();
    let (mut columns_left, mut values_left) = (columns.as_mut_slice(), values.as_mut_slice());
    for first in (0..starts.len() - 1).step_by(ROWS) {
        let ends = &starts[first..(first + ROWS + 1).min(starts.len())];
        let length = ends[ends.len() - 1] - ends[0];
        let (block_columns, columns_rest) = columns_left.split_at_mut(length);
        let (block_values, values_rest) = values_left.split_at_mut(length);
        (columns_left, values_left) = (columns_rest, values_rest);
        blocks.push((ends, block_columns, block_values));
    }
    let has_doubles = blocks
        .into_par_iter()
        .map(|(ends, columns, values)| {
            let mut has_doubles = false;
            for row in ends.windows(2) {
                let (begin, end) = (row[0] - ends[0], row[1] - ends[0]);
                let (columns, values) = (&mut columns[begin..end], &mut values[begin..end]);
                // Rows are short, and nearly in order.
                for last in 1..columns.len() {
                    let mut place = last;
                    while place > 0 && columns[place - 1] > columns[place] {
                        columns.swap(place - 1, place);
                        values.swap(place - 1, place);
                        place -= 1;
                    }
                }
                has_doubles |= columns.windows(2).any(|pair| pair[0] == pair[1]);
            }
            has_doubles
        })
        .reduce(|| false, |a, b| a | b);
    if has_doubles {
        add_doubles(starts, columns, values);
    }
}

/// Merges neighbouring entries of the same column.
fn add_doubles(starts: &mut Vec<usize>, columns: &mut Vec<usize>, values: &mut Vec<f64>) {
    let (mut merged_starts, mut kept) = (vec![0; starts.len()], 0);
    for row in 0..starts.len() - 1 {
        let begin = kept;
        for slot in starts[row]..starts[row + 1] {
            if kept > begin && columns[kept - 1] == columns[slot] {
                values[kept - 1] += values[slot];
            } else {
                (columns[kept], values[kept]) = (columns[slot], values[slot]);
                kept += 1;
            }
        }
        merged_starts[row + 1] = kept;
    }
    columns.truncate(kept);
    values.truncate(kept);
    *starts = merged_starts;
}
