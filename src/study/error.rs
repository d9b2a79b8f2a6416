//! Why a study ended without a result.

use crate::digits;
use crate::grid::GridError;
use crate::observe::dividing::NotBetween;
use crate::particles::SimulationError;
use crate::problem::core_set::NoCores;
use crate::problem::{Absorb, Problem, ProblemError, StartSet, Wall};
use crate::solve::SolveError;
use crate::study::certificate::CertificateError;
use crate::study::evolution::EvolutionFault;
use crate::study::iteration::IterationError;
use crate::study::network::NoNetwork;
use crate::tensor::Point;

/// A study that ended without a result. What a user can change about it is told where configurations are read.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StudyError {
    /// The problem is wrong or can't be solved as posed.
    #[error(transparent)]
    Problem(ProblemError),
    /// Sets for reactive paths that are not given and cannot be found.
    #[error(transparent)]
    NoCores(#[from] NoCores),
    /// A dividing surface that does not part the two sets.
    #[error(transparent)]
    NotBetween(#[from] NotBetween),
    /// A network of valleys where there is none.
    #[error(transparent)]
    NoNetwork(#[from] NoNetwork),
    /// No such grid can be laid over the problem.
    #[error(transparent)]
    Grid(#[from] GridError),
    /// A chain could not be made or solved.
    #[error(transparent)]
    Solve(SolveError),
    /// SGD's own iteration could not be solved.
    #[error(transparent)]
    Iteration(#[from] IterationError),
    /// A rate that cannot be enclosed.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// A grid that does not fit into memory.
    #[error("this grid needs about {} and {} are free", digits::bytes(*needed), digits::bytes(*allowed as f64))]
    TooLarge {
        /// Bytes that it would take, roughly.
        needed: f64,
        /// Bytes that may be used.
        allowed: u64,
        /// Cells of the largest grid of the same shape that fits; the second is 1 in one dimension.
        largest: [usize; 2],
        /// The dimension, 1 or 2.
        dimension: usize,
    },
    /// Refinement found no grid that could be solved.
    #[error("no grid up to {} × {} cells could be solved within the largest number of unknowns and the memory", cells[0], cells[1])]
    NoGrid {
        /// Cells of the last grid that was tried.
        cells: [usize; 2],
    },
    /// Particles that cannot simulate it.
    #[error(transparent)]
    Particles(#[from] SimulationError),
    /// A density in time that could not be had.
    #[error(transparent)]
    Evolution(#[from] EvolutionFault),
    /// The basin of the only minimum on a periodic axis: whoever leaves it over a saddle comes back into it.
    #[error("the basin of the only minimum on a periodic axis is all of the ring but its saddle{}, behind which it begins again: nothing absorbs", at(*.saddle, *.dimension))]
    WholeRing {
        /// Its lowest saddle.
        saddle: Option<Point>,
        /// The dimension, 1 or 2.
        dimension: usize,
    },
    /// Somebody asked to stop.
    #[error("interrupted")]
    Interrupted,
}

/// Where something is, if that is known.
fn at(place: Option<Point>, dimension: usize) -> String {
    place.map_or_else(String::new, |theta| format!(" at θ = {}", digits::point(theta, dimension)))
}

impl StudyError {
    /// Refuses to look for the rate of leaving a basin that is a whole ring.
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

    /// Whether another grid may not have it.
    pub(super) fn is_of_one_grid(&self) -> bool {
        match self {
            StudyError::Solve(error) => !matches!(
                error,
                SolveError::NothingAbsorbs
                    | SolveError::NotReversible
                    | SolveError::SingularFlux
                    | SolveError::SetsOverlap { .. }
            ),
            _ => false,
        }
    }
}

impl From<SolveError> for StudyError {
    fn from(error: SolveError) -> StudyError {
        match error {
            SolveError::Interrupted => StudyError::Interrupted,
            error => StudyError::Solve(error),
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
