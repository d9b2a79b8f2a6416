//! Noise that closes the theory: frozen in any number of cold valleys, and proportional to the loss.

use std::f64::consts::PI;
use std::path::Path;

use saddleflux::config::{Config, Diagnosis};
use saddleflux::progress::Progress;
use saddleflux::study::{self, Solution, StudyError};

use crate::gallery::solve;

fn rate(solution: &Solution) -> f64 {
    solution.rate.as_ref().unwrap().value.value()
}

/// L = x⁴/4 − x²/2 left from one side, past the saddle and into the other minimum.
fn quartic(from: f64, learning_rate: f64, valleys: &str) -> Solution {
    solve(&format!(
        "landscape = {{ expression = 'x^4/4 - x^2/2' }}
         noise = {{ kind = 'frozen', learning_rate = {learning_rate}, batch_size = 1, interpretation = 'isothermal'{valleys} }}
         domain = {{ lower = [-2], upper = [2] }}
         grid = {{ cells = [1000] }}
         valley = {{ minimum = [{from}], set = '{from}*x > -1' }}"
    ))
}

/// Both valleys cold: the same rate from either side, which tends to Theorem 3.2's with an error of first order in η.
#[test]
fn two_cold_valleys_are_left_as_theorem_3_2_says() {
    let mut before = f64::INFINITY;
    for learning_rate in [0.02, 0.01, 0.005] {
        let [left, right] = [-1.0, 1.0].map(|from| rate(&quartic(from, learning_rate, ", valleys = [[-1.1], [0.8]]")));
        assert_relative_eq!(left, right, max_relative = 1e-12);
        // H_a = 2, |H_b| = 1, ΔL = ¼, s = ½.
        let theorem = (-2.0 * 0.25 / learning_rate * (0.5 / 2.0 + 0.5)).exp() / (2.0 * PI);
        let error = (left / theorem - 1.0).abs();
        assert!(error < 0.03 && error < 0.6 * before, "{learning_rate}: {error}");
        before = error;
        // With one of them cold the other is left as if its own noise were D_b throughout: e^{−2ΔL/η}, an exponent
        // higher by a quarter.
        let warm = rate(&quartic(1.0, learning_rate, ", valleys = [[-1.0]]"));
        let expected = (-2.0 * 0.25 / learning_rate).exp() * 2f64.sqrt() / (2.0 * PI);
        assert!((warm / expected - 1.0).abs() < 0.1, "{learning_rate}: {warm}, {expected}");
    }
}

/// Three valleys in a row, all cold, with different saddles: each of the outer ones is left by its own.
#[test]
fn valleys_with_saddles_of_their_own_keep_their_closures() {
    for (minimum, set) in [(-1.2, "x < -0.1"), (1.2, "x > 0.1")] {
        let mut before = f64::INFINITY;
        for learning_rate in [0.004, 0.002, 0.001] {
            let solution = solve(&format!(
                "landscape = {{ expression = 'x^2*(x^2 - 1.5)^2 + 0.08*x + 0.08*x^3', dimension = 1 }}
                 noise = {{ kind = 'frozen', learning_rate = {learning_rate}, batch_size = 1, interpretation = 'isothermal',
                            valleys = [[0.0], [1.2], [-1.2]] }}
                 domain = {{ lower = [-2], upper = [2] }}
                 grid = {{ cells = [2000] }}
                 valley = {{ minimum = [{minimum}], set = '{set}' }}"
            ));
            let error = (solution.formulas.theorem_3_2.unwrap().isothermal.ratio - 1.0).abs();
            assert!(error < 0.6 * before, "{minimum}, {learning_rate}: {error}");
            before = error;
        }
        assert!(before < 0.02, "{minimum}: {before}");
    }
}

/// The start valley alone, named or not: the same bits in one dimension and in two.
#[test]
fn the_start_valley_is_the_default() {
    let line = |valleys: &str| rate(&quartic(-1.0, 0.01, valleys)).to_bits();
    assert_eq!(line(""), line(", valleys = [[-1.0]]"));
    let plane = |valleys: &str| {
        rate(&solve(&format!(
            "landscape = {{ expression = '(x^2 - 1)^2 + (1.5 + 0.5*x)*y^2 + 0.2*x*y' }}
             noise = {{ kind = 'frozen', learning_rate = 0.1, batch_size = 1{valleys} }}
             domain = {{ lower = [-2, -1.5], upper = [2, 1.5] }}
             grid = {{ cells = [48, 40] }}
             valley = {{ minimum = [-1, 0], set = 'x < 0.8' }}"
        )))
    };
    let (unnamed, named, both) = (plane(""), plane(", valleys = [[-1, 0]]"), plane(", valleys = [[-1, 0], [1, 0]]"));
    assert_eq!(unnamed.to_bits(), named.to_bits());
    // The second valley begins behind the saddle: half way down, before the exit at x = 0.8.
    assert!(both != unnamed && (both / unnamed - 1.0).abs() < 0.05, "{both}, {unnamed}");
}

/// 1/τ from −1 to +1 over L = (x² − 1)²/4 + 0.1 with D = η L·2, reflected at −3: the double integral of the passage
/// time with e^φ = L^{1/2η}, by mpmath's Gauss–Legendre quadrature with 30 digits.
const POWER_LAW: [(f64, &str, f64); 6] = [
    (0.1, "ito", 0.00023426443010469),
    (0.1, "isothermal", 0.00065700824719406),
    (0.05, "ito", 4.4241216655274e-7),
    (0.05, "isothermal", 1.3953852526747e-6),
    (0.025, "ito", 1.5932177703354e-12),
    (0.025, "isothermal", 5.2994485513879e-12),
];

#[test]
fn noise_of_the_loss_has_a_power_law_in_one_dimension() {
    let mut logarithms = Vec::new();
    for (learning_rate, interpretation, expected) in POWER_LAW {
        let solution = solve(&format!(
            "landscape = {{ expression = '(x^2 - 1)^2/4 + 0.1' }}
             noise = {{ kind = 'loss-hessian', learning_rate = {learning_rate}, batch_size = 1, interpretation = '{interpretation}' }}
             domain = {{ lower = [-3], upper = [1], walls = {{ x = ['reflecting', 'absorbing'] }} }}
             grid = {{ cells = [2000] }}"
        ));
        let found = solution.passage.as_ref().unwrap().extrapolated.unwrap().value();
        assert_relative_eq!(found, expected, max_relative = 1e-8);
        assert!(solution.formulas.theorem_3_2.is_none(), "Theorem 3.2 is claimed for noise of the loss");
        if interpretation == "isothermal" {
            logarithms.push(-expected.ln());
        }
    }
    // −log γ = B/(ηh*) ln(L(b)/L(a)) and a little: 0.35 over 0.1, h* = 2.
    let slope = (logarithms[2] - logarithms[1]) / (1.0 / 0.025 - 1.0 / 0.05);
    assert_relative_eq!(slope, 3.5f64.ln() / 2.0, max_relative = 0.01);
}

fn local(loss: &str, noise: &str) -> String {
    format!(
        "landscape = {{ expression = '{loss}' }}
         noise = {{ {noise}, batch_size = 1 }}
         valley = {{ minimum = [-1, 0.5], set = 'x < 0' }}
         domain = {{ lower = [-2, -1], upper = [0, 2.5] }}
         grid = {{ cells = [64, 112] }}
         solve = {{ quantities = ['rate'] }}"
    )
}

/// Over a constant c that dwarfs the landscape η/B (L + c)[H]₊ is the Hessian's own noise with 2cη, its open curves
/// included.
#[test]
fn local_noise_of_a_large_loss_is_the_hessians_own() {
    let curved = "(x^2 - 1)^2 + 2*(y - 0.5*x^2)^2";
    let own = rate(&solve(&local(curved, "kind = 'hessian', learning_rate = 0.2")));
    let noise = "kind = 'loss-hessian', hessian = 'local', learning_rate = 1e-7";
    let large = rate(&solve(&local(&format!("{curved} + 1000000"), noise)));
    assert_relative_eq!(large, own, max_relative = 1e-4);
    let noise = "kind = 'loss-hessian', hessian = 'local', learning_rate = 0.1";
    let near = rate(&solve(&local(&format!("{curved} + 1"), noise)));
    assert!(near > 1.05 * own, "{near}, {own}");
}

fn status(text: &str) -> Option<u8> {
    let config = Config::from_text(Path::new("test.toml"), text, &[]).unwrap();
    match config.problem().map_err(StudyError::from) {
        Err(StudyError::Problem(error)) => Some(Diagnosis::of_problem(&error).exit_status),
        Err(other) => panic!("{other}"),
        Ok(problem) => study::run(&problem, &config.request, &Progress::default()).is_err().then_some(0),
    }
}

/// L(a) = 0: a trap, unless there is a floor; a landscape that separates, with the local Hessian: blocked.
#[test]
fn noise_of_the_loss_is_refused_where_it_has_no_answer() {
    let curved = "(x^2 - 1)^2 + 2*(y - 0.5*x^2)^2";
    for hessian in ["minimum", "local"] {
        let noise = format!("kind = 'loss-hessian', hessian = '{hessian}', learning_rate = 0.1");
        assert_eq!(status(&local(curved, &noise)), Some(3));
        assert_eq!(status(&local(curved, &format!("{noise}, floor = 0.05"))), None);
        assert_eq!(status(&local(&format!("{curved} - 0.01"), &noise)), Some(2));
    }
    let separable = "(x^2 - 1)^2 + (y - 0.5)^2 + 1";
    let noise = "kind = 'loss-hessian', learning_rate = 0.1";
    assert_eq!(status(&local(separable, noise)), None);
    assert_eq!(status(&local(separable, &format!("{noise}, hessian = 'local'"))), Some(3));
}
