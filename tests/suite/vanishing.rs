//! Absorbing ends at which the noise vanishes: those that are never reached absorb nothing, those that are reached have
//! the passage time of the integrals ∫ e^φ m ∫ e^{−φ} w, which another program took in 30 digits or on graded panels.

use std::path::Path;

use saddleflux::config::Config;
use saddleflux::problem::ProblemError;
use saddleflux::progress::Progress;
use saddleflux::solve::SolveError;
use saddleflux::study::{self, Solution, StudyError};

use crate::gallery::solve;

fn text(law: &str, d11: &str, calculus: &str, rest: &str) -> String {
    format!(
        "landscape = {{ {law} }}
         noise = {{ kind = 'expression', d11 = '{d11}', interpretation = '{calculus}' }}
         {rest}"
    )
}

fn passage(solution: &Solution) -> (f64, f64) {
    let passage = solution.passage.as_ref().unwrap();
    (passage.rate.value(), passage.discretisation_error.unwrap())
}

const WELL: &str = "expression = '0.5*(x - 1)^2'";

#[test]
fn an_end_that_is_reached_slowly() {
    let rest = |cells: u32| {
        format!(
            "domain = {{ lower = [0], upper = [3], walls = {{ x = ['absorbing', 'reflecting'] }} }}
             valley = {{ set = 'whole', from = [1] }}
             grid = {{ cells = [{cells}] }}"
        )
    };
    for (d11, calculus, right) in
        [("2.5*x", "stratonovich", 0.143183497578), ("3*x", "stratonovich", 0.267415), ("1.3*x", "ito", 0.240835536)]
    {
        for cells in [50, 200, 800] {
            let solution = solve(&text(WELL, d11, calculus, &rest(cells)));
            let (rate, stated) = passage(&solution);
            let away = (rate / right - 1.0).abs();
            assert!(away < stated && stated < 0.02, "{d11} {calculus} {cells}: {away:e}, stated {stated:e}");
            let by_quadrature = solution.quadrature.unwrap();
            let away = (by_quadrature.time.value() * right - 1.0).abs();
            assert!(away < 2e-6, "{d11} {calculus}: {away:e}");
        }
    }
}

/// In a plane with a second direction of its own the time is the same.
#[test]
fn an_edge_of_a_plane_that_is_reached_slowly() {
    for cells in [32, 64] {
        let solution = solve(&format!(
            "landscape = {{ expression = '0.5*(x - 1)^2 + 0.5*y^2' }}
             noise = {{ kind = 'expression', d11 = '1.3*x', d22 = '0.5' }}
             valley = {{ set = 'whole', from = [1, 0] }}
             grid = {{ cells = [{cells}, {cells}] }}
             [domain]
             lower = [0, -3]
             upper = [3, 3]
             walls = {{ x = ['absorbing', 'reflecting'], y = 'reflecting' }}"
        ));
        let (rate, stated) = passage(&solution);
        let away = (rate / 0.240835536 - 1.0).abs();
        assert!(away < stated && stated < 0.05, "{cells}: {away:e}, stated {stated:e}");
    }
}

/// The noise vanishes so fast that φ falls without bound, and the drift carries the process out.
#[test]
fn an_end_into_which_the_drift_carries() {
    let cases = [
        ("-(x + 0.2)", "1.08*x^2", "isothermal", 0.2802708),
        ("-(x + 0.2)", "0.5*x^2", "ito", 0.727366),
        ("-(x + 0.5)", "3*x^2", "stratonovich", 1.035418),
        ("-(x + 0.2)", "3*x^2", "isothermal", 0.1690939),
    ];
    for (drift, d11, calculus, right) in cases {
        for cells in [100, 400, 1600] {
            let rest = format!(
                "domain = {{ lower = [0], upper = [2.5], walls = {{ x = ['absorbing', 'reflecting'] }} }}
                 valley = {{ set = 'whole', from = [0.8] }}
                 grid = {{ cells = [{cells}] }}"
            );
            let (rate, stated) = passage(&solve(&text(&format!("drift = ['{drift}']"), d11, calculus, &rest)));
            let away = (rate / right - 1.0).abs();
            assert!(away < stated && stated < 0.1, "{d11} {calculus} {cells}: {away:e}, stated {stated:e}");
        }
    }
}

/// Small noise at such an end that does not vanish: the quadrature has the answer.
#[test]
fn an_end_with_next_to_no_noise() {
    for (d11, calculus) in [("1.08*(x + 0.002)^2", "isothermal"), ("0.5*(x + 0.01)^2", "ito"), ("0.95*x + 1e-9", "ito")]
    {
        let text = text(
            "drift = ['-(x + 0.2)']",
            d11,
            calculus,
            "domain = { lower = [0], upper = [2.5], walls = { x = ['absorbing', 'reflecting'] } }
             valley = { set = 'whole', from = [0.8] }
             grid = { cells = [800] }",
        );
        let solution = solve(&text);
        let right = solution.quadrature.as_ref().unwrap().time.inverse().value();
        let (rate, stated) = passage(&solution);
        let away = (rate / right - 1.0).abs();
        assert!(away < stated && stated < 0.05, "{d11} {calculus}: {away:e}, stated {stated:e}");
    }
}

/// A floor, however low, lets the process reach an end that it would not reach without it. The time is a double integral
/// in 15 digits of another program.
#[test]
fn an_end_that_is_reached_by_a_floor_alone() {
    let solution = solve(&text(
        WELL,
        "0.95*x + 1e-9",
        "ito",
        "domain = { lower = [0], upper = [3], walls = { x = ['absorbing', 'reflecting'] } }
         valley = { set = 'whole', from = [1] }
         grid = { cells = [400] }",
    ));
    let away = (solution.quadrature.as_ref().unwrap().time.value() / 34.5903359010636 - 1.0).abs();
    assert!(away < 1e-10, "{away:e}");
    let (rate, stated) = passage(&solution);
    let away = (rate * 34.5903359010636 - 1.0).abs();
    assert!(away < stated, "{away:e}, stated {stated:e}");
}

/// An end that is never reached absorbs nothing: alone it is refused, and beside another one it reflects.
#[test]
fn an_end_that_is_never_reached() {
    let rest = |walls: &str| {
        format!(
            "domain = {{ lower = [0], upper = [2.5], walls = {{ x = {walls} }} }}
             valley = {{ set = 'whole', from = [1] }}
             grid = {{ cells = [200] }}"
        )
    };
    let alone = rest("['absorbing', 'reflecting']");
    for (d11, calculus) in [("2*x", "isothermal"), ("20*x", "isothermal"), ("0.7*x", "stratonovich"), ("0.9*x", "ito")]
    {
        assert!(is_refused(&text(WELL, d11, calculus, &alone)), "{d11} {calculus}");
        let [both, one] = ["'absorbing'", "['reflecting', 'absorbing']"]
            .map(|walls| solve(&text(WELL, d11, calculus, &rest(walls))).rate.unwrap().value);
        let away = (both.over(one).value() - 1.0).abs();
        assert!(away < 1e-12, "{d11} {calculus}: {away:e}");
    }
    // The paper's own noise up to the point where it vanishes.
    let own = "landscape = { expression = '(x^2 - 1)^2' }
               noise = { kind = 'hessian', learning_rate = 1.5, batch_size = 1, interpretation = 'isothermal' }
               valley = { set = 'x < -0.5773502691896258', minimum = [-1] }
               domain = { lower = [-2], upper = [0.5] }
               grid = { cells = [200] }";
    assert!(is_refused(own));
    // What lives on the closed domain does not ask what absorbs.
    let closed = format!("{}\nsolve = {{ quantities = ['stationary'] }}", text(WELL, "0.9*x", "ito", &alone));
    assert!(solve(&closed).rate.is_none());
}

fn is_refused(text: &str) -> bool {
    let config = Config::from_text(Path::new("test.toml"), text, &[]).unwrap();
    let found = study::run(&config.problem().unwrap(), &config.request, &Progress::default());
    matches!(found, Err(StudyError::Solve(SolveError::NeverReached { .. })))
}

/// ln x wanders without drift, or the drift and the noise end in one power: the process comes back from 0, but its mean
/// time is infinite.
#[test]
fn an_end_from_which_the_return_takes_for_ever() {
    for (drift, d11) in [("0.5*x", "0.5*x^2"), ("0.75*x^2", "0.5*x^3")] {
        let text = text(
            &format!("drift = ['{drift}']"),
            d11,
            "ito",
            "domain = { lower = [0], upper = [2.5], walls = { x = ['reflecting', 'absorbing'] } }
             valley = { set = 'whole', from = [0.8] }
             grid = { cells = [200] }",
        );
        let config = Config::from_text(Path::new("test.toml"), &text, &[]).unwrap();
        assert!(matches!(config.problem(), Err(ProblemError::InfiniteTime(_))), "{drift} {d11}");
    }
}

/// In a plane the noise across the boundary decides: not that along edges or axes oblique to it.
#[test]
fn a_wall_of_a_plane_that_is_never_reached() {
    for (noise, grid) in [
        ("d11 = '0.8*x', d22 = '0.5'", "cells = [32, 32]"),
        ("d11 = '0.8*x', d12 = '0.2*x', d22 = '0.5'", "cells = [32, 32]"),
        ("d11 = '8*x', d22 = '8*x', interpretation = 'isothermal'", "cells = [48, 48], align = 30"),
    ] {
        let text = format!(
            "landscape = {{ drift = ['-(x - 1)', '-y'] }}
             noise = {{ kind = 'expression', {noise} }}
             valley = {{ set = 'whole', from = [1, 0] }}
             grid = {{ {grid} }}
             [domain]
             lower = [0, -3]
             upper = [3, 3]
             walls = {{ x = ['absorbing', 'reflecting'], y = 'reflecting' }}"
        );
        assert!(is_refused(&text), "{noise}");
    }
}

/// Units of length differ along the axes by nine orders.
#[test]
fn a_wall_in_a_plane_of_two_units() {
    let rate = |unit: [f64; 2]| {
        let [x, y] = unit;
        let solution = solve(&format!(
            "landscape = {{ drift = ['-{x}*(x/{x} + 1)', '-y'] }}
             noise = {{ kind = 'expression', d11 = '0.5*{x}*x', d22 = '0.5*{y}*{y}', interpretation = 'isothermal' }}
             valley = {{ set = 'whole', from = [{x}, 0] }}
             grid = {{ cells = [48, 48] }}
             [domain]
             lower = [0, {}]
             upper = [{}, {}]
             walls = {{ x = ['absorbing', 'reflecting'], y = 'reflecting' }}",
            -3.0 * y,
            3.0 * x,
            3.0 * y
        ));
        solution.rate.unwrap().value.value()
    };
    let (one, other) = (rate([1.0, 1.0]), rate([1e-6, 1e3]));
    assert!((one / other - 1.0).abs() < 1e-6, "{one} {other}");
}

/// A jump of the loss next to such a wall counts as on a line.
#[test]
fn a_jump_before_a_wall_without_noise() {
    let text = |loss: &str, noise: &str, from: &str, domain: &str| {
        format!(
            "landscape = {{ expression = '0.5*(x - 1)^2 + 0.5*step(x - 0.02){loss}' }}
             noise = {{ kind = 'expression', d11 = '1.5*x'{noise} }}
             valley = {{ set = 'whole', from = {from} }}
             {domain}"
        )
    };
    let line = "domain = { lower = [0], upper = [3], walls = { x = ['absorbing', 'reflecting'] } }
                grid = { cells = [400] }";
    let plane = "grid = { cells = [50, 40] }
                 [domain]
                 lower = [0, -3]
                 upper = [3, 3]
                 walls = { x = ['absorbing', 'reflecting'], y = 'reflecting' }";
    let right = solve(&text("", "", "[1]", line)).quadrature.unwrap().escape_rate.unwrap();
    let rate = solve(&text(" + 0.5*y^2", ", d22 = '0.5'", "[1, 0]", plane)).rate.unwrap();
    let (away, stated) = ((rate.value.over(right).value() - 1.0).abs(), rate.discretisation_error.unwrap());
    assert!(away < stated, "{away:e}, stated {stated:e}");
}

/// The set ends where the noise across its boundary vanishes, and is left there: what has to be touched is not crossed.
#[test]
fn a_set_that_ends_where_the_noise_vanishes() {
    let text = |loss: &str, minimum: &str, domain: &str, cells: &str| {
        format!(
            "landscape = {{ expression = '{loss}' }}
             noise = {{ kind = 'hessian', learning_rate = 0.5, batch_size = 1 }}
             valley = {{ set = 'x < -0.5773502691896258', minimum = {minimum} }}
             domain = {{ {domain} }}
             grid = {{ cells = {cells} }}"
        )
    };
    let line = solve(&text("(x^2 - 1)^2", "[-1]", "lower = [-2], upper = [0.5]", "[3200]")).rate.unwrap();
    let plane = text("(x^2 - 1)^2 + y^2", "[-1, 0]", "lower = [-2, -2.5], upper = [0.5, 2.5]", "[64, 64]");
    let rate = solve(&plane).rate.unwrap();
    let [of_line, stated] = [line.discretisation_error, rate.discretisation_error].map(Option::unwrap);
    let away = (rate.value.over(line.value).value() - 1.0).abs();
    assert!(of_line < 0.01 && away < stated + of_line && stated < 0.2, "{away:e}, stated {stated:e} and {of_line:e}");
}
