//! The stable manifold of a saddle: the curve whose points flow into it, and which parts one basin from another.
//!
//! ```text
//! dθ/ds = −b/|b|        backward along the flow, s the arc length, from the saddle along ± its stable direction
//! ```
//! Traced by steps of order 5 whose own error and whose interpolation's stay below 1e-13 of the box. Backward in time
//! what is beside the curve draws near to it, so that the error does not grow. Ends where it leaves the box, or at
//! another critical point; fails where it does neither (a cycle that it winds on to) or would take too many steps.

use crate::problem::critical::stable_direction;
use crate::problem::piece::{Knot, Piece};
use crate::problem::{Dynamics, Space, ode};
use crate::tensor::{Point, advance, difference, dot, norm};

/// One half of a stable manifold, as far as it was traced.
#[derive(Clone, Debug)]
pub struct Branch {
    /// From the saddle on, away from it.
    pub pieces: Vec<Piece>,
    /// Whether it ended where such a curve can.
    pub is_whole: bool,
}

/// A point where b = 0.
#[derive(Clone, Copy, Debug)]
pub struct Rest {
    /// Where.
    pub at: Point,
    /// The distance to the nearest other one, or the box.
    pub alone: f64,
    /// A saddle.
    pub is_saddle: bool,
}

/// What one half of a stable manifold is traced in.
pub struct Tracer<'a> {
    /// The flow.
    pub dynamics: &'a Dynamics,
    /// The box.
    pub space: Space,
    /// The box beyond which no curve is followed.
    pub reach: Space,
    /// All points of rest.
    pub rests: &'a [Rest],
}

/// Of the box, for each step.
const TOLERANCE: f64 = 1e-13;
/// The first piece is straight, of this share of the distance to the nearest point of rest: the curve bends away by the
/// square.
const FIRST: f64 = 1e-6;
/// A branch that takes more steps than this winds round a cycle.
const MOST_STEPS: usize = 30_000;
/// No step is longer than this share of the box.
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

    /// The point of rest that the curve runs into.
    fn arrival(&self, saddle: &Rest, has_left: bool, at: Point) -> Option<Point> {
        self.rests.iter().find_map(|rest| {
            let offset = self.space.offset(self.space.wrap(at), rest.at);
            // Beside a saddle the curve turns off, by rounding, unless it is let in from farther away.
            let near = if rest.is_saddle { 1e-6 } else { 1e-9 } * rest.alone;
            let is_start = rest.at == saddle.at && !has_left;
            (!is_start && norm(offset) < near).then(|| advance(at, 1.0, offset))
        })
    }

    /// How far the interpolation strays from the curve. Its error is e s³(1 − s)³ to leading order: its slope at ¼,
    /// where the tangent shows it, is 0.0527 e, and its largest value 0.0156 e.
    fn stray(&self, piece: &Piece) -> f64 {
        let (along, tangent) = (piece.derivative(0.25), self.uphill(piece.at(0.25)));
        0.3 * (along[0] * tangent[1] - along[1] * tangent[0]).abs()
    }
}

/// Points of rest with the room that they have.
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
