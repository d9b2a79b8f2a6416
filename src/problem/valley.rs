//! The start set V_a, what absorbs, and the saddles on the way.
//!
//! Where the set is killed matters: exactly *at* a saddle half of the arrivals would have fallen back, and the rate is twice
//! Kramers'; well beyond it the rate is Kramers'. In between, with the boundary at the distance x_c beyond the saddle along
//! the escape direction,
//! ```text
//! γ/γ_Kramers = 1/Φ(x_c √(|H_be|/D_e))        Φ: the standard normal distribution function
//! ```

use crate::problem::choice::show;
use crate::problem::descent::Descent;
use crate::problem::{CriticalPoints, DiffusionField, Domain, Dynamics, Region, is_absorbing};
use crate::tensor::{Point, advance, difference, norm};

/// The start set and its surroundings.
#[derive(Clone)]
pub struct Valley {
    /// Index of its minimum among the critical points.
    pub minimum: Option<usize>,
    /// Where passage times start: the minimum, or a stand-in.
    pub start_point: Point,
    /// V_a.
    pub start: Region,
    /// Where the process lives: leaving it kills.
    pub live: Region,
    /// The absorbing disc, when there is one.
    pub target: Option<(Point, f64)>,
    /// The saddles of its valley, lowest first, as indices into the critical points.
    pub saddles: Vec<usize>,
    /// For each of them, γ/γ_Kramers for where the process is killed: 2 at the saddle, 1 well beyond, more before it.
    pub absorption_factors: Vec<f64>,
    /// One sentence.
    pub absorption: String,
}

/// What a valley is laid in.
#[derive(Clone, Copy)]
pub struct Surroundings<'a> {
    /// L or b.
    pub dynamics: &'a Dynamics,
    /// D(θ).
    pub noise: &'a dyn DiffusionField,
    /// The rectangle and its walls.
    pub domain: &'a Domain,
    /// Minima and saddles.
    pub critical: &'a CriticalPoints,
    /// The way down.
    pub descent: &'a Descent,
}

/// A saddle that lies more than this many of its widths √(D/|H_be|) beyond where the process is killed decides nothing.
const BEFORE: f64 = 1.0;

impl Valley {
    /// Gathers what surrounds the start set.
    pub fn new(
        around: Surroundings<'_>,
        minimum: Option<usize>,
        start: Region,
        target: Option<(Point, f64)>,
    ) -> Valley {
        let Surroundings { dynamics, noise, domain, critical, .. } = around;
        let live = match target {
            Some((centre, radius)) => Region::Outside { centre, radius },
            None => start.clone(),
        };
        let (start, live) = (start.rolled(domain.space()), live.rolled(domain.space()));
        let start_point = match minimum {
            Some(index) => critical.minima[index].theta,
            None => stand_in(domain, &live),
        };
        let mut valley = Valley {
            minimum,
            start_point,
            start,
            live,
            target,
            saddles: Vec::new(),
            absorption_factors: Vec::new(),
            absorption: String::new(),
        };
        for (index, saddle) in critical.saddles.iter().enumerate() {
            if minimum.is_none() || !saddle.connects.contains(&minimum) || !domain.touches(saddle.point.theta) {
                continue;
            }
            let outward = if saddle.connects[1] == minimum { -1.0 } else { 1.0 };
            let direction = saddle.escape_direction.map(|c| outward * c);
            let curvature = saddle.point.eigenvalues[0].abs();
            let diffusion = noise.tensor(saddle.point.theta).form(direction, direction);
            let width = (diffusion / curvature).sqrt();
            let Some(distance) = valley.distance_to_exit(domain, saddle.point.theta, direction, width) else {
                continue;
            };
            if distance < -BEFORE * width || !valley.leads_out(around, saddle.point.theta, direction) {
                continue;
            }
            valley.saddles.push(index);
            // The integral's rounding would hide the two cases that people mean.
            let factor = 1.0 / normal_distribution(distance / width);
            let meant = [1.0, 2.0].into_iter().find(|exact| (factor - exact).abs() < 1e-5);
            valley.absorption_factors.push(meant.unwrap_or(factor));
        }
        valley.absorption = valley.describe(domain, dynamics);
        valley
    }

    /// Whether the way down behind a saddle meets what absorbs; it may end in a well of the live set instead, or at a reflecting
    /// wall.
    fn leads_out(&self, around: Surroundings<'_>, saddle: Point, direction: Point) -> bool {
        let Surroundings { domain, critical, descent, .. } = around;
        let first = advance(saddle, 1e-5 * domain.space().diagonal(), direction);
        let (path, limit) = descent.path(first);
        for theta in path {
            if !domain.contains(theta) {
                return exits_by_absorbing_wall(domain, theta) || !self.live.holds(theta);
            }
            if !self.live.holds(theta) {
                return true;
            }
        }
        // The descent ends before it reaches a minimum that a target surrounds.
        limit.is_some_and(|index| !self.live.holds(critical.minima[index].theta))
    }

    fn is_live(&self, domain: &Domain, theta: Point) -> bool {
        domain.contains(theta) && self.live.holds(theta)
    }

    /// How far beyond the saddle the process is killed along the escape direction: 0 on the boundary, negative before it.
    /// `None` when the boundary lies more than six widths before the saddle, so that the saddle plays no part.
    fn distance_to_exit(&self, domain: &Domain, saddle: Point, direction: Point, width: f64) -> Option<f64> {
        const REACH: f64 = 6.0;
        let at = |t: f64| advance(saddle, t * width, direction);
        // The saddle on the boundary itself may fall on either side by rounding.
        let tiny = 1e-6;
        if !self.is_live(domain, at(-tiny)) {
            let inside = (1..=240).map(|k| -f64::from(k) * REACH / 240.0).find(|&t| self.is_live(domain, at(t)))?;
            return Some(width * self.bisect(domain, &at, inside, inside + REACH / 240.0));
        }
        if !self.is_live(domain, at(tiny)) {
            return Some(0.0);
        }
        let outside = (1..=240).map(|k| f64::from(k) * REACH / 240.0).find(|&t| {
            let reflected =
                !domain.contains(at(t)) && self.live.holds(at(t)) && !exits_by_absorbing_wall(domain, at(t));
            !self.is_live(domain, at(t)) && !reflected
        });
        Some(match outside {
            Some(t) => width * self.bisect(domain, &at, t - REACH / 240.0, t),
            None => width * REACH,
        })
    }

    fn bisect(&self, domain: &Domain, at: &dyn Fn(f64) -> Point, mut inside: f64, mut outside: f64) -> f64 {
        for _ in 0..60 {
            let middle = 0.5 * (inside + outside);
            if self.is_live(domain, at(middle)) { inside = middle } else { outside = middle }
        }
        0.5 * (inside + outside)
    }

    /// Whether no minimum stands behind `start_point`.
    pub fn start_point_is_guess(&self) -> bool {
        self.minimum.is_none()
    }

    /// Says so.
    pub fn guess_message(&self) -> String {
        format!(
            "there is no minimum to start from: passage times start at ({:.6}, {:.6}), as near to the middle as the set goes",
            self.start_point[0], self.start_point[1]
        )
    }

    fn describe(&self, domain: &Domain, dynamics: &Dynamics) -> String {
        if matches!(self.live, Region::Whole) && !domain.absorbs() {
            return "nothing absorbs: the domain is closed".to_string();
        }
        let set = match &self.live {
            Region::Rolled { set, .. } => set,
            set => set,
        };
        let what = match (&self.target, set) {
            (Some((centre, radius)), _) => {
                format!("killed on entering the disc of radius {radius} around {}", show(*centre, dynamics))
            }
            (None, Region::Whole) => "killed at the absorbing walls of the domain".to_string(),
            (None, Region::Basin(_)) => "killed on leaving the basin of attraction of the minimum".to_string(),
            (None, Region::Box { .. }) if domain.dimension == 1 => "killed on leaving the interval".to_string(),
            (None, Region::Box { .. }) => "killed on leaving the box".to_string(),
            (None, _) => "killed on leaving the start set".to_string(),
        };
        let place = match self.absorption_factors.first() {
            None => "over no saddle of the valley",
            Some(2.0) => "at the saddle: about twice the Kramers rate",
            Some(&factor) if factor < 1.001 => "beyond the saddle: about the Kramers rate",
            Some(&factor) if factor < 2.0 => "shortly beyond the saddle: between one and two times the Kramers rate",
            Some(_) => "before the saddle: more than twice the Kramers rate",
        };
        format!("{what} ({place})")
    }
}

fn exits_by_absorbing_wall(domain: &Domain, theta: Point) -> bool {
    (0..domain.dimension).any(|axis| {
        (theta[axis] < domain.lower[axis] && is_absorbing(domain.wall(axis, 0)))
            || (theta[axis] > domain.upper[axis] && is_absorbing(domain.wall(axis, 1)))
    })
}

/// A point of the live set to start from when there is no minimum: the live lattice point nearest to the middle.
fn stand_in(domain: &Domain, live: &Region) -> Point {
    let middle = advance(domain.lower, 0.5, difference(domain.upper, domain.lower));
    let mut best = middle;
    let mut distance = f64::INFINITY;
    for k in 0..=40 {
        for l in 0..=if domain.dimension == 2 { 40 } else { 0 } {
            let place = |axis: usize, index: i32| domain.lower[axis] + domain.width(axis) * f64::from(index) / 40.0;
            let point = [place(0, k), if domain.dimension == 2 { place(1, l) } else { 0.0 }];
            let from_middle = norm(difference(point, middle));
            if live.holds(point) && from_middle < distance {
                (best, distance) = (point, from_middle);
            }
        }
    }
    best
}

/// Φ(x), the standard normal distribution function, to about 1e-7 relative: it only places a formula's factor.
fn normal_distribution(x: f64) -> f64 {
    // Simpson's rule on the density from −10 (Φ(−10) = 8e-24) to x.
    let (from, steps) = (-10.0, 400);
    let h = (x - from) / f64::from(steps);
    let density = |t: f64| (-0.5 * t * t).exp() / (2.0 * std::f64::consts::PI).sqrt();
    let inner: f64 = (1..steps).map(|k| if k % 2 == 1 { 4.0 } else { 2.0 } * density(from + f64::from(k) * h)).sum();
    h / 3.0 * (density(from) + inner + density(x))
}
