//! The text a configuration was read from, and where each key stands in it.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::PathBuf;

/// A configuration file's name and text, with the byte range of every value by its dotted key.
#[derive(Clone, Debug, Default)]
pub struct Source {
    /// The file.
    pub path: PathBuf,
    /// Its text, with the command line's overrides.
    pub text: String,
    /// Byte ranges in `text` of the values, by dotted key such as `noise.temperature`.
    pub spans: BTreeMap<String, Range<usize>>,
}
