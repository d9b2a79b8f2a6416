//! What can be wrong with a configuration, always with its place.

use std::ops::Range;

use crate::config::Source;
use crate::problem::expression::{ExpressionError, ExpressionFault};

/// A fault at a place of a configuration.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{}{}: {fault}", self.place(), self.key)]
pub struct ConfigError {
    /// The text it stands in.
    pub source_text: Box<Source>,
    /// Dotted key, such as `noise.temperature`.
    pub key: String,
    /// Byte range in the text, when the fault has a place there.
    pub span: Option<Range<usize>>,
    /// What is wrong.
    pub fault: Box<Fault>,
}

/// Kinds of faults.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Fault {
    /// The file cannot be read.
    #[error("cannot be read: {reason}")]
    Unreadable {
        /// The system's words.
        reason: String,
    },
    /// Not TOML.
    #[error("{reason}")]
    Syntax {
        /// The parser's words.
        reason: String,
    },
    /// A key nobody knows.
    #[error("unknown key{}; allowed here: {}", suggestion(nearest), allowed.join(", "))]
    UnknownKey {
        /// The nearest known key.
        nearest: Option<String>,
        /// All keys allowed there.
        allowed: Vec<String>,
    },
    /// A key that another choice in the same table has.
    #[error("unknown key with {chosen}: it belongs to {owners}; allowed here: {}", allowed.join(", "))]
    KeyOfAnother {
        /// The choice that was made, such as `kind = "hessian"`.
        chosen: String,
        /// The choices that have the key.
        owners: String,
        /// All keys allowed there.
        allowed: Vec<String>,
    },
    /// A value of the wrong type.
    #[error("is {found}, but {expected} is expected")]
    Type {
        /// What it is.
        found: &'static str,
        /// What it has to be.
        expected: String,
    },
    /// A number outside its range.
    #[error("is {value}, but must be {rule}")]
    Range {
        /// The number.
        value: f64,
        /// Its rule.
        rule: &'static str,
    },
    /// A word that is none of the choices.
    #[error("is \"{value}\", which is none of the choices{}; allowed: {}", suggestion(nearest), allowed.join(", "))]
    Choice {
        /// The word.
        value: String,
        /// The nearest choice.
        nearest: Option<String>,
        /// All choices.
        allowed: Vec<String>,
    },
    /// A text that is no formula, or no condition.
    #[error("{}", formula(error))]
    Formula {
        /// What is wrong with it, and where.
        error: ExpressionError,
    },
    /// A key that is needed.
    #[error("is missing: {reason}")]
    Missing {
        /// Why it is needed.
        reason: String,
    },
    /// Keys that do not go together, or something of a later version.
    #[error("{reason}")]
    Conflict {
        /// Rule and next step.
        reason: String,
    },
}

/// A fault of a formula, with the keys that mend it.
fn formula(error: &ExpressionError) -> String {
    match &error.fault {
        ExpressionFault::SecondVariable => {
            "y has no meaning in one dimension: set landscape.dimension = 2, or write it in x".into()
        }
        ExpressionFault::Comparison => "a formula has no comparisons; they belong in a set such as valley.set".into(),
        fault => fault.to_string(),
    }
}

fn suggestion(nearest: &Option<String>) -> String {
    nearest.as_ref().map_or(String::new(), |nearest| format!("; did you mean `{nearest}`?"))
}

/// The known word nearest to a mistyped one, when it is near enough to be meant.
pub fn nearest(word: &str, known: &[String]) -> Option<String> {
    let distance = |candidate: &String| strsim::damerau_levenshtein(candidate, word);
    let best = known.iter().min_by_key(|candidate| distance(candidate))?;
    (distance(best) <= 1 + word.len() / 3).then(|| best.clone())
}

impl ConfigError {
    /// What stands at the marked place: the fault itself where it concerns a single character.
    pub fn label(&self) -> String {
        match self.fault.as_ref() {
            fault @ Fault::Formula { .. } => fault.to_string(),
            _ => "here".into(),
        }
    }

    /// `file:line:column: `, as far as known.
    fn place(&self) -> String {
        let path = self.source_text.path.display();
        match &self.span {
            Some(span) => {
                let (line, column) = self.source_text.line_and_column(span.start);
                format!("{path}:{line}:{column}: ")
            }
            None => format!("{path}: "),
        }
    }
}
