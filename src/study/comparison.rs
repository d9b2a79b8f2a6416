//! Comparison of rates with a problem's formulas and with its 1D quadrature, neither of which depends on the grid.

use crate::formula::quadrature::{Breakpoint, End, Passage, QuadratureError};
use crate::formula::{FormulaInput, FormulaRate, Formulas, Omission, SaddleCrossing, evaluate};
use crate::problem::ends;
use crate::problem::jumps::{self, Jump};
use crate::problem::{CriticalPoint, Problem, Region};
use crate::problem::{Cut, Wall};
use crate::scaled::Scaled;
use crate::study::layers::layers;
use crate::study::solution::QuadratureCheck;
use crate::study::warning::{ByQuadrature, Warning};
use crate::tensor::{difference, norm};

/// The rate by a formula, and the ratio of a rate found otherwise to it.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// The formula's rate with its conditions.
    pub formula: FormulaRate,
    /// The rate found otherwise divided by the formula's.
    pub ratio: f64,
}

/// Returns all formulas that apply, each with the ratio of `rate` to it.
pub fn compared(problem: &Problem, rate: Scaled) -> Formulas<Comparison> {
    formulas(problem).map(|formula| Comparison { ratio: rate.over(formula.value).value(), formula })
}

/// Returns all formulas that apply.
pub fn formulas(problem: &Problem) -> Formulas {
    if let Some(reason) = without_formula(problem) {
        return Formulas::none(reason);
    }
    let Some(minimum) = problem.valley.minimum else { return Formulas::none(Omission::NoMinimum) };
    let valley = &problem.valley;
    let saddles: Vec<SaddleCrossing> =
        valley.saddles.iter().zip(&valley.cuts).map(|(&index, &cut)| crossing(problem, index, cut)).collect();
    let at = problem.critical.minima[minimum].theta;
    let is_other = |point: &&CriticalPoint| norm(difference(point.theta, at)) > 0.0;
    let is_live = |point: &&CriticalPoint| problem.domain.contains(point.theta) && valley.live.holds(point.theta);
    let other_wells = problem.critical.minima.iter().filter(is_other).filter(is_live).count();
    evaluated(problem, minimum, &saddles, other_wells)
}

/// Kramers' rate out of one valley over a single saddle, for the given way of killing; in one dimension with variable
/// noise the rate in the effective potential.
pub(super) fn over_one_saddle(problem: &Problem, minimum: usize, saddle: usize, cut: Cut) -> Option<Scaled> {
    if without_formula(problem).is_some() {
        return None;
    }
    let found = evaluated(problem, minimum, &[crossing(problem, saddle, cut)], 0);
    found.kramers.or(found.effective_potential).map(|rate| rate.value)
}

/// The reason for which a problem has no formula, whatever its saddles are.
fn without_formula(problem: &Problem) -> Option<Omission> {
    if problem.domain.killing.is_some() {
        return Some(Omission::KillingInside);
    }
    if !problem.domain.windows.is_empty() {
        return Some(Omission::Windows);
    }
    let is_silent = |cut: &Cut| matches!(cut, Cut::WithoutNoise | Cut::Driven);
    problem.valley.cuts.iter().any(is_silent).then_some(Omission::NoNoiseAtSaddle)
}

fn crossing(problem: &Problem, saddle: usize, cut: Cut) -> SaddleCrossing {
    let saddle = problem.critical.saddles[saddle].clone();
    SaddleCrossing { saddle, absorption_factor: cut.factor(), departure: cut.departure() }
}

fn evaluated(problem: &Problem, minimum: usize, saddles: &[SaddleCrossing], other_wells: usize) -> Formulas {
    let breakpoints = if problem.dimension == 1 { breakpoints(problem, 0) } else { Vec::new() };
    evaluate(&FormulaInput {
        dimension: problem.dimension,
        minimum: &problem.critical.minima[minimum],
        saddles,
        dynamics: &problem.dynamics,
        diffusion: problem.noise.as_ref(),
        noise: &problem.noise_model.kind,
        floor: problem.noise_model.floor,
        interpretation: problem.interpretation,
        breakpoints: &breakpoints,
        other_wells,
    })
}

/// The boundary condition at the lower (0) or upper (1) end of an axis; in two dimensions for a set that is a
/// rectangle.
pub(super) fn end(problem: &Problem, axis: usize, side: usize) -> End {
    let (domain, live) = (&problem.domain, &problem.valley.live);
    if problem.dimension == 1 {
        return match live.exit_towards(domain, problem.valley.start_point, side) {
            Some(exit) if ends::is_reached(problem, side) => End::Absorbing(exit[0]),
            Some(exit) => End::Reflecting(exit[0]),
            None => End::Reflecting(if side == 0 { domain.lower[0] } else { domain.upper[0] }),
        };
    }
    let wall = if side == 0 { domain.lower[axis] } else { domain.upper[axis] };
    let boxed = match live {
        Region::Box { lower, upper, .. } if side == 0 => lower[axis].max(wall),
        Region::Box { upper, .. } => upper[axis].min(wall),
        _ => wall,
    };
    if boxed != wall || domain.wall(axis, side) == Some(Wall::Absorbing) {
        End::Absorbing(boxed)
    } else {
        End::Reflecting(wall)
    }
}

/// The places where D, L or their derivatives jump along an axis through the start point.
pub(super) fn breakpoints(problem: &Problem, axis: usize) -> Vec<Breakpoint> {
    let (mut lower, mut upper) = (problem.valley.start_point, problem.valley.start_point);
    (lower[axis], upper[axis]) = (problem.domain.lower[axis], problem.domain.upper[axis]);
    let place = |jump: Jump| Breakpoint { at: jump.at[axis], rise: jump.rise };
    jumps::along(&problem.dynamics, problem.noise.as_ref(), lower, upper).into_iter().map(place).collect()
}

/// Passage time and quasi-stationary rate by quadrature, in one dimension; `None` where the quadrature does not apply
/// (periodic axis, vanishing noise, a killing rate inside). Integrals that fail, for instance for a set of several
/// pieces, add to `warnings`.
pub fn quadrature(problem: &Problem, warnings: &mut Vec<Warning>) -> Option<QuadratureCheck> {
    if problem.dimension != 1 || problem.domain.is_periodic(0) || problem.domain.killing.is_some() {
        return None;
    }
    // A Hessian noise without floor has D = 0 inside the interval, where the integrand is undefined.
    if problem.noise_model.is_bare_hessian() {
        return None;
    }
    on_line(problem, |line| checked(line, problem.valley.start_point[0], warnings))
}

/// Calls `ask` with the interval around the start point of a one-dimensional problem, in the form that the quadrature
/// takes.
pub(super) fn on_line<T>(problem: &Problem, ask: impl FnOnce(&Passage<'_>) -> T) -> T {
    let slope = |x: f64| problem.dynamics.slope([x, 0.0])[0];
    let diffusion = |x: f64| problem.noise.tensor([x, 0.0]).xx;
    let mut breakpoints = breakpoints(problem, 0);
    breakpoints.extend(layers(problem));
    let line = Passage {
        slope: &slope,
        diffusion: &diffusion,
        interpretation: problem.interpretation,
        lower: end(problem, 0, 0),
        upper: end(problem, 0, 1),
        breakpoints: &breakpoints,
    };
    ask(&line)
}

fn checked(line: &Passage<'_>, start: f64, warnings: &mut Vec<Warning>) -> Option<QuadratureCheck> {
    let mut told = |what: ByQuadrature, error: QuadratureError| warnings.push(Warning::Quadrature { what, error });
    let time = line.mean_first_passage(start).map_err(|error| told(ByQuadrature::PassageTime, error)).ok()?;
    let escape = line.escape_rate_beside(start).map_err(|error| told(ByQuadrature::EscapeRate, error)).ok();
    Some(QuadratureCheck {
        time: time.number,
        ratio: None,
        escape_rate: escape.map(|escape| escape.rate.number),
        escape_ratio: None,
        relative_error: escape.map_or(0.0, |escape| escape.rate.relative_error).max(time.relative_error),
    })
}
