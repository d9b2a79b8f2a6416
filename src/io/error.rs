//! What can go wrong with files.

use std::path::PathBuf;

/// A file that could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum IoError {
    /// The folder could not be made.
    #[error("{path}: cannot make this folder ({source}); give another with --out, or make it writable")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The file could not be written; what was there before is untouched.
    #[error(
        "{path}: cannot write ({source}); check that its folder is writable and has room, or give another with --out"
    )]
    Write {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The HDF5 library refused; what was there before is untouched.
    #[error(
        "{path}: HDF5 failed while {doing}: {message}; check that the disk has room, or give another folder with --out"
    )]
    Hdf5 {
        /// The file.
        path: PathBuf,
        /// What was being written.
        doing: String,
        /// The library's reason.
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
    /// A result without a grid to draw.
    #[error(
        "{path}: this result holds particles alone, whose pictures `saddleflux simulate` has drawn beside it; `plot` redraws those of \
         `saddleflux run`"
    )]
    ParticlesAlone {
        /// The file.
        path: PathBuf,
    },
    /// An HDF5 file, but not of ours, or damaged.
    #[error("{path}: this is not a result of saddleflux, or it is damaged: {what}; solve again with `saddleflux run`")]
    NotAResult {
        /// The file.
        path: PathBuf,
        /// What is missing or malformed.
        what: String,
    },
}
