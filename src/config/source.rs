//! The text of a configuration, and the place of each key in it.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::PathBuf;

/// The name and text of a configuration file, with the byte range of every value.
#[derive(Clone, Debug, Default)]
pub struct Source {
    /// The path of the file.
    pub path: PathBuf,
    /// The text, with the overrides of the command line as comments at the end.
    pub text: String,
    /// A TOML text of the same configuration that needs no overrides: the file's text if there are none.
    pub effective: String,
    /// The byte ranges of the values in `text`, by dotted key such as `noise.temperature`.
    pub spans: BTreeMap<String, Range<usize>>,
}

impl Source {
    /// The line and column, both from 1, of a byte offset.
    pub fn line_and_column(&self, offset: usize) -> (usize, usize) {
        let before = self.text.get(..offset).unwrap_or(&self.text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }

    /// The byte range of the value of a key, or of the innermost table around it that is given.
    pub fn span_of(&self, key: &str) -> Option<Range<usize>> {
        let mut part = key;
        loop {
            if let Some(span) = self.spans.get(part) {
                return Some(span.clone());
            }
            part = &part[..part.rfind('.')?];
        }
    }
}
