//! Reading of files from outside: only regular files and the streams given at the start are read, up to a size limit,
//! and quotations from them are shortened.
//!
//! A named pipe may block and a device may never end. Streams that the shell passes (`/dev/stdin`, `<(…)`) are read up
//! to the same limit.

use std::fs::File;
use std::io::{self, BufRead, Read};
use std::path::Path;

use crate::digits;
use crate::memory;

/// The size limit of a text, such as a configuration, in bytes.
pub const MOST_TEXT: u64 = 16 << 20;

/// The size limit of one row of a table, in bytes.
const MOST_RECORD: u64 = 4 << 20;

/// The length limit of a quotation, in characters.
const MOST_QUOTED: usize = 60;

/// Opens a regular file, or a stream that this program was started with.
///
/// # Errors
/// Any other kind of file, and the errors of the system.
pub fn open(path: &Path) -> io::Result<File> {
    let kind = std::fs::metadata(path)?.file_type();
    let is_given = ["/dev/stdin", "/dev/fd/", "/proc/self/fd/"].iter().any(|place| path.starts_with(place));
    match kind.is_file() || (is_given && !kind.is_dir()) {
        true => File::open(path),
        false => Err(io::Error::other(format!(
            "it is {}",
            if kind.is_dir() {
                "a folder: name a file in it".to_string()
            } else {
                format!("{}, not a regular file: copy what it holds into one", special(&kind))
            }
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

/// Reads all bytes of a file.
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

/// Reads all bytes of a file of numbers, which may take half of the free memory.
///
/// # Errors
/// As [`bytes`].
pub fn numbers(path: &Path) -> io::Result<Vec<u8>> {
    bytes(path, memory::free().bytes / 2)
}

/// Reads a text of at most [`MOST_TEXT`] bytes.
///
/// # Errors
/// As [`bytes`], and bytes that are not UTF-8, with their line.
pub fn text(path: &Path) -> io::Result<String> {
    String::from_utf8(bytes(path, MOST_TEXT)?).map_err(|fault| {
        let at = fault.utf8_error().valid_up_to();
        let line = 1 + fault.as_bytes()[..at].iter().filter(|&&byte| byte == b'\n').count();
        let byte = fault.as_bytes()[at];
        io::Error::other(format!("line {line}: byte {at} of the file, 0x{byte:02x}, is not UTF-8: save it as UTF-8"))
    })
}

/// A text as quoted in a message, shortened if it is long.
pub fn quoted(text: &str) -> String {
    match text.char_indices().nth(MOST_QUOTED) {
        Some((end, _)) => format!("{}… ({} characters)", &text[..end], text.chars().count()),
        None => text.to_string(),
    }
}

/// A stream of rows with a size limit for each row.
pub struct Rows<'a> {
    stream: Box<dyn BufRead + 'a>,
    /// The bytes of the current row that have been read, not counting what the parser has read ahead.
    taken: u64,
}

impl<'a> Rows<'a> {
    /// The rows of this stream.
    pub fn new(stream: Box<dyn BufRead + 'a>) -> Rows<'a> {
        Rows { stream, taken: 0 }
    }

    /// Marks the beginning of a row.
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
