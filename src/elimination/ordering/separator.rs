//! Separators found on the graph alone, for sets that no straight cut halves well, for instance where the diffusion
//! tensor turns from place to place.
//!
//! The method is multilevel (Karypis & Kumar 1998): pairs of states with the heaviest edges between them are merged
//! until few states are left. On this coarsest graph breadth-first levels from a peripheral state follow the graph's
//! own distances, and a level separates the levels before it from those behind it (George & Liu 1981). The smallest of
//! a few such separators is projected back to the finer graphs one after another and improved on each by moves
//! (Fiduccia & Mattheyses 1982, for vertex separators): a state leaves the separator for one side and draws in its
//! neighbours from the other.

use std::collections::BinaryHeap;

/// The parts of a set: its two sides and the separator between them.
pub(super) const LOW: u8 = 0;
pub(super) const HIGH: u8 = 1;
pub(super) const SEPARATOR: u8 = 2;

/// The largest share of a set's states that one part may have.
const LARGEST_PART: f64 = 0.6;
/// The number of level structures that are tried, each from another peripheral state.
const STRUCTURES: usize = 3;
/// The largest number of rounds of moves; a round without gain is the last.
const ROUNDS: usize = 4;
/// The number of moves without gain after which a round ends: a quarter of the separator, within these limits.
const PATIENCE: std::ops::Range<usize> = 30..150;

/// The number of states below which a graph is not merged further.
const COARSEST: usize = 160;
/// Merging continues as long as it leaves less than this share of the states.
const SHRINKS: f64 = 0.95;

/// The edges within a set, stored in both directions; states are numbered from 0.
#[derive(Default)]
pub(super) struct Graph {
    starts: Vec<u32>,
    targets: Vec<u32>,
    /// The number of original edges that each edge represents.
    edge_weights: Vec<u32>,
    /// The number of original states that each state represents.
    state_weights: Vec<u32>,
    total: usize,
}

impl Graph {
    /// The graph with the given neighbours of each state; a neighbour may come twice.
    pub(super) fn new<N: Iterator<Item = u32>>(states: usize, neighbours: impl Fn(usize) -> N) -> Graph {
        let mut graph = Graph { starts: vec![0], state_weights: vec![1; states], total: states, ..Graph::default() };
        let mut seen_from = vec![usize::MAX; states];
        for state in 0..states {
            for neighbour in neighbours(state) {
                if std::mem::replace(&mut seen_from[neighbour as usize], state) != state {
                    graph.targets.push(neighbour);
                }
            }
            graph.starts.push(graph.targets.len() as u32);
        }
        graph.edge_weights = vec![1; graph.targets.len()];
        graph
    }

    fn len(&self) -> usize {
        self.state_weights.len()
    }

    fn edges(&self, state: u32) -> std::ops::Range<usize> {
        self.starts[state as usize] as usize..self.starts[state as usize + 1] as usize
    }

    fn neighbours(&self, state: u32) -> &[u32] {
        &self.targets[self.edges(state)]
    }

    /// The total weight of some states.
    fn weight_of(&self, states: impl Iterator<Item = u32>) -> usize {
        states.map(|state| self.state_weights[state as usize] as usize).sum()
    }

    /// The weight of a separator.
    pub(super) fn separator_weight(&self, parts: &[u8]) -> usize {
        self.weight_of((0..self.len() as u32).filter(|&state| parts[state as usize] == SEPARATOR))
    }

    /// The part of each state in a small separation; `None` if there is none that leaves two parts.
    pub(super) fn separate(&self) -> Option<Vec<u8>> {
        if self.len() > COARSEST {
            let (coarse, merged) = self.coarser();
            if (coarse.len() as f64) < SHRINKS * self.len() as f64 {
                let coarse_parts = coarse.separate()?;
                let mut parts: Vec<u8> = merged.iter().map(|&into| coarse_parts[into as usize]).collect();
                self.refine(&mut parts);
                return Some(parts);
            }
        }
        let mut parts = self.separate_by_levels()?;
        self.refine(&mut parts);
        Some(parts)
    }

    /// The coarser graph, in which pairs of states with a heavy edge between them are merged, and the coarse state of
    /// each state.
    fn coarser(&self) -> (Graph, Vec<u32>) {
        const NONE: u32 = u32::MAX;
        let mut merged = vec![NONE; self.len()];
        let mut members: Vec<[u32; 2]> = Vec::with_capacity(self.len() / 2 + 1);
        for state in 0..self.len() as u32 {
            if merged[state as usize] != NONE {
                continue;
            }
            let is_free = |&edge: &usize| merged[self.targets[edge] as usize] == NONE && self.targets[edge] != state;
            let heaviness = |edge: usize| {
                let lightness = u32::MAX - self.state_weights[self.targets[edge] as usize];
                (self.edge_weights[edge], lightness)
            };
            let partner = self.edges(state).filter(is_free).max_by_key(|&edge| heaviness(edge));
            let partner = partner.map_or(state, |edge| self.targets[edge]);
            merged[state as usize] = members.len() as u32;
            merged[partner as usize] = members.len() as u32;
            members.push([state, partner]);
        }
        let mut coarse = Graph { starts: vec![0], total: self.total, ..Graph::default() };
        // Where the edge to each state is stored among those of the current state.
        let mut slots = vec![NONE; members.len()];
        for (number, &[first, second]) in members.iter().enumerate() {
            let begin = coarse.targets.len();
            let both = [first, second];
            let both = if first == second { &both[..1] } else { &both[..] };
            for edge in both.iter().flat_map(|&state| self.edges(state)) {
                let target = merged[self.targets[edge] as usize];
                if target == number as u32 {
                    continue;
                }
                let slot = slots[target as usize];
                if slot != NONE && slot as usize >= begin {
                    coarse.edge_weights[slot as usize] += self.edge_weights[edge];
                } else {
                    slots[target as usize] = coarse.targets.len() as u32;
                    coarse.targets.push(target);
                    coarse.edge_weights.push(self.edge_weights[edge]);
                }
            }
            coarse.starts.push(coarse.targets.len() as u32);
            coarse.state_weights.push(self.weight_of(both.iter().copied()) as u32);
        }
        (coarse, merged)
    }

    /// The parts of the best of a few breadth-first level structures.
    fn separate_by_levels(&self) -> Option<Vec<u8>> {
        let mut structure = Levels::from_root(self, 0);
        // A peripheral state: the farthest from the farthest.
        for _ in 0..2 {
            structure = Levels::from_root(self, structure.farthest());
        }
        let mut best: Option<(usize, Vec<u8>)> = None;
        for number in 0..STRUCTURES {
            if let Some((size, level)) = structure.smallest_separator(self)
                && best.as_ref().is_none_or(|&(smallest, _)| size < smallest)
            {
                best = Some((size, structure.parts(self, level)));
            }
            let root = match number {
                // A structure that runs across the first one.
                0 => structure.end_of_middle_level(self),
                _ => structure.farthest(),
            };
            if number + 1 < STRUCTURES {
                structure = Levels::from_root(self, root);
            }
        }
        best.map(|(_, parts)| parts)
    }

    /// Makes a separator smaller by moves across it.
    pub(super) fn refine(&self, parts: &mut [u8]) {
        for _ in 0..ROUNDS {
            if !Moves::new(self, parts).round() {
                break;
            }
        }
    }

    /// The gain of moving a state from the separator to a side: its weight minus the weights of its neighbours on the
    /// other side.
    fn gain(&self, parts: &[u8], state: u32, to: u8) -> i64 {
        let drawn_in = self.neighbours(state).iter().copied().filter(|&other| parts[other as usize] == 1 - to);
        i64::from(self.state_weights[state as usize]) - self.weight_of(drawn_in) as i64
    }
}

/// States by their distance from a root; states of other components follow, as if behind the farthest.
struct Levels {
    /// The states in order of their level.
    order: Vec<u32>,
    level: Vec<u32>,
}

const UNSEEN: u32 = u32::MAX;

impl Levels {
    fn from_root(graph: &Graph, root: u32) -> Levels {
        let mut levels = Levels { order: Vec::with_capacity(graph.len()), level: vec![UNSEEN; graph.len()] };
        let mut next_root = 0;
        let mut root = Some(root);
        while let Some(start) = root {
            levels.level[start as usize] = levels.order.last().map_or(0, |&last| levels.level[last as usize] + 1);
            let mut head = levels.order.len();
            levels.order.push(start);
            while let Some(&state) = levels.order.get(head) {
                head += 1;
                for &other in graph.neighbours(state) {
                    if levels.level[other as usize] == UNSEEN {
                        levels.level[other as usize] = levels.level[state as usize] + 1;
                        levels.order.push(other);
                    }
                }
            }
            while next_root < graph.len() && levels.level[next_root] != UNSEEN {
                next_root += 1;
            }
            root = (next_root < graph.len()).then_some(next_root as u32);
        }
        levels
    }

    /// A state of the last level.
    fn farthest(&self) -> u32 {
        self.order[self.order.len() - 1]
    }

    /// Whether a state of this level has a neighbour in the next level.
    fn leads_on(&self, graph: &Graph, state: u32) -> bool {
        let next = self.level[state as usize] + 1;
        graph.neighbours(state).iter().any(|&other| self.level[other as usize] == next)
    }

    /// The weight and the level of the smallest separator that leaves parts of allowed size; the middle level always
    /// counts as allowed.
    fn smallest_separator(&self, graph: &Graph) -> Option<(usize, u32)> {
        let largest = (LARGEST_PART * graph.total as f64) as usize;
        let mut best: Option<(usize, u32)> = None;
        let (mut begin, mut below) = (0, 0);
        while let Some(&first) = self.order.get(begin) {
            let level = self.level[first as usize];
            let count = self.order[begin..].iter().take_while(|&&state| self.level[state as usize] == level).count();
            let states = &self.order[begin..begin + count];
            let here = graph.weight_of(states.iter().copied());
            let above = graph.total - below - here;
            let is_middle = below <= graph.total / 2 && below + here > graph.total / 2;
            if above > 0 && (is_middle || (below + here).max(above) <= largest) {
                let leading = states.iter().copied().filter(|&state| self.leads_on(graph, state));
                let size = graph.weight_of(leading);
                if below + here > size && best.is_none_or(|(smallest, _)| size < smallest) {
                    best = Some((size, level));
                }
            }
            (begin, below) = (begin + count, below + here);
        }
        best
    }

    /// The parts below and above a level; the separator consists of those states of the level that have a neighbour in
    /// the next.
    fn parts(&self, graph: &Graph, level: u32) -> Vec<u8> {
        let part = |state: usize| match self.level[state].cmp(&level) {
            std::cmp::Ordering::Less => LOW,
            std::cmp::Ordering::Greater => HIGH,
            std::cmp::Ordering::Equal if self.leads_on(graph, state as u32) => SEPARATOR,
            std::cmp::Ordering::Equal => LOW,
        };
        (0..self.level.len()).map(part).collect()
    }

    /// The state of the middle level that is farthest from another state of that level.
    fn end_of_middle_level(&self, graph: &Graph) -> u32 {
        let middle = self.order[self.order.len() / 2];
        let distances = Levels::from_root(graph, middle);
        let is_in = |state: &&u32| self.level[**state as usize] == self.level[middle as usize];
        distances.order.iter().rev().find(is_in).copied().unwrap_or(middle)
    }
}

/// One round of moves: every state leaves the separator at most once, and the best separation on the way is kept.
struct Moves<'a> {
    graph: &'a Graph,
    parts: &'a mut [u8],
    /// Candidate moves to either side: the gain when stored, and the state. The gain is computed again before a move.
    candidates: [BinaryHeap<(i64, u32)>; 2],
    has_moved: Vec<bool>,
    sizes: [usize; 3],
    /// A state and the part that it was in before.
    history: Vec<(u32, u8)>,
}

impl<'a> Moves<'a> {
    fn new(graph: &'a Graph, parts: &'a mut [u8]) -> Moves<'a> {
        let mut sizes = [0; 3];
        parts.iter().zip(&graph.state_weights).for_each(|(&part, &weight)| sizes[part as usize] += weight as usize);
        let has_moved = vec![false; parts.len()];
        Moves { graph, parts, candidates: Default::default(), has_moved, sizes, history: Vec::new() }
    }

    /// Makes one round of moves; returns whether the separator has become smaller.
    fn round(mut self) -> bool {
        let before = self.sizes[SEPARATOR as usize];
        for state in
            (0..self.parts.len() as u32).filter(|&state| self.parts[state as usize] == SEPARATOR).collect::<Vec<_>>()
        {
            self.note(state);
        }
        let largest = (LARGEST_PART * self.graph.total as f64) as usize;
        let patience = (before / 4).clamp(PATIENCE.start, PATIENCE.end);
        let worth = |sizes: [usize; 3]| (sizes[2], sizes[0].abs_diff(sizes[1]));
        let (mut best, mut kept, mut idle) = (worth(self.sizes), 0, 0);
        while idle < patience {
            let tops = [LOW, HIGH].map(|to| self.top(to).filter(|_| self.sizes[to as usize] < largest));
            let to = match tops {
                [Some(low), Some(high)] if low == high => u8::from(self.sizes[0] > self.sizes[1]),
                [Some(low), Some(high)] => u8::from(high > low),
                [Some(_), None] => LOW,
                [None, Some(_)] => HIGH,
                [None, None] => break,
            };
            self.advance(to);
            idle += 1;
            if worth(self.sizes) < best {
                (best, kept, idle) = (worth(self.sizes), self.history.len(), 0);
            }
        }
        for (state, part) in self.history.drain(kept..).rev() {
            self.parts[state as usize] = part;
        }
        best.0 < before
    }

    /// Stores the candidate moves of a state to either side.
    fn note(&mut self, state: u32) {
        for to in [LOW, HIGH] {
            self.candidates[to as usize].push((self.graph.gain(self.parts, state, to), state));
        }
    }

    /// The largest gain of a move to a side, recomputed.
    fn top(&mut self, to: u8) -> Option<i64> {
        while let Some(&(gain, state)) = self.candidates[to as usize].peek() {
            let is_open = self.parts[state as usize] == SEPARATOR && !self.has_moved[state as usize];
            let now = self.graph.gain(self.parts, state, to);
            if is_open && now == gain {
                return Some(gain);
            }
            self.candidates[to as usize].pop();
            if is_open {
                self.candidates[to as usize].push((now, state));
            }
        }
        None
    }

    /// Makes the best move to a side.
    fn advance(&mut self, to: u8) {
        let Some((_, state)) = self.candidates[to as usize].pop() else { return };
        let graph = self.graph;
        self.has_moved[state as usize] = true;
        self.set(state, to);
        for &other in graph.neighbours(state) {
            if self.parts[other as usize] == 1 - to {
                self.set(other, SEPARATOR);
                if !self.has_moved[other as usize] {
                    self.note(other);
                }
                // Moving one of these to this side now gains one more.
                for &near in graph.neighbours(other) {
                    if self.parts[near as usize] == SEPARATOR && !self.has_moved[near as usize] {
                        self.candidates[to as usize].push((graph.gain(self.parts, near, to), near));
                    }
                }
            }
        }
    }

    /// Puts a state into a part and records the part that it was in.
    fn set(&mut self, state: u32, part: u8) {
        let before = std::mem::replace(&mut self.parts[state as usize], part);
        self.history.push((state, before));
        let weight = self.graph.state_weights[state as usize] as usize;
        self.sizes[before as usize] -= weight;
        self.sizes[part as usize] += weight;
    }
}
