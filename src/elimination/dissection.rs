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

/// The order of elimination (place → state) and the tree behind it.
pub(super) fn dissect(pattern: &Pattern, coordinates: &[[i32; 2]]) -> (Vec<u32>, Node) {
    let mut order: Vec<u32> = (0..pattern.len() as u32).collect();
    let sides = (0..pattern.len()).map(|_| AtomicU8::new(LOW)).collect::<Vec<_>>();
    let cutter = Cutter { pattern, coordinates, sides: &sides };
    let root = cutter.cut(&mut order);
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
    sides: &'a [AtomicU8],
}

impl Cutter<'_> {
    /// Brings the states into the order of elimination.
    fn cut(&self, states: &mut [u32]) -> Node {
        let axis = self.longer_side(states);
        if states.len() <= LEAF {
            self.sort_across(states, axis);
            return Node { own: states.len(), parts: Vec::new() };
        }
        let (low, high) = self.halves(states, axis);
        for &state in &low {
            self.sides[state as usize].store(LOW, Ordering::Relaxed);
        }
        for &state in &high {
            self.sides[state as usize].store(HIGH, Ordering::Relaxed);
        }
        let (low_inner, low_border) = self.border(&low, HIGH);
        let (high_inner, high_border) = self.border(&high, LOW);
        let cut_low = (low_border.len(), high.len()) <= (high_border.len(), low.len());
        let (low, high, mut separator) =
            if cut_low { (low_inner, high, low_border) } else { (low, high_inner, high_border) };
        for &state in &separator {
            self.sides[state as usize].store(SEPARATOR, Ordering::Relaxed);
        }
        self.sort_across(&mut separator, axis);

        let (low_places, rest) = states.split_at_mut(low.len());
        let (high_places, separator_places) = rest.split_at_mut(high.len());
        low_places.copy_from_slice(&low);
        high_places.copy_from_slice(&high);
        separator_places.copy_from_slice(&separator);
        drop((low, high));
        let own = separator.len();
        let (low, high) = if low_places.len() + high_places.len() > SIDE_BY_SIDE {
            join(|| self.part(low_places), || self.part(high_places))
        } else {
            (self.part(low_places), self.part(high_places))
        };
        Node { own, parts: low.into_iter().chain(high).collect() }
    }

    fn part(&self, states: &mut [u32]) -> Option<Node> {
        (!states.is_empty()).then(|| self.cut(states))
    }

    fn coordinate(&self, state: u32, axis: usize) -> i32 {
        self.coordinates.get(state as usize).map_or(0, |place| place[axis])
    }

    /// Sorts along the cut, so that a neighbour's share of a separator is a contiguous piece of it.
    fn sort_across(&self, states: &mut [u32], axis: usize) {
        states.sort_unstable_by_key(|&s| (self.coordinate(s, 1 - axis), self.coordinate(s, axis), s));
    }

    fn longer_side(&self, states: &[u32]) -> usize {
        let extent = |axis| {
            let (low, high) = self.range(states, axis);
            i64::from(high) - i64::from(low)
        };
        usize::from(extent(1) > extent(0))
    }

    fn range(&self, states: &[u32], axis: usize) -> (i32, i32) {
        states.iter().fold((i32::MAX, i32::MIN), |(low, high), &state| {
            let place = self.coordinate(state, axis);
            (low.min(place), high.max(place))
        })
    }

    /// The states on the two sides of the median, both nonempty.
    fn halves(&self, states: &[u32], axis: usize) -> (Vec<u32>, Vec<u32>) {
        let half = states.len() / 2;
        let (first, last) = self.range(states, axis);
        if first == last {
            // Coordinates do not tell these states apart: cut by number.
            return (states[..half].to_vec(), states[half..].to_vec());
        }
        let mut places: Vec<i32> = states.iter().map(|&s| self.coordinate(s, axis)).collect();
        let (_, &mut median, _) = places.select_nth_unstable(half);
        // The median's own line belongs to the side that it leaves better balanced; both sides must keep something.
        let below = places.iter().filter(|&&place| place < median).count();
        let through = places.iter().filter(|&&place| place <= median).count();
        let keep_low = median < last && (median == first || through.abs_diff(half) <= below.abs_diff(half));
        states.iter().partition(|&&s| {
            let place = self.coordinate(s, axis);
            place < median || (keep_low && place == median)
        })
    }

    /// Splits one side into states that are not coupled with the other, and those that are.
    fn border(&self, side: &[u32], other: u8) -> (Vec<u32>, Vec<u32>) {
        side.iter().partition(|&&state| {
            let mut neighbours = self.pattern.neighbours(state as usize);
            neighbours.all(|neighbour| self.sides[neighbour as usize].load(Ordering::Relaxed) != other)
        })
    }
}
