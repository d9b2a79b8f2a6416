//! An axis of a sweep: a key with its values.

use std::collections::HashSet;
use std::ops::Range;

use serde_json::{Value, json};

use super::MOST_POINTS;
use crate::config::section::{FINITE, Rule, Section};
use crate::config::tree::{Entry, Kind, Node};
use crate::config::{ConfigError, Fault, Source};

type Read<T> = Result<T, ConfigError>;

/// A key and its values.
#[derive(Clone, Debug)]
pub struct Axis {
    /// The dotted key.
    pub key: String,
    /// The values, no two of them equal unless the axes are zipped.
    pub values: Vec<AxisValue>,
    /// Whether the values were given as a range of numbers.
    pub(super) is_range: bool,
    pub(super) key_span: Range<usize>,
}

/// One value of a key.
#[derive(Clone, Debug, PartialEq)]
pub struct AxisValue {
    /// The value in TOML.
    pub text: String,
    /// The value in results.
    pub json: Value,
}

impl AxisValue {
    fn number(value: f64) -> AxisValue {
        match value.fract() == 0.0 && value.abs() < 1e15 {
            true => AxisValue { text: format!("{}", value as i64), json: json!(value as i64) },
            false => AxisValue { text: format!("{value:?}"), json: json!(value) },
        }
    }
}

impl Axis {
    /// Whether an error at `key` belongs to this axis: at its key, inside its value, or at a table around it.
    pub(super) fn is_at(&self, key: &str) -> bool {
        let holds = |outer: &str, inner: &str| {
            inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        holds(&self.key, key) || holds(key, &self.key)
    }

    /// Rounds every number to an integer.
    pub(super) fn round(&mut self) {
        for value in &mut self.values {
            if let Some(number) = value.json.as_f64() {
                *value = AxisValue::number(number.round());
            }
        }
    }

    /// Refuses equal values, because a point of the sweep is identified by its values.
    pub(super) fn refuse_repetition(&self, source: &Source) -> Read<()> {
        // 1 and 1.0 are equal, and so are 0.0 and -0.0.
        let known = |value: &AxisValue| match value.json.as_f64() {
            Some(number) => format!("{:?}", number + 0.0),
            None => value.json.to_string(),
        };
        let mut before = HashSet::new();
        let twice = self.values.iter().position(|value| !before.insert(known(value)));
        let Some(place) = twice else { return Ok(()) };
        let value = &self.values[place].text;
        let reason = match self.is_range {
            true => format!("takes the value {value} twice (whole numbers are rounded): take a smaller count"),
            false => format!("holds the value {value} twice: leave one of them out"),
        };
        Err(ConfigError {
            source_text: Box::new(source.clone()),
            key: format!("sweep.parameters.{}", self.key),
            span: Some(self.key_span.clone()),
            fault: Box::new(Fault::Conflict { reason }),
        })
    }
}

/// Reads all axes in the order of the file.
pub(super) fn read(section: &Section, source: &Source) -> Read<Vec<Axis>> {
    let parameters = section.section("parameters")?;
    let mut axes = Vec::new();
    gather(&parameters, String::new(), source, &mut axes)?;
    if axes.is_empty() {
        return Err(section.missing(
            "parameters",
            "a sweep needs keys with their values, as in parameters = { \"noise.batch_size\" = [8, 16, 32] }",
        ));
    }
    axes.sort_by_key(|axis| axis.key_span.start);
    for (place, axis) in axes.iter().enumerate() {
        if axes[..place].iter().any(|other| other.key == axis.key) {
            return Err(parameters.conflict(&axis.key, "is swept twice: keep one of the two"));
        }
    }
    Ok(axes)
}

/// Collects the axes of a table; a key in quotes is one entry, `noise.batch_size` without quotes a table in a table.
fn gather(table: &Section, path: String, source: &Source, axes: &mut Vec<Axis>) -> Read<()> {
    for entry in table.entries() {
        let key = if path.is_empty() { entry.key.clone() } else { format!("{path}.{}", entry.key) };
        let (values, is_range) = match &entry.node.kind {
            Kind::Table(inner) if !inner.iter().any(|entry| ["from", "to", "count"].contains(&entry.key.as_str())) => {
                gather(&table.section(&entry.key)?, key, source, axes)?;
                continue;
            }
            Kind::Table(_) => (range(&table.section(&entry.key)?)?, true),
            Kind::List(nodes) if !nodes.is_empty() => {
                (nodes.iter().map(|node| value(table, entry, node, source)).collect::<Read<_>>()?, false)
            }
            _ => {
                return Err(table.conflict(
                    &entry.key,
                    "a swept key takes a list of values, as in [8, 16, 32], or a range { from = 0.01, to = 0.1, count = 5, spacing = \
                     \"log\" }",
                ));
            }
        };
        axes.push(Axis { key, values, is_range, key_span: entry.key_span.clone() });
    }
    Ok(())
}

fn value(table: &Section, entry: &Entry, node: &Node, source: &Source) -> Read<AxisValue> {
    let text = source.text[node.span.clone()].trim().to_string();
    let json = json_of(node)
        .ok_or_else(|| table.conflict(&entry.key, "no key takes a date, a time or a number that is none"))?;
    Ok(AxisValue { text, json })
}

/// The value as JSON; `None` for dates and numbers that are not finite.
fn json_of(node: &Node) -> Option<Value> {
    Some(match &node.kind {
        Kind::Text(text) => json!(text),
        Kind::Number(value) if value.fract() == 0.0 && value.abs() < 1e15 => json!(*value as i64),
        Kind::Number(value) if value.is_finite() => json!(value),
        Kind::Boolean(value) => json!(value),
        Kind::List(nodes) => Value::Array(nodes.iter().map(json_of).collect::<Option<_>>()?),
        Kind::Table(entries) => Value::Object(
            entries.iter().map(|entry| Some((entry.key.clone(), json_of(&entry.node)?))).collect::<Option<_>>()?,
        ),
        Kind::Number(_) | Kind::Time => return None,
    })
}

/// The rule for the points of a range, each of which is a point of the sweep at least.
const POINTS: Rule = ("a whole number from 1 to 1000000", |x| x >= 1.0 && x.fract() == 0.0 && x <= MOST_POINTS as f64);

/// The numbers of `{ from, to, count, spacing }`, both ends included.
fn range(section: &Section) -> Read<Vec<AxisValue>> {
    let reason = "a range is { from = 0.01, to = 0.1, count = 5, spacing = \"log\" } or spacing = \"linear\"";
    let (from, to) = (section.required("from", FINITE, reason)?, section.required("to", FINITE, reason)?);
    let count = section.required("count", POINTS, reason)? as usize;
    let is_log = section.choice("spacing", &[("linear", false), ("log", true)])?.unwrap_or(false);
    section.finish()?;
    if is_log && !(from > 0.0 && to > 0.0) {
        return Err(section.conflict("spacing", "a logarithmic range needs positive ends: from > 0 and to > 0"));
    }
    if count > 1 && from == to {
        return Err(section.conflict("to", "is from itself: give another end, or count = 1"));
    }
    let last = count.max(2) - 1;
    let at = |place: usize| match place {
        0 => from,
        _ if place == last => to,
        _ => {
            let share = place as f64 / last as f64;
            let value = if is_log { from * (to / from).powf(share) } else { from + share * (to - from) };
            tidy(value)
        }
    };
    Ok((0..count).map(at).map(AxisValue::number).collect())
}

/// The number without the rounding error of its last digits: 0.3 for 0.30000000000000004.
fn tidy(value: f64) -> f64 {
    let short: f64 = format!("{value:.14e}").parse().unwrap_or(value);
    if (short - value).abs() <= 4.0 * f64::EPSILON * value.abs() { short } else { value }
}
