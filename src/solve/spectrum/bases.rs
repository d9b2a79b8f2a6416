//! Bases of the modes that are known before the Krylov space and of those that nearly coincide: the slow modes of the network
//! of valleys, complex pairs among them, and left and right vectors that are dual to each other.

use crate::scaled::Scaled;
use crate::solve::network::pencil::Eigenvalue;
use crate::solve::network::refinement::Refined;
use crate::solve::spectrum::{Mode, Route, combined};

/// Eigenvalues below this fraction of σ are taken from the network.
const SLOW: f64 = 1e-2;

/// The relative error up to which an eigenvalue of the network is used.
const EXACT: f64 = 1e-7;

/// Returns the modes of the network of valleys with eigenvalues far below the shift σ, without the slowest one if that
/// is the known first mode.
pub(super) fn slow_modes(slow: &Refined, first: &Mode, sigma: f64, weights: &[f64]) -> Vec<Mode> {
    let is_slow =
        |own: &Eigenvalue| own.re.is_positive() && own.modulus().value() <= SLOW * sigma && own.error <= EXACT;
    let is_pair = |own: &Eigenvalue| own.im.modulus().is_greater(own.re.scaled(NEARLY_REAL));
    let known = usize::from(first.value.re.is_positive());
    let mut found: Vec<Mode> = Vec::new();
    for (place, own) in slow.eigenvalues.iter().enumerate().skip(known).filter(|(_, own)| is_slow(own)) {
        let number = slow.eigenvalues[..place].iter().filter(|other| are_close(other, own)).count();
        if is_pair(own) {
            // Of equal pairs the vectors would be the same.
            if number == 0 && slow.eigenvalues.len() <= MOST_WITH_PAIRS {
                found.push(turning_mode(slow, *own, weights));
            }
            continue;
        }
        let [mut right, mut left] = slow.vectors(own.re, number);
        let close: Vec<&Mode> = [first].into_iter().chain(&found).filter(|mode| are_close(&mode.value, own)).collect();
        // Twice, since the first time leaves a rounding of what is removed.
        for mode in [&close[..], &close[..]].concat() {
            let ([own_left, _], [own_right, _]) = (&mode.left, &mode.right);
            remove(&mut right, own_right, own_left);
            remove(&mut left, own_left, own_right);
        }
        let norm = right.iter().zip(weights).map(|(r, w)| r * r * w).sum::<f64>().sqrt();
        right.iter_mut().for_each(|value| *value /= norm);
        let product: f64 = left.iter().zip(&right).map(|(l, r)| l * r).sum();
        left.iter_mut().for_each(|value| *value /= product);
        let zero = vec![0.0; weights.len()];
        found.push(Mode { value: *own, route: Route::Network, right: [right, zero.clone()], left: [left, zero] });
    }
    found
}

/// The mode of a complex eigenvalue of the network.
fn turning_mode(slow: &Refined, value: Eigenvalue, weights: &[f64]) -> Mode {
    let [mut right, left] = slow.complex_vectors(value);
    let square = |part: &[f64]| part.iter().zip(weights).map(|(r, w)| r * r * w).sum::<f64>();
    let norm = (square(&right[0]) + square(&right[1])).sqrt();
    right.iter_mut().flatten().for_each(|value| *value /= norm);
    let product = |a: usize, b: usize| left[a].iter().zip(&right[b]).map(|(l, r)| l * r).sum::<f64>();
    let [a, b] = [product(0, 0) - product(1, 1), product(0, 1) + product(1, 0)];
    let size = a * a + b * b;
    let left = [0, 1].map(|part| combined(&left, [a / size, -b / size], part));
    Mode { value, route: Route::Network, right, left }
}

/// The left and right vectors of real dual bases of what the modes span; a complex pair counts where its imaginary part
/// is negative.
pub(super) fn real_bases(modes: &[Mode]) -> Vec<[Vec<f64>; 2]> {
    let turns = |mode: &Mode| mode.right[1].iter().any(|value| *value != 0.0);
    let times = |factor: f64, vector: &[f64]| vector.iter().map(|value| factor * value).collect::<Vec<f64>>();
    let bases = |mode: &Mode| match turns(mode) {
        false => vec![[mode.left[0].clone(), mode.right[0].clone()]],
        // l·r = 1 and l·r̄ = 0 make 2 Re l and −2 Im l the duals of Re r and Im r.
        true if (-mode.value.im).is_positive() => {
            (0..2).map(|part| [times([2.0, -2.0][part], &mode.left[part]), mode.right[part].clone()]).collect()
        }
        true => Vec::new(),
    };
    modes.iter().flat_map(bases).collect()
}

/// The largest number of valleys of which complex pairs have their vectors from the network: exact determinants of twice
/// the size take too long beyond.
const MOST_WITH_PAIRS: usize = 12;

/// The imaginary part, relative to the real one, up to which a pair of eigenvalues counts as a double one, with real vectors.
const NEARLY_REAL: f64 = CLOSE;

/// The relative distance of eigenvalues below which their vectors may be mixed.
const CLOSE: f64 = 1e-4;

fn are_close(one: &Eigenvalue, other: &Eigenvalue) -> bool {
    one.re.is_positive() && one.away_from(*other) < CLOSE
}

/// Subtracts from a vector its part along `direction`, with `dual`·`direction` = 1.
fn remove(vector: &mut [f64], direction: &[f64], dual: &[f64]) {
    let part: f64 = vector.iter().zip(dual).map(|(a, b)| a * b).sum();
    vector.iter_mut().zip(direction).for_each(|(value, along)| *value -= part * along);
}

/// Makes the left and right vectors of real eigenvalues that nearly coincide dual bases, l_a·r_b = 0 for a ≠ b: each Krylov
/// space has a basis of its own of what belongs to them.
pub(super) fn make_dual(modes: &mut [Mode]) {
    let is_real = |mode: &Mode| mode.value.im == Scaled::ZERO;
    for place in 1..modes.len() {
        let (before, rest) = modes.split_at_mut(place);
        let own = &mut rest[0];
        let close: Vec<&Mode> =
            before.iter().filter(|mode| is_real(mode) && is_real(own) && are_close(&mode.value, &own.value)).collect();
        if close.is_empty() {
            continue;
        }
        for mode in [&close[..], &close[..]].concat() {
            remove(&mut own.right[0], &mode.right[0], &mode.left[0]);
            remove(&mut own.left[0], &mode.left[0], &mode.right[0]);
        }
        let product: f64 = own.left[0].iter().zip(&own.right[0]).map(|(l, r)| l * r).sum();
        own.left[0].iter_mut().for_each(|value| *value /= product);
    }
}
