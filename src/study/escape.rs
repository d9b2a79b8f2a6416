//! The escape from the start set: the rate, the boundary flux whose total it is, the passage time, and both by
//! quadrature.

use crate::observe::boundary::{BoundaryFlux, boundary_flux};
use crate::problem::{Problem, Wall, ends};
use crate::scaled::Scaled;
use crate::solve::{Discretisation, QuasiStationary};
use crate::study::level::Analyses;
use crate::study::rungs::Rungs;
use crate::study::solution::{PassageTime, QuadratureCheck, RateEstimate};
use crate::study::warning::{OfRate, Warning};
use crate::study::{Request, comparison, dividing};

/// The discretisation error above which there is a warning.
const LARGE_ERROR: f64 = 0.05;

/// The discretisation error above which the order of magnitude is unknown, unless the last two grids agree within a
/// factor of two: the error may come from a first grid that resolves nothing.
const WORTHLESS: f64 = 1.0;

/// The escape from the start set: the rate, the boundary flux whose total it is, the passage time, and both by
/// quadrature.
pub(super) struct Escape {
    pub rate: Option<RateEstimate>,
    pub flux: Option<BoundaryFlux>,
    pub passage: Option<PassageTime>,
    pub quadrature: Option<QuadratureCheck>,
}

/// The margin of what second order leaves in a passage time.
const MARGIN: f64 = 1.25;

/// The part of the error of a passage time that a rate without an observed order has at least.
const LEAST_OF_PASSAGE: f64 = 0.5;

impl Escape {
    /// Collects the analyses of the finest grid. A quasi-stationary distribution that is no eigenvector of the
    /// continuous problem is removed from them.
    pub fn new(
        request: &Request,
        on: &Discretisation<'_>,
        found: &mut Analyses,
        rungs: &Rungs<'_>,
        warnings: &mut Vec<Warning>,
    ) -> Escape {
        let problem = on.problem;
        let (mut rate, flux) = found.quasi_stationary.as_ref().map(|found| rate_and_flux(on, found, rungs)).unzip();
        if let Some((found, rate)) = found.quasi_stationary.as_ref().zip(rate.as_ref()) {
            warnings.extend(rate_warnings(request, rate));
            warnings.extend(rungs.unresolved_crossing());
            warnings.extend(neglected_probability(on, &found.probability));
        }
        let extrapolated = rungs.estimate_beside(|rates| rates.passage, MARGIN);
        let passage = found.passage.as_ref();
        let mut passage =
            passage.map(|passage| PassageTime::new(problem.valley.start_point, passage.from_start, extrapolated));
        if let Some(error) = passage.as_mut().and_then(|passage| passage.discretisation_error.as_mut()) {
            *error = error.max(rungs.least_error());
        }
        if rungs.claimed.is_finite() {
            agree_by_chance(rate.as_mut(), passage.as_ref());
        }
        let quadrature = by_quadrature(request, problem, warnings).map(with_a_slowest_mode(problem));
        let mut escape = Escape { rate, flux: flux.flatten(), passage, quadrature };
        if let Some(warning) = escape.rate.as_ref().and_then(|rate| no_slowest_mode(problem, rate)) {
            (escape.rate, escape.flux, found.quasi_stationary) = (None, None, None);
            warnings.push(warning);
        }
        escape
    }

    /// Compares with the quadrature, and warns of large errors.
    pub fn judge(&mut self, request: &Request, rungs: &Rungs<'_>, warnings: &mut Vec<Warning>) {
        let Escape { rate, passage, quadrature, .. } = self;
        if let Some(check) = quadrature {
            warnings.extend(check.compare(rate.as_mut(), passage.as_mut()).map(Warning::from));
        }
        let of_rate = rate.as_ref().and_then(|rate| rate.discretisation_error);
        let change = rungs.last_change(|rates| rates.quasi_stationary);
        warnings.extend(large_error(OfRate::EscapeRate, of_rate, change));
        let of_passage = passage.as_ref().map(|passage| passage.discretisation_error);
        let change = rungs.last_change(|rates| rates.passage);
        warnings.extend(of_passage.and_then(|error| large_error(OfRate::PassageTime, error, change)));
        if rate.is_none() && of_passage == Some(None) {
            warnings.extend(request.error_estimate.then_some(Warning::NoErrorEstimate));
        }
    }

    /// The best values of the rate and of 1/τ.
    pub fn best(&self) -> [Option<Scaled>; 2] {
        [self.rate.as_ref().map(RateEstimate::best), self.passage.as_ref().map(PassageTime::best)]
    }
}

/// Raises the error of a rate without an observed order to at least half of that of the passage time: such rates may
/// agree by chance if the claimed order is bounded.
fn agree_by_chance(rate: Option<&mut RateEstimate>, passage: Option<&PassageTime>) {
    let of_passage = passage.and_then(|passage| passage.discretisation_error);
    let Some((rate, of_passage)) = rate.zip(of_passage) else { return };
    if rate.observed_order.is_none() {
        rate.discretisation_error = rate.discretisation_error.map(|error| error.max(LEAST_OF_PASSAGE * of_passage));
    }
}

/// The escape rate with its evidence, and the boundary flux. There are no fluxes where the rate is beyond the range of
/// f64.
fn rate_and_flux(
    on: &Discretisation<'_>,
    found: &QuasiStationary,
    rungs: &Rungs<'_>,
) -> (RateEstimate, Option<BoundaryFlux>) {
    let mut through = boundary_flux(on.problem, &on.grid, &on.assembly, &found.probability);
    dividing::against_formulas(on.problem, &mut through);
    let grids = rungs.rates.iter().filter_map(|rates| rates.quasi_stationary.map(|rate| (rates.cells, rate)));
    let extrapolation = rungs.estimate(|rates| rates.quasi_stationary);
    let rate = RateEstimate::new(found, extrapolation, grids.collect(), through.total);
    (rate, found.rate.is_ordinary().then_some(through))
}

fn rate_warnings(request: &Request, rate: &RateEstimate) -> impl Iterator<Item = Warning> {
    let is_unknown = rate.discretisation_error.is_none() && request.error_estimate;
    let open = Warning::OpenBracket { width: rate.bracket[1] - rate.bracket[0], iterations: rate.iterations };
    let unknown = is_unknown.then_some(Warning::NoErrorEstimate);
    unknown.into_iter().chain((!rate.converged).then_some(open))
}

/// A warning of a large estimated error. `change` is the logarithm of the ratio of the values on the last two grids.
pub(super) fn large_error(of: OfRate, error: Option<f64>, change: f64) -> Option<Warning> {
    let error = error?;
    // NaN counts as large.
    let is_small = error <= LARGE_ERROR;
    (!is_small).then_some(match error <= WORTHLESS || change.abs() <= std::f64::consts::LN_2 {
        true => Warning::LargeError { of, error },
        false => Warning::Worthless { of, error },
    })
}

/// The quadrature, where it applies.
fn by_quadrature(request: &Request, problem: &Problem, warnings: &mut Vec<Warning>) -> Option<QuadratureCheck> {
    request.wants_killing().then(|| comparison::quadrature(problem, warnings)).flatten()
}

/// A quadrature without its escape rate where that is no eigenvalue, because the continuous spectrum begins at or below
/// it.
fn with_a_slowest_mode(problem: &Problem) -> impl Fn(QuadratureCheck) -> QuadratureCheck {
    let begins = ends::continuous_from(problem).map_or(f64::INFINITY, |(_, begins)| begins);
    move |check| {
        let escape_rate = check.escape_rate.filter(|rate| rate.is_positive() && rate.value() < begins);
        QuadratureCheck { escape_rate, ..check }
    }
}

/// A warning where the rate of the grid is not an eigenvalue of the problem, because the continuous spectrum begins at
/// or below it.
fn no_slowest_mode(problem: &Problem, rate: &RateEstimate) -> Option<Warning> {
    let (at, begins) = ends::continuous_from(problem)?;
    let highest = rate.value.value() * (1.0 + rate.discretisation_error.unwrap_or(0.0));
    (highest >= begins).then_some(Warning::NoSlowestMode { at, begins })
}

/// A warning where probability is near a reflecting wall of a domain that was chosen automatically.
fn neglected_probability(on: &Discretisation<'_>, probability: &[f64]) -> Option<Warning> {
    let (problem, grid) = (on.problem, &on.grid);
    if !problem.domain.automatic {
        return None;
    }
    let on_edge = |cell: u32| {
        let indices = grid.indices(cell as usize);
        (0..grid.dimension).any(|axis| {
            let ends = [indices[axis] == 0, indices[axis] + 1 == grid.cells[axis]];
            // There is no probability beyond a wall outside of the live set.
            let lives_beyond = |end: usize| {
                let mut beyond = indices.map(|index| index as f64);
                beyond[axis] += if end == 0 { -1.0 } else { 1.0 };
                problem.valley.live.holds(grid.position(beyond[0], beyond[1]))
            };
            (0..2).any(|end| ends[end] && problem.domain.wall(axis, end) == Some(Wall::Reflecting) && lives_beyond(end))
        })
    };
    let cells = &on.assembly.cells;
    let edge: f64 = cells.iter().zip(probability).filter(|(cell, _)| on_edge(**cell)).map(|(_, p)| p).sum();
    // The probability of the boundary cells estimates the probability beyond the wall, which decays over about one
    // cell.
    (edge > 1e-16).then_some(Warning::NeglectedProbability { probability: edge })
}
