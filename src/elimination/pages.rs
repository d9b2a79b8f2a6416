//! Large zeroed arrays straight from the system, their pages taken in advance and side by side, and kept for the next.
//!
//! A factor is written once, and taking its pages costs as much as half of the arithmetic. One call for many pages costs
//! a third of a fault for each. Huge pages would be cheaper still on bare metal, but in virtual machines that hand free
//! memory back to their host each of them costs 4 ms (measured: 1.1 s for 500 MB, against 0.15 s in small pages). So the arrays
//! of an elimination that is dropped are kept for the next one, in refinements, sweeps and corrections; whoever uses an array
//! zeroes the part that it is about to use, while that is on its way to the cache.

use std::sync::{Mutex, PoisonError};

use memmap2::MmapMut;
#[cfg(target_os = "linux")]
use rayon::prelude::*;

/// An elimination has two arrays, its factor and its stack.
const KEPT: usize = 2;
/// An array may be kept for one that needs at least this share of it.
const LEAST_SHARE: usize = 4;
/// Arrays that nobody uses, smallest in front.
static FREE: Mutex<Vec<MmapMut>> = Mutex::new(Vec::new());

/// An array of numbers.
#[derive(Debug)]
pub(super) struct Pages {
    /// Empty once it is dropped.
    map: Option<MmapMut>,
    length: usize,
    /// Whether every number begins as zero; else they begin as anything.
    pub(super) is_zero: bool,
}

impl Pages {
    /// So many numbers, or the system's refusal.
    pub(super) fn new(length: usize) -> std::io::Result<Pages> {
        let bytes = (length * size_of::<f64>()).max(1);
        if let Some(map) = take(bytes) {
            return Ok(Pages { map: Some(map), length, is_zero: false });
        }
        let map = MmapMut::map_anon(bytes)?;
        #[cfg(target_os = "linux")]
        populate(&map);
        Ok(Pages { map: Some(map), length, is_zero: true })
    }

    /// The numbers.
    pub(super) fn numbers(&self) -> &[f64] {
        self.map.as_ref().map_or(&[], |map| bytemuck::cast_slice(&map[..self.length * size_of::<f64>()]))
    }

    /// The numbers, to be written.
    pub(super) fn numbers_mut(&mut self) -> &mut [f64] {
        let bytes = self.length * size_of::<f64>();
        self.map.as_mut().map_or(&mut [], |map| bytemuck::cast_slice_mut(&mut map[..bytes]))
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        let mut free = FREE.lock().unwrap_or_else(PoisonError::into_inner);
        free.extend(self.map.take());
        free.sort_by_key(|map| map.len());
        if free.len() > KEPT {
            free.remove(0);
        }
    }
}

/// The smallest free array of at least so many bytes, unless it is far too large. Where there is none all are given back.
fn take(bytes: usize) -> Option<MmapMut> {
    let mut free = FREE.lock().unwrap_or_else(PoisonError::into_inner);
    let fits = |map: &MmapMut| map.len() >= bytes && map.len() / LEAST_SHARE <= bytes;
    let found = free.iter().position(fits);
    if found.is_none() {
        free.clear();
    }
    found.map(|found| free.remove(found))
}

/// Bytes of all free arrays.
pub(super) fn kept_bytes() -> u64 {
    let free = FREE.lock().unwrap_or_else(PoisonError::into_inner);
    free.iter().map(|map| map.len() as u64).sum()
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
