//! Laws of units and of the origin: θ' = aθ + c and t' = bt change every output by the known power, and nothing else.
//!
//! Landscapes become L'(θ') = (a²/b) L(θ), drifts (a/b) b(θ), tensors (a²/b) D(θ); γ' = γ/b, τ' = bτ. Powers of two for
//! a and b leave the roundings as they are.

use crate::gallery::solve;

/// x or y in the new coordinates, as a formula of the old one: ((v − c)/a).
fn old(variable: &str, a: f64, c: f64) -> String {
    format!("(({variable} - ({c:?}))/{a:?})")
}

fn substitute(formula: &str, [a, b]: [f64; 2], [c, d]: [f64; 2]) -> String {
    // Placeholders X and Y stand for the old coordinates.
    formula.replace('X', &old("x", a, c)).replace('Y', &old("y", b, d))
}

/// γ, τ.
fn outputs(toml: &str) -> [f64; 2] {
    let solution = solve(toml);
    [solution.rate.unwrap().value.value(), solution.passage.unwrap().time.value()]
}

/// Loss in one dimension without a domain, started at a named minimum.
fn line(a: f64, b: f64, c: f64) -> String {
    let energy = a * a / b;
    format!(
        "landscape = {{ expression = '{energy:?}*({})', dimension = 1 }}
         noise = {{ kind = 'isotropic', temperature = {:?} }}
         valley = {{ minimum = [{:?}] }}
         grid = {{ cells = [400] }}",
        substitute("(X^2-1)^2 + 0.2*X", [a, 1.0], [c, 0.0]),
        0.1 * energy,
        -1.02 * a + c
    )
}

/// Drift in one dimension without a domain.
fn drift_line(a: f64, b: f64, c: f64) -> String {
    format!(
        "landscape = {{ drift = ['{:?}*({})'] }}
         noise = {{ kind = 'isotropic', temperature = {:?} }}
         valley = {{ minimum = [{:?}] }}
         grid = {{ cells = [400] }}",
        a / b,
        substitute("4*X*(1 - X^2)", [a, 1.0], [c, 0.0]),
        0.15 * a * a / b,
        -0.97 * a + c
    )
}

/// A curved valley in the plane without a domain, killed on a condition.
fn plane(a: f64, b: f64, c: f64) -> String {
    let energy = a * a / b;
    format!(
        "landscape = {{ expression = '{energy:?}*({})', dimension = 2 }}
         noise = {{ kind = 'isotropic', temperature = {:?} }}
         valley = {{ minimum = [{:?}, {:?}], set = '{} < 0.3' }}
         grid = {{ cells = [40, 40] }}",
        substitute("(X^2-1)^2 + 2*(Y - 0.3*X^2)^2", [a, a], [c, -c]),
        0.2 * energy,
        -a + c,
        0.3 * a - c,
        substitute("X", [a, a], [c, -c])
    )
}

/// A drift in the plane with a domain; each axis has its own unit.
fn drift_plane([a1, a2]: [f64; 2], b: f64, c: f64) -> String {
    let at = |x: f64, y: f64| format!("[{:?}, {:?}]", a1 * x + c, a2 * y - c);
    let formula = |text: &str| substitute(text, [a1, a2], [c, -c]);
    format!(
        "landscape = {{ drift = ['{:?}*({})', '{:?}*({})'] }}
         noise = {{ kind = 'expression', d11 = '{:?}*(1 + 0.3*{})', d12 = '0', d22 = '{:?}' }}
         domain = {{ lower = {}, upper = {}, walls = {{ x = ['reflecting', 'absorbing'] }} }}
         grid = {{ cells = [40, 40] }}",
        a1 / b,
        formula("X - X^3 + 0.3*Y"),
        a2 / b,
        formula("-2*Y - 0.2*X"),
        0.1 * a1 * a1 / b,
        formula("sin(X)"),
        0.2 * a2 * a2 / b,
        at(-2.5, -2.0),
        at(0.0, 2.0)
    )
}

/// A question in units of length a and of time b with the origin at −c.
type Posed = fn(f64, f64, f64) -> String;

const POSED: [(&str, Posed); 4] = [
    ("loss on a line", line),
    ("drift on a line", drift_line),
    ("loss in the plane", plane),
    ("drift in the plane", |a, b, c| drift_plane([a, a], b, c)),
];

#[test]
fn units_change_nothing() {
    for (name, posed) in POSED {
        let [rate, time] = outputs(&posed(1.0, 1.0, 0.0));
        for (length, duration) in [(100, 0), (-100, 0), (0, 100), (0, -100), (20, -60), (-33, 21)] {
            let [a, b] = [length, duration].map(|power| 2f64.powi(power));
            let [scaled_rate, scaled_time] = outputs(&posed(a, b, 0.0));
            println!("{name}: a = 2^{length}, b = 2^{duration}");
            assert_relative_eq!(scaled_rate * b, rate, max_relative = 1e-11);
            assert_relative_eq!(scaled_time / b, time, max_relative = 1e-11);
        }
    }
}

#[test]
fn each_axis_may_have_its_own_unit() {
    let [rate, time] = outputs(&drift_plane([1.0, 1.0], 1.0, 0.0));
    for powers in [[-30, 10], [40, -40], [0, 60]] {
        let [scaled_rate, scaled_time] = outputs(&drift_plane(powers.map(|power| 2f64.powi(power)), 1.0, 0.0));
        assert_relative_eq!(scaled_rate, rate, max_relative = 1e-11);
        assert_relative_eq!(scaled_time, time, max_relative = 1e-11);
    }
}

/// Fixed points too, whose units come from the Jacobian where the slope is bent along one axis alone.
#[test]
fn fixed_points_are_found_in_any_units() {
    for power in [-30, 0, 20] {
        let a = 2f64.powi(power);
        let formula = |text: &str| substitute(text, [a, 1.0], [0.0, 0.0]);
        let solution = solve(&format!(
            "landscape = {{ drift = ['{a:?}*({})', '{}'] }}
             noise = {{ kind = 'expression', d11 = '{:?}', d22 = '0.2' }}
             valley = {{ minimum = [{:?}, -0.1], set = '{} < 0.2' }}
             domain = {{ lower = [{:?}, -2], upper = [{:?}, 2] }}
             grid = {{ cells = [40, 40] }}
             solve = {{ error_estimate = false }}",
            formula("X - X^3 + 0.3*Y"),
            formula("-2*Y - 0.2*X"),
            0.15 * a * a,
            -0.95 * a,
            formula("X"),
            -2.0 * a,
            a
        ));
        // x − x³ = 0.03x with y = −x/10: x = −√0.97.
        let from = solution.passage.unwrap().from;
        assert_relative_eq!(from[0] / a, -(0.97f64.sqrt()), max_relative = 1e-12);
        assert_relative_eq!(from[1], 0.1 * 0.97f64.sqrt(), max_relative = 1e-12);
    }
}

#[test]
fn the_origin_changes_nothing() {
    for (name, posed) in POSED {
        let [rate, time] = outputs(&posed(1.0, 1.0, 0.0));
        for c in [5.0, -300.0, 1e4] {
            println!("{name} moved by {c}");
            let [moved_rate, moved_time] = outputs(&posed(1.0, 1.0, c));
            // Moving rounds x to c·ε, and L/T to some tens of times that.
            let roundings = 1e-9 + 1e-12 * c.abs();
            assert_relative_eq!(moved_rate, rate, max_relative = roundings);
            assert_relative_eq!(moved_time, time, max_relative = roundings);
        }
    }
}

/// Metres and kelvins as they come: an optical trap and a cantilever, from public problems.
#[test]
fn problems_in_their_own_units() {
    let trap = outputs(
        "landscape = { expression = '3.3134e-20*((x/1e-7)^2-1)^2/9.42e-10', dimension = 1 }
         noise = { kind = 'isotropic', temperature = 4.3969e-12 }
         valley = { minimum = [-1e-7] }
         grid = { cells = [800] }",
    );
    // 1D quadrature in units of 1e-7.
    assert_relative_eq!(trap[0], 2.01200, max_relative = 1e-5);
    let moved = outputs(
        "landscape = { drift = ['32*(x - 5)*(1 - (x - 5)^2)'] }
         noise = { kind = 'isotropic', temperature = 1 }
         valley = { minimum = [4.0] }
         grid = { cells = [800] }",
    );
    assert_relative_eq!(moved[0], 0.00457495, max_relative = 1e-5);
    let mixed = outputs(
        "landscape = { drift = ['1e-9*(x/1e-9 - (x/1e-9)^3)', '-2*y'] }
         noise = { kind = 'expression', d11 = '1e-19', d22 = '1e5' }
         domain = { lower = [-2.5e-9, -3e3], upper = [0, 3e3], walls = { x = ['reflecting', 'absorbing'] } }
         grid = { cells = [256, 64] }",
    );
    assert_relative_eq!(mixed[0], 0.03354529, max_relative = 1e-5);
    assert_relative_eq!(mixed[1], 30.8213025, max_relative = 1e-5);
}
