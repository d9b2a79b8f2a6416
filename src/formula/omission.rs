//! The reasons why a formula gives no rate.

use super::QuadratureError;

/// A reason why a formula does not apply.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Omission {
    /// A killing rate acts inside the domain.
    #[error(
        "Kramers, Theorem 3.2 and the 1D quadrature know of what absorbs at a boundary alone; here a killing rate acts inside the \
         domain"
    )]
    KillingInside,
    /// There are windows in walls.
    #[error("Kramers and Theorem 3.2 know of sets and walls that absorb wholly; here windows in walls do")]
    Windows,
    /// The noise vanishes at the saddle.
    #[error("Kramers and Theorem 3.2 need noise at the saddle; here it vanishes there together with the drift")]
    NoNoiseAtSaddle,
    /// The start set has no minimum.
    #[error("Kramers and Theorem 3.2 need a minimum to start from, and this set has none")]
    NoMinimum,
    /// The motion has a drift and no loss.
    #[error("Kramers and Theorem 3.2 need a loss; here only a drift is given")]
    NoLoss,
    /// The minimum or a saddle is a cusp.
    #[error("Kramers and Theorem 3.2 need the Hessian at the minimum and at the saddle; a cusp has none")]
    Cusp,
    /// The set is left over no saddle.
    #[error("Kramers and Theorem 3.2 need a saddle over which the set is left; this set is left elsewhere")]
    NoSaddle,
    /// Theorem 3.1 with noise other than d·I.
    #[error(
        "Kramers (Theorem 3.1) needs isotropic constant noise D = d·I; here D depends on the direction or the position"
    )]
    VaryingNoise,
    /// A rotated descent that is killed at its saddle.
    #[error(
        "Kramers for a turned descent needs a set that is killed beyond the saddle: at it, the boundary is not the separatrix"
    )]
    TurnedAtSaddle,
    /// Theorem 3.1 at a critical point without curvature.
    #[error("Theorem 3.1: the formula gives {rate:e} here (a critical point without curvature)")]
    FlatPoint {
        /// The value of the formula.
        rate: f64,
    },
    /// The effective potential cannot be integrated.
    #[error("effective potential: {0}")]
    EffectivePotential(#[from] QuadratureError),
    /// The effective potential's formula at a critical point without curvature.
    #[error("effective potential: the formula gives {rate:e} here (a critical point without curvature)")]
    FlatPointOfEffectivePotential {
        /// The value of the formula.
        rate: f64,
    },
    /// Theorem 3.2 with noise that is not minibatch noise.
    #[error("Theorem 3.2 needs the noise of a minibatch gradient (hessian, frozen or covariance)")]
    NoMinibatch,
    /// Theorem 3.2 with zero curvature along the escape direction.
    #[error(
        "Theorem 3.2: the formula gives {rate:e} with H_ae = {at_minimum:e}, |H_be| = {at_saddle:e} and the exponent \
         {exponent:e}"
    )]
    NoEscapeCurvature {
        /// The value of the formula.
        rate: f64,
        /// H_ae.
        at_minimum: f64,
        /// |H_be|.
        at_saddle: f64,
        /// The exponent.
        exponent: f64,
    },
}
