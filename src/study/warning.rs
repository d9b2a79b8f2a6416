//! Warnings about a result, each with its numbers.

use crate::digits::{self, exact, point};
use crate::formula::quadrature::QuadratureError;
use crate::problem::{ProblemError, ProblemWarning};
use crate::study::StudyError;
use crate::tensor::Point;

/// A quantity that the quadrature in one dimension computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByQuadrature {
    /// The escape rate γ.
    EscapeRate,
    /// The mean first-passage time τ from the start point.
    PassageTime,
}

impl ByQuadrature {
    /// Returns the passage time for the escape rate, and the escape rate for the passage time.
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

/// A quantity with an estimated discretisation error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OfRate {
    /// The escape rate γ.
    EscapeRate,
    /// The mean first-passage time τ from the start point.
    PassageTime,
    /// The reactive rate k_AB.
    ReactiveRate,
    /// The smallest nonzero eigenvalue of the network of valleys.
    Relaxation,
    /// The smallest nonzero eigenvalue of the spectrum.
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

/// A disagreement of the quadrature with the grid in one of escape rate and passage time, where they agree in the
/// other. The quadrature of that quantity is taken to be wrong.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error(
    "the {odd} by quadrature is {away:.1e} away from the grid's, which states {stated:.1e}, while the {} by quadrature agrees with the \
     grid: the {odd} by quadrature is taken for the one that is wrong, and the grid's error stands", odd.sister()
)]
pub struct QuadratureAlone {
    /// The quantity in which they disagree.
    pub odd: ByQuadrature,
    /// |quadrature / grid − 1|.
    pub away: f64,
    /// The sum of the relative errors stated by the grid and by the quadrature.
    pub stated: f64,
}

/// A warning with its numbers. The remedies that name keys of a configuration are in `config::advice`.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Warning {
    /// A warning about the problem itself, whatever the grid.
    #[error("{0}")]
    Problem(ProblemWarning),
    /// The quadrature of a quantity failed.
    #[error("no {what} by quadrature to compare with: {error}")]
    Quadrature {
        /// The quantity.
        what: ByQuadrature,
        /// The error of the quadrature.
        error: QuadratureError,
    },
    /// The quadrature disagrees with the grid in one quantity, and is taken to be wrong there.
    #[error("{0}")]
    QuadratureAlone(#[from] QuadratureAlone),
    /// An end of the interval is a natural boundary, and the continuous spectrum that it causes begins at or below the
    /// rate of the grid.
    #[error(
        "no escape rate: θ = {} is a natural boundary, from which the spectrum is continuous from {begins:.6e} on, and there is no \
         slower mode below it: survival falls without a rate of its own. The passage time is answered",
        exact(*at)
    )]
    NoSlowestMode {
        /// The natural boundary θ.
        at: f64,
        /// The lower end of the continuous spectrum, in 1/time.
        begins: f64,
    },
    /// There is less than one cell across the narrowest width of the minimum or of a saddle on the way.
    #[error(
        "under-resolved: only {cells_across:.2} cells across the narrowest of the minimum's and the saddles' widths; take {:.0} \
         times as many cells per axis",
        (1.5 / cells_across).ceil()
    )]
    UnderResolved {
        /// The smallest width divided by the cell width.
        cells_across: f64,
    },
    /// Grids of a convergence study were not solved for lack of memory.
    #[error("grids from {cells} cells on were left out: they need more than the {} that are free", digits::bytes(*allowed as f64))]
    GridsLeftOut {
        /// The cells along the first axis of the coarsest grid left out.
        cells: usize,
        /// The memory that may be used, in bytes.
        allowed: u64,
    },
    /// A coarser grid could not be solved. It does not enter the estimated error, nor do grids coarser than it.
    #[error("the coarser grid of {} cells {}: {reason}", digits::cells(*cells), has_no_say(*is_closed_alone))]
    CoarseGridFailed {
        /// The cells of that grid along each axis.
        cells: [usize; 2],
        /// Whether only the quantities of the closed domain could not be computed.
        is_closed_alone: bool,
        /// The error that ended its solution.
        reason: Box<StudyError>,
    },
    /// The problem for comparison near a curve on which the noise degenerates could not be solved. The effect of the
    /// features that the grid does not resolve there is unknown, and 1 is added to the relative error.
    #[error(
        "what the grid does not resolve near the curve on which the noise degenerates is not known, so that the rate's error is at least 100 %: \
             the problem could not be solved with that noise doubled, or with one more cell along each axis: {reason}"
    )]
    LevelEffectUnknown {
        /// The error that ended the solution of the problem for comparison.
        reason: Box<StudyError>,
    },
    /// The rate could not be enclosed.
    #[error("no certificate: {reason}")]
    CertificateUnknown {
        /// The error of the certificate.
        reason: Box<StudyError>,
    },
    /// A sensitivity could not be computed.
    #[error("{reason}: it is not known")]
    SensitivityUnknown {
        /// The key of the varied number, and the error of the solution with its changed value.
        reason: String,
    },
    /// The configuration has no positive number that can be varied and on which the rate depends.
    #[error(
        "sensitivities: the configuration has no positive number that the rate depends on and that stands alone: formulas and lists are not varied"
    )]
    NoSensitivity,
    /// The finest grid that fits does not reach the requested tolerance.
    #[error("the tolerance of {tolerance:.1e} was not met: {}", reached(*error))]
    ToleranceMissed {
        /// The requested relative error.
        tolerance: f64,
        /// The estimated relative error on the finest grid; infinite if there are too few grids for an estimate.
        error: f64,
        /// Whether there is a saddle with which the grid could be aligned.
        has_saddle: bool,
        /// Whether the flux correction could be used and is not in use.
        can_be_corrected: bool,
    },
    /// The cell Péclet number is large near the minimum or a saddle.
    #[error(
        "the cell Péclet number reaches {number:.1} at θ = {}, near the minimum or a saddle: the grid does not resolve \
         the density there; take about {:.0} times as many cells per axis",
        point(*at, *dimension), (number / 2.0).ceil()
    )]
    Peclet {
        /// The largest cell Péclet number there.
        number: f64,
        /// The point θ where it is reached.
        at: Point,
        /// The dimension, 1 or 2.
        dimension: usize,
    },
    /// The grid does not resolve the curve on which the noise degenerates where the process crosses it.
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
    /// The spectrum has fewer eigenvalues than requested.
    #[error(
        "the spectrum has {found} of the {asked} eigenvalues that were asked for: the chain has no more states, or a Krylov space shows no more \
         of them"
    )]
    ShortSpectrum {
        /// The number of eigenvalues found.
        found: usize,
        /// The number of eigenvalues requested.
        asked: usize,
    },
    /// A well whose lowest point lies on a reflecting wall is no valley of the network.
    #[error(
        "a well has its lowest point on a reflecting wall, near θ = {}: it has no minimum inside and is no valley of the network, whose rates, \
         occupations and eigenvalues leave it out (`spectrum` does not); move that wall outwards, or draw the domain in to leave the well out",
        point(*at, *dimension)
    )]
    WellAtWall {
        /// The lowest point.
        at: Point,
        /// The dimension.
        dimension: usize,
    },
    /// The rate comes from a single grid and has no error estimate.
    #[error(
        "the rate has no error estimate: the grid cannot be coarsened further, and may resolve nothing of the well or \
         the saddle; take more cells"
    )]
    NoErrorEstimate,
    /// The loss is interpolated, and the problem with a thinned table could not be posed: the interpolation error is
    /// unknown.
    #[error(
        "what the interpolation of the loss may change is not known, and not in the stated errors: with every other value left out there is no \
         such problem ({reason}). Compute the table on more points"
    )]
    InterpolationUnknown {
        /// The error of the thinned problem.
        reason: Box<ProblemError>,
    },
    /// The loss is interpolated, and quantities were requested whose errors leave the interpolation out.
    #[error(
        "the stated errors of rates, passage times, and the eigenvalues of a spectrum include what the interpolation of the loss may change; those \
         of other quantities do not, nor do those of quantities that a table with half of the points has no answer to"
    )]
    InterpolatedElsewhere,
    /// The inverse iteration ended before the bracket reached its tolerance.
    #[error(
        "the bracket of the rate closed to {width:.1e} relative only, after {iterations} inverse iterations: a second rate of the set is \
         close to the first"
    )]
    OpenBracket {
        /// The width of the bracket divided by the rate.
        width: f64,
        /// The number of inverse iterations.
        iterations: usize,
    },
    /// The quasi-stationary probability near reflecting walls of an automatically chosen domain is not negligible.
    #[error("the automatic domain neglects about {probability:.1e} of the probability beyond its walls")]
    NeglectedProbability {
        /// The probability of the cells along these walls, which estimates the probability beyond them.
        probability: f64,
    },
    /// The estimated discretisation error of a quantity is large.
    #[error(
        "the estimated discretisation error of the {of} is {}: take more cells, or draw the domain closer to the \
         start set and its saddles",
        digits::percent(*error)
    )]
    LargeError {
        /// The quantity.
        of: OfRate,
        /// The estimated relative error.
        error: f64,
    },
    /// The estimated discretisation error of a quantity exceeds the quantity.
    #[error(
        "NOT A RESULT: the estimated discretisation error of the {of} is {}, more than the {of} itself, of which no digit is known: the \
         grids resolve too little of the well or of what kills",
        digits::percent(*error)
    )]
    Worthless {
        /// The quantity.
        of: OfRate,
        /// The estimated relative error.
        error: f64,
    },
    /// Less than half of the quasi-stationary probability lies in the start set, because other wells of the live set
    /// decay more slowly.
    #[error(
        "the quasi-stationary density lies in another well than the start set, which holds {share:.1e} of it: the \
         quasi-stationary rate is that of the slowest well that the target leaves alive. The rate from the start set's \
         minimum is 1/τ"
    )]
    ElsewhereThanStart {
        /// The quasi-stationary probability of the start set.
        share: f64,
    },
    /// The start set contains several wells, the escape rate differs from 1/τ, and the quasi-stationary density is
    /// largest in a well other than that of the start minimum.
    #[error(
        "the quasi-stationary density is largest in another well of the set than the start's, around θ = {}: the quasi-stationary \
         rate is that of the slowest well. The rate from the start's minimum is 1/τ",
        point(*at, *dimension)
    )]
    OtherWell {
        /// The minimum of that well.
        at: Point,
        /// The dimension, 1 or 2.
        dimension: usize,
    },
    /// The density in time has a larger estimated error than requested.
    #[error(
        "the density in time has an estimated relative error of {error:.1e}, in L1 or of a cell above the floor, where {tolerance:.1e} was \
         asked for"
    )]
    EvolutionTolerance {
        /// The requested relative error.
        tolerance: f64,
        /// The estimated relative error.
        error: f64,
    },
    /// The flux is unknown at early output times, where it comes from the far tail of the initial density.
    #[error(
        "the flux {} is not known: it comes from the far tail of a density that has just been released, where only \
         an order of magnitude, if that, can be had",
        before(*until)
    )]
    EvolutionFlux {
        /// The first output time from which on it is known; infinite if it is unknown up to the last.
        until: f64,
    },
    /// The survival probability is below the range of f64 at late output times.
    #[error(
        "survival from t = {from:.3e} on is below 1e-308, and 0 in the lists: its logarithm is there, and the flux over it"
    )]
    EvolutionRange {
        /// The first such output time.
        from: f64,
    },
    /// The survival probability of the density differs from Σ p u, the survival from every cell weighted with the
    /// initial density, by more than the estimated errors.
    #[error(
        "Σ p u from every cell and the survival of the density are {distance:.1e} apart, relative to ln S, where their estimated errors are \
         {stated:.1e} together"
    )]
    EvolutionSides {
        /// The relative difference of the two values of ln S.
        distance: f64,
        /// The sum of their estimated errors.
        stated: f64,
    },
    /// The evolution in time was interrupted; the output times so far are kept.
    #[error("the density in time was interrupted after t = {until:.3e}: what was found until then is there")]
    EvolutionInterrupted {
        /// The last output time reached; 0 if there is none.
        until: f64,
    },
    /// The time of the simulation was up before anything was known; the results of the solver are kept.
    #[error("no particles: {reason}")]
    ParticlesUnknown {
        /// The error of the simulation.
        reason: Box<StudyError>,
    },
    /// The simulation of particles was interrupted; the results of the solver are kept.
    #[error("the particles were interrupted before they were counted")]
    ParticlesInterrupted,
}

/// What a coarser grid that failed costs, in words.
pub(crate) fn has_no_say(is_closed_alone: bool) -> &'static str {
    match is_closed_alone {
        true => "has no committor or network, and no say in their estimated errors",
        false => "could not be solved and has no say in the estimated error",
    }
}

/// The error reached by a refinement, in words.
pub(crate) fn reached(error: f64) -> String {
    match error.is_finite() {
        true => format!("the estimated relative error on the finest grid that fits is {error:.1e}"),
        false => "the error is not known, because fewer grids fit than an estimate of it needs".to_string(),
    }
}

/// The remedy for a curve that is unresolved by the factor `coarseness`: more cells, or a floor if more than 16 times
/// as many per axis would be needed.
fn more_cells(coarseness: f64) -> String {
    const PATIENCE: f64 = 16.0;
    match (2.0 * coarseness).ceil() {
        factor if factor <= PATIENCE => format!("about {factor:.0} times as many cells per axis, or a floor"),
        _ => "a floor, for no grid that one waits for resolves it".to_string(),
    }
}

fn before(until: f64) -> String {
    if until.is_finite() { format!("before t = {until:.3e}") } else { "at all output times".to_string() }
}
