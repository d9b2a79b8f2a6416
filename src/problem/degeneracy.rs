//! The degenerate trap: noise that vanishes on the way out (method.md section 1).
//!
//! Where an eigenvalue of D vanishes between the start and what absorbs, the way out may be closed, and any number that
//! a grid gives is noise. In one dimension Feller's test decides. With D ≈ c|θ − θ*|^p near the zero θ* and the slope
//! L'(θ*) > 0 against the motion, θ* cannot be crossed when
//! ```text
//! p = 1:  L'(θ*)/c ≥ 1 (Itô), ≥ ½ (Stratonovich), always (isothermal)        p > 1:  always        p < 1:  never
//! ```
//! In two dimensions the curves on which the smallest eigenvalue vanishes are looked for on a lattice; when they
//! separate the start from everything that absorbs, the problem is refused.
//!
//! Source: Feller 1952; Karlin & Taylor 1981, chapter 15.

use std::collections::VecDeque;

use crate::problem::DiffusionField;
use crate::problem::error::Ingredient;
use crate::problem::{Domain, Dynamics, ProblemError, Region};
use crate::problem::{Interpretation, Wall};
use crate::tensor::{Point, advance, difference, norm};

/// An eigenvalue of D below this fraction of the largest seen counts as zero.
const ZERO: f64 = 1e-11;

/// Golden-section search for the smallest value of f on [0, 1]; (where, value).
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

/// A way out that is closed because the noise vanishes on it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Degeneracy {
    /// A point of the line cannot be crossed, by Feller's test.
    Point {
        /// θ*, where the noise vanishes.
        at: f64,
        /// The minimum.
        start: f64,
        /// Where the process would be killed.
        exit: f64,
        /// The calculus that the test was made for.
        interpretation: Interpretation,
        /// c in D ≈ c|θ − θ*|^p.
        factor: f64,
        /// p.
        exponent: f64,
        /// L'(θ*)/c.
        ratio: f64,
        /// The smallest ratio with which a zero of the first order cannot be crossed.
        threshold: f64,
    },
    /// A curve of zeros separates the start from everything that absorbs.
    Curve {
        /// The point of the curve nearest to the start.
        through: Point,
        /// The minimum.
        start: Point,
    },
}

impl std::fmt::Display for Degeneracy {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Degeneracy::Point { at, start, exit, interpretation, factor, exponent, ratio, threshold } => {
                let name = match interpretation {
                    Interpretation::Ito => "Itô",
                    Interpretation::Stratonovich => "Stratonovich",
                    Interpretation::Isothermal => "isothermal",
                };
                write!(
                    formatter,
                    "the noise vanishes at θ* = {at:.9}, between the minimum {start:.6} and the exit {exit:.6}, and θ* cannot be \
                     crossed: the escape rate is exactly zero, and any number printed for it would be grid noise. Feller's test \
                     for {name} noise: D ≈ {factor:.4e}·|θ − θ*|^{exponent:.2}, L'(θ*)/c = {ratio:.4e} (crossed only below \
                     {threshold})"
                )
            }
            Degeneracy::Curve { through: [x, y], start: [a, b] } => write!(
                formatter,
                "the smallest eigenvalue of the diffusion tensor vanishes on a curve through θ = ({x:.6}, {y:.6}) that separates \
                 the minimum ({a:.6}, {b:.6}) from everything that absorbs: noise does not carry the process across, and any \
                 rate printed would be grid noise"
            ),
        }
    }
}

/// Refuses a problem whose way out is closed. `start`: the minimum; `live`: where the process lives.
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
    if noise.constant().is_some() {
        return Ok(());
    }
    match domain.dimension {
        1 => check_line(dynamics, noise, interpretation, domain, live, start),
        _ => check_plane(noise, domain, live, start),
    }
}

fn check_line(
    dynamics: &Dynamics,
    noise: &dyn DiffusionField,
    interpretation: Interpretation,
    domain: &Domain,
    live: &Region,
    start: Point,
) -> Result<(), ProblemError> {
    const LOOKS: u32 = 500;
    for k in 0..=LOOKS {
        let at = [domain.lower[0] + domain.width(0) * f64::from(k) / f64::from(LOOKS), 0.0];
        let value = noise.tensor(at).xx;
        refuse_negative(at, [value, value])?;
    }
    for end in 0..2 {
        let Some(exit) = live.exit_towards(domain, start, end) else {
            continue;
        };
        if let Some(degeneracy) = blocked(dynamics, noise, interpretation, start, exit) {
            return Err(ProblemError::Degenerate(degeneracy));
        }
    }
    Ok(())
}

/// The first point between start and exit that cannot be crossed.
fn blocked(
    dynamics: &Dynamics,
    noise: &dyn DiffusionField,
    interpretation: Interpretation,
    start: Point,
    exit: Point,
) -> Option<Degeneracy> {
    let path = difference(exit, start);
    let length = norm(path);
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
        // The exponent and the factor of D ≈ c|θ − θ*|^p on the side of the start.
        let near = 1e-6;
        let (d1, d2) = (diffusion(zero - near), diffusion(zero - 2.0 * near));
        let exponent = (d2 / d1).log2();
        let against = dynamics.slope(at)[0] * path[0].signum();
        let c = d1 / (near * length);
        let threshold = match interpretation {
            Interpretation::Ito => 1.0,
            Interpretation::Stratonovich => 0.5,
            Interpretation::Isothermal => 0.0,
        };
        let closed = if exponent > 1.2 {
            against > 0.0
        } else if exponent < 0.8 {
            false
        } else {
            against / c >= threshold
        };
        if closed {
            return Some(Degeneracy::Point {
                at: at[0],
                start: start[0],
                exit: exit[0],
                interpretation,
                factor: c,
                exponent,
                ratio: against / c,
                threshold,
            });
        }
    }
    None
}

/// A tensor that is not finite, or has a negative eigenvalue beyond rounding, is no diffusion tensor.
fn refuse_negative(at: Point, [low, high]: [f64; 2]) -> Result<(), ProblemError> {
    if !(low.is_finite() && high.is_finite()) {
        return Err(ProblemError::NotFinite { what: Ingredient::Tensor, at });
    }
    if low < -1e-12 * high.abs().max(f64::MIN_POSITIVE) {
        return Err(ProblemError::NotPositive { at, eigenvalue: low });
    }
    Ok(())
}

/// Lattice points along each axis for the search in two dimensions.
const LATTICE: usize = 160;

/// The centre of a lattice cell.
fn lattice_point(domain: &Domain, k: usize, l: usize) -> Point {
    let place =
        |axis: usize, index: usize| domain.lower[axis] + domain.width(axis) * (index as f64 + 0.5) / LATTICE as f64;
    [place(0, k), place(1, l)]
}

/// The smaller eigenvalue of D at every lattice point, and the largest of all.
fn lattice_eigenvalues(noise: &dyn DiffusionField, domain: &Domain) -> Result<(Vec<f64>, f64), ProblemError> {
    // In units of the domain: what is narrow for one axis is wide for another.
    let units = domain.space().units();
    let mut eigenvalues = vec![0.0; LATTICE * LATTICE];
    let mut largest = 0.0f64;
    for k in 0..LATTICE {
        for l in 0..LATTICE {
            let at = lattice_point(domain, k, l);
            let values = units.tensor(noise.tensor(at)).eigen(2).values;
            refuse_negative(at, values)?;
            eigenvalues[k * LATTICE + l] = values[0];
            largest = largest.max(values[1]);
        }
    }
    Ok((eigenvalues, largest))
}

/// Refuses a plane on which curves of zeros separate the start from everything that absorbs: a flood from the start that does
/// not pass through zeros.
fn check_plane(noise: &dyn DiffusionField, domain: &Domain, live: &Region, start: Point) -> Result<(), ProblemError> {
    let at = |k: usize, l: usize| lattice_point(domain, k, l);
    let units = domain.space().units();
    let lowest = |theta: Point| units.tensor(noise.tensor(theta)).eigen(2).values[0];
    let (eigenvalues, largest) = lattice_eigenvalues(noise, domain)?;
    let smallest_seen = eigenvalues.iter().copied().fold(f64::INFINITY, f64::min);
    // Between lattice points a zero of a field this smooth pulls its neighbours down too.
    if smallest_seen > 0.05 * largest || largest == 0.0 {
        return Ok(());
    }
    let index = |theta: Point, axis: usize| {
        let fraction = (theta[axis] - domain.lower[axis]) / domain.width(axis);
        ((fraction * LATTICE as f64) as usize).min(LATTICE - 1)
    };
    let origin = (index(start, 0), index(start, 1));
    let mut reached = vec![false; LATTICE * LATTICE];
    reached[origin.0 * LATTICE + origin.1] = true;
    let mut queue = VecDeque::from([origin]);
    // The zero nearest to the start is the one to name.
    let mut nearest: Option<(f64, Point)> = None;
    while let Some((k, l)) = queue.pop_front() {
        let here = at(k, l);
        for (axis, end) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
            let position = if axis == 0 { k } else { l };
            let beyond = if end == 0 { position == 0 } else { position == LATTICE - 1 };
            if beyond {
                if domain.wall(axis, end) == Some(Wall::Absorbing) {
                    return Ok(());
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
                return Ok(());
            }
            reached[m * LATTICE + n] = true;
            queue.push_back((m, n));
        }
    }
    let Some((_, zero)) = nearest else { return Ok(()) };
    Err(ProblemError::Degenerate(Degeneracy::Curve { through: zero, start }))
}
