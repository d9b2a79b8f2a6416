//! The stationary law of a closed chain: πQ = 0, Σπ = 1.
//!
//! The chain is killed at unit rate in one state and restarted there; between two restarts it spends in each state a time
//! proportional to π. So π comes from one left solve with a nonnegative right side, to full relative accuracy.

use crate::solve::{Factor, SolveError, occupation};

/// Cell probabilities π from the factor of a chain that is killed at unit rate in its origin alone ([`crate::solve::Chain::closed`]).
///
/// # Errors
/// [`SolveError::Overflow`] where the law does not fit into double precision.
pub fn stationary(closed: &Factor) -> Result<Vec<f64>, SolveError> {
    let mut times = occupation(closed, closed.origin)?;
    let total: f64 = times.iter().sum();
    if !total.is_finite() {
        return Err(SolveError::Overflow);
    }
    for time in &mut times {
        *time /= total;
    }
    Ok(times)
}
