//! Minima and index-1 saddles of the loss in a box.

use crate::tensor::{Point, Tensor};

/// A point where ∇L = 0, or b = 0.
#[derive(Clone, Debug)]
pub struct CriticalPoint {
    /// Where.
    pub theta: Point,
    /// L there (NaN for a drift without a loss).
    pub loss: f64,
    /// H there (for a drift: the symmetric part of −∂b).
    pub hessian: Tensor,
    /// Eigenvalues of `hessian`, ascending; only the first `dimension` are used.
    pub eigenvalues: [f64; 2],
    /// Their unit eigenvectors.
    pub eigenvectors: [Point; 2],
}

/// A saddle with one descending direction (in one dimension: a maximum).
#[derive(Clone, Debug)]
pub struct Saddle {
    /// Where it is.
    pub point: CriticalPoint,
    /// Unit eigenvector of the negative eigenvalue.
    pub escape_direction: Point,
    /// Indices of the minima that descending along −escape_direction and +escape_direction reaches;
    /// `None` where the descent leaves the box.
    pub connects: [Option<usize>; 2],
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct CriticalPoints {
    /// Minima, deepest first.
    pub minima: Vec<CriticalPoint>,
    /// Saddles, lowest first.
    pub saddles: Vec<Saddle>,
}
/// stub
pub fn find(_: &crate::problem::Dynamics, _: Point, _: Point) -> CriticalPoints {
    todo!()
}
/// stub
pub fn polish(_: &crate::problem::Dynamics, _: Point) -> Result<CriticalPoint, crate::problem::ProblemError> {
    todo!()
}
