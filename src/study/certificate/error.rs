//! The reasons for which a certificate cannot be computed.

use crate::formula::quadrature::QuadratureError;
use crate::tensor::Point;

/// The reason for which a certificate cannot be computed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum CertificateError {
    /// Nothing absorbs, so that the escape rate is zero.
    #[error("nothing absorbs: there is no rate to enclose")]
    NothingAbsorbs,
    /// A periodic axis in one dimension.
    #[error("in one dimension the certificate does not cover periodic axes")]
    Periodic,
    /// Coordinates whose metric is not the identity.
    #[error(
        "the certificate is for coordinates of unit length along orthogonal axes, not for tables and slices with a metric"
    )]
    Metric,
    /// A killing rate inside the domain, or a window in a wall.
    #[error(
        "the certificate covers sets that are killed at whole walls and boundaries, not by a rate inside or in a window"
    )]
    KilledElsewhere,
    /// A start set other than a rectangle along the axes.
    #[error(
        "in two dimensions the certificate covers sets that are rectangles along the axes, left through their sides: the whole domain, a \
         box, comparisons of coordinates with constants (x < 0.1 and y > -1), and basins with such sides, none of them across a periodic axis"
    )]
    NotARectangle,
    /// A rectangle with cells that are not joined to the start state.
    #[error("the certificate needs every cell of the rectangle to be joined to the start")]
    NotConnected,
    /// A trial function with the wrong number of values, or with negative ones.
    #[error("a trial function in two dimensions has one value, not negative, for each of at least 4 × 4 cells")]
    NoTrial,
    /// No lower bound of λ₂ above the rate was proved.
    #[error(
        "no grid up to 256 cells across proves a lower bound of the second eigenvalue above the rate, about {rate:e}: the set holds several \
         valleys, or wells narrower than a few of these cells, or is so warm that the rate is not far below that eigenvalue"
    )]
    NoGap {
        /// The upper bound of γ.
        rate: f64,
    },
    /// A reflecting wall towards which the potential falls, where the bound of λ₂ does not hold.
    #[error(
        "the bound of the second eigenvalue needs a potential (L/T of a loss; of others, minus the integral of D⁻¹ times the drift) that rises \
         towards reflecting walls, and it falls towards {}-{} at θ = ({:.6}, {:.6})",
        ["x", "y"][*axis], ["lower", "upper"][*end], at[0], at[1]
    )]
    FallsOutwards {
        /// The axis normal to the wall.
        axis: usize,
        /// Its end of that axis: lower (0) or upper (1).
        end: usize,
        /// A point of the wall at which the potential falls outwards.
        at: Point,
    },
    /// A lower bound above the upper one, from integrals less accurate than estimated.
    #[error(
        "the lower bound {lower:e} is above the upper bound {upper:e}: the integrals are wrong by more than is estimated"
    )]
    Crossed {
        /// The lower bound.
        lower: f64,
        /// The upper bound.
        upper: f64,
    },
    /// A loss, drift or noise with jumps or kinks.
    #[error(
        "in two dimensions the certificate needs a loss (or a drift) and noise without jumps and bends, and noise of the Hessian bends where a \
         curvature changes sign"
    )]
    Jumps,
    /// A process that is not in detailed balance: D⁻¹s has a curl.
    #[error(
        "the certificate needs a process in detailed balance, whose density is then known: D⁻¹ times the drift must be a gradient, and it \
         turns, near θ = ({:.6}, {:.6}) by {share:.1e} of its size around a small square",
        at[0], at[1]
    )]
    Circulates {
        /// The lower corner of a square around which the circulation is not zero.
        at: Point,
        /// The absolute value of the circulation over ∮|D⁻¹s·dl| around that square.
        share: f64,
    },
    /// A potential whose values along two paths differ.
    #[error(
        "the potential of the process differs by {by:.1e} between two paths over the grid: D⁻¹ times the drift is no gradient, or varies \
         too much within a cell"
    )]
    Disagrees {
        /// The largest difference between the two paths, in units of φ.
        by: f64,
    },
    /// A continuous spectrum that begins at or below the rate.
    #[error(
        "there is no rate to enclose: the spectrum is continuous from {begins:.6e} on, because of the noise at θ = {at}"
    )]
    Continuous {
        /// The end of the interval near which the noise vanishes.
        at: f64,
        /// The lower end of the continuous spectrum, per unit of dynamical time.
        begins: f64,
    },
    /// The quadrature in one dimension failed.
    #[error("the certificate: {0}")]
    Quadrature(#[from] QuadratureError),
}
