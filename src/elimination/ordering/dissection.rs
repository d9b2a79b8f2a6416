//! Nested dissection: an elimination order that keeps fronts small, from the states' grid coordinates.
//!
//! A set of states is cut at its median across the direction that `direction` chooses. The separator consists of the
//! states of one side that are coupled with the other side *in the graph* (the smaller of the two candidates; George
//! 1973). The order is therefore right for any stencil, any shape of the set and any periodic axis; only its quality
//! depends on the geometry. Sets are stored as `runs`, so that a straight cut reads only the ends of runs and the
//! states near it. Where no straight cut is good, `separator` searches the graph for a curved one.

use super::coordinates::{Coordinates, dot};
use super::direction::{Cut, Directions};
use super::pattern::Pattern;
use super::runs::{Run, count, runs};
use super::separator::{Graph, HIGH, LOW, SEPARATOR};
use rayon::join;
use rayon::prelude::*;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// The number of states up to which a set becomes one dense front: below it, the bookkeeping of a front costs more than
/// a further cut saves (tuned on 512×1024 cells).
const LEAF: usize = 20;
/// The number of states above which the halves of a set are dissected in parallel.
const PARALLEL: usize = 8192;

/// A node of the dissection tree. Its own states follow those of its parts in the elimination order.
pub(crate) struct Node {
    /// The number of the node's own states: a separator, or all states of a leaf.
    pub(crate) own: usize,
    /// The number of states of the node and all its descendants.
    pub(crate) states: usize,
    /// The parts that the separator separates, at most two.
    pub(crate) parts: Vec<Node>,
}

/// The number of states above which a set chooses its own cut directions from its edges; smaller sets use those of the
/// set they are part of.
const OWN_DIRECTIONS: usize = 1024;
/// The number of different edges (nine-point stencils) up to which the whole graph uses the same cut directions.
const UNIFORM: usize = 4;
/// The length along an axis, in cells, above which an edge is not tabulated: the states at its ends are marked instead.
const FAR: i64 = 32;

/// The elimination order (position → state) and the dissection tree behind it.
pub(crate) fn dissect(pattern: &Pattern, coordinates: &[[i32; 2]]) -> (Vec<u32>, Node) {
    let n = pattern.len();
    let mut order = vec![0; n];
    let mut cutter = Cutter {
        pattern,
        coordinates: Coordinates::new(coordinates),
        is_separator: bytemuck::zeroed_vec(n),
        positions: bytemuck::zeroed_vec(n),
        edges: Vec::new(),
        far: Vec::new(),
    };
    cutter.tabulate_edges();
    let mut buffers = Buffers { stack: runs(n, &cutter.coordinates), cut: CutBuffers::default() };
    let directions = Directions::of(&buffers.stack, pattern, &cutter.coordinates);
    let root = cutter.dissect(&mut order, 0..buffers.stack.len(), &directions, &mut buffers);
    (order, root)
}

/// Buffers that are reused from set to set.
struct Buffers {
    /// The set being cut and the sets still to be cut.
    stack: Vec<Run>,
    cut: CutBuffers,
}

/// The buffers of one cut.
#[derive(Default)]
struct CutBuffers {
    counts: Vec<i32>,
    /// The runs of the current set, each with its half.
    halves: Vec<(Run, u8)>,
    /// The runs of the current set, each with its part: one of two sides or the separator.
    pieces: Vec<(Run, u8)>,
    /// The states next to a cut on its low and on its high side.
    borders: [Vec<u32>; 2],
    /// The states of the separator, each with its level along the cut.
    separator: Vec<(i64, u32)>,
}

/// The graph and the marks that all cuts share. Some marks are atomic because halves are cut in parallel. A set reads
/// only marks of its own states and of the finished separators around it, so the result does not depend on timing.
struct Cutter<'a> {
    pattern: &'a Pattern<'a>,
    coordinates: Coordinates<'a>,
    /// Whether a state is in a separator. A state that is coupled with a set and in no separator belongs to the set.
    is_separator: Vec<AtomicBool>,
    /// The position of each state within its set, for sets that are cut by number or whose graph is searched.
    positions: Vec<AtomicU32>,
    /// All different edges up to [`FAR`], one of each pair of opposites.
    edges: Vec<[i64; 2]>,
    /// The states that have an edge beyond [`FAR`].
    far: Vec<u32>,
}

impl Cutter<'_> {
    /// Finds the different edges of the graph, and the states that have an edge beyond [`FAR`].
    fn tabulate_edges(&mut self) {
        const SIDE: usize = 2 * FAR as usize + 1;
        /// States per task.
        const TASK_STATES: usize = 1 << 14;
        let Cutter { pattern, coordinates, .. } = self;
        let mut is_far = vec![false; pattern.len()];
        let tabulate = |(piece, far): (usize, &mut [bool])| {
            let mut seen = vec![false; SIDE * SIDE];
            for (state, far) in (piece * TASK_STATES..).zip(far) {
                let from = coordinates.coordinates_of(state as u32);
                for neighbour in pattern.neighbours(state) {
                    let to = coordinates.coordinates_of(neighbour);
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
        let seen =
            is_far.par_chunks_mut(TASK_STATES).enumerate().map(tabulate).reduce(|| vec![false; SIDE * SIDE], either);
        let edge = |index: usize| [(index / SIDE) as i64 - FAR, (index % SIDE) as i64 - FAR];
        let opposite = |index: usize| seen.len() - 1 - index;
        self.far = (0..).zip(is_far).filter(|&(_, is_far)| is_far).map(|(state, _)| state).collect();
        self.edges = (0..seen.len() / 2).filter(|&index| seen[index] || seen[opposite(index)]).map(edge).collect();
    }

    /// Dissects a set, given as runs on the stack, and writes its states in elimination order.
    fn dissect(&self, order: &mut [u32], set: Range<usize>, directions: &Directions, buffers: &mut Buffers) -> Node {
        let total = order.len();
        let Buffers { stack, cut: cut_buffers } = buffers;
        let runs = &stack[set];
        if total <= LEAF {
            order.iter_mut().zip(runs.iter().flat_map(Run::states)).for_each(|(slot, state)| *slot = state);
            return Node { own: total, states: total, parts: Vec::new() };
        }
        let edges_vary = self.edges.len() > UNIFORM;
        let own_directions =
            (total > OWN_DIRECTIONS && edges_vary).then(|| Directions::of(runs, self.pattern, &self.coordinates));
        let directions = own_directions.as_ref().unwrap_or(directions);
        let cut = directions.best_cut(runs, total, &mut cut_buffers.counts);
        self.cut_straight(runs, total, cut, cut_buffers);
        let CutBuffers { pieces, separator, .. } = cut_buffers;
        if is_worth_a_search(total, cut.separator, edges_vary) {
            self.improve(pieces);
        }
        let base = stack.len();
        let [low, high] = [LOW, HIGH].map(|part| {
            let begin = stack.len();
            for &(run, _) in pieces.iter().filter(|piece| piece.1 == part) {
                stack.push(run);
            }
            begin..stack.len()
        });
        // Sort along the cut, so that the part of a separator that borders on a neighbour is contiguous. Most often the
        // states are in this order already, which a stable sort recognises.
        let along = [-cut.normal[1], cut.normal[0]];
        separator.clear();
        for (run, _) in pieces.iter().filter(|piece| piece.1 == SEPARATOR) {
            separator.extend(run.states().zip(run.coordinates()).map(|(state, point)| (dot(along, point), state)));
        }
        separator.sort_by_key(|&(level, _)| level);
        let (parts, own) = order.split_at_mut(total - separator.len());
        for (slot, &(_, state)) in own.iter_mut().zip(&*separator) {
            self.is_separator[state as usize].store(true, Ordering::Relaxed);
            *slot = state;
        }
        let (low_part, high_part) = parts.split_at_mut(count(&stack[low.clone()]));
        let part = |order: &mut [u32], set: Range<usize>, buffers: &mut Buffers| {
            (!order.is_empty()).then(|| self.dissect(order, set, directions, buffers))
        };
        let (low, high) = if total > PARALLEL {
            let mut others = Buffers { stack: stack[high].to_vec(), cut: CutBuffers::default() };
            let others_set = 0..others.stack.len();
            join(|| part(low_part, low, buffers), || part(high_part, others_set, &mut others))
        } else {
            (part(low_part, low, buffers), part(high_part, high, buffers))
        };
        buffers.stack.truncate(base);
        Node { own: own.len(), states: total, parts: low.into_iter().chain(high).collect() }
    }

    /// Finds the parts of a straight cut; the separator is the smaller of the two borders.
    fn cut_straight(&self, runs: &[Run], total: usize, cut: Cut, buffers: &mut CutBuffers) {
        let CutBuffers { halves, pieces, borders, .. } = buffers;
        // The longest edge across the cut, not counting those beyond FAR.
        let reach = self.edges.iter().map(|&edge| dot(cut.normal, edge).abs()).max().unwrap_or(0);
        let half = total / 2;
        if cut.last.is_none() {
            self.note_positions(runs.iter().flat_map(Run::states));
        }
        let is_high = |state: u32| match cut.last {
            Some(last) => dot(cut.normal, self.coordinates.coordinates_of(state)) > last,
            // All states on one level: cut by number.
            None => self.positions[state as usize].load(Ordering::Relaxed) as usize >= half,
        };
        let touches = |state: u32, part: u8| {
            self.pattern.has_neighbour(state as usize, |other| {
                is_high(other) == (part == LOW) && !self.is_separator[other as usize].load(Ordering::Relaxed)
            })
        };
        halves.clear();
        borders.iter_mut().for_each(Vec::clear);
        let (mut before, mut low) = (0, 0);
        for run in runs {
            let (split, near, parts) = match cut.last {
                Some(last) => {
                    let [one, other] = [last - reach, last + reach].map(|level| run.crossing(cut.normal, level));
                    let parts = if run.rise(cut.normal) < 0 { [HIGH, LOW] } else { [LOW, HIGH] };
                    (run.crossing(cut.normal, last), one.min(other)..one.max(other), parts)
                }
                None => {
                    let split = run.first + half.saturating_sub(before).min(run.count()) as u32;
                    (split, run.states(), [LOW, HIGH])
                }
            };
            before += run.count();
            for (states, part) in [run.first..split, split..run.end].into_iter().zip(parts) {
                let near = near.start.max(states.start)..near.end.min(states.end);
                let border = &mut borders[usize::from(part)];
                let [before, after] =
                    [states.start..near.start, near.end..states.end].map(|beyond| self.far_in(beyond));
                for state in before.iter().copied().chain(near).chain(after.iter().copied()) {
                    if touches(state, part) {
                        border.push(state);
                    }
                }
                low += if part == LOW { states.len() } else { 0 };
                if !states.is_empty() {
                    halves.push((run.piece(states), part));
                }
            }
        }
        // The smaller border becomes the separator; of two equal ones that of the larger side.
        let takes_low = (borders[0].len(), total - low) <= (borders[1].len(), low);
        let part = if takes_low { LOW } else { HIGH };
        take_out(halves, part, &borders[usize::from(part)], pieces);
    }

    /// The states of a range that have an edge beyond [`FAR`].
    fn far_in(&self, states: Range<u32>) -> &[u32] {
        let index = |state: u32| self.far.partition_point(|&far| far < state);
        let begin = index(states.start);
        &self.far[begin..index(states.end).max(begin)]
    }

    /// Stores the position of each state of a set.
    fn note_positions(&self, states: impl Iterator<Item = u32>) {
        for (position, state) in states.enumerate() {
            self.positions[state as usize].store(position as u32, Ordering::Relaxed);
        }
    }

    /// Replaces the separator by a smaller one found on the graph, if there is one.
    fn improve(&self, pieces: &mut Vec<(Run, u8)>) {
        let states: Vec<u32> = pieces.iter().flat_map(|(run, _)| run.states()).collect();
        let mut parts: Vec<u8> = pieces.iter().flat_map(|(run, part)| run.states().map(|_| *part)).collect();
        self.note_positions(states.iter().copied());
        let is_inside = |&other: &u32| !self.is_separator[other as usize].load(Ordering::Relaxed);
        let position = |other: u32| self.positions[other as usize].load(Ordering::Relaxed);
        let graph = Graph::new(states.len(), |state| {
            self.pattern.neighbours(states[state] as usize).filter(is_inside).map(position)
        });
        graph.refine(&mut parts);
        if let Some(found) = graph.separate()
            && [LOW, HIGH].iter().all(|part| found.contains(part))
            && graph.separator_weight(&found) < graph.separator_weight(&parts)
        {
            parts = found;
        }
        let mut parts = parts.as_slice();
        let mut improved: Vec<(Run, u8)> = Vec::with_capacity(pieces.len());
        for (run, _) in &*pieces {
            let (of_run, rest) = parts.split_at(run.count());
            let mut begin = run.first;
            for alike in of_run.chunk_by(|a, b| a == b) {
                let end = begin + alike.len() as u32;
                match improved.last_mut() {
                    Some((last, part)) if *part == alike[0] && last.goes_on_with(run, begin) => last.end = end,
                    _ => improved.push((run.piece(begin..end), alike[0])),
                }
                begin = end;
            }
            parts = rest;
        }
        *pieces = improved;
    }
}

/// Moves some states of a part, given in ascending order, to the separator.
fn take_out(whole: &[(Run, u8)], part: u8, mut states: &[u32], pieces: &mut Vec<(Run, u8)>) {
    pieces.clear();
    for &(run, of_run) in whole {
        let mut begin = run.first;
        if of_run == part {
            while let Some(&state) = states.first().filter(|state| run.states().contains(state)) {
                if begin < state {
                    pieces.push((run.piece(begin..state), part));
                }
                pieces.push((run.piece(state..state + 1), SEPARATOR));
                begin = state + 1;
                states = &states[1..];
            }
        }
        if begin < run.end {
            pieces.push((run.piece(begin..run.end), of_run));
        }
    }
}

/// Whether the search for a smaller separator is worth its time. A separator of s states costs about 25 s³ operations
/// in the fronts; the search pays if it could save 150 operations per state of the set, assuming that the separator
/// found is as small as in a square of five-point cells. Where the edges vary from place to place much smaller
/// separators may exist (along strong edges, for instance), so larger sets are searched too. The limit is below the
/// cost of a search, about a microsecond per state, because an order is used more than once and the memory of the
/// factor falls with its work.
fn is_worth_a_search(states: usize, separator: f64, edges_vary: bool) -> bool {
    const SEARCH: f64 = 6.0;
    const LARGE: f64 = 100.0;
    let states = states as f64;
    let work = separator.powi(3);
    work - states.powf(1.5) > SEARCH * states || (edges_vary && work > LARGE * states)
}
