//! One problem on one grid.

use std::time::Instant;

use crate::elimination::{Elimination, EliminationError};
use crate::generator::assembly::{Physics, members, nearest_state};
use crate::generator::correction;
use crate::generator::{Assembly, FluxCorrection};
use crate::grid::Align;
use crate::grid::Grid;
use crate::observe::field;
use crate::problem::jumps;
use crate::problem::{Domain, Problem, ProblemError, Region};
use crate::progress::Progress;
use crate::scaled::Scaled;
use crate::solve::{QuasiStationary, mean_first_passage, occupation, quasi_stationary, stationary};
use crate::study::Request;
use crate::study::StudyError;
use crate::study::boundary::{self, Around, BoundaryError};
use crate::study::request::Quantity;
use crate::tensor::{Point, difference};

/// Mean first-passage times.
pub struct Passage {
    /// u by state, in units of `unit`.
    pub times: Vec<f64>,
    /// 1, unless the times leave the range of ordinary numbers.
    pub unit: Scaled,
    /// u at the start point.
    pub from_start: Scaled,
}

/// What one grid gave.
pub struct Level {
    /// The grid.
    pub grid: Grid,
    /// The chain.
    pub assembly: Assembly,
    /// ν and γ.
    pub quasi_stationary: Option<QuasiStationary>,
    /// u by state in a unit, and its value at the start point.
    pub passage: Option<Passage>,
    /// Flux over population, a rate.
    pub flux_over_population: Option<f64>,
    /// The share of ν in the start set, where a target absorbs and other wells may hold more of it.
    pub share_in_start: Option<f64>,
    /// What the boundary leaves in the rates that grids may not show.
    pub boundary: BoundaryError,
    /// Bytes of the factor.
    pub factor_bytes: u64,
    /// Seconds by phase.
    pub timing: Vec<(String, f64)>,
}

/// The grid of a problem with this many cells: along the axes, or turned, covering the domain's bounding rectangle.
pub fn grid(request: &Request, problem: &Problem, cells: [usize; 2]) -> Result<(Grid, Domain), StudyError> {
    let domain = &problem.domain;
    let periodic = [domain.is_periodic(0), problem.dimension == 2 && domain.is_periodic(1)];
    let angle = match request.grid.align {
        Align::Axes => 0.0,
        Align::Angle(degrees) => degrees.to_radians(),
        Align::Saddle => saddle_angle(problem)?,
    };
    if problem.dimension == 1 || angle == 0.0 {
        return Ok((Grid::new(problem.dimension, domain.lower, domain.upper, cells, periodic), domain.clone()));
    }
    if periodic.contains(&true) {
        return Err(StudyError::Problem(ProblemError::Invalid {
            key: "grid.align".into(),
            message: "a turned grid cannot have a periodic axis: use align = \"axes\"".into(),
        }));
    }
    let middle = crate::tensor::advance(domain.lower, 0.5, difference(domain.upper, domain.lower));
    let mut turned = Grid::new(2, domain.lower, domain.upper, cells, periodic);
    (turned.turn, turned.pivot) = ([angle.cos(), angle.sin()], middle);
    let corners = [[0, 0], [0, 1], [1, 0], [1, 1]].map(|[a, b]: [usize; 2]| {
        let pick = |axis: usize, end: usize| {
            if end == 0 { domain.lower[axis] } else { domain.upper[axis] }
        };
        turned.to_grid([pick(0, a), pick(1, b)])
    });
    for axis in 0..2 {
        let along = corners.iter().map(|corner| corner[axis]);
        turned.lower[axis] = along.clone().fold(f64::INFINITY, f64::min);
        turned.upper[axis] = along.fold(f64::NEG_INFINITY, f64::max);
    }
    // An automatic domain means "wide enough": the turned rectangle around it is as good, and has walls along the grid.
    let effective = if domain.automatic && !domain.absorbs() {
        Domain { lower: [f64::NEG_INFINITY; 2], upper: [f64::INFINITY; 2], ..domain.clone() }
    } else {
        domain.clone()
    };
    Ok((turned, effective))
}

/// The angle in (−45°, 45°] that brings a grid axis along the escape direction of the lowest saddle.
fn saddle_angle(problem: &Problem) -> Result<f64, StudyError> {
    let Some(&index) = problem.valley.saddles.first() else {
        return Err(StudyError::Problem(ProblemError::Invalid {
            key: "grid.align".into(),
            message:
                "\"saddle\" needs a saddle of the start valley, and none was found: use \"axes\" or an angle in degrees"
                    .into(),
        }));
    };
    let [x, y] = problem.critical.saddles[index].escape_direction;
    let quarter = std::f64::consts::FRAC_PI_2;
    let angle = y.atan2(x).rem_euclid(quarter);
    let angle = if angle > 0.5 * quarter { angle - quarter } else { angle };
    // A direction that is an axis but for rounding is that axis.
    Ok(if angle.abs() < 1e-9 { 0.0 } else { angle })
}

/// The physics of a problem in a domain that killing has been taken out of, or not.
pub fn physics<'a>(problem: &'a Problem, domain: &'a Domain, live: &'a Region) -> Physics<'a> {
    Physics {
        dynamics: &problem.dynamics,
        noise: problem.noise.as_ref(),
        interpretation: problem.interpretation,
        domain,
        live,
    }
}

/// Solves one grid for what the configuration asks.
pub fn solve(
    request: &Request,
    problem: &Problem,
    cells: [usize; 2],
    memory: u64,
    progress: &Progress,
) -> Result<Level, StudyError> {
    let (grid, domain) = grid(request, problem, cells)?;
    let mut timing = Vec::new();
    let mut clock = Instant::now();
    let mut lap = |phase: &str| {
        timing.push((phase.to_string(), clock.elapsed().as_secs_f64()));
        clock = Instant::now();
    };
    let start = problem.valley.start_point;
    let physics = physics(problem, &domain, &problem.valley.live);
    let corrects = request.grid.scheme.is_corrected;
    if corrects && !problem.is_reversible() {
        return Err(StudyError::Problem(ProblemError::Invalid {
            key: "grid.scheme".into(),
            message: "\"flux-corrected\" needs a reversible process: a loss and noise.kind = \"isotropic\"; take the default, \
                      \"inverse-average\""
                .into(),
        }));
    }
    let mut assembly = Assembly::new(physics, &grid, request.grid.scheme.weight, start, progress)?;
    lap("assembly");
    let states = assembly.generator.len();
    if !request.wants_killing() {
        return Ok(Level {
            grid,
            assembly,
            quasi_stationary: None,
            passage: None,
            flux_over_population: None,
            share_in_start: None,
            boundary: BoundaryError::default(),
            factor_bytes: 0,
            timing,
        });
    }
    if assembly.exits.is_empty() {
        return Err(StudyError::Problem(ProblemError::Invalid {
            key: "valley".into(),
            message:
                "nothing absorbs: no edge of the grid leaves the live set around the minimum. Give an absorbing wall \
                      (domain.walls), a start set that the domain does not fill, or a target inside the domain"
                    .into(),
        }));
    }
    let mut elimination = Elimination::new(&assembly.generator, memory, progress)
        .map_err(|error| locate(error, &grid, &assembly, problem))?;
    lap("elimination");
    let origin = nearest_state(&grid, start, &assembly.cells, &assembly.states) as usize;
    let mut walls = None;
    if corrects {
        let sampler = physics.sampler(&grid, request.grid.scheme.weight);
        let mut correction = FluxCorrection::new(&assembly, &grid, &sampler);
        for _ in 0..correction::PASSES {
            progress.begin("correcting for the flux", 0);
            let known = quasi_stationary(&elimination, states, origin)?;
            correction.pass(&mut assembly, &grid, &known.probability);
            // Two factors need not be held at once.
            drop(elimination);
            elimination = Elimination::new(&assembly.generator, memory, progress)
                .map_err(|error| locate(error, &grid, &assembly, problem))?;
        }
        walls = Some(correction.walls());
        lap("correction");
    }
    progress.begin("solving", 0);
    let knows_boundary = corrects || boundary::has_oblique_walls(&grid, &domain) || boundary::is_cut(&assembly.exits);
    let quasi_stationary = match request.wants(Quantity::Rate) {
        true => Some(quasi_stationary(&elimination, states, origin)?),
        // Where only the boundary's share asks for it, the share stays unknown without.
        false if knows_boundary => quasi_stationary(&elimination, states, origin).ok(),
        false => None,
    };
    // Without a target the start set is what lives.
    let in_start = problem.valley.target.map(|_| {
        let inside = members(&grid, &domain, &problem.valley.start);
        assembly.cells.iter().map(|&cell| inside[cell as usize]).collect::<Vec<bool>>()
    });
    let mass_in_start = |mass: &[f64]| match &in_start {
        None => mass.iter().sum::<f64>(),
        Some(inside) => mass.iter().zip(inside).filter(|(_, inside)| **inside).map(|(mass, _)| mass).sum(),
    };
    let share_in_start = quasi_stationary.as_ref().map(|found| mass_in_start(&found.probability));
    let (mut passage, mut flux_over_population) = (None, None);
    let times = match request.wants(Quantity::PassageTime) || knows_boundary {
        true => Some(mean_first_passage(&elimination, states)?),
        false => None,
    };
    let mut boundary = boundary::error(
        Around { grid: &grid, domain: &domain, live: &problem.valley.live, assembly: &assembly },
        quasi_stationary.as_ref().zip(times.as_ref().map(|(times, _)| times.as_slice())),
        walls.as_deref(),
    );
    // Jumps cut cells and edges anywhere, as such a boundary does.
    if problem.dimension == 2 && jumps::cut_edges(problem) {
        boundary.cut = Some(f64::INFINITY);
    }
    if let Some((times, unit)) = times
        && request.wants(Quantity::PassageTime)
    {
        let from_start = unit.scaled(field::at_point(&grid, &assembly, &times, start));
        passage = Some(Passage { times, unit, from_start });
        // Beyond the range of ordinary numbers 1/τ says the same.
        if unit == Scaled::ONE {
            let population = occupation(&elimination, states, origin)?;
            flux_over_population = Some(1.0 / mass_in_start(&population));
        }
    }
    lap("solves");
    let factor_bytes = elimination.factor_bytes();
    Ok(Level {
        grid,
        assembly,
        quasi_stationary: quasi_stationary.filter(|_| request.wants(Quantity::Rate)),
        passage,
        flux_over_population,
        share_in_start,
        boundary,
        factor_bytes,
        timing,
    })
}

/// The stationary density of the closed domain on a grid, per length^d.
pub fn stationary_density(
    request: &Request,
    problem: &Problem,
    cells: [usize; 2],
    memory: u64,
    progress: &Progress,
) -> Result<(Grid, Vec<f64>), StudyError> {
    let (grid, domain) = grid(request, problem, cells)?;
    let closed = domain.closed();
    let start = problem.valley.start_point;
    let assembly =
        Assembly::new(physics(problem, &closed, &Region::Whole), &grid, request.grid.scheme.weight, start, progress)?;
    let pin = nearest_state(&grid, deepest(problem), &assembly.cells, &assembly.states) as usize;
    let pinned = Elimination::new(&assembly.pinned(pin), memory, progress)
        .map_err(|error| locate(error, &grid, &assembly, problem))?;
    let probability = stationary(&pinned, assembly.generator.len(), pin)?;
    let density = field::density(&grid, &assembly, &probability);
    Ok((grid, density))
}

/// Where the stationary law is largest, roughly: the deepest minimum in the domain.
fn deepest(problem: &Problem) -> Point {
    let inside = problem.critical.minima.iter().find(|point| problem.domain.contains(point.theta));
    inside.map_or(problem.valley.start_point, |point| point.theta)
}

/// Barriers that are higher leave the range of ordinary numbers, whatever stands before the exponential.
const DEEPEST: f64 = 690.0;

/// The lowest barrier in two dimensions over D = d·I; 0 where there is none.
fn height(problem: &Problem) -> f64 {
    match (problem.dynamics.loss(), problem.noise.constant(), problem.valley.saddles.first()) {
        (Some(loss), Some(d), Some(&saddle)) if problem.dimension == 2 => {
            let at = problem.critical.saddles[saddle].point.theta;
            (loss.value(at) - loss.value(problem.valley.start_point)) / d
        }
        _ => 0.0,
    }
}

/// Names the place of a failed pivot and the remedy.
pub fn locate(error: EliminationError, grid: &Grid, assembly: &Assembly, problem: &Problem) -> StudyError {
    let at = |state: usize| {
        let [x, y] = grid.cell_centre(assembly.cells[state] as usize);
        if problem.dimension == 1 { format!("{x:.6}") } else { format!("({x:.6}, {y:.6})") }
    };
    match error {
        EliminationError::NotFinite { .. } if height(problem) > DEEPEST => StudyError::Unsolvable {
            message: format!(
                "the barrier is {:.0} times the noise: the rate is below 1e-308, which is carried in one dimension only. Raise the \
                     noise (noise.temperature), or solve along the valley in one dimension",
                height(problem)
            ),
        },
        EliminationError::ZeroPivot { state } => StudyError::Unsolvable {
            message: format!(
                "the exit cannot be reached in double precision from the cell at θ = {}: the rates on the way underflow. \
                 Raise the noise (noise.temperature, noise.learning_rate, noise.floor), take more cells (smaller steps up the \
                 slope), or draw domain.lower and domain.upper closer",
                at(state)
            ),
        },
        EliminationError::NotFinite { state } => StudyError::Unsolvable {
            message: format!(
                "a rate at the cell at θ = {} overflows double precision: take more cells, another grid.scheme, or draw \
                 domain.lower and domain.upper closer",
                at(state)
            ),
        },
        EliminationError::TooLarge { needed, allowed } => StudyError::Unsolvable {
            message: format!(
                "a grid of {} × {} cells needs about {:.1} GB for its factor and {:.1} GB are free: take {} cells per axis or \
                 fewer of them",
                grid.cells[0],
                grid.cells[1],
                needed as f64 / 1e9,
                allowed as f64 / 1e9,
                (grid.cells[0].max(grid.cells[1]) as f64 * (allowed as f64 / needed as f64).sqrt() * 0.95) as u64
            ),
        },
        EliminationError::Refused { needed } => StudyError::Unsolvable {
            message: format!(
                "the system refuses the {:.1} GB that the factor of {} × {} cells needs: take fewer cells",
                needed as f64 / 1e9,
                grid.cells[0],
                grid.cells[1]
            ),
        },
        // `Elimination::new` analyses the pattern that it eliminates.
        EliminationError::PatternChanged => StudyError::Unsolvable { message: error.to_string() },
        EliminationError::Interrupted => StudyError::Interrupted,
    }
}
