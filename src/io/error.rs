//! Errors with files.

use std::path::PathBuf;

use crate::observe::group::GroupError;

/// A file that could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum IoError {
    /// The folder could not be created.
    #[error("{path}: cannot make this folder ({source}); give another with --out, or make it writable")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// The reason, from the operating system.
        source: std::io::Error,
    },
    /// The file could not be written; an existing file is unchanged.
    #[error(
        "{path}: cannot write ({source}); check that its folder is writable and has room, or give another with --out"
    )]
    Write {
        /// The file.
        path: PathBuf,
        /// The reason, from the operating system.
        source: std::io::Error,
    },
    /// The HDF5 library failed; an existing file is unchanged.
    #[error(
        "{path}: HDF5 failed while {doing}: {message}; check that the disk has room, or give another folder with --out"
    )]
    Hdf5 {
        /// The file.
        path: PathBuf,
        /// The operation that failed.
        doing: String,
        /// The reason, from the library.
        message: String,
    },
    /// The file could not be opened.
    #[error("{path}: cannot read ({message}); give the path of a result.h5")]
    Open {
        /// The file.
        path: PathBuf,
        /// The reason.
        message: String,
    },
    /// A file of this run has disappeared, or cannot be read.
    #[error("{path}: cannot read ({source}); keep the output folder as it is while a run writes into it")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The reason, from the operating system.
        source: std::io::Error,
    },
    /// The result of another command than `run`.
    #[error("{path}: this is a result of `saddleflux {command}`, and one of `saddleflux run` is needed here")]
    OfAnotherCommand {
        /// The file.
        path: PathBuf,
        /// The command.
        command: &'static str,
    },
    /// An HDF5 file of another program, or a damaged one.
    #[error("{path}: this is not a result of saddleflux, or it is damaged: {what}; solve again with `saddleflux run`")]
    NotAResult {
        /// The file.
        path: PathBuf,
        /// The missing or malformed part.
        what: Damage,
    },
}

/// Why an HDF5 file is no result of this program.
#[derive(Debug, thiserror::Error)]
pub enum Damage {
    /// It was written by another program.
    #[error("it was written by {0}")]
    Program(String),
    /// A root attribute is missing.
    #[error("the root attribute {0} is missing")]
    NoText(&'static str),
    /// The summary is not JSON.
    #[error("summary: {0}")]
    Summary(serde_json::Error),
    /// It has no fields.
    #[error("there is no group /fields")]
    NoFields,
    /// A group is incomplete.
    #[error(transparent)]
    Group(#[from] GroupError),
    /// The HDF5 library cannot read it.
    #[cfg(feature = "files")]
    #[error("{0}")]
    Hdf5(#[from] hdf5::Error),
}
