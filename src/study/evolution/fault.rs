//! The errors of an evolution.

use crate::solve::EvolveError;
use crate::tensor::Point;

/// Why an evolution cannot be computed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum EvolutionFault {
    /// A failed time step.
    #[error(transparent)]
    NotFollowed(EvolveError),
    /// A start in a single cell outside of the live set.
    #[error("the start at θ = ({:.6}, {:.6}) is not in the set that the process lives in", at[0], at[1])]
    Outside {
        /// The point θ of the start.
        at: Point,
    },
    /// A start without mass in the live set.
    #[error("no part of the start lies in the set that the process lives in")]
    Nothing,
    /// A quasi-stationary start without killing.
    #[error("a process that nothing kills has no quasi-stationary density to start from")]
    NothingAbsorbs,
    /// A start field that has not been read.
    #[error("the field {field} of {file} has not been read")]
    NotRead {
        /// The file.
        file: String,
        /// The name of the field.
        field: String,
    },
    /// A checkpoint that is damaged or of another version of the program.
    #[error("what the result keeps to go on from is damaged, or of another version of the program")]
    NotKept,
    /// Densities that no file takes, and more of them than wait in memory.
    #[error("more densities have come than memory keeps, and they cannot be written: {reason}")]
    Unwritable {
        /// Why not.
        reason: String,
    },
    /// A checkpoint of another problem or of other output times.
    #[error("what the result keeps to go on from is of another problem or of other output times")]
    OtherHalt,
    /// A start field on another grid.
    #[error("the start is given over a grid of {} cells, and the density lives on another one", crate::digits::cells(*cells))]
    OtherGrid {
        /// The cells of the field's grid.
        cells: [usize; 2],
    },
    /// A start field with a negative value or NaN.
    #[error("the start is no density: a value of {value:e} is negative or no number")]
    NoDensity {
        /// The first such value.
        value: f64,
    },
    /// A piece of the schedule so cold that all killing rates underflow, if survival from every cell is requested.
    #[error("under the noise of piece {piece} of the schedule nothing is killed that numbers could tell")]
    PieceKillsNothing {
        /// The index of the piece, from 0.
        piece: usize,
    },
    /// A piece of the schedule under which other cells are connected to the start state.
    #[error("under the noise of piece {piece} of the schedule other cells are connected with the start")]
    OtherStates {
        /// The index of the piece, from 0.
        piece: usize,
    },
}
