//! Builds the assembly tree from the leaves up; the two halves of a large subtree are built in parallel.

use super::front::{Entry, Front, Lists};
use crate::elimination::ordering::dissection::Node;
use crate::elimination::ordering::pattern::Pattern;
use rayon::join;

/// The number of states above which the two halves of a subtree are built in parallel.
const PARALLEL_GROWTH: usize = 1 << 15;

/// The graph and the elimination order that an assembly tree is built from.
pub(crate) struct Graph<'a> {
    pub(crate) pattern: &'a Pattern<'a>,
    /// The state at each position of the elimination order.
    pub(crate) order: &'a [u32],
    /// The position of each state in the elimination order.
    pub(crate) positions: &'a [u32],
}

/// The fronts built on one thread, in postorder.
#[derive(Default)]
pub(crate) struct Growth {
    pub(crate) fronts: Vec<Front>,
    pub(crate) lists: Lists,
    /// The later state of each entry of the current front, in the order of the entries.
    later_positions: Vec<u32>,
    /// The states after the pivots that are coupled with them, sorted.
    coupled: Vec<u32>,
    /// The update set of the current front.
    updates: Vec<u32>,
}

/// The part of a child front that its parent reads and writes while the parent is built.
#[derive(Default)]
struct Child<'a> {
    update_positions: &'a [u32],
    parent_positions: &'a mut [u32],
}

impl Growth {
    /// Builds a subtree whose pivots begin at the position `start`; returns the index of its root.
    fn subtree(&mut self, node: &Node, graph: &Graph, start: usize) -> usize {
        let (mut roots, mut next) = ([0; 2], start);
        for (root, part) in roots.iter_mut().zip(&node.parts) {
            *root = self.subtree(part, graph, next);
            next += part.states;
        }
        let front = self.begin(node, graph, next);
        let Growth { fronts, lists, coupled, updates, .. } = self;
        let [one, two] = roots.map(|root| fronts.get(root).map_or(0..0, Front::updates_range));
        let mut children = <[Child; 2]>::default();
        if front.child_count == 2 {
            let (of_one, of_two) = lists.parent_positions.split_at_mut(two.start);
            let (positions_one, positions_two) =
                (&lists.update_positions[one.clone()], &lists.update_positions[two.clone()]);
            children = [
                Child { update_positions: positions_one, parent_positions: &mut of_one[one] },
                Child { update_positions: positions_two, parent_positions: &mut of_two[..two.len()] },
            ];
        } else if front.child_count == 1 {
            let update_positions = &lists.update_positions[one.clone()];
            children[0] = Child { update_positions, parent_positions: &mut lists.parent_positions[one] };
        }
        merge(&front, coupled, children, updates);
        self.finish(front);
        self.fronts.len() - 1
    }

    /// The front built last, as a child.
    fn last(&mut self) -> Child<'_> {
        let range = self.fronts.last().map_or(0..0, Front::updates_range);
        Child {
            update_positions: &self.lists.update_positions[range.clone()],
            parent_positions: &mut self.lists.parent_positions[range],
        }
    }

    /// Begins a front whose pivots begin at the position `start`: the rates between a pivot and any later state become
    /// its entries.
    fn begin(&mut self, node: &Node, graph: &Graph, start: usize) -> Front {
        let Graph { pattern, order, positions } = *graph;
        let Growth { lists, later_positions, coupled, .. } = self;
        let begin = lists.entries.len();
        later_positions.clear();
        for earlier in 0..node.own {
            let position = start + earlier;
            pattern.for_edges(order[position] as usize, |other, onward, back| {
                let later = positions[other as usize];
                if later as usize > position {
                    later_positions.push(later);
                    lists.entries.push(Entry { onward, back, later: 0, earlier: earlier as u16 });
                }
            });
        }
        coupled.clear();
        coupled.extend(later_positions.iter().copied().filter(|&position| position as usize >= start + node.own));
        coupled.sort_unstable();
        coupled.dedup();
        Front {
            start,
            pivots: node.own,
            updates: 0,
            lists: 0,
            update_start: lists.update_positions.len(),
            entries: begin..lists.entries.len(),
            children: [0; 2],
            child_count: node.parts.len(),
            first: 0,
            work: 0,
            stack: 0,
            solve_work: 0,
            largest: (0, 0),
            is_parallel: false,
        }
    }

    /// Completes a front: stores its update set, and replaces the later states of its entries by their positions within
    /// the front.
    fn finish(&mut self, mut front: Front) {
        let Growth { fronts, lists, later_positions, updates, .. } = self;
        lists.update_positions.extend_from_slice(updates);
        lists.parent_positions.resize(lists.update_positions.len(), 0);
        front.updates = updates.len();
        let (p, end) = (front.pivots, front.start + front.pivots);
        for (entry, &later) in lists.entries[front.entries.clone()].iter_mut().zip(&*later_positions) {
            let local = match (later as usize) < end {
                true => later as usize - front.start,
                false => p + updates.partition_point(|&update| update < later),
            };
            entry.later = local as u16;
        }
        fronts.push(front);
    }
}

/// Merges the sorted update set of a front from the later states coupled with its pivots and from the update sets of
/// its children, and records where the children's states are in the front.
fn merge(front: &Front, coupled: &[u32], mut children: [Child; 2], updates: &mut Vec<u32>) {
    let end = (front.start + front.pivots) as u32;
    updates.clear();
    let mut taken = [0, 0];
    for (child, taken) in children.iter_mut().zip(&mut taken) {
        // Pivots of the front come first.
        while let Some(&position) = child.update_positions.get(*taken).filter(|&&position| position < end) {
            child.parent_positions[*taken] = position - front.start as u32;
            *taken += 1;
        }
    }
    let mut coupled = coupled;
    loop {
        const NONE: u32 = u32::MAX;
        let heads =
            [0, 1].map(|child: usize| children[child].update_positions.get(taken[child]).copied().unwrap_or(NONE));
        let next = heads[0].min(heads[1]).min(coupled.first().copied().unwrap_or(NONE));
        if next == NONE {
            break;
        }
        let position = (front.pivots + updates.len()) as u32;
        for child in 0..2 {
            if heads[child] == next {
                children[child].parent_positions[taken[child]] = position;
                taken[child] += 1;
            }
        }
        if coupled.first() == Some(&next) {
            coupled = &coupled[1..];
        }
        updates.push(next);
    }
}

/// Builds a subtree whose pivots begin at the position `start`; halves above [`PARALLEL_GROWTH`] are built in parallel.
pub(crate) fn grow_in_parallel(node: &Node, graph: &Graph, start: usize) -> Vec<Growth> {
    let mut growth = Growth::default();
    let (mut grown, mut second) = match &node.parts[..] {
        [one, two] if node.states > PARALLEL_GROWTH => {
            join(|| grow_in_parallel(one, graph, start), || grow_in_parallel(two, graph, start + one.states))
        }
        [only] if node.states > PARALLEL_GROWTH => (grow_in_parallel(only, graph, start), Vec::new()),
        _ => {
            growth.subtree(node, graph, start);
            return vec![growth];
        }
    };
    let front = growth.begin(node, graph, start + node.states - node.own);
    let children = [&mut grown, &mut second].map(|part| part.last_mut().map(Growth::last).unwrap_or_default());
    merge(&front, &growth.coupled, children, &mut growth.updates);
    growth.finish(front);
    grown.append(&mut second);
    grown.push(growth);
    grown
}
