//! The fronts of an assembly tree: which states each eliminates, which it updates, and which rates are assembled in it.

use super::shape::Shape;

/// A dense front. Its pivots are consecutive positions of the elimination order. Its update set consists of the later
/// states that the pivots are coupled with once all earlier states are eliminated.
#[derive(Clone, Debug)]
pub(crate) struct Front {
    /// Position of the first pivot in the elimination order.
    pub(crate) start: usize,
    /// p, the number of pivots.
    pub(crate) pivots: usize,
    /// u, the size of the update set.
    pub(crate) updates: usize,
    /// The index of the [`Lists`] that hold this front's update set and entries.
    pub(super) lists: usize,
    /// Where the update set begins in these lists.
    pub(super) update_start: usize,
    /// The range of these lists with the entries that are assembled in this front.
    pub(super) entries: std::ops::Range<usize>,
    pub(super) children: [usize; 2],
    pub(super) child_count: usize,
    /// The first front of the subtree; the subtree is first..=self.
    pub(crate) first: usize,
    /// The floating-point operations of the subtree, counted for the general form.
    pub(crate) work: u64,
    /// The stack size, in numbers, that the contribution blocks of the subtree need: on the shared stack where the
    /// subtree is eliminated in parallel, on the stack of one thread otherwise.
    pub(crate) stack: usize,
    /// The buffer size, in numbers, that a solve needs in the subtree.
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

    /// The children, at most two, in the order in which they are factored.
    pub(crate) fn children(&self) -> &[usize] {
        &self.children[..self.child_count]
    }

    /// The size, in numbers, that the subtree needs on the shared stack: all its contribution blocks if it is
    /// eliminated in parallel, only its own contribution block if one thread eliminates it.
    pub(crate) fn shared_stack(&self) -> usize {
        if self.is_parallel { self.stack } else { self.contribution_length() }
    }

    /// The front's shape in symmetric form.
    pub(crate) fn shape(&self) -> Shape {
        Shape { p: self.pivots, u: self.updates }
    }

    /// The size of the contribution block, in numbers: u×(u+1) with κ as the last column; padded in the symmetric form.
    pub(crate) fn contribution_length(&self) -> usize {
        self.updates * self.shape().contribution_rows()
    }
}

/// The two rates between a pair of states, and where they are assembled in a front.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    /// The indices, in the generator's array of rates, of the rate from the earlier to the later state and of the
    /// reverse rate; `NO_EDGE` where there is none.
    pub(crate) onward: u32,
    pub(crate) back: u32,
    /// The positions of the later and the earlier state within their front. 16 bits suffice: a larger front would take
    /// 34 GB and is refused.
    pub(crate) later: u16,
    pub(crate) earlier: u16,
}

/// The update sets and entries of all fronts that one thread has analysed.
#[derive(Debug, Default)]
pub(super) struct Lists {
    /// The update sets, as positions in the elimination order.
    pub(super) update_positions: Vec<u32>,
    /// The positions of the same states within the parent front.
    pub(super) parent_positions: Vec<u32>,
    pub(super) entries: Vec<Entry>,
}
