//! Intervals in two dimensions around other processes in detailed balance than white noise: tensors, noise that varies,
//! periodic axes.

use proptest::prelude::*;
use saddleflux::config::Config;
use saddleflux::progress::Progress;
use saddleflux::study::StudyError;
use saddleflux::study::certificate::{Certificate, CertificateError};

use crate::certificate_plane::{assert_inside, certificate, ends, on_line, with_trial};

/// L = (x² − 1)² + 2(y − x/2)² under D = T[[1, ½], [½, 1]] and the drift −D∇L/T: along x it is (x² − 1)² under white
/// noise. The walls stand where the density is below e^{−31} of its peak at T = 0.1.
fn preconditioned(temperature: f64) -> String {
    let half = 0.5 * temperature;
    format!(
        "landscape = {{ drift = ['-4*x*(x^2-1)', '-2*x*(x^2-1) - 3*(y - x/2)'] }}
         noise = {{ kind = 'expression', d11 = '{temperature}', d12 = '{half}', d22 = '{temperature}' }}
         domain = {{ lower = [-1.6, -2.2], upper = [0, 1.7], walls = {{ x = ['reflecting', 'absorbing'] }} }}
         valley = {{ set = 'whole' }}"
    )
}

fn line(temperature: f64) -> String {
    format!(
        "landscape = {{ expression = '(x^2-1)^2' }}
         noise = {{ kind = 'isotropic', temperature = {temperature} }}
         domain = {{ lower = [-1.6], upper = [0], walls = {{ x = ['reflecting', 'absorbing'] }} }}
         valley = {{ set = 'whole' }}"
    )
}

/// A rectangle killed at x = 0.
fn posed(landscape: &str, noise: &str, lower: [f64; 2], upper: f64, y: &str) -> String {
    format!(
        "landscape = {{ {landscape} }}
         noise = {{ {noise} }}
         domain = {{ lower = {lower:?}, upper = [0, {upper}], walls = {{ x = ['reflecting', 'absorbing'], y = {y} }} }}
         valley = {{ set = 'whole' }}"
    )
}

const REFLECTING: &str = "['reflecting', 'reflecting']";

fn overlap(one: &Certificate, other: &Certificate, slack: f64, name: &str) {
    for (one, other) in [(one.rate, other.rate), (one.exit_time, other.exit_time)] {
        let ([low, high], [below, above]) = (ends(one), ends(other));
        assert!(
            low <= above * (1.0 + slack) && below <= high * (1.0 + slack),
            "{name}: [{low:e}, {high:e}], [{below:e}, {above:e}]"
        );
    }
}

fn refusal(toml: &str) -> CertificateError {
    let text = format!("{toml}\nsolve = {{ quantities = ['certificate'] }}\ngrid = {{ cells = [16, 16] }}");
    let config = Config::from_text("test.toml".as_ref(), &text, &[]).unwrap();
    match saddleflux::study::run(&config.problem().unwrap(), &config.request, &Progress::default()) {
        Err(StudyError::Certificate(error)) => error,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_constant_tensor_oblique_to_the_saddle_has_the_rate_of_the_line() {
    // By quadrature of the line: 7.8357092e-05 and 1.01562844e-07, to all of its digits below.
    for (temperature, known) in [(0.1, 7.8357092e-05), (0.06, 1.01562844e-07)] {
        let exact = on_line(&line(temperature));
        assert_inside(exact.rate, known, 5e-9, "the line");
        let found = [32, 64].map(|n| certificate(&preconditioned(temperature), [n, n]));
        for found in &found {
            assert_inside(found.rate, exact.best.value(), 1e-11, "the rate");
            assert_inside(found.exit_time, exact.exit_time[0].value(), 1e-11, "the exit time");
        }
        let [coarse, fine] = found.map(|found| found.relative_width());
        assert!(fine < 4e-5 && (coarse / fine).log2() > 3.3, "{temperature}: {coarse:e}, {fine:e}");
    }
}

/// D₁₁ of x and D₂₂ of y, in every calculus that has them: the rate of the x axis alone.
#[test]
fn separable_noise_has_the_rate_of_the_line() {
    for interpretation in ["ito", "isothermal"] {
        let d11 = "0.05*(2 + sin(3*x))";
        let plane = posed(
            "expression = '(x^2-1)^2 + y^2'",
            &format!(
                "kind = 'expression', d11 = '{d11}', d12 = '0', d22 = '0.1*(1 + 0.5*y^2)', interpretation = '{interpretation}'"
            ),
            [-1.8, -1.7],
            1.7,
            REFLECTING,
        );
        let line = format!(
            "landscape = {{ expression = '(x^2-1)^2' }}
             noise = {{ kind = 'expression', d11 = '{d11}', interpretation = '{interpretation}' }}
             domain = {{ lower = [-1.8], upper = [0], walls = {{ x = ['reflecting', 'absorbing'] }} }}
             valley = {{ set = 'whole' }}"
        );
        let (found, exact) = (certificate(&plane, [64, 64]), on_line(&line));
        assert_inside(found.rate, exact.best.value(), 1e-13, interpretation);
        assert_inside(found.exit_time, exact.exit_time[0].value(), 1e-12, interpretation);
        assert!(found.relative_width() < 1e-6, "{interpretation}: {:e}", found.relative_width());
    }
}

/// In the coordinates x and w = y − x²/5 a curved valley under white noise is a straight one under the full tensor
/// JDJᵀ, which varies: the same process, preconditioned from place to place.
#[test]
fn a_valley_unrolled_by_a_full_tensor_has_the_same_rate() {
    let curved = posed(
        "expression = '(x^2-1)^2 + 2*(y - 0.2*x^2)^2'",
        "kind = 'isotropic', temperature = 0.08",
        [-1.6, -1.4],
        2.6,
        REFLECTING,
    );
    // ∇L = (4x(x² − 1), 4w); drift −JJᵀ∇L, JJᵀ = [[1, −0.4x], [−0.4x, 1 + 0.16x²]].
    let unrolled = posed(
        "drift = ['-4*x*(x^2-1) + 1.6*x*y', '1.6*x^2*(x^2-1) - 4*(1 + 0.16*x^2)*y']",
        "kind = 'expression', d11 = '0.08', d12 = '-0.032*x', d22 = '0.08*(1 + 0.16*x^2)', interpretation = 'isothermal'",
        [-1.6, -1.5],
        1.5,
        REFLECTING,
    );
    let [curved, unrolled] = [(curved, [64, 96]), (unrolled, [64, 72])].map(|(toml, cells)| certificate(&toml, cells));
    overlap(&curved, &unrolled, 1e-11, "unrolled");
    assert!(unrolled.relative_width() < 5e-5 && curved.relative_width() < 1e-5, "{unrolled:?}");
}

/// D = f(L)·I is in detailed balance in every calculus, with densities that differ; the same process posed in another
/// one has the same rate.
#[test]
fn noise_that_follows_the_loss_is_enclosed_in_every_calculus() {
    let d = "0.05*(1 + (x^2-1)^2 + 2*(y - 0.5*x^2)^2)";
    let noise = |interpretation: &str| {
        format!("kind = 'expression', d11 = '{d}', d12 = '0', d22 = '{d}', interpretation = '{interpretation}'")
    };
    // Itô's drift −∇L is the isothermal one −∇(L + D) = −1.05∇L.
    let loss = |factor: f64| format!("expression = '{factor}*((x^2-1)^2 + 2*(y - 0.5*x^2)^2)'");
    let found = [("ito", 1.0), ("isothermal", 1.05)].map(|(calculus, factor)| {
        certificate(&posed(&loss(factor), &noise(calculus), [-1.7, -1.0], 2.0, REFLECTING), [64, 64])
    });
    overlap(&found[0], &found[1], 1e-11, "two calculi");
    assert!(found[0].relative_width() < 1e-4, "{:?}", found[0]);
}

/// Other units along one axis turn white noise into diag(T, c²T) and the descent into −D∇L/T.
#[test]
fn units_of_one_axis_change_nothing() {
    let plain = posed(
        "expression = '(x^2-1)^2 + 2*(y - 0.5*x^2)^2'",
        "kind = 'isotropic', temperature = 0.1",
        [-1.6, -1.0],
        2.0,
        REFLECTING,
    );
    let stretched = posed(
        "drift = ['-4*x*(x^2-1) + 4*x*(0.1*y - 0.5*x^2)', '-40*(0.1*y - 0.5*x^2)']",
        "kind = 'expression', d11 = '0.1', d12 = '0', d22 = '10'",
        [-1.6, -10.0],
        20.0,
        REFLECTING,
    );
    let [plain, stretched] = [plain, stretched].map(|toml| certificate(&toml, [48, 48]));
    overlap(&plain, &stretched, 0.0, "stretched");
    let ratio = stretched.relative_width() / plain.relative_width();
    assert!((0.5..2.0).contains(&ratio), "{:e}, {:e}", plain.relative_width(), stretched.relative_width());
}

/// A circle along y: the line's rate where the loss separates, and none but roundings change where the circle is cut.
#[test]
fn periodic_axes_are_enclosed() {
    let channel = |landscape: &str, lower: f64| {
        let upper = lower + std::f64::consts::TAU;
        posed(
            &format!("expression = '{landscape}'"),
            "kind = 'isotropic', temperature = 0.1",
            [-1.6, lower],
            upper,
            "'periodic'",
        )
    };
    let exact = on_line(&line(0.1));
    let separable = certificate(&channel("(x^2-1)^2 + 0.3*cos(y)", -1.0), [64, 64]);
    assert_inside(separable.rate, exact.best.value(), 1e-12, "separable");
    assert_inside(separable.exit_time, exact.exit_time[0].value(), 1e-12, "separable");
    let found =
        [-3.0, 0.0, 1.5].map(|lower| certificate(&channel("(x^2-1)^2 + 0.3*cos(y)*(1 - 0.5*x)", lower), [48, 64]));
    for other in &found[1..] {
        overlap(&found[0], other, 0.0, "cut elsewhere");
    }
    assert!(found.iter().all(|found| found.relative_width() < 1e-5), "{:e}", found[0].relative_width());
}

/// Free diffusion under a full tensor on a strip with periodic ends: γ = D₁₁π²/ℓ², and the second rate, along x, is
/// four times that, or D₁₁π²/ℓ² + (D₂₂ − D₁₂²/D₁₁)k² with k = 2π over the period. Third order: the walls that absorb
/// are oblique to the tensor.
#[test]
fn an_oblique_strip_is_exact() {
    use std::f64::consts::PI;
    let toml = "landscape = { expression = '0*x', dimension = 2 }
         noise = { kind = 'expression', d11 = '0.1', d12 = '0.03', d22 = '0.1' }
         domain = { lower = [0, 0], upper = [1, 1], walls = { x = 'absorbing', y = 'periodic' } }";
    let mut last = f64::INFINITY;
    for n in [16, 32, 64] {
        let found = certificate(toml, [n, n]);
        assert_inside(found.rate, 0.1 * PI * PI, 1e-15, "γ");
        assert_inside(found.exit_time, 1.0 / 1.2, 1e-15, "ℓ²/12D");
        assert!(found.relative_width() < last / 6.0, "{n}: {:e} after {last:e}", found.relative_width());
        last = found.relative_width();
        let (second, bound) = (0.4 * PI * PI, found.second_rate.value());
        assert!(bound <= second && bound > 0.3 * second, "{bound} of {second}");
    }
}

/// The curl decides, not the name: a rotation by nothing is a descent, and a descent may be written as a drift.
#[test]
fn detailed_balance_is_found_by_the_curl() {
    let loss = "(x^2-1)^2 + 2*(y - 0.5*x^2)^2";
    let noise = "kind = 'isotropic', temperature = 0.1";
    let at = |landscape: &str, noise: &str| posed(landscape, noise, [-1.6, -1.0], 2.0, REFLECTING);
    let plain = certificate(&at(&format!("expression = '{loss}'"), noise), [32, 32]);
    let drift = "drift = ['-4*x*(x^2-1) + 4*x*(y - 0.5*x^2)', '-4*(y - 0.5*x^2)']";
    let unturned = format!("kind = 'rotated-drift', of = {{ expression = '{loss}' }}, strength = 0");
    for other in [drift, &unturned] {
        let found = certificate(&at(other, noise), [32, 32]);
        for (one, two) in [(plain.rate, found.rate), (plain.exit_time, found.exit_time)] {
            for (one, two) in ends(one).into_iter().zip(ends(two)) {
                assert!((one / two - 1.0).abs() < 0.1 * plain.relative_width(), "{other}: {one:e}, {two:e}");
            }
        }
    }
    let turned =
        |strength: f64| format!("kind = 'rotated-drift', of = {{ expression = '{loss}' }}, strength = {strength}");
    let full = "kind = 'expression', d11 = '0.1', d12 = '0.05', d22 = '0.1'";
    for (landscape, noise) in [
        (turned(1.0), noise),
        (turned(1e-4), noise),
        (format!("expression = '{loss}'"), full),
        ("drift = ['x - x^3 - 3*x*y^2', '-(1 + x^2)*y']".to_string(), noise),
    ] {
        let error = refusal(&at(&landscape, noise));
        assert!(matches!(error, CertificateError::Circulates { .. }), "{landscape}: {error}");
    }
    let bent = "kind = 'hessian', learning_rate = 0.1, batch_size = 1, floor = 0.05";
    assert!(matches!(refusal(&at(&format!("expression = '{loss}'"), bent)), CertificateError::Jumps));
}

proptest! {
    #![proptest_config(crate::cases(16))]

    /// Spoiled trials under a full tensor: the interval is wide, and the rate of the line is inside.
    #[test]
    fn spoiled_trials_widen_the_interval(
        noise in 0.0..0.3f64, steepness in 0.3..3.0f64, tilt in -0.5..0.5f64, second in -0.3..0.3f64, seed in 0u64..1000,
    ) {
        let exact = 7.835_709_199_9e-5;
        let cells = [24, 24];
        let value = |cell: usize| {
            let (i, j) = (cell / cells[1], cell % cells[1]);
            let x = -1.6 + 1.6 * (i as f64 + 0.5) / cells[0] as f64;
            let y = -2.2 + 3.9 * (j as f64 + 0.5) / cells[1] as f64;
            let random = ((cell as u64 + 1).wrapping_mul(6364136223846793005).wrapping_add(seed * 1442695040888963407) >> 33) as f64;
            let clean = (-steepness * 4.0 * x * (1.0 + tilt * y)).tanh().max(0.0);
            (clean * (1.0 + second * (y - 0.5)) * (1.0 + noise * (random / 2f64.powi(31) - 0.5))).clamp(0.0, 1.0)
        };
        let values: Vec<f64> = (0..cells[0] * cells[1]).map(value).collect();
        match with_trial(&preconditioned(0.1), cells, &values) {
            Ok(found) => {
                let [lower, upper] = ends(found.rate);
                prop_assert!(lower <= exact && upper >= exact, "[{lower}, {upper}]");
                prop_assert!(found.relative_width() > 1e-6);
            }
            Err(StudyError::Certificate(CertificateError::NoGap { .. })) => {}
            Err(error) => prop_assert!(false, "{error}"),
        }
    }
}
