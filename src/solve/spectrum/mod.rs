//! The eigenvalues nearest to zero of A = diag(κ + Q1) − Q, killed or closed, with left and right eigenvectors.
//! ```text
//! A r = λ r        l A = λ l        (σ + A)⁻¹ r = r/(σ + λ)
//! ```
//! The first eigenvalue is known beforehand with full relative accuracy, together with both of its vectors: 0 with π
//! and 1 for a closed chain, γ with ν and u for a killed one. It is deflated in everything that follows, because 1/λ₁
//! may exceed 1/λ₂ by more digits than a double has. The others come from a Krylov space of (σ + A)⁻¹, where σ is of
//! the size of the wanted eigenvalues. Right-hand sides b have both signs there. Each operation of a solve multiplies
//! by nonnegative numbers and adds, so that the error is that of a solve with |b|, as if the positive and the negative
//! part of b had been solved for separately.
//!
//! To first order the error of an eigenvalue θ = 1/(σ + λ) of the inverse is the residual ε of its vector times its
//! condition number ‖l‖‖r‖/|l·r|; for reversible chains it is ε²/δ, where δ is the distance to the other eigenvalues,
//! so that their vectors need half the digits. |Δλ| ≤ |Δθ| (σ + λ)² is absolute, of the order of 1e-15 (σ + λ)²/(σ +
//! λ₁): eigenvalues far below σ have few correct digits, as their stated errors show. For closed chains with valleys
//! such eigenvalues are computed by [`crate::solve::network`].

mod bases;
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
use bases::{make_dual, real_bases, slow_modes};
use krylov::{Asked, BLOCK, Ritz, keep_pairs_whole, largest};

/// The method by which an eigenvalue was computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// Known without a solve: the eigenvalue 0 of a closed chain.
    Exact,
    /// The quasi-stationary rate of a killed chain, by subtraction-free inverse iteration.
    QuasiStationary,
    /// The network of valleys followed by inverse subspace iteration, subtraction-free.
    Network,
    /// A Krylov space of the shifted inverse.
    Krylov,
}

impl Route {
    /// The name of the method in results.
    pub fn name(self) -> &'static str {
        match self {
            Route::Exact => "exact",
            Route::QuasiStationary => "quasi-stationary",
            Route::Network => "network",
            Route::Krylov => "krylov",
        }
    }
}

/// An eigenvalue with its left and right eigenvector.
#[derive(Clone, Debug)]
pub struct Mode {
    /// λ with a bound on |error|/|λ|.
    pub value: Eigenvalue,
    /// The method that computed it.
    pub route: Route,
    /// The real and the imaginary part of r, of norm 1 in the weights.
    pub right: [Vec<f64>; 2],
    /// The real and the imaginary part of l, with l·r = 1.
    pub left: [Vec<f64>; 2],
}

/// The slowest mode of a chain, known before the others are computed.
#[derive(Clone, Debug)]
pub struct Ground {
    /// λ₁ with its error bound.
    pub value: Eigenvalue,
    /// The method that computed it.
    pub route: Route,
    /// The left eigenvector: π or ν.
    pub left: Vec<f64>,
    /// The right eigenvector: 1 or u.
    pub right: Vec<f64>,
}

impl Ground {
    /// The slowest mode of a closed chain with the stationary distribution π: λ₁ = 0 and r = 1.
    pub fn closed(law: &[Scaled]) -> Ground {
        Ground {
            value: Eigenvalue { re: Scaled::ZERO, im: Scaled::ZERO, error: 0.0 },
            route: Route::Exact,
            left: law.iter().map(|p| p.value()).collect(),
            right: vec![1.0; law.len()],
        }
    }
}

/// The largest number of inverse iterations for u. They end when the ratio of two successive iterates is the same in
/// all states.
const MOST_ITERATIONS: usize = 1000;

impl Ground {
    /// The slowest mode of a killed chain, with u by inverse iteration from 1.
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

/// The largest number of vectors in the Krylov space.
const MOST_VECTORS: usize = 240;

/// The smallest rounding error assumed of a solve, relative to the largest part of its solution.
const ROUNDING: f64 = 32.0 * f64::EPSILON;

/// A mode of the Krylov space below this fraction of σ may be a deflated one that rounding brought back.
const GHOST: f64 = 1e-5;

/// Where the weights of two states differ by more than this factor, a deflated mode that rounding brought back may have
/// any eigenvalue.
const EXTREME: f64 = 1e25;

/// Eigenvalues whose relative distance is below this may be close to a defective pair.
const MEETING: f64 = 1e-5;

/// Returns the `count` eigenvalues nearest to zero, sorted by real part. The first of them is known. There is one more
/// where the last one would otherwise be separated from its complex conjugate, and there are fewer where the chain has
/// fewer states. `slow` holds the slowest modes of the network of valleys, if the chain has one.
///
/// # Errors
/// Fails where the elimination of the shifted chain does.
pub fn spectrum(
    generator: &Generator,
    ground: Ground,
    slow: Option<&Refined>,
    count: usize,
    resources: Resources<'_>,
) -> Result<Vec<Mode>, SolveError> {
    let n = generator.len();
    let (weights, is_ratio) = weights(&ground.left, &ground.right);
    let overlap: f64 = ground.left.iter().zip(&ground.right).map(|(l, r)| l * r).sum();
    let sigma = shift(generator, &ground.left, &ground.right, overlap);
    let inner = |a: &[f64], b: &[f64]| a.iter().zip(b).zip(&weights).map(|((a, b), w)| a * b * w).sum::<f64>();
    let mut modes = vec![normalised(&ground, &weights, overlap)];
    modes.extend(slow.iter().flat_map(|slow| slow_modes(slow, &modes[0], sigma, &weights)).collect::<Vec<Mode>>());
    let splits = |modes: &[Mode], at: usize| {
        at > 0
            && at < modes.len()
            && modes[at - 1].value.re == modes[at].value.re
            && (-modes[at - 1].value.im).is_positive()
    };
    modes.truncate(count.max(1) + usize::from(splits(&modes, count.max(1))));
    let wanted = count.min(n).saturating_sub(modes.len());
    if wanted == 0 {
        return Ok(modes);
    }
    let known = real_bases(&modes);
    let killing = generator.killing.iter().map(|rate| rate + sigma).collect();
    let factor = Factor::new(&generator.with_killing(killing), 0, resources)?;
    let elimination = &factor.elimination;
    let forward = |b: &[[f64; BLOCK]]| without(elimination.solve_right_several(b), &known);
    let swapped: Vec<[Vec<f64>; 2]> = known.iter().map(|[left, right]| [right.clone(), left.clone()]).collect();
    let reversed = |r: &[[f64; BLOCK]]| reversed_solve(elimination, r, &weights, &swapped);
    // Rounding brings deflated modes back, with the eigenvalue 1/σ of the inverse; if the weights span more digits than
    // a double has, with any eigenvalue.
    let lightest = weights.iter().copied().filter(|w| *w > 0.0).fold(f64::INFINITY, f64::min);
    let is_extreme = weights.iter().copied().fold(0.0, f64::max) > EXTREME * lightest;
    let comes_back = |ritz: &Ritz| {
        (is_extreme || eigenvalue_modulus(ritz.theta, sigma) <= GHOST * sigma) && share(ritz, &known, &inner) > 0.5
    };
    let count = (wanted + known.len()).min(n - known.len());
    // One more than is wanted, which may be the conjugate of the last one; all of them where deflated modes may return.
    let exact = if is_extreme { count } else { wanted + 1 };
    let asked = Asked { count, exact, most: MOST_VECTORS, is_symmetric: generator.is_reversible && is_ratio };
    let mut found = largest(&forward, &weights, asked);
    found.retain(|ritz| !comes_back(ritz));
    keep_pairs_whole(&mut found, wanted);
    let lefts = if asked.is_symmetric {
        found.clone()
    } else {
        let count = (wanted + known.len() + 2).min(n - known.len());
        largest(&reversed, &weights, Asked { count, exact: count, ..asked })
    };
    let rounding = rounding(elimination, &modes[0].right[0], sigma + ground.value.re.value());
    let thetas: Vec<[f64; 2]> = found.iter().map(|ritz| ritz.theta).collect();
    let mut is_taken = vec![false; lefts.len()];
    let before = modes.len();
    for (place, ritz) in found.into_iter().enumerate() {
        let Some((left_vector, product)) = partner(&ritz, &lefts, &mut is_taken, &inner) else { continue };
        let error = ritz.error + rounding;
        let meeting = if asked.is_symmetric { 0.0 } else { when_meeting(place, &thetas, error) };
        let value = eigenvalue(ritz.theta, sigma, (error / modulus(product)).max(meeting));
        let left = scaled_left(&left_vector, product, &weights);
        modes.push(Mode { value, route: Route::Krylov, right: ritz.vector, left });
    }
    make_dual(&mut modes[before..]);
    modes.sort_by(|a, b| a.value.re.compared_with(b.value.re).then(a.value.im.compared_with(b.value.im)));
    Ok(modes)
}

/// Returns the known mode with r of norm 1 in the weights and l·r = 1; `overlap` is l·r as given.
fn normalised(ground: &Ground, weights: &[f64], overlap: f64) -> Mode {
    let Ground { value, route, left, right } = ground;
    let norm = weights.iter().zip(right).map(|(w, r)| w * r * r).sum::<f64>().sqrt();
    let zero = vec![0.0; weights.len()];
    Mode {
        value: *value,
        route: *route,
        right: [right.iter().map(|r| r / norm).collect(), zero.clone()],
        left: [left.iter().map(|l| l * norm / overlap).collect(), zero],
    }
}

/// Solves with the reversed chain, whose right eigenvectors are l/w, and deflates the known modes, which are given with
/// left and right vectors swapped.
fn reversed_solve(
    elimination: &Elimination,
    r: &[[f64; BLOCK]],
    weights: &[f64],
    swapped: &[[Vec<f64>; 2]],
) -> Block<BLOCK> {
    let weighted = r.par_iter().zip(weights).map(|(r, w)| r.map(|r| r * w)).collect::<Vec<_>>();
    let mut image = without(elimination.solve_left_several(&weighted), swapped);
    let over = |(l, w): (&mut [f64; BLOCK], &f64)| *l = if *w > 0.0 { l.map(|l| l / w) } else { [0.0; BLOCK] };
    image.par_iter_mut().zip(weights).for_each(over);
    image
}

/// Returns |λ| = |1/θ − σ|.
fn eigenvalue_modulus([re, im]: [f64; 2], sigma: f64) -> f64 {
    let size = re.powi(2) + im.powi(2);
    modulus([re / size - sigma, im / size])
}

/// Returns the sum over the known modes of the squared cosine between their right vector and a Ritz vector.
fn share(ritz: &Ritz, known: &[[Vec<f64>; 2]], inner: &dyn Fn(&[f64], &[f64]) -> f64) -> f64 {
    let share = |known: &[Vec<f64>; 2]| {
        let [re, im] = [0, 1].map(|part: usize| inner(&known[1], &ritz.vector[part]));
        (re * re + im * im) / inner(&known[1], &known[1])
    };
    known.iter().map(share).sum()
}

/// Returns the left eigenvector: w times the vector of the reversed chain, divided by the complex product Σ w l r so
/// that l·r = 1.
fn scaled_left(partner: &[Vec<f64>; 2], [a, b]: [f64; 2], weights: &[f64]) -> [Vec<f64>; 2] {
    let size = a * a + b * b;
    let weighted = |r: Vec<f64>| -> Vec<f64> { r.iter().zip(weights).map(|(r, w)| r * w).collect() };
    [0, 1].map(|part| weighted(combined(partner, [a / size, -b / size], part)))
}

/// Returns the rounding error of an eigenvalue of the inverse, measured on the known first mode, for which (σ + A)⁻¹ r
/// = r/(σ + λ).
fn rounding(elimination: &Elimination, right: &[f64], shifted: f64) -> f64 {
    let image = elimination.solve_right(right);
    let away = |(image, right): (&f64, &f64)| if *right > 0.0 { (shifted * image / right - 1.0).abs() } else { 0.0 };
    let seen = image.iter().zip(right).map(away).fold(0.0, f64::max);
    (ROUNDING + 2.0 * seen) / shifted
}

/// Returns an error estimate for an eigenvalue of a nonsymmetric map that nearly coincides with another one: a change ε
/// of the map moves such a pair by up to √ε, whatever the condition number of its vectors.
fn when_meeting(place: usize, thetas: &[[f64; 2]], error: f64) -> f64 {
    let theta = thetas[place];
    let away = |other: &[f64; 2]| modulus([other[0] - theta[0], other[1] - theta[1]]);
    let others = thetas.iter().enumerate().filter(|(other, _)| *other != place);
    let nearest = others.map(|(_, theta)| away(theta)).fold(f64::INFINITY, f64::min);
    let size = modulus(theta);
    if nearest < MEETING * size { nearest + (error * size).sqrt() } else { 0.0 }
}

/// Returns the weights l/r, in which a reversible chain is symmetric, and true. Where r underflows in a state in which
/// l does not, it returns l and false; a reversible chain need not be symmetric in these weights.
fn weights(left: &[f64], right: &[f64]) -> (Vec<f64>, bool) {
    let ratios: Vec<f64> = left.iter().zip(right).map(|(l, r)| if *l > 0.0 { l / r } else { 0.0 }).collect();
    if ratios.iter().all(|ratio| ratio.is_finite()) { (ratios, true) } else { (left.to_vec(), false) }
}

/// Returns λ = 1/θ − σ with the relative error that an absolute error of θ gives it.
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

/// Returns the real or the imaginary part of a complex multiple of a vector.
fn combined([re, im]: &[Vec<f64>; 2], [a, b]: [f64; 2], part: usize) -> Vec<f64> {
    let entry = |(x, y): (&f64, &f64)| if part == 0 { a * x - b * y } else { a * y + b * x };
    re.iter().zip(im).map(entry).collect()
}

type Paired = ([Vec<f64>; 2], [f64; 2]);

/// Returns the vector of the reversed chain with the same eigenvalue, and Σ w l r with it; among several candidates the
/// one with the largest |Σ w l r| of those that are not taken.
fn partner(
    ritz: &Ritz,
    lefts: &[Ritz],
    is_taken: &mut [bool],
    inner: &dyn Fn(&[f64], &[f64]) -> f64,
) -> Option<Paired> {
    let size = modulus(ritz.theta);
    let away = |left: &Ritz| modulus([left.theta[0] - ritz.theta[0], left.theta[1] - ritz.theta[1]]);
    let product = |left: &Ritz| {
        let part = |a: usize, b: usize| inner(&left.vector[a], &ritz.vector[b]);
        [part(0, 0) - part(1, 1), part(0, 1) + part(1, 0)]
    };
    let nearest = lefts.iter().map(away).fold(f64::INFINITY, f64::min);
    let candidates = (0..lefts.len()).filter(|&left| away(&lefts[left]) <= nearest + 1e-9 * size);
    let paired = candidates.map(|left| (left, product(&lefts[left])));
    let rank = |(left, product): &(usize, [f64; 2])| (!is_taken[*left], modulus(*product));
    let (left, product) = paired.max_by(|a, b| {
        let ((free, one), (other_free, other)) = (rank(a), rank(b));
        free.cmp(&other_free).then(one.total_cmp(&other))
    })?;
    is_taken[left] = true;
    Some((lefts[left].vector.clone(), product))
}

/// Subtracts the components along known modes from vectors. A mode is given by its left and right vectors, with l·r =
/// 1.
fn without(mut block: Block<BLOCK>, known: &[[Vec<f64>; 2]]) -> Block<BLOCK> {
    for [left, right] in known {
        let parts = products_with(&block, left);
        block.par_iter_mut().zip(right).for_each(|(values, right)| {
            values.iter_mut().zip(&parts).for_each(|(value, part)| *value -= part * right);
        });
    }
    block
}

/// Returns a shift of the size of the relaxation rates within a valley: the smallest Rayleigh quotient of the
/// coordinates, as functions f of the state, in the process that survives: Σ ν_i q_ij u_j (f_j − f_i)²/2 over the
/// variance of f. Without coordinates it is a tenth of the mean rate of that process.
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
                    // The index difference of an edge across a periodic seam is no measure of its length, so it is
                    // bounded.
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

/// The largest index difference that is taken for the length of an edge, in cells.
const LONGEST: i32 = 8;
