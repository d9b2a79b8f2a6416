//! How far out a place is, for splitting: the logarithm of the probability, on a coarse grid, to die before coming back to the core.
//!
//! Splitting has the right expectation whatever its coordinate; this one makes its variance small. So nothing of the grid enters the
//! particles' rate but its error bar.

use crate::elimination::{Elimination, Workspace};
use crate::generator::Assembly;
use crate::generator::assembly::{DEAD, nearest_state};
use crate::particles::lattice::Lattice;
use crate::particles::well::Well;
use crate::problem::Problem;
use crate::progress::Progress;
use crate::solve::committor;
use crate::study::Request;
use crate::study::level::{self, physics};
use crate::study::{StudyError, memory};

/// Cells along an axis in one and in two dimensions.
const CELLS: [usize; 2] = [4096, 256];
/// Rate at which paths in the core come back to it, over the largest rate of the chain.
const RETURN: f64 = 1e3;

/// Tabulates it.
pub fn coordinate(
    request: &Request,
    problem: &Problem,
    well: &Well,
    progress: &Progress,
) -> Result<Lattice, StudyError> {
    progress.begin("committor", 0);
    let dimension = problem.dimension;
    let cells = [CELLS[dimension - 1], if dimension == 2 { CELLS[1] } else { 1 }];
    let mut straight = request.clone();
    straight.grid.align = crate::grid::Align::Axes;
    let (grid, domain) = level::grid(&straight, problem, cells)?;
    let start = problem.valley.start_point;
    let physics = physics(problem, &domain, &problem.valley.live);
    let assembly = Assembly::new(physics, &grid, request.grid.scheme.weight, start, progress)?;
    let exits = assembly.generator.killing.clone();
    let origin = nearest_state(&grid, start, &assembly.cells, &assembly.states) as usize;
    let fastest = assembly.generator.rates.data().iter().copied().fold(0.0, f64::max);
    let mut killing = exits.clone();
    for (state, rate) in killing.iter_mut().enumerate() {
        let centre = grid.cell_centre(assembly.cells[state] as usize);
        if state == origin || well.radius(centre) <= well.inner {
            *rate += RETURN * fastest;
        }
    }
    let elimination = Elimination::new(&assembly.killed(killing), &Workspace::default(), memory::allowed(), progress)
        .map_err(|error| level::locate(error, &grid, &assembly, problem))?;
    let probability = committor(&elimination, &exits);
    // Where a cell is dead a particle is as good as gone: 0, the logarithm of 1.
    let at_cell = |cell: usize| match assembly.states[cell] {
        DEAD => 0.0,
        state => probability[state as usize].max(f64::MIN_POSITIVE).ln(),
    };
    let nodes = (0..grid.len()).map(at_cell).collect();
    let [first, last] = [0, grid.len() - 1].map(|cell| grid.cell_centre(cell));
    Ok(Lattice::new(first, last, [cells[0] - 1, cells[1] - 1], nodes))
}
