//! Subtraction-free elimination (Grassmann, Taksar & Heyman 1985) of A = diag(κ + Q1) − Q.
//!
//! The rates and the killing are stored, never the diagonal, and every pivot is a sum of nonnegative numbers:
//! ```text
//! S_k = κ_k + Σ_{j>k} q_kj        q_ij += q_ik q_kj / S_k        κ_i += q_ik κ_k / S_k
//! ```
//! No subtraction occurs, so that every pivot, every factor entry and every solution for a nonnegative right side keeps
//! its relative accuracy, however small the rate of escape (O'Cinneide 1993; Alfa, Xue & Ye 2002).
//!
//! States that form a path are eliminated in O(n) ([`tridiagonal`]); everything else by a multifrontal method (Duff &
//! Reid 1983): [`ordering`] finds the order by nested dissection of the actual graph, [`analysis`] the assembly tree of
//! dense fronts with all of its costs, [`dense`] eliminates the pivots of a front as products of nonnegative matrices
//! and leaves the contribution block for its parent, and [`sweeps`] assemble and eliminate front after front and solve
//! with the factor. Reversible chains take half of the work and of the memory: their fronts are symmetric once scaled.
//! A [`Workspace`], which the caller owns, keeps symbolic analyses and memory for the next elimination.
//!
//! Limits: numbers below 1e-308 underflow, except in the solves along a path, which can carry separate exponents. An
//! underflowed rate is harmless as long as its state has other rates out; a pivot that is zero is an error that names
//! its state, see [`SMALLEST_PIVOT`].

// Each uses only what stands before it in this order, which `tests/suite/layers.rs` enforces:
// error, pages, ordering, analysis, workspace, dense, sweeps, tridiagonal.
mod analysis;
mod dense;
mod error;
mod ordering;
mod pages;
mod sweeps;
mod tridiagonal;
mod workspace;

pub use analysis::symbolic::Symbolic;
pub use error::{EliminationError, SMALLEST_PIVOT};
pub use workspace::Workspace;

use crate::generator::Generator;
use crate::progress::Progress;
use crate::scaled::Scaled;
use analysis::balance::Balance;
use analysis::layout::Layout;
use analysis::shape::Form;
use analysis::symbolic::Method;
use analysis::tree::AssemblyTree;
use ordering::pattern::is_path;
use rayon::join;
use rayon::prelude::*;
use std::sync::Arc;
use sweeps::multifrontal::Multifrontal;
use tridiagonal::Tridiagonal;

/// A factored generator.
#[derive(Debug)]
pub struct Elimination {
    factor: Factor,
    symbolic: Symbolic,
}

/// The factor, by method of elimination.
#[derive(Debug)]
enum Factor {
    Tridiagonal(Tridiagonal),
    Fronts(Multifrontal),
}

impl Elimination {
    /// Eliminates all states, holding at most `memory_limit` bytes. A pattern of edges whose analysis the workspace
    /// still holds is not analysed again.
    ///
    /// # Errors
    /// [`EliminationError::TooLarge`] before anything large is allocated, [`EliminationError::Refused`] when the system
    /// has no such memory, [`EliminationError::ZeroPivot`] or [`EliminationError::NotFinite`] for a state whose pivot
    /// is too small or not finite, and [`EliminationError::Interrupted`] when the progress was asked to stop.
    pub fn new(
        generator: &Generator,
        workspace: &Workspace,
        memory_limit: u64,
        progress: &Progress,
    ) -> Result<Self, EliminationError> {
        let (symbolic, balance) = join(|| workspace.analysis(generator), || balance_of(generator));
        Self::factor(&symbolic, balance, generator, workspace, memory_limit, progress)
    }

    /// Eliminates all states with an analysis made earlier for a generator that has the same edges.
    ///
    /// # Errors
    /// [`EliminationError::PatternChanged`] when the generator has other edges, and the errors of [`Elimination::new`].
    pub fn with_symbolic(
        symbolic: &Symbolic,
        generator: &Generator,
        workspace: &Workspace,
        memory_limit: u64,
        progress: &Progress,
    ) -> Result<Self, EliminationError> {
        let (fits, balance) = join(|| symbolic.fits(generator), || balance_of(generator));
        if !fits {
            return Err(EliminationError::PatternChanged);
        }
        Self::factor(symbolic, balance, generator, workspace, memory_limit, progress)
    }

    fn factor(
        symbolic: &Symbolic,
        balance: Option<Balance>,
        generator: &Generator,
        workspace: &Workspace,
        memory_limit: u64,
        progress: &Progress,
    ) -> Result<Self, EliminationError> {
        if progress.is_interrupted() {
            return Err(EliminationError::Interrupted);
        }
        let factor = match &symbolic.method {
            Method::Tridiagonal => {
                check_memory(symbolic.peak_bytes(), memory_limit)?;
                progress.begin("elimination", symbolic.flops());
                Factor::Tridiagonal(Tridiagonal::eliminate(generator)?)
            }
            Method::Fronts(tree) => {
                let eliminate = |form: Form, weights: Vec<f64>| {
                    let layout = Layout::new(tree, form);
                    check_memory(tree.peak_bytes(8 * (layout.length + weights.len()) as u64), memory_limit)?;
                    progress.begin("elimination", layout.flops);
                    Multifrontal::eliminate(tree, layout, generator, weights, &workspace.pages, progress)
                };
                Factor::Fronts(eliminate_fronts(tree, balance, eliminate)?)
            }
        };
        Ok(Elimination { factor, symbolic: symbolic.clone() })
    }

    /// The row vector x with x A = b. For b ≥ 0 (occupation times) every entry has full relative accuracy; for other b
    /// the error of an entry is relative to the solution for |b|.
    ///
    /// Entries beyond the range of f64 (escape rates below 1e-308), and entries that depend on them, are infinite.
    /// A reversible chain is solved in x scaled by √π, up to a factor: what is below 1e-308 of the largest entry in
    /// that scale, as far from the only states where b is not 0, loses digits or is 0.
    ///
    /// # Panics
    /// When b has not one entry per state.
    pub fn solve_left(&self, b: &[f64]) -> Vec<f64> {
        assert_eq!(b.len(), self.symbolic.len(), "one entry of b per state");
        overflow_to_infinity(match &self.factor {
            Factor::Tridiagonal(path) => path.solve_left(b),
            Factor::Fronts(fronts) => fronts.solve_left(b.as_chunks::<1>().0).into_flattened(),
        })
    }

    /// The column vector x with A x = b. For b ≥ 0 (mean times) every entry has full relative accuracy; for other b the
    /// error of an entry is relative to the solution for |b|.
    ///
    /// Entries beyond the range of f64 (escape rates below 1e-308), and entries that depend on them, are infinite.
    /// A reversible chain is solved in x scaled by √π, up to a factor: what is below 1e-308 of the largest entry in
    /// that scale, as far from the only states where b is not 0, loses digits or is 0.
    ///
    /// # Panics
    /// When b has not one entry per state.
    pub fn solve_right(&self, b: &[f64]) -> Vec<f64> {
        assert_eq!(b.len(), self.symbolic.len(), "one entry of b per state");
        overflow_to_infinity(match &self.factor {
            Factor::Tridiagonal(path) => path.solve_right(b),
            Factor::Fronts(fronts) => fronts.solve_right(b.as_chunks::<1>().0).into_flattened(),
        })
    }

    /// [`Elimination::solve_left`] for N left sides at once, interleaved: entry k holds the N values of state k. The
    /// factor is read once for all of them, which is what a solve costs.
    ///
    /// # Panics
    /// When b has not one entry per state.
    pub fn solve_left_several<const N: usize>(&self, b: &[[f64; N]]) -> Vec<[f64; N]> {
        self.solve_several(b, |path, b| path.solve_left(b), |fronts, b| fronts.solve_left(b))
    }

    /// [`Elimination::solve_right`] for N right sides at once, interleaved: entry k holds the N values of state k.
    ///
    /// # Panics
    /// When b has not one entry per state.
    pub fn solve_right_several<const N: usize>(&self, b: &[[f64; N]]) -> Vec<[f64; N]> {
        self.solve_several(b, |path, b| path.solve_right(b), |fronts, b| fronts.solve_right(b))
    }

    fn solve_several<const N: usize>(
        &self,
        b: &[[f64; N]],
        along_path: impl Fn(&Tridiagonal, &[f64]) -> Vec<f64>,
        by_fronts: impl Fn(&Multifrontal, &[[f64; N]]) -> Vec<[f64; N]>,
    ) -> Vec<[f64; N]> {
        assert_eq!(b.len(), self.symbolic.len(), "one entry of b per state");
        let mut x = match &self.factor {
            Factor::Tridiagonal(path) => {
                let mut x = vec![[0.0; N]; b.len()];
                for lane in 0..N {
                    let alone: Vec<f64> = b.iter().map(|b| b[lane]).collect();
                    x.iter_mut().zip(along_path(path, &alone)).for_each(|(x, value)| x[lane] = value);
                }
                x
            }
            Factor::Fronts(fronts) => by_fronts(fronts, b),
        };
        x.as_flattened_mut().iter_mut().filter(|x| x.is_nan()).for_each(|x| *x = f64::INFINITY);
        x
    }

    /// [`Elimination::solve_left`] in numbers with separate exponents; `None` unless the states form a path (in two
    /// dimensions pivots underflow first).
    pub fn solve_left_scaled(&self, b: &[Scaled]) -> Option<Vec<Scaled>> {
        match &self.factor {
            Factor::Tridiagonal(path) => Some(path.solve_left(b)),
            Factor::Fronts(_) => None,
        }
    }

    /// [`Elimination::solve_right`] in numbers with separate exponents; `None` unless the states form a path.
    pub fn solve_right_scaled(&self, b: &[Scaled]) -> Option<Vec<Scaled>> {
        match &self.factor {
            Factor::Tridiagonal(path) => Some(path.solve_right(b)),
            Factor::Fronts(_) => None,
        }
    }

    /// Whether solves in numbers with separate exponents are available: the states form a path.
    pub fn carries_exponents(&self) -> bool {
        matches!(self.factor, Factor::Tridiagonal(_))
    }

    /// The memory of the factor, in bytes.
    pub fn factor_bytes(&self) -> u64 {
        match &self.factor {
            Factor::Tridiagonal(_) => self.symbolic.factor_bytes(),
            Factor::Fronts(fronts) => 8 * fronts.layout.length as u64,
        }
    }

    /// The number of floating-point operations that the elimination took.
    pub fn flops(&self) -> u64 {
        match &self.factor {
            Factor::Tridiagonal(_) => self.symbolic.flops(),
            Factor::Fronts(fronts) => fronts.layout.flops,
        }
    }

    /// The share of the operations that is saved because the chain is reversible; 0 for other chains.
    pub fn spared(&self) -> f64 {
        1.0 - self.flops() as f64 / (self.symbolic.flops() as f64).max(1.0)
    }
}

/// Eliminates in symmetric form if the stationary weights are known and in range, in general form otherwise.
fn eliminate_fronts(
    tree: &Arc<AssemblyTree>,
    balance: Option<Balance>,
    eliminate: impl Fn(Form, Vec<f64>) -> Result<Multifrontal, EliminationError>,
) -> Result<Multifrontal, EliminationError> {
    let general = || eliminate(Form::General, Vec::new());
    let Some(weights) = balance.and_then(|balance| balance.weights_in(&tree.order)) else { return general() };
    match eliminate(Form::Symmetric, weights) {
        // A scaled pivot may leave the floating-point range where the rates themselves do not.
        Err(EliminationError::ZeroPivot { .. } | EliminationError::NotFinite { .. }) => general(),
        other => other,
    }
}

/// Accepts a memory requirement in bytes, or returns the error for one beyond the limit; `u64::MAX` exceeds every
/// limit.
fn check_memory(needed: u64, allowed: u64) -> Result<(), EliminationError> {
    match needed < u64::MAX && needed <= allowed {
        true => Ok(()),
        false => Err(EliminationError::TooLarge { needed, allowed }),
    }
}

/// The stationary weights of a chain that is marked as reversible. Paths have no use for them.
fn balance_of(generator: &Generator) -> Option<Balance> {
    if !generator.is_reversible || is_path(generator) { None } else { Balance::of(generator) }
}

/// The number of entries below which a scan is faster on one thread than waking others.
const WORTH_A_THREAD: usize = 1 << 16;

/// Replaces NaN entries of a solution by infinity: they arise as 0 · ∞ where an overflowed solution meets an
/// underflowed rate, and are no better known than ∞.
fn overflow_to_infinity(mut x: Vec<f64>) -> Vec<f64> {
    x.par_iter_mut()
        .with_min_len(WORTH_A_THREAD)
        .filter(|entry| entry.is_nan())
        .for_each(|entry| *entry = f64::INFINITY);
    x
}

/// Small matrices are decomposed on one thread: results do not depend on the number of threads.
pub(crate) fn one_thread() {
    faer::set_global_parallelism(faer::Par::Seq);
}
