//! The fronts of an assembly tree: which states each eliminates, which it updates, and which rates are assembled in it.

use super::shape::Shape;

/// A dense front: its pivots are consecutive places of the elimination order, its update set (of later places) are
/// those that the pivots are coupled with once what comes before is eliminated.
#[derive(Clone, Debug)]
pub(crate) struct Front {
    /// Place of the first pivot.
    pub(crate) start: usize,
    /// p, the number of pivots.
    pub(crate) pivots: usize,
    /// u, the size of the update set.
    pub(crate) updates: usize,
    /// The index of the [`Lists`] that hold its update set and its entries.
    pub(super) lists: usize,
    /// The place in those where the update set begins.
    pub(super) update_start: usize,
    /// The range in those of the entries that are assembled here.
    pub(super) entries: std::ops::Range<usize>,
    pub(super) children: [usize; 2],
    pub(super) child_count: usize,
    /// The first front of the subtree; the subtree is first..=self.
    pub(crate) first: usize,
    /// The floating-point operations of the subtree, in general form.
    pub(crate) work: u64,
    /// The numbers that the subtree needs on its stack for contribution blocks: the stack in common where it is
    /// eliminated in parallel, a stack of the thread otherwise.
    pub(crate) stack: usize,
    /// The numbers that solves need as buffer in the subtree.
    pub(crate) solve_work: usize,
    /// The largest p and the largest p + u of the subtree.
    pub(crate) largest: (usize, usize),
    /// Whether the children, if there are two, are factored in parallel.
    pub(crate) is_parallel: bool,
}

impl Front {
    /// The order of the front, p + u.
    pub(crate) fn order(&self) -> usize {
        self.pivots + self.updates
    }

    /// The range of the update set in its lists.
    pub(super) fn updates_range(&self) -> std::ops::Range<usize> {
        self.update_start..self.update_start + self.updates
    }

    /// The children, up to two, the one factored first in front.
    pub(crate) fn children(&self) -> &[usize] {
        &self.children[..self.child_count]
    }

    /// The numbers that the subtree needs on the stack in common: all of its own, or room for its contribution block
    /// where it is eliminated on one thread.
    pub(crate) fn shared_stack(&self) -> usize {
        if self.is_parallel { self.stack } else { self.contribution_length() }
    }

    /// The front's shape in symmetric form.
    pub(crate) fn shape(&self) -> Shape {
        Shape { p: self.pivots, u: self.updates }
    }

    /// The room for the contribution block: u×(u+1) with κ as the last column, in symmetric form padded.
    pub(crate) fn contribution_length(&self) -> usize {
        self.updates * self.shape().rows_below()
    }
}

/// The rates between two states and where they are assembled.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    /// The places in the generator's rates of the rate from the earlier to the later state and of that back, or
    /// `NO_EDGE`.
    pub(crate) onward: u32,
    pub(crate) back: u32,
    /// The later and the earlier state within their front. Fronts of more states than this can tell would take 34 GB
    /// and are refused.
    pub(crate) later: u16,
    pub(crate) earlier: u16,
}

/// The lists that the fronts grown on one thread hold together.
#[derive(Debug, Default)]
pub(super) struct Lists {
    /// The update sets, as places.
    pub(super) update_places: Vec<u32>,
    /// The positions of the same states within the parent's front.
    pub(super) parent_places: Vec<u32>,
    pub(super) entries: Vec<Entry>,
}
