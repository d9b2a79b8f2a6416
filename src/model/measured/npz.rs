//! Arrays in an NPZ file: a ZIP archive with an NPY file for each array, stored or deflated.
//!
//! Source: PKWARE APPNOTE 6.3, sections 4.3 and 4.4; NumPy's `numpy.lib.format`, versions 1 to 3.

use std::path::Path;

use super::super::fault::DataFault;
use super::directions::Direction;
use super::{Array, Contents};
use crate::input;

fn damaged(what: impl Into<String>) -> DataFault {
    DataFault::Format { what: what.into() }
}

/// An entry of the archive.
struct Entry<'a> {
    name: String,
    /// The compression method, 0: stored, 8: deflated.
    method: u16,
    packed: &'a [u8],
    length: usize,
}

/// Reads those of the wanted arrays that exist, and the name of the file of directions if there is one.
pub(super) fn read(path: &Path, wanted: &[&str]) -> Result<Contents, DataFault> {
    let bytes = input::numbers(path).map_err(|error| DataFault::Unreadable { reason: error.to_string() })?;
    let entries = entries(&bytes)?;
    let mut contents =
        Contents { present: entries.iter().map(|entry| entry.name.clone()).collect(), ..Contents::default() };
    for entry in &entries {
        if wanted.contains(&entry.name.as_str()) {
            contents.arrays.insert(entry.name.clone(), entry.array()?);
        }
        if entry.name == "dir_file" {
            contents.directions = Some(entry.text()?);
        }
    }
    Ok(contents)
}

/// The tensors of each group: the arrays `group/…`, or a single array `group`.
pub(super) fn directions(path: &Path, groups: &[&str]) -> Result<Vec<Direction>, DataFault> {
    let bytes = input::numbers(path).map_err(|error| DataFault::Unreadable { reason: error.to_string() })?;
    let entries = entries(&bytes)?;
    let direction = |group: &&str| -> Result<Direction, DataFault> {
        let own = entries.iter().filter_map(|entry| {
            let rest = entry.name.strip_prefix(*group)?;
            let name = if rest.is_empty() { Some("") } else { rest.strip_prefix('/') };
            name.map(|name| Ok((name.to_string(), entry.array()?)))
        });
        let own = own.collect::<Result<Direction, DataFault>>()?;
        let present = || entries.iter().map(|entry| entry.name.clone()).collect();
        match own.is_empty() {
            true => Err(DataFault::MissingDataset { name: (*group).to_string(), present: present() }),
            false => Ok(own),
        }
    };
    groups.iter().map(direction).collect()
}

/// A little-endian integer of two or four bytes.
fn number(bytes: &[u8], at: usize, width: usize) -> Option<usize> {
    let bytes = bytes.get(at..at.checked_add(width)?)?;
    Some(bytes.iter().rev().fold(0, |sum, &byte| (sum << 8) | usize::from(byte)))
}

/// All entries, from the directory at the end of the archive.
fn entries(bytes: &[u8]) -> Result<Vec<Entry<'_>>, DataFault> {
    // The end record has 22 bytes and a comment of at most 65535 bytes.
    let first = bytes.len().saturating_sub(22 + 65535);
    let end = (first..bytes.len().saturating_sub(21)).rev().find(|&at| bytes[at..].starts_with(b"PK\x05\x06"));
    let end = end.ok_or_else(|| damaged("an NPZ file is a ZIP archive, and this is none"))?;
    let cut = || damaged("its directory is cut short");
    let count = number(bytes, end + 10, 2).ok_or_else(cut)?;
    let mut at = number(bytes, end + 16, 4).ok_or_else(cut)?;
    if count == 0xFFFF || at == 0xFFFF_FFFF {
        return Err(damaged("archives of more than 4 GiB are not read"));
    }
    let mut found = Vec::with_capacity(count);
    for _ in 0..count {
        if !bytes.get(at..).is_some_and(|rest| rest.starts_with(b"PK\x01\x02")) {
            return Err(cut());
        }
        let field = |offset: usize, width: usize| number(bytes, at + offset, width).ok_or_else(cut);
        let (method, packed, length) = (field(10, 2)? as u16, field(20, 4)?, field(24, 4)?);
        let (name, extra, comment, local) = (field(28, 2)?, field(30, 2)?, field(32, 2)?, field(42, 4)?);
        if [packed, length, local].contains(&0xFFFF_FFFF) {
            return Err(damaged("archives of more than 4 GiB are not read"));
        }
        let name_bytes = bytes.get(at + 46..at + 46 + name).ok_or_else(cut)?;
        let name_text = String::from_utf8_lossy(name_bytes).into_owned();
        // The local header repeats the name and has its own extra fields.
        let skip = 30 + number(bytes, local + 26, 2).ok_or_else(cut)? + number(bytes, local + 28, 2).ok_or_else(cut)?;
        let data = bytes.get(local + skip..).and_then(|rest| rest.get(..packed)).ok_or_else(cut)?;
        let name_text = name_text.strip_suffix(".npy").map(str::to_string).unwrap_or(name_text);
        found.push(Entry { name: name_text, method, packed: data, length });
        at += 46 + name + extra + comment;
    }
    Ok(found)
}

impl Entry<'_> {
    fn bytes(&self) -> Result<Vec<u8>, DataFault> {
        let name = &self.name;
        let bytes = match self.method {
            0 => self.packed.to_vec(),
            8 => miniz_oxide::inflate::decompress_to_vec_with_limit(self.packed, self.length)
                .map_err(|error| damaged(format!("`{name}` cannot be inflated ({error})")))?,
            method => return Err(damaged(format!("`{name}` is packed by method {method}: 0 and 8 are read"))),
        };
        let length = self.length;
        match bytes.len() == length {
            true => Ok(bytes),
            false => Err(damaged(format!("`{name}` has {} bytes, and {length} are said to be there", bytes.len()))),
        }
    }

    /// The header dictionary and the data of an NPY file.
    fn parts(&self) -> Result<(String, Vec<u8>), DataFault> {
        let bytes = self.bytes()?;
        let cut = || damaged(format!("`{}` is no NPY array", self.name));
        if !bytes.starts_with(b"\x93NUMPY") {
            return Err(cut());
        }
        let (start, width) = match bytes.get(6) {
            Some(1) => (10, 2),
            Some(2 | 3) => (12, 4),
            _ => return Err(cut()),
        };
        let length = number(&bytes, 8, width).ok_or_else(cut)?;
        let header = bytes.get(start..start + length).ok_or_else(cut)?;
        Ok((String::from_utf8_lossy(header).into_owned(), bytes[start + length..].to_vec()))
    }

    fn array(&self) -> Result<Array, DataFault> {
        let (header, data) = self.parts()?;
        let wrong = |what: &str| damaged(format!("the array `{}` {what}", self.name));
        let kind = quoted(&header, "descr").ok_or_else(|| wrong("has no type of number"))?;
        let shape = shape(&header).ok_or_else(|| wrong("has no shape"))?;
        let count = shape.iter().try_fold(1usize, |count, length| count.checked_mul(*length));
        let count = count.ok_or_else(|| wrong("is too large"))?;
        let (order, letters) = kind.split_at_checked(1).ok_or_else(|| wrong("has no type of number"))?;
        let decode: fn([u8; 8]) -> f64 = match letters {
            "f8" => f64::from_le_bytes,
            "f4" => |b| f64::from(f32::from_le_bytes([b[0], b[1], b[2], b[3]])),
            "i8" => |b| i64::from_le_bytes(b) as f64,
            "i4" => |b| f64::from(i32::from_le_bytes([b[0], b[1], b[2], b[3]])),
            _ => return Err(wrong(&format!("holds `{kind}`: real numbers of four or eight bytes are read"))),
        };
        let width = if letters.ends_with('8') { 8 } else { 4 };
        if data.len() != width * count {
            return Err(wrong(&format!("has {} bytes for {count} numbers of {width}", data.len())));
        }
        let value = |bytes: &[u8]| {
            let mut eight = [0; 8];
            eight[..width].copy_from_slice(bytes);
            if order == ">" {
                eight[..width].reverse();
            }
            decode(eight)
        };
        let values: Vec<f64> = data.chunks_exact(width).map(value).collect();
        let is_turned = header
            .split("'fortran_order'")
            .nth(1)
            .is_some_and(|rest| rest.trim_start_matches([':', ' ']).starts_with("True"));
        let values = if is_turned { by_rows(&shape, &values) } else { values };
        Ok(Array { shape, values })
    }

    /// A text; NumPy stores four bytes for each character.
    fn text(&self) -> Result<String, DataFault> {
        let (header, data) = self.parts()?;
        let kind = quoted(&header, "descr").unwrap_or_default();
        if !(kind.starts_with("<U") || kind.starts_with("|S")) {
            return Err(damaged(format!("`{}` holds no text", self.name)));
        }
        let wide = data.as_chunks::<4>().0.iter().filter_map(|letter| char::from_u32(u32::from_le_bytes(*letter)));
        let text: String =
            if kind.starts_with("<U") { wide.collect() } else { String::from_utf8_lossy(&data).into_owned() };
        Ok(text.trim_end_matches('\0').to_string())
    }
}

/// The quoted value of a key of the header.
fn quoted(header: &str, key: &str) -> Option<String> {
    let rest = header.split(&format!("'{key}'")).nth(1)?;
    Some(rest.trim_start_matches([':', ' ']).strip_prefix('\'')?.split('\'').next()?.to_string())
}

fn shape(header: &str) -> Option<Vec<usize>> {
    let rest = header.split("'shape'").nth(1)?;
    let inside = rest.split_once('(')?.1.split_once(')')?.0;
    inside.split(',').map(str::trim).filter(|word| !word.is_empty()).map(|word| word.parse().ok()).collect()
}

/// Converts an array from column-major to row-major order.
fn by_rows(shape: &[usize], values: &[f64]) -> Vec<f64> {
    let mut turned = vec![0.0; values.len()];
    for (place, value) in values.iter().enumerate() {
        let (mut rest, mut row) = (place, Vec::with_capacity(shape.len()));
        for length in shape {
            row.push(rest % length);
            rest /= length;
        }
        let at = row.iter().zip(shape).fold(0, |at, (index, length)| at * length + index);
        turned[at] = *value;
    }
    turned
}
