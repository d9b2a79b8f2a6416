//! The continuous problem: a landscape (or a drift), its noise, the domain and the start set. It does not know the
//! grid.

pub mod absorption;
pub mod basin;
pub mod boundary_class;
pub mod bounds;
pub mod breaks;
mod choice;
pub mod core_set;
pub mod critical;
pub mod cusp;
pub mod degeneracy;
pub mod descent;
pub mod domain;
pub mod dynamics;
pub mod ends;
pub mod error;
pub mod expression;
pub mod fault;
mod ingredients;
pub mod interpretation;
pub mod jumps;
pub mod killing;
pub mod landscape;
pub mod leaving;
mod linearisation;
pub mod metric;
pub mod mollified;
pub mod noise;
pub mod oblique;
pub mod ode;
pub mod outline;
pub mod piece;
pub mod posed;
mod rectangular;
pub mod region;
mod remedy;
pub mod rotated;
pub mod scale;
mod search;
pub mod separatrix;
pub mod space;
pub mod valley;
mod wall_wells;
pub mod warning;
pub mod window;

pub use absorption::{Absorption, Cut};
pub use critical::{CriticalPoint, CriticalPoints, Linearisation, Saddle};
pub use domain::{AxisWalls, Domain, Wall};
pub use dynamics::Dynamics;
pub use error::ProblemError;
pub use interpretation::Interpretation;
pub use killing::Killing;
pub use landscape::Landscape;
pub use noise::{DiffusionField, Minibatch, NoiseKind, NoiseModel};
pub use posed::{Absorb, DomainSpec, Posed, StartSet, ValleySpec};
pub use region::Region;
pub use space::Space;
pub use valley::Valley;
pub use warning::ProblemWarning;
pub use window::{Side, Window, WindowSpec};

use std::sync::Arc;

use crate::problem::basin::Basin;
use crate::problem::choice::Choice;
use crate::problem::descent::Descent;
use crate::problem::fault::{ColdValleyFault, MeantMinimum, NeedsMinimum};
use crate::problem::ingredients::{check_ingredients, finite_loss};
use crate::problem::noise::FrozenAt;
use crate::problem::search::{search_box, within_extent};
use crate::problem::valley::Surroundings;
use crate::tensor::Point;

/// A continuous problem: a landscape or drift with its noise, domain and start set.
#[derive(Clone)]
pub struct Problem {
    /// The dimension, 1 or 2.
    pub dimension: usize,
    /// The loss or the drift.
    pub dynamics: Dynamics,
    /// The noise D(θ).
    pub noise: Arc<dyn DiffusionField>,
    /// The noise model from which D(θ) was made.
    pub noise_model: NoiseModel,
    /// The stochastic calculus.
    pub interpretation: Interpretation,
    /// The rectangle and its walls.
    pub domain: Domain,
    /// The minima and saddles in it.
    pub critical: CriticalPoints,
    /// The start set and the live set.
    pub valley: Valley,
    /// The question as posed; if the loss is a table and no domain was given, with the sides of the table.
    pub posed: Arc<Posed>,
    /// Warnings for the reader of results.
    pub warnings: Vec<ProblemWarning>,
}

impl Problem {
    /// Poses a problem; refuses one that cannot be solved as posed.
    ///
    /// # Errors
    /// [`ProblemError`]: an ill-posed question (a loss that is not finite, a set without a minimum), or noise that does
    /// not carry the process to what absorbs. Every error tells what is wrong and what to change.
    pub fn new(
        dynamics: Dynamics,
        noise_model: NoiseModel,
        interpretation: Interpretation,
        posed: &Posed,
    ) -> Result<Problem, ProblemError> {
        let posed = &within_extent(posed, &dynamics);
        let space = search_box(posed, &dynamics);
        finite_loss(&dynamics, space)?;
        let mut critical = critical::find(&dynamics, space);
        let chosen = choice::choose_minimum(posed, &dynamics, space, &mut critical)?;
        let descent = descend(&dynamics, &critical, space);
        let minimum = chosen.map(|index| &critical.minima[index]);
        let valleys = |named: &[Point]| frozen_at(&dynamics, &critical, chosen, named, space);
        let noise = noise_model.build(&dynamics, minimum, valleys)?;
        let start = choice::start_region(posed, &dynamics, &critical, chosen, &descent)?;
        let target = choice::target(posed, &dynamics, space)?;
        let choice = Choice {
            posed,
            dynamics: &dynamics,
            noise: noise.as_ref(),
            critical: &critical,
            minimum: chosen,
            start: &start,
            target,
        };
        // Invalid noise may be the reason why no domain was found: report it first.
        let domain =
            choice.domain().or_else(|error| degeneracy::check_tensors(noise.as_ref(), space).and(Err(error)))?;
        let (dynamics, noise) = match dynamics.expanded(domain.space()) {
            None => (dynamics.clone(), noise),
            Some(expanded) => {
                let noise = noise_model.build(&expanded, minimum, valleys)?;
                (expanded, noise)
            }
        };
        check_ingredients(&dynamics, noise.as_ref(), &noise_model, &critical, &domain)?;
        let surroundings = Surroundings {
            dynamics: &dynamics,
            noise: noise.as_ref(),
            domain: &domain,
            critical: &critical,
            descent: &descent,
        };
        let valley = valley_in(surroundings, posed, chosen, start, target)?;
        let mut warnings = warnings(&dynamics, posed, &domain, &valley);
        warnings.extend(choice::strayed(posed, &critical, chosen, target, &domain));
        if !posed.allow_degenerate {
            check_degeneracy(&dynamics, noise.as_ref(), interpretation, &critical, &domain, &valley)?;
        }
        let mut problem = Problem {
            dimension: dynamics.dimension(),
            dynamics,
            noise,
            noise_model,
            interpretation,
            domain,
            critical,
            valley,
            posed: Arc::new(posed.clone()),
            warnings,
        };
        if !posed.allow_degenerate {
            ends::check(&mut problem)?;
        }
        Ok(problem)
    }

    /// The same problem with other noise, for example after a change of the learning rate.
    ///
    /// # Errors
    /// [`ProblemError`] if the noise cannot be made from this landscape or does not carry the process to what absorbs.
    pub fn with_noise(&self, noise_model: NoiseModel) -> Result<Problem, ProblemError> {
        let Problem { dynamics, critical, domain, valley, interpretation, .. } = self;
        let frozen = |named: &[Point]| frozen_at(dynamics, critical, valley.minimum, named, domain.space());
        let noise = noise_model.build(dynamics, self.minimum(), frozen)?;
        let carries = |noise: &dyn DiffusionField| {
            degeneracy::check(dynamics, noise, *interpretation, domain, &valley.live, valley.start_point)
        };
        // If the present noise is degenerate and was allowed, so is the new one.
        if carries(self.noise.as_ref()).is_ok() {
            carries(noise.as_ref())?;
        }
        Ok(Problem { noise, noise_model, ..self.clone() })
    }

    /// The same problem with half of the values of a tabulated loss along each axis; `None` if the loss is not
    /// interpolated or too few values remain.
    pub fn coarser(&self) -> Option<Result<Problem, ProblemError>> {
        let loss = self.dynamics.loss()?.coarser()?;
        Some(Problem::new(Dynamics::Loss(loss), self.noise_model.clone(), self.interpretation, &self.posed))
    }

    /// Whether the killed process is known to be reversible: a loss with D = d·I.
    pub fn is_reversible(&self) -> bool {
        self.dynamics.loss().is_some() && self.noise.constant().is_some()
    }

    /// The minimum of the valley, if there is one.
    pub fn minimum(&self) -> Option<&CriticalPoint> {
        self.valley.minimum.map(|index| &self.critical.minima[index])
    }
}

/// The start set and the live set in the domain. The outline of a basin is traced again, since the domain is now known.
///
/// # Errors
/// [`ProblemError::StartOutside`] if the given start point is outside of the live set, and
/// [`ProblemError::TargetHoldsStart`] if the start minimum is in the target.
fn valley_in(
    surroundings: Surroundings<'_>,
    posed: &Posed,
    chosen: Option<usize>,
    start: Region,
    target: Option<(Point, f64)>,
) -> Result<Valley, ProblemError> {
    let Surroundings { dynamics, domain, critical, .. } = surroundings;
    let start = match start {
        Region::Basin(basin) if dynamics.dimension() == 2 => {
            Region::Basin(Arc::new(basin.outlined_in(dynamics, critical, domain)))
        }
        start => start,
    };
    let from = posed.valley.as_ref().and_then(|valley| valley.from);
    let valley = Valley::new(surroundings, chosen, from, start, target);
    let dimension = dynamics.dimension();
    if let Some(from) =
        from.filter(|from| !(domain.contains(*from) && valley.live.holds(*from)) || domain.absorbs_on(*from))
    {
        return Err(ProblemError::StartOutside { from, dimension });
    }
    match (target, chosen) {
        (Some((centre, radius)), Some(_)) if !valley.live.holds(valley.start_point) => {
            Err(ProblemError::TargetHoldsStart { start: valley.start_point, centre, radius, dimension })
        }
        _ => Ok(valley),
    }
}

/// Refuses noise that does not carry the process to what absorbs. Where the killing rate inside the domain is positive
/// it need not.
fn check_degeneracy(
    dynamics: &Dynamics,
    noise: &dyn DiffusionField,
    interpretation: Interpretation,
    critical: &CriticalPoints,
    domain: &Domain,
    valley: &Valley,
) -> Result<(), ProblemError> {
    let spared = domain.killing.as_ref().map(|killing| killing.spared(&valley.live));
    let live = spared.as_ref().unwrap_or(&valley.live);
    degeneracy::traps(noise, &critical.minima, domain, live)?;
    if live.holds(valley.start_point) || spared.is_none() {
        degeneracy::check(dynamics, noise, interpretation, domain, live, valley.start_point)?;
    }
    Ok(())
}

/// The warnings of a problem: a start point of passage times without a minimum, and walls that are out of reach.
fn warnings(dynamics: &Dynamics, posed: &Posed, domain: &Domain, valley: &Valley) -> Vec<ProblemWarning> {
    let mut warnings = Vec::new();
    warnings.extend(dynamics.loss().and_then(|loss| loss.slice()).map(ProblemWarning::Slice));
    warnings.extend(dynamics.loss().and_then(|loss| loss.precision()).map(ProblemWarning::Precision));
    let doubts = dynamics.loss().map(|loss| loss.doubts()).unwrap_or_default();
    warnings.extend(doubts.nearly_one.map(|sine| ProblemWarning::NearlyOne { sine }));
    warnings.extend(doubts.nearly_constant.map(|(feature, spread)| ProblemWarning::NearlyConstant { feature, spread }));
    if valley.minimum.is_none() && posed.valley.is_none() {
        warnings.push(ProblemWarning::NoMinimum);
    }
    if valley.minimum.is_none() && posed.valley.as_ref().is_none_or(|valley| valley.from.is_none()) {
        warnings.push(ProblemWarning::StartPointIsGuess { at: valley.start_point, dimension: domain.dimension });
    }
    let unreached = valley.walls_out_of_reach(domain).into_iter();
    warnings.extend(unreached.map(|(axis, end)| ProblemWarning::WallOutOfReach { axis, end }));
    warnings
}

/// The minima of the cold valleys with their lowest saddles, for frozen noise; the start valley if none is named.
fn frozen_at(
    dynamics: &Dynamics,
    critical: &CriticalPoints,
    chosen: Option<usize>,
    named: &[Point],
    space: Space,
) -> Result<Vec<FrozenAt>, ProblemError> {
    let lowest = |valley: usize| critical.saddles.iter().find(|saddle| saddle.connects.contains(&Some(valley)));
    let at = |valley: usize, saddle: &Saddle| FrozenAt {
        minimum: critical.minima[valley].clone(),
        saddle: saddle.clone(),
        basin: Basin::outlined(dynamics, critical, valley, space),
    };
    if named.is_empty() {
        let valley = chosen.ok_or(ProblemError::NoMinimum { needed: NeedsMinimum::FrozenNoise })?;
        return Ok(vec![at(valley, lowest(valley).ok_or(ProblemError::NoSaddle)?)]);
    }
    let (dimension, units) = (dynamics.dimension(), space.units());
    let mut valleys: Vec<(usize, Point)> = Vec::new();
    let mut frozen = Vec::new();
    for &near in named {
        let minimum = critical::named(dynamics, space, near, MeantMinimum::Cold)?.theta;
        let fails = |fault: ColdValleyFault| ProblemError::ColdValley { near, minimum, dimension, fault };
        let is_it = |other: &CriticalPoint| units.length(space.offset(other.theta, minimum)) < 1e-6;
        let valley = critical.minima.iter().position(is_it).ok_or(fails(ColdValleyFault::Outside))?;
        if let Some(&(_, other)) = valleys.iter().find(|known| known.0 == valley) {
            return Err(fails(ColdValleyFault::NamedBefore { by: other }));
        }
        frozen.push(at(valley, lowest(valley).ok_or(fails(ColdValleyFault::NoSaddle))?));
        valleys.push((valley, near));
    }
    Ok(frozen)
}

fn descend(dynamics: &Dynamics, critical: &CriticalPoints, space: Space) -> Descent {
    let saddles: Vec<Point> = critical.saddles.iter().map(|saddle| saddle.point.theta).collect();
    Descent::new(dynamics, space, &critical.minima, &saddles)
}

/// Whether a wall absorbs.
pub(crate) fn is_absorbing(wall: Option<Wall>) -> bool {
    wall == Some(Wall::Absorbing)
}
