//! Results as named quantities: what a summary says of them, under names that they carry from where they are computed.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::scaled::Scaled;

/// Quantities in the order in which they were found, each with the name of its section in the summary.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Quantities(Vec<(&'static str, Value)>);

impl Quantities {
    /// Adds a quantity: a number, a list, or a struct of them.
    ///
    /// # Errors
    /// What the quantity's own `Serialize` refuses: a map whose keys are not texts, for instance.
    pub fn add(&mut self, name: &'static str, quantity: &impl Serialize) -> Result<(), serde_json::Error> {
        self.0.push((name, known(serde_json::to_value(quantity)?)));
        Ok(())
    }

    /// Takes a quantity out again.
    pub fn remove(&mut self, name: &str) {
        self.0.retain(|(own, _)| *own != name);
    }

    /// The quantity of this name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|(own, _)| *own == name).map(|(_, value)| value)
    }
}

impl Serialize for Quantities {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

/// What is known of a value: a key whose quantity was not asked for, or is not a finite number, is absent, and so is a
/// list with such a number and a section with nothing in it.
pub fn known(value: Value) -> Value {
    match value {
        Value::Object(entries) => {
            let known = entries.into_iter().map(|(key, value)| (key, known(value)));
            Value::Object(known.filter(|(_, value)| is_known(value)).collect())
        }
        Value::Array(values) => Value::Array(values.into_iter().map(known).collect()),
        value => value,
    }
}

fn is_known(value: &Value) -> bool {
    // JSON has no number that is not finite, and serde writes null for it.
    let has_unknown = |values: &[Value]| values.iter().any(|value| value.is_null() || is_unknown_list(value));
    match value {
        Value::Null => false,
        Value::Object(entries) => !entries.is_empty(),
        Value::Array(values) => !has_unknown(values),
        _ => true,
    }
}

fn is_unknown_list(value: &Value) -> bool {
    value.is_array() && !is_known(value)
}

/// A positive number under a key of its own: `key` where ordinary numbers hold it, and its natural logarithm as
/// `log_key`. To be flattened into the struct that it belongs to.
#[derive(Clone, Copy, Debug)]
pub struct Logged {
    key: &'static str,
    value: Option<Scaled>,
}

impl Logged {
    /// A number, or none, under this key.
    pub fn new(key: &'static str, value: impl Into<Option<Scaled>>) -> Logged {
        Logged { key, value: value.into() }
    }
}

impl Serialize for Logged {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut entries = serializer.serialize_map(None)?;
        if let Some(value) = self.value {
            if value.is_ordinary() {
                entries.serialize_entry(self.key, &value.value())?;
            }
            if value.is_positive() {
                entries.serialize_entry(&format!("log_{}", self.key), &value.ln())?;
            }
        }
        entries.end()
    }
}

/// Serialises a number under the key `value`, for a field of a struct that is to be flattened into it.
///
/// # Errors
/// The errors of the serializer.
pub fn value<S: Serializer>(value: &Scaled, serializer: S) -> Result<S::Ok, S::Error> {
    Logged::new("value", *value).serialize(serializer)
}
