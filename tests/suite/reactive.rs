//! Reactive paths on grids: quadratures in one dimension, separable problems, balances, an Ornstein–Uhlenbeck process
//! that turns.

use saddleflux::config::{Config, Diagnosis, advice};
use saddleflux::elimination::Workspace;
use saddleflux::grid::{Align, Grid};
use saddleflux::observe::field::STATIONARY;
use saddleflux::observe::reactive::{
    BACKWARD_COMMITTOR, COMMITTOR, COMMITTOR_COMPLEMENT, LOG_COMMITTOR, LOG_STATIONARY, REACTIVE_CURRENT,
    STATIONARY_CURRENT,
};
use saddleflux::problem::Problem;
use saddleflux::progress::Progress;
use saddleflux::scaled::{Scaled, Sum};
use saddleflux::scheme::Weight;
use saddleflux::solve::{Discretisation, Reactive, Resources, Side, reactive};
use saddleflux::study::{self, Solution, StudyError, committor};

fn config(text: &str) -> Config {
    Config::from_text("test.toml".as_ref(), text, &[]).unwrap()
}

fn solved(text: &str) -> Result<Solution, StudyError> {
    let config = config(text);
    let problem = config.problem().unwrap();
    study::run(&problem, &config.request, &Progress::default())
}

/// The paths on the grid of a configuration.
fn found<T>(text: &str, look: impl FnOnce(&Reactive<'_>) -> T) -> T {
    let config = config(text);
    let problem: Problem = config.problem().unwrap();
    let (workspace, progress) = (Workspace::default(), Progress::default());
    let resources = Resources::available(&workspace, &progress);
    let grid = Grid::over(&problem, config.request.grid.cells.unwrap(), Align::Axes).unwrap();
    let on = Discretisation::on(&problem, grid, Weight::InverseAverage, &progress).unwrap();
    let sets = committor::sets(&config.request.committor, &problem).unwrap();
    look(&reactive(&on, &sets, resources).unwrap())
}

/// ∫ w e^{±φ} over [a, b], with nodes enough for any φ here.
pub fn integral(range: [f64; 2], sign: f64, phi: &dyn Fn(f64) -> f64, w: &dyn Fn(f64) -> f64) -> Scaled {
    const PANELS: usize = 20_000;
    // Gauss–Legendre, three points: the error is that of a panel's 6th power.
    let nodes = [(-(0.6f64.sqrt()), 5.0 / 18.0), (0.0, 8.0 / 18.0), (0.6f64.sqrt(), 5.0 / 18.0)];
    let width = (range[1] - range[0]) / PANELS as f64;
    let mut sum = Scaled::ZERO;
    for panel in 0..PANELS {
        let middle = range[0] + (panel as f64 + 0.5) * width;
        for (node, weight) in nodes {
            let x = middle + 0.5 * width * node;
            sum += Scaled::exp(Sum { high: phi(x), low: 0.0 }, sign) * (weight * width * w(x));
        }
    }
    sum
}

/// Committor and capacity of a line by quadrature, with sets that end inside of cells.
fn line(noise: &str, phi: &dyn Fn(f64) -> f64, w: &dyn Fn(f64) -> f64, cells: usize) {
    let text = format!(
        "landscape = {{ expression = '(x^2-1)^2' }}
        noise = {noise}
        domain = {{ lower = [-2.3], upper = [2.4] }}
        grid = {{ cells = [{cells}] }}
        solve = {{ quantities = ['committor'] }}
        committor = {{ from = {{ minimum = [-1], radius = 0.123 }}, to = {{ set = 'x > 0.7891' }} }}"
    );
    let (a, b) = (-1.0 + 0.123, 0.7891);
    let one = |_: f64| 1.0;
    let resistance = integral([a, b], 1.0, phi, &one);
    let z = integral([-2.3, 2.4], -1.0, phi, w);
    let solution = solved(&text).unwrap();
    let grid = &solution.grid;
    let [forward, complement] =
        [COMMITTOR, COMMITTOR_COMPLEMENT].map(|kind| solution.fields.values(kind.name).unwrap());
    let logarithm = solution.fields.values(LOG_COMMITTOR.name);
    for cell in (0..cells).step_by(cells / 64) {
        let x = grid.cell_centre(cell)[0];
        if !(a..b).contains(&x) {
            continue;
        }
        let exact = integral([a, x], 1.0, phi, &one).over(resistance);
        match exact.is_ordinary() {
            true => assert_relative_eq!(forward[cell], exact.value(), epsilon = 0.0, max_relative = 1e-10),
            false => assert_relative_eq!(logarithm.unwrap()[cell], exact.ln(), epsilon = 0.0, max_relative = 1e-12),
        }
        let rest = integral([x, b], 1.0, phi, &one).over(resistance);
        if rest.is_ordinary() {
            assert_relative_eq!(complement[cell], rest.value(), epsilon = 0.0, max_relative = 1e-10);
        }
    }
    let capacity = Scaled::ONE.over(z.times(resistance));
    let numbers = solution.committor.as_ref().unwrap().numbers();
    assert_relative_eq!(numbers.flux.over(capacity).value(), 1.0, epsilon = 0.0, max_relative = 1e-10);
}

/// q⁺ = ∫ m e^φ / ∫ m e^φ and F = 1/(Z ∫ m e^φ) at barriers of 5, 50, 500 and 1000 times the noise.
#[test]
fn committor_and_capacity_of_a_line_by_quadrature() {
    for (temperature, cells) in [(0.2, 600), (0.02, 1000), (0.002, 2400), (0.001, 3600)] {
        let phi = |x: f64| (x * x - 1.0).powi(2) / temperature;
        let w = |_: f64| 1.0 / temperature;
        line(&format!("{{ kind = 'isotropic', temperature = {temperature} }}"), &phi, &w, cells);
    }
}

/// The same with Itô noise that varies, D = T/(1 + 0.3x²), for which φ is a polynomial.
#[test]
fn committor_and_capacity_of_a_line_with_noise_that_varies() {
    for (temperature, cells) in [(0.2, 1200), (0.002, 4800)] {
        let phi = |x: f64| (0.2 * x.powi(6) + 0.7 * x.powi(4) - 2.0 * x * x) / temperature;
        let w = |x: f64| (1.0 + 0.3 * x * x) / temperature;
        line(&format!("{{ kind = 'expression', d11 = '{temperature}/(1+0.3*x^2)' }}"), &phi, &w, cells);
    }
}

/// Valleys whose weights differ by 1e-200 and more have the ratio of the integrals, and where numbers end their
/// logarithms have.
#[test]
fn the_stationary_law_between_valleys_far_apart() {
    for (temperature, cells) in [(0.002, 2400), (0.001, 3600)] {
        let phi = |x: f64| ((x * x - 1.0).powi(2) + 0.5 * x) / temperature;
        let text = format!(
            "landscape = {{ expression = '(x^2-1)^2 + 0.5*x' }}
            noise = {{ kind = 'isotropic', temperature = {temperature} }}
            domain = {{ lower = [-2.0], upper = [2.0] }}
            grid = {{ cells = [{cells}] }}
            solve = {{ quantities = ['stationary'] }}"
        );
        let solution = solved(&text).unwrap();
        let z = integral([-2.0, 2.0], -1.0, &phi, &|_| 1.0);
        let density = solution.fields.values(STATIONARY.name).unwrap();
        let logarithm = solution.fields.values(LOG_STATIONARY.name);
        for cell in (0..cells).step_by(cells / 40) {
            let x = solution.grid.cell_centre(cell)[0];
            let exact = Scaled::exp(Sum { high: phi(x), low: 0.0 }, -1.0).over(z);
            match exact.is_ordinary() {
                true => assert_relative_eq!(density[cell], exact.value(), epsilon = 0.0, max_relative = 1e-10),
                false => assert_relative_eq!(logarithm.unwrap()[cell], exact.ln(), epsilon = 0.0, max_relative = 1e-12),
            }
        }
    }
}

/// A loss without coupling, sets between lines: nothing depends on y.
#[test]
fn a_separable_problem_is_the_line_along_x() {
    let text = |dimension: usize, cells: &str, lower: &str, upper: &str| {
        format!(
            "landscape = {{ kind = 'double-well', dimension = {dimension}, tilt = 0.1 }}
            noise = {{ kind = 'isotropic', temperature = 0.03 }}
            domain = {{ lower = {lower}, upper = {upper} }}
            grid = {{ cells = {cells} }}
            solve = {{ quantities = ['committor'], error_estimate = false }}
            committor = {{ from = {{ set = 'x < -0.8' }}, to = {{ set = 'x > 0.83' }} }}"
        )
    };
    let plane = solved(&text(2, "[60, 24]", "[-1.8, -1]", "[1.9, 1]")).unwrap();
    let line = solved(&text(1, "[60]", "[-1.8]", "[1.9]")).unwrap();
    for kind in [COMMITTOR, COMMITTOR_COMPLEMENT, BACKWARD_COMMITTOR] {
        let values = [&plane, &line].map(|solution| solution.fields.values(kind.name).unwrap());
        for (cell, value) in values[0].iter().enumerate() {
            assert_relative_eq!(*value, values[1][cell / 24], epsilon = 0.0, max_relative = 1e-11);
        }
    }
    // Marginals: each holds all of the time that is spent on reactive paths.
    for solution in [&plane, &line] {
        let group = solution.groups.iter().find(|group| group.name == "reactive").unwrap();
        let share = solution.committor.as_ref().unwrap().numbers();
        let share = share.duration.times(share.flux).value();
        for (name, width) in [("marginal_x", 3.7 / 60.0), ("marginal_y", 2.0 / 24.0), ("marginal_q", 0.01)] {
            let Some(marginal) = group.values(name) else { continue };
            assert_relative_eq!(marginal.iter().sum::<f64>() * width, share, epsilon = 0.0, max_relative = 1e-10);
        }
    }
    let [of_plane, of_line] = [&plane, &line].map(|solution| solution.committor.as_ref().unwrap().numbers());
    assert_relative_eq!(of_plane.rate.value(), of_line.rate.value(), epsilon = 0.0, max_relative = 1e-12);
    assert_relative_eq!(of_plane.flux.value(), of_line.flux.value(), epsilon = 0.0, max_relative = 1e-12);
    // The reactive current through each column of cells is the flux; where the difference of two flows is lost it is
    // not said.
    let current = plane.fields.values(REACTIVE_CURRENT[0].name).unwrap();
    let height = 2.0 / 24.0;
    for column in (18..42).map(|ix| &current[24 * ix..24 * (ix + 1)]) {
        let through: f64 = column.iter().map(|j| j * height).sum();
        assert_relative_eq!(through, of_line.flux.value(), epsilon = 0.0, max_relative = 1e-9);
    }
}

/// The drift of Maier and Stein (1993), which is no gradient.
const TURNING: &str = "landscape = { drift = ['x - x^3 - 5*x*y^2', '-(1 + x^2)*y'] }
    noise = { kind = 'expression', d11 = '0.08', d12 = '0.02', d22 = '0.06' }
    domain = { lower = [-1.8, -1.2], upper = [1.8, 1.2] }
    grid = { cells = [50, 40] }
    solve = { quantities = ['committor'] }
    committor = { from = { minimum = [-1, 0], radius = 0.21 }, to = { minimum = [1, 0], radius = 0.33 } }\n";

/// What flows into a cell flows out of it, what leaves A arrives in B, and the committors keep the bounds of
/// probabilities.
#[test]
fn reactive_paths_of_a_drift_balance_on_the_grid() {
    found(TURNING, |found| {
        let (paths, assembly) = (&found.paths, &found.closed.assembly);
        let near = |a: Scaled, b: Scaled| (a.over(b).value() - 1.0).abs();
        assert!(near(paths.flux[0], paths.flux[1]) < 1e-13);
        let n = paths.forward.len();
        let (mut arriving, mut leaving) = (vec![Scaled::ZERO; n], vec![Scaled::ZERO; n]);
        let between = |state: u32| paths.cores.side[state as usize] == Side::Between;
        for pair in assembly.pairs.iter().filter(|pair| between(pair.from) && between(pair.to)) {
            let (i, j) = (pair.from as usize, pair.to as usize);
            let (there, back) = (paths.flow(i, j, pair.forward), paths.flow(j, i, pair.backward));
            leaving[i] += there;
            arriving[j] += there;
            leaving[j] += back;
            arriving[i] += back;
        }
        for cut in &found.cuts {
            let i = cut.state as usize;
            match cut.set {
                0 => arriving[i] += cut.out_of.times(paths.forward[i]),
                _ => leaving[i] += paths.last_in[0][i] * cut.into,
            }
        }
        let backward = paths.backward();
        for i in 0..n {
            if paths.cores.side[i] == Side::Between {
                assert!(near(arriving[i], leaving[i]) < 1e-12, "{}", near(arriving[i], leaving[i]));
            }
            assert!(near(paths.forward[i].plus(paths.complement[i]), Scaled::ONE) < 1e-12);
            assert!((0.0..=1.0 + 1e-12).contains(&backward[i].unwrap()));
        }
        // Not reversible: the two committors are no complements.
        let differ = (0..n).map(|i| (backward[i].unwrap() + paths.forward[i].value() - 1.0).abs()).fold(0.0, f64::max);
        assert!(differ > 0.05, "{differ}");
    });
}

/// The boundary of a set stands where it is: a disc whose radius changes by less than a cell changes the flux as much
/// as it should.
#[test]
fn sets_end_where_they_end() {
    let flux = |radius: f64, cells: usize| {
        let text = TURNING.replace("0.21", &radius.to_string()).replace("[50, 40]", &format!("[{cells}, {cells}]"));
        found(&text, |found| found.paths.flux[0].value())
    };
    // Spacing 0.056 and 0.028: errors of second order.
    let exact = (4.0 * flux(0.25, 160) - flux(0.25, 80)) / 3.0;
    let errors = [40, 80, 160].map(|cells| (flux(0.25, cells) / exact - 1.0).abs());
    assert!(errors[0] < 0.02 && errors[2] < 0.002, "{errors:?}");
    let (smaller, larger) = (flux(0.25, 64), flux(0.26, 64));
    let [small, large] = [0.25, 0.26].map(|radius| (4.0 * flux(radius, 160) - flux(radius, 80)) / 3.0);
    assert_relative_eq!(larger / smaller, large / small, epsilon = 0.0, max_relative = 2e-3);
    assert!(large > small);
}

/// An Ornstein–Uhlenbeck process whose drift is no gradient: AΣ + ΣAᵀ = 2D, J = −(A − DΣ⁻¹)θ p, and the entropy
/// production ∫ (J/p)·D⁻¹(J/p) p. All of second order in the spacing.
#[test]
fn an_ornstein_uhlenbeck_process_that_turns() {
    let a = [[1.0, 0.8], [-0.5, 1.4]];
    let (d11, d12, d22) = (0.5, 0.1, 0.3);
    // AΣ + ΣAᵀ = 2D for (s11, s12, s22), by Cramer's rule.
    let m = [
        [2.0 * a[0][0], 2.0 * a[0][1], 0.0],
        [a[1][0], a[0][0] + a[1][1], a[0][1]],
        [0.0, 2.0 * a[1][0], 2.0 * a[1][1]],
    ];
    let right = [2.0 * d11, 2.0 * d12, 2.0 * d22];
    let det = |m: [[f64; 3]; 3]| {
        m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[2][1]) - m[0][1] * (m[1][0] * m[2][2] - m[1][2] * m[2][0])
            + m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0])
    };
    let sigma = [0, 1, 2].map(|column: usize| {
        let mut replaced = m;
        (0..3).for_each(|row| replaced[row][column] = right[row]);
        det(replaced) / det(m)
    });
    let [s11, s12, s22] = sigma;
    let size = s11 * s22 - s12 * s12;
    let inverse = [[s22 / size, -s12 / size], [-s12 / size, s11 / size]];
    let d = [[d11, d12], [d12, d22]];
    // V = A − DΣ⁻¹: the velocity J/p is −Vθ.
    let v = [0, 1].map(|i: usize| [0, 1].map(|j: usize| a[i][j] - d[i][0] * inverse[0][j] - d[i][1] * inverse[1][j]));
    let size = d11 * d22 - d12 * d12;
    let d_inverse = [[d22 / size, -d12 / size], [-d12 / size, d11 / size]];
    let s = [[s11, s12], [s12, s22]];
    let mut production = 0.0;
    for (i, j, k, l) in (0..16usize).map(|n| (n & 1, n >> 1 & 1, n >> 2 & 1, n >> 3 & 1)) {
        production += v[k][i] * d_inverse[k][l] * v[l][j] * s[i][j];
    }
    assert!(production > 0.1);
    let error = |cells: usize| {
        let text = format!(
            "landscape = {{ drift = ['-x - 0.8*y', '0.5*x - 1.4*y'] }}
            noise = {{ kind = 'expression', d11 = '0.5', d12 = '0.1', d22 = '0.3' }}
            domain = {{ lower = [-5.5, -4.5], upper = [5.5, 4.5] }}
            grid = {{ cells = [{cells}, {cells}] }}
            solve = {{ quantities = ['committor'], error_estimate = false }}
            committor = {{ from = {{ set = 'x < -1.5' }}, to = {{ set = 'x > 1.5' }} }}"
        );
        let solution = solved(&text).unwrap();
        let grid = &solution.grid;
        let density = solution.fields.values(STATIONARY.name).unwrap();
        let centre = |cell: usize| grid.cell_centre(cell);
        let moment = |f: &dyn Fn([f64; 2]) -> f64| {
            density.iter().enumerate().map(|(cell, p)| p * f(centre(cell))).sum::<f64>() * grid.volume()
        };
        let moments = [moment(&|x| x[0] * x[0]), moment(&|x| x[0] * x[1]), moment(&|x| x[1] * x[1])];
        let mut worst = 0f64;
        for (moment, exact) in moments.into_iter().zip(sigma) {
            worst = worst.max((moment - exact).abs());
        }
        let current = [0, 1].map(|axis: usize| solution.fields.values(STATIONARY_CURRENT[axis].name).unwrap());
        for (cell, &p) in density.iter().enumerate().filter(|(_, p)| **p > 1e-4) {
            let [x, y] = centre(cell);
            for axis in 0..2 {
                worst = worst.max((current[axis][cell] + p * (v[axis][0] * x + v[axis][1] * y)).abs());
            }
        }
        let found = solution.committor.as_ref().unwrap().numbers().entropy_production.unwrap();
        worst.max((found / production - 1.0).abs())
    };
    let (coarse, fine) = (error(56), error(112));
    assert!(fine < 5e-3, "{coarse} {fine}");
    assert!((coarse / fine).log2() > 1.6, "{coarse} {fine}");
}

/// A tensor that follows the Hessian turns from cell to cell, and its stencils with it: the chain is irreversible, with
/// edges that are passed one way only, and the entropy production is a number all the same. Twice the noise with twice
/// the loss is the same process, twice as fast.
#[test]
fn a_tensor_that_turns_keeps_probability_moving() {
    let numbers = |scale: f64| {
        let text = format!(
            "landscape = {{ expression = '{scale}*((x^2-1)^2 + y^2 + 0.5*x*y)' }}
            noise = {{ kind = 'expression', d11 = '{scale}*(0.2+0.1*x^2)', d12 = '{scale}*0.15*sin(x+y)', d22 = '{scale}*0.25' }}
            domain = {{ lower = [-2, -2], upper = [2, 2] }}
            grid = {{ cells = [48, 48] }}
            solve = {{ quantities = ['committor'], error_estimate = false }}"
        );
        solved(&text).unwrap().committor.as_ref().unwrap().numbers()
    };
    let [slow, fast] = [1.0, 2.0].map(numbers);
    let production = slow.entropy_production.unwrap();
    assert!(production > 1e-3 && production.is_finite(), "{production}");
    assert_relative_eq!(fast.entropy_production.unwrap(), 2.0 * production, epsilon = 0.0, max_relative = 1e-9);
    assert_relative_eq!(fast.rate.value(), 2.0 * slow.rate.value(), epsilon = 0.0, max_relative = 1e-10);
    assert_relative_eq!(fast.duration.value(), 0.5 * slow.duration.value(), epsilon = 0.0, max_relative = 1e-10);
}

/// q⁺ + q⁻ = 1 in the plane for a loss with D = d·I; the default sets are the two minima beside the lowest saddle.
#[test]
fn the_default_sets_and_detailed_balance() {
    let text = "landscape = { kind = 'double-well', dimension = 2, tilt = 0.3 }
        noise = { kind = 'isotropic', temperature = 0.1 }
        domain = { lower = [-2, -1.5], upper = [2, 1.5] }
        grid = { cells = [48, 36] }
        solve = { quantities = ['committor', 'stationary'] }";
    let solution = solved(text).unwrap();
    let values = |kind: saddleflux::observe::over_grid::Kind| solution.fields.values(kind.name).unwrap();
    for (forward, backward) in values(COMMITTOR).iter().zip(values(BACKWARD_COMMITTOR)) {
        assert!((forward + backward - 1.0).abs() < 1e-11);
    }
    let named = solution.fields.fields.iter().filter(|field| field.label.name == STATIONARY.name).count();
    assert_eq!(named, 1, "the stationary density is written once");
    assert!(solution.fields.field(STATIONARY_CURRENT[0].name).is_none(), "no current at equilibrium");
    let numbers = solution.committor.as_ref().unwrap().numbers();
    // Tilted by 0.3x: the deeper minimum is at negative x.
    assert!(numbers.ends[0][0] < -1.0 && numbers.ends[1][0] > 0.9, "{:?}", numbers.ends);
    assert!(numbers.error.is_some());
}

/// Sets that cannot be are refused, with the key that says them.
#[test]
fn sets_that_cannot_be() {
    let text = |cells: &str, committor: &str| {
        format!(
            "landscape = {{ kind = 'double-well', dimension = 1 }}
            noise = {{ kind = 'isotropic', temperature = 0.1 }}
            domain = {{ lower = [-2], upper = [2] }}
            grid = {{ cells = {cells} }}
            solve = {{ quantities = ['committor'], error_estimate = false }}
            {committor}"
        )
    };
    let diagnosis = |text: &str| -> Diagnosis { advice::on_study(&solved(text).map(|_| ()).unwrap_err()) };
    let cases = [
        ("[64]", "committor = { from = { set = 'x < 0.1' }, to = { set = 'x > 0' } }", "committor.to", "overlap"),
        ("[64]", "committor = { from = { set = 'x < 0' }, to = { set = 'x > 0.001' } }", "committor.to", "apart"),
        ("[64]", "committor = { from = { set = 'x < -3' } }", "committor.from", "holds no cell"),
        ("[16]", "committor = { to = { minimum = [1], radius = 1e-3 } }", "committor.to", "holds no cell"),
    ];
    for (cells, committor, key, word) in cases {
        let found = diagnosis(&text(cells, committor));
        assert_eq!(found.key.as_deref(), Some(key), "{}", found.message);
        assert!(found.message.contains(word), "{}", found.message);
        assert_eq!(found.exit_status, 2);
    }
    let alone = text("[64]", "").replace("lower = [-2], upper = [2]", "lower = [-2], upper = [0.5]");
    let found = diagnosis(&alone);
    assert_eq!(found.key.as_deref(), Some("committor"));
    assert!(found.message.contains("no second minimum"), "{}", found.message);
}

/// The mean velocity in a tilted periodic potential, (T/π) sinh(πF/T)/|I_{iF/T}(1/T)|² (Stratonovich 1958), by Bessel
/// functions of imaginary order in 40 digits: on a line, beside a second coordinate, and turned round.
#[test]
fn a_tilted_ring_runs_at_its_mean_velocity() {
    let velocity = |drift: &str, rest: &str, temperature: f64| {
        let solution = solved(&format!(
            "landscape = {{ drift = [{drift}] }}
             noise = {{ kind = \"isotropic\", temperature = {temperature:?} }}
             {rest}
             solve = {{ quantities = [\"stationary\"] }}"
        ))
        .unwrap();
        let winding = solution.quantities.get("stationary").unwrap()["windings"][0].clone();
        let [velocity, rate, rounding] =
            ["mean_velocity", "rate", "rounding"].map(|key| winding[key].as_f64().unwrap());
        assert!((velocity / rate / (2.0 * std::f64::consts::PI) - 1.0).abs() < 1e-14 && rounding < 1e-10);
        velocity
    };
    const PI: &str = "3.141592653589793";
    let line = format!(
        "domain = {{ lower = [-{PI}], upper = [{PI}], walls = {{ x = \"periodic\" }} }}
         grid = {{ cells = [256] }}"
    );
    let plane = format!(
        "domain = {{ lower = [-{PI}, -2], upper = [{PI}, 2], walls = {{ x = \"periodic\" }} }}
         grid = {{ cells = [96, 16] }}"
    );
    let known =
        [(0.2, 0.024833889939214977, 1e-9), (0.02, 1.153774852668706e-15, 1e-9), (0.005, 2.824561069831297e-60, 1e-6)];
    for (temperature, right, tolerance) in known {
        let forward = velocity("\"0.5 - sin(x)\"", &line, temperature);
        let backward = velocity("\"-0.5 - sin(x)\"", &line, temperature);
        assert!((forward / right - 1.0).abs() < tolerance, "{temperature}: {forward:e}");
        assert!((backward / right + 1.0).abs() < tolerance, "{temperature}: {backward:e}");
    }
    let beside = velocity("\"0.5 - sin(x)\", \"-y\"", &plane, 0.2);
    assert!((beside / known[0].1 - 1.0).abs() < 1e-8, "{beside:e}");
}

/// An isothermal tensor whose off-diagonal entry changes sign leaves edges without a rate between two cells: the flux
/// between sets is the same at both of them all the same, and converges.
#[test]
fn sets_cut_edges_of_a_tensor_that_changes_sign() {
    let flux = |[nx, ny]: [usize; 2]| {
        let text = format!(
            "landscape = {{ drift = ['-4*(x^3-x)+0.2+0.3*sin(pi*y)', '0.8+0.3*cos(pi*y)+0.2*x'] }}
             noise = {{ kind = 'expression', d11 = '0.4', d12 = '0.1*sin(pi*y)', d22 = '0.5', interpretation = 'isothermal' }}
             domain = {{ lower = [-1.5, -1], upper = [1.5, 1], walls = {{ x = 'reflecting', y = 'periodic' }} }}
             grid = {{ cells = [{nx}, {ny}] }}
             solve = {{ quantities = ['committor'], error_estimate = false }}
             committor = {{ from = {{ set = 'x < -0.6' }}, to = {{ set = 'x > 0.7' }} }}"
        );
        found(&text, |found| {
            let [leaves, arrives] = found.paths.flux.map(Scaled::value);
            assert_relative_eq!(leaves, arrives, max_relative = 1e-12);
            arrives
        })
    };
    let [coarse, middle, fine] = [[25, 17], [50, 34], [100, 68]].map(flux);
    assert!((middle - fine).abs() < 0.5 * (coarse - middle).abs(), "{coarse} {middle} {fine}");
    assert_relative_eq!(middle, fine, max_relative = 5e-3);
}
