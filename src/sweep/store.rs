//! The folder in which points are kept, one file a point.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Outcome, SweepError};
use crate::config::sweep::fingerprint;
use crate::io::{self, IoError};

/// A folder of points. Any number of processes may read and write it at once.
#[derive(Clone, Debug)]
pub struct Store {
    folder: PathBuf,
}

impl Store {
    /// The points of an output folder, made by the first one that is kept.
    pub fn within(output: &Path) -> Store {
        Store { folder: output.join("points") }
    }

    /// The file of the point that depends on this.
    pub fn path(&self, configuration: &str) -> PathBuf {
        self.folder.join(format!("{:016x}.json", fingerprint(configuration.as_bytes())))
    }

    /// The point that depends on this, if it is there.
    ///
    /// # Errors
    /// [`SweepError::Damaged`] for a file that is no point, [`SweepError::Stranger`] for one that holds another.
    pub fn get(&self, configuration: &str) -> Result<Option<Outcome>, SweepError> {
        let path = self.path(configuration);
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(fault) if fault.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(fault) => return Err(SweepError::Damaged { path, reason: fault.to_string() }),
        };
        let outcome: Outcome = match serde_json::from_slice(&text) {
            Ok(outcome) => outcome,
            Err(fault) => return Err(SweepError::Damaged { path, reason: fault.to_string() }),
        };
        if outcome.configuration != configuration {
            return Err(SweepError::Stranger { path });
        }
        Ok(Some(outcome))
    }

    /// Keeps a point: under its name it appears whole or not at all.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn put(&self, outcome: &Outcome) -> Result<(), SweepError> {
        let path = self.path(&outcome.configuration);
        // A struct of texts and plain values is always JSON.
        let text = serde_json::to_string_pretty(outcome).expect("texts and plain values");
        io::replace(&path, |partial| {
            fs::write(partial, text + "\n").map_err(|source| IoError::Write { path: path.clone(), source })
        })?;
        Ok(())
    }
}
