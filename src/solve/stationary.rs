//! The stationary law of a closed chain: πQ = 0, Σπ = 1.
//!
//! The chain is killed at unit rate in one state and restarted there; between two restarts it spends in each state a time
//! proportional to π. So π comes from one left solve with a nonnegative right side, to full relative accuracy.

use crate::elimination::Elimination;
use crate::solve::SolveError;

/// Cell probabilities π from the factor of the chain that is killed at unit rate in `pin` alone.
pub fn stationary(pinned: &Elimination, states: usize, pin: usize) -> Result<Vec<f64>, SolveError> {
    let mut times = crate::solve::occupation(pinned, states, pin)?;
    let total: f64 = times.iter().sum();
    if !total.is_finite() {
        return Err(SolveError::Overflow);
    }
    for time in &mut times {
        *time /= total;
    }
    Ok(times)
}
