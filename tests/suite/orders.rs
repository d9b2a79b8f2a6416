//! The table of observed orders: scheme × dimension × interpretation × boundary, each against an answer from elsewhere.
//!
//! `cargo test --release --test suite -- orders --nocapture` prints it.

use crate::gallery::{FREE_DISC, free_disc, solve};

/// One row of the table.
struct Row {
    scheme: &'static str,
    problem: &'static str,
    calculus: &'static str,
    boundary: &'static str,
    /// The configuration without its grid; `walls` and set included.
    toml: String,
    /// Cells along x of three grids that double, and along y over x.
    cells: [usize; 3],
    aspect: f64,
    exact: Exact,
    /// The order that is expected, least and most.
    expected: [f64; 2],
}

/// What errors are taken against.
enum Exact {
    /// The rate itself.
    Rate(f64),
    /// The 1D quadrature of the same run.
    Quadrature,
    /// Nothing: the order is that of the differences between the grids.
    Differences,
}

const CALCULI: [&str; 3] = ["ito", "stratonovich", "isothermal"];

fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    // One dimension, D varying by a factor of 3, a well of two units of noise.
    let weights = [
        ("inverse-average", [1.9, 2.1]),
        ("scharfetter-gummel", [1.9, 2.1]),
        ("sqra", [1.9, 2.1]),
        ("upwind", [0.85, 1.1]),
        ("central", [1.9, 2.1]),
        ("transverse", [1.9, 2.1]),
    ];
    for (scheme, expected) in weights {
        for calculus in CALCULI {
            for (boundary, walls) in
                [("wall on faces", "['reflecting', 'absorbing']"), ("both ends", "['absorbing', 'absorbing']")]
            {
                rows.push(Row {
                    scheme,
                    problem: "double well, D(x)",
                    calculus,
                    boundary,
                    toml: format!(
                        "landscape = {{ kind = 'double-well', dimension = 1 }}
                         noise = {{ kind = 'expression', d11 = '0.5*(1 + 0.5*sin(3*x))', interpretation = '{calculus}' }}
                         domain = {{ lower = [-1.9], upper = [0.7], walls = {{ x = {walls} }} }}"
                    ),
                    cells: [200, 400, 800],
                    aspect: 0.0,
                    exact: Exact::Quadrature,
                    expected,
                });
            }
        }
    }
    // Two dimensions, a smooth full tensor.
    let smooth =
        "kind = 'expression', d11 = '0.2*(1 + 0.4*sin(x))', d12 = '0.06*cos(x + y)', d22 = '0.2*(1 + 0.3*cos(y))'";
    let hessian = "kind = 'hessian', learning_rate = 0.1, batch_size = 1, floor = 0.05";
    for (problem, noise, calculus, expected) in [
        ("narrowing valley, full tensor", smooth, "ito", [1.85, 2.3]),
        ("narrowing valley, full tensor", smooth, "isothermal", [1.85, 2.3]),
        ("narrowing valley, [H]₊ + floor", hessian, "ito", [1.2, 2.5]),
    ] {
        rows.push(Row {
            scheme: "inverse-average",
            problem,
            calculus,
            boundary: "wall on faces",
            toml: format!(
                "landscape = {{ expression = '(x^2 - 1)^2 + (1 + 0.5*x)*y^2' }}
                 noise = {{ {noise}, interpretation = '{calculus}' }}
                 domain = {{ lower = [-1.9, -1.6], upper = [0.0, 1.6], walls = {{ x = ['reflecting', 'absorbing'] }} }}"
            ),
            cells: [24, 48, 96].map(|cells| if problem.contains("[H]") { cells * 2 } else { cells }),
            aspect: 5.0 / 3.0,
            exact: Exact::Differences,
            expected,
        });
    }
    rows.push(Row {
        scheme: "inverse-average",
        problem: "free disc",
        calculus: "ito",
        boundary: "circle",
        toml: free_disc(),
        cells: [40, 80, 160],
        aspect: 1.0,
        exact: Exact::Rate(FREE_DISC),
        expected: [1.7, 2.3],
    });
    rows.push(Row {
        scheme: "inverse-average",
        problem: "[H]₊ in a curved valley",
        calculus: "ito",
        boundary: "line on faces",
        toml: "landscape = { expression = '(x^2-1)^2 + 2*(y - 0.5*x^2)^2' }
               noise = { kind = 'hessian', learning_rate = 0.2, batch_size = 1 }
               domain = { lower = [-2, -1], upper = [0.8, 1.8] }
               valley = { minimum = [-1, 0.5], set = 'x < 0' }"
            .to_string(),
        cells: [70, 140, 280],
        aspect: 1.0,
        exact: Exact::Differences,
        // It settles late, from above, between 1 and 2.
        expected: [1.2, 2.1],
    });
    // Where a reflecting and an absorbing wall meet at the angle ω, measured by D⁻¹, the order is that of the corner,
    // π/ω = 1.5 and 1.26, late: edges through it are halved, which leaves a tenth of its term.
    for (d12, expected) in [(0.5, [1.35, 2.0]), (0.8, [0.95, 1.4])] {
        rows.push(Row {
            scheme: "inverse-average",
            problem: if d12 == 0.5 {
                "full tensor, corner of ω = 2π/3"
            } else {
                "full tensor, corner of ω = 0.795π"
            },
            calculus: "ito",
            boundary: "walls on faces",
            toml: format!(
                "landscape = {{ expression = 'x^2 + y^2' }}
                 noise = {{ kind = 'expression', d11 = '1', d12 = '{d12}', d22 = '1' }}
                 domain = {{ lower = [-1, -1], upper = [1, 1], walls = {{ x = ['reflecting', 'absorbing'] }} }}"
            ),
            cells: [48, 96, 192],
            aspect: 1.0,
            exact: Exact::Differences,
            expected,
        });
    }
    rows.push(Row {
        scheme: "flux-corrected",
        problem: "curved valley",
        calculus: "ito",
        boundary: "line on faces",
        toml: "landscape = { expression = '(x^2-1)^2 + 2*(y - 0.4*x^2 + 0.1*x)^2' }
               noise = { kind = 'isotropic', temperature = 0.1 }
               domain = { lower = [-1.9, -0.9], upper = [1.3, 1.9] }
               valley = { minimum = [-1, 0.5], set = 'x < 0.8' }"
            .to_string(),
        cells: [32, 48, 64],
        aspect: 1.0,
        // Rayleigh–Ritz on polynomials in 96-digit arithmetic.
        exact: Exact::Rate(3.869638279582e-5),
        expected: [4.5, 12.0],
    });
    rows
}

#[test]
fn observed_orders() {
    println!("| scheme | problem | calculus | boundary | errors | order | expected |");
    println!("|---|---|---|---|---|---|---|");
    let mut misses = Vec::new();
    for row in rows() {
        let mut errors = Vec::new();
        let mut rates = Vec::new();
        for x in row.cells {
            let cells = match row.aspect {
                0.0 => format!("[{x}]"),
                aspect => format!("[{x}, {}]", (x as f64 * aspect).round() as usize),
            };
            let solution = solve(&format!(
                "{}\n[grid]\ncells = {cells}\nscheme = '{}'\n[solve]\nquantities = ['rate']\nerror_estimate = false\n",
                row.toml.replace("solve = { quantities = ['rate'] }", ""),
                row.scheme
            ));
            let rate = solution.rate.as_ref().unwrap().value.value();
            rates.push(rate);
            match row.exact {
                Exact::Rate(exact) => errors.push((rate / exact - 1.0).abs()),
                Exact::Quadrature => {
                    let exact = solution.quadrature.as_ref().unwrap().escape_rate.unwrap().value();
                    errors.push((rate / exact - 1.0).abs());
                }
                Exact::Differences => {}
            }
        }
        let order = match row.exact {
            Exact::Differences => {
                errors = rates.windows(2).map(|pair| (pair[1] / pair[0] - 1.0).abs()).collect();
                let ratio = row.cells[1] as f64 / row.cells[0] as f64;
                (errors[0] / errors[1]).ln() / ratio.ln()
            }
            _ => (errors[0] / errors[2]).ln() / (row.cells[2] as f64 / row.cells[0] as f64).ln(),
        };
        let shown: Vec<String> = errors.iter().map(|error| format!("{error:.1e}")).collect();
        let Row { scheme, problem, calculus, boundary, expected: [least, most], .. } = row;
        let line = format!(
            "| {scheme} | {problem} | {calculus} | {boundary} | {} | {order:.2} | {least} to {most} |",
            shown.join(", ")
        );
        println!("{line}");
        if !(least..=most).contains(&order) {
            misses.push(line);
        }
    }
    assert!(misses.is_empty(), "\n{}", misses.join("\n"));
}
