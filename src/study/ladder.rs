//! Ladders of grids: which grids are solved, in what order and until when.
//!
//! If a grid fails, neither it nor the coarser grids enter the extrapolation. The failure of a requested finest grid
//! ends the study.

use std::time::Instant;

use crate::problem::Problem;
use crate::solve::Resources;
use crate::study::boundary;
use crate::study::boundary::BoundaryError;
use crate::study::crossing;
use crate::study::extrapolation::Spacing;
use crate::study::level::{self, Level};
use crate::study::request::Scheme;
use crate::study::rungs::{Rates, Rungs};
use crate::study::warning::Warning;
use crate::study::{Request, StudyError, memory};

/// The smallest number of cells along an axis of a grid that enters an error estimate.
pub(super) const COARSEST: usize = 8;
/// The number of cells along the shorter side of the first grid where none is given, in one and in two dimensions.
const FIRST_CELLS: [usize; 2] = [128, 32];
/// The number of grids that are solved before an error estimate may end a refinement.
pub(super) const FEWEST: usize = 3;
/// The number of unknowns up to which a first grid may fail where a finer one does not: it may have no cell in the set,
/// or underflow.
pub(super) const MOST_TO_FAIL: usize = 20_000;
/// The largest number of unknowns of a refinement, in one and in two dimensions: larger grids take minutes and are
/// solved only if requested.
pub(super) const MOST_UNKNOWNS: [usize; 2] = [1 << 22, 1 << 21];

/// The grids that are to be solved.
pub struct Plan<'a> {
    problem: &'a Problem,
    scheme: Scheme,
    grids: Grids,
    spacing: Spacing,
}

enum Grids {
    /// A list of grids, each of which may fail.
    Listed(std::vec::IntoIter<[usize; 2]>),
    /// Coarser grids for the extrapolation of the last one; only the last one must succeed.
    Towards {
        left: std::vec::IntoIter<[usize; 2]>,
        last: [usize; 2],
        /// The list that replaces the whole of this one once a grid fails.
        otherwise: Option<(Vec<[usize; 2]>, Spacing)>,
    },
    /// Grids with twice as many cells per axis each time, until the estimated error of the requested rates is below the
    /// tolerance.
    Doubled { next: [usize; 2], tolerance: f64, most: usize, allowed: u64 },
}

impl<'a> Plan<'a> {
    /// A plan of the given grids, coarsest first, each finer than the one before by `ratio`.
    pub fn listed(problem: &'a Problem, scheme: Scheme, cells: Vec<[usize; 2]>, ratio: f64) -> Plan<'a> {
        Plan { problem, scheme, grids: Grids::Listed(cells.into_iter()), spacing: Spacing::Ratio(ratio) }
    }

    /// The plan for a request: its own grid with coarser ones for the error estimate, or a refinement.
    ///
    /// # Errors
    /// [`StudyError::TooLarge`] for a grid that does not fit into memory.
    pub fn new(problem: &'a Problem, request: &Request, allowed: u64) -> Result<Plan<'a>, StudyError> {
        let scheme = request.grid.scheme();
        let Some(cells) = request.grid.cells else {
            let most = request.grid.max_unknowns.unwrap_or(MOST_UNKNOWNS[problem.dimension - 1]);
            let (next, tolerance) = (first_cells(problem), request.grid.tolerance);
            let grids = Grids::Doubled { next, tolerance, most, allowed };
            return Ok(Plan { problem, scheme, grids, spacing: Spacing::Ratio(2.0) });
        };
        fits(cells, problem, scheme, allowed)?;
        let (halves, ratio) = (halves(cells, problem.dimension), Spacing::Ratio(ratio_to_half(cells)));
        // Two grids alone may agree by chance. For the crossing of a degenerate curve the extrapolation needs halved
        // grids.
        let lacks_third = halves.len() == 2 && !crossing::is_asked_for(problem);
        // A stationary density has no rate whose error could be estimated.
        let (grids, spacing, otherwise) = match request.error_estimate && request.wants_rates() {
            false => (vec![cells], ratio, None),
            true => {
                match quarters(cells, problem.dimension, lacks_third).filter(|_| scheme.is_corrected || lacks_third) {
                    Some(quarters) => (quarters, Spacing::Quarters, Some((halves, ratio))),
                    None => (halves, ratio, None),
                }
            }
        };
        Ok(Plan { problem, scheme, grids: Grids::Towards { left: grids.into_iter(), last: cells, otherwise }, spacing })
    }

    /// The next grid, if another one is to be solved.
    fn next(&mut self, climb: &Climb<'_>) -> Option<[usize; 2]> {
        match &mut self.grids {
            Grids::Listed(left) | Grids::Towards { left, .. } => left.next(),
            Grids::Doubled { next, tolerance, most, allowed } => {
                let cells = *next;
                let is_met = climb.rungs.rates.len() >= FEWEST && climb.rungs.worst_error() <= *tolerance;
                let is_small = cells[0] * cells[1] <= *most;
                let fits = memory::estimate(cells, self.problem, self.scheme) <= *allowed as f64;
                *next = cells.map(|n| if n == 1 { 1 } else { 2 * n });
                (!is_met && is_small && fits).then_some(cells)
            }
        }
    }

    /// Whether the ladder continues after a grid that failed.
    fn outlives(&mut self, cells: [usize; 2], error: &StudyError, rates: &[Rates]) -> bool {
        match &mut self.grids {
            Grids::Listed(_) => true,
            Grids::Towards { last, .. } if *last == cells => false,
            Grids::Towards { left, otherwise, .. } => {
                if let Some((mut grids, spacing)) = otherwise.take() {
                    // Without what has failed already.
                    grids.retain(|&other| other != cells);
                    (*left, self.spacing) = (grids.into_iter(), spacing);
                }
                true
            }
            Grids::Doubled { .. } => error.is_of_one_grid() && rates.is_empty() && cells[0] * cells[1] < MOST_TO_FAIL,
        }
    }
}

/// The results of a ladder.
pub struct Climb<'a> {
    /// The results of the last grid, unless it failed.
    pub finest: Option<Level<'a>>,
    /// The rates of the grids that enter the extrapolation.
    pub rungs: Rungs<'a>,
    /// The cells of each grid that failed, with the error.
    pub failed: Vec<([usize; 2], StudyError)>,
    /// The cells of each grid that lacks the analyses of the closed chain, with the error.
    pub lacking: Vec<([usize; 2], StudyError)>,
    /// The cells of each grid, with the seconds it took.
    pub seconds: Vec<([usize; 2], f64)>,
}

impl<'a> Climb<'a> {
    /// Solves the grids of a plan.
    ///
    /// # Errors
    /// The interruption, and the failure of a grid that the plan cannot do without.
    pub fn new(
        mut plan: Plan<'a>,
        mut solve: impl FnMut([usize; 2]) -> Result<Level<'a>, StudyError>,
    ) -> Result<Climb<'a>, StudyError> {
        let Plan { problem, scheme, spacing, .. } = plan;
        let rungs = Rungs {
            problem,
            scheme,
            spacing,
            boundary: BoundaryError::default(),
            coarseness: None,
            claimed: f64::INFINITY,
            margin: 1.0,
            raised: 0.0,
            by_place: 0.0,
            rates: Vec::new(),
            thinned: Vec::new(),
        };
        let mut climb = Climb { finest: None, rungs, failed: Vec::new(), lacking: Vec::new(), seconds: Vec::new() };
        while let Some(cells) = plan.next(&climb) {
            let clock = Instant::now();
            // Two grids need not be in memory at once.
            climb.finest = None;
            match solve(cells) {
                Ok(mut level) => {
                    climb.lacking.extend(level.lacks_closed.take().map(|error| (cells, error)));
                    climb.rungs.rates.push(Rates::new(&level));
                    climb.rungs.boundary = level.found.boundary;
                    climb.rungs.coarseness = level.found.coarseness;
                    climb.rungs.claimed = boundary::order_claimed(&level.discretisation);
                    climb.rungs.margin = boundary::margin(&level.discretisation);
                    climb.finest = Some(level);
                }
                Err(StudyError::Interrupted) => return Err(StudyError::Interrupted),
                Err(error) if plan.outlives(cells, &error, &climb.rungs.rates) => {
                    climb.rungs.rates.clear();
                    climb.rungs.spacing = plan.spacing;
                    climb.failed.push((cells, error));
                }
                Err(error) => return Err(error),
            }
            climb.seconds.push((cells, clock.elapsed().as_secs_f64()));
        }
        Ok(climb)
    }

    /// A warning for each grid that failed or lacks analyses.
    pub fn warnings(&self) -> impl Iterator<Item = Warning> {
        let of = |failed: &[([usize; 2], StudyError)], is_closed_alone: bool| -> Vec<Warning> {
            let warning = |(cells, reason): &([usize; 2], StudyError)| Warning::CoarseGridFailed {
                cells: *cells,
                is_closed_alone,
                reason: Box::new(reason.clone()),
            };
            failed.iter().map(warning).collect()
        };
        of(&self.failed, false).into_iter().chain(of(&self.lacking, true))
    }
}

/// Solves what a request asks for on its ladder.
///
/// # Errors
/// As [`Plan::new`] and [`Climb::new`].
pub fn climb<'a>(problem: &'a Problem, request: &Request, resources: Resources<'_>) -> Result<Climb<'a>, StudyError> {
    let plan = Plan::new(problem, request, resources.memory)?;
    Climb::new(plan, |cells| match request.grid.cells {
        Some(finest) if cells != finest => level::solve_coarse(request, problem, cells, resources),
        _ => level::solve(request, problem, cells, resources),
    })
}

/// The grids that cost little compared with the one that is asked for, coarsest first; that one itself where it is
/// small enough.
pub(super) fn coarse(problem: &Problem, request: &Request) -> Vec<[usize; 2]> {
    let Some(cells) = request.grid.cells else { return vec![first_cells(problem)] };
    let finer = std::iter::successors(Some(cells), |&cells| Some(halved(cells)));
    let is_cheap = |[nx, ny]: &[usize; 2]| nx * ny <= MOST_TO_FAIL;
    let mut grids: Vec<[usize; 2]> =
        finer.skip_while(|cells| !is_cheap(cells)).take_while(|&cells| is_usable(cells, problem.dimension)).collect();
    // The two finest of them: coarser ones may not resolve the problem.
    grids.truncate(2);
    grids.reverse();
    grids
}

fn fits(cells: [usize; 2], problem: &Problem, scheme: Scheme, allowed: u64) -> Result<(), StudyError> {
    let needed = memory::estimate(cells, problem, scheme);
    if needed <= allowed as f64 {
        return Ok(());
    }
    let largest = memory::largest(cells, problem, scheme, allowed);
    Err(StudyError::TooLarge { needed, allowed, largest, dimension: problem.dimension })
}

pub(super) fn halved(cells: [usize; 2]) -> [usize; 2] {
    cells.map(|n| n.div_ceil(2))
}

fn ratio_to_half(cells: [usize; 2]) -> f64 {
    cells[0] as f64 / halved(cells)[0] as f64
}

/// Whether a grid is fine enough for an error estimate.
fn is_usable(cells: [usize; 2], dimension: usize) -> bool {
    cells[..dimension].iter().all(|&n| n >= COARSEST)
}

/// A grid after those with a quarter and a half of its cells per axis, as far as they are usable.
fn halves(cells: [usize; 2], dimension: usize) -> Vec<[usize; 2]> {
    let half = halved(cells);
    [halved(half), half].into_iter().filter(|&cells| is_usable(cells, dimension)).chain([cells]).collect()
}

/// A grid after those with half and three quarters of its cells per axis; `None` if there are no such grids. A scheme
/// of high order extrapolates better from these than from a quarter of the cells, and for small grids they replace that
/// one. With `nearly` the numbers of cells are rounded, which changes the observed order by at most 0.1 or 0.2.
fn quarters(cells: [usize; 2], dimension: usize, nearly: bool) -> Option<Vec<[usize; 2]>> {
    let share = |quarters: usize| cells.map(|n| if n == 1 { 1 } else { (n * quarters + 2) / 4 });
    let is_divisible = nearly || cells[..dimension].iter().all(|n| n % 4 == 0);
    (is_divisible && is_usable(share(2), dimension)).then(|| vec![share(2), share(3), cells])
}

/// About square cells, the first number of cells along the shorter side.
pub(super) fn first_cells(problem: &Problem) -> [usize; 2] {
    let first = FIRST_CELLS[problem.dimension - 1];
    if problem.dimension == 1 {
        return [first, 1];
    }
    let aspect = problem.domain.width(0) / problem.domain.width(1);
    let longer = |ratio: f64| ((first as f64 * ratio.min(4.0) / 2.0).round() as usize * 2).max(first);
    if aspect >= 1.0 { [longer(aspect), first] } else { [first, longer(1.0 / aspect)] }
}
