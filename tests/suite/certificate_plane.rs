//! Intervals around rates in two dimensions.

use proptest::prelude::*;
use saddleflux::config::Config;
use saddleflux::elimination::Workspace;
use saddleflux::progress::Progress;
use saddleflux::scaled::Scaled;
use saddleflux::solve::Resources;
use saddleflux::study::StudyError;
use saddleflux::study::certificate::{Certificate, CertificateError, certify_with};

use crate::gallery;

pub fn certificate(toml: &str, cells: [usize; 2]) -> Certificate {
    let text = format!("{toml}\nsolve = {{ quantities = ['certificate'] }}\ngrid = {{ cells = {cells:?} }}");
    gallery::solve(&text).certificate.unwrap()
}

pub fn on_line(toml: &str) -> Certificate {
    let text = format!("{toml}\nsolve = {{ quantities = ['certificate'] }}\ngrid = {{ cells = [64] }}");
    gallery::solve(&text).certificate.unwrap()
}

pub fn ends(interval: [Scaled; 2]) -> [f64; 2] {
    interval.map(Scaled::value)
}

fn width(interval: [Scaled; 2]) -> f64 {
    interval[1].over(interval[0]).value() - 1.0
}

pub fn assert_inside(interval: [Scaled; 2], value: f64, uncertainty: f64, name: &str) {
    let [low, high] = ends(interval);
    let is_inside = low <= value * (1.0 + uncertainty) && value * (1.0 - uncertainty) <= high;
    assert!(low <= high && is_inside, "{name}: {value:e} is not inside [{low:e}, {high:e}]");
}

/// L = (x² − 1)² + 2(y − g(x))², killed at x = 0.
fn valley(bend: &str, temperature: f64, [low, high]: [f64; 2]) -> String {
    format!(
        "landscape = {{ expression = '(x^2-1)^2 + 2*(y - {bend})^2' }}
         noise = {{ kind = 'isotropic', temperature = {temperature} }}
         domain = {{ lower = [-1.6, {low}], upper = [0, {high}], walls = {{ x = ['reflecting', 'absorbing'] }} }}
         valley = {{ set = 'whole' }}"
    )
}

fn curved(temperature: f64) -> String {
    valley("0.5*x^2", temperature, [-1.0, 2.0])
}

/// Free diffusion in a rectangle: separation of variables.
#[test]
fn free_rectangles_lie_inside() {
    use std::f64::consts::PI;
    for (x, y, share) in [
        ("'absorbing', 'absorbing'", "'reflecting', 'absorbing'", 0.5),
        ("'reflecting', 'absorbing'", "'reflecting', 'reflecting'", 0.0625),
        ("'absorbing', 'reflecting'", "'absorbing', 'absorbing'", 1.0625),
    ] {
        let toml = format!(
            "landscape = {{ expression = '0*x', dimension = 2 }}
             noise = {{ kind = 'isotropic', temperature = 0.7 }}
             domain = {{ lower = [0, 0], upper = [2, 1], walls = {{ x = [{x}], y = [{y}] }} }}"
        );
        let mut last = f64::INFINITY;
        for n in [16, 32, 64] {
            let found = certificate(&toml, [n, n]);
            assert_inside(found.rate, 0.7 * PI * PI * share, 1e-15, x);
            assert!(found.relative_width() < last / 10.0, "{x}, {n}: {:e} after {last:e}", found.relative_width());
            last = found.relative_width();
            if share == 0.0625 {
                assert_inside(found.exit_time, 4.0 / (3.0 * 0.7), 1e-15, "ℓ²/3D");
                let second = 0.7 * PI * PI * 9.0 / 16.0;
                let bound = found.second_rate.value();
                assert!(bound <= second && bound > 0.8 * second, "{bound} of {second}");
            }
        }
    }
}

/// The smallest ν with D_ν(−1) = 0 (mpmath 1.3): an Ornstein–Uhlenbeck process killed one standard deviation from its
/// minimum.
#[test]
fn a_separable_quadratic_lies_inside() {
    let toml = "landscape = { expression = '0.75*x^2 + 0.5*y^2' }
         noise = { kind = 'isotropic', temperature = 0.3 }
         domain = { lower = [-5.366563145999495, -4], upper = [0.4472135954999579, 4], walls = { x = ['reflecting', 'absorbing'] } }
         valley = { set = 'whole' }";
    let found = certificate(toml, [64, 48]);
    assert_inside(found.rate, 1.5 * 0.388_238_294_706_785_5, 1e-15, "Ornstein and Uhlenbeck");
    assert!(found.relative_width() < 1e-4, "{:e}", found.relative_width());
}

/// (x² − 1)² + y²: the rate and the exit time are those of the line, down to 1e-87.
#[test]
fn separable_wells_lie_inside_at_any_barrier() {
    for (temperature, most) in [(0.1, 2e-8), (0.02, 1e-8), (0.01, 1e-8), (0.005, 2e-8)] {
        let plane = format!(
            "landscape = {{ expression = '(x^2-1)^2 + y^2' }}
             noise = {{ kind = 'isotropic', temperature = {temperature} }}
             domain = {{ lower = [-1.6, -2], upper = [0, 2], walls = {{ x = ['reflecting', 'absorbing'] }} }}
             valley = {{ set = 'whole' }}"
        );
        let line = format!(
            "landscape = {{ expression = '(x^2-1)^2' }}
             noise = {{ kind = 'isotropic', temperature = {temperature} }}
             domain = {{ lower = [-1.6], upper = [0], walls = {{ x = ['reflecting', 'absorbing'] }} }}
             valley = {{ set = 'whole' }}"
        );
        let (found, exact) = (certificate(&plane, [64, 64]), on_line(&line));
        let name = format!("T = {temperature}");
        assert_inside(found.rate, exact.best.value(), 1e-13, &name);
        assert_inside(found.exit_time, exact.exit_time[0].value(), 1e-12, &name);
        assert!(found.relative_width() < most, "{name}: {:e}", found.relative_width());
    }
}

/// The curved valley: intervals on finer grids lie in those on coarser ones, narrower by the fourth power, and hold
/// what other methods give.
#[test]
fn intervals_on_a_curved_valley_are_nested_and_of_fourth_order() {
    // The second number: a scheme of sixth order on 512 × 512 cells, and the interval of an independent implementation
    // on 256 × 256.
    for (temperature, reference) in
        [(0.1, None), (0.02, Some([3.44049059064e-22, 3.44049059061e-22, 3.44049059182e-22]))]
    {
        let found = [32, 64, 128].map(|n| certificate(&curved(temperature), [n, n]));
        for pair in found.windows(2) {
            let ([low, high], [inner_low, inner_high]) = (ends(pair[0].rate), ends(pair[1].rate));
            assert!(
                low <= inner_low && inner_high <= high,
                "{temperature}: [{low}, {high}], [{inner_low}, {inner_high}]"
            );
            let order = (pair[0].relative_width() / pair[1].relative_width()).log2();
            assert!(order > 3.7, "{temperature}: order {order}");
        }
        let [_, middle, finest] = found;
        let last = (middle.relative_width() / finest.relative_width()).log2();
        assert!(last < 5.0, "{temperature}: order {last}");
        for value in reference.into_iter().flatten() {
            assert_inside(finest.rate, value, 0.0, "the curved valley");
        }
        assert!(finest.relative_width() < 2e-8);
    }
}

/// The rate of the gallery's curved valley, in 96-digit arithmetic, and the extrapolated one beside it.
#[test]
fn independent_rates_lie_inside() {
    for (temperature, rate) in [(0.1, 3.869638279582e-5), (0.05, 1.8045188243e-9)] {
        let toml = gallery::curved_valley(temperature)
            .replace("upper = [1.3, 1.9]", "upper = [0.8, 1.9], walls = { x = ['reflecting', 'absorbing'] }")
            .replace("set = 'x < 0.8'", "set = 'whole'")
            .replace("['rate']", "['rate', 'certificate']");
        let solution = gallery::solve(&format!("{toml}\ngrid = {{ cells = [96, 96] }}"));
        let (found, estimate) = (solution.certificate.unwrap(), solution.rate.unwrap());
        assert_inside(found.rate, rate, 1e-10, "Rayleigh and Ritz");
        let error = estimate.discretisation_error.unwrap();
        assert_inside(found.rate, estimate.extrapolated.unwrap().value(), error, "extrapolated");
        assert!(found.relative_width() < 5e-5, "{:e}", found.relative_width());
    }
}

/// Exchanging the axes, turning one around, and other units of length and loss change the interval by their law and by
/// nothing else.
#[test]
fn invariances() {
    let plain = certificate(&curved(0.05), [48, 64]);
    let same = |other: &Certificate, factor: f64, name: &str| {
        for (one, two) in ends(plain.rate).into_iter().zip(ends(other.rate)) {
            assert!(
                (factor * one / two - 1.0).abs() < 1e-3 * plain.relative_width() + 1e-11,
                "{name}: {one:e}, {two:e}"
            );
        }
    };
    let posed = |landscape: &str, temperature: f64, lower: [f64; 2], upper: [f64; 2], walls: &str| {
        format!(
            "landscape = {{ expression = '{landscape}' }}
             noise = {{ kind = 'isotropic', temperature = {temperature} }}
             domain = {{ lower = {lower:?}, upper = {upper:?}, walls = {{ {walls} }} }}
             valley = {{ set = 'whole' }}"
        )
    };
    let exchanged =
        posed("(y^2-1)^2 + 2*(x - 0.5*y^2)^2", 0.05, [-1.0, -1.6], [2.0, 0.0], "y = ['reflecting', 'absorbing']");
    same(&certificate(&exchanged, [64, 48]), 1.0, "exchanged");
    let turned =
        posed("(x^2-1)^2 + 2*(y + 0.5*x^2)^2", 0.05, [0.0, -2.0], [1.6, 1.0], "x = ['absorbing', 'reflecting']");
    same(&certificate(&turned, [48, 64]), 1.0, "turned");
    // θ → 1000 θ, L → 7 L: rates by 7e-6.
    let landscape = "7*((x^2*1e-6-1)^2 + 2*(y*1e-3 - 0.5*x^2*1e-6)^2)";
    let units = posed(landscape, 0.35, [-1600.0, -1000.0], [0.0, 2000.0], "x = ['reflecting', 'absorbing']");
    same(&certificate(&units, [48, 64]), 7e-6, "units");
}

/// A box is left through its sides, whatever the domain around it.
#[test]
fn boxes_are_rectangles() {
    let landscape = "landscape = { expression = 'x^2 + x*y + y^2' }
         noise = { kind = 'isotropic', temperature = 0.2 }";
    let walls = "walls = { x = 'absorbing', y = 'absorbing' }";
    let whole = format!("{landscape}\ndomain = {{ lower = [-0.8, -0.5], upper = [0.7, 0.9], {walls} }}");
    let boxed = format!(
        "{landscape}\nvalley = {{ minimum = [0, 0], set = 'box', box = {{ lower = [-0.8, -0.5], upper = [0.7, 0.9] }} }}"
    );
    let wide = format!("{boxed}\ndomain = {{ lower = [-2, -2], upper = [2, 2] }}");
    let [whole, boxed, wide] = [whole, boxed, wide].map(|toml| certificate(&toml, [32, 32]));
    assert_eq!(ends(whole.rate), ends(boxed.rate));
    assert_eq!(ends(whole.rate), ends(wide.rate));
    assert_eq!(ends(whole.exit_time), ends(wide.exit_time));
    assert!(whole.relative_width() < 1e-2, "{whole:?}");
}

pub fn with_trial(toml: &str, cells: [usize; 2], values: &[f64]) -> Result<Certificate, StudyError> {
    let config = Config::from_text("test.toml".as_ref(), toml, &[]).unwrap();
    let (workspace, progress) = (Workspace::default(), Progress::default());
    certify_with(&config.problem().unwrap(), cells, values, Resources::available(&workspace, &progress))
}

proptest! {
    #![proptest_config(crate::cases(24))]

    /// Noise, another temperature, another shape, a second mode mixed in: the interval is wide, and the rate is inside.
    #[test]
    fn spoiled_trials_widen_the_interval(
        noise in 0.0..0.3f64, steepness in 0.3..3.0f64, tilt in -0.5..0.5f64, second in -0.3..0.3f64, seed in 0u64..1000,
    ) {
        // The interval of the finest grid of the table.
        let (low, high) = (7.74937176956e-5, 7.74937182498e-5);
        let cells = [24, 24];
        let value = |cell: usize| {
            let (i, j) = (cell / cells[1], cell % cells[1]);
            let x = -1.6 + 1.6 * (i as f64 + 0.5) / cells[0] as f64;
            let y = -1.0 + 3.0 * (j as f64 + 0.5) / cells[1] as f64;
            let random = ((cell as u64 + 1).wrapping_mul(6364136223846793005).wrapping_add(seed * 1442695040888963407) >> 33) as f64;
            let clean = libm_erf(-steepness * 4.0 * x * (1.0 + tilt * y)).max(0.0);
            let mixed = clean * (1.0 + second * (y - 0.5)) * (1.0 + noise * (random / 2f64.powi(31) - 0.5));
            mixed.clamp(0.0, 1.0)
        };
        let values: Vec<f64> = (0..cells[0] * cells[1]).map(value).collect();
        match with_trial(&curved(0.1), cells, &values) {
            Ok(found) => {
                let [lower, upper] = ends(found.rate);
                prop_assert!(lower <= high && upper >= low, "[{lower}, {upper}]");
                prop_assert!(width(found.rate) > 1e-6);
            }
            Err(StudyError::Certificate(CertificateError::NoGap { .. })) => {}
            Err(error) => prop_assert!(false, "{error}"),
        }
    }
}

/// erf to three digits is enough for a trial function: tanh.
fn libm_erf(x: f64) -> f64 {
    (std::f64::consts::FRAC_2_SQRT_PI * x + 0.1009 * x.powi(3)).tanh()
}

#[test]
fn what_is_no_trial_function_is_refused() {
    for (cells, values) in
        [([4, 4], vec![1.0; 15]), ([2, 8], vec![1.0; 16]), ([4, 4], vec![-1.0; 16]), ([4, 4], vec![f64::NAN; 16])]
    {
        let refused = with_trial(&curved(0.1), cells, &values);
        assert!(matches!(refused, Err(StudyError::Certificate(CertificateError::NoTrial))), "{refused:?}");
    }
}

/// Two modes of free diffusion mixed, for which Temple's quotient is γ itself if ρ = λ₂ and above γ if ρ is larger.
#[test]
fn a_mixture_of_two_modes_needs_a_second_rate_that_is_a_bound() {
    use std::f64::consts::{FRAC_PI_4, PI};
    let toml = "landscape = { expression = '0*x', dimension = 2 }
         noise = { kind = 'isotropic', temperature = 0.7 }
         domain = { lower = [0, 0], upper = [2, 1], walls = { x = ['reflecting', 'absorbing'] } }";
    let (exact, second) = (0.7 * PI * PI / 16.0, 0.7 * PI * PI * 9.0 / 16.0);
    let cells = [64, 8];
    for share in [-0.3, -0.1, 0.1, 0.3] {
        let value = |cell: usize| {
            let x = 2.0 * ((cell / cells[1]) as f64 + 0.5) / cells[0] as f64;
            (FRAC_PI_4 * x).cos() + share * (3.0 * FRAC_PI_4 * x).cos()
        };
        let values: Vec<f64> = (0..cells[0] * cells[1]).map(value).collect();
        let found = with_trial(toml, cells, &values).unwrap();
        let ([low, high], rho) = (ends(found.rate), found.second_rate.value());
        assert!(low <= exact && exact < high && rho <= second, "{share}: [{low}, {high}] of {exact}, {rho}");
        assert!(low > 0.95 * exact, "{share}: a good bound of λ₂ loses little: {low} of {exact}");
    }
}

/// What is estimated of the rule and of rounding moves either end outwards, and the bound of λ₂ only further.
#[test]
fn ends_are_moved_outwards_by_what_is_estimated() {
    for (temperature, cells) in [(0.1, [48, 48]), (0.02, [32, 32]), (0.02, [96, 96])] {
        let found = certificate(&curved(temperature), cells);
        let ([low, high], best) = (ends(found.rate), found.best.value());
        assert!(low <= best * (1.0 - 1e-12 + 1e-15) && high >= best * (1.0 + 1e-12), "{found:?}");
        // Cells as wide as the saddle: what eight nodes leave shows against six.
        assert!(cells != [32, 32] || low < best * (1.0 - 1e-11), "{low:e} of {best:e}");
    }
}

/// A set is a rectangle by whatever words: the domain's wall, a box, comparisons of coordinates, and the basin of a
/// well whose separatrix is a line. A condition on both coordinates is none.
#[test]
fn rectangles_in_other_words() {
    let posed = |upper: f64, walls: &str, valley: &str| {
        format!(
            "landscape = {{ expression = '(x^2-1)^2 + 2*y^2 + 0.3*(x^2-1)^2*y^2' }}
             noise = {{ kind = 'isotropic', temperature = 0.1 }}
             domain = {{ lower = [-1.7, -1.5], upper = [{upper}, 1.5]{walls} }}
             valley = {{ minimum = [-1, 0]{valley} }}"
        )
    };
    let by_wall =
        certificate(&posed(0.0, ", walls = { x = ['reflecting', 'absorbing'] }", ", set = 'whole'"), [48, 48]);
    assert!(width(by_wall.rate) < 1e-4);
    for valley in [
        ", set = 'x < 0'",
        ", set = '-5 < x < 0 and not (y > 2)'",
        ", set = 'box', box = { lower = [-3, -3], upper = [0, 3] }",
        ", set = 'basin'",
    ] {
        let found = certificate(&posed(0.8, "", valley), [48, 48]);
        for (own, known) in found.rate.into_iter().zip(by_wall.rate) {
            assert!((own.over(known).value() - 1.0).abs() < 1e-10, "{valley}");
        }
    }
    for valley in
        [", set = 'x + 0.1*y < 0'", ", set = 'x^2 + y^2 < 4 and x < 0'", ", set = 'x < 0 and (y < 0.7 or y > 0.70001)'"]
    {
        let text = posed(0.8, "", valley) + "\nsolve = { quantities = ['certificate'] }\ngrid = { cells = [24, 24] }";
        let config = Config::from_text("test.toml".as_ref(), &text, &[]).unwrap();
        let found = saddleflux::study::run(&config.problem().unwrap(), &config.request, &Progress::default());
        let error = found.expect_err(valley);
        assert!(matches!(error, StudyError::Certificate(CertificateError::NotARectangle)), "{error:?}");
    }
}
