//! Nested dissection: an elimination order that keeps fronts small, from the states' places in the grid.
//!
//! Cut the longer side of a set of states at its median; the separator consists of the states of one side that are
//! coupled with the other *in the graph*, so that any stencil, any shape of the active set and any wrap-around is
//! right, and only the quality depends on the geometry (George 1973; here with the smaller of the two candidates).

use super::pattern::Pattern;
use rayon::join;
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
    /// The parts that the separator separates: none or up to two.
    pub(super) parts: Vec<Node>,
}

/// Edges longer than this along an axis do not count for the reach: their states, at the seams of wrap-around, are
/// marked instead.
const FAR: i64 = 16;

/// The order of elimination (place → state) and the tree behind it.
pub(super) fn dissect(pattern: &Pattern, coordinates: &[[i32; 2]]) -> (Vec<u32>, Node) {
    let mut order: Vec<u32> = (0..pattern.len() as u32).collect();
    let mut spare = vec![0; order.len()];
    let mut cutter = Cutter {
        pattern,
        coordinates,
        sides: (0..pattern.len()).map(|_| AtomicU8::new(LOW)).collect(),
        reach: [0; 2],
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
    /// The longest edge along each axis, those beyond [`FAR`] excepted.
    reach: [i64; 2],
    /// Whether a state has an edge beyond [`FAR`].
    far: Vec<bool>,
}

/// Where a set is cut.
#[derive(Clone, Copy)]
enum Cut {
    /// Between this coordinate and the next one along the axis.
    After(usize, i64),
    /// Between two states of the list: their coordinates are the same.
    ByNumber,
}

impl Cutter<'_> {
    fn measure_edges(&mut self) {
        for state in 0..self.pattern.len() {
            for neighbour in self.pattern.neighbours(state) {
                for axis in 0..2 {
                    let length = self.coordinate(state as u32, axis) - self.coordinate(neighbour, axis);
                    if length.abs() > FAR {
                        self.far[state] = true;
                        self.far[neighbour as usize] = true;
                    } else {
                        self.reach[axis] = self.reach[axis].max(length.abs());
                    }
                }
            }
        }
    }

    /// Brings the states into the order of elimination; `spare` is as long as they are.
    fn cut(&self, states: &mut [u32], spare: &mut [u32]) -> Node {
        let (low, high) = self.bounds(states);
        // A separator is as thick as edges reach across the cut, and as long as the other side.
        let area = |axis: usize| self.reach[axis].max(1) * (high[1 - axis] - low[1 - axis] + 1);
        let axis = usize::from(area(1) < area(0));
        if states.len() <= LEAF {
            self.sort_across(states, axis);
            return Node { own: states.len(), parts: Vec::new() };
        }
        let cut = self.median(states, axis, low[axis], high[axis]);
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
        self.sort_across(separator, axis);
        let (low_part, high_part) = parts.split_at_mut(low);
        let (low_spare, high_spare) = spare.split_at_mut(low);
        let high_spare = &mut high_spare[..high];
        let (low, high) = if low + high > SIDE_BY_SIDE {
            join(|| self.part(low_part, low_spare), || self.part(high_part, high_spare))
        } else {
            (self.part(low_part, low_spare), self.part(high_part, high_spare))
        };
        Node { own: separator.len(), parts: low.into_iter().chain(high).collect() }
    }

    fn part(&self, states: &mut [u32], spare: &mut [u32]) -> Option<Node> {
        (!states.is_empty()).then(|| self.cut(states, spare))
    }

    fn coordinate(&self, state: u32, axis: usize) -> i64 {
        self.coordinates.get(state as usize).map_or(0, |place| i64::from(place[axis]))
    }

    /// Sorts along the cut, so that a neighbour's share of a separator is a contiguous piece of it.
    fn sort_across(&self, states: &mut [u32], axis: usize) {
        states.sort_unstable_by_key(|&s| (self.coordinate(s, 1 - axis), self.coordinate(s, axis), s));
    }

    /// The smallest and largest coordinates.
    fn bounds(&self, states: &[u32]) -> ([i64; 2], [i64; 2]) {
        let mut low = [i64::MAX / 2; 2];
        let mut high = [i64::MIN / 2; 2];
        for &state in states {
            for axis in 0..2 {
                let place = self.coordinate(state, axis);
                low[axis] = low[axis].min(place);
                high[axis] = high[axis].max(place);
            }
        }
        (low, high)
    }

    /// The cut along the axis that halves the states best, something being left on both sides.
    fn median(&self, states: &[u32], axis: usize, low: i64, high: i64) -> Cut {
        if low == high {
            return Cut::ByNumber;
        }
        let extent = (high - low) as usize;
        if extent > 4 * states.len() {
            let mut places: Vec<i64> = states.iter().map(|&s| self.coordinate(s, axis)).collect();
            let (_, &mut median, _) = places.select_nth_unstable(states.len() / 2);
            return Cut::After(axis, median.min(high - 1));
        }
        let mut counts = vec![0usize; extent + 1];
        for &state in states {
            counts[(self.coordinate(state, axis) - low) as usize] += 1;
        }
        let mut below = 0;
        let mut best = (usize::MAX, low);
        for (place, count) in (low..high).zip(counts) {
            below += count;
            best = best.min(((2 * below).abs_diff(states.len()), place));
        }
        Cut::After(axis, best.1)
    }

    /// Brings the low half to the front, keeping the order within both, and notes the sides; returns the low half's size.
    fn separate_halves(&self, states: &mut [u32], spare: &mut [u32], cut: Cut) -> usize {
        let half = states.len() / 2;
        let mut number = 0;
        stable_partition(states, spare, |state| {
            let is_low = match cut {
                Cut::After(axis, place) => self.coordinate(state, axis) <= place,
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
            if let Cut::After(axis, place) = cut {
                let place = if other == HIGH { place + 1 } else { place };
                let distance = (self.coordinate(state, axis) - place).abs();
                if distance > self.reach[axis] && !self.far[state as usize] {
                    return true;
                }
            }
            let mut neighbours = self.pattern.neighbours(state as usize);
            neighbours.all(|neighbour| self.sides[neighbour as usize].load(Ordering::Relaxed) != other)
        })
    }
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
