//! What one elimination leaves for the next: analyses and memory, owned by the caller.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::analysis::symbolic::Symbolic;
use super::ordering::pattern::fingerprint;
use super::pages::PagePool;
use crate::generator::Generator;

/// Bytes that the remembered analyses may hold together: the analysis of some four million states.
const REMEMBERED_BYTES: u64 = 1 << 28;

/// The symbolic analyses seen lately and the memory pages of eliminations that were dropped, for eliminations to come.
///
/// Refinements, comparisons of schemes, corrections and sweeps of the noise eliminate one generator after another,
/// often with the same edges and of the same size: what they share through a workspace is neither computed nor
/// allocated again, and the numbers are the same to the bit with or without. Clones share their contents; a workspace
/// may be used from several threads, and everything in it is freed when its last clone is dropped. Eliminations may
/// outlive it.
#[derive(Clone, Debug, Default)]
pub struct Workspace {
    analyses: Arc<Mutex<Vec<Symbolic>>>,
    pub(crate) pages: PagePool,
}

impl Workspace {
    /// The number of bytes that are kept for the next elimination: memory in use that is free for it.
    pub fn kept_bytes(&self) -> u64 {
        self.pages.bytes()
    }

    /// The analysis of a generator, remembered if its pattern of edges has been seen lately.
    pub(crate) fn analysis(&self, generator: &Generator) -> Symbolic {
        let fingerprint = fingerprint(generator);
        if let Some(known) = self.analyses().iter().find(|known| known.is_for(generator, fingerprint)) {
            return known.clone();
        }
        // Without the lock: an analysis takes long and uses all threads.
        let symbolic = Symbolic::with_fingerprint(generator, fingerprint);
        let mut analyses = self.analyses();
        analyses.push(symbolic.clone());
        while analyses.iter().map(Symbolic::own_bytes).sum::<u64>() > REMEMBERED_BYTES {
            analyses.remove(0);
        }
        symbolic
    }

    /// The remembered analyses behind their lock. Nothing panics while the lock is held.
    fn analyses(&self) -> MutexGuard<'_, Vec<Symbolic>> {
        self.analyses.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
