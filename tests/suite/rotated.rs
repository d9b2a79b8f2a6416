//! Turned descents −(I + cJ)∇L: the density that they keep, and their rates at any barrier.

use std::path::Path;

use saddleflux::Progress;
use saddleflux::config::Config;
use saddleflux::study;

fn configured(strength: f64, temperature: f64, cells: usize, more: &str) -> String {
    format!(
        "landscape = {{ kind = \"rotated-drift\", of = {{ expression = \"(x^2 - 1)^2 + 1.5*(y - 0.3*x)^2\" }}, strength = {strength:?}, dimension = 2 }}
noise = {{ kind = \"isotropic\", temperature = {temperature:?} }}
grid = {{ cells = [{cells}, {cells}] }}
{more}"
    )
}

fn solved(text: &str) -> study::solution::Solution {
    let config = Config::from_text(Path::new("rotated.toml"), text, &[]).unwrap();
    study::run(&config.problem().unwrap(), &config.request, &Progress::default()).unwrap()
}

/// e^{−L/T} is kept to rounding at every strength and temperature, whatever the cells.
#[test]
fn the_density_of_the_descent_is_kept() {
    for (strength, temperature) in [(0.0, 0.2), (1.0, 0.2), (-3.0, 0.2), (1.0, 0.02), (20.0, 0.02)] {
        let text = format!(
            "landscape = {{ kind = \"rotated-drift\", of = {{ expression = \"sin(pi*x)*cos(pi*y) + 0.4*cos(pi*(x - y))\" }}, \
             strength = {strength:?}, dimension = 2 }}
noise = {{ kind = \"isotropic\", temperature = {temperature:?} }}
domain = {{ lower = [-1, -1], upper = [1, 1], walls = {{ x = \"periodic\", y = \"periodic\" }} }}
grid = {{ cells = [24, 20] }}
solve = {{ quantities = [\"stationary\"] }}"
        );
        let solution = solved(&text);
        let density = solution.fields.values("stationary").unwrap();
        let loss = |[x, y]: [f64; 2]| {
            use std::f64::consts::PI;
            (PI * x).sin() * (PI * y).cos() + 0.4 * (PI * (x - y)).cos()
        };
        let weight = |cell: usize| (-loss(solution.grid.cell_centre(cell)) / temperature).exp();
        let unit = density[0] / weight(0);
        for (cell, value) in density.iter().enumerate() {
            assert_relative_eq!(*value, unit * weight(cell), max_relative = 1e-10);
        }
    }
}

/// The rate is |λ_b|/2π √(det H_a/|det H_b|) e^{−ΔL/T} in the limit, λ_b < 0 of (I + cJ)H_b: at barriers of 20, 100 and
/// 400 times the noise, where a chain made from the drift itself has an error of e^{(what the grid leaves)/T}.
#[test]
fn rates_are_those_of_the_unstable_eigenvalue() {
    for strength in [0.5, 2.0] {
        let mut ratios = Vec::new();
        for (over, cells) in [(20.0, 64), (100.0, 128), (400.0, 256)] {
            let place = "domain = { lower = [-1.9, -2.0], upper = [0.8, 1.7], walls = { x = [\"reflecting\", \"absorbing\"] } }\nvalley = { minimum = [-1, -0.3], set = \"whole\" }";
            let solution = solved(&configured(strength, 1.0 / over, cells, place));
            let kramers = solution.formulas.kramers.as_ref().unwrap();
            // H_b = [[−4 + 0.27, −0.9], [−0.9, 3]], H_a = [[8.27, −0.9], [−0.9, 3]].
            let (trace, determinant, at_minimum): (f64, f64, f64) = (-0.73, -3.73 * 3.0 - 0.81, 8.27 * 3.0 - 0.81);
            let fastest = (0.25 * trace * trace - (1.0 + strength * strength) * determinant).sqrt() - 0.5 * trace;
            let exact = (fastest / std::f64::consts::TAU * (at_minimum / -determinant).sqrt()).ln() - over;
            assert!((kramers.formula.value.ln() - exact).abs() < 1e-12 * over, "{strength} {over}");
            ratios.push(kramers.ratio);
            let rate = solution.rate.unwrap();
            assert!(rate.discretisation_error.unwrap() < 0.05, "{strength} {over} {:?}", rate.discretisation_error);
        }
        // An error of order T.
        assert!(
            (ratios[0] - 1.0).abs() < 0.06 && (ratios[1] - 1.0).abs() < 0.015 && (ratios[2] - 1.0).abs() < 0.008,
            "{ratios:?}"
        );
    }
}

/// Killed at the saddle the boundary is not the separatrix of the turned descent: the formula is left out, with the
/// reason.
#[test]
fn killed_at_the_saddle_has_no_formula() {
    let at = |end: f64| {
        let place = format!(
            "domain = {{ lower = [-1.9, -2.0], upper = [{end:?}, 1.7], walls = {{ x = [\"reflecting\", \"absorbing\"] }} }}\n\
             valley = {{ minimum = [-1, -0.3], set = \"whole\" }}"
        );
        solved(&configured(1.0, 0.1, 48, &place)).formulas
    };
    assert!(at(0.8).kramers.is_some());
    let left_out = at(0.0);
    assert!(
        left_out.kramers.is_none() && left_out.omitted.iter().any(|reason| reason.to_string().contains("separatrix"))
    );
}

/// c and −c are adjoint to one another and have one spectrum, also where the process is killed; each within what the
/// grids state.
#[test]
fn adjoint_processes_have_one_spectrum() {
    let lines = |strength: f64| {
        let text = format!(
            "landscape = {{ kind = \"rotated-drift\", of = {{ expression = \"(x^2 - 1)^2 + y^2 + 0.5*x*y\" }}, strength = {strength:?}, dimension = 2 }}
noise = {{ kind = \"isotropic\", temperature = 0.1 }}
domain = {{ lower = [-2, -2], upper = [0.4, 2], walls = {{ x = [\"reflecting\", \"absorbing\"] }} }}
valley = {{ minimum = [-1, 0.25], set = \"whole\" }}
grid = {{ cells = [64, 64] }}
solve = {{ quantities = [\"spectrum\"], eigenvalues = 4 }}"
        );
        let study = solved(&text).spectrum.unwrap();
        study
            .modes
            .into_iter()
            .zip(study.errors)
            .map(|(mode, error)| (mode.value.re.value(), error))
            .collect::<Vec<_>>()
    };
    let (one, other) = (lines(1.0), lines(-1.0));
    assert!(one.len() == 4 && one.iter().all(|(_, error)| *error < 0.05), "{one:?}");
    for (one, other) in one.iter().zip(&other) {
        assert!((one.0 / other.0 - 1.0).abs() <= one.1 + other.1, "{one:?} {other:?}");
    }
}
