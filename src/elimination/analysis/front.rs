//! The fronts of an assembly tree: which states each eliminates, which it updates, and which rates are assembled in it.

use super::shape::Shape;

/// A dense front: its pivots are consecutive places of the elimination order, its update set are later places.
#[derive(Clone, Debug)]
pub(crate) struct Front {
    /// Place of the first pivot.
    pub(crate) start: usize,
    /// p, the number of pivots.
    pub(crate) pivots: usize,
    /// u, the size of the update set.
    pub(crate) updates: usize,
    /// Which [`Lists`] hold its update set and its entries.
    pub(super) lists: usize,
    /// Where the update set begins there.
    pub(super) update_start: usize,
    /// Which of the entries there are assembled here.
    pub(super) entries: std::ops::Range<usize>,
    pub(super) children: [usize; 2],
    pub(super) child_count: usize,
    /// The first front of the subtree; the subtree is first..=self.
    pub(crate) first: usize,
    /// Floating-point operations of the subtree, in general form.
    pub(crate) work: u64,
    /// Stack that the subtree needs for contribution blocks; that of subtrees eliminated on one thread is not in common.
    pub(crate) stack: usize,
    /// Workspace that solves need in the subtree.
    pub(crate) solve_work: usize,
    /// Largest p and p + u of the subtree.
    pub(crate) largest: (usize, usize),
    /// Whether the children, if there are two, are factored side by side.
    pub(crate) side_by_side: bool,
}

impl Front {
    /// p + u.
    pub(crate) fn order(&self) -> usize {
        self.pivots + self.updates
    }

    /// Where its update set is in its lists.
    pub(super) fn updates_range(&self) -> std::ops::Range<usize> {
        self.update_start..self.update_start + self.updates
    }

    /// Up to two children, the one factored first in front.
    pub(crate) fn children(&self) -> &[usize] {
        &self.children[..self.child_count]
    }

    /// Stack that the subtree needs of the one in common, if a subtree beside it is eliminated at the same time.
    pub(crate) fn stack_beside(&self) -> usize {
        if self.side_by_side { self.stack } else { self.contribution_length() }
    }

    /// The front's shape in symmetric form.
    pub(crate) fn shape(&self) -> Shape {
        Shape { p: self.pivots, u: self.updates }
    }

    /// Room for the contribution block: u×(u+1) with κ as the last column, in symmetric form padded.
    pub(crate) fn contribution_length(&self) -> usize {
        self.updates * self.shape().rows_below()
    }
}

/// The rates between two states and where they are assembled.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    /// Places in the generator's rates of the rate from the earlier to the later state and of that back, or `NO_EDGE`.
    pub(crate) onward: u32,
    pub(crate) back: u32,
    /// The later and the earlier state within their front. Fronts of more states than this can tell would take 34 GB and are
    /// refused.
    pub(crate) later: u16,
    pub(crate) earlier: u16,
}

/// What the fronts grown on one thread hold.
#[derive(Debug, Default)]
pub(super) struct Lists {
    /// The update sets, as places.
    pub(super) update_places: Vec<u32>,
    /// The same states as positions within the parent's front.
    pub(super) parent_places: Vec<u32>,
    pub(super) entries: Vec<Entry>,
}
