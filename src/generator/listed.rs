//! Generators from a list of rates, for chains that do not come from a problem on a grid.

use crate::generator::{Generator, Rates};

/// A list of rates that is not a generator.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum GeneratorError {
    /// A rate from or to a state that does not exist.
    #[error(
        "the rate from state {from} to state {to} leaves the {states} states of the chain, which are counted from 0"
    )]
    NoState {
        /// Where the rate begins.
        from: usize,
        /// Where it ends.
        to: usize,
        /// Number of states.
        states: usize,
    },
    /// A rate from a state to itself, which no jump process has.
    #[error(
        "state {state} has a rate to itself: the diagonal of a generator follows from its other rates and is never given"
    )]
    Diagonal {
        /// The state.
        state: usize,
    },
    /// A rate that is negative, infinite or not a number.
    #[error("the rate from state {from} to state {to} is {rate}, and must be finite and not negative")]
    Rate {
        /// Where the rate begins.
        from: usize,
        /// Where it ends.
        to: usize,
        /// The rate.
        rate: f64,
    },
    /// A killing rate that is negative, infinite or not a number.
    #[error("the killing rate of state {state} is {rate}, and must be finite and not negative")]
    Killing {
        /// The state.
        state: usize,
        /// Its killing rate.
        rate: f64,
    },
    /// More states than 32-bit indices can number.
    #[error("{states} states are too many: a chain has fewer than 2³²")]
    TooManyStates {
        /// Number of states.
        states: usize,
    },
}

impl Generator {
    /// The generator with these rates q_ij as (i, j, q_ij) in any order, and κ_i for every state i. Rates between the
    /// same two states add up; those that are 0 may be left out.
    ///
    /// ```
    /// use saddleflux::generator::Generator;
    ///
    /// // Back and forth between two states at rates 1 and 2, and out of the second at rate 0.5.
    /// let generator = Generator::from_rates([(0, 1, 1.0), (1, 0, 2.0)], vec![0.0, 0.5])?;
    /// assert_eq!(generator.rates.get(1, 0), Some(&2.0));
    /// # Ok::<(), saddleflux::generator::GeneratorError>(())
    /// ```
    ///
    /// Detailed balance is not tested for. If the chain is known to be reversible, [`Generator::is_reversible`] may be
    /// set, which saves half of the work of an elimination.
    ///
    /// # Errors
    /// [`GeneratorError`]: a rate from or to a state that does not exist, from a state to itself, or one that is
    /// negative or not finite.
    pub fn from_rates(
        rates: impl IntoIterator<Item = (usize, usize, f64)>,
        killing: Vec<f64>,
    ) -> Result<Generator, GeneratorError> {
        let states = killing.len();
        if u32::try_from(states).is_err() {
            return Err(GeneratorError::TooManyStates { states });
        }
        let is_rate = |rate: f64| rate >= 0.0 && rate.is_finite();
        if let Some((state, &rate)) = killing.iter().enumerate().find(|(_, rate)| !is_rate(**rate)) {
            return Err(GeneratorError::Killing { state, rate });
        }
        let mut entries: Vec<(usize, usize, f64)> = rates.into_iter().collect();
        for &(from, to, rate) in &entries {
            if from.max(to) >= states {
                return Err(GeneratorError::NoState { from, to, states });
            }
            if from == to {
                return Err(GeneratorError::Diagonal { state: from });
            }
            if !is_rate(rate) {
                return Err(GeneratorError::Rate { from, to, rate });
            }
        }
        entries.retain(|&(_, _, rate)| rate > 0.0);
        entries.sort_by_key(|&(from, to, _)| (from, to));
        entries.dedup_by(|next, kept| {
            let is_same = (next.0, next.1) == (kept.0, kept.1);
            if is_same {
                kept.2 += next.2;
            }
            is_same
        });
        let starts = (0..=states).map(|state| entries.partition_point(|entry| entry.0 < state)).collect();
        let columns = entries.iter().map(|entry| entry.1 as u32).collect();
        let values = entries.iter().map(|entry| entry.2).collect();
        let rates = Rates::new((states, states), starts, columns, values);
        // States without coordinates are ordered from the pattern of their rates alone.
        Ok(Generator { rates, killing, coordinates: Vec::new(), is_reversible: false })
    }
}
