//! The continuous problem: a landscape (or a drift), its noise, the domain and the start set. No grid here.

pub mod boundary_class;
pub mod bounds;
pub mod breaks;
mod choice;
pub mod critical;
pub mod degeneracy;
pub mod descent;
pub mod domain;
pub mod dynamics;
pub mod ends;
pub mod error;
pub mod expression;
pub mod interpretation;
pub mod jumps;
pub mod landscape;
pub mod noise;
pub mod posed;
pub mod region;
pub mod space;
pub mod valley;

pub use critical::{CriticalPoint, CriticalPoints, Saddle};
pub use domain::{AxisWalls, Domain, Wall};
pub use dynamics::Dynamics;
pub use error::ProblemError;
pub use interpretation::Interpretation;
pub use landscape::Landscape;
pub use noise::{DiffusionField, Minibatch, NoiseKind, NoiseModel};
pub use posed::{Absorb, DomainChoice, Posed, StartSet, ValleyChoice};
pub use region::Region;
pub use space::Space;
pub use valley::Valley;

use std::sync::Arc;

use crate::problem::descent::Descent;
use crate::problem::noise::FrozenAt;
use crate::problem::valley::Surroundings;
use crate::tensor::{Point, difference, norm};

/// A landscape with its noise, its domain and its start set: everything continuous.
#[derive(Clone)]
pub struct Problem {
    /// 1 or 2.
    pub dimension: usize,
    /// The loss or the drift.
    pub dynamics: Dynamics,
    /// D(θ).
    pub noise: Arc<dyn DiffusionField>,
    /// The model that D(θ) was made from.
    pub noise_model: NoiseModel,
    /// The stochastic calculus.
    pub interpretation: Interpretation,
    /// Rectangle and walls.
    pub domain: Domain,
    /// Minima and saddles found in it.
    pub critical: CriticalPoints,
    /// Start set, and where the process lives.
    pub valley: Valley,
    /// What the reader must know.
    pub warnings: Vec<String>,
}

impl Problem {
    /// Poses a question about a landscape and its noise, and refuses it where it can't be solved as posed.
    ///
    /// # Errors
    /// Whatever makes the question meaningless (a loss that is not finite, a set without a minimum), and noise that does not carry
    /// the process to what absorbs.
    pub fn new(
        dynamics: Dynamics,
        noise_model: NoiseModel,
        interpretation: Interpretation,
        posed: &Posed,
    ) -> Result<Problem, ProblemError> {
        let dimension = dynamics.dimension();
        let mut warnings = Vec::new();

        let space = search_box(posed, &dynamics);
        finite_loss(&dynamics, space)?;
        let mut critical = critical::find(&dynamics, space);
        let chosen = choice::choose_minimum(posed, &dynamics, &mut critical, &mut warnings)?;
        let descent = Arc::new(descend(&dynamics, &critical, space));

        let noise = noise::build(&noise_model, &dynamics, dimension, || {
            let valley = chosen.ok_or_else(|| needs_minimum("noise.kind = \"frozen\""))?;
            let saddle = critical.saddles.iter().find(|saddle| saddle.connects.contains(&Some(valley)));
            let saddle = saddle.ok_or_else(|| ProblemError::Invalid {
                key: "noise.kind".into(),
                message: "\"frozen\" freezes D at the minimum and at the saddle of its valley, and no saddle was found in the \
                          domain: widen domain.lower and domain.upper so that it holds the saddle"
                    .into(),
            })?;
            Ok(FrozenAt {
                minimum: critical.minima[valley].clone(),
                valley,
                saddle: saddle.clone(),
                descent: descend(&dynamics, &critical, space),
            })
        })?;

        let start = choice::start_region(posed, &dynamics, &critical, chosen, &descent)?;
        let target = choice::target(posed, &dynamics)?;
        let domain = choice::domain(posed, &dynamics, noise.as_ref(), &critical, chosen, &start, target)?;
        seams(&dynamics, noise.as_ref(), &domain)?;
        jumps::check(&dynamics, noise.as_ref(), &noise_model, &domain)?;
        let surroundings = Surroundings {
            dynamics: &dynamics,
            noise: noise.as_ref(),
            domain: &domain,
            critical: &critical,
            descent: &descent,
        };
        let valley = Valley::new(surroundings, chosen, start, target);
        if valley.start_point_is_guess() {
            warnings.push(valley.guess_message());
        }
        if !posed.allow_degenerate {
            degeneracy::check(&dynamics, noise.as_ref(), interpretation, &domain, &valley.live, valley.start_point)?;
        }
        let mut problem =
            Problem { dimension, dynamics, noise, noise_model, interpretation, domain, critical, valley, warnings };
        if !posed.allow_degenerate {
            ends::check(&mut problem)?;
        }
        Ok(problem)
    }

    /// Whether the killed process obeys detailed balance for a reason that is known beforehand: a loss, and D = d·I.
    pub fn is_reversible(&self) -> bool {
        self.dynamics.loss().is_some() && self.noise.constant().is_some()
    }

    /// The minimum of the valley, when there is one.
    pub fn minimum(&self) -> Option<&CriticalPoint> {
        self.valley.minimum.map(|index| &self.critical.minima[index])
    }
}

fn needs_minimum(what: &str) -> ProblemError {
    ProblemError::Invalid {
        key: "valley.minimum".into(),
        message: format!(
            "{what} needs a minimum, and none was found in the domain: give valley.minimum near one, or widen \
             domain.lower and domain.upper"
        ),
    }
}

fn descend(dynamics: &Dynamics, critical: &CriticalPoints, space: Space) -> Descent {
    let saddles: Vec<Point> = critical.saddles.iter().map(|saddle| saddle.point.theta).collect();
    Descent::new(dynamics, space, &critical.minima, &saddles)
}

/// Where critical points are looked for: the domain when it is given, else the landscape's own box widened by what
/// the configuration names.
fn search_box(posed: &Posed, dynamics: &Dynamics) -> Space {
    let dimension = dynamics.dimension();
    // A drift has no box of its own; three units each way hold the usual examples.
    let (mut lower, mut upper) = match dynamics {
        Dynamics::Loss(landscape) => landscape.typical_box(),
        Dynamics::Drift(_) => ([-3.0; 2], [3.0; 2]),
    };
    let mut widen = |point: Point| {
        for axis in 0..dimension {
            let margin = 0.1 * (upper[axis] - lower[axis]);
            if point[axis] <= lower[axis] {
                lower[axis] = point[axis] - margin;
            }
            if point[axis] >= upper[axis] {
                upper[axis] = point[axis] + margin;
            }
        }
    };
    if let Some(valley) = &posed.valley {
        valley.minimum.into_iter().for_each(&mut widen);
        if let StartSet::Box { lower, upper } = valley.set {
            widen(lower);
            widen(upper);
        }
        if let Absorb::Target { minimum, .. } = valley.absorb {
            widen(minimum);
        }
    }
    if dimension == 1 {
        (lower[1], upper[1]) = (0.0, 0.0);
    }
    let given = &posed.domain;
    let is_placed = given.lower.is_some() && given.upper.is_some();
    Space {
        dimension,
        lower: given.lower.unwrap_or(lower),
        upper: given.upper.unwrap_or(upper),
        periodic: [0, 1].map(|axis| is_placed && axis < dimension && given.walls[axis] == AxisWalls::Periodic),
    }
}

/// The loss must be finite on the box; a lattice finds what a user can have meant wrongly (log of a negative number).
fn finite_loss(dynamics: &Dynamics, Space { dimension, lower, upper, .. }: Space) -> Result<(), ProblemError> {
    let costly = dynamics.loss().is_some_and(|loss| loss.is_costly());
    let lattice = if costly { 9 } else { 65 };
    for k in 0..lattice {
        for l in 0..if dimension == 2 { lattice } else { 1 } {
            let place = |axis: usize, index: usize| {
                lower[axis] + (upper[axis] - lower[axis]) * index as f64 / (lattice - 1) as f64
            };
            let at = [place(0, k), if dimension == 2 { place(1, l) } else { 0.0 }];
            let slope = dynamics.slope(at);
            if dynamics.loss().is_some_and(|loss| !loss.value(at).is_finite()) {
                return Err(ProblemError::NotFinite { what: "the landscape".into(), at });
            }
            if !(slope[0].is_finite() && slope[1].is_finite()) {
                let what = if dynamics.loss().is_some() { "the gradient of the landscape" } else { "the drift" };
                return Err(ProblemError::NotFinite { what: what.into(), at });
            }
        }
    }
    Ok(())
}

/// What is joined by a periodic axis must fit together.
fn seams(dynamics: &Dynamics, noise: &dyn DiffusionField, domain: &Domain) -> Result<(), ProblemError> {
    for axis in (0..domain.dimension).filter(|&axis| domain.is_periodic(axis)) {
        for k in 0..=16 {
            let across = 1 - axis;
            let mut left = domain.lower;
            if domain.dimension == 2 {
                left[across] += domain.width(across) * f64::from(k) / 16.0;
            }
            let mut right = left;
            right[axis] = domain.upper[axis];
            let (a, b) = (dynamics.slope(left), dynamics.slope(right));
            let (d, e) = (noise.tensor(left), noise.tensor(right));
            let slopes_differ = norm(difference(a, b)) > 1e-6 * (1.0 + norm(a));
            let tensors_differ =
                (d.xx - e.xx).abs() + (d.xy - e.xy).abs() + (d.yy - e.yy).abs() > 1e-6 * (d.xx.abs() + d.yy.abs());
            if slopes_differ || tensors_differ {
                let name = ["x", "y"][axis];
                let what = if slopes_differ { "the slope of the landscape" } else { "the diffusion tensor" };
                return Err(ProblemError::Invalid {
                    key: format!("domain.walls.{name}"),
                    message: format!(
                        "{what} differs between {name} = {} and {name} = {}, which a periodic axis joins: choose domain.lower \
                         and domain.upper one period apart, or reflecting walls",
                        domain.lower[axis], domain.upper[axis]
                    ),
                });
            }
        }
    }
    Ok(())
}

/// Whether two walls of an axis absorb.
pub(crate) fn is_absorbing(wall: Option<Wall>) -> bool {
    wall == Some(Wall::Absorbing)
}
