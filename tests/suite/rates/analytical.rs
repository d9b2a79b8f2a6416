//! Rates that are known in closed form, or to many digits from elsewhere.

use super::*;

#[test]
fn analytical_styblinski_tang_table() {
    for (temperature, expected, expected_passage) in STYBLINSKI_TANG {
        let solution = styblinski_tang(temperature, 2000);
        let found = solution.rate.as_ref().unwrap();
        let passage = solution.passage.as_ref().unwrap();
        // The table itself is rounded to 12–14 digits.
        let printed = 3e-13;
        let error = (found.value.value() / expected - 1.0).abs();
        assert!(error <= found.discretisation_error.unwrap() + printed, "T = {temperature}: {error:e} {found:?}");
        let passage_error = (passage.rate.value() / expected_passage - 1.0).abs();
        assert!(
            passage_error <= passage.discretisation_error.unwrap() + printed,
            "T = {temperature}: {passage_error:e}"
        );
        if temperature <= 2.0 {
            assert!(error < 1e-11 && passage_error < 1e-11, "T = {temperature}: {error:e} {passage_error:e}");
        } else {
            assert_relative_eq!(found.extrapolated.unwrap().value(), expected, max_relative = 1e-8);
            assert_relative_eq!(passage.extrapolated.unwrap().value(), expected_passage, max_relative = 1e-8);
        }
        let width = found.bracket[1] - found.bracket[0];
        assert!(width <= 1e-12 && found.flux_identity < 1e-12, "{found:?}");
    }
}

#[test]
fn analytical_cold_styblinski_tang_on_few_cells() {
    for (temperature, expected, _) in STYBLINSKI_TANG.into_iter().filter(|row| row.0 <= 1.0) {
        // At T = 0.1 the density is 0.05 wide, 128 cells of 0.044: the sums need a few cells more.
        let cells = if temperature < 0.2 { 192 } else { 128 };
        let error = (rate(&styblinski_tang(temperature, cells)) / expected - 1.0).abs();
        assert!(error < 1e-12, "T = {temperature}: {error:e}");
    }
}

/// A barrier ten times as sharp as the wells that it parts, 1.2 cells wide: 1/τ by 30-digit arithmetic (mpmath 1.3,
/// Gauss–Legendre panels of 96 nodes).
#[test]
fn analytical_sharp_barrier() {
    for noise in ["kind = 'isotropic', temperature = 0.05", "kind = 'expression', d11 = '0.05 + 0*x'"] {
        for (cells, tolerance) in [(128, 1e-10), (256, 3e-13)] {
            let solution = solve(&format!(
                "landscape = {{ expression = 'exp(-50*x^2) + 0.125*(x^2 - 1)^2' }}
                 noise = {{ {noise} }}
                 domain = {{ lower = [-3.0], upper = [1.0], walls = {{ x = ['reflecting', 'absorbing'] }} }}
                 grid = {{ cells = [{cells}] }}
                 valley = {{ set = 'x < 1', minimum = [-1.0] }}"
            ));
            let rate = solution.passage.as_ref().unwrap().rate.value();
            assert_relative_eq!(rate, 2.480702366033462e-10, max_relative = tolerance);
        }
    }
}

/// A separable problem in two dimensions has the rate of its x chain, on the same cells, to rounding.
#[test]
fn analytical_separable_double_well() {
    let text = |dimension: usize, temperature: f64, cells: &str| {
        let y = |value: f64| if dimension == 2 { format!(", {value:?}") } else { String::new() };
        format!(
            "landscape = {{ kind = 'double-well', dimension = {dimension} }}
             noise = {{ kind = 'isotropic', temperature = {temperature} }}
             domain = {{ lower = [-2.0{}], upper = [0.0{}], walls = {{ x = ['reflecting', 'absorbing'] }} }}
             grid = {{ cells = {cells}, scheme = 'inverse-average' }}
             solve = {{ quantities = ['rate'], error_estimate = false }}",
            y(-2.0),
            y(2.0)
        )
    };
    for (nx, ny, temperature) in
        [(64, 128, 0.05), (64, 128, 0.02), (128, 256, 0.01), (128, 256, 0.004), (256, 512, 0.004), (512, 1024, 0.01)]
    {
        let line = rate(&solve(&text(1, temperature, &format!("[{nx}]"))));
        let plane = rate(&solve(&text(2, temperature, &format!("[{nx}, {ny}]"))));
        assert_relative_eq!(plane, line, max_relative = 1e-13);
    }
}

/// Itô, Stratonovich and isothermal with D(θ) varying by a factor of 3, against the quadrature, killed at one end and
/// at both.
#[test]
fn three_interpretations_against_the_quadrature() {
    for interpretation in ["ito", "stratonovich", "isothermal"] {
        for walls in ["'reflecting', 'absorbing'", "'absorbing', 'absorbing'"] {
            let solution = solve(&format!(
                "landscape = {{ kind = 'double-well', dimension = 1 }}
                 noise = {{ kind = 'expression', d11 = '0.1*(1 + 0.5*sin(3*x))', interpretation = '{interpretation}' }}
                 domain = {{ lower = [-1.9], upper = [0.7], walls = {{ x = [{walls}] }} }}
                 grid = {{ cells = [800] }}"
            ));
            let check = solution.quadrature.unwrap();
            let found = solution.rate.as_ref().unwrap();
            assert_relative_eq!(check.escape_ratio.unwrap(), 1.0, epsilon = 2e-9);
            assert_relative_eq!(check.ratio.unwrap(), 1.0, epsilon = 2e-9);
            let error = (found.value.over(check.escape_rate.unwrap()).value() - 1.0).abs();
            assert!(error <= found.discretisation_error.unwrap(), "{interpretation} {walls}: {error:e} {found:?}");
        }
    }
}

/// L = ½ωθ², D = d: killed at the nodes of the n-th Hermite function the slowest rate is nω.
#[test]
fn analytical_ornstein_uhlenbeck_rates() {
    let node = (0.3f64 / 1.5).sqrt();
    for (order, lower, upper, walls) in
        [(1.0, -3.5, 0.0, "'reflecting', 'absorbing'"), (2.0, -node, node, "'absorbing', 'absorbing'")]
    {
        let solution = solve(&format!(
            "landscape = {{ kind = 'quadratic', hessian = 1.5 }}
             noise = {{ kind = 'isotropic', temperature = 0.3 }}
             domain = {{ lower = [{lower}], upper = [{upper}], walls = {{ x = [{walls}] }} }}
             grid = {{ cells = [400] }}"
        ));
        assert_relative_eq!(extrapolated(&solution), order * 1.5, max_relative = 1e-8);
    }
}

/// The same rate in the plane along an oblique direction: H of eigenvalue ω along it, killed on the oblique line
/// through 0.
#[test]
fn analytical_rotated_ornstein_uhlenbeck() {
    let solution = solve(
        "landscape = { kind = 'rotated-quadratic', curvatures = [1.0, 2.0], angle = 30 }
         noise = { kind = 'isotropic', temperature = 0.1 }
         domain = { lower = [-2.2, -2.2], upper = [2.2, 2.2] }
         grid = { cells = [120, 120] }
         valley = { set = 'x*cos(pi/6) + y*sin(pi/6) <= 0' }
         solve = { quantities = ['rate'] }",
    );
    assert_relative_eq!(extrapolated(&solution), 1.0, max_relative = 1e-3);
}

#[test]
fn analytical_free_diffusion() {
    let pi = std::f64::consts::PI;
    let interval = |walls: &str| {
        solve(&format!(
            "landscape = {{ expression = '0*x' }}
             noise = {{ kind = 'isotropic', temperature = 0.7 }}
             domain = {{ lower = [0.0], upper = [2.0], walls = {{ x = [{walls}] }} }}
             grid = {{ cells = [200] }}"
        ))
    };
    let both = interval("'absorbing', 'absorbing'");
    assert_relative_eq!(extrapolated(&both), 0.7 * pi * pi / 4.0, max_relative = 1e-8);
    assert_relative_eq!(
        extrapolated(&interval("'reflecting', 'absorbing'")),
        0.7 * pi * pi / 16.0,
        max_relative = 1e-8
    );
    let rectangle = solve(
        "landscape = { expression = '0*x', dimension = 2 }
         noise = { kind = 'isotropic', temperature = 0.7 }
         domain = { lower = [0, 0], upper = [2, 1], walls = { x = 'absorbing', y = ['reflecting', 'absorbing'] } }
         grid = { cells = [64, 32] }",
    );
    assert_relative_eq!(extrapolated(&rectangle), 0.7 * pi * pi * (0.25 + 0.25), max_relative = 1e-6);
}

/// Theorem 3.2 under its own closure, as the noise vanishes: the isothermal rate tends to the theorem's, the Itô rate
/// to H_ae/|H_be| = 2 times it. The correction is of order η/B.
#[test]
fn frozen_closure_of_theorem_3_2() {
    for s in [0.5, 0.25] {
        let ratios = |interpretation: &str| -> Vec<f64> {
            [0.01, 0.005]
                .into_iter()
                .map(|learning_rate| {
                    let solution = solve(&format!(
                        "landscape = {{ expression = 'x^4/4 - x^2/2' }}
                         noise = {{ kind = 'frozen', learning_rate = {learning_rate}, batch_size = 1, s = {s}, interpretation = '{interpretation}' }}
                         domain = {{ lower = [-1.6], upper = [1.0], walls = {{ x = ['reflecting', 'absorbing'] }} }}
                         grid = {{ cells = [1200] }}
                         valley = {{ minimum = [-1.0], set = 'x < 1' }}"
                    ));
                    solution.formulas.theorem_3_2.as_ref().unwrap().isothermal.ratio
                })
                .collect()
        };
        let towards_zero = |ratios: &[f64]| 2.0 * ratios[1] - ratios[0];
        let isothermal = ratios("isothermal");
        assert_relative_eq!(towards_zero(&isothermal), 1.0, epsilon = 1e-3);
        assert!((isothermal[1] - 1.0).abs() < 0.01);
        assert_relative_eq!(towards_zero(&ratios("ito")), 2.0, epsilon = 3e-3);
    }
}
