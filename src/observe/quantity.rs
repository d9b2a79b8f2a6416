//! Results as named quantities of a summary.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::scaled::Scaled;

/// Quantities in the order in which they were computed, each with the name of its section in the summary.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Quantities(Vec<(&'static str, Value)>);

impl Quantities {
    /// Adds a quantity: a number, a list, or a struct of them.
    ///
    /// # Errors
    /// The errors of the quantity's `Serialize`, for instance for a map whose keys are not strings.
    pub fn add(&mut self, name: &'static str, quantity: &impl Serialize) -> Result<(), serde_json::Error> {
        self.0.push((name, known(serde_json::to_value(quantity)?)));
        Ok(())
    }

    /// Removes a quantity.
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

/// A value without its unknown parts: keys whose quantity was not asked for or is not finite, lists with such numbers,
/// and empty sections are removed.
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
    // JSON has no non-finite numbers; serde writes null for them.
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

/// A positive number under its own key: `key` if it is in the range of f64, and its natural logarithm as `log_key`. It
/// is flattened into the struct that it belongs to.
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
