//! `saddleflux check`: what a configuration poses, explained without solving it.

use std::time::Instant;

use crate::problem::Problem;
use crate::problem::ends::{self, LineEnd};
use crate::study::Request;
use crate::study::{StudyError, level, memory};
use crate::tensor::{Point, Tensor, advance, difference};

/// A critical point with the noise there.
#[derive(Clone, Debug)]
pub struct PointReport {
    /// Where.
    pub theta: Point,
    /// L (NaN for a drift).
    pub loss: f64,
    /// Eigenvalues of the Hessian, `dimension` of them used.
    pub eigenvalues: [f64; 2],
    /// D there.
    pub noise: Tensor,
    /// Saddles of the valley: the barrier, and the barrier in units of the noise along the escape direction.
    pub barrier: Option<(f64, f64)>,
    /// Cells across the width √(D/|H|) of the density or the pass, the narrowest axis.
    pub cells_across: Option<f64>,
}

/// What `check` says.
#[derive(Clone)]
pub struct CheckReport {
    /// The problem, validated.
    pub problem: Problem,
    /// Minima in the domain, deepest first.
    pub minima: Vec<PointReport>,
    /// Saddles of the valley, lowest first.
    pub saddles: Vec<PointReport>,
    /// Cells of the grid; `None` when it will be refined to a tolerance.
    pub cells: Option<[usize; 2]>,
    /// Bytes that the run will take, roughly.
    pub memory: Option<f64>,
    /// Bytes that may be used.
    pub allowed: u64,
    /// Seconds that the run will take, roughly.
    pub seconds: Option<f64>,
    /// The ends of a line, lower one first, with Feller's classes; `None` where there is no line, or no power law beside an end.
    pub ends: [Option<LineEnd>; 2],
    /// What the reader must know.
    pub warnings: Vec<String>,
}

/// Floating-point operations per second that the elimination reaches on one core, in order of magnitude; measured as
/// 10–40e9 on a 2020s server core.
const ELIMINATION_SPEED: f64 = 15e9;

/// Validates and explains.
pub fn check(problem: Problem, request: &Request) -> Result<CheckReport, StudyError> {
    let dimension = problem.dimension;
    let allowed = memory::allowed();
    let spacing = match request.grid.cells {
        Some(cells) => Some(level::grid(request, &problem, cells)?.0.spacing()),
        None => None,
    };
    let across = |eigenvalues: [f64; 2], noise: Tensor| {
        let widest = (0..dimension).map(|k| eigenvalues[k].abs()).fold(0.0, f64::max);
        let spread = noise.eigen(dimension).values[..dimension].iter().copied().fold(0.0, f64::max);
        spacing.map(|h| (spread / widest).sqrt() / h[0].max(if dimension == 2 { h[1] } else { 0.0 }))
    };
    let minima: Vec<PointReport> = problem
        .critical
        .minima
        .iter()
        .map(|point| {
            let noise = problem.noise.tensor(point.theta);
            PointReport {
                theta: point.theta,
                loss: point.loss,
                eigenvalues: point.eigenvalues,
                noise,
                barrier: None,
                cells_across: across(point.eigenvalues, noise),
            }
        })
        .collect();
    let bottom = problem.minimum().map(|point| point.loss);
    let saddles: Vec<PointReport> = problem
        .valley
        .saddles
        .iter()
        .map(|&index| {
            let saddle = &problem.critical.saddles[index];
            let noise = problem.noise.tensor(saddle.point.theta);
            let along = noise.form(saddle.escape_direction, saddle.escape_direction);
            PointReport {
                theta: saddle.point.theta,
                loss: saddle.point.loss,
                eigenvalues: saddle.point.eigenvalues,
                noise,
                barrier: bottom.map(|loss| (saddle.point.loss - loss, (saddle.point.loss - loss) / along)),
                cells_across: across(saddle.point.eigenvalues, noise),
            }
        })
        .collect();
    let mut warnings = problem.warnings.clone();
    let poorly =
        minima.iter().take(1).chain(&saddles).filter_map(|point| point.cells_across).fold(f64::INFINITY, f64::min);
    if poorly < 1.0 {
        warnings.push(format!(
            "under-resolved: only {poorly:.2} cells across the narrowest of the minimum's and the saddles' widths; take {:.0} \
             times as many cells per axis",
            (1.5 / poorly).ceil()
        ));
    }
    let memory = request.grid.cells.map(|cells| memory::estimate(cells, &problem, request.grid.scheme));
    if let Some(needed) = memory
        && needed > allowed as f64
    {
        warnings.push(format!(
            "this grid needs about {:.1} GB and {:.1} GB are free: `run` will refuse it",
            needed / 1e9,
            allowed as f64 / 1e9
        ));
    }
    let evaluation = seconds_per_evaluation(&problem);
    let seconds = request.grid.cells.map(|cells| {
        let n = (cells[0] * cells[1]) as f64;
        // 13.6 GFlop at 512 × 1024, 6 for reversible processes, growing as N^{3/2}; solves and plots about 3 µs a cell.
        let full = if problem.is_reversible() { 6e9 } else { 13.6e9 };
        let flops = if dimension == 1 { 0.0 } else { full * (n / 524_288.0).powf(1.5) };
        // Assembly looks at the slope and the tensor about a dozen times per cell, the coarser grids at a third as many.
        let looks = if request.error_estimate { 16.0 } else { 12.0 };
        flops / ELIMINATION_SPEED + (3e-6 + looks * evaluation / rayon::current_num_threads() as f64) * n
    });
    let ends = ends::of(&problem);
    Ok(CheckReport { ends, problem, minima, saddles, cells: request.grid.cells, memory, allowed, seconds, warnings })
}

/// What one look at the slope and the tensor costs, measured on a few points of the domain.
fn seconds_per_evaluation(problem: &Problem) -> f64 {
    const LOOKS: u32 = 50;
    let diagonal = difference(problem.domain.upper, problem.domain.lower);
    let begun = Instant::now();
    for k in 0..LOOKS {
        let at = advance(problem.domain.lower, f64::from(k) / f64::from(LOOKS), diagonal);
        std::hint::black_box(problem.noise.slope_and_tensor(&problem.dynamics, at));
    }
    begun.elapsed().as_secs_f64() / f64::from(LOOKS)
}
