//! Spectra: boxes, linear drifts, small chains in whole numbers, and tiny groups of cold wells.

use proptest::prelude::*;
use saddleflux::config::Config;
use saddleflux::generator::Generator;
use saddleflux::progress::Progress;
use saddleflux::scaled::Scaled;
use saddleflux::solve::network::killed::slowest;
use saddleflux::solve::{CoreSets, Factor, Ground, Mode, Network, Route, quasi_stationary, spectrum, stationary_law};
use saddleflux::study::{self, Solution};

use crate::network::{of_rates, wells};
use crate::paths::with_resources;

fn solved(text: &str) -> Solution {
    let config = Config::from_text("test.toml".as_ref(), text, &[]).unwrap();
    let problem = config.problem().unwrap();
    study::run(&problem, &config.request, &Progress::default()).unwrap()
}

/// Re λ and Im λ of each eigenvalue.
fn values(solution: &Solution) -> Vec<[f64; 2]> {
    let modes = &solution.spectrum.as_ref().unwrap().modes;
    modes.iter().map(|mode| [mode.value.re.value(), mode.value.im.value()]).collect()
}

/// The cosines of a box with reflecting walls are eigenvectors of its cells: 4d/h² sin²(πn/2N) along each axis, twofold
/// ones too.
#[test]
fn a_box_with_reflecting_walls_to_rounding() {
    let (d, n) = (0.7f64, 24usize);
    let along = |k: usize, length: f64| {
        let h = length / n as f64;
        4.0 * d / (h * h) * (std::f64::consts::PI * k as f64 / (2 * n) as f64).sin().powi(2)
    };
    for (dimension, upper, sides) in [(1, "[3]", [3.0, 0.0]), (2, "[2, 2]", [2.0, 2.0]), (2, "[3, 2]", [3.0, 2.0])] {
        let lower = if dimension == 1 { "[0]" } else { "[0, 0]" };
        let cells = if dimension == 1 { "[24]" } else { "[24, 24]" };
        let text = format!(
            "landscape = {{ expression = '0', dimension = {dimension} }}
            noise = {{ kind = 'isotropic', temperature = {d} }}
            domain = {{ lower = {lower}, upper = {upper} }}
            grid = {{ cells = {cells} }}
            solve = {{ quantities = ['spectrum'], eigenvalues = 8, error_estimate = false }}"
        );
        let solution = solved(&text);
        let mut exact: Vec<f64> = (0..n)
            .flat_map(|k| (0..if dimension == 1 { 1 } else { n }).map(move |l| (k, l)))
            .map(|(k, l)| along(k, sides[0]) + if l > 0 { along(l, sides[1]) } else { 0.0 })
            .collect();
        exact.sort_by(f64::total_cmp);
        let study = solution.spectrum.as_ref().unwrap();
        assert_eq!(study.modes.len(), 8);
        for (k, (found, exact)) in values(&solution).into_iter().zip(exact).enumerate() {
            assert_eq!(found[1], 0.0);
            let away = (found[0] - exact).abs();
            assert!(away <= 1e-11 * exact && away <= study.modes[k].value.error * exact, "{k} {found:?} {exact}");
        }
        let group = solution.groups.iter().find(|group| group.name == "spectrum").unwrap();
        let places = 8 * solution.grid.len();
        assert_eq!(group.values("values").unwrap().len(), 8);
        assert!(["left", "right"].iter().all(|name| group.values(name).unwrap().len() == places));
    }
}

/// A configuration, a noise and the eigenvalue k of it.
type Case<'a> = (&'a str, &'a str, &'a dyn Fn(usize) -> f64);

/// Free diffusion between absorbing walls, d π² n²/ℓ²; a harmonic well, n ω: of second order, within what the grids
/// state.
#[test]
fn a_box_with_absorbing_walls_and_a_harmonic_well() {
    let cases: [Case; 2] = [
        (
            "landscape = { expression = '0' }
            domain = { lower = [-1], upper = [1], walls = { x = ['absorbing', 'absorbing'] } }",
            "0.3",
            &|k| 0.3 * (std::f64::consts::FRAC_PI_2 * (k + 1) as f64).powi(2),
        ),
        (
            "landscape = { expression = '0.8*x^2' }
            domain = { lower = [-4.5], upper = [4.5] }",
            "0.4",
            &|k| 1.6 * k as f64,
        ),
    ];
    for (problem, temperature, exact) in cases {
        let errors = [80, 160].map(|cells| {
            let text = format!(
                "{problem}
                noise = {{ kind = 'isotropic', temperature = {temperature} }}
                grid = {{ cells = [{cells}] }}
                solve = {{ quantities = ['spectrum'] }}"
            );
            let solution = solved(&text);
            let study = solution.spectrum.as_ref().unwrap();
            let found = values(&solution);
            assert_eq!(found.len(), 6);
            let away = |k: usize| (found[k][0] - exact(k)).abs() / exact(k);
            for k in (0..6).filter(|&k| exact(k) > 0.0) {
                assert!(
                    away(k) < 1.5 * study.errors[k] + 1e-10 && study.errors[k] < 0.05,
                    "{k} {} {}",
                    away(k),
                    study.errors[k]
                );
            }
            away(5)
        });
        let order = (errors[0] / errors[1]).log2();
        assert!((1.9..2.1).contains(&order), "{order} {errors:?}");
    }
}

/// −Aθ with A no symmetric matrix: n₁ μ₁ + n₂ μ₂ of its eigenvalues 1.2 ± 0.6i, of second order.
#[test]
fn a_linear_drift_that_turns() {
    let errors = [48, 96].map(|cells| {
        let text = format!(
            "landscape = {{ drift = ['-x - 0.8*y', '0.5*x - 1.4*y'] }}
            noise = {{ kind = 'expression', d11 = '0.5', d12 = '0.1', d22 = '0.3' }}
            domain = {{ lower = [-5, -4], upper = [5, 4] }}
            grid = {{ cells = [{cells}, {cells}] }}
            solve = {{ quantities = ['spectrum'], error_estimate = false }}"
        );
        let solution = solved(&text);
        let study = solution.spectrum.as_ref().unwrap();
        let mut exact = vec![[0.0, 0.0], [1.2, -0.6], [1.2, 0.6], [2.4, -1.2], [2.4, 0.0], [2.4, 1.2]];
        let mut worst = 0f64;
        for found in values(&solution) {
            let away = |exact: &[f64; 2]| (found[0] - exact[0]).hypot(found[1] - exact[1]);
            let nearest = (0..exact.len()).min_by(|&a, &b| away(&exact[a]).total_cmp(&away(&exact[b]))).unwrap();
            worst = worst.max(away(&exact.remove(nearest)));
        }
        assert!(study.modes.iter().all(|mode| mode.value.error < 1e-9), "{:?}", study.errors);
        worst
    });
    let order = (errors[0] / errors[1]).log2();
    assert!((1.8..2.2).contains(&order) && errors[1] < 0.05, "{order} {errors:?}");
}

/// Independent chains of two states side by side: eigenvalues are the sums of those of the chains, 32 of them within
/// 1e-9 of 0, which are nearly one to a map that sees what is of the order of 1. Each is within its stated error, and
/// none is left out.
#[test]
fn sums_of_chains_of_two_states() {
    for scale in [1e-10, 1e-7, 1e-4, 0.3] {
        let own: Vec<f64> =
            [1.1, 1.3, 1.7, 1.9, 2.3].map(|rate| scale * rate).into_iter().chain([1.0, 1.37, 1.71, 2.05]).collect();
        let sum =
            |set: usize| own.iter().enumerate().filter(|(k, _)| set >> k & 1 == 1).map(|(_, rate)| rate).sum::<f64>();
        let states = 1 << own.len();
        let flips = (0..states)
            .flat_map(|state| own.iter().enumerate().map(move |(k, rate)| (state, state ^ 1 << k, 0.5 * rate)));
        let mut generator = Generator::from_rates(flips, vec![0.0; states]).unwrap();
        generator.is_reversible = true;
        let mut exact: Vec<f64> = (0..states).map(sum).collect();
        exact.sort_by(f64::total_cmp);
        let modes = with_resources(|resources| {
            let law = stationary_law(&generator, 0, resources).unwrap();
            spectrum(&generator, Ground::closed(&law), None, 7, resources).unwrap()
        });
        for (k, (mode, exact)) in modes.iter().zip(&exact).enumerate().skip(1) {
            let away = (mode.value.re.value() - exact).abs() / exact;
            assert!(away <= mode.value.error, "{scale} {k}: {away:e} {:e}", mode.value.error);
            assert!(mode.value.error <= 1e-4 * (1e-10 / scale) + 1e-11, "{scale} {k}: {:e}", mode.value.error);
        }
    }
}

/// A r − λ r and l A − λ l, relative to the largest rate out of a state.
fn residual(generator: &Generator, mode: &Mode) -> f64 {
    let n = generator.len();
    let mut matrix = vec![vec![0.0; n]; n];
    for (&rate, (i, j)) in generator.rates.iter() {
        matrix[i as usize][j as usize] -= rate;
        matrix[i as usize][i as usize] += rate;
    }
    (0..n).for_each(|i| matrix[i][i] += generator.killing[i]);
    let largest = (0..n).map(|i| matrix[i][i]).fold(0.0, f64::max);
    let lambda = [mode.value.re.value(), mode.value.im.value()];
    let mut worst = 0f64;
    for (vector, is_left) in [(&mode.right, false), (&mode.left, true)] {
        let size = vector.iter().flatten().fold(0.0, |size: f64, value| size.max(value.abs()));
        for i in 0..n {
            let entry = |j: usize| if is_left { matrix[j][i] } else { matrix[i][j] };
            let image = [0, 1].map(|part: usize| (0..n).map(|j| entry(j) * vector[part][j]).sum::<f64>());
            let [re, im] = [vector[0][i], vector[1][i]];
            let left = [image[0] - lambda[0] * re + lambda[1] * im, image[1] - lambda[0] * im - lambda[1] * re];
            worst = worst.max(left[0].hypot(left[1]) / size / largest);
        }
    }
    worst
}

proptest! {
    #![proptest_config(crate::cases(48))]

    /// Small chains without detailed balance, closed and killed: all eigenvalues against those in whole numbers, or
    /// their sum; both vectors.
    #[test]
    fn all_of_a_small_chain(
        rates in prop::collection::vec((0..8usize, 0..8usize, -2.0..2.0f64), 10..40),
        ring in prop::collection::vec(-2.0..2.0f64, 8),
        killing in prop::collection::vec(0.0..2.0f64, 8),
        is_killed in any::<bool>(),
    ) {
        let ring = ring.iter().enumerate().map(|(i, rate)| (i, (i + 1) % 8, rate.exp()));
        let others = rates.iter().filter(|(i, j, _)| i != j).map(|&(i, j, rate)| (i, j, rate.exp()));
        let killing = if is_killed { killing } else { vec![0.0; 8] };
        prop_assume!(!is_killed || killing.iter().sum::<f64>() > 0.1);
        let generator = Generator::from_rates(ring.chain(others), killing).unwrap();
        let modes = with_resources(|resources| {
            let ground = if is_killed {
                let chain = Factor::new(&generator, 0, resources).unwrap();
                Ground::killed(&chain, &quasi_stationary(&chain).unwrap())
            } else {
                Ground::closed(&stationary_law(&generator, 0, resources).unwrap())
            };
            spectrum(&generator, ground, None, 8, resources).unwrap()
        });
        prop_assert_eq!(modes.len(), 8);
        for mode in &modes {
            prop_assert!(residual(&generator, mode) < 1e-9, "{} {:?}", residual(&generator, mode), mode.value);
        }
        let trace = generator.rates.data().iter().chain(&generator.killing).sum::<f64>();
        let sum: f64 = modes.iter().map(|mode| mode.value.re.value()).sum();
        prop_assert!((sum / trace - 1.0).abs() < 1e-10, "{sum} {trace}");
        if !is_killed {
            let dense = (0..8)
                .map(|i| (0..8).map(|j| Scaled::new(generator.rates.get(i, j).copied().unwrap_or(0.0))).collect())
                .collect::<Vec<Vec<Scaled>>>();
            let mut exact = of_rates(&[Scaled::ONE; 8], &dense);
            for mode in &modes[1..] {
                let away = |k: usize| mode.value.away_from(exact[k]);
                let nearest = (0..exact.len()).min_by(|&a, &b| away(a).total_cmp(&away(b))).unwrap();
                prop_assert!(away(nearest) <= 3.0 * mode.value.error + 1e-12, "{} {:?}", away(nearest), mode.value);
                exact.remove(nearest);
            }
        }
    }
}

/// Eigenvalues of 1e-15 and 1e-8, of 1e-55 and 1e-28, with one of the order of 1 behind them, against 400 digits
/// (mpmath): the tiny ones by the network, with vectors that are constant in each well.
#[test]
fn tiny_groups_of_cold_wells() {
    let exact = [
        (8, [1.7694317065873261e-15, 2.974400215569952e-08, 0.9961014314903373]),
        (30, [3.2626522309606806e-55, 4.0389678328507895e-28, 0.9999999990686774]),
    ];
    for (steepness, exact) in exact {
        for lines in [1, 2] {
            let generator = wells(steepness, lines);
            let modes = with_resources(|resources| {
                let law = stationary_law(&generator, 10, resources).unwrap();
                let mut owner = vec![None; generator.len()];
                [1, 5, 10].into_iter().enumerate().for_each(|(own, state)| owner[state] = Some(own as u32));
                let sets = CoreSets::of_states(&generator, &law, owner, 3);
                let network = Network::new(&generator, &law, &sets, resources).unwrap();
                spectrum(&generator, Ground::closed(&law), Some(&network.refined), 4, resources).unwrap()
            });
            let routes: Vec<Route> = modes.iter().map(|mode| mode.route).collect();
            assert_eq!(routes, [Route::Exact, Route::Network, Route::Network, Route::Krylov]);
            for (mode, exact) in modes[1..].iter().zip(exact) {
                let away = (mode.value.re.value() / exact - 1.0).abs();
                // Beside weights that differ by 2¹⁵⁰ a Krylov space keeps fewer digits, and says so.
                let is_far = mode.route == Route::Krylov && steepness == 30;
                let most = if is_far { mode.value.error.min(1e-4) } else { 1e-12 };
                assert!(away <= most, "{steepness} {lines} {:?} {away} {}", mode.route, mode.value.error);
            }
            // The slowest mode is exchange with the deepest well: the two others stand together.
            let slowest = &modes[1].right[0];
            // By the rates out of the middle well: 2⁻⁵ˢ to the deepest one, 2⁻³ˢ to the other.
            let apart = 1.5 * 2f64.powi(-2 * steepness) + 1e-12;
            assert!((slowest[1] / slowest[5] - 1.0).abs() < apart && slowest[10] * slowest[1] < 0.0, "{slowest:?}");
            assert!((slowest[0] / slowest[1] - 1.0).abs() < 1e-2);
        }
    }
}

/// The same wells killed at rate 1 at their high end: three eigenvalues that differ by up to 1e60 and 1e30, against
/// 400 digits (mpmath's `eigsy` on the symmetrised chain). The second and the third come from the network of the
/// killed chain, whatever weights its cores have.
#[test]
fn tiny_groups_of_a_killed_chain() {
    let exact = [
        (8, [1.7624928662469953e-15, 1.1641532181999911e-10, 2.974400215569952e-8]),
        (30, [3.262652227922099e-55, 3.76158192263132e-37, 4.0389678328507895e-28]),
        (100, [1.204959932551442e-181, 1.9362959574246591e-121, 2.4545467326488633e-91]),
    ];
    for (steepness, exact) in exact {
        let mut generator = wells(steepness, 1);
        generator.killing[11] = 1.0;
        let mut owner = vec![None; generator.len()];
        [1, 5, 10].into_iter().enumerate().for_each(|(own, state)| owner[state] = Some(own as u32));
        for weights in [[1.0, 1.0, 1.0], [1e-9, 3.0, 2e5]] {
            let measure: Vec<Scaled> =
                owner.iter().map(|own| Scaled::new(own.map_or(1.0, |own| weights[own as usize]))).collect();
            let found = with_resources(|resources| slowest(&generator, &measure, owner.clone(), 3, resources).unwrap());
            for (own, exact) in found.eigenvalues.iter().zip(exact) {
                let away = (own.re.value() / exact - 1.0).abs();
                assert!(away < 1e-12 && away < own.error + 1e-14, "{steepness} {away:e} {:e}", own.error);
            }
            if steepness == 100 {
                continue;
            }
            let modes = with_resources(|resources| {
                let chain = Factor::new(&generator, 10, resources).unwrap();
                let ground = Ground::killed(&chain, &quasi_stationary(&chain).unwrap());
                spectrum(&generator, ground, Some(&found), 3, resources).unwrap()
            });
            let routes: Vec<Route> = modes.iter().map(|mode| mode.route).collect();
            assert_eq!(routes, [Route::QuasiStationary, Route::Network, Route::Network]);
            for (mode, exact) in modes.iter().zip(exact) {
                assert_relative_eq!(mode.value.re.value(), exact, epsilon = 0.0, max_relative = 1e-12);
            }
        }
    }
}

/// Two wells, killed beyond the second: γ and λ₂ are both tiny, and those of a plane whose loss separates are those of
/// the line.
#[test]
fn a_killed_run_with_two_wells_says_its_second_eigenvalue() {
    let text = |dimension: usize, cells: &str, lower: &str, upper: &str, walls: &str, more: &str| {
        format!(
            "landscape = {{ expression = '(x^2-1)^2 + 0.3*x{more}', dimension = {dimension} }}
            noise = {{ kind = 'isotropic', temperature = 0.03 }}
            domain = {{ lower = {lower}, upper = {upper}, walls = {walls} }}
            grid = {{ cells = {cells}, scheme = 'inverse-average' }}
            valley = {{ minimum = [-1{}], set = 'whole' }}
            solve = {{ quantities = ['spectrum'], eigenvalues = 3, error_estimate = false }}",
            if dimension == 1 { "" } else { ", 0" }
        )
    };
    let line = solved(&text(1, "[160]", "[-1.9]", "[1.8]", "{ x = ['reflecting', 'absorbing'] }", ""));
    let walls = "{ x = ['reflecting', 'absorbing'], y = ['reflecting', 'reflecting'] }";
    let plane = solved(&text(2, "[160, 24]", "[-1.9, -0.9]", "[1.8, 0.9]", walls, " + 4*y^2"));
    for solution in [&line, &plane] {
        let study = solution.spectrum.as_ref().unwrap();
        assert_eq!(study.modes[1].route, Route::Network);
        assert!(study.errors[1] < 1e-9, "{:?}", study.errors);
    }
    // The plane's slow modes are those of the line: a plane has no exponents of its own, and another elimination.
    for k in [0, 1] {
        let [one, other] =
            [&line, &plane].map(|solution| solution.spectrum.as_ref().unwrap().modes[k].value.re.value());
        assert_relative_eq!(one, other, epsilon = 0.0, max_relative = 1e-10);
    }
}

/// A constant drift v on a ring: λ_n = D n² ± i v n exactly. The stated errors hold the whole distance in the plane, not
/// that of the moduli alone.
#[test]
fn errors_of_pairs_hold_their_arguments() {
    for cells in [100, 200, 400] {
        let solution = solved(&format!(
            "landscape = {{ drift = ['2.0'] }}
             noise = {{ kind = 'isotropic', temperature = 0.3 }}
             domain = {{ lower = [0], upper = [6.283185307179586], walls = {{ x = 'periodic' }} }}
             grid = {{ cells = [{cells}] }}
             solve = {{ quantities = ['spectrum'], eigenvalues = 5 }}"
        ));
        let errors = &solution.spectrum.as_ref().unwrap().errors;
        for ([re, im], error) in values(&solution).into_iter().zip(errors).skip(1) {
            let n = (im.abs() / 2.0).round();
            let exact = [0.3 * n * n, 2.0 * n];
            let away = (re - exact[0]).hypot(im.abs() - exact[1]) / exact[0].hypot(exact[1]);
            assert!(n >= 1.0 && away <= *error, "{cells}, n = {n}: {away:.2e}, stated {error:.2e}");
        }
    }
}

/// Equal wells have multiple eigenvalues. On a square of four, whose coordinates do not see each other, they are λ, λ and
/// 2λ of the line's double well, and on a ring of n those of its rotations, 1 − cos(2πk/n) apart; the next ones are those
/// of a single well. No eigenvalue is negative.
#[test]
fn equal_wells_have_multiple_eigenvalues() {
    let double = |temperature: f64, axes: usize| {
        let (lower, upper) = (["[-1.5]", "[-1.5, -1.5]"][axes - 1], ["[1.5]", "[1.5, 1.5]"][axes - 1]);
        let cells = ["[64]", "[64, 64]"][axes - 1];
        let loss = ["(x^2-1)^2", "(x^2-1)^2 + (y^2-1)^2"][axes - 1];
        let text = format!(
            "landscape = {{ expression = '{loss}' }}
            noise = {{ kind = 'isotropic', temperature = {temperature} }}
            domain = {{ lower = {lower}, upper = {upper} }}
            grid = {{ cells = {cells} }}
            solve = {{ quantities = ['spectrum'], eigenvalues = 6, error_estimate = false }}"
        );
        values(&solved(&text)).into_iter().map(|[re, _]| re).collect::<Vec<f64>>()
    };
    for temperature in [0.1, 0.03, 0.02] {
        let (line, plane) = (double(temperature, 1), double(temperature, 2));
        let [slow, fast] = [line[1], line[2]];
        for (found, exact) in plane.iter().zip([0.0, slow, slow, 2.0 * slow, fast, fast]) {
            assert_relative_eq!(*found, exact, max_relative = 1e-8);
        }
    }
    for (wells, temperature) in [(3, 0.05), (5, 0.1), (5, 0.03), (6, 0.05)] {
        let text = format!(
            "landscape = {{ expression = '-cos({wells}*x)' }}
            noise = {{ kind = 'isotropic', temperature = {temperature} }}
            domain = {{ lower = [0], upper = [6.283185307179586], walls = {{ x = 'periodic' }} }}
            grid = {{ cells = [{}] }}
            solve = {{ quantities = ['spectrum'], eigenvalues = 8, error_estimate = false }}",
            wells * 40
        );
        let found = values(&solved(&text));
        let ratio = |k: usize| 1.0 - (std::f64::consts::TAU * k as f64 / wells as f64).cos();
        for k in 1..wells {
            // In pairs, slowest first; between wells that exchange with their neighbours alone.
            assert_relative_eq!(found[k][0] / found[1][0], ratio(k.div_ceil(2)) / ratio(1), max_relative = 1e-4);
        }
        assert!(found[wells..].iter().all(|value| value[0] > 1.0), "{found:?}");
    }
}

/// The flux correction is that of the slowest mode: beside the rate the other eigenvalues are those of the chain without
/// it. Here the exchange of two wells leads over a saddle at which the slowest mode's flux changes its sign.
#[test]
fn a_corrected_rate_leaves_the_other_eigenvalues() {
    let found = |quantities: &str| {
        let text = format!(
            "landscape = {{ expression = '(x^2-1)^2*(1+0.3*y^2) + (y^2-1)^2' }}
            noise = {{ kind = 'isotropic', temperature = 0.15 }}
            domain = {{ lower = [-1.9, -1.9], upper = [0.2, 1.9], walls = {{ x = ['reflecting', 'absorbing'] }} }}
            grid = {{ cells = [40, 64] }}
            valley = {{ minimum = [-1, -0.9], set = 'whole' }}
            solve = {{ quantities = [{quantities}], eigenvalues = 4, error_estimate = false }}"
        );
        values(&solved(&text)).into_iter().map(|[re, _]| re).collect::<Vec<f64>>()
    };
    let (beside, alone) = (found("'rate', 'spectrum'"), found("'spectrum'"));
    // Of 80 × 128 and 160 × 256 cells, extrapolated.
    assert_relative_eq!(beside[0], 2.7509724e-4, max_relative = 1e-7);
    for (own, plain) in beside.iter().zip(&alone).skip(1) {
        assert_relative_eq!(*own, *plain, max_relative = 1e-12);
    }
}

/// Left and right vectors are dual bases, also of multiple eigenvalues, so that a density expands in them.
#[test]
fn vectors_of_equal_eigenvalues_are_dual() {
    for (landscape, domain, cells) in [
        ("{ expression = '(x^2-1)^2 + (y^2-1)^2' }", "{ lower = [-1.6, -1.6], upper = [1.6, 1.6] }", "[48, 48]"),
        (
            "{ expression = '-cos(3*x)' }",
            "{ lower = [0], upper = [6.283185307179586], walls = { x = 'periodic' } }",
            "[120]",
        ),
        (
            "{ expression = '-cos(5*x)' }",
            "{ lower = [0], upper = [6.283185307179586], walls = { x = 'periodic' } }",
            "[200]",
        ),
    ] {
        for temperature in [0.3, 0.1, 0.03] {
            let solution = solved(&format!(
                "landscape = {landscape}
                noise = {{ kind = 'isotropic', temperature = {temperature} }}
                domain = {domain}
                grid = {{ cells = {cells} }}
                solve = {{ quantities = ['spectrum'], eigenvalues = 6, error_estimate = false }}"
            ));
            let group = solution.groups.iter().find(|group| group.name == "spectrum").unwrap();
            let [left, right] = ["left", "right"].map(|name| group.values(name).unwrap());
            let (cells, volume) = (solution.grid.len(), solution.grid.volume());
            for (a, left) in left.chunks(cells).enumerate() {
                for (b, right) in right.chunks(cells).enumerate() {
                    let product: f64 = left.iter().zip(right).map(|(l, r)| l * r * volume).sum();
                    let size = f64::from(u8::from(a == b));
                    assert!((product - size).abs() < 1e-8, "{landscape} T = {temperature}: {a}, {b}: {product}");
                }
            }
        }
    }
}

/// Three wells on a ring that is driven one way exchange at complex rates, far below the rest of the spectrum: those of
/// the network, with vectors dual to each other and to their conjugates. λ = (k₊ + k₋)·3/2 ∓ i (k₊ − k₋)·√3/2 where each
/// well is left at k₊ forwards and at k₋ backwards.
#[test]
fn complex_pairs_of_a_driven_ring() {
    for (temperature, shift) in [(0.1, 0.1), (0.03, 0.1), (0.03, 0.4)] {
        let solution = solved(&format!(
            "landscape = {{ drift = '{shift}-3*sin(3*x)' }}
            noise = {{ kind = 'isotropic', temperature = {temperature} }}
            domain = {{ lower = [0], upper = [6.283185307179586], walls = {{ x = 'periodic' }} }}
            grid = {{ cells = [240] }}
            solve = {{ quantities = ['network', 'spectrum'], eigenvalues = 4, error_estimate = false }}"
        ));
        let rates = &solution.network.as_ref().unwrap().numbers().rates;
        let refined = &solution.network.as_ref().unwrap().numbers().refined;
        let (one, other) = (rates[0][1].value(), rates[0][2].value());
        let modes = &solution.spectrum.as_ref().unwrap().modes;
        for k in [1, 2] {
            let value = modes[k].value;
            assert_eq!(modes[k].route, Route::Network);
            assert!(value.away_from(refined[k]) < 1e-12);
            assert_relative_eq!(value.re.value(), 1.5 * (one + other), max_relative = 1e-3);
            assert_relative_eq!(value.im.value().abs(), 0.75f64.sqrt() * (one - other).abs(), max_relative = 1e-3);
        }
        assert!(modes[3].value.re.value() > 1.0);
        let group = solution.groups.iter().find(|group| group.name == "spectrum").unwrap();
        let parts = |name: &str| [name.to_string(), format!("{name}_imaginary")];
        let [left, right] = ["left", "right"].map(|name| parts(name).map(|name| group.values(&name).unwrap()));
        let (cells, volume) = (solution.grid.len(), solution.grid.volume());
        let of = |values: [&[f64]; 2], mode: usize| values.map(|part| part[mode * cells..(mode + 1) * cells].to_vec());
        for a in 0..3 {
            for b in 0..3 {
                let ([lr, li], [rr, ri]) = (of(left, a), of(right, b));
                let dot = |l: &[f64], r: &[f64]| l.iter().zip(r).map(|(l, r)| l * r * volume).sum::<f64>();
                let product = [dot(&lr, &rr) - dot(&li, &ri), dot(&lr, &ri) + dot(&li, &rr)];
                let size = f64::from(u8::from(a == b));
                assert!((product[0] - size).hypot(product[1]) < 1e-8, "{a}, {b}: {product:?}");
            }
        }
    }
}
