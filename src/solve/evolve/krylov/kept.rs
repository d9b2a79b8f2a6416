//! The serialised form of a Krylov space.

use serde::{Deserialize, Serialize};

use super::errors::{self, Errors};
use super::space::Space;
use super::{Begun, InitialValues};
use crate::solve::evolve::{Effort, Evolution, EvolveError};

/// The serialised form of a space: its initial density and its number of columns. The same solves give the same bits
/// again.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::solve::evolve) struct Kept {
    start: Vec<f64>,
    begin: f64,
    length: f64,
    dimension: usize,
    errors: errors::Kept,
    before: InitialValues,
}

impl Evolution<'_> {
    /// The serialised form of the current space.
    pub(in crate::solve::evolve) fn kept_space(&self) -> Option<Kept> {
        self.begun.as_ref().map(|Begun { space, start, errors, before }| Kept {
            start: start.clone(),
            begin: space.begin,
            length: space.length,
            dimension: space.dimension(),
            errors: errors.kept(),
            before: *before,
        })
    }

    /// Restores a serialised space, which is not counted as effort.
    pub(in crate::solve::evolve) fn restore_space(&mut self, kept: Kept) -> Result<(), EvolveError> {
        let Kept { start, begin, length, dimension, errors, before } = kept;
        let (killing, mut uncounted) = (&self.generator.killing, Effort::default());
        let factor = self.factors.get(self.generator, length, length, self.resources, &mut uncounted)?;
        let mut space = Space::new(&start, begin, length, factor, killing);
        for _ in 0..dimension {
            if self.resources.progress.is_interrupted() {
                return Err(EvolveError::Interrupted);
            }
            space.grow(factor, killing);
        }
        let errors = Errors::restored(errors, &space, factor, killing);
        self.begun = Some(Begun { space, start, errors, before });
        Ok(())
    }
}
