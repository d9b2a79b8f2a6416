//! The table of rates, from a CSV file.

use std::path::Path;

use super::collection::Collection;
use super::error::{RefereeError, RefereeFault};
use crate::input;

/// A rate that a tool gives for a problem of the collection.
#[derive(Clone, Debug, PartialEq)]
pub struct Claim {
    /// The index of the problem in the collection.
    pub place: usize,
    /// The rate, per unit of dynamical time.
    pub value: Decimal,
    /// The claimed error relative to the value; `None` if none is claimed.
    pub error: Option<f64>,
    /// The name of the tool.
    pub tool: String,
}

/// A number mantissa·10^exponent, because a rate may lie below 1e-308.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Decimal {
    mantissa: f64,
    exponent: i32,
}

impl Decimal {
    /// Parses a number such as `-1.9e-13`; `None` for anything that is not finite.
    fn parse(field: &str) -> Option<Decimal> {
        let whole: f64 = field.parse().ok()?;
        if !whole.is_finite() {
            return None;
        }
        if whole.is_normal() {
            return Some(Decimal { mantissa: whole, exponent: 0 });
        }
        // Zero, or too small for f64.
        let (mantissa, exponent) = match field.find(['e', 'E']) {
            Some(at) => (field[..at].parse().ok()?, field[at + 1..].parse().ok()?),
            None => (whole, 0),
        };
        Some(Decimal { mantissa, exponent })
    }

    /// The number as f64, 0 if it underflows.
    pub fn value(self) -> f64 {
        self.mantissa * 10f64.powi(self.exponent)
    }

    /// The natural logarithm; `None` for numbers that are not positive.
    pub fn ln(self) -> Option<f64> {
        let ln = self.mantissa.ln() + f64::from(self.exponent) * std::f64::consts::LN_10;
        (self.mantissa > 0.0).then_some(ln)
    }
}

/// The indices of the columns; `None` for columns that are not given.
struct Columns {
    problem: usize,
    value: usize,
    error: Option<usize>,
    tool: Option<usize>,
}

impl Columns {
    fn find(header: &csv::StringRecord) -> Result<Columns, RefereeFault> {
        let [mut problem, mut value, mut error, mut tool] = [None; 4];
        for (place, name) in header.iter().enumerate() {
            let column = match name {
                "problem" => &mut problem,
                "value" => &mut value,
                "error" => &mut error,
                "tool" => &mut tool,
                _ => return Err(RefereeFault::UnknownColumn { name: name.into() }),
            };
            if column.replace(place).is_some() {
                return Err(RefereeFault::UnknownColumn { name: name.into() });
            }
        }
        let all = || header.iter().map(String::from).collect();
        let needed =
            |column: Option<usize>, wanted| column.ok_or_else(|| RefereeFault::MissingColumn { wanted, all: all() });
        Ok(Columns { problem: needed(problem, "problem")?, value: needed(value, "value")?, error, tool })
    }
}

/// Reads a table of rates.
///
/// # Errors
/// The first fault, with its line and the rule for the column.
pub fn read(path: &Path, collection: &Collection) -> Result<Vec<Claim>, RefereeError> {
    let fails = |line, fault| RefereeError { file: path.into(), line, fault };
    let text =
        input::text(path).map_err(|error| fails(None, RefereeFault::Unreadable { reason: error.to_string() }))?;
    let unreadable = |error: csv::Error| {
        let line = error.position().map(|position| line(&text, position));
        let reason = match error.kind() {
            csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
                format!("the line has {len} fields and the header {expected_len}")
            }
            _ => error.to_string(),
        };
        fails(line, RefereeFault::Unreadable { reason })
    };
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).comment(Some(COMMENT)).from_reader(text.as_bytes());
    let columns = Columns::find(reader.headers().map_err(unreadable)?).map_err(|fault| fails(Some(1), fault))?;
    let mut claims = Vec::new();
    for record in reader.records() {
        let record = record.map_err(unreadable)?;
        let line = record.position().map(|position| line(&text, position));
        claims.push(columns.claim(&record, collection).map_err(|fault| fails(line, fault))?);
    }
    if claims.is_empty() {
        return Err(fails(None, RefereeFault::Empty));
    }
    Ok(claims)
}

/// The first character of comment lines.
const COMMENT: u8 = b'#';

/// The line of a record; the parser gives the line before any empty lines and comments that it skips.
fn line(text: &str, position: &csv::Position) -> u64 {
    let from = usize::try_from(position.byte()).ok().and_then(|byte| text.get(byte..)).unwrap_or("");
    let is_skipped = |line: &&str| line.is_empty() || line.as_bytes()[0] == COMMENT;
    position.line() + from.lines().take_while(is_skipped).count() as u64
}

impl Columns {
    fn claim(&self, record: &csv::StringRecord, collection: &Collection) -> Result<Claim, RefereeFault> {
        let field = |column: usize| record.get(column).unwrap_or("");
        let name = field(self.problem);
        let place = collection.problems.iter().position(|problem| problem.problem == name);
        let place = place.ok_or_else(|| RefereeFault::UnknownProblem {
            name: name.into(),
            nearest: collection.nearest(name).unwrap_or("").into(),
            count: collection.problems.len(),
        })?;
        let value = Decimal::parse(field(self.value));
        let value = value.ok_or_else(|| RefereeFault::Value { field: field(self.value).into() })?;
        let error = match self.error.map(field) {
            None | Some("") => None,
            Some(text) => match text.parse::<f64>() {
                Ok(error) if error.is_finite() && error >= 0.0 => Some(error),
                _ => return Err(RefereeFault::Claim { field: text.into() }),
            },
        };
        Ok(Claim { place, value, error, tool: self.tool.map_or("", field).into() })
    }
}
