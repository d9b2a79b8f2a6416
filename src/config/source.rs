//! The text a configuration was read from, and where each key stands in it.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::PathBuf;

/// A configuration file's name and text, with the byte range of every value by its dotted key.
#[derive(Clone, Debug, Default)]
pub struct Source {
    /// The file.
    pub path: PathBuf,
    /// Its text, with the command line's overrides as comments at the end.
    pub text: String,
    /// A TOML text that poses the same problem without the command line's overrides: its own text where there are none.
    pub effective: String,
    /// Byte ranges in `text` of the values, by dotted key such as `noise.temperature`.
    pub spans: BTreeMap<String, Range<usize>>,
}

impl Source {
    /// Line and column, both from 1, of a byte offset.
    pub fn line_and_column(&self, offset: usize) -> (usize, usize) {
        let before = self.text.get(..offset).unwrap_or(&self.text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }

    /// Where the value of a key stands, or of the longest part of it that is there.
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
