//! Theorem 3.2: the escape time of SGD, with the noise of the minibatch gradient.
//!
//! ```text
//! τ = 2π/|H_be| · exp[ (2BΔL/η) · ( s/H_ae + (1−s)/|H_be| ) ]                  isothermal: as in the paper
//! τ_Itô = (|H_be|/H_ae) · τ                                                      Itô: the paper's Fokker–Planck equation
//! ```
//!
//! It is exact, as η/B → 0, for the closure D = η/(2B)[H_a]₊ below L_s = (1−s)L(a) + sL(b) in the start valley and D =
//! η/(2B)[H_b]₊ elsewhere (`frozen`), in one dimension. The paper's proof drops the term P∇D, which makes its current
//! the isothermal one, while its Fokker–Planck equation is Itô: the exponent is the same, the prefactor is not
//! (Stratonovich: the geometric mean). The rate is multiplied by 2 if the set is killed exactly at the saddle, and
//! summed over saddles by Rule 1.
//!
//! H_be is the negative eigenvalue at the saddle with unit eigenvector e, and H_ae = e·H_a e, the curvature of the
//! minimum along e: an eigenvalue of H_a when e is an eigenvector there too, which the theorem assumes and a condition
//! measures.
//!
//! Measured range, for `frozen` with s = ½, L = x⁴/4 − x²/2 from −1, killed at +1: the passage time by
//! [`super::quadrature`] divided by the isothermal τ:
//!
//! ```text
//! η/B                                0.04        0.02         0.01         0.005       0.0025      0.00125
//! exponents from a to s, from s to b 3.1, 6.3    6.3, 12.5    12.5, 25     25, 50      50, 100     100, 200
//! isothermal equation                1.0459      1.0243       1.0117       1.0057      1.0028      1.0014
//! Itô equation                       0.5278      0.5123       0.5059       0.5029      0.5014      0.5007      → |H_be|/H_ae = ½
//! ```
//!
//! For `hessian` and `covariance` noise the exponent is exact only if s is `s_effective`.

use std::f64::consts::PI;

use super::kramers::{decaying, depth, escape_curvature};
use super::{Condition, CriticalPlace, FormulaInput, FormulaRate, Omission, SaddleCrossing, TheoremThreeTwo};
use crate::problem::{Interpretation, Minibatch, NoiseKind};
use crate::scaled::Scaled;
use crate::tensor::{advance, norm};

/// Theorem 3.2, or the reason why it does not apply.
pub(super) fn theorem_3_2(input: &FormulaInput) -> Result<TheoremThreeTwo, Omission> {
    let (Minibatch { learning_rate, batch_size }, s) = match input.noise {
        NoiseKind::Hessian(minibatch) | NoiseKind::Covariance(minibatch) => (*minibatch, 0.5),
        NoiseKind::Frozen { minibatch, s, .. } => (*minibatch, *s),
        // D = η/B L[H]₊ equals η/(2B)[H]₊ only where L = ½: the conditions of the theorem cannot hold.
        NoiseKind::Isotropic { .. } | NoiseKind::LossHessian { .. } | NoiseKind::Field(_) => {
            return Err(Omission::NoMinibatch);
        }
    };
    let heat = learning_rate / (2.0 * batch_size);
    let (mut isothermal, mut ito, mut conditions) = (Scaled::ZERO, Scaled::ZERO, common_conditions(input).to_vec());
    let mut leading: Option<(Scaled, &SaddleCrossing)> = None;
    for crossing in input.saddles {
        let (h_a, h_b) = (minimum_curvature(input, crossing), escape_curvature(crossing));
        let barrier = crossing.saddle.point.loss - input.minimum.loss;
        let (below, above) = (s * barrier / (heat * h_a), (1.0 - s) * barrier / (heat * h_b));
        let rate = decaying(below + above).scaled(crossing.absorption_factor * h_b / (2.0 * PI));
        if !(h_a > 0.0 && rate.is_positive()) {
            let (rate, exponent) = (rate.value(), below + above);
            return Err(Omission::NoEscapeCurvature { rate, at_minimum: h_a, at_saddle: h_b, exponent });
        }
        isothermal = isothermal.plus(rate);
        ito = ito.plus(rate.scaled(h_a / h_b));
        if leading.is_none_or(|(largest, _)| rate.is_greater(largest)) {
            leading = Some((rate, crossing));
        }
        conditions.push(Condition::HighExponents { below, above });
        conditions.extend(noise_conditions(input, crossing, heat));
        if input.dimension > 1 {
            conditions.push(alignment(input, crossing));
        }
        conditions.push(crossing.condition());
    }
    let (_, leading) = leading.ok_or(Omission::NoSaddle)?;
    let under = |belongs_to: Interpretation, rate: Scaled| {
        let prefactor = Condition::Prefactor { belongs_to, read_as: input.interpretation };
        FormulaRate::new(rate, input, std::iter::once(prefactor).chain(conditions.iter().copied()).collect())
    };
    Ok(TheoremThreeTwo {
        isothermal: under(Interpretation::Isothermal, isothermal),
        ito: under(Interpretation::Ito, ito),
        s,
        s_effective: effective_s(input, leading, heat),
        saddle: leading.saddle.point.theta,
    })
}

/// H_ae = e·H_a e.
fn minimum_curvature(input: &FormulaInput, crossing: &SaddleCrossing) -> f64 {
    let e = input.dynamics.unit(crossing.saddle.escape_direction);
    input.minimum.hessian.form(e, e)
}

/// The s for which the exponent is exact in one dimension: s/H_ae + (1−s)/|H_be| = (η/2BΔL) ∫_a^b L'/D dθ. `None` in
/// two dimensions, where no line integral gives the exponent, and if H_ae = |H_be|, where s has no effect.
fn effective_s(input: &FormulaInput, crossing: &SaddleCrossing, heat: f64) -> Option<f64> {
    if input.dimension != 1 {
        return None;
    }
    let depth = depth(input, crossing.saddle.point.theta[0]).ok()?;
    let barrier = crossing.saddle.point.loss - input.minimum.loss;
    let (soft, hard) = (1.0 / minimum_curvature(input, crossing), 1.0 / escape_curvature(crossing));
    let s = (heat * depth / barrier - hard) / (soft - hard);
    ((soft - hard).abs() > 1e-9 * hard && s.is_finite()).then_some(s)
}

fn common_conditions(input: &FormulaInput) -> [Condition; 2] {
    let is_frozen = matches!(input.noise, NoiseKind::Frozen { .. });
    [Condition::FrozenNoise { is_frozen }, Condition::NoInjectedNoise { floor: input.floor }]
}

/// Whether D along e equals η/(2B) H at the minimum and at the saddle.
fn noise_conditions(input: &FormulaInput, crossing: &SaddleCrossing, heat: f64) -> [Condition; 2] {
    let e = crossing.saddle.escape_direction;
    let compare = |at: CriticalPlace, theta, expected: f64| {
        let ratio = input.dynamics.spread_along(input.diffusion.tensor(theta), e) / expected;
        Condition::MinibatchNoise { at, ratio }
    };
    [
        compare(CriticalPlace::Minimum, input.minimum.theta, heat * minimum_curvature(input, crossing)),
        compare(CriticalPlace::Saddle, crossing.saddle.point.theta, heat * escape_curvature(crossing)),
    ]
}

/// Whether e is also an eigenvector of H_a.
fn alignment(input: &FormulaInput, crossing: &SaddleCrossing) -> Condition {
    let e = input.dynamics.unit(crossing.saddle.escape_direction);
    let h_a = minimum_curvature(input, crossing);
    Condition::AlignedEscape { residual: norm(advance(input.minimum.hessian.apply(e), -h_a, e)) / h_a }
}
