//! How long a run will take, and how much memory.
//!
//! The phases of a run that was tried on a small grid grow with the number of cells as their algorithms do; what is not
//! tried is counted by its operations. Pictures and files are known by their number.

use crate::problem::Problem;
use crate::solve::Resources;
use crate::study::request::{Quantity, Request};
use crate::study::run::ready;
use crate::study::simulate::swarm;
use crate::study::trial::{Trial, Unseen};
use crate::study::{iteration, memory};

/// What is known beforehand of a run's time.
#[derive(Clone, Debug, PartialEq)]
pub struct Forecast {
    /// Seconds of all phases but those that are left out.
    pub seconds: f64,
    /// What cannot be foreseen.
    pub without: Vec<Unseen>,
}

/// Seconds for the pictures and files of a run in one dimension and in two.
const DRAWING: [f64; 2] = [0.25, 0.45];
/// Seconds a cell for writing and drawing fields.
const PER_CELL: f64 = 1.5e-6;

/// Seconds that a run takes, with pictures; `None` where its grid is found on the way and the trial did not reach its
/// end.
pub fn forecast(
    problem: &Problem,
    request: &Request,
    trial: &Trial,
    landscape: f64,
    resources: Resources<'_>,
) -> Option<Forecast> {
    let solved = trial.solved.as_ref()?;
    let own = match request.grid.cells {
        Some(cells) => cells,
        None if solved.meets(request) => solved.grid.cells,
        None => return None,
    };
    let count = |cells: [usize; 2]| cells[0] as f64 * cells[1] as f64;
    let ratio = count(own) / count(solved.grid.cells);
    let scaled = solved.timing.iter().filter(|(phase, _)| phase != "total").map(|(phase, seconds)| {
        match (phase.as_str(), trial.assembly) {
            ("assembly", Some(measured)) => measured,
            _ => seconds * ratio.powf(growth(phase)),
        }
    });
    let mut seconds = landscape + scaled.sum::<f64>();
    let mut without = Vec::new();
    if let Some(asked) = &request.sgd {
        seconds += iteration::check(asked, problem)
            .and_then(|learning_rates| iteration::sizes(problem, &learning_rates))
            .map_or(0.0, |sizes| sizes.into_iter().map(of_iteration).sum());
    }
    if let Ok(Some(prepared)) = ready(problem, request, resources) {
        let rate = solved.rate.as_ref().map(|rate| rate.best().value());
        match swarm::seconds(&prepared, rate) {
            Some(particles) => seconds += particles,
            None => without.push(Unseen::Particles),
        }
    }
    let later = [
        (request.evolve.is_some(), Unseen::Evolution),
        (request.wants(Quantity::Sensitivities), Unseen::Sensitivities),
    ];
    without.extend(later.into_iter().filter_map(|(is_asked_for, part)| is_asked_for.then_some(part)));
    seconds += DRAWING[problem.dimension - 1] + PER_CELL * count(own);
    Some(Forecast { seconds, without })
}

/// The power of the number of cells with which a phase grows.
fn growth(phase: &str) -> f64 {
    match phase {
        // It is tried on the same coarse grid.
        "choice of the scheme" => 0.0,
        "elimination" => 1.4,
        "coarser grids" | "correction" | "reactive paths" | "network of valleys" | "spectrum" => 1.25,
        _ => 1.0,
    }
}

/// Seconds an entry of the iteration's kernel, and operations a second of its elimination.
const PER_ENTRY: f64 = 4e-8;
const OPERATIONS: f64 = 4e9;

fn of_iteration([nodes, entries]: [usize; 2]) -> f64 {
    let (nodes, entries) = (nodes as f64, entries as f64);
    PER_ENTRY * entries + 2.0 / 3.0 * entries * entries / nodes.max(1.0) / OPERATIONS
}

/// Bytes that a run takes in all.
pub fn bytes(problem: &Problem, request: &Request, cells: [usize; 2]) -> f64 {
    let n = cells[0] as f64 * cells[1] as f64;
    let per_cell = [(Quantity::Committor, 170.0), (Quantity::Network, 430.0)];
    let fields: f64 =
        per_cell.into_iter().filter(|(quantity, _)| request.wants(*quantity)).map(|(_, more)| more * n).sum();
    let kernel = request.sgd.as_ref().map_or(0.0, |asked| {
        let sizes = iteration::check(asked, problem).and_then(|rates| iteration::sizes(problem, &rates));
        let largest = sizes.map_or(0, |sizes| sizes.into_iter().map(|[_, entries]| entries).max().unwrap_or(0));
        PER_KERNEL_ENTRY * largest as f64
    });
    let drawing = if problem.dimension == 1 { 0.0 } else { DRAWN };
    let own = memory::estimate(cells, problem, request.grid.scheme()) + fields;
    memory::FIXED + own.max(drawing) + kernel
}

/// Bytes of pictures in two dimensions, which are drawn when the factor is gone.
const DRAWN: f64 = 16e6;
/// Bytes an entry of the iteration's kernel: the chain, its analysis and its factor.
const PER_KERNEL_ENTRY: f64 = 40.0;
