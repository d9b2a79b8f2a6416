//! What keeps a problem from being enclosed.

use crate::formula::quadrature::QuadratureError;
use crate::tensor::Point;

/// Why there is no interval around a rate.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum CertificateError {
    /// Nothing absorbs.
    #[error("nothing absorbs: there is no rate to enclose")]
    NothingAbsorbs,
    /// A periodic axis in one dimension.
    #[error("in one dimension the certificate does not cover periodic axes")]
    Periodic,
    /// Coordinates along vectors that are not orthonormal.
    #[error(
        "the certificate is for coordinates of unit length along orthogonal axes, not for tables and slices with a metric"
    )]
    Metric,
    /// A killing rate inside the domain, or a window in a wall.
    #[error(
        "the certificate covers sets that are killed at whole walls and boundaries, not by a rate inside or in a window"
    )]
    KilledElsewhere,
    /// A set that is no rectangle.
    #[error(
        "in two dimensions the certificate covers sets that are rectangles along the axes, left through their sides"
    )]
    NotARectangle,
    /// A rectangle of which a part cannot be reached.
    #[error("the certificate needs every cell of the rectangle to be joined to the start")]
    NotConnected,
    /// Values that are no trial function.
    #[error("a trial function in two dimensions has one value, not negative, for each of at least 4 × 4 cells")]
    NoTrial,
    /// No bound of λ₂ above the rate.
    #[error(
        "no grid up to 256 cells across proves a lower bound of the second eigenvalue above the rate, about {rate:e}: the set holds several \
         valleys, or wells narrower than a few of these cells, or is so warm that the rate is not far below that eigenvalue"
    )]
    NoGap {
        /// An upper bound of the rate.
        rate: f64,
    },
    /// A reflecting wall towards which the loss falls.
    #[error(
        "the bound of the second eigenvalue needs a loss that rises towards reflecting walls, and it falls towards {}-{} at θ = ({:.6}, {:.6})",
        ["x", "y"][*axis], ["lower", "upper"][*end], at[0], at[1]
    )]
    FallsOutwards {
        /// The axis across which the wall lies.
        axis: usize,
        /// Lower (0) or upper (1).
        end: usize,
        /// The point θ.
        at: Point,
    },
    /// Two bounds that contradict each other.
    #[error(
        "the lower bound {lower:e} is above the upper bound {upper:e}: the integrals are wrong by more than is estimated"
    )]
    Crossed {
        /// The lower bound.
        lower: f64,
        /// The upper bound.
        upper: f64,
    },
    /// A loss, a drift or noise that jumps or bends.
    #[error(
        "in two dimensions the certificate needs a loss (or a drift) and noise without jumps and bends, and noise of the Hessian bends where a \
         curvature changes sign"
    )]
    Jumps,
    /// A process that is not in detailed balance.
    #[error(
        "the certificate needs a process in detailed balance, whose density is then known: D⁻¹ times the drift must be a gradient, and it \
         turns, near θ = ({:.6}, {:.6}) by {share:.1e} of its size around a small square",
        at[0], at[1]
    )]
    Circulates {
        /// The point θ.
        at: Point,
        /// Its circulation over the integral of its size.
        share: f64,
    },
    /// A potential that is not the same along all paths.
    #[error(
        "the potential of the process differs by {by:.1e} between two paths over the grid: D⁻¹ times the drift is no gradient, or varies \
         too much within a cell"
    )]
    Disagrees {
        /// The largest difference.
        by: f64,
    },
    /// The spectrum is continuous from the rate on.
    #[error(
        "there is no rate to enclose: the spectrum is continuous from {begins:.6e} on, because of the noise at θ = {at}"
    )]
    Continuous {
        /// The end of the interval at fault.
        at: f64,
        /// Where the continuous spectrum begins.
        begins: f64,
    },
    /// The integrals in one dimension failed.
    #[error("the certificate: {0}")]
    Quadrature(#[from] QuadratureError),
}
