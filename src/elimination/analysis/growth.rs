//! How the assembly tree grows: from the leaves, halves of large subtrees in parallel.

use super::front::{Entry, Front, Lists};
use crate::elimination::ordering::dissection::Node;
use crate::elimination::ordering::pattern::Pattern;
use rayon::join;

/// Subtrees with more states than this have their halves grown in parallel.
const PARALLEL_GROWTH: usize = 1 << 15;

/// The graph and the order of elimination that a tree grows from.
pub(crate) struct Graph<'a> {
    pub(crate) pattern: &'a Pattern<'a>,
    /// The state at each place of the elimination order.
    pub(crate) order: &'a [u32],
    /// The place of each state in the elimination order.
    pub(crate) places: &'a [u32],
}

/// Fronts grown on one thread, in postorder.
#[derive(Default)]
pub(crate) struct Growth {
    pub(crate) fronts: Vec<Front>,
    pub(crate) lists: Lists,
    /// The later states of the entries of the front at hand, in the order of the entries.
    later_places: Vec<u32>,
    /// The later states beyond its pivots, sorted.
    coupled: Vec<u32>,
    /// The update set of the front at hand.
    updates: Vec<u32>,
}

/// A child as its parent sees it while the parent grows.
#[derive(Default)]
struct Child<'a> {
    update_places: &'a [u32],
    parent_places: &'a mut [u32],
}

impl Growth {
    /// Grows a subtree whose pivots begin at the place `start`; returns its root.
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
            let (of_one, of_two) = lists.parent_places.split_at_mut(two.start);
            let (places_one, places_two) = (&lists.update_places[one.clone()], &lists.update_places[two.clone()]);
            children = [
                Child { update_places: places_one, parent_places: &mut of_one[one] },
                Child { update_places: places_two, parent_places: &mut of_two[..two.len()] },
            ];
        } else if front.child_count == 1 {
            let update_places = &lists.update_places[one.clone()];
            children[0] = Child { update_places, parent_places: &mut lists.parent_places[one] };
        }
        merge(&front, coupled, children, updates);
        self.finish(front);
        self.fronts.len() - 1
    }

    /// The front that grew last, as its parent sees it.
    fn last(&mut self) -> Child<'_> {
        let range = self.fronts.last().map_or(0..0, Front::updates_range);
        Child {
            update_places: &self.lists.update_places[range.clone()],
            parent_places: &mut self.lists.parent_places[range],
        }
    }

    /// Begins a front whose pivots begin at the place `start`: notes the rates between a pivot and a later state as its
    /// entries.
    fn begin(&mut self, node: &Node, graph: &Graph, start: usize) -> Front {
        let Graph { pattern, order, places } = *graph;
        let Growth { lists, later_places, coupled, .. } = self;
        let begin = lists.entries.len();
        later_places.clear();
        for earlier in 0..node.own {
            let place = start + earlier;
            pattern.for_edges(order[place] as usize, |other, onward, back| {
                let later = places[other as usize];
                if later as usize > place {
                    later_places.push(later);
                    lists.entries.push(Entry { onward, back, later: 0, earlier: earlier as u16 });
                }
            });
        }
        coupled.clear();
        coupled.extend(later_places.iter().copied().filter(|&place| place as usize >= start + node.own));
        coupled.sort_unstable();
        coupled.dedup();
        Front {
            start,
            pivots: node.own,
            updates: 0,
            lists: 0,
            update_start: lists.update_places.len(),
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

    /// Finishes a front: takes over its update set, and finds the later states of its entries in the front.
    fn finish(&mut self, mut front: Front) {
        let Growth { fronts, lists, later_places, updates, .. } = self;
        lists.update_places.extend_from_slice(updates);
        lists.parent_places.resize(lists.update_places.len(), 0);
        front.updates = updates.len();
        let (p, end) = (front.pivots, front.start + front.pivots);
        for (entry, &later) in lists.entries[front.entries.clone()].iter_mut().zip(&*later_places) {
            let local = match (later as usize) < end {
                true => later as usize - front.start,
                false => p + updates.partition_point(|&update| update < later),
            };
            entry.later = local as u16;
        }
        fronts.push(front);
    }
}

/// Merges the update set of a front, the later states coupled with its pivots or inherited from its children, in order;
/// notes the positions of the children's in the front.
fn merge(front: &Front, coupled: &[u32], mut children: [Child; 2], updates: &mut Vec<u32>) {
    let end = (front.start + front.pivots) as u32;
    updates.clear();
    let mut taken = [0, 0];
    for (child, taken) in children.iter_mut().zip(&mut taken) {
        // Pivots of the front come first.
        while let Some(&place) = child.update_places.get(*taken).filter(|&&place| place < end) {
            child.parent_places[*taken] = place - front.start as u32;
            *taken += 1;
        }
    }
    let mut coupled = coupled;
    loop {
        const NONE: u32 = u32::MAX;
        let heads = [0, 1].map(|child: usize| children[child].update_places.get(taken[child]).copied().unwrap_or(NONE));
        let next = heads[0].min(heads[1]).min(coupled.first().copied().unwrap_or(NONE));
        if next == NONE {
            break;
        }
        let position = (front.pivots + updates.len()) as u32;
        for child in 0..2 {
            if heads[child] == next {
                children[child].parent_places[taken[child]] = position;
                taken[child] += 1;
            }
        }
        if coupled.first() == Some(&next) {
            coupled = &coupled[1..];
        }
        updates.push(next);
    }
}

/// Grows a subtree whose pivots begin at the place `start`, its halves in parallel as long as they are large.
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
