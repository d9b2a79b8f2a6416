//! Sets of several wells.

use super::*;

/// Two wells that exchange e^{-50} and less while they lose e^{-24} and less: the rate of the set is that of the slower
/// well, wherever the iteration begins, and what the other holds follows.
#[test]
fn the_slower_of_two_wells_makes_the_rate() {
    let solve = |dimension: usize, temperature: f64, tilt: f64, [lower, upper]: [f64; 2], [left, right]: [&str; 2]| {
        let (across, sides, cells) = match dimension {
            1 => ("", ["", ""], format!("{}", (300.0 * (upper - lower)) as usize)),
            _ => (" + 4*y^2", [", -0.8", ", 0.8"], format!("{}, 40", (60.0 * (upper - lower)) as usize)),
        };
        solve(&format!(
            "landscape = {{ expression = '(x^2-1)^2 + {tilt}*x{across}' }}
             noise = {{ kind = 'isotropic', temperature = {temperature} }}
             domain = {{ lower = [{lower}{}], upper = [{upper}{}], walls = {{ x = ['{left}', '{right}'] }} }}
             grid = {{ cells = [{cells}] }}",
            sides[0], sides[1]
        ))
    };
    let both = ["absorbing"; 2];
    for (dimension, temperature, tilt) in [(1, 0.02, 0.01), (1, 0.02, 1e-4), (1, 0.002, 0.01), (2, 0.02, 0.01)] {
        let whole = solve(dimension, temperature, tilt, [-1.3, 1.3], both);
        let right = solve(dimension, temperature, tilt, [0.0, 1.3], ["reflecting", "absorbing"]);
        assert_relative_eq!(rate(&whole), rate(&right), max_relative = 1e-12);
        let evidence = whole.rate.unwrap();
        assert!(evidence.bracket[1] - evidence.bracket[0] < 1e-11, "{:?}", evidence.bracket);
        assert!(evidence.iterations <= 20);
        assert!(
            whole.warnings.iter().any(|warning| matches!(warning, Warning::OtherWell { .. })),
            "{:?}",
            whole.warnings
        );
        let left = solve(dimension, temperature, tilt, [-1.3, 0.0], ["absorbing", "reflecting"]);
        // For each that dies at the wall, where L = 0.4761, at most so many cross the ridge first, where L = 1.
        let strays = (-(1.0 - 0.4761) / temperature).exp();
        assert_relative_eq!(
            whole.passage.unwrap().rate.value(),
            left.passage.unwrap().rate.value(),
            max_relative = 1e-12 + strays
        );
    }
    // Alike, they share.
    let alike = solve(1, 0.02, 0.0, [-1.3, 1.3], both).rate.unwrap();
    assert!(alike.bracket[1] - alike.bracket[0] < 1e-11 && alike.iterations <= 20, "{alike:?}");
}

/// A well behind 700 units of noise holds less than any number at first, and is not forgotten: 1D quadrature, and the
/// same across a direction that separates.
#[test]
fn a_slower_well_out_of_sight_makes_the_rate() {
    let text = |across: &str, sides: [&str; 2], cells: &str| {
        format!(
            "landscape = {{ expression = '700*(x^2-1)^2{across}', dimension = {} }}
             noise = {{ kind = 'isotropic', temperature = 1 }}
             domain = {{ lower = [-1.0573{}], upper = [1.0633{}], walls = {{ x = 'absorbing' }} }}
             valley = {{ minimum = [-1{}], set = 'x < 5' }}
             grid = {{ cells = [{cells}] }}",
            sides.iter().map(|side| usize::from(!side.is_empty())).sum::<usize>().max(1),
            sides[0],
            sides[1],
            if sides[0].is_empty() { "" } else { ", 0" }
        )
    };
    let line = solve(&text("", ["", ""], "800"));
    assert_relative_eq!(line.quadrature.unwrap().escape_ratio.unwrap(), 1.0, max_relative = 1e-5);
    let plane = solve(&text(" + 20*y^2", [", -0.8", ", 0.8"], "800, 24"));
    let slower = line.quadrature.unwrap().escape_rate.unwrap().value();
    assert_relative_eq!(rate(&plane), slower, max_relative = 1e-4);
    assert!(rate(&plane) < 0.5 * plane.passage.as_ref().unwrap().rate.value());
}

/// The time from a shallow well, however much slower the deep one is: up to e^{10000} here. By the quadrature, which
/// begins at the start.
#[test]
fn the_start_keeps_its_time_beside_slower_wells() {
    for (temperature, cells) in [(0.05, 400), (0.01, 400), (0.002, 400), (0.001, 400), (1e-4, 1600)] {
        let found = solve(&format!(
            "landscape = {{ kind = 'double-well', dimension = 1, tilt = 0.1 }}
             noise = {{ kind = 'isotropic', temperature = {temperature} }}
             domain = {{ lower = [-1.6], upper = [1.05], walls = {{ x = ['reflecting', 'absorbing'] }} }}
             valley = {{ minimum = [0.987], set = 'x < 1000' }}
             grid = {{ cells = [{cells}] }}"
        ));
        let (time, exact) = (found.passage.unwrap().time, found.quadrature.unwrap().time);
        assert!(time.is_positive() && (time.over(exact).value() - 1.0).abs() < 2e-4, "{time:?} {exact:?}");
        let slower = found.rate.unwrap().value.inverse();
        assert!(temperature > 0.01 || slower.ln() > time.ln() + 0.8 / temperature, "{slower:?} {time:?}");
    }
}

#[test]
fn a_target_that_leaves_slower_wells_alive_is_warned_of() {
    let found = solve(
        "landscape = { kind = 'himmelblau' }
         noise = { kind = 'isotropic', temperature = 5 }
         valley = { minimum = [3, 2], absorb = 'target', target = { minimum = [-2.8, 3.1], radius = 0.5 } }
         grid = { cells = [64, 64] }
         solve = { error_estimate = false }",
    );
    assert!(
        found.warnings.iter().any(|warning| matches!(warning, Warning::ElsewhereThanStart { .. })),
        "{:?}",
        found.warnings
    );
    // From the minimum itself the formula's order of magnitude is right: two wells share what it thinks is in one.
    let kramers = found.formulas.kramers.unwrap();
    assert!((0.3..1.0).contains(&kramers.ratio), "{kramers:?}");
    assert!(kramers.formula.conditions.contains(&Condition::SingleWell { others: 2 }));
}
