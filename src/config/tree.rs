//! TOML as a small tree with the place of every key and value, and with the overrides of the command line inserted.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

use crate::config::{ConfigError, Fault, Source};

/// A value with its byte range.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) span: Range<usize>,
    pub(super) kind: Kind,
}

/// The TOML types that configurations use.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    Text(String),
    Number(f64),
    Boolean(bool),
    Time,
    List(Vec<Node>),
    Table(Vec<Entry>),
}

/// A key with its byte range and its value.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) key_span: Range<usize>,
    pub(super) node: Node,
}

impl Kind {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Kind::Text(_) => "a text",
            Kind::Number(_) => "a number",
            Kind::Boolean(_) => "true or false",
            Kind::Time => "a date or time",
            Kind::List(_) => "a list",
            Kind::Table(_) => "a table",
        }
    }
}

fn node(value: &DeValue<'_>, span: Range<usize>, shift: usize) -> Node {
    let kind = match value {
        DeValue::String(text) => Kind::Text(text.to_string()),
        DeValue::Integer(integer) => {
            let exact = i64::from_str_radix(integer.as_str(), integer.radix());
            Kind::Number(exact.map_or(f64::NAN, |exact| exact as f64))
        }
        DeValue::Float(float) => Kind::Number(float.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Boolean(value) => Kind::Boolean(*value),
        DeValue::Datetime(_) => Kind::Time,
        DeValue::Array(values) => {
            Kind::List(values.iter().map(|value| node(value.get_ref(), value.span(), shift)).collect())
        }
        DeValue::Table(table) => Kind::Table(entries(table, shift)),
    };
    Node { span: span.start + shift..span.end + shift, kind }
}

fn entries(table: &DeTable<'_>, shift: usize) -> Vec<Entry> {
    table
        .iter()
        .map(|(key, value)| Entry {
            key: key.get_ref().to_string(),
            key_span: key.span().start + shift..key.span().end + shift,
            node: node(value.get_ref(), value.span(), shift),
        })
        .collect()
}

/// Parses a text with its overrides, `section.key=value` each. The overrides are appended to the source's text as
/// comments, so that the stored text documents the run.
pub(super) fn parse(source: &mut Source, overrides: &[String]) -> Result<Node, ConfigError> {
    let text = source.text.clone();
    let table = DeTable::parse(&text).map_err(|fault| ConfigError {
        source_text: Box::new(source.clone()),
        key: "not a TOML file".into(),
        span: fault.span(),
        fault: Box::new(Fault::Syntax { reason: fault.message().to_string() }),
    })?;
    source.effective = match overrides {
        [] => text.clone(),
        _ => effective(&text, overrides).unwrap_or_default(),
    };
    let mut root = Node { span: 0..text.len(), kind: Kind::Table(entries(table.get_ref(), 0)) };
    for (place, change) in overrides.iter().enumerate() {
        refuse_twice(source, change, &overrides[..place])?;
        graft(source, &mut root, change)?;
    }
    Ok(root)
}

/// Refuses a key that an earlier override has set, as TOML refuses repeated keys.
fn refuse_twice(source: &Source, change: &str, earlier: &[String]) -> Result<(), ConfigError> {
    let parts =
        |change: &str| change.split_once('=').map(|(key, value)| [key, value].map(|part| part.trim().to_string()));
    let Some([key, value]) = parts(change) else { return Ok(()) };
    let first = earlier.iter().filter_map(|change| parts(change)).find(|[known, _]| *known == key);
    let Some([_, first]) = first else { return Ok(()) };
    Err(ConfigError {
        source_text: Box::new(source.clone()),
        key: format!("--set {change}"),
        span: None,
        fault: Box::new(Fault::Conflict {
            reason: format!("on the command line: {key} is set twice, to {first} and to {value}: leave one out"),
        }),
    })
}

/// The text with the overrides inserted; `None` if one of them is no assignment, which [`graft`] reports.
pub(super) fn effective(text: &str, overrides: &[String]) -> Option<String> {
    let mut table: toml::Table = text.parse().ok()?;
    for change in overrides {
        let (path, value) = change.split_once('=')?;
        let assignment =
            written(path.trim(), value.trim()).into_iter().find_map(|line| line.parse::<toml::Table>().ok());
        merge_tables(&mut table, assignment?);
    }
    toml::to_string(&table).ok()
}

fn merge_tables(into: &mut toml::Table, other: toml::Table) {
    for (key, value) in other {
        match (into.get_mut(&key), value) {
            (Some(toml::Value::Table(known)), toml::Value::Table(inner)) => merge_tables(known, inner),
            (_, value) => {
                into.insert(key, value);
            }
        }
    }
}

/// An assignment in TOML, first as it is, then with the value as a text: `--set grid.scheme=sqra` needs no quotes.
fn written(path: &str, value: &str) -> [String; 2] {
    [format!("{path} = {value}"), format!("{path} = {}", toml::Value::String(value.to_string()))]
}

/// Sets a key by `section.key=value`.
pub(super) fn graft(source: &mut Source, root: &mut Node, change: &str) -> Result<(), ConfigError> {
    let fail = |source: &Source, reason: String| ConfigError {
        source_text: Box::new(source.clone()),
        key: format!("--set {change}"),
        span: None,
        fault: Box::new(Fault::Conflict { reason }),
    };
    let Some((path, value)) = change.split_once('=') else {
        return Err(fail(source, "on the command line: write --set section.key=value".into()));
    };
    let (path, value) = (path.trim(), value.trim());
    if !source.text.is_empty() && !source.text.ends_with('\n') {
        source.text.push('\n');
    }
    source.text.push_str("# set on the command line: ");
    let start = source.text.len();
    for line in &written(path, value) {
        if let Ok(table) = DeTable::parse(line) {
            source.text.push_str(&line.replace('\n', " "));
            source.text.push('\n');
            let Some(entry) = entries(table.get_ref(), start).into_iter().next() else {
                break;
            };
            merge(root, entry);
            return Ok(());
        }
    }
    Err(fail(source, "on the command line: this is not a dotted key and a TOML value".into()))
}

fn merge(into: &mut Node, entry: Entry) {
    let Kind::Table(entries) = &mut into.kind else {
        *into = Node { span: entry.key_span.clone(), kind: Kind::Table(vec![entry]) };
        return;
    };
    match entries.iter_mut().find(|known| known.key == entry.key) {
        Some(known) => match entry.node.kind {
            Kind::Table(inner) if matches!(known.node.kind, Kind::Table(_)) => {
                for inner in inner {
                    merge(&mut known.node, inner);
                }
            }
            _ => known.node = entry.node,
        },
        None => entries.push(entry),
    }
}
