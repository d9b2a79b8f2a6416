//! The tree of fronts: which states each eliminates, which it updates, where its rates go and what it costs.
//!
//! Halves of large subtrees grow side by side and are then appended, so that the tree is the same for any number of
//! threads.

use super::dissection::{Node, dissect};
use super::layout::{Form, flops};
use super::pattern::Pattern;
use super::symmetric::Shape;
use rayon::join;

/// Subtrees with more than this share of the work, and more than so many operations, have their two halves factored
/// side by side: enough tasks for some tens of threads, few enough that their stacks stay small. Properties of the tree
/// and not of the machine, so that memory and results do not depend on the number of threads.
const SIDE_BY_SIDE_SHARE: u64 = 32;
const SIDE_BY_SIDE_WORK: u64 = 20_000_000;

/// Subtrees with more states than this have their halves grown side by side.
const GROWN_SIDE_BY_SIDE: usize = 1 << 15;

/// A dense front: its pivots are consecutive places of the elimination order, its update set are later places.
#[derive(Clone, Debug)]
pub(super) struct Front {
    /// Place of the first pivot.
    pub(super) start: usize,
    /// p, the number of pivots.
    pub(super) pivots: usize,
    /// u, the size of the update set.
    pub(super) updates: usize,
    /// Where the update set begins in [`FrontTree::update_places`] and [`FrontTree::parent_places`].
    pub(super) update_start: usize,
    /// Which of [`FrontTree::entries`] are assembled here.
    pub(super) entries: std::ops::Range<usize>,
    children: [usize; 2],
    child_count: usize,
    /// The first front of the subtree; the subtree is first..=self.
    pub(super) first: usize,
    /// Floating-point operations of the subtree, in general form.
    pub(super) work: u64,
    /// Stack that the subtree needs for contribution blocks; that of subtrees eliminated on one thread is not in common.
    pub(super) stack: usize,
    /// Workspace that solves need in the subtree.
    pub(super) solve_work: usize,
    /// Largest p and p + u of the subtree.
    pub(super) largest: (usize, usize),
    /// Whether the children, if there are two, are factored side by side.
    pub(super) side_by_side: bool,
}

impl Front {
    /// p + u.
    pub(super) fn order(&self) -> usize {
        self.pivots + self.updates
    }

    /// Up to two children, the one factored first in front.
    pub(super) fn children(&self) -> &[usize] {
        &self.children[..self.child_count]
    }

    /// Stack that the subtree needs of the one in common, if a subtree beside it is eliminated at the same time.
    pub(super) fn stack_beside(&self) -> usize {
        if self.side_by_side { self.stack } else { self.contribution_length() }
    }

    /// The front's shape in symmetric form.
    pub(super) fn shape(&self) -> Shape {
        Shape { p: self.pivots, u: self.updates }
    }

    /// Room for the contribution block: u×(u+1) with κ as the last column, in symmetric form padded.
    pub(super) fn contribution_length(&self) -> usize {
        self.updates * self.shape().rows_below()
    }
}

/// The rates between two states and where they are assembled.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    /// Places in the generator's rates of the rate from the earlier to the later state and of that back, or `NO_EDGE`.
    pub(super) onward: u32,
    pub(super) back: u32,
    /// The later and the earlier state within their front. Fronts of more states than this can tell would take 34 GB and are
    /// refused.
    pub(super) later: u16,
    pub(super) earlier: u16,
}

/// What the tree grows from.
struct Graph<'a> {
    pattern: &'a Pattern<'a>,
    /// place → state.
    order: &'a [u32],
    /// state → place.
    places: &'a [u32],
}

/// All fronts in postorder.
#[derive(Debug, Default)]
pub(super) struct FrontTree {
    /// place → state.
    pub(super) order: Vec<u32>,
    pub(super) fronts: Vec<Front>,
    /// The update sets, as places.
    pub(super) update_places: Vec<u32>,
    /// The same states as positions within the parent's front.
    pub(super) parent_places: Vec<u32>,
    pub(super) entries: Vec<Entry>,
    /// Stack for any subtree that is eliminated on one thread.
    pub(super) stack_alone: usize,
    /// While the tree grows: the later states of the entries of the front at hand, and those beyond it in order.
    later_places: Vec<u32>,
    coupled_places: Vec<u32>,
}

impl FrontTree {
    /// The fronts that nested dissection leads to.
    pub(super) fn grow(pattern: &Pattern, coordinates: &[[i32; 2]]) -> FrontTree {
        let (order, root) = dissect(pattern, coordinates);
        let mut places = vec![0u32; order.len()];
        for (place, &state) in order.iter().enumerate() {
            places[state as usize] = place as u32;
        }
        let mut tree = FrontTree::default();
        tree.add(&root, &Graph { pattern, order: &order, places: &places }, 0);
        tree.order = order;
        tree.count_costs();
        tree
    }

    /// Appends a subtree whose pivots begin at the place `start`; returns its root.
    fn add(&mut self, node: &Node, graph: &Graph, start: usize) -> usize {
        let first = self.fronts.len();
        let (mut children, mut child_count, mut next) = ([0; 2], 0, start);
        match &node.parts[..] {
            [one, two] if node.states > GROWN_SIDE_BY_SIDE => {
                let mut other = FrontTree::default();
                let (one, _) = join(|| self.add(one, graph, start), || other.add(two, graph, start + one.states));
                (children, child_count) = ([one, self.append(other)], 2);
            }
            parts => {
                for part in parts {
                    children[child_count] = self.add(part, graph, next);
                    (child_count, next) = (child_count + 1, next + part.states);
                }
            }
        }
        let mut front = Front {
            start: start + node.states - node.own,
            pivots: node.own,
            updates: 0,
            update_start: self.update_places.len(),
            entries: self.entries.len()..self.entries.len(),
            children,
            child_count,
            first,
            work: 0,
            stack: 0,
            solve_work: 0,
            largest: (0, 0),
            side_by_side: false,
        };
        self.find_entries(&mut front, graph);
        self.collect_updates(&mut front);
        self.place_entries(&front);
        self.fronts.push(front);
        self.fronts.len() - 1
    }

    /// Appends what grew apart; returns its root.
    fn append(&mut self, other: FrontTree) -> usize {
        let (fronts, updates, entries) = (self.fronts.len(), self.update_places.len(), self.entries.len());
        self.fronts.extend(other.fronts.into_iter().map(|front| Front {
            update_start: front.update_start + updates,
            entries: front.entries.start + entries..front.entries.end + entries,
            children: front.children.map(|child| child + fronts),
            first: front.first + fronts,
            ..front
        }));
        self.update_places.extend(other.update_places);
        self.parent_places.extend(other.parent_places);
        self.entries.extend(other.entries);
        self.fronts.len() - 1
    }

    /// Notes all rates between a pivot and a later state, and where that one is in the order.
    fn find_entries(&mut self, front: &mut Front, graph: &Graph) {
        let Graph { pattern, order, places } = *graph;
        self.later_places.clear();
        for earlier in 0..front.pivots {
            let place = front.start + earlier;
            pattern.for_edges(order[place] as usize, |other, onward, back| {
                let later = places[other as usize];
                if later as usize > place {
                    self.later_places.push(later);
                    self.entries.push(Entry { onward, back, later: 0, earlier: earlier as u16 });
                }
            });
        }
        front.entries.end = self.entries.len();
    }

    /// The later states coupled with the pivots or inherited from the children, in order; and where those of the children come in
    /// the front.
    fn collect_updates(&mut self, front: &mut Front) {
        let end = (front.start + front.pivots) as u32;
        let mut coupled = std::mem::take(&mut self.coupled_places);
        coupled.clear();
        coupled.extend(self.later_places.iter().copied().filter(|&place| place >= end));
        coupled.sort_unstable();
        coupled.dedup();
        // What is left of each child's update set, pivots of the front coming first.
        let mut inherited = [0..0, 0..0];
        for (left, &child) in inherited.iter_mut().zip(front.children()) {
            let Front { update_start, updates, .. } = self.fronts[child];
            *left = update_start..update_start + updates;
            while let Some(&place) = self.update_places[left.clone()].first().filter(|&&place| place < end) {
                self.parent_places[left.start] = place - front.start as u32;
                left.start += 1;
            }
        }
        let mut coupled_left = coupled.as_slice();
        loop {
            const NONE: u32 = u32::MAX;
            let [one, two] = [0, 1].map(|child: usize| {
                let left = &inherited[child];
                if left.is_empty() { NONE } else { self.update_places[left.start] }
            });
            let next = one.min(two).min(coupled_left.first().copied().unwrap_or(NONE));
            if next == NONE {
                break;
            }
            let position = (front.pivots + front.updates) as u32;
            for (place, left) in [one, two].into_iter().zip(&mut inherited) {
                if place == next {
                    self.parent_places[left.start] = position;
                    left.start += 1;
                }
            }
            if coupled_left.first() == Some(&next) {
                coupled_left = &coupled_left[1..];
            }
            self.update_places.push(next);
            self.parent_places.push(0);
            front.updates += 1;
        }
        self.coupled_places = coupled;
    }

    /// Finds the later states of the entries in the front.
    fn place_entries(&mut self, front: &Front) {
        let (p, end) = (front.pivots, front.start + front.pivots);
        let updates = &self.update_places[front.update_start..];
        for (entry, &later) in self.entries[front.entries.clone()].iter_mut().zip(&self.later_places) {
            let local = match (later as usize) < end {
                true => later as usize - front.start,
                false => p + updates.partition_point(|&update| update < later),
            };
            entry.later = local as u16;
        }
    }

    /// Work, stack and workspace of all subtrees, in the way that the factorisation and the solves use them.
    fn count_costs(&mut self) {
        let total: u64 = self.fronts.iter().map(|front| flops(front, Form::General)).sum();
        let threshold = SIDE_BY_SIDE_WORK.max(total / SIDE_BY_SIDE_SHARE);
        for index in 0..self.fronts.len() {
            let (finished, rest) = self.fronts.split_at_mut(index);
            let front = &mut rest[0];
            let own = front.contribution_length();
            let children: Vec<&Front> = front.children().iter().map(|&child| &finished[child]).collect();
            front.work = flops(front, Form::General) + children.iter().map(|child| child.work).sum::<u64>();
            front.side_by_side = !children.is_empty() && front.work > threshold;
            (front.stack, front.solve_work) = match children[..] {
                [first, second] if front.side_by_side => {
                    let after = second.stack_beside().max(second.contribution_length() + own);
                    (first.stack_beside() + after, first.solve_work + second.solve_work)
                }
                [first, second] => {
                    let after = second.stack.max(second.contribution_length() + own);
                    let kept = first.contribution_length();
                    (first.stack.max(kept + after), first.solve_work.max(second.solve_work))
                }
                [only] => {
                    let stack = if front.side_by_side { only.stack_beside() } else { only.stack };
                    (stack.max(only.contribution_length() + own), only.solve_work)
                }
                _ => (own, 0),
            };
            if !front.side_by_side {
                self.stack_alone = self.stack_alone.max(front.stack);
            }
            front.solve_work += front.order();
            let largest = |pick: fn(&(usize, usize)) -> usize, own| {
                children.iter().map(|child| pick(&child.largest)).fold(own, usize::max)
            };
            front.largest = (largest(|of| of.0, front.pivots), largest(|of| of.1, front.order()));
        }
    }

    /// The update set of a front, as places.
    pub(super) fn updates_of(&self, front: &Front) -> &[u32] {
        &self.update_places[front.update_start..front.update_start + front.updates]
    }

    /// The update set of a front, as positions within its parent.
    pub(super) fn parent_places_of(&self, front: &Front) -> &[u32] {
        &self.parent_places[front.update_start..front.update_start + front.updates]
    }

    /// Numbers on the stack in common at its highest.
    pub(super) fn stack(&self) -> usize {
        self.fronts.last().map_or(0, Front::stack_beside)
    }

    /// Largest p and p + u.
    pub(super) fn largest(&self) -> (usize, usize) {
        self.fronts.last().map_or((0, 0), |root| root.largest)
    }

    /// Bytes held at the peak of an elimination: its factor, the contribution blocks, and this tree.
    pub(super) fn peak_bytes(&self, factor: u64) -> u64 {
        // The places within a front are 16-bit numbers; a front beyond that, 34 GB, is refused like any that is too large.
        if self.fronts.iter().any(|front| front.order() > usize::from(u16::MAX)) {
            return u64::MAX;
        }
        let stack = self.stack() + self.stack_alone * (rayon::current_num_threads() + 1);
        factor + 8 * stack as u64 + self.bytes()
    }

    /// Bytes of this tree.
    pub(super) fn bytes(&self) -> u64 {
        let numbers = 4 * self.order.len() + 8 * self.update_places.len();
        let records = size_of::<Front>() * self.fronts.len() + size_of::<Entry>() * self.entries.len();
        (numbers + records) as u64
    }
}
