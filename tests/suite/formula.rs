//! Theorems 3.1 and 3.2 against the quadrature, like with like.

use std::f64::consts::PI;
use std::sync::Arc;

use saddleflux::formula::quadrature::{Breakpoint, End, Passage};
use saddleflux::formula::{
    Condition, CriticalPlace, FormulaInput, Formulas, Omission, SaddleCrossing, evaluate, first_correction,
};
use saddleflux::problem::landscape::Formula;
use saddleflux::problem::{CriticalPoint, DiffusionField, Dynamics, Landscape, Saddle};
use saddleflux::problem::{Interpretation, Minibatch, NoiseKind};
use saddleflux::tensor::{Point, Tensor};

/// L = x⁴/4 − x²/2 (+ ½ c y² in two dimensions): minima at ±1 with H = 2, saddle at 0 with H = −1, barrier ¼.
#[derive(Clone, Copy)]
struct Quartic {
    transverse: Option<f64>,
}

impl Landscape for Quartic {
    fn dimension(&self) -> usize {
        1 + usize::from(self.transverse.is_some())
    }

    fn value(&self, [x, y]: Point) -> f64 {
        x.powi(4) / 4.0 - x * x / 2.0 + 0.5 * self.transverse.unwrap_or(0.0) * y * y
    }

    fn gradient(&self, [x, y]: Point) -> Point {
        [x.powi(3) - x, self.transverse.unwrap_or(0.0) * y]
    }

    fn hessian(&self, [x, _]: Point) -> Tensor {
        Tensor { xx: 3.0 * x * x - 1.0, xy: 0.0, yy: self.transverse.unwrap_or(0.0) }
    }

    fn typical_box(&self) -> (Point, Point) {
        ([-2.0, -2.0], [2.0, 2.0])
    }
}

/// D(x) as a closure, along x only.
struct Along<F>(F, Option<f64>);

impl<F: Fn(f64) -> f64 + Send + Sync> DiffusionField for Along<F> {
    fn tensor(&self, [x, _]: Point) -> Tensor {
        let d = (self.0)(x);
        Tensor { xx: d, xy: 0.0, yy: d }
    }

    fn constant(&self) -> Option<f64> {
        self.1
    }
}

fn critical(landscape: Quartic, theta: Point) -> CriticalPoint {
    let hessian = landscape.hessian(theta);
    let eigen = hessian.eigen(landscape.dimension());
    CriticalPoint {
        theta,
        loss: landscape.value(theta),
        hessian,
        eigenvalues: eigen.values,
        eigenvectors: eigen.vectors,
        jacobian: None,
        cusp: None,
    }
}

struct Case<'a> {
    landscape: Quartic,
    noise: NoiseKind,
    diffusion: &'a dyn DiffusionField,
    interpretation: Interpretation,
    breakpoints: &'a [Breakpoint],
    factors: &'a [f64],
}

impl Case<'_> {
    fn formulas(&self) -> Formulas {
        let crossing = |factor: &f64| SaddleCrossing {
            saddle: Saddle {
                point: critical(self.landscape, [0.0, 0.0]),
                escape_direction: [1.0, 0.0],
                connects: [Some(0), Some(1)],
            },
            absorption_factor: *factor,
            departure: None,
        };
        let saddles: Vec<SaddleCrossing> = self.factors.iter().map(crossing).collect();
        evaluate(&FormulaInput {
            dimension: self.landscape.dimension(),
            minimum: &critical(self.landscape, [-1.0, 0.0]),
            saddles: &saddles,
            dynamics: &Dynamics::Loss(Arc::new(self.landscape)),
            diffusion: self.diffusion,
            noise: &self.noise,
            floor: 0.0,
            interpretation: self.interpretation,
            breakpoints: self.breakpoints,
            other_wells: 0,
        })
    }
}

fn passage<'a>(
    diffusion: &'a dyn Fn(f64) -> f64,
    interpretation: Interpretation,
    upper: f64,
    breakpoints: &'a [Breakpoint],
) -> Passage<'a> {
    Passage {
        slope: &|x| x.powi(3) - x,
        diffusion,
        interpretation,
        lower: End::Natural { from: -1.0, step: 0.1 },
        upper: End::Absorbing(upper),
        breakpoints,
    }
}

/// The frozen closure: where its noise jumps, and its D.
fn frozen(ratio: f64, s: f64) -> ([f64; 2], impl Fn(f64) -> f64 + Send + Sync) {
    let jumps = [-(1.0 + s.sqrt()).sqrt(), -(1.0 - s.sqrt()).sqrt()];
    (jumps, move |x| 0.5 * ratio * if x > jumps[0] && x < jumps[1] { 2.0 } else { 1.0 })
}

/// τ over Theorem 3.2 (isothermal prefactor), killed at +1, by quadrature and the program's formula together.
fn over_theorem(ratio: f64, s: f64, interpretation: Interpretation) -> f64 {
    let (jumps, noise) = frozen(ratio, s);
    let jumps = jumps.map(Breakpoint::from);
    let time = passage(&noise, interpretation, 1.0, &jumps).mean_first_passage(-1.0).unwrap();
    let case = Case {
        landscape: Quartic { transverse: None },
        noise: NoiseKind::Frozen {
            minibatch: Minibatch { learning_rate: ratio, batch_size: 1.0 },
            s,
            valleys: Vec::new(),
        },
        diffusion: &Along(&noise, None),
        interpretation,
        breakpoints: &jumps,
        factors: &[1.0],
    };
    let theorem = case.formulas().theorem_3_2.unwrap();
    assert_relative_eq!(theorem.s_effective.unwrap(), s, max_relative = 1e-12);
    assert_eq!(theorem.s, s);
    let (h_b, exponent) = (1.0, 2.0 * 0.25 / ratio * (s / 2.0 + (1.0 - s)));
    assert_relative_eq!(theorem.isothermal.value.value(), h_b / (2.0 * PI) * (-exponent).exp(), max_relative = 1e-12);
    assert_relative_eq!(theorem.ito.value.value(), 2.0 * theorem.isothermal.value.value(), max_relative = 1e-14);
    time.value * theorem.isothermal.value.value()
}

/// τ_isothermal/τ_thm → 1 and τ_Itô/τ_thm → |H_be|/H_ae = ½ as η/B → 0, linearly; Stratonovich lands between, at the
/// geometric mean.
#[test]
fn frozen_closure() {
    for s in [0.5, 0.25] {
        for (interpretation, limit) in [
            (Interpretation::Isothermal, 1.0),
            (Interpretation::Stratonovich, 0.5f64.sqrt()),
            (Interpretation::Ito, 0.5),
        ] {
            let error = |ratio: f64| over_theorem(ratio, s, interpretation) - limit;
            for ratio in [0.005, 0.0025, 0.00125] {
                let (here, half) = (error(ratio), error(0.5 * ratio));
                assert!(
                    (2.0 * half / here - 1.0).abs() < 4.0 * ratio,
                    "not linear: {s} {interpretation:?} {ratio} {here} {half}"
                );
                // What linear extrapolation leaves is of second order: at most 2.4 (η/B)² for this landscape.
                assert!(
                    (2.0 * half - here).abs() < 3.0 * ratio * ratio,
                    "{s} {interpretation:?} {ratio} {}",
                    2.0 * half - here
                );
            }
        }
    }
}

fn isotropic(d: f64, transverse: Option<f64>, factors: &[f64]) -> Formulas {
    Case {
        landscape: Quartic { transverse },
        noise: NoiseKind::Isotropic { temperature: d },
        diffusion: &Along(|_| d, Some(d)),
        interpretation: Interpretation::Ito,
        breakpoints: &[],
        factors,
    }
    .formulas()
}

/// γ/Kramers → 1 with an error linear in d/ΔL, killed beyond the saddle (factor 1) and at it (factor 2): the range that
/// the docs state.
#[test]
fn kramers_is_approached_linearly() {
    for (upper, factor) in [(1.0, 1.0), (0.0, 2.0)] {
        let error = |inverse: f64| {
            let d = 0.25 / inverse;
            let rate = passage(&|_| d, Interpretation::Ito, upper, &[]).escape_rate().unwrap().rate.value;
            rate / isotropic(d, None, &[factor]).kramers.unwrap().value.value() - 1.0
        };
        assert!(error(5.0).abs() < 0.1 && error(20.0).abs() < 0.02 && error(40.0).abs() < 0.01);
        let (here, half) = (error(100.0), error(200.0));
        assert!((2.0 * half / here - 1.0).abs() < 0.03, "{here} {half}");
        assert!((2.0 * half - here).abs() < 1e-4, "{}", 2.0 * half - here);
    }
}

/// The transverse curvature cancels when it is the same at both points, two equal saddles double the rate, the factor
/// multiplies it.
#[test]
fn kramers_adds_saddles() {
    let value = |transverse, factors: &[f64]| isotropic(0.02, transverse, factors).kramers.unwrap().value.value();
    let one = value(None, &[1.0]);
    assert_relative_eq!(one, 2f64.sqrt() / (2.0 * PI) * (-12.5f64).exp(), max_relative = 1e-14);
    assert_relative_eq!(value(Some(3.0), &[1.0]), one, max_relative = 1e-14);
    assert_relative_eq!(value(Some(3.0), &[1.0, 2.0]), 3.0 * one, max_relative = 1e-14);
}

/// Noise that varies by a factor 3: the effective potential's rate is approached linearly, each interpretation with its
/// own prefactor.
#[test]
fn effective_potential_is_approached_linearly() {
    for interpretation in [Interpretation::Ito, Interpretation::Stratonovich, Interpretation::Isothermal] {
        let error = |heat: f64| {
            let noise = move |x: f64| heat * (1.0 + 0.5 * (2.0 * x).sin());
            let rate = passage(&noise, interpretation, 0.9, &[]).escape_rate().unwrap().rate.value;
            let field = Arc::new(Along(noise, None));
            let formulas = Case {
                landscape: Quartic { transverse: None },
                noise: NoiseKind::Field(field.clone()),
                diffusion: field.as_ref(),
                interpretation,
                breakpoints: &[],
                factors: &[1.0],
            }
            .formulas();
            assert!(formulas.kramers.is_none() && formulas.theorem_3_2.is_none() && formulas.omitted.len() == 2);
            rate / formulas.effective_potential.unwrap().value.value() - 1.0
        };
        let (here, half) = (error(0.004), error(0.002));
        assert!((2.0 * half / here - 1.0).abs() < 0.1, "{interpretation:?} {here} {half}");
        assert!((2.0 * half - here).abs() < 1e-3, "{interpretation:?} {here} {half}");
    }
}

#[test]
fn conditions_know_whether_they_hold() {
    let holds = |formulas: &Formulas, is_meant: fn(&Condition) -> bool| -> Vec<bool> {
        let kramers = formulas.kramers.iter();
        let theorem = formulas.theorem_3_2.iter().map(|theorem| &theorem.ito);
        let conditions = kramers.chain(theorem).flat_map(|rate| &rate.conditions);
        conditions.filter(|condition| is_meant(condition)).map(Condition::holds).collect()
    };
    let high = |condition: &Condition| matches!(condition, Condition::HighBarrier { .. });
    let absorption = |condition: &Condition| matches!(condition, Condition::Absorption { .. });
    let ito = |condition: &Condition| matches!(condition, Condition::Prefactor { belongs_to: Interpretation::Ito, .. });
    let frozen = |condition: &Condition| matches!(condition, Condition::FrozenNoise { .. });
    let injected = |condition: &Condition| matches!(condition, Condition::NoInjectedNoise { .. });
    let at_minimum =
        |condition: &Condition| matches!(condition, Condition::MinibatchNoise { at: CriticalPlace::Minimum, .. });
    let at_saddle =
        |condition: &Condition| matches!(condition, Condition::MinibatchNoise { at: CriticalPlace::Saddle, .. });
    assert_eq!(holds(&isotropic(0.02, None, &[1.0]), high), [true]);
    assert_eq!(holds(&isotropic(0.2, None, &[1.0]), high), [false]);
    assert_eq!(holds(&isotropic(0.2, None, &[2.0]), absorption), [true]);
    assert_eq!(holds(&isotropic(0.2, None, &[1.3]), absorption), [false]);
    assert!(isotropic(0.2, None, &[]).omitted == [Omission::NoSaddle]);

    // η/B = 0.02: D = 0.02 at the minimum and 0.01 at the saddle is what Theorem 3.2 needs.
    let minibatch = Minibatch { learning_rate: 0.02, batch_size: 1.0 };
    let hessian = |at_saddle: f64, interpretation| {
        Case {
            landscape: Quartic { transverse: None },
            noise: NoiseKind::Hessian(minibatch),
            diffusion: &Along(move |x: f64| at_saddle + (0.02 - at_saddle) * x * x, None),
            interpretation,
            breakpoints: &[],
            factors: &[1.0],
        }
        .formulas()
    };
    let formulas = hessian(0.01, Interpretation::Ito);
    assert_eq!(holds(&formulas, ito), [true]);
    assert_eq!(holds(&formulas, frozen), [false]);
    assert_eq!(holds(&formulas, at_minimum), [true]);
    assert_eq!(holds(&formulas, at_saddle), [true]);
    assert_eq!(holds(&formulas, injected), [true]);
    assert_eq!(holds(&hessian(0.02, Interpretation::Isothermal), ito), [false]);
    assert_eq!(holds(&hessian(0.02, Interpretation::Ito), at_saddle), [false]);
    // D = 0.01 (1 + x²): ∫_{−1}^0 (x³ − x)/D dx = 100 ∫₀¹ (x − x³)/(1 + x²) dx = 100 (ln 2 − ½).
    let theorem = formulas.theorem_3_2.unwrap();
    let s = (0.01 * 100.0 * (2f64.ln() - 0.5) / 0.25 - 1.0) / (0.5 - 1.0);
    assert_relative_eq!(theorem.s_effective.unwrap(), s, max_relative = 1e-12);
}

/// In two dimensions the theorem needs the escape direction to be an eigenvector at the minimum.
#[test]
fn theorem_3_2_in_two_dimensions() {
    let case = Case {
        landscape: Quartic { transverse: Some(5.0) },
        noise: NoiseKind::Hessian(Minibatch { learning_rate: 0.02, batch_size: 1.0 }),
        diffusion: &Along(|x: f64| 0.01 * (1.0 + x * x), None),
        interpretation: Interpretation::Ito,
        breakpoints: &[],
        factors: &[1.0],
    };
    let theorem = case.formulas().theorem_3_2.unwrap();
    let exponent: f64 = 2.0 * 0.25 / 0.02 * (0.5 / 2.0 + 0.5);
    assert_relative_eq!(theorem.isothermal.value.value(), (-exponent).exp() / (2.0 * PI), max_relative = 1e-13);
    assert!(theorem.s_effective.is_none());
    let aligned = theorem.ito.conditions.iter().find(|condition| matches!(condition, Condition::AlignedEscape { .. }));
    assert!(aligned.unwrap().holds());
}

/// A set that ends a thousandth from Kramers' rate ends beyond the saddle; the others are told by the side on which they
/// end.
#[test]
fn conditions_say_where_the_set_ends() {
    for (factor, holds, says) in [
        (1.0, true, "beyond the saddle"),
        (1.0007, true, "killed beyond the saddle"),
        (1.02, false, "ends shortly beyond it"),
        (2.0, true, "exactly at the saddle"),
        (2.6, false, "ends before it"),
    ] {
        let condition = Condition::Absorption { factor };
        assert_eq!(condition.holds(), holds, "{condition}");
        assert!(condition.to_string().contains(says), "{condition}");
    }
    assert_eq!(Condition::NoInjectedNoise { floor: 0.0 }.to_string(), "no injected noise: the floor is 0");
}

/// The coefficient of the first correction for a formula of the loss.
fn correction(text: &str, dimension: usize, minimum: Point, saddle: Point) -> f64 {
    let loss = Arc::new(Formula::new(text, dimension).unwrap());
    first_correction(&Dynamics::Loss(loss), dimension, minimum, saddle, 1e-3)
}

/// −(5L‴²/24L″³ − L⁗/8L″²) of the minimum and 5L‴²/24|L″|³ + L⁗/8L″² of the saddle, −¾ each for the quartic. The other
/// direction of a separable loss has the same share in the mass and in the capacity, at every angle.
#[test]
fn the_first_correction_is_laplace_s_where_the_loss_separates() {
    assert_relative_eq!(correction("x^4/4 - x^2/2", 1, [-1.0, 0.0], [0.0; 2]), -1.5, max_relative = 1e-5);
    let [sine, cosine] = [0.5f64, 0.75f64.sqrt()];
    for [s, c] in [[0.0, 1.0], [sine, cosine], [-cosine, sine], [1.0, 0.0]] {
        let (u, v) = (format!("({c:?}*x + {s:?}*y)"), format!("({c:?}*y - {s:?}*x)"));
        let text = format!("{u}^4/4 - {u}^2/2 + 1.5*{v}^2 + {v}^3/5 + {v}^4/7");
        assert_relative_eq!(correction(&text, 2, [-c, -s], [0.0; 2]), -1.5, max_relative = 1e-5);
    }
}

/// Valleys that bend and widen: the coefficients from exact derivatives, with the equation (|H_be| − 𝓛) g = f solved by SymPy.
/// k L has 1/k of the coefficient, and lengths do not enter.
#[test]
fn the_first_correction_knows_bent_valleys() {
    let bent = |scale: &str, x: &str, y: &str| format!("{scale}*((({x})^2 - 1)^2 + 2*(({y}) - ({x})^2/2)^2)");
    let [plain, steep] = ["1", "3"].map(|scale| correction(&bent(scale, "x", "y"), 2, [-1.0, 0.5], [0.0; 2]));
    assert_relative_eq!(plain, -11.0 / 24.0, max_relative = 1e-5);
    assert_relative_eq!(steep, plain / 3.0, max_relative = 1e-8);
    let stretched = correction(&bent("1", "x/2", "y/2"), 2, [-2.0, 1.0], [0.0; 2]);
    assert_relative_eq!(stretched, plain, max_relative = 1e-5);
    let mirrored = correction(&bent("1", "-y", "x"), 2, [0.5, 1.0], [0.0; 2]);
    assert_relative_eq!(mirrored, plain, max_relative = 1e-6);
    let widening = "(x^2 - 1)^2 + (1 + x/2)*y^2 + x*y^3/4";
    assert_relative_eq!(correction(widening, 2, [-1.0, 0.0], [0.0; 2]), -103.0 / 128.0, max_relative = 1e-5);
}
