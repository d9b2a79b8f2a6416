//! Large arrays straight from the system, their pages taken in advance and in parallel, and kept for the next
//! elimination.
//!
//! A factor is written once, and taking its pages costs as much as half of the arithmetic. One call for many pages
//! costs a third of a fault for each. Huge pages would be cheaper still on bare metal, but in virtual machines that
//! hand free memory back to their host each of them costs 4 ms (measured: 1.1 s for 500 MB, against 0.15 s in small
//! pages). So the arrays of an elimination that is dropped are kept for the next one, in refinements, sweeps and
//! corrections; whoever uses an array zeroes the part that it is about to use, while that is on its way to the cache.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use memmap2::MmapMut;
#[cfg(target_os = "linux")]
use rayon::prelude::*;

/// Arrays that are kept: an elimination has two, its factor and its stack.
const KEPT: usize = 2;
/// An array may be kept for one that needs at least this share of it.
const LEAST_SHARE: usize = 4;

/// The arrays that are kept for the next elimination, the smallest in front. Clones share them.
#[derive(Clone, Debug, Default)]
pub(crate) struct PagePool(Arc<Mutex<Vec<MmapMut>>>);

/// An array of numbers, which goes back to its pool when it is dropped, or to the system where the pool is gone.
#[derive(Debug)]
pub(crate) struct Pages {
    /// The memory; `None` once it has been given back.
    map: Option<MmapMut>,
    length: usize,
    /// Whether every number begins as zero; otherwise they begin as anything.
    pub(crate) is_zero: bool,
    pool: Weak<Mutex<Vec<MmapMut>>>,
}

impl PagePool {
    /// An array of so many numbers, a kept one if there is one of about that size.
    ///
    /// # Errors
    /// When the system refuses the memory.
    pub(crate) fn pages(&self, length: usize) -> std::io::Result<Pages> {
        let bytes = (length * size_of::<f64>()).max(1);
        let pool = Arc::downgrade(&self.0);
        if let Some(map) = self.take(bytes) {
            return Ok(Pages { map: Some(map), length, is_zero: false, pool });
        }
        let map = MmapMut::map_anon(bytes)?;
        #[cfg(target_os = "linux")]
        populate(&map);
        Ok(Pages { map: Some(map), length, is_zero: true, pool })
    }

    /// The number of bytes that are kept.
    pub(crate) fn bytes(&self) -> u64 {
        lock(&self.0).iter().map(|map| map.len() as u64).sum()
    }

    /// The smallest kept array of at least so many bytes, unless it is far too large. Where there is none all are given
    /// back.
    fn take(&self, bytes: usize) -> Option<MmapMut> {
        let mut kept = lock(&self.0);
        let fits = |map: &MmapMut| map.len() >= bytes && map.len() / LEAST_SHARE <= bytes;
        let found = kept.iter().position(fits);
        if found.is_none() {
            kept.clear();
        }
        found.map(|found| kept.remove(found))
    }
}

/// The list behind its lock. Nothing panics while the lock is held.
fn lock(kept: &Mutex<Vec<MmapMut>>) -> MutexGuard<'_, Vec<MmapMut>> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Pages {
    /// The numbers.
    pub(crate) fn numbers(&self) -> &[f64] {
        self.map.as_ref().map_or(&[], |map| bytemuck::cast_slice(&map[..self.length * size_of::<f64>()]))
    }

    /// The numbers, to be written.
    pub(crate) fn numbers_mut(&mut self) -> &mut [f64] {
        let bytes = self.length * size_of::<f64>();
        self.map.as_mut().map_or(&mut [], |map| bytemuck::cast_slice_mut(&mut map[..bytes]))
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        let Some(pool) = self.pool.upgrade() else { return };
        let mut kept = lock(&pool);
        kept.extend(self.map.take());
        kept.sort_by_key(|map| map.len());
        if kept.len() > KEPT {
            kept.remove(0);
        }
    }
}

/// Takes all pages. Only a hint: a system before Linux 5.14 refuses it and loses nothing but time.
#[cfg(target_os = "linux")]
fn populate(map: &MmapMut) {
    /// Bytes per call.
    const PIECE: usize = 1 << 24;
    (0..map.len().div_ceil(PIECE)).into_par_iter().for_each(|piece| {
        let start = piece * PIECE;
        let _ = map.advise_range(memmap2::Advice::PopulateWrite, start, PIECE.min(map.len() - start));
    });
}
