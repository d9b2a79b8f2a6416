//! Jumps of the loss, of its slope and of the noise: where they are, how high, and what cannot be solved with them.
//!
//! A step of L by ΔL where D is continuous is a step of the effective potential by ΔL/D. Where D jumps at the same
//! place the step depends on how both run inside it, which formulas do not say: that is refused, and so is noise made
//! from the Hessian of a loss with jumps or kinks, whose Hessian is infinite there.

use crate::digits::{exact, exact_point};
use crate::problem::breaks::rim;
use crate::problem::noise::NoiseKind;
use crate::problem::{DiffusionField, Domain, Dynamics, NoiseModel, Problem, ProblemError};
use crate::tensor::{Point, Tensor, advance, difference, dot, norm};

/// A point on a line where something jumps or has a kink.
#[derive(Clone, Copy, Debug)]
pub struct Jump {
    /// Where.
    pub at: Point,
    /// What the effective potential ∫ L'/D jumps by along the line.
    pub rise: f64,
    /// ΔL, along the line.
    pub loss: f64,
    /// The relative jump of D.
    pub noise: f64,
    /// The jump of ∇L (or −b) in size.
    pub slope: f64,
}

/// Why a jump has no answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum JumpFault {
    /// Noise made from the Hessian, where the slope jumps.
    InfiniteHessian,
    /// L and D jump at the same place.
    WithNoise,
    /// L jumps where D is a full tensor.
    FullTensor {
        /// What L jumps by.
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

/// Pieces of a line in which breaks are looked for one by one.
const PIECES: usize = 400;
/// Relative jumps below this are what rounding and the distance between the two sides leave.
const NONE: f64 = 1e-9;

/// Every break along the line between two points, in order.
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
        // A break on the border of two pieces lies inside neither.
        if k + 1 < PIECES && dynamics.may_break() {
            let border = jump(dynamics, noise, to, line);
            if border.is_of_loss(size) {
                found.push(border);
            }
        }
    }
    // The same jump, found on both sides of such a border.
    let near = 16.0 * rim(lower, upper) * norm(line);
    found.dedup_by(|next, kept| norm(difference(next.at, kept.at)) <= near);
    found
}

/// The largest |L| on a line: what a jump is measured by.
fn loss_size(dynamics: &Dynamics, lower: Point, upper: Point) -> f64 {
    const LOOKS: u32 = 64;
    let line = difference(upper, lower);
    let size = |k: u32| {
        let at = advance(lower, f64::from(k) / f64::from(LOOKS), line);
        dynamics.loss().map_or(0.0, |loss| loss.value(at).abs())
    };
    (0..=LOOKS).map(size).filter(|size| size.is_finite()).fold(0.0, f64::max)
}

/// What jumps at a point, in the direction of a line.
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

/// What to write instead of a jump.
pub const SMOOTHED: &str = "write 0.5*(1 + tanh(u/w)) for step(u), tanh(u/w) for sign(u) and sqrt(u^2 + w^2) for abs(u), with a width w of \
                      a few cells";

/// A place as messages write it.
pub fn shown(at: Point, dimension: usize) -> String {
    exact_point(at, dimension)
}

impl Jump {
    /// Whether the stationary density jumps here: that L or D does.
    pub fn is_of_density(&self, size: f64) -> bool {
        self.is_of_loss(size) || self.noise > NONE
    }

    /// Whether the loss itself jumps at this one, and not only its slope.
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

/// The largest jump of the loss in the domain: where and by how much.
pub fn of_loss(dynamics: &Dynamics, noise: &dyn DiffusionField, domain: &Domain) -> Option<Jump> {
    dynamics.loss().filter(|loss| loss.may_break())?;
    let jumps = on_lattice(dynamics, noise, domain);
    let size = loss_size(dynamics, domain.lower, domain.upper);
    let largest = jumps.into_iter().max_by(|a, b| a.loss.abs().total_cmp(&b.loss.abs()))?;
    largest.is_of_loss(size).then_some(largest)
}

/// The places on a line where the stationary density jumps, since L or D does.
pub fn of_density(dynamics: &Dynamics, noise: &dyn DiffusionField, lower: Point, upper: Point) -> Vec<Jump> {
    let mut jumps = along(dynamics, noise, lower, upper);
    let size = loss_size(dynamics, lower, upper);
    jumps.retain(|jump| jump.is_of_density(size));
    jumps
}

/// Whether the loss, or a noise that is a field of its own, jumps somewhere in the domain of a problem.
pub fn cut_edges(problem: &Problem) -> bool {
    let (dynamics, noise, domain) = (&problem.dynamics, problem.noise.as_ref(), &problem.domain);
    let may_jump = noise.jumps() && matches!(problem.noise_model.kind, NoiseKind::Field(_));
    of_loss(dynamics, noise, domain).is_some()
        || (may_jump && on_lattice(dynamics, noise, domain).iter().any(|jump| jump.noise > NONE))
}

/// Whether the stationary density of a problem bends or jumps somewhere in its domain, or its derivative does: where D
/// or the slope of the loss does.
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

/// Whether the killing rate inside the domain bends or jumps somewhere, and the second derivative of the density with
/// it.
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

/// Refuses jumps that have no answer.
///
/// # Errors
/// When the loss and D jump at the same place, when D is made from the Hessian of a loss with jumps or kinks, and when
/// the loss jumps where D is a full tensor.
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
    let from_hessian = matches!(model.kind, NoiseKind::Hessian(_));
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
