//! Errors of the library as exceptions of the package, with key, value, rule and remedy where they are known.

use pyo3::exceptions::PyKeyboardInterrupt;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use saddleflux::config::{Config, ConfigError, Diagnosis, Fault, advice};
use saddleflux::study::StudyError;
use saddleflux::sweep::SweepError;

use crate::table;

/// An exception of the package by the name of its class.
#[derive(Default)]
struct Told<'a> {
    message: String,
    key: Option<&'a str>,
    value: Option<Value>,
    rule: Option<String>,
    remedy: Option<String>,
}

/// A value as it was written, or a number.
enum Value {
    Written(String),
    Number(f64),
}

impl Told<'_> {
    fn raise(self, class: &str) -> PyErr {
        Python::attach(|py| self.exception(py, class).unwrap_or_else(|error| error))
    }

    fn exception(self, py: Python<'_>, class: &str) -> PyResult<PyErr> {
        let details = PyDict::new(py);
        details.set_item("key", self.key)?;
        match self.value {
            Some(Value::Number(value)) => details.set_item("value", value)?,
            Some(Value::Written(text)) => {
                let parsed = format!("value = {text}").parse::<toml::Table>().ok();
                let value = parsed.as_ref().and_then(|table| table.get("value"));
                details.set_item("value", value.map(|value| table::to_python(py, value)).transpose()?)?;
            }
            None => {}
        }
        details.set_item("rule", self.rule)?;
        details.set_item("remedy", self.remedy)?;
        let exception = py.import("saddleflux.errors")?.getattr(class)?.call((self.message,), Some(&details))?;
        Ok(PyErr::from_value(exception))
    }
}

/// The exit status of the command line where somebody pressed Ctrl-C.
const INTERRUPTED: u8 = 130;

/// The class of an exception by the exit status that the command line has for it.
fn class(exit_status: u8) -> &'static str {
    match exit_status {
        2 => "InputError",
        INTERRUPTED => "Interrupted",
        _ => "UnsolvableError",
    }
}

/// Something wrong with an argument that is no part of a configuration.
pub(crate) fn input(key: &str, message: &str) -> PyErr {
    let (rule, remedy) = (Some(message.to_string()), Some(after_the_rule(message)));
    Told { message: format!("{key}: {message}"), key: Some(key), value: None, rule, remedy }.raise("InputError")
}

/// What a signal handler raised, as the package says it.
pub(crate) fn interruption(py: Python<'_>, error: PyErr) -> PyErr {
    if !error.is_instance_of::<PyKeyboardInterrupt>(py) {
        return error;
    }
    let told = Told { message: "interrupted: nothing was found, and nothing was written".into(), ..Told::default() };
    let interrupted = told.raise("Interrupted");
    interrupted.set_cause(py, Some(error));
    interrupted
}

/// A configuration that is wrong.
pub(crate) fn config(error: &ConfigError) -> PyErr {
    let source = &error.source_text;
    // The whole value, where the place of the fault is only a part of it.
    let written = source.spans.get(&error.key).or(error.span.as_ref()).and_then(|span| source.text.get(span.clone()));
    let written = written.map(|text| Value::Written(text.to_string()));
    let allowed = |words: &[String]| Some(format!("one of: {}", words.join(", ")));
    let meant = |nearest: &Option<String>| nearest.as_ref().map(|nearest| format!("did you mean `{nearest}`?"));
    let key = &error.key;
    let (value, rule, remedy) = match error.fault.as_ref() {
        Fault::Range { value, rule } => (
            Some(Value::Number(*value)),
            Some((*rule).to_string()),
            Some(format!("give {key} a number that is {rule}")),
        ),
        Fault::Choice { value, nearest, allowed: words } => {
            let value = written.or_else(|| Some(Value::Written(format!("{value:?}"))));
            (value, allowed(words), meant(nearest).or(Some("take one of these".into())))
        }
        Fault::UnknownKey { nearest, allowed: words } => {
            (written, allowed(words), meant(nearest).or(Some("take one of these, or leave it out".into())))
        }
        Fault::KeyOfAnother { owners, allowed: words, .. } => {
            (written, allowed(words), Some(format!("it belongs to {owners}: leave it out, or choose that")))
        }
        Fault::Type { expected, .. } => (written, Some(expected.clone()), Some(format!("give {expected}"))),
        Fault::Missing { reason } => (None, Some("given".into()), Some(reason.clone())),
        Fault::Conflict { reason } => (written, Some(reason.clone()), Some(after_the_rule(reason))),
        Fault::Formula { error: fault } => {
            let rule = "a formula in x and y with +, -, *, /, ^ and functions by their names";
            (written, Some(rule.into()), Some(format!("mend it: {fault}")))
        }
        Fault::Unreadable { reason } => (
            Some(Value::Written(format!("{:?}", error.source_text.path.display().to_string()))),
            Some("a file that can be read".into()),
            Some(format!("look at the path: {reason}")),
        ),
        Fault::Syntax { reason } => (
            line_of(error).map(|line| Value::Written(format!("{line:?}"))),
            Some("TOML".into()),
            Some(format!("mend the text: {reason}")),
        ),
    };
    let is_of_all = matches!(error.fault.as_ref(), Fault::Syntax { .. } | Fault::Unreadable { .. });
    let key = if is_of_all { "configuration" } else { key };
    Told { message: error.to_string(), key: Some(key), value, rule, remedy }.raise("InputError")
}

/// What a sentence says to do, behind the rule that it begins with.
fn after_the_rule(reason: &str) -> String {
    let behind = [": ", ". ", "; "].iter().filter_map(|mark| reason.split_once(mark)).map(|(_, behind)| behind);
    behind.max_by_key(|behind| behind.len()).unwrap_or(reason).to_string()
}

/// The line that a fault is in.
fn line_of(error: &ConfigError) -> Option<&str> {
    let text = &error.source_text.text;
    let (line, _) = error.source_text.line_and_column(error.span.as_ref()?.start.min(text.len()));
    text.lines().nth(line.saturating_sub(1))
}

/// What a configuration has for a key.
fn given(config: &Config, key: &str) -> Option<Value> {
    let mut value = toml::Value::Table(config.source.effective.parse().ok()?);
    for name in key.split('.') {
        value = value.as_table_mut()?.remove(name)?;
    }
    Some(Value::Written(value.to_string()))
}

/// Sections of a configuration.
const SECTIONS: [&str; 10] =
    ["landscape", "noise", "domain", "grid", "valley", "solve", "committor", "evolve", "particles", "sgd"];

/// The first key that a message names.
fn named(message: &str) -> Option<&str> {
    let is_key =
        |word: &&str| word.split_once('.').is_some_and(|(section, own)| SECTIONS.contains(&section) && !own.is_empty());
    let ends = |letter: char| !(letter.is_ascii_alphanumeric() || letter == '.' || letter == '_');
    message.split(ends).map(|word| word.trim_end_matches('.')).find(is_key)
}

/// A study that ended without a result.
pub(crate) fn study(config: &Config, error: &StudyError) -> PyErr {
    let Diagnosis { key, message, exit_status } = advice::on_study(error);
    let fact = match error {
        StudyError::Problem(error) => error.fact(),
        error => error.to_string(),
    };
    let remedy = message.find(&fact).map(|at| &message[at + fact.len()..]);
    let remedy = remedy.map(|rest| rest.trim_start_matches([':', '.', ' ', ',']).trim_start_matches("Remedies: "));
    let is_interruption = exit_status == INTERRUPTED;
    let remedy = remedy.filter(|rest| !rest.is_empty()).map_or_else(|| after_the_rule(&message), str::to_string);
    let place = key.as_deref().or_else(|| named(&message).filter(|_| !is_interruption));
    let value = place.and_then(|place| given(config, place));
    let told = Told {
        message: match &key {
            Some(key) => format!("{key}: {message}"),
            None => message.clone(),
        },
        key: place,
        value,
        rule: (!is_interruption).then(|| fact.clone()),
        remedy: (!is_interruption).then_some(remedy),
    };
    told.raise(class(exit_status))
}

/// A sweep that ended before its points were solved.
pub(crate) fn sweep(error: &SweepError) -> PyErr {
    let told = |key: Option<&'static str>| {
        let message = error.to_string();
        let remedy = key.map(|_| after_the_rule(&message));
        Told { key, rule: key.map(|_| message.clone()), remedy, message, value: None }
    };
    match error {
        SweepError::Configuration(error) => config(error),
        SweepError::Interrupted => told(None).raise("Interrupted"),
        SweepError::Threads(error) => input("threads", &error.to_string()),
        SweepError::Io(_) | SweepError::Damaged { .. } | SweepError::Stranger { .. } => {
            told(Some("folder")).raise("UnsolvableError")
        }
    }
}
