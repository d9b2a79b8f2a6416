//! Windows in reflecting walls: whole walls, seams, and narrow escape against finite elements.
//!
//! The references are smallest eigenvalues of tensor-product finite elements of degree 5 in scipy, graded by quarters
//! towards the ends of the window, whose error falls by 4 from one layer to the next: extrapolated from two numbers of
//! them they are good to 1e-6 and better.

use std::path::Path;

use saddleflux::config::{Config, Diagnosis};
use saddleflux::study::choice::Reason;
use saddleflux::study::{self, Solution};

use crate::gallery::solve;

fn free(noise: &str, domain: &str, cells: [usize; 2]) -> String {
    format!(
        "landscape = {{ expression = '0*x', dimension = 2 }}
         noise = {noise}
         domain = {{ {domain} }}
         grid = {{ cells = {cells:?} }}"
    )
}

fn value(solution: &Solution) -> f64 {
    solution.rate.as_ref().unwrap().value.value()
}

const UNIT: &str = "{ kind = 'isotropic', temperature = 1 }";

/// A window as long as its wall, in one piece or in two, is the absorbing wall.
#[test]
fn a_window_that_covers_its_wall_is_an_absorbing_wall() {
    let problems = [
        "landscape = { expression = '(x^2-1)^2 + 2*(y - 0.4*x^2)^2' }
         noise = { kind = 'isotropic', temperature = 0.2 }",
        "landscape = { drift = ['x - x^3 - y', 'x - y'] }
         noise = { kind = 'expression', d11 = '0.3', d12 = '0.2', d22 = '0.2 + 0.1*x^2' }",
    ];
    let windows = [
        "[{ wall = 'x-upper', where = 'y < 9' }]",
        "[{ wall = 'x-upper', where = 'y > 0.2' }, { wall = 'x-upper', where = 'y <= 0.2' }]",
    ];
    for problem in problems {
        let on = |walls: &str| {
            value(&solve(&format!(
                "{problem}
                 domain = {{ lower = [-2, -1], upper = [0.4, 2], {walls} }}
                 valley = {{ set = 'whole', from = [-0.9, 0.3] }}
                 grid = {{ cells = [40, 48], scheme = 'inverse-average' }}"
            )))
        };
        let wall = on("walls = { x = ['reflecting', 'absorbing'] }");
        for windows in windows {
            assert_relative_eq!(on(&format!("windows = {windows}")), wall, max_relative = 1e-14);
        }
    }
}

/// A window over the seam of a periodic axis is the same window elsewhere, and one in the other wall its mirror image.
#[test]
fn windows_move_with_their_problem() {
    let seam = |window: &str| {
        let domain = format!("lower = [0, -1], upper = [1, 1], walls = {{ y = 'periodic' }}, windows = [{window}]");
        value(&solve(&free(UNIT, &domain, [20, 36])))
    };
    let inside = seam("{ wall = 'x-upper', where = 'abs(y) < 0.23' }");
    for other in ["{ wall = 'x-upper', where = 'abs(y) > 0.77' }", "{ wall = 'x-lower', where = 'abs(y) < 0.23' }"] {
        assert_relative_eq!(seam(other), inside, max_relative = 1e-12);
    }
    // Axes change their names.
    let swapped = |window: &str, cells: [usize; 2]| {
        let domain = format!("lower = [0, 0], upper = [1, 1], windows = [{window}]");
        value(&solve(&free(UNIT, &domain, cells)))
    };
    let of_x = swapped("{ wall = 'y-lower', where = '0.1 < x and x < 0.43' }", [30, 22]);
    let of_y = swapped("{ wall = 'x-lower', where = '0.1 < y and y < 0.43' }", [22, 30]);
    assert_relative_eq!(of_x, of_y, max_relative = 1e-12);
}

struct Escape {
    noise: &'static str,
    domain: &'static str,
    rate: f64,
}

const ESCAPES: [Escape; 6] = [
    Escape {
        noise: UNIT,
        domain: "lower = [0, 0], upper = [1, 1], windows = [{ wall = 'x-upper', where = 'abs(y - 0.5) < 0.1' }]",
        rate: 1.34018713,
    },
    Escape {
        noise: UNIT,
        domain: "lower = [0, 0], upper = [1, 1], windows = [{ wall = 'x-upper', where = '0.1 < y and y < 0.17' },
                 { wall = 'x-upper', where = '0.62 < y and y < 0.95' }]",
        rate: 1.99113493,
    },
    Escape {
        noise: "{ kind = 'expression', d11 = '0.3', d22 = '0.5' }",
        domain: "lower = [-1, -0.8], upper = [0.7, 0.9], windows = [{ wall = 'x-upper', where = 'abs(y) < 0.1' }]",
        rate: 0.131913826,
    },
    Escape {
        noise: "{ kind = 'expression', d11 = '1', d12 = '0.5', d22 = '0.8' }",
        domain: "lower = [0, 0], upper = [1, 1], windows = [{ wall = 'x-upper', where = 'abs(y - 0.5) < 0.1' }]",
        rate: 0.952503124,
    },
    Escape {
        noise: "{ kind = 'expression', d11 = '0.5', d12 = '-0.3', d22 = '0.9' }",
        domain: "lower = [0, 0], upper = [1, 1], windows = [{ wall = 'x-upper', where = '0.3 < y and y < 0.72' }]",
        rate: 0.809132082,
    },
    Escape {
        noise: "{ kind = 'expression', d11 = '1', d12 = '0.8', d22 = '1' }",
        domain: "lower = [0, 0], upper = [1, 1], windows = [{ wall = 'x-upper', where = '0.35 < y and y < 0.6' }]",
        rate: 0.603145531,
    },
];

/// Narrow escape: within the stated error on every grid, wherever the ends of the window lie in their faces.
#[test]
fn narrow_escape_against_finite_elements() {
    let mut failures = Vec::new();
    for Escape { noise, domain, rate } in &ESCAPES {
        for cells in [[24, 24], [32, 32], [40, 36], [50, 50], [64, 64], [75, 70], [96, 96], [128, 128]] {
            let found = solve(&free(noise, domain, cells));
            let error = found.rate.as_ref().unwrap().discretisation_error.unwrap();
            let away = value(&found) / rate - 1.0;
            let order = found.rate.as_ref().unwrap().observed_order;
            println!("{rate} {cells:?}: {away:.2e} stated {error:.2e} {order:?}");
            if away.abs() > error {
                failures.push(format!("{domain} {cells:?}: off by {away:e}, stated {error:e}"));
            }
            assert!(found.choice.was_made() && !found.choice.scheme.is_corrected);
            assert!(matches!(found.choice.reason, Reason::Windows | Reason::NotReversible), "{:?}", found.choice);
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// The whole of a wall, a part of it, and none: the rate grows with the window.
#[test]
fn what_is_said_of_windows() {
    let text = |domain: &str| {
        format!(
            "landscape = {{ kind = 'double-well', dimension = 2 }}
             noise = {{ kind = 'isotropic', temperature = 0.2 }}
             domain = {{ lower = [-2, -2], upper = [0.5, 2], {domain} }}
             grid = {{ cells = [40, 40] }}"
        )
    };
    let found = solve(&text("windows = [{ wall = 'x-upper', where = 'y > 0' }]"));
    let walls = solve(&text("walls = { x = ['reflecting', 'absorbing'] }"));
    assert!(value(&found) < value(&walls) && value(&found) > 0.5 * value(&walls));
    assert!(found.formulas.kramers.is_none() && found.formulas.omitted[0].to_string().contains("windows"));
    let problem = |text: &str| Config::from_text(Path::new("t.toml"), text, &[]).unwrap().problem();
    let absorption = problem(&text("windows = [{ wall = 'x-upper', where = 'y > 0' }]")).unwrap().valley.absorption;
    assert!(absorption.to_string().starts_with("killed at the windows in the walls"), "{absorption}");
    // On a turned grid a window would follow cells.
    let turned = text("windows = [{ wall = 'x-upper', where = 'y > 0' }]").replace("40] }", "40], align = 30 }");
    let config = Config::from_text(Path::new("t.toml"), &turned, &[]).unwrap();
    let refused = study::run(&config.problem().unwrap(), &config.request, &Default::default()).err().unwrap();
    assert!(refused.to_string().contains("windows"), "{refused}");
    for (windows, key) in [
        ("[{ wall = 'y-upper', where = 'x > 0' }, { wall = 'x-upper', where = 'y > 7' }]", "domain.windows[1].where"),
        ("[{ wall = 'x-lower', where = 'y > 0' }]", "domain.windows[0].wall"),
    ] {
        let text = text(&format!("walls = {{ x = ['absorbing', 'reflecting'] }}, windows = {windows}"));
        let refused = problem(&text).err().unwrap();
        assert_eq!(Diagnosis::of_problem(&refused).key.unwrap(), key);
    }
}
