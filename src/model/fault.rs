//! What can be wrong with a data file.

use std::path::PathBuf;

/// A data file that cannot be read or used.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{}: {fault}", file.display())]
pub struct DataError {
    /// The file.
    pub file: PathBuf,
    /// What is wrong with it.
    pub fault: DataFault,
}

/// Kinds of faults in a data file.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum DataFault {
    /// The file cannot be opened.
    #[error("cannot be read ({reason})")]
    Unreadable {
        /// The system's words.
        reason: String,
    },
    /// The first line is no header.
    #[error("has no readable header line: {reason}")]
    Header {
        /// The parser's words.
        reason: String,
    },
    /// A column that is asked for is not there.
    #[error("has no column `{wanted}`, which {role} asks for; nearest is `{nearest}`, all are: {}", all.join(", "))]
    MissingColumn {
        /// The name that was asked for.
        wanted: String,
        /// What it was asked for as.
        role: Column,
        /// The name that looks most like it.
        nearest: String,
        /// All names.
        all: Vec<String>,
    },
    /// A line cannot be split into fields.
    #[error("{}cannot be read: {reason}", line.map_or(String::new(), |line| format!("line {line} ")))]
    Line {
        /// Its number, when the parser knows it.
        line: Option<u64>,
        /// The parser's words.
        reason: String,
    },
    /// A field of a feature is no finite number.
    #[error("line {line}, column `{column}`: `{field}` is not a finite number; mend the line or leave it out")]
    NotANumber {
        /// Line.
        line: u64,
        /// Column.
        column: String,
        /// What stands there.
        field: String,
    },
    /// A field holds no value.
    #[error(
        "line {line}, column `{column}`: there is no value (`{field}`); mend the line, or leave rows without a value out"
    )]
    Missing {
        /// Line.
        line: u64,
        /// Column.
        column: String,
        /// What stands there instead.
        field: String,
    },
    /// A column that is asked for is in the header twice.
    #[error("has two columns `{column}`: give each its own name")]
    Twice {
        /// The name.
        column: String,
    },
    /// No column is left for the features.
    #[error("has no numeric column besides the label `{label}`")]
    NoFeatures {
        /// The label column.
        label: String,
    },
    /// All rows have the same label.
    #[error("all rows have the label `{only}` in column `{label}`: a classifier needs at least two")]
    OneLabel {
        /// The label column.
        label: String,
        /// The label.
        only: String,
    },
    /// The file ends after its header.
    #[error("has a header line but no rows")]
    Empty,
    /// Every row lacks a value.
    #[error("lacks a value in each of its {dropped} rows: leave out the features that have none")]
    NothingLeft {
        /// Rows that were left out.
        dropped: usize,
    },
    /// All samples have the same sign.
    #[error(
        "all rows are of one class: the positive labels {positive:?} must be some, not all, of the labels in column `{label}` ({})",
        seen.join(", ")
    )]
    OneClass {
        /// The labels that count as positive.
        positive: Vec<String>,
        /// The label column.
        label: String,
        /// All labels in it.
        seen: Vec<String>,
    },
    /// A column without spread is to be standardised.
    #[error(
        "column `{column}` has the same value in every row and cannot be standardised: leave it out of the features"
    )]
    Constant {
        /// The column.
        column: String,
    },
    /// A column whose squares are no numbers of double precision.
    #[error(
        "column `{column}` has values of about {size:.0e}, the squares of which are beyond double precision: give it in other units"
    )]
    OutOfRange {
        /// The column.
        column: String,
        /// The largest of its values.
        size: f64,
    },
    /// Two columns of a regression without a penalty that are one.
    #[error(
        "the columns `{}` and `{}` are multiples of each other, so that no minimum is known from them: leave one out, or add l2", columns[0], columns[1]
    )]
    Collinear {
        /// The columns; an intercept is one too.
        columns: [String; 2],
    },
    /// The file is not in the format that it should have.
    #[error("cannot be read: {what}")]
    Format {
        /// What is wrong.
        what: String,
    },
    /// An HDF5 file, for a build that reads none.
    #[error("cannot be read: this build of the program reads no HDF5 files, only NPZ and text")]
    NoHdf5,
    /// A dataset, an array or a column that is asked for is not there.
    #[error("has no `{name}`; there are: {}", present.join(", "))]
    MissingDataset {
        /// The name.
        name: String,
        /// What there is.
        present: Vec<String>,
    },
    /// An array has another shape than it needs.
    #[error("`{name}` has the shape {found:?}, and {needed:?} is needed")]
    WrongShape {
        /// The name.
        name: String,
        /// Its shape.
        found: Vec<usize>,
        /// The right one.
        needed: Vec<usize>,
    },
    /// The values of an axis do not ascend.
    #[error("`{name}` must ascend, and its entry {index} (from 0) is {value} after {before}")]
    Unsorted {
        /// The name.
        name: String,
        /// From 0.
        index: usize,
        /// The entry before.
        before: f64,
        /// The entry.
        value: f64,
    },
    /// An axis has too few values.
    #[error("`{name}` has {found} values: at least {needed} are needed to interpolate, and to say how well")]
    TooFew {
        /// The name.
        name: String,
        /// How many.
        found: usize,
        /// The fewest.
        needed: usize,
    },
    /// A cell without a value.
    #[error(
        "`{name}` at {index:?} (indices from 0) is {value}: a cell that was not computed; compute it, or cut the table to what is there"
    )]
    MissingCell {
        /// The dataset.
        name: String,
        /// From 0, an index an axis.
        index: Vec<usize>,
        /// −1 or no number.
        value: f64,
    },
    /// A covariance with a negative eigenvalue.
    #[error("the covariance at {index:?} (indices from 0) has the negative eigenvalue {eigenvalue:e}")]
    NegativeCovariance {
        /// From 0, an index an axis.
        index: Vec<usize>,
        /// The eigenvalue.
        eigenvalue: f64,
    },
    /// Nothing says how long a step along a coordinate is.
    #[error(
        "names no file of directions: its coordinates are multiples of vectors of unknown lengths and angles, without which every Hessian, \
         tensor and rate is wrong"
    )]
    NoLengths,
    /// A matrix that is no Gram matrix.
    #[error("`{name}` is {values:?}, and a symmetric positive definite matrix is needed")]
    NotAGram {
        /// The dataset.
        name: String,
        /// Its entries.
        values: Vec<f64>,
    },
    /// A tensor that only one of two directions has.
    #[error("the tensor `{name}` is in one of the two directions only: they belong to different models")]
    UnpairedDirection {
        /// The tensor.
        name: String,
    },
    /// A direction of no length.
    #[error("the direction `{name}` has no finite length above 0")]
    NoDirection {
        /// Which.
        name: String,
    },
    /// Two directions along one line.
    #[error("the two directions are parallel (cosine {cosine}) and span no plane")]
    ParallelDirections {
        /// The cosine of the angle between them.
        cosine: f64,
    },
}

impl DataFault {
    /// Whether it is a fault that only tables of a loss have.
    pub fn is_of_table(&self) -> bool {
        matches!(
            self,
            DataFault::Format { .. }
                | DataFault::NoHdf5
                | DataFault::MissingDataset { .. }
                | DataFault::WrongShape { .. }
                | DataFault::Unsorted { .. }
                | DataFault::TooFew { .. }
                | DataFault::MissingCell { .. }
                | DataFault::NegativeCovariance { .. }
                | DataFault::NoLengths
                | DataFault::NotAGram { .. }
                | DataFault::UnpairedDirection { .. }
                | DataFault::NoDirection { .. }
                | DataFault::ParallelDirections { .. }
        )
    }
}

/// What a column is asked for as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// A component of x.
    Feature,
    /// The label.
    Label,
}

impl std::fmt::Display for Column {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Column::Feature => "a feature",
            Column::Label => "the label",
        })
    }
}
