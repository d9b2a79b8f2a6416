//! The discretised process: the generator of a jump process, stored without its diagonal.

pub mod assembly;
pub mod correction;
mod edges;
mod mass;
mod sparse;

use sprs::CsMatI;

pub use assembly::{Assembly, AssemblyError, Exit, Pair};
pub use correction::FluxCorrection;

/// A sparse matrix by rows, of fewer than 2³² states and entries.
pub type Rates = CsMatI<f64, u32, usize>;

/// Nonnegative rates q_ij from state i to state j (row i, column j), and killing rates κ_i ≥ 0.
///
/// The generator is Q − diag(Σ_j q_ij + κ_i): the diagonal is never stored, because every algorithm here
/// takes it as a sum and never subtracts. Probabilities are row vectors, observables column vectors.
#[derive(Clone, Debug)]
pub struct Generator {
    /// q_ij in CSR form, no diagonal entries, columns sorted; edges need not come in pairs.
    pub rates: Rates,
    /// κ_i.
    pub killing: Vec<f64>,
    /// Integer grid coordinates of each state, for nested dissection.
    pub coordinates: Vec<[i32; 2]>,
    /// Whether the rates are in detailed balance, π_i q_ij = π_j q_ji, but for their rounding. Such chains take half of the work. To say
    /// it of others is an error of the order of what is missing to balance; large amounts are noticed.
    pub is_reversible: bool,
}

impl Generator {
    /// Number of states.
    pub fn len(&self) -> usize {
        self.killing.len()
    }

    /// Whether there is no state.
    pub fn is_empty(&self) -> bool {
        self.killing.is_empty()
    }
}
