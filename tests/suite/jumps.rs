//! Losses, drifts and noises that jump: the right rate, by the grid within its stated error and by the quadrature to
//! rounding.
//!
//! The references are roots of an independent shooting in flux form (DOP853 with a tolerance of 1e-13, restarted at
//! every jump), the first of them also known in closed form.

use std::path::Path;

use saddleflux::config::Config;
use saddleflux::particles::motion::Motion;
use saddleflux::problem::ProblemError;

use crate::gallery::solve;

struct Jumping {
    name: &'static str,
    law: &'static str,
    ends: &'static str,
    rate: f64,
}

const ABSORBING: &str = "domain = { lower = [-2], upper = [2], walls = { x = 'absorbing' } }";
const ONE: &str = "noise = { kind = 'expression', d11 = '1' }";

const NOISE: &str = "noise = { kind = 'expression', d11 = '0.2 + 0.3*step(x - 0.25)', interpretation = ";

fn all() -> Vec<Jumping> {
    let walls = "walls = { x = ['reflecting', 'absorbing'] } }";
    let closed = |lower: &str, upper: &str| -> &'static str {
        Box::leak(format!("domain = {{ lower = [{lower}], upper = [{upper}], {walls}").into_boxed_str())
    };
    let law = |landscape: &str, noise: &str| -> &'static str {
        Box::leak(format!("landscape = {{ {landscape} }}\n{noise}").into_boxed_str())
    };
    let white = |temperature: f64| format!("noise = {{ kind = 'isotropic', temperature = {temperature} }}");
    let step = "expression = '3*step(abs(x) - 1.0)'";
    let mut found = vec![
        Jumping { name: "step", law: law(step, &white(1.0)), ends: ABSORBING, rate: 0.0481951731044 },
        Jumping { name: "step, D a formula", law: law(step, ONE), ends: ABSORBING, rate: 0.0481951731044 },
        Jumping {
            name: "sign",
            law: law("expression = 'x^2 - 1.5*sign(x - 0.3)'", &white(0.5)),
            ends: closed("-1", "1.2"),
            rate: 0.417451150527,
        },
        Jumping {
            name: "a quotient inside atan",
            law: law("expression = 'atan(1/x)'", &white(0.8)),
            ends: "domain = { lower = [-1], upper = [1.5], walls = { x = ['absorbing', 'reflecting'] } }",
            rate: 0.465464840033,
        },
        Jumping {
            name: "min",
            law: law("expression = 'min(4*x^2, 1)'", &white(0.3)),
            ends: "domain = { lower = [-1], upper = [1.3], walls = { x = 'absorbing' } }\nvalley = { set = 'x < 9' }",
            rate: 0.0619886028284,
        },
        Jumping {
            name: "step where D varies",
            law: law("expression = '2*step(x - 0.4)'", "noise = { kind = 'expression', d11 = '0.5*(1 + 0.5*x)' }"),
            ends: closed("-1", "1.1"),
            rate: 0.0140907650237,
        },
        Jumping {
            name: "drift",
            law: law("drift = '-1.3*sign(x - 0.1)'", "noise = { kind = 'expression', d11 = '0.4' }"),
            ends: closed("-1", "1"),
            rate: 0.135199606379,
        },
    ];
    for (calculus, rate) in [("ito", 0.117841346468), ("stratonovich", 0.164859386817), ("isothermal", 0.221487878228)]
    {
        for slope in ["expression = '0.5*x^2'", "drift = '-x'"] {
            let noise = format!("{NOISE}'{calculus}' }}");
            found.push(Jumping { name: calculus, law: law(slope, &noise), ends: closed("-1", "1.1"), rate });
        }
    }
    found
}

#[test]
fn rates_across_jumps_in_one_dimension() {
    for Jumping { name, law, ends, rate } in all() {
        // Jumps on faces, on centres and anywhere.
        let mut errors = Vec::new();
        for cells in [60, 97, 120, 160, 333] {
            let solution = solve(&format!("{law}\n{ends}\ngrid = {{ cells = [{cells}] }}"));
            let found = solution.rate.as_ref().unwrap();
            let error = (found.value.value() / rate - 1.0).abs();
            let stated = found.discretisation_error.unwrap();
            assert!(error <= stated + 1e-10, "{name} on {cells} cells: {error:.2e}, stated {stated:.2e}");
            let quadrature = solution.quadrature.unwrap().escape_rate.unwrap().value();
            assert!((quadrature / rate - 1.0).abs() < 1e-10, "{name}: {quadrature} by quadrature, right {rate}");
            errors.push(error * f64::from(cells).powi(2));
        }
        // Second order wherever the jumps fall: h² times a number that does not grow.
        let largest = errors.iter().copied().fold(0.0, f64::max);
        assert!(largest < 20.0, "{name}: errors {errors:?} over h²");
    }
}

#[test]
fn time_across_a_step_in_closed_form() {
    let solution = solve(&format!(
        "landscape = {{ expression = '3*step(abs(x) - 1.0)' }}\n{ONE}\n{ABSORBING}\ngrid = {{ cells = [400] }}"
    ));
    let passage = solution.passage.unwrap();
    // ∫₀² of the mass below times e^φ: ½ on [0, 1], and ½ + e³ beyond 1.
    let exact = 0.5 + 3f64.exp() + 0.5;
    assert_eq!(passage.from[0], 0.0);
    assert!((passage.time.value() / exact - 1.0).abs() < 1e-5);
    assert!((solution.quadrature.unwrap().time.value() / exact - 1.0).abs() < 1e-12);
}

/// The same step where nothing happens along y, with white noise, with a formula and with the axes exchanged.
#[test]
fn a_step_in_the_plane_is_the_step_on_the_line() {
    let exact = 0.0481951731044;
    for (along, lower, upper, walls) in [
        ("x", "[-2, 0]", "[2, 1]", "x = 'absorbing', y = 'reflecting'"),
        ("y", "[0, -2]", "[1, 2]", "y = 'absorbing', x = 'reflecting'"),
    ] {
        for noise in ["kind = 'isotropic', temperature = 1", "kind = 'expression', d11 = '1', d12 = '0', d22 = '1'"] {
            let cells = if along == "x" { "[64, 16]" } else { "[16, 64]" };
            let solution = solve(&format!(
                "landscape = {{ expression = '3*step(abs({along}) - 1.0)', dimension = 2 }}
                 noise = {{ {noise} }}
                 domain = {{ lower = {lower}, upper = {upper}, walls = {{ {walls} }} }}
                 grid = {{ cells = {cells} }}\nsolve = {{ quantities = ['rate'] }}"
            ));
            let found = solution.rate.unwrap();
            let (error, stated) = ((found.value.value() / exact - 1.0).abs(), found.discretisation_error.unwrap());
            assert!(error < 1e-4 && error <= stated, "along {along}, {noise}: {error:.2e}, stated {stated:.2e}");
        }
    }
}

/// A step of height 2 on the circle of radius ½ in the unit disc with an absorbing rim, D = 1: J₀ inside, J₀ and Y₀
/// outside, joined by the flux (root in 20 digits).
#[test]
fn a_step_on_a_circle() {
    let exact = 1.3706541684064401;
    for noise in ["kind = 'isotropic', temperature = 1", "kind = 'expression', d11 = '1', d12 = '0', d22 = '1'"] {
        let errors = [32, 48, 96].map(|cells| {
            let solution = solve(&format!(
                "landscape = {{ expression = '2*step(x^2 + y^2 - 0.25)' }}
                 noise = {{ {noise} }}
                 domain = {{ lower = [-1.1, -1.1], upper = [1.1, 1.1] }}
                 valley = {{ set = 'x^2 + y^2 < 1' }}
                 grid = {{ cells = [{cells}, {cells}] }}\nsolve = {{ quantities = ['rate'] }}"
            ));
            let found = solution.rate.unwrap();
            let (error, stated) = ((found.value.value() / exact - 1.0).abs(), found.discretisation_error.unwrap());
            assert!(error <= stated, "{noise}, {cells} cells: {error:.2e}, stated {stated:.2e}");
            error
        });
        assert!(errors[2] < 0.02, "{errors:?}");
    }
}

fn refusal(toml: &str) -> ProblemError {
    let config = Config::from_text(Path::new("test.toml"), toml, &[]).unwrap();
    config.problem().err().unwrap_or_else(|| panic!("not refused:\n{toml}"))
}

#[test]
fn jumps_without_an_answer_are_refused_by_name() {
    let hessian = "noise = { kind = 'hessian', learning_rate = 0.1, batch_size = 1, floor = 0.1 }";
    for (landscape, noise, word) in [
        ("abs(x)", hessian, "slope of the loss jumps"),
        ("x^2 + max(x, 0.5)", hessian, "slope of the loss jumps"),
        ("x^2 + sign(x - 0.3)", hessian, "slope of the loss jumps"),
        ("2*step(x - 0.4)", "noise = { kind = 'expression', d11 = '0.5 + step(x - 0.4)' }", "jump at the same place"),
    ] {
        let error = refusal(&format!("landscape = {{ expression = '{landscape}' }}\n{noise}\n{ABSORBING}")).to_string();
        assert!(error.contains(word) && error.contains("tanh"), "{landscape}: {error}");
    }
    let full = "noise = { kind = 'expression', d11 = '1', d12 = '0.3', d22 = '1' }";
    let plane = "domain = { lower = [-2, 0], upper = [2, 1], walls = { x = 'absorbing' } }";
    let error = refusal(&format!("landscape = {{ expression = 'step(x + y)' }}\n{full}\n{plane}")).to_string();
    assert!(error.contains("full tensor"), "{error}");
}

#[test]
fn particles_refuse_to_walk_through_a_jump() {
    for landscape in ["3*step(abs(x) - 1.0)", "x^2 - sign(x)", "atan(1/(x - 0.013))"] {
        let toml = format!("landscape = {{ expression = '{landscape}' }}\n{ONE}\n{ABSORBING}");
        let problem = Config::from_text(Path::new("test.toml"), &toml, &[]).unwrap().problem().unwrap();
        let error = Motion::diffusion(&problem).err().unwrap().to_string();
        assert!(error.contains("the loss jumps by") && error.contains("tanh"), "{error}");
    }
    // A kink is no jump.
    let toml = format!("landscape = {{ expression = 'abs(x)' }}\n{ONE}\n{ABSORBING}");
    let problem = Config::from_text(Path::new("test.toml"), &toml, &[]).unwrap().problem().unwrap();
    assert!(Motion::diffusion(&problem).is_ok());
}

/// L = 3 tanh((x − 0.37)/w): right for w = 1e-3 of the domain by shooting, and in the limit of a jump thinner ones come
/// to it in proportion to w.
#[test]
fn the_quadrature_sees_thin_layers() {
    let rate = |landscape: &str, noise: &str| {
        let solution =
            solve(&format!("landscape = {{ {landscape} }}\n{noise}\n{ABSORBING}\ngrid = {{ cells = [400] }}"));
        (solution.quadrature.unwrap().escape_rate.unwrap().value(), solution.rate.unwrap(), solution.warnings)
    };
    let white = "noise = { kind = 'isotropic', temperature = 1 }";
    let width = 4e-3;
    let bell = format!("drift = '-3/{width}/cosh((x - 0.37)/{width})^2'");
    for (landscape, noise) in [
        (format!("expression = '3*tanh((x - 0.37)/{width})'"), white),
        (format!("expression = '3*tanh((x - 0.37)/{width})'"), ONE),
        (bell, white),
    ] {
        let (found, grid, warnings) = rate(&landscape, noise);
        assert!((found / 0.441628324326 - 1.0).abs() < 1e-9, "{landscape}: {found}");
        let (error, stated) = ((grid.value.value() / 0.441628324326 - 1.0).abs(), grid.discretisation_error.unwrap());
        assert!(
            error <= stated + 1e-10 && stated < 0.1,
            "{landscape}, {noise}: {error:.2e}, stated {stated:.2e} {warnings:?}"
        );
    }
    let (limit, ..) = rate("expression = '3*sign(x - 0.37)'", white);
    for width in [4e-4, 4e-5, 4e-6, 4e-8] {
        let (found, ..) = rate(&format!("expression = '3*tanh((x - 0.37)/{width})'"), white);
        assert!((found / limit - 1.0).abs() < 20.0 * width, "{width}: {found}, in the limit {limit}");
    }
}
