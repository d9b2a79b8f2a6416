//! Tables as text, one point a line.
//!
//! Fields are separated by commas, semicolons, tabs or blanks. Lines that begin with `#` are ignored; a first line with
//! a word in it is the header. The points must form a complete grid, in any order. The columns are x, y, L, C₁₁, C₁₂,
//! C₂₂ (x, L, C₁₁ in one dimension), or are found by name if the header has the names.

use std::path::Path;

use super::super::fault::DataFault;
use super::{Array, Contents, MeasuredSource};
use crate::input;

/// One point: its line number, and its values in the order of the columns.
struct Row {
    line: u64,
    values: Vec<f64>,
}

/// The columns as arrays over the grid, under the configured names.
pub(super) fn read(path: &Path, source: &MeasuredSource) -> Result<Contents, DataFault> {
    let bytes = input::numbers(path).map_err(|error| DataFault::Unreadable { reason: error.to_string() })?;
    let text = String::from_utf8_lossy(bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes)).into_owned();
    let lines = (1..).zip(text.lines()).map(|(number, line)| (number, line.trim()));
    let mut lines = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#')).peekable();
    let Some(&(_, first)) = lines.peek() else { return Err(DataFault::Empty) };
    let separator = [',', ';', '\t'].into_iter().find(|&letter| first.contains(letter));
    let fields = |line: &str| -> Vec<String> {
        let clean = |field: &str| field.trim().trim_matches('"').to_string();
        match separator {
            Some(letter) => line.split(letter).map(clean).collect(),
            None => line.split_whitespace().map(clean).collect(),
        }
    };
    let names = &source.names;
    let (coordinates, entries) = if source.dimension == 2 { (2, 3) } else { (1, 1) };
    let mut wanted: Vec<&str> = vec![&names.x, &names.y];
    wanted.truncate(coordinates);
    wanted.push(&names.loss);
    wanted.extend(names.covariance[..entries].iter().map(String::as_str));
    let mut header: Vec<String> = Vec::new();
    if fields(first).iter().any(|field| field.parse::<f64>().is_err()) {
        header = fields(first);
        lines.next();
    }
    let by_name = header.contains(&names.loss);
    let places: Vec<Option<usize>> = match by_name {
        true => wanted.iter().map(|name| header.iter().position(|own| own == name)).collect(),
        false => (0..wanted.len()).map(Some).collect(),
    };
    let (rows, width) = rows(lines.map(|(line, content)| (line, fields(content))), &header)?;
    let present = if header.is_empty() { (1..=width).map(|k| format!("column {k}")).collect() } else { header };
    let column = |k: usize| places[k].filter(|&place| place < width);
    if let Some(missing) = (0..=coordinates).find(|&k| column(k).is_none()) {
        return Err(DataFault::MissingDataset { name: wanted[missing].into(), present });
    }
    if coordinates == 1 {
        let x = |k: usize| column(0).map_or(f64::NAN, |place| rows[k].values[place]);
        if let Some(index) = (1..rows.len()).find(|&k| x(k) <= x(k - 1)) {
            let (before, value) = (x(index - 1), x(index));
            return Err(DataFault::Unsorted { name: names.x.clone(), index, before, value });
        }
    }
    grid(&rows, &wanted, coordinates, column).map(|arrays| Contents {
        arrays: arrays.into_iter().map(|(name, array)| (name.to_string(), array)).collect(),
        present,
        directions: None,
    })
}

/// The rows as numbers, and the number of columns.
///
/// # Errors
/// No row, rows of different lengths, and fields that are no numbers.
fn rows(lines: impl Iterator<Item = (u64, Vec<String>)>, header: &[String]) -> Result<(Vec<Row>, usize), DataFault> {
    let mut rows: Vec<Row> = Vec::new();
    let mut width = 0;
    for (line, fields) in lines {
        if rows.is_empty() {
            width = fields.len();
        }
        if fields.len() != width {
            let reason = format!("it has {} fields, and {width} stand in the first one", fields.len());
            return Err(DataFault::Line { line: Some(line), reason });
        }
        let number = |(place, field): (usize, &String)| {
            field.parse::<f64>().map_err(|_| DataFault::NotANumber {
                line,
                column: header.get(place).cloned().unwrap_or_else(|| (place + 1).to_string()),
                field: field.clone(),
            })
        };
        rows.push(Row { line, values: fields.iter().enumerate().map(number).collect::<Result<_, _>>()? });
    }
    if rows.is_empty() {
        return Err(DataFault::Empty);
    }
    Ok((rows, width))
}

/// The arrays over the grid that the points form.
fn grid<'a>(
    rows: &[Row],
    wanted: &[&'a str],
    coordinates: usize,
    column: impl Fn(usize) -> Option<usize>,
) -> Result<Vec<(&'a str, Array)>, DataFault> {
    let value = |row: &Row, k: usize| column(k).map_or(f64::NAN, |place| row.values[place]);
    let mut axes: Vec<Vec<f64>> = Vec::new();
    for (k, name) in wanted.iter().enumerate().take(coordinates) {
        let mut axis: Vec<f64> = rows.iter().map(|row| value(row, k)).collect();
        if let Some(row) = axis.iter().position(|value| !value.is_finite()) {
            let (line, field) = (rows[row].line, axis[row].to_string());
            return Err(DataFault::NotANumber { line, column: (*name).to_string(), field });
        }
        axis.sort_by(f64::total_cmp);
        axis.dedup();
        axes.push(axis);
    }
    let cells: usize = axes.iter().map(Vec::len).product();
    let mut filled: Vec<Option<u64>> = vec![None; cells];
    let mut places = Vec::with_capacity(rows.len());
    for row in rows {
        let mut place = 0;
        for (k, axis) in axes.iter().enumerate() {
            // The value is among those of the axis.
            let index = axis.partition_point(|known| *known < value(row, k));
            place = place * axis.len() + index;
        }
        if let Some(other) = filled[place].replace(row.line) {
            let reason = format!("its point stands in line {other} already");
            return Err(DataFault::Line { line: Some(row.line), reason });
        }
        places.push(place);
    }
    let shape: Vec<usize> = axes.iter().map(Vec::len).collect();
    let mut found: Vec<(&str, Array)> = Vec::new();
    for (k, name) in wanted.iter().enumerate().skip(coordinates).filter(|(k, _)| column(*k).is_some()) {
        let mut values = vec![f64::NAN; cells];
        rows.iter().zip(&places).for_each(|(row, &place)| values[place] = value(row, k));
        found.push((name, Array { shape: shape.clone(), values }));
    }
    for (name, axis) in wanted.iter().zip(axes) {
        found.push((name, Array { shape: vec![axis.len()], values: axis }));
    }
    Ok(found)
}
