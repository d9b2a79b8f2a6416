//! Committors: the probability that a chain is killed by one part of its killing before the rest.

use crate::solve::Factor;

/// The probability, from every state, that the chain is killed by the part κ' of its killing rates rather than by the
/// rest: A p = κ'.
pub fn committor(chain: &Factor, killing: &[f64]) -> Vec<f64> {
    chain.elimination.solve_right(killing)
}
