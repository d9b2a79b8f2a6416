//! The errors of a quadrature.

use crate::digits::{exact, precise};

/// A quadrature without a result.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum QuadratureError {
    /// Both ends reflect.
    #[error("nothing absorbs: a passage time needs an absorbing end")]
    NothingAbsorbs,
    /// The interval is empty, or the start is not strictly inside it.
    #[error("the start {} is not inside the interval from {} to {}", exact(*start), exact(*lower), exact(*upper))]
    Outside {
        /// The start, or NaN if only the interval matters.
        start: f64,
        /// Lower end.
        lower: f64,
        /// Upper end.
        upper: f64,
    },
    /// D is zero, negative or not finite.
    #[error("the diffusion is {diffusion:e} at θ = {}: the quadrature needs 0 < D < ∞", precise(*at))]
    NotPositive {
        /// The point θ.
        at: f64,
        /// D at the point.
        diffusion: f64,
    },
    /// L'/D is not finite.
    #[error("the slope over the diffusion is not finite at θ = {}", precise(*at))]
    NotFinite {
        /// The point θ.
        at: f64,
    },
    /// No panel resolves the integrand at this point.
    #[error(
        "L'/D cannot be resolved near θ = {}: the noise (nearly) vanishes there or the barrier is beyond 10⁶ units of noise",
        precise(*at)
    )]
    Unresolved {
        /// The point θ.
        at: f64,
    },
    /// A natural end at which the potential does not confine.
    #[error("the loss does not confine beyond θ = {}: give a reflecting or an absorbing end", precise(*from))]
    NotConfining {
        /// The point at which the search started.
        from: f64,
    },
    /// The value changes too much when the panels are halved.
    #[error(
        "halving the panels changes the value by {change:e}: the integrals do not converge (does the noise vanish somewhere?)"
    )]
    NotConverged {
        /// Relative change.
        change: f64,
    },
    /// A sum of positive terms is negative.
    #[error("the integrals oscillate: a rate or a time came out as {value:e}, which must be positive")]
    Oscillates {
        /// The value of the sum.
        value: f64,
    },
    /// Inverse iteration converges too slowly.
    #[error(
        "inverse iteration: the rate still changes by {change:e} after {iterations} iterations (the set holds valleys that exchange more slowly than they lose)"
    )]
    SlowIteration {
        /// The number of iterations.
        iterations: usize,
        /// The last relative change.
        change: f64,
    },
    /// The second eigenvalue cannot be separated from the first.
    #[error(
        "no lower bound of the second eigenvalue is above the rate, about {rate:e}: the set holds valleys that lose at nearly the same rate"
    )]
    NoGap {
        /// An upper bound of the rate.
        rate: f64,
    },
    /// A lower bound exceeds the upper bound.
    #[error(
        "the lower bound {lower:e} of the rate is above the upper bound {upper:e}: the integrals are wrong by more than is estimated"
    )]
    Crossed {
        /// The lower bound.
        lower: f64,
        /// The upper bound.
        upper: f64,
    },
}
