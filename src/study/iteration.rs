//! The error of the diffusion limit: SGD's own escape rate against the Itô equation's, as η grows at fixed D (fixed η/B).

use serde::{Serialize, Serializer};

use crate::formula::quadrature::End;
use crate::observe::quantity::{self, Logged};
use crate::problem::Interpretation;
use crate::problem::{Problem, ProblemError};
use crate::progress::Progress;
use crate::scaled::Scaled;
use crate::sgd::{Escape, Iteration, SgdError};
use crate::study::Request;
use crate::study::{StudyError, comparison};

/// The iteration at one learning rate.
#[derive(Clone, Debug, Serialize)]
pub struct IterationRate {
    /// η.
    pub learning_rate: f64,
    /// γ per iteration.
    #[serde(flatten, serialize_with = "per_iteration")]
    pub per_iteration: Scaled,
    /// γ per unit of dynamical time: per iteration over η.
    #[serde(flatten, serialize_with = "quantity::value")]
    pub rate: Scaled,
    /// That over the diffusion limit's, minus 1.
    pub error: Option<f64>,
    /// η times the largest eigenvalue of H at the minimum; the iteration is unstable there from 2 on.
    pub stiffness: Option<f64>,
    /// Nodes of the quadrature.
    pub nodes: usize,
    /// What the quadrature leaves of a step's probability.
    pub normalisation_error: f64,
}

/// All learning rates, largest first.
#[derive(Clone, Debug, Serialize)]
pub struct IterationStudy {
    /// One entry for each.
    pub rates: Vec<IterationRate>,
    /// p in |error| ∝ ηᵖ from the two smallest learning rates.
    #[serde(rename = "observed_order")]
    pub order: Option<f64>,
}

fn per_iteration<S: Serializer>(value: &Scaled, serializer: S) -> Result<S::Ok, S::Error> {
    Logged::new("per_iteration", *value).serialize(serializer)
}

/// The default learning rates: these shares of `noise.learning_rate`.
const SHARES: [f64; 5] = [1.0, 0.5, 0.25, 0.125, 0.0625];

/// Solves the iteration for every learning rate of `[sgd]`; `limit` is the diffusion's rate.
pub fn iteration(
    request: &Request,
    problem: &Problem,
    limit: Option<Scaled>,
    memory: u64,
    progress: &Progress,
) -> Result<IterationStudy, StudyError> {
    let invalid = |key: &str, message: &str| {
        StudyError::Problem(ProblemError::Invalid { key: key.into(), message: message.into() })
    };
    if problem.dimension != 1 || problem.domain.is_periodic(0) {
        return Err(invalid("sgd", "the iteration itself is solved in one dimension, on an interval: leave [sgd] out"));
    }
    if problem.interpretation != Interpretation::Ito {
        return Err(invalid(
            "noise.interpretation",
            "SGD takes its noise at the point that it leaves, which is the Itô reading: set interpretation = \"ito\", or leave [sgd] out",
        ));
    }
    let own = problem.noise_model.minibatch().map(|minibatch| minibatch.learning_rate);
    let given = request.sgd.as_ref().map(|sgd| sgd.learning_rates.clone()).unwrap_or_default();
    let mut learning_rates = match (given.is_empty(), own) {
        (false, _) => given,
        (true, Some(own)) => SHARES.map(|share| share * own).to_vec(),
        (true, None) => {
            return Err(invalid(
                "sgd.learning_rates",
                "this noise has no learning rate of its own: give those that the iteration is to be solved for, such as [0.1, 0.05]",
            ));
        }
    };
    learning_rates.sort_by(|a, b| b.total_cmp(a));
    let stiffest = problem.minimum().map(|minimum| minimum.eigenvalues[0]);
    let mut rates = Vec::new();
    for learning_rate in learning_rates {
        progress.begin("the iteration itself", 0);
        let found = escape(problem, learning_rate, memory, progress).map_err(|error| StudyError::Unsolvable {
            message: format!("sgd.learning_rates = {learning_rate}: {error}"),
        })?;
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
    let order = match rates.as_slice() {
        [.., coarse, fine] => coarse.error.zip(fine.error).and_then(|(a, b)| {
            let order = (a / b).abs().ln() / (coarse.learning_rate / fine.learning_rate).ln();
            (a * b > 0.0 && order.is_finite()).then_some(order)
        }),
        _ => None,
    };
    Ok(IterationStudy { rates, order })
}

/// The escape of a problem's iteration in one dimension, killed where the diffusion is.
pub fn escape(problem: &Problem, learning_rate: f64, memory: u64, progress: &Progress) -> Result<Escape, SgdError> {
    let ends = [0, 1].map(|side| comparison::end(problem, 0, side));
    let absorbs = ends.map(|end| matches!(end, End::Absorbing(_)));
    let place = |end: End| match end {
        End::Absorbing(at) | End::Reflecting(at) => at,
        End::Natural { from, .. } => from,
    };
    let slope = |x: f64| problem.dynamics.slope([x, 0.0])[0];
    let diffusion = |x: f64| problem.noise.tensor([x, 0.0]).xx;
    let start = problem.valley.start_point[0];
    Iteration { learning_rate, slope: &slope, diffusion: &diffusion, ends: ends.map(place), absorbs, start }
        .escape(memory, progress)
}
