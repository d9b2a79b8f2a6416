//! Occupation times, which are also the steady population of a chain with a source.

use crate::solve::{Factor, SolveError};

/// The expected time that the process started in `origin` spends in every state until it is killed: x A = e_origin.
/// This is the steady population with a unit source at `origin` (Farkas 1927).
///
/// # Errors
/// [`SolveError::Overflow`] for times beyond the range of double precision.
///
/// # Panics
/// When `origin` is not a state of the chain.
pub fn occupation(chain: &Factor, origin: usize) -> Result<Vec<f64>, SolveError> {
    let mut source = vec![0.0; chain.states];
    source[origin] = 1.0;
    let times = chain.elimination.solve_left(&source);
    match times.iter().all(|time| time.is_finite()) {
        true => Ok(times),
        false => Err(SolveError::Overflow),
    }
}
