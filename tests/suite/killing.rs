//! A killing rate inside the domain: what constant, step-like and quadratic rates do to γ, exactly.

use saddleflux::config::Config;
use saddleflux::particles::preparation::Preparation;
use saddleflux::particles::{Settings, SimulationError};
use saddleflux::scheme::Weight;
use saddleflux::study::choice::Reason;
use saddleflux::study::solution::RateEstimate;
use saddleflux::study::{Solution, Warning};

use crate::gallery::solve;

fn rate(solution: &Solution) -> &RateEstimate {
    solution.rate.as_ref().unwrap()
}

/// The value and the stated error of γ.
fn stated(solution: &Solution) -> (f64, f64) {
    let found = rate(solution);
    (found.value.value(), found.discretisation_error.unwrap())
}

/// The root of a function of γ that changes its sign in (low, high).
fn root(f: impl Fn(f64) -> f64, mut low: f64, mut high: f64) -> f64 {
    let positive = f(low) > 0.0;
    assert!(positive != (f(high) > 0.0));
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if (f(middle) > 0.0) == positive { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}

/// γ of free diffusion D on [0, ℓ] between reflecting ends, killed at the rate k beyond c, where the loss rises by so
/// many D: μ tan(μc) = e^{−rise} κ tanh(κ(ℓ − c)) with Dμ² = γ, Dκ² = k − γ.
fn stepped(d: f64, length: f64, c: f64, k: f64, rise: f64) -> f64 {
    let balance = |gamma: f64| {
        let (mu, kappa) = ((gamma / d).sqrt(), ((k - gamma) / d).sqrt());
        mu * (mu * c).tan() - (-rise).exp() * kappa * (kappa * (length - c)).tanh()
    };
    let quarter = d * (std::f64::consts::FRAC_PI_2 / c).powi(2);
    root(balance, 0.0, (quarter * (1.0 - 1e-12)).min(k))
}

/// A constant rate adds to γ, and changes nothing else of it.
#[test]
fn a_constant_rate_adds_to_the_escape_rate() {
    let line = "landscape = { kind = 'double-well', dimension = 1 }
                noise = { kind = 'isotropic', temperature = 0.1 }
                grid = { cells = [96] }";
    let plane = "landscape = { expression = '(x^2-1)^2 + 2*(y - 0.4*x^2)^2' }
                 noise = { kind = 'isotropic', temperature = 0.2 }
                 grid = { cells = [48, 40] }";
    let tensor = "landscape = { drift = ['x - x^3 - y', 'x - y'] }
                  noise = { kind = 'expression', d11 = '0.3', d12 = '0.1', d22 = '0.2 + 0.1*x^2' }
                  grid = { cells = [40, 40] }";
    let sides = [
        "lower = [-2], upper = [0.4], walls = { x = ['reflecting', 'absorbing'] }",
        "lower = [-2, -1], upper = [0.4, 2], walls = { x = ['reflecting', 'absorbing'] }",
        "lower = [-2, -2], upper = [2, 2], walls = { x = 'absorbing' }",
    ];
    for (problem, sides) in [line, plane, tensor].into_iter().zip(sides) {
        let [without, with] =
            ["", ", killing = 0.37"].map(|kill| solve(&format!("{problem}\ndomain = {{ {sides}{kill} }}")));
        let (without, with) = (rate(&without), rate(&with));
        let (alone, both) = (without.value.value(), with.value.value());
        assert_relative_eq!(both, alone + 0.37, max_relative = 2e-14);
        assert!(with.flux_identity < 1e-12, "{:e}", with.flux_identity);
    }
}

/// Free diffusion killed on a part of the interval: within the stated error wherever the step lies in its cell, of
/// second order, and right for a layer thinner than a cell.
#[test]
fn analytical_killing_on_a_part_of_an_interval() {
    let (d, length) = (0.7, 2.0);
    let on = |cells: usize, c: f64, k: f64| {
        solve(&format!(
            "landscape = {{ expression = '0*x' }}
             noise = {{ kind = 'isotropic', temperature = {d} }}
             domain = {{ lower = [0], upper = [{length}], killing = '{k}*step(x - {c})' }}
             valley = {{ set = 'whole', from = [0.3] }}
             grid = {{ cells = [{cells}] }}"
        ))
    };
    for (c, k) in [(1.0, 3.0), (1.237, 3.0), (0.4567, 0.8), (1.9991, 500.0), (0.0021, 5.0)] {
        let right = stepped(d, length, c, k, 0.0);
        for cells in [64, 100, 250] {
            let found = on(cells, c, k);
            let (value, error) = stated(&found);
            assert!((value / right - 1.0).abs() <= error, "{c} {k} {cells}: {value:e} ± {error:e}, not {right:e}");
            // A step anywhere in its cell leaves what the whole cell curves by.
            let cell = length / cells as f64;
            assert!((value / right - 1.0).abs() < 0.5 * k / d * cell * cell, "{c} {cells}: {:e}", value / right - 1.0);
            let flux = found.flux.unwrap();
            assert_relative_eq!(flux.inside.unwrap(), value, max_relative = 1e-12);
            assert!(found.quadrature.is_none() && found.formulas.omitted[0].to_string().contains("quadrature"));
        }
    }
}

/// A thin layer beside a reflecting wall is a wall that absorbs in part, n·J = h P: μ tan(μℓ) = h/D.
#[test]
fn a_thin_layer_is_robins_wall() {
    let (d, length, h) = (0.7, 2.0, 0.9);
    let robin = root(|gamma: f64| (gamma / d).sqrt() * ((gamma / d).sqrt() * length).tan() - h / d, 1e-9, 0.43);
    for width in [1e-2, 1e-3, 1e-5] {
        let found = solve(&format!(
            "landscape = {{ expression = '0*x' }}
             noise = {{ kind = 'isotropic', temperature = {d} }}
             domain = {{ lower = [0], upper = [{length}], killing = '{}*step(x - {})' }}
             grid = {{ cells = [400] }}",
            h / width,
            length - width
        ));
        // A layer within one cell kills what lives at its centre: of first order, and stated.
        let (value, error) = stated(&found);
        assert!(
            error < 0.01 && (value / robin - 1.0).abs() <= error + 2.0 * width,
            "{width}: {value} ± {error}, not {robin}"
        );
    }
}

/// Where the loss jumps with the rate the cell between has the mass of both sides.
#[test]
fn a_step_of_the_loss_and_of_the_rate_in_one_cell() {
    let (d, length, c, k) = (0.7, 2.0, 1.237, 3.0);
    for height in [2.0, -1.5] {
        let right = stepped(d, length, c, k, height / d);
        let away = |cells: usize| {
            let found = solve(&format!(
                "landscape = {{ expression = '{height}*step(x - {c})' }}
                 noise = {{ kind = 'isotropic', temperature = {d} }}
                 domain = {{ lower = [0], upper = [{length}], killing = '{k}*step(x - {c})' }}
                 valley = {{ set = 'whole', from = [0.3] }}
                 grid = {{ cells = [{cells}] }}"
            ));
            let (value, error) = stated(&found);
            assert!((value / right - 1.0).abs() <= error, "{height} {cells}: {value:e} ± {error:e}, not {right:e}");
            (value / right - 1.0).abs()
        };
        for cells in [80, 160, 320] {
            let cell = length / cells as f64;
            assert!(away(cells) < 2.0 * cell * cell, "{height} {cells}: {:e}", away(cells));
        }
    }
}

/// Ornstein–Uhlenbeck killed at the rate a x²: γ = (ω/2)(√(1 + 4aD/ω²) − 1), at second order.
#[test]
fn analytical_quadratic_killing_on_a_line() {
    let (omega, d, a) = (1.3, 0.4, 0.9);
    let right = 0.5 * omega * ((1.0f64 + 4.0 * a * d / (omega * omega)).sqrt() - 1.0);
    let on = |cells: usize| {
        let found = solve(&format!(
            "landscape = {{ expression = '{}*x^2' }}
             noise = {{ kind = 'isotropic', temperature = {d} }}
             domain = {{ lower = [-5], upper = [5], killing = '{a}*x^2' }}
             grid = {{ cells = [{cells}] }}",
            0.5 * omega
        ));
        let (value, error) = stated(&found);
        assert!((value / right - 1.0).abs() <= error, "{cells}: {value:e} ± {error:e}, not {right:e}");
        (value / right - 1.0).abs()
    };
    let order = (on(100) / on(200)).log2();
    assert!((order - 2.0).abs() < 0.05, "{order}");
    // Chosen from the landscape, and refined until it is good.
    let free = solve(&format!(
        "landscape = {{ expression = '{}*x^2' }}
         noise = {{ kind = 'isotropic', temperature = {d} }}
         domain = {{ killing = '{a}*x^2' }}",
        0.5 * omega
    ));
    let (value, error) = stated(&free);
    assert!((value / right - 1.0).abs() <= error && error <= 1e-6, "{value:e} ± {error:e}, not {right:e}");
}

/// L = ½θᵀHθ killed at the rate θᵀAθ, A = DB² + (HB + BH)/2: u = e^{−½θᵀBθ} and γ = D tr B. The flux correction stays
/// of high order.
#[test]
fn analytical_quadratic_killing_on_a_plane() {
    let d = 0.3;
    // Matrices that do not commute.
    let (h, b) = ([[1.2, 0.3], [0.3, 0.8]], [[0.5, -0.2], [-0.2, 0.9]]);
    let product = |p: [[f64; 2]; 2], q: [[f64; 2]; 2]| {
        [0, 1].map(|i| [0, 1].map(|j| (0..2).map(|k| p[i][k] * q[k][j]).sum::<f64>()))
    };
    let (bb, hb, bh) = (product(b, b), product(h, b), product(b, h));
    let a = [0, 1].map(|i| [0, 1].map(|j| d * bb[i][j] + 0.5 * (hb[i][j] + bh[i][j])));
    let right = d * (b[0][0] + b[1][1]);
    let on = |cells: usize, scheme: &str| {
        solve(&format!(
            "landscape = {{ expression = '0.6*x^2 + 0.3*x*y + 0.4*y^2' }}
             noise = {{ kind = 'isotropic', temperature = {d} }}
             domain = {{ lower = [-5, -5], upper = [5, 5], killing = '{}*x^2 + 2*{}*x*y + {}*y^2' }}
             grid = {{ cells = [{cells}, {cells}], scheme = '{scheme}' }}",
            a[0][0], a[0][1], a[1][1]
        ))
    };
    let away = |solution: &Solution| (stated(solution).0 / right - 1.0).abs();
    let plain = on(64, Weight::InverseAverage.name());
    let [coarse, chosen] = [48, 96].map(|cells| on(cells, "auto"));
    for found in [&plain, &coarse, &chosen] {
        assert!(away(found) <= stated(found).1, "{:e} {:e}", away(found), stated(found).1);
    }
    assert!(chosen.choice.scheme.is_corrected, "{:?}", chosen.choice);
    let order = (away(&coarse) / away(&chosen)).log2();
    assert!(order > 3.9 && away(&chosen) < 1e-3 * away(&plain), "{order} {:e} {:e}", away(&chosen), away(&plain));
}

/// A disc that kills inside a disc with an absorbing rim: Bessel functions, the root by Brent's method in scipy.
#[test]
fn a_disc_that_kills_in_a_disc() {
    let right = 4.197019539729225;
    let away = |cells: usize| {
        let found = solve(&format!(
            "landscape = {{ expression = '0*x', dimension = 2 }}
             noise = {{ kind = 'isotropic', temperature = 0.3 }}
             domain = {{ lower = [-1, -1], upper = [1, 1], killing = '3*step(0.25 - (x - 0.03)^2 - (y + 0.02)^2)' }}
             valley = {{ set = '(x - 0.03)^2 + (y + 0.02)^2 < 0.81' }}
             grid = {{ cells = [{cells}, {cells}] }}"
        ));
        let (value, error) = stated(&found);
        assert!((value / right - 1.0).abs() <= error, "{cells}: {value:e} ± {error:e}, not {right:e}");
        assert!(matches!(found.choice.reason, Reason::BrokenKilling), "{:?}", found.choice);
        (value / right - 1.0).abs()
    };
    let order = (away(40) / away(160)).log2() / 2.0;
    assert!((order - 2.0).abs() < 0.3, "{order}");
}

/// A peak much thinner than the cells is not lost between their centres.
#[test]
fn a_thin_peak_is_seen_by_coarse_grids() {
    let [coarse, fine] = [32, 4096].map(|cells| {
        let found = solve(&format!(
            "landscape = {{ expression = 'x^2' }}
             noise = {{ kind = 'isotropic', temperature = 0.5 }}
             domain = {{ lower = [-3], upper = [3], killing = '2*exp(-((x - 0.09)/4e-3)^2)' }}
             grid = {{ cells = [{cells}] }}"
        ));
        rate(&found).value.value()
    });
    // To first order √π·2·4e-3 times the density √(2/π)e^{−2x²} there.
    assert_relative_eq!(coarse, fine, max_relative = 0.03);
    assert_relative_eq!(fine, 2.0f64.sqrt() * 8e-3 * (-2.0 * 0.09f64.powi(2)).exp(), max_relative = 0.01);
}

/// What kills at the walls and what kills inside share γ.
#[test]
fn flux_by_killing_and_through_walls() {
    let found = solve(
        "landscape = { kind = 'double-well', dimension = 2 }
         noise = { kind = 'isotropic', temperature = 0.2 }
         domain = { lower = [-2, -2], upper = [0.5, 2], walls = { x = ['reflecting', 'absorbing'] }, killing = '0.01*y^2' }
         grid = { cells = [40, 40] }",
    );
    let flux = found.flux.as_ref().unwrap();
    let inside = flux.inside.unwrap();
    assert!(inside > 0.01 * flux.total && inside < flux.total);
    let through: f64 = flux.by_saddle.iter().map(|share| share.1).sum();
    assert_relative_eq!(through + inside, flux.total, max_relative = 1e-13);
    assert_relative_eq!(flux.total, rate(&found).value.value(), max_relative = 1e-11);
    assert!(!found.warnings.iter().any(|warning| matches!(warning, Warning::Quadrature { .. })));
}

/// A rate that is zero everywhere does not kill, a negative one is refused with its place, and particles that know of
/// none refuse.
#[test]
fn rates_that_do_not_kill_and_particles() {
    let text = |killing: &str| {
        format!(
            "landscape = {{ kind = 'double-well', dimension = 1 }}
             noise = {{ kind = 'isotropic', temperature = 0.2 }}
             domain = {{ lower = [-2], upper = [2], killing = '{killing}' }}
             valley = {{ set = 'whole' }}
             grid = {{ cells = [40] }}"
        )
    };
    let config = |killing: &str| Config::from_text("t.toml".as_ref(), &text(killing), &[]).unwrap();
    let refused = config("0.3 + 0.2*x").problem().err().unwrap().to_string();
    assert!(refused.contains("killing") && refused.contains("-0.1") && refused.contains("-2"), "{refused}");
    let infinite = config("1/(x - 1)^2").problem().err().unwrap().to_string();
    assert!(infinite.contains("inf at θ = 1,"), "{infinite}");
    let none = config("0*x");
    let fails = saddleflux::study::run(&none.problem().unwrap(), &none.request, &Default::default()).err().unwrap();
    assert!(fails.to_string().contains("absorb"), "{fails}");
    let problem = config("0.1*x^2").problem().unwrap();
    let refused = Preparation::new(&Settings::default(), &problem, u64::MAX).err().unwrap();
    assert_eq!(refused, SimulationError::KillingInside);
}

/// A constant killing rate shifts every eigenvalue of the closed process by itself.
#[test]
fn a_constant_rate_shifts_the_spectrum() {
    let values = |killing: &str| -> Vec<f64> {
        let text = format!(
            "landscape = {{ kind = \"double-well\", dimension = 1, tilt = 0.2 }}
noise = {{ kind = \"isotropic\", temperature = 0.3 }}
domain = {{ lower = [-2], upper = [2]{killing} }}
grid = {{ cells = [120] }}
solve = {{ quantities = [\"spectrum\"], eigenvalues = 4, error_estimate = false }}"
        );
        let config = saddleflux::config::Config::from_text(std::path::Path::new("killed.toml"), &text, &[]).unwrap();
        let solution =
            saddleflux::study::run(&config.problem().unwrap(), &config.request, &saddleflux::Progress::default())
                .unwrap();
        solution.spectrum.unwrap().modes.iter().map(|mode| mode.value.re.value()).collect()
    };
    let (closed, killed) = (values(""), values(", killing = \"0.37\""));
    assert_eq!((closed.len(), closed[0]), (4, 0.0));
    for (closed, killed) in closed.iter().zip(&killed) {
        assert_relative_eq!(*killed, closed + 0.37, max_relative = 1e-10);
    }
}
