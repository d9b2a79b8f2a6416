//! Mean first-passage times to the killing.

use crate::scaled::Scaled;
use crate::solve::{Factor, SolveError};

/// Mean first-passage times from every state.
#[derive(Clone, Debug)]
pub struct PassageTimes {
    /// u by state, in units of `unit`.
    pub times: Vec<f64>,
    /// 1, in units of dynamical time, unless the times leave the range of ordinary numbers.
    pub unit: Scaled,
}

/// Mean first-passage times u to the killing, from every state: A u = 1.
///
/// # Errors
/// [`SolveError::Overflow`] for times beyond the range of double precision in two dimensions.
pub fn mean_first_passage(chain: &Factor) -> Result<PassageTimes, SolveError> {
    let times = chain.elimination.solve_right(&vec![1.0; chain.states]);
    if times.iter().all(|time| time.is_finite()) {
        return Ok(PassageTimes { times, unit: Scaled::ONE });
    }
    let ones = vec![Scaled::ONE; chain.states];
    let times = chain.elimination.solve_right_scaled(&ones).ok_or(SolveError::Overflow)?;
    let unit = times.iter().fold(Scaled::ZERO, |unit, time| if time.is_greater(unit) { *time } else { unit });
    Ok(PassageTimes { times: times.iter().map(|time| time.over(unit).value()).collect(), unit })
}
