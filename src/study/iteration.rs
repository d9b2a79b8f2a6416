//! The error of the diffusion limit: SGD's own escape rate compared with that of the Itô equation, as η grows at fixed
//! D (fixed η/B).

use serde::{Serialize, Serializer};

use crate::formula::quadrature::End;
use crate::observe::quantity::{self, Logged};
use crate::problem::{Interpretation, Problem};
use crate::progress::Progress;
use crate::scaled::Scaled;
use crate::sgd::{Escape, Iteration, SgdError};
use crate::solve::Resources;
use crate::study::request::IterationRequest;
use crate::study::{StudyError, comparison};

/// The escape rate of the iteration at one learning rate.
#[derive(Clone, Debug, Serialize)]
pub struct IterationRate {
    /// The learning rate η.
    pub learning_rate: f64,
    /// γ per iteration.
    #[serde(flatten, serialize_with = "per_iteration")]
    pub per_iteration: Scaled,
    /// γ per unit of dynamical time: `per_iteration` divided by η.
    #[serde(flatten, serialize_with = "quantity::value")]
    pub rate: Scaled,
    /// `rate` divided by that of the diffusion limit, minus 1; `None` if that was not computed.
    pub error: Option<f64>,
    /// η times the largest eigenvalue of H at the start minimum, `None` without one. The iteration is unstable there
    /// from 2 on.
    pub stiffness: Option<f64>,
    /// The number of nodes of the quadrature.
    pub nodes: usize,
    /// The largest deviation of a step's total probability from 1 in the quadrature.
    pub normalisation_error: f64,
}

/// The escape rates at all learning rates, the largest first.
#[derive(Clone, Debug, Serialize)]
pub struct IterationStudy {
    /// One entry for each learning rate.
    pub rates: Vec<IterationRate>,
    /// The order p in |error| ∝ ηᵖ from the two smallest learning rates; `None` if the three smallest do not show one
    /// order.
    #[serde(rename = "observed_order")]
    pub order: Option<f64>,
}

fn per_iteration<S: Serializer>(value: &Scaled, serializer: S) -> Result<S::Ok, S::Error> {
    Logged::new("per_iteration", *value).serialize(serializer)
}

/// The default learning rates: these shares of `noise.learning_rate`.
const SHARES: [f64; 5] = [1.0, 0.5, 0.25, 0.125, 0.0625];

/// The reason for which SGD's own iteration could not be solved.
#[derive(Clone, Debug, thiserror::Error)]
pub enum IterationError {
    /// The problem has two dimensions or is on a circle.
    #[error("the iteration itself is solved in one dimension, on an interval")]
    NotOnAnInterval,
    /// The calculus is not Itô's.
    #[error("SGD takes its noise at the point that it leaves, which is the Itô reading")]
    NotIto,
    /// There is a killing rate inside the domain.
    #[error("the iteration itself is solved for what absorbs at the ends, and a killing rate acts inside the domain")]
    KillingInside,
    /// Neither the request nor the noise has a learning rate.
    #[error("this noise has no learning rate of its own")]
    NoLearningRate,
    /// The iteration failed at one learning rate.
    #[error("at the learning rate {learning_rate}: {error}")]
    Failed {
        /// The learning rate η.
        learning_rate: f64,
        /// The error at this learning rate.
        error: SgdError,
    },
}

/// Returns the learning rates for which the iteration is solved, largest first: those requested, or the default ones.
///
/// # Errors
/// [`IterationError`]: the problem is not an Itô process on an interval without a killing rate inside, there is no
/// learning rate, or [`sizes`] fails.
pub fn check(asked: &IterationRequest, problem: &Problem) -> Result<Vec<f64>, IterationError> {
    let learning_rates = refuse(asked, problem)?;
    sizes(problem, &learning_rates)?;
    Ok(learning_rates)
}

/// Returns the number of nodes and the number of kernel entries for each learning rate.
///
/// # Errors
/// [`IterationError::Failed`]: a step that is too short to resolve, or a slope or noise that is not finite.
pub fn sizes(problem: &Problem, learning_rates: &[f64]) -> Result<Vec<[usize; 2]>, IterationError> {
    let size = |&learning_rate: &f64| {
        on_interval(problem, learning_rate, |iteration| iteration.size())
            .map_err(|error| IterationError::Failed { learning_rate, error })
    };
    learning_rates.iter().map(size).collect()
}

fn refuse(asked: &IterationRequest, problem: &Problem) -> Result<Vec<f64>, IterationError> {
    if problem.dimension != 1 || problem.domain.is_periodic(0) {
        return Err(IterationError::NotOnAnInterval);
    }
    if problem.interpretation != Interpretation::Ito {
        return Err(IterationError::NotIto);
    }
    if problem.domain.killing.is_some() {
        return Err(IterationError::KillingInside);
    }
    learning_rates(asked, problem)
}

/// Solves the iteration for every requested learning rate. `limit` is the escape rate in the diffusion limit.
///
/// # Errors
/// [`StudyError::Iteration`].
pub fn iteration(
    asked: &IterationRequest,
    problem: &Problem,
    limit: Option<Scaled>,
    resources: Resources<'_>,
) -> Result<IterationStudy, StudyError> {
    let learning_rates = check(asked, problem)?;
    let stiffest = problem.minimum().filter(|minimum| minimum.cusp.is_none()).map(|minimum| minimum.eigenvalues[0]);
    let mut rates = Vec::new();
    for learning_rate in learning_rates {
        resources.progress.begin("the iteration itself", 0);
        let found = escape(problem, learning_rate, resources.memory, resources.progress)
            .map_err(|error| IterationError::Failed { learning_rate, error })?;
        let rate = found.per_iteration.scaled(1.0 / learning_rate);
        rates.push(IterationRate {
            learning_rate,
            per_iteration: found.per_iteration,
            rate,
            error: limit.map(|limit| rate.over(limit).value() - 1.0),
            stiffness: stiffest.map(|curvature| learning_rate * curvature),
            nodes: found.nodes.len(),
            normalisation_error: found.normalisation_error,
        });
    }
    Ok(IterationStudy { order: order(&rates), rates })
}

/// The requested learning rates, or [`SHARES`] of the learning rate of the noise; largest first.
fn learning_rates(asked: &IterationRequest, problem: &Problem) -> Result<Vec<f64>, IterationError> {
    let own = problem.noise_model.minibatch().map(|minibatch| minibatch.learning_rate);
    let mut learning_rates = match (asked.learning_rates.is_empty(), own) {
        (false, _) => asked.learning_rates.clone(),
        (true, Some(own)) => SHARES.map(|share| share * own).to_vec(),
        (true, None) => return Err(IterationError::NoLearningRate),
    };
    learning_rates.sort_by(|a, b| b.total_cmp(a));
    Ok(learning_rates)
}

/// The observed order p in |error| ∝ ηᵖ from the last two learning rates; `None` if that from the two before differs by
/// more than `SETTLED`, an error is unknown, or two errors have opposite signs.
fn order(rates: &[IterationRate]) -> Option<f64> {
    const SETTLED: f64 = 0.2;
    let between = |coarse: &IterationRate, fine: &IterationRate| {
        let (a, b) = coarse.error.zip(fine.error)?;
        let order = (a / b).abs().ln() / (coarse.learning_rate / fine.learning_rate).ln();
        (a * b > 0.0 && order.is_finite()).then_some(order)
    };
    let [.., first, second, third] = rates else { return None };
    let (before, order) = between(first, second).zip(between(second, third))?;
    ((order - before).abs() <= SETTLED).then_some(order)
}

/// Solves the escape of the iteration of a problem in one dimension, which ends where the diffusion is absorbed.
///
/// # Errors
/// The errors of [`Iteration::escape`].
pub fn escape(problem: &Problem, learning_rate: f64, memory: u64, progress: &Progress) -> Result<Escape, SgdError> {
    on_interval(problem, learning_rate, |iteration| iteration.escape(memory, progress))
}

/// Calls `ask` with the iteration of a problem in one dimension.
fn on_interval<T>(problem: &Problem, learning_rate: f64, ask: impl FnOnce(&Iteration<'_>) -> T) -> T {
    let ends = [0, 1].map(|side| comparison::end(problem, 0, side));
    let absorbs = ends.map(|end| matches!(end, End::Absorbing(_)));
    let place = |end: End| match end {
        End::Absorbing(at) | End::Reflecting(at) => at,
        End::Natural { from, .. } => from,
    };
    let slope = |x: f64| problem.dynamics.slope([x, 0.0])[0];
    let diffusion = |x: f64| problem.noise.tensor([x, 0.0]).xx;
    let start = problem.valley.start_point[0];
    let ends = ends.map(place);
    let breaks = breaks(problem, ends);
    ask(&Iteration { learning_rate, slope: &slope, diffusion: &diffusion, ends, absorbs, start, breaks: &breaks })
}

/// The points of an interval at which the slope or the noise of a problem on a line jumps or has a kink.
fn breaks(problem: &Problem, [lower, upper]: [f64; 2]) -> Vec<f64> {
    /// The segments on which they are looked for, since one alone shows few.
    const SEGMENTS: u32 = 256;
    let place = |k: u32| lower + (upper - lower) * f64::from(k) / f64::from(SEGMENTS);
    let on = |k: u32| {
        let (from, to) = (place(k), place(k + 1));
        let (start, end) = ([from, 0.0], [to, 0.0]);
        let found = problem.noise.breaks(start, end).with(problem.dynamics.breaks(start, end));
        found.as_slice().iter().map(|fraction| from + fraction * (to - from)).collect::<Vec<f64>>()
    };
    let mut found: Vec<f64> = (0..SEGMENTS).flat_map(on).collect();
    found.sort_by(f64::total_cmp);
    found.dedup();
    found
}
