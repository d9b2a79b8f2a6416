//! Subtraction-free elimination (Grassmann, Taksar & Heyman 1985) of A = diag(κ + Q1) − Q.
//!
//! Stored are the rates and the killing, never the diagonal; every pivot is a sum of nonnegative numbers:
//! ```text
//! S_k = κ_k + Σ_{j>k} q_kj        q_ij += q_ik q_kj / S_k        κ_i += q_ik κ_k / S_k
//! ```
//! No subtraction occurs, so that every pivot, every factor entry and every solution for a nonnegative right side keeps
//! its relative accuracy, however small the rate of escape (O'Cinneide 1993; Alfa, Xue & Ye 2002).
//!
//! Chains are eliminated in O(n) (`tridiagonal`); everything else by a multifrontal method: nested dissection of the
//! actual graph (`dissection`, `direction`), the tree of dense fronts with its costs (`tree`, `symbolic`), the dense
//! eliminations as products of nonnegative matrices (`front`, small ones `leaf`), their assembly along the tree
//! (`multifrontal`) and the solves (`substitution`, `pass`). Reversible chains (`balance`) take half of the work and of the memory: their
//! fronts are symmetric once scaled (`symmetric`, `symmetric_leaf`, `layout`).
//!
//! Where it fails: numbers below 1e-308 are lost, but for the solves of a chain, which can carry exponents of their own. Rates that underflow are harmless as long as other ways out remain; a
//! pivot without any is an error that names its state, see [`SMALLEST_PIVOT`].

mod balance;
mod direction;
mod dissection;
mod front;
mod layout;
mod leaf;
mod multifrontal;
mod pages;
mod pass;
mod pattern;
mod runs;
mod separator;
mod substitution;
mod symbolic;
mod symmetric;
mod symmetric_leaf;
mod tree;
mod tridiagonal;

pub use symbolic::Symbolic;

use crate::generator::Generator;
use crate::progress::Progress;
use crate::scaled::Scaled;
use balance::Balance;
use layout::{Form, Layout};
use multifrontal::Multifrontal;
use pattern::is_chain;
use rayon::join;
use rayon::prelude::*;
use symbolic::Plan;
use tridiagonal::Tridiagonal;

/// A pivot below this counts as zero: 2⁻¹⁰²² / 2⁻⁵².
///
/// Products of rates that fall below 2⁻¹⁰²² lose their relative accuracy, each by at most 2⁻¹⁰⁷⁵. A pivot above this
/// bound is a sum in which those losses are below rounding; one under it may consist of nothing else.
pub const SMALLEST_PIVOT: f64 = f64::MIN_POSITIVE / f64::EPSILON;

/// Why an elimination failed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum EliminationError {
    /// S_k = 0: from this state the exit cannot be reached in double precision.
    #[error("the pivot of state {state} is zero: from there no exit can be reached in double precision")]
    ZeroPivot {
        /// The state, in the generator's numbering.
        state: usize,
    },
    /// A pivot that is not finite.
    #[error("the pivot of state {state} is not finite")]
    NotFinite {
        /// The state, in the generator's numbering.
        state: usize,
    },
    /// The factor would not fit.
    #[error("the factor would take {needed} bytes of memory, {allowed} are allowed")]
    TooLarge {
        /// Bytes that the elimination would hold at its peak.
        needed: u64,
        /// Bytes that it may hold.
        allowed: u64,
    },
    /// The system has no such memory.
    #[error("the system refuses {needed} bytes of memory for the factor")]
    Refused {
        /// Bytes asked for.
        needed: u64,
    },
    /// An analysis was given a generator with other edges than the one it was made for.
    #[error("the symbolic analysis was made for another pattern of edges: analyse this generator anew")]
    PatternChanged,
    /// Somebody asked to stop.
    #[error("interrupted")]
    Interrupted,
}

/// A pivot that cannot be divided by, as the engines report it: the place in their own numbering.
#[derive(Clone, Copy, Debug)]
struct PivotFault {
    place: usize,
    value: f64,
}

impl PivotFault {
    /// Accepts a pivot, or says which one is at fault.
    fn check(place: usize, value: f64) -> Result<(), PivotFault> {
        if (SMALLEST_PIVOT..=f64::MAX).contains(&value) { Ok(()) } else { Err(PivotFault { place, value }) }
    }

    /// The error for the state of the generator behind the place.
    fn of_state(self, state: usize) -> EliminationError {
        if self.value.is_finite() {
            EliminationError::ZeroPivot { state }
        } else {
            EliminationError::NotFinite { state }
        }
    }
}

/// A factored generator.
#[derive(Debug)]
pub struct Elimination {
    engine: Engine,
    symbolic: Symbolic,
}

#[derive(Debug)]
enum Engine {
    Chain(Tridiagonal),
    Fronts(Multifrontal),
}

impl Elimination {
    /// Eliminates all states, holding at most `memory_limit` bytes. Patterns of edges that this process has seen lately are not analysed
    /// again.
    ///
    /// # Errors
    /// [`EliminationError::TooLarge`] before anything large is allocated, the other variants from the elimination.
    pub fn new(generator: &Generator, memory_limit: u64, progress: &Progress) -> Result<Self, EliminationError> {
        let (symbolic, balance) = join(|| Symbolic::recall(generator), || balance_of(generator));
        Self::planned(&symbolic, balance, generator, memory_limit, progress)
    }

    /// The same with an analysis made earlier for a generator that has the same edges.
    pub fn with_symbolic(
        symbolic: &Symbolic,
        generator: &Generator,
        memory_limit: u64,
        progress: &Progress,
    ) -> Result<Self, EliminationError> {
        let (fits, balance) = join(|| symbolic.fits(generator), || balance_of(generator));
        if !fits {
            return Err(EliminationError::PatternChanged);
        }
        Self::planned(symbolic, balance, generator, memory_limit, progress)
    }

    fn planned(
        symbolic: &Symbolic,
        balance: Option<Balance>,
        generator: &Generator,
        memory_limit: u64,
        progress: &Progress,
    ) -> Result<Self, EliminationError> {
        let within = |needed: u64| match needed < u64::MAX && needed <= memory_limit {
            true => Ok(()),
            false => Err(EliminationError::TooLarge { needed, allowed: memory_limit }),
        };
        if progress.is_interrupted() {
            return Err(EliminationError::Interrupted);
        }
        let engine = match &symbolic.plan {
            Plan::Chain => {
                within(symbolic.peak_bytes())?;
                progress.begin("elimination", symbolic.flops());
                Engine::Chain(Tridiagonal::eliminate(generator)?)
            }
            Plan::Fronts(tree) => {
                let eliminate = |form: Form, weights: Vec<f64>| {
                    let layout = Layout::new(tree, form);
                    within(tree.peak_bytes(8 * (layout.length + weights.len()) as u64))?;
                    progress.begin("elimination", layout.flops);
                    Multifrontal::eliminate(tree, layout, generator, weights, progress)
                };
                let general = || eliminate(Form::General, Vec::new());
                Engine::Fronts(match balance.and_then(|balance| balance.weights_in(&tree.order)) {
                    Some(weights) => match eliminate(Form::Symmetric, weights) {
                        // A pivot may leave the range of the scaled numbers and not that of the rates themselves.
                        Err(EliminationError::ZeroPivot { .. } | EliminationError::NotFinite { .. }) => general()?,
                        other => other?,
                    },
                    None => general()?,
                })
            }
        };
        Ok(Elimination { engine, symbolic: symbolic.clone() })
    }

    /// x with x A = b, for b ≥ 0 (occupation times).
    ///
    /// Entries beyond the range of f64 (rates of escape below 1e-308), and those that depend on such, are infinite.
    ///
    /// # Panics
    /// When b has not one entry per state.
    pub fn solve_left(&self, b: &[f64]) -> Vec<f64> {
        assert_eq!(b.len(), self.symbolic.len(), "one entry of b per state");
        overflow_to_infinity(match &self.engine {
            Engine::Chain(chain) => chain.solve_left(b),
            Engine::Fronts(fronts) => fronts.solve_left(b),
        })
    }

    /// x with A x = b, for b ≥ 0 (mean times).
    ///
    /// Entries beyond the range of f64 (rates of escape below 1e-308), and those that depend on such, are infinite.
    ///
    /// # Panics
    /// When b has not one entry per state.
    pub fn solve_right(&self, b: &[f64]) -> Vec<f64> {
        assert_eq!(b.len(), self.symbolic.len(), "one entry of b per state");
        overflow_to_infinity(match &self.engine {
            Engine::Chain(chain) => chain.solve_right(b),
            Engine::Fronts(fronts) => fronts.solve_right(b),
        })
    }

    /// [`Elimination::solve_left`] for times of any range; `None` in two dimensions, where pivots underflow first.
    pub fn solve_left_scaled(&self, b: &[Scaled]) -> Option<Vec<Scaled>> {
        match &self.engine {
            Engine::Chain(chain) => Some(chain.solve_left(b)),
            Engine::Fronts(_) => None,
        }
    }

    /// [`Elimination::solve_right`] for times of any range; `None` in two dimensions.
    pub fn solve_right_scaled(&self, b: &[Scaled]) -> Option<Vec<Scaled>> {
        match &self.engine {
            Engine::Chain(chain) => Some(chain.solve_right(b)),
            Engine::Fronts(_) => None,
        }
    }

    /// Bytes that the factor takes.
    pub fn factor_bytes(&self) -> u64 {
        match &self.engine {
            Engine::Chain(_) => self.symbolic.factor_bytes(),
            Engine::Fronts(fronts) => 8 * fronts.layout.length as u64,
        }
    }

    /// Floating-point operations that the elimination took.
    pub fn flops(&self) -> u64 {
        match &self.engine {
            Engine::Chain(_) => self.symbolic.flops(),
            Engine::Fronts(fronts) => fronts.layout.flops,
        }
    }

    /// Share of the operations that were spared because the chain is reversible: none for a chain that is not.
    pub fn spared(&self) -> f64 {
        1.0 - self.flops() as f64 / (self.symbolic.flops() as f64).max(1.0)
    }
}

/// The balance of a chain that is said to be reversible. Paths are eliminated as they are.
fn balance_of(generator: &Generator) -> Option<Balance> {
    if !generator.is_reversible || is_chain(generator) { None } else { Balance::of(generator) }
}

/// Bytes that are kept for the next elimination: free for whatever needs them.
pub fn kept_bytes() -> u64 {
    pages::kept_bytes()
}

/// A solution that overflowed meets rates that underflowed: 0 · ∞ is not a number, and the entry is as unknown as ∞ is.
fn overflow_to_infinity(mut x: Vec<f64>) -> Vec<f64> {
    x.par_iter_mut().filter(|entry| entry.is_nan()).for_each(|entry| *entry = f64::INFINITY);
    x
}
