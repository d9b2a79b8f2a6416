//! D = η[H]₊/2B without a floor: what is refused, what is solved, and what error is stated.

use saddleflux::config::{Config, Diagnosis};
use saddleflux::problem::degeneracy::Degeneracy;
use saddleflux::problem::{Problem, ProblemError};
use saddleflux::progress::Progress;
use saddleflux::study::{self, Solution, StudyError, Warning};

/// (x² − 1)² + 2(y − x²/2)², the method's example.
const CURVED: &str = "(x^2 - 1)^2 + 2*(y - 0.5*x^2)^2";

fn text(loss: &str, noise: &str, valley: &str, domain: &str, cells: [usize; 2]) -> String {
    format!(
        "landscape = {{ expression = '{loss}' }}
         noise = {{ kind = 'hessian', learning_rate = 0.2, batch_size = 1{noise} }}
         valley = {{ {valley} }}
         domain = {{ {domain} }}
         grid = {{ cells = [{}, {}] }}
         solve = {{ quantities = ['rate'] }}",
        cells[0], cells[1]
    )
}

fn run(text: &str) -> Result<Solution, StudyError> {
    let config = Config::from_text(std::path::Path::new("test.toml"), text, &[]).unwrap();
    study::run(&config.problem()?, &config.request, &Progress::default())
}

fn problem(text: &str) -> Result<Problem, ProblemError> {
    Config::from_text(std::path::Path::new("test.toml"), text, &[]).unwrap().problem()
}

fn refused(text: &str) -> bool {
    match run(text) {
        Err(StudyError::Problem(error @ ProblemError::Degenerate(_))) => Diagnosis::of_problem(&error).exit_status == 3,
        Err(other) => panic!("{other}\n{text}"),
        Ok(_) => false,
    }
}

/// The rate of (x² − 1)² + k(y − a x²/2 − b x)² with D = 0.1[H]₊ killed at x = 0, by the plainest scheme: the generator
/// −∇L·∇u + D:∇∇u with the drift upwinded, second differences, mirrored at far walls; inverse iteration with a banded
/// elimination. First order, and it shares nothing with the program.
fn upwind(k: f64, a: f64, b: f64, [low, high]: [f64; 2], n: usize) -> f64 {
    let h = 2.0 / n as f64;
    let m = ((high - low) / h).round() as usize;
    let (size, band) = (n * m, m + 1);
    let width = 2 * band + 1;
    // −generator, by rows; entry (row, column) at column − row + band.
    let mut matrix = vec![0.0; size * width];
    for i in 0..n {
        for j in 0..m {
            let (x, y) = (-2.0 + (i as f64 + 0.5) * h, low + (j as f64 + 0.5) * h);
            let (r, q) = (y - 0.5 * a * x * x - b * x, a * x + b);
            let (gx, gy) = (4.0 * x * (x * x - 1.0) - 2.0 * k * r * q, 2.0 * k * r);
            let (hxx, hxy, hyy) = (12.0 * x * x - 4.0 + 2.0 * k * (q * q - r * a), -2.0 * k * q, 2.0 * k);
            // |H| of a symmetric 2 × 2 matrix by Cayley–Hamilton: (H² + |det| I)/tr|H|.
            let det = hxx * hyy - hxy * hxy;
            let trace = if det > 0.0 {
                (hxx + hyy).abs()
            } else {
                (hxx * hxx + 2.0 * hxy * hxy + hyy * hyy - 2.0 * det).sqrt()
            };
            let square = [hxx * hxx + hxy * hxy, hxy * (hxx + hyy), hyy * hyy + hxy * hxy];
            let [dxx, dxy, dyy] =
                [square[0] + det.abs(), square[1], square[2] + det.abs()].map(|entry| 0.1 * entry / trace / (h * h));
            let row = i * m + j;
            let mut add = |di: i64, dj: i64, rate: f64| {
                matrix[row * width + band] += rate;
                let (mut i2, mut j2) = (i as i64 + di, j as i64 + dj);
                j2 = j2.clamp(0, m as i64 - 1);
                i2 = i2.max(0);
                // u = 0 at x = 0, which is half a cell beyond the last: the value there is −u.
                let (sign, i2) = if i2 == n as i64 { (-1.0, n as i64 - 1) } else { (1.0, i2) };
                let column = i2 as usize * m + j2 as usize;
                matrix[row * width + column + band - row] -= sign * rate;
            };
            add(1, 0, dxx + (-gx).max(0.0) / h);
            add(-1, 0, dxx + gx.max(0.0) / h);
            add(0, 1, dyy + (-gy).max(0.0) / h);
            add(0, -1, dyy + gy.max(0.0) / h);
            for (di, dj) in [(1, 1), (-1, -1), (1, -1), (-1, 1)] {
                add(di, dj, 0.5 * dxy * (di * dj) as f64);
            }
        }
    }
    for pivot in 0..size {
        for row in pivot + 1..size.min(pivot + band + 1) {
            let factor = matrix[row * width + pivot + band - row] / matrix[pivot * width + band];
            matrix[row * width + pivot + band - row] = factor;
            if factor != 0.0 {
                let (before, after) = matrix.split_at_mut(row * width);
                let source = &before[pivot * width + band + 1..pivot * width + width];
                let target = &mut after[pivot + 1 + band - row..pivot + 1 + band - row + band];
                for (to, from) in target.iter_mut().zip(source) {
                    *to -= factor * from;
                }
            }
        }
    }
    let (mut u, mut rate) = (vec![1.0; size], 0.0);
    for _ in 0..8 {
        let before: f64 = u.iter().sum();
        for row in 0..size {
            for column in row.saturating_sub(band)..row {
                u[row] -= matrix[row * width + column + band - row] * u[column];
            }
        }
        for row in (0..size).rev() {
            for column in row + 1..size.min(row + band + 1) {
                u[row] -= matrix[row * width + column + band - row] * u[column];
            }
            u[row] /= matrix[row * width + band];
        }
        let after: f64 = u.iter().sum();
        rate = before / after;
        u.iter_mut().for_each(|value| *value /= after);
    }
    rate
}

/// Two Richardson steps on three grids of a first-order scheme.
fn reference(k: f64, a: f64, b: f64, range: [f64; 2], n: usize) -> f64 {
    let [coarse, middle, fine] = [1, 2, 4].map(|factor| upwind(k, a, b, range, factor * n));
    let (first, second) = (2.0 * middle - coarse, 2.0 * fine - middle);
    (4.0 * second - first) / 3.0
}

/// The method's 0.0525(1), from 128² and 256² cells, within a stated error of at most 3 %.
#[test]
fn the_curved_valley_is_solved_without_a_floor() {
    for n in [128, 256] {
        let domain = "lower = [-2, -1], upper = [1.5, 2.5]";
        let solution = run(&text(CURVED, "", "minimum = [-1, 0.5], set = 'x < 0'", domain, [n, n])).unwrap();
        let rate = solution.rate.unwrap();
        let (value, error) = (rate.value.value(), rate.discretisation_error.unwrap());
        assert!(error <= 0.03, "{n}: stated {error}");
        for found in [value, rate.extrapolated.unwrap().value()] {
            assert!((found / 0.0525 - 1.0).abs() <= error, "{n}: {found} ± {error}");
        }
        assert_eq!(rate.grids.len(), 3);
    }
}

/// On (x² − 1)² + 2(y − x²/2)² det H vanishes on y = 7x²/2 − 1, where ω = (7x² + 1)²/((49x² + 1)(x² + 1)); and what
/// leaves the side where H is positive definite, from which nothing is killed, is γ times what is there.
#[test]
fn the_flux_through_the_curve_is_what_leaves_its_side() {
    let text =
        text(CURVED, "", "minimum = [-1, 0.5], set = 'x < 0'", "lower = [-2, -0.9], upper = [0, 2.5]", [100, 170]);
    let solution = run(&text).unwrap();
    let curve = solution.degenerate_curve.as_ref().unwrap();
    let openness = |x: f64| (7.0 * x * x + 1.0).powi(2) / ((49.0 * x * x + 1.0) * (x * x + 1.0));
    let group = curve.group();
    let [xs, ys, along] = ["position_x", "position_y", "openness"].map(|name| group.values(name).unwrap());
    for ((x, y), found) in xs.iter().zip(ys).zip(along) {
        assert!((y - (3.5 * x * x - 1.0)).abs() < 0.02, "({x}, {y})");
        // ω of a crossing beside the point, which is up to two cells away.
        assert!((found - openness(*x)).abs() < 0.06, "{found} at x = {x}");
    }
    let density = solution.fields.values("quasi_stationary").unwrap();
    let [hx, hy] = solution.grid.spacing();
    let inside = (0..density.len()).filter(|&cell| {
        let [x, y] = solution.grid.cell_centre(cell);
        !density[cell].is_nan() && y < 3.5 * x * x - 1.0
    });
    let share: f64 = inside.map(|cell| density[cell] * hx * hy).sum();
    assert!(share > 0.5 && share < 0.999, "{share}");
    assert_relative_eq!(curve.flux, solution.rate.as_ref().unwrap().value.value() * share, max_relative = 1e-9);
    let [x, y] = curve.densest;
    assert!((curve.openness - openness(x)).abs() < 0.06 && (y - (3.5 * x * x - 1.0)).abs() < 0.02);
    // A floor that the grid resolves leaves no curve, and neither does other noise.
    let floored = text.replace("batch_size = 1", "batch_size = 1, floor = 0.05");
    assert!(run(&floored).unwrap().degenerate_curve.is_none());
}

/// Against the plain scheme, whose own error is below 2 %: three landscapes, the valley bent, leaning, and both.
#[test]
fn rates_across_open_curves_agree_with_a_plain_upwind_scheme() {
    let landscapes: [(f64, f64, f64, [f64; 2]); 3] =
        [(2.0, 1.0, 0.0, [-1.0, 2.5]), (2.0, 1.4, 0.0, [-0.8, 3.0]), (2.0, 1.0, 0.3, [-1.2, 2.2])];
    for (k, a, b, range) in landscapes {
        let loss = format!("(x^2 - 1)^2 + {k}*(y - {}*x^2 - {b}*x)^2", 0.5 * a);
        let domain = format!("lower = [-2, {}], upper = [0, {}]", range[0], range[1]);
        let minimum = format!("minimum = [-1, {}], set = 'x < 0'", 0.5 * a - b);
        let cells = [96, (48.0 * (range[1] - range[0])).round() as usize / 4 * 4];
        let rate = run(&text(&loss, "", &minimum, &domain, cells)).unwrap().rate.unwrap();
        let (value, error) = (rate.extrapolated.unwrap().value(), rate.discretisation_error.unwrap());
        let expected = reference(k, a, b, range, 20);
        assert!((value / expected - 1.0).abs() <= error + 0.02, "{loss}: {value} ± {error}, plain {expected}");
        assert!(error < 0.1, "{loss}: {error}");
    }
}

/// Blocked: in one dimension for every η and interpretation; in two where the landscape separates, however it is
/// turned; radially.
#[test]
fn blocked_curves_are_refused() {
    for learning_rate in [0.01, 1.0, 50.0] {
        for interpretation in ["ito", "stratonovich", "isothermal"] {
            let line = format!(
                "landscape = {{ expression = 'x^4/4 - x^2/2', dimension = 1 }}
                 noise = {{ kind = 'hessian', learning_rate = {learning_rate}, batch_size = 1, interpretation = '{interpretation}' }}
                 domain = {{ lower = [-3], upper = [1], walls = {{ x = ['reflecting', 'absorbing'] }} }}
                 grid = {{ cells = [100] }}"
            );
            assert!(refused(&line), "{line}");
        }
    }
    for degrees in [0.0f64, 10.0, 45.0, 71.3] {
        let (sine, cosine) = degrees.to_radians().sin_cos();
        let (u, v) = (format!("({cosine}*x + {sine}*y)"), format!("({cosine}*y - {sine}*x)"));
        let loss = format!("({u}^2 - 1)^2 + {v}^2 + 0.2*{v}^4");
        let valley = format!("minimum = [{}, {}], set = '{u} < 0'", -cosine, -sine);
        for calculus in ["", ", interpretation = 'isothermal'"] {
            let turned = text(&loss, calculus, &valley, "lower = [-2, -2], upper = [2, 2]", [32, 32]);
            assert!(refused(&turned), "{turned}");
        }
    }
    // η/2B = 0.1 below r²: the noise along the circle does not push outwards more than the slope pulls back.
    let radial = text(
        "0.5*(x^2 + y^2)*exp(-0.5*(x^2 + y^2))",
        "",
        "minimum = [0, 0], set = 'x^2 + y^2 < 1.5'",
        "lower = [-1.4, -1.4], upper = [1.4, 1.4]",
        [32, 32],
    );
    assert!(refused(&radial), "{radial}");
}

/// An eigenvalue that touches zero and keeps its sign blocks as one that changes it, however it is turned.
#[test]
fn touched_curves_are_refused_too() {
    for degrees in [0.0f64, 10.0, 45.0, 71.3] {
        let (sine, cosine) = degrees.to_radians().sin_cos();
        let (u, v) = (format!("({cosine}*x + {sine}*y)"), format!("({cosine}*y - {sine}*x)"));
        let domain = "lower = [-2, -2], upper = [2, 2]";
        let valley = format!("minimum = [{}, {}], set = '{u} < 0.4'", -1.0137 * cosine, -1.0137 * sine);
        for power in [4, 6] {
            // f'(−1.0137) = 0 with f'' = 0 at −0.5137.
            let slope = f64::from(power) * 0.5f64.powi(power - 1);
            let loss = |rest: &str| format!("({u} + 0.5137)^{power} + {slope}*{u} + {v}^2{rest}");
            let touched = text(&loss(""), "", &valley, domain, [32, 32]);
            assert!(refused(&touched), "{touched}");
            // A tenth above zero nothing is closed.
            let open = text(&loss(&format!(" + 0.05*({u} + 1.0137)^2")), "", &valley, domain, [32, 32]);
            assert!(problem(&open).is_ok(), "{open}");
        }
    }
    // L'' = (r² − 1)² and L'/r = 8/15 on the circle: the noise along it pushes outwards by 8c/15, the slope back by
    // 8/15.
    let radial = |learning_rate: f64| {
        let r = "(x^2 + y^2)";
        let loss = format!("{r}^3/30 - {r}^2/6 + {r}/2");
        let text = text(
            &loss,
            "",
            &format!("minimum = [0, 0], set = '{r} < 1.9'"),
            "lower = [-1.4, -1.4], upper = [1.4, 1.4]",
            [32, 32],
        );
        text.replace("learning_rate = 0.2", &format!("learning_rate = {learning_rate}"))
    };
    for (learning_rate, is_closed) in [(0.2, true), (1.9, true), (2.1, false), (12.0, false)] {
        let found = problem(&radial(learning_rate));
        assert_eq!(matches!(found, Err(ProblemError::Degenerate(_))), is_closed, "{learning_rate}");
    }
}

/// Stated errors cover where orders fall off after they have looked like two, where a floor lies in less than a cell
/// and grids agree by chance, and are those of any other problem where the curve lies in the set but not on the way
/// out.
#[test]
fn stated_errors_cover() {
    let wide = "lower = [-2, -2], upper = [2, 2]";
    let cases = [
        // Central finite differences of another program on 60 … 180 cells per unit, by Richardson's rule.
        (
            "(x^2 - 1)^2 + 0.3*x + (y - 0.4*x^2 + 0.3*x)^2",
            "",
            "minimum = [-1, 0.7], set = 'x < 0.4'",
            "lower = [-2.2, -1.4], upper = [0.7, 3.2]",
            vec![[120, 190], [160, 254], [200, 317]],
            2.2585e-3,
            0.1,
        ),
        // The line along x: inverse iteration by Gauss and Legendre's rule on graded pieces, outside the program.
        (
            "(x^2 - 1)^2 + 2*y^2",
            ", floor = 0.01",
            "minimum = [-1, 0], set = 'x < 0'",
            "lower = [-2, -2], upper = [1.5, 2]",
            vec![[128, 128], [160, 160], [192, 192]],
            5.17404e-4,
            0.05,
        ),
        // Separable: y is an Ornstein–Uhlenbeck process whose slowest mode below y = 1/2 decays at this rate (a
        // parabolic cylinder function).
        (
            "(x^2 - 1)^2 + 2*y^2",
            "",
            "minimum = [-1, 0], set = 'y < 0.5'",
            wide,
            vec![[32, 32], [64, 64], [128, 128]],
            0.745414,
            5e-3,
        ),
    ];
    for (loss, noise, valley, domain, grids, right, most) in cases {
        for cells in grids {
            let solution = run(&text(loss, noise, valley, domain, cells)).unwrap();
            let rate = solution.rate.unwrap();
            let (value, stated) = (rate.value.value(), rate.discretisation_error.unwrap());
            assert!((right / value - 1.0).abs() <= stated, "{loss} {cells:?}: {value} ± {stated}");
            assert!(stated < most, "{loss} {cells:?}: {stated}");
            let is_told = |warning: &Warning| matches!(warning, Warning::UnresolvedCrossing { .. });
            assert!(!solution.warnings.iter().any(is_told), "{loss}");
        }
    }
}

/// (x² − 1)² + y² + ε x y²: refused at ε = 0 and only there; the rate falls with the openness, and where the curve is
/// not resolved the stated error says so with its size.
#[test]
fn the_rate_goes_to_zero_with_the_openness() {
    let problem = |epsilon: f64| {
        let loss = format!("(x^2 - 1)^2 + y^2 + {epsilon}*x*y^2");
        text(&loss, "", "minimum = [-1, 0], set = 'x < 0'", "lower = [-2, -1.8], upper = [0, 1.8]", [64, 112])
    };
    assert!(refused(&problem(0.0)));
    let mut before = f64::INFINITY;
    for epsilon in [0.8, 0.4, 0.2, 0.1, 0.05] {
        let solution = run(&problem(epsilon)).unwrap();
        let rate = solution.rate.unwrap();
        assert!(rate.value.value() < 0.5 * before, "{epsilon}: {}", rate.value.value());
        before = rate.value.value();
        if epsilon < 0.5 {
            assert!(rate.discretisation_error.unwrap() > 1.0, "{epsilon}");
            assert!(
                solution.warnings.iter().any(|warning| matches!(warning, Warning::UnresolvedCrossing { .. })),
                "{epsilon}"
            );
        }
    }
}

/// Isothermal rates, an open curve before a disc and before a basin's boundary; no cell is too anisotropic, and turned
/// grids agree.
#[test]
fn open_curves_are_crossed_in_every_setting() {
    let wide = "lower = [-2, -1], upper = [2, 2.5]";
    for (noise, valley) in [
        (", interpretation = 'isothermal'", "minimum = [-1, 0.5], set = 'x < 0'"),
        ("", "minimum = [-1, 0.5], set = 'x < 1.5', absorb = 'target', target = { minimum = [1, 0.5], radius = 0.4 }"),
        ("", "minimum = [-1, 0.5], set = 'basin'"),
    ] {
        let rates = [[64, 56], [128, 112]].map(|cells| {
            let rate = run(&text(CURVED, noise, valley, wide, cells)).unwrap().rate.unwrap();
            (rate.value.value(), rate.discretisation_error.unwrap())
        });
        let [(coarse, error), (fine, _)] = rates;
        assert!((fine / coarse - 1.0).abs() <= error, "{noise} {valley}: {rates:?}");
        assert!(rates[1].1 < 0.2, "{noise} {valley}: {rates:?}");
    }
}

/// A pendulum with a noisy velocity, killed at a smooth rate, against 81 × 90 Fourier and Hermite functions; and with
/// its axes exchanged.
#[test]
fn noise_in_a_velocity_alone_is_carried() {
    let pendulum = |drift: &str, noise: &str, [x, y]: [&str; 2], killing: &str, n: usize| {
        let wide = |axis: &str| if axis == "angle" { "3.141592653589793" } else { "5" };
        let walls = |axis: &str| if axis == "angle" { "periodic" } else { "reflecting" };
        crate::gallery::solve(&format!(
            "landscape = {{ drift = {drift} }}
             noise = {{ kind = 'expression', {noise} }}
             domain = {{ lower = [-{}, -{}], upper = [{}, {}], walls = {{ x = '{}', y = '{}' }}, killing = '{killing}' }}
             valley = {{ minimum = [0, 0], set = 'whole' }}
             grid = {{ cells = [{n}, {n}] }}",
            wide(x), wide(y), wide(x), wide(y), walls(x), walls(y)
        ))
        .rate
        .unwrap()
    };
    const RIGHT: f64 = 0.0074022905040626;
    let upright = |n| {
        pendulum(
            "['y', '-sin(x) - y']",
            "d11 = '0', d12 = '0', d22 = '0.5'",
            ["angle", "velocity"],
            "((1-cos(x))/2)^8",
            n,
        )
    };
    let mut before = f64::INFINITY;
    for n in [64, 128] {
        let rate = upright(n);
        let off = rate.value.value() / RIGHT - 1.0;
        assert!(off.abs() <= rate.discretisation_error.unwrap(), "{n}: {off}");
        assert!((rate.extrapolated.unwrap().value() / RIGHT - 1.0).abs() < 0.1 * off, "{n}");
        assert!(off < 0.6 * before);
        before = off;
    }
    let turned = pendulum(
        "['-sin(y) - x', 'y*0 + x']",
        "d11 = '0.5', d12 = '0', d22 = '0'",
        ["velocity", "angle"],
        "((1-cos(y))/2)^8",
        64,
    );
    let ratio = turned.value.over(upright(64).value).value();
    assert!((ratio - 1.0).abs() < 1e-9, "{ratio}");
}

/// Noise along one direction that couples to nothing, or that is no axis, is refused with what would be solved.
#[test]
fn noise_along_one_direction_is_refused_where_nothing_carries() {
    for (drift, noise) in [
        ("['-x', '-y']", "d11 = '0', d12 = '0', d22 = '0.5'"),
        ("['y', '-x - y']", "d11 = '0.5', d12 = '0.5', d22 = '0.5'"),
    ] {
        let text = format!(
            "landscape = {{ drift = {drift} }}
             noise = {{ kind = 'expression', {noise} }}
             domain = {{ lower = [-1, -1], upper = [1, 1], walls = {{ x = 'absorbing', y = 'reflecting' }} }}
             valley = {{ minimum = [0, 0], set = 'whole' }}
             grid = {{ cells = [16, 16] }}"
        );
        match run(&text) {
            Err(StudyError::Problem(ProblemError::Degenerate(Degeneracy::OneDirection { .. }))) => {}
            other => panic!("{noise}: {:?}", other.err()),
        }
    }
}

/// A floor under a formula that is negative without it is none: where both together vanish the way out is closed.
#[test]
fn a_floor_is_a_bound_only_over_what_is_not_negative() {
    let line = |d11: &str, floor: &str| {
        format!(
            "landscape = {{ expression = 'x^4/4 - x^2/2', dimension = 1 }}
             noise = {{ kind = 'expression', d11 = '{d11}'{floor} }}
             domain = {{ lower = [-3], upper = [1], walls = {{ x = ['reflecting', 'absorbing'] }} }}
             grid = {{ cells = [237] }}"
        )
    };
    assert!(refused(&line("0.3*abs(x+0.5)", "")));
    assert!(refused(&line("0.3*abs(x+0.5) - 0.01", ", floor = 0.01")));
    // However low, one of the gradient's own noise is.
    let own = "landscape = { expression = 'x^4/4 - x^2/2', dimension = 1 }
               noise = { kind = 'hessian', learning_rate = 0.2, batch_size = 1, floor = 1e-12 }
               domain = { lower = [-3], upper = [1], walls = { x = ['reflecting', 'absorbing'] } }
               grid = { cells = [100] }";
    assert!(problem(own).is_ok());
}

/// The slowest eigenvalue of a killed chain is its rate, and has the rate's error.
#[test]
fn the_slowest_mode_has_the_error_of_the_rate() {
    let asked = text(
        "(x^2 - 1)^2 + 2*y^2",
        "",
        "minimum = [-1, 0], set = 'y < 0.5'",
        "lower = [-2, -2], upper = [2, 2]",
        [64, 64],
    );
    let solution = run(&asked.replace("['rate']", "['rate', 'spectrum'], eigenvalues = 2")).unwrap();
    let (rate, spectrum) = (solution.rate.unwrap(), solution.spectrum.unwrap());
    let stated = rate.discretisation_error.unwrap();
    assert!(stated < 5e-3 && spectrum.errors[0] < 10.0 * stated, "{stated} {:?}", spectrum.errors);
}

/// Grids that do not resolve the curve agree within a factor of two although all are wrong by more: no result.
#[test]
fn agreement_across_an_unresolved_curve_is_no_result() {
    let valley = "minimum = [-1, -0.1], set = 'whole'";
    let domain = "lower = [-2, -2], upper = [0, 2], walls = { x = ['reflecting', 'absorbing'] }";
    let solution = run(&text("(x^2 - 1)^2 + (y - 0.1*x)^2", "", valley, domain, [96, 96])).unwrap();
    assert!(solution.rate.as_ref().unwrap().discretisation_error.unwrap() > 1.0);
    assert!(solution.refuse_unresolved().is_err());
}
