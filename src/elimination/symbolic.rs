//! The symbolic analysis: the tree of fronts, with every cost counted before anything large is allocated.

use super::dissection::{Node, dissect};
use super::pattern::{Pattern, fingerprint, is_chain};
use crate::generator::Generator;
use rayon::join;
use std::sync::Arc;

/// Subtrees with more than this share of the work, and more than so many operations, have their two halves factored
/// side by side: enough tasks for some tens of threads, few enough that their stacks stay small. Properties of the tree
/// and not of the machine, so that memory and results do not depend on the number of threads.
const SIDE_BY_SIDE_SHARE: u64 = 32;
const SIDE_BY_SIDE_WORK: u64 = 20_000_000;

/// The plan of an elimination: reusable for every generator with the same edges.
#[derive(Clone, Debug)]
pub struct Symbolic {
    pub(super) plan: Plan,
    states: usize,
    fingerprint: u64,
}

/// Which engine.
#[derive(Clone, Debug)]
pub(super) enum Plan {
    /// The states form a chain in the given order.
    Chain,
    /// Anything else.
    Fronts(Arc<FrontTree>),
}

impl Symbolic {
    /// Analyses the pattern of the rates; their values play no part.
    pub fn analyse(generator: &Generator) -> Symbolic {
        let plan = || {
            if is_chain(generator) {
                return Plan::Chain;
            }
            let starts = generator.rates.indptr().to_proper().into_owned();
            let pattern = Pattern::of(&generator.rates, &starts);
            Plan::Fronts(Arc::new(FrontTree::grow(&pattern, &generator.coordinates)))
        };
        let (plan, fingerprint) = join(plan, || fingerprint(generator));
        Symbolic { plan, states: generator.len(), fingerprint }
    }

    /// Number of states.
    pub fn len(&self) -> usize {
        self.states
    }

    /// Whether there is no state.
    pub fn is_empty(&self) -> bool {
        self.states == 0
    }

    /// Whether a generator has the edges that this analysis was made for.
    pub fn fits(&self, generator: &Generator) -> bool {
        self.states == generator.len() && self.fingerprint == fingerprint(generator)
    }

    /// Floating-point operations of the elimination.
    pub fn flops(&self) -> u64 {
        match &self.plan {
            Plan::Chain => 5 * self.states as u64,
            Plan::Fronts(tree) => tree.fronts.last().map_or(0, |root| root.work),
        }
    }

    /// Numbers in the factor.
    pub fn factor_entries(&self) -> u64 {
        match &self.plan {
            Plan::Chain => 3 * self.states as u64,
            Plan::Fronts(tree) => tree.factor_length as u64,
        }
    }

    /// Bytes of the factor.
    pub fn factor_bytes(&self) -> u64 {
        8 * self.factor_entries()
    }

    /// Bytes held at the peak of the elimination: factor, contribution blocks, and this analysis itself.
    pub fn peak_bytes(&self) -> u64 {
        match &self.plan {
            Plan::Chain => 6 * 8 * self.states as u64,
            // The places within a front are 32-bit numbers; a front beyond that, 34 GB, is refused like any that is too large.
            Plan::Fronts(tree) if tree.fronts.iter().any(|front| front.factor_length() > u32::MAX as usize) => u64::MAX,
            Plan::Fronts(tree) => self.factor_bytes() + 8 * tree.stack_length() as u64 + tree.bytes(),
        }
    }

    /// The number of states in the largest front.
    pub fn largest_front(&self) -> usize {
        match &self.plan {
            Plan::Chain => 2.min(self.states),
            Plan::Fronts(tree) => tree.fronts.iter().map(Front::order).max().unwrap_or(0),
        }
    }
}

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
    /// Where the front's factor begins.
    pub(super) factor_start: usize,
    /// Which of [`FrontTree::entries`] are assembled here.
    pub(super) entries: std::ops::Range<usize>,
    /// Children, the one factored first in front.
    pub(super) children: Vec<usize>,
    /// The first front of the subtree; the subtree is first..=self.
    pub(super) first: usize,
    /// Floating-point operations of the subtree.
    pub(super) work: u64,
    /// Stack that the subtree needs for contribution blocks.
    pub(super) stack: usize,
    /// Workspace that solves need in the subtree.
    pub(super) solve_work: usize,
    /// Largest p and p + u of the subtree.
    pub(super) largest: (usize, usize),
    /// Whether the children are factored side by side.
    pub(super) side_by_side: bool,
}

impl Front {
    /// p + u.
    pub(super) fn order(&self) -> usize {
        self.pivots + self.updates
    }

    /// Numbers in the front's factor: pivot columns (p+u)×p, then pivot rows p×(u+1), the last column being κ.
    pub(super) fn factor_length(&self) -> usize {
        self.pivots * (self.order() + self.updates + 1)
    }

    /// Numbers in the contribution block: u×(u+1), the last column being κ.
    pub(super) fn contribution_length(&self) -> usize {
        self.updates * (self.updates + 1)
    }

    /// Σ over the pivots, with m states left after each: m sums, m+1 divisions, 2m(m+1) for the update.
    pub(super) fn flops(&self) -> u64 {
        let left = |k: usize| (self.order() - 1 - k) as u64;
        (0..self.pivots).map(left).map(|m| 2 * m + 1 + 2 * m * (m + 1)).sum()
    }
}

/// A rate and where it is assembled.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    /// Its place in the generator's rates.
    pub(super) edge: u32,
    /// Its place in the factor of its front.
    pub(super) target: u32,
}

/// All fronts in postorder.
#[derive(Debug)]
pub(super) struct FrontTree {
    /// place → state.
    pub(super) order: Vec<u32>,
    pub(super) fronts: Vec<Front>,
    /// The update sets, as places.
    pub(super) update_places: Vec<u32>,
    /// The same states as positions within the parent's front.
    pub(super) parent_places: Vec<u32>,
    pub(super) entries: Vec<Entry>,
    pub(super) factor_length: usize,
}

impl FrontTree {
    fn grow(pattern: &Pattern, coordinates: &[[i32; 2]]) -> FrontTree {
        let (order, root) = dissect(pattern, coordinates);
        let mut places = vec![0u32; order.len()];
        for (place, &state) in order.iter().enumerate() {
            places[state as usize] = place as u32;
        }
        let mut tree = FrontTree {
            order,
            fronts: Vec::new(),
            update_places: Vec::new(),
            parent_places: Vec::new(),
            entries: Vec::with_capacity(pattern.edges()),
            factor_length: 0,
        };
        tree.add(&root, pattern, &places, 0);
        tree.count_costs();
        tree
    }

    /// Appends a subtree whose pivots begin at the place `start`; returns its root.
    fn add(&mut self, node: &Node, pattern: &Pattern, places: &[u32], start: usize) -> usize {
        let mut start = start;
        let first = self.fronts.len();
        let mut children = Vec::with_capacity(2);
        for part in &node.parts {
            let child = self.add(part, pattern, places, start);
            start = self.fronts[child].start + self.fronts[child].pivots;
            children.push(child);
        }
        let end = start + node.own;
        let update_start = self.update_places.len();
        self.collect_updates(&children, pattern, places, start..end);
        let mut front = Front {
            start,
            pivots: node.own,
            updates: self.update_places.len() - update_start,
            update_start,
            factor_start: self.factor_length,
            entries: 0..0,
            children,
            first,
            work: 0,
            stack: 0,
            solve_work: 0,
            largest: (0, 0),
            side_by_side: false,
        };
        self.factor_length += front.factor_length();
        front.entries = self.place_entries(&front, pattern, places);
        self.place_children(&front);
        self.fronts.push(front);
        self.fronts.len() - 1
    }

    /// The later states coupled with the pivots or inherited from the children, in order.
    fn collect_updates(&mut self, children: &[usize], pattern: &Pattern, places: &[u32], own: std::ops::Range<usize>) {
        let mut updates: Vec<u32> = Vec::new();
        for place in own.clone() {
            let neighbours = pattern.neighbours(self.order[place] as usize).map(|state| places[state as usize]);
            updates.extend(neighbours.filter(|&neighbour| neighbour as usize >= own.end));
        }
        for &child in children {
            let inherited = self.updates_of(&self.fronts[child]).iter().copied();
            updates.extend(inherited.filter(|&place| place as usize >= own.end));
        }
        // A stable sort merges the sorted pieces in linear time.
        updates.sort();
        updates.dedup();
        self.update_places.extend(updates);
    }

    /// Gives every rate whose earlier end is a pivot here its place in the front's factor.
    fn place_entries(&mut self, front: &Front, pattern: &Pattern, places: &[u32]) -> std::ops::Range<usize> {
        let begin = self.entries.len();
        let (p, n, end) = (front.pivots, front.order(), front.start + front.pivots);
        let updates = &self.update_places[front.update_start..];
        let local = |place: usize| {
            if place < end {
                place - front.start
            } else {
                p + updates.partition_point(|&update| (update as usize) < place)
            }
        };
        for k in 0..p {
            let place = front.start + k;
            let state = self.order[place] as usize;
            for (target, edge) in pattern.outgoing(state) {
                let later = places[target as usize] as usize;
                if later > place {
                    let j = local(later);
                    let offset = if j < p { j * n + k } else { p * n + (j - p) * p + k };
                    self.entries.push(Entry { edge, target: offset as u32 });
                }
            }
            for &(source, edge) in pattern.incoming(state) {
                let later = places[source as usize] as usize;
                if later > place {
                    let offset = k * n + local(later);
                    self.entries.push(Entry { edge, target: offset as u32 });
                }
            }
        }
        begin..self.entries.len()
    }

    /// Finds the children's update sets in the front.
    fn place_children(&mut self, front: &Front) {
        self.parent_places.resize(self.update_places.len(), 0);
        let end = front.start + front.pivots;
        for &child in &front.children {
            let inherited =
                self.fronts[child].update_start..self.fronts[child].update_start + self.fronts[child].updates;
            let mut position = front.update_start;
            for slot in inherited {
                let place = self.update_places[slot] as usize;
                self.parent_places[slot] = if place < end {
                    (place - front.start) as u32
                } else {
                    while (self.update_places[position] as usize) < place {
                        position += 1;
                    }
                    (front.pivots + position - front.update_start) as u32
                };
            }
        }
    }

    /// Work, stack and workspace of all subtrees, in the way that the factorisation and the solves use them.
    fn count_costs(&mut self) {
        let total: u64 = self.fronts.iter().map(Front::flops).sum();
        let threshold = SIDE_BY_SIDE_WORK.max(total / SIDE_BY_SIDE_SHARE);
        for index in 0..self.fronts.len() {
            let (finished, rest) = self.fronts.split_at_mut(index);
            let front = &mut rest[0];
            let own = front.contribution_length();
            let children: Vec<&Front> = front.children.iter().map(|&child| &finished[child]).collect();
            front.work = front.flops() + children.iter().map(|child| child.work).sum::<u64>();
            front.side_by_side = children.len() == 2 && front.work > threshold;
            (front.stack, front.solve_work) = match children[..] {
                [first, second] => {
                    let after = second.stack.max(second.contribution_length() + own);
                    if front.side_by_side {
                        (first.stack + after, first.solve_work + second.solve_work)
                    } else {
                        let kept = first.contribution_length();
                        (first.stack.max(kept + after), first.solve_work.max(second.solve_work))
                    }
                }
                [only] => (only.stack.max(only.contribution_length() + own), only.solve_work),
                _ => (own, 0),
            };
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

    fn stack_length(&self) -> usize {
        self.fronts.last().map_or(0, |root| root.stack)
    }

    fn bytes(&self) -> u64 {
        (4 * self.order.len()
            + size_of::<Front>() * self.fronts.len()
            + 8 * self.update_places.len()
            + size_of::<Entry>() * self.entries.len()) as u64
    }
}
