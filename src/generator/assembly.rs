//! From a problem and a grid to the generator.
//!
//! For each live cell i and each edge e of its Selling stencil: if j = i + e is live, the edge becomes the pair (i, j);
//! an edge that leaves through a reflecting wall is replaced by conductance along the wall (`walls`); an edge that an
//! absorbing boundary cuts at the fraction f adds κ_i += λ_e(i) W_f/f, with W_f the weight of the piece up to the cut.
//!
//! ```text
//!      reflecting │ o────o────o──╳ absorbing, cut at f of the edge
//! ```
//! Order 2 for smooth tensors, curved absorbing boundaries included (Shortley & Weller 1938 is the classical relative).

use rayon::prelude::*;

use crate::digits::{exact, point};
use crate::generator::Generator;
use crate::generator::circulation;
use crate::generator::edges::{Context, Segments, stencils};
use crate::generator::fate::LEAST;
use crate::generator::inside;
use crate::generator::mass;
use crate::generator::refinement;
use crate::generator::severed::Origin;
use crate::generator::sparse::{connected, generator_of};
use crate::generator::transport::{self, Lifted};
use crate::generator::vanishing;
use crate::generator::walls::AlongWalls;
use crate::grid::Grid;
use crate::problem::Interpretation;
use crate::problem::jumps::shown;
use crate::problem::mollified::{CellShape, Mollified};
use crate::problem::{DiffusionField, Domain, Dynamics, Region};
use crate::progress::Progress;
use crate::scheme::EdgeSampler;
use crate::scheme::Weight;
use crate::tensor::Point;

/// A generator with the cells, edges and cut edges that it was assembled from.
#[derive(Clone, Debug)]
pub struct Assembly {
    /// The generator.
    pub generator: Generator,
    /// The cell of each state.
    pub cells: Vec<u32>,
    /// The state of each cell, [`DEAD`] for a cell without one.
    pub states: Vec<u32>,
    /// All cut edges. With `inside`, their rates sum to κ of each state.
    pub exits: Vec<Exit>,
    /// The killing rate of each state by killing inside the domain; empty if there is none.
    pub inside: Vec<f64>,
    /// All edges between states.
    pub pairs: Vec<Pair>,
    /// A point of an absorbing boundary that the process never reaches, if there is one.
    pub unreached: Option<Point>,
    /// Whether what absorbs lies between two live cells.
    pub severs: bool,
}

/// Marks a cell without a state.
pub const DEAD: u32 = u32::MAX;

/// One edge that an absorbing boundary cuts.
#[derive(Clone, Copy, Debug)]
pub struct Exit {
    /// The state at which it begins.
    pub state: u32,
    /// Its contribution to κ of the state, in 1/time.
    pub rate: f64,
    /// Offset of the whole edge in cells.
    pub offset: [i32; 2],
    /// The point θ where it crosses the absorbing boundary.
    pub position: Point,
    /// The fraction of the edge at the crossing.
    pub fraction: f64,
}

/// One edge between two states i and j, with both rates. Chains have millions of them.
#[derive(Clone, Copy, Debug, bytemuck::Zeroable)]
pub struct Pair {
    /// The state i.
    pub from: u32,
    /// The state j.
    pub to: u32,
    /// The rate q_ij, in 1/time.
    pub forward: f64,
    /// The rate q_ji, in 1/time.
    pub backward: f64,
    /// z, the rise of the effective potential from i to j: its absolute value is the cell Péclet number.
    pub rise: f32,
    /// Offset of j from i in cells.
    pub offset: [i8; 2],
}

/// The process that an assembly discretises.
#[derive(Clone, Copy)]
pub struct Physics<'a> {
    /// The drift b, as −∇L or a general field.
    pub dynamics: &'a Dynamics,
    /// The diffusion tensor field D.
    pub noise: &'a dyn DiffusionField,
    /// The stochastic calculus.
    pub interpretation: Interpretation,
    /// The domain with its walls.
    pub domain: &'a Domain,
    /// The live set; leaving it kills.
    pub live: &'a Region,
}

impl<'a> Physics<'a> {
    /// The edge integrals of this process on a grid.
    pub fn sampler(&self, grid: &Grid, weight: Weight) -> EdgeSampler<'a> {
        EdgeSampler::new(self.dynamics, self.noise, self.interpretation, weight, grid)
    }
}

/// An assembly that failed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum AssemblyError {
    /// The slope of the loss or the inverse of D is not finite.
    #[error(
        "the slope of the loss or the inverse of the diffusion tensor is not finite at θ = {}", point(*at, *dimension)
    )]
    NotFinite {
        /// The point θ.
        at: Point,
        /// The dimension, 1 or 2.
        dimension: usize,
    },
    /// D has a negative eigenvalue.
    #[error(
        "the diffusion tensor has the negative eigenvalue {eigenvalue:.3e} at θ = {}: it must be positive \
         semidefinite everywhere in the domain", point(*at, *dimension)
    )]
    NotPositive {
        /// The point θ.
        at: Point,
        /// The dimension, 1 or 2.
        dimension: usize,
        /// The negative eigenvalue.
        eigenvalue: f64,
    },
    /// Selling's decomposition needs edges longer than allowed.
    #[error(
        "the diffusion tensor at θ = {} is too anisotropic for this grid (eigenvalues in the ratio {ratio:.1e}, \
         seen in cells)", point(*at, 2)
    )]
    TooAnisotropic {
        /// The point θ.
        at: Point,
        /// The ratio of the eigenvalues of D̃.
        ratio: f64,
    },
    /// The weight `central` met an edge with |z| ≥ 2.
    #[error(
        "the central weight is not monotone at the cell at θ = {}: its Péclet number {:.2} is not below 2",
        point(*at, *dimension), rise.abs()
    )]
    NotMonotone {
        /// The centre of the cell.
        at: Point,
        /// The dimension, 1 or 2.
        dimension: usize,
        /// The rise z of the edge.
        rise: f64,
    },
    /// The Stratonovich calculus with a tensor that is not a scalar.
    #[error(
        "the Stratonovich calculus is defined here for scalar noise only, and the tensor at θ = {} \
         is not a multiple of the identity", point(*at, 2)
    )]
    NotScalar {
        /// The point θ.
        at: Point,
    },
    /// A killing rate inside the domain is negative or not a number.
    #[error("the killing rate is {} at θ = {}, and must be finite and ≥ 0", exact(*rate), shown(*at, *dimension))]
    Killing {
        /// The point θ.
        at: Point,
        /// The killing rate.
        rate: f64,
        /// The dimension, 1 or 2.
        dimension: usize,
    },
    /// No cell centre lies in the live set.
    #[error("the start set holds no cell centre on a grid of {} × {} cells", cells[0], cells[1])]
    Empty {
        /// The number of cells along each axis.
        cells: [usize; 2],
    },
    /// The computation was asked to stop.
    #[error("interrupted")]
    Interrupted,
}

impl Assembly {
    /// Discretises the physics on a grid, on the connected part of the live set around `start`.
    ///
    /// # Errors
    /// [`AssemblyError`]: a slope or a tensor that is not finite or does not suit the grid, a live set without a cell
    /// centre, an interruption.
    pub fn new(
        physics: Physics<'_>,
        grid: &Grid,
        weight: Weight,
        start: Point,
        progress: &Progress,
    ) -> Result<Assembly, AssemblyError> {
        let cells_seen = CellShape { spacing: grid.spacing(), turn: grid.turn };
        let mollified = Mollified::of(physics.noise, cells_seen).map(|mollified| {
            let at = |cell: usize| mollified.is_calm(grid.cell_centre(cell));
            let calm: Vec<bool> = (0..grid.len()).into_par_iter().with_min_len(CHUNK).map(at).collect();
            mollified.knowing(move |theta| grid.cell_at(theta).is_some_and(|cell| calm[cell]))
        });
        let (bare, noise) = (physics, mollified.as_ref().map_or(physics.noise, |noise| noise as &dyn DiffusionField));
        let physics = Physics { noise, ..physics };
        // A rotated gradient descent −(I + cJ)∇L is discretised as its gradient part plus a circulation.
        let turned = physics.dynamics.conservative().zip(noise.constant()).filter(|_| weight.keeps_balance());
        let physics = Physics { dynamics: turned.map_or(physics.dynamics, |(drift, _)| drift.descent), ..physics };
        let Physics { interpretation, domain, live, .. } = physics;
        progress.begin("assembling the generator", 0);
        let alive = members(grid, domain, live, progress);
        if progress.is_interrupted() {
            return Err(AssemblyError::Interrupted);
        }
        let (mut cells, mut states) = numbered(&alive);
        if cells.is_empty() {
            return Err(AssemblyError::Empty { cells: grid.cells });
        }
        // Along a grid axis without noise the drift is discretised by upwinding.
        let silent = noise.silent_axis().filter(|_| grid.turn[1] == 0.0);
        let lifted = silent.map(|axis| Lifted { noise, axis });
        let sampled = lifted.as_ref().map_or(noise, |lifted| lifted as &dyn DiffusionField);
        let sampler = Physics { noise: sampled, ..physics }.sampler(grid, weight);
        let stencils = stencils(&sampler, noise, interpretation, grid, &cells)?;
        let centres = [0, 1].map(|axis| grid.centres(axis));
        let context =
            Context { grid, centres, noise, domain, live, sampler: &sampler, states: &states, stencils: &stencils };
        let (mut pairs, mut exits, severs) = edges(&context, &cells, progress)?;
        let unreached =
            vanishing::correct(&bare, [&sampler, &bare.sampler(grid, weight)], &stencils, grid, &cells, &mut exits)?;
        if let Some(axis) = silent {
            transport::add(&context, physics.dynamics, axis, &cells, &mut pairs, &mut exits);
        }
        mass::correct(&physics, &sampler, grid, &cells, &mut pairs, &mut exits)?;
        if let Some((drift, temperature)) = turned {
            circulation::add(drift, temperature, grid, &cells, &mut pairs);
        }
        let mut inside = inside::rates(&physics, &sampler, grid, &cells)?;
        // Every cell is live and coupled with its neighbours: the live set is connected.
        if cells.len() < grid.len() || !stencils.reach_neighbours(grid.dimension) || live.may_be_left_within() {
            connected(grid, start, &mut cells, &mut states, &mut pairs, &mut exits, &mut inside);
        }
        Ok(Assembly {
            generator: generator_of(grid, &cells, &pairs, &exits, &inside, turned.is_none() && sampler.keeps_balance()),
            cells,
            states,
            exits,
            inside,
            pairs,
            unreached,
            severs,
        })
    }

    /// Whether the chain is killed anywhere, at an absorbing boundary or inside the domain.
    pub fn kills(&self) -> bool {
        !self.exits.is_empty() || self.inside.iter().any(|&rate| rate > 0.0)
    }

    /// The generator with its killing replaced by unit killing at one state. The occupation time of the chain that
    /// starts there and is killed there is the stationary distribution of the closed chain.
    pub fn pinned(&self, state: usize) -> Generator {
        let mut killing = vec![0.0; self.generator.len()];
        killing[state] = 1.0;
        self.killed(killing)
    }

    /// The generator with the killing rates κ replaced.
    pub fn killed(&self, killing: Vec<f64>) -> Generator {
        self.generator.with_killing(killing)
    }
}

/// The number of cells whose edges one task computes.
const CHUNK: usize = 2048;

/// The cell of each state, and the state of each cell; [`DEAD`] for cells outside of the live set.
fn numbered(alive: &[bool]) -> (Vec<u32>, Vec<u32>) {
    let mut cells = Vec::with_capacity(alive.len());
    let number = |(cell, alive): (usize, &bool)| match alive {
        true => {
            cells.push(cell as u32);
            cells.len() as u32 - 1
        }
        false => DEAD,
    };
    let states = alive.iter().enumerate().map(number).collect();
    (cells, states)
}

/// The pairs and exits of all edges, in the order of their states, and whether an edge leaves the live set on its way.
fn edges(
    context: &Context<'_>,
    cells: &[u32],
    progress: &Progress,
) -> Result<(Vec<Pair>, Vec<Exit>, bool), AssemblyError> {
    // Count the pairs first, so that all of them are written to their final place.
    let counts: Vec<usize> = cells
        .par_chunks(CHUNK)
        .enumerate()
        .map(|(chunk, cells)| (chunk * CHUNK..).zip(cells).map(|(k, &cell)| context.pairs_of(k, cell as usize)).sum())
        .collect();
    let mut pairs: Vec<Pair> = bytemuck::zeroed_vec(counts.iter().sum());
    let mut pieces = Vec::with_capacity(counts.len());
    let mut left = pairs.as_mut_slice();
    for count in counts {
        let (piece, rest) = left.split_at_mut(count);
        pieces.push(piece);
        left = rest;
    }
    progress.begin("edges of the generator", cells.len() as u64);
    let exits: Vec<Result<Vec<Exit>, AssemblyError>> = cells
        .par_chunks(CHUNK)
        .zip(pieces)
        .enumerate()
        .map_init(Segments::default, |segments, (chunk, (cells, pairs))| match progress.is_interrupted() {
            true => Err(AssemblyError::Interrupted),
            false => {
                let filled = context.fill(chunk * CHUNK, cells, pairs, segments);
                progress.advance(cells.len() as u64);
                filled
            }
        })
        .collect();
    let mut exits = all_or_worst(exits)?;
    let severs = context.sever(cells, &mut pairs, &mut exits, Origin::Stencil)?;
    let AlongWalls { pairs: mut more, exits: mut more_exits } = context.along_walls(cells)?;
    let severs = context.sever(cells, &mut more, &mut more_exits, Origin::Wall)? || severs;
    if !more.is_empty() || !more_exits.is_empty() {
        pairs.append(&mut more);
        exits.append(&mut more_exits);
        // A stable sort: the pairs that a state had before stay first.
        pairs.par_sort_by_key(|pair| pair.from);
        exits.sort_by_key(|exit| exit.state);
    }
    Ok((pairs, exits, severs))
}

/// Collects the exits of all chunks, or the error to report.
fn all_or_worst(chunks: Vec<Result<Vec<Exit>, AssemblyError>>) -> Result<Vec<Exit>, AssemblyError> {
    let (mut exits, mut failure) = (Vec::new(), None);
    for chunk in chunks {
        match chunk {
            Ok(mut found) => exits.append(&mut found),
            Err(error) => failure = Some(failure.map_or(error.clone(), |other| worse(other, error))),
        }
    }
    failure.map_or(Ok(exits), Err)
}

/// The one of two errors that is reported: the steeper of two edges that are too steep; any other error before those.
pub(super) fn worse(one: AssemblyError, other: AssemblyError) -> AssemblyError {
    match (&one, &other) {
        (AssemblyError::NotMonotone { rise: first, .. }, AssemblyError::NotMonotone { rise: second, .. })
            if second.abs() <= first.abs() =>
        {
            one
        }
        (AssemblyError::NotMonotone { .. }, _) => other,
        _ => one,
    }
}

/// Whether each cell has its centre in a set. Membership in a basin is costly to decide exactly, and has a cheap
/// approximation: where a cell and all its neighbours agree in the approximation, it is used, and the approximation
/// itself is evaluated only along its boundary.
pub fn members(grid: &Grid, domain: &Domain, set: &Region, progress: &Progress) -> Vec<bool> {
    // A centre that rounding moves onto an absorbing wall is not inside.
    let domain = &domain.without_rim(1e-3 * LEAST * grid.spacing()[0].min(grid.spacing()[1]));
    let holds = |at: Point| domain.contains(at) && set.holds(at);
    let cells = (0..grid.len()).into_par_iter();
    if !set.has_rough_answer() {
        return cells.with_min_len(CHUNK).map(|cell| holds(grid.cell_centre(cell))).collect();
    }
    let rough = |cell: usize| {
        let at = grid.cell_centre(cell);
        domain.contains(at) && set.holds_roughly(at) == Some(true)
    };
    let rough = refinement::answers(grid, rough, progress);
    let exact = |cell: usize| {
        let [ix, iy] = grid.indices(cell);
        let agrees = |kx: usize| {
            refinement::around(grid, grid.cells, iy, 1).all(|ky| rough[kx * grid.cells[1] + ky] == rough[cell])
        };
        match refinement::around(grid, grid.cells, ix, 0).all(agrees) || progress.is_interrupted() {
            true => rough[cell],
            false => holds(grid.cell_centre(cell)),
        }
    };
    cells.map(exact).collect()
}

/// The state whose cell centre is nearest to a point.
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
