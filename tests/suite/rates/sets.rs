//! Start sets of every shape.

use super::*;

/// Warm, an automatic domain is far wider than the box that critical points are looked for in; the basin goes on to its
/// walls.
#[test]
fn basins_fill_wide_domains() {
    for (temperature, most) in [(5.0, 1e-5), (20.0, 1e-5), (100.0, 2e-5)] {
        let on = |dimension: usize, cells: &str| {
            solve(&format!(
                "landscape = {{ kind = 'double-well', dimension = {dimension} }}
                 noise = {{ kind = 'isotropic', temperature = {temperature} }}
                 valley = {{ absorb = 'boundary' }}
                 grid = {{ cells = {cells} }}
                 solve = {{ quantities = ['rate'] }}"
            ))
        };
        // Separable: γ is that of x alone.
        let expected = on(1, "[400]").quadrature.unwrap().escape_rate.unwrap();
        let error = extrapolated(&on(2, "[200, 40]")) / expected.value() - 1.0;
        assert!(error.abs() < most, "T = {temperature}: {error:e}");
    }
}

/// The boundary of a set with a hole is two circles and nothing between them, and all of the flux passes them.
#[test]
fn the_boundary_around_a_hole_is_a_piece_of_its_own() {
    let solution = solve(
        "landscape = { expression = '2*(sqrt(x^2+y^2+1e-8) - 1.2)^2 + 0.1*x' }
         noise = { kind = 'isotropic', temperature = 0.1 }
         domain = { lower = [-2.5, -2.5], upper = [2.5, 2.5] }
         valley = { minimum = [-1.2, 0], set = 'x^2+y^2 < 4 and not ((x+0.3)^2 + (y-0.1)^2 < 0.25)' }
         grid = { cells = [100, 100] }
         solve = { quantities = ['rate'], error_estimate = false }",
    );
    let flux = solution.flux.unwrap();
    let radius = |k: usize| flux.position[k][0].hypot(flux.position[k][1]);
    let off_hole = |k: usize| (flux.position[k][0] + 0.3).hypot(flux.position[k][1] - 0.1);
    let strays =
        (0..flux.position.len()).filter(|&k| (radius(k) - 2.0).abs() > 0.02 && (off_hole(k) - 0.5).abs() > 0.02);
    assert_eq!(strays.count(), 0);
    let circles = 2.0 * std::f64::consts::PI * 2.5;
    assert!((flux.arc.last().unwrap() / circles - 1.0).abs() < 0.02, "{:?} of {circles}", flux.arc.last());
}

/// Of a set in two parts only the one with the minimum counts.
#[test]
fn parts_that_are_not_connected_with_the_minimum_are_left_out() {
    let solution = solve(
        "landscape = { expression = '(x^2-1)^2 + y^2' }
         noise = { kind = 'isotropic', temperature = 0.3 }
         domain = { lower = [-2, -2], upper = [2, 2] }
         valley = { minimum = [-1, 0], set = 'x < 0 or x > 1' }
         grid = { cells = [40, 40] }
         solve = { quantities = ['rate'], error_estimate = false }",
    );
    assert_eq!(solution.unknowns, 20 * 40);
}

/// Which saddles a set is left over decides what the formulas say.
#[test]
fn kramers_counts_the_saddles_that_lead_out() {
    let ratio = |text: &str| solve(text).formulas.kramers.map(|kramers| kramers.ratio);
    let noise = "noise = { kind = 'isotropic', temperature = 0.05 }\n";
    // Round a periodic axis: the pass on the seam leads out, the one along the valley does not.
    let round = "landscape = { expression = '(x^2-1)^2 + 0.2*cos(y)' }
         domain = { lower = [-2, 0], upper = [0, 6.283185307179586], walls = { x = ['reflecting', 'absorbing'], y = 'periodic' } }
         grid = { cells = [64, 64] }\n";
    let found = ratio(&format!("{noise}{round}")).unwrap();
    assert!((0.96..1.0).contains(&found), "{found}");
    // Both wells live: the saddle between them is no exit.
    let both = "landscape = { kind = 'double-well', dimension = 1 }
         domain = { lower = [-2], upper = [1.7], walls = { x = ['reflecting', 'absorbing'] } }
         grid = { cells = [400] }\n";
    assert_eq!(ratio(&format!("{noise}{both}")), None);
    // A target in the other well of two: it is.
    let target = "landscape = { kind = 'double-well', dimension = 1 }
         valley = { minimum = [-1], absorb = 'target', target = { minimum = [1], radius = 0.2 } }
         grid = { cells = [400] }\n";
    let found = ratio(&format!("{noise}{target}")).unwrap();
    assert!((0.97..1.0).contains(&found), "{found}");
}

/// A periodic seam within the start set's complement absorbs like any other edge of the set.
#[test]
fn a_set_that_ends_at_the_seam_of_a_circle() {
    // Free diffusion on the arc 1 < x < 2π of the circle: γ = d (π/(2π − 1))².
    let tau = std::f64::consts::TAU;
    let found = solve(
        "landscape = { expression = '0*x' }
         noise = { kind = 'isotropic', temperature = 0.7 }
         domain = { lower = [0], upper = [6.283185307179586], walls = { x = 'periodic' } }
         valley = { set = 'x > 1' }
         grid = { cells = [1000] }",
    );
    let exact = 0.7 * (std::f64::consts::PI / (tau - 1.0)).powi(2);
    assert_relative_eq!(rate(&found), exact, max_relative = 1e-4);
}
