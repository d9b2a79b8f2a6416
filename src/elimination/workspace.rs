//! The symbolic analyses and the memory that one elimination leaves for the next, owned by the caller.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::analysis::symbolic::Symbolic;
use super::ordering::pattern::fingerprint;
use super::pages::PagePool;
use crate::generator::Generator;

/// The memory, in bytes, that the stored analyses may take together: about four million states.
const REMEMBERED_BYTES: u64 = 1 << 28;

/// The most recent symbolic analyses, and the memory pages of dropped eliminations, for reuse by later eliminations.
///
/// Refinements, comparisons of schemes, corrections and sweeps of the noise eliminate one generator after another,
/// often with the same edges and of the same size. With a shared workspace the analysis is not computed again and the
/// memory is not allocated again; the results are bit for bit the same with and without it. Clones share their
/// contents; a workspace may be used from several threads, and everything in it is freed when its last clone is
/// dropped. Eliminations may outlive it.
#[derive(Clone, Debug, Default)]
pub struct Workspace {
    analyses: Arc<Mutex<Vec<Symbolic>>>,
    pub(crate) pages: PagePool,
}

impl Workspace {
    /// The memory that is kept free for the next elimination, in bytes.
    pub fn kept_bytes(&self) -> u64 {
        self.pages.bytes()
    }

    /// The analysis of a generator, taken from the stored ones if its pattern of edges is among them.
    pub(crate) fn analysis(&self, generator: &Generator) -> Symbolic {
        let fingerprint = fingerprint(generator);
        if let Some(known) = self.analyses().iter().find(|known| known.is_for(generator, fingerprint)) {
            return known.clone();
        }
        // Computed without the lock: an analysis takes long and uses all threads.
        let symbolic = Symbolic::with_fingerprint(generator, fingerprint);
        let mut analyses = self.analyses();
        analyses.push(symbolic.clone());
        while analyses.iter().map(Symbolic::own_bytes).sum::<u64>() > REMEMBERED_BYTES {
            analyses.remove(0);
        }
        symbolic
    }

    /// Locks the stored analyses. Nothing panics while the lock is held.
    fn analyses(&self) -> MutexGuard<'_, Vec<Symbolic>> {
        self.analyses.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
