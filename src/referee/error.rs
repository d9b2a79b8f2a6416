//! Faults in a table of rates.

use std::path::PathBuf;

/// A table of rates that cannot be judged.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{}{}: {fault}", file.display(), line.map_or(String::new(), |line| format!(":{line}")))]
pub struct RefereeError {
    /// The file.
    pub file: PathBuf,
    /// The line with the fault, if it is in one.
    pub line: Option<u64>,
    /// The fault.
    pub fault: RefereeFault,
}

/// The kinds of faults in a table of rates.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum RefereeFault {
    /// The file cannot be opened or split into fields.
    #[error("cannot be read ({reason}); it must be a CSV file with the columns problem, value, error, tool")]
    Unreadable {
        /// The reason, from the operating system or the parser.
        reason: String,
    },
    /// A required column is missing.
    #[error(
        "has no column `{wanted}` but {}; allowed are problem, value, error (relative; may be left out) and tool (may be left out)",
        if all.is_empty() { "no header line".to_string() } else { all.join(", ") }
    )]
    MissingColumn {
        /// The name of the column.
        wanted: &'static str,
        /// The columns of the file.
        all: Vec<String>,
    },
    /// A column is unknown or occurs twice.
    #[error("column `{name}`: is unknown or there twice; allowed are problem, value, error and tool, each once")]
    UnknownColumn {
        /// Its name.
        name: String,
    },
    /// The file ends after its header.
    #[error("has a header line but no rows")]
    Empty,
    /// The collection has no problem with this name.
    #[error(
        "column `problem`: the collection has no `{name}`; nearest is `{nearest}`, docs/reference.md names all {count}"
    )]
    UnknownProblem {
        /// The contents of the field.
        name: String,
        /// The most similar name in the collection.
        nearest: String,
        /// The number of problems in the collection.
        count: usize,
    },
    /// A value is no finite number.
    #[error(
        "column `value`: `{field}` is not a finite number; give the rate per unit of time, such as 3.4e-22, or leave the row out where a \
         tool gave none"
    )]
    Value {
        /// The contents of the field.
        field: String,
    },
    /// A claimed error is no finite number ≥ 0.
    #[error(
        "column `error`: `{field}` is not a finite number ≥ 0; give the claimed error relative to the value, such as 1e-6, or leave the \
         field empty where none is claimed"
    )]
    Claim {
        /// The contents of the field.
        field: String,
    },
}
