//! Committors: the probability that a chain is killed by one part of its killing before the rest.

use crate::scaled::Scaled;
use crate::solve::Factor;
use crate::solve::paths::solved_right;

/// The probability, from every state, that the chain is killed by the part κ' of its killing rates rather than by the
/// rest: A p = κ'.
pub fn committor(chain: &Factor, killing: &[f64]) -> Vec<f64> {
    chain.elimination.solve_right(killing)
}

/// [`committor`] with separate exponents, if the states form a path.
pub fn committor_scaled(chain: &Factor, killing: &[f64]) -> Vec<Scaled> {
    solved_right(chain, &killing.iter().map(|&rate| Scaled::new(rate)).collect::<Vec<Scaled>>())
}
