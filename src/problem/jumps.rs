//! Jumps of the loss, of its slope and of the noise: their positions and heights, and the refusal of jumps that have no
//! well-defined answer.
//!
//! A jump of L by ΔL where D is continuous is a jump of the effective potential by ΔL/D. If D jumps at the same point,
//! the jump of the potential depends on the profiles of both within an infinitesimal layer, which the formulas do not
//! define; this is refused. So is noise from the Hessian of a loss with jumps or kinks, where the Hessian is infinite.

use crate::digits::{exact, exact_point};
use crate::problem::breaks::rim;
use crate::problem::noise::{HessianPlace, NoiseKind};
use crate::problem::{DiffusionField, Domain, Dynamics, NoiseModel, Problem, ProblemError};
use crate::tensor::{Point, Tensor, advance, difference, dot, norm};

/// A point on a line at which something jumps or has a kink.
#[derive(Clone, Copy, Debug)]
pub struct Jump {
    /// The point θ.
    pub at: Point,
    /// The jump of the effective potential ∫ L'/D along the line.
    pub rise: f64,
    /// The jump ΔL along the line.
    pub loss: f64,
    /// The relative jump of D.
    pub noise: f64,
    /// The size of the jump of ∇L (or −b).
    pub slope: f64,
}

/// The reasons why a jump is refused.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum JumpFault {
    /// The noise is made from the Hessian, and the slope jumps.
    InfiniteHessian,
    /// L and D jump at the same point.
    WithNoise,
    /// L jumps where D is a full tensor.
    FullTensor {
        /// The jump of L.
        height: f64,
    },
}

impl std::fmt::Display for JumpFault {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            JumpFault::InfiniteHessian => formatter
                .write_str("the slope of the loss jumps, so that its Hessian, from which this noise is made, is infinite there"),
            JumpFault::WithNoise => formatter.write_str(
                "the loss and the noise jump at the same place, and what the process climbs there, ∫ L'/D, depends on how the two \
                 run within the jump",
            ),
            JumpFault::FullTensor { height } => {
                write!(formatter, "the loss jumps by {} where D is a full tensor, which is solved for D along the axes only", exact(*height))
            }
        }
    }
}

/// The number of pieces of a line in which breaks are searched for.
const PIECES: usize = 400;
/// The relative jump below which a jump is only rounding and the distance between its two sides.
const NONE: f64 = 1e-9;

/// All breaks along the line between two points, in order.
pub fn along(dynamics: &Dynamics, noise: &dyn DiffusionField, lower: Point, upper: Point) -> Vec<Jump> {
    let line = difference(upper, lower);
    let place = |k: usize| [0, 1].map(|c| lower[c] + line[c] * k as f64 / PIECES as f64);
    let size = loss_size(dynamics, lower, upper);
    let mut found: Vec<Jump> = Vec::new();
    for k in 0..PIECES {
        let (from, to) = (place(k), place(k + 1));
        let breaks = noise.breaks(from, to).with(dynamics.breaks(from, to));
        let step = difference(to, from);
        found.extend(breaks.as_slice().iter().map(|&s| jump(dynamics, noise, advance(from, s, step), line)));
        // A break at the end of a piece lies inside of neither neighbour.
        if k + 1 < PIECES && dynamics.may_break() {
            let border = jump(dynamics, noise, to, line);
            if border.is_of_loss(size) {
                found.push(border);
            }
        }
    }
    // The same jump, found from both sides of such an end.
    let near = 16.0 * rim(lower, upper) * norm(line);
    found.dedup_by(|next, kept| norm(difference(next.at, kept.at)) <= near);
    found
}

/// The largest |L| on a line, the scale of a jump.
fn loss_size(dynamics: &Dynamics, lower: Point, upper: Point) -> f64 {
    const LOOKS: u32 = 64;
    let line = difference(upper, lower);
    let size = |k: u32| {
        let at = advance(lower, f64::from(k) / f64::from(LOOKS), line);
        dynamics.loss().map_or(0.0, |loss| loss.value(at).abs())
    };
    (0..=LOOKS).map(size).filter(|size| size.is_finite()).fold(0.0, f64::max)
}

/// The jumps at a point in the direction of a line.
fn jump(dynamics: &Dynamics, noise: &dyn DiffusionField, at: Point, line: Point) -> Jump {
    let gap = 4.0 * rim(at, advance(at, 1.0, line));
    let [before, after] = [-gap, gap].map(|s| advance(at, s, line));
    let loss =
        dynamics.loss().filter(|loss| loss.may_break()).map_or(0.0, |loss| loss.value(after) - loss.value(before));
    let (low, high) = (noise.tensor(before), noise.tensor(after));
    let size = |t: Tensor| t.xx.abs() + t.xy.abs() + t.yy.abs();
    let apart = Tensor { xx: high.xx - low.xx, xy: high.xy - low.xy, yy: high.yy - low.yy };
    let dimension = dynamics.dimension();
    let inverse = |t: Tensor| dot(t.solve(line, dimension), line) / dot(line, line);
    let (left, right) = (dynamics.slope(before), dynamics.slope(after));
    Jump {
        at,
        rise: if loss == 0.0 { 0.0 } else { 0.5 * loss * (inverse(low) + inverse(high)) },
        loss,
        noise: size(apart) / size(low).max(size(high)).max(f64::MIN_POSITIVE),
        slope: norm(difference(right, left)),
    }
}

/// The smooth replacement of a jump, for messages.
pub const SMOOTHED: &str = "write 0.5*(1 + tanh(u/w)) for step(u), tanh(u/w) for sign(u) and sqrt(u^2 + w^2) for abs(u), with a width w of \
                      a few cells";

/// A point as messages write it.
pub fn shown(at: Point, dimension: usize) -> String {
    exact_point(at, dimension)
}

impl Jump {
    /// Whether the stationary density jumps here, because L or D does.
    pub fn is_of_density(&self, size: f64) -> bool {
        self.is_of_loss(size) || self.noise > NONE
    }

    /// Whether the loss itself jumps here, and not only its slope.
    fn is_of_loss(&self, size: f64) -> bool {
        self.loss != 0.0 && self.loss.abs() > NONE * size
    }
}

/// The jumps on a lattice of lines along the axes.
fn on_lattice(dynamics: &Dynamics, noise: &dyn DiffusionField, domain: &Domain) -> Vec<Jump> {
    const LINES: usize = 24;
    let (lower, upper) = (domain.lower, domain.upper);
    if domain.dimension == 1 {
        return along(dynamics, noise, lower, upper);
    }
    let mut found = Vec::new();
    for axis in 0..2 {
        for k in 0..LINES {
            let across = 1 - axis;
            let (mut from, mut to) = (lower, upper);
            from[across] = lower[across] + domain.width(across) * (k as f64 + 0.5) / LINES as f64;
            to[across] = from[across];
            found.extend(along(dynamics, noise, from, to));
        }
    }
    found
}

/// The position and the size of the largest jump of the loss in the domain.
pub fn of_loss(dynamics: &Dynamics, noise: &dyn DiffusionField, domain: &Domain) -> Option<Jump> {
    dynamics.loss().filter(|loss| loss.may_break())?;
    let jumps = on_lattice(dynamics, noise, domain);
    let size = loss_size(dynamics, domain.lower, domain.upper);
    let largest = jumps.into_iter().max_by(|a, b| a.loss.abs().total_cmp(&b.loss.abs()))?;
    largest.is_of_loss(size).then_some(largest)
}

/// The points on a line at which the stationary density jumps, because L or D does.
pub fn of_density(dynamics: &Dynamics, noise: &dyn DiffusionField, lower: Point, upper: Point) -> Vec<Jump> {
    let mut jumps = along(dynamics, noise, lower, upper);
    let size = loss_size(dynamics, lower, upper);
    jumps.retain(|jump| jump.is_of_density(size));
    jumps
}

/// Whether the loss, or noise given as a field, jumps somewhere in the domain of a problem.
pub fn cut_edges(problem: &Problem) -> bool {
    let (dynamics, noise, domain) = (&problem.dynamics, problem.noise.as_ref(), &problem.domain);
    let may_jump = noise.jumps() && matches!(problem.noise_model.kind, NoiseKind::Field(_));
    of_loss(dynamics, noise, domain).is_some()
        || (may_jump && on_lattice(dynamics, noise, domain).iter().any(|jump| jump.noise > NONE))
}

/// Whether the loss, the drift or the noise may jump on a curve in the domain, or the killing rate bends on one.
pub fn on_curves(problem: &Problem) -> bool {
    let Problem { dynamics, noise, domain, .. } = problem;
    let by_noise = || noise.jumps() && bend_density(problem);
    let by_dynamics = || match dynamics.loss() {
        Some(_) => of_loss(dynamics, noise.as_ref(), domain).is_some(),
        None => dynamics.may_break() && bend_density(problem),
    };
    by_noise() || by_dynamics() || bend_killing(problem)
}

/// Whether the stationary density of a problem or its derivative has a kink or a jump somewhere in the domain: where D
/// or the slope of the loss has one.
pub fn bend_density(problem: &Problem) -> bool {
    const LINES: usize = 24;
    let Problem { dynamics, noise, domain, .. } = problem;
    let by_noise = noise.temperature().is_none();
    if !by_noise && !dynamics.may_break() {
        return false;
    }
    let place = |[i, j]: [usize; 2]| {
        let [x, y] = [(0, i), (1, j)].map(|(axis, k)| {
            let fraction = (k as f64 + 0.5) / LINES as f64;
            domain.lower[axis] + fraction * (domain.upper[axis] - domain.lower[axis])
        });
        if domain.dimension == 1 { [x, 0.0] } else { [x, y] }
    };
    let breaks = |from: [usize; 2], to: [usize; 2]| {
        let (from, to) = (place(from), place(to));
        (by_noise && !noise.breaks(from, to).is_empty()) || !dynamics.breaks(from, to).is_empty()
    };
    let across = if domain.dimension == 1 { 1 } else { LINES };
    (0..LINES).any(|i| {
        (0..across)
            .any(|j| (i + 1 < LINES && breaks([i, j], [i + 1, j])) || (j + 1 < across && breaks([i, j], [i, j + 1])))
    })
}

/// Whether the killing rate inside the domain has a kink or a jump somewhere, and with it the second derivative of the
/// density.
pub fn bend_killing(problem: &Problem) -> bool {
    problem.domain.killing.as_ref().is_some_and(|killing| killing.breaks_in(&problem.domain))
}

/// The largest slope on the diagonal of a domain.
fn steepest(dynamics: &Dynamics, domain: &Domain) -> f64 {
    const LOOKS: u32 = 64;
    let diagonal = difference(domain.upper, domain.lower);
    let slope = |k: u32| norm(dynamics.slope(advance(domain.lower, f64::from(k) / f64::from(LOOKS), diagonal)));
    (0..=LOOKS).map(slope).fold(0.0, f64::max)
}

/// Refuses jumps that have no well-defined answer.
///
/// # Errors
/// [`ProblemError::Jump`] if the loss and D jump at the same point, if D is made from the Hessian of a loss with jumps
/// or kinks, or if the loss jumps where D is a full tensor.
pub fn check(
    dynamics: &Dynamics,
    noise: &dyn DiffusionField,
    model: &NoiseModel,
    domain: &Domain,
) -> Result<(), ProblemError> {
    if !dynamics.loss().is_some_and(|loss| loss.may_break()) {
        return Ok(());
    }
    let jumps = on_lattice(dynamics, noise, domain);
    let size = loss_size(dynamics, domain.lower, domain.upper);
    let from_hessian =
        matches!(model.kind, NoiseKind::Hessian(_) | NoiseKind::LossHessian { hessian: HessianPlace::Local, .. });
    let steepest = steepest(dynamics, domain);
    for jump in jumps {
        let is_of_loss = jump.is_of_loss(size);
        let fault = if from_hessian && (is_of_loss || jump.slope > NONE * steepest) {
            JumpFault::InfiniteHessian
        } else if is_of_loss && jump.noise > NONE && noise.constant().is_none() {
            JumpFault::WithNoise
        } else if is_of_loss && noise.tensor(jump.at).xy != 0.0 {
            JumpFault::FullTensor { height: jump.loss }
        } else {
            continue;
        };
        return Err(ProblemError::Jump { at: jump.at, dimension: domain.dimension, fault });
    }
    Ok(())
}
