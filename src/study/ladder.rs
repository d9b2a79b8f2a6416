//! Ladders of grids: which are solved, in what order, until when, and what is kept of them.
//!
//! One rule for a grid that fails: together with those coarser than it, it has no say in what the others show, and is noted. The finest
//! one may not fail where a result on it was asked for.

use std::time::Instant;

use crate::problem::{Problem, ends, window};
use crate::scaled::Scaled;
use crate::solve::Resources;
use crate::study::boundary::BoundaryError;
use crate::study::crossing;
use crate::study::extrapolation::{Extrapolation, Series, Spacing};
use crate::study::level::Level;
use crate::study::request::Scheme;
use crate::study::several;
use crate::study::warning::Warning;
use crate::study::{Request, StudyError, memory};

/// Fewer cells than this along an axis are no grid to estimate an error from.
const COARSEST: usize = 8;
/// Cells along the shortest side of the first grid where none are given, in one and in two dimensions.
const FIRST_CELLS: [usize; 2] = [128, 32];
/// Unknowns up to which a first grid may fail where a finer one does not: it can miss the set, or underflow.
pub(super) const MOST_TO_FAIL: usize = 20_000;
/// Unknowns beyond which a grid takes minutes, in one and in two dimensions: the reader should have asked for it.
pub(super) const MOST_UNKNOWNS: [usize; 2] = [1 << 22, 1 << 21];

/// The rates of one level: quasi-stationary, and 1/τ.
#[derive(Clone)]
pub struct Rates {
    /// Its cells.
    pub cells: [usize; 2],
    /// γ.
    pub quasi_stationary: Option<Scaled>,
    /// 1/τ.
    pub passage: Option<Scaled>,
    /// Flux over population.
    pub flux_over_population: Option<Scaled>,
    /// k_AB of reactive paths.
    pub reactive: Option<Scaled>,
    /// The fluxes between several sets.
    pub several: Vec<Scaled>,
    /// The moduli of the eigenvalues of the network of valleys that are not 0.
    pub network: Vec<Scaled>,
    /// The moduli of the eigenvalues of the spectrum; 0 of a closed chain among them.
    pub spectrum: Vec<Scaled>,
}

impl Rates {
    fn new(level: &Level<'_>) -> Rates {
        let found = &level.found;
        Rates {
            cells: level.discretisation.grid.cells,
            quasi_stationary: found.quasi_stationary.as_ref().map(|found| found.rate),
            passage: found.passage.as_ref().map(|passage| passage.from_start.inverse()),
            flux_over_population: found.flux_over_population.filter(|rate| rate.is_normal()).map(Scaled::new),
            reactive: level.reactive.as_ref().map(|found| found.paths.rate()),
            several: level.several.as_ref().map_or(Vec::new(), several::fluxes),
            network: level.network.as_ref().map_or(Vec::new(), |found| {
                let moduli = found.network.refined.eigenvalues.iter().map(|own| own.modulus());
                moduli.filter(|modulus| modulus.is_positive()).collect()
            }),
            spectrum: level
                .spectrum
                .as_ref()
                .map_or(Vec::new(), |found| found.modes.iter().map(|mode| mode.value.modulus()).collect()),
        }
    }
}

/// Grids to be solved.
pub struct Plan<'a> {
    problem: &'a Problem,
    scheme: Scheme,
    grids: Grids,
    spacing: Spacing,
}

enum Grids {
    /// One after the other; any of them may fail.
    Listed(std::vec::IntoIter<[usize; 2]>),
    /// The coarser ones for the sake of the last, whatever becomes of them.
    Towards {
        left: std::vec::IntoIter<[usize; 2]>,
        last: [usize; 2],
        /// All of them anew once one fails.
        otherwise: Option<(Vec<[usize; 2]>, Spacing)>,
    },
    /// Each with twice as many cells per axis, until the estimated error of the wanted rates is below the tolerance.
    Doubled { next: [usize; 2], tolerance: f64, most: usize, allowed: u64 },
}

impl<'a> Plan<'a> {
    /// These grids, coarsest first, each finer than the one before by `ratio`.
    pub fn listed(problem: &'a Problem, scheme: Scheme, cells: Vec<[usize; 2]>, ratio: f64) -> Plan<'a> {
        Plan { problem, scheme, grids: Grids::Listed(cells.into_iter()), spacing: Spacing::Ratio(ratio) }
    }

    /// What a request asks for: its own grid with coarser ones for the error, or ever finer ones.
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
        // Two grids alone may agree by chance; what crosses a degenerate curve is told from halves.
        let lacks_third = halves.len() == 2 && !crossing::is_asked_for(problem);
        // A stationary density has no rate whose error could be estimated.
        let (grids, spacing, otherwise) = match request.error_estimate && request.wants_rates() {
            false => (vec![cells], ratio, None),
            true => match quarters(cells, problem.dimension).filter(|_| scheme.is_corrected || lacks_third) {
                Some(quarters) => (quarters, Spacing::Quarters, Some((halves, ratio))),
                None => (halves, ratio, None),
            },
        };
        Ok(Plan { problem, scheme, grids: Grids::Towards { left: grids.into_iter(), last: cells, otherwise }, spacing })
    }

    /// The next grid, if there is one to be solved.
    fn next(&mut self, climb: &Climb<'_>) -> Option<[usize; 2]> {
        match &mut self.grids {
            Grids::Listed(left) | Grids::Towards { left, .. } => left.next(),
            Grids::Doubled { next, tolerance, most, allowed } => {
                let cells = *next;
                let is_met = climb.rungs.rates.len() >= 3 && climb.rungs.worst_error() <= *tolerance;
                let is_small = cells[0] * cells[1] <= *most;
                let fits = memory::estimate(cells, self.problem, self.scheme) <= *allowed as f64;
                *next = cells.map(|n| if n == 1 { 1 } else { 2 * n });
                (!is_met && is_small && fits).then_some(cells)
            }
        }
    }

    /// Whether the ladder goes on after a grid that failed.
    fn outlives(&mut self, cells: [usize; 2], error: &StudyError, rates: &[Rates]) -> bool {
        match &mut self.grids {
            Grids::Listed(_) => true,
            Grids::Towards { last, .. } if *last == cells => false,
            Grids::Towards { left, otherwise, .. } => {
                if let Some((grids, spacing)) = otherwise.take() {
                    (*left, self.spacing) = (grids.into_iter(), spacing);
                }
                true
            }
            Grids::Doubled { .. } => error.is_of_one_grid() && rates.is_empty() && cells[0] * cells[1] < MOST_TO_FAIL,
        }
    }
}

/// The rates on the grids that count, and what is known beside them.
pub struct Rungs<'a> {
    problem: &'a Problem,
    scheme: Scheme,
    spacing: Spacing,
    /// What the boundary leaves on the finest grid.
    boundary: BoundaryError,
    /// How coarse the finest grid is where the process crosses a curve on which its noise degenerates.
    coarseness: Option<f64>,
    /// The rates of each grid, coarsest first.
    pub rates: Vec<Rates>,
}

impl Rungs<'_> {
    /// What the grids say of one of the rates together; `None` with too few of them.
    pub fn estimate(&self, pick: fn(&Rates) -> Option<Scaled>) -> Option<Extrapolation> {
        let values: Vec<Scaled> = self.rates.iter().filter_map(pick).collect();
        let rounding = rounding(self.problem, self.rates.last()?.cells);
        if let (Some(coarseness), Spacing::Ratio(ratio)) = (self.coarseness, self.spacing) {
            return crossing::extrapolate(&values, ratio, rounding, coarseness);
        }
        let formal = ends::order(self.problem, self.scheme.formal_order());
        let formal = if self.problem.domain.windows.is_empty() { formal } else { formal.min(window::ORDER) };
        let series = Series { values: &values, spacing: self.spacing, rounding, formal };
        series.estimate(self.boundary)
    }

    /// What the grids say of k_AB together. Its sets are cut where they end.
    pub fn reactive_estimate(&self) -> Option<Extrapolation> {
        self.closed_estimate(&self.rates.iter().filter_map(|rates| rates.reactive).collect::<Vec<Scaled>>())
    }

    /// What the grids say of each flux between several sets; nothing of one that is 0.
    pub fn several_estimates(&self) -> Vec<Option<Extrapolation>> {
        self.each(|rates| &rates.several)
    }

    /// What the grids say of each eigenvalue of the network of valleys that is not 0.
    pub fn network_estimates(&self) -> Vec<Option<Extrapolation>> {
        self.each(|rates| &rates.network)
    }

    /// What the grids say of each eigenvalue of the spectrum; nothing of one that is 0.
    pub fn spectrum_estimates(&self) -> Vec<Option<Extrapolation>> {
        self.each(|rates| &rates.spectrum)
    }

    fn each(&self, pick: fn(&Rates) -> &Vec<Scaled>) -> Vec<Option<Extrapolation>> {
        let count = self.rates.iter().map(|rates| pick(rates).len()).min().unwrap_or(0);
        let values = |k: usize| self.rates.iter().map(|rates| pick(rates)[k]).collect::<Vec<Scaled>>();
        let is_zero = |values: &[Scaled]| values.iter().any(|value| !value.is_positive());
        (0..count).map(values).map(|values| self.closed_estimate(&values).filter(|_| !is_zero(&values))).collect()
    }

    /// What the grids say of a number of the closed chain, which is never corrected.
    fn closed_estimate(&self, values: &[Scaled]) -> Option<Extrapolation> {
        let rounding = rounding(self.problem, self.rates.last()?.cells);
        let formal = ends::order(self.problem, Scheme::plain(self.scheme.weight).formal_order());
        let series = Series { values, spacing: self.spacing, rounding, formal };
        series.estimate(BoundaryError::default())
    }

    /// A word where the grid does not resolve the curve that the process crosses, and the error of γ that follows.
    pub fn unresolved_crossing(&self) -> Option<Warning> {
        let coarseness = self.coarseness.filter(|&coarseness| coarseness > 1.0)?;
        let error = self.estimate(|rates| rates.quasi_stationary)?.error;
        Some(Warning::UnresolvedCrossing { coarseness, error })
    }

    /// The larger estimated error of the two rates, as far as there are any; infinite where one cannot be estimated.
    pub fn worst_error(&self) -> f64 {
        let error = |pick: fn(&Rates) -> Option<Scaled>| match self.rates.iter().any(|rates| pick(rates).is_some()) {
            true => self.estimate(pick).map_or(f64::INFINITY, |found| found.error),
            false => 0.0,
        };
        let reactive = match self.rates.iter().any(|rates| rates.reactive.is_some()) {
            true => self.reactive_estimate().map_or(f64::INFINITY, |found| found.error),
            false => 0.0,
        };
        let network =
            self.network_estimates().into_iter().map(|found| found.map_or(f64::INFINITY, |found| found.error));
        let several = self.several_estimates().into_iter().flatten().map(|found| found.error);
        let closed = network.chain(several).fold(reactive, f64::max);
        // Of the spectrum the slowest one.
        let spectrum = self.spectrum_estimates().into_iter().flatten().next().map_or(0.0, |found| found.error);
        let closed = closed.max(spectrum);
        error(|rates| rates.quasi_stationary).max(error(|rates| rates.passage)).max(closed)
    }
}

/// What a ladder led to.
pub struct Climb<'a> {
    /// The last grid, unless it failed.
    pub finest: Option<Level<'a>>,
    /// Rates of the grids that count.
    pub rungs: Rungs<'a>,
    /// Cells and reasons of the grids that failed.
    pub failed: Vec<([usize; 2], StudyError)>,
    /// Cells and seconds of every grid.
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
        let rungs =
            Rungs { problem, scheme, spacing, boundary: BoundaryError::default(), coarseness: None, rates: Vec::new() };
        let mut climb = Climb { finest: None, rungs, failed: Vec::new(), seconds: Vec::new() };
        while let Some(cells) = plan.next(&climb) {
            let clock = Instant::now();
            // Two grids need not be held at once.
            climb.finest = None;
            match solve(cells) {
                Ok(level) => {
                    climb.rungs.rates.push(Rates::new(&level));
                    climb.rungs.boundary = level.found.boundary;
                    climb.rungs.coarseness = level.found.coarseness;
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

    /// A word for each grid that failed.
    pub fn warnings(&self) -> impl Iterator<Item = Warning> {
        let warning = |(cells, reason): &([usize; 2], StudyError)| Warning::CoarseGridFailed {
            cells: *cells,
            reason: Box::new(reason.clone()),
        };
        self.failed.iter().map(warning)
    }
}

/// Solves what a request asks for on its ladder.
///
/// # Errors
/// As [`Plan::new`] and [`Climb::new`].
pub fn climb<'a>(problem: &'a Problem, request: &Request, resources: Resources<'_>) -> Result<Climb<'a>, StudyError> {
    let plan = Plan::new(problem, request, resources.memory)?;
    Climb::new(plan, |cells| crate::study::level::solve(request, problem, cells, resources))
}

/// Grids that cost little beside the one that is asked for, coarsest first; that one itself where it is small enough.
pub(super) fn coarse(problem: &Problem, request: &Request) -> Vec<[usize; 2]> {
    let Some(cells) = request.grid.cells else { return vec![first_cells(problem)] };
    let finer = std::iter::successors(Some(cells), |&cells| Some(halved(cells)));
    let is_cheap = |[nx, ny]: &[usize; 2]| nx * ny <= MOST_TO_FAIL;
    let mut grids: Vec<[usize; 2]> =
        finer.skip_while(|cells| !is_cheap(cells)).take_while(|&cells| is_usable(cells, problem.dimension)).collect();
    // The two finest of them: what is coarser may not see the problem.
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

/// Whether a grid is fine enough to say anything.
fn is_usable(cells: [usize; 2], dimension: usize) -> bool {
    cells[..dimension].iter().all(|&n| n >= COARSEST)
}

/// A grid after those with a quarter and a half of its cells per axis, as far as they are usable.
fn halves(cells: [usize; 2], dimension: usize) -> Vec<[usize; 2]> {
    let half = halved(cells);
    [halved(half), half].into_iter().filter(|&cells| is_usable(cells, dimension)).chain([cells]).collect()
}

/// A grid after those with half and three quarters of its cells per axis, which a scheme of high order extrapolates better than from a
/// quarter of them, and which small grids have instead of a quarter; `None` where there are no such grids.
fn quarters(cells: [usize; 2], dimension: usize) -> Option<Vec<[usize; 2]>> {
    let share = |quarters: usize| cells.map(|n| if n == 1 { 1 } else { n / 4 * quarters });
    let is_divisible = cells[..dimension].iter().all(|n| n % 4 == 0);
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

/// The relative rounding error to expect of a rate: some tens of roundings in the elimination, and the rounding of L itself, which the
/// noise in the exponent magnifies; over many cells the roundings of their edges add up like a random walk.
fn rounding(problem: &Problem, cells: [usize; 2]) -> f64 {
    let size = |theta| problem.dynamics.loss().map_or(0.0, |loss| loss.value(theta).abs());
    let saddles = problem.valley.saddles.iter().map(|&index| size(problem.critical.saddles[index].point.theta));
    let start = problem.valley.start_point;
    let largest = saddles.fold(size(start), f64::max);
    let noise = problem.noise.tensor(start);
    let scale = noise.xx.max(noise.yy);
    let magnified = if scale > 0.0 { 8.0 * largest / scale } else { 0.0 };
    let walk = 8.0 * (cells[0].max(cells[1]) as f64).sqrt();
    f64::EPSILON * (50.0 + magnified + walk)
}
