//! Factored chains, the input of every analysis.
//!
//! A library's route from a problem to its numbers is
//! ```text
//! Problem  →  Chain::on(&problem, grid, weight, resources)  →  quasi_stationary(&chain), mean_first_passage(&chain), …
//! ```
//! with one function per analysis. A [`Chain`] is a [`Discretisation`] with the [`Factor`] of its generator, and
//! dereferences to the latter. A chain that does not come from a grid has a factor only.

use std::ops::Deref;
use std::sync::Arc;

use crate::elimination::{Elimination, EliminationError};
use crate::generator::correction::PASSES;
use crate::generator::{FluxCorrection, Generator};
use crate::grid::Grid;
use crate::problem::Problem;
use crate::scheme::Weight;
use crate::solve::{Discretisation, Resources, SolveError, quasi_stationary};
use crate::tensor::Point;

/// A factored generator, and the state at which analyses start.
#[derive(Debug)]
pub struct Factor {
    /// The factor.
    pub elimination: Elimination,
    /// Number of states.
    pub states: usize,
    /// The state where the process starts.
    pub origin: usize,
}

impl Factor {
    /// Eliminates the states of a generator.
    ///
    /// # Errors
    /// The errors of [`Elimination::new`].
    pub fn new(generator: &Generator, origin: usize, resources: Resources<'_>) -> Result<Factor, EliminationError> {
        let elimination = Elimination::new(generator, resources.workspace, resources.memory, resources.progress)?;
        Ok(Factor { elimination, states: generator.len(), origin })
    }
}

/// A factored chain on a grid.
pub struct Chain<'a> {
    /// The problem on its grid.
    pub discretisation: Discretisation<'a>,
    factor: Factor,
}

impl Deref for Chain<'_> {
    type Target = Factor;

    fn deref(&self) -> &Factor {
        &self.factor
    }
}

impl<'a> Chain<'a> {
    /// The killed chain of a problem on a grid, which starts at the problem's start point.
    ///
    /// # Errors
    /// As [`Discretisation::on`] and [`Chain::killed`].
    pub fn on(
        problem: &'a Problem,
        grid: Grid,
        weight: Weight,
        resources: Resources<'_>,
    ) -> Result<Chain<'a>, SolveError> {
        Chain::killed(Discretisation::on(problem, grid, weight, resources.progress)?, resources)
    }

    /// The chain that is killed at the absorbing boundaries and inside the domain.
    ///
    /// # Errors
    /// [`SolveError::NothingAbsorbs`], [`SolveError::NeverReached`], and the errors of an elimination.
    pub fn killed(discretisation: Discretisation<'a>, resources: Resources<'_>) -> Result<Chain<'a>, SolveError> {
        if !discretisation.kills() {
            return Err(discretisation.without_killing());
        }
        let origin = discretisation.state_at(discretisation.problem.valley.start_point);
        let factor = factor(&discretisation, &discretisation.assembly.generator, origin, resources)?;
        Ok(Chain { discretisation, factor })
    }

    /// The chain with its killing rates replaced by these, in 1/time.
    ///
    /// # Errors
    /// The errors of an elimination.
    pub fn with_killing(
        discretisation: Discretisation<'a>,
        killing: Vec<f64>,
        resources: Resources<'_>,
    ) -> Result<Chain<'a>, SolveError> {
        let origin = discretisation.state_at(discretisation.problem.valley.start_point);
        let factor = factor(&discretisation, &discretisation.assembly.killed(killing), origin, resources)?;
        Ok(Chain { discretisation, factor })
    }

    /// The closed chain, the input of [`crate::solve::stationary`]: every wall reflects and nothing absorbs. It is
    /// killed at unit rate in one restart state, near the maximum of its stationary distribution, so that it can be
    /// eliminated.
    ///
    /// # Errors
    /// As [`Discretisation::closed`], and the errors of an elimination.
    pub fn closed(discretisation: &Discretisation<'a>, resources: Resources<'_>) -> Result<Chain<'a>, SolveError> {
        let discretisation = discretisation.closed(resources.progress)?;
        let pin = discretisation.state_at(deepest(discretisation.problem));
        let factor = factor(&discretisation, &discretisation.assembly.pinned(pin), pin, resources)?;
        Ok(Chain { discretisation, factor })
    }

    /// The same chain with rates corrected for the variation of the flux along each edge ([`FluxCorrection`]).
    ///
    /// # Errors
    /// [`SolveError::NotReversible`] unless the process is a loss with D = d·I, [`SolveError::SingularFlux`] if there
    /// are windows, and the errors of solves and eliminations.
    pub fn corrected(self, resources: Resources<'_>) -> Result<Chain<'a>, SolveError> {
        let Chain { mut discretisation, factor: mut known } = self;
        if !discretisation.problem.is_reversible() {
            return Err(SolveError::NotReversible);
        }
        if !discretisation.domain.windows.is_empty() {
            return Err(SolveError::SingularFlux);
        }
        let origin = known.origin;
        let sampler = discretisation.sampler();
        let mut correction = FluxCorrection::new(&discretisation.assembly, &discretisation.grid, &sampler);
        for _ in 0..PASSES {
            resources.progress.begin("correcting for the flux", 0);
            let found = quasi_stationary(&known)?;
            let assembly = Arc::make_mut(&mut discretisation.assembly);
            correction.pass(assembly, &discretisation.grid, &found.probability);
            // Only one factor need be in memory.
            drop(known);
            known = factor(&discretisation, &discretisation.assembly.generator, origin, resources)?;
        }
        discretisation.walls = Some(correction.walls());
        Ok(Chain { discretisation, factor: known })
    }

    /// The discretisation without its factor, whose memory is freed.
    pub fn into_discretisation(self) -> Discretisation<'a> {
        self.discretisation
    }
}

/// The approximate maximum of the stationary distribution: the deepest minimum in the domain.
pub(super) fn deepest(problem: &Problem) -> Point {
    let inside = problem.critical.minima.iter().find(|point| problem.domain.contains(point.theta));
    inside.map_or(problem.valley.start_point, |point| point.theta)
}

fn factor(
    on: &Discretisation<'_>,
    generator: &Generator,
    origin: usize,
    resources: Resources<'_>,
) -> Result<Factor, SolveError> {
    Factor::new(generator, origin, resources).map_err(|error| located(error, on))
}

/// The barrier, over the noise, above which rates underflow whatever their prefactor.
const DEEPEST: f64 = 690.0;

/// The lowest barrier in two dimensions over the noise d of D = d·I; 0 if there is none.
fn height(problem: &Problem) -> f64 {
    match (problem.dynamics.loss(), problem.noise.temperature(), problem.valley.saddles.first()) {
        (Some(loss), Some(d), Some(&saddle)) if problem.dimension == 2 => {
            let at = problem.critical.saddles[saddle].point.theta;
            (loss.value(at) - loss.value(problem.valley.start_point)) / d
        }
        _ => 0.0,
    }
}

/// The error of a failed elimination with the cell of its pivot, or with the grid that is too large.
pub(crate) fn located(error: EliminationError, on: &Discretisation<'_>) -> SolveError {
    let (cells, dimension) = (on.grid.cells, on.grid.dimension);
    match error {
        EliminationError::NotFinite { .. } if height(on.problem) > DEEPEST => {
            SolveError::TooCold { barrier: height(on.problem) }
        }
        EliminationError::ZeroPivot { state } => SolveError::Unreachable { at: on.centre(state), dimension },
        EliminationError::NotFinite { state } => SolveError::RateOverflow { at: on.centre(state), dimension },
        EliminationError::TooLarge { needed, allowed } => SolveError::TooLarge { cells, needed, allowed },
        EliminationError::Refused { needed } => SolveError::Refused { cells, needed },
        EliminationError::Interrupted => SolveError::Interrupted,
        // Cannot happen: `Factor::new` analyses the pattern that it eliminates.
        error @ EliminationError::PatternChanged => SolveError::Elimination(error),
    }
}
