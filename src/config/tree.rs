//! TOML as a small tree that knows where everything stands, with the command line's overrides grafted in.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

use crate::config::{ConfigError, Fault, Source};

/// A value with its place.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) span: Range<usize>,
    pub(super) kind: Kind,
}

/// TOML's kinds, as far as configurations use them.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    Text(String),
    Number(f64),
    Boolean(bool),
    Time,
    List(Vec<Node>),
    Table(Vec<Entry>),
}

/// A key with its place and its value.
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

/// Parses a text and the overrides, `section.key=value` each. The overrides are appended to the source's text as
/// comments, so that what is stored tells how the run was made.
pub(super) fn parse(source: &mut Source, overrides: &[String]) -> Result<Node, ConfigError> {
    let text = source.text.clone();
    let table = DeTable::parse(&text).map_err(|fault| ConfigError {
        source_text: Box::new(source.clone()),
        key: "not a TOML file".into(),
        span: fault.span(),
        fault: Box::new(Fault::Syntax { reason: fault.message().to_string() }),
    })?;
    let mut root = Node { span: 0..text.len(), kind: Kind::Table(entries(table.get_ref(), 0)) };
    for change in overrides {
        graft(source, &mut root, change)?;
    }
    Ok(root)
}

/// Sets a key, `section.key=value`.
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
    // A bare word is taken as a text, so that --set grid.scheme=sqra needs no quotes within quotes.
    let written = [format!("{path} = {value}"), format!("{path} = {}", toml::Value::String(value.to_string()))];
    let start = source.text.len();
    for line in &written {
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
