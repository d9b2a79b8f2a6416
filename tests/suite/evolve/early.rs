//! Densities and fluxes that have only just arrived, against uniformisation.

use saddleflux::config::Config;
use saddleflux::generator::Generator;
use saddleflux::grid::{Align, Grid};
use saddleflux::progress::Progress;
use saddleflux::scheme::Weight;
use saddleflux::solve::evolve::start::gaussian;
use saddleflux::solve::{Accuracy, Discretisation, Evolution};

use super::{density, path, uniformised, with_resources};

/// Every cell above the floor, the flux and what was lost, to the tolerance at each of these times.
fn is_right_at(generator: &Generator, start: &[f64], accuracy: Accuracy, times: &[f64]) {
    with_resources(|resources| {
        let mut evolution = Evolution::new(generator, start, accuracy, resources).unwrap();
        let Accuracy { tolerance, floor } = accuracy;
        let flux = |p: &[f64]| p.iter().zip(&generator.killing).map(|(p, rate)| p * rate).sum::<f64>();
        let total: f64 = start.iter().sum();
        for &t in times {
            evolution.advance(t).unwrap();
            let exact: Vec<f64> = uniformised(generator, start, t).into_iter().map(|p| p / total).collect();
            let found = density(&evolution);
            let survival: f64 = exact.iter().sum();
            for (state, (found, exact)) in found.iter().zip(&exact).enumerate() {
                let away = (found - exact).abs();
                assert!(
                    away <= tolerance * (exact + floor * survival),
                    "state {state}: {found:e} for {exact:e} at t = {t}"
                );
            }
            let least = floor * survival * generator.killing.iter().sum::<f64>();
            let away = (flux(&found) - flux(&exact)).abs();
            assert!(away <= tolerance * (flux(&exact) + least), "flux {:e} for {:e}", flux(&found), flux(&exact));
            // Where the flux itself is above the floor its own estimate says as much.
            if flux(&exact) > 10.0 * least {
                let stated = evolution.error_of(&generator.killing);
                assert!(stated < 2.0 * tolerance && away < 2.0 * stated * flux(&exact) + 1e-11, "{stated:e}, {away:e}");
            }
            assert!(evolution.worst_error() <= tolerance);
        }
    });
}

/// Up a barrier of 30 times the noise, from a single state: fluxes from below 1e-80 on.
#[test]
fn early_fluxes_are_right_in_one_dimension() {
    let n = 120;
    let mut killing = vec![0.0; n];
    killing[n - 1] = 1e3;
    let generator = path(n, [-1.6, 0.3], |x| 30.0 * (x * x - 1.0).powi(2), killing);
    let start: Vec<f64> = (0..n).map(|i| f64::from(u8::from(i == 50))).collect();
    let accuracy = Accuracy { tolerance: 1e-6, floor: 1e-100 };
    is_right_at(&generator, &start, accuracy, &[1e-6, 1e-4, 3e-3, 1e-2, 3e-2]);
}

/// A full tensor in two dimensions, killed at a wall.
#[test]
fn early_fluxes_are_right_in_two_dimensions() {
    let text = "landscape = { expression = '(x^2-1)^2 + y^2 + 0.3*x*y' }
         noise = { kind = 'expression', d11 = '0.1', d12 = '0.04', d22 = '0.08' }
         domain = { lower = [-1.8, -1.2], upper = [0.3, 1.2], walls = { x = ['reflecting', 'absorbing'] } }
         valley = { minimum = [-1.0, 0.0], set = 'whole' }
         grid = { cells = [20, 20] }";
    let config = Config::from_text("test.toml".as_ref(), text, &[]).unwrap();
    let problem = config.problem().unwrap();
    let progress = Progress::default();
    let grid = Grid::over(&problem, [20, 20], Align::Axes).unwrap();
    let on = &Discretisation::on(&problem, grid, Weight::InverseAverage, &progress).unwrap();
    let start = gaussian(on, [-1.0, 0.0], 0.1);
    for accuracy in [Accuracy { tolerance: 1e-6, floor: 1e-16 }, Accuracy { tolerance: 1e-4, floor: 1e-60 }] {
        is_right_at(&on.assembly.generator, &start, accuracy, &[1e-3, 1e-2, 0.1, 1.0]);
    }
}

/// The first of what is killed, far below the floor of the entries, where these are of first order alone: ln S is as
/// right as it says, by steps and in Krylov spaces, against uniformisation with the killed as one more state.
#[test]
fn what_is_killed_first_is_as_right_as_it_says() {
    let n = 60;
    let mut killing = vec![0.0; n];
    killing[n - 1] = 1e3;
    let generator = path(n, [-1.0, 1.0], |x| 0.5 * x * x, killing);
    let among = |(i, row): (usize, Vec<(usize, f64)>)| row.into_iter().map(move |(j, q)| (i, j, q));
    let rows = (0..n).map(|i| {
        generator.rates.outer_view(i).map_or(Vec::new(), |row| row.iter().map(|(j, q)| (j, *q)).collect::<Vec<_>>())
    });
    let rates = rows.enumerate().flat_map(among).chain([(n - 1, n, generator.killing[n - 1])]);
    let closed = Generator::from_rates(rates, vec![0.0; n + 1]).unwrap();
    let released = |states: usize| -> Vec<f64> { (0..states).map(|i| f64::from(u8::from(i == n / 2))).collect() };
    with_resources(|resources| {
        for tolerance in [1e-3, 1e-4, 1e-6] {
            let begun = |accuracy| Evolution::new(&generator, &released(n), accuracy, resources).unwrap();
            let by_steps = begun(Accuracy { tolerance, floor: 1e-16 });
            for mut evolution in [by_steps, begun(Accuracy::in_l1(tolerance)).in_spaces(1e-2)] {
                for t in [1e-5, 1e-4, 1e-3, 3e-3, 1e-2] {
                    evolution.advance(t).unwrap();
                    let killed = uniformised(&closed, &released(n + 1), t)[n];
                    let away = (1.0 - (-killed).ln_1p() / evolution.log_survival()).abs();
                    let stated = evolution.relative_error_of_log_survival();
                    // From 1 on not even the order of magnitude is known.
                    assert!(
                        away <= stated || stated >= 1.0,
                        "{away:e} where {stated:e} is stated, t = {t}, 1 − S = {killed:e}"
                    );
                    assert!(evolution.log_survival() <= 0.0);
                }
            }
        }
    });
}
