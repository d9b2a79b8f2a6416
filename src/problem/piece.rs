//! A short smooth piece of a plane curve, and its crossing with a segment.
//!
//! Quintic Hermite interpolation between two points with tangent and curvature, of sixth order in the length.

use crate::tensor::{Point, difference, dot, norm};

/// A point of a curve with the data for the interpolation.
#[derive(Clone, Copy, Debug)]
pub struct Knot {
    /// The point θ.
    pub at: Point,
    /// The unit tangent.
    pub tangent: Point,
    /// The derivative of the tangent with respect to the arc length.
    pub curvature: Point,
}

/// A piece of a curve between two knots, with the parameter u from 0 to 1.
#[derive(Clone, Debug)]
pub struct Piece {
    /// The coefficients of the powers of u.
    coefficients: [Point; 6],
    /// An upper bound of the distance from its chord.
    sagitta: f64,
}

/// The crossing of a segment with a piece.
#[derive(Clone, Copy, Debug)]
pub struct Crossing {
    /// The fraction of the segment.
    pub fraction: f64,
    /// Whether the segment comes from the left of the curve.
    pub from_left: bool,
}

impl Piece {
    /// The piece of this arc length between two knots.
    pub fn new(from: &Knot, to: &Knot, length: f64) -> Piece {
        let mut coefficients = [[0.0; 2]; 6];
        for axis in 0..2 {
            let rise = to.at[axis] - from.at[axis];
            let (first, last) = (length * from.tangent[axis], length * to.tangent[axis]);
            let bend = [from, to].map(|knot| 0.5 * length * length * knot.curvature[axis]);
            // The higher powers from the three conditions at u = 1.
            let value = rise - first - bend[0];
            let slope = last - first - 2.0 * bend[0];
            let second = bend[1] - bend[0];
            let powers = [
                from.at[axis],
                first,
                bend[0],
                10.0 * value - 4.0 * slope + second,
                -15.0 * value + 7.0 * slope - 2.0 * second,
                6.0 * value - 3.0 * slope + second,
            ];
            for (coefficient, power) in coefficients.iter_mut().zip(powers) {
                coefficient[axis] = power;
            }
        }
        // |P(u) − chord| ≤ Σ |c_k| |u^k − u|, and |u^k − u| < 0.6 for k ≤ 5.
        let sagitta = 0.6 * coefficients[2..].iter().map(|&power| norm(power)).sum::<f64>();
        Piece { coefficients, sagitta }
    }

    /// The straight piece between two points.
    pub fn straight(from: Point, to: Point) -> Piece {
        let zero = [0.0; 2];
        Piece { coefficients: [from, difference(to, from), zero, zero, zero, zero], sagitta: 0.0 }
    }

    /// The point at u.
    pub fn at(&self, u: f64) -> Point {
        self.coefficients.iter().rev().fold([0.0; 2], |sum, power| [0, 1].map(|axis| sum[axis] * u + power[axis]))
    }

    /// The derivative with respect to u.
    pub fn derivative(&self, u: f64) -> Point {
        let powers = self.coefficients.iter().enumerate().skip(1).rev();
        powers.fold([0.0; 2], |sum, (k, power)| [0, 1].map(|axis| sum[axis] * u + k as f64 * power[axis]))
    }

    /// The distance of a point from the piece.
    pub fn distance(&self, from: Point) -> f64 {
        const LOOKS: u32 = 8;
        let apart = |u: f64| norm(difference(self.at(u), from));
        let looks = (0..=LOOKS).map(|k| f64::from(k) / f64::from(LOOKS));
        let mut u = looks.min_by(|&a, &b| apart(a).total_cmp(&apart(b))).unwrap_or(0.0);
        let mut best = apart(u);
        // Gauss–Newton and Newton steps along the curve, which is nearly straight.
        for _ in 0..8 {
            let along = self.derivative(u);
            let step = dot(difference(self.at(u), from), along) / dot(along, along);
            u = (u - step).clamp(0.0, 1.0);
            best = best.min(apart(u));
        }
        best
    }

    /// The corners of a box that contains the piece.
    pub fn bounds(&self) -> [Point; 2] {
        let (start, end) = (self.at(0.0), self.at(1.0));
        let lower = [0, 1].map(|axis| start[axis].min(end[axis]) - self.sagitta);
        [lower, [0, 1].map(|axis| start[axis].max(end[axis]) + self.sagitta)]
    }

    /// The crossing of the segment from → from + step with the piece shifted by `shift`; at most one crossing is found.
    pub fn crossing(&self, shift: Point, from: Point, step: Point) -> Option<Crossing> {
        // Consecutive pieces overlap by this much, so that no segment passes between them.
        const OVERLAP: f64 = 1e-9;
        let across = |v: Point| step[0] * v[1] - step[1] * v[0];
        let origin = difference(from, shift);
        let mut line = self.coefficients.map(across);
        line[0] = across(difference(self.coefficients[0], origin));
        let value = |u: f64| line.iter().rev().fold(0.0, |sum, power| sum * u + power);
        let (mut low, mut high) = (-OVERLAP, 1.0 + OVERLAP);
        let starts_right = value(low) < 0.0;
        if starts_right == (value(high) < 0.0) {
            return None;
        }
        // Newton's method, safeguarded by the bracket.
        let mut u = 0.5;
        for _ in 0..80 {
            let residual = value(u);
            if (residual < 0.0) == starts_right {
                low = u
            } else {
                high = u
            }
            let slope = (1..6).rev().fold(0.0, |sum, k| sum * u + k as f64 * line[k]);
            let newton = u - residual / slope;
            if (newton - u).abs() <= 4.0 * f64::EPSILON {
                break;
            }
            let next = if newton > low && newton < high { newton } else { 0.5 * (low + high) };
            u = next;
        }
        let fraction = dot(difference(self.at(u), origin), step) / dot(step, step);
        // A curve that goes from the right of the segment to its left is met on the curve's own left.
        (0.0..=1.0).contains(&fraction).then_some(Crossing { fraction, from_left: starts_right })
    }
}
