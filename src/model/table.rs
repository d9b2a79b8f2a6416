//! The wanted columns of a CSV file, read as a stream.
//!
//! The separator (comma, semicolon or tab) is found from the header line; quotes, CRLF and a byte-order mark are
//! handled. Without named features every numeric column except the label is one. A column with numbers and words is an
//! error, not skipped.

use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::path::Path;

use super::fault::{Column, DataFault};
use crate::input::{self, Rows};

/// The texts that mean a missing value, in any case.
const MISSING: [&str; 6] = ["", "?", "na", "n/a", "nan", "null"];

/// The columns to read.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// The feature columns; `None`: every numeric column except the label.
    pub features: Option<&'a [String]>,
    /// The label column.
    pub label: &'a str,
    /// Whether rows with missing values are left out; otherwise they are errors.
    pub drop_missing: bool,
}

/// The contents of a file.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// The names of the features.
    pub features: Vec<String>,
    /// The feature values, row by row.
    pub values: Vec<f64>,
    /// The index in `labels` of each row's label.
    pub codes: Vec<u32>,
    /// The distinct labels, in the order of their first appearance.
    pub labels: Vec<String>,
    /// The line on which each distinct label first appears.
    pub lines: Vec<u64>,
    /// The number of rows left out.
    pub dropped: usize,
}

impl Table {
    /// Reads a file.
    ///
    /// # Errors
    /// The first fault, with its line and column.
    pub fn read(path: &Path, wanted: Wanted) -> Result<Table, DataFault> {
        Table::from(wanted, || {
            let file = input::open(path).map_err(unreadable)?;
            open(Box::new(BufReader::new(file)))
        })
    }

    /// Reads a text in memory.
    ///
    /// # Errors
    /// The first fault, with its line and column.
    pub fn parse(text: &str, wanted: Wanted) -> Result<Table, DataFault> {
        Table::from(wanted, || open(Box::new(text.as_bytes())))
    }

    fn from<'a>(wanted: Wanted, open: impl Fn() -> Result<Reader<'a>, DataFault>) -> Result<Table, DataFault> {
        let mut reader = open()?;
        let header = header(&mut reader)?;
        let label = place(&header, Column::Label, wanted.label)?;
        let features: Vec<usize> = match wanted.features {
            Some(names) => names.iter().map(|name| place(&header, Column::Feature, name)).collect::<Result<_, _>>()?,
            None => numeric(open()?, &header, label)?,
        };
        if features.is_empty() {
            return Err(DataFault::NoFeatures { label: wanted.label.to_string() });
        }
        if let Some(&twice) = features.iter().find(|&&k| header.iter().filter(|name| **name == header[k]).count() > 1) {
            return Err(DataFault::Twice { column: header[twice].to_string() });
        }
        let mut table =
            Table { features: features.iter().map(|&k| header[k].to_string()).collect(), ..Table::default() };
        let mut known = HashMap::new();
        let mut record = csv::StringRecord::new();
        while next(&mut reader, &mut record)? {
            let line = record.position().map_or(0, csv::Position::line);
            let field = |place: usize| record.get(place).unwrap_or("");
            if let Some(&place) = features.iter().chain([&label]).find(|&&place| is_missing(field(place))) {
                if !wanted.drop_missing {
                    return Err(DataFault::Missing {
                        line,
                        column: header[place].to_string(),
                        field: input::quoted(field(place)),
                    });
                }
                table.dropped += 1;
                continue;
            }
            for &place in &features {
                let value = number(field(place)).ok_or_else(|| DataFault::NotANumber {
                    line,
                    column: header[place].to_string(),
                    field: input::quoted(field(place)),
                })?;
                table.values.push(value);
            }
            let code = match known.get(field(label)) {
                Some(&code) => code,
                None => {
                    let code = table.labels.len() as u32;
                    known.insert(field(label).to_string(), code);
                    table.labels.push(field(label).to_string());
                    table.lines.push(line);
                    code
                }
            };
            table.codes.push(code);
        }
        match (table.codes.len(), table.dropped) {
            (0, 0) => Err(DataFault::Empty),
            (0, dropped) => Err(DataFault::NothingLeft { dropped }),
            _ => Ok(table),
        }
    }
}

type Reader<'a> = csv::Reader<Rows<'a>>;

fn unreadable(fault: std::io::Error) -> DataFault {
    DataFault::Unreadable { reason: fault.to_string() }
}

/// A reader of the records after the byte-order mark.
fn open<'a>(mut file: Box<dyn BufRead + 'a>) -> Result<Reader<'a>, DataFault> {
    let head = file.fill_buf().map_err(unreadable)?;
    let mark = if head.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
    let separator = separator(&head[mark..]);
    file.consume(mark);
    let mut builder = csv::ReaderBuilder::new();
    Ok(builder.trim(csv::Trim::All).delimiter(separator).from_reader(Rows::new(file)))
}

/// The most frequent separator outside quotes in the first line; a comma if there is none.
fn separator(text: &[u8]) -> u8 {
    let mut inside = false;
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0)];
    for &byte in text.iter().take_while(|&&byte| byte != b'\n') {
        inside ^= byte == b'"';
        if !inside {
            counts.iter_mut().filter(|(separator, _)| *separator == byte).for_each(|(_, count)| *count += 1);
        }
    }
    // The first among equals.
    counts.iter().rev().max_by_key(|(_, count)| *count).map_or(b',', |(separator, _)| *separator)
}

fn header(reader: &mut Reader<'_>) -> Result<csv::StringRecord, DataFault> {
    let header = reader.headers().map_err(|fault| match fault.kind() {
        csv::ErrorKind::Utf8 { .. } => DataFault::NotUtf8 { line: Some(1) },
        _ => DataFault::Header { reason: fault.to_string() },
    })?;
    if header.is_empty() { Err(DataFault::Nothing) } else { Ok(header.clone()) }
}

/// Reads the next record; false at the end of the file.
fn next(reader: &mut Reader<'_>, record: &mut csv::StringRecord) -> Result<bool, DataFault> {
    reader.get_mut().begin();
    reader.read_record(record).map_err(|fault| {
        let line = fault.position().map(csv::Position::line);
        match fault.kind() {
            csv::ErrorKind::Utf8 { .. } => DataFault::NotUtf8 { line },
            _ => DataFault::Line { line, reason: fault.to_string() },
        }
    })
}

fn is_missing(field: &str) -> bool {
    MISSING.iter().any(|word| field.eq_ignore_ascii_case(word))
}

/// A finite number; `None` for anything else.
pub(super) fn number(field: &str) -> Option<f64> {
    field.parse().ok().filter(|value: &f64| value.is_finite())
}

/// The columns besides the label that hold numbers; an error if one of them also holds words.
fn numeric(mut reader: Reader<'_>, header: &csv::StringRecord, label: usize) -> Result<Vec<usize>, DataFault> {
    // Otherwise the first record is read together with the header, and a fault in it has the header's line.
    reader.headers().map_err(|fault| DataFault::Header { reason: fault.to_string() })?;
    let mut has_number = vec![false; header.len()];
    let mut word: Vec<Option<(u64, String)>> = vec![None; header.len()];
    let mut record = csv::StringRecord::new();
    let mut has_rows = false;
    while next(&mut reader, &mut record)? {
        has_rows = true;
        let line = record.position().map_or(0, csv::Position::line);
        for (place, field) in record.iter().enumerate() {
            if number(field).is_some() {
                has_number[place] = true;
            } else if !is_missing(field) && word[place].is_none() {
                word[place] = Some((line, input::quoted(field)));
            }
        }
    }
    if !has_rows {
        return Err(DataFault::Empty);
    }
    let mut found = Vec::new();
    for place in (0..header.len()).filter(|&place| place != label && has_number[place]) {
        if let Some((line, field)) = word[place].take() {
            return Err(DataFault::NotANumber { line, column: header[place].to_string(), field });
        }
        found.push(place);
    }
    Ok(found)
}

/// The largest number of names in a message.
const MOST_NAMES: usize = 40;

/// The names of a header for a message, truncated to [`MOST_NAMES`].
fn some(header: &csv::StringRecord) -> Vec<String> {
    let more = (header.len() > MOST_NAMES).then(|| format!("… ({} in all)", header.len()));
    header.iter().take(MOST_NAMES).map(input::quoted).chain(more).collect()
}

/// The index of a column in the header.
fn place(header: &csv::StringRecord, role: Column, wanted: &str) -> Result<usize, DataFault> {
    let mut places = (0..header.len()).filter(|&place| &header[place] == wanted);
    match (places.next(), places.next()) {
        (Some(place), None) => Ok(place),
        (Some(_), Some(_)) => Err(DataFault::Twice { column: wanted.to_string() }),
        (None, _) => Err(DataFault::MissingColumn {
            wanted: input::quoted(wanted),
            role,
            nearest: header
                .iter()
                .min_by_key(|column| strsim::damerau_levenshtein(column, wanted))
                .map_or(String::new(), input::quoted),
            all: some(header),
        }),
    }
}
