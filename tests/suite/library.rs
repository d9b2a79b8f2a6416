//! The examples of the library, `examples/*.rs`, run as modules of this binary: they are compiled with it, so they are
//! never older than what they show, and a suite run by name runs them too. Each returns an error where its numbers are
//! not those of its closed forms.

#[path = "../../examples/chain_by_hand.rs"]
mod chain_by_hand;
#[path = "../../examples/convergence.rs"]
mod convergence;
#[path = "../../examples/own_loss.rs"]
mod own_loss;

use saddleflux::generator::{Generator, GeneratorError};

use crate::gallery::solve;

#[test]
fn a_chain_by_hand_has_its_closed_forms() {
    chain_by_hand::main().unwrap();
}

#[test]
fn rates_out_of_a_bowl_converge_at_their_orders() {
    convergence::main().unwrap();
}

/// The closure, its derivatives by differences and bounds by hand, against a formula in a configuration with the error
/// that it states.
#[test]
fn a_loss_of_ones_own_has_the_rate_of_its_formula() {
    own_loss::main().unwrap();
    let [low, high] = own_loss::escape(128).unwrap().bounds().map(|bound| bound.value());
    assert!(0.0 < low && low <= high && high <= low * (1.0 + 1e-11), "{low:e} to {high:e}");
    let run = solve(
        "landscape = { expression = '(x^2 - 1)^2 + 2*(y - 0.3*x^2)^2' }
         noise = { kind = 'isotropic', temperature = 0.05 }
         valley = { minimum = [-1, 0.3] }
         grid = { cells = [160, 160], scheme = 'inverse-average' }
         solve = { quantities = ['rate'] }",
    );
    let rate = run.rate.unwrap();
    let error = rate.discretisation_error.unwrap();
    assert!(error < 0.05, "{error}");
    // 128 cells leave (160/128)² times as much.
    assert_relative_eq!(high, rate.best().value(), max_relative = 3.0 * error);
}

/// Lines that a reader of the example has to read, as was promised.
#[test]
fn a_loss_of_ones_own_takes_25_lines() {
    assert!(include_str!("../../examples/own_loss.rs").lines().count() <= 25);
}

#[test]
fn lists_that_are_no_generator_are_refused() {
    let refused = |rates: &[(usize, usize, f64)], killing: &[f64]| {
        Generator::from_rates(rates.iter().copied(), killing.to_vec()).unwrap_err()
    };
    assert_eq!(refused(&[(0, 2, 1.0)], &[0.0; 2]), GeneratorError::NoState { from: 0, to: 2, states: 2 });
    assert_eq!(refused(&[(1, 1, 1.0)], &[0.0; 2]), GeneratorError::Diagonal { state: 1 });
    assert_eq!(refused(&[(0, 1, -1.0)], &[0.0; 2]), GeneratorError::Rate { from: 0, to: 1, rate: -1.0 });
    assert_eq!(refused(&[], &[0.0, -1.0]), GeneratorError::Killing { state: 1, rate: -1.0 });
    assert!(matches!(refused(&[(0, 1, f64::NAN)], &[0.0; 2]), GeneratorError::Rate { .. }));
    assert!(matches!(refused(&[], &[f64::INFINITY]), GeneratorError::Killing { state: 0, .. }));
}

#[test]
fn listed_rates_add_up_in_any_order() {
    let rates = [(2, 0, 1.0), (0, 1, 0.25), (1, 2, 0.0), (0, 1, 0.5), (0, 2, 3.0)];
    let generator = Generator::from_rates(rates, vec![0.0, 1.0, 0.0]).unwrap();
    let found: Vec<(f64, (u32, u32))> = generator.rates.iter().map(|(&rate, place)| (rate, place)).collect();
    assert_eq!(found, [(0.75, (0, 1)), (3.0, (0, 2)), (1.0, (2, 0))]);
}
