//! `saddleflux check`: what a configuration poses, explained; and a run of it, tried.

use crate::elimination::Workspace;
use crate::grid::Grid;
use crate::problem::degeneracy::{self, widest::Way};
use crate::problem::ends::{self, LineEnd};
use crate::problem::{CriticalPoint, Linearisation, Problem};
use crate::progress::Progress;
use crate::solve::Resources;
use crate::study::forecast::{self, Around, Forecast};
use crate::study::trial::{self, Trial, Unseen};
use crate::study::warning::Warning;
use crate::study::{Request, StudyError};
use crate::tensor::{Point, Tensor};

/// A critical point with the noise there.
#[derive(Clone, Debug)]
pub struct PointReport {
    /// The point θ.
    pub theta: Point,
    /// L (NaN for a drift).
    pub loss: f64,
    /// Eigenvalues of the Hessian (for a drift: of the symmetric part of −∂b), `dimension` of them used.
    pub eigenvalues: [f64; 2],
    /// The eigenvalues of the linearised motion there.
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
    /// Where D = c[H]₊ degenerates: the widest way out, and to each saddle of the valley; `None` for other noise and
    /// over a floor.
    pub ways: Option<WaysReport>,
    /// Cells of the grid; `None` when it will be refined to a tolerance.
    pub cells: Option<[usize; 2]>,
    /// Cells of the grid that a refinement is foreseen to end on; `None` where it cannot be foreseen.
    pub foreseen: Option<[usize; 2]>,
    /// Bytes that the run will take, roughly.
    pub memory: Option<f64>,
    /// Bytes that may be used.
    pub allowed: u64,
    /// Seconds that the run will take, to a factor of 2 on a machine with nothing else to do; `None` where no trial
    /// could be made.
    pub forecast: Option<Forecast>,
    /// The ends of a line, lower one first, with Feller's classes; `None` where there is no line, or no power law
    /// beside an end.
    pub ends: [Option<LineEnd>; 2],
    /// What the reader must know.
    pub warnings: Vec<Warning>,
    /// Why a run would end without a result, as far as it was looked at.
    pub refused: Option<StudyError>,
    /// What was not looked at.
    pub unseen: Vec<Unseen>,
}

/// Validates, tries and explains.
///
/// # Errors
/// [`StudyError::Interrupted`]; why a run would fail otherwise is part of the report.
pub fn check(
    problem: Problem,
    request: &Request,
    around: Around,
    progress: &Progress,
) -> Result<CheckReport, StudyError> {
    let workspace = Workspace::default();
    let resources = Resources::available(&workspace, progress);
    let grid = request.grid.cells.map(|cells| Grid::over(&problem, cells, request.grid.align));
    let look = Look { problem: &problem, spacing: grid.and_then(Result::ok).map(|grid| grid.spacing()) };
    let (minima, saddles) = (look.minima(), look.saddles());
    let mut warnings: Vec<Warning> = problem.warnings.iter().cloned().map(Warning::Problem).collect();
    let on_the_way = saddles.iter().take(problem.valley.saddles.len());
    let poorly =
        minima.iter().take(1).chain(on_the_way).filter_map(|point| point.cells_across).fold(f64::INFINITY, f64::min);
    if poorly < 1.0 {
        warnings.push(Warning::UnderResolved { cells_across: poorly });
    }
    let trial = trial::attempt(&problem, request, resources)?;
    let foreseen = forecast::grid(&problem, request, &trial, resources.memory);
    let forecast = foreseen.and_then(|cells| forecast::forecast(&problem, request, (&trial, cells), around, resources));
    if progress.is_interrupted() {
        return Err(StudyError::Interrupted);
    }
    let Trial { refused, warnings: seen, unseen, solved, .. } = trial;
    warnings.extend(seen);
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
        minima,
        saddles,
        ways,
        cells: request.grid.cells,
        foreseen: foreseen.filter(|_| request.grid.cells.is_none()),
        memory: foreseen
            .or(request.grid.cells)
            .map(|cells| forecast::bytes(&problem, request, cells, solved.as_ref(), around.formats)),
        allowed: resources.memory,
        forecast,
        warnings,
        refused,
        unseen,
        problem,
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

    /// The saddles of the start set, or all saddles if none bounds it.
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
        let Problem { valley, critical, .. } = self.problem;
        match valley.saddles[..] {
            [] => (0..critical.saddles.len()).map(|index| report(&index)).collect(),
            _ => valley.saddles.iter().map(report).collect(),
        }
    }
}
