//! `saddleflux check`: what a configuration poses, explained without solving it.

use std::time::Instant;

use crate::grid::Grid;
use crate::problem::degeneracy::{self, widest::Way};
use crate::problem::ends::{self, LineEnd};
use crate::problem::{CriticalPoint, Linearisation, Problem};
use crate::study::warning::Warning;
use crate::study::{Request, StudyError, memory};
use crate::tensor::{Point, Tensor, advance, difference};

/// A critical point with the noise there.
#[derive(Clone, Debug)]
pub struct PointReport {
    /// Where.
    pub theta: Point,
    /// L (NaN for a drift).
    pub loss: f64,
    /// Eigenvalues of the Hessian (for a drift: of the symmetric part of −∂b), `dimension` of them used.
    pub eigenvalues: [f64; 2],
    /// Those that say how the process moves there.
    pub linearisation: Linearisation,
    /// D there.
    pub noise: Tensor,
    /// Saddles of the valley: the barrier, and the barrier in units of the noise along the escape direction.
    pub barrier: Option<(f64, f64)>,
    /// Cells across the width √(D/|H|) of the density or the pass, the narrowest axis.
    pub cells_across: Option<f64>,
}

/// The widest ways across the curves on which D = c[H]₊ degenerates.
#[derive(Clone, Debug)]
pub struct WaysReport {
    /// To what absorbs.
    pub out: Option<Way>,
    /// To the saddles of the valley, lowest first.
    pub saddles: Vec<Option<Way>>,
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
    /// Where D = c[H]₊ degenerates: the widest way out, and to each saddle of the valley; `None` for other noise and over a floor.
    pub ways: Option<WaysReport>,
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
    pub warnings: Vec<Warning>,
}

/// Floating-point operations per second that the elimination reaches on one core, in order of magnitude; measured as
/// 10–40e9 on a 2020s server core.
const ELIMINATION_SPEED: f64 = 15e9;

/// Validates and explains.
///
/// # Errors
/// A grid that cannot be laid over the problem.
pub fn check(problem: Problem, request: &Request) -> Result<CheckReport, StudyError> {
    let dimension = problem.dimension;
    let allowed = memory::allowed();
    let spacing = match request.grid.cells {
        Some(cells) => Some(Grid::over(&problem, cells, request.grid.align)?.spacing()),
        None => None,
    };
    let look = Look { problem: &problem, spacing };
    let (minima, saddles) = (look.minima(), look.saddles());
    let mut warnings: Vec<Warning> = problem.warnings.iter().cloned().map(Warning::Problem).collect();
    let poorly =
        minima.iter().take(1).chain(&saddles).filter_map(|point| point.cells_across).fold(f64::INFINITY, f64::min);
    if poorly < 1.0 {
        warnings.push(Warning::UnderResolved { cells_across: poorly });
    }
    let memory = request.grid.cells.map(|cells| memory::estimate(cells, &problem, request.grid.scheme()));
    if let Some(needed) = memory
        && needed > allowed as f64
    {
        warnings.push(Warning::TooLarge { needed, allowed });
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
    let ways = degeneracy::ways(
        problem.noise.as_ref(),
        problem.interpretation,
        &problem.domain,
        &problem.valley.live,
        problem.valley.start_point,
    );
    let ways = ways.map(|ways| WaysReport {
        out: ways.out,
        saddles: saddles.iter().map(|saddle| ways.to(saddle.theta)).collect(),
    });
    let ends = ends::of(&problem);
    Ok(CheckReport {
        ends,
        problem,
        minima,
        saddles,
        ways,
        cells: request.grid.cells,
        memory,
        allowed,
        seconds,
        warnings,
    })
}

/// A problem, and the spacing of the grid that it will be looked at with.
struct Look<'a> {
    problem: &'a Problem,
    spacing: Option<[f64; 2]>,
}

impl Look<'_> {
    /// Cells across the narrowest width of the density or the pass.
    fn across(&self, eigenvalues: [f64; 2], noise: Tensor) -> Option<f64> {
        let dimension = self.problem.dimension;
        let widest = (0..dimension).map(|k| eigenvalues[k].abs()).fold(0.0, f64::max);
        let spread = noise.eigen(dimension).values[..dimension].iter().copied().fold(0.0, f64::max);
        self.spacing.map(|h| (spread / widest).sqrt() / h[0].max(if dimension == 2 { h[1] } else { 0.0 }))
    }

    fn point(&self, point: &CriticalPoint, barrier: Option<(f64, f64)>) -> PointReport {
        let noise = self.problem.noise.tensor(point.theta);
        let CriticalPoint { theta, loss, eigenvalues, .. } = *point;
        PointReport {
            theta,
            loss,
            eigenvalues,
            linearisation: point.linearisation(self.problem.dimension),
            noise,
            barrier,
            cells_across: self.across(eigenvalues, noise),
        }
    }

    fn minima(&self) -> Vec<PointReport> {
        self.problem.critical.minima.iter().map(|point| self.point(point, None)).collect()
    }

    fn saddles(&self) -> Vec<PointReport> {
        // A drift has none.
        let bottom = self.problem.minimum().map(|point| point.loss).filter(|loss| loss.is_finite());
        let report = |&index: &usize| {
            let saddle = &self.problem.critical.saddles[index];
            let noise = self.problem.noise.tensor(saddle.point.theta);
            let along = self.problem.dynamics.spread_along(noise, saddle.escape_direction);
            let barrier = bottom.map(|loss| (saddle.point.loss - loss, (saddle.point.loss - loss) / along));
            self.point(&saddle.point, barrier)
        };
        self.problem.valley.saddles.iter().map(report).collect()
    }
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
