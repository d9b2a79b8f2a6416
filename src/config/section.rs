//! Typed access to one table of a configuration. It remembers the keys that were asked for, so that all others can be
//! refused.

use std::cell::RefCell;

use crate::config::error::nearest;
use crate::config::tree::{Entry, Kind, Node};
use crate::config::{ConfigError, Fault, Source};
use crate::problem::expression::{Expression, ExpressionError};

/// A table of a configuration.
pub(super) struct Section<'a> {
    source: &'a Source,
    path: String,
    node: Option<&'a Node>,
    known: RefCell<Vec<String>>,
}

/// A rule for a number: its words, and whether a number obeys it.
pub(super) type Rule = (&'static str, fn(f64) -> bool);

pub(super) const FINITE: Rule = ("a finite number", f64::is_finite);
pub(super) const POSITIVE: Rule = ("a finite number > 0", |x| x.is_finite() && x > 0.0);
pub(super) const NOT_NEGATIVE: Rule = ("a finite number ≥ 0", |x| x.is_finite() && x >= 0.0);
pub(super) const INSIDE_UNIT: Rule = ("between 0 and 1, both excluded", |x| x > 0.0 && x < 1.0);
pub(super) const COUNT: Rule = ("a whole number from 1 to 1e9", |x| x >= 1.0 && x.fract() == 0.0 && x <= 1e9);
/// The rule for the highest moment: those of an exponential time grow like factorials.
pub(super) const FEW: Rule = ("a whole number from 1 to 20", |x| x >= 1.0 && x.fract() == 0.0 && x <= 20.0);
/// The rule for cells along an axis: with fewer than three no cell has two neighbours.
pub(super) const CELLS: Rule = ("a whole number from 3 to 1e9", |x| x >= 3.0 && x.fract() == 0.0 && x <= 1e9);

type Read<T> = Result<T, ConfigError>;

impl<'a> Section<'a> {
    /// The whole file as a table.
    pub(super) fn root(source: &'a Source, node: &'a Node) -> Section<'a> {
        Section { source, path: String::new(), node: Some(node), known: RefCell::default() }
    }

    /// The same table for a preview: keys asked for here do not count as known.
    pub(super) fn glance(&self) -> Section<'a> {
        Section { source: self.source, path: self.path.clone(), node: self.node, known: RefCell::default() }
    }

    /// The entries of the table; empty if it is not given.
    pub(super) fn entries(&self) -> &'a [Entry] {
        match self.node.map(|node| &node.kind) {
            Some(Kind::Table(entries)) => entries,
            _ => &[],
        }
    }

    /// The dotted name of a key of this table.
    pub(super) fn name(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_string() } else { format!("{}.{key}", self.path) }
    }

    fn entry(&self, key: &str) -> Option<&'a Entry> {
        let mut known = self.known.borrow_mut();
        if !known.iter().any(|name| name == key) {
            known.push(key.to_string());
        }
        self.entries().iter().find(|entry| entry.key == key)
    }

    /// Whether the table is given.
    pub(super) fn is_given(&self) -> bool {
        self.node.is_some()
    }

    /// Whether a key is given; it counts as known from then on.
    pub(super) fn has(&self, key: &str) -> bool {
        self.entry(key).is_some()
    }

    /// An error at a key, or at the table if the key is not given.
    pub(super) fn error(&self, key: &str, fault: Fault) -> ConfigError {
        let entry = self.entries().iter().find(|entry| entry.key == key);
        let span = entry.map(|entry| entry.node.span.clone()).or(self.node.map(|node| node.span.clone()));
        // The range of the root is the whole file, which is no place.
        let span = span.filter(|_| !(entry.is_none() && self.path.is_empty()));
        ConfigError { source_text: Box::new(self.source.clone()), key: self.name(key), span, fault: Box::new(fault) }
    }

    /// An error with a reason in words.
    pub(super) fn conflict(&self, key: &str, reason: impl Into<String>) -> ConfigError {
        self.error(key, Fault::Conflict { reason: reason.into() })
    }

    /// The error for a missing key: an unknown-key error if the table has an unknown key with a similar name.
    pub(super) fn missing(&self, key: &str, reason: impl Into<String>) -> ConfigError {
        self.missing_all(&[key], reason)
    }

    /// The error that none of these keys is given, which names the first of them; an unknown key like one of them is
    /// named instead.
    pub(super) fn missing_all(&self, keys: &[&str], reason: impl Into<String>) -> ConfigError {
        let known = self.known.borrow();
        let wanted: Vec<String> = keys.iter().map(ToString::to_string).collect();
        let mut strange = self.entries().iter().filter(|entry| !known.contains(&entry.key));
        match strange.find(|entry| nearest(&entry.key, &wanted).is_some()) {
            Some(entry) => self.unknown(entry, &known),
            None => self.error(keys[0], Fault::Missing { reason: reason.into() }),
        }
    }

    fn wrong_type(&self, key: &str, node: &Node, expected: &str) -> ConfigError {
        ConfigError {
            source_text: Box::new(self.source.clone()),
            key: self.name(key),
            span: Some(node.span.clone()),
            fault: Box::new(Fault::Type { found: node.kind.name(), expected: expected.into() }),
        }
    }

    /// A table inside this one; empty if it is not given.
    pub(super) fn section(&self, key: &str) -> Read<Section<'a>> {
        let node = self.entry(key).map(|entry| &entry.node);
        if let Some(node) = node
            && !matches!(node.kind, Kind::Table(_))
        {
            return Err(self.wrong_type(key, node, "a table"));
        }
        Ok(Section { source: self.source, path: self.name(key), node, known: RefCell::default() })
    }

    /// A list of tables; empty if it is not given.
    pub(super) fn tables(&self, key: &str) -> Read<Vec<Section<'a>>> {
        let Some(entry) = self.entry(key) else { return Ok(Vec::new()) };
        let Kind::List(nodes) = &entry.node.kind else {
            return Err(self.wrong_type(key, &entry.node, "a list of tables"));
        };
        let table = |(place, node): (usize, &'a Node)| match node.kind {
            Kind::Table(_) => {
                let path = format!("{}[{place}]", self.name(key));
                Ok(Section { source: self.source, path, node: Some(node), known: RefCell::default() })
            }
            _ => Err(self.wrong_type(key, node, "a table")),
        };
        nodes.iter().enumerate().map(table).collect()
    }

    /// Whether a key holds a table.
    pub(super) fn is_table(&self, key: &str) -> bool {
        self.entry(key).is_some_and(|entry| matches!(entry.node.kind, Kind::Table(_)))
    }

    /// A text.
    pub(super) fn text(&self, key: &str) -> Read<Option<String>> {
        match self.entry(key).map(|entry| &entry.node) {
            None => Ok(None),
            Some(Node { kind: Kind::Text(text), .. }) => Ok(Some(text.clone())),
            Some(node) => Err(self.wrong_type(key, node, "a text in quotes")),
        }
    }

    /// A text, or a number as text, for a formula.
    fn formula(&self, key: &str) -> Read<Option<String>> {
        match self.entry(key).map(|entry| &entry.node.kind) {
            Some(Kind::Number(value)) => Ok(Some(format!("{value:?}"))),
            _ => self.text(key),
        }
    }

    /// A formula in one or two dimensions, given as a text or a number.
    pub(super) fn expression(&self, key: &str, dimension: usize) -> Read<Option<Expression>> {
        self.formula(key)?.map(|text| self.parsed(key, Expression::parse(&text, dimension))).transpose()
    }

    /// The result of parsing a text; its error is placed at the character of the file.
    pub(super) fn parsed<T>(&self, key: &str, parsed: Result<T, ExpressionError>) -> Read<T> {
        parsed.map_err(|error| {
            let mut found = self.error(key, Fault::Formula { error: error.clone() });
            if let Some(span) = &found.span {
                let written = &self.source.text[span.clone()];
                // The formula begins after the opening quote, at any place of a list. One with escapes is marked as a
                // whole.
                if let Some(start) = written.find(&error.text) {
                    let at = (span.start + start + error.offset).min(span.end - 1);
                    let width = self.source.text[at..].chars().next().map_or(1, char::len_utf8);
                    found.span = Some(at..at + width);
                }
            }
            found
        })
    }

    /// `true` or `false`.
    pub(super) fn boolean(&self, key: &str, default: bool) -> Read<bool> {
        match self.entry(key).map(|entry| &entry.node) {
            None => Ok(default),
            Some(Node { kind: Kind::Boolean(value), .. }) => Ok(*value),
            Some(node) => Err(self.wrong_type(key, node, "true or false")),
        }
    }

    fn checked(&self, key: &str, node: &Node, (words, obeys): Rule) -> Read<f64> {
        let Kind::Number(value) = node.kind else {
            return Err(self.wrong_type(key, node, words));
        };
        if obeys(value) {
            return Ok(value);
        }
        Err(ConfigError {
            source_text: Box::new(self.source.clone()),
            key: self.name(key),
            span: Some(node.span.clone()),
            fault: Box::new(Fault::Range { value, rule: words }),
        })
    }

    /// A number that obeys a rule.
    pub(super) fn number(&self, key: &str, rule: Rule) -> Read<Option<f64>> {
        self.entry(key).map(|entry| self.checked(key, &entry.node, rule)).transpose()
    }

    /// A number that is required.
    pub(super) fn required(&self, key: &str, rule: Rule, reason: &str) -> Read<f64> {
        self.number(key, rule)?.ok_or_else(|| self.missing(key, reason))
    }

    /// A list of numbers; a single number counts as a list of one.
    pub(super) fn numbers(&self, key: &str, rule: Rule) -> Read<Option<Vec<f64>>> {
        let Some(entry) = self.entry(key) else { return Ok(None) };
        match &entry.node.kind {
            Kind::List(nodes) => nodes.iter().map(|node| self.checked(key, node, rule)).collect::<Read<_>>().map(Some),
            Kind::Number(_) => self.checked(key, &entry.node, rule).map(|value| Some(vec![value])),
            _ => Err(self.wrong_type(key, &entry.node, "a list of numbers")),
        }
    }

    /// A list of lists of numbers.
    pub(super) fn rows(&self, key: &str, rule: Rule) -> Read<Option<Vec<Vec<f64>>>> {
        let Some(entry) = self.entry(key) else { return Ok(None) };
        let Kind::List(rows) = &entry.node.kind else {
            return self.numbers(key, rule).map(|row| row.map(|row| vec![row]));
        };
        let row = |node: &Node| match &node.kind {
            Kind::List(nodes) => nodes.iter().map(|node| self.checked(key, node, rule)).collect(),
            _ => self.checked(key, node, rule).map(|value| vec![value]),
        };
        rows.iter().map(row).collect::<Read<_>>().map(Some)
    }

    /// A list of texts; numbers count as their digits, and a single text as a list of one.
    pub(super) fn texts(&self, key: &str) -> Read<Option<Vec<String>>> {
        let Some(entry) = self.entry(key) else { return Ok(None) };
        let text = |node: &Node| match &node.kind {
            Kind::Text(text) => Ok(text.clone()),
            Kind::Number(value) => Ok(format!("{value}")),
            _ => Err(self.wrong_type(key, node, "a list of texts")),
        };
        match &entry.node.kind {
            Kind::List(nodes) => nodes.iter().map(text).collect::<Read<_>>().map(Some),
            _ => text(&entry.node).map(|only| Some(vec![only])),
        }
    }

    /// One of several words.
    pub(super) fn choice<T: Copy>(&self, key: &str, choices: &[(&str, T)]) -> Read<Option<T>> {
        let Some(word) = self.text(key)? else { return Ok(None) };
        self.chosen(key, &word, choices).map(Some)
    }

    /// A choice from a list, for a key that may also have a number: `otherwise` says what that is.
    pub(super) fn choice_or<T: Copy>(&self, key: &str, choices: &[(&str, T)], otherwise: &str) -> Read<Option<T>> {
        let Some(word) = self.text(key)? else { return Ok(None) };
        self.among(key, &word, choices, Some(otherwise)).map(Some)
    }

    /// The choice with this name.
    pub(super) fn chosen<T: Copy>(&self, key: &str, word: &str, choices: &[(&str, T)]) -> Read<T> {
        self.among(key, word, choices, None)
    }

    fn among<T: Copy>(&self, key: &str, word: &str, choices: &[(&str, T)], otherwise: Option<&str>) -> Read<T> {
        let found = choices.iter().find(|(name, _)| *name == word);
        found.map(|(_, value)| *value).ok_or_else(|| {
            let mut allowed: Vec<String> = choices.iter().map(|(name, _)| (*name).to_string()).collect();
            let nearest = nearest(word, &allowed);
            allowed.extend(otherwise.map(String::from));
            self.error(key, Fault::Choice { value: word.into(), nearest, allowed })
        })
    }

    /// Refuses unknown keys; to be called when the whole table has been read.
    pub(super) fn finish(&self) -> Read<()> {
        let known = self.known.borrow();
        match self.entries().iter().find(|entry| !known.contains(&entry.key)) {
            None => Ok(()),
            Some(entry) => Err(self.unknown(entry, &known)),
        }
    }

    /// Refuses unknown keys. `owners` names the choices that have a key and `chosen` the one that was made, for
    /// messages on keys of other choices.
    pub(super) fn finish_among(&self, chosen: &str, owners: &dyn Fn(&str) -> String) -> Read<()> {
        let known = self.known.borrow();
        let is_strange = |entry: &&Entry| !known.contains(&entry.key) && !owners(&entry.key).is_empty();
        match self.entries().iter().find(is_strange) {
            None => self.finish(),
            Some(entry) => {
                let (chosen, owners, allowed) = (chosen.to_string(), owners(&entry.key), known.clone());
                Err(self.at_key(entry, Fault::KeyOfAnother { chosen, owners, allowed }))
            }
        }
    }

    fn unknown(&self, entry: &Entry, known: &[String]) -> ConfigError {
        self.at_key(entry, Fault::UnknownKey { nearest: nearest(&entry.key, known), allowed: known.to_vec() })
    }

    /// An error at the key itself, whatever its value.
    fn at_key(&self, entry: &Entry, fault: Fault) -> ConfigError {
        ConfigError {
            source_text: Box::new(self.source.clone()),
            key: self.name(&entry.key),
            span: Some(entry.key_span.clone()),
            fault: Box::new(fault),
        }
    }
}
