//! The tree of fronts: which states each eliminates, which it updates, where its rates go and what it costs.
//!
//! It is grown in pieces (`growth`), which stay where they are: taking memory costs as much as filling it.

use super::front::{Entry, Front, Lists};
use super::growth::{Graph, Growth, grow_in_parallel};
use super::shape::Form;
use crate::elimination::ordering::dissection::dissect;
use crate::elimination::ordering::pattern::Pattern;

/// Subtrees with more than this share of the work, and more than so many operations, have their two halves factored
/// side by side: enough tasks for some tens of threads, few enough that their stacks stay small. Properties of the tree
/// and not of the machine, so that memory and results do not depend on the number of threads.
const SIDE_BY_SIDE_SHARE: u64 = 32;
const SIDE_BY_SIDE_WORK: u64 = 20_000_000;

/// All fronts in postorder.
#[derive(Debug, Default)]
pub(crate) struct AssemblyTree {
    /// place → state.
    pub(crate) order: Vec<u32>,
    /// state → place.
    pub(crate) places: Vec<u32>,
    pub(crate) fronts: Vec<Front>,
    lists: Vec<Lists>,
    /// Stack for any subtree that is eliminated on one thread.
    pub(crate) stack_alone: usize,
}

impl AssemblyTree {
    /// The fronts that nested dissection leads to.
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

    /// Work, stack and workspace of all subtrees, in the way that the factorisation and the solves use them.
    fn count_costs(&mut self) {
        let total: u64 = self.fronts.iter().map(|front| front.shape().flops(Form::General)).sum();
        let threshold = SIDE_BY_SIDE_WORK.max(total / SIDE_BY_SIDE_SHARE);
        for index in 0..self.fronts.len() {
            let (finished, rest) = self.fronts.split_at_mut(index);
            let front = &mut rest[0];
            let own = front.contribution_length();
            let children = [0, 1].map(|child| front.children().get(child).map(|&child| &finished[child]));
            let both = || children.iter().flatten();
            front.work = front.shape().flops(Form::General) + both().map(|child| child.work).sum::<u64>();
            front.side_by_side = front.child_count > 0 && front.work > threshold;
            (front.stack, front.solve_work) = match children {
                [Some(first), Some(second)] if front.side_by_side => {
                    let after = second.stack_beside().max(second.contribution_length() + own);
                    (first.stack_beside() + after, first.solve_work + second.solve_work)
                }
                [Some(first), Some(second)] => {
                    let after = second.stack.max(second.contribution_length() + own);
                    let kept = first.contribution_length();
                    (first.stack.max(kept + after), first.solve_work.max(second.solve_work))
                }
                [Some(only), None] => {
                    let stack = if front.side_by_side { only.stack_beside() } else { only.stack };
                    (stack.max(only.contribution_length() + own), only.solve_work)
                }
                _ => (own, 0),
            };
            if !front.side_by_side {
                self.stack_alone = self.stack_alone.max(front.stack);
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

    /// Numbers on the stack in common at its highest.
    pub(crate) fn stack(&self) -> usize {
        self.fronts.last().map_or(0, Front::stack_beside)
    }

    /// Largest p and p + u.
    pub(crate) fn largest(&self) -> (usize, usize) {
        self.fronts.last().map_or((0, 0), |root| root.largest)
    }

    /// Bytes held at the peak of an elimination: its factor, the contribution blocks, and this tree.
    pub(crate) fn peak_bytes(&self, factor: u64) -> u64 {
        // The places within a front are 16-bit numbers; a front beyond that, 34 GB, is refused like any that is too large.
        if self.fronts.iter().any(|front| front.order() > usize::from(u16::MAX)) {
            return u64::MAX;
        }
        let stack = self.stack() + self.stack_alone * (rayon::current_num_threads() + 1);
        factor + 8 * stack as u64 + self.bytes()
    }

    /// Bytes of this tree.
    pub(crate) fn bytes(&self) -> u64 {
        let of_lists = |lists: &Lists| {
            let places = lists.update_places.capacity() + lists.parent_places.capacity();
            4 * places + size_of::<Entry>() * lists.entries.capacity()
        };
        let lists: usize = self.lists.iter().map(of_lists).sum();
        (8 * self.order.len() + size_of::<Front>() * self.fronts.len() + lists) as u64
    }
}
