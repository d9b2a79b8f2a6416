//! A problem on a grid: the assembled generator together with the problem, the grid and the walls.
//!
//! One assembly serves several chains: the killed chain, chains with the same edges and other killing rates, and the
//! closed chain, where every wall reflects and nothing absorbs, if every cell of the grid is a state.

use std::sync::Arc;

use crate::generator::assembly::{Physics, members, nearest_state};
use crate::generator::{Assembly, AssemblyError};
use crate::grid::Grid;
use crate::problem::{Domain, Problem, Region};
use crate::progress::Progress;
use crate::scheme::{EdgeSampler, Weight};
use crate::solve::SolveError;
use crate::tensor::Point;

/// A problem on a grid.
#[derive(Clone)]
pub struct Discretisation<'a> {
    /// The continuous problem.
    pub problem: &'a Problem,
    /// The grid.
    pub grid: Grid,
    /// The domain with its walls, as used on this grid.
    pub domain: Domain,
    /// The edge weight.
    pub weight: Weight,
    /// The generator with its edges. Its killing belongs to the killed chain, also if a closed chain shares the
    /// assembly.
    pub assembly: Arc<Assembly>,
    /// For a flux-corrected chain: the last two states of each grid line that ends at a reflecting wall.
    pub walls: Option<Vec<[u32; 2]>>,
    is_closed: bool,
}

/// The live set of a closed process.
static WHOLE: Region = Region::Whole;

impl<'a> Discretisation<'a> {
    /// Discretises a problem on the connected component of its live set that contains the start.
    ///
    /// # Errors
    /// [`SolveError::Assembly`] where the slope or the noise is not finite or does not suit the grid, and
    /// [`SolveError::Interrupted`].
    pub fn on(
        problem: &'a Problem,
        grid: Grid,
        weight: Weight,
        progress: &Progress,
    ) -> Result<Discretisation<'a>, SolveError> {
        let domain = walls_of(problem, &grid);
        let assembly = assemble(problem, &grid, &domain, &problem.valley.live, weight, progress)?;
        Ok(Discretisation {
            problem,
            grid,
            domain,
            weight,
            assembly: Arc::new(assembly),
            walls: None,
            is_closed: false,
        })
    }

    /// The same problem on the same grid with reflecting walls and nothing that absorbs. The edges are assembled again
    /// if the killed chain has states in a part of the grid only or has been flux-corrected.
    ///
    /// # Errors
    /// As [`Discretisation::on`].
    pub fn closed(&self, progress: &Progress) -> Result<Discretisation<'a>, SolveError> {
        let domain = self.domain.closed();
        let is_whole = self.assembly.cells.len() == self.grid.len() && self.walls.is_none();
        let assembly = match is_whole {
            true => Arc::clone(&self.assembly),
            false => Arc::new(assemble(self.problem, &self.grid, &domain, &WHOLE, self.weight, progress)?),
        };
        Ok(Discretisation { domain, assembly, walls: None, is_closed: true, grid: self.grid.clone(), ..*self })
    }

    /// Number of states.
    pub fn states(&self) -> usize {
        self.assembly.generator.len()
    }

    /// The state whose cell centre is nearest to a point.
    pub fn state_at(&self, theta: Point) -> usize {
        nearest_state(&self.grid, theta, &self.assembly.cells, &self.assembly.states) as usize
    }

    /// Whether the cell of each state has its centre in a set.
    pub fn members(&self, set: &Region) -> Vec<bool> {
        let inside = members(&self.grid, &self.domain, set, &Progress::default());
        self.assembly.cells.iter().map(|&cell| inside[cell as usize]).collect()
    }

    /// The centre θ of the cell of a state.
    pub fn centre(&self, state: usize) -> Point {
        self.grid.cell_centre(self.assembly.cells[state] as usize)
    }

    /// A vector over states as a field over all cells of the grid, with `elsewhere` in cells without a state.
    pub fn field(&self, values: &[f64], elsewhere: f64) -> Vec<f64> {
        let mut field = vec![elsewhere; self.grid.len()];
        for (value, &cell) in values.iter().zip(&self.assembly.cells) {
            field[cell as usize] = *value;
        }
        field
    }

    /// The density per length^d over all cells of the grid, from cell probabilities; 0 in cells without a state.
    pub fn density(&self, probability: &[f64]) -> Vec<f64> {
        let volume = self.grid.volume();
        let mut field = self.field(probability, 0.0);
        field.iter_mut().for_each(|value| *value /= volume);
        field
    }

    /// Whether the chain has any killing.
    pub fn kills(&self) -> bool {
        !self.is_closed && self.assembly.kills()
    }

    /// Why nothing kills the chain: [`SolveError::NeverReached`] or [`SolveError::NothingAbsorbs`].
    pub fn without_killing(&self) -> SolveError {
        let never = |at| SolveError::NeverReached { at, dimension: self.problem.dimension };
        self.assembly.unreached.map_or(SolveError::NothingAbsorbs, never)
    }

    /// Whether this is the closed chain: nothing absorbs.
    pub fn is_closed(&self) -> bool {
        self.is_closed
    }

    /// The live set, where the process lives; leaving it kills.
    pub fn live(&self) -> &Region {
        if self.is_closed { &WHOLE } else { &self.problem.valley.live }
    }

    /// The edge integrals of the process on this grid.
    pub fn sampler(&self) -> EdgeSampler<'a> {
        let Problem { dynamics, noise, interpretation, .. } = self.problem;
        EdgeSampler::new(dynamics, noise.as_ref(), *interpretation, self.weight, &self.grid)
    }
}

fn assemble(
    problem: &Problem,
    grid: &Grid,
    domain: &Domain,
    live: &Region,
    weight: Weight,
    progress: &Progress,
) -> Result<Assembly, AssemblyError> {
    let Problem { dynamics, noise, interpretation, .. } = problem;
    let physics = Physics { dynamics, noise: noise.as_ref(), interpretation: *interpretation, domain, live };
    Assembly::new(physics, grid, weight, problem.valley.start_point, progress)
}

/// The walls of a problem's domain on a grid. If the domain was chosen automatically, a turned grid uses its own
/// bounding rectangle, so that the walls lie along the grid.
fn walls_of(problem: &Problem, grid: &Grid) -> Domain {
    let domain = problem.domain.clone();
    let is_turned = grid.turn != [1.0, 0.0];
    match is_turned && domain.automatic && !domain.absorbs() {
        true => Domain { lower: [f64::NEG_INFINITY; 2], upper: [f64::INFINITY; 2], ..domain },
        false => domain,
    }
}
