//! The discretised process: the generator of a jump process, stored without its diagonal.

pub mod assembly;
mod circulation;
pub mod correction;
mod edges;
mod fate;
mod inside;
pub mod listed;
mod mass;
mod refinement;
mod rows;
mod severed;
mod sparse;
mod transport;
mod vanishing;
mod walls;
mod window_rim;

use sprs::CsMatI;

pub use assembly::{Assembly, AssemblyError, Exit, Pair};
pub use correction::FluxCorrection;
pub use listed::GeneratorError;

/// A sparse matrix by rows, of fewer than 2³² states and entries.
pub type Rates = CsMatI<f64, u32, usize>;

/// Nonnegative rates q_ij from state i to state j (row i, column j), and killing rates κ_i ≥ 0.
///
/// The generator is Q − diag(Σ_j q_ij + κ_i): the diagonal is never stored, because every algorithm here
/// takes it as a sum and never subtracts. Probabilities are row vectors, observables column vectors.
#[derive(Clone, Debug)]
pub struct Generator {
    /// The rates q_ij in CSR form, without diagonal entries, columns sorted. Edges need not come in pairs.
    pub rates: Rates,
    /// The killing rates κ_i.
    pub killing: Vec<f64>,
    /// Integer grid coordinates of each state, for nested dissection.
    pub coordinates: Vec<[i32; 2]>,
    /// Whether the rates satisfy detailed balance, π_i q_ij = π_j q_ji, to rounding. The elimination of such chains
    /// takes half of the work. Setting it for a chain that is not reversible makes an error of the size of the
    /// violation; only large violations are noticed.
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

    /// The generator with all rates and killing rates multiplied by a factor: the same process in another unit of time.
    ///
    /// # Panics
    /// When the factor is not positive and finite.
    pub fn scaled(&self, factor: f64) -> Generator {
        assert!(factor > 0.0 && factor.is_finite(), "rates are scaled by a positive number, not by {factor}");
        let mut scaled = self.clone();
        scaled.rates.data_mut().iter_mut().for_each(|rate| *rate *= factor);
        scaled.killing.iter_mut().for_each(|rate| *rate *= factor);
        scaled
    }

    /// The generator with other killing rates κ.
    ///
    /// # Panics
    /// When there is not one rate per state, or a rate is negative or not a number.
    pub fn with_killing(&self, killing: Vec<f64>) -> Generator {
        assert_eq!(killing.len(), self.len(), "one killing rate per state");
        assert!(killing.iter().all(|&rate| rate >= 0.0), "killing rates are not negative");
        Generator { killing, ..self.clone() }
    }

    /// The generator of one implicit step of time h, with rates h q_ij and killing h κ_i + 1.
    ///
    /// Its elimination solves the backward Euler step of the process whose generator is G:
    /// ```text
    /// p(t + h) (1 − h G) = p(t)        (1 − h G) u(t + h) = u(t)
    /// ```
    /// No diagonal is subtracted, so that densities stay nonnegative and keep their relative accuracy for any h.
    ///
    /// # Panics
    /// When h is not positive and finite.
    pub fn implicit_step(&self, h: f64) -> Generator {
        let scaled = self.scaled(h);
        let killing = scaled.killing.iter().map(|rate| rate + 1.0).collect();
        Generator { killing, ..scaled }
    }
}
