//! The basin of attraction of a minimum, from its traced boundary (outline) if possible, otherwise from the descents of
//! single points.
//!
//! The outline consists of the stable manifolds of saddles. It is accepted if the descents from points on both sides of
//! every curve, and from points all over the box, end as it predicts. A limit cycle or a missed or degenerate saddle
//! fails this test; then every point is decided by its own descent.

use std::sync::Arc;

use rayon::prelude::*;

use crate::problem::critical::{self, stability};
use crate::problem::descent::Descent;
use crate::problem::outline::{Bounding, Outline};
use crate::problem::separatrix::{Branch, Tracer, rests};
use crate::problem::{CriticalPoint, CriticalPoints, Domain, Dynamics, Problem, Region, Space, descend};
use crate::tensor::{Point, advance, norm};

/// The set of points whose descent ends at one minimum.
#[derive(Clone)]
pub struct Basin {
    descent: Descent,
    valley: usize,
    outline: Option<Outline>,
}

/// The fraction of the box by which a curve or a descent may leave it and return.
const ENLARGED: f64 = 0.5;
/// The fraction of the box by which the outline extends beyond it, so that its sides do not depend on rounding.
const RIM: f64 = 1.0 / 256.0;
/// The number of descents that test an outline, in addition to those along its curves.
const TESTS: usize = 64;

impl Basin {
    /// The basin of a minimum, decided by descents alone.
    pub fn new(descent: Descent, valley: usize) -> Basin {
        Basin { descent, valley, outline: None }
    }

    /// The basin of a minimum in a box, by its outline if one could be traced.
    pub fn outlined(dynamics: &Dynamics, critical: &CriticalPoints, valley: usize, space: Space) -> Basin {
        let minima = &critical.minima;
        let saddles: Vec<Point> = critical.saddles.iter().map(|saddle| saddle.point.theta).collect();
        if space.dimension == 1 {
            return Basin::new(Descent::new(dynamics, space, minima, &saddles), valley);
        }
        let around = Surroundings::new(dynamics, space, minima, saddles);
        let outline = [false, true].into_iter().find_map(|all| around.outline(valley, all));
        Basin { descent: around.descent, valley, outline }
    }

    /// The same basin in a domain, by its outline if one could be traced there.
    pub fn outlined_in(&self, dynamics: &Dynamics, critical: &CriticalPoints, domain: &Domain) -> Basin {
        let mut space = domain.space();
        if domain.automatic && !domain.absorbs() {
            // Wide enough for a rectangle around it that is turned by any angle, as grids may be.
            for axis in 0..2 {
                let more = 0.5 * (domain.space().diagonal() - domain.width(axis));
                (space.lower[axis], space.upper[axis]) = (space.lower[axis] - more, space.upper[axis] + more);
            }
        }
        Basin::outlined(dynamics, critical, self.valley, space)
    }

    /// Whether a point is in the basin.
    pub fn holds(&self, theta: Point) -> bool {
        let outlined = self.outline.as_ref().and_then(|outline| outline.holds(theta));
        outlined.unwrap_or_else(|| self.descent.limit(theta) == Some(self.valley))
    }

    /// A cheap approximation of [`Basin::holds`], correct except near the boundary.
    pub fn holds_roughly(&self, theta: Point) -> bool {
        let outlined = self.outline.as_ref().and_then(|outline| outline.holds(theta));
        outlined.unwrap_or_else(|| self.descent.rough_limit(theta) == Some(self.valley))
    }

    /// Whether every query needs a descent.
    pub fn is_costly(&self) -> bool {
        self.outline.is_none()
    }

    /// The distance of a point from the outline, positive outside of the basin; `None` without an outline.
    pub fn signed_distance(&self, theta: Point) -> Option<f64> {
        let distance = self.outline.as_ref()?.distance(theta);
        distance.is_finite().then_some(if self.holds(theta) { -distance } else { distance })
    }

    /// The sides of the basin if it is a rectangle to rounding, which only an outline tells.
    pub fn rectangle(&self, within: Point) -> Option<[Point; 2]> {
        self.outline.as_ref()?.rectangle(within)
    }

    /// The fraction of the segment from → to at which it leaves the outline; `None` without an outline.
    pub fn exit(&self, from: Point, to: Point) -> Option<f64> {
        self.outline.as_ref()?.exit(from, to)
    }
}

impl Problem {
    /// The index of the minimum at which the descent from a point ends.
    pub fn descends_to(&self, theta: Point) -> Option<usize> {
        descend(&self.dynamics, &self.critical, self.domain.space()).limit(theta)
    }

    /// The basin of a minimum in two dimensions, by its outline; `None` if it could not be traced.
    pub fn basin_of(&self, minimum: usize) -> Option<Arc<Basin>> {
        let own = match &self.valley.start {
            Region::Basin(basin) if self.valley.minimum == Some(minimum) => Some(Arc::clone(basin)),
            _ => None,
        };
        let outlined = || Arc::new(Basin::outlined(&self.dynamics, &self.critical, minimum, self.domain.space()));
        Some(own.unwrap_or_else(outlined)).filter(|basin| !basin.is_costly())
    }
}

/// The critical points in the box and in its enlargement.
struct Surroundings<'a> {
    dynamics: &'a Dynamics,
    space: Space,
    reach: Space,
    minima: Vec<CriticalPoint>,
    saddles: Vec<Point>,
    sources: Vec<Point>,
    descent: Descent,
}

impl<'a> Surroundings<'a> {
    fn new(dynamics: &'a Dynamics, space: Space, minima: &[CriticalPoint], saddles: Vec<Point>) -> Surroundings<'a> {
        let reach = enlarged(space, ENLARGED);
        let (mut minima, mut saddles, mut sources) = (minima.to_vec(), saddles, Vec::new());
        // Search the box itself too: the lattice over the enlarged box is coarser, and sources (unstable nodes) have
        // not been searched for.
        let found = [critical::roots(dynamics, space), critical::roots(dynamics, reach)].concat();
        let close = 1e-7 * space.diagonal();
        for root in found {
            let is_known = |known: &[Point]| known.iter().any(|&other| norm(space.offset(other, root)) < close);
            match stability(dynamics.slope_jacobian(root), space.units(), 2) {
                Some((0, _)) if !minima.iter().any(|other| norm(space.offset(other.theta, root)) < close) => {
                    minima.push(critical::describe(dynamics, 2, root));
                }
                Some((1, _)) if !is_known(&saddles) => saddles.push(root),
                Some((2, _)) if !is_known(&sources) => sources.push(root),
                _ => {}
            }
        }
        let descent = Descent::new(dynamics, space, &minima, &saddles);
        Surroundings { dynamics, space, reach, minima, saddles, sources, descent }
    }

    /// The outline made of the curves of the saddles adjacent to the valley, or of all saddles; `None` if it fails a
    /// test.
    fn outline(&self, valley: usize, all: bool) -> Option<Outline> {
        let minima: Vec<Point> = self.minima.iter().map(|point| point.theta).collect();
        let rests = rests(&self.space, &self.saddles, &[&minima[..], &self.sources].concat());
        let tracer = Tracer { dynamics: self.dynamics, space: self.space, reach: self.reach, rests: &rests };
        let beside = |saddle: Point| {
            let Some((_, direction)) = stability(self.dynamics.slope_jacobian(saddle), self.space.units(), 2) else {
                return false;
            };
            let step = 1e-5 * self.space.diagonal();
            [-step, step].into_iter().any(|s| self.descent.limit(advance(saddle, s, direction)) == Some(valley))
        };
        let chosen: Vec<_> = rests.iter().filter(|rest| rest.is_saddle && (all || beside(rest.at))).collect();
        let branches: Vec<Branch> = chosen.par_iter().flat_map_iter(|saddle| tracer.branches(saddle)).collect();
        let mut bounds = Vec::new();
        for branch in branches {
            match self.sides(&branch, valley)? {
                [left, right] if left == right => {}
                // The curve ended too early.
                _ if !branch.is_whole
                    && branch.pieces.last().is_some_and(|last| self.space.holds(last.at(1.0), 0.0)) =>
                {
                    return None;
                }
                [left_is_inside, _] => {
                    bounds.extend(branch.pieces.into_iter().map(|piece| Bounding { piece, left_is_inside }));
                }
            }
        }
        let outline = Outline::new(enlarged(self.space, RIM), bounds, minima[valley])?;
        let is_right = |number: usize| {
            let at = self.spread(number);
            let holds = |limit: Option<usize>| Some(limit == Some(valley));
            let claimed = outline.holds(at);
            claimed == holds(self.descent.rough_limit(at)) || claimed == holds(self.descent.limit(at))
        };
        (0..TESTS).into_par_iter().all(is_right).then_some(outline)
    }

    /// Whether the basin lies on the left and on the right of a branch; `None` if that changes along it.
    fn sides(&self, branch: &Branch, valley: usize) -> Option<[bool; 2]> {
        let chord = |k: usize| norm(self.space.offset(branch.pieces[k].at(0.0), branch.pieces[k].at(1.0)));
        let in_box: Vec<usize> =
            (0..branch.pieces.len()).filter(|&k| self.space.holds(branch.pieces[k].at(0.5), 0.0)).collect();
        let length: f64 = in_box.iter().map(|&k| chord(k)).sum();
        let mut places = Vec::new();
        let mut passed = 0.0;
        for &k in &in_box {
            passed += chord(k);
            if passed >= (0.1 + 0.2 * places.len() as f64) * length {
                places.push(k);
            }
        }
        let ask = |share: f64, limit: &dyn Fn(Point) -> Option<usize>| {
            let offset = share * self.space.diagonal();
            [1.0, -1.0].map(|side| -> Option<bool> {
                let at = |&k: &usize| {
                    let [x, y] = branch.pieces[k].derivative(0.5);
                    let left = [-y / norm([x, y]), x / norm([x, y])];
                    advance(branch.pieces[k].at(0.5), side * offset, left)
                };
                let answers: Vec<bool> = places.iter().map(|k| limit(self.space.wrap(at(k))) == Some(valley)).collect();
                let first = answers.first().copied().unwrap_or(false);
                answers.iter().all(|&answer| answer == first).then_some(first)
            })
        };
        // Between curves that run close together, use points nearer to the branch.
        match ask(1e-4, &|at| self.descent.rough_limit(at)) {
            [Some(left), Some(right)] => Some([left, right]),
            _ => match ask(1e-7, &|at| self.descent.limit(at)) {
                [Some(left), Some(right)] => Some([left, right]),
                _ => None,
            },
        }
    }

    /// Quasi-random points over the box (Roberts' sequence: the additive recurrence of the plastic number).
    fn spread(&self, number: usize) -> Point {
        const PLASTIC: f64 = 1.324_717_957_244_746;
        let place = |axis: usize, share: f64| {
            let fraction = (0.5 + share * (number + 1) as f64).fract();
            self.space.lower[axis] + fraction * self.space.width(axis)
        };
        [place(0, 1.0 / PLASTIC), place(1, 1.0 / (PLASTIC * PLASTIC))]
    }
}

/// The box enlarged by a fraction of its width on each side; periodic axes are unchanged.
fn enlarged(space: Space, share: f64) -> Space {
    let mut larger = space;
    for axis in (0..2).filter(|&axis| !space.periodic[axis]) {
        larger.lower[axis] -= share * space.width(axis);
        larger.upper[axis] += share * space.width(axis);
    }
    larger
}
