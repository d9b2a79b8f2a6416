//! Occupation times, which are also the steady population of a chain with a source.

use crate::solve::{Factor, SolveError};

/// The expected time that the process spends in every state until it is killed, if it starts with the distribution
/// `source`, one probability a state: x A = source. This is the steady population with that source (Farkas 1927).
///
/// # Errors
/// [`SolveError::Overflow`] for times beyond the range of double precision.
pub fn occupation(chain: &Factor, source: &[f64]) -> Result<Vec<f64>, SolveError> {
    let times = chain.elimination.solve_left(source);
    match times.iter().all(|time| time.is_finite()) {
        true => Ok(times),
        false => Err(SolveError::Overflow),
    }
}
