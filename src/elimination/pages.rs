//! Large zeroed arrays straight from the system, their pages taken in advance and side by side.
//!
//! A factor is written once, and taking its pages costs as much as half of the arithmetic. One call for many pages costs
//! a third of a fault for each. Huge pages would be cheaper still on bare metal, but in virtual machines that hand free
//! memory back to their host each of them costs 4 ms (measured: 1.1 s for 500 MB, against 0.2 s in small pages).

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use memmap2::MmapMut;
#[cfg(target_os = "linux")]
use rayon::prelude::*;

/// A huge page that takes longer is fetched from the host of a virtual machine; clearing one takes a tenth of this.
const SLOW: Duration = Duration::from_micros(600);
/// Huge pages are worth it while no more than one in so many is slow.
const CHEAP: usize = 16;

/// An array of numbers that begins as zeros.
#[derive(Debug)]
pub(super) struct Pages {
    map: MmapMut,
    length: usize,
}

impl Pages {
    /// Zeros, or the system's refusal.
    pub(super) fn zeroed(length: usize) -> std::io::Result<Pages> {
        let map = MmapMut::map_anon((length * size_of::<f64>()).max(1))?;
        #[cfg(target_os = "linux")]
        populate(&map);
        Ok(Pages { map, length })
    }

    /// The numbers.
    pub(super) fn numbers(&self) -> &[f64] {
        bytemuck::cast_slice(&self.map[..self.length * size_of::<f64>()])
    }

    /// The numbers, to be written.
    pub(super) fn numbers_mut(&mut self) -> &mut [f64] {
        bytemuck::cast_slice_mut(&mut self.map[..self.length * size_of::<f64>()])
    }
}

/// Takes all pages. Only a hint: a system before Linux 5.14 refuses it and loses nothing but time.
#[cfg(target_os = "linux")]
fn populate(map: &MmapMut) {
    /// Bytes per call: eight huge pages.
    const PIECE: usize = 1 << 24;
    /// A huge page, where the processor has such.
    const HUGE: usize = 1 << 21;
    let (taken, slow) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let first = map.as_ptr().align_offset(HUGE).min(map.len());
    let pieces: Vec<usize> = std::iter::once(0).chain((first..map.len()).step_by(PIECE)).collect();
    let ends = pieces.iter().skip(1).copied().chain([map.len()]);
    pieces.par_iter().zip(ends.collect::<Vec<_>>()).for_each(|(&start, end)| {
        let mut start = start;
        while start < end {
            let is_cheap = slow.load(Ordering::Relaxed) <= 2 + taken.load(Ordering::Relaxed) / CHEAP;
            let huge = is_cheap && start >= first && end - start >= HUGE;
            let length = if huge { HUGE } else { end - start };
            let begun = Instant::now();
            if huge {
                let _ = map.advise_range(memmap2::Advice::HugePage, start, length);
            }
            let _ = map.advise_range(memmap2::Advice::PopulateWrite, start, length);
            if huge {
                taken.fetch_add(1, Ordering::Relaxed);
                slow.fetch_add(usize::from(begun.elapsed() > SLOW), Ordering::Relaxed);
            }
            start += length;
        }
    });
}
