//! Sets that are left through strips thinner than a cell: the process dies at the first of their points.

use crate::gallery::solve;
use saddleflux::study::Solution;

fn ring(set: &str, cells: usize) -> Solution {
    solve(&format!(
        "landscape = {{ expression = '0.5*(x^2 + y^2)' }}
         noise = {{ kind = 'isotropic', temperature = 1 }}
         domain = {{ lower = [-1.6, -1.6], upper = [1.6, 1.6] }}
         valley = {{ minimum = [0, 0], set = '{set}' }}
         grid = {{ cells = [{cells}, {cells}] }}"
    ))
}

/// Nothing beyond the strip matters, however thin it is.
#[test]
fn a_ring_that_absorbs_hides_all_beyond() {
    for cells in [40, 61] {
        let [disc, thin, thinner] = ["R < 0.8", "R < 0.8 or R > 0.83", "R < 0.8 or R > 0.8001"].map(|set| {
            let solution = ring(&set.replace('R', "sqrt(x^2 + y^2)"), cells);
            solution.rate.unwrap().value.value()
        });
        assert!((thin / disc - 1.0).abs() < 1e-12, "{cells}: {thin:e} and {disc:e}");
        assert!((thinner / disc - 1.0).abs() < 1e-12, "{cells}: {thinner:e} and {disc:e}");
    }
}

/// On a line the quadrature ends at the strip too, and beside a strip across the plane the rates are those of a wall
/// there.
#[test]
fn a_strip_is_a_wall() {
    let line = |domain: &str, set: &str, cells: &str| {
        solve(&format!(
            "landscape = {{ expression = '0.5*x^2' }}
             noise = {{ kind = 'isotropic', temperature = 1 }}
             domain = {{ {domain} }}
             valley = {{ {set}from = [0] }}
             grid = {{ cells = [{cells}] }}"
        ))
    };
    let walls = "lower = [-1.6], upper = [0.296], walls = { x = ['reflecting', 'absorbing'] }";
    let exact = line(walls, "set = 'whole', ", "400").quadrature.unwrap().escape_rate.unwrap();
    for cells in ["40", "61", "97"] {
        let solution = line("lower = [-1.6], upper = [1.6]", "set = 'abs(x - 0.3) > 0.004', ", cells);
        let by_quadrature = solution.quadrature.unwrap().escape_rate.unwrap();
        assert!((by_quadrature.over(exact).value() - 1.0).abs() < 1e-9, "{cells}: {by_quadrature:?}");
        let rate = solution.rate.unwrap();
        let (away, stated) = ((rate.value.over(exact).value() - 1.0).abs(), rate.discretisation_error.unwrap());
        assert!(away < stated && away < 1e-2, "{cells}: {away:e} where {stated:e} is stated");
    }
}

/// The strip that a set leaves free on a circle, on both sides of its seam.
#[test]
fn a_set_that_nearly_closes_a_circle() {
    let solution = |domain: &str, set: &str| {
        solve(&format!(
            "landscape = {{ expression = '0' }}
             noise = {{ kind = 'isotropic', temperature = 1 }}
             domain = {{ {domain} }}
             valley = {{ {set}, from = [0.1] }}
             grid = {{ cells = [50] }}"
        ))
    };
    let circle = "lower = [-1], upper = [1], walls = { x = 'periodic' }";
    let rate = solution(circle, "set = 'abs(x) < 0.999'").rate.unwrap();
    // The first eigenvalue of an interval of length 1.998.
    let exact = (std::f64::consts::PI / 1.998).powi(2);
    let (away, stated) = ((rate.value.value() / exact - 1.0).abs(), rate.discretisation_error.unwrap());
    assert!(away < stated && away < 1e-2, "{away:e} where {stated:e} is stated");
}
