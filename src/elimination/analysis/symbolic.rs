//! The symbolic analysis: it chooses the method of elimination and counts all costs before anything large is allocated.

use std::sync::Arc;

use super::front::Front;
use super::shape::Form;
use super::tree::AssemblyTree;
use crate::elimination::ordering::pattern::{Pattern, fingerprint, is_path};
use crate::generator::Generator;

/// The symbolic analysis of a generator. It serves every generator with the same edges.
#[derive(Clone, Debug)]
pub struct Symbolic {
    pub(crate) method: Method,
    states: usize,
    fingerprint: u64,
}

/// The method of elimination for a pattern of edges.
#[derive(Clone, Debug)]
pub(crate) enum Method {
    /// One state after the other: the states form a path in the given order, so that the matrix is tridiagonal.
    Tridiagonal,
    /// Multifrontal along an assembly tree: any other pattern.
    Fronts(Arc<AssemblyTree>),
}

impl Symbolic {
    /// Analyses the pattern of the rates; their values are not used.
    pub fn analyse(generator: &Generator) -> Symbolic {
        Self::with_fingerprint(generator, fingerprint(generator))
    }

    /// The analysis of a generator whose pattern has this fingerprint.
    pub(crate) fn with_fingerprint(generator: &Generator, fingerprint: u64) -> Symbolic {
        let method = if is_path(generator) {
            Method::Tridiagonal
        } else {
            let starts = generator.rates.indptr();
            let starts = starts.to_proper();
            let pattern = Pattern::new(&generator.rates, &starts);
            Method::Fronts(Arc::new(AssemblyTree::grow(&pattern, &generator.coordinates)))
        };
        Symbolic { method, states: generator.len(), fingerprint }
    }

    /// The memory of the analysis itself, in bytes.
    pub(crate) fn own_bytes(&self) -> u64 {
        match &self.method {
            Method::Tridiagonal => 0,
            Method::Fronts(tree) => tree.bytes(),
        }
    }

    /// Number of states.
    pub fn len(&self) -> usize {
        self.states
    }

    /// Whether there is no state.
    pub fn is_empty(&self) -> bool {
        self.states == 0
    }

    /// Whether a generator has the pattern of edges of this analysis.
    pub fn fits(&self, generator: &Generator) -> bool {
        self.is_for(generator, fingerprint(generator))
    }

    /// Whether a generator, whose pattern has this fingerprint, has the pattern of edges of this analysis.
    pub(crate) fn is_for(&self, generator: &Generator, fingerprint: u64) -> bool {
        self.states == generator.len() && self.fingerprint == fingerprint
    }

    /// The number of floating-point operations of the elimination in general form; a reversible chain takes about half.
    pub fn flops(&self) -> u64 {
        match &self.method {
            Method::Tridiagonal => 5 * self.states as u64,
            Method::Fronts(tree) => tree.fronts.last().map_or(0, |root| root.work),
        }
    }

    /// The size of the factor in general form, in numbers; that of a reversible chain is little more than half of it.
    pub fn factor_entries(&self) -> u64 {
        match &self.method {
            Method::Tridiagonal => 3 * self.states as u64,
            Method::Fronts(tree) => {
                tree.fronts.iter().map(|front| front.shape().factor_length(Form::General) as u64).sum()
            }
        }
    }

    /// The size of the factor in general form, in bytes.
    pub fn factor_bytes(&self) -> u64 {
        8 * self.factor_entries()
    }

    /// The peak memory of the elimination in general form, in bytes: factor, contribution blocks and this analysis.
    pub fn peak_bytes(&self) -> u64 {
        match &self.method {
            Method::Tridiagonal => 6 * 8 * self.states as u64,
            Method::Fronts(tree) => tree.peak_bytes(self.factor_bytes()),
        }
    }

    /// The number of states in the largest front.
    pub fn largest_front(&self) -> usize {
        match &self.method {
            Method::Tridiagonal => 2.min(self.states),
            Method::Fronts(tree) => tree.fronts.iter().map(Front::order).max().unwrap_or(0),
        }
    }
}
