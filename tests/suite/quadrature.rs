//! The 1D quadrature: exact answers, and the laws that it must obey.

use proptest::prelude::*;
use saddleflux::formula::quadrature::{Breakpoint, End, Passage, QuadratureError, scale_depth};
use saddleflux::problem::Interpretation;
use saddleflux::scaled::Scaled;
use saddleflux::study::solution::{PassageTime, QuadratureCheck, RateEstimate};
use saddleflux::study::warning::{ByQuadrature, QuadratureAlone};

use crate::gallery::STYBLINSKI_TANG;

const ITO: Interpretation = Interpretation::Ito;

fn styblinski_tang<'a>(diffusion: &'a dyn Fn(f64) -> f64) -> Passage<'a> {
    Passage {
        slope: &|x| 2.0 * x.powi(3) - 16.0 * x + 2.5,
        diffusion,
        interpretation: ITO,
        lower: End::Natural { from: -2.9, step: 0.5 },
        upper: End::Absorbing(0.15673125128124467),
        breakpoints: &[],
    }
}

/// 1/τ at T = 1, 0.3 and 0.1 in 30-digit arithmetic (mpmath 1.3, 30-node Gauss–Legendre panels): the quadrature keeps
/// 14 digits behind a barrier of 392 units of noise.
const MULTIPRECISION: [(f64, f64); 3] =
    [(1.0, 5.975925914024697e-17), (0.3, 7.776563206715456e-57), (0.1, 8.451168662878473e-171)];

#[test]
fn styblinski_tang_in_thirty_digits() {
    for (temperature, inverse_time) in MULTIPRECISION {
        let diffusion = |_| temperature;
        let time = styblinski_tang(&diffusion).mean_first_passage(-2.903534027771177).unwrap();
        assert_relative_eq!(1.0 / time.value, inverse_time, max_relative = 2e-14);
    }
}

#[test]
fn styblinski_tang_table() {
    for (temperature, gamma, inverse_time) in STYBLINSKI_TANG {
        let diffusion = |_| temperature;
        let passage = styblinski_tang(&diffusion);
        let time = passage.mean_first_passage(-2.903534027771177).unwrap();
        let rate = passage.escape_rate().unwrap();
        // The table is printed to 13 digits, and to 12 at T = 0.1.
        let printed = if temperature < 0.2 { 6e-13 } else { 1e-13 };
        assert_relative_eq!(1.0 / time.value, inverse_time, max_relative = printed);
        assert_relative_eq!(rate.rate.value, gamma, max_relative = printed);
        assert!(rate.bracket[0] >= 1.0 - 2e-12 && rate.bracket[1] <= 1.0 + 2e-12);
        assert!(time.relative_error < 1e-13 && rate.rate.relative_error < 1e-13);
    }
}

fn gamma_of(passage: &Passage) -> f64 {
    passage.escape_rate().unwrap().rate.value
}

fn time_of(passage: &Passage, start: f64) -> f64 {
    passage.mean_first_passage(start).unwrap().value
}

#[test]
fn free_diffusion() {
    let (d, length) = (0.7, 2.5);
    let mut passage = Passage {
        slope: &|_| 0.0,
        diffusion: &|_| d,
        interpretation: ITO,
        lower: End::Absorbing(0.0),
        upper: End::Absorbing(length),
        breakpoints: &[],
    };
    let first = d * (std::f64::consts::PI / length).powi(2);
    assert_relative_eq!(gamma_of(&passage), first, max_relative = 2e-14);
    for x in [0.0, 1e-9, 0.3, 1.25, 2.4, length] {
        assert_relative_eq!(time_of(&passage, x), x * (length - x) / (2.0 * d), max_relative = 2e-14);
    }
    passage.lower = End::Reflecting(0.0);
    assert_relative_eq!(gamma_of(&passage), first / 4.0, max_relative = 2e-14);
    for x in [0.0, 0.3, 1.25, 2.4] {
        let exact = (length - x) * (length + x) / (2.0 * d);
        assert_relative_eq!(time_of(&passage, x), exact, max_relative = 2e-14);
    }
}

/// Ornstein–Uhlenbeck from 0 to b > 0 (ω = D = 1, natural below): τ = √(π/2) ∫₀^b e^{y²/2} [1 + erf(y/√2)] dy, as the
/// series Σ_{n≥1} (√2 b)^n Γ(n/2) / (2 n!) (Ricciardi and Sato 1988): positive terms.
fn ornstein_uhlenbeck_time(b: f64) -> f64 {
    // Γ(n/2)/n! by recursion from Γ(1/2) and Γ(1).
    let mut gamma = [std::f64::consts::PI.sqrt(), 1.0];
    let (mut power, mut factorial, mut sum) = (1.0, 1.0, 0.0);
    for n in 1..150 {
        power *= std::f64::consts::SQRT_2 * b;
        factorial *= n as f64;
        sum += power * gamma[(n - 1) % 2] / (2.0 * factorial);
        gamma[(n - 1) % 2] *= 0.5 * n as f64;
    }
    sum
}

#[test]
fn ornstein_uhlenbeck_passage() {
    for b in [0.5, 1.0, 2.0, 5.0] {
        let (omega, d) = (3.0, 0.2f64);
        let length = (d / omega).sqrt();
        let passage = Passage {
            slope: &|x| omega * x,
            diffusion: &|_| d,
            interpretation: ITO,
            lower: End::Natural { from: 0.0, step: 0.1 },
            upper: End::Absorbing(b * length),
            breakpoints: &[],
        };
        assert_relative_eq!(time_of(&passage, 0.0), ornstein_uhlenbeck_time(b) / omega, max_relative = 3e-14);
    }
}

/// The survivors of Ornstein–Uhlenbeck killed at 0 are its odd eigenfunctions: γ = ω. At the zeros of He₂ and He₃: 2ω,
/// 3ω.
#[test]
fn ornstein_uhlenbeck_rates() {
    let rate = |edge: f64| {
        gamma_of(&Passage {
            slope: &|x| 1.7 * x,
            diffusion: &|_| 1.7,
            interpretation: ITO,
            lower: End::Natural { from: edge, step: 1.0 },
            upper: End::Absorbing(edge),
            breakpoints: &[],
        })
    };
    assert_relative_eq!(rate(0.0), 1.7, max_relative = 2e-14);
    assert_relative_eq!(rate(-1.0), 2.0 * 1.7, max_relative = 2e-14);
    assert_relative_eq!(rate(-3f64.sqrt()), 3.0 * 1.7, max_relative = 2e-14);
}

/// D = 0.05 (1 + ½ sin 2x) on the double well x⁴/4 − x²/2 from −1 to 0.6: τ and γ by the Python package kramers 0.1.0
/// (Green's function on Chebyshev panels), with a reflecting end at −2.5 and with an absorbing one at −1.3.
#[test]
fn position_dependent_noise_against_another_program() {
    let (ito, stratonovich, isothermal) = (ITO, Interpretation::Stratonovich, Interpretation::Isothermal);
    let (closed, open) = (End::Reflecting(-2.5), End::Absorbing(-1.3));
    let table = [
        (ito, closed, 32087.29569629089, 3.1168433464013324e-05),
        (ito, open, 19.20615946849417, 0.052381488749844135),
        (stratonovich, closed, 23762.087797329234, 4.2090192971066086e-05),
        (stratonovich, open, 17.03213233737049, 0.05915939983036215),
        (isothermal, closed, 17821.442230632198, 5.61235490374619e-05),
        (isothermal, open, 15.137759495587902, 0.06668246888282423),
    ];
    for (interpretation, lower, time, gamma) in table {
        let passage = Passage {
            slope: &|x| x.powi(3) - x,
            diffusion: &|x| 0.05 * (1.0 + 0.5 * (2.0 * x).sin()),
            interpretation,
            lower,
            upper: End::Absorbing(0.6),
            breakpoints: &[],
        };
        assert_relative_eq!(time_of(&passage, -1.0), time, max_relative = 1e-12);
        assert_relative_eq!(gamma_of(&passage), gamma, max_relative = 1e-12);
    }
}

/// A stochastic calculus is a drift: isothermal = Itô with b + D', Stratonovich = Itô with b + ½D', which is constant
/// noise in y = ∫dx/√D.
#[test]
fn interpretations_are_drifts() {
    let diffusion = |x: f64| 0.1 * (1.0 + x * x);
    let with = |interpretation, share: f64| Passage {
        slope: Box::leak(Box::new(move |x: f64| x.powi(3) - x - share * 0.2 * x)),
        diffusion: &diffusion,
        interpretation,
        lower: End::Reflecting(-2.5),
        upper: End::Absorbing(0.7),
        breakpoints: &[],
    };
    for (interpretation, share) in [(Interpretation::Isothermal, 1.0), (Interpretation::Stratonovich, 0.5)] {
        let (read, drifted) = (with(interpretation, 0.0), with(ITO, share));
        assert_relative_eq!(time_of(&read, -1.0), time_of(&drifted, -1.0), max_relative = 2e-14);
        assert_relative_eq!(gamma_of(&read), gamma_of(&drifted), max_relative = 2e-14);
    }
    // x = sinh(√0.1 y): dx/dy = √D, so that the slope becomes L'(x)/√D and the noise 1.
    let r = 0.1f64.sqrt();
    let place = |x: f64| x.asinh() / r;
    let transformed = Passage {
        slope: &|y| {
            let x = (r * y).sinh();
            (x.powi(3) - x) / diffusion(x).sqrt()
        },
        diffusion: &|_| 1.0,
        interpretation: ITO,
        lower: End::Reflecting(place(-2.5)),
        upper: End::Absorbing(place(0.7)),
        breakpoints: &[],
    };
    let read = with(Interpretation::Stratonovich, 0.0);
    assert_relative_eq!(time_of(&read, -1.0), time_of(&transformed, place(-1.0)), max_relative = 3e-14);
    assert_relative_eq!(gamma_of(&read), gamma_of(&transformed), max_relative = 3e-14);
}

/// A jump that no breakpoint names costs panels, not digits.
#[test]
fn unnamed_jumps_are_found() {
    let with = |breakpoints| Passage {
        slope: &|x| x.powi(3) - x,
        diffusion: &|x| if x < -0.3217 { 0.02 } else { 0.05 },
        interpretation: ITO,
        lower: End::Reflecting(-2.0),
        upper: End::Absorbing(0.5),
        breakpoints,
    };
    let places = [-0.3217, 7.0].map(Breakpoint::from);
    let (named, unnamed) = (with(&places), with(&[]));
    assert_relative_eq!(time_of(&named, -1.0), time_of(&unnamed, -1.0), max_relative = 1e-12);
    assert_relative_eq!(gamma_of(&named), gamma_of(&unnamed), max_relative = 1e-12);
}

/// [H]₊ over a small floor: kinks where H changes sign, and a noise that varies by 10⁸. Named or not, the same answer
/// within its estimated error; as the floor falls the rate falls, without bound by Feller's test.
#[test]
fn hessian_noise_over_a_floor() {
    let mut last = f64::INFINITY;
    let kinks = [-(1f64 / 3.0).sqrt(), (1f64 / 3.0).sqrt()].map(Breakpoint::from);
    for floor in [1e-2, 1e-4, 1e-6, 1e-8] {
        let diffusion = |x: f64| 0.05 * (3.0 * x * x - 1.0).abs() + floor;
        let with = |breakpoints| Passage {
            slope: &|x| x.powi(3) - x,
            diffusion: &diffusion,
            interpretation: ITO,
            lower: End::Natural { from: -1.0, step: 0.2 },
            upper: End::Absorbing(0.0),
            breakpoints,
        };
        let named = with(&kinks).escape_rate().unwrap().rate;
        let unnamed = with(&[]).escape_rate().unwrap().rate;
        // The place of a kink is a rounded number, which moves the answer by about 1e-16/floor: the estimate knows.
        let claimed = named.relative_error + unnamed.relative_error;
        assert!(claimed < 1e-14 + 1e-15 / floor, "{floor} {claimed}");
        assert_relative_eq!(named.value, unnamed.value, max_relative = 5.0 * claimed);
        assert!(named.log < last);
        last = named.log;
    }
    let bare = Passage {
        slope: &|x| x.powi(3) - x,
        diffusion: &|x| 0.05 * (3.0 * x * x - 1.0).abs(),
        interpretation: ITO,
        lower: End::Reflecting(-2.0),
        upper: End::Absorbing(0.0),
        breakpoints: &kinks,
    };
    for interpretation in [ITO, Interpretation::Stratonovich, Interpretation::Isothermal] {
        let cut = Passage { interpretation, ..bare };
        assert!(cut.escape_rate().is_err() && cut.mean_first_passage(-1.0).is_err());
    }
}

#[test]
fn a_barrier_beyond_every_number_has_a_logarithm() {
    let passage = Passage {
        slope: &|x| x.powi(3) - x,
        diffusion: &|_| 1e-5,
        interpretation: ITO,
        lower: End::Natural { from: -1.0, step: 0.01 },
        upper: End::Absorbing(0.5),
        breakpoints: &[],
    };
    let time = passage.mean_first_passage(-1.0).unwrap();
    assert!(time.value.is_infinite());
    // Kramers: 2π/√2 e^{ΔL/D}, with a relative error of order D.
    let kramers = (2.0 * std::f64::consts::PI / 2f64.sqrt()).ln() + 0.25 / 1e-5;
    assert!((time.log - kramers).abs() < 1e-4, "{} {kramers}", time.log);
    let depth = scale_depth(passage.slope, passage.diffusion, &[], -1.0, 0.0).unwrap();
    assert_relative_eq!(depth, 25000.0, max_relative = 1e-14);
}

/// T = 0.05 on x² from an absorbing end at 0: what lies beyond x = 6 holds e^{−720} of the probability, and takes no
/// work.
#[test]
fn a_distant_reflecting_end_costs_nothing() {
    let work = std::cell::Cell::new(0usize);
    let slope = |x: f64| {
        work.set(work.get() + 1);
        2.0 * x
    };
    let on = |end: f64| {
        let (zero, end) = (End::Absorbing(0.0), End::Reflecting(end));
        let sides = if matches!(end, End::Reflecting(at) if at > 0.0) { (zero, end) } else { (end, zero) };
        let passage = Passage {
            slope: &slope,
            diffusion: &|_| 0.05,
            interpretation: ITO,
            lower: sides.0,
            upper: sides.1,
            breakpoints: &[],
        };
        work.set(0);
        (gamma_of(&passage), time_of(&passage, 0.3 * if sides.1 == zero { -1.0 } else { 1.0 }), work.get())
    };
    let (rate, time, _) = on(6.0);
    // The first odd eigenfunction of the Ornstein–Uhlenbeck process is x itself.
    assert_relative_eq!(rate, 2.0, max_relative = 1e-12);
    for end in [20.0, 200.0, -200.0, 1e4, 1e8] {
        let (far_rate, far_time, work) = on(end);
        assert_relative_eq!(far_rate, rate, max_relative = 1e-12);
        assert_relative_eq!(far_time, time, max_relative = 1e-12);
        assert!(work < 300_000, "{work} slopes for {end}");
    }
}

/// Through the saddle-node of x² − 1 and down from it: what has fallen by 200 units of noise does not come back, so that
/// the rate is the same however far the absorbing end is, and takes no work.
#[test]
fn a_long_descent_costs_the_rate_nothing() {
    let work = std::cell::Cell::new(0usize);
    let on = |end: f64, sign: f64| {
        let slope = |x: f64| {
            work.set(work.get() + 1);
            sign * (1.0 - x * x)
        };
        let (wall, end) = (End::Reflecting(-sign * 4.0), End::Absorbing(sign * end));
        let sides = if sign > 0.0 { (wall, end) } else { (end, wall) };
        let passage = Passage {
            slope: &slope,
            diffusion: &|_| 0.125,
            interpretation: ITO,
            lower: sides.0,
            upper: sides.1,
            breakpoints: &[],
        };
        work.set(0);
        (gamma_of(&passage), work.get())
    };
    // Not moved: φ falls by 200 only.
    let (rate, _) = on(4.0, 1.0);
    for (end, sign) in [(20.0, 1.0), (20.0, -1.0), (200.0, 1.0), (200.0, -1.0)] {
        let (far, work) = on(end, sign);
        assert_relative_eq!(far, rate, max_relative = 1e-12);
        assert!(work < 300_000, "{work} slopes for {end}");
    }
}

/// A slope without a valley loses at b²/(4D) + Dk², tan kL = −2Dk/b, by modes that crowd: its end is not moved, and inverse
/// iteration says that it is slow.
#[test]
fn a_slope_without_a_valley_is_not_cut() {
    let passage = Passage {
        slope: &|_| -1.0,
        diffusion: &|_| 1.0,
        interpretation: ITO,
        lower: End::Reflecting(0.0),
        upper: End::Absorbing(3000.0),
        breakpoints: &[],
    };
    assert!(matches!(passage.escape_rate(), Err(QuadratureError::SlowIteration { .. })), "{:?}", passage.escape_rate());
}

/// A pocket behind 3000 units of noise holds no probability, but what is in it leaves last: it is not cut off, and its
/// rate is that of the pocket alone.
#[test]
fn a_distant_pocket_keeps_its_rate() {
    let slope = |x: f64| if (30.0..30.5).contains(&x) { -20.0 } else { 100.0 };
    let breakpoints = [30.0, 30.5].map(Breakpoint::from);
    let from = |lower: f64| {
        gamma_of(&Passage {
            slope: &slope,
            diffusion: &|_| 1.0,
            interpretation: ITO,
            lower: End::Absorbing(lower),
            upper: End::Reflecting(80.0),
            breakpoints: &breakpoints,
        })
    };
    assert_relative_eq!(from(0.0), from(29.0), max_relative = 1e-11);
}

#[test]
fn what_cannot_be_answered_is_said() {
    let passage = Passage {
        slope: &|x| x,
        diffusion: &|_| 1.0,
        interpretation: ITO,
        lower: End::Reflecting(-1.0),
        upper: End::Absorbing(1.0),
        breakpoints: &[],
    };
    let closed = Passage { upper: End::Reflecting(1.0), ..passage };
    assert_eq!(closed.escape_rate(), Err(QuadratureError::NothingAbsorbs));
    assert!(matches!(passage.mean_first_passage(2.0), Err(QuadratureError::Outside { .. })));
    let open = Passage { lower: End::Natural { from: 0.0, step: 1.0 }, slope: &|_| 0.0, ..passage };
    assert!(matches!(open.mean_first_passage(0.0), Err(QuadratureError::NotConfining { .. })));
    let negative = Passage { diffusion: &|x| x, ..passage };
    assert!(matches!(negative.escape_rate(), Err(QuadratureError::NotPositive { .. })));
    // D vanishes inside and the slope there pushes back: nothing crosses, and no number is made up.
    let cut = Passage { slope: &|x| x + 3.0, diffusion: &|x| (x - 0.3).abs(), ..passage };
    assert!(cut.mean_first_passage(0.0).is_err());
    assert!(cut.escape_rate().is_err());
}

proptest! {
    #![proptest_config(crate::cases(24))]

    /// Mirror, shift, stretch and time: x → c − x leaves everything; x → λx multiplies L by 1/λ² and D by 1/λ²; time
    /// scales with both.
    #[test]
    fn symmetries(
        tilt in -0.2..0.2f64,
        heat in 0.03..0.3f64,
        swing in -0.6..0.6f64,
        shift in -3.0..3.0f64,
        stretch in 0.2..5.0f64,
        pace in 0.1..10.0f64,
        which in 0..3usize,
        both in any::<bool>(),
    ) {
        let interpretation = [Interpretation::Ito, Interpretation::Stratonovich, Interpretation::Isothermal][which];
        let slope = |x: f64| x.powi(3) - x + tilt;
        let diffusion = |x: f64| heat * (1.0 + swing * x.sin());
        let end = |x: f64| if both { End::Absorbing(x) } else { End::Reflecting(x) };
        let passage = Passage {
            slope: &slope,
            diffusion: &diffusion,
            interpretation,
            lower: end(-2.0),
            upper: End::Absorbing(0.8),
            breakpoints: &[],
        };
        let image = |x: f64| shift - stretch * x;
        let source = |y: f64| (shift - y) / stretch;
        let mirrored = Passage {
            slope: &|y| -pace * stretch * slope(source(y)),
            diffusion: &|y| pace * stretch * stretch * diffusion(source(y)),
            interpretation,
            lower: End::Absorbing(image(0.8)),
            upper: end(image(-2.0)),
            breakpoints: &[],
        };
        let (time, other) = (time_of(&passage, -0.9), time_of(&mirrored, image(-0.9)));
        prop_assert!((time / (pace * other) - 1.0).abs() < 2e-12, "{time} {other}");
        let (rate, other) = (gamma_of(&passage), gamma_of(&mirrored));
        prop_assert!((pace * rate / other - 1.0).abs() < 2e-12, "{rate} {other}");
    }
}

/// A grid with γ = 1 ± 1e-6 and 1/τ = 1 ± 1e-6 beside a quadrature that says these numbers.
fn compared(rate: f64, inverse_time: f64) -> (Option<f64>, Option<f64>, Option<QuadratureAlone>) {
    let one = Scaled::ONE;
    let mut check = QuadratureCheck {
        time: Scaled::new(1.0 / inverse_time),
        ratio: None,
        escape_rate: Some(Scaled::new(rate)),
        escape_ratio: None,
        relative_error: 1e-13,
    };
    let mut grid = RateEstimate {
        value: one,
        bracket: [1.0; 2],
        iterations: 1,
        extrapolated: None,
        discretisation_error: Some(1e-6),
        observed_order: None,
        grids: Vec::new(),
        flux_identity: 0.0,
        converged: true,
    };
    let mut passage =
        PassageTime { from: [0.0; 2], time: one, rate: one, extrapolated: None, discretisation_error: Some(1e-6) };
    let told = check.compare(Some(&mut grid), Some(&mut passage));
    (grid.discretisation_error, passage.discretisation_error, told)
}

#[test]
fn an_odd_check_does_not_win_against_the_grid_and_its_sister() {
    // Both agree; both disagree, and the grid is wrong; one is a little off, and the larger error is stated.
    assert_eq!(compared(1.0 + 1e-8, 1.0 - 1e-8), (Some(1e-6), Some(1e-6), None));
    let (rate, time, told) = compared(1.1, 1.1);
    assert!(rate.unwrap() > 0.09 && time.unwrap() > 0.09 && told.is_none());
    let (rate, time, told) = compared(1.0 + 5e-6, 1.0);
    assert!(rate.unwrap() > 4e-6 && time == Some(1e-6) && told.is_none());
    // One alone is far off.
    let (rate, time, told) = compared(12.8, 1.0);
    assert_eq!((rate, time), (Some(1e-6), Some(1e-6)));
    let told = told.unwrap();
    assert!(
        told.odd == ByQuadrature::EscapeRate && (told.away - 11.8).abs() < 1e-9 && (told.stated - 1e-6).abs() < 1e-9
    );
    let (rate, time, told) = compared(1.0, 0.3);
    assert_eq!((rate, time), (Some(1e-6), Some(1e-6)));
    let told = told.unwrap();
    assert!(
        told.odd == ByQuadrature::PassageTime && (told.away - 0.7).abs() < 1e-9 && (told.stated - 1e-6).abs() < 1e-9
    );
}
