//! Warnings about a result.

use crate::digits::{self, exact, point};
use crate::formula::quadrature::QuadratureError;
use crate::problem::{ProblemError, ProblemWarning};
use crate::study::StudyError;
use crate::tensor::Point;

/// A number that a quadrature gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByQuadrature {
    /// γ.
    EscapeRate,
    /// τ.
    PassageTime,
}

impl ByQuadrature {
    /// The other one.
    pub fn sister(self) -> ByQuadrature {
        match self {
            ByQuadrature::EscapeRate => ByQuadrature::PassageTime,
            ByQuadrature::PassageTime => ByQuadrature::EscapeRate,
        }
    }
}

impl std::fmt::Display for ByQuadrature {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            ByQuadrature::EscapeRate => "escape rate",
            ByQuadrature::PassageTime => "passage time",
        })
    }
}

/// A number with a stated error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OfRate {
    /// γ.
    EscapeRate,
    /// τ.
    PassageTime,
    /// k_AB.
    ReactiveRate,
    /// The slowest relaxation rate of the network of valleys.
    Relaxation,
    /// The slowest mode of the spectrum that is not 0.
    SlowestMode,
}

impl std::fmt::Display for OfRate {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            OfRate::EscapeRate => "rate",
            OfRate::PassageTime => "passage time",
            OfRate::ReactiveRate => "rate of reactive paths",
            OfRate::Relaxation => "slowest relaxation rate of the network",
            OfRate::SlowestMode => "slowest mode of the spectrum",
        })
    }
}

/// One number by quadrature against the grid's, where the other one agrees with the grid.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error(
    "the {odd} by quadrature is {away:.1e} away from the grid's, which states {stated:.1e}, while the {} by quadrature agrees with the \
     grid: the {odd} by quadrature is taken for the one that is wrong, and the grid's error stands", odd.sister()
)]
pub struct QuadratureAlone {
    /// The number that stands alone.
    pub odd: ByQuadrature,
    /// Its relative distance from the grid's.
    pub away: f64,
    /// What the grid and the quadrature state together.
    pub stated: f64,
}

/// A warning with its numbers. The remedies that name keys of a configuration are in `config::advice`.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Warning {
    /// The problem's own.
    #[error("{0}")]
    Problem(ProblemWarning),
    /// A number by quadrature that could not be had.
    #[error("no {what} by quadrature to compare with: {error}")]
    Quadrature {
        /// Which number.
        what: ByQuadrature,
        /// Why.
        error: QuadratureError,
    },
    /// A number by quadrature that is taken for wrong.
    #[error("{0}")]
    QuadratureAlone(#[from] QuadratureAlone),
    /// A natural end, from which the spectrum is continuous from below the grid's rate on.
    #[error(
        "no escape rate: θ = {} is a natural boundary, from which the spectrum is continuous from {begins:.6e} on, and there is no \
         slower mode below it: survival falls without a rate of its own. The passage time is answered",
        exact(*at)
    )]
    NoSlowestMode {
        /// The end.
        at: f64,
        /// Where the continuous spectrum begins.
        begins: f64,
    },
    /// Fewer than one cell across a minimum or a saddle.
    #[error(
        "under-resolved: only {cells_across:.2} cells across the narrowest of the minimum's and the saddles' widths; take {:.0} \
         times as many cells per axis",
        (1.5 / cells_across).ceil()
    )]
    UnderResolved {
        /// Cells across the narrowest width.
        cells_across: f64,
    },
    /// Grids of a convergence study that were not solved.
    #[error("grids from {cells} cells on were left out: they need more than the {} that are free", digits::bytes(*allowed as f64))]
    GridsLeftOut {
        /// Cells along the first axis of the first of them.
        cells: usize,
        /// Bytes that may be used.
        allowed: u64,
    },
    /// A coarser grid that could not be solved: neither it nor those coarser still have a say in the estimated error.
    #[error("the coarser grid of {} cells could not be solved and has no say in the estimated error: {reason}", digits::cells(*cells))]
    CoarseGridFailed {
        /// Cells along each axis.
        cells: [usize; 2],
        /// Why.
        reason: Box<StudyError>,
    },
    /// The effect on the rate of what a grid does not resolve near a curve on which the noise degenerates is not known, and
    /// the error is 100 % therefore.
    #[error(
        "what the grid does not resolve near the curve on which the noise degenerates is not known, so that the rate's error is at least 100 %: \
             the problem could not be solved with that noise doubled, or with one more cell along each axis: {reason}"
    )]
    LevelEffectUnknown {
        /// Why.
        reason: Box<StudyError>,
    },
    /// A sensitivity that could not be computed.
    #[error("{reason}: it is not known")]
    SensitivityUnknown {
        /// The number, and why.
        reason: String,
    },
    /// No number of the configuration that the rate depends on.
    #[error(
        "sensitivities: the configuration has no positive number that the rate depends on and that stands alone: formulas and lists are not varied"
    )]
    NoSensitivity,
    /// Grids that were refined as far as they could be.
    #[error("the tolerance of {tolerance:.1e} was not met: {}", reached(*error))]
    ToleranceMissed {
        /// What was asked for.
        tolerance: f64,
        /// What was reached; infinite where the grids are too few for an error estimate.
        error: f64,
        /// Whether the grid could be turned to a saddle.
        has_saddle: bool,
        /// Whether the flux correction could be used and is not.
        can_be_corrected: bool,
    },
    /// A density that the grid does not resolve.
    #[error(
        "the cell Péclet number reaches {number:.1} at θ = {}, near the minimum or a saddle: the grid does not resolve \
         the density there; take about {:.0} times as many cells per axis",
        point(*at, *dimension), (number / 2.0).ceil()
    )]
    Peclet {
        /// The cell Péclet number.
        number: f64,
        /// The point θ.
        at: Point,
        /// The dimension, 1 or 2.
        dimension: usize,
    },
    /// A grid that does not resolve the curve on which the noise degenerates.
    #[error(
        "the grid does not resolve the curve on which the noise degenerates where the process crosses it: the Hessian's eigenvalue \
         changes over a cell by {coarseness:.1} times what the other eigenvector carries across (ω|h|). The curve is blocked, or nearly so, \
         and the rate may be off by a factor, which its stated error of {} says: take {}",
        digits::percent(*error), more_cells(*coarseness)
    )]
    UnresolvedCrossing {
        /// Δ/(ω|h_j|) where the process crosses.
        coarseness: f64,
        /// The estimated error, relative to the rate.
        error: f64,
    },
    /// Fewer eigenvalues than were asked for.
    #[error(
        "the spectrum has {found} of the {asked} eigenvalues that were asked for: the chain has no more states, or a Krylov space shows no more \
         of them"
    )]
    ShortSpectrum {
        /// How many there are.
        found: usize,
        /// How many were asked for.
        asked: usize,
    },
    /// A rate from one grid alone.
    #[error(
        "the rate has no error estimate: the grid cannot be coarsened further, and may resolve nothing of the well or \
         the saddle; take more cells"
    )]
    NoErrorEstimate,
    /// An interpolated loss whose error is not known.
    #[error(
        "what the interpolation of the loss may change is not known, and not in the stated errors: with every other value left out there is no \
         such problem ({reason}). Compute the table on more points"
    )]
    InterpolationUnknown {
        /// What is wrong with the thinned problem.
        reason: Box<ProblemError>,
    },
    /// An interpolated loss behind other quantities than rates.
    #[error(
        "the stated errors of the rate and the passage time include what the interpolation of the loss may change; those of other quantities do \
         not"
    )]
    InterpolatedElsewhere,
    /// A bracket that did not close.
    #[error(
        "the bracket of the rate closed to {width:.1e} relative only, after {iterations} inverse iterations: a second rate of the set is \
         close to the first"
    )]
    OpenBracket {
        /// Its width over the rate.
        width: f64,
        /// Inverse iterations.
        iterations: usize,
    },
    /// Probability that leans on a reflecting wall of an automatic domain.
    #[error("the automatic domain neglects about {probability:.1e} of the probability beyond its walls")]
    NeglectedProbability {
        /// In the cells along the walls.
        probability: f64,
    },
    /// A large discretisation error.
    #[error(
        "the estimated discretisation error of the {of} is {}: take more cells, or draw the domain closer to the \
         start set and its saddles",
        digits::percent(*error)
    )]
    LargeError {
        /// The rate that is meant.
        of: OfRate,
        /// Relative to it.
        error: f64,
    },
    /// A discretisation error as large as the result.
    #[error(
        "NOT A RESULT: the estimated discretisation error of the {of} is {}, more than the {of} itself, of which no digit is known: the \
         grids resolve too little of the well or of what kills",
        digits::percent(*error)
    )]
    Worthless {
        /// The rate that is meant.
        of: OfRate,
        /// Relative to it.
        error: f64,
    },
    /// A target that leaves other wells alive, where the quasi-stationary density lies.
    #[error(
        "the quasi-stationary density lies in another well than the start set, which holds {share:.1e} of it: the \
         quasi-stationary rate is that of the slowest well that the target leaves alive. The rate from the start set's \
         minimum is 1/τ"
    )]
    ElsewhereThanStart {
        /// The start set's share.
        share: f64,
    },
    /// A set of several wells.
    #[error(
        "the quasi-stationary density is largest in another well of the set than the start's, around θ = {}: the quasi-stationary \
         rate is that of the slowest well. The rate from the start's minimum is 1/τ",
        point(*at, *dimension)
    )]
    OtherWell {
        /// Its minimum.
        at: Point,
        /// The dimension, 1 or 2.
        dimension: usize,
    },
    /// A density in time that is less accurate than asked for.
    #[error(
        "the density in time has an estimated relative error of {error:.1e}, in L1 or of a cell above the floor, where {tolerance:.1e} was \
         asked for"
    )]
    EvolutionTolerance {
        /// What was asked for.
        tolerance: f64,
        /// What was reached.
        error: f64,
    },
    /// Fluxes from the far tail of a density that has just been released.
    #[error(
        "the flux before t = {until:.3e} is not known: it comes from the far tail of a density that has just been released, where only \
         an order of magnitude, if that, can be had"
    )]
    EvolutionFlux {
        /// The first output time from which on it is known.
        until: f64,
    },
    /// Survival below the range of numbers.
    #[error(
        "survival from t = {from:.3e} on is below 1e-308, and 0 in the lists: its logarithm is there, and the flux over it"
    )]
    EvolutionRange {
        /// The first such output time.
        from: f64,
    },
    /// Survival from every cell and of the density that do not agree.
    #[error(
        "Σ p u from every cell and the survival of the density are {distance:.1e} apart, relative to ln S, where their estimated errors are \
         {stated:.1e} together"
    )]
    EvolutionSides {
        /// The relative distance of ln S.
        distance: f64,
        /// The sum of the estimated errors.
        stated: f64,
    },
    /// A density in time that was stopped.
    #[error("the density in time was interrupted after t = {until:.3e}: what was found until then is there")]
    EvolutionInterrupted {
        /// The last output time.
        until: f64,
    },
    /// Particles that were stopped.
    #[error("the particles were interrupted before they were counted")]
    ParticlesInterrupted,
}

/// The error that a refinement has reached.
pub(crate) fn reached(error: f64) -> String {
    match error.is_finite() {
        true => format!("the estimated relative error on the finest grid that fits is {error:.1e}"),
        false => "the error is not known, because fewer grids fit than an estimate of it needs".to_string(),
    }
}

/// What resolves a curve that a grid misses by this factor: more cells, where somebody waits for them.
fn more_cells(coarseness: f64) -> String {
    const PATIENCE: f64 = 16.0;
    match (2.0 * coarseness).ceil() {
        factor if factor <= PATIENCE => format!("about {factor:.0} times as many cells per axis, or a floor"),
        _ => "a floor, for no grid that one waits for resolves it".to_string(),
    }
}
