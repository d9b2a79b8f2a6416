//! The reference values of `converge`.
//!
//! In this order: exact values given by the user; the quadrature, in one dimension or for a problem that separates into
//! two of them; the extrapolation from grids beyond the finest one compared.
//!
//! A 2D problem separates if ∂x∂yL = 0, D is diagonal with D₁₁(x) and D₂₂(y), and the set is a rectangle. The
//! coordinates are then independent, survival probabilities multiply, and γ = γ_x + γ_y. If a single axis absorbs, the
//! passage time is that along this axis.

use std::fmt::{self, Display, Formatter};

use serde::Serialize;

use crate::formula::quadrature::{End, Passage};
use crate::grid::Align;
use crate::observe::quantity;
use crate::problem::{Domain, Problem, Region};
use crate::scaled::Scaled;
use crate::solve::Resources;
use crate::study::ladder::{Climb, Plan};
use crate::study::request::Scheme;
use crate::study::rungs::Rates;
use crate::study::{Request, StudyError, comparison, level, memory};
use crate::tensor::Point;

/// A value with its relative uncertainty.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Known {
    /// γ or 1/τ.
    #[serde(flatten, serialize_with = "quantity::value")]
    pub value: Scaled,
    /// The relative uncertainty.
    pub uncertainty: f64,
}

/// Reference values.
#[derive(Clone, Debug, PartialEq)]
pub struct Reference {
    /// γ.
    pub rate: Option<Known>,
    /// 1/τ.
    pub passage: Option<Known>,
    /// The source of both.
    pub source: Source,
}

/// The source of a reference.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// Values given by the user.
    Given,
    /// The quadrature in one dimension.
    Quadrature,
    /// The quadrature along each axis of a problem that separates.
    QuadratureByAxis,
    /// Extrapolation from grids.
    Extrapolated {
        /// The scheme.
        scheme: Scheme,
        /// The cells of the finest grid; the second number is 1 in one dimension.
        cells: [usize; 2],
        /// The dimension, 1 or 2.
        dimension: usize,
        /// Whether the grid is turned to the saddle.
        is_turned_to_saddle: bool,
        /// The larger relative uncertainty of γ and 1/τ.
        uncertainty: f64,
    },
    /// No reference: no grid fits into memory.
    NothingFits,
    /// No reference: the grids could not be solved.
    NothingSolved,
}

impl Display for Source {
    fn fmt(&self, text: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Source::Given => write!(text, "the exact values that were given"),
            Source::Quadrature => write!(text, "1D quadrature"),
            Source::QuadratureByAxis => write!(text, "1D quadrature along each axis: the problem separates"),
            Source::Extrapolated { scheme, cells: [x, y], dimension, is_turned_to_saddle, uncertainty } => {
                let cells = if *dimension == 1 { format!("{x}") } else { format!("{x} × {y}") };
                let turned = if *is_turned_to_saddle { ", turned to the saddle" } else { "" };
                let name = scheme.name();
                write!(
                    text,
                    "{name} extrapolated to h → 0 from {cells} cells{turned}: itself uncertain by {uncertainty:.0e}"
                )
            }
            Source::NothingFits => write!(text, "no grid fits into memory"),
            Source::NothingSolved => write!(text, "none: the grids could not be solved"),
        }
    }
}

/// The relative uncertainty of a number typed by the user: its rounding.
const TYPED: f64 = 1e-15;
/// The largest number of cells of a grid that is solved only for the reference.
const MOST_UNKNOWNS: usize = 1 << 20;

/// The best reference for a problem; `cells`: the grids to be compared.
pub(super) fn find(
    request: &Request,
    problem: &Problem,
    cells: &[[usize; 2]],
    resources: Resources<'_>,
) -> Result<Reference, StudyError> {
    let typed = |value: f64| Known { value: Scaled::new(value), uncertainty: TYPED };
    let given = Reference {
        rate: request.converge.rate.map(typed),
        passage: request.converge.passage_time.map(|time| typed(1.0 / time)),
        source: Source::Given,
    };
    if given.rate.is_some() || given.passage.is_some() {
        return Ok(given);
    }
    if let Some(found) = quadrature(problem) {
        return Ok(found);
    }
    extrapolation(request, problem, cells, resources)
}

/// The reference by quadrature along each absorbing axis; `None` if the quadrature does not apply or fails.
fn quadrature(problem: &Problem) -> Option<Reference> {
    // The quadrature needs noise that does not vanish on the way, and does not cover windows or killing inside the
    // domain.
    let Domain { killing, windows, .. } = &problem.domain;
    if problem.noise_model.is_bare_hessian() || killing.is_some() || !windows.is_empty() {
        return None;
    }
    if problem.dimension == 2 && !separates(problem) {
        return None;
    }
    let start = problem.valley.start_point;
    let (mut rates, mut times) = (Vec::new(), Vec::new());
    for axis in 0..problem.dimension {
        if problem.domain.is_periodic(axis) {
            return None;
        }
        let ends = [0, 1].map(|end| comparison::end(problem, axis, end));
        if ends.iter().all(|end| !matches!(end, End::Absorbing(_))) {
            continue;
        }
        let at = |t: f64| -> Point {
            let mut point = start;
            point[axis] = t;
            point
        };
        let slope = |t: f64| problem.dynamics.slope(at(t))[axis];
        let diffusion = |t: f64| {
            let tensor = problem.noise.tensor(at(t));
            if axis == 0 { tensor.xx } else { tensor.yy }
        };
        let breakpoints = comparison::breakpoints(problem, axis);
        let line = Passage {
            slope: &slope,
            diffusion: &diffusion,
            interpretation: problem.interpretation,
            lower: ends[0],
            upper: ends[1],
            breakpoints: &breakpoints,
        };
        rates.push(line.escape_rate().ok()?.rate);
        times.push(line.mean_first_passage(start[axis]).ok()?);
    }
    let worst = rates.iter().map(|rate| rate.relative_error).fold(0.0, f64::max);
    let passage = match times.as_slice() {
        [time] => Some(Known { value: time.number.inverse(), uncertainty: time.relative_error }),
        _ => None,
    };
    let source = match problem.dimension {
        1 => Source::Quadrature,
        _ => Source::QuadratureByAxis,
    };
    let rate = Known { value: rates.iter().fold(Scaled::ZERO, |sum, rate| sum.plus(rate.number)), uncertainty: worst };
    (!rates.is_empty() && rate.value.is_positive()).then_some(Reference { rate: Some(rate), passage, source })
}

/// Whether the coordinates are independent, to rounding, at the points of a lattice. `false` for losses that are costly
/// to evaluate.
fn separates(problem: &Problem) -> bool {
    let (domain, noise) = (&problem.domain, problem.noise.as_ref());
    if problem.dynamics.loss().is_none_or(|loss| loss.is_costly()) {
        return false;
    }
    if !matches!(problem.valley.live, Region::Whole | Region::Box { .. }) {
        return false;
    }
    const LATTICE: u32 = 24;
    let place = |axis: usize, k: u32| domain.lower[axis] + domain.width(axis) * f64::from(k) / f64::from(LATTICE);
    let start = problem.valley.start_point;
    (0..=LATTICE).flat_map(|k| (0..=LATTICE).map(move |l| (k, l))).all(|(k, l)| {
        let at = [place(0, k), place(1, l)];
        let [[a, b], [c, d]] = problem.dynamics.slope_jacobian(at);
        let tensor = noise.tensor(at);
        let (along_x, along_y) = (noise.tensor([at[0], start[1]]), noise.tensor([start[0], at[1]]));
        let same = |p: f64, q: f64| (p - q).abs() <= 1e-14 * (p.abs() + q.abs());
        b.abs().max(c.abs()) <= 1e-14 * (a.abs() + d.abs())
            && tensor.xy == 0.0
            && same(tensor.xx, along_x.xx)
            && same(tensor.yy, along_y.yy)
    })
}

/// The reference by extrapolation from the finest grids that fit into memory, along the requested axes or turned to the
/// saddle, whichever is less uncertain.
fn extrapolation(
    request: &Request,
    problem: &Problem,
    cells: &[[usize; 2]],
    resources: Resources<'_>,
) -> Result<Reference, StudyError> {
    let Some(&finest) = cells.last() else {
        return Ok(Reference { rate: None, passage: None, source: Source::NothingFits });
    };
    let doubled = finest.map(|n| if n == 1 { 1 } else { 2 * n });
    let scheme = if problem.is_reversible() { Scheme::FLUX_CORRECTED } else { Scheme::INVERSE_AVERAGE };
    let fits = |cells: [usize; 2]| {
        cells[0] * cells[1] <= MOST_UNKNOWNS && memory::estimate(cells, problem, scheme) <= resources.memory as f64
    };
    let top = if fits(doubled) { doubled } else { finest };
    let can_turn = problem.dimension == 2 && ![0, 1].into_iter().any(|axis| problem.domain.is_periodic(axis));
    let mut aligns = vec![request.grid.align];
    if can_turn && !problem.valley.saddles.is_empty() && request.grid.align != Align::Saddle {
        aligns.push(Align::Saddle);
    }
    let mut best: Option<(f64, Reference)> = None;
    for align in aligns {
        let mut variant = request.clone();
        (variant.grid.scheme, variant.grid.align) = (Some(scheme), align);
        let (worst, found) = from_grids(&variant, problem, top, resources)?;
        let is_known = found.rate.is_some() || found.passage.is_some();
        if is_known && best.as_ref().is_none_or(|(smallest, _)| worst < *smallest) {
            best = Some((worst, found));
        }
    }
    let none = Reference { rate: None, passage: None, source: Source::NothingSolved };
    Ok(best.map_or(none, |(_, reference)| reference))
}

/// The extrapolation from the grid `top` and those with half and a quarter of its cells per axis, and the larger of its
/// two uncertainties.
fn from_grids(
    request: &Request,
    problem: &Problem,
    top: [usize; 2],
    resources: Resources<'_>,
) -> Result<(f64, Reference), StudyError> {
    let scheme = request.grid.scheme();
    let sizes = [4, 2, 1].map(|share| top.map(|n| if n == 1 { 1 } else { (n / share).max(3) }));
    let plan = Plan::listed(problem, scheme, sizes.to_vec(), 2.0);
    let climb = Climb::new(plan, |cells| level::solve(request, problem, cells, resources))?;
    let known = |pick: fn(&Rates) -> Option<Scaled>| {
        let finest = pick(climb.rungs.rates.last()?)?;
        let found = climb.rungs.estimate(pick)?;
        // Extrapolation gains about two digits, of which one is claimed.
        let uncertainty = if found.value != finest { 0.1 * found.error } else { found.error };
        Some(Known { value: found.value, uncertainty })
    };
    let (rate, passage) = (known(|rates| rates.quasi_stationary), known(|rates| rates.passage));
    let worst = [rate, passage].into_iter().flatten().map(|known| known.uncertainty).fold(0.0, f64::max);
    let source = Source::Extrapolated {
        scheme,
        cells: top,
        dimension: problem.dimension,
        is_turned_to_saddle: request.grid.align == Align::Saddle,
        uncertainty: worst,
    };
    Ok((worst, Reference { rate, passage, source }))
}
