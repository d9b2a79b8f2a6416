//! The stable manifold of a saddle (separatrix): the curve whose points flow into the saddle, which separates two
//! basins.
//!
//! ```text
//! dθ/ds = −b/|b|        backward along the flow, s the arc length, from the saddle along ± its stable direction
//! ```
//! It is traced by steps of order 5 whose error, like that of the interpolation, stays below 1e-13 of the box. Backward
//! in time neighbouring curves converge to it, so that errors do not grow. It ends where it leaves the box or at
//! another critical point; tracing fails if it does neither (it winds onto a cycle) or takes too many steps.

use crate::problem::critical::stable_direction;
use crate::problem::piece::{Knot, Piece};
use crate::problem::{Dynamics, Space, ode};
use crate::tensor::{Point, advance, difference, dot, norm};

/// One half of a stable manifold, as far as it was traced.
#[derive(Clone, Debug)]
pub struct Branch {
    /// Its pieces, from the saddle outwards.
    pub pieces: Vec<Piece>,
    /// Whether it ended at a critical point or at the edge of the box.
    pub is_whole: bool,
}

/// A stationary point of the flow, b = 0.
#[derive(Clone, Copy, Debug)]
pub struct Rest {
    /// The point θ.
    pub at: Point,
    /// The distance to the nearest other stationary point, or the size of the box.
    pub alone: f64,
    /// Whether it is a saddle.
    pub is_saddle: bool,
}

/// The data for tracing stable manifolds.
pub struct Tracer<'a> {
    /// The flow.
    pub dynamics: &'a Dynamics,
    /// The box.
    pub space: Space,
    /// The box beyond which no curve is followed.
    pub reach: Space,
    /// All stationary points.
    pub rests: &'a [Rest],
}

/// The tolerance of each step, as a fraction of the box.
const TOLERANCE: f64 = 1e-13;
/// The length of the first, straight piece as a fraction of the distance to the nearest stationary point: the curve
/// deviates by its square.
const FIRST: f64 = 1e-6;
/// The largest number of steps; a longer branch winds around a cycle.
const MOST_STEPS: usize = 30_000;
/// The longest step as a fraction of the box.
const LONGEST: f64 = 1.0 / 128.0;

impl Tracer<'_> {
    /// Both halves of the stable manifold of a saddle.
    pub fn branches(&self, saddle: &Rest) -> [Branch; 2] {
        let direction = stable_direction(self.dynamics.slope_jacobian(saddle.at));
        [1.0, -1.0].map(|sign| self.trace(saddle, direction.map(|c| sign * c)))
    }

    /// −b/|b|.
    fn uphill(&self, at: Point) -> Point {
        let slope = self.dynamics.slope(self.space.wrap(at));
        let speed = norm(slope);
        slope.map(|c| c / speed)
    }

    fn knot(&self, at: Point, tangent: Point) -> Knot {
        let wrapped = self.space.wrap(at);
        let speed = norm(self.dynamics.slope(wrapped));
        let turn = self.dynamics.slope_jacobian(wrapped).map(|row| dot(row, tangent) / speed);
        let along = dot(turn, tangent);
        Knot { at, tangent, curvature: advance(turn, -along, tangent) }
    }

    fn trace(&self, saddle: &Rest, direction: Point) -> Branch {
        let scale = self.space.diagonal();
        let first = FIRST * saddle.alone;
        let start = advance(saddle.at, first, direction);
        let mut branch = Branch { pieces: vec![Piece::straight(saddle.at, start)], is_whole: false };
        let mut knot = self.knot(start, self.uphill(start));
        let mut length = first;
        let mut has_left = false;
        for _ in 0..MOST_STEPS {
            if !self.reach.holds(knot.at, 0.0) {
                branch.is_whole = true;
                break;
            }
            has_left |= norm(self.space.offset(saddle.at, self.space.wrap(knot.at))) > 1e-3 * saddle.alone;
            if let Some(last) = self.arrival(saddle, has_left, knot.at) {
                branch.pieces.push(Piece::straight(knot.at, last));
                branch.is_whole = true;
                break;
            }
            let tried = ode::step(|theta| self.uphill(theta), knot.at, knot.tangent, length);
            let next = self.knot(tried.end, tried.slope);
            let piece = Piece::new(&knot, &next, length);
            let allowed = TOLERANCE * scale + 4.0 * f64::EPSILON * norm(knot.at);
            let ratio = norm(tried.error).max(self.stray(&piece)) / allowed;
            if ratio <= 1.0 {
                branch.pieces.push(piece);
                knot = next;
            }
            length = (length * ode::growth(ratio)).min(LONGEST * scale);
            if length < 1e-15 * scale {
                break;
            }
        }
        branch
    }

    /// The stationary point that the curve runs into.
    fn arrival(&self, saddle: &Rest, has_left: bool, at: Point) -> Option<Point> {
        self.rests.iter().find_map(|rest| {
            let offset = self.space.offset(self.space.wrap(at), rest.at);
            // By rounding the curve turns away from a saddle in the end, so it must be accepted at a larger distance.
            let near = if rest.is_saddle { 1e-6 } else { 1e-9 } * rest.alone;
            let is_start = rest.at == saddle.at && !has_left;
            (!is_start && norm(offset) < near).then(|| advance(at, 1.0, offset))
        })
    }

    /// An estimate of the interpolation error. To leading order it is e s³(1 − s)³: its derivative at ¼, which follows
    /// from the tangent, is 0.0527 e, and its maximum 0.0156 e.
    fn stray(&self, piece: &Piece) -> f64 {
        let (along, tangent) = (piece.derivative(0.25), self.uphill(piece.at(0.25)));
        0.3 * (along[0] * tangent[1] - along[1] * tangent[0]).abs()
    }
}

/// All stationary points with the distance to the nearest other.
pub fn rests(space: &Space, saddles: &[Point], others: &[Point]) -> Vec<Rest> {
    let all: Vec<(Point, bool)> =
        saddles.iter().map(|&at| (at, true)).chain(others.iter().map(|&at| (at, false))).collect();
    let room = |index: usize| {
        let others = all.iter().enumerate().filter(|&(other, _)| other != index);
        let distances = others.map(|(_, other)| norm(space.offset(all[index].0, other.0)));
        distances.fold(norm(difference(space.upper, space.lower)), f64::min)
    };
    let rest = |(index, &(at, is_saddle)): (usize, &(Point, bool))| Rest { at, alone: room(index), is_saddle };
    all.iter().enumerate().map(rest).collect()
}
