//! The killing boundary, as the signed distance to it, and the reflecting and periodic walls.
//!
//! For intervals, boxes and discs the distance is exact. For a basin or a condition in two dimensions the boundary is
//! traced once by marching squares, with crossings from [`Region::exit`], and the distance to it is tabulated on a
//! lattice and interpolated. The error is about κh²/4, with κ the curvature of the boundary and h the lattice spacing,
//! that is, 1e-5 of the domain's width.

use rayon::prelude::*;

use crate::particles::lattice::Lattice;
use crate::problem::Wall;
use crate::problem::{Domain, Problem, Region, Space, is_absorbing};
use crate::tensor::{LANES, Point, Points, advance, difference, dot, norm, widest};

/// The killing boundary and the walls of one problem.
pub struct Frontier {
    dimension: usize,
    /// The rectangle beyond which a particle is dead; infinite on sides that do not kill.
    killing: [Point; 2],
    /// Further shapes that kill.
    shape: Shape,
    domain: Domain,
    space: Space,
    is_open: bool,
}

enum Shape {
    /// No further shape.
    None,
    /// A disc (an interval in one dimension).
    Disc { centre: Point, radius: f64 },
    /// A tabulated distance.
    Table(Box<Lattice>),
}

impl Frontier {
    /// The frontier of a problem's live set.
    pub fn new(problem: &Problem) -> Frontier {
        let (domain, space) = (problem.domain.clone(), problem.domain.space());
        let dimension = problem.dimension;
        let mut killing = [[f64::NEG_INFINITY; 2], [f64::INFINITY; 2]];
        for (end, (limits, side)) in killing.iter_mut().zip([domain.lower, domain.upper]).enumerate() {
            for axis in 0..dimension {
                if is_absorbing(domain.wall(axis, end)) {
                    limits[axis] = side[axis];
                }
            }
        }
        let mut shape = Shape::None;
        let (set, rolled) = match &problem.valley.live {
            Region::Rolled { set, .. } => (set.as_ref(), true),
            set => (set, false),
        };
        match set {
            Region::Whole => {}
            _ if dimension == 1 && !domain.is_periodic(0) => {
                for end in [0, 1] {
                    if let Some(exit) = problem.valley.live.exit_towards(&domain, problem.valley.start_point, end) {
                        killing[end][0] = exit[0];
                    }
                }
            }
            Region::Outside { centre, radius } => shape = Shape::Disc { centre: *centre, radius: *radius },
            Region::Box { lower, upper, .. } if !rolled => {
                for axis in 0..dimension {
                    killing[0][axis] = killing[0][axis].max(lower[axis]);
                    killing[1][axis] = killing[1][axis].min(upper[axis]);
                }
            }
            _ => shape = Shape::Table(Box::new(tabulated(problem))),
        }
        let is_open = (0..dimension).all(|axis| {
            // A wall behind the killing rectangle is never reached.
            [0, 1].into_iter().all(|end| match domain.wall(axis, end) {
                Some(Wall::Absorbing) => true,
                Some(Wall::Reflecting) if end == 0 => killing[0][axis] >= domain.lower[axis],
                Some(Wall::Reflecting) => killing[1][axis] <= domain.upper[axis],
                None => false,
            })
        });
        Frontier { dimension, killing, shape, domain, space, is_open }
    }

    /// The signed distance to the nearest killing boundary, positive in the live set.
    pub fn distance(&self, theta: Point) -> f64 {
        let [lower, upper] = &self.killing;
        let mut least = f64::INFINITY;
        for axis in 0..self.dimension {
            least = least.min(theta[axis] - lower[axis]).min(upper[axis] - theta[axis]);
        }
        match &self.shape {
            Shape::None => least,
            Shape::Disc { centre, radius } => least.min(norm(self.space.offset(*centre, theta)) - radius),
            Shape::Table(table) => least.min(table.value(theta)),
        }
    }

    /// [`Frontier::distance`] at every point of a block. Returns whether some path may have ended in the step: the
    /// point is outside, or the product of its distance and the one in `before` is below `reach`.
    pub fn distances(&self, at: &Points, before: &[f64; LANES], reach: f64, distances: &mut [f64; LANES]) -> bool {
        let [lower, upper] = &self.killing;
        match &self.shape {
            Shape::Table(table) => table.values(at, distances),
            shape => at.values_into(
                distances,
                #[inline(always)]
                |theta| match shape {
                    Shape::Disc { centre, radius } => norm(self.space.offset(*centre, theta)) - radius,
                    _ => f64::INFINITY,
                },
            ),
        }
        widest(
            #[inline(always)]
            || {
                for (axis, places) in [&at.x, &at.y].into_iter().enumerate().take(self.dimension) {
                    limit(places, lower[axis], upper[axis], distances);
                }
                is_near(before, distances, reach)
            },
        )
    }

    /// The unit vector towards the nearest killing boundary.
    pub fn normal(&self, theta: Point) -> Point {
        if self.dimension == 1 {
            return [1.0, 0.0];
        }
        let h = 1e-5 * self.space.diagonal();
        let slope = |axis: usize| {
            let at = |sign: f64| {
                let mut point = theta;
                point[axis] += sign * h;
                self.distance(point)
            };
            at(-1.0) - at(1.0)
        };
        let gradient = [slope(0), slope(1)];
        let length = norm(gradient);
        if length > 0.0 { gradient.map(|c| c / length) } else { [1.0, 0.0] }
    }

    /// The rectangle beyond which every particle is dead.
    pub fn killing(&self) -> [Point; 2] {
        self.killing
    }

    /// Whether nothing kills except this rectangle.
    pub fn is_rectangle(&self) -> bool {
        matches!(self.shape, Shape::None)
    }

    /// Whether no living particle can meet a reflecting or periodic wall.
    pub fn is_open(&self) -> bool {
        self.is_open
    }

    /// Whether nothing absorbs.
    pub fn is_closed(&self) -> bool {
        // What lies on or beyond a reflecting wall is never reached.
        let absorbs = |axis: usize, end: usize| match self.domain.wall(axis, end) {
            Some(Wall::Absorbing) => true,
            _ if end == 0 => self.killing[0][axis] > self.domain.lower[axis],
            _ => self.killing[1][axis] < self.domain.upper[axis],
        };
        let is_whole = match &self.shape {
            Shape::None => true,
            Shape::Disc { .. } => false,
            Shape::Table(table) => table.is_positive(),
        };
        is_whole && (0..self.dimension).all(|axis| !absorbs(axis, 0) && !absorbs(axis, 1))
    }

    /// Reflects points beyond a reflecting wall along the conormal `conormal(axis)` = D n (the direction for which the
    /// flux through the wall vanishes), and wraps periodic axes.
    pub fn confine(&self, mut theta: Point, conormal: impl Fn(usize) -> Point) -> Point {
        // A corner needs two reflections; a step longer than the domain never ends inside.
        for _ in 0..4 {
            let mut inside = true;
            for axis in 0..self.dimension {
                for end in [0, 1] {
                    let wall = if end == 0 { self.domain.lower[axis] } else { self.domain.upper[axis] };
                    let beyond = if end == 0 { wall - theta[axis] } else { theta[axis] - wall };
                    if beyond > 0.0 && self.domain.wall(axis, end) == Some(Wall::Reflecting) {
                        let direction = conormal(axis);
                        let share = 2.0 * (theta[axis] - wall) / direction[axis];
                        theta = advance(theta, -share, direction);
                        inside = false;
                    }
                }
            }
            if inside {
                break;
            }
        }
        self.space.wrap(theta)
    }

    /// The size of the live set within its box.
    pub fn width(&self) -> f64 {
        let side = |axis: usize| {
            self.domain.upper[axis].min(self.killing[1][axis]) - self.domain.lower[axis].max(self.killing[0][axis])
        };
        (0..self.dimension).map(side).fold(0.0, f64::max)
    }
}

/// The number of lattice cells along each axis.
const CELLS: usize = 384;

/// The signed distance to the traced boundary of the live set, positive inside.
fn tabulated(problem: &Problem) -> Lattice {
    let (domain, live) = (&problem.domain, &problem.valley.live);
    let lower = domain.lower;
    let flat = problem.dimension == 1;
    let spacing = [0, 1].map(|axis| if axis == 1 && flat { 1.0 } else { domain.width(axis) / CELLS as f64 });
    let side = CELLS + 1;
    let rows = if flat { 1 } else { side };
    let node = |index: usize| -> Point {
        let (i, j) = (index / rows, index % rows);
        [lower[0] + i as f64 * spacing[0], if flat { 0.0 } else { lower[1] + j as f64 * spacing[1] }]
    };
    let inside: Vec<bool> = (0..side * rows)
        .into_par_iter()
        .map(|index| live.holds_roughly(node(index)).unwrap_or_else(|| live.holds(node(index))))
        .collect();
    // The crossing of the boundary with an edge of the lattice.
    let crossing = |a: usize, b: usize| -> Option<Point> {
        let (from, to) = match (inside[a], inside[b]) {
            (true, false) => (node(a), node(b)),
            (false, true) => (node(b), node(a)),
            _ => return None,
        };
        Some(advance(from, live.exit(from, to), difference(to, from)))
    };
    let pieces: Vec<[Point; 2]> = if flat {
        let ends = (0..CELLS).filter_map(|i| crossing(i, i + 1));
        ends.map(|end| [end, end]).collect()
    } else {
        (0..CELLS * CELLS)
            .into_par_iter()
            .flat_map_iter(|cell| {
                let corner = cell / CELLS * side + cell % CELLS;
                let edges = [
                    (corner, corner + 1),
                    (corner + side, corner + side + 1),
                    (corner, corner + side),
                    (corner + 1, corner + side + 1),
                ];
                let mixed = edges.iter().any(|&(a, b)| inside[a] != inside[b]);
                let met: Vec<Point> =
                    if mixed { edges.iter().filter_map(|&(a, b)| crossing(a, b)).collect() } else { Vec::new() };
                // With four crossings (two corners cut off, or a pinch) each crossing is used as a point; all pairings
                // agree within a cell.
                let pairs = if met.len() == 2 { vec![[met[0], met[1]]] } else { met.iter().map(|&p| [p, p]).collect() };
                pairs.into_iter()
            })
            .collect()
    };
    let nodes = (0..side * rows)
        .into_par_iter()
        .map(|index| {
            let least = pieces.iter().map(|piece| squared_distance(node(index), *piece)).fold(f64::INFINITY, f64::min);
            let far = problem.domain.space().diagonal();
            least.sqrt().min(far).copysign(if inside[index] { 1.0 } else { -1.0 })
        })
        .collect();
    Lattice::new(lower, domain.upper, [CELLS, if flat { 0 } else { CELLS }], nodes)
}

/// Replaces distances by that from the nearer end where it is smaller.
#[inline(always)]
fn limit(places: &[f64; LANES], lower: f64, upper: f64, distances: &mut [f64; LANES]) {
    for lane in 0..LANES {
        distances[lane] = distances[lane].min(f64::min(places[lane] - lower, upper - places[lane]));
    }
}

/// Whether some path may have ended in a step with these distances before and after: a point is outside, or the product
/// is below `reach`.
#[inline(always)]
pub(super) fn is_near(before: &[f64; LANES], after: &[f64; LANES], reach: f64) -> bool {
    let mut some = false;
    for lane in 0..LANES {
        some |= (after[lane] <= 0.0) | (before[lane] * after[lane] < reach);
    }
    some
}

fn squared_distance(point: Point, [from, to]: [Point; 2]) -> f64 {
    let (along, offset) = (difference(to, from), difference(point, from));
    let length = dot(along, along);
    let share = if length > 0.0 { (dot(offset, along) / length).clamp(0.0, 1.0) } else { 0.0 };
    let rest = difference(offset, along.map(|c| share * c));
    dot(rest, rest)
}
