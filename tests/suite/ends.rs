//! Ends of a line where the noise vanishes: Feller's classes, and what is answered beside each.

use std::path::Path;

use proptest::prelude::*;
use saddleflux::config::Config;
use saddleflux::formula::quadrature::{End, Passage};
use saddleflux::problem::boundary_class::{BoundaryClass, LocalLaw};
use saddleflux::problem::{Interpretation, ProblemError, ProblemWarning};
use saddleflux::study::Warning;

use crate::gallery::solve;

const ITO: Interpretation = Interpretation::Ito;

fn class(slope: impl Fn(f64) -> f64, diffusion: impl Fn(f64) -> f64, interpretation: Interpretation) -> BoundaryClass {
    LocalLaw::of(slope, diffusion, [1.0, 0.0], interpretation).unwrap().class()
}

/// Classes from Karlin & Taylor 1981, chapter 15, at y = 0.
#[test]
fn classes_of_known_diffusions() {
    use BoundaryClass::{Entrance, Exit, Natural, Regular};
    type Function = fn(f64) -> f64;
    let known: [(&str, Function, Function, BoundaryClass); 14] = [
        ("Brownian motion", |_| 0.0, |_| 0.5, Regular),
        ("Bessel, dimension 1.5", |y| -0.25 / y, |_| 0.5, Regular),
        ("Bessel, dimension 2", |y| -0.5 / y, |_| 0.5, Entrance),
        ("Bessel, dimension 3", |y| -1.0 / y, |_| 0.5, Entrance),
        ("Bessel, dimension 0", |y| 0.5 / y, |_| 0.5, Exit),
        ("square root, 2ab = 0.5σ²", |y| -0.02 + 0.5 * y, |y| 0.08 * y, Regular),
        ("square root, 2ab = σ²", |y| -0.08 + 0.5 * y, |y| 0.08 * y, Entrance),
        ("square root, 2ab = 3σ²", |y| -0.24 + 0.5 * y, |y| 0.08 * y, Entrance),
        ("branching", |y| 0.3 * y, |y| y, Exit),
        ("genetic drift without mutation", |_| 0.0, |y| 0.5 * y * (1.0 - y), Exit),
        ("genetic drift, mutation 2Nu = 0.3", |y| -0.15 * (1.0 - y), |y| 0.5 * y * (1.0 - y), Regular),
        ("genetic drift, mutation 2Nu = 2", |y| -(1.0 - y), |y| 0.5 * y * (1.0 - y), Entrance),
        ("geometric Brownian motion", |y| -0.05 * y, |y| 0.02 * y * y, Natural),
        ("mean-reverting geometric", |y| -0.3 * (1.0 - y), |y| 0.02 * y * y, Entrance),
    ];
    for (name, slope, diffusion, expected) in known {
        assert_eq!(class(slope, diffusion, ITO), expected, "{name}");
    }
    // D = y, L = 0: Itô's process is absorbed at 0, Stratonovich's is ¼(√ of Brownian motion)² and touches it, the
    // isothermal one does not.
    assert_eq!(class(|_| 0.0, |y| y, Interpretation::Stratonovich), Regular);
    assert_eq!(class(|_| 0.0, |y| y, Interpretation::Isothermal), Entrance);
}

proptest! {
    /// Units of length and of time change no class, and the continuous spectrum goes with 1/t.
    #[test]
    fn classes_know_no_units(
        p in 0.0f64..3.0, r in 0.0f64..3.0, g in -2.0f64..2.0, c in 0.1f64..2.0, length in -8i32..8, time in -8i32..8,
    ) {
        // Thresholds are for the table above.
        prop_assume!((r - p + 1.0).abs() > 0.05 && (p - 1.0).abs() > 0.05 && (p - 2.0).abs() > 0.05 && g.abs() > 0.05);
        let (a, b) = (10f64.powi(length), 10f64.powi(time));
        let plain = LocalLaw::of(|y| g * y.powf(r), |y| c * y.powf(p), [1.0, 0.0], ITO).unwrap();
        let scaled = LocalLaw::of(|y| a / b * g * (y / a).powf(r), |y| a * a / b * c * (y / a).powf(p), [a, 0.0], ITO).unwrap();
        prop_assert_eq!(plain.class(), scaled.class());
        match (plain.continuous_from(), scaled.continuous_from()) {
            (Some(one), Some(other)) => prop_assert!((one - b * other).abs() <= 1e-3 * one),
            (one, other) => prop_assert_eq!(one.is_some(), other.is_some()),
        }
    }

    /// Whatever the exponents at the end, a rate and a time by quadrature are positive or are not given.
    #[test]
    fn no_rate_is_negative(p in 0.0f64..4.0, a in -1.0f64..1.0, c in 0.01f64..1.0, r in 0.0f64..2.0) {
        let passage = Passage {
            slope: &|x: f64| -a * x.powf(r),
            diffusion: &|x: f64| c * x.powf(p),
            interpretation: ITO,
            lower: End::Reflecting(0.0),
            upper: End::Absorbing(2.0),
            breakpoints: &[],
        };
        if let Ok(found) = passage.escape_rate() {
            prop_assert!(found.rate.log.is_finite() && found.rate.value >= 0.0);
        }
        if let Ok(found) = passage.mean_first_passage(1.0) {
            prop_assert!(found.value > 0.0);
        }
    }
}

fn line(landscape: &str, d11: &str, domain: &str, more: &str) -> String {
    format!(
        "landscape = {{ {landscape} }}\nnoise = {{ kind = 'expression', d11 = '{d11}'{more} }}\ndomain = {{ {domain} }}"
    )
}

const REFLECTING: &str = "walls = { x = ['reflecting', 'absorbing'] }";

/// D vanishes at the reflecting end like a power, the density there is singular, and the stated error covers the right
/// answer: zeros of Kummer's and of Bessel's functions.
#[test]
fn rates_beside_a_zero_of_the_noise() {
    for (name, toml, rate) in [
        (
            "square root, 2ab = 0.5σ²",
            line("drift = '0.5*(0.04 - x)'", "0.08*x", &format!("lower = [0], upper = [0.12], {REFLECTING}"), ""),
            0.1310397275111916,
        ),
        (
            "square root, 2ab = 1.2σ²",
            line("drift = '0.3 - x'", "0.5*x", &format!("lower = [0], upper = [1], {REFLECTING}"), ""),
            0.1561959026189088,
        ),
        (
            "square root, 2ab = 0.4σ²",
            line("drift = '0.1 - x'", "0.5*x", &format!("lower = [0], upper = [1], {REFLECTING}"), ""),
            0.03820235629734517,
        ),
        (
            "the zero at the upper end",
            line(
                "drift = '-0.5*(0.04 - (1 - x))'",
                "0.08*(1 - x)",
                "lower = [0.88], upper = [1], walls = { x = ['absorbing', 'reflecting'] }",
                "",
            ),
            0.1310397275111916,
        ),
        (
            "D = √x without a drift",
            line("drift = '0*x'", "sqrt(x)", &format!("lower = [0], upper = [1], {REFLECTING}"), ""),
            0.8691547519980607,
        ),
        (
            "isothermal, D = x",
            line(
                "expression = '0*x'",
                "x",
                &format!("lower = [0], upper = [1], {REFLECTING}"),
                ", interpretation = 'isothermal'",
            ),
            1.445796490736697,
        ),
        (
            "an exit that absorbs",
            line("drift = '0*x'", "x", "lower = [0], upper = [1], walls = { x = 'absorbing' }", ""),
            3.670492660530973,
        ),
    ] {
        for cells in [64, 100, 128, 512, 1000] {
            let solution = solve(&format!("{toml}\ngrid = {{ cells = [{cells}] }}"));
            let found = solution.rate.unwrap();
            let (error, stated) = ((found.value.value() / rate - 1.0).abs(), found.discretisation_error.unwrap());
            // The references have 16 digits, and the quadrature that may have made the stated error has 10.
            assert!(error <= stated + 1e-9, "{name} on {cells} cells: {error:.2e}, stated {stated:.2e}");
            assert!(stated < 0.3 * 64.0 / f64::from(cells), "{name} on {cells} cells states {stated:.2e}");
        }
    }
}

#[test]
fn time_beside_a_zero_of_the_noise() {
    let toml = line("drift = '0.5*(0.04 - x)'", "0.08*x", &format!("lower = [0], upper = [0.12], {REFLECTING}"), "");
    let solution = solve(&format!("{toml}\ngrid = {{ cells = [512] }}"));
    let passage = solution.passage.unwrap();
    assert!((passage.from[0] - 0.04).abs() < 1e-9);
    let error = (passage.time.value() / 6.064588133 - 1.0).abs();
    assert!(error <= passage.discretisation_error.unwrap() && error < 1e-5, "{error:e}");
}

/// dx = 0.05 x dt + 0.2 x dW, absorbed at 2: ln x drifts at 0.03, τ(1) = ln 2/0.03, and the spectrum is continuous from
/// 0.03²/(4·0.02) on.
#[test]
fn a_natural_end_has_a_time_and_no_rate() {
    let domain = format!("lower = [0], upper = [2], {REFLECTING}");
    let solution = solve(&format!("{}\ngrid = {{ cells = [512] }}", line("drift = '0.05*x'", "0.02*x^2", &domain, "")));
    let passage = solution.passage.unwrap();
    assert!((passage.time.value() / (2f64.ln() / 0.03) - 1.0).abs() <= passage.discretisation_error.unwrap());
    assert!((solution.quadrature.unwrap().time.value() / (2f64.ln() / 0.03) - 1.0).abs() < 1e-9);
    assert!(solution.rate.is_none() && solution.quadrature.unwrap().escape_rate.is_none());
    let begins = solution.warnings.iter().find_map(|warning| match warning {
        Warning::NoSlowestMode { begins, .. } => Some(*begins),
        _ => None,
    });
    assert!((begins.unwrap() / (0.03f64.powi(2) / 0.08) - 1.0).abs() < 1e-6);
}

fn refusal(toml: &str) -> ProblemError {
    let config = Config::from_text(Path::new("test.toml"), toml, &[]).unwrap();
    config.problem().err().unwrap_or_else(|| panic!("not refused:\n{toml}"))
}

#[test]
fn times_that_are_infinite_are_refused() {
    let domain = format!("lower = [0], upper = [2], {REFLECTING}");
    let ends = |lower: f64, upper: f64| format!("lower = [{lower}], upper = [{upper}], {REFLECTING}");
    for (name, toml, word) in [
        // ln x drifts to −∞ at 0.01: with a positive probability for ever.
        ("drift to a natural end", line("drift = '0.01*x'", "0.02*x^2", &domain, ""), "natural"),
        ("an exit that is said to reflect", line("drift = '0*x'", "x", &domain, ""), "exit"),
        ("the same with a drift to it", line("drift = '-0.3*x'", "x", &domain, ""), "exit"),
        ("D touches 0 inside", line("drift = '0*x'", "(x - 0.3)^2", &ends(-1.0, 1.0), ""), "cannot be crossed"),
        ("D touches 0 as a kink", line("drift = '0*x'", "abs(x - 0.3)", &ends(-1.0, 1.0), ""), "cannot be crossed"),
        (
            "and to the fourth power",
            line("expression = '0*x'", "(x - 0.3)^4", &ends(-1.0, 1.0), ""),
            "cannot be crossed",
        ),
        (
            "both ways out closed",
            line(
                "drift = '0*x'",
                "((x - 0.5)*(x + 0.4))^2",
                "lower = [-1], upper = [1], walls = { x = 'absorbing' }",
                "",
            ),
            "cannot be crossed",
        ),
    ] {
        let error = refusal(&toml).to_string();
        assert!(error.contains(word), "{name}: {error}");
    }
}

/// √|x − c| lets the process through, and a drift may carry it across a zero: y = x − 0.3 obeys dy = dt + √(2|y|) dW.
#[test]
fn zeros_of_the_noise_that_are_crossed() {
    let domain = format!("lower = [-1], upper = [1], {REFLECTING}");
    for (drift, d11) in [("0*x", "sqrt(abs(x - 0.3))"), ("1 + 0*x", "abs(x - 0.3)")] {
        let toml = line(&format!("drift = '{drift}'"), d11, &domain, "");
        let config = Config::from_text(Path::new("test.toml"), &toml, &[]).unwrap();
        assert!(config.problem().is_ok(), "{drift}, {d11}");
    }
}

#[test]
fn walls_that_are_never_reached_are_told_of() {
    let toml = line("drift = '0.3 - x'", "0.1*x", "lower = [0], upper = [1], walls = { x = 'absorbing' }", "");
    let problem = Config::from_text(Path::new("test.toml"), &toml, &[]).unwrap().problem().unwrap();
    let is_told = |warning: &ProblemWarning| matches!(warning, ProblemWarning::NeverReached(end) if end.class == BoundaryClass::Entrance);
    assert!(problem.warnings.iter().any(is_told));
}

/// A natural boundary from which a continuous spectrum begins has no slowest mode, whether a rate is asked for or not.
#[test]
fn no_rate_by_quadrature_where_there_is_no_slowest_mode() {
    let solution = solve(
        "landscape = { drift = ['0.05*x'] }
         noise = { kind = 'expression', d11 = '0.02*x^2' }
         domain = { lower = [0], upper = [2], walls = { x = ['reflecting', 'absorbing'] } }
         grid = { cells = [400] }
         valley = { set = 'whole', from = [1] }
         solve = { quantities = ['passage-time'] }",
    );
    let check = solution.quadrature.unwrap();
    assert!(check.escape_rate.is_none());
    // ln x drifts at 0.05 − 0.02.
    assert_relative_eq!(check.time.value(), std::f64::consts::LN_2 / 0.03, max_relative = 1e-9);
}
