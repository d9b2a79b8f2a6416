//! Mean first-passage times to the killing.

use std::borrow::Cow;

use crate::scaled::Scaled;
use crate::solve::{Factor, SolveError};

/// The mean first-passage times u from every state, each with full relative accuracy however much longer others are.
#[derive(Clone, Debug)]
pub struct PassageTimes(Times);

#[derive(Clone, Debug)]
enum Times {
    Ordinary(Vec<f64>),
    /// If some of them leave the range of double precision.
    Scaled(Vec<Scaled>),
}

impl PassageTimes {
    /// The mean time from a state, in dynamical time.
    ///
    /// # Panics
    /// When the chain has no such state.
    pub fn from_state(&self, state: usize) -> Scaled {
        match &self.0 {
            Times::Ordinary(times) => Scaled::new(times[state]),
            Times::Scaled(times) => times[state],
        }
    }

    /// The times by state in dynamical time, if all of them are within the range of double precision.
    pub fn ordinary(&self) -> Option<&[f64]> {
        match &self.0 {
            Times::Ordinary(times) => Some(times),
            Times::Scaled(_) => None,
        }
    }

    /// The longest time.
    pub fn longest(&self) -> Scaled {
        match &self.0 {
            Times::Ordinary(times) => Scaled::new(times.iter().copied().fold(0.0, f64::max)),
            Times::Scaled(times) => longest(times),
        }
    }

    /// The times by state in a unit; zero or infinite if they are beyond 1e±308 units.
    pub fn over(&self, unit: Scaled) -> Cow<'_, [f64]> {
        match &self.0 {
            Times::Ordinary(times) if unit == Scaled::ONE => Cow::Borrowed(times),
            Times::Ordinary(times) => times.iter().map(|&time| Scaled::new(time).over(unit).value()).collect(),
            Times::Scaled(times) => times.iter().map(|time| time.over(unit).value()).collect(),
        }
    }
}

fn longest(times: &[Scaled]) -> Scaled {
    times.iter().fold(Scaled::ZERO, |longest, time| if time.is_greater(longest) { *time } else { longest })
}

/// The mean first-passage times u to the killing from every state: A u = 1.
///
/// # Errors
/// [`SolveError::Overflow`] for times beyond the range of double precision in two dimensions.
pub fn mean_first_passage(chain: &Factor) -> Result<PassageTimes, SolveError> {
    let times = chain.elimination.solve_right(&vec![1.0; chain.states]);
    if times.iter().all(|time| time.is_finite()) {
        return Ok(PassageTimes(Times::Ordinary(times)));
    }
    let ones = vec![Scaled::ONE; chain.states];
    let times = chain.elimination.solve_right_scaled(&ones).ok_or(SolveError::Overflow)?;
    Ok(PassageTimes(Times::Scaled(times)))
}
