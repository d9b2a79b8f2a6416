//! The importance function for splitting: the logarithm of the probability, on a coarse grid, to be killed before
//! returning to the core.
//!
//! Splitting is unbiased for any importance function; this one makes its variance small. The grid therefore enters only
//! the statistical error of the particles' rate.

use crate::elimination::Workspace;
use crate::generator::assembly::DEAD;
use crate::grid::{Align, Grid};
use crate::particles::lattice::Lattice;
use crate::particles::well::Well;
use crate::problem::Problem;
use crate::progress::Progress;
use crate::solve::{Chain, Discretisation, Resources, committor};
use crate::study::{Request, StudyError};

/// The number of cells along an axis in one and in two dimensions.
const CELLS: [usize; 2] = [4096, 256];
/// The rate at which paths in the core are taken to have returned, divided by the largest rate of the chain.
const RETURN: f64 = 1e3;

/// Tabulates the importance function.
///
/// # Errors
/// The errors of the chain on the coarse grid.
pub fn coordinate(
    request: &Request,
    problem: &Problem,
    well: &Well,
    progress: &Progress,
) -> Result<Lattice, StudyError> {
    progress.begin("committor", 0);
    let dimension = problem.dimension;
    let cells = [CELLS[dimension - 1], if dimension == 2 { CELLS[1] } else { 1 }];
    let grid = Grid::over(problem, cells, Align::Axes)?;
    let on = Discretisation::on(problem, grid, request.grid.scheme().weight, progress)?;
    let exits = on.assembly.generator.killing.clone();
    let origin = on.state_at(problem.valley.start_point);
    let fastest = on.assembly.generator.rates.data().iter().copied().fold(0.0, f64::max);
    let mut killing = exits.clone();
    for (state, rate) in killing.iter_mut().enumerate() {
        if state == origin || well.radius(on.centre(state)) <= well.inner {
            *rate += RETURN * fastest;
        }
    }
    let chain = Chain::with_killing(on, killing, Resources::available(&Workspace::default(), progress))?;
    let probability = committor(&chain, &exits);
    let Discretisation { grid, assembly, .. } = &chain.discretisation;
    // A particle in a dead cell is killed: probability 1, whose logarithm is 0.
    let at_cell = |cell: usize| match assembly.states[cell] {
        DEAD => 0.0,
        state => probability[state as usize].max(f64::MIN_POSITIVE).ln(),
    };
    let nodes = (0..grid.len()).map(at_cell).collect();
    let [first, last] = [0, grid.len() - 1].map(|cell| grid.cell_centre(cell));
    Ok(Lattice::new(first, last, [cells[0] - 1, cells[1] - 1], nodes))
}
