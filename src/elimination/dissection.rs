//! Nested dissection: an elimination order that keeps fronts small, from the states' places in the grid.
//!
//! Cut a set of states at its median across the direction that `direction` chooses; the separator consists of the states
//! of one side that are coupled with the other *in the graph*, so that any stencil, any shape of the active set and any
//! wrap-around is right, and only the quality depends on the geometry (George 1973; here with the smaller of the two
//! candidates). Where no straight cut is good, `separator` looks for one that bends.

use super::direction::{Cut, Directions, Normal, Places, Set, dot};
use super::pattern::Pattern;
use super::separator::{Graph, HIGH, LOW, SEPARATOR};
use rayon::join;
use rayon::prelude::*;
use std::sync::atomic::{AtomicU8, AtomicU32, Ordering};

/// Sets up to this size become one dense front: below it, what a front's bookkeeping costs exceeds the work that a
/// further cut saves (tuned on 512×1024 cells).
const LEAF: usize = 20;
/// Sets above this size have their halves dissected side by side.
const SIDE_BY_SIDE: usize = 8192;

/// A node of the dissection: its own states come after those of its parts.
pub(super) struct Node {
    /// Number of the node's own states: a separator, or all states of a leaf.
    pub(super) own: usize,
    /// Number of all states, those of the parts included.
    pub(super) states: usize,
    /// The parts that the separator separates: none or up to two.
    pub(super) parts: Vec<Node>,
}

/// Sets above this size look at their edges afresh to choose the directions of cuts; their parts share them.
const OWN_DIRECTIONS: usize = 1024;
/// Edges longer than this along an axis are not tabulated: the states at their ends are marked instead.
const FAR: i64 = 32;

/// The order of elimination (place → state) and the tree behind it.
pub(super) fn dissect(pattern: &Pattern, coordinates: &[[i32; 2]]) -> (Vec<u32>, Node) {
    let mut order: Vec<u32> = (0..pattern.len() as u32).collect();
    let mut spare = vec![0; order.len()];
    let mut cutter = Cutter {
        pattern,
        places: Places::new(coordinates),
        sides: (0..pattern.len()).map(|_| AtomicU8::new(LOW)).collect(),
        positions: (0..pattern.len()).map(|_| AtomicU32::new(0)).collect(),
        edges: Vec::new(),
        far: vec![false; pattern.len()],
    };
    cutter.tabulate_edges();
    let directions = Directions::of(&order, pattern, &cutter.places);
    let root = cutter.cut(&mut order, &mut spare, &directions, &mut Set::default());
    (order, root)
}

/// What all cuts share. The sides are atomic because halves are cut side by side; a set reads only the sides of its own
/// states and of separators, which nobody writes any more, so the result does not depend on the order of events.
struct Cutter<'a> {
    pattern: &'a Pattern<'a>,
    places: Places<'a>,
    sides: Vec<AtomicU8>,
    /// Where a state stands within a set whose graph is looked at.
    positions: Vec<AtomicU32>,
    /// All different edges, one of each pair of opposites, those beyond [`FAR`] excepted.
    edges: Vec<[i64; 2]>,
    /// Whether a state has an edge beyond [`FAR`].
    far: Vec<bool>,
}

impl Cutter<'_> {
    fn tabulate_edges(&mut self) {
        const SIDE: usize = 2 * FAR as usize + 1;
        /// States per task.
        const PIECE: usize = 1 << 14;
        let Cutter { pattern, places, far, .. } = self;
        let tabulate = |(piece, far): (usize, &mut [bool])| {
            let mut seen = vec![false; SIDE * SIDE];
            for (state, far) in (piece * PIECE..).zip(far) {
                let from = places.of(state as u32);
                for neighbour in pattern.neighbours(state) {
                    let to = places.of(neighbour);
                    let edge = [to[0] - from[0], to[1] - from[1]];
                    if edge.iter().any(|c| c.abs() > FAR) {
                        *far = true;
                    } else {
                        seen[(edge[0] + FAR) as usize * SIDE + (edge[1] + FAR) as usize] = true;
                    }
                }
            }
            seen
        };
        let either = |a: Vec<bool>, b: Vec<bool>| a.iter().zip(&b).map(|(a, b)| *a || *b).collect();
        let seen = far.par_chunks_mut(PIECE).enumerate().map(tabulate).reduce(|| vec![false; SIDE * SIDE], either);
        let edge = |index: usize| [(index / SIDE) as i64 - FAR, (index % SIDE) as i64 - FAR];
        let opposite = |index: usize| seen.len() - 1 - index;
        self.edges = (0..seen.len() / 2).filter(|&index| seen[index] || seen[opposite(index)]).map(edge).collect();
    }

    /// Brings the states into the order of elimination; `spare` is as long as they are.
    fn cut(&self, states: &mut [u32], spare: &mut [u32], directions: &Directions, set: &mut Set) -> Node {
        if states.len() <= LEAF {
            return Node { own: states.len(), states: states.len(), parts: Vec::new() };
        }
        let own_directions =
            (states.len() > OWN_DIRECTIONS).then(|| Directions::of(states, self.pattern, &self.places));
        let directions = own_directions.as_ref().unwrap_or(directions);
        let cut = directions.best_cut(states, &self.places, set);
        let total = states.len();
        let mut sizes = self.cut_straight(states, spare, cut);
        if is_worth_a_search(total, cut.separator) {
            sizes = self.improve(states, spare, sizes);
        }
        let [low, high] = sizes;
        let (parts, separator) = states.split_at_mut(low + high);
        for &state in separator.iter() {
            self.sides[state as usize].store(SEPARATOR, Ordering::Relaxed);
        }
        self.sort_across(separator, cut.normal);
        let (low_part, high_part) = parts.split_at_mut(low);
        let (low_spare, high_spare) = spare.split_at_mut(low);
        let high_spare = &mut high_spare[..high];
        let part = |states: &mut [u32], spare: &mut [u32], set: &mut Set| {
            (!states.is_empty()).then(|| self.cut(states, spare, directions, set))
        };
        let (low, high) = if low + high > SIDE_BY_SIDE {
            join(|| part(low_part, low_spare, set), || part(high_part, high_spare, &mut Set::default()))
        } else {
            (part(low_part, low_spare, set), part(high_part, high_spare, set))
        };
        Node { own: separator.len(), states: total, parts: low.into_iter().chain(high).collect() }
    }

    /// Brings the states into the order low, high, separator by the smaller border of a straight cut; returns the sizes of the
    /// first two.
    fn cut_straight(&self, states: &mut [u32], spare: &mut [u32], cut: Cut) -> [usize; 2] {
        let reach = self.edges.iter().map(|&edge| dot(cut.normal, edge).abs()).max().unwrap_or(0);
        let low = self.separate_halves(states, spare, cut);
        let (low_states, high_states) = states.split_at_mut(low);
        let low_inner = self.border_last(low_states, spare, cut, reach, HIGH);
        let high_inner = self.border_last(high_states, spare, cut, reach, LOW);
        let (low_border, high_border) = (low - low_inner, high_states.len() - high_inner);
        // The smaller border; of equal ones that of the larger side.
        if (low_border, high_states.len()) <= (high_border, low) {
            let high = high_states.len();
            states[low_inner..].rotate_left(low_border);
            [low_inner, high]
        } else {
            [low, high_inner]
        }
    }

    /// The same by a smaller separator, if the graph itself has one; `states` come in that order.
    fn improve(&self, states: &mut [u32], spare: &mut [u32], [low, high]: [usize; 2]) -> [usize; 2] {
        for (position, &state) in states.iter().enumerate() {
            self.positions[state as usize].store(position as u32, Ordering::Relaxed);
        }
        // What is not a state of the set is in the separators around it.
        let is_inside = |&other: &u32| self.sides[other as usize].load(Ordering::Relaxed) != SEPARATOR;
        let position = |other: u32| self.positions[other as usize].load(Ordering::Relaxed);
        let graph = Graph::new(states.len(), |state| {
            self.pattern.neighbours(states[state] as usize).filter(is_inside).map(position)
        });
        let mut parts = vec![LOW; states.len()];
        parts[low..].fill(HIGH);
        parts[low + high..].fill(SEPARATOR);
        graph.refine(&mut parts);
        if let Some(found) = graph.separate()
            && graph.separator_weight(&found) < graph.separator_weight(&parts)
        {
            parts = found;
        }
        let low = stable_partition(states, spare, |position, _| parts[position] == LOW);
        parts.retain(|&part| part != LOW);
        let high = stable_partition(&mut states[low..], spare, |position, _| parts[position] == HIGH);
        [low, high]
    }

    /// n·x of a state.
    fn level(&self, state: u32, normal: Normal) -> i64 {
        dot(normal, self.places.of(state))
    }

    /// Sorts along the cut, so that a neighbour's share of a separator is a contiguous piece of it. Most often this is
    /// the numbering's own order, which a stable sort recognises.
    fn sort_across(&self, states: &mut [u32], normal: Normal) {
        let along = [-normal[1], normal[0]];
        states.sort_by_key(|&state| self.level(state, along));
    }

    /// Brings the low half to the front, keeping the order within both, and notes the sides; returns the low half's size.
    fn separate_halves(&self, states: &mut [u32], spare: &mut [u32], cut: Cut) -> usize {
        let half = states.len() / 2;
        stable_partition(states, spare, |position, state| {
            let is_low = match cut.last {
                Some(last) => self.level(state, cut.normal) <= last,
                None => position < half,
            };
            self.sides[state as usize].store(if is_low { LOW } else { HIGH }, Ordering::Relaxed);
            is_low
        })
    }

    /// Brings the states that are coupled with the other side to the end; returns the number of the others. `reach`: of
    /// the longest edge across the cut, those beyond [`FAR`] excepted.
    fn border_last(&self, side: &mut [u32], spare: &mut [u32], cut: Cut, reach: i64, other: u8) -> usize {
        stable_partition(side, spare, |_, state| {
            if let Some(last) = cut.last {
                let nearest = if other == HIGH { last + 1 } else { last };
                let distance = (self.level(state, cut.normal) - nearest).abs();
                if distance > reach && !self.far[state as usize] {
                    return true;
                }
            }
            let mut neighbours = self.pattern.neighbours(state as usize);
            neighbours.all(|neighbour| self.sides[neighbour as usize].load(Ordering::Relaxed) != other)
        })
    }
}

/// Whether a separator as small as that of a square could save as much work in the fronts, some 25 s³ operations for s states, as
/// looking for it is worth: 500 operations a state. That is less than it costs (about a microsecond a state), but orders are used
/// more than once, and a factor's memory falls with its work.
fn is_worth_a_search(states: usize, separator: f64) -> bool {
    const SEARCH: f64 = 20.0;
    let states = states as f64;
    separator.powi(3) - states.powf(1.5) > SEARCH * states
}

/// Brings the states that belong to the front there, by their position and number; returns how many. Both kinds keep their order.
fn stable_partition(states: &mut [u32], spare: &mut [u32], mut is_front: impl FnMut(usize, u32) -> bool) -> usize {
    let (mut front, mut back) = (0, 0);
    for position in 0..states.len() {
        let state = states[position];
        if is_front(position, state) {
            states[front] = state;
            front += 1;
        } else {
            spare[back] = state;
            back += 1;
        }
    }
    states[front..].copy_from_slice(&spare[..back]);
    front
}
