//! The automatic choice of a domain from the landscape.
//!
//! Each side is moved out until the effective potential there is at least [`MARGIN`] above the highest pass of the
//! valley, so that the probability in the valley and the flux over its saddles change by a fraction of at most about
//! e^{−40} ≈ 4e-18. φ is integrated along straight lines from the minimum. This is exact for D = d·I and an estimate of
//! the right size for other noise, where D⁻¹∇L need not be a gradient.

use crate::problem::{CriticalPoint, DiffusionField, Domain, Dynamics, ProblemError};
use crate::tensor::{Point, advance, difference, dot};

/// The height of φ at the sides above the passes.
const MARGIN: f64 = 40.0;

/// φ(to) − φ(from) = ∫ D⁻¹∇L·dl along the straight line.
pub fn potential_rise(
    dynamics: &Dynamics,
    noise: &dyn DiffusionField,
    dimension: usize,
    from: Point,
    to: Point,
) -> f64 {
    if let (Some(d), Some(loss)) = (noise.temperature(), dynamics.loss()) {
        return (loss.value(to) - loss.value(from)) / d;
    }
    let step = difference(to, from);
    let costly = dynamics.loss().is_some_and(|loss| loss.is_costly());
    let panels = if costly { 8 } else { 48 };
    // Two-point Gauss–Legendre quadrature: nodes ½ ± 1/√12.
    let nodes = [0.5 - 0.5 / 3f64.sqrt(), 0.5 + 0.5 / 3f64.sqrt()];
    let mut sum = 0.0;
    for panel in 0..panels {
        for node in nodes {
            let at = advance(from, (f64::from(panel) + node) / f64::from(panels), step);
            let (slope, tensor) = noise.slope_and_tensor(dynamics, at);
            sum += dot(tensor.solve(slope, dimension), step) / (2.0 * f64::from(panels));
        }
    }
    sum
}

/// Moves the free sides of `domain` outwards from the hull of the points `interesting` until the potential is high
/// enough everywhere on them.
///
/// `free[axis][end]` tells which sides may move. The potential need not be high outside of the live set, `lives`.
///
/// # Errors
/// [`ProblemError::NotConfining`] if the potential does not rise towards some side.
pub fn choose(
    dynamics: &Dynamics,
    noise: &dyn DiffusionField,
    mut domain: Domain,
    free: [[bool; 2]; 2],
    bottom: &CriticalPoint,
    interesting: &[Point],
    lives: impl Fn(Point) -> bool,
) -> Result<Domain, ProblemError> {
    let (dimension, minimum) = (domain.dimension, bottom.theta);
    let rise = |to: Point| potential_rise(dynamics, noise, dimension, minimum, to);
    let pass = interesting.iter().map(|&point| rise(point)).filter(|rise| rise.is_finite()).fold(0.0, f64::max);
    let level = pass + MARGIN;
    let hull = |axis: usize, end: usize| {
        let coordinates = interesting.iter().chain([&minimum]).map(|point| point[axis]);
        if end == 0 { coordinates.fold(f64::INFINITY, f64::min) } else { coordinates.fold(f64::NEG_INFINITY, f64::max) }
    };
    let unit = initial_step(dynamics, noise, dimension, bottom, hull);
    let sides: Vec<(usize, usize)> = [(0, 0), (0, 1), (1, 0), (1, 1)]
        .into_iter()
        .filter(|&(axis, end)| axis < dimension && free[axis][end])
        .collect();
    for &(axis, end) in &sides {
        if end == 0 {
            domain.lower[axis] = hull(axis, 0) - unit[axis];
        } else {
            domain.upper[axis] = hull(axis, 1) + unit[axis];
        }
    }
    let costly = dynamics.loss().is_some_and(|loss| loss.is_costly());
    let samples = if costly { 8 } else { 40 };
    // At 4 % growth per step, 400 steps reach 10⁶ times the hull, beyond any confining landscape.
    for _ in 0..400 {
        let mut moved = false;
        for &(axis, end) in &sides {
            // NaN (overflow far out) counts as high enough.
            if is_low(&domain, axis, end, samples, |theta| rise(theta) < level && lives(theta)) {
                let step = (0.04 * domain.width(axis)).max(unit[axis]);
                if end == 0 {
                    domain.lower[axis] -= step;
                } else {
                    domain.upper[axis] += step;
                }
                moved = true;
            }
        }
        if !moved {
            domain.automatic = true;
            return Ok(domain);
        }
    }
    Err(ProblemError::NotConfining)
}

/// The initial distance of the free sides from the hull along each axis.
fn initial_step(
    dynamics: &Dynamics,
    noise: &dyn DiffusionField,
    dimension: usize,
    minimum: &CriticalPoint,
    hull: impl Fn(usize, usize) -> f64,
) -> [f64; 2] {
    // The initial extents of the axes are proportional to the root of the diffusion along them.
    let spread = noise.tensor(minimum.theta);
    let between = (spread.yy / spread.xx).sqrt();
    // Noise that vanishes at the minimum is refused later, by that name.
    let ratio = [1.0, if dimension == 2 && between.is_normal() { between } else { 1.0 }];
    let extent = (0..dimension).map(|axis| (hull(axis, 1) - hull(axis, 0)) / ratio[axis]).fold(0.0, f64::max);
    // A single minimum has no extent: start with the width of the stationary density; the loop finds the scale.
    let jacobian = match minimum.cusp {
        None => dynamics.slope_jacobian(minimum.theta),
        Some(_) => {
            let [x, y] = minimum.curvatures(spread);
            [[x, 0.0], [0.0, if dimension == 2 { y } else { 0.0 }]]
        }
    };
    let steepest = jacobian.as_flattened().iter().fold(0.0f64, |most, entry| most.max(entry.abs()));
    // A rotating drift may have no slope along x at its fixed point.
    let along_x = jacobian[0][0].abs();
    let width = (spread.xx / if along_x > 1e-3 * steepest { along_x } else { steepest }).sqrt();
    ratio.map(|ratio| 0.02 * ratio * if extent > 0.0 { extent } else { width })
}

/// Whether a side of the domain is too low at one of `samples` + 1 points.
fn is_low(domain: &Domain, axis: usize, end: usize, samples: u32, is_low_at: impl Fn(Point) -> bool) -> bool {
    let side = if end == 0 { domain.lower[axis] } else { domain.upper[axis] };
    let across = 1 - axis;
    (0..=if domain.dimension == 2 { samples } else { 0 }).any(|k| {
        let mut point = [side; 2];
        point[across] = match domain.dimension {
            1 => 0.0,
            _ => domain.lower[across] + domain.width(across) * f64::from(k) / f64::from(samples),
        };
        is_low_at(point)
    })
}
