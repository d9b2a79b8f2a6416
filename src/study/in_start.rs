//! The mass of a measure in the start set, where a target absorbs and the process may be elsewhere.

use crate::solve::Discretisation;

/// Whether each state belongs to the start set; `None`: all do, since without a target the start set is the live set.
pub(super) struct InStart(Option<Vec<bool>>);

impl InStart {
    pub(super) fn new(on: &Discretisation<'_>) -> InStart {
        let valley = &on.problem.valley;
        InStart(valley.target.map(|_| on.members(&valley.start)))
    }

    /// The mass of a measure in the start set.
    pub(super) fn mass(&self, mass: &[f64]) -> f64 {
        match &self.0 {
            None => mass.iter().sum::<f64>(),
            Some(inside) => mass.iter().zip(inside).filter(|(_, inside)| **inside).map(|(mass, _)| mass).sum(),
        }
    }
}
