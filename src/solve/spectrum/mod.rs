//! The eigenvalues nearest to zero of A = diag(κ + Q1) − Q, killed or closed, with left and right eigenvectors.
//! ```text
//! A r = λ r        l A = λ l        (σ + A)⁻¹ r = r/(σ + λ)
//! ```
//! The first one is known beforehand in full relative accuracy, with both of its vectors: 0 with π and 1 for a closed
//! chain, γ with ν and u for a killed one. It is taken out of everything that follows, or 1/λ₁ would swamp 1/λ₂. The
//! others come from a Krylov space of (σ + A)⁻¹, where σ is of the size of the wanted eigenvalues. Right sides b have
//! both signs there: every operation of a solve multiplies by nonnegative numbers and adds, so that its error is that
//! of a solve with |b|, as if b had been split into what is above zero and what is below.
//!
//! The error of an eigenvalue θ = 1/(σ + λ) of the inverse is the residual ε of its vector times its condition κ =
//! ‖l‖‖r‖/|l·r|, to first order; for reversible chains it is ε²/δ, where δ is the distance to the others, so that their
//! vectors need half the digits. |Δλ| ≤ |Δθ| (σ + λ)² is absolute, of the order of 1e-15 (σ + λ)²/(σ + λ₁): eigenvalues
//! far below σ lose their digits, and say so. For closed chains with valleys these are found by
//! [`crate::solve::network`].

mod krylov;

use rayon::prelude::*;

use crate::elimination::Elimination;
use crate::generator::Generator;
use crate::scaled::Scaled;
use crate::solve::network::pencil::Eigenvalue;
use crate::solve::network::refinement::Refined;
use crate::solve::orthogonal::{Block, products_with};
use crate::solve::paths::solved_right;
use crate::solve::{Factor, QuasiStationary, Resources, SolveError};
use krylov::{Asked, BLOCK, Ritz, largest};

/// By which means an eigenvalue was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// Known without a solve: 0 of a closed chain.
    Exact,
    /// The quasi-stationary rate of a killed chain, by inverse iteration without a subtraction.
    QuasiStationary,
    /// The network of valleys with inverse subspace iteration, without a subtraction.
    Network,
    /// A Krylov space of the inverse.
    Krylov,
}

impl Route {
    /// Its name in results.
    pub fn name(self) -> &'static str {
        match self {
            Route::Exact => "exact",
            Route::QuasiStationary => "quasi-stationary",
            Route::Network => "network",
            Route::Krylov => "krylov",
        }
    }
}

/// An eigenvalue with its vectors.
#[derive(Clone, Debug)]
pub struct Mode {
    /// λ, with a bound of |error|/|λ|.
    pub value: Eigenvalue,
    /// How it was found.
    pub route: Route,
    /// Real and imaginary part of r, of norm 1 in the weights.
    pub right: [Vec<f64>; 2],
    /// Real and imaginary part of l, with l·r = 1.
    pub left: [Vec<f64>; 2],
}

/// The slowest mode of a chain, which is known before the others.
#[derive(Clone, Debug)]
pub struct Ground {
    /// λ₁ with its error.
    pub value: Eigenvalue,
    /// How it was found.
    pub route: Route,
    /// Its left vector: π or ν.
    pub left: Vec<f64>,
    /// Its right vector: 1 or u.
    pub right: Vec<f64>,
}

impl Ground {
    /// That of a closed chain with the stationary law π.
    pub fn closed(law: &[Scaled]) -> Ground {
        Ground {
            value: Eigenvalue { re: Scaled::ZERO, im: Scaled::ZERO, error: 0.0 },
            route: Route::Exact,
            left: law.iter().map(|p| p.value()).collect(),
            right: vec![1.0; law.len()],
        }
    }
}

/// Iterations for u, whose ratio of two following ones is 1/γ everywhere in the end.
const MOST_ITERATIONS: usize = 1000;

impl Ground {
    /// That of a killed chain, with u by inverse iteration from 1.
    pub fn killed(chain: &Factor, found: &QuasiStationary) -> Ground {
        let mut right = vec![Scaled::ONE; chain.states];
        for _ in 0..MOST_ITERATIONS {
            let next = solved_right(chain, &right.iter().map(|&u| u.times(found.rate)).collect::<Vec<Scaled>>());
            let ratios = next.iter().zip(&right).map(|(next, u)| next.over(*u).value());
            let (low, high) = ratios.fold((f64::INFINITY, 0.0f64), |(low, high), r| (low.min(r), high.max(r)));
            right = next;
            if high - low <= 1e-13 * high {
                break;
            }
        }
        let largest = right.iter().fold(Scaled::ZERO, |most, &u| if u.is_greater(most) { u } else { most });
        Ground {
            value: Eigenvalue { re: found.rate, im: Scaled::ZERO, error: found.bracket[1] - found.bracket[0] },
            route: Route::QuasiStationary,
            left: found.probability.clone(),
            right: right.iter().map(|u| u.over(largest).value()).collect(),
        }
    }
}

/// At most so many vectors of the Krylov space.
const MOST_VECTORS: usize = 240;

/// The least that a solve leaves of the digits, relative to its largest part.
const ROUNDING: f64 = 32.0 * f64::EPSILON;

/// Modes below this part of σ are taken from the network.
const SLOW: f64 = 1e-2;

/// A mode of the Krylov space below this part of σ may be one that was taken out.
const GHOST: f64 = 1e-5;

/// Weights that differ by more than this: what rounding leaves of a mode that was taken out may stand anywhere.
const EXTREME: f64 = 1e25;

/// Eigenvalues nearer to one another than this part of them may be about to meet.
const MEETING: f64 = 1e-5;

/// As long as their errors are below this.
const EXACT: f64 = 1e-7;

/// The `count` eigenvalues nearest to zero, by real part, the first of which is known; one more where the last would be
/// half of a pair, and fewer where the chain has fewer states. `slow` are the slowest modes of its network of valleys,
/// where there is one.
///
/// # Errors
/// Whatever ends an elimination.
pub fn spectrum(
    generator: &Generator,
    ground: Ground,
    slow: Option<&Refined>,
    count: usize,
    resources: Resources<'_>,
) -> Result<Vec<Mode>, SolveError> {
    let n = generator.len();
    let Ground { value, route, left, right } = ground;
    let (weights, is_ratio) = weights(&left, &right);
    let overlap: f64 = left.iter().zip(&right).map(|(l, r)| l * r).sum();
    let norm = weights.iter().zip(&right).map(|(w, r)| w * r * r).sum::<f64>().sqrt();
    let zero = vec![0.0; n];
    let first = Mode {
        value,
        route,
        right: [right.iter().map(|r| r / norm).collect(), zero.clone()],
        left: [left.iter().map(|l| l * norm / overlap).collect(), zero],
    };
    let sigma = shift(generator, &left, &right, overlap);
    let inner = |a: &[f64], b: &[f64]| a.iter().zip(b).zip(&weights).map(|((a, b), w)| a * b * w).sum::<f64>();
    let mut modes = vec![first];
    modes.extend(slow.iter().flat_map(|slow| slow_modes(slow, &modes[0], sigma, &weights)).collect::<Vec<Mode>>());
    modes.truncate(count.max(1));
    let wanted = count.min(n).saturating_sub(modes.len());
    if wanted == 0 {
        return Ok(modes);
    }
    let known: Vec<[Vec<f64>; 2]> = modes.iter().map(|mode| [mode.left[0].clone(), mode.right[0].clone()]).collect();
    let killing = generator.killing.iter().map(|rate| rate + sigma).collect();
    let factor = Factor::new(&generator.with_killing(killing), 0, resources)?;
    let elimination = &factor.elimination;
    let weighted = |r: &[f64]| -> Vec<f64> { r.iter().zip(&weights).map(|(r, w)| r * w).collect() };
    let forward = |b: &[[f64; BLOCK]]| without(elimination.solve_right_several(b), &known);
    // The same for the reversed chain, whose right vectors are l/w.
    let reversed_known: Vec<[Vec<f64>; 2]> = known.iter().map(|[left, right]| [right.clone(), left.clone()]).collect();
    let reversed = |r: &[[f64; BLOCK]]| {
        let weighted = r.par_iter().zip(&weights).map(|(r, w)| r.map(|r| r * w)).collect::<Vec<_>>();
        let mut image = without(elimination.solve_left_several(&weighted), &reversed_known);
        let over = |(l, w): (&mut [f64; BLOCK], &f64)| *l = if *w > 0.0 { l.map(|l| l / w) } else { [0.0; BLOCK] };
        image.par_iter_mut().zip(&weights).for_each(over);
        image
    };
    // Modes that are taken out come back with what rounding leaves of them, at 1/σ, where their weights differ by more
    // than doubles hold.
    let lightest = weights.iter().copied().filter(|w| *w > 0.0).fold(f64::INFINITY, f64::min);
    let is_extreme = weights.iter().copied().fold(0.0, f64::max) > EXTREME * lightest;
    let comes_back = |ritz: &Ritz| {
        let share = |known: &[Vec<f64>; 2]| {
            let [re, im] = [0, 1].map(|part: usize| inner(&known[1], &ritz.vector[part]));
            (re * re + im * im) / inner(&known[1], &known[1])
        };
        let size = ritz.theta[0].powi(2) + ritz.theta[1].powi(2);
        let lambda = modulus([ritz.theta[0] / size - sigma, ritz.theta[1] / size]);
        (lambda <= GHOST * sigma || is_extreme) && known.iter().map(share).sum::<f64>() > 0.5
    };
    let count = (wanted + known.len()).min(n - known.len());
    // One more than is wanted, which may be the other half of a pair; and as many as may come back.
    let exact = if is_extreme { count } else { wanted + 1 };
    let asked = Asked { count, exact, most: MOST_VECTORS, is_symmetric: generator.is_reversible && is_ratio };
    let mut found = largest(&forward, &weights, asked);
    found.retain(|ritz| !comes_back(ritz));
    // Of a pair both are kept.
    let cuts_a_pair = wanted > 0
        && found.get(wanted).is_some_and(|next| {
            let last = &found[wanted - 1];
            last.theta[1] != 0.0 && next.theta[1] == -last.theta[1]
        });
    found.truncate(wanted + usize::from(cuts_a_pair));
    let lefts = if asked.is_symmetric {
        found.clone()
    } else {
        let count = (wanted + known.len() + 2).min(n - known.len());
        largest(&reversed, &weights, Asked { count, exact: count, ..asked })
    };
    let rounding = rounding(elimination, &modes[0].right[0], sigma + value.re.value());
    let thetas: Vec<[f64; 2]> = found.iter().map(|ritz| ritz.theta).collect();
    for (place, ritz) in found.into_iter().enumerate() {
        let Some((left_vector, product)) = partner(&ritz, &lefts, &inner) else { continue };
        let error = ritz.error + rounding;
        let meeting = if asked.is_symmetric { 0.0 } else { when_meeting(place, &thetas, error) };
        let value = eigenvalue(ritz.theta, sigma, (error / modulus(product)).max(meeting));
        // l·r = 1, where l is w times the partner: divided by the complex product.
        let [a, b] = product;
        let size = a * a + b * b;
        let left = [0, 1].map(|part| weighted(&combined(&left_vector, [a / size, -b / size], part)));
        modes.push(Mode { value, route: Route::Krylov, right: ritz.vector, left });
    }
    modes.sort_by(|a, b| a.value.re.compared_with(b.value.re).then(a.value.im.compared_with(b.value.im)));
    Ok(modes)
}

/// What solves leave of an eigenvalue of the inverse: seen on the first mode, which is known, (σ + A)⁻¹ r = r/(σ + λ).
fn rounding(elimination: &Elimination, right: &[f64], shifted: f64) -> f64 {
    let image = elimination.solve_right(right);
    let away = |(image, right): (&f64, &f64)| if *right > 0.0 { (shifted * image / right - 1.0).abs() } else { 0.0 };
    let seen = image.iter().zip(right).map(away).fold(0.0, f64::max);
    (ROUNDING + 2.0 * seen) / shifted
}

/// The modes of the network of valleys far below the shift σ, without that of the slowest one where the first mode is
/// it.
fn slow_modes(slow: &Refined, first: &Mode, sigma: f64, weights: &[f64]) -> Vec<Mode> {
    let is_slow = |own: &&Eigenvalue| {
        own.im == Scaled::ZERO && own.re.is_positive() && own.re.value() <= SLOW * sigma && own.error <= EXACT
    };
    let known = usize::from(first.value.re.is_positive());
    let mode = |own: &Eigenvalue| {
        let [mut right, mut left] = slow.vectors(own.re);
        let norm = right.iter().zip(weights).map(|(r, w)| r * r * w).sum::<f64>().sqrt();
        right.iter_mut().for_each(|value| *value /= norm);
        let product: f64 = left.iter().zip(&right).map(|(l, r)| l * r).sum();
        left.iter_mut().for_each(|value| *value /= product);
        let zero = vec![0.0; weights.len()];
        Mode { value: *own, route: Route::Network, right: [right, zero.clone()], left: [left, zero] }
    };
    slow.eigenvalues.iter().skip(known).filter(is_slow).map(mode).collect()
}

/// The error of an eigenvalue without symmetry that nearly meets another one: it answers to a change ε by √ε, whatever
/// its vectors say.
fn when_meeting(place: usize, thetas: &[[f64; 2]], error: f64) -> f64 {
    let theta = thetas[place];
    let away = |other: &[f64; 2]| modulus([other[0] - theta[0], other[1] - theta[1]]);
    let others = thetas.iter().enumerate().filter(|(other, _)| *other != place);
    let nearest = others.map(|(_, theta)| away(theta)).fold(f64::INFINITY, f64::min);
    let size = modulus(theta);
    if nearest < MEETING * size { nearest + (error * size).sqrt() } else { 0.0 }
}

/// The measure l/r, in which a reversible chain is symmetric, and true; l itself, in which it need not be, where r falls
/// below the range of doubles beside an l that does not.
fn weights(left: &[f64], right: &[f64]) -> (Vec<f64>, bool) {
    let ratios: Vec<f64> = left.iter().zip(right).map(|(l, r)| if *l > 0.0 { l / r } else { 0.0 }).collect();
    if ratios.iter().all(|ratio| ratio.is_finite()) { (ratios, true) } else { (left.to_vec(), false) }
}

/// λ = 1/θ − σ, with its error from that of θ.
fn eigenvalue([re, im]: [f64; 2], sigma: f64, error: f64) -> Eigenvalue {
    let size = re * re + im * im;
    let lambda = [re / size - sigma, -im / size];
    Eigenvalue {
        re: Scaled::new(lambda[0]),
        im: Scaled::new(if im == 0.0 { 0.0 } else { lambda[1] }),
        error: error / size / modulus(lambda),
    }
}

fn modulus([re, im]: [f64; 2]) -> f64 {
    re.hypot(im)
}

/// Real or imaginary part of a complex multiple of a vector.
fn combined([re, im]: &[Vec<f64>; 2], [a, b]: [f64; 2], part: usize) -> Vec<f64> {
    let entry = |(x, y): (&f64, &f64)| if part == 0 { a * x - b * y } else { a * y + b * x };
    re.iter().zip(im).map(entry).collect()
}

type Paired = ([Vec<f64>; 2], [f64; 2]);

/// The vector of the reversed chain with the same eigenvalue, and Σ w l r with it; among several that with the largest.
fn partner(ritz: &Ritz, lefts: &[Ritz], inner: &dyn Fn(&[f64], &[f64]) -> f64) -> Option<Paired> {
    let size = modulus(ritz.theta);
    let away = |left: &Ritz| modulus([left.theta[0] - ritz.theta[0], left.theta[1] - ritz.theta[1]]);
    let product = |left: &Ritz| {
        let part = |a: usize, b: usize| inner(&left.vector[a], &ritz.vector[b]);
        [part(0, 0) - part(1, 1), part(0, 1) + part(1, 0)]
    };
    let nearest = lefts.iter().map(away).fold(f64::INFINITY, f64::min);
    let candidates = lefts.iter().filter(|left| away(left) <= nearest + 1e-9 * size);
    let paired = candidates.map(|left| (left.vector.clone(), product(left)));
    paired.max_by(|a, b| modulus(a.1).total_cmp(&modulus(b.1)))
}

/// Vectors without their parts along known modes, given by their left and right vectors with l·r = 1.
fn without(mut block: Block<BLOCK>, known: &[[Vec<f64>; 2]]) -> Block<BLOCK> {
    for [left, right] in known {
        let parts = products_with(&block, left);
        block.par_iter_mut().zip(right).for_each(|(values, right)| {
            values.iter_mut().zip(&parts).for_each(|(value, part)| *value -= part * right);
        });
    }
    block
}

/// A shift of the size of the relaxation within a valley: the smallest Rayleigh quotient of the coordinates in the
/// process that survives, Σ ν_i q_ij u_j (f_j − f_i)²/2 over the variance of f; without coordinates a tenth of the mean
/// rate.
fn shift(generator: &Generator, left: &[f64], right: &[f64], overlap: f64) -> f64 {
    let mut square = [0.0; 2];
    let mut leaving = 0.0;
    for (i, row) in generator.rates.outer_iterator().enumerate() {
        for (j, &rate) in row.iter() {
            let flow = left[i] * rate * right[j] / overlap;
            if !flow.is_finite() {
                continue;
            }
            leaving += flow;
            if let (Some(from), Some(to)) = (generator.coordinates.get(i), generator.coordinates.get(j)) {
                for axis in 0..2 {
                    // Edges over a seam are as short as others.
                    let apart = f64::from((to[axis] - from[axis]).clamp(-LONGEST, LONGEST));
                    square[axis] += 0.5 * flow * apart * apart;
                }
            }
        }
    }
    let quotient = |axis: usize| {
        let place = |state: usize| f64::from(generator.coordinates[state][axis]);
        let mass = |state: usize| left[state] * right[state] / overlap;
        let mean: f64 = (0..left.len()).map(|state| mass(state) * place(state)).sum();
        let variance: f64 = (0..left.len()).map(|state| mass(state) * (place(state) - mean).powi(2)).sum();
        if variance > 0.0 { square[axis] / variance } else { f64::INFINITY }
    };
    let by_coordinates = match generator.coordinates.is_empty() {
        true => f64::INFINITY,
        false => quotient(0).min(quotient(1)),
    };
    if by_coordinates.is_finite() && by_coordinates > 0.0 { by_coordinates } else { 0.1 * leaving }
}

/// The longest edge that is taken for one, in cells.
const LONGEST: i32 = 8;
