//! The choice of the error to report if a file has several: those of single keys come before contradictions between
//! keys.
//!
//! All sections are read, each up to its first error. Of these errors the first in this order is reported, and among
//! equals the first in the file. The problem itself is checked afterwards.

use crate::config::{ConfigError, Fault};

/// The errors of the sections read so far.
#[derive(Default)]
pub(super) struct Faults(Vec<ConfigError>);

impl Faults {
    /// Passes a result on and keeps its error.
    pub(super) fn note<T>(&mut self, read: Result<T, ConfigError>) -> Result<T, ConfigError> {
        if let Err(fault) = &read {
            self.0.push(fault.clone());
        }
        read
    }

    /// The error to report, if there is any.
    pub(super) fn first(self) -> Result<(), ConfigError> {
        let place = |error: &ConfigError| (is_between_keys(&error.fault), error.span.as_ref().map(|span| span.start));
        self.0.into_iter().min_by_key(place).map_or(Ok(()), Err)
    }
}

/// Whether an error is a contradiction between keys or a missing key.
fn is_between_keys(fault: &Fault) -> bool {
    match fault {
        Fault::Missing { .. } | Fault::Conflict { .. } => true,
        Fault::Unreadable { .. }
        | Fault::Syntax { .. }
        | Fault::UnknownKey { .. }
        | Fault::KeyOfAnother { .. }
        | Fault::Type { .. }
        | Fault::Range { .. }
        | Fault::Choice { .. }
        | Fault::Formula { .. } => false,
    }
}
