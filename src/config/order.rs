//! In which order the faults of a file are told: what is wrong with a key alone before what is wrong between keys.
//!
//! Sections are read to their ends, each with its first fault; of all of them the one that comes first in this order is
//! told, and of several alike the first in the file. Mathematics is looked at after that, where the problem is posed.

use crate::config::{ConfigError, Fault};

/// The faults of the sections that have been read.
#[derive(Default)]
pub(super) struct Faults(Vec<ConfigError>);

impl Faults {
    /// What was read, its fault noted.
    pub(super) fn note<T>(&mut self, read: Result<T, ConfigError>) -> Result<T, ConfigError> {
        if let Err(fault) = &read {
            self.0.push(fault.clone());
        }
        read
    }

    /// The fault to tell, if there is one.
    pub(super) fn first(self) -> Result<(), ConfigError> {
        let place = |error: &ConfigError| (is_between_keys(&error.fault), error.span.as_ref().map(|span| span.start));
        self.0.into_iter().min_by_key(place).map_or(Ok(()), Err)
    }
}

/// Whether a fault is one of keys that do not go together, or of one that others need.
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
