//! The start set V_a, what absorbs, and the saddles in between.
//!
//! The rate depends on the position of the killing boundary. Exactly *at* a saddle half of the arrivals would have
//! returned, and the rate is twice Kramers'; far beyond it the rate is Kramers'. In between, with the boundary at the
//! distance x_c beyond the saddle along the escape direction,
//! ```text
//! γ/γ_Kramers = 1/Φ(x_c √(|H_be|/D_e))        Φ: the standard normal distribution function
//! ```
//! This holds for a boundary parallel to the separatrix; for an oblique or curved one see [`crate::problem::oblique`].

use crate::problem::absorption::{Absorption, Cut, Killer};
use crate::problem::descent::Descent;
use crate::problem::{CriticalPoint, CriticalPoints, DiffusionField, Domain, Dynamics, Region, Saddle, is_absorbing};
use crate::tensor::{Point, advance, difference, norm};

/// The start set with the live set, the target and the saddles around it.
#[derive(Clone)]
pub struct Valley {
    /// The index of its minimum among the critical points.
    pub minimum: Option<usize>,
    /// The start point of passage times: the named point, the minimum, or a substitute.
    pub start_point: Point,
    /// The start set V_a.
    pub start: Region,
    /// The live set: leaving it kills.
    pub live: Region,
    /// The absorbing disc (centre, radius), if there is one.
    pub target: Option<(Point, f64)>,
    /// The saddles of the valley, lowest first, as indices into the critical points.
    pub saddles: Vec<usize>,
    /// The place at which the killing boundary cuts the way over each of these saddles.
    pub cuts: Vec<Cut>,
    /// The set or the walls that kill the process, and the cut of the way over the lowest saddle.
    pub absorption: Absorption,
}

/// The data from which a valley is made.
#[derive(Clone, Copy)]
pub struct Surroundings<'a> {
    /// The motion.
    pub dynamics: &'a Dynamics,
    /// The noise D(θ).
    pub noise: &'a dyn DiffusionField,
    /// The rectangle and its walls.
    pub domain: &'a Domain,
    /// The critical points.
    pub critical: &'a CriticalPoints,
    /// The descent, which decides basins.
    pub descent: &'a Descent,
}

/// The number of widths √(D/|H_be|) before a saddle at which killing makes the saddle irrelevant.
const BEFORE: f64 = 1.0;

/// The fraction of the largest noise below which noise counts as zero.
const VANISHED: f64 = 1e-12;

/// The largest eigenvalue of D seen on a few points of the domain's diagonal.
fn largest(noise: &dyn DiffusionField, domain: &Domain) -> f64 {
    let diagonal = difference(domain.upper, domain.lower);
    let at = |share: f64| noise.tensor(advance(domain.lower, share, diagonal)).eigen(domain.dimension).values;
    let values = [0.1, 0.25, 0.4, 0.5, 0.6, 0.75, 0.9].map(|share| at(share)[domain.dimension - 1]);
    values.into_iter().fold(0.0, f64::max)
}

impl Valley {
    /// Makes a valley: its live set, saddles and killing boundary.
    pub fn new(
        around: Surroundings<'_>,
        minimum: Option<usize>,
        from: Option<Point>,
        start: Region,
        target: Option<(Point, f64)>,
    ) -> Valley {
        let Surroundings { dynamics, noise, domain, critical, .. } = around;
        let live = match target {
            Some((centre, radius)) => Region::Outside { centre, radius },
            None => start.clone(),
        };
        let (start, live) = (start.rolled(domain.space()), live.rolled(domain.space()));
        let start_point = match (from, minimum) {
            (Some(from), _) => from,
            (None, Some(index)) => critical.minima[index].theta,
            (None, None) => stand_in(domain, &live),
        };
        let absorption = Absorption::new(domain, &live, target, None);
        let (saddles, cuts) = (Vec::new(), Vec::new());
        let mut valley = Valley { minimum, start_point, start, live, target, saddles, cuts, absorption };
        for (index, saddle) in critical.saddles.iter().enumerate() {
            if minimum.is_none() || !saddle.connects.contains(&minimum) || !domain.touches(saddle.point.theta) {
                continue;
            }
            let outward = if saddle.connects[1] == minimum { -1.0 } else { 1.0 };
            let direction = saddle.escape_direction.map(|c| outward * c);
            let curvature = saddle.point.curvatures(noise.tensor(saddle.point.theta))[0].abs();
            let diffusion = dynamics.reach_along(noise.tensor(saddle.point.theta), direction);
            let width = (diffusion / curvature).sqrt();
            if noise.temperature().is_none() && diffusion <= VANISHED * largest(noise, domain) {
                // The saddle has no width to measure a distance by.
                if !valley.is_live(domain, advance(saddle.point.theta, 1e-9 * domain.space().diagonal(), direction)) {
                    valley.saddles.push(index);
                    valley.cuts.push(Cut::WithoutNoise);
                }
                continue;
            }
            let Some(distance) = valley.distance_to_exit(domain, saddle.point.theta, direction, width) else {
                continue;
            };
            if distance < -BEFORE * width || !valley.leads_out(around, saddle.point.theta, direction) {
                continue;
            }
            valley.saddles.push(index);
            // The drift carries the process across, so that a distance in widths of the noise is meaningless.
            let is_driven = noise.silent_axis().is_some();
            let is_cusp = |point: &CriticalPoint| point.cusp.is_some();
            valley.cuts.push(match is_driven {
                true => Cut::Driven,
                false if is_cusp(&saddle.point) || minimum.is_some_and(|index| is_cusp(&critical.minima[index])) => {
                    Cut::Cusp
                }
                false => valley.cut(around, saddle, direction, [distance, width]),
            });
        }
        valley.absorption.cut = valley.cuts.first().copied();
        valley
    }

    /// The cut by the boundary at a distance beyond a saddle, with its slant and curvature there: its displacement
    /// along the escape direction over a width of the flux, √(D_⊥/H_⊥), to either side. The boundary of a basin is the
    /// separatrix itself.
    fn cut(&self, around: Surroundings<'_>, saddle: &Saddle, direction: Point, [distance, width]: [f64; 2]) -> Cut {
        let Surroundings { dynamics, noise, domain, .. } = around;
        let (at, cut) = (saddle.point.theta, Cut::at(distance / width));
        let is_basin = self.absorption.killer == Killer::Basin;
        if domain.dimension == 1 || is_basin || dynamics.loss().is_none() {
            return cut;
        }
        let [falling, rising] = saddle.point.eigenvalues;
        let across = saddle.point.eigenvectors[1];
        let flux = (dynamics.reach_along(noise.tensor(at), across) / rising).sqrt();
        let beside = [1.0, -1.0].map(|side| {
            let shifted = advance(at, side * flux, across);
            domain.contains(shifted).then(|| self.distance_to_exit(domain, shifted, direction, width)).flatten()
        });
        match beside {
            [Some(one), Some(other)] => {
                let slant = 0.5 * (one - other) / width;
                let bend = (0.5 * (one + other) - distance) / width;
                // The variation of the noise, whose effect on the factor is as large as that of a narrowing pass, is
                // not taken into account.
                let narrowing = noise.constant().map(|_| {
                    let step = 1e-3 * width;
                    let stiffness = |steps: f64| {
                        let [[xx, xy], [yx, yy]] = dynamics.slope_jacobian(advance(at, steps * step, direction));
                        let [u, v] = across;
                        xx * u * u + (xy + yx) * u * v + yy * v * v
                    };
                    let slope = (stiffness(1.0) - stiffness(-1.0)) / (2.0 * step);
                    0.5 * slope * flux * flux / (falling.abs() * width)
                });
                Cut::departing(distance / width, [slant, bend], rising / falling.abs(), narrowing)
            }
            _ => cut,
        }
    }

    /// Absorbing walls (axis, end) that are out of reach because the live set ends before them.
    pub fn walls_out_of_reach(&self, domain: &Domain) -> Vec<(usize, usize)> {
        const LOOKS: u32 = 200;
        let touches = |axis: usize, end: usize| {
            let across = 1 - axis;
            let rows = if domain.dimension == 2 { LOOKS } else { 0 };
            (0..=rows).any(|k| {
                let mut at = domain.lower;
                if domain.dimension == 2 {
                    at[across] += domain.width(across) * (f64::from(k) + 0.5) / f64::from(LOOKS + 1);
                }
                // A little inside, since the wall itself belongs to no set.
                let inwards = 1e-9 * domain.width(axis);
                if !domain.absorbs_at(axis, end, at) {
                    return false;
                }
                at[axis] = if end == 0 { domain.lower[axis] + inwards } else { domain.upper[axis] - inwards };
                self.live.holds(at)
            })
        };
        let absorbs =
            |axis: usize, end: usize| is_absorbing(domain.wall(axis, end)) || domain.window(axis, end).is_some();
        let absorbing = [(0, 0), (0, 1), (1, 0), (1, 1)].into_iter();
        absorbing
            .filter(|&(axis, end)| axis < domain.dimension && absorbs(axis, end))
            .filter(|&(axis, end)| !touches(axis, end))
            .collect()
    }

    /// Whether the descent behind a saddle meets what absorbs; otherwise it ends in a minimum of the live set or at a
    /// reflecting wall.
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
        // The descent ends before the minimum in the middle of a target.
        limit.is_some_and(|index| !self.live.holds(critical.minima[index].theta))
    }

    fn is_live(&self, domain: &Domain, theta: Point) -> bool {
        domain.contains(theta) && self.live.holds(theta)
    }

    /// The distance beyond the saddle at which the process is killed along the escape direction: 0 on the boundary,
    /// negative before it. `None` if the boundary is more than six widths before the saddle, which is then irrelevant.
    fn distance_to_exit(&self, domain: &Domain, saddle: Point, direction: Point, width: f64) -> Option<f64> {
        const REACH: f64 = 6.0;
        let at = |t: f64| advance(saddle, t * width, direction);
        // A saddle on the boundary may be on either side by rounding.
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
}

fn exits_by_absorbing_wall(domain: &Domain, theta: Point) -> bool {
    (0..domain.dimension).any(|axis| {
        (theta[axis] < domain.lower[axis] && domain.absorbs_at(axis, 0, theta))
            || (theta[axis] > domain.upper[axis] && domain.absorbs_at(axis, 1, theta))
    })
}

/// A start point if there is no minimum: the lattice point of the live set nearest to its middle.
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
