//! First-passage times to the killing: their means, moments and variances.

use std::borrow::Cow;

use rayon::prelude::*;

use crate::generator::Generator;
use crate::scaled::Scaled;
use crate::solve::paths::solved_right;
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

    /// The times by state in dynamical time.
    pub fn all(&self) -> Vec<Scaled> {
        match &self.0 {
            Times::Ordinary(times) => times.iter().map(|&time| Scaled::new(time)).collect(),
            Times::Scaled(times) => times.clone(),
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

/// The moments E[T^k], k = 1 … `highest`, of the first-passage times from every state, in dynamical time to the power k:
/// A m_k = k m_{k−1}, m_0 = 1. The first are `times`.
///
/// # Errors
/// [`SolveError::Overflow`] for moments beyond the range of double precision in two dimensions, in units of the longest
/// time.
pub fn moments(chain: &Factor, times: &PassageTimes, highest: usize) -> Result<Vec<Vec<Scaled>>, SolveError> {
    let unit = times.longest();
    let mut found = vec![times.all()];
    // m_{k−1} in that unit.
    let mut last: Vec<Scaled> = found[0].iter().map(|time| time.over(unit)).collect();
    let mut power = unit;
    for k in 2..=highest {
        let right: Vec<Scaled> = last.iter().map(|moment| moment.scaled(k as f64)).collect();
        last = finite(solved_right(chain, &right))?.into_iter().map(|moment| moment.over(unit)).collect();
        power = power.times(unit);
        found.push(last.iter().map(|moment| moment.times(power)).collect());
    }
    Ok(found)
}

/// The change of the passage time along an edge, relative to the time, that rounding may make.
const ROUNDING: f64 = 256.0 * f64::EPSILON;

/// The share of u² above which a variance is E[T²] − u², which loses no more than a digit there.
const WIDE: f64 = 0.1;

/// The variances of the first-passage times u from every state, in dynamical time squared; `second` holds E[T²]. Where they
/// are small against u² they are solved for,
/// ```text
/// A v = Σ_j q_ij (u_j − u_i)² + κ_i u_i²
/// ```
/// every term of which is nonnegative, so that small variances of long times keep their digits.
///
/// # Errors
/// [`SolveError::Overflow`] as [`moments`].
pub fn variances(
    chain: &Factor,
    generator: &Generator,
    times: &PassageTimes,
    second: &[Scaled],
) -> Result<Vec<Scaled>, SolveError> {
    let wide = |(second, time): (&Scaled, Scaled)| {
        let square = time.times(time);
        let variance = second.plus(-square);
        variance.is_greater(square.scaled(WIDE)).then_some(variance)
    };
    let found: Vec<Option<Scaled>> = second.iter().zip(times.all()).map(wide).collect();
    if found.iter().all(Option::is_some) {
        return Ok(found.into_iter().flatten().collect());
    }
    let narrow = narrow_variances(chain, generator, times)?;
    Ok(found.into_iter().zip(narrow).map(|(wide, narrow)| wide.unwrap_or(narrow)).collect())
}

fn narrow_variances(chain: &Factor, generator: &Generator, times: &PassageTimes) -> Result<Vec<Scaled>, SolveError> {
    let unit = times.longest();
    let times: Vec<Scaled> = times.all().into_iter().map(|time| time.over(unit)).collect();
    let spread = |state: usize| {
        let own = times[state];
        let row = generator.rates.outer_view(state);
        let along = row.iter().flat_map(|row| row.iter()).map(|(to, rate)| {
            let change = times[to].plus(own.scaled(-1.0)).modulus();
            let least = if times[to].is_greater(own) { times[to] } else { own }.scaled(ROUNDING);
            if change.is_greater(least) { change.times(change).scaled(*rate) } else { Scaled::ZERO }
        });
        along.fold(own.times(own).scaled(generator.killing[state]), Scaled::plus)
    };
    let right: Vec<Scaled> = (0..times.len()).into_par_iter().map(spread).collect();
    let square = unit.times(unit);
    Ok(finite(solved_right(chain, &right))?.into_iter().map(|variance| variance.times(square)).collect())
}

fn finite(values: Vec<Scaled>) -> Result<Vec<Scaled>, SolveError> {
    if values.iter().all(|value| value.is_finite()) { Ok(values) } else { Err(SolveError::Overflow) }
}
