//! Nested dissection: an elimination order that keeps fronts small, from the states' places in the grid.
//!
//! Cut a set of states at its median along a direction; the separator consists of the states of one side that are
//! coupled with the other *in the graph*, so that any stencil, any shape of the active set and any wrap-around is
//! right, and only the quality depends on the geometry (George 1973; here with the smaller of the two candidates).
//!
//! The directions are the axes and, for the oblique edges of anisotropic tensors, the lines along those edges: the three
//! edges of a Selling stencil are axes of the lattice too, and across a line along one of them the others reach only
//! one line far.

use super::pattern::Pattern;
use rayon::join;
use rayon::prelude::*;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU8, Ordering};

/// Sets up to this size become one dense front: below it, what a front's bookkeeping costs exceeds the work that a
/// further cut saves (tuned on 512×1024 cells).
const LEAF: usize = 20;
/// Sets above this size have their halves dissected side by side.
const SIDE_BY_SIDE: usize = 8192;

/// A node of the dissection: its own states come after those of its parts.
pub(super) struct Node {
    /// Number of the node's own states: a separator, or all states of a leaf.
    pub(super) own: usize,
    /// Number of all states of the node and its parts.
    pub(super) states: usize,
    /// The parts that the separator separates: none or up to two.
    pub(super) parts: Vec<Node>,
}

/// Edges longer than this along an axis do not count for the reach: their states, at the seams of wrap-around, are
/// marked instead.
const FAR: i64 = 16;
/// At most this many directions of cuts: the axes and the most frequent oblique edges.
const DIRECTIONS: usize = 8;

/// The order of elimination (place → state) and the tree behind it.
pub(super) fn dissect(pattern: &Pattern, coordinates: &[[i32; 2]]) -> (Vec<u32>, Node) {
    let mut order: Vec<u32> = (0..pattern.len() as u32).collect();
    let mut spare = vec![0; order.len()];
    let mut cutter = Cutter {
        pattern,
        coordinates,
        sides: (0..pattern.len()).map(|_| AtomicU8::new(LOW)).collect(),
        levels: vec![[1, 0], [0, 1]],
        reach: Vec::new(),
        common_reach: Vec::new(),
        far: vec![false; pattern.len()],
    };
    cutter.measure_edges();
    let root = cutter.cut(&mut order, &mut spare);
    (order, root)
}

const LOW: u8 = 0;
const HIGH: u8 = 1;
const SEPARATOR: u8 = 2;

/// What all cuts share. The sides are atomic because halves are cut side by side; a set reads only the sides of its own
/// states and of separators, which nobody writes any more, so the result does not depend on the order of events.
struct Cutter<'a> {
    pattern: &'a Pattern<'a>,
    coordinates: &'a [[i32; 2]],
    sides: Vec<AtomicU8>,
    /// Linear functions of the coordinates, along whose level lines sets may be cut: x, y, and one for each oblique edge.
    levels: Vec<[i64; 2]>,
    /// For each state, one number for each of them: how far its edges reach, those beyond [`FAR`] excepted.
    reach: Vec<u8>,
    /// For each of them the reach of nearly all states, when there is such a one: then no set needs to be asked for its own.
    common_reach: Vec<Option<i64>>,
    /// Whether a state has an edge beyond [`FAR`].
    far: Vec<bool>,
}

/// Where a set is cut.
#[derive(Clone, Copy)]
enum Cut {
    /// Between this level and the next one of a function.
    After(usize, i64),
    /// Between two states of the list: their coordinates are the same.
    ByNumber,
}

impl Cutter<'_> {
    fn measure_edges(&mut self) {
        let states = 0..self.pattern.len() as u32;
        let (far, oblique) = states
            .into_par_iter()
            .fold(<(Vec<u32>, HashMap<[i64; 2], usize>)>::default, |(mut far, mut oblique), state| {
                for neighbour in self.pattern.neighbours(state as usize) {
                    let [dx, dy] = self.offset(state, neighbour);
                    if dx.abs().max(dy.abs()) > FAR {
                        far.extend([state, neighbour]);
                    } else if dx != 0 && dy != 0 {
                        // Either way along the edge, and whichever multiple of it.
                        let divisor = dx.signum() * gcd(dx.abs(), dy.abs());
                        *oblique.entry([dy / divisor, -dx / divisor]).or_default() += 1;
                    }
                }
                (far, oblique)
            })
            .reduce(Default::default, |(mut far, mut oblique), (more_far, more_oblique)| {
                far.extend(more_far);
                for (level, count) in more_oblique {
                    *oblique.entry(level).or_default() += count;
                }
                (far, oblique)
            });
        for state in far {
            self.far[state as usize] = true;
        }
        let mut oblique: Vec<([i64; 2], usize)> = oblique.into_iter().collect();
        oblique.sort_unstable_by_key(|&(level, count)| (std::cmp::Reverse(count), level));
        self.levels.extend(oblique.into_iter().map(|(level, _)| level).take(DIRECTIONS - 2));
        let mut reach = vec![1u8; self.pattern.len() * self.levels.len()];
        reach.par_chunks_exact_mut(self.levels.len()).enumerate().for_each(|(state, reach)| {
            for neighbour in self.pattern.neighbours(state) {
                let [dx, dy] = self.offset(state as u32, neighbour);
                if dx.abs().max(dy.abs()) <= FAR {
                    for (reach, [a, b]) in reach.iter_mut().zip(&self.levels) {
                        *reach = (*reach).max((a * dx + b * dy).unsigned_abs().min(255) as u8);
                    }
                }
            }
        });
        let width = self.levels.len();
        self.common_reach = (0..width)
            .map(|function| {
                let all = || reach.iter().skip(function).step_by(width);
                let most = all().copied().max().unwrap_or(1);
                // At the rim of a set edges are missing.
                let common = 10 * all().filter(|&&reach| reach == most).count() >= 9 * self.pattern.len();
                common.then_some(i64::from(most))
            })
            .collect();
        self.reach = reach;
    }

    fn offset(&self, from: u32, to: u32) -> [i64; 2] {
        [0, 1].map(|axis| self.coordinate(to, axis) - self.coordinate(from, axis))
    }

    /// Brings the states into the order of elimination; `spare` is as long as they are.
    fn cut(&self, states: &mut [u32], spare: &mut [u32]) -> Node {
        let (function, low, high) = self.thinnest(states);
        if states.len() <= LEAF {
            self.sort_across(states, function);
            return Node { own: states.len(), states: states.len(), parts: Vec::new() };
        }
        let cut = self.median(states, function, low, high);
        let low = self.separate_halves(states, spare, cut);
        let (low_states, high_states) = states.split_at_mut(low);
        let low_inner = self.border_last(low_states, spare, cut, HIGH);
        let high_inner = self.border_last(high_states, spare, cut, LOW);
        let (low_border, high_border) = (low - low_inner, high_states.len() - high_inner);
        // The smaller border; of equal ones that of the larger side.
        let (low, high) = if (low_border, high_states.len()) <= (high_border, low) {
            let high = high_states.len();
            states[low_inner..].rotate_left(low_border);
            (low_inner, high)
        } else {
            (low, high_inner)
        };
        let (parts, separator) = states.split_at_mut(low + high);
        for &state in separator.iter() {
            self.sides[state as usize].store(SEPARATOR, Ordering::Relaxed);
        }
        self.sort_across(separator, function);
        let (low_part, high_part) = parts.split_at_mut(low);
        let (low_spare, high_spare) = spare.split_at_mut(low);
        let high_spare = &mut high_spare[..high];
        let (low, high) = if low + high > SIDE_BY_SIDE {
            join(|| self.part(low_part, low_spare), || self.part(high_part, high_spare))
        } else {
            (self.part(low_part, low_spare), self.part(high_part, high_spare))
        };
        Node { own: separator.len(), states: states.len(), parts: low.into_iter().chain(high).collect() }
    }

    /// The function of which a level set of a set is thinnest, and its smallest and largest value there. A separator takes as many
    /// levels as edges reach across, and a level has the states over the number of levels on average.
    fn thinnest(&self, states: &[u32]) -> (usize, i64, i64) {
        let mut best = (f64::INFINITY, 0, 0, 0);
        for function in 0..self.levels.len() {
            let (mut low, mut high) = (i64::MAX / 2, i64::MIN / 2);
            for &state in states {
                let level = self.level(state, function);
                (low, high) = (low.min(level), high.max(level));
            }
            let own = || states.iter().map(|&state| self.reach_of(state, function)).max().unwrap_or(1);
            let reach = self.common_reach[function].unwrap_or_else(own);
            let thickness = reach as f64 * states.len() as f64 / (high - low + 1) as f64;
            if thickness < best.0 {
                best = (thickness, function, low, high);
            }
        }
        (best.1, best.2, best.3)
    }

    fn level(&self, state: u32, function: usize) -> i64 {
        let [a, b] = self.levels[function];
        a * self.coordinate(state, 0) + b * self.coordinate(state, 1)
    }

    fn reach_of(&self, state: u32, function: usize) -> i64 {
        i64::from(self.reach[state as usize * self.levels.len() + function])
    }

    fn part(&self, states: &mut [u32], spare: &mut [u32]) -> Option<Node> {
        (!states.is_empty()).then(|| self.cut(states, spare))
    }

    fn coordinate(&self, state: u32, axis: usize) -> i64 {
        self.coordinates.get(state as usize).map_or(0, |place| i64::from(place[axis]))
    }

    /// Sorts along the cut, so that a neighbour's share of a separator is a contiguous piece of it.
    fn sort_across(&self, states: &mut [u32], function: usize) {
        let [a, b] = self.levels[function];
        // Along the level lines.
        let place = |s: u32| a * self.coordinate(s, 1) - b * self.coordinate(s, 0);
        states.sort_unstable_by_key(|&s| (place(s), self.level(s, function), s));
    }

    /// The cut between two levels that halves the states best, something being left on both sides.
    fn median(&self, states: &[u32], function: usize, low: i64, high: i64) -> Cut {
        if low == high {
            return Cut::ByNumber;
        }
        let extent = (high - low) as usize;
        if extent > 4 * states.len() {
            let mut places: Vec<i64> = states.iter().map(|&s| self.level(s, function)).collect();
            let (_, &mut median, _) = places.select_nth_unstable(states.len() / 2);
            return Cut::After(function, median.min(high - 1));
        }
        let mut counts = vec![0usize; extent + 1];
        for &state in states {
            counts[(self.level(state, function) - low) as usize] += 1;
        }
        let mut below = 0;
        let mut best = (usize::MAX, low);
        for (place, count) in (low..high).zip(counts) {
            below += count;
            best = best.min(((2 * below).abs_diff(states.len()), place));
        }
        Cut::After(function, best.1)
    }

    /// Brings the low half to the front, keeping the order within both, and notes the sides; returns the low half's size.
    fn separate_halves(&self, states: &mut [u32], spare: &mut [u32], cut: Cut) -> usize {
        let half = states.len() / 2;
        let mut number = 0;
        stable_partition(states, spare, |state| {
            let is_low = match cut {
                Cut::After(function, place) => self.level(state, function) <= place,
                Cut::ByNumber => number < half,
            };
            number += 1;
            self.sides[state as usize].store(if is_low { LOW } else { HIGH }, Ordering::Relaxed);
            is_low
        })
    }

    /// Brings the states that are coupled with the other side to the end; returns the number of the others.
    fn border_last(&self, side: &mut [u32], spare: &mut [u32], cut: Cut, other: u8) -> usize {
        stable_partition(side, spare, |state| {
            if let Cut::After(function, place) = cut {
                let place = if other == HIGH { place + 1 } else { place };
                let distance = (self.level(state, function) - place).abs();
                if distance > self.reach_of(state, function) && !self.far[state as usize] {
                    return true;
                }
            }
            let mut neighbours = self.pattern.neighbours(state as usize);
            neighbours.all(|neighbour| self.sides[neighbour as usize].load(Ordering::Relaxed) != other)
        })
    }
}

fn gcd(a: i64, b: i64) -> i64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// Brings the states that belong to the front there; returns their number. Both kinds keep their order.
fn stable_partition(states: &mut [u32], spare: &mut [u32], mut is_front: impl FnMut(u32) -> bool) -> usize {
    let (mut front, mut back) = (0, 0);
    for position in 0..states.len() {
        let state = states[position];
        if is_front(state) {
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
