//! What is said beside a rate.

use super::*;

/// So cold that no edge is where the density is nor near the saddle: nothing is resolved, which is to be said.
#[test]
fn a_grid_that_resolves_nothing_is_warned_of() {
    let solution = solve(
        "landscape = { expression = '(x^2-1)^2', dimension = 1 }
         noise = { kind = 'isotropic', temperature = 0.001 }
         domain = { lower = [-2.0], upper = [0.0], walls = { x = ['reflecting', 'absorbing'] } }
         grid = { cells = [15] }
         solve = { error_estimate = false }",
    );
    assert!(solution.peclet.max > 100.0 && solution.peclet.relevant == solution.peclet.max);
    assert!(
        solution.warnings.iter().any(|warning| matches!(warning, Warning::Peclet { .. })),
        "{:?}",
        solution.warnings
    );
}

/// Memory is refused by what it will take: with the correction, pairs twice and the moments of each.
#[test]
fn the_correction_counts_in_the_memory() {
    let text = "landscape = { expression = '(x^2-1)^2 + y^2' }
                noise = { kind = 'isotropic', temperature = 0.1 }
                domain = { lower = [-2, -2], upper = [0, 2], walls = { x = ['reflecting', 'absorbing'] } }
                grid = { cells = [100, 100] }";
    let config = Config::from_text(std::path::Path::new("test.toml"), text, &[]).unwrap();
    let problem = config.problem().unwrap();
    let bytes = |scheme| memory::estimate([1000, 1000], &problem, scheme) / 1e6;
    let added = bytes(Scheme::FLUX_CORRECTED) - bytes(Scheme::INVERSE_AVERAGE);
    let held = 2 * (size_of::<Pair>() + size_of::<[f64; 4]>());
    assert!((held as f64..1.5 * held as f64).contains(&added), "{added} bytes a cell for {held}");
}

/// A kink between two centres: grids agree on a wrong number, and the quadrature tells.
#[test]
fn what_the_quadrature_shows_is_in_the_stated_error() {
    let solution = solve(
        "landscape = { expression = 'abs(abs(x)-1) + 0.1*x', dimension = 1 }
         noise = { kind = 'isotropic', temperature = 0.05 }
         domain = { lower = [-4.0], upper = [0.3], walls = { x = ['reflecting', 'absorbing'] } }
         grid = { cells = [64] }",
    );
    let quadrature = solution.quadrature.unwrap().escape_rate.unwrap().value();
    let found = solution.rate.unwrap();
    let away = |value: f64| (value / quadrature - 1.0).abs();
    assert!(away(found.value.value()) > 0.03 && found.discretisation_error.unwrap() >= away(found.value.value()));
    assert!(away(found.extrapolated.unwrap().value()) <= away(found.value.value()) * (1.0 + 1e-12));
}

/// The same bits for one thread and for two.
#[test]
fn results_do_not_depend_on_the_number_of_threads() {
    let text = "landscape = { kind = 'three-hole' }
         noise = { kind = 'isotropic', temperature = 0.25 }
         grid = { cells = [120, 110] }
         valley = { minimum = [-1.05, -0.04], set = 'basin' }";
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let solution = solve(text);
            let density = solution.fields.values(QUASI_STATIONARY.name).unwrap();
            (rate(&solution).to_bits(), density.iter().map(|value| value.to_bits()).collect::<Vec<_>>())
        })
    };
    assert_eq!(on(1), on(2));
}

/// The bracket holds the rate to the last digit: here bound and rate, each rounded by itself, missed each other.
#[test]
fn brackets_hold_the_rate_to_the_last_digit() {
    let solution = solve(
        "landscape = { expression = '0.5*cos(4*pi*x) + 0.2*cos(2*pi*x)' }
         noise = { kind = 'isotropic', temperature = 0.1 }
         domain = { lower = [0], upper = [1], walls = { x = 'periodic' } }
         valley = { minimum = [0.25] }
         grid = { cells = [120] }",
    );
    let rate = solution.rate.as_ref().unwrap();
    let [low, high] = rate.bracket;
    assert!(low <= 1.0 && 1.0 <= high && high - low < 1e-12, "{:?}", rate.bracket);
}
