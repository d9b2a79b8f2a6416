//! Committors: where a process is killed first.

use crate::solve::Factor;

/// Probability, from every state, of being killed by these parts κ' of the killing rates and not by their rest: A p =
/// κ'.
pub fn committor(chain: &Factor, killing: &[f64]) -> Vec<f64> {
    chain.elimination.solve_right(killing)
}
