//! From a problem and a grid to the generator.
//!
//! For each live cell i and each edge e of its Selling stencil: a live neighbour j = i + e takes part in the pair (i,
//! j); an edge that leaves through a reflecting wall carries along it
//! (`walls`); an edge that an absorbing boundary cuts at the
//! fraction f gives κ_i += λ_e(i) W_f/f, W_f the weight of the piece up to the cut.
//!
//! ```text
//!      reflecting │ o────o────o──╳ absorbing, cut at f of the edge
//! ```
//! Order 2 for smooth tensors, curved absorbing boundaries included (Shortley & Weller 1938 is the classical relative).

use rayon::prelude::*;

use crate::digits::{exact, point};
use crate::generator::Generator;
use crate::generator::circulation;
use crate::generator::edges::{Context, LEAST, Segments, stencils};
use crate::generator::inside;
use crate::generator::mass;
use crate::generator::refinement;
use crate::generator::sparse::{connected, generator_of};
use crate::generator::transport::{self, Lifted};
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

/// A generator with what it was made from.
#[derive(Clone, Debug)]
pub struct Assembly {
    /// The generator.
    pub generator: Generator,
    /// The cell of each state.
    pub cells: Vec<u32>,
    /// The state of each cell, [`DEAD`] where there is none.
    pub states: Vec<u32>,
    /// The killing rate of each state at what absorbs; with `inside` Σ over a state is κ.
    pub exits: Vec<Exit>,
    /// The killing rate of each state within its cell; empty where none kills.
    pub inside: Vec<f64>,
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

/// One edge between two states; chains are made of millions of them.
#[derive(Clone, Copy, Debug, bytemuck::Zeroable)]
pub struct Pair {
    /// i.
    pub from: u32,
    /// j.
    pub to: u32,
    /// q_ij.
    pub forward: f64,
    /// q_ji.
    pub backward: f64,
    /// z, the rise of the effective potential from i to j: its absolute value is the cell Péclet number.
    pub rise: f32,
    /// Offset of j from i in cells.
    pub offset: [i8; 2],
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
    pub fn sampler(&self, grid: &Grid, weight: Weight) -> EdgeSampler<'a> {
        EdgeSampler::new(self.dynamics, self.noise, self.interpretation, weight, grid)
    }
}

/// Why an assembly failed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum AssemblyError {
    /// Slope or tensor not finite.
    #[error(
        "the slope of the loss or the inverse of the diffusion tensor is not finite at θ = {}", point(*at, *dimension)
    )]
    NotFinite {
        /// Where.
        at: Point,
        /// 1 or 2.
        dimension: usize,
    },
    /// A negative eigenvalue of D.
    #[error(
        "the diffusion tensor has the negative eigenvalue {eigenvalue:.3e} at θ = {}: it must be positive \
         semidefinite everywhere in the domain", point(*at, *dimension)
    )]
    NotPositive {
        /// Where.
        at: Point,
        /// 1 or 2.
        dimension: usize,
        /// The eigenvalue.
        eigenvalue: f64,
    },
    /// No decomposition within the longest edge.
    #[error(
        "the diffusion tensor at θ = {} is too anisotropic for this grid (eigenvalues in the ratio {ratio:.1e}, \
         seen in cells)", point(*at, 2)
    )]
    TooAnisotropic {
        /// Where.
        at: Point,
        /// Ratio of the eigenvalues.
        ratio: f64,
    },
    /// `central` with |z| ≥ 2.
    #[error(
        "the central weight is not monotone at the cell at θ = {}: its Péclet number {:.2} is not below 2",
        point(*at, *dimension), rise.abs()
    )]
    NotMonotone {
        /// Where.
        at: Point,
        /// 1 or 2.
        dimension: usize,
        /// z.
        rise: f64,
    },
    /// Stratonovich with a tensor.
    #[error(
        "the Stratonovich calculus is defined here for scalar noise only, and the tensor at θ = {} \
         is not a multiple of the identity", point(*at, 2)
    )]
    NotScalar {
        /// Where.
        at: Point,
    },
    /// A killing rate that is negative, or no number.
    #[error("the killing rate is {} at θ = {}, and must be finite and ≥ 0", exact(*rate), shown(*at, *dimension))]
    Killing {
        /// Where.
        at: Point,
        /// The rate.
        rate: f64,
        /// 1 or 2.
        dimension: usize,
    },
    /// No live cell.
    #[error("the start set holds no cell centre on a grid of {} × {} cells", cells[0], cells[1])]
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
    ///
    /// # Errors
    /// [`AssemblyError`]: slope or noise that are no numbers or do not suit the grid, a live set without a cell, an
    /// interruption.
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
        let noise = mollified.as_ref().map_or(physics.noise, |mollified| mollified as &dyn DiffusionField);
        let physics = Physics { noise, ..physics };
        // A turned descent is its descent and a circulation.
        let turned = physics.dynamics.conservative().zip(noise.constant()).filter(|_| weight.keeps_balance());
        let physics = Physics { dynamics: turned.map_or(physics.dynamics, |(drift, _)| drift.descent), ..physics };
        let Physics { interpretation, domain, live, .. } = physics;
        progress.begin("assembling the generator", 0);
        let alive = members(grid, domain, live, progress);
        if progress.is_interrupted() {
            return Err(AssemblyError::Interrupted);
        }
        let mut cells = Vec::with_capacity(grid.len());
        let number = |(cell, alive): (usize, &bool)| match alive {
            true => {
                cells.push(cell as u32);
                cells.len() as u32 - 1
            }
            false => DEAD,
        };
        let mut states: Vec<u32> = alive.iter().enumerate().map(number).collect();
        if cells.is_empty() {
            return Err(AssemblyError::Empty { cells: grid.cells });
        }
        // Where nothing diffuses along an axis of the grid, the drift carries.
        let silent = noise.silent_axis().filter(|_| grid.turn[1] == 0.0);
        let lifted = silent.map(|axis| Lifted { noise, axis });
        let sampled = lifted.as_ref().map_or(noise, |lifted| lifted as &dyn DiffusionField);
        let sampler = Physics { noise: sampled, ..physics }.sampler(grid, weight);
        let stencils = stencils(&sampler, noise, interpretation, grid, &cells)?;
        let centres = [0, 1].map(|axis| grid.centres(axis));
        let context =
            Context { grid, centres, noise, domain, live, sampler: &sampler, states: &states, stencils: &stencils };
        // Counted first, so that all are written where they stay.
        let counts: Vec<usize> = cells
            .par_chunks(CHUNK)
            .enumerate()
            .map(|(chunk, cells)| {
                (chunk * CHUNK..).zip(cells).map(|(k, &cell)| context.pairs_of(k, cell as usize)).sum()
            })
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
        let AlongWalls { pairs: mut more, exits: mut more_exits } = context.along_walls(&cells)?;
        if !more.is_empty() || !more_exits.is_empty() {
            pairs.append(&mut more);
            exits.append(&mut more_exits);
            // Stable, so that what a state had comes first.
            pairs.par_sort_by_key(|pair| pair.from);
            exits.sort_by_key(|exit| exit.state);
        }
        if let Some(axis) = silent {
            transport::add(&context, physics.dynamics, axis, &cells, &mut pairs, &mut exits);
        }
        mass::correct(&physics, &sampler, grid, &cells, &mut pairs, &mut exits)?;
        if let Some((drift, temperature)) = turned {
            circulation::add(drift, temperature, grid, &cells, &mut pairs);
        }
        let mut inside = inside::rates(&physics, &sampler, grid, &cells)?;
        // Every cell with all of its neighbours: nothing to look for.
        if cells.len() < grid.len() || !stencils.reach_neighbours(grid.dimension) {
            connected(grid, start, &mut cells, &mut states, &mut pairs, &mut exits, &mut inside);
        }
        Ok(Assembly {
            generator: generator_of(grid, &cells, &pairs, &exits, &inside, turned.is_none() && sampler.keeps_balance()),
            cells,
            states,
            exits,
            inside,
            pairs,
        })
    }

    /// Whether anything kills: what absorbs, or a rate inside.
    pub fn kills(&self) -> bool {
        !self.exits.is_empty() || self.inside.iter().any(|&rate| rate > 0.0)
    }

    /// The generator with the killing replaced by unit killing at one state: what a closed chain needs for its
    /// stationary law, which is the occupation of the chain that starts there and is killed there.
    pub fn pinned(&self, state: usize) -> Generator {
        let mut killing = vec![0.0; self.generator.len()];
        killing[state] = 1.0;
        self.killed(killing)
    }

    /// The generator with other killing rates κ.
    pub fn killed(&self, killing: Vec<f64>) -> Generator {
        self.generator.with_killing(killing)
    }
}

/// Cells whose edges are made by one task.
const CHUNK: usize = 2048;

/// All exits, or the error to report.
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

/// The error to report of two: the steepest of edges that are too steep, and anything else before those.
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

/// Which cells have their centre in a set. Where the exact answer is costly and a cell and all its neighbours agree on
/// the cheap one, that is taken, and the cheap one is asked only where it changes.
pub fn members(grid: &Grid, domain: &Domain, set: &Region, progress: &Progress) -> Vec<bool> {
    // Centres that rounding leaves on an absorbing wall are not before it.
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
