//! One step of a block of particles.
//!
//! ```text
//! θ' = θ − ∇L(θ) h + c(θ) h + √(2h) σ(θ) ζ      σσᵀ = D,   c = 0 (Itô),  ½∇D (Stratonovich, scalar D),  ∇·D (isothermal)
//! ```
//! This is the Euler–Maruyama step. With h = η, and without the correction for paths that leave and return within a
//! step, it is the SGD iteration with Gaussian gradient noise. A path between two points θ, θ' at the distances d, d'
//! from a killing boundary has touched it with the probability
//! ```text
//! exp(−d d'/(n·D n h))
//! ```
//! (the Brownian bridge, for a straight boundary and the D of θ). With this correction the error of the rate is of
//! first order in h, without it of order ½. Reflecting walls mirror points along the conormal D n.

use crate::particles::SimulationError;
use crate::particles::frontier::{Frontier, is_near};
use crate::particles::shift::{shift, shift_by_tensor};
use crate::problem::jumps;
use crate::problem::{Interpretation, Problem};
use crate::tensor::{LANES, Point, Points, Tensor, norm, widest};

/// The equation of motion of one problem, with its killing boundary and walls.
pub struct Motion<'a> {
    problem: &'a Problem,
    /// The killing boundary and the walls.
    pub frontier: Frontier,
    /// d if D = d·I.
    constant: Option<f64>,
    correction: Correction,
    /// Whether paths are also killed between two points (Brownian bridge).
    bridge: bool,
    /// The step of the differences of D.
    nudge: f64,
}

#[derive(Clone, Copy, PartialEq)]
enum Correction {
    None,
    /// The given fraction of ∇·D.
    Divergence(f64),
}

/// A block of paths: the present and the previous point of each, with work space.
pub struct Paths {
    ends: [Ends; 2],
    now: usize,
    slopes: Points,
    tensors: [[f64; LANES]; 3],
}

#[derive(Clone, Copy)]
struct Ends {
    at: Points,
    distance: [f64; LANES],
}

impl Paths {
    /// The present point of a path.
    pub fn place(&self, lane: usize) -> Point {
        self.ends[self.now].at.get(lane)
    }

    /// The present points of all paths.
    pub fn places(&self) -> &Points {
        &self.ends[self.now].at
    }

    /// Moves a path to a point at this distance from the killing boundary.
    pub fn set(&mut self, lane: usize, place: Point, distance: f64) {
        let ends = &mut self.ends[self.now];
        ends.at.set(lane, place);
        ends.distance[lane] = distance;
    }
}

/// The exponent of the bridge probability above which it is negligible: the particle is more than six steps away.
const UNLIKELY: f64 = 37.0;

impl<'a> Motion<'a> {
    /// The continuous process, in the calculus of the problem.
    ///
    /// # Errors
    /// [`SimulationError::JumpingNoise`] if D jumps and the calculus needs its derivative; an error if the loss jumps.
    pub fn diffusion(problem: &'a Problem) -> Result<Motion<'a>, SimulationError> {
        let correction = match problem.interpretation {
            _ if problem.noise.temperature().is_some() => Correction::None,
            Interpretation::Ito => Correction::None,
            Interpretation::Stratonovich => Correction::Divergence(0.5),
            Interpretation::Isothermal => Correction::Divergence(1.0),
        };
        if correction != Correction::None && problem.noise.jumps() {
            return Err(SimulationError::JumpingNoise);
        }
        if let Some(jump) = jumps::of_loss(&problem.dynamics, problem.noise.as_ref(), &problem.domain) {
            return Err(SimulationError::JumpingLoss { height: jump.loss, at: jump.at, dimension: problem.dimension });
        }
        Ok(Motion { bridge: true, correction, ..Motion::iteration(problem) })
    }

    /// The SGD iteration with Gaussian gradient noise, without a path between two points.
    pub fn iteration(problem: &'a Problem) -> Motion<'a> {
        Motion {
            problem,
            frontier: Frontier::new(problem),
            constant: problem.noise.constant(),
            correction: Correction::None,
            bridge: false,
            nudge: 1e-5 * problem.domain.space().diagonal(),
        }
    }

    /// A block of paths that all start at one point.
    pub fn paths(&self, theta: Point) -> Paths {
        let ends = Ends { at: Points::all(theta), distance: [self.frontier.distance(theta); LANES] };
        Paths { ends: [ends; 2], now: 0, slopes: Points::all([0.0; 2]), tensors: [[0.0; LANES]; 3] }
    }

    /// Moves every path of a block by one step h and returns the lanes of paths that ended, as bits. `noise` holds
    /// standard normal variables for each component; `uniform` draws from (0, 1] for a lane.
    pub fn step(&self, paths: &mut Paths, noise: [&[f32; LANES]; 2], h: f64, uniform: impl Fn(usize) -> f64) -> u64 {
        let Paths { ends, now, slopes, tensors } = paths;
        let [first, second] = ends;
        let (from, to) = if *now == 0 { (&*first, second) } else { (&*second, first) };
        *now = 1 - *now;
        self.problem.dynamics.slopes(&from.at, slopes);
        // Without a bridge only points outside are dead.
        let reach = match (self.bridge, self.constant) {
            (false, _) => 0.0,
            (true, Some(d)) => UNLIKELY * d * h,
            (true, None) => f64::INFINITY,
        };
        let (is_outside, mut may_have_ended) = match self.constant {
            Some(d) => self.shift_and_look(from, slopes, noise, (h, (2.0 * d * h).sqrt()), reach, to),
            None => {
                self.problem.noise.tensors(&from.at, tensors);
                if let Correction::Divergence(share) = self.correction {
                    self.divergence(&from.at, share, slopes);
                }
                shift_by_tensor(&from.at, slopes, tensors, noise, h, &mut to.at);
                (true, true)
            }
        };
        let confined = is_outside && !self.frontier.is_open();
        if confined {
            self.confine(&from.at, &mut to.at);
        }
        if confined || self.constant.is_none() || !self.frontier.is_rectangle() {
            may_have_ended = self.frontier.distances(&to.at, &from.distance, reach, &mut to.distance);
        }
        if may_have_ended { self.ended(from, to, tensors, h, uniform) } else { 0 }
    }

    /// θ − ∇L h + √(2dh) ζ and, in the same pass, the distances from a rectangle. Returns whether some point is beyond
    /// a wall, and whether some path may have ended.
    fn shift_and_look(
        &self,
        from: &Ends,
        slopes: &Points,
        noise: [&[f32; LANES]; 2],
        (h, scale): (f64, f64),
        reach: f64,
        to: &mut Ends,
    ) -> (bool, bool) {
        let (domain, [low, high]) = (&self.problem.domain, self.frontier.killing());
        let plane = self.problem.dimension == 2;
        widest(
            #[inline(always)]
            || {
                let side = |axis: usize| [domain.lower[axis], domain.upper[axis], low[axis], high[axis]];
                let (at, distance) = (&mut to.at, &mut to.distance);
                let mut outside = shift(&from.at.x, &slopes.x, noise[0], (h, scale), side(0), &mut at.x, distance);
                if plane {
                    let mut across = [0.0; LANES];
                    outside |= shift(&from.at.y, &slopes.y, noise[1], (h, scale), side(1), &mut at.y, &mut across);
                    for lane in 0..LANES {
                        distance[lane] = distance[lane].min(across[lane]);
                    }
                }
                (outside, is_near(&from.distance, distance, reach))
            },
        )
    }

    fn confine(&self, from: &Points, to: &mut Points) {
        for lane in 0..LANES {
            let at = to.get(lane);
            if self.problem.domain.contains(at)
                && !self.problem.domain.is_periodic(0)
                && !self.problem.domain.is_periodic(1)
            {
                continue;
            }
            let tensor = self.problem.noise.tensor(from.get(lane));
            let conormal = |axis: usize| match (axis, self.problem.dimension) {
                (0, 1) => [1.0, 0.0],
                (0, _) => [tensor.xx, tensor.xy],
                _ => [tensor.xy, tensor.yy],
            };
            to.set(lane, self.frontier.confine(at, conormal));
        }
    }

    /// Subtracts a fraction of ∇·D, by central differences, from the slopes.
    fn divergence(&self, at: &Points, share: f64, slopes: &mut Points) {
        let h = self.nudge;
        for axis in 0..self.problem.dimension {
            let shifted = |sign: f64| {
                let (mut moved, mut tensors) = (*at, [[0.0; LANES]; 3]);
                let component = if axis == 0 { &mut moved.x } else { &mut moved.y };
                component.iter_mut().for_each(|value| *value += sign * h);
                self.problem.noise.tensors(&moved, &mut tensors);
                tensors
            };
            let (before, after) = (shifted(-1.0), shifted(1.0));
            let scale = share / (2.0 * h);
            for lane in 0..LANES {
                slopes.x[lane] -= scale * (after[axis][lane] - before[axis][lane]);
                slopes.y[lane] -= scale * (after[axis + 1][lane] - before[axis + 1][lane]);
            }
        }
    }

    /// The paths that ended between their previous and their present point.
    fn ended(
        &self,
        from: &Ends,
        to: &Ends,
        [xx, xy, yy]: &[[f64; LANES]; 3],
        h: f64,
        uniform: impl Fn(usize) -> f64,
    ) -> u64 {
        let mut dead = 0;
        for lane in 0..LANES {
            let product = from.distance[lane] * to.distance[lane];
            if to.distance[lane] <= 0.0 {
                dead |= 1 << lane;
                continue;
            }
            if !self.bridge {
                continue;
            }
            let d = match self.constant {
                Some(d) if product > UNLIKELY * d * h => continue,
                Some(d) => d,
                None if product > UNLIKELY * (xx[lane] + yy[lane]) * h => continue,
                None => {
                    let normal = self.frontier.normal(from.at.get(lane));
                    Tensor { xx: xx[lane], xy: xy[lane], yy: yy[lane] }.form(normal, normal)
                }
            };
            if uniform(lane) < (-product / (d * h)).exp() {
                dead |= 1 << lane;
            }
        }
        dead
    }

    /// The dimension, 1 or 2.
    pub fn dimension(&self) -> usize {
        self.problem.dimension
    }

    /// D at a point.
    pub fn tensor(&self, at: Point) -> Tensor {
        self.problem.noise.tensor(at)
    }

    /// The largest standard deviation √(2Dh) of a step at a point.
    pub fn stride(&self, at: Point, h: f64) -> f64 {
        let tensor = self.tensor(at);
        (2.0 * h * tensor.eigen(self.dimension()).values[self.dimension() - 1]).sqrt()
    }

    /// The approximate point at which a path that has just ended crossed the killing boundary.
    pub fn exit_place(&self, paths: &Paths, lane: usize) -> Point {
        let (before, after) = (&paths.ends[1 - paths.now], &paths.ends[paths.now]);
        let (from, to) = (before.at.get(lane), after.at.get(lane));
        let (before, after) = (before.distance[lane], after.distance[lane]);
        let share = if after < 0.0 { before / (before - after) } else { before / (before + after) };
        let share = if share.is_finite() { share.clamp(0.0, 1.0) } else { 1.0 };
        let place = [from[0] + share * (to[0] - from[0]), from[1] + share * (to[1] - from[1])];
        // On periodic axes the segment may run across the seam.
        if norm([to[0] - from[0], to[1] - from[1]]) > 0.5 * self.problem.domain.space().diagonal() { to } else { place }
    }
}

/// The lanes whose bits are set.
pub fn lanes(mut mask: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let lane = mask.trailing_zeros() as usize;
        (mask != 0).then(|| {
            mask &= mask - 1;
            lane
        })
    })
}
