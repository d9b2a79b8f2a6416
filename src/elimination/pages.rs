//! Large arrays straight from the operating system, with their pages mapped in advance and in parallel, and kept for
//! the next elimination.
//!
//! A factor is written once, and mapping its pages costs up to half of the time of the arithmetic. One call for many
//! pages costs a third of a page fault for each. Huge pages would be cheaper still on bare metal, but in virtual
//! machines that hand free memory back to their host each of them costs 4 ms (measured: 1.1 s for 500 MB, against 0.15
//! s in small pages). Therefore the arrays of a dropped elimination are kept for the next one (in refinements, sweeps
//! and corrections). The user of an array sets each part to zero just before using it, when it is about to be in the
//! cache anyway.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use memmap2::MmapMut;
#[cfg(target_os = "linux")]
use rayon::prelude::*;

/// The number of arrays that are kept: an elimination has two, its factor and its stack.
const KEPT: usize = 2;
/// An array is reused only for a request of at least 1/LEAST_SHARE of its size.
const LEAST_SHARE: usize = 4;

/// The arrays kept for the next elimination, in ascending order of size. Clones share them.
#[derive(Clone, Debug, Default)]
pub(crate) struct PagePool(Arc<Mutex<Vec<MmapMut>>>);

/// An array of numbers that goes back to its pool when it is dropped, or to the system if the pool is gone.
#[derive(Debug)]
pub(crate) struct Pages {
    /// The memory; `None` once it has been given back.
    map: Option<MmapMut>,
    length: usize,
    /// Whether the numbers are zero at first; otherwise their values are arbitrary.
    pub(crate) is_zero: bool,
    pool: Weak<Mutex<Vec<MmapMut>>>,
}

impl PagePool {
    /// An array of `length` numbers, taken from the kept arrays if one has about that size.
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

    /// The memory that is kept, in bytes.
    pub(crate) fn bytes(&self) -> u64 {
        lock(&self.0).iter().map(|map| map.len() as u64).sum()
    }

    /// Takes the smallest kept array of at least this many bytes, unless it is far too large. If there is none, all
    /// kept arrays are released.
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

/// Locks the list of kept arrays. Nothing panics while the lock is held.
fn lock(kept: &Mutex<Vec<MmapMut>>) -> MutexGuard<'_, Vec<MmapMut>> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Pages {
    /// The array as a slice.
    pub(crate) fn numbers(&self) -> &[f64] {
        self.map.as_ref().map_or(&[], |map| bytemuck::cast_slice(&map[..self.length * size_of::<f64>()]))
    }

    /// The array as a mutable slice.
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

/// Maps all pages now. This is only a hint: Linux before 5.14 refuses it, which costs time but changes no result.
#[cfg(target_os = "linux")]
fn populate(map: &MmapMut) {
    /// Bytes per call.
    const PIECE: usize = 1 << 24;
    (0..map.len().div_ceil(PIECE)).into_par_iter().for_each(|piece| {
        let start = piece * PIECE;
        let _ = map.advise_range(memmap2::Advice::PopulateWrite, start, PIECE.min(map.len() - start));
    });
}
