//! Rates from elsewhere that particles are compared with.

use serde::Serialize;

use crate::particles::ParticleWarning;
use crate::problem::Problem;
use crate::progress::Progress;
use crate::study::{iteration, memory};

/// A rate to compare with.
#[derive(Clone, Copy, Debug)]
pub struct Reference {
    /// Where it comes from.
    pub source: &'static str,
    /// The rate.
    pub value: f64,
    /// Its relative error.
    pub error: f64,
}

/// A comparison with a rate from elsewhere.
#[derive(Clone, Debug, Serialize)]
pub struct Against {
    /// Where it comes from.
    pub source: &'static str,
    /// The rate.
    pub value: f64,
    /// Its own relative error.
    pub error: f64,
    /// (particles − this) over their standard error.
    #[serde(skip)]
    pub z: f64,
}

impl Reference {
    /// A rate with its standard error against this one.
    pub(super) fn against(self, value: f64, standard_error: f64) -> Against {
        let Reference { source, value: other, error } = self;
        let z = (value - other) / standard_error.hypot(error * other);
        Against { source, value: other, error, z }
    }
}

/// The rate of the iteration with Gaussian noise, in one dimension, without sampling: what its particles are to agree
/// with, and those on minibatches as far as their noise is Gaussian. Of several copies the first that leaves counts.
pub(super) fn of_iteration(
    problem: &Problem,
    learning_rate: f64,
    copies: usize,
    progress: &Progress,
    warnings: &mut Vec<ParticleWarning>,
) -> Option<Reference> {
    if problem.dimension != 1 || problem.domain.is_periodic(0) {
        return None;
    }
    match iteration::escape(problem, learning_rate, memory::allowed(), progress) {
        Ok(found) => {
            let stays = copies as f64 * (-found.per_iteration.value()).ln_1p();
            let value = -stays.exp_m1() / learning_rate;
            let source = "the iteration's chain with Gaussian noise";
            Some(Reference { source, value, error: found.normalisation_error })
        }
        Err(error) => {
            warnings.push(ParticleWarning::NoOwnRate { reason: error.to_string() });
            None
        }
    }
}
