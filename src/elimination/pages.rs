//! Large zeroed arrays straight from the system, in huge pages where it has them.
//!
//! A factor is written once: in pages of 4 kB the page faults alone cost as much as half of the arithmetic.

use memmap2::MmapMut;

/// An array of numbers that begins as zeros; memory is taken page by page, when first touched.
#[derive(Debug)]
pub(super) struct Pages {
    map: MmapMut,
    length: usize,
}

impl Pages {
    /// Zeros, or the system's refusal.
    pub(super) fn zeroed(length: usize) -> std::io::Result<Pages> {
        let map = MmapMut::map_anon((length * size_of::<f64>()).max(1))?;
        // Only a hint: a system without huge pages refuses it and loses nothing but time.
        #[cfg(target_os = "linux")]
        let _ = map.advise(memmap2::Advice::HugePage);
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
