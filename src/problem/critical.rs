//! Minima and index-1 saddles of the loss in a box; fixed points of a drift.
//!
//! A lattice is searched for cells in which every component of ∇L changes sign. From there damped Newton iteration
//! converges to |∇L| ≤ 1e-12 (or 1e-12 |H|(1 + |θ|) if that is larger). Duplicates are merged, and degenerate points (a
//! zero eigenvalue) are left out. A saddle outside of the box by less than a thousandth of its width counts as inside,
//! a minimum by less than 1e-9, because users place absorbing walls on saddles with few digits. Two critical points in
//! one lattice cell can be missed. Where no iteration converges the slope may jump: see [`crate::problem::cusp`].

use crate::problem::cusp::{self, Cusp};
use crate::problem::descent::Descent;
use crate::problem::fault::MeantMinimum;
pub use crate::problem::linearisation::Linearisation;
pub(super) use crate::problem::linearisation::{stability, stable_direction};
use crate::problem::scale::{self, Units};
use crate::problem::{Dynamics, ProblemError, Space};
use crate::tensor::{Point, Tensor, advance, difference, dot, norm};

/// A point where ∇L = 0, or b = 0, or a cusp.
#[derive(Clone, Debug)]
pub struct CriticalPoint {
    /// The point θ.
    pub theta: Point,
    /// L at the point (NaN for a drift without a loss).
    pub loss: f64,
    /// The Hessian in orthonormal coordinates (for a drift: the symmetric part of −∂b); NaN at a cusp.
    pub hessian: Tensor,
    /// Eigenvalues of `hessian`, ascending; only the first `dimension` are used. NaN at a cusp.
    pub eigenvalues: [f64; 2],
    /// The eigenvectors, of length 1 in the metric of the coordinates; at a cusp the axes.
    pub eigenvectors: [Point; 2],
    /// The Jacobian ∂b by rows, for a drift without a loss.
    pub jacobian: Option<[Point; 2]>,
    /// The one-sided slopes, if the point is a cusp.
    pub cusp: Option<Cusp>,
}

impl CriticalPoint {
    /// The curvatures along the eigenvectors with which parabolas have the widths of the density for this noise: the
    /// eigenvalues of the Hessian; at a cusp s²/D along each axis, not ordered.
    pub fn curvatures(&self, noise: Tensor) -> [f64; 2] {
        self.cusp.map_or(self.eigenvalues, |cusp| cusp.curvatures_with(noise))
    }
}

/// A saddle with one descending direction (in one dimension: a maximum).
#[derive(Clone, Debug)]
pub struct Saddle {
    /// The critical point.
    pub point: CriticalPoint,
    /// Unit eigenvector of the negative eigenvalue.
    pub escape_direction: Point,
    /// The indices of the minima that the descents along −escape_direction and +escape_direction reach; `None` if a
    /// descent leaves the box.
    pub connects: [Option<usize>; 2],
}

/// The critical points in a box.
#[derive(Clone, Debug, Default)]
pub struct CriticalPoints {
    /// Minima, deepest first.
    pub minima: Vec<CriticalPoint>,
    /// Saddles, lowest first.
    pub saddles: Vec<Saddle>,
}

/// The distance outside of the box, in widths of it, up to which a saddle still belongs to it.
pub const SADDLE_SLACK: f64 = 1e-3;

/// The number of lattice cells along each axis.
fn lattice(dynamics: &Dynamics, dimension: usize) -> usize {
    let costly = dynamics.loss().is_some_and(|loss| loss.is_costly());
    match (dimension, costly) {
        (1, false) => 2000,
        (1, true) => 100,
        (_, false) => 96,
        (_, true) => 12,
    }
}

/// All critical points in a box at which the slope is smooth.
pub(super) fn roots(dynamics: &Dynamics, space: Space) -> Vec<Point> {
    let dimension = space.dimension;
    let cells = lattice(dynamics, dimension);
    let mut roots: Vec<Point> = Vec::new();
    let units = space.units();
    for [low, high] in starts(dynamics, &space, cells) {
        let start = [0, 1].map(|axis| 0.5 * (low[axis] + high[axis]));
        let Some(root) = newton(dynamics, units, start, 4.0 * (dimension as f64).sqrt() / cells as f64) else {
            continue;
        };
        if dynamics.may_break() && cusp::at(dynamics, units, root).is_some() {
            continue;
        }
        let root = space.wrap(root);
        let is_minimum = matches!(stability(dynamics.slope_jacobian(root), units, dimension), Some((0, _)));
        if space.holds(root, if is_minimum { 1e-9 } else { SADDLE_SLACK })
            && roots.iter().all(|&other| units.length(space.offset(other, root)) > 1e-7)
        {
            roots.push(root);
        }
    }
    roots
}

/// The cusps in a box, apart from its smooth critical points: in one dimension minima and crests, in two dimensions
/// minima of a loss.
fn cusps(dynamics: &Dynamics, space: Space, roots: &[Point]) -> Vec<(Point, Cusp)> {
    let (dimension, units) = (space.dimension, space.units());
    let mut found: Vec<(Point, Cusp)> = Vec::new();
    if dimension == 2 && !dynamics.may_break() {
        return found;
    }
    let cells = lattice(dynamics, dimension);
    let near = |one: Point, other: Point, most: f64| units.length(space.offset(one, other)) <= most;
    for [low, high] in starts(dynamics, &space, cells) {
        let middle = [0, 1].map(|axis| 0.5 * (low[axis] + high[axis]));
        // A smooth root explains the change of sign.
        if roots.iter().any(|&root| near(root, middle, 0.6 * (dimension as f64).sqrt() / cells as f64)) {
            continue;
        }
        let cusp = match dimension {
            1 => cusp::between(dynamics, units, low[0], high[0]),
            _ => cusp::below(dynamics, units, middle, 2.0 / cells as f64),
        };
        let Some((at, cusp)) = cusp.map(|(at, cusp)| (space.wrap(at), cusp)) else { continue };
        let is_minimum = dimension == 2 || cusp.is_minimum(1);
        if (is_minimum || cusp.is_crest())
            && space.holds(at, if is_minimum { 1e-9 } else { SADDLE_SLACK })
            && found.iter().all(|&(other, _)| !near(other, at, 1e-7))
        {
            found.push((at, cusp));
        }
    }
    found
}

/// All minima and index-1 saddles in a box.
pub fn find(dynamics: &Dynamics, space: Space) -> CriticalPoints {
    let (dimension, units) = (space.dimension, space.units());
    let mut found = CriticalPoints::default();
    let roots = roots(dynamics, space);
    for (at, cusp) in cusps(dynamics, space, &roots) {
        let point = sharp(dynamics, at, cusp);
        match dimension == 1 && cusp.is_crest() {
            false => found.minima.push(point),
            true => {
                found.saddles.push(Saddle { point, escape_direction: [1.0, 0.0], connects: [None; 2] });
            }
        }
    }
    for root in roots {
        let slopes = dynamics.slope_jacobian(root);
        let point = describe(dynamics, dimension, root);
        match stability(slopes, units, dimension) {
            Some((0, _)) => found.minima.push(point),
            Some((1, direction)) => {
                found.saddles.push(Saddle { point, escape_direction: direction, connects: [None; 2] });
            }
            _ => {}
        }
    }
    // A drift has no loss to sort by: sort from left to right.
    let key = |point: &CriticalPoint| {
        if point.loss.is_nan() { point.theta[0] } else { point.loss }
    };
    found.minima.sort_by(|a, b| key(a).total_cmp(&key(b)).then(a.theta[0].total_cmp(&b.theta[0])));
    found
        .saddles
        .sort_by(|a, b| key(&a.point).total_cmp(&key(&b.point)).then(a.point.theta[0].total_cmp(&b.point.theta[0])));
    let positions: Vec<Point> = found.saddles.iter().map(|saddle| saddle.point.theta).collect();
    let descent = Descent::new(dynamics, space, &found.minima, &positions);
    for saddle in &mut found.saddles {
        saddle.connects = [-1.0, 1.0].map(|sign| {
            // Far enough to leave the saddle in a few steps, near enough for the linearisation.
            let step = 1e-5 / units.length(saddle.escape_direction);
            descent.limit(advance(saddle.point.theta, sign * step, saddle.escape_direction))
        });
    }
    found
}

/// The minimum near a named point, which must lie in the box along axes that are not periodic.
///
/// # Errors
/// [`ProblemError::NamedOutside`] for a point outside of the box, and the errors of [`polish`].
pub fn named(
    dynamics: &Dynamics,
    space: Space,
    near: Point,
    meant: MeantMinimum,
) -> Result<CriticalPoint, ProblemError> {
    // Users place points on walls with few digits.
    const SLACK: f64 = 0.01;
    let dimension = space.dimension;
    if !space.holds(near, SLACK) {
        return Err(ProblemError::NamedOutside { near, dimension, meant });
    }
    polish(dynamics, dimension, space.wrap(near), meant, space.units().0)
}

/// The minimum near a point, by Newton's method if it converges to one, otherwise by descent and then Newton's method.
/// `meant` tells what the minimum is for; `default` gives units of length where the slope determines none.
///
/// # Errors
/// [`ProblemError::NoMinimumNear`] if the descent ends on a flat region or does not end, [`ProblemError::NoDescent`] if
/// it ends at a saddle or a maximum, [`ProblemError::AtKink`] if it ends where the slope jumps and no minimum could be
/// located there.
pub fn polish(
    dynamics: &Dynamics,
    dimension: usize,
    near: Point,
    meant: MeantMinimum,
    default: Point,
) -> Result<CriticalPoint, ProblemError> {
    let units = scale::around(dynamics, near, default);
    // The curvature at the start may be very different from that at the minimum: then the lengths of the box are better
    // units.
    let mut bottom = near;
    for units in [units, Units(default)] {
        let is_minimum = |theta: &Point| {
            matches!(stability(dynamics.slope_jacobian(*theta), units, dimension), Some((0, _)))
                && !(dynamics.may_break() && cusp::at(dynamics, units, *theta).is_some())
        };
        // Half of the range in which the slope is linear: Newton's method does not leave the valley within it.
        const CLOSE: f64 = 0.5;
        // The descent ends beside a cusp, or on a kink that leads down to one.
        const REACH: f64 = 4.0;
        let direct = newton(dynamics, units, near, 0.2 * CLOSE)
            .filter(|theta| is_minimum(theta) && units.length(difference(*theta, near)) <= CLOSE);
        if let Some(theta) = direct {
            return Ok(describe(dynamics, dimension, theta));
        }
        bottom = descend(dynamics, units, near);
        if let Some(theta) = newton(dynamics, units, bottom, 0.2 * CLOSE).filter(is_minimum) {
            return Ok(describe(dynamics, dimension, theta));
        }
        if let Some((theta, cusp)) = cusp::below(dynamics, units, bottom, REACH) {
            return Ok(sharp(dynamics, theta, cusp));
        }
    }
    if cusp::is_beside_kink(dynamics, Units(default), bottom) {
        let end = [0, 1].map(|axis| if bottom[axis].abs() < STILL * default[axis] { 0.0 } else { bottom[axis] });
        return Err(ProblemError::AtKink { near, end, dimension, meant });
    }
    let size = size(units.jacobian(dynamics.slope_jacobian(near)));
    let is_flat = units.length(dynamics.slope(bottom)) <= 1e-6 * size;
    // Curvatures below this share of that at the start count as zero.
    const FLAT: f64 = 1e-3;
    let jacobian = dynamics.slope_jacobian(bottom);
    let is_curved = self::size(units.jacobian(jacobian)) > FLAT * size;
    if let (true, true, Some((1.., _))) = (is_flat, is_curved, stability(jacobian, units, dimension)) {
        return Err(ProblemError::NoDescent { near, end: bottom, dimension, meant });
    }
    Err(ProblemError::NoMinimumNear { near, dimension, flat: is_flat.then_some(bottom), meant })
}

/// The largest entry of a Jacobian.
fn size(jacobian: [Point; 2]) -> f64 {
    jacobian.as_flattened().iter().fold(0.0, |size, entry| size.max(entry.abs()))
}

/// Gradient descent with adaptive steps, until Newton's method converges.
fn descend(dynamics: &Dynamics, units: Units, start: Point) -> Point {
    let scaled = |slope: Point| [slope[0] / units.0[0], slope[1] / units.0[1]];
    let mut at = start;
    let fastest = size(units.jacobian(dynamics.slope_jacobian(start))).max(norm(scaled(dynamics.slope(start))));
    let first = 1e-3 / fastest;
    let mut rate = first;
    for _ in 0..20_000 {
        let slope = dynamics.slope(at);
        let length = norm(scaled(slope));
        // On a flat region there is no way further down.
        if !length.is_finite() || length < 1e-9 * fastest {
            break;
        }
        let next = advance(at, -rate, slope);
        // A step after which the slope has about the same direction was short enough.
        if dot(scaled(dynamics.slope(next)), scaled(slope)) > 0.25 * length * length {
            at = next;
            rate *= 1.3;
        } else {
            rate *= 0.5;
        }
        if rate < 1e-11 * first {
            break;
        }
    }
    at
}

/// The lower and upper corners of the lattice cells in which every component of the slope changes sign; the box is
/// enlarged by half a cell.
fn starts(dynamics: &Dynamics, space: &Space, cells: usize) -> Vec<[Point; 2]> {
    let dimension = space.dimension;
    let place = |axis: usize, k: usize| {
        space.lower[axis] + space.width(axis) * ((k as f64 - 0.5) / (cells as f64 - 1.0)).clamp(-1.0, 2.0)
    };
    let rows = if dimension == 2 { cells + 1 } else { 1 };
    let at = |k: usize, l: usize| [place(0, k), if dimension == 2 { place(1, l) } else { 0.0 }];
    let slopes: Vec<Point> =
        (0..=cells).flat_map(|k| (0..rows).map(move |l| (k, l))).map(|(k, l)| dynamics.slope(at(k, l))).collect();
    let mut found = Vec::new();
    for k in 0..cells {
        for l in 0..rows.max(2) - 1 {
            let corners: &[(usize, usize)] =
                if dimension == 2 { &[(0, 0), (0, 1), (1, 0), (1, 1)] } else { &[(0, 0), (1, 0)] };
            let changes = (0..dimension).all(|axis| {
                let values = corners.iter().map(|(dk, dl)| slopes[(k + dk) * rows + l + dl][axis]);
                let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(v), b.max(v)));
                low <= 0.0 && high >= 0.0
            });
            if changes {
                found.push([at(k, l), at(k + 1, l + 1)]);
            }
        }
    }
    found
}

/// The Newton step, in the problem's own units, below which the iteration has converged.
const STILL: f64 = 1e-9;

/// Damped Newton iteration on the slope, with steps of at most `reach` in these units.
fn newton(dynamics: &Dynamics, units: Units, start: Point, reach: f64) -> Option<Point> {
    let dimension = dynamics.dimension();
    let mut at = start;
    let mut slope = dynamics.slope(at);
    for _ in 0..100 {
        let jacobian = dynamics.slope_jacobian(at);
        let [[a, b], [c, d]] = jacobian;
        let mut step = if dimension == 1 {
            [-slope[0] / a, 0.0]
        } else {
            let det = a * d - b * c;
            [-(d * slope[0] - b * slope[1]) / det, -(a * slope[1] - c * slope[0]) / det]
        };
        let length = units.length(step);
        if !length.is_finite() {
            return None;
        }
        if length > reach {
            step = step.map(|s| s * reach / length);
        }
        let mut factor = 1.0;
        let (next, next_slope) = loop {
            let next = advance(at, factor, step);
            let next_slope = dynamics.slope(next);
            if units.length(next_slope) < units.length(slope) || factor < 1e-3 {
                break (next, next_slope);
            }
            factor *= 0.5;
        };
        let is_small = units.length(slope) <= 1e-12 * size(units.jacobian(jacobian)) * (1.0 + units.length(at));
        // For slopes by finite differences the residual stalls in noise; then a negligible step ends the iteration.
        let converged = is_small || length <= STILL;
        let improves = units.length(next_slope) < units.length(slope);
        if converged && !improves {
            return Some(on_axes(at, units));
        }
        if !improves && factor < 1e-3 {
            return None;
        }
        (at, slope) = (next, next_slope);
    }
    None
}

/// Snaps a point to an axis that it is on to rounding.
fn on_axes(at: Point, Units(units): Units) -> Point {
    [0, 1].map(|axis| if at[axis].abs() <= f64::EPSILON * units[axis] { 0.0 } else { at[axis] })
}

pub(super) fn describe(dynamics: &Dynamics, dimension: usize, theta: Point) -> CriticalPoint {
    let [[a, b], [c, d]] = dynamics.slope_jacobian(theta);
    let hessian = match (dynamics.loss(), dynamics.metric()) {
        (Some(loss), Some(metric)) => metric.measured(loss.hessian(theta)),
        _ => Tensor { xx: a, xy: 0.5 * (b + c), yy: d },
    };
    let mut eigen = hessian.eigen(dimension);
    if let Some(metric) = dynamics.metric() {
        eigen.vectors = eigen.vectors.map(|vector| metric.down(vector));
    }
    CriticalPoint {
        theta,
        loss: dynamics.loss().map_or(f64::NAN, |loss| loss.value(theta)),
        hessian,
        eigenvalues: eigen.values,
        eigenvectors: eigen.vectors,
        jacobian: dynamics.loss().is_none().then_some([[-a, -b], [-c, -d]]),
        cusp: None,
    }
}

/// The critical point at a cusp.
fn sharp(dynamics: &Dynamics, theta: Point, cusp: Cusp) -> CriticalPoint {
    CriticalPoint {
        theta,
        // max(−0, 0) may be −0.
        loss: 0.0 + dynamics.loss().map_or(f64::NAN, |loss| loss.value(theta)),
        hessian: Tensor { xx: f64::NAN, xy: f64::NAN, yy: f64::NAN },
        eigenvalues: [f64::NAN; 2],
        eigenvectors: [[1.0, 0.0], [0.0, 1.0]],
        jacobian: None,
        cusp: Some(cusp),
    }
}
