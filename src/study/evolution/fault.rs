//! Why there is no density in time.

use crate::solve::EvolveError;
use crate::tensor::Point;

/// A density in time that could not be had.
#[derive(Clone, Debug, thiserror::Error)]
pub enum EvolutionFault {
    /// A density that could not be followed.
    #[error(transparent)]
    NotFollowed(EvolveError),
    /// A start outside of the set.
    #[error("the start at θ = ({:.6}, {:.6}) is not in the set that the process lives in", at[0], at[1])]
    Outside {
        /// The start.
        at: Point,
    },
    /// A start of which nothing is left.
    #[error("no part of the start lies in the set that the process lives in")]
    Nothing,
    /// A quasi-stationary start of a process that nothing kills.
    #[error("a process that nothing kills has no quasi-stationary density to start from")]
    NothingAbsorbs,
    /// A field that was not read.
    #[error("the field {field} of {file} has not been read")]
    NotRead {
        /// The file.
        file: String,
        /// The field.
        field: String,
    },
    /// What was kept cannot be gone on with.
    #[error("what the result keeps to go on from is damaged, or of another version of the program")]
    NotKept,
    /// Densities that no file takes, and more of them than wait in memory.
    #[error("more densities have come than memory keeps, and they cannot be written: {reason}")]
    Unwritable {
        /// Why not.
        reason: String,
    },
    /// What was kept is of something else.
    #[error("what the result keeps to go on from is of another problem or of other output times")]
    OtherHalt,
    /// A field over another grid.
    #[error("the start is given over a grid of {} × {} cells, and the density lives on another one", cells[0], cells[1])]
    OtherGrid {
        /// Cells of the field's grid.
        cells: [usize; 2],
    },
    /// A field that is no density.
    #[error("the start is no density: a value of {value:e} is negative or no number")]
    NoDensity {
        /// The first such value.
        value: f64,
    },
    /// Noise so cold that nothing is killed, where survival is asked for.
    #[error("under the noise of piece {piece} of the schedule nothing is killed that numbers could tell")]
    PieceKillsNothing {
        /// Counted from 0.
        piece: usize,
    },
    /// Noise under which the set falls apart differently.
    #[error("under the noise of piece {piece} of the schedule other cells are connected with the start")]
    OtherStates {
        /// Counted from 0.
        piece: usize,
    },
}
