//! The store of solved points: a folder with one file for each, or memory.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{Outcome, SweepError};
use crate::config::sweep::fingerprint;
use crate::io;

/// The stored points.
#[derive(Debug)]
pub enum Store {
    /// A folder, which several processes may read and write at the same time.
    Folder(PathBuf),
    /// Memory, by the identity of the point.
    Memory(Mutex<HashMap<String, Outcome>>),
}

impl Store {
    /// The store in an output folder, created with the first point.
    pub fn within(output: &Path) -> Store {
        Store::Folder(output.join("points"))
    }

    /// An empty store in memory.
    pub fn in_memory() -> Store {
        Store::Memory(Mutex::default())
    }

    /// The outcome of the point with this identity; `None` if it is not stored, or was stored by another build of this
    /// program.
    ///
    /// # Errors
    /// [`SweepError::Damaged`] for a file that is no point, [`SweepError::Stranger`] for a file with another point.
    pub fn get(&self, configuration: &str) -> Result<Option<Outcome>, SweepError> {
        Ok(self.held(configuration)?.filter(|outcome| outcome.configuration == configuration))
    }

    /// Whether the point with this identity was stored by another build of this program.
    ///
    /// # Errors
    /// As [`Store::get`].
    pub fn is_of_another_build(&self, configuration: &str) -> Result<bool, SweepError> {
        Ok(self.held(configuration)?.is_some_and(|outcome| outcome.configuration != configuration))
    }

    /// The outcome of the point with this identity but for the build.
    fn held(&self, configuration: &str) -> Result<Option<Outcome>, SweepError> {
        let path = match self {
            Store::Folder(folder) => point_file(folder, configuration),
            Store::Memory(points) => return Ok(locked(points).get(configuration).cloned()),
        };
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(fault) if fault.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(fault) => return Err(SweepError::Damaged { path, reason: fault.to_string() }),
        };
        let outcome: Outcome = match serde_json::from_slice(&text) {
            Ok(outcome) => outcome,
            Err(fault) => return Err(SweepError::Damaged { path, reason: fault.to_string() }),
        };
        if without_build(&outcome.configuration) != without_build(configuration) {
            return Err(SweepError::Stranger { path });
        }
        Ok(Some(outcome))
    }

    /// Stores a point; its file appears whole or not at all.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn put(&self, outcome: &Outcome) -> Result<(), SweepError> {
        let path = match self {
            Store::Folder(folder) => point_file(folder, &outcome.configuration),
            Store::Memory(points) => {
                locked(points).insert(outcome.configuration.clone(), outcome.clone());
                return Ok(());
            }
        };
        // Serialisation cannot fail: all keys are texts, and no field returns an error.
        let text = serde_json::to_string_pretty(outcome).expect("texts and plain values");
        Ok(io::write_text(&path, &(text + "\n"))?)
    }
}

/// The file of the point with this identity, which is the same for all builds of this program.
pub fn point_file(points: &Path, configuration: &str) -> PathBuf {
    points.join(format!("{:016x}.json", fingerprint(without_build(configuration).as_bytes())))
}

/// An identity without its first line, the build.
fn without_build(configuration: &str) -> &str {
    configuration.split_once('\n').map_or("", |(_, rest)| rest)
}

fn locked(points: &Mutex<HashMap<String, Outcome>>) -> MutexGuard<'_, HashMap<String, Outcome>> {
    // After a panic the map still holds complete points only.
    points.lock().unwrap_or_else(PoisonError::into_inner)
}
