//! Killing along a curve through the saddle that departs from the separatrix: the factor against sums of Hermite
//! functions, and the solver in the cold limit.

use saddleflux::config::Config;
use saddleflux::formula::Condition;
use saddleflux::problem::absorption::Cut;
use saddleflux::problem::oblique::Departure;
use saddleflux::progress::Progress;
use saddleflux::study::{self, Solution};

/// m, δ, γ/γ_Kramers by `scripts/oblique.py`, and how far the closed form may be from it.
const SUMS: [(f64, f64, f64, f64); 8] = [
    (0.05, 0.3, 2.129_201_05, 1e-3),
    (0.25, 0.2, 2.061_563_13, 2e-4),
    (0.25, 0.5, 2.484_782_4, 5e-3),
    (1.0, 0.1, 2.020_202_02, 1e-8),
    (1.0, 0.4, 2.380_952_38, 1e-8),
    (2.0, 0.3, 2.253_403_4, 1e-3),
    (4.0, 0.1, 2.034_336_43, 1e-4),
    (4.0, 0.2, 2.142_187_16, 1e-3),
];

/// m, κ, γ/γ_Kramers by the same script.
const BENT: [(f64, f64, f64); 6] = [
    (0.1, 0.05, 1.929_251),
    (0.1, -0.05, 2.092_140),
    (1.0, 0.05, 1.933_367),
    (1.0, -0.05, 2.099_897),
    (4.0, 0.05, 1.939_864),
    (4.0, -0.05, 2.118_223),
];

#[test]
fn the_factor_of_a_bend_is_too() {
    for (stiffness, bend, factor) in BENT {
        let Cut::Departing { departure, factor: found } = Cut::departing(0.0, [0.0, bend], stiffness, Some(0.0)) else {
            panic!("a bend is told of");
        };
        assert!(departure.is_known);
        assert_relative_eq!(found, factor, max_relative = 6e-3);
        // Nothing is told of a thousandth of a width.
        assert_eq!(Cut::departing(0.0, [0.0, 1e-2 * bend], stiffness, Some(0.0)), Cut::AtSaddle);
    }
}

/// (x² − 1)² + cy²/2, killed on leaving x < −by²: in the cold the factor alone is left, and what it misses is of the
/// order of T where the bend is of √T.
#[test]
fn the_solver_comes_to_the_factor_of_a_bend() {
    // The last two narrow or widen on their way out.
    let cases: [(f64, f64, f64); 5] =
        [(4.0, 0.15, 0.0), (4.0, -0.15, 0.0), (1.0, 0.03, 0.0), (4.0, 0.15, 0.2), (4.0, -0.1, -0.3)];
    for (curvature, parabola, narrowing) in cases {
        let ratio = |temperature: f64| {
            let text = format!(
                "landscape = {{ expression = '(x^2-1)^2 + {curvature}*y^2*(1 + {narrowing}*x)/2' }}
                noise = {{ kind = 'isotropic', temperature = {temperature} }}
                domain = {{ lower = [-2.2, -2.0], upper = [1.2, 2.0] }}
                grid = {{ cells = [240, 240] }}
                solve = {{ quantities = ['rate'] }}
                valley = {{ minimum = [-1, 0], set = 'x < {parabola}*y^2' }}"
            );
            let config = Config::from_text("test.toml".as_ref(), &text, &[]).unwrap();
            let solution = study::run(&config.problem().unwrap(), &config.request, &Progress::default()).unwrap();
            let kramers = solution.formulas.kramers.unwrap();
            let bend = parabola * temperature.sqrt() * 2.0 / curvature;
            let told = kramers.formula.conditions.iter().find_map(|condition| match condition {
                Condition::Departure { departure, .. } => Some(departure.bend),
                _ => None,
            });
            assert_relative_eq!(told.unwrap(), bend, max_relative = 1e-3);
            kramers.ratio
        };
        let (warm, cold) = (ratio(0.04), ratio(0.02));
        // Kramers' formula itself is off by 3T/16; twice its rate would be off by the bend, 1 to 3 %.
        let limit = 2.0 * cold - warm;
        assert!((limit - 1.0).abs() < 4e-3, "{curvature} {parabola} {narrowing}: {warm} {cold} {limit}");
    }
}

#[test]
fn the_factor_is_that_of_the_equation_at_the_saddle() {
    for (stiffness, slant, factor, tolerance) in SUMS {
        let found = Departure::at_saddle(slant, 0.0, stiffness).unwrap();
        assert!(found.is_known);
        assert_relative_eq!(found.factor(2.0, stiffness), factor, max_relative = tolerance);
    }
    assert_eq!(Departure::at_saddle(1e-3, 1e-4, 1.0), None);
    assert!(!Departure::at_saddle(0.7, 0.0, 1.0).unwrap().is_known);
    assert!(!Departure::at_saddle(0.0, 0.2, 1.0).unwrap().is_known);
    // By the sums of Hermite functions 2.4431, where the product of both factors is 2.3287.
    assert!(!Departure::at_saddle(0.1f64.sqrt(), -0.05, 1.0).unwrap().is_known);
}

/// On a grid that is turned to the boundary, which is an edge of it then.
fn solved(temperature: f64, curvature: f64, lean: f64, cells: usize) -> Solution {
    let angle = -lean.atan().to_degrees();
    let text = format!(
        "landscape = {{ expression = '(x^2-1)^2 + {curvature}*y^2/2' }}
        noise = {{ kind = 'isotropic', temperature = {temperature} }}
        domain = {{ lower = [-2.2, -2.0], upper = [1.2, 2.0] }}
        grid = {{ cells = [{cells}, {cells}], align = {angle:?}, scheme = 'inverse-average' }}
        solve = {{ quantities = ['rate'] }}
        valley = {{ minimum = [-1, 0], set = 'x - {lean}*y < 0' }}"
    );
    let config = Config::from_text("test.toml".as_ref(), &text, &[]).unwrap();
    study::run(&config.problem().unwrap(), &config.request, &Progress::default()).unwrap()
}

/// γ over the formula at two temperatures, and its limit where their difference is proportional to T; the corrections
/// to Kramers' formula itself are (1 + 3T/16 …), here taken with the rest.
#[test]
fn the_solver_comes_to_it_in_the_cold() {
    // |H_b| = 4: δ = lean·√(4/curvature).
    for (curvature, lean) in [(4.0, 0.3), (1.0, 0.15), (8.0, 0.3)] {
        let ratio = |temperature: f64| {
            let solution = solved(temperature, curvature, lean, 160);
            let kramers = solution.formulas.kramers.as_ref().unwrap();
            let oblique = |condition: &Condition| matches!(condition, Condition::Departure { departure, .. } if departure.is_known);
            assert!(kramers.formula.conditions.iter().any(oblique));
            kramers.ratio
        };
        let (warm, cold) = (ratio(0.04), ratio(0.02));
        let limit = 2.0 * cold - warm;
        // Twice Kramers' rate would be off by 6 % and more.
        assert!((limit - 1.0).abs() < 5e-3, "{curvature} {lean}: {warm} {cold} {limit}");
    }
}

#[test]
fn a_boundary_that_leans_too_far_is_told_of() {
    let solution = solved(0.05, 4.0, 0.8, 48);
    let kramers = solution.formulas.kramers.as_ref().unwrap();
    let failing: Vec<&Condition> = kramers.formula.conditions.iter().filter(|condition| !condition.holds()).collect();
    let [Condition::Departure { departure, .. }] = failing[..] else { panic!("{failing:?}") };
    assert_relative_eq!(departure.slant, 0.8, max_relative = 1e-6);
    assert!(failing[0].to_string().contains("run along the separatrix"), "{}", failing[0]);
}
