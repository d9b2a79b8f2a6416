//! The assembly tree of all fronts, with the costs of its subtrees.
//!
//! It is built in pieces (`growth`), which are not copied into one array: allocating memory costs as much as filling
//! it.

use super::front::{Entry, Front, Lists};
use super::growth::{Graph, Growth, grow_in_parallel};
use super::shape::Form;
use crate::elimination::ordering::dissection::dissect;
use crate::elimination::ordering::pattern::Pattern;

/// A subtree with more than this share of the work, and more than this many operations, has its two halves factored in
/// parallel. This gives enough tasks for some tens of threads, and few enough that their stacks stay small. The limits
/// depend on the tree and not on the machine, so that memory and results do not depend on the number of threads.
const PARALLEL_SHARE: u64 = 32;
const PARALLEL_WORK: u64 = 20_000_000;

/// The assembly tree: all fronts in postorder, a front's children before it.
#[derive(Debug, Default)]
pub(crate) struct AssemblyTree {
    /// The state at each position of the elimination order.
    pub(crate) order: Vec<u32>,
    /// The position of each state in the elimination order.
    pub(crate) positions: Vec<u32>,
    pub(crate) fronts: Vec<Front>,
    lists: Vec<Lists>,
    /// The stack size, in numbers, that suffices for any subtree that one thread eliminates alone.
    pub(crate) thread_stack: usize,
}

impl AssemblyTree {
    /// The assembly tree of a nested dissection.
    pub(crate) fn grow(pattern: &Pattern, coordinates: &[[i32; 2]]) -> AssemblyTree {
        let (order, root) = dissect(pattern, coordinates);
        let mut positions = vec![0u32; order.len()];
        for (position, &state) in order.iter().enumerate() {
            positions[state as usize] = position as u32;
        }
        let grown = grow_in_parallel(&root, &Graph { pattern, order: &order, positions: &positions }, 0);
        let mut tree = AssemblyTree { order, positions, ..AssemblyTree::default() };
        tree.fronts.reserve_exact(grown.iter().map(|growth| growth.fronts.len()).sum());
        // The roots of the subtrees that have no parent yet.
        let mut roots = Vec::new();
        for Growth { fronts, lists, .. } in grown {
            for mut front in fronts {
                let index = tree.fronts.len();
                let begin = roots.len() - front.child_count;
                front.children[..front.child_count].copy_from_slice(&roots[begin..]);
                front.first = front.children().first().map_or(index, |&child: &usize| tree.fronts[child].first);
                roots.truncate(begin);
                front.lists = tree.lists.len();
                roots.push(index);
                tree.fronts.push(front);
            }
            tree.lists.push(lists);
        }
        tree.count_costs();
        tree
    }

    /// Sums the operations, stack sizes and buffer sizes of all subtrees, as the factorisation and the solves use them.
    fn count_costs(&mut self) {
        let total: u64 = self.fronts.iter().map(|front| front.shape().flops(Form::General)).sum();
        let threshold = PARALLEL_WORK.max(total / PARALLEL_SHARE);
        for index in 0..self.fronts.len() {
            let (finished, rest) = self.fronts.split_at_mut(index);
            let front = &mut rest[0];
            let own = front.contribution_length();
            let children = [0, 1].map(|child| front.children().get(child).map(|&child| &finished[child]));
            let both = || children.iter().flatten();
            front.work = front.shape().flops(Form::General) + both().map(|child| child.work).sum::<u64>();
            front.is_parallel = front.child_count > 0 && front.work > threshold;
            (front.stack, front.solve_work) = match children {
                [Some(first), Some(second)] if front.is_parallel => {
                    let after = second.shared_stack().max(second.contribution_length() + own);
                    (first.shared_stack() + after, first.solve_work + second.solve_work)
                }
                [Some(first), Some(second)] => {
                    let after = second.stack.max(second.contribution_length() + own);
                    let kept = first.contribution_length();
                    (first.stack.max(kept + after), first.solve_work.max(second.solve_work))
                }
                [Some(only), None] => {
                    let stack = if front.is_parallel { only.shared_stack() } else { only.stack };
                    (stack.max(only.contribution_length() + own), only.solve_work)
                }
                _ => (own, 0),
            };
            if !front.is_parallel {
                self.thread_stack = self.thread_stack.max(front.stack);
            }
            front.solve_work += front.order();
            front.largest = both().fold((front.pivots, front.order()), |largest, child| {
                (largest.0.max(child.largest.0), largest.1.max(child.largest.1))
            });
        }
    }

    /// The update set of a front, as positions in the elimination order.
    pub(crate) fn updates_of(&self, front: &Front) -> &[u32] {
        &self.lists[front.lists].update_positions[front.updates_range()]
    }

    /// The update set of a front, as positions within the parent front.
    pub(crate) fn parent_positions_of(&self, front: &Front) -> &[u32] {
        &self.lists[front.lists].parent_positions[front.updates_range()]
    }

    /// The entries that are assembled in a front.
    pub(crate) fn entries_of(&self, front: &Front) -> &[Entry] {
        &self.lists[front.lists].entries[front.entries.clone()]
    }

    /// The largest size of the shared stack, in numbers.
    pub(crate) fn shared_stack(&self) -> usize {
        self.fronts.last().map_or(0, Front::shared_stack)
    }

    /// The largest p and the largest p + u of all fronts.
    pub(crate) fn largest(&self) -> (usize, usize) {
        self.fronts.last().map_or((0, 0), |root| root.largest)
    }

    /// The peak memory of an elimination, in bytes: its factor, the contribution blocks and this tree.
    pub(crate) fn peak_bytes(&self, factor: u64) -> u64 {
        // Positions within a front have 16 bits; a front that needs more, 34 GB, counts as too large for any machine.
        if self.fronts.iter().any(|front| front.order() > usize::from(u16::MAX)) {
            return u64::MAX;
        }
        let stack = self.shared_stack() + self.thread_stack * (rayon::current_num_threads() + 1);
        factor + 8 * stack as u64 + self.bytes()
    }

    /// The memory of this tree, in bytes.
    pub(crate) fn bytes(&self) -> u64 {
        let of_lists = |lists: &Lists| {
            let positions = lists.update_positions.capacity() + lists.parent_positions.capacity();
            4 * positions + size_of::<Entry>() * lists.entries.capacity()
        };
        let lists: usize = self.lists.iter().map(of_lists).sum();
        (8 * self.order.len() + size_of::<Front>() * self.fronts.len() + lists) as u64
    }
}
