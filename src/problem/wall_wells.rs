//! Wells whose lowest point lies on a reflecting wall: the flow runs into the wall there, and along it to that point.

use crate::problem::{Problem, Wall};
use crate::tensor::Point;

/// The number of points of a wall that are looked at.
const LOOKS: usize = 400;
/// The slope at a minimum, as a fraction of the largest.
const ROUNDING: f64 = 1e-9;

impl Problem {
    /// The lowest points on reflecting walls, to a few thousandths of the wall.
    pub fn wells_at_walls(&self) -> Vec<Point> {
        let domain = &self.domain;
        let mut found = Vec::new();
        for axis in 0..self.dimension {
            for end in 0..2 {
                if domain.wall(axis, end) == Some(Wall::Reflecting) {
                    found.extend(self.lowest_along(axis, end));
                }
            }
        }
        found
    }

    /// The largest slope along an axis at points of the diagonal.
    fn steepest(&self, axis: usize) -> f64 {
        let domain = &self.domain;
        let at = |k: usize| [0, 1].map(|own| domain.lower[own] + domain.width(own) * k as f64 / LOOKS as f64);
        (0..=LOOKS).map(|k| self.dynamics.slope(at(k))[axis].abs()).fold(0.0, f64::max)
    }

    fn lowest_along(&self, axis: usize, end: usize) -> Vec<Point> {
        let domain = &self.domain;
        let mut corner = domain.lower;
        corner[axis] = if end == 0 { domain.lower } else { domain.upper }[axis];
        let outwards = if end == 0 { 1.0 } else { -1.0 };
        // A minimum on the wall itself is found as such.
        let rounding = ROUNDING * self.steepest(axis);
        let runs_into = |at: Point| outwards * self.dynamics.slope(at)[axis] > rounding;
        if self.dimension == 1 {
            return if runs_into(corner) { vec![corner] } else { Vec::new() };
        }
        let across = 1 - axis;
        let at = |k: usize| {
            let mut at = corner;
            at[across] += domain.width(across) * (k as f64 + 0.5) / LOOKS as f64;
            at
        };
        // Towards larger coordinates up to that point, and back beyond it.
        let rises: Vec<bool> = (0..LOOKS).map(|k| self.dynamics.slope(at(k))[across] > 0.0).collect();
        let mut found = Vec::new();
        for k in 0..LOOKS {
            // Around a periodic axis the last point comes before the first.
            let is_first = k == 0 && !domain.is_periodic(across);
            let falls_before = is_first || !rises[(k + LOOKS - 1) % LOOKS];
            let is_end = k == LOOKS - 1 && !domain.is_periodic(across);
            let is_lowest = if rises[k] { falls_before } else { is_end };
            if is_lowest && runs_into(at(k)) {
                found.push(at(k));
            }
        }
        found
    }
}
