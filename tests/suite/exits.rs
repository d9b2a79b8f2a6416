//! When and where the process leaves: closed forms, exponential times, quadrature, sums and symmetry.

use saddleflux::config::Config;
use saddleflux::observe::exit_parts::{ExitKind, ExitPart};
use saddleflux::progress::Progress;
use saddleflux::scaled::Scaled;
use saddleflux::study::exits::{Estimate, ExitStudy};
use saddleflux::study::{self, Solution};

use crate::reactive::integral;

fn solved(text: &str) -> Solution {
    let config = Config::from_text("test.toml".as_ref(), text, &[]).unwrap();
    study::run(&config.problem().unwrap(), &config.request, &Progress::default()).unwrap()
}

fn exits(solution: &Solution) -> &ExitStudy {
    solution.exits.as_ref().unwrap()
}

/// A number is within its stated error of the exact one, which is at most `most`.
fn covers(found: &Estimate, exact: f64, most: f64) {
    let stated = found.discretisation_error.unwrap();
    let away = (found.value.value() / exact - 1.0).abs();
    assert!(
        away <= stated && stated <= most,
        "{} for {exact}: off {away:.1e}, stated {stated:.1e}",
        found.value.value()
    );
}

/// Free diffusion between absorbing ends from the middle: E e^{−sT} = 1/cosh(√s/2), hence E T = 1/8, E T² = 5/192 and the
/// variance 1/96. The upper end is left with probability x.
#[test]
fn free_diffusion_between_two_ends() {
    let solution = solved(
        "landscape = { drift = '0' }
        noise = { kind = 'isotropic', temperature = 1 }
        domain = { lower = [0], upper = [1], walls = { x = ['absorbing', 'absorbing'] } }
        grid = { cells = [400] }
        valley = { from = [0.5], set = 'whole' }
        solve = { quantities = ['exits'], moments = 4 }",
    );
    let found = exits(&solution);
    // E e^{−sT} = 1/cosh(√s/2) = Σ E_{2k} (s/4)^k/(2k)!, E_{2k} = 1, −1, 5, −61, 1385 the Euler numbers.
    let exact = |k: usize| {
        let euler = [1.0, 5.0, 61.0, 1385.0][k - 1];
        let factorial = |n: usize| (1..=n).map(|j| j as f64).product::<f64>();
        euler / 4f64.powi(k as i32) * factorial(k) / factorial(2 * k)
    };
    assert_eq!((exact(1), exact(2)), (1.0 / 8.0, 5.0 / 192.0));
    for (k, line) in (1..).zip(&found.moments) {
        covers(line.estimate(), exact(k), 1e-4);
    }
    covers(&found.standard_deviation, (1f64 / 96.0).sqrt(), 1e-4);
    let through = solution.fields.values("exit_1").unwrap();
    for (cell, &probability) in through.iter().enumerate() {
        assert_relative_eq!(probability, solution.grid.cell_centre(cell)[0], max_relative = 1e-12);
    }
    let moment = solution.fields.values("passage_moment_2").unwrap();
    let x = solution.grid.cell_centre(77)[0];
    assert_relative_eq!(moment[77], x / 12.0 - x.powi(3) / 6.0 + x.powi(4) / 12.0, max_relative = 1e-4);
}

/// A constant drift v towards an absorbing end at the distance L: T has the inverse Gaussian distribution, with mean L/v
/// and variance 2DL/v³, here a few thousandths of the square of the mean.
#[test]
fn times_that_are_almost_certain() {
    for noise in [1e-3f64, 3e-4] {
        let solution = solved(&format!(
            "landscape = {{ expression = '-x' }}
            noise = {{ kind = 'isotropic', temperature = {noise} }}
            domain = {{ lower = [-0.5], upper = [1], walls = {{ x = ['reflecting', 'absorbing'] }} }}
            grid = {{ cells = [6000] }}
            valley = {{ from = [0.2], set = 'whole' }}
            solve = {{ quantities = ['exits'], moments = 3 }}"
        ));
        let found = exits(&solution);
        covers(found.mean().unwrap(), 0.8, 1e-3);
        covers(&found.standard_deviation, (2.0 * noise * 0.8).sqrt(), 0.1);
        // E T³ of an inverse Gaussian with mean μ and variance μ³/λ: μ³ (1 + 3μ/λ + 3μ²/λ²).
        let ratio = 2.0 * noise / 0.8;
        covers(found.moments[2].estimate(), 0.512 * (1.0 + 3.0 * ratio + 3.0 * ratio * ratio), 1e-2);
    }
}

/// Cold times are exponential: E T^k = k! τ^k and the standard deviation is τ, to the last digits. The ways out of a well
/// with two barriers are as ∫ e^φ, however unlikely one of them is.
#[test]
fn cold_times_are_exponential_and_unlikely_ways_keep_their_digits() {
    for temperature in [0.05f64, 0.004, 0.002] {
        let solution = solved(&format!(
            "landscape = {{ expression = '(x^2-1)^2 + 0.3*x' }}
            noise = {{ kind = 'isotropic', temperature = {temperature} }}
            domain = {{ lower = [-2.1], upper = [0.3], walls = {{ x = ['absorbing', 'absorbing'] }} }}
            grid = {{ cells = [3000] }}
            valley = {{ minimum = [-1], set = 'whole' }}
            solve = {{ quantities = ['exits'], moments = 5 }}"
        ));
        let found = exits(&solution);
        let mean = found.mean().unwrap().value;
        let over = |number: Scaled, k: i32| (0..k).fold(number, |number, _| number.over(mean)).value();
        let memory = (-0.5 / temperature).exp();
        let allowed = 1e-12 + 10.0 * memory;
        assert!((over(found.standard_deviation.value, 1) - 1.0).abs() < allowed);
        let mut factorial = 1.0;
        for (k, line) in (1..).zip(&found.moments) {
            factorial *= f64::from(k);
            assert!((over(line.estimate().value, k) / factorial - 1.0).abs() < 4.0 * allowed, "moment {k}");
        }
        let phi = |x: f64| ((x * x - 1.0).powi(2) + 0.3 * x) / temperature;
        let start = solution.exits.as_ref().unwrap().from()[0];
        let [left, right] = [[-2.1, start], [start, 0.3]].map(|[low, high]| {
            const PARTS: u32 = 20;
            let at = |k: u32| low + (high - low) * f64::from(k) / f64::from(PARTS);
            let parts = (0..PARTS).map(|k| integral([at(k), at(k + 1)], 1.0, &phi, &|_| 1.0));
            parts.fold(Scaled::ZERO, Scaled::plus)
        });
        let total = left.plus(right);
        // Out of the lower end leads the way with the longer ∫ e^φ beyond the start.
        for (line, resistance) in found.parts.iter().zip([right, left]) {
            let exact = resistance.over(total);
            let away = (line.probability.value.over(exact).value() - 1.0).abs();
            let stated = line.probability.discretisation_error.unwrap();
            assert!(away <= stated.max(1e-12) && stated < 1e-9, "{:?} {away:.1e} {stated:.1e}", line.part);
        }
    }
}

/// The parts sum to 1 in every cell, in detailed balance or not; the four walls of a symmetric box are equally likely,
/// edges through corners included; both saddles of a symmetric set too.
#[test]
fn parts_sum_to_one_and_share_a_symmetry() {
    let boxed = |noise: &str, killing: &str| {
        solved(&format!(
            "landscape = {{ expression = 'x^2 + y^2' }}
            noise = {noise}
            domain = {{ lower = [-1, -1], upper = [1, 1], killing = '{killing}', walls = {{ x = ['absorbing', 'absorbing'], y = ['absorbing', 'absorbing'] }} }}
            grid = {{ cells = [24, 24] }}
            valley = {{ minimum = [0, 0], set = 'whole' }}
            solve = {{ quantities = ['exits'], error_estimate = false }}"
        ))
    };
    for noise in [
        "{ kind = 'isotropic', temperature = 0.4 }",
        "{ kind = 'expression', d11 = '0.4', d12 = '0.3', d22 = '0.4' }",
        "{ kind = 'expression', d11 = '0.4+0.1*x', d12 = '0.2*sin(x+y)', d22 = '0.3' }",
    ] {
        let solution = boxed(noise, "0.1*exp(x)");
        let parts = &exits(&solution).parts;
        assert_eq!(parts.len(), 5);
        let fields: Vec<&[f64]> = (0..5).map(|part| solution.fields.values(&format!("exit_{part}")).unwrap()).collect();
        for cell in 0..solution.grid.len() {
            assert_relative_eq!(fields.iter().map(|field| field[cell]).sum::<f64>(), 1.0, max_relative = 1e-12);
        }
    }
    // x ↔ y and θ → −θ are symmetries of these.
    for noise in
        ["{ kind = 'isotropic', temperature = 0.4 }", "{ kind = 'expression', d11 = '0.4', d12 = '0.3', d22 = '0.4' }"]
    {
        let solution = boxed(noise, "0.1");
        let walls = exits(&solution).parts.iter().filter(|line| line.part.kind == ExitKind::Wall);
        let of: Vec<f64> = walls.map(|line| line.probability.value.value()).collect();
        assert_eq!(of.len(), 4);
        of.iter().for_each(|&one| assert_relative_eq!(one, of[0], max_relative = 1e-12));
    }
    let whole = solved(
        "landscape = { expression = '(x^2-1)^2 + y^2' }
        noise = { kind = 'isotropic', temperature = 0.2 }
        domain = { lower = [-1.8, -1.5], upper = [1.8, 1.5] }
        grid = { cells = [36, 30] }
        valley = { minimum = [1, 0], set = 'basin' }
        solve = { quantities = ['exits'], error_estimate = false }",
    );
    let [line] = &exits(&whole).parts[..] else { panic!("one way out") };
    assert_eq!(line.part, ExitPart { kind: ExitKind::Set, side: None, saddle: None });
    assert_relative_eq!(line.probability.value.value(), 1.0, max_relative = 1e-12);
    let between = solved(
        "landscape = { expression = 'cos(2*x) + y^2' }
        noise = { kind = 'isotropic', temperature = 0.2 }
        domain = { lower = [-1.5, -1.5], upper = [4.641592653589793, 1.5] }
        grid = { cells = [60, 30] }
        valley = { minimum = [1.5707963267948966, 0], set = 'basin' }
        solve = { quantities = ['exits'], error_estimate = false }",
    );
    let lines = &exits(&between).parts;
    assert_eq!(lines.iter().map(|line| line.part.saddle).collect::<Vec<_>>(), [Some(0), Some(1)]);
    for line in lines {
        assert_relative_eq!(line.probability.value.value(), 0.5, max_relative = 1e-9);
    }
}

/// The flux correction is made for the slowest mode: the ways out are those of the chain without it, and their errors hold.
#[test]
fn ways_out_are_those_without_the_correction() {
    let found = |scheme: &str, cells: &str| {
        solved(&format!(
            "landscape = {{ expression = '0.5*x^2 + 0.3*sin(y)*x' }}
            noise = {{ kind = 'isotropic', temperature = 0.5 }}
            domain = {{ lower = [-1, 0], upper = [1.3, 6.283185307179586], killing = '0.2*(1 + cos(y))', walls = {{ x = ['absorbing', 'absorbing'], y = 'periodic' }} }}
            grid = {{ cells = {cells}, scheme = '{scheme}' }}
            valley = {{ from = [0.2, 2.0], set = 'whole' }}
            solve = {{ quantities = ['rate', 'exits'] }}"
        ))
    };
    let (corrected, plain) = (found("flux-corrected", "[40, 80]"), found("inverse-average", "[40, 80]"));
    let fine = found("inverse-average", "[160, 320]");
    for ((own, same), exact) in exits(&corrected).parts.iter().zip(&exits(&plain).parts).zip(&exits(&fine).parts) {
        let [own, same, exact] = [own, same, exact].map(|line| line.probability.value.value());
        assert_relative_eq!(own, same, max_relative = 1e-12);
        assert!((own / exact - 1.0).abs() < 1e-2);
    }
    for (line, exact) in exits(&corrected).parts.iter().zip(&exits(&fine).parts) {
        covers(&line.probability, exact.probability.value.value(), 1e-2);
    }
}
