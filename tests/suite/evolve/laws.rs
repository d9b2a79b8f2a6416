//! What holds whatever the chain.

use saddleflux::generator::Generator;
use saddleflux::solve::evolve::plateau::{Instant, reached};
use saddleflux::solve::{Evolution, EvolveError, Factor, stationary};

use super::{accuracy, density, distance, path, with_resources};

/// Two wells, the left one deeper, 30 times the noise high.
fn two_wells(killing: Vec<f64>) -> Generator {
    let n = killing.len();
    path(n, [-2.0, 2.0], |x| 30.0 * ((x * x - 1.0).powi(2) + 0.2 * x), killing)
}

fn released(n: usize, at: usize) -> Vec<f64> {
    (0..n).map(|i| f64::from(u8::from(i == at))).collect()
}

/// A ring that is driven one way, irreversible and closed: nothing is lost, nothing is negative and nothing stays NaN
/// over 34 decades.
#[test]
fn mass_is_kept_and_no_entry_is_negative() {
    let n = 60;
    let ring = (0..n).flat_map(|i| [(i, (i + 1) % n, 30.0 + i as f64), ((i + 1) % n, i, 2.0)]);
    let generator = Generator::from_rates(ring, vec![0.0; n]).unwrap();
    with_resources(|resources| {
        let mut evolution = Evolution::new(&generator, &released(n, 7), accuracy(1e-6), resources).unwrap();
        for exponent in (-4..=30).step_by(2) {
            evolution.advance(10f64.powi(exponent)).unwrap();
            let p = evolution.probability();
            assert!(p.iter().all(|p| *p >= 0.0 && p.is_finite()), "t = 1e{exponent}");
            assert_relative_eq!(p.iter().sum::<f64>(), 1.0, max_relative = 1e-13);
        }
        assert_eq!(evolution.log_survival(), 0.0);
        // What the sums over the states and the weights of the extrapolation lose to rounding in each step.
        let (drift, steps) = (evolution.drift().abs(), evolution.effort().steps as f64);
        assert!(drift < 3e-14 * steps, "rounding took {drift:e} of the mass in {steps} steps");
        // The cost grows with the number of decades.
        assert!(evolution.effort().factorisations < 400, "{:?}", evolution.effort());
    });
}

/// From a single state of a cold chain, where densities span all of the numbers that there are.
#[test]
fn cold_densities_stay_positive_at_every_tolerance() {
    let n = 200;
    let mut killing = vec![0.0; n];
    killing[n - 1] = 1.0;
    let generator = two_wells(killing);
    for tolerance in [1e-3, 1e-4, 1e-6, 1e-9] {
        with_resources(|resources| {
            let mut evolution = Evolution::new(&generator, &released(n, 40), accuracy(tolerance), resources).unwrap();
            for t in [1e-6, 1e-4, 1e-2, 1.0, 1e3] {
                evolution.advance(t).unwrap();
                assert!(evolution.probability().iter().all(|p| *p >= 0.0), "tolerance {tolerance:e}, t = {t}");
                assert!(evolution.error() <= tolerance, "{:e}", evolution.error());
            }
        });
    }
}

/// P(s + t) = P(s)P(t): an evolution that stops on its way, or is taken up from where another one was, ends at the same
/// density.
#[test]
fn two_steps_are_one() {
    let n = 120;
    let mut killing = vec![0.0; n];
    killing[n - 1] = 3.0;
    let generator = path(n, [-2.0, 2.0], |x| 3.0 * (x * x - 1.0).powi(2), killing);
    with_resources(|resources| {
        let tolerance = 1e-8;
        let begin = |start: &[f64]| Evolution::new(&generator, start, accuracy(tolerance), resources).unwrap();
        let (mut once, mut stopped) = (begin(&released(n, 30)), begin(&released(n, 30)));
        once.advance(2.6).unwrap();
        for t in [0.01, 1.3, 1.31, 2.6] {
            stopped.advance(t).unwrap();
        }
        let mut first = begin(&released(n, 30));
        first.advance(1.3).unwrap();
        let mut second = begin(first.probability());
        second.advance(1.3).unwrap();
        assert!(distance(once.probability(), stopped.probability()) < 2.0 * tolerance);
        assert!(distance(once.probability(), second.probability()) < 2.0 * tolerance);
        let together = first.log_survival() + second.log_survival();
        assert_relative_eq!(once.log_survival(), together, max_relative = 1e-6);
        // Pieces under one and the same generator are no pieces.
        let mut pieces = begin(&released(n, 30));
        pieces.advance(0.7).unwrap();
        let mut pieces = Evolution::under(pieces.continuation(), &generator, resources);
        pieces.advance(2.6).unwrap();
        assert!(distance(once.probability(), pieces.probability()) < 2.0 * tolerance);
        assert_relative_eq!(once.log_survival(), pieces.log_survival(), max_relative = 1e-6);
    });
}

#[test]
fn a_stationary_density_stays() {
    let n = 150;
    let generator = two_wells(vec![0.0; n]);
    with_resources(|resources| {
        let pin = 40;
        let mut killing = vec![0.0; n];
        killing[pin] = 1.0;
        let law = stationary(&Factor::new(&generator.with_killing(killing), pin, resources).unwrap()).unwrap();
        let mut evolution = Evolution::new(&generator, &law, accuracy(1e-6), resources).unwrap();
        for t in [1.0, 1e6, 1e20] {
            evolution.advance(t).unwrap();
            for (p, law) in evolution.probability().iter().zip(&law) {
                assert_relative_eq!(*p, *law, max_relative = 1e-11);
            }
        }
    });
}

/// 1e-12 of the mass in a valley that loses a million times more slowly is all that is left in the end, and is not
/// forgotten.
#[test]
fn a_slow_valley_with_next_to_nothing_wins() {
    let rates = [(0, 1, 2.0), (1, 0, 1.0), (2, 3, 1.0), (3, 2, 3.0)];
    let generator = Generator::from_rates(rates, vec![0.5, 0.0, 1e-6, 0.0]).unwrap();
    let start = [1.0 - 1e-12, 0.0, 1e-12, 0.0];
    // Two 2-state chains with an exit from the first state: λ² − (a + b + κ)λ + bκ = 0.
    let survival = |[a, b, kappa]: [f64; 3], t: f64| {
        let sum = a + b + kappa;
        let root = (sum * sum - 4.0 * b * kappa).sqrt();
        let (fast, slow) = (0.5 * (sum + root), 2.0 * b * kappa / (sum + root));
        // S(0) = 1 and S'(0) = −κ.
        ((fast - kappa) * (-slow * t).exp() + (kappa - slow) * (-fast * t).exp()) / (fast - slow)
    };
    with_resources(|resources| {
        let mut evolution = Evolution::new(&generator, &start, accuracy(1e-6), resources).unwrap();
        for t in [1.0, 30.0, 200.0, 1e3, 1e5, 1e7, 1e9] {
            evolution.advance(t).unwrap();
            let exact = start[0] * survival([2.0, 1.0, 0.5], t) + start[2] * survival([1.0, 3.0, 1e-6], t);
            let exact = if t < 1e9 { exact.ln() } else { continue };
            let away = (evolution.log_survival() - exact).abs();
            assert!(away < 1e-5, "t = {t}: ln S = {} for {exact}", evolution.log_survival());
        }
        let slow = evolution.probability()[2] + evolution.probability()[3];
        assert_relative_eq!(slow, 1.0, max_relative = 1e-12);
    });
}

#[test]
fn what_is_no_density_is_refused() {
    let generator = Generator::from_rates([(0, 1, 1.0), (1, 0, 1.0)], vec![0.0; 2]).unwrap();
    with_resources(|resources| {
        for start in [[0.0, 0.0], [1.0, -0.5], [f64::NAN, 1.0]] {
            let refused = Evolution::new(&generator, &start, accuracy(1e-6), resources).err();
            assert!(matches!(refused, Some(EvolveError::Start { .. })), "{start:?}");
        }
        resources.progress.interrupt();
        let mut evolution = Evolution::new(&generator, &[1.0, 0.0], accuracy(1e-6), resources).unwrap();
        assert_eq!(evolution.advance(1.0), Err(EvolveError::Interrupted));
    });
}

/// A starts where nothing leaves from: all of it stays.
#[test]
fn a_start_without_a_way_out_stays() {
    let generator = Generator::from_rates([(1, 0, 2.0)], vec![0.0; 2]).unwrap();
    with_resources(|resources| {
        let mut evolution = Evolution::new(&generator, &[1.0, 0.0], accuracy(1e-6), resources).unwrap();
        evolution.advance(1e10).unwrap();
        assert_eq!(density(&evolution), [1.0, 0.0]);
    });
}

#[test]
fn the_plateau_begins_where_it_is_not_left_again() {
    let at = |time: f64, hazard: f64| Instant { time, hazard };
    let history = [at(1.0, 2.0), at(2.0, 3.01), at(3.0, 2.0), at(4.0, 2.99999), at(5.0, 3.0)];
    let found = reached(&history, 3.0, 1e-2).unwrap();
    assert!(found > 3.0 && found < 4.0, "{found}");
    // |j/S − γ|/γ falls from 1/3 to 1/3e5 over that step: 1 % is where its logarithm has gone that far.
    let part = ((1.0f64 / 3.0).ln() - 1e-2f64.ln()) / 1e5f64.ln();
    assert_relative_eq!(found, 3.0 + part, max_relative = 1e-4);
    assert_eq!(reached(&history, 3.0, 1.0), Some(0.0));
    assert_eq!(reached(&history, 2.0, 1e-2), None);
    assert_eq!(reached(&[], 2.0, 1e-2), None);
}
