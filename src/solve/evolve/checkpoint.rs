//! Checkpoints of an evolution: an evolution that is resumed from one under the same generator gives the same bits.

use serde::{Deserialize, Serialize};

use super::krylov::Kept;
use super::pace::Pace;
use super::plateau::Instant;
use super::{Carried, Evolution, EvolveError};
use crate::generator::Generator;
use crate::solve::Resources;

/// An evolution at an output time, without its generator and its factors.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Checkpoint {
    carried: Carried,
    pace: Pace,
    history: Vec<Instant>,
    limit: Option<f64>,
    /// The lengths of the steps whose factors were kept.
    lengths: Vec<f64>,
    /// The current Krylov space, if any.
    space: Option<Kept>,
}

impl Checkpoint {
    /// The number of states.
    pub fn states(&self) -> usize {
        self.carried.probability.len()
    }
}

impl<'a> Evolution<'a> {
    /// The checkpoint from which this evolution can be resumed.
    pub fn checkpoint(&self) -> Checkpoint {
        Checkpoint {
            carried: self.carried.clone(),
            pace: self.pace,
            history: self.history.clone(),
            limit: self.limit,
            lengths: self.factors.lengths().collect(),
            space: self.kept_space(),
        }
    }

    /// Resumes an evolution under its generator. The factors and the Krylov space are computed again, which is not
    /// counted as effort.
    ///
    /// # Errors
    /// As [`Evolution::advance`].
    ///
    /// # Panics
    /// When the number of states differs.
    pub fn resumed(
        kept: Checkpoint,
        generator: &'a Generator,
        resources: Resources<'a>,
    ) -> Result<Evolution<'a>, EvolveError> {
        let Checkpoint { carried, pace, history, limit, lengths, space } = kept;
        let mut evolution = Evolution::of(carried, generator, resources);
        evolution.factors.restore(&lengths, generator, resources)?;
        (evolution.pace, evolution.history, evolution.limit) = (pace, history, limit);
        space.map_or(Ok(()), |space| evolution.restore_space(space))?;
        Ok(evolution)
    }
}
