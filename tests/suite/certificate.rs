//! Intervals around the rate of the continuous problem: exact answers inside, and what must widen or break them.

use proptest::prelude::*;
use saddleflux::formula::quadrature::{End, Passage, QuadratureError};
use saddleflux::problem::Interpretation;
use saddleflux::scaled::Scaled;
use saddleflux::study::Solution;
use saddleflux::study::certificate::Certificate;

use crate::gallery;

/// What a problem without `[solve]` and `[grid]` shows on a small grid.
fn solve(toml: &str, quantities: &str) -> Solution {
    gallery::solve(&format!("{toml}\nsolve = {{ quantities = [{quantities}] }}\ngrid = {{ cells = [64] }}"))
}

fn certificate(toml: &str) -> Certificate {
    solve(toml, "'certificate'").certificate.unwrap()
}

fn ends(interval: [Scaled; 2]) -> [f64; 2] {
    interval.map(Scaled::value)
}

/// Asserts that a number with this relative uncertainty lies inside.
fn assert_inside(interval: [Scaled; 2], value: f64, uncertainty: f64, name: &str) {
    let [low, high] = ends(interval);
    let is_inside = low <= value * (1.0 + uncertainty) && value * (1.0 - uncertainty) <= high;
    assert!(low <= high && is_inside, "{name}: {value:e} is not inside [{low:e}, {high:e}]");
}

/// L = ½·1.5·θ², D = 0.3, killed at so many standard deviations σ = √(0.3/1.5) from the minimum, reflecting twelve of
/// them away, where the density is e^{−72} of its peak.
fn ornstein_uhlenbeck(wall: f64) -> String {
    let sigma = (0.3f64 / 1.5).sqrt();
    format!(
        "landscape = {{ kind = 'quadratic', hessian = 1.5 }}
         noise = {{ kind = 'isotropic', temperature = 0.3 }}
         domain = {{ lower = [{}], upper = [{}], walls = {{ x = ['reflecting', 'absorbing'] }} }}",
        -12.0 * sigma,
        wall * sigma
    )
}

/// The smallest ν with D_ν(−c) = 0 (mpmath 1.3, `pcfd` at 30 digits): γ = ων of a particle that is killed at cσ.
const PARABOLIC_CYLINDER: [(f64, f64); 4] = [
    (-0.5, 1.448_686_774_535_172),
    (1.0, 0.388_238_294_706_785_5),
    (2.0, 0.097_274_595_858_843_45),
    (4.0, 0.000_495_738_966_293_061_6),
];

#[test]
fn exact_rates_on_a_line_lie_inside() {
    // A reflecting wall 7.8 standard deviations away is no infinity: it moves the rate by 3e-13, which the interval
    // sees.
    let is_posed = |known: &gallery::Known| known.cells.len() == 1 && !known.name.ends_with("killed at 0");
    for known in gallery::all().into_iter().filter(is_posed) {
        let found = certificate(&known.toml);
        assert_inside(found.rate, known.rate, known.uncertainty, known.name);
        assert!(found.relative_width() < 1e-12, "{}: {:e}", known.name, found.relative_width());
    }
    for (wall, root) in PARABOLIC_CYLINDER {
        let found = certificate(&ornstein_uhlenbeck(wall));
        assert_inside(found.rate, 1.5 * root, 1e-15, "Ornstein and Uhlenbeck");
        assert!(found.relative_width() < 1e-12, "{wall}: {:e}", found.relative_width());
        assert_inside([found.best; 2], 1.5 * root, 1e-13, "the best quotient");
    }
}

/// ℓ²/12D between two ends that absorb, ℓ²/3D with one of them.
#[test]
fn exact_exit_times_on_a_line_lie_inside() {
    for (walls, share) in [("'absorbing', 'absorbing'", 12.0), ("'reflecting', 'absorbing'", 3.0)] {
        let found = certificate(&gallery::free_interval(walls));
        assert_inside(found.exit_time, 4.0 / (share * 0.7), 1e-15, walls);
        assert!(found.exit_time[1].over(found.exit_time[0]).value() - 1.0 < 1e-12);
    }
}

/// λ₂ from separation of variables, and 3ω for an Ornstein–Uhlenbeck process killed at its minimum: the cuts come near,
/// from below.
#[test]
fn the_second_rate_is_bounded_from_below_and_closely() {
    use std::f64::consts::PI;
    let unit = 0.7 * PI * PI / 4.0;
    for (toml, second) in [
        (gallery::free_interval("'absorbing', 'absorbing'"), 4.0 * unit),
        (gallery::free_interval("'reflecting', 'absorbing'"), 2.25 * unit),
        (gallery::free_interval("'absorbing', 'reflecting'"), 2.25 * unit),
        (ornstein_uhlenbeck(0.0), 4.5),
    ] {
        let bound = certificate(&toml).second_rate.value();
        assert!(bound <= second && bound > 0.65 * second, "{bound} of {second}\n{toml}");
    }
}

/// Two wells of unequal depth: the second rate is exponentially small too, and bounded in relative terms.
#[test]
fn several_wells_are_enclosed() {
    let toml = "landscape = { expression = 'cos(2*pi*x) - 0.3*x' }
         noise = { kind = 'isotropic', temperature = 0.1 }
         domain = { lower = [-1], upper = [1], walls = { x = ['absorbing', 'absorbing'] } }
         valley = { set = 'whole' }";
    let found = certificate(toml);
    let exact = solve(toml, "'rate'").quadrature.unwrap().escape_rate.unwrap().value();
    assert_inside(found.rate, exact, 1e-12, "two wells");
    let second = found.second_rate.value();
    assert!(second > found.rate[1].value() && second < 1e-4 && found.relative_width() < 1e-11, "{found:?}");
}

/// Itô's D ∇·: the same process is the isothermal one of the loss L + D, and Stratonovich's of L + D/2.
#[test]
fn every_interpretation_is_enclosed() {
    let toml = |extra: f64, interpretation: &str| {
        format!(
            "landscape = {{ expression = '(x^2-1)^2 + {extra}*0.05*(2 + sin(3*x))' }}
             noise = {{ kind = 'expression', d11 = '0.05*(2 + sin(3*x))', interpretation = '{interpretation}' }}
             domain = {{ lower = [-2], upper = [0.2], walls = {{ x = ['reflecting', 'absorbing'] }} }}
             valley = {{ set = 'whole' }}"
        )
    };
    let [ito, isothermal, stratonovich] =
        [(0.0, "ito"), (1.0, "isothermal"), (0.5, "stratonovich")].map(|(extra, name)| certificate(&toml(extra, name)));
    for other in [isothermal, stratonovich] {
        assert_inside(other.rate, ito.best.value(), 1e-13, "another calculus");
        assert_inside(other.exit_time, ito.exit_time[0].value(), 1e-12, "another calculus");
    }
    assert_inside(ito.rate, ito.best.value(), 0.0, "Itô");
}

/// The finite-volume rate lies inside after its own error, and the summary has the contract's keys.
#[test]
fn a_certificate_stands_beside_the_rate() {
    let toml = gallery::styblinski_tang(0.3);
    let solution = solve(&toml, "'rate', 'certificate'");
    let (rate, found) = (solution.rate.unwrap(), solution.certificate.unwrap());
    let error = rate.discretisation_error.unwrap();
    assert_inside(found.rate, rate.value.value(), error, "the finite-volume rate");
    let section = solution.quantities.get("certificate").unwrap();
    assert_eq!(section["rate"], serde_json::json!(ends(found.rate)));
    assert_eq!(section["exit_time"], serde_json::json!(ends(found.exit_time)));
    assert_eq!(section["relative_width"], serde_json::json!(found.relative_width()));
    assert_eq!(section["lambda2_lower"], serde_json::json!(found.second_rate.value()));
    assert_eq!(section["status"], "estimated");
    assert_eq!(section["best"], serde_json::json!(found.best.value()));
}

/// Below 1e-308 the ends are there as logarithms.
#[test]
fn rates_beyond_ordinary_numbers_are_enclosed() {
    let solution = solve(&gallery::styblinski_tang(0.05), "'certificate'");
    let section = solution.quantities.get("certificate").unwrap();
    let log = |key: &str| [0, 1].map(|end| section[key][end].as_f64().unwrap());
    let [low, high] = log("log_rate");
    // ΔL/T = 39.13/0.05 and Kramers' prefactor.
    assert!(section.get("rate").is_none() && low <= high && high - low < 1e-11 && (-790.0..-770.0).contains(&low));
    assert!((log("log_exit_time")[0] + low).abs() < 1e-9);
}

fn double_well(temperature: &dyn Fn(f64) -> f64) -> Passage<'_> {
    Passage {
        slope: &|x| 4.0 * x * (x * x - 1.0),
        diffusion: temperature,
        interpretation: Interpretation::Ito,
        lower: End::Reflecting(-2.0),
        upper: End::Absorbing(0.3),
        breakpoints: &[],
    }
}

proptest! {
    #![proptest_config(crate::cases(40))]

    /// Trial functions with noise in them, of the wrong shape, or of another problem: wide intervals, and the rate is
    /// inside.
    #[test]
    fn spoiled_trials_widen_the_interval(
        temperature in 0.02..0.5f64, wave in 0.0..0.95f64, number in 1.0..40.0f64, tilt in -3.0..3.0f64,
    ) {
        let diffusion = move |_: f64| temperature;
        let passage = double_well(&diffusion);
        let good = passage.enclosure(-1.0).unwrap();
        let spoiled = |x: f64| (1.0 + wave * (number * x).sin()) * (tilt * x).exp();
        match passage.enclosure_with(-1.0, &spoiled) {
            Ok(bad) => {
                let apart = bad.rate[0].is_greater(good.rate[1]) || good.rate[0].is_greater(bad.rate[1]);
                prop_assert!(!apart, "{bad:?}\n{good:?}");
                let width = |rate: [Scaled; 2]| rate[1].over(rate[0]).value() - 1.0;
                prop_assert!(width(bad.rate) >= 0.5 * width(good.rate));
                let difference = (bad.exit_time[0].over(good.exit_time[0]).value() - 1.0).abs();
                prop_assert!(difference < 1e-6, "the trial has no part in it: {difference:e}");
            }
            // A trial so bad that its quotient is not below the bound of λ₂.
            Err(error) => prop_assert!(matches!(error, QuadratureError::NoGap { .. }), "{error}"),
        }
    }
}

#[test]
fn a_visibly_wrong_trial_is_visibly_wide() {
    let passage = double_well(&|_| 0.3);
    let steep = passage.enclosure_with(-1.0, &|x| (-8.0 * x).exp()).unwrap();
    let width = steep.rate[1].over(steep.rate[0]).value() - 1.0;
    assert!(width > 1e-3, "{width:e}");
}

/// Two modes of free diffusion mixed, for which Temple's quotient is γ itself if ρ = λ₂ and above γ if ρ is larger.
#[test]
fn a_mixture_of_two_modes_needs_a_second_rate_that_is_a_bound() {
    let passage = Passage {
        slope: &|_| 0.0,
        diffusion: &|_| 0.7,
        interpretation: Interpretation::Ito,
        lower: End::Reflecting(0.0),
        upper: End::Absorbing(2.0),
        breakpoints: &[],
    };
    let mode = |k: f64, x: f64| (k * std::f64::consts::FRAC_PI_4 * x).cos();
    let exact = 0.7 * (std::f64::consts::FRAC_PI_4).powi(2);
    for share in [-0.3, -0.1, 0.1, 0.3] {
        let found = passage.enclosure_with(0.0, &|x| mode(1.0, x) + share * mode(3.0, x)).unwrap();
        let [low, high] = ends(found.rate);
        assert!(low <= exact && exact < high, "{share}: [{low}, {high}] of {exact}");
        assert!(low > 0.999 * exact, "{share}: a good bound of λ₂ loses little: {low} of {exact}");
    }
}

/// What is estimated of the rule and of rounding moves either end outwards, and the bound of λ₂ only further.
#[test]
fn ends_are_moved_outwards_by_what_is_estimated() {
    for temperature in [0.01, 0.1, 1.0] {
        let diffusion = move |_: f64| temperature;
        let found = double_well(&diffusion).enclosure(-1.0).unwrap();
        let ([low, high], best) = (ends(found.rate), found.best.value());
        assert!(found.estimated >= 4e-15 && low <= best * (1.0 - found.estimated + 1e-16), "{found:?}");
        assert!(high >= best * (1.0 + found.estimated - 1e-16), "{found:?}");
        let [short, long] = ends(found.exit_time);
        assert!(long / short - 1.0 >= 1.9 * found.estimated, "{found:?}");
    }
}

/// A drift that feeds two parts of the set: inverse iteration from 1 meets the second mode first, and its quotients
/// part before they agree. γ is inside; by quadrature.
#[test]
fn a_second_mode_that_gives_way_slowly() {
    let text = "landscape = { drift = ['-0.914*sin(2*x) - 0.158'] }
        noise = { kind = 'expression', d11 = '0.0339*(1 + 0.52*sin(1.3*x))', interpretation = 'isothermal' }
        domain = { lower = [-1.57], upper = [-0.059], walls = { x = ['reflecting', 'absorbing'] } }
        grid = { cells = [50] }
        valley = { set = 'whole', from = [-0.81] }
        solve = { quantities = ['rate', 'certificate'] }";
    let solution = crate::gallery::solve(text);
    let exact = solution.quadrature.unwrap().escape_rate.unwrap();
    let certificate = solution.certificate.unwrap();
    let [low, high] = certificate.rate.map(|side| side.over(exact).value());
    assert!(low <= 1.0 + 1e-13 && high >= 1.0 - 1e-13 && certificate.relative_width() < 1e-10, "[{low}, {high}]");
}
