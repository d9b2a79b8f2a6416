//! D⁻¹s, and whether it is a gradient, that is, whether the process is in detailed balance.
//!
//! The current J = −D p ∇(P/p), p = e^{−φ}, equals that of the calculus if
//! ```text
//!   ∇φ = D⁻¹ s,   s = −b + c ∇·D        c = 1 (Itô), ½ (Stratonovich, scalar D), 0 (isothermal)
//! ```
//! which has a solution φ exactly if D⁻¹s has no curl. Within a cell s, D and D⁻¹s are the polynomials through their
//! values at the nodes of a rule; ∇·D is the derivative of the polynomial of D.

use super::rule::Rule;
use crate::problem::{Domain, Interpretation, Problem};
use crate::study::certificate::CertificateError;
use crate::tensor::{LANES, Point, Points, Tensor};

/// Squares along each axis around which the circulation is computed; they lie [`FINER`] times their side apart.
const SQUARES: usize = 12;
const FINER: f64 = 8.0;
/// A circulation is rounding if it is below this share of the integral of |D⁻¹s| around its square, plus
/// [`ROUNDED_OF_LARGEST`] of the largest such integral, plus [`ROUNDED_AT_ALL`].
const ROUNDED: f64 = 1e-9;
const ROUNDED_OF_LARGEST: f64 = 1e-11;
/// A circulation, in units of φ, that changes no density visibly; ten times what numerical derivatives of a constant D
/// leave.
const ROUNDED_AT_ALL: f64 = 1e-12;

/// The force D⁻¹s of a problem.
#[derive(Clone, Copy)]
pub(super) struct Force<'a> {
    problem: &'a Problem,
    /// The factor c of ∇·D, which depends on the calculus.
    pub(super) share: f64,
}

/// A rectangle along the axes.
#[derive(Clone, Copy)]
pub(super) struct Rectangle {
    pub(super) lower: Point,
    pub(super) size: Point,
}

/// D⁻¹s and D at the nodes of a rectangle, x slow.
pub(super) struct Nodes<const N: usize> {
    /// The components x and y of D⁻¹s.
    pub(super) force: [[[f64; N]; N]; 2],
    /// Entries xx, xy and yy of D.
    pub(super) tensor: [[[f64; N]; N]; 3],
}

impl<const N: usize> Nodes<N> {
    /// D at node (a, b).
    pub(super) fn tensor(&self, a: usize, b: usize) -> Tensor {
        let [xx, xy, yy] = &self.tensor;
        Tensor { xx: xx[a][b], xy: xy[a][b], yy: yy[a][b] }
    }
}

impl<'a> Force<'a> {
    pub(super) fn new(problem: &'a Problem) -> Force<'a> {
        let share = match problem.interpretation {
            Interpretation::Ito => 1.0,
            Interpretation::Stratonovich => 0.5,
            Interpretation::Isothermal => 0.0,
        };
        Force { problem, share }
    }

    /// D⁻¹s and D at the nodes of a rectangle.
    pub(super) fn at_nodes<const N: usize>(&self, rule: &Rule<N>, rectangle: Rectangle) -> Nodes<N> {
        const { assert!(N * N <= LANES) };
        let Rectangle { lower, size } = rectangle;
        let mut at = Points::all(lower);
        for a in 0..N {
            for b in 0..N {
                at.set(a * N + b, [lower[0] + size[0] * rule.nodes[a], lower[1] + size[1] * rule.nodes[b]]);
            }
        }
        let (mut slopes, mut tensors) = (Points::all([0.0; 2]), [[0.0; LANES]; 3]);
        self.problem.dynamics.slopes(&at, &mut slopes);
        self.problem.noise.tensors(&at, &mut tensors);
        let square = |values: &[f64; LANES]| -> [[f64; N]; N] {
            std::array::from_fn(|a| std::array::from_fn(|b| values[a * N + b]))
        };
        let tensor = tensors.each_ref().map(square);
        let mut s = [square(&slopes.x), square(&slopes.y)];
        if self.share != 0.0 {
            let [xx, xy, yy] = &tensor;
            for a in 0..N {
                for b in 0..N {
                    let along_x =
                        |d: &[[f64; N]; N]| (0..N).map(|k| rule.derivative[a][k] * d[k][b]).sum::<f64>() / size[0];
                    let along_y =
                        |d: &[[f64; N]; N]| (0..N).map(|k| rule.derivative[b][k] * d[a][k]).sum::<f64>() / size[1];
                    s[0][a][b] += self.share * (along_x(xx) + along_y(xy));
                    s[1][a][b] += self.share * (along_x(xy) + along_y(yy));
                }
            }
        }
        let mut found = Nodes { force: s, tensor };
        for a in 0..N {
            for b in 0..N {
                let own = [found.force[0][a][b], found.force[1][a][b]];
                [found.force[0][a][b], found.force[1][a][b]] = solved(found.tensor(a, b), own);
            }
        }
        found
    }

    /// s and D⁻¹s at a point.
    pub(super) fn at(&self, theta: Point) -> (Point, Point) {
        let divergence = if self.share == 0.0 { [0.0; 2] } else { self.divergence(theta) };
        let slope = self.problem.dynamics.slope(theta);
        let s = [0, 1].map(|axis| slope[axis] + self.share * divergence[axis]);
        (s, solved(self.problem.noise.tensor(theta), s))
    }

    /// ∇·D by fourth-order differences, at the nearest point from which all steps stay within the domain.
    fn divergence(&self, theta: Point) -> Point {
        let steps = self.steps();
        let at = self.inside(theta, steps);
        let moved = |axis: usize, k: f64| {
            let mut place = at;
            place[axis] += k * steps[axis];
            self.problem.noise.tensor(place)
        };
        let slope = |axis: usize, entry: fn(&Tensor) -> f64| {
            let value = |k: f64| entry(&moved(axis, k));
            (8.0 * (value(1.0) - value(-1.0)) - (value(2.0) - value(-2.0))) / (12.0 * steps[axis])
        };
        [slope(0, |d| d.xx) + slope(1, |d| d.xy), slope(0, |d| d.xy) + slope(1, |d| d.yy)]
    }

    /// ∇·s; the second derivatives of D by second-order differences.
    pub(super) fn divergence_of_slope(&self, theta: Point) -> f64 {
        let [[xx, _], [_, yy]] = self.problem.dynamics.slope_jacobian(theta);
        if self.share == 0.0 {
            return xx + yy;
        }
        let steps = self.steps();
        let at = self.inside(theta, steps);
        let value = |k: f64, l: f64| self.problem.noise.tensor([at[0] + k * steps[0], at[1] + l * steps[1]]);
        let middle = value(0.0, 0.0);
        let second = |one: f64, other: f64, middle: f64, step: f64| (one - 2.0 * middle + other) / (step * step);
        let along_x = second(value(1.0, 0.0).xx, value(-1.0, 0.0).xx, middle.xx, steps[0]);
        let along_y = second(value(0.0, 1.0).yy, value(0.0, -1.0).yy, middle.yy, steps[1]);
        let mixed = value(1.0, 1.0).xy - value(1.0, -1.0).xy - value(-1.0, 1.0).xy + value(-1.0, -1.0).xy;
        xx + yy + self.share * (along_x + along_y + mixed / (2.0 * steps[0] * steps[1]))
    }

    /// The steps of the differences. Their truncation error enters only quantities that need not be accurate.
    fn steps(&self) -> Point {
        [0, 1].map(|axis| 1e-3 * self.problem.domain.width(axis))
    }

    fn inside(&self, theta: Point, steps: Point) -> Point {
        let Domain { lower, upper, .. } = &self.problem.domain;
        [0, 1].map(|axis| theta[axis].clamp(lower[axis] + 2.0 * steps[axis], upper[axis] - 2.0 * steps[axis]))
    }

    /// Checks that D⁻¹s is a gradient.
    ///
    /// # Errors
    /// [`CertificateError::Circulates`] if its circulation around any of the squares is above rounding.
    pub(super) fn check(&self) -> Result<(), CertificateError> {
        let domain = &self.problem.domain;
        let rule = Rule::<8>::new();
        let size = [0, 1].map(|axis| domain.width(axis) / (FINER * SQUARES as f64));
        let mut found = Vec::with_capacity(SQUARES * SQUARES);
        for i in 0..SQUARES {
            for j in 0..SQUARES {
                let place =
                    |axis: usize, k: usize| domain.lower[axis] + domain.width(axis) * (k as f64 + 0.4) / SQUARES as f64;
                let lower = [place(0, i), place(1, j)];
                let nodes = self.at_nodes(&rule, Rectangle { lower, size });
                found.push((lower, circulation(&rule, &nodes, size)));
            }
        }
        let largest = found.iter().fold(0.0, |most: f64, (_, [_, length])| most.max(*length));
        let is_turning =
            |[turn, length]: [f64; 2]| turn.abs() > ROUNDED * length + ROUNDED_OF_LARGEST * largest + ROUNDED_AT_ALL;
        match found.into_iter().find(|(_, circulation)| is_turning(*circulation)) {
            Some((at, [turn, length])) => Err(CertificateError::Circulates { at, share: turn.abs() / length }),
            None => Ok(()),
        }
    }
}

/// ∮ D⁻¹s·dl around a rectangle, counterclockwise, and the integral of the absolute value of its tangential component.
fn circulation<const N: usize>(rule: &Rule<N>, nodes: &Nodes<N>, size: Point) -> [f64; 2] {
    let [x, y] = &nodes.force;
    let side = |end: usize, axis: usize| -> [f64; N] {
        let extrapolated = |k: usize| -> f64 {
            (0..N).map(|l| rule.at_ends[end][l] * if axis == 0 { x[k][l] } else { y[l][k] }).sum()
        };
        std::array::from_fn(extrapolated)
    };
    let (mut turn, mut length) = (0.0, 0.0);
    for (end, sign) in [(0, 1.0), (1, -1.0)] {
        let (along_x, along_y) = (side(end, 0), side(end, 1));
        turn += sign * (size[0] * rule.integral(&along_x) - size[1] * rule.integral(&along_y));
        length += size[0] * rule.integral(&along_x.map(f64::abs)) + size[1] * rule.integral(&along_y.map(f64::abs));
    }
    [turn, length]
}

/// D⁻¹v.
pub(super) fn solved(Tensor { xx, xy, yy }: Tensor, [x, y]: Point) -> Point {
    let determinant = xx * yy - xy * xy;
    [(yy * x - xy * y) / determinant, (xx * y - xy * x) / determinant]
}
