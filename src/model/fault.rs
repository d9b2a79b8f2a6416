//! Faults in a data file.

use std::path::Path;

/// A data file that cannot be read or used.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{}: {fault}", file.display())]
pub struct DataError {
    /// The file.
    pub file: Box<Path>,
    /// The purpose of the file.
    pub role: DataRole,
    /// The fault.
    pub fault: DataFault,
}

/// The purpose of a data file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DataRole {
    /// Samples.
    Samples,
    /// A table of a loss, or the directions that it names itself.
    Surface,
    /// The directions of a table, in a file that the configuration names.
    Directions,
}

/// The kinds of faults in a data file.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum DataFault {
    /// The file cannot be opened.
    #[error("cannot be read ({reason})")]
    Unreadable {
        /// The reason, from the operating system.
        reason: String,
    },
    /// The first line is no header.
    #[error("has no readable header line: {reason}")]
    Header {
        /// The reason, from the parser.
        reason: String,
    },
    /// The file has nothing in it.
    #[error("has no header line: the file is empty")]
    Nothing,
    /// The file is not in UTF-8.
    #[error(
        "{}is not UTF-8: save the file in that encoding, as by `iconv -f LATIN1 -t UTF-8` (or `-f UTF-16`)",
        line.map_or(String::new(), |line| format!("line {line} "))
    )]
    NotUtf8 {
        /// The line number, if the parser knows it.
        line: Option<u64>,
    },
    /// A requested column does not exist.
    #[error("has no column `{wanted}`, which {role} asks for; nearest is `{nearest}`, all are: {}", all.join(", "))]
    MissingColumn {
        /// The requested name.
        wanted: String,
        /// The role of the column.
        role: Column,
        /// The name nearest to it.
        nearest: String,
        /// All names.
        all: Vec<String>,
    },
    /// A line cannot be split into fields.
    #[error("{}cannot be read: {reason}", line.map_or(String::new(), |line| format!("line {line} ")))]
    Line {
        /// The line number, if the parser knows it.
        line: Option<u64>,
        /// The reason, from the parser.
        reason: String,
    },
    /// A field of a feature is no finite number.
    #[error("line {line}, column `{column}`: `{field}` is not a finite number; mend the line or leave it out")]
    NotANumber {
        /// The line number.
        line: u64,
        /// The column.
        column: String,
        /// The contents of the field.
        field: String,
    },
    /// A field has no value.
    #[error(
        "line {line}, column `{column}`: there is no value (`{field}`); mend the line, or leave rows without a value out"
    )]
    Missing {
        /// The line number.
        line: u64,
        /// The column.
        column: String,
        /// The contents of the field.
        field: String,
    },
    /// A requested column occurs twice in the header.
    #[error("has two columns `{column}`: give each its own name")]
    Twice {
        /// The name.
        column: String,
    },
    /// No column is left for features.
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
        /// The number of rows left out.
        dropped: usize,
    },
    /// All samples are of one class.
    #[error(
        "all rows are of one class: the positive labels {positive:?} must be some, not all, of the labels in column `{label}` ({})",
        seen.join(", ")
    )]
    OneClass {
        /// The labels that count as positive.
        positive: Vec<String>,
        /// The label column.
        label: String,
        /// All labels of the column.
        seen: Vec<String>,
    },
    /// A column with a single value is to be standardised.
    #[error(
        "column `{column}` has the same value in every row and cannot be standardised: leave it out of the features"
    )]
    Constant {
        /// The column.
        column: String,
    },
    /// A column whose squares overflow or underflow.
    #[error(
        "column `{column}` has values of about {size:.0e}, the squares of which are beyond double precision: give it in other units"
    )]
    OutOfRange {
        /// The column.
        column: String,
        /// The largest absolute value of the column.
        size: f64,
    },
    /// Two columns of a regression without a penalty are multiples of each other.
    #[error(
        "the columns `{}` and `{}` are multiples of each other, so that no minimum is known from them: leave one out, or add l2", columns[0], columns[1]
    )]
    Collinear {
        /// The columns; the intercept counts as one.
        columns: [String; 2],
    },
    /// The file is not in the expected format.
    #[error("cannot be read: {what}")]
    Format {
        /// The reason.
        what: String,
    },
    /// An HDF5 file in a build without HDF5.
    #[error("cannot be read: this build of the program reads no HDF5 files, only NPZ and text")]
    NoHdf5,
    /// A requested dataset, array or column does not exist.
    #[error("has no `{name}`; there are: {}", present.join(", "))]
    MissingDataset {
        /// The name.
        name: String,
        /// All names in the file.
        present: Vec<String>,
    },
    /// An array has the wrong shape.
    #[error("`{name}` has the shape {found:?}, and {needed:?} is needed")]
    WrongShape {
        /// The name.
        name: String,
        /// Its shape.
        found: Vec<usize>,
        /// The shape that is needed.
        needed: Vec<usize>,
    },
    /// The values of an axis do not ascend.
    #[error("`{name}` must ascend, and its entry {index} (from 0) is {value} after {before}")]
    Unsorted {
        /// The name.
        name: String,
        /// The index of the entry, from 0.
        index: usize,
        /// The entry before it.
        before: f64,
        /// The entry.
        value: f64,
    },
    /// An axis has too few values.
    #[error("`{name}` has {found} values: at least {needed} are needed to interpolate, and to say how well")]
    TooFew {
        /// The name.
        name: String,
        /// The number of values.
        found: usize,
        /// The number that is needed.
        needed: usize,
    },
    /// An axis of a table that is to be smoothed has too many values.
    #[error(
        "`{name}` has {found} values, and at most {most} are smoothed: leave out every other one, or do not smooth"
    )]
    TooMany {
        /// The name.
        name: String,
        /// The number of values.
        found: usize,
        /// The largest number.
        most: usize,
    },
    /// A cell of a table has no value.
    #[error(
        "`{name}` at {index:?} (indices from 0) is {value}: a cell that was not computed; compute it, or cut the table to what is there"
    )]
    MissingCell {
        /// The dataset.
        name: String,
        /// The indices of the cell, from 0.
        index: Vec<usize>,
        /// Its entry, −1 or not finite.
        value: f64,
    },
    /// A covariance has a negative eigenvalue.
    #[error("the covariance at {index:?} (indices from 0) has the negative eigenvalue {eigenvalue:e}")]
    NegativeCovariance {
        /// The indices of the cell, from 0.
        index: Vec<usize>,
        /// The eigenvalue.
        eigenvalue: f64,
    },
    /// The lengths of the coordinates are not known.
    #[error(
        "names no file of directions: its coordinates are multiples of vectors of unknown lengths and angles, without which every Hessian, \
         tensor and rate is wrong"
    )]
    NoLengths,
    /// A matrix is no Gram matrix.
    #[error("`{name}` is {values:?}, and a symmetric positive definite matrix is needed")]
    NotAGram {
        /// The dataset.
        name: String,
        /// Its entries.
        values: Vec<f64>,
    },
    /// A tensor exists in only one of two directions.
    #[error("the tensor `{name}` is in one of the two directions only: they belong to different models")]
    UnpairedDirection {
        /// The tensor.
        name: String,
    },
    /// A direction has length zero or a length that is not finite.
    #[error("the direction `{name}` has no finite length above 0")]
    NoDirection {
        /// The name of the direction.
        name: String,
    },
    /// Two directions are parallel.
    #[error("the two directions are parallel (cosine {cosine}) and span no plane")]
    ParallelDirections {
        /// The cosine of the angle between them.
        cosine: f64,
    },
}

/// The role of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// A feature, a component of x.
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
