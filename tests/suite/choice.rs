//! Which scheme is chosen where none is asked for, and that it is the better one.

use saddleflux::scheme::Weight;
use saddleflux::study::Solution;
use saddleflux::study::choice::Reason;

use crate::gallery::solve;

fn curved(noise: &str, scheme: &str) -> Solution {
    solve(&format!(
        "landscape = {{ expression = '(x^2-1)^2 + 2*(y - 0.4*x^2 + 0.1*x)^2' }}
         noise = {noise}
         domain = {{ lower = [-1.9, -0.9], upper = [1.3, 1.9] }}
         valley = {{ minimum = [-1, 0.5], set = 'x < 0.8' }}
         grid = {{ cells = [96, 96], scheme = '{scheme}' }}"
    ))
}

const WHITE: &str = "{ kind = 'isotropic', temperature = 0.05 }";

/// Against Rayleigh–Ritz on polynomials in 96-digit arithmetic.
#[test]
fn a_curved_valley_is_corrected() {
    let [chosen, plain] = ["auto", "inverse-average"].map(|scheme| curved(WHITE, scheme));
    assert!(chosen.choice.scheme.is_corrected && chosen.choice.was_made(), "{:?}", chosen.choice);
    assert!(matches!(chosen.choice.reason, Reason::Gains { .. }) && !plain.choice.was_made());
    let away = |solution: &Solution| (solution.rate.as_ref().unwrap().value.value() / 1.8045188243e-9 - 1.0).abs();
    assert!(away(&chosen) < 1e-4 * away(&plain), "{:e} {:e}", away(&chosen), away(&plain));
}

/// Where nothing is gained nothing is spent, and the numbers are those of the plain scheme to the bit.
#[test]
fn elsewhere_the_inverse_average_stays() {
    let separable = |scheme: &str| {
        solve(&format!(
            "landscape = {{ expression = '(x^2-1)^2 + y^2' }}
             noise = {{ kind = 'isotropic', temperature = 0.02 }}
             domain = {{ lower = [-2, -1.5], upper = [0.4, 1.5], walls = {{ x = ['reflecting', 'absorbing'] }} }}
             grid = {{ cells = [64, 64], scheme = '{scheme}' }}"
        ))
    };
    let jump = solve(
        "landscape = { expression = 'x^2 + y^2 + step(abs(x) - 0.5)' }
         noise = { kind = 'isotropic', temperature = 0.3 }
         domain = { lower = [-1, -1], upper = [1, 1], walls = { x = 'absorbing' } }
         grid = { cells = [32, 32] }",
    );
    let varying = curved("{ kind = 'expression', d11 = '0.1 + 0.01*y^2', d22 = '0.1' }", "auto");
    let line = solve(
        "landscape = { kind = 'double-well', dimension = 1 }
         noise = { kind = 'isotropic', temperature = 0.1 }
         valley = { minimum = [-1] }
         grid = { cells = [64] }",
    );
    let alone = separable("auto");
    assert!(matches!(alone.choice.reason, Reason::GainsNothing { .. }), "{:?}", alone.choice);
    assert!(matches!(jump.choice.reason, Reason::GainsNothing { .. }), "{:?}", jump.choice);
    assert!(matches!(varying.choice.reason, Reason::NotReversible), "{:?}", varying.choice);
    assert!(matches!(line.choice.reason, Reason::Line), "{:?}", line.choice);
    for solution in [&alone, &jump, &varying, &line] {
        assert!(!solution.choice.scheme.is_corrected && solution.choice.scheme.weight == Weight::InverseAverage);
    }
    assert_eq!(alone.rate.unwrap().value, separable("inverse-average").rate.unwrap().value);
}

/// A tolerance is met on fewer cells.
#[test]
fn a_tolerance_is_met_sooner() {
    let refined = |scheme: &str| {
        solve(&format!(
            "landscape = {{ expression = '(x^2-1)^2 + 2*(y - 0.4*x^2 + 0.1*x)^2' }}
             noise = {WHITE}
             domain = {{ lower = [-1.9, -0.9], upper = [1.3, 1.9] }}
             valley = {{ minimum = [-1, 0.5], set = 'x < 0.8' }}
             grid = {{ scheme = '{scheme}', tolerance = 1e-5 }}
             solve = {{ quantities = ['rate'] }}"
        ))
    };
    let [chosen, plain] = ["auto", "inverse-average"].map(refined);
    assert!(4 * chosen.unknowns <= plain.unknowns, "{} {}", chosen.unknowns, plain.unknowns);
    assert_relative_eq!(chosen.rate.unwrap().value.value(), 1.8045188243e-9, max_relative = 1e-5);
}

/// A drift that turns about the centre of a disc leaves it at the rate of the same drift without the turning, which the
/// flux correction solves to more digits; the weight for turning drifts is nearer, by the more the faster they turn,
/// and is chosen.
#[test]
fn turning_drifts() {
    let disc = |landscape: &str, scheme: &str| {
        solve(&format!(
            "landscape = {{ {landscape} }}
             noise = {{ kind = 'isotropic', temperature = 0.05 }}
             domain = {{ lower = [-1.2, -1.2], upper = [1.2, 1.2] }}
             valley = {{ set = 'x^2 + y^2 < 1', from = [0, 0] }}
             grid = {{ cells = [128, 128], scheme = '{scheme}' }}"
        ))
    };
    let value = |solution: &Solution| solution.rate.as_ref().unwrap().value.value();
    for (radial, loss) in [("", "(x^2 + y^2)/2"), (" + 0.5*(x^2 + y^2)", "(x^2 + y^2)/2 - (x^2 + y^2)^2/8")] {
        let right = value(&disc(&format!("expression = '{loss}'"), "flux-corrected"));
        for (turn, gain) in [(1.0, 1.2), (3.0, 2.0)] {
            let drift = format!("drift = ['x*(-1{radial}) - {turn:?}*y', 'y*(-1{radial}) + {turn:?}*x']");
            let [plain, chosen] = ["inverse-average", "auto"].map(|scheme| disc(&drift, scheme));
            assert!(matches!(chosen.choice.reason, Reason::Settles { .. }), "{:?}", chosen.choice);
            assert_eq!(chosen.choice.scheme.weight, Weight::Transverse);
            let [far, near] = [&plain, &chosen].map(|solution| (value(solution) / right - 1.0).abs());
            assert!(gain * near < far, "{drift}: {near:e} {far:e}");
            let stated = chosen.rate.as_ref().unwrap().discretisation_error.unwrap();
            assert!(near < stated, "{drift}: {near:e} {stated:e}");
        }
    }
    // A limit cycle of which no coarse grid shows the rate. Along the radius it is a line, whose rate is 3.5427e-8 by
    // finite differences on 2,000 and 4,000 cells, extrapolated.
    let cycle = |scheme: &str| {
        solve(&format!(
            "landscape = {{ drift = ['x*(1 - x^2 - y^2) - 2*y', 'y*(1 - x^2 - y^2) + 2*x'] }}
             noise = {{ kind = 'isotropic', temperature = 0.02 }}
             domain = {{ lower = [-1.6, -1.6], upper = [1.6, 1.6] }}
             valley = {{ set = 'x^2 + y^2 < 2.25' }}
             grid = {{ cells = [256, 256], scheme = '{scheme}' }}"
        ))
    };
    let [plain, chosen] = ["inverse-average", "auto"].map(cycle);
    assert!(matches!(chosen.choice.reason, Reason::Turns { .. }), "{:?}", chosen.choice);
    let [far, near] = [&plain, &chosen].map(|solution| value(solution) / 3.5427e-8);
    assert!(far > 2.5 && near < 1.4 && near > 1.0, "{far} {near}");
    // A gradient in disguise.
    let straight = solve(
        "landscape = { drift = ['4*x - 4*x^3', '-2*y'] }
         noise = { kind = 'isotropic', temperature = 0.05 }
         domain = { lower = [-2, -1.5], upper = [0.4, 1.5], walls = { x = ['reflecting', 'absorbing'] } }
         valley = { minimum = [-1, 0], set = 'whole' }
         grid = { cells = [64, 64] }",
    );
    assert_eq!(straight.choice.scheme.weight, Weight::InverseAverage);
}
