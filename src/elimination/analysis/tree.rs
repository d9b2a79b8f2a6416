//! The assembly tree of all fronts, with the costs of its subtrees.
//!
//! It is grown in pieces (`growth`), which stay where they are: taking memory costs as much as filling it.

use super::front::{Entry, Front, Lists};
use super::growth::{Graph, Growth, grow_in_parallel};
use super::shape::Form;
use crate::elimination::ordering::dissection::dissect;
use crate::elimination::ordering::pattern::Pattern;

/// Subtrees with more than this share of the work, and more than so many operations, have their two halves factored
/// in parallel: enough tasks for some tens of threads, few enough that their stacks stay small. Properties of the tree
/// and not of the machine, so that memory and results do not depend on the number of threads.
const PARALLEL_SHARE: u64 = 32;
const PARALLEL_WORK: u64 = 20_000_000;

/// The assembly tree: all fronts in postorder, a front's children before it.
#[derive(Debug, Default)]
pub(crate) struct AssemblyTree {
    /// The state at each place of the elimination order.
    pub(crate) order: Vec<u32>,
    /// The place of each state in the elimination order.
    pub(crate) places: Vec<u32>,
    pub(crate) fronts: Vec<Front>,
    lists: Vec<Lists>,
    /// The numbers on the stack of a thread that are enough for any subtree that it eliminates alone.
    pub(crate) thread_stack: usize,
}

impl AssemblyTree {
    /// The tree that nested dissection leads to.
    pub(crate) fn grow(pattern: &Pattern, coordinates: &[[i32; 2]]) -> AssemblyTree {
        let (order, root) = dissect(pattern, coordinates);
        let mut places = vec![0u32; order.len()];
        for (place, &state) in order.iter().enumerate() {
            places[state as usize] = place as u32;
        }
        let grown = grow_in_parallel(&root, &Graph { pattern, order: &order, places: &places }, 0);
        let mut tree = AssemblyTree { order, places, ..AssemblyTree::default() };
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

    /// Counts work, stack and buffers of all subtrees, in the way that the factorisation and the solves use them.
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

    /// The update set of a front, as places.
    pub(crate) fn updates_of(&self, front: &Front) -> &[u32] {
        &self.lists[front.lists].update_places[front.updates_range()]
    }

    /// The update set of a front, as positions within its parent.
    pub(crate) fn parent_places_of(&self, front: &Front) -> &[u32] {
        &self.lists[front.lists].parent_places[front.updates_range()]
    }

    /// The rates that are assembled in a front.
    pub(crate) fn entries_of(&self, front: &Front) -> &[Entry] {
        &self.lists[front.lists].entries[front.entries.clone()]
    }

    /// The numbers on the stack in common at its highest.
    pub(crate) fn shared_stack(&self) -> usize {
        self.fronts.last().map_or(0, Front::shared_stack)
    }

    /// The largest p and the largest p + u.
    pub(crate) fn largest(&self) -> (usize, usize) {
        self.fronts.last().map_or((0, 0), |root| root.largest)
    }

    /// The number of bytes held at the peak of an elimination: its factor, the contribution blocks, and this tree.
    pub(crate) fn peak_bytes(&self, factor: u64) -> u64 {
        // The places within a front are 16-bit numbers; a front beyond that, 34 GB, is refused like any that is too
        // large.
        if self.fronts.iter().any(|front| front.order() > usize::from(u16::MAX)) {
            return u64::MAX;
        }
        let stack = self.shared_stack() + self.thread_stack * (rayon::current_num_threads() + 1);
        factor + 8 * stack as u64 + self.bytes()
    }

    /// The number of bytes of this tree.
    pub(crate) fn bytes(&self) -> u64 {
        let of_lists = |lists: &Lists| {
            let places = lists.update_places.capacity() + lists.parent_places.capacity();
            4 * places + size_of::<Entry>() * lists.entries.capacity()
        };
        let lists: usize = self.lists.iter().map(of_lists).sum();
        (8 * self.order.len() + size_of::<Front>() * self.fronts.len() + lists) as u64
    }
}
