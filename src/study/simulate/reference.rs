//! Reference rates for simulations.

use serde::Serialize;

use crate::particles::ParticleWarning;
use crate::problem::Problem;
use crate::progress::Progress;
use crate::study::{iteration, memory};

/// A reference rate.
#[derive(Clone, Copy, Debug)]
pub struct Reference {
    /// Its source, in words.
    pub source: &'static str,
    /// The rate per unit of dynamical time.
    pub value: f64,
    /// Its relative error.
    pub error: f64,
}

/// A comparison with a reference rate.
#[derive(Clone, Debug, Serialize)]
pub struct Against {
    /// The source of the reference, in words.
    pub source: &'static str,
    /// The reference rate per unit of dynamical time.
    pub value: f64,
    /// The relative error of the reference.
    pub error: f64,
    /// (simulated − reference)/(standard error of the difference).
    #[serde(skip)]
    pub z: f64,
}

impl Reference {
    /// The comparison of a rate with its standard error.
    pub(super) fn against(self, value: f64, standard_error: f64) -> Against {
        let Reference { source, value: other, error } = self;
        let z = (value - other) / standard_error.hypot(error * other);
        Against { source, value: other, error, z }
    }
}

/// The rate of SGD's iteration with Gaussian noise in one dimension, from its transition matrix. Iterations with
/// minibatches agree with it as far as their noise is Gaussian. The rate is that of the first of `copies` independent
/// copies. `None` in two dimensions, on a ring, and, with a warning, if it cannot be computed.
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
