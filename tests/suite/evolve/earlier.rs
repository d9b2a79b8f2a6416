//! Survival from every state under chains that follow one another: against products of exponentials, and diffusion
//! whose strength changes.

use std::f64::consts::PI;

use proptest::prelude::*;
use saddleflux::solve::Accuracy;
use saddleflux::solve::evolve::{Backward, Earlier};

use super::chains::generator;
use super::double_double::exponential;
use super::with_resources;
use crate::gallery::solve;

/// Rates, killing and the length of a piece.
type Piece = (Vec<Vec<f64>>, Vec<f64>, f64);

/// Two or three pieces of irreversible chains of the same states.
fn pieces() -> impl Strategy<Value = Vec<Piece>> {
    let rate = prop_oneof![2 => (-3.0..2.0).prop_map(|e: f64| 10f64.powf(e)), 1 => Just(0.0)];
    (3usize..6, 2usize..4).prop_flat_map(move |(n, count)| {
        let rates = prop::collection::vec(prop::collection::vec(rate.clone(), n), n);
        let killing = prop::collection::vec((-12.0..0.0f64).prop_map(|e| 10f64.powf(e)), n);
        prop::collection::vec((rates, killing, (-2.0..3.0f64).prop_map(|e| 10f64.powf(e))), count)
    })
}

/// e^{tG} with the killed as one more state, which nothing leaves.
fn whole((rates, killing, t): &Piece) -> Vec<Vec<f64>> {
    let n = killing.len();
    let mut all: Vec<Vec<f64>> =
        rates.iter().zip(killing).map(|(row, rate)| row.iter().copied().chain([*rate]).collect()).collect();
    (0..n).for_each(|i| all[i][i] = 0.0);
    all.push(vec![0.0; n + 1]);
    exponential(&all, &vec![0.0; n + 1], *t)
}

/// No term is negative, so that every entry keeps its digits.
fn product(a: &[Vec<f64>], b: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let entry = |row: &Vec<f64>, j: usize| row.iter().zip(b).map(|(x, b)| x * b[j]).sum();
    a.iter().map(|row| (0..b.len()).map(|j| entry(row, j)).collect()).collect()
}

proptest! {
    #![proptest_config(crate::cases(24))]

    /// What is still there and what has been killed after all pieces, each relative to itself, from every state at the
    /// beginning.
    #[test]
    fn pieces_follow_one_another_as_exponentials_do(pieces in pieces(), exponent in 3i32..9) {
        let n = pieces[0].1.len();
        let tolerance = 10f64.powi(-exponent);
        let generators: Vec<_> = pieces.iter().map(|(rates, killing, _)| generator(rates, killing)).collect();
        let exact = pieces.iter().map(whole).reduce(|a, b| product(&a, &b)).unwrap();
        with_resources(|resources| {
            let accuracy = Accuracy { tolerance: tolerance / pieces.len() as f64, floor: 1e-100 };
            let ends = generators.iter().zip(&pieces).map(|(generator, (.., length))| {
                let mut backward = Backward::new(generator, accuracy, resources);
                backward.advance(*length).unwrap();
                backward
            });
            let mut ends: Vec<Backward<'_>> = ends.collect();
            let mut seen = ends.pop().unwrap().from_states();
            for piece in ends.into_iter().rev() {
                seen = Earlier::ending(piece).before(&seen).unwrap();
            }
            let (survival, exits) = (seen.survival(), seen.exits());
            for i in 0..n {
                let (u, v): (f64, f64) = (exact[i][..n].iter().sum(), exact[i][n]);
                prop_assume!(u > 1e-200);
                let [survives, killed] = [(survival[i], u), (exits[i], v)].map(|(a, b)| (a - b).abs() / (b + 1e-100));
                prop_assert!(survives < tolerance, "u from {i} is {survives:e} away from {u:e}");
                prop_assert!(killed < tolerance, "1 - u from {i} is {killed:e} away from {v:e}");
            }
            prop_assert!(seen.error() <= tolerance, "{:e}", seen.error());
            Ok(())
        })?;
    }
}

/// A piece so long that survival takes its last form on the way, and falls below the range of numbers: its logarithm is
/// that of one chain twice as slow for twice as long, and of two halves.
#[test]
fn a_long_piece_goes_on_by_its_slowest_rate() {
    let rates = vec![vec![0.0, 1.0, 0.0], vec![2.0, 0.0, 1e-3], vec![0.0, 0.5, 0.0]];
    let killing = [0.0, 0.0, 0.2];
    let slower: Vec<Vec<f64>> = rates.iter().map(|row| row.iter().map(|rate| 0.5 * rate).collect()).collect();
    let (whole, half) = (generator(&rates, &killing), generator(&slower, &killing.map(|rate| 0.5 * rate)));
    let accuracy = Accuracy { tolerance: 1e-8, floor: 1e-100 };
    with_resources(|resources| {
        let ended = |generator, length| {
            let mut backward = Backward::new(generator, accuracy, resources);
            backward.advance(length).unwrap();
            backward
        };
        let mut first = Earlier::ending(ended(&half, 2e7));
        let seen = first.before(&ended(&whole, 3e6).from_states()).unwrap();
        let alone = ended(&whole, 1.3e7).from_states();
        for start in [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]] {
            let (found, right) = (seen.log_survival(&start), alone.log_survival(&start));
            assert!(right < -1000.0, "{right}");
            assert_relative_eq!(found, right, max_relative = 1e-8);
        }
        assert!(seen.survival().iter().all(|u| *u == 0.0) && first.effort().steps < 2000, "{:?}", first.effort());
    });
}

/// Diffusion between absorbing ends whose strength changes is that of one strength for the time ∫ D dt. On n cells of
/// [0, 1]
///
/// ```text
/// u_i = Σ_k a_k sin(kπ(i + ½)/n) exp(−4n² sin²(kπ/2n) ∫ D dt)
/// ```
/// with the a_k of u = 1 at t = 0.
#[test]
fn diffusion_that_changes_its_strength_survives_as_the_sum_of_sines_says() {
    let n = 60;
    let solution = solve(
        "landscape = { drift = ['0*x'] }
         noise = { kind = 'isotropic', temperature = 0.02 }
         domain = { lower = [0], upper = [1], walls = { x = ['absorbing', 'absorbing'] } }
         valley = { set = 'whole', from = [0.5] }
         grid = { cells = [60] }
         solve = { quantities = ['survival'] }
         [evolve]
         times = [0.05, 0.2, 0.5, 1.0, 3.0, 40.0]
         start = { point = [0.5], width = 0.1 }
         schedule = [{ until = 0.1, temperature = 0.05 }, { until = 0.7, temperature = 0.3 }, { until = 2.0, temperature = 0.01 }]",
    );
    let group = solution.groups.iter().find(|group| group.name == "evolution").unwrap();
    let survival = group.values("survival_from").unwrap();
    let sine = |k: usize, i: usize| (k as f64 * PI * (i as f64 + 0.5) / n as f64).sin();
    let coefficient = |k: usize| {
        let sum: f64 = (0..n).map(|i| sine(k, i)).sum();
        sum * if k == n { 1.0 } else { 2.0 } / n as f64
    };
    // ∫ D dt at the output times.
    let clocks = [0.0025, 0.035, 0.125, 0.188, 0.218, 0.958];
    for (at, clock) in clocks.into_iter().enumerate() {
        for i in 0..n {
            let term = |k: usize| {
                let rate = 4.0 * (n * n) as f64 * (0.5 * k as f64 * PI / n as f64).sin().powi(2);
                coefficient(k) * sine(k, i) * (-rate * clock).exp()
            };
            let exact: f64 = (1..=n).map(term).sum();
            assert_relative_eq!(survival[at * n + i], exact, max_relative = 1e-6);
        }
    }
    let found = &solution.quantities.get("evolution").unwrap()["from_cells"];
    assert!(found["distance"].as_f64().unwrap() < 4e-6 && found["error"].as_f64().unwrap() <= 1e-6, "{found}");
}
