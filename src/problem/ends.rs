//! The two ends of an interval, and interior points where the noise vanishes, classified by Feller's classes.

use crate::digits::exact;
use crate::problem::boundary_class::{BoundaryClass, LocalLaw};
use crate::problem::warning::ProblemWarning;
use crate::problem::{DiffusionField, Dynamics, Interpretation, Problem, ProblemError};

/// The power laws of slope and D next to the lower (0) or upper (1) of two points; `None` if they follow no power.
pub fn law(
    dynamics: &Dynamics,
    noise: &dyn DiffusionField,
    interpretation: Interpretation,
    places: [f64; 2],
    side: usize,
) -> Option<LocalLaw> {
    let (at, inward) = (places[side], if side == 0 { 1.0 } else { -1.0 });
    beside(dynamics, noise, interpretation, at, inward, places[1] - places[0])
}

/// The power laws at small distances from a point, on the side `inward` (±1).
pub fn beside(
    dynamics: &Dynamics,
    noise: &dyn DiffusionField,
    interpretation: Interpretation,
    at: f64,
    inward: f64,
    scale: f64,
) -> Option<LocalLaw> {
    let slope = |y: f64| inward * dynamics.slope([at + inward * y, 0.0])[0];
    let diffusion = |y: f64| noise.tensor([at + inward * y, 0.0]).xx;
    LocalLaw::of(slope, diffusion, [scale, at.abs()], interpretation)
}

/// One end of the interval on which a process lives.
#[derive(Clone, Copy, Debug)]
pub struct LineEnd {
    /// The position of the end.
    pub at: f64,
    /// Whether the end absorbs.
    pub absorbs: bool,
    /// The power laws of slope and D next to it.
    pub law: LocalLaw,
}

impl LineEnd {
    /// Feller's class.
    pub fn class(&self) -> BoundaryClass {
        self.law.class()
    }
}

/// An end next to which D vanishes like c yᵖ at the distance y.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VanishingNoise {
    /// The position of the end.
    pub at: f64,
    /// Feller's class.
    pub class: BoundaryClass,
    /// The coefficient c.
    pub coefficient: f64,
    /// The exponent p.
    pub exponent: f64,
}

impl VanishingNoise {
    fn new(end: &LineEnd) -> VanishingNoise {
        let LocalLaw { diffusion: coefficient, diffusion_exponent: exponent, .. } = end.law;
        VanishingNoise { at: end.at, class: end.class(), coefficient, exponent }
    }
}

impl std::fmt::Display for VanishingNoise {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let VanishingNoise { at, class, coefficient, exponent } = self;
        let class = class.name();
        write!(
            formatter,
            "θ = {} is a boundary of the class \"{class}\" (D ≈ {coefficient:.4e} y^{exponent:.4} at the distance y from it)",
            exact(*at)
        )
    }
}

/// The lower and the upper end of the live interval around the start; `None` on a circle, in two dimensions, and where
/// slope and D follow no power next to an end.
pub fn of(problem: &Problem) -> [Option<LineEnd>; 2] {
    if problem.dimension != 1 || problem.domain.is_periodic(0) {
        return [None, None];
    }
    let (domain, start) = (&problem.domain, problem.valley.start_point);
    [0, 1].map(|side| {
        let exit = problem.valley.live.exit_towards(domain, start, side);
        let wall = if side == 0 { domain.lower[0] } else { domain.upper[0] };
        let (at, inward) = (exit.map_or(wall, |exit| exit[0]), if side == 0 { 1.0 } else { -1.0 });
        let (dynamics, noise) = (&problem.dynamics, problem.noise.as_ref());
        let law = beside(dynamics, noise, problem.interpretation, at, inward, domain.width(0))?;
        Some(LineEnd { at, absorbs: exit.is_some(), law })
    })
}

/// Refuses an interval on which no passage time is finite, and warns of absorbing walls that are never reached.
///
/// # Errors
/// [`ProblemError::Blocked`] if every way out crosses a point that is not reached or not left on the other side;
/// [`ProblemError::InfiniteTime`] if the process ends at a wall that is declared reflecting, converges to an end in infinite
/// time with a positive probability, or stays near it for a time with an infinite mean.
pub fn check(problem: &mut Problem) -> Result<(), ProblemError> {
    if problem.dimension != 1 || problem.noise.constant().is_some() {
        return Ok(());
    }
    // With a floor, however low, no way is closed.
    if problem.noise.floor() == 0.0 {
        blocked(problem)?;
    }
    let ends = of(problem);
    for end in ends.into_iter().flatten().filter(|end| end.law.is_degenerate()) {
        let (class, place) = (end.class(), VanishingNoise::new(&end));
        let is_refused = match class {
            BoundaryClass::Exit => !end.absorbs,
            BoundaryClass::Natural => end.law.attracts() || end.law.holds(),
            _ => false,
        };
        // A process that is killed where it stays does not stay for ever.
        let is_killed = problem.domain.killing.as_ref().is_some_and(|killing| killing.rate([end.at, 0.0]) > 0.0);
        if is_refused && !is_killed {
            return Err(ProblemError::InfiniteTime(place));
        }
        if end.absorbs && !class.is_reached() {
            problem.warnings.push(ProblemWarning::NeverReached(place));
        }
    }
    Ok(())
}

/// Whether the process reaches the lower (0) or upper (1) end, as far as the noise next to it tells.
pub fn is_reached(problem: &Problem, side: usize) -> bool {
    of(problem)[side].is_none_or(|end| !end.law.is_degenerate() || end.class().is_reached())
}

/// The order of convergence, on this problem, of a scheme with the order `formal`. Next to an end that holds the
/// process, with a density yᴮ, the mass y^{1+B} of the last cell is represented at its centre, which gives order 2 + B.
/// Along an axis without noise the upwind transport has order 1.
pub fn order(problem: &Problem, formal: f64) -> f64 {
    let formal = if problem.noise.silent_axis().is_some() { formal.min(1.0) } else { formal };
    let holding = |end: &LineEnd| !end.absorbs && end.law.is_degenerate();
    let speed = |end: LineEnd| end.law.exponents().map(|[_, speed]| speed).filter(|speed| *speed > -1.0);
    of(problem)
        .into_iter()
        .flatten()
        .filter(holding)
        .filter_map(speed)
        .fold(formal, |order, speed| order.min(2.0 + speed))
}

/// The natural end that causes a continuous spectrum, and the lower end of that spectrum; the smaller one if both ends
/// do.
pub fn continuous_from(problem: &Problem) -> Option<(f64, f64)> {
    // A killing rate at the end shifts it upwards.
    let killed = |at: f64| problem.domain.killing.as_ref().map_or(0.0, |killing| killing.rate([at, 0.0]));
    let from = |end: &LineEnd| end.law.continuous_from().map(|from| (end.at, from + killed(end.at)));
    let ends = of(problem).into_iter().flatten();
    ends.filter_map(|end| from(&end)).min_by(|one, other| one.1.total_cmp(&other.1))
}

/// Refuses an interval on which every way out crosses a point that cannot be crossed.
fn blocked(problem: &Problem) -> Result<(), ProblemError> {
    let (domain, start) = (&problem.domain, problem.valley.start_point);
    let spared = domain.killing.as_ref().map(|killing| killing.spared(&problem.valley.live));
    let live = spared.as_ref().unwrap_or(&problem.valley.live);
    if spared.is_some() && !live.holds(start) {
        return Ok(());
    }
    let exits: Vec<f64> =
        (0..2).filter_map(|side| live.exit_towards(domain, start, side)).map(|exit| exit[0]).collect();
    let blocks: Vec<(f64, [LocalLaw; 2])> =
        exits.iter().filter_map(|&exit| first_block(problem, start[0], exit)).collect();
    if exits.is_empty() || blocks.len() < exits.len() {
        return Ok(());
    }
    let (at, [near, far]) = blocks[0];
    Err(ProblemError::Blocked { at, exponent: near.diffusion_exponent, classes: [near.class(), far.class()] })
}

/// The first point between start and exit that is not crossed, with the power laws before and behind it.
fn first_block(problem: &Problem, start: f64, exit: f64) -> Option<(f64, [LocalLaw; 2])> {
    const SAMPLES: usize = 4000;
    /// D below this fraction of its largest value counts as zero.
    const ZERO: f64 = 1e-11;
    let (dynamics, noise) = (&problem.dynamics, problem.noise.as_ref());
    let place = |s: f64| start + s * (exit - start);
    let diffusion = |s: f64| noise.tensor([place(s), 0.0]).xx;
    let at_sample = |k: usize| k as f64 / SAMPLES as f64;
    let samples: Vec<f64> = (0..=SAMPLES).map(|k| diffusion(at_sample(k))).collect();
    let largest = samples.iter().copied().fold(0.0, f64::max);
    for k in (1..SAMPLES).filter(|&k| samples[k] <= samples[k - 1] && samples[k] <= samples[k + 1]) {
        let (s, value) = lowest(diffusion, at_sample(k - 1), at_sample(k + 1));
        // The exit itself is an end of the interval.
        if value > ZERO * largest || s <= 0.0 || s >= 1.0 - 1.0 / SAMPLES as f64 {
            continue;
        }
        let (at, towards) = (place(s), (exit - start).signum());
        // The position is known to one part in 10⁸ only: fit the laws at larger distances than next to an end.
        let scale = 256.0 * problem.domain.width(0);
        let law = |inward: f64| beside(dynamics, noise, problem.interpretation, at, inward, scale);
        if let (Some(near), Some(far)) = (law(-towards), law(towards))
            && near.is_degenerate()
            && !(near.class().is_reached() && far.class().is_left())
        {
            return Some((at, [near, far]));
        }
    }
    None
}

/// Golden-section search for the minimum; returns argument and value.
fn lowest(f: impl Fn(f64) -> f64, mut low: f64, mut high: f64) -> (f64, f64) {
    let golden = 0.5 * (5f64.sqrt() - 1.0);
    // 0.618⁸⁰ < 1e-16: the interval shrinks to rounding.
    for _ in 0..80 {
        let (left, right) = (high - golden * (high - low), low + golden * (high - low));
        if f(left) <= f(right) { high = right } else { low = left }
    }
    let middle = 0.5 * (low + high);
    (middle, f(middle))
}
