//! The errors with which a study ends without a result.

use crate::digits;
use crate::grid::GridError;
use crate::observe::dividing::NotBetween;
use crate::particles::SimulationError;
use crate::problem::core_set::NoCores;
use crate::problem::{Absorb, Problem, ProblemError, StartSet, Wall};
use crate::sgd::SgdError;
use crate::solve::SolveError;
use crate::study::certificate::CertificateError;
use crate::study::evolution::EvolutionFault;
use crate::study::iteration::IterationError;
use crate::study::network::NoNetwork;
use crate::study::warning::Warning;
use crate::tensor::Point;

/// The error with which a study ended. Its remedies are in `config`, in terms of the keys of a configuration.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StudyError {
    /// The problem is invalid or cannot be solved as posed.
    #[error(transparent)]
    Problem(ProblemError),
    /// The sets for reactive paths are not given and cannot be found.
    #[error(transparent)]
    NoCores(#[from] NoCores),
    /// A dividing surface does not separate the two sets.
    #[error(transparent)]
    NotBetween(#[from] NotBetween),
    /// The problem has no network of valleys.
    #[error(transparent)]
    NoNetwork(#[from] NoNetwork),
    /// The problem admits no such grid.
    #[error(transparent)]
    Grid(#[from] GridError),
    /// A chain could not be assembled or solved.
    #[error(transparent)]
    Solve(SolveError),
    /// The chain of SGD's own iteration could not be solved.
    #[error(transparent)]
    Iteration(IterationError),
    /// The rate cannot be enclosed.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// The grid does not fit into memory.
    #[error("this grid needs about {} and {} are free", digits::bytes(*needed), digits::bytes(*allowed as f64))]
    TooLarge {
        /// The approximate number of bytes needed.
        needed: f64,
        /// The number of bytes that may be used.
        allowed: u64,
        /// The cells of the largest grid of the same shape that fits; the second number is 1 in one dimension.
        largest: [usize; 2],
        /// The dimension, 1 or 2.
        dimension: usize,
    },
    /// Refinement found no grid that could be solved.
    #[error("no grid up to {} cells could be solved within the largest number of unknowns and the memory", digits::cells(*cells))]
    NoGrid {
        /// The cells of the last grid that was tried.
        cells: [usize; 2],
    },
    /// The problem cannot be simulated with particles.
    #[error(transparent)]
    Particles(#[from] SimulationError),
    /// The evolution in time could not be computed.
    #[error(transparent)]
    Evolution(#[from] EvolutionFault),
    /// The set is the basin of the only minimum on a periodic axis: a path that leaves it over a saddle enters it
    /// again.
    #[error("the basin of the only minimum on a periodic axis is all of the ring but its saddle{}, behind which it begins again: nothing absorbs", at(*.saddle, *.dimension))]
    WholeRing {
        /// The lowest saddle of the basin.
        saddle: Option<Point>,
        /// The dimension, 1 or 2.
        dimension: usize,
    },
    /// The cells are too wide to see where the live set ends.
    #[error("the domain reaches beyond the live set around the minimum, as at θ = {}, and no edge of the grid does: its cells are too wide", digits::point(*outside, *dimension))]
    TooCoarse {
        /// A point of the domain outside the live set.
        outside: Point,
        /// The dimension, 1 or 2.
        dimension: usize,
    },
    /// No digit of any rate that was asked for is known.
    #[error("{0}")]
    Unresolved(Box<Warning>),
    /// The user asked to stop.
    #[error("interrupted")]
    Interrupted,
}

/// Words for a point, empty if it is not known.
fn at(place: Option<Point>, dimension: usize) -> String {
    place.map_or_else(String::new, |theta| format!(" at θ = {}", digits::point(theta, dimension)))
}

impl StudyError {
    /// Refuses a problem that asks for the escape rate from a basin that is a whole ring.
    ///
    /// # Errors
    /// [`StudyError::WholeRing`].
    pub(super) fn refuse_whole_ring(problem: &Problem) -> Result<(), StudyError> {
        let (domain, critical) = (&problem.domain, &problem.critical);
        let axes = 0..problem.dimension;
        let is_ring = axes.clone().any(|axis| domain.is_periodic(axis)) && critical.minima.len() == 1;
        let leaves_a_basin = problem
            .posed
            .valley
            .as_ref()
            .is_some_and(|valley| matches!((&valley.set, &valley.absorb), (StartSet::Basin, Absorb::Boundary)));
        let kills = domain.killing.is_some()
            || !domain.windows.is_empty()
            || axes.into_iter().any(|axis| (0..2).any(|end| domain.wall(axis, end) == Some(Wall::Absorbing)));
        if is_ring && leaves_a_basin && !kills {
            let saddle = critical.saddles.first().map(|saddle| saddle.point.theta);
            return Err(StudyError::WholeRing { saddle, dimension: problem.dimension });
        }
        Ok(())
    }

    /// Returns the error itself, or [`StudyError::TooCoarse`] if no edge of the grid leaves the live set although the
    /// domain reaches beyond it.
    pub(super) fn told_of(self, problem: &Problem) -> StudyError {
        match (&self, outside(problem)) {
            (StudyError::Solve(SolveError::NothingAbsorbs), Some(outside)) => {
                StudyError::TooCoarse { outside, dimension: problem.dimension }
            }
            _ => self,
        }
    }

    /// Whether the error depends on the grid, so that another grid may be free of it.
    pub(super) fn is_of_one_grid(&self) -> bool {
        match self {
            StudyError::Solve(error) => !matches!(
                error,
                SolveError::NothingAbsorbs
                    | SolveError::NeverReached { .. }
                    | SolveError::NotReversible
                    | SolveError::SingularFlux
                    | SolveError::SetsOverlap { .. }
            ),
            _ => false,
        }
    }
}

/// Returns a point of the domain outside the live set: the centre of the target or a point of a lattice; `None` if
/// there is none.
fn outside(problem: &Problem) -> Option<Point> {
    /// The number of lattice points along each axis.
    const PLACES: usize = 64;
    /// The fraction of the domain left out at its ends, where an automatic domain ends with the live set.
    const MARGIN: f64 = 1e-9;
    let (domain, live) = (&problem.domain, &problem.valley.live);
    let along = |axis: usize, place: usize| {
        let share = MARGIN + (1.0 - 2.0 * MARGIN) * place as f64 / (PLACES - 1) as f64;
        domain.lower[axis] + share * (domain.upper[axis] - domain.lower[axis])
    };
    let rows = if problem.dimension == 1 { 1 } else { PLACES };
    let lattice = (0..PLACES).flat_map(|i| (0..rows).map(move |j| [i, j]));
    let places = lattice.map(|[i, j]| [along(0, i), if problem.dimension == 1 { 0.0 } else { along(1, j) }]);
    let target = problem.valley.target.map(|(centre, _)| centre).filter(|centre| domain.contains(*centre));
    target.into_iter().chain(places).find(|theta| !live.holds(*theta)).or_else(|| driven_away(problem))
}

/// A point of a line at which the drift leads away from the minimum of a basin, so that the basin ends before it. The
/// search for saddles, on a lattice over the domain, misses those that are far nearer than its points.
fn driven_away(problem: &Problem) -> Option<Point> {
    /// The factor from one distance to the next, beginning with the width √(D/H) of the density, and their number.
    const FACTOR: f64 = 1.1;
    const STEPS: i32 = 200;
    let is_basin = problem.posed.valley.as_ref().is_some_and(|valley| matches!(valley.set, StartSet::Basin));
    let minimum = problem.minimum().filter(|_| problem.dimension == 1 && is_basin)?;
    let width = (problem.noise.tensor(minimum.theta).xx / minimum.eigenvalues[0]).sqrt();
    let places =
        (0..STEPS).flat_map(|k| [1.0, -1.0].map(|sign| [minimum.theta[0] + sign * width * FACTOR.powi(k), 0.0]));
    let mut inside = places.filter(|theta| problem.domain.contains(*theta));
    inside.find(|theta| problem.dynamics.slope(*theta)[0] * (theta[0] - minimum.theta[0]) < 0.0)
}

impl From<SolveError> for StudyError {
    fn from(error: SolveError) -> StudyError {
        match error {
            SolveError::Interrupted => StudyError::Interrupted,
            error => StudyError::Solve(error),
        }
    }
}

impl From<IterationError> for StudyError {
    fn from(error: IterationError) -> StudyError {
        match error {
            IterationError::Failed { error: SgdError::Solve(SolveError::Interrupted), .. } => StudyError::Interrupted,
            error => StudyError::Iteration(error),
        }
    }
}

impl From<ProblemError> for StudyError {
    fn from(error: ProblemError) -> StudyError {
        match error {
            ProblemError::Slice(error) if error.is_interruption() => StudyError::Interrupted,
            error => StudyError::Problem(error),
        }
    }
}
