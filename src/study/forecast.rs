//! Predictions of the time and the memory of a run.
//!
//! The phases of a run are timed on a small grid by [`trial`](crate::study::trial) and scaled with the number of cells
//! as their algorithms do. The evolution in time is timed on a small grid, particles and the iteration for a short
//! while. The time of pictures and files follows from their number and from the present speed of the machine.

use std::hint::black_box;
use std::time::Instant;

use crate::observe::frames::frames;
use crate::problem::Problem;
use crate::solve::{Resources, evolve};
use crate::study::evolution::MOST_WAITING;
use crate::study::ladder::{self, MOST_UNKNOWNS};
use crate::study::request::{EvolveRequest, Quantity, Request, Stepping};
use crate::study::run::{ready, run_within};
use crate::study::simulate::speed;
use crate::study::solution::Solution;
use crate::study::trial::{Trial, Unseen};
use crate::study::warning::Warning;
use crate::study::{iteration, memory};

/// The predicted time of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Forecast {
    /// The name of each phase and its predicted seconds.
    pub phases: Vec<(String, f64)>,
    /// The parts whose time is not predicted.
    pub without: Vec<Unseen>,
}

impl Forecast {
    /// The sum of the predicted seconds.
    pub fn seconds(&self) -> f64 {
        self.phases.iter().map(|(_, seconds)| seconds).sum()
    }

    fn add(&mut self, phase: &str, seconds: f64) {
        self.phases.push((phase.to_string(), seconds));
    }

    /// Adds the seconds of a phase, or `part` to the parts without a prediction.
    fn add_or(&mut self, phase: &str, seconds: Option<f64>, part: Unseen) {
        match seconds {
            Some(seconds) => self.add(phase, seconds),
            None => self.without.push(part),
        }
    }
}

/// The work of a command besides one solution of the problem.
#[derive(Clone, Copy, Debug, Default)]
pub struct Around {
    /// The seconds that posing the problem took.
    pub landscape: f64,
    /// The number of formats in which each picture is drawn.
    pub formats: usize,
    /// The number of further solutions with a slightly changed problem, for sensitivities.
    pub again: usize,
}

/// Predicts the cells of the grid on which a run ends: the requested one, the first of the doubled grids whose error is
/// expected to be below the tolerance, or the last grid that fits into `allowed` bytes. `None` where the trial gives no
/// error estimate.
pub fn grid(problem: &Problem, request: &Request, trial: &Trial, allowed: u64) -> Option<[usize; 2]> {
    if request.grid.cells.is_some() {
        return request.grid.cells;
    }
    let solved = trial.solved.as_ref()?;
    let missed = solved.warnings.iter().find_map(|warning| match warning {
        Warning::ToleranceMissed { error, .. } => Some(*error),
        _ => None,
    });
    let grids = solved.timing.iter().filter(|(phase, _)| phase.ends_with(" cells")).count();
    let error = match missed {
        Some(error) => error,
        None if grids >= ladder::FEWEST => return Some(solved.grid.cells),
        // At least this many grids are solved in any case.
        None => request.grid.tolerance,
    };
    let scheme = solved.choice.scheme;
    let observed = solved.rate.as_ref().and_then(|rate| rate.observed_order).filter(|order| *order > 0.5);
    let order = observed.unwrap_or(scheme.formal_order()).min(scheme.formal_order());
    let doublings = ((error / request.grid.tolerance).log2() / order).ceil();
    if !doublings.is_finite() {
        return None;
    }
    let most = request.grid.max_unknowns.unwrap_or(MOST_UNKNOWNS[problem.dimension - 1]);
    let mut cells = solved.grid.cells;
    for _ in 0..(doublings.max(1.0) as usize).max(ladder::FEWEST.saturating_sub(grids)) {
        let next = doubled(cells);
        if next[0] * next[1] > most || memory::estimate(next, problem, scheme) > allowed as f64 {
            break;
        }
        cells = next;
    }
    Some(cells)
}

fn doubled(cells: [usize; 2]) -> [usize; 2] {
    cells.map(|n| if n == 1 { 1 } else { 2 * n })
}

fn count(cells: [usize; 2]) -> f64 {
    cells[0] as f64 * cells[1] as f64
}

/// Predicts the time of a run that ends on the grid with these cells; `None` if the trial has no solution.
pub fn forecast(
    problem: &Problem,
    request: &Request,
    (trial, cells): (&Trial, [usize; 2]),
    around: Around,
    resources: Resources<'_>,
) -> Option<Forecast> {
    let mut found = Forecast::default();
    found.add("landscape", around.landscape);
    if let Some(seconds) = trial.passes {
        found.add("passes over the data", seconds * (1 + around.again) as f64);
        return Some(found);
    }
    let solved = trial.solved.as_ref()?;
    let ratio = count(cells) / count(solved.grid.cells);
    for (phase, seconds) in solved.timing.iter().filter(|(phase, _)| phase != "total") {
        let seconds = match (phase.as_str(), trial.assembly) {
            ("assembly", Some(measured)) => measured,
            // These grids are solved in the run as in the trial.
            (phase, _) if phase.ends_with(" cells") => *seconds,
            (phase, _) => seconds * ratio.powf(growth(phase)),
        };
        found.add(phase, seconds);
    }
    if request.grid.cells.is_none() {
        found.phases.extend(finer_grids(solved, cells));
    }
    if let Some(asked) = &request.sgd {
        let rates = iteration::check(asked, problem).ok();
        found.add_or(
            "the iteration itself",
            rates.and_then(|rates| iterating(problem, &rates, resources)),
            Unseen::Iteration,
        );
    }
    if request.evolve.is_some() {
        found.add_or("density in time", in_time(problem, request, cells, resources), Unseen::Evolution);
    }
    if let Ok(Some(prepared)) = ready(problem, request, resources) {
        let rate = solved.rate.as_ref().map(|rate| rate.best().value());
        found.add_or("particles", speed::seconds(&prepared, request, rate, resources.progress), Unseen::Particles);
    }
    if around.again > 0 {
        let once = ["assembly", "elimination", "correction", "solves"];
        let phases = found.phases.iter().filter(|(phase, _)| once.contains(&phase.as_str()));
        let each = around.landscape + phases.map(|(_, seconds)| seconds).sum::<f64>();
        found.add("sensitivities", around.again as f64 * each);
    }
    found.add("pictures and files", written(problem, request, cells, around.formats));
    Some(found)
}

/// The name and the predicted seconds of each grid of a refinement beyond those of the trial.
fn finer_grids(solved: &Solution, cells: [usize; 2]) -> Vec<(String, f64)> {
    let mut last =
        solved.timing.iter().rfind(|(phase, _)| phase.ends_with(" cells")).map_or(0.0, |(_, seconds)| *seconds);
    let mut finer = Vec::new();
    let mut at = solved.grid.cells;
    while count(at) < count(cells) {
        let next = doubled(at);
        last *= (count(next) / count(at)).powf(growth("coarser grids"));
        finer.push((format!("{} cells", count(next)), last));
        at = next;
    }
    finer
}

/// The exponent p with which the time of a phase grows with the number of cells N, as Nᵖ.
fn growth(phase: &str) -> f64 {
    match phase {
        // The choice is made on the same coarse grid.
        "choice of the scheme" => 0.0,
        // Small grids spend a larger fraction of their time on page faults than large ones.
        "elimination" | "correction" | "spectrum" => 1.15,
        _ => 1.0,
    }
}

/// The time for which the iteration is measured, in seconds, beginning with the largest learning rates, which are the
/// quickest.
const MOMENT: f64 = 0.05;
/// The exponent with which the time of the iteration grows with the number of entries of its kernel, which are computed
/// and eliminated in a band.
const OF_KERNELS: f64 = 1.25;

/// Predicts the seconds of SGD's iteration at all learning rates, largest first: the first ones are measured, the
/// others scaled from the last measured one. `None` if one of them fails.
fn iterating(problem: &Problem, rates: &[f64], resources: Resources<'_>) -> Option<f64> {
    let sizes = iteration::sizes(problem, rates).ok()?;
    let (begun, mut seconds) = (Instant::now(), 0.0);
    let mut last: Option<(f64, f64)> = None;
    for (rate, [_, entries]) in rates.iter().zip(&sizes) {
        let entries = *entries as f64;
        seconds += match last.filter(|_| begun.elapsed().as_secs_f64() > MOMENT) {
            Some((own, known)) => own * (entries / known).powf(OF_KERNELS),
            None => {
                let clock = Instant::now();
                iteration::escape(problem, *rate, resources.memory, resources.progress).ok()?;
                let own = clock.elapsed().as_secs_f64();
                last = Some((own, entries.max(1.0)));
                own
            }
        };
    }
    Some(seconds)
}

/// The largest number of cells, and the least number of halvings of the grid, of the grid on which the evolution in
/// time is tried.
const EVOLVED: usize = 1024;
const HALVINGS: usize = 2;
/// The exponent with which the time of the evolution grows with the number of cells, for an equal number of steps with
/// solves and some eliminations.
const IN_TIME: f64 = 1.15;

/// Predicts the seconds of the evolution in time from those on a smaller grid, on which it takes about as many steps;
/// `None` if that fails.
fn in_time(problem: &Problem, request: &Request, cells: [usize; 2], resources: Resources<'_>) -> Option<f64> {
    let is_usable = |cells: &[usize; 2]| cells[..problem.dimension].iter().all(|n| *n >= ladder::COARSEST);
    let halves = std::iter::successors(Some(cells), |&cells| Some(ladder::halved(cells))).take_while(is_usable);
    let mut tried = cells;
    for (halvings, half) in halves.enumerate() {
        tried = half;
        if halvings >= HALVINGS && half[0] * half[1] <= EVOLVED {
            break;
        }
    }
    let mut small = request.clone();
    small.grid.cells = Some(tried);
    (small.error_estimate, small.particles, small.sgd) = (false, None, None);
    let needed = [Quantity::Rate, Quantity::PassageTime, Quantity::Exits, Quantity::Stationary, Quantity::Survival];
    small.quantities.retain(|quantity| needed.contains(quantity));
    if small.quantities.is_empty() {
        small.quantities.push(Quantity::Stationary);
    }
    let solved = run_within(problem, &small, resources).ok()?;
    let seconds = solved.timing.iter().find(|(phase, _)| phase == "observables")?.1;
    Some(seconds * (count(cells) / count(tried)).powf(IN_TIME))
}

/// The time of a picture in one and in two dimensions, and of the files beside the pictures, in seconds.
const PICTURE: [f64; 2] = [0.03, 0.045];
const FILES: f64 = 0.02;
/// The time per cell of writing the fields, in seconds.
const PER_CELL: f64 = 0.4e-6;

/// Predicts the seconds for files and pictures. Two threads draw the pictures.
fn written(problem: &Problem, request: &Request, cells: [usize; 2], formats: usize) -> f64 {
    let plane = problem.dimension == 2;
    let more = [
        (request.wants(Quantity::Stationary), 1),
        (request.wants(Quantity::Exits), 1),
        (request.wants(Quantity::Committor), if plane { 3 } else { 1 }),
        (request.wants(Quantity::Network), 1),
        (request.wants(Quantity::Spectrum), 2),
        (request.evolve.is_some(), 2),
        (request.sgd.is_some(), 1),
        (request.particles.is_some(), 2),
    ];
    let rates = if request.wants_rates() { if plane { 4 } else { 3 } } else { 0 };
    let pictures =
        1 + rates + more.into_iter().map(|(is_asked_for, count)| if is_asked_for { count } else { 0 }).sum::<usize>();
    let drawn = PICTURE[problem.dimension - 1] * (pictures * formats) as f64;
    pace() * (FILES + drawn + PER_CELL * count(cells))
}

/// The ratio of the time of a fixed computation to its time on the machine on which the constants were measured.
fn pace() -> f64 {
    const TIMES: usize = 1_000_000;
    const SECONDS: f64 = 0.0125;
    let clock = Instant::now();
    let mut x = 1.0f64;
    for _ in 0..TIMES {
        x = black_box((x + 1.5).sqrt());
    }
    clock.elapsed().as_secs_f64() / SECONDS
}

/// The factor of the memory of a run that is solved again with another level of the noise near a curve of degenerate
/// noise, while the chain of the first solution is kept without its factor (measured on 128² to 512² cells).
const CROSSED: f64 = 1.23;

/// The bytes a cell and an eigenvalue of a spectrum: its part of the basis, and its left and right vectors.
const PER_MODE: f64 = 57.0;

/// Predicts the memory of a run in bytes: that of the solution or that of the pictures, whichever is larger. `solved`
/// is the solution of a trial, which shows the fraction of the cells that are states, the chosen scheme, and whether
/// the problem is solved again with another mollification level.
pub fn bytes(
    problem: &Problem,
    request: &Request,
    cells: [usize; 2],
    solved: Option<&Solution>,
    formats: usize,
) -> f64 {
    let n = count(cells);
    let share = solved.map_or(1.0, |found| found.unknowns as f64 / found.grid.len() as f64);
    let scheme = solved.map_or(request.grid.scheme(), |found| found.choice.scheme);
    let is_crossed = solved.is_some_and(|found| found.degenerate_curve.is_some());
    let chains = if is_crossed && request.error_estimate && request.wants_rates() { CROSSED } else { 1.0 };
    let modes = 1000.0 + PER_MODE * request.eigenvalues as f64;
    let per_cell = [(Quantity::Committor, 370.0), (Quantity::Network, 630.0), (Quantity::Spectrum, modes)];
    let fields: f64 =
        per_cell.into_iter().filter(|(quantity, _)| request.wants(*quantity)).map(|(_, more)| more * n).sum();
    let kernel = request.sgd.as_ref().map_or(0.0, |asked| {
        let sizes = iteration::check(asked, problem).and_then(|rates| iteration::sizes(problem, &rates));
        let largest = sizes.map_or(0, |sizes| sizes.into_iter().map(|[_, entries]| entries).max().unwrap_or(0));
        PER_KERNEL_ENTRY * largest as f64
    });
    let elsewhere = if problem.dimension == 2 { PER_OTHER_CELL * (1.0 - share) * n } else { 0.0 };
    let solving = chains * share * memory::estimate(cells, problem, scheme) + elsewhere + fields + kernel;
    let evolving = request.evolve.as_ref().map_or(0.0, |asked| in_time_bytes(problem, asked, cells, share));
    let drawing =
        if formats == 0 { 0.0 } else { DRAWN[problem.dimension - 1] + PER_DRAWN_CELL[problem.dimension - 1] * n };
    memory::FIXED + (solving + evolving).max(drawing)
}

/// Predicts the memory of the evolution in time besides the chain and its factor, in bytes: the factors for other
/// steps, vectors, the densities for pictures, and the densities that wait to be written to a file, which are copied
/// for that.
fn in_time_bytes(problem: &Problem, asked: &EvolveRequest, cells: [usize; 2], share: f64) -> f64 {
    const NUMBER: f64 = size_of::<f64>() as f64;
    let (n, times) = (count(cells), asked.times.len());
    let is_krylov = asked.stepping == Stepping::Krylov;
    // A space begins at an output time, unless one before it was too inaccurate.
    let factors = if is_krylov { evolve::MOST_FACTORS.min(times + 1) } else { evolve::MOST_FACTORS };
    let of_factors = (factors - 1) as f64 * memory::factor(cells, problem) * share;
    let of_factors = of_factors.min(evolve::SHARE_OF_FACTORS * memory::allowed() as f64);
    let vectors = if is_krylov { KRYLOV_VECTORS } else { STEP_VECTORS } * share;
    let shown = frames(times, cells[0] * cells[1]).len() as f64;
    // The survival probability from every cell adds two fields per time, and copies of them.
    let shown = if asked.from_cells { 5.0 * shown } else { shown };
    // In two dimensions a step between output times takes longer than writing a density, so that few wait.
    let waiting = if problem.dimension == 2 { times.min(FEW) } else { times };
    let waiting = MOST_WAITING.min(waiting * cells[0] * cells[1]) as f64;
    of_factors + NUMBER * (n * (vectors + shown) + 2.0 * waiting)
}

/// The number of vectors over the states: of a Krylov space and its errors, and of a macro-step with its substeps and
/// errors.
const KRYLOV_VECTORS: f64 = 64.0;
const STEP_VECTORS: f64 = 24.0;
/// The number of densities that wait to be written in two dimensions.
const FEW: usize = 8;

/// The memory of two pictures that are drawn at the same time, in one and in two dimensions, in bytes.
const DRAWN: [f64; 2] = [37e6, 57e6];
/// The memory per cell of the fields that are written and drawn, in one and in two dimensions, in bytes.
const PER_DRAWN_CELL: [f64; 2] = [250.0, 150.0];
/// The memory of a cell in two dimensions that is no state, in bytes: its entries in the sets and in the fields.
const PER_OTHER_CELL: f64 = 250.0;
/// The memory per entry of the iteration's kernel, in bytes: in the chain, its analysis and its factor.
const PER_KERNEL_ENTRY: f64 = 80.0;
