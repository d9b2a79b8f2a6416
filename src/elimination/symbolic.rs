//! The symbolic analysis: which engine, and every cost counted before anything large is allocated.

use super::layout::{Form, factor_length};
use super::pattern::{Pattern, fingerprint, is_chain};
use super::tree::{Front, FrontTree};
use crate::generator::Generator;
use std::sync::{Arc, Mutex, PoisonError};

/// The plan of an elimination: reusable for every generator with the same edges.
#[derive(Clone, Debug)]
pub struct Symbolic {
    pub(super) plan: Plan,
    states: usize,
    fingerprint: u64,
}

/// Which engine.
#[derive(Clone, Debug)]
pub(super) enum Plan {
    /// The states form a chain in the given order.
    Chain,
    /// Anything else.
    Fronts(Arc<FrontTree>),
}

/// The analyses of the last patterns: other rates on the same edges are common, in comparisons of schemes and sweeps of the noise.
static RECENT: Mutex<Vec<Symbolic>> = Mutex::new(Vec::new());
/// Bytes that they may hold together: the analysis of some four million states.
const RECENT_BYTES: u64 = 1 << 28;

impl Symbolic {
    /// Analyses the pattern of the rates; their values play no part.
    pub fn analyse(generator: &Generator) -> Symbolic {
        Self::with_fingerprint(generator, fingerprint(generator))
    }

    /// The same, remembered if this process has analysed the pattern before.
    pub fn recall(generator: &Generator) -> Symbolic {
        let fingerprint = fingerprint(generator);
        let recent = || RECENT.lock().unwrap_or_else(PoisonError::into_inner);
        let is_it = |known: &&Symbolic| known.fingerprint == fingerprint && known.states == generator.len();
        if let Some(known) = recent().iter().find(is_it) {
            return known.clone();
        }
        let symbolic = Self::with_fingerprint(generator, fingerprint);
        let mut recent = recent();
        recent.push(symbolic.clone());
        while recent.iter().map(Symbolic::own_bytes).sum::<u64>() > RECENT_BYTES {
            recent.remove(0);
        }
        symbolic
    }

    fn with_fingerprint(generator: &Generator, fingerprint: u64) -> Symbolic {
        let plan = if is_chain(generator) {
            Plan::Chain
        } else {
            let starts = generator.rates.indptr();
            let starts = starts.to_proper();
            let pattern = Pattern::of(&generator.rates, &starts);
            Plan::Fronts(Arc::new(FrontTree::grow(&pattern, &generator.coordinates)))
        };
        Symbolic { plan, states: generator.len(), fingerprint }
    }

    fn own_bytes(&self) -> u64 {
        match &self.plan {
            Plan::Chain => 0,
            Plan::Fronts(tree) => tree.bytes(),
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

    /// Whether a generator has the edges that this analysis was made for.
    pub fn fits(&self, generator: &Generator) -> bool {
        self.states == generator.len() && self.fingerprint == fingerprint(generator)
    }

    /// Floating-point operations of the elimination in general form; a reversible chain takes about half.
    pub fn flops(&self) -> u64 {
        match &self.plan {
            Plan::Chain => 5 * self.states as u64,
            Plan::Fronts(tree) => tree.fronts.last().map_or(0, |root| root.work),
        }
    }

    /// Numbers in the factor in general form; that of a reversible chain has little more than half.
    pub fn factor_entries(&self) -> u64 {
        match &self.plan {
            Plan::Chain => 3 * self.states as u64,
            Plan::Fronts(tree) => tree.fronts.iter().map(|front| factor_length(front, Form::General) as u64).sum(),
        }
    }

    /// Bytes of the factor in general form.
    pub fn factor_bytes(&self) -> u64 {
        8 * self.factor_entries()
    }

    /// Bytes held at the peak of the elimination in general form: factor, contribution blocks, and this analysis itself.
    pub fn peak_bytes(&self) -> u64 {
        match &self.plan {
            Plan::Chain => 6 * 8 * self.states as u64,
            Plan::Fronts(tree) => tree.peak_bytes(self.factor_bytes()),
        }
    }

    /// The number of states in the largest front.
    pub fn largest_front(&self) -> usize {
        match &self.plan {
            Plan::Chain => 2.min(self.states),
            Plan::Fronts(tree) => tree.fronts.iter().map(Front::order).max().unwrap_or(0),
        }
    }
}
