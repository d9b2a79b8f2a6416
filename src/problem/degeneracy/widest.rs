//! The widest ways from the start to all points, where the width of a way is that of its narrowest crossing of Γ.
//!
//! On a lattice over the domain with edges between neighbours, Dijkstra's algorithm finds the path with the largest
//! bottleneck (widest-path problem).

use std::collections::BinaryHeap;

use crate::problem::degeneracy::curve::{Crossing, Curves};
use crate::problem::{Domain, Region};
use crate::tensor::{Point, advance, difference, norm};

/// The number of lattice points along each axis.
const LATTICE: usize = 160;

/// The width below which a way is closed, about the accuracy of the openness.
const CLOSED: f64 = 1e-20;

/// The share of a way to what absorbs on which curves are looked for.
const SHORT: f64 = 1.0 - 1e-6;

/// The widest way to a lattice point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Way {
    /// Its width; 1 if it has no narrow crossing.
    pub width: f64,
    /// Its narrowest crossing, not counting those that the drift makes.
    pub narrowest: Option<Crossing>,
    /// Its first crossing of a curve that the drift makes.
    pub carried: Option<Crossing>,
}

impl Way {
    /// Whether neither noise nor drift carries the process along it.
    pub fn is_closed(&self) -> bool {
        self.width < CLOSED
    }
}

/// The widest ways from one start.
pub struct Ways {
    domain: Domain,
    to: Vec<Option<Way>>,
    /// The widest way to what absorbs; `None` if nothing does.
    pub out: Option<Way>,
    /// The closed crossing nearest to the start, of those examined.
    pub closed: Option<Crossing>,
}

/// An entry of the priority queue: the bits of the width (nonnegative numbers are ordered like their bits) and the
/// lattice point.
type Waiting = (u64, usize);

impl Ways {
    /// Computes the widest ways to all lattice points.
    pub fn new(curves: &Curves<'_>, domain: &Domain, live: &Region, start: Point) -> Ways {
        let mut ways = Ways { domain: domain.clone(), to: vec![None; LATTICE * LATTICE], out: None, closed: None };
        let origin = ways.index(start);
        let mut best = vec![None; LATTICE * LATTICE];
        best[origin] = Some(Way { width: 1.0, narrowest: None, carried: None });
        let mut waiting: BinaryHeap<Waiting> = BinaryHeap::from([(1.0f64.to_bits(), origin)]);
        while let Some((_, place)) = waiting.pop() {
            let Some(way) = best[place].filter(|_| ways.to[place].is_none()) else { continue };
            ways.to[place] = Some(way);
            let here = ways.at(place);
            for (axis, end) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
                let mut step = [0.0; 2];
                step[axis] = domain.width(axis) / LATTICE as f64 * if end == 1 { 1.0 } else { -1.0 };
                let next = ways.next(place, axis, end);
                // A set may end on a reflecting wall; the test point must be inside it despite rounding.
                let there = advance(here, if next.is_none() { 0.5 + 1e-9 } else { 1.0 }, step);
                let is_closed = || !domain.absorbs_at(axis, end, there) && live.holds(there);
                if next.is_some_and(|next| ways.to[next].is_some()) || (next.is_none() && is_closed()) {
                    continue;
                }
                let is_out = next.is_none() || !holds(live, there);
                // A curve that is itself what absorbs has to be touched, not crossed.
                let end = match is_out && !live.has_rough_answer() {
                    true => {
                        let reach = if next.is_none() { 0.5 } else { 1.0 };
                        let out = if holds(live, there) { 1.0 } else { live.exit(here, there) };
                        advance(here, SHORT * reach * out, step)
                    }
                    false => there,
                };
                let crossing = curves.narrowest(here, end);
                if let Some(crossing) = crossing.filter(|crossing| crossing.width() < CLOSED) {
                    let distance = |crossing: Crossing| norm(difference(crossing.at, start));
                    if ways.closed.is_none_or(|other| distance(crossing) < distance(other)) {
                        ways.closed = Some(crossing);
                    }
                }
                let carried = way.carried.or(crossing.filter(|crossing| crossing.is_carried));
                let onward = match crossing.filter(|crossing| crossing.width() < way.width) {
                    Some(crossing) => Way { width: crossing.width(), narrowest: Some(crossing), carried },
                    None => Way { carried, ..way },
                };
                match next.filter(|_| !is_out) {
                    None => ways.leave(onward),
                    Some(next) if best[next].is_none_or(|known| onward.width > known.width) => {
                        best[next] = Some(onward);
                        waiting.push((onward.width.to_bits(), next));
                    }
                    Some(_) => {}
                }
            }
        }
        ways
    }

    /// The widest way to the lattice point of θ, or to one of its neighbours if that was not reached, as for a saddle
    /// on the edge of the set; `None` if neither was reached.
    pub fn to(&self, theta: Point) -> Option<Way> {
        let place = self.index(theta);
        let beside = [(0, 0), (0, 1), (1, 0), (1, 1)].map(|(axis, end)| self.next(place, axis, end));
        let widest = beside.into_iter().flatten().filter_map(|next| self.to[next]);
        self.to[place].or_else(|| widest.max_by(|one, other| one.width.total_cmp(&other.width)))
    }

    fn leave(&mut self, way: Way) {
        if self.out.is_none_or(|other| way.width > other.width) {
            self.out = Some(way);
        }
    }

    fn at(&self, place: usize) -> Point {
        let along = |axis: usize, index: usize| {
            self.domain.lower[axis] + self.domain.width(axis) * (index as f64 + 0.5) / LATTICE as f64
        };
        [along(0, place / LATTICE), along(1, place % LATTICE)]
    }

    fn index(&self, theta: Point) -> usize {
        let along = |axis: usize| {
            let fraction = (theta[axis] - self.domain.lower[axis]) / self.domain.width(axis);
            ((fraction * LATTICE as f64) as usize).min(LATTICE - 1)
        };
        along(0) * LATTICE + along(1)
    }

    /// The neighbour on one side; `None` beyond a wall.
    fn next(&self, place: usize, axis: usize, end: usize) -> Option<usize> {
        let indices = [place / LATTICE, place % LATTICE];
        let stays = if end == 0 { indices[axis] > 0 } else { indices[axis] + 1 < LATTICE };
        if !stays && !self.domain.is_periodic(axis) {
            return None;
        }
        let mut moved = indices;
        moved[axis] = (indices[axis] + if end == 1 { 1 } else { LATTICE - 1 }) % LATTICE;
        Some(moved[0] * LATTICE + moved[1])
    }
}

/// Whether a set contains a point; near its boundary either answer is acceptable.
fn holds(live: &Region, theta: Point) -> bool {
    live.holds_roughly(theta).unwrap_or_else(|| live.holds(theta))
}
