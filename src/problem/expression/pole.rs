//! Poles of a formula: points at which a denominator vanishes and the value grows beyond all bounds.
//!
//! Denominators u are evaluated on a lattice. A change of sign is bisected, and from a local minimum of |u| a descent
//! leads to its zero. If the whole formula does not grow at a zero, as (x² − 1)/(x − 1) at 1, there is no pole. A pole
//! with a residue below about 1e-7 cannot be distinguished from its surroundings.

use super::Expression;
use super::graph::{Function, Graph, Id, Node, Pairing};
use super::program::Program;
use crate::tensor::Point;

/// The most steps of a descent: 60 halvings, and a few steps between two of them.
const MOST_STEPS: usize = 400;

/// The lattice points along an axis, by dimension.
const LATTICE: [usize; 2] = [401, 65];
/// The fraction of the largest |u| on the lattice below which a minimum of |u| counts as a zero.
const ZERO: f64 = 1e-12;
/// The share of the largest |u| above which a lattice point is near no zero.
const LOW: f64 = 0.1;
/// The distances from a zero, as shares of the box, between which the formula is watched.
const DISTANCES: [f64; 3] = [1.0 / 4096.0, 1.0 / 32768.0, 1.0 / 262144.0];
/// The least factor by which the differences f(2r) − f(r) of a pole grow from one distance r to the next, which is
/// eight times smaller: between the factor 2.8 of 1/√|u| and the factor 1 of a logarithm.
const GROWTH: f64 = 2.0;

impl Graph {
    /// Returns the denominators of a formula that are not constant.
    pub(super) fn denominators(&mut self, root: Id) -> Vec<Id> {
        let used = self.used(&[root]);
        let mut found = Vec::new();
        for id in (0..=root).filter(|&id| used[id]) {
            let denominator = match self.nodes()[id] {
                Node::Pair(Pairing::Div, _, b) => Some(b),
                Node::Power(a, n) if n < 0 => Some(a),
                Node::Call(Function::Tan, a) => Some(self.call(Function::Cos, a)),
                _ => None,
            };
            let is_constant = |id: Id| matches!(self.nodes()[id], Node::Constant(_));
            found.extend(denominator.filter(|&id| !is_constant(id) && !found.contains(&id)));
        }
        found
    }
}

/// A box with its lattice.
struct Lattice {
    lower: Point,
    widths: Point,
    dimension: usize,
}

impl Lattice {
    fn count(&self) -> usize {
        LATTICE[self.dimension - 1]
    }

    /// The number of rows along each axis.
    fn shape(&self) -> [usize; 2] {
        [self.count(), if self.dimension == 2 { self.count() } else { 1 }]
    }

    fn point(&self, [i, j]: [usize; 2]) -> Point {
        let share = |index: usize| index as f64 / (self.count() - 1) as f64;
        [self.lower[0] + share(i) * self.widths[0], self.lower[1] + share(j) * self.widths[1]]
    }

    /// Whether a point lies in the box, and farther from its ends than rounding.
    fn holds(&self, at: Point) -> bool {
        (0..self.dimension).all(|axis| {
            let share = (at[axis] - self.lower[axis]) / self.widths[axis];
            ZERO < share && share < 1.0 - ZERO
        })
    }

    /// Returns points at which a denominator vanishes.
    fn zeros(&self, denominator: &Program<1>) -> Vec<Point> {
        let [columns, rows] = self.shape();
        let u = |at: Point| denominator.run(at)[0];
        let all: Vec<[usize; 2]> = (0..columns).flat_map(|i| (0..rows).map(move |j| [i, j])).collect();
        let values: Vec<f64> = all.iter().map(|&place| u(self.point(place))).collect();
        let largest = values.iter().filter(|value| value.is_finite()).fold(0.0f64, |most, value| most.max(value.abs()));
        let value = |[i, j]: [usize; 2]| values[i * rows + j];
        let mut found = Vec::new();
        for &[i, j] in &all {
            let next = [[i + 1, j], [i, j + 1]].into_iter().filter(|&[k, l]| k < columns && l < rows);
            let changes = next.filter(|&next| value([i, j]) * value(next) < 0.0);
            found.extend(changes.map(|next| bisected(self.point([i, j]), self.point(next), u)));
            let neighbours =
                [i.wrapping_sub(1), i, i + 1].into_iter().flat_map(|k| [j.wrapping_sub(1), j, j + 1].map(|l| [k, l]));
            let mut neighbours = neighbours.filter(|&[k, l]| k < columns && l < rows);
            if value([i, j]).abs() <= LOW * largest && neighbours.all(|other| value([i, j]).abs() <= value(other).abs())
            {
                let lowest = self.followed_down(self.point([i, j]), u);
                found.extend((u(lowest).abs() <= ZERO * largest).then_some(lowest));
            }
        }
        found
    }

    /// Returns the minimum of |u| near a point, by steps along the axes that are halved when none of them descends; or
    /// where [`MOST_STEPS`] of them end, as along a bent valley of |u|.
    fn followed_down(&self, mut at: Point, u: impl Fn(Point) -> f64) -> Point {
        let mut share = 1.0 / (self.count() - 1) as f64;
        for _ in 0..MOST_STEPS {
            if share <= f64::EPSILON {
                break;
            }
            let steps = (0..self.dimension).flat_map(|axis| [(axis, share), (axis, -share)]);
            let moved = steps.map(|(axis, share)| {
                let mut to = at;
                to[axis] += share * self.widths[axis];
                to
            });
            match moved.filter(|to| self.holds(*to)).find(|to| u(*to).abs() < u(at).abs()) {
                Some(lower) => at = lower,
                None => share *= 0.5,
            }
        }
        at
    }

    /// Whether |f| grows beyond all bounds towards a point, along some axis from at least one side.
    fn grows(&self, at: Point, f: impl Fn(Point) -> f64) -> bool {
        (0..self.dimension).flat_map(|axis| [(axis, 1.0), (axis, -1.0)]).any(|(axis, sign)| {
            let place = |share: f64| {
                let mut place = at;
                place[axis] += sign * share * self.widths[axis];
                place
            };
            let [far, near, nearest] = DISTANCES.map(|share| (f(place(2.0 * share)) - f(place(share))).abs());
            self.holds(place(2.0 * DISTANCES[0])) && near > GROWTH * far && nearest > GROWTH * near
        })
    }
}

/// Bisects for the zero between two points of different signs.
fn bisected(mut from: Point, mut to: Point, u: impl Fn(Point) -> f64) -> Point {
    let sign = u(from) > 0.0;
    for _ in 0..60 {
        let middle = [0, 1].map(|axis| 0.5 * (from[axis] + to[axis]));
        if (u(middle) > 0.0) == sign { from = middle } else { to = middle }
    }
    to
}

impl Expression {
    /// Returns a pole in a box; `None` if none is found.
    pub fn pole(&self, lower: Point, upper: Point) -> Option<Point> {
        let widths = [0, 1].map(|axis| upper[axis] - lower[axis]);
        let lattice = Lattice { lower, widths, dimension: self.dimension() };
        let mut zeros = self.denominators.iter().flat_map(|denominator| lattice.zeros(denominator));
        zeros.find(|&at| lattice.holds(at) && lattice.grows(at, |theta| self.value(theta)))
    }
}
