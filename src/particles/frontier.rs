//! What kills and what turns a particle back: the signed distance to the nearest place that kills, and the walls.
//!
//! Intervals, boxes and discs have their distance exactly. For a basin or a condition in two dimensions the boundary is
//! traced once by marching squares, with the crossings placed by [`Region::exit`], and the distance to it is tabulated
//! on a lattice and interpolated: an error of about κh²/4, κ the boundary's curvature and h the lattice's spacing, 1e-5
//! of the domain's width.

use rayon::prelude::*;

use crate::particles::lattice::Lattice;
use crate::problem::Wall;
use crate::problem::{Domain, Problem, Region, Space, is_absorbing};
use crate::tensor::{LANES, Point, Points, advance, difference, dot, norm, widest};

/// What surrounds the particles of one problem.
pub struct Frontier {
    dimension: usize,
    /// Rectangle beyond which a particle is dead; infinite where nothing kills.
    killing: [Point; 2],
    /// What kills besides.
    shape: Shape,
    domain: Domain,
    space: Space,
    is_open: bool,
}

enum Shape {
    /// Nothing.
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
            // A wall behind the place where everything dies is never met.
            [0, 1].into_iter().all(|end| match domain.wall(axis, end) {
                Some(Wall::Absorbing) => true,
                Some(Wall::Reflecting) if end == 0 => killing[0][axis] >= domain.lower[axis],
                Some(Wall::Reflecting) => killing[1][axis] <= domain.upper[axis],
                None => false,
            })
        });
        Frontier { dimension, killing, shape, domain, space, is_open }
    }

    /// Signed distance to the nearest place that kills; positive where a particle lives.
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

    /// [`Frontier::distance`] at every point of a block; whether some path may have ended on the way there: the point
    /// is outside, or the product of its distance with the one `before` is below `reach`.
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

    /// The unit vector towards the nearest place that kills.
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

    /// The rectangle beyond which everything is dead.
    pub fn killing(&self) -> [Point; 2] {
        self.killing
    }

    /// Whether that rectangle is all that kills.
    pub fn is_rectangle(&self) -> bool {
        matches!(self.shape, Shape::None)
    }

    /// Whether no living particle meets a wall that sends it back or joins two sides.
    pub fn is_open(&self) -> bool {
        self.is_open
    }

    /// Sends back what has passed a reflecting wall, along the conormal `conormal(axis)` = D n (the direction in which
    /// no probability crosses), and rolls up periodic axes.
    pub fn confine(&self, mut theta: Point, conormal: impl Fn(usize) -> Point) -> Point {
        // A corner takes two reflections; a step longer than the domain never ends inside.
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

    /// The size of the living set as far as the box shows it.
    pub fn width(&self) -> f64 {
        let side = |axis: usize| {
            self.domain.upper[axis].min(self.killing[1][axis]) - self.domain.lower[axis].max(self.killing[0][axis])
        };
        (0..self.dimension).map(side).fold(0.0, f64::max)
    }
}

/// Lattice cells along each axis.
const CELLS: usize = 384;

/// Signed distances to the traced boundary of the live set, positive inside.
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
    // Where the boundary crosses an edge of the lattice.
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
                // Four crossings are two corners cut off, or a pinch: all pairs bound the same places within a cell.
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

/// The distance from the nearer end where that is less.
#[inline(always)]
fn limit(places: &[f64; LANES], lower: f64, upper: f64, distances: &mut [f64; LANES]) {
    for lane in 0..LANES {
        distances[lane] = distances[lane].min(f64::min(places[lane] - lower, upper - places[lane]));
    }
}

/// Whether some path may have ended between these distances `before` and `after` a step: it is outside, or their
/// product is below `reach`.
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
