//! Files that others made: only what has an end is read, up to a limit, and what is quoted of it is short.
//!
//! A named pipe waits for whoever writes into it, and a device may give bytes for ever. What the shell hands over
//! (`/dev/stdin`, `<(…)`) is read as a stream, up to the same limit.

use std::fs::File;
use std::io::{self, BufRead, Read};
use std::path::Path;

use crate::digits;
use crate::memory;

/// Bytes of a text that somebody wrote, such as a configuration.
pub const MOST_TEXT: u64 = 16 << 20;

/// Bytes of one row of a table.
const MOST_RECORD: u64 = 4 << 20;

/// Characters of what is quoted.
const MOST_QUOTED: usize = 60;

/// Opens a regular file, or a stream that this program was started with.
///
/// # Errors
/// Anything else, and what the system says.
pub fn open(path: &Path) -> io::Result<File> {
    let kind = std::fs::metadata(path)?.file_type();
    let is_given = ["/dev/stdin", "/dev/fd/", "/proc/self/fd/"].iter().any(|place| path.starts_with(place));
    match kind.is_file() || (is_given && !kind.is_dir()) {
        true => File::open(path),
        false => Err(io::Error::other(format!(
            "it is {}, not a regular file: copy what it holds into one",
            if kind.is_dir() { "a folder" } else { special(&kind) }
        ))),
    }
}

#[cfg(unix)]
fn special(kind: &std::fs::FileType) -> &'static str {
    use std::os::unix::fs::FileTypeExt;
    match (kind.is_fifo(), kind.is_socket()) {
        (true, _) => "a named pipe",
        (_, true) => "a socket",
        _ => "a device",
    }
}

#[cfg(not(unix))]
fn special(_: &std::fs::FileType) -> &'static str {
    "something else"
}

/// All bytes of a file.
///
/// # Errors
/// As [`open`], and a file of more than `most` bytes.
pub fn bytes(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let too_large = || io::Error::other(format!("it has more than the {} that are read", digits::bytes(most as f64)));
    let file = open(path)?;
    if file.metadata()?.len() > most {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    file.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most { Err(too_large()) } else { Ok(bytes) }
}

/// All bytes of a file of numbers, which may fill half of what memory is free.
///
/// # Errors
/// As [`bytes`].
pub fn numbers(path: &Path) -> io::Result<Vec<u8>> {
    bytes(path, memory::free().bytes / 2)
}

/// A text of at most [`MOST_TEXT`] bytes.
///
/// # Errors
/// As [`bytes`], and bytes that are no UTF-8, by their line.
pub fn text(path: &Path) -> io::Result<String> {
    String::from_utf8(bytes(path, MOST_TEXT)?).map_err(|fault| {
        let at = fault.utf8_error().valid_up_to();
        let line = 1 + fault.as_bytes()[..at].iter().filter(|&&byte| byte == b'\n').count();
        let byte = fault.as_bytes()[at];
        io::Error::other(format!("line {line}: byte {at} of the file, 0x{byte:02x}, is not UTF-8: save it as UTF-8"))
    })
}

/// A text as it is quoted in a message: its beginning, where it is long.
pub fn quoted(text: &str) -> String {
    match text.char_indices().nth(MOST_QUOTED) {
        Some((end, _)) => format!("{}… ({} characters)", &text[..end], text.chars().count()),
        None => text.to_string(),
    }
}

/// A stream of rows, none of which may be endless.
pub struct Rows<'a> {
    stream: Box<dyn BufRead + 'a>,
    /// Bytes of the row that is being read, but for what the parser has read ahead.
    taken: u64,
}

impl<'a> Rows<'a> {
    /// Rows of this stream.
    pub fn new(stream: Box<dyn BufRead + 'a>) -> Rows<'a> {
        Rows { stream, taken: 0 }
    }

    /// Says that a row begins.
    pub fn begin(&mut self) {
        self.taken = 0;
    }
}

impl Read for Rows<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.stream.read(buffer)?;
        self.taken += count as u64;
        match self.taken > MOST_RECORD {
            true => Err(io::Error::other(format!(
                "a row has more than {} (a quote that is not closed?)",
                digits::bytes(MOST_RECORD as f64)
            ))),
            false => Ok(count),
        }
    }
}
