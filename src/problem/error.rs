//! What can be wrong with a problem.

use crate::tensor::Point;

/// A problem that cannot be posed, or cannot be solved as posed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ProblemError {
    /// An expression that does not parse or names an unknown symbol.
    #[error("{key}: {message}\n  {text}\n  {caret}", caret = caret(text, *offset))]
    Expression {
        /// Configuration key.
        key: String,
        /// The formula.
        text: String,
        /// Byte offset of the fault in `text`.
        offset: usize,
        /// What is wrong and what is allowed there.
        message: String,
    },
    /// A value that only the landscape shows to be wrong (exit status 2).
    #[error("{key}: {message}")]
    Invalid {
        /// Configuration key.
        key: String,
        /// Value, rule and next step.
        message: String,
    },
    /// A data file that cannot be read or used.
    #[error("{file}: {message}")]
    Data {
        /// The file.
        file: String,
        /// Line, column, value, rule and next step.
        message: String,
    },
    /// Something in the problem is not finite.
    #[error("{what} is not finite at θ = {}: change the formula or the domain so that it is finite everywhere", show(*at))]
    NotFinite {
        /// What.
        what: String,
        /// Where.
        at: Point,
    },
    /// The diffusion tensor has a negative eigenvalue.
    #[error(
        "the diffusion tensor at θ = {} has the negative eigenvalue {eigenvalue:e}; it must be positive semidefinite everywhere in the domain",
        show(*at)
    )]
    NotPositive {
        /// Where.
        at: Point,
        /// The eigenvalue.
        eigenvalue: f64,
    },
    /// The degenerate trap of method.md section 1 (exit status 3).
    #[error("{message}")]
    Degenerate {
        /// Where the noise vanishes.
        at: Point,
        /// Point, test and remedies.
        message: String,
    },
    /// Well posed, but it can't be solved as it stands (exit status 3).
    #[error("{message}")]
    Unsolvable {
        /// What, by how much, and what to change.
        message: String,
    },
}

impl ProblemError {
    /// Exit status: 2 when the input is wrong, 3 when the problem can't be solved as posed.
    pub fn exit_status(&self) -> u8 {
        match self {
            ProblemError::Degenerate { .. } | ProblemError::Unsolvable { .. } => 3,
            _ => 2,
        }
    }
}

fn show(theta: Point) -> String {
    format!("({:.6}, {:.6})", theta[0], theta[1])
}

fn caret(text: &str, offset: usize) -> String {
    let column = text.get(..offset).map_or(0, |before| before.chars().count());
    format!("{}^", " ".repeat(column))
}
