//! The command `saddleflux check`: it explains the problem that a configuration poses, and tries a run of it.

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
use crate::tensor::{Point, Tensor, difference, dot, norm};

/// A critical point with the diffusion tensor there.
#[derive(Clone, Debug)]
pub struct PointReport {
    /// The point θ.
    pub theta: Point,
    /// L (NaN for a drift).
    pub loss: f64,
    /// The eigenvalues of the Hessian (for a drift those of the symmetric part of −∂b); the first `dimension` are used.
    pub eigenvalues: [f64; 2],
    /// The eigenvalues of the linearised motion at the point.
    pub linearisation: Linearisation,
    /// D at the point.
    pub noise: Tensor,
    /// For saddles of the valley: the barrier, and the barrier divided by the noise along the escape direction.
    pub barrier: Option<(f64, f64)>,
    /// The smallest number of cells across the width √(D/|H|) of the density or of the pass, along either axis of the
    /// grid.
    pub cells_across: Option<f64>,
}

/// The widest ways across the curves on which D = c[H]₊ degenerates.
#[derive(Clone, Debug)]
pub struct WaysReport {
    /// The widest way to the absorbing set.
    pub out: Option<Way>,
    /// The widest way to each saddle of the valley, lowest first.
    pub saddles: Vec<Option<Way>>,
}

/// The report of `check`.
#[derive(Clone)]
pub struct CheckReport {
    /// The problem, validated.
    pub problem: Problem,
    /// Minima in the domain, deepest first.
    pub minima: Vec<PointReport>,
    /// Saddles of the valley, lowest first.
    pub saddles: Vec<PointReport>,
    /// Where D = c[H]₊ degenerates: the widest way out, and the widest way to each saddle of the valley; `None` for
    /// other noise and with a floor.
    pub ways: Option<WaysReport>,
    /// The cells of the grid; `None` when the grid is refined to a tolerance.
    pub cells: Option<[usize; 2]>,
    /// The cells of the grid on which a refinement is expected to end; `None` where that cannot be predicted.
    pub foreseen: Option<[usize; 2]>,
    /// The approximate number of bytes that the run takes.
    pub memory: Option<f64>,
    /// The number of bytes that may be used.
    pub allowed: u64,
    /// The seconds that the run takes, to a factor of 2 on an idle machine; `None` where no trial could be made.
    pub forecast: Option<Forecast>,
    /// The ends of a line, the lower one first, with Feller's classes; `None` in two dimensions, or where no power law
    /// holds near the end.
    pub ends: [Option<LineEnd>; 2],
    /// Warnings of the problem and of the trial.
    pub warnings: Vec<Warning>,
    /// The error with which a run would end, as far as the trial shows.
    pub refused: Option<StudyError>,
    /// The parts of a run that the trial did not reach.
    pub unseen: Vec<Unseen>,
}

/// Validates a problem, tries a run of it and explains both.
///
/// # Errors
/// [`StudyError::Interrupted`]. Other errors of a run are part of the report.
pub fn check(
    problem: Problem,
    request: &Request,
    around: Around,
    progress: &Progress,
) -> Result<CheckReport, StudyError> {
    let workspace = Workspace::default();
    let resources = Resources::available(&workspace, progress);
    let grid = request.grid.cells.map(|cells| Grid::over(&problem, cells, request.grid.align));
    let look = Look { problem: &problem, grid: grid.and_then(Result::ok) };
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

/// The problem with the grid on which it is solved.
struct Look<'a> {
    problem: &'a Problem,
    grid: Option<Grid>,
}

impl Look<'_> {
    /// The smallest number of cells, along either axis of the grid, across the width of the Gaussian density at a
    /// minimum or of a pass: 1/√(eᵀΣ⁻¹e) for the step e between neighbours, |H|Σ + Σ|H| = 2D.
    fn across(&self, point: &CriticalPoint, noise: Tensor) -> Option<f64> {
        let grid = self.grid.as_ref()?;
        let [v, w] = point.eigenvectors;
        let curvatures = point.curvatures(noise);
        let curvature = |k: usize| curvatures[k].abs();
        let axes = 0..self.problem.dimension;
        let widths = axes.map(|axis| {
            let e = difference(grid.position(if axis == 0 { 1.0 } else { 0.0 }, axis as f64), grid.position(0.0, 0.0));
            if self.problem.dimension == 1 {
                return (noise.xx / curvature(0)).sqrt() / e[0].abs();
            }
            // Σ and e in the basis of the eigenvectors of H.
            let [a, b] = [v, w].map(|vector| dot(vector, e));
            let covariance = Tensor {
                xx: noise.form(v, v) / curvature(0),
                xy: 2.0 * noise.form(v, w) / (curvature(0) + curvature(1)),
                yy: noise.form(w, w) / curvature(1),
            };
            // Noise that vanishes along a direction leaves no Gaussian.
            match covariance.determinant(2) > 0.0 {
                true => dot([a, b], covariance.solve([a, b], 2)).sqrt().recip(),
                false => (noise.xx.max(noise.yy) / curvature(0).max(curvature(1))).sqrt() / norm(e),
            }
        });
        Some(widths.fold(f64::INFINITY, f64::min))
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
            cells_across: self.across(point, noise),
        }
    }

    fn minima(&self) -> Vec<PointReport> {
        self.problem.critical.minima.iter().map(|point| self.point(point, None)).collect()
    }

    /// The saddles of the start set, or all saddles if none bounds it.
    fn saddles(&self) -> Vec<PointReport> {
        // A drift has no loss, hence no barrier.
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
