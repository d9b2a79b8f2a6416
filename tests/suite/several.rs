//! Several sets at once: a line by quadrature, sums, and their union by the route of two sets.

use saddleflux::config::Config;
use saddleflux::progress::Progress;
use saddleflux::scaled::Scaled;
use saddleflux::study::{self, Solution};

use crate::reactive::integral;

fn solved(text: &str) -> Solution {
    let config = Config::from_text("test.toml".as_ref(), text, &[]).unwrap();
    study::run(&config.problem().unwrap(), &config.request, &Progress::default()).unwrap()
}

/// Between neighbours on a line h = ∫ e^φ/∫ e^φ and F = 1/(Z ∫ m e^φ), at barriers of 20 and 500 times the noise; sets
/// with another between them exchange nothing.
#[test]
fn three_sets_on_a_line_by_quadrature() {
    for (temperature, cells) in [(0.1, 1200), (0.004, 4500)] {
        let text = format!(
            "landscape = {{ expression = 'cos(2*pi*(x-0.5)) + 0.1*x' }}
            noise = {{ kind = 'isotropic', temperature = {temperature} }}
            domain = {{ lower = [-1.5], upper = [1.5] }}
            grid = {{ cells = [{cells}] }}
            valley = {{ minimum = [0.0] }}
            solve = {{ quantities = ['committor'], error_estimate = false }}
            committor = {{ sets = [ {{ set = 'x < -0.8017' }}, {{ set = 'abs(x) < 0.1613' }}, {{ set = 'x > 0.7919' }} ] }}"
        );
        let phi = |x: f64| ((2.0 * std::f64::consts::PI * (x - 0.5)).cos() + 0.1 * x) / temperature;
        let one = |_: f64| 1.0;
        let z = integral([-1.5, 1.5], -1.0, &phi, &|_| 1.0 / temperature);
        let capacity = |range: [f64; 2]| Scaled::ONE.over(z.times(integral(range, 1.0, &phi, &one)));
        let solution = solved(&text);
        let several = solution.committor.as_ref().unwrap().several.as_ref().unwrap();
        let away = |found: Scaled, exact: Scaled| (found.over(exact).value() - 1.0).abs();
        let flux = &several.hits.flux;
        for (a, b, range) in [(0, 1, [-0.8017, -0.1613]), (1, 2, [0.1613, 0.7919])] {
            assert!(away(flux[a][b], capacity(range)) < 1e-10 && away(flux[b][a], capacity(range)) < 1e-10);
        }
        assert_eq!((flux[0][2], flux[2][0]), (Scaled::ZERO, Scaled::ZERO));
        let hitting = solution.fields.values("hitting_1").unwrap();
        let resistance = integral([-0.8017, -0.1613], 1.0, &phi, &one);
        for cell in (0..cells).step_by(37) {
            let x = solution.grid.cell_centre(cell)[0];
            let exact = integral([-0.8017, x.max(-0.8017)], 1.0, &phi, &one).over(resistance);
            if (-0.8017..-0.1613).contains(&x) && exact.is_ordinary() {
                assert_relative_eq!(hitting[cell], exact.value(), epsilon = 0.0, max_relative = 1e-10);
            }
        }
    }
}

/// What leaves one set of three arrives in their union, and the three probabilities sum to 1, also without detailed
/// balance.
#[test]
fn fluxes_of_several_sets_sum_to_that_into_their_union() {
    for noise in [
        "{ kind = 'isotropic', temperature = 0.3 }",
        "{ kind = 'expression', d11 = '0.3', d12 = '0.1*sin(x)', d22 = '0.2 + 0.1*x^2' }",
    ] {
        let text = |committor: &str| {
            format!(
                "landscape = {{ kind = 'three-hole' }}
                noise = {noise}
                domain = {{ lower = [-2.0, -1.5], upper = [2.0, 2.5] }}
                grid = {{ cells = [60, 60] }}
                solve = {{ quantities = ['committor'], error_estimate = false }}
                committor = {committor}"
            )
        };
        let [a, b, c] = ["(x+1)^2 + y^2 < 0.1", "(x-1)^2 + y^2 < 0.1", "x^2 + (y-1.5)^2 < 0.05"];
        let several =
            solved(&text(&format!("{{ sets = [ {{ set = '{a}' }}, {{ set = '{b}' }}, {{ set = '{c}' }} ] }}")));
        let hits = &several.committor.as_ref().unwrap().several.as_ref().unwrap().hits;
        assert!(hits.disagreement < 1e-12, "{:e}", hits.disagreement);
        let union = solved(&text(&format!("{{ from = {{ set = '{a}' }}, to = {{ set = '{b} or {c}' }} }}")));
        let into_union = union.committor.as_ref().unwrap().numbers();
        let sum = hits.flux[0][1].plus(hits.flux[0][2]);
        assert_relative_eq!(sum.value(), into_union.flux.value(), epsilon = 0.0, max_relative = 1e-11);
        // Both leave out what comes back to where it was.
        let rates = sum.over(hits.last_in()[0]);
        assert_relative_eq!(rates.value(), into_union.rate.value(), epsilon = 0.0, max_relative = 1e-11);
        // As many ways out of each set as into it.
        for own in 0..3 {
            let (out, into): (f64, f64) = (0..3)
                .map(|k| (hits.flux[own][k].value(), hits.flux[k][own].value()))
                .fold((0.0, 0.0), |s, f| (s.0 + f.0, s.1 + f.1));
            assert_relative_eq!(out, into, epsilon = 0.0, max_relative = 1e-10);
        }
        let [one, two, three] = [0, 1, 2].map(|set| several.fields.values(&format!("hitting_{set}")).unwrap());
        for cell in 0..one.len() {
            assert!((one[cell] + two[cell] + three[cell] - 1.0).abs() < 1e-12);
        }
        // Paths lead from the first to the second, as if they alone had been named.
        let two_alone = solved(&text(&format!("{{ from = {{ set = '{a}' }}, to = {{ set = '{b}' }} }}")));
        let pair = [&several, &two_alone].map(|solution| solution.committor.as_ref().unwrap().numbers().rate.value());
        assert_eq!(pair[0], pair[1]);
    }
}

/// The fluxes of coarser grids against that of one four times as fine, which is nearer to the truth than what is stated
/// of them, and each drawn.
#[test]
fn errors_of_fluxes_between_several_sets_cover() {
    let flux = |cells: usize| -> Vec<Vec<[f64; 2]>> {
        let text = format!(
            "landscape = {{ kind = 'three-hole' }}
            noise = {{ kind = 'isotropic', temperature = 0.3 }}
            domain = {{ lower = [-2.0, -1.5], upper = [2.0, 2.5] }}
            grid = {{ cells = [{cells}, {cells}] }}
            solve = {{ quantities = ['committor'] }}
            committor = {{ sets = [ {{ set = '(x+1)^2 + y^2 < 0.1' }}, {{ set = '(x-1)^2 + y^2 < 0.1' }}, {{ set = 'x^2 + (y-1.5)^2 < 0.05' }} ] }}"
        );
        let solution = solved(&text);
        let several = serde_json::to_value(solution.committor.as_ref().unwrap().several.as_ref().unwrap()).unwrap();
        let entry = |key: &str, a: usize, b: usize| several[key][a][b].as_f64().unwrap();
        (0..3).map(|a| (0..3).map(|b| [entry("flux", a, b), entry("discretisation_error", a, b)]).collect()).collect()
    };
    let fine = flux(192);
    for cells in [40, 48, 64] {
        let coarse = flux(cells);
        for (a, b) in (0..3).flat_map(|a| (0..3).map(move |b| (a, b))) {
            let ([found, stated], [exact, left]) = (coarse[a][b], fine[a][b]);
            match a == b {
                true => assert_eq!([found, stated], [0.0, 0.0]),
                false => {
                    let away = (found / exact - 1.0).abs();
                    assert!(
                        away <= stated + left && stated < 0.1,
                        "{a} to {b}, {cells}: {away:e} where {stated:e} is stated"
                    );
                }
            }
        }
    }
}
