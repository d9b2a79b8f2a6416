//! Theorem 3.1: Kramers–Eyring rates, and their one-dimensional form for noise that depends on the position.
//!
//! ```text
//! γ = Σ_b |H_be|/(2π) · √(det H_a / |det H_b|) · e^{−ΔL_b/d}          D = d·I        (Kramers 1940, Eyring 1935; paper Theorem 3.1)
//! γ = Σ_b |λ_b|/(2π) · √(det H_a / |det H_b|) · e^{−ΔL_b/d}           λ_b < 0 of (I + cJ)H_b: rotated descent (Bouchet & Reygner 2016)
//! γ = Σ_b √(H_a|H_b|)/(2π) · (D_a/D_b)^p · e^{−Δφ_b},  φ' = L'/D       1D, any D(θ):  p = ½ Itô, 0 Stratonovich, −½ isothermal
//! ```
//!
//! The last is Laplace's method on the passage-time integral; for constant D it equals the first. The sums over the
//! saddles b are Rule 1. All hold for killing beyond the saddle; if the set is killed exactly *at* the saddle, the half
//! of the arrivals that would return is killed too, and the rate is twice as large (`absorption_factor`).
//!
//! Measured range, for L = x⁴/4 − x²/2: the quasi-stationary rate by [`quadrature`] divided by that of the formula:
//!
//! ```text
//! ΔL/d                                2.5     5       10      20      40
//! killed beyond the saddle (at +1)    0.858   0.909   0.958   0.980   0.990
//! killed at the saddle (factor 2)     0.908   0.915   0.959   0.980   0.990
//! ```
//!
//! In the limit the error is −(3/8) d/ΔL here; its size depends on the third and fourth derivatives at both points
//! (Laplace: well d (5L‴²/24L″³ − L⁗/8L″²), barrier likewise).

use std::f64::consts::PI;

use super::{Condition, FormulaInput, FormulaRate, Omission, SaddleCrossing, quadrature};
use crate::problem::Interpretation;
use crate::problem::dynamics::Conservative;
use crate::scaled::{Scaled, Sum};

/// Theorem 3.1, or the reason why it does not apply.
pub(super) fn theorem_3_1(input: &FormulaInput) -> Result<FormulaRate, Omission> {
    let Some(d) = input.diffusion.temperature() else {
        return Err(Omission::VaryingNoise);
    };
    let n = input.dimension;
    let at_minimum = input.minimum.hessian.determinant(n);
    let (mut rate, mut conditions) = (Scaled::ZERO, Vec::new());
    for crossing in input.saddles {
        let point = &crossing.saddle.point;
        let barrier = point.loss - input.minimum.loss;
        let prefactor = (at_minimum / -point.hessian.determinant(n)).sqrt() * escape_curvature(crossing) / (2.0 * PI);
        rate = rate.plus(decaying(barrier / d).scaled(crossing.absorption_factor * prefactor));
        conditions.push(Condition::HighBarrier { over_noise: barrier / d });
        conditions.push(crossing.condition());
    }
    if !rate.is_positive() {
        return Err(Omission::FlatPoint { rate: rate.value() });
    }
    Ok(FormulaRate::new(rate, input, conditions))
}

/// Theorem 3.1 for a rotated descent −(I + cJ)∇L in two dimensions: |H_be| is replaced by minus the negative eigenvalue
/// of (I + cJ)H_b.
pub(super) fn turned(input: &FormulaInput, drift: Conservative<'_>) -> Result<FormulaRate, Omission> {
    let Some(d) = input.diffusion.constant() else {
        return Err(Omission::VaryingNoise);
    };
    // The factor 2 would need a boundary along the separatrix of the rotated descent, which walls and basins of L are
    // not.
    if input.saddles.iter().any(|crossing| crossing.absorption_factor != 1.0) {
        return Err(Omission::TurnedAtSaddle);
    }
    let lowest = input.minimum.theta;
    let at_minimum = drift.loss.hessian(lowest).determinant(2);
    let (mut rate, mut conditions) = (Scaled::ZERO, Vec::new());
    for crossing in input.saddles {
        let at = crossing.saddle.point.theta;
        let (hessian, barrier) = (drift.loss.hessian(at), drift.loss.value(at) - drift.loss.value(lowest));
        // (I + cJ)H has the trace tr H and the determinant (1 + c²) det H < 0.
        let (half, determinant) = (0.5 * (hessian.xx + hessian.yy), hessian.determinant(2));
        let fastest = (half * half - (1.0 + drift.rotation * drift.rotation) * determinant).sqrt() - half;
        let prefactor = (at_minimum / -determinant).sqrt() * fastest / (2.0 * PI);
        rate = rate.plus(decaying(barrier / d).scaled(crossing.absorption_factor * prefactor));
        conditions.push(Condition::HighBarrier { over_noise: barrier / d });
        conditions.push(crossing.condition());
    }
    if !rate.is_positive() {
        return Err(Omission::FlatPoint { rate: rate.value() });
    }
    Ok(FormulaRate::new(rate, input, conditions))
}

/// The rate from the effective potential in one dimension, or the reason why the formula does not apply.
pub(super) fn effective_potential(input: &FormulaInput) -> Result<FormulaRate, Omission> {
    let a = input.minimum.theta[0];
    let noise = |x: f64| input.diffusion.tensor([x, 0.0]).xx;
    let power = match input.interpretation {
        Interpretation::Ito => 0.5,
        Interpretation::Stratonovich => 0.0,
        Interpretation::Isothermal => -0.5,
    };
    let (mut rate, mut conditions) = (Scaled::ZERO, Vec::new());
    for crossing in input.saddles {
        let b = crossing.saddle.point.theta[0];
        let depth = depth(input, b)?;
        let curvatures = input.minimum.eigenvalues[0] * escape_curvature(crossing);
        let prefactor = curvatures.sqrt() * (noise(a) / noise(b)).powf(power) / (2.0 * PI);
        rate = rate.plus(decaying(depth).scaled(crossing.absorption_factor * prefactor));
        conditions.push(Condition::HighEffectiveBarrier { depth });
        conditions.push(crossing.condition());
    }
    if !rate.is_positive() {
        return Err(Omission::FlatPointOfEffectivePotential { rate: rate.value() });
    }
    Ok(FormulaRate::new(rate, input, conditions))
}

/// φ(b) − φ(a) in one dimension.
pub(super) fn depth(input: &FormulaInput, b: f64) -> Result<f64, quadrature::QuadratureError> {
    quadrature::scale_depth(
        &|x| input.dynamics.slope([x, 0.0])[0],
        &|x| input.diffusion.tensor([x, 0.0]).xx,
        input.breakpoints,
        input.minimum.theta[0],
        b,
    )
}

/// |H_be|: minus the negative eigenvalue at the saddle.
pub(super) fn escape_curvature(crossing: &SaddleCrossing) -> f64 {
    -crossing.saddle.point.eigenvalues[0]
}

/// e^{−exponent} as a number with a separate exponent.
pub(super) fn decaying(exponent: f64) -> Scaled {
    Scaled::exp(Sum { high: exponent, low: 0.0 }, -1.0)
}
