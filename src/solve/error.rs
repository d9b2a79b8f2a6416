//! The errors of assembling, eliminating and solving a chain.

use crate::digits::{self, point as show};
use crate::elimination::EliminationError;
use crate::generator::AssemblyError;
use crate::tensor::Point;

/// A chain that could not be assembled, eliminated or solved. The remedies depend on how the problem was posed;
/// `config` adds them.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SolveError {
    /// The problem cannot be discretised on this grid.
    #[error(transparent)]
    Assembly(AssemblyError),
    /// A killed chain is asked for, but there is no killing.
    #[error("nothing absorbs: no edge of the grid leaves the live set around the minimum")]
    NothingAbsorbs,
    /// The noise vanishes at all points that absorb, and the process never arrives there.
    #[error(
        "the noise vanishes at what absorbs, as at θ = {}, and the process never arrives there: the escape rate is exactly \
         zero", show(*at, *dimension)
    )]
    NeverReached {
        /// One of the points.
        at: Point,
        /// The dimension, 1 or 2.
        dimension: usize,
    },
    /// The flux correction is asked for with a drift that is not a gradient, or with noise other than D = d·I.
    #[error("the flux correction needs a reversible process: a loss and isotropic noise")]
    NotReversible,
    /// The flux correction is asked for with windows, at whose ends the flux is infinite.
    #[error(
        "the flux correction is for fluxes that vary smoothly, and at the ends of windows in walls the flux is infinite"
    )]
    SingularFlux,
    /// A pivot is zero, since the rates on the way to the exit underflow.
    #[error("the exit cannot be reached in double precision from the cell at θ = {}: the rates on the way underflow", show(*at, *dimension))]
    Unreachable {
        /// The centre of the cell.
        at: Point,
        /// The dimension, 1 or 2.
        dimension: usize,
    },
    /// A rate is not a finite number.
    #[error("a rate at the cell at θ = {} overflows double precision", show(*at, *dimension))]
    RateOverflow {
        /// The centre of the cell.
        at: Point,
        /// The dimension, 1 or 2.
        dimension: usize,
    },
    /// A rate is below the range of double precision in two dimensions.
    #[error(
        "the barrier is {barrier:.0} times the noise: the rate is below 1e-308, which is carried in one dimension only"
    )]
    TooCold {
        /// The lowest barrier divided by the noise.
        barrier: f64,
    },
    /// The factor needs more memory than is allowed.
    #[error(
        "a grid of {} cells needs about {} for its factor and {} are free",
        digits::cells(*cells), digits::bytes(*needed as f64), digits::bytes(*allowed as f64)
    )]
    TooLarge {
        /// Cells along each axis.
        cells: [usize; 2],
        /// Bytes that the elimination would hold at its peak.
        needed: u64,
        /// Bytes that it may hold.
        allowed: u64,
    },
    /// The system refuses the memory.
    #[error("the system refuses the {} that the factor of {} cells needs", digits::bytes(*needed as f64), digits::cells(*cells))]
    Refused {
        /// Cells along each axis.
        cells: [usize; 2],
        /// Bytes asked for.
        needed: u64,
    },
    /// An elimination failed for a chain without a grid.
    #[error(transparent)]
    Elimination(EliminationError),
    /// A mean time is beyond the range of double precision.
    #[error(
        "mean times exceed the range of double precision (about 1e308): the rate is below 1e-308, which is carried in one dimension only"
    )]
    Overflow,
    /// A committor is below the range of double precision in two dimensions.
    #[error(
        "the committor of the cell at θ = {} is below 1e-308, which is carried in one dimension only",
        show(*at, *dimension)
    )]
    CommittorUnderflow {
        /// The centre of the cell.
        at: Point,
        /// The dimension, 1 or 2.
        dimension: usize,
    },
    /// The reactive flux would be computed from numbers below the range of double precision in two dimensions.
    #[error("the flux between the sets is made from masses below 1e-308, which are carried in one dimension only")]
    FluxUnderflow,
    /// A set for reactive paths contains no cell centre.
    #[error("the set that paths {} holds no cell centre on a grid of {} cells", if *set == 0 { "come from" } else { "lead to" }, digits::cells(*cells))]
    SetEmpty {
        /// 0 for the set in which paths begin, 1 for the set in which they end.
        set: usize,
        /// Cells along each axis.
        cells: [usize; 2],
    },
    /// One of several sets contains no cell centre.
    #[error("set {set} of several holds no cell centre on a grid of {} cells", digits::cells(*cells))]
    OneOfSetsEmpty {
        /// The index of the set, counted from 0.
        set: usize,
        /// Cells along each axis.
        cells: [usize; 2],
    },
    /// The core of a valley contains no cell centre.
    #[error(
        "the core of the valley at θ = {} holds no cell centre on a grid of {} cells",
        show(*at, *dimension), digits::cells(*cells)
    )]
    CoreEmpty {
        /// The minimum.
        at: Point,
        /// The dimension, 1 or 2.
        dimension: usize,
        /// Cells along each axis.
        cells: [usize; 2],
    },
    /// The cores of two valleys are less than a cell apart.
    #[error(
        "the core of the valley at θ = {} is less than a cell away from another on a grid of {} cells",
        show(*at, *dimension), digits::cells(*cells)
    )]
    CoresTouch {
        /// The minimum.
        at: Point,
        /// The dimension, 1 or 2.
        dimension: usize,
        /// Cells along each axis.
        cells: [usize; 2],
    },
    /// The mass of a valley is below the range of double precision in two dimensions.
    #[error(
        "the valley at θ = {} holds less than 1e-308 of the heaviest cell's probability, which is carried in one dimension only",
        show(*at, *dimension)
    )]
    ValleyUnderflow {
        /// The minimum.
        at: Point,
        /// The dimension, 1 or 2.
        dimension: usize,
    },
    /// A rate between valleys would be computed from numbers below the range of double precision in two dimensions.
    #[error(
        "the rate from the valley at θ = {} to that at θ = {} is made from numbers below 1e-308, which are carried in one dimension only",
        show(*from, *dimension), show(*to, *dimension)
    )]
    RateUnderflow {
        /// The minimum of the valley that is left.
        from: Point,
        /// The minimum of the valley that is entered.
        to: Point,
        /// The dimension, 1 or 2.
        dimension: usize,
    },
    /// Two sets for reactive paths overlap.
    #[error("the two sets overlap at θ = {}", show(*at, *dimension))]
    SetsOverlap {
        /// A common point θ.
        at: Point,
        /// The dimension, 1 or 2.
        dimension: usize,
    },
    /// Two sets for reactive paths are not separated by a cell.
    #[error("the two sets are less than a cell apart at θ = {}", show(*at, *dimension))]
    SetsTouch {
        /// A point θ where they touch.
        at: Point,
        /// The dimension, 1 or 2.
        dimension: usize,
    },
    /// The computation was asked to stop.
    #[error("interrupted")]
    Interrupted,
}

impl From<AssemblyError> for SolveError {
    fn from(error: AssemblyError) -> SolveError {
        match error {
            AssemblyError::Interrupted => SolveError::Interrupted,
            error => SolveError::Assembly(error),
        }
    }
}

impl From<EliminationError> for SolveError {
    fn from(error: EliminationError) -> SolveError {
        match error {
            EliminationError::Interrupted => SolveError::Interrupted,
            error => SolveError::Elimination(error),
        }
    }
}
