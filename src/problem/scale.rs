//! Natural units of length along each axis, determined from the problem itself.
//!
//! Searches and tolerances use them, so that results do not depend on the units of θ.

use crate::problem::Dynamics;
use crate::tensor::{Point, Tensor, advance, difference, norm};

/// A unit of length along each axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Units(pub Point);

impl Units {
    /// The length of a displacement in these units.
    pub fn length(&self, displacement: Point) -> f64 {
        norm([displacement[0] / self.0[0], displacement[1] / self.0[1]])
    }

    /// The unit vector in θ of a direction that is given in these units.
    pub fn direction(&self, [x, y]: Point) -> Point {
        // Equal units leave the direction unchanged, to the bit.
        if self.0[0] == self.0[1] {
            return [x, y];
        }
        let ratio = self.0[1] / self.0[0];
        let length = norm([x, y * ratio]);
        [x / length, y * ratio / length]
    }

    /// A diffusion tensor in these units.
    pub fn tensor(&self, Tensor { xx, xy, yy }: Tensor) -> Tensor {
        let [x, y] = self.0;
        Tensor { xx: xx / x / x, xy: xy / x / y, yy: yy / y / y }
    }

    /// The derivatives ∂fᵢ/∂θⱼ of a vector field f, in these units.
    pub fn jacobian(&self, [[a, b], [c, d]]: [Point; 2]) -> [Point; 2] {
        let ratio = self.0[1] / self.0[0];
        [[a, b * ratio], [c / ratio, d]]
    }
}

/// The powers of two between which a length is searched for.
const POWERS: std::ops::RangeInclusive<i32> = -400..=400;
/// The relative deviation from linearity up to which a slope counts as linear.
const LINEAR: f64 = 0.5;
/// The ratio to the other axis's range beyond which a range is ignored.
const BEYOND: f64 = 1e6;
/// The number of consecutive lengths that must be linear, since a single one may be by chance.
const IN_A_ROW: usize = 3;

/// The distance along each axis within which the slope around a point is linear, to a factor of two; `None` if it is
/// linear everywhere or nowhere.
pub fn linear_range(dynamics: &Dynamics, centre: Point) -> [Option<f64>; 2] {
    let jacobian = dynamics.slope_jacobian(centre);
    let here = dynamics.slope(centre);
    let mut range = [None; 2];
    for (axis, range) in range.iter_mut().enumerate().take(dynamics.dimension()) {
        let column = [jacobian[0][axis], jacobian[1][axis]];
        let is_linear = |length: f64| {
            [-1.0, 1.0].into_iter().all(|sign| {
                let mut step = [0.0; 2];
                step[axis] = sign * length;
                let change = difference(dynamics.slope(advance(centre, 1.0, step)), here);
                let linear = column.map(|entry| entry * sign * length);
                norm(difference(change, linear)) <= LINEAR * norm(linear)
            })
        };
        // Upwards from lengths at which a step is lost in the rounding of the coordinate, through the linear range to
        // its end.
        let mut found = 0;
        for power in POWERS {
            let length = 2f64.powi(power);
            // A step that is lost in the rounding of the coordinate tells nothing about a slope that is constant.
            if centre[axis] + length == centre[axis] {
                continue;
            }
            if is_linear(length) {
                found += 1;
            } else if found >= IN_A_ROW {
                *range = Some(0.5 * length);
                break;
            } else {
                found = 0;
            }
        }
    }
    range
}

/// The distance along each axis within which the slope is linear on either side of a point at which it jumps; `None` if
/// it is linear everywhere.
fn range_beside_kink(dynamics: &Dynamics, centre: Point) -> [Option<f64>; 2] {
    // Beside the rounding of the coordinate.
    const ULPS: f64 = 64.0;
    [0, 1].map(|axis| {
        let step = |length: f64| advance(centre, length, if axis == 0 { [1.0, 0.0] } else { [0.0, 1.0] });
        let is_linear = |length: f64| {
            [-length, length].into_iter().all(|length| {
                let (half, whole) = (step(0.5 * length), step(length));
                let (slope, jacobian) = (dynamics.slope(half), dynamics.slope_jacobian(half));
                let linear = [0, 1].map(|row| slope[row] + 0.5 * length * jacobian[row][axis]);
                norm(difference(dynamics.slope(whole), linear)) <= LINEAR * norm(linear)
            })
        };
        let lengths = POWERS.map(|power| 2f64.powi(power));
        let seen = lengths.filter(|length| *length > 2.0 * ULPS * f64::EPSILON * centre[axis].abs());
        let end = if axis < dynamics.dimension() { seen.into_iter().find(|&length| !is_linear(length)) } else { None };
        end.map(|length| 0.5 * length).filter(|length| length.is_finite())
    })
}

/// Units around a point: the [`linear_range`]; for an axis without one that of the other axis; if neither has one
/// `default`.
pub fn around(dynamics: &Dynamics, centre: Point, default: Point) -> Units {
    let [mut x, mut y] = linear_range(dynamics, centre);
    if dynamics.may_break() {
        let beside = range_beside_kink(dynamics, centre);
        (x, y) = (x.or(beside[0]), y.or(beside[1]));
    }
    // For a loss that is quadratic along an axis, scale by the ratio of the curvatures.
    let [[a, b], [c, d]] = dynamics.slope_jacobian(centre);
    // For a drift, such that its Jacobian is balanced.
    let ratio = match dynamics.loss() {
        Some(_) if a != 0.0 && d != 0.0 => (a / d).abs().sqrt(),
        None if b != 0.0 && c != 0.0 => (c / b).abs().sqrt(),
        _ => default[1] / default[0],
    };
    // A range far beyond that of the other axis does not count either: finite differences make the slope nonlinear by
    // rounding there.
    if dynamics.loss().is_some()
        && let (Some(along_x), Some(along_y)) = (x, y)
    {
        x = x.filter(|_| along_x < BEYOND * along_y);
        y = y.filter(|_| along_y < BEYOND * along_x);
    }
    match (x, y) {
        (Some(x), Some(y)) => Units([x, y]),
        (Some(x), None) => Units([x, x * ratio]),
        (None, Some(y)) => Units([y / ratio, y]),
        (None, None) => Units(default),
    }
}
