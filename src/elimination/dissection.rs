//! Nested dissection: an elimination order that keeps fronts small, from the states' places in the grid.
//!
//! Cut a set of states at its median across the direction that `direction` chooses; the separator consists of the states
//! of one side that are coupled with the other *in the graph*, so that any stencil, any shape of the active set and any
//! wrap-around is right, and only the quality depends on the geometry (George 1973; here with the smaller of the two
//! candidates). Where no straight cut is good, `separator` looks for one that bends.

use super::direction::{Buffers, Cut, Directions, Members, Normal, Places, dot};
use super::pattern::Pattern;
use super::separator::{Graph, HIGH, LOW, SEPARATOR};
use rayon::join;
use rayon::prelude::*;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

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
/// Graphs of up to so many different edges (nine-point stencils) have the same directions everywhere.
const UNIFORM: usize = 4;
/// Edges longer than this along an axis are not tabulated: the states at their ends are marked instead.
const FAR: i64 = 32;

/// The order of elimination (place → state) and the tree behind it.
pub(super) fn dissect(pattern: &Pattern, coordinates: &[[i32; 2]]) -> (Vec<u32>, Node) {
    let n = pattern.len();
    let mut order: Vec<u32> = (0..n as u32).collect();
    let [mut x, mut y] =
        [0, 1].map(|axis| (0..n).map(|k| coordinates.get(k).map_or(0, |at| at[axis])).collect::<Vec<i32>>());
    let mut spare = (vec![0; n], vec![0; n], vec![0; n]);
    let mut cutter = Cutter {
        pattern,
        places: Places::new(coordinates),
        is_separator: (0..n).map(|_| AtomicBool::new(false)).collect(),
        positions: (0..n).map(|_| AtomicU32::new(0)).collect(),
        edges: Vec::new(),
        far: vec![false; n],
        has_far: false,
    };
    cutter.tabulate_edges();
    let directions = Directions::of(&order, pattern, &cutter.places);
    let root = cutter.cut(
        Members { states: &mut order, x: &mut x, y: &mut y },
        Members { states: &mut spare.0, x: &mut spare.1, y: &mut spare.2 },
        &directions,
        &mut Buffers::default(),
    );
    (order, root)
}

/// What all cuts share. Some is atomic because halves are cut side by side; a set reads only what belongs to its own
/// states and to separators around it, which nobody writes any more, so the result does not depend on the order of events.
struct Cutter<'a> {
    pattern: &'a Pattern<'a>,
    places: Places<'a>,
    /// Whether a state is in a separator: what is coupled with a set and not in one is in the set.
    is_separator: Vec<AtomicBool>,
    /// Where a state stands within its set, for sets that are cut by number or whose graph is looked at.
    positions: Vec<AtomicU32>,
    /// All different edges, one of each pair of opposites, those beyond [`FAR`] excepted.
    edges: Vec<[i64; 2]>,
    /// Whether a state has an edge beyond [`FAR`].
    far: Vec<bool>,
    /// Whether any state has.
    has_far: bool,
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
        self.has_far = self.far.contains(&true);
        self.edges = (0..seen.len() / 2).filter(|&index| seen[index] || seen[opposite(index)]).map(edge).collect();
    }

    /// Brings the states into the order of elimination; `spare` is as long as they are.
    fn cut(&self, mut members: Members, mut spare: Members, directions: &Directions, buffers: &mut Buffers) -> Node {
        let total = members.len();
        if total <= LEAF {
            return Node { own: total, states: total, parts: Vec::new() };
        }
        let own_directions = (total > OWN_DIRECTIONS && self.edges.len() > UNIFORM)
            .then(|| Directions::of(members.states, self.pattern, &self.places));
        let directions = own_directions.as_ref().unwrap_or(directions);
        let cut = directions.best_cut(&members, buffers);
        self.cut_straight(&members, cut, buffers);
        if is_worth_a_search(total, cut.separator) {
            self.improve(members.states, &mut buffers.parts);
        }
        let [low, high] = members.arrange(&buffers.parts, &mut spare, &mut buffers.separator);
        let (mut parts, separator) = members.split_at(low + high);
        let separator = separator.states;
        for &state in separator.iter() {
            self.is_separator[state as usize].store(true, Ordering::Relaxed);
        }
        self.sort_across(separator, cut.normal);
        let (low_part, high_part) = parts.split_at(low);
        let (low_spare, mut high_spare) = spare.split_at(low);
        let (high_spare, _) = high_spare.split_at(high);
        let part = |members: Members, spare: Members, buffers: &mut Buffers| {
            (members.len() > 0).then(|| self.cut(members, spare, directions, buffers))
        };
        let (low, high) = if low + high > SIDE_BY_SIDE {
            join(|| part(low_part, low_spare, buffers), || part(high_part, high_spare, &mut Buffers::default()))
        } else {
            (part(low_part, low_spare, buffers), part(high_part, high_spare, buffers))
        };
        Node { own: separator.len(), states: total, parts: low.into_iter().chain(high).collect() }
    }

    /// Notes the parts that a straight cut leaves, the separator being the smaller of its two borders.
    fn cut_straight(&self, members: &Members, cut: Cut, buffers: &mut Buffers) {
        // The longest edge across the cut, those beyond FAR excepted.
        let reach = self.edges.iter().map(|&edge| dot(cut.normal, edge).abs()).max().unwrap_or(0);
        let (last, reach) = match cut.last {
            Some(last) => {
                buffers.rank(members, cut.normal);
                (last, reach)
            }
            // All on one level: by number, whatever the edges.
            None => {
                self.note_positions(members.states);
                buffers.levels.clear();
                buffers.levels.extend(0..members.len() as i64);
                (members.len() as i64 / 2 - 1, i64::MAX / 2)
            }
        };
        let Buffers { levels, parts, borders, .. } = buffers;
        parts.clear();
        parts.extend(levels.iter().map(|&level| if level <= last { LOW } else { HIGH }));
        let level_of = |state: u32| match cut.last {
            Some(_) => self.level(state, cut.normal),
            None => i64::from(self.positions[state as usize].load(Ordering::Relaxed)),
        };
        borders.iter_mut().for_each(Vec::clear);
        for (position, (&level, &part)) in levels.iter().zip(parts.iter()).enumerate() {
            let is_near = (1 - reach..=reach).contains(&(level - last));
            let may_touch = is_near || (self.has_far && self.far[members.states[position] as usize]);
            if !may_touch {
                continue;
            }
            let is_across = |state: u32| {
                !self.is_separator[state as usize].load(Ordering::Relaxed) && (level_of(state) > last) == (part == LOW)
            };
            if self.pattern.neighbours(members.states[position] as usize).any(is_across) {
                borders[usize::from(part)].push(position as u32);
            }
        }
        // The smaller border; of equal ones that of the larger side.
        let low = parts.iter().filter(|&&part| part == LOW).count();
        let takes_low = (borders[0].len(), parts.len() - low) <= (borders[1].len(), low);
        for &position in &borders[usize::from(!takes_low)] {
            parts[position as usize] = SEPARATOR;
        }
    }

    fn note_positions(&self, states: &[u32]) {
        for (position, &state) in states.iter().enumerate() {
            self.positions[state as usize].store(position as u32, Ordering::Relaxed);
        }
    }

    /// Makes the separator smaller, if the graph itself has a smaller one.
    fn improve(&self, states: &[u32], parts: &mut Vec<u8>) {
        self.note_positions(states);
        let is_inside = |&other: &u32| !self.is_separator[other as usize].load(Ordering::Relaxed);
        let position = |other: u32| self.positions[other as usize].load(Ordering::Relaxed);
        let graph = Graph::new(states.len(), |state| {
            self.pattern.neighbours(states[state] as usize).filter(is_inside).map(position)
        });
        graph.refine(parts);
        if let Some(found) = graph.separate()
            && [LOW, HIGH].iter().all(|part| found.contains(part))
            && graph.separator_weight(&found) < graph.separator_weight(parts)
        {
            *parts = found;
        }
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
}

/// Whether a separator as small as that of a square could save as much work in the fronts, some 25 s³ operations for s states, as
/// looking for it is worth: 500 operations a state. That is less than it costs (about a microsecond a state), but orders are used
/// more than once, and a factor's memory falls with its work.
fn is_worth_a_search(states: usize, separator: f64) -> bool {
    const SEARCH: f64 = 20.0;
    let states = states as f64;
    separator.powi(3) - states.powf(1.5) > SEARCH * states
}
