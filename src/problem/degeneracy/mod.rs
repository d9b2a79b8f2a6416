//! Refusal of problems whose noise vanishes on the way out (method.md section 1).
//!
//! Where an eigenvalue of D vanishes between the start and what absorbs, the way out may be closed; a rate computed on
//! a grid would then be an artefact of the grid.
//!
//! In one dimension, let D ≈ c|θ − θ*|^p near the zero θ* and the slope point against the motion. For p ≥ 1 the process
//! never crosses θ*, in any calculus, whether or not Feller's test says that it is reached. For p < 1 it does.
//!
//! In two dimensions D = c[H]₊ still has noise along the other eigenvector of H on the curve Γ, which may carry the
//! process across ([`curve`]). A problem is refused if every way to what absorbs crosses Γ at openness 0 and the drift
//! does not cross either ([`widest`]). This happens for separable landscapes, however turned, and for radially
//! symmetric ones. Other tensors are refused if the curves on which their smallest eigenvalue vanishes separate the
//! start from what absorbs, since their openness is not known to the scheme.
//!
//! Source: method.md section 1; Feller 1952; Karlin & Taylor 1981, chapter 15.

pub mod curve;
mod fault;
pub mod widest;

pub use fault::Degeneracy;

use std::collections::VecDeque;

use rayon::prelude::*;

use crate::problem::DiffusionField;
use crate::problem::Interpretation;
use crate::problem::degeneracy::curve::Curves;
use crate::problem::degeneracy::widest::{Way, Ways};
use crate::problem::fault::Ingredient;
use crate::problem::mollified::HessianField;
use crate::problem::{CriticalPoint, Domain, Dynamics, ProblemError, Region, Space};
use crate::tensor::{Point, advance, difference, norm};

/// An eigenvalue of D below this fraction of the largest one found counts as zero.
const ZERO: f64 = 1e-11;

/// Golden-section search for the minimum of f on [0, 1]; returns argument and value.
fn smallest(f: impl Fn(f64) -> f64) -> (f64, f64) {
    let golden = 0.5 * (5f64.sqrt() - 1.0);
    let (mut low, mut high) = (0.0, 1.0);
    // 0.618⁸⁰ < 1e-16: the interval shrinks to rounding.
    for _ in 0..80 {
        let (left, right) = (high - golden * (high - low), low + golden * (high - low));
        if f(left) <= f(right) { high = right } else { low = left }
    }
    let middle = 0.5 * (low + high);
    (middle, f(middle))
}

/// Refuses noise that vanishes at a minimum in the live set.
///
/// # Errors
/// [`ProblemError::Degenerate`] for the first such minimum.
pub fn traps(
    noise: &dyn DiffusionField,
    minima: &[CriticalPoint],
    domain: &Domain,
    live: &Region,
) -> Result<(), ProblemError> {
    if noise.temperature().is_some() {
        return Ok(());
    }
    let dimension = domain.dimension;
    let largest = |theta: Point| {
        noise.tensor(theta).eigen(dimension).values[..dimension]
            .iter()
            .fold(0.0f64, |most, value| most.max(value.abs()))
    };
    // Sample the size of the noise at the domain's corners and middle.
    const FRACTIONS: [f64; 3] = [0.0, 0.5, 1.0];
    let place = |axis: usize, share: f64| domain.lower[axis] + share * domain.width(axis);
    let rows = if dimension == 2 { &FRACTIONS[..] } else { &FRACTIONS[..1] };
    let lattice = FRACTIONS.iter().flat_map(|&x| rows.iter().map(move |&y| [place(0, x), place(1, y)]));
    let scale = lattice.map(largest).fold(0.0, f64::max);
    // At an end of an interval Feller's classes decide ([`crate::problem::ends`]).
    let is_end = |theta: Point| {
        let near = 1e-9 * domain.width(0);
        dimension == 1 && ((theta[0] - domain.lower[0]).abs() <= near || (theta[0] - domain.upper[0]).abs() <= near)
    };
    let is_live =
        |point: &&CriticalPoint| domain.contains(point.theta) && live.holds(point.theta) && !is_end(point.theta);
    for at in minima.iter().filter(is_live).map(|point| point.theta) {
        refuse_negative(at, dimension, eigenvalues(noise, at, dimension))?;
        let noise = largest(at);
        if noise <= TRAPPED * scale {
            return Err(ProblemError::Degenerate(Degeneracy::Trap { at, dimension, noise }));
        }
    }
    Ok(())
}

/// The eigenvalues of D at a point, ascending; in one dimension D twice.
fn eigenvalues(noise: &dyn DiffusionField, at: Point, dimension: usize) -> [f64; 2] {
    let tensor = noise.tensor(at);
    if dimension == 2 { tensor.eigen(2).values } else { [tensor.xx; 2] }
}

/// Noise at a minimum below this fraction of the noise elsewhere counts as zero to rounding.
const TRAPPED: f64 = 1e-15;

/// Refuses a problem whose way out is closed. `start` is the minimum, `live` the live set.
///
/// # Errors
/// A tensor that is not finite or not positive semidefinite, and zeros of it that close the way out.
pub fn check(
    dynamics: &Dynamics,
    noise: &dyn DiffusionField,
    interpretation: Interpretation,
    domain: &Domain,
    live: &Region,
    start: Point,
) -> Result<(), ProblemError> {
    if noise.temperature().is_some() {
        return Ok(());
    }
    // With a floor, however low, no way is closed.
    let is_floored = noise.floor() > 0.0;
    let side = match dynamics.loss().is_some_and(|loss| loss.is_costly()) {
        true => COSTLY_LATTICE,
        false => LATTICE,
    };
    match domain.dimension {
        1 => check_line(dynamics, noise, domain, live, start, is_floored),
        _ if is_floored => lattice_eigenvalues(noise, domain, side).map(|_| ()),
        _ if noise.silent_axis().is_some_and(|axis| is_driven(dynamics, domain, axis)) => {
            lattice_eigenvalues(noise, domain, side).map(|_| ())
        }
        _ => match ways(noise, interpretation, domain, live, start) {
            Some(ways) => refuse_closed(&ways, start),
            None => check_plane(noise, domain, live, start),
        },
    }
}

/// Whether the drift along an axis without noise depends on the other coordinate, and so on the noise there
/// (Hörmander's condition).
fn is_driven(dynamics: &Dynamics, domain: &Domain, axis: usize) -> bool {
    const LOOKS: u32 = 8;
    let place =
        |along: usize, k: u32| domain.lower[along] + domain.width(along) * (f64::from(k) + 0.4) / f64::from(LOOKS);
    let drift = |along: u32, across: u32| {
        let mut at = [0.0; 2];
        (at[axis], at[1 - axis]) = (place(axis, along), place(1 - axis, across));
        dynamics.slope(at)[axis]
    };
    (0..LOOKS).any(|along| (1..LOOKS).any(|across| drift(along, across) != drift(along, 0)))
}

/// The widest ways from the start across the curves where D = c[H]₊ degenerates; `None` for other tensors and with a
/// floor.
pub fn ways(
    noise: &dyn DiffusionField,
    interpretation: Interpretation,
    domain: &Domain,
    live: &Region,
    start: Point,
) -> Option<Ways> {
    let field: HessianField = noise.hessian_field().filter(|field| field.floor == 0.0 && domain.dimension == 2)?;
    let size = domain.width(0).max(domain.width(1));
    Some(Ways::new(&Curves { field: &field, interpretation, size }, domain, live, start))
}

fn refuse_closed(ways: &Ways, start: Point) -> Result<(), ProblemError> {
    let Some(crossing) = ways.out.filter(Way::is_closed).and(ways.closed) else { return Ok(()) };
    let (at, openness) = (crossing.at, crossing.openness);
    Err(ProblemError::Degenerate(Degeneracy::Blocked { at, openness, start }))
}

fn check_line(
    dynamics: &Dynamics,
    noise: &dyn DiffusionField,
    domain: &Domain,
    live: &Region,
    start: Point,
    is_floored: bool,
) -> Result<(), ProblemError> {
    const LOOKS: u32 = 500;
    for k in 0..=LOOKS {
        let at = [domain.lower[0] + domain.width(0) * f64::from(k) / f64::from(LOOKS), 0.0];
        let value = noise.tensor(at).xx;
        refuse_negative(at, 1, [value, value])?;
    }
    if is_floored {
        return Ok(());
    }
    // One way out that is not closed is enough.
    let exits = (0..2).filter_map(|end| live.exit_towards(domain, start, end));
    let blocks: Vec<_> = exits.map(|exit| blocked(dynamics, noise, start, exit)).collect();
    match blocks.into_iter().collect::<Option<Vec<_>>>().and_then(|all| all.into_iter().next()) {
        Some(degeneracy) => Err(ProblemError::Degenerate(degeneracy)),
        None => Ok(()),
    }
}

/// The first point between start and exit that cannot be crossed.
fn blocked(dynamics: &Dynamics, noise: &dyn DiffusionField, start: Point, exit: Point) -> Option<Degeneracy> {
    let path = difference(exit, start);
    let diffusion = |s: f64| noise.tensor(advance(start, s, path)).xx;
    const SAMPLES: usize = 4000;
    let samples: Vec<f64> = (0..=SAMPLES).map(|k| diffusion(k as f64 / SAMPLES as f64)).collect();
    let largest = samples.iter().copied().fold(0.0, f64::max);
    for k in 1..SAMPLES {
        if samples[k] > samples[k - 1] || samples[k] > samples[k + 1] {
            continue;
        }
        let left = (k - 1) as f64 / SAMPLES as f64;
        let width = 2.0 / SAMPLES as f64;
        let (s, value) = smallest(|t| diffusion(left + t * width));
        if value > ZERO * largest {
            continue;
        }
        let zero = left + s * width;
        let at = advance(start, zero, path);
        // Fit exponent and coefficient of D ≈ c|θ − θ*|^p on the side of the start.
        let near = 1e-6;
        let (d1, d2) = (diffusion(zero - near), diffusion(zero - 2.0 * near));
        let exponent = (d2 / d1).log2();
        let against = dynamics.slope(at)[0] * path[0].signum();
        // For exponents below 1 the process crosses; a slope that is zero to rounding does not count.
        if exponent > 0.8 && against > 0.0 {
            return Some(Degeneracy::Point { at: at[0], start: start[0], exit: exit[0], exponent, against });
        }
    }
    None
}

/// Refuses a tensor that is not finite or has an eigenvalue that is negative beyond rounding.
fn refuse_negative(at: Point, dimension: usize, [low, high]: [f64; 2]) -> Result<(), ProblemError> {
    if !(low.is_finite() && high.is_finite()) {
        return Err(ProblemError::NotFinite { what: Ingredient::Tensor, at, dimension });
    }
    if low < -1e-12 * high.abs().max(f64::MIN_POSITIVE) {
        return Err(ProblemError::NotPositive { at, dimension, eigenvalue: low });
    }
    Ok(())
}

/// Refuses a field whose tensor is invalid somewhere on a lattice over a box.
///
/// # Errors
/// [`ProblemError::NotFinite`] or [`ProblemError::NotPositive`] for the first invalid tensor.
pub fn check_tensors(noise: &dyn DiffusionField, space: Space) -> Result<(), ProblemError> {
    const SIDE: usize = 33;
    let Space { dimension, lower, .. } = space;
    let place = |axis: usize, k: usize| lower[axis] + space.width(axis) * k as f64 / (SIDE - 1) as f64;
    for k in 0..SIDE {
        for l in 0..if dimension == 2 { SIDE } else { 1 } {
            let at = [place(0, k), if dimension == 2 { place(1, l) } else { 0.0 }];
            refuse_negative(at, dimension, eigenvalues(noise, at, dimension))?;
        }
    }
    Ok(())
}

/// The number of lattice points along each axis for the search in two dimensions.
const LATTICE: usize = 160;
/// The same where every tensor is a pass over data and only has to be valid.
const COSTLY_LATTICE: usize = 12;

/// The centre of a cell of a lattice with `side` of them along each axis.
fn lattice_point(domain: &Domain, side: usize, k: usize, l: usize) -> Point {
    let place =
        |axis: usize, index: usize| domain.lower[axis] + domain.width(axis) * (index as f64 + 0.5) / side as f64;
    [place(0, k), place(1, l)]
}

/// The smaller eigenvalue of D at every lattice point, and the largest of all.
fn lattice_eigenvalues(
    noise: &dyn DiffusionField,
    domain: &Domain,
    side: usize,
) -> Result<(Vec<f64>, f64), ProblemError> {
    // In units of the domain, which may be much longer along one axis than along the other.
    let units = domain.space().units();
    let eigenvalues = |place: usize| {
        let at = lattice_point(domain, side, place / side, place % side);
        let values = units.tensor(noise.tensor(at)).eigen(2).values;
        refuse_negative(at, 2, values).map(|()| values)
    };
    let found: Vec<Result<[f64; 2], ProblemError>> = (0..side * side).into_par_iter().map(eigenvalues).collect();
    // The first that is refused, whatever the number of threads.
    let found = found.into_iter().collect::<Result<Vec<[f64; 2]>, ProblemError>>()?;
    let largest = found.iter().fold(0.0f64, |most, values| most.max(values[1]));
    Ok((found.into_iter().map(|values| values[0]).collect(), largest))
}

/// Refuses a two-dimensional problem in which curves of zeros separate the start from everything that absorbs: a flood
/// fill from the start that does not pass zeros.
fn check_plane(noise: &dyn DiffusionField, domain: &Domain, live: &Region, start: Point) -> Result<(), ProblemError> {
    let (eigenvalues, largest) = lattice_eigenvalues(noise, domain, LATTICE)?;
    let smallest_seen = eigenvalues.iter().copied().fold(f64::INFINITY, f64::min);
    // A zero between lattice points lowers the eigenvalue at the neighbouring points too.
    if smallest_seen > 0.05 * largest || largest == 0.0 {
        return Ok(());
    }
    if eigenvalues.iter().all(|value| *value <= ZERO * largest) {
        let along = noise.tensor(start).eigen(2).vectors[1];
        return Err(ProblemError::Degenerate(Degeneracy::OneDirection { start, along }));
    }
    match nearest_zero(noise, domain, live, start, (&eigenvalues, largest)) {
        Some(zero) => Err(ProblemError::Degenerate(Degeneracy::Curve { through: zero, start })),
        None => Ok(()),
    }
}

/// The zero of the smallest eigenvalue nearest to the start, if a flood fill from the start that does not pass zeros
/// reaches nothing that absorbs; `None` if it does, or meets no zero. `lattice`: the smallest eigenvalues at the
/// lattice points, and the largest eigenvalue anywhere.
fn nearest_zero(
    noise: &dyn DiffusionField,
    domain: &Domain,
    live: &Region,
    start: Point,
    (eigenvalues, largest): (&[f64], f64),
) -> Option<Point> {
    let at = |k: usize, l: usize| lattice_point(domain, LATTICE, k, l);
    let units = domain.space().units();
    let lowest = |theta: Point| units.tensor(noise.tensor(theta)).eigen(2).values[0];
    let index = |theta: Point, axis: usize| {
        let fraction = (theta[axis] - domain.lower[axis]) / domain.width(axis);
        ((fraction * LATTICE as f64) as usize).min(LATTICE - 1)
    };
    let origin = (index(start, 0), index(start, 1));
    let mut reached = vec![false; LATTICE * LATTICE];
    reached[origin.0 * LATTICE + origin.1] = true;
    let mut queue = VecDeque::from([origin]);
    let mut nearest: Option<(f64, Point)> = None;
    while let Some((k, l)) = queue.pop_front() {
        let here = at(k, l);
        for (axis, end) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
            let position = if axis == 0 { k } else { l };
            let beyond = if end == 0 { position == 0 } else { position == LATTICE - 1 };
            if beyond {
                if domain.absorbs_at(axis, end, here) {
                    return None;
                }
                continue;
            }
            let moved = if end == 0 { position - 1 } else { position + 1 };
            let (m, n) = if axis == 0 { (moved, l) } else { (k, moved) };
            if reached[m * LATTICE + n] {
                continue;
            }
            let there = at(m, n);
            let step = difference(there, here);
            let bound = eigenvalues[k * LATTICE + l].min(eigenvalues[m * LATTICE + n]);
            if bound < 0.1 * largest {
                let (s, value) = smallest(|s| lowest(advance(here, s, step)));
                if value < ZERO * largest {
                    let zero = advance(here, s, step);
                    let distance = norm(difference(zero, start));
                    if nearest.is_none_or(|(best, _)| distance < best) {
                        nearest = Some((distance, zero));
                    }
                    continue;
                }
            }
            if !live.holds(there) {
                return None;
            }
            reached[m * LATTICE + n] = true;
            queue.push_back((m, n));
        }
    }
    nearest.map(|(_, zero)| zero)
}
