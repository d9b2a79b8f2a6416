//! Grids at an angle.

use super::*;

/// A square on the tip of a grid turned by 45°: its walls cut edges in their middles, or go through the centres of
/// cells. γ is twice that of the interval.
#[test]
fn analytical_square_on_its_tip() {
    let line = solve(
        "landscape = { expression = 'x^2/2', dimension = 1 }
         noise = { kind = 'isotropic', temperature = 0.2 }
         domain = { lower = [-1.0], upper = [1.0], walls = { x = 'absorbing' } }
         grid = { cells = [100] }",
    );
    let expected = 2.0 * line.quadrature.unwrap().escape_rate.unwrap().value();
    for scheme in ["flux-corrected", "inverse-average"] {
        for cells in [40, 41, 49, 57, 64, 65] {
            let solution = solve(&format!(
                "landscape = {{ expression = '(x^2+y^2)/2' }}
                 noise = {{ kind = 'isotropic', temperature = 0.2 }}
                 domain = {{ lower = [-1, -1], upper = [1, 1], walls = {{ x = 'absorbing', y = 'absorbing' }} }}
                 grid = {{ cells = [{cells}, {cells}], scheme = '{scheme}', align = 45 }}"
            ));
            let error = (rate(&solution) / expected - 1.0).abs();
            let stated = solution.rate.unwrap().discretisation_error.unwrap();
            let most = if scheme == "flux-corrected" { 4e-5 } else { 4e-3 };
            assert!(error < stated && error < most, "{scheme}, {cells} cells: {error:e}, stated {stated:e}");
        }
    }
}

/// Turned by a right angle a grid has the same cells, and says the same of its error.
#[test]
fn right_angles_are_no_angles() {
    let solve = |align: f64| {
        solve(&format!(
            "landscape = {{ expression = '(x^2-1)^2 + 2*y^2' }}
             noise = {{ kind = 'isotropic', temperature = 0.2 }}
             domain = {{ lower = [-1.6, -0.5], upper = [0, 0.6], walls = {{ x = ['reflecting', 'absorbing'] }} }}
             grid = {{ cells = [48, 48], scheme = 'flux-corrected', align = {align} }}"
        ))
    };
    let straight = solve(0.0);
    let stated = |solution: &Solution| solution.rate.as_ref().unwrap().discretisation_error.unwrap();
    for angle in [90.0, 180.0, -90.0] {
        let turned = solve(angle);
        assert_relative_eq!(rate(&turned), rate(&straight), max_relative = 1e-12);
        assert_relative_eq!(stated(&turned), stated(&straight), max_relative = 1e-3);
    }
}

/// Turning the grid along the eigenvectors at the saddle gives the same rate, and far more of it per cell in a cold
/// valley.
#[test]
fn turned_grids_agree() {
    let run = |align: &str, cells: usize| {
        rate(&solve(&format!(
            "landscape = {{ expression = '((0.8*x+0.6*y)^2 - 1)^2 + (0.8*y - 0.6*x)^2' }}
             noise = {{ kind = 'isotropic', temperature = 0.05 }}
             grid = {{ cells = [{cells}, {cells}], align = {align} }}
             valley = {{ minimum = [-0.8, -0.6], set = '0.8*x + 0.6*y < 0' }}
             solve = {{ quantities = ['rate'], error_estimate = false }}"
        )))
    };
    // By symmetry the x chain of the unturned double well.
    let line = solve(
        "landscape = { kind = 'double-well', dimension = 1 }
         noise = { kind = 'isotropic', temperature = 0.05 }
         domain = { lower = [-2.2], upper = [0.0], walls = { x = ['reflecting', 'absorbing'] } }
         grid = { cells = [400] }",
    );
    let exact = line.quadrature.unwrap().escape_rate.unwrap().value();
    let along_axes = (run("'axes'", 128) / exact - 1.0).abs();
    let turned = (run("'saddle'", 128) / exact - 1.0).abs();
    assert!(along_axes < 0.05 && turned < 1e-3 && turned < 0.1 * along_axes, "{along_axes:e} {turned:e}");
}
