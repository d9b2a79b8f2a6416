//! Rates of processes that cross a curve Γ on which their noise degenerates: the resolution of Γ by the grid at the
//! crossings, and the extrapolation over grids.
//!
//! Γ is resolved where Δ < ω|h_j| ([`crate::problem::mollified`]); otherwise every scheme is wrong by a factor, with an
//! error of the size Δ/(ω|h_j|). If it is resolved the order is between 1 and 2 and becomes constant late; the rate is
//! mostly too large, since the mollified noise helps the process across.

use std::sync::Arc;

use crate::generator::Pair;
use crate::problem::DiffusionField;
use crate::problem::mollified::{CellShape, Mollified};
use crate::problem::noise::raised::Raised;
use crate::problem::{Problem, jumps};
use crate::scaled::Scaled;
use crate::solve::{Discretisation, Resources};
use crate::study::extrapolation::Extrapolation;
use crate::study::level::{self, Analyses, Level};
use crate::study::request::Quantity;
use crate::study::roughness;
use crate::study::rules::Situation;
use crate::study::{Request, StudyError};

/// Whether the noise is D = c[H]₊ without a floor, which degenerates where an eigenvalue of H vanishes.
pub(super) fn is_asked_for(problem: &Problem) -> bool {
    problem.noise.hessian_field().is_some_and(|field| field.floor == 0.0)
}

/// The resolution of a curve Γ by a grid where the process crosses it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Coarseness {
    /// Noise without a floor, or with a floor that the grid does not resolve.
    Bare {
        /// Δ/(ω|h_j|): the inverse of the mean of ω|h_j|/Δ over the net flux from cell to cell.
        where_crossed: f64,
        /// That flux divided by the escape rate, at most 1; 1 for a closed chain.
        share: f64,
    },
    /// Noise with a floor d: the mean of cΔ/d over the flux from cell to cell.
    Floored(f64),
}

impl Coarseness {
    /// Returns the coarseness that enters the error of the escape rate, without a floor and with one; the entry that
    /// does not apply is 0.
    pub fn parts(self) -> [f64; 2] {
        match self {
            Coarseness::Bare { where_crossed, share } => [where_crossed * share, 0.0],
            Coarseness::Floored(steepness) => [0.0, steepness],
        }
    }
}

/// The resolution of Γ, weighted with the net flux of the quasi-stationary distribution or of another mode of a killed
/// chain with eigenvalue `rate`; `None` if no edge crosses Γ.
pub fn coarseness(on: &Discretisation<'_>, probability: &[f64], rate: Scaled) -> Option<Coarseness> {
    let flux = |pair: &Pair| {
        let [p, q] = [pair.from, pair.to].map(|state| probability[state as usize]);
        (p * pair.forward - q * pair.backward).abs()
    };
    resolved_by(on, flux, Some(rate.value()))
}

/// The resolution of Γ on a closed chain with the stationary distribution `law`, weighted with the forward flow π_i
/// q_ij of the edges across Γ, which is largest where most paths between valleys cross; `None` if no edge crosses Γ.
pub fn closed_coarseness(on: &Discretisation<'_>, law: &[Scaled]) -> Option<Coarseness> {
    let one_way = |pair: &Pair| law[pair.from as usize].value() * pair.forward;
    resolved_by(on, one_way, None)
}

/// The resolution of Γ weighted with the `flux` of each pair. The share of the crossings is their flux divided by
/// `total`, or 1 without `total`.
fn resolved_by(on: &Discretisation<'_>, flux: impl Fn(&Pair) -> f64, total: Option<f64>) -> Option<Coarseness> {
    let cells = CellShape { spacing: on.grid.spacing(), turn: on.grid.turn };
    let mollified = Mollified::of(on.problem.noise.as_ref(), cells)?;
    let (mut bare, mut resolved) = (0.0, 0.0);
    let (mut floored, mut steep) = (0.0, 0.0);
    for pair in &on.assembly.pairs {
        let [start, end] = [pair.from, pair.to].map(|state| on.centre(state as usize));
        if let Some(resolution) = mollified.resolution(start, end) {
            let flux = flux(pair);
            bare += flux;
            resolved += flux * resolution.clamp(CLOSED, FINE);
        } else if let Some(steepness) = mollified.steepness(start, end) {
            let flux = flux(pair);
            floored += flux;
            steep += flux * steepness;
        }
    }
    let share = |flux: f64| total.map_or(1.0, |total| (flux / total).min(1.0));
    match bare >= floored {
        true => (bare > 0.0).then(|| Coarseness::Bare { where_crossed: bare / resolved, share: share(bare) }),
        false => Some(Coarseness::Floored(steep / floored * share(floored))),
    }
}

/// The effects on a rate of what a grid does not resolve.
#[derive(Default)]
pub struct Unresolved {
    /// The relative effect of the mollification level near Γ without a floor, which is added to the error.
    pub by_level: f64,
    /// The relative effect of where curves lie in the cells; the error is at least this.
    pub by_place: f64,
    /// The error of a problem for comparison, which leaves both unknown: they are 1 then.
    pub failed: Option<StudyError>,
}

/// Computes the effects on a rate of what the grid does not resolve, as |ln| of its ratio to that of a problem for
/// comparison. Without a floor that is the problem with the doubled mollification level. With a floor that is reached
/// within less than a cell, where the loss, the drift or the noise jumps on a curve or has layers thinner than a cell, and
/// where what absorbs is, it is the same problem on grids with a few more cells along each axis ([`MORE_CELLS`]), in whose
/// cells the curve lies elsewhere: nested grids may have it at the same place of the same cells, and agree. The latter in
/// two dimensions alone, since on a line the quadrature tells.
/// The rate is the escape rate, or the inverse passage time if that alone was requested.
///
/// # Errors
/// [`StudyError::Interrupted`].
pub fn unresolved(
    problem: &Problem,
    request: &Request,
    finest: &Level<'_>,
    resources: Resources<'_>,
) -> Result<Unresolved, StudyError> {
    let [bare, floored] = finest.found.coarseness.map_or([0.0; 2], Coarseness::parts);
    let mut asked = request.clone();
    asked.quantities.retain(|quantity| matches!(quantity, Quantity::Rate | Quantity::PassageTime));
    asked.quantities.truncate(1);
    let is_crossed = bare > NEGLIGIBLE;
    if !request.error_estimate || asked.quantities.is_empty() {
        return Ok(Unresolved::default());
    }
    let own = &finest.found;
    let probability = own.quasi_stationary.as_ref().map(|found| &found.probability).or(own.whereabouts.as_ref());
    let is_plane = !is_crossed && problem.dimension == 2;
    let unseen = || probability.and_then(|probability| roughness::unseen(&finest.discretisation, probability));
    let unseen = if is_plane { unseen() } else { None };
    let has_place = is_plane
        && (floored > STEEP || finest.discretisation.assembly.severs || jumps::on_curves(problem) || unseen.is_some());
    if !(is_crossed || has_place) {
        return Ok(Unresolved::default());
    }
    (asked.evolve, asked.particles, asked.sgd) = (None, None, None);
    let cells = finest.discretisation.grid.cells;
    let raised = || Arc::new(Raised(Arc::clone(&problem.noise))) as Arc<dyn DiffusionField>;
    let own_noise = || Arc::clone(&problem.noise);
    let others: Vec<(Arc<dyn DiffusionField>, [usize; 2])> = match has_place {
        true => MORE_CELLS.map(|more| (own_noise(), cells.map(|n| n + more))).into(),
        false => vec![(raised(), cells)],
    };
    let rate = |found: &Analyses| found.quasi_stationary.as_ref().map(|found| found.rate);
    let passage = |found: &Analyses| found.passage.as_ref().map(|passage| passage.from_start.inverse());
    let between = |one: Option<Scaled>, other: Option<Scaled>| Some(one?.over(other?).value().ln().abs());
    let mut relative = unseen.map_or(0.0, f64::ln_1p);
    for (noise, cells) in others {
        let problem = Problem { noise, ..problem.clone() };
        let found = match level::solve(&asked, &problem, cells, resources) {
            Ok(level) => level.found,
            Err(StudyError::Interrupted) => return Err(StudyError::Interrupted),
            // The effect remains unknown, and with it the error.
            Err(error) => return Ok(Unresolved { by_level: 1.0, by_place: 1.0, failed: Some(error) }),
        };
        let change = between(rate(&found), rate(own)).or(between(passage(&found), passage(own)));
        relative = relative.max(change.unwrap_or(0.0));
    }
    let [by_level, by_place] = if has_place { [0.0, relative] } else { [relative, 0.0] };
    Ok(Unresolved { by_level, by_place, failed: None })
}

/// The numbers of cells by which the grids for comparison have more along each axis. With one of them alone curves at
/// many places of the domain would lie at the same place of their cells.
const MORE_CELLS: [usize; 3] = [1, 3, 7];

/// The resolution ω|h_j|/Δ below which Γ counts as blocked: the flux through Γ on such a grid may be wrong by any
/// factor.
const CLOSED: f64 = 1e-4;

/// The coarseness above which the error from Γ is added to that of the extrapolation.
pub const NEGLIGIBLE: f64 = 1e-3;

/// The upper limit of ω|h_j|/Δ of an edge, so that a few edges where it is large do not dominate the mean.
const FINE: f64 = 2.0;

/// The smallest order with which a value is extrapolated: that of the asymptotic regime.
const SETTLED: f64 = 1.5;

/// The largest order for an error estimate: between 64² and 256² cells orders of 1.8 were observed where 1 followed.
const CAUTIOUS: f64 = 1.25;

/// The largest order for an error estimate with a scheme of first order.
const FIRST: f64 = 0.7;

/// The smallest order for an error estimate, used if no order is observed.
const LOWEST: f64 = 0.5;

/// The largest order of convergence that an error estimate assumes: the last change counts at least as the one before
/// it divided by `ratio`^2.
const HIGHEST: f64 = 2.0;

/// The safety factor of the error estimates, which leave out the next term of the expansion.
const SAFETY: f64 = 1.25;

/// The extrapolation from three or more grids, coarsest first; `ratio` is the refinement from grid to grid and
/// `rounding` the relative error of each value. Neither the agreement of two grids nor the second order of smooth
/// problems is trusted. `None` with fewer grids. `raised` is the result of [`unresolved`], `formal` the order of the
/// scheme.
pub fn extrapolate(
    values: &[Scaled],
    ratio: f64,
    rounding: f64,
    coarseness: f64,
    raised: f64,
    formal: f64,
) -> Option<Extrapolation> {
    let [.., coarsest, coarse, fine] = *values else { return None };
    let growth = |from: Scaled, to: Scaled| (to.over(from).value() - 1.0).ln_1p();
    let (before, change) = (growth(coarsest, coarse), growth(coarse, fine));
    let order = (before / change > 0.0).then(|| (before / change).ln() / ratio.ln());
    let left = |change: f64, p: f64| change / (ratio.powf(p) - 1.0);
    let size = change.abs().max(before.abs() / ratio.powf(HIGHEST));
    let cautious = left(size, order.unwrap_or(LOWEST).clamp(LOWEST, if formal < 2.0 { FIRST } else { CAUTIOUS }));
    let error = (SAFETY * cautious).exp_m1() + raised + rounding;
    if coarseness > 1.0 {
        return Some(Extrapolation {
            value: fine,
            error: error + coarseness,
            order,
            situation: Situation::CrossingUnresolved,
        });
    }
    let value = match order {
        Some(p) if p > LOWEST => fine.scaled(left(change, p.max(SETTLED)).exp()),
        _ => fine,
    };
    Some(Extrapolation { value, error, order, situation: Situation::Crossing })
}

/// The relative error of the last value if the floor is reached within less than a cell: D then changes over a cell by
/// more than its smallest value, and the error depends on the position of the curve in its cell, which differs from
/// grid to grid. Grids may agree by chance, and the error falls slowly.
pub fn over_a_floor(values: &[Scaled], ratio: f64, steepness: f64) -> f64 {
    // Observed on one landscape for cΔ/d = 1.3, 1.9, 2.5 and 3: 1.3e-4, 1.5e-3, 6e-3 and 1.5e-2; no larger beyond.
    const SEEN: f64 = 2e-3;
    const MOST: f64 = 2e-2;
    let mut size = (SEEN * (steepness * steepness - 1.0)).clamp(0.0, MOST);
    let mut left = 0.0f64;
    for pair in values.windows(2) {
        let change = (pair[1].over(pair[0]).value() - 1.0).ln_1p().abs();
        left = change.max(left / ratio.powf(LOWEST));
    }
    // The rate may be wrong for either place of the curve, or for both.
    size = size.max(left);
    (SAFETY * size).exp_m1()
}

/// The least error of a rate that changes by `change` where a curve lies elsewhere in its cells.
pub fn by_place(change: f64) -> f64 {
    (SAFETY * change).exp_m1()
}

/// The value of cΔ/d above which D changes over a cell by more than the floor.
pub const STEEP: f64 = 1.0;
