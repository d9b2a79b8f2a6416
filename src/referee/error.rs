//! What can be wrong with a table of rates.

use std::path::PathBuf;

/// A table of rates that cannot be judged.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{}{}: {fault}", file.display(), line.map_or(String::new(), |line| format!(":{line}")))]
pub struct RefereeError {
    /// The file.
    pub file: PathBuf,
    /// The line, where one is at fault.
    pub line: Option<u64>,
    /// What is wrong.
    pub fault: RefereeFault,
}

/// Kinds of faults in a table of rates.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum RefereeFault {
    /// The file cannot be opened or split into fields.
    #[error("cannot be read ({reason}); it must be a CSV file with the columns problem, value, error, tool")]
    Unreadable {
        /// The system's words, or the parser's.
        reason: String,
    },
    /// A column that is needed is not there.
    #[error(
        "has no column `{wanted}` but {}; allowed are problem, value, error (relative; may be left out) and tool (may be left out)",
        if all.is_empty() { "no header line".to_string() } else { all.join(", ") }
    )]
    MissingColumn {
        /// Its name.
        wanted: &'static str,
        /// The columns that are there.
        all: Vec<String>,
    },
    /// A column that nobody asked for.
    #[error("column `{name}`: is unknown or there twice; allowed are problem, value, error and tool, each once")]
    UnknownColumn {
        /// Its name.
        name: String,
    },
    /// The file ends after its header.
    #[error("has a header line but no rows")]
    Empty,
    /// A name that the collection has not.
    #[error(
        "column `problem`: the collection has no `{name}`; nearest is `{nearest}`, docs/reference.md names all {count}"
    )]
    UnknownProblem {
        /// What stands there.
        name: String,
        /// The name that looks most like it.
        nearest: String,
        /// Problems of the collection.
        count: usize,
    },
    /// A value that is no number.
    #[error(
        "column `value`: `{field}` is not a finite number; give the rate per unit of time, such as 3.4e-22, or leave the row out where a \
         tool gave none"
    )]
    Value {
        /// What stands there.
        field: String,
    },
    /// An error that is none.
    #[error(
        "column `error`: `{field}` is not a finite number ≥ 0; give the claimed error relative to the value, such as 1e-6, or leave the \
         field empty where none is claimed"
    )]
    Claim {
        /// What stands there.
        field: String,
    },
}
