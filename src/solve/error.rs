//! Why a chain could not be made or solved.

use crate::digits::{self, point as show};
use crate::elimination::EliminationError;
use crate::generator::AssemblyError;
use crate::tensor::Point;

/// A chain that could not be made or solved. What can be done about it depends on how the problem was posed, and is
/// said there.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SolveError {
    /// The problem cannot be discretised on this grid.
    #[error(transparent)]
    Assembly(AssemblyError),
    /// A killed chain without killing.
    #[error("nothing absorbs: no edge of the grid leaves the live set around the minimum")]
    NothingAbsorbs,
    /// A flux correction for a process that has a current at equilibrium, or noise that is not D = d·I.
    #[error("the flux correction needs a reversible process: a loss and isotropic noise")]
    NotReversible,
    /// A flux correction beside windows, at whose ends the flux is infinite.
    #[error(
        "the flux correction is for fluxes that vary smoothly, and at the ends of windows in walls the flux is infinite"
    )]
    SingularFlux,
    /// A pivot that is zero: the rates on the way underflow.
    #[error("the exit cannot be reached in double precision from the cell at θ = {}: the rates on the way underflow", show(*at, *dimension))]
    Unreachable {
        /// The centre of the cell.
        at: Point,
        /// 1 or 2.
        dimension: usize,
    },
    /// A rate that is not a finite number.
    #[error("a rate at the cell at θ = {} overflows double precision", show(*at, *dimension))]
    RateOverflow {
        /// The centre of the cell.
        at: Point,
        /// 1 or 2.
        dimension: usize,
    },
    /// A rate below the range of double precision in two dimensions.
    #[error(
        "the barrier is {barrier:.0} times the noise: the rate is below 1e-308, which is carried in one dimension only"
    )]
    TooCold {
        /// The lowest barrier over the noise.
        barrier: f64,
    },
    /// A factor that would not fit.
    #[error(
        "a grid of {} × {} cells needs about {} for its factor and {} are free",
        cells[0], cells[1], digits::bytes(*needed as f64), digits::bytes(*allowed as f64)
    )]
    TooLarge {
        /// Cells along each axis.
        cells: [usize; 2],
        /// Bytes that the elimination would hold at its peak.
        needed: u64,
        /// Bytes that it may hold.
        allowed: u64,
    },
    /// Memory that the system does not have.
    #[error("the system refuses the {} that the factor of {} × {} cells needs", digits::bytes(*needed as f64), cells[0], cells[1])]
    Refused {
        /// Cells along each axis.
        cells: [usize; 2],
        /// Bytes asked for.
        needed: u64,
    },
    /// An elimination that failed where there is no grid to name a place on.
    #[error(transparent)]
    Elimination(#[from] EliminationError),
    /// A mean time beyond the range of double precision.
    #[error(
        "mean times exceed the range of double precision (about 1e308): the rate is below 1e-308, which is carried in one dimension only"
    )]
    Overflow,
    /// A committor below the range of double precision in two dimensions.
    #[error(
        "the committor of the cell at θ = {} is below 1e-308, which is carried in one dimension only",
        show(*at, *dimension)
    )]
    CommittorUnderflow {
        /// The centre of the cell.
        at: Point,
        /// 1 or 2.
        dimension: usize,
    },
    /// Reactive paths whose flux is made from numbers below the range of double precision in two dimensions.
    #[error("the flux between the sets is made from masses below 1e-308, which are carried in one dimension only")]
    FluxUnderflow,
    /// A set for reactive paths that holds no cell centre.
    #[error("the set that paths {} holds no cell centre on a grid of {} × {} cells", if *set == 0 { "come from" } else { "lead to" }, cells[0], cells[1])]
    SetEmpty {
        /// 0: where paths begin; 1: where they end.
        set: usize,
        /// Cells along each axis.
        cells: [usize; 2],
    },
    /// One of several sets that holds no cell centre.
    #[error("set {set} of several holds no cell centre on a grid of {} × {} cells", cells[0], cells[1])]
    OneOfSetsEmpty {
        /// Its number, counted from 0.
        set: usize,
        /// Cells along each axis.
        cells: [usize; 2],
    },
    /// A valley whose core holds no cell centre.
    #[error(
        "the core of the valley at θ = {} holds no cell centre on a grid of {} × {} cells",
        show(*at, *dimension), cells[0], cells[1]
    )]
    CoreEmpty {
        /// The minimum.
        at: Point,
        /// 1 or 2.
        dimension: usize,
        /// Cells along each axis.
        cells: [usize; 2],
    },
    /// Two valleys whose cores are less than a cell apart.
    #[error(
        "the core of the valley at θ = {} is less than a cell away from another on a grid of {} × {} cells",
        show(*at, *dimension), cells[0], cells[1]
    )]
    CoresTouch {
        /// The minimum.
        at: Point,
        /// 1 or 2.
        dimension: usize,
        /// Cells along each axis.
        cells: [usize; 2],
    },
    /// A valley whose mass is below the range of double precision in two dimensions.
    #[error(
        "the valley at θ = {} holds less than 1e-308 of the heaviest cell's probability, which is carried in one dimension only",
        show(*at, *dimension)
    )]
    ValleyUnderflow {
        /// The minimum.
        at: Point,
        /// 1 or 2.
        dimension: usize,
    },
    /// A rate between valleys made from numbers below the range of double precision in two dimensions.
    #[error(
        "the rate from the valley at θ = {} to that at θ = {} is made from numbers below 1e-308, which are carried in one dimension only",
        show(*from, *dimension), show(*to, *dimension)
    )]
    RateUnderflow {
        /// The minimum that is left.
        from: Point,
        /// The minimum that is reached.
        to: Point,
        /// 1 or 2.
        dimension: usize,
    },
    /// Two sets for reactive paths that have a point in common.
    #[error("the two sets overlap at θ = {}", show(*at, *dimension))]
    SetsOverlap {
        /// Where.
        at: Point,
        /// 1 or 2.
        dimension: usize,
    },
    /// Two sets for reactive paths with no cell between them.
    #[error("the two sets are less than a cell apart at θ = {}", show(*at, *dimension))]
    SetsTouch {
        /// Where.
        at: Point,
        /// 1 or 2.
        dimension: usize,
    },
    /// Somebody asked to stop.
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
