//! The errors in the text of a formula or a condition.

/// A text that is not a formula or a condition, with the position of the fault.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{fault}\n  {text}\n  {caret}", caret = caret(text, *offset))]
pub struct ExpressionError {
    /// The text.
    pub text: String,
    /// The byte offset of the fault in `text`.
    pub offset: usize,
    /// The fault, with the tokens that are allowed there.
    pub fault: ExpressionFault,
}

/// The kinds of faults in a formula or a condition.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ExpressionFault {
    /// The second variable occurs in a formula of a one-dimensional problem.
    #[error("y has no meaning in one dimension: write the formula in x, or pose the problem in two dimensions")]
    SecondVariable,
    /// A comparison occurs in a formula.
    #[error("a formula has no comparisons; they belong in a condition that describes a set")]
    Comparison,
    /// A word is neither a variable, nor a constant, nor a function.
    #[error("`{name}` is unknown; {}", match nearest {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None => format!("known are {}", known.join(", ")),
    })]
    Unknown {
        /// The word.
        name: String,
        /// The known word that it looks like.
        nearest: Option<String>,
        /// All known words.
        known: Vec<String>,
    },
    /// The syntax is wrong at the fault; what was expected.
    #[error("{0}")]
    Syntax(String),
}

impl From<String> for ExpressionFault {
    fn from(words: String) -> ExpressionFault {
        ExpressionFault::Syntax(words)
    }
}

fn caret(text: &str, offset: usize) -> String {
    let column = text.get(..offset).map_or(0, |before| before.chars().count());
    format!("{}^", " ".repeat(column))
}
