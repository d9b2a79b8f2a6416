//! Cusps: points at which the slope jumps from falling to rising (a minimum) or from rising to falling (a crest), as
//! those of |x|, max(x, −2x) and of a loss with an ℓ₁ penalty.
//!
//! There is no Hessian at a cusp. What stands for its eigenvalues wherever a width or a rate of relaxation is needed is
//! the curvature with which a parabola has the width of the density,
//!
//! ```text
//! s²/D       s the mean of the one-sided slopes |∂L|, D the noise along the axis:  width D/s = √(D/(s²/D))
//! ```
//!
//! In one dimension a cusp is located by bisection on the sign of the slope. In two dimensions, for a loss, by bisection
//! within bisection: x(y) is where the slope along x changes sign, and y where the slope of m(y) = L(x(y), y) does,
//!
//! ```text
//! m'(y) = λ ∂L/∂y|₋ + (1 − λ) ∂L/∂y|₊       with λ ∂L/∂x|₋ + (1 − λ) ∂L/∂x|₊ = 0
//! ```
//!
//! with − and + the two sides of x(y): along a kink the slope of L is that mixture. This finds a minimum on a kink of
//! any direction. Crests and saddles on kinks are found in one dimension only. A point at which L itself jumps is no
//! cusp.

use crate::problem::Dynamics;
use crate::problem::scale::Units;
use crate::tensor::{Point, Tensor, advance, difference, norm};

/// The one-sided slopes at a point where the slope jumps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cusp {
    /// Below and above the point, along each axis; only the first `dimension` axes are used.
    pub slopes: [[f64; 2]; 2],
    /// The second derivatives along the axes beside the kink.
    pub curvatures: [f64; 2],
    /// The signs of the slopes just beside the point.
    signs: [[f64; 2]; 2],
}

/// The distance from a point, in the units of the problem, at which its one-sided slopes are taken.
const NEAR: f64 = 1e-9;
/// The same in units in the last place of a coordinate.
const ULPS: f64 = 64.0;
/// The ratio of the distances at which a jump is told from a curvature.
const FURTHER: f64 = 10.0;
/// The smallest jump that counts, relative to the change of the slope over [`FAR`]: differences of losses have noise
/// below it.
const SMALLEST: f64 = 1e-5;
/// A distance over which the slope changes as the problem has it.
const FAR: f64 = 1e-2;
/// Slopes below this share of the largest one are 0 to rounding.
const ROUNDING: f64 = 1e-12;
/// The number of halvings after which an interval is exhausted: 53 for the mantissa, more for a root near 0.
const HALVINGS: usize = 80;

impl Cusp {
    /// Whether the loss rises on both sides along every axis.
    pub fn is_minimum(&self, dimension: usize) -> bool {
        self.signs[..dimension].iter().all(|&[below, above]| below < 0.0 && above > 0.0)
    }

    /// Whether the loss falls on both sides, in one dimension.
    pub fn is_crest(&self) -> bool {
        let [below, above] = self.signs[0];
        below > 0.0 && above < 0.0
    }

    /// The curvatures with which parabolas have the widths of the density along the axes: positive at a minimum,
    /// negative at a crest.
    pub fn curvatures_with(&self, noise: Tensor) -> [f64; 2] {
        let along = |axis: usize, diffusion: f64| {
            let [below, above] = self.slopes[axis];
            let slope = 0.5 * (below.abs() + above.abs());
            let sign = if above < below { -1.0 } else { 1.0 };
            sign * slope * (slope / diffusion) + self.curvatures[axis]
        };
        [along(0, noise.xx), along(1, noise.yy)]
    }
}

/// A vector of slopes in units in which all of its components are losses.
fn scaled([x, y]: Point, Units(units): Units) -> Point {
    [x * units[0], y * units[1]]
}

fn along(axis: usize, length: f64) -> Point {
    if axis == 0 { [length, 0.0] } else { [0.0, length] }
}

/// The one-sided slopes at a point at which the slope jumps; `None` where it does not, or where L does.
pub(super) fn at(dynamics: &Dynamics, units: Units, at: Point) -> Option<Cusp> {
    let dimension = dynamics.dimension();
    let [[a, _], [_, d]] = dynamics.slope_jacobian(at);
    let curvatures = [a, d].map(|entry| if entry.is_finite() { entry } else { 0.0 });
    let mut cusp = Cusp { slopes: [[0.0; 2]; 2], curvatures, signs: [[0.0; 2]; 2] };
    let mut jumps = false;
    for axis in 0..dimension {
        let near = (NEAR * units.0[axis]).max(ULPS * f64::EPSILON * at[axis].abs());
        let sides =
            |distance: f64| [-distance, distance].map(|step| dynamics.slope(advance(at, 1.0, along(axis, step))));
        let change = |distance: f64| {
            let [below, above] = sides(distance);
            norm(scaled(difference(above, below), units))
        };
        let (jump, further, far) = (change(near), change(FURTHER * near), change(FAR * units.0[axis]));
        // A jump does not grow with the distance; the change of a smooth slope, and of |x|^p with p > 1, does.
        jumps |= jump > 0.5 * further && jump < 2.0 * further && jump > SMALLEST * far;
        let [below, above] = sides(near);
        let farther = sides(2.0 * near);
        let largest = norm(scaled(below, units)).max(norm(scaled(above, units))) / units.0[axis];
        for (side, (one, two)) in [(below, farther[0]), (above, farther[1])].into_iter().enumerate() {
            // At the point itself; a slope that vanishes there is 0 to rounding.
            let slope = 2.0 * one[axis] - two[axis];
            cusp.slopes[axis][side] = if slope.abs() > ROUNDING * largest { slope } else { 0.0 };
            cusp.signs[axis][side] = if one[axis] == 0.0 { 0.0 } else { one[axis].signum() };
        }
        if let Some(loss) = dynamics.loss() {
            let [low, high] = [-near, near].map(|step| loss.value(advance(at, 1.0, along(axis, step))));
            let rounding = ULPS * f64::EPSILON * low.abs().max(high.abs());
            let slope = [-near, near].map(|step| loss.gradient(advance(at, 1.0, along(axis, step)))[axis].abs());
            if (high - low).abs() > 4.0 * near * (slope[0] + slope[1]) + rounding {
                return None;
            }
        }
    }
    jumps.then_some(cusp)
}

/// Whether the slope jumps within the distance [`NEAR`] of a point, as at the end of a descent onto a kink.
pub(super) fn is_beside_kink(dynamics: &Dynamics, units: Units, at: Point) -> bool {
    let change = |share: f64| {
        let sizes = (0..dynamics.dimension()).map(|axis| {
            let length = share * units.0[axis];
            let [below, above] = [-length, length].map(|step| dynamics.slope(advance(at, 1.0, along(axis, step))));
            norm(scaled(difference(above, below), units))
        });
        sizes.fold(0.0, f64::max)
    };
    let (near, further) = (change(100.0 * NEAR), change(100.0 * FURTHER * NEAR));
    dynamics.may_break() && near > 0.5 * further && near > SMALLEST * change(FAR)
}

/// The point at which the slope along an axis changes sign between two points, by bisection to the last bit.
fn bisect(slope: impl Fn(f64) -> f64, mut low: f64, mut high: f64) -> f64 {
    let is_up = slope(high) > 0.0;
    for _ in 0..HALVINGS {
        let middle = 0.5 * (low + high);
        if middle == low || middle == high {
            break;
        }
        let here = slope(middle);
        if here == 0.0 {
            return middle;
        }
        if (here > 0.0) == is_up { high = middle } else { low = middle }
    }
    // Of the two neighbours the one that the formula itself calls flat.
    if slope(low) == 0.0 { low } else { high }
}

/// Snaps a coordinate to 0 if it is there to rounding.
fn on_axis(place: f64, unit: f64) -> f64 {
    if place.abs() <= f64::EPSILON * unit { 0.0 } else { place }
}

/// The cusp in an interval at whose ends the slope has different signs, or vanishes.
pub(super) fn between(dynamics: &Dynamics, units: Units, low: f64, high: f64) -> Option<(Point, Cusp)> {
    let slope = |x: f64| dynamics.slope([x, 0.0])[0];
    let ends = [slope(low), slope(high)];
    let place = match ends {
        [0.0, _] => low,
        [_, 0.0] => high,
        [one, other] if (one > 0.0) != (other > 0.0) => on_axis(bisect(slope, low, high), units.0[0]),
        _ => return None,
    };
    let point = [place, 0.0];
    at(dynamics, units, point).map(|cusp| (point, cusp))
}

/// The cusp at the bottom of a valley, from a point on its slope not further than `reach`, in the units of the problem.
pub(super) fn below(dynamics: &Dynamics, units: Units, from: Point, reach: f64) -> Option<(Point, Cusp)> {
    let settled = match dynamics.dimension() {
        1 => {
            let place = downhill(|x| dynamics.slope([x, 0.0])[0], from[0], reach * units.0[0])?;
            [on_axis(place, units.0[0]), 0.0]
        }
        _ => [[0, 1], [1, 0]].into_iter().find_map(|axes| settle(dynamics, units, from, reach, axes))?,
    };
    let cusp = at(dynamics, units, settled)?;
    let is_minimum = match dynamics.dimension() {
        1 => cusp.is_minimum(1),
        _ => rises_around(dynamics, units, settled),
    };
    is_minimum.then_some((settled, cusp))
}

/// The point below `from` at which a slope changes from falling to rising, not further away than `reach`.
fn downhill(slope: impl Fn(f64) -> f64, from: f64, reach: f64) -> Option<f64> {
    let start = slope(from);
    if start == 0.0 {
        return Some(from);
    }
    let direction = -start.signum();
    let mut last = from;
    let mut step = (1e-6 * reach).max(f64::EPSILON * from.abs());
    loop {
        let next = from + direction * step.min(reach);
        let here = slope(next);
        if here == 0.0 {
            return Some(next);
        }
        if !here.is_finite() || (here > 0.0) == (start > 0.0) {
            if step >= reach || !here.is_finite() {
                return None;
            }
            (last, step) = (next, 2.0 * step);
            continue;
        }
        return Some(bisect(slope, last.min(next), last.max(next)));
    }
}

/// The minimum of m over the second of these axes, m(y) the minimum over the first; see the head of the module.
fn settle(dynamics: &Dynamics, units: Units, from: Point, reach: f64, [inner, outer]: [usize; 2]) -> Option<Point> {
    let loss = dynamics.loss()?;
    let point = |x: f64, y: f64| if inner == 0 { [x, y] } else { [y, x] };
    let bottom = |y: f64| downhill(|x| loss.gradient(point(x, y))[inner], from[inner], reach * units.0[inner]);
    let slide = |y: f64| {
        let Some(x) = bottom(y) else { return f64::NAN };
        // The kink is known to the rounding of both coordinates.
        let size = x.abs().max(units.0[inner]).max(y.abs() * units.0[inner] / units.0[outer]);
        let gap = 16.0 * f64::EPSILON * size;
        let [below, above] = [x - gap, x + gap].map(|x| loss.gradient(point(x, y)));
        let (down, up) = (below[inner], above[inner]);
        if !(down <= 0.0 && up >= 0.0) {
            return f64::NAN;
        }
        let share = if up > down { up / (up - down) } else { 0.5 };
        share * below[outer] + (1.0 - share) * above[outer]
    };
    let y = on_axis(downhill(slide, from[outer], reach * units.0[outer])?, units.0[outer]);
    let x = on_axis(bottom(y)?, units.0[inner]);
    Some(point(x, y))
}

/// Whether the loss rises in every direction from a point.
fn rises_around(dynamics: &Dynamics, units: Units, centre: Point) -> bool {
    const DIRECTIONS: u32 = 64;
    const RADIUS: f64 = 1e-4;
    let Some(loss) = dynamics.loss() else { return false };
    let bottom = loss.value(centre);
    (0..DIRECTIONS).all(|k| {
        let (sin, cos) = (f64::from(k) / f64::from(DIRECTIONS) * std::f64::consts::TAU).sin_cos();
        loss.value(advance(centre, RADIUS, [cos * units.0[0], sin * units.0[1]])) > bottom
    })
}
