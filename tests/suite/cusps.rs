//! Minima at cusps: they are named and found, and rates and times from them are those of closed forms.

use std::path::Path;

use saddleflux::config::Config;
use saddleflux::formula::Omission;
use saddleflux::problem::{Linearisation, Problem, ProblemError};

use crate::gallery::solve;

/// The rate out of L = s|x|, k = s/T, from a reflecting wall at −`left` to absorption at `right`: with μ² = k²/4 − γ/T
/// the logarithmic derivatives of e^{kx/2} sinh μ(right − x) and of e^{−kx/2}(cosh μ(x + left) + k/2μ sinh μ(x + left))
/// agree at 0. Bisection on ln γ.
fn rate(k: f64, temperature: f64, left: f64, right: f64) -> f64 {
    let excess = |log: f64| {
        let square = 0.25 * k * k - log.exp() / temperature;
        assert!(square > 0.0, "the rate is sought below the continuum");
        let mu = square.sqrt();
        let (sinh, cosh) = ((mu * left).sinh(), (mu * left).cosh());
        let below = -0.5 * k + mu * (sinh + 0.5 * k / mu * cosh) / (cosh + 0.5 * k / mu * sinh);
        0.5 * k - mu / (mu * right).tanh() - below
    };
    let (mut low, mut high) = (-60.0, (0.249 * k * k * temperature).ln());
    let sign = excess(low) > 0.0;
    for _ in 0..100 {
        let middle = 0.5 * (low + high);
        if (excess(middle) > 0.0) == sign { low = middle } else { high = middle }
    }
    low.exp()
}

/// The mean time from 0 to `right`: (1/T) ∫₀^right e^{ky} (2 − e^{−k left} − e^{−ky})/k dy.
fn time(k: f64, temperature: f64, left: f64, right: f64) -> f64 {
    let mass = 2.0 - (-k * left).exp();
    (mass * (k * right).exp_m1() / k - right) / (k * temperature)
}

fn problem(toml: &str) -> Result<Problem, ProblemError> {
    Config::from_text(Path::new("test.toml"), toml, &[]).unwrap_or_else(|error| panic!("{error}\n{toml}")).problem()
}

/// The slope of the loss of the issue, its temperature, and k.
const SLOPE: f64 = 3.0;
const TEMPERATURE: f64 = 0.5;
const K: f64 = SLOPE / TEMPERATURE;

#[test]
fn analytical_rate_and_time_from_a_cusp() {
    for (near, centre) in [(0.5, 0.5), (0.4, 0.5), (0.93, 0.5), (1.0 / 3.0, 1.0 / 3.0), (0.2, 1.0 / 3.0)] {
        let (left, right) = (centre + 1.0, 2.0 - centre);
        let solution = solve(&format!(
            "landscape = {{ expression = '3*abs(x - {centre:?})' }}
             noise = {{ kind = 'isotropic', temperature = 0.5 }}
             domain = {{ lower = [-1], upper = [2], walls = {{ x = ['reflecting', 'absorbing'] }} }}
             valley = {{ minimum = [{near:?}], set = 'whole' }}
             grid = {{ cells = [600] }}"
        ));
        let passage = solution.passage.unwrap();
        assert!((passage.from[0] - centre).abs() <= f64::EPSILON, "{near}: from {}", passage.from[0]);
        let quadrature = solution.quadrature.unwrap();
        assert_relative_eq!(quadrature.time.value(), time(K, TEMPERATURE, left, right), max_relative = 1e-11);
        let exact = rate(K, TEMPERATURE, left, right);
        assert_relative_eq!(quadrature.escape_rate.unwrap().value(), exact, max_relative = 1e-9);
        let found = solution.rate.unwrap();
        let (error, stated) = ((found.value.value() / exact - 1.0).abs(), found.discretisation_error.unwrap());
        assert!(error <= stated + 1e-10 && stated < 1e-2, "{near}: {error:.2e}, stated {stated:.2e}");
    }
}

/// θ ↦ aθ + b and t ↦ t/c: the cusp, the rate and the time follow, and nothing else changes.
#[test]
fn cusps_scale_and_move() {
    for (a, b, c) in [(1.0, 0.0, 1.0), (1e-9, 0.0, 1e-12), (1e9, 7e9, 1e6), (1.0, 1000.0, 1.0), (2e-3, -0.7, 3.0)] {
        let solution = solve(&format!(
            "landscape = {{ expression = '{c:?}*{a:?}^2*3*abs((x - {b:?})/{a:?})' }}
             noise = {{ kind = 'isotropic', temperature = {:?} }}
             domain = {{ lower = [{:?}], upper = [{:?}], walls = {{ x = ['reflecting', 'absorbing'] }} }}
             valley = {{ minimum = [{:?}], set = 'whole' }}
             grid = {{ cells = [300] }}",
            0.5 * c * a * a,
            b - 1.5 * a,
            b + 1.5 * a,
            b + 0.1 * a,
        ));
        let from = solution.passage.unwrap().from[0];
        assert!((from - b).abs() <= 1e-12 * a + 4.0 * f64::EPSILON * b.abs(), "{a}, {b}: from {from}");
        let quadrature = solution.quadrature.unwrap();
        // Beside 7e9 and 1000 the ends of the domain are rounded.
        let rounding = 1e-10 + 1e-14 * (b / a).abs();
        assert_relative_eq!(c * quadrature.time.value(), time(K, 0.5, 1.5, 1.5), max_relative = rounding);
        assert_relative_eq!(
            quadrature.escape_rate.unwrap().value() / c,
            rate(K, 0.5, 1.5, 1.5),
            max_relative = 10.0 * rounding
        );
    }
}

/// Two cusps with a crest between them: the basin of one ends at the crest, whether it is named or found, of a loss or
/// of a drift.
#[test]
fn the_basin_of_a_cusp_ends_at_the_crest() {
    for landscape in
        ["expression = 'min(abs(x + 1), abs(x - 1))'", "drift = '-sign(x + 1) + step(x)*2 - 2*step(x - 1)'"]
    {
        let toml = |rest: &str| {
            format!("landscape = {{ {landscape} }}\nnoise = {{ kind = 'isotropic', temperature = 0.125 }}\n{rest}")
        };
        let walls = "domain = { lower = [-3], upper = [3] }\ngrid = { cells = [600] }";
        for valley in ["minimum = [-1]", "minimum = [-0.6]", "set = 'x < 0'"] {
            let solution = solve(&toml(&format!("{walls}\nvalley = {{ {valley} }}")));
            let passage = solution.passage.unwrap();
            assert!((passage.from[0] + 1.0).abs() < 1e-12, "{landscape}, {valley}: from {}", passage.from[0]);
            let (left, right) = (2.0, 1.0);
            let quadrature = solution.quadrature.unwrap();
            assert_relative_eq!(quadrature.time.value(), time(8.0, 0.125, left, right), max_relative = 1e-10);
            let exact = rate(8.0, 0.125, left, right);
            assert_relative_eq!(quadrature.escape_rate.unwrap().value(), exact, max_relative = 1e-9);
            let found = solution.rate.unwrap();
            let (error, stated) = ((found.value.value() / exact - 1.0).abs(), found.discretisation_error.unwrap());
            assert!(error <= stated + 1e-10, "{landscape}, {valley}: {error:.2e}, stated {stated:.2e}");
        }
        let posed = problem(&toml(&format!("{walls}\nsolve = {{ quantities = ['stationary'] }}"))).unwrap();
        let minima: Vec<f64> = posed.critical.minima.iter().map(|point| point.theta[0]).collect();
        assert!(minima.len() == 2 && posed.critical.saddles.len() == 1, "{landscape}: {minima:?}");
        let crest = &posed.critical.saddles[0];
        assert!(crest.point.cusp.is_some() && crest.point.theta[0].abs() < 1e-12, "{landscape}: {crest:?}");
    }
}

/// Separable losses with cusps in the plane: γ is the sum of the rates along the axes, whose reflecting one adds none.
#[test]
fn analytical_rates_from_cusps_in_the_plane() {
    let line = rate(K, TEMPERATURE, 1.0, 1.0);
    for (landscape, walls, exact, from) in [
        ("3*abs(x) + 3*abs(y)", "x = ['reflecting', 'absorbing']", line, [0.0, 0.0]),
        (
            "3*abs(x) + 3*abs(y)",
            "x = ['reflecting', 'absorbing'], y = ['reflecting', 'absorbing']",
            2.0 * line,
            [0.0; 2],
        ),
        ("3*abs(x) + y^2", "x = ['reflecting', 'absorbing']", line, [0.0, 0.0]),
        ("3*abs(y) + (x - 0.2)^2", "y = ['reflecting', 'absorbing']", line, [0.2, 0.0]),
    ] {
        for valley in ["minimum = [0.15, -0.3], set = 'whole'", "set = 'whole'"] {
            let solution = solve(&format!(
                "landscape = {{ expression = '{landscape}' }}
                 noise = {{ kind = 'isotropic', temperature = 0.5 }}
                 domain = {{ lower = [-1, -1], upper = [1, 1], walls = {{ {walls} }} }}
                 valley = {{ {valley} }}\ngrid = {{ cells = [32, 32] }}"
            ));
            let start = solution.passage.unwrap().from;
            let found = solution.rate.unwrap();
            let (error, stated) = ((found.value.value() / exact - 1.0).abs(), found.discretisation_error.unwrap());
            assert!(error <= stated && stated < 0.05, "{landscape}: {error:.2e}, stated {stated:.2e}");
            if valley.contains("minimum") {
                let apart = (0..2).map(|axis| (start[axis] - from[axis]).abs()).fold(0.0, f64::max);
                assert!(apart < 1e-12, "{landscape}: from {start:?}");
            }
        }
    }
}

/// Minima on kinks of any direction, in the plane: on one that bends, on an oblique one, with an ℓ₁ penalty (one
/// coordinate exactly 0), in a corner.
#[test]
fn minima_on_kinks_are_located() {
    for (landscape, exact) in [
        ("10*abs(x - y) + (x + y - 1)^2", [0.5, 0.5]),
        // On the kink (y − ½)² + y².
        ("10*abs(x - y^2) + (y - 0.5)^2 + x", [0.0625, 0.25]),
        ("(x - 1)^2 + (y - 0.2)^2 + 0.5*x*y + abs(x) + abs(y)", [0.5, 0.0]),
        ("2*max(abs(x - 0.3), abs(y + 0.2))", [0.3, -0.2]),
        ("max(max(x + y, -x), -y) + 0.1*x^2", [0.0, 0.0]),
    ] {
        let toml = |valley: &str| {
            format!(
                "landscape = {{ expression = '{landscape}' }}
                 noise = {{ kind = 'isotropic', temperature = 0.1 }}
                 domain = {{ lower = [-2, -2], upper = [2, 2], walls = {{ x = 'absorbing' }} }}\n{valley}"
            )
        };
        for valley in ["", "valley = { minimum = [0.3, 0.1], set = 'whole' }"] {
            let posed = problem(&toml(valley)).unwrap_or_else(|error| panic!("{landscape}: {error}"));
            let minimum = posed.minimum().unwrap_or_else(|| panic!("{landscape}: no minimum"));
            let apart = (0..2).map(|axis| (minimum.theta[axis] - exact[axis]).abs()).fold(0.0, f64::max);
            assert!(apart < 1e-9, "{landscape}, {valley}: {:?}", minimum.theta);
            assert!(minimum.cusp.is_some(), "{landscape}");
        }
    }
}

/// A basin in the plane, whose ways down slide along the kinks of two trenches: the half plane.
#[test]
fn descents_slide_along_kinks() {
    let solution = solve(
        "landscape = { expression = 'min(abs(x + 1), abs(x - 1)) + y^2' }
         noise = { kind = 'isotropic', temperature = 0.2 }
         domain = { lower = [-2, -1], upper = [2, 1] }\nvalley = { minimum = [-0.8, 0.9] }
         grid = { cells = [48, 16] }\nsolve = { quantities = ['rate'] }",
    );
    let found = solution.rate.unwrap();
    let exact = rate(5.0, 0.2, 1.0, 1.0);
    let (error, stated) = ((found.value.value() / exact - 1.0).abs(), found.discretisation_error.unwrap());
    assert!(error <= stated && error < 0.02, "{error:.2e}, stated {stated:.2e}");
    let posed = problem(
        "landscape = { expression = '2*abs(x - 0.2*y^2) + abs(y + 0.5)' }
         noise = { kind = 'isotropic', temperature = 0.2 }
         domain = { lower = [-2, -2], upper = [2, 2] }\nvalley = { minimum = [0, 0] }",
    )
    .unwrap();
    // A single valley, along a kink that bends: every descent ends at its foot.
    for (x, y) in [(1.9, 1.9), (-1.9, 1.7), (0.3, -1.9), (-1.0, 0.1), (0.8, 2.0)] {
        assert_eq!(posed.descends_to([x, y]), Some(0), "from ({x}, {y})");
    }
}

/// The domain is chosen from the temperature over the slopes, in any units.
#[test]
fn domains_are_chosen_around_cusps() {
    for a in [1e-12, 1.0, 1e12] {
        let posed = problem(&format!(
            "landscape = {{ expression = 'max(-x/{a:?}, 2*x/{a:?})' }}
             noise = {{ kind = 'isotropic', temperature = 0.1 }}
             valley = {{ minimum = [{a:?}], set = 'x < {a:?}' }}"
        ))
        .unwrap();
        let [lower, upper] = [posed.domain.lower[0], posed.domain.upper[0]];
        assert_relative_eq!(upper, a, max_relative = 1e-9);
        // 40 T over the slope 1/a, and a step of 4 % at most on top.
        assert!((-4.4 * a..-3.99 * a).contains(&lower), "{a}: {lower}");
    }
}

#[test]
fn a_cusp_has_no_hessian_and_no_formula() {
    let solution = solve(
        "landscape = { expression = 'min(abs(x + 1), abs(x - 1))' }
         noise = { kind = 'isotropic', temperature = 0.1 }
         domain = { lower = [-3], upper = [3] }\nvalley = { minimum = [-1] }\ngrid = { cells = [200] }",
    );
    assert!(solution.formulas.kramers.is_none() && solution.formulas.theorem_3_2.is_none());
    assert_eq!(solution.formulas.omitted, [Omission::Cusp]);
    let posed = problem(
        "landscape = { expression = 'max(-x, 2*x)' }\nnoise = { kind = 'isotropic', temperature = 0.1 }
         domain = { lower = [-1], upper = [1], walls = { x = 'absorbing' } }",
    )
    .unwrap();
    let minimum = posed.minimum().unwrap();
    assert_eq!(minimum.linearisation(1), Linearisation::Cusp([[-1.0, 2.0], [0.0; 2]]));
    let words = minimum.linearisation(1).words(1, |value| format!("{value}"));
    assert_eq!(words, "a cusp: no Hessian, slopes -1 to 2");
}

/// What is smooth stays smooth, and what jumps is no cusp.
#[test]
fn only_kinks_are_cusps() {
    let posed = |landscape: &str| {
        problem(&format!(
            "landscape = {{ expression = '{landscape}' }}\nnoise = {{ kind = 'isotropic', temperature = 0.1 }}
             domain = {{ lower = [-2], upper = [2], walls = {{ x = 'absorbing' }} }}"
        ))
        .unwrap()
        .critical
    };
    for landscape in ["x^4", "abs(x)^1.5", "x^2 + max(x, 0)^3", "x^2 + 0*abs(x)", "cosh(x)", "tanh(abs(x)/0.1)^2"] {
        assert!(posed(landscape).minima.iter().all(|point| point.cusp.is_none()), "{landscape}");
    }
    // A dip at whose foot the loss jumps.
    for landscape in ["abs(x) + step(x)", "-x*step(-x) + (x + 2)*step(x)"] {
        assert!(posed(landscape).minima.iter().all(|point| point.cusp.is_none()), "{landscape}");
    }
    // A parabola with a weak kink at its foot is no parabola, and one with a kink elsewhere is.
    assert!(posed("x^2 + 0.01*abs(x)").minima[0].cusp.is_some());
    assert!(posed("x^2 + abs(x - 1)").minima[0].cusp.is_none());
}

/// Noise from the Hessian at a cusp is refused by name.
#[test]
fn noise_needs_a_hessian() {
    let minibatch = "learning_rate = 0.1, batch_size = 1";
    for (landscape, noise, allowed) in [
        ("abs(x)", format!("kind = 'hessian', {minibatch}, floor = 0.1"), false),
        ("abs(x) - x^2/4 + 1", format!("kind = 'frozen', {minibatch}"), false),
        ("abs(x) + 1", format!("kind = 'loss-hessian', {minibatch}"), false),
        ("x^2 + 1 + abs(x - 1)", format!("kind = 'loss-hessian', {minibatch}, hessian = 'local', floor = 0.1"), false),
        ("x^2 + 1 + abs(x - 1)", format!("kind = 'loss-hessian', {minibatch}"), true),
    ] {
        let posed = problem(&format!(
            "landscape = {{ expression = '{landscape}' }}\nnoise = {{ {noise} }}
             domain = {{ lower = [-1.5], upper = [2.5], walls = {{ x = 'absorbing' }} }}"
        ));
        match posed {
            Ok(_) => assert!(allowed, "{landscape}, {noise}"),
            Err(error) => {
                assert!(
                    !allowed && error.to_string().contains("Hessian, from which this noise"),
                    "{landscape}, {noise}: {error}"
                );
            }
        }
    }
}
