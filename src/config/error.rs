//! Errors of a configuration, with their places in the file.

use std::ops::Range;

use crate::config::Source;
use crate::problem::expression::{ExpressionError, ExpressionFault};

/// An error at a place of a configuration.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{}{}: {fault}", self.place(), self.key)]
pub struct ConfigError {
    /// The file and its text.
    pub source_text: Box<Source>,
    /// The dotted key, such as `noise.temperature`.
    pub key: String,
    /// The byte range in the text; `None` if the error has no place there.
    pub span: Option<Range<usize>>,
    /// The kind of error.
    pub fault: Box<Fault>,
}

/// The kinds of errors.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Fault {
    /// A file that cannot be read.
    #[error("cannot be read: {reason}")]
    Unreadable {
        /// The reason, from the operating system.
        reason: String,
    },
    /// A text that is not TOML.
    #[error("{reason}")]
    Syntax {
        /// The reason, from the parser.
        reason: String,
    },
    /// An unknown key.
    #[error("unknown key{}; allowed here: {}", suggestion(nearest), allowed.join(", "))]
    UnknownKey {
        /// The nearest known key, if one is near enough.
        nearest: Option<String>,
        /// The keys that are allowed in the table.
        allowed: Vec<String>,
    },
    /// A key that exists only with another choice in the same table.
    #[error("unknown key with {chosen}: it belongs to {owners}; allowed here: {}", allowed.join(", "))]
    KeyOfAnother {
        /// The choice that was made, such as `kind = "hessian"`.
        chosen: String,
        /// The choices that have the key.
        owners: String,
        /// The keys that are allowed with this choice.
        allowed: Vec<String>,
    },
    /// A value of the wrong type.
    #[error("is {found}, but {expected} is expected")]
    Type {
        /// The type that was given.
        found: &'static str,
        /// The type that is expected.
        expected: String,
    },
    /// A number outside of its range.
    #[error("is {value}, but must be {rule}")]
    Range {
        /// The number.
        value: f64,
        /// The range in words.
        rule: &'static str,
    },
    /// A word that is none of the choices.
    #[error("is \"{value}\", which is none of the choices{}; allowed: {}", suggestion(nearest), allowed.join(", "))]
    Choice {
        /// The word.
        value: String,
        /// The nearest choice, if one is near enough.
        nearest: Option<String>,
        /// All choices.
        allowed: Vec<String>,
    },
    /// A text that is no formula, or no condition.
    #[error("{}", formula(error))]
    Formula {
        /// The syntax error and its place in the formula.
        error: ExpressionError,
    },
    /// A key that is required.
    #[error("is missing: {reason}")]
    Missing {
        /// The reason why it is required.
        reason: String,
    },
    /// Keys that contradict each other.
    #[error("{reason}")]
    Conflict {
        /// The rule that is broken, and the remedy.
        reason: String,
    },
}

/// The message of an error in a formula, with the keys to change.
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

/// The known word nearest to a mistyped one by edit distance; `None` if none is near enough to be meant.
pub fn nearest(word: &str, known: &[String]) -> Option<String> {
    let distance = |candidate: &String| strsim::damerau_levenshtein(candidate, word);
    let best = known.iter().min_by_key(|candidate| distance(candidate))?;
    (distance(best) <= 1 + word.len() / 3).then(|| best.clone())
}

impl ConfigError {
    /// The text at the marked place: the error itself for formulas, where it concerns a single character.
    pub fn label(&self) -> String {
        match self.fault.as_ref() {
            fault @ Fault::Formula { .. } => fault.to_string(),
            _ => "here".into(),
        }
    }

    /// The place as `file:line:column: `, or `file: ` if it is not known.
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
