//! Rates at high barriers, and below the range of ordinary numbers.

use super::*;

/// L = (x² − 1)² + 2(y − 0.4x² + 0.1x)², left for x > 0.8: γ by Rayleigh–Ritz on polynomials in 96-digit arithmetic.
#[test]
fn a_cold_curved_valley_to_nine_digits() {
    let solve = |temperature: f64, align: &str| {
        solve(&format!(
            "landscape = {{ expression = '(x^2-1)^2 + 2*(y - 0.4*x^2 + 0.1*x)^2' }}
             noise = {{ kind = 'isotropic', temperature = {temperature} }}
             domain = {{ lower = [-1.9, -0.9], upper = [1.3, 1.9] }}
             valley = {{ minimum = [-1, 0.5], set = 'x < 0.8' }}
             grid = {{ cells = [128, 128], scheme = 'flux-corrected', align = {align} }}
             solve = {{ quantities = ['rate'] }}"
        ))
    };
    for (temperature, expected) in [(0.1, 3.869638279582e-5), (0.05, 1.8045188243e-9)] {
        let axes = solve(temperature, "'axes'");
        assert_relative_eq!(rate(&axes), expected, max_relative = 1e-10);
        assert_relative_eq!(extrapolated(&axes), expected, max_relative = 1e-10);
        assert_relative_eq!(rate(&solve(temperature, "'saddle'")), expected, max_relative = 2e-9);
        let oblique = solve(temperature, "45");
        assert_relative_eq!(rate(&oblique), expected, max_relative = 1e-8);
        assert!(oblique.rate.unwrap().discretisation_error.unwrap() > 3e-9);
    }
}

/// Steep up to the wall, J is lost in rounding one or two cells below the edges that make the rate: it must not reach
/// them.
#[test]
fn rounding_in_the_well_does_not_reach_the_corrected_exit() {
    for (temperature, cells) in [(0.04, 32), (0.04, 64), (0.01, 32), (0.01, 64), (0.01, 192), (0.02, 96)] {
        for (sign, lower, upper, walls) in
            [('+', -1.2, 2.0, "['reflecting', 'absorbing']"), ('-', -2.0, 1.2, "['absorbing', 'reflecting']")]
        {
            let solution = solve(&format!(
                "landscape = {{ expression = 'x^2/2 {sign} x^3/6', dimension = 1 }}
                 noise = {{ kind = 'isotropic', temperature = {temperature} }}
                 domain = {{ lower = [{lower}], upper = [{upper}], walls = {{ x = {walls} }} }}
                 grid = {{ cells = [{cells}], scheme = 'flux-corrected' }}
                 solve = {{ error_estimate = false }}"
            ));
            let expected = solution.quadrature.as_ref().unwrap().escape_rate.unwrap();
            let error = solution.rate.unwrap().value.over(expected).value() - 1.0;
            assert!(error.abs() < 1e-6, "{sign}x³, T = {temperature}, {cells} cells: {error:e}");
        }
    }
}

/// Two ways out, both below the range of numbers: what is killed at one end crosses the well to the other as a rate of
/// 1e-860.
#[test]
fn two_exits_below_the_range_of_numbers() {
    for (lower, temperature) in [(-1.0, 0.001), (-1.0001, 0.001), (-0.99, 0.001), (-1.0, 0.0013), (-1.0, 1e-4)] {
        let solution = solve(&format!(
            "landscape = {{ expression = 'x^2', dimension = 1 }}
             noise = {{ kind = 'isotropic', temperature = {temperature} }}
             domain = {{ lower = [{lower}], upper = [1], walls = {{ x = 'absorbing' }} }}
             grid = {{ cells = [1000] }}"
        ));
        let check = solution.quadrature.as_ref().unwrap();
        let error = check.escape_ratio.unwrap() - 1.0;
        assert!(error.abs() < 1e-12, "{lower}, T = {temperature}: {error:e}");
        assert!((check.ratio.unwrap() - 1.0).abs() < 1e-12);
    }
    // What the boundary leaves of it cannot be told, and is not made up.
    let corrected = solve(
        "landscape = { expression = '(x^2-1)^2', dimension = 1 }
         noise = { kind = 'isotropic', temperature = 0.001 }
         domain = { lower = [-2], upper = [0.01], walls = { x = ['reflecting', 'absorbing'] } }
         grid = { cells = [1024], scheme = 'flux-corrected' }",
    );
    let error = corrected.quadrature.unwrap().escape_ratio.unwrap() - 1.0;
    let stated = corrected.rate.unwrap().discretisation_error.unwrap();
    assert!(error.abs() < stated && stated < 1e-6, "{error:e}, stated {stated:e}");
}

/// Below 1e-308 rates come as logarithms in one dimension: against the quadrature, which shares no solve with the grid.
#[test]
fn rates_beyond_double_precision() {
    for temperature in [2e-3, 1e-3, 3e-4] {
        let found = solve(&format!(
            "landscape = {{ kind = 'double-well', dimension = 1 }}
             noise = {{ kind = 'isotropic', temperature = {temperature} }}
             domain = {{ lower = [-1.6], upper = [0], walls = {{ x = ['reflecting', 'absorbing'] }} }}
             grid = {{ cells = [4000] }}"
        ));
        let (rate, check) = (found.rate.unwrap(), found.quadrature.unwrap());
        assert_eq!(rate.value.is_ordinary(), temperature == 2e-3);
        // Kramers with the factor 2 at the saddle is right to its own order, T.
        let kramers = (2.0 * 32f64.sqrt() / std::f64::consts::TAU).ln() - 1.0 / temperature;
        assert!((rate.value.ln() - kramers).abs() < temperature, "{temperature}");
        assert_relative_eq!(check.escape_ratio.unwrap(), 1.0, epsilon = 1e-11);
        assert_relative_eq!(check.ratio.unwrap(), 1.0, epsilon = 1e-11);
        assert!((found.formulas.kramers.unwrap().ratio - 1.0).abs() < temperature);
    }
}
