//! Where points are kept: a folder with one file a point, or the memory of one process.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{Outcome, SweepError};
use crate::config::sweep::fingerprint;
use crate::io;

/// The points that are kept.
#[derive(Debug)]
pub enum Store {
    /// In a folder, which any number of processes may read and write at once.
    Folder(PathBuf),
    /// In memory, by what they depend on, as long as this lives.
    Memory(Mutex<HashMap<String, Outcome>>),
}

impl Store {
    /// The points of an output folder, made by the first one that is kept.
    pub fn within(output: &Path) -> Store {
        Store::Folder(output.join("points"))
    }

    /// No points, and no folder for them.
    pub fn in_memory() -> Store {
        Store::Memory(Mutex::default())
    }

    /// The point that depends on this, if it is there.
    ///
    /// # Errors
    /// [`SweepError::Damaged`] for a file that is no point, [`SweepError::Stranger`] for one that holds another.
    pub fn get(&self, configuration: &str) -> Result<Option<Outcome>, SweepError> {
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
        let path = match self {
            Store::Folder(folder) => point_file(folder, &outcome.configuration),
            Store::Memory(points) => {
                locked(points).insert(outcome.configuration.clone(), outcome.clone());
                return Ok(());
            }
        };
        // A struct of texts and plain values is always JSON.
        let text = serde_json::to_string_pretty(outcome).expect("texts and plain values");
        Ok(io::write_text(&path, &(text + "\n"))?)
    }
}

/// The file of the point that depends on this.
pub fn point_file(points: &Path, configuration: &str) -> PathBuf {
    points.join(format!("{:016x}.json", fingerprint(configuration.as_bytes())))
}

fn locked(points: &Mutex<HashMap<String, Outcome>>) -> MutexGuard<'_, HashMap<String, Outcome>> {
    // A map that a panic left behind holds whole points only.
    points.lock().unwrap_or_else(PoisonError::into_inner)
}
