//! Which way to cut a set of states: normals of cuts, rated by the separators they leave.
//!
//! A cut follows the level lines of an integer normal n. With edges e and places x,
//! ```text
//! separator ≈ states per level at the median · mean over the states of max n·e
//! ```
//! Edges of anisotropic tensors are long, but they are the image of a compact stencil under a unimodular map; Lagrange's
//! reduction of the form n ↦ Σ (n·e)² finds the normals that undo it (Selling stencils: the three orthogonal to an
//! edge each, all with reach 1). Sums of two such
//! normals cut squares into diamonds, which saves 40 % of the work on five-point stencils. Only the quality of the order depends on the choice, never its correctness.

use super::pattern::Pattern;
use super::separator::{LOW, SEPARATOR};
use crate::tensor::widest;

/// Cuts follow the level lines of n·x.
pub(super) type Normal = [i64; 2];

/// States whose edges are looked at when directions are chosen.
const SAMPLE: usize = 128;
/// The fractional part of the golden ratio.
const GOLDEN: f64 = 0.618_033_988_749_894_9;
/// Normals beyond this are of no use and could overflow in products with 32-bit coordinates.
const LONGEST_NORMAL: f64 = 1024.0;
/// Sums of two normals count as so much shorter: of separators of equal size those along diagonals leave parts with shorter borders.
const DIAGONAL: f64 = 0.95;
/// Levels on either side of the cut whose states are counted.
const WINDOW: usize = 1;
/// Sets with more levels than this per state are not counted level by level.
const SPARSE: usize = 4;
/// Edges longer than half of the grid belong to the seams of wrap-around, unless they are shorter than this.
const SHORT: i64 = 16;

/// The directions that a set and its parts may be cut in, with the mean reach of a state's edges along each.
#[derive(Clone)]
pub(super) struct Directions(Vec<(Normal, f64)>);

impl Directions {
    /// Looks at the edges of some of the states, spread over the list.
    pub(super) fn of(states: &[u32], pattern: &Pattern, places: &Places) -> Directions {
        let mut stars: Vec<Vec<Normal>> = Vec::with_capacity(SAMPLE);
        let count = states.len().min(SAMPLE);
        for position in 0..count {
            // Golden ratio: even spacing would pick the same column of every few rows.
            let share = (position as f64 * GOLDEN).fract();
            let state = states[(share * states.len() as f64) as usize];
            let from = places.of(state);
            let edges = pattern.neighbours(state as usize).map(|neighbour| {
                let to = places.of(neighbour);
                [to[0] - from[0], to[1] - from[1]]
            });
            stars.push(edges.filter(|edge| !places.is_seam(*edge)).collect());
        }
        let mut form = [0.0; 3];
        for edge in stars.iter().flatten() {
            let [x, y] = edge.map(|c| c as f64);
            form = [form[0] + x * x, form[1] + x * y, form[2] + y * y];
        }
        let [u, v] = reduced_basis(form);
        let candidates = [[1, 0], [0, 1], u, v, [u[0] + v[0], u[1] + v[1]], [u[0] - v[0], u[1] - v[1]]];
        let mut directions: Vec<(Normal, f64)> = Vec::with_capacity(candidates.len());
        for (number, normal) in candidates.into_iter().enumerate() {
            let known = |other: Normal| other == normal || other == [-normal[0], -normal[1]];
            if !directions.iter().any(|&(other, _)| known(other)) {
                let preference = if number < 4 { 1.0 } else { DIAGONAL };
                directions.push((normal, preference * mean_reach(normal, &stars)));
            }
        }
        Directions(directions)
    }

    /// The cut into halves that should leave the smallest separator of these states.
    pub(super) fn best_cut(&self, members: &Members, buffers: &mut Buffers) -> Cut {
        let mut best = Cut { normal: [1, 0], last: None, separator: f64::INFINITY };
        for &(normal, reach) in &self.0 {
            let cut = buffers.halfway(members, normal, reach, best.separator);
            if cut.separator < best.separator {
                best = cut;
            }
        }
        best
    }
}

/// A set of states, with their places by component.
pub(super) struct Members<'a> {
    pub(super) states: &'a mut [u32],
    pub(super) x: &'a mut [i32],
    pub(super) y: &'a mut [i32],
}

impl Members<'_> {
    pub(super) fn len(&self) -> usize {
        self.states.len()
    }

    /// The first of them, and the others.
    pub(super) fn split_at(&mut self, count: usize) -> (Members<'_>, Members<'_>) {
        let (states, other_states) = self.states.split_at_mut(count);
        let (x, other_x) = self.x.split_at_mut(count);
        let (y, other_y) = self.y.split_at_mut(count);
        (Members { states, x, y }, Members { states: other_states, x: other_x, y: other_y })
    }

    /// Brings them into the order low, high, separator by their parts, each keeping its order; returns the sizes of the first two.
    pub(super) fn arrange(
        &mut self,
        parts: &[u8],
        spare: &mut Members,
        separator: &mut Vec<(u32, [i32; 2])>,
    ) -> [usize; 2] {
        separator.clear();
        let (mut low, mut high) = (0, 0);
        for (position, &part) in parts.iter().enumerate() {
            let (state, x, y) = (self.states[position], self.x[position], self.y[position]);
            if part == SEPARATOR {
                separator.push((state, [x, y]));
                continue;
            }
            // Both are written, one counts: what a branch would do, without one that cannot be foreseen.
            (self.states[low], self.x[low], self.y[low]) = (state, x, y);
            (spare.states[high], spare.x[high], spare.y[high]) = (state, x, y);
            low += usize::from(part == LOW);
            high += usize::from(part != LOW);
        }
        let both = low + high;
        self.states[low..both].copy_from_slice(&spare.states[..high]);
        self.x[low..both].copy_from_slice(&spare.x[..high]);
        self.y[low..both].copy_from_slice(&spare.y[..high]);
        for (position, &(state, [x, y])) in (both..).zip(separator.iter()) {
            (self.states[position], self.x[position], self.y[position]) = (state, x, y);
        }
        [low, high]
    }
}

/// Where a set is cut.
#[derive(Clone, Copy)]
pub(super) struct Cut {
    /// The cut follows its level lines.
    pub(super) normal: Normal,
    /// n·x of the last level on the low side; nothing if all states are on one level and are cut by their number.
    pub(super) last: Option<i64>,
    /// The estimated size of the separator.
    pub(super) separator: f64,
}

/// What one set after the other reuses.
#[derive(Default)]
pub(super) struct Buffers {
    /// n·x of each member.
    pub(super) levels: Vec<i64>,
    counts: Vec<u32>,
    /// The part of each member.
    pub(super) parts: Vec<u8>,
    /// Positions of the members beside a cut, on its low and its high side.
    pub(super) borders: [Vec<u32>; 2],
    pub(super) separator: Vec<(u32, [i32; 2])>,
}

impl Buffers {
    /// Notes the levels of all members; returns the lowest and the highest.
    pub(super) fn rank(&mut self, members: &Members, normal: Normal) -> (i64, i64) {
        self.levels.resize(members.len(), 0);
        levels_of(normal, members.x, members.y, &mut self.levels)
    }

    /// The cut across the normal that halves the places best, something being left on both sides. Not looked for where
    /// even the mean level would leave more than the `known` separator: the median one is hardly ever smaller.
    fn halfway(&mut self, members: &Members, normal: Normal, reach: f64, known: f64) -> Cut {
        let count = members.len();
        let (low, high) = self.rank(members, normal);
        let Buffers { levels, counts, .. } = self;
        if low >= high {
            return Cut { normal, last: None, separator: count as f64 };
        }
        let extent = (high - low) as usize;
        let mean = reach * count as f64 / (extent + 1) as f64;
        if mean >= known {
            return Cut { normal, last: None, separator: mean };
        }
        if extent > SPARSE * count {
            let (_, &mut median, _) = levels.select_nth_unstable(count / 2);
            return Cut { normal, last: Some(median.min(high - 1)), separator: count as f64 };
        }
        counts.clear();
        counts.resize(extent + 1, 0);
        for level in levels {
            counts[(*level - low) as usize] += 1;
        }
        let mut below = 0;
        let mut best = (usize::MAX, 0);
        for (level, &states) in counts[..extent].iter().enumerate() {
            below += states as usize;
            best = best.min(((2 * below).abs_diff(count), level));
        }
        // Levels differ in number: average over a few.
        let window = (reach.ceil() as usize).max(WINDOW);
        let near = &counts[best.1.saturating_sub(window)..(best.1 + 1 + window).min(extent + 1)];
        let density = f64::from(near.iter().sum::<u32>()) / near.len() as f64;
        Cut { normal, last: Some(low + best.1 as i64), separator: density * reach }
    }
}

/// n·x of all places; returns the lowest and the highest.
fn levels_of(normal: Normal, x: &[i32], y: &[i32], levels: &mut [i64]) -> (i64, i64) {
    /// As many are done while the widest vectors are being chosen.
    const FEW: usize = 64;
    if levels.len() < FEW {
        return plain_levels_of(normal, x, y, levels);
    }
    widest(
        #[inline(always)]
        || plain_levels_of(normal, x, y, levels),
    )
}

#[inline(always)]
fn plain_levels_of([nx, ny]: Normal, x: &[i32], y: &[i32], levels: &mut [i64]) -> (i64, i64) {
    let (mut low, mut high) = (i64::MAX, i64::MIN);
    for ((level, &x), &y) in levels.iter_mut().zip(x).zip(y) {
        *level = nx * i64::from(x) + ny * i64::from(y);
        (low, high) = (low.min(*level), high.max(*level));
    }
    (low, high)
}

/// The smaller of the mean reaches forward and backward: the separator is taken from the better side.
fn mean_reach(normal: Normal, stars: &[Vec<Normal>]) -> f64 {
    let (mut forward, mut backward) = (0, 0);
    for star in stars {
        let reaches = || star.iter().map(|edge| dot(normal, *edge));
        forward += reaches().max().unwrap_or(0).max(0);
        backward -= reaches().min().unwrap_or(0).min(0);
    }
    forward.min(backward) as f64 / stars.len().max(1) as f64
}

/// n·x.
pub(super) fn dot(normal: Normal, place: [i64; 2]) -> i64 {
    normal[0] * place[0] + normal[1] * place[1]
}

/// Two short integer vectors of the form [xx, xy, yy] (Lagrange 1773).
fn reduced_basis(form: [f64; 3]) -> [Normal; 2] {
    let product = |a: [f64; 2], b: [f64; 2]| {
        form[0] * a[0] * b[0] + form[1] * (a[0] * b[1] + a[1] * b[0]) + form[2] * a[1] * b[1]
    };
    let (mut short, mut long) = ([1.0, 0.0], [0.0, 1.0]);
    loop {
        if product(long, long) < product(short, short) {
            (short, long) = (long, short);
        }
        let length = product(short, short);
        // Zero: no edge crosses the level lines of `short`.
        let multiple = if length > 0.0 { (product(short, long) / length).round() } else { 0.0 };
        let next = [long[0] - multiple * short[0], long[1] - multiple * short[1]];
        if next.iter().any(|c| c.abs() > LONGEST_NORMAL) || product(next, next) >= product(long, long) {
            return [short, long].map(|vector| vector.map(|c| c as i64));
        }
        long = next;
    }
}

/// Where the states are, and how long an edge within the grid may be.
pub(super) struct Places<'a> {
    coordinates: &'a [[i32; 2]],
    longest: [i64; 2],
}

impl<'a> Places<'a> {
    /// Of all states.
    pub(super) fn new(coordinates: &'a [[i32; 2]]) -> Self {
        let longest = [0, 1].map(|axis| {
            let along = || coordinates.iter().map(|place| i64::from(place[axis]));
            let extent = along().max().unwrap_or(0) - along().min().unwrap_or(0);
            SHORT.max(extent / 2)
        });
        Places { coordinates, longest }
    }

    /// A state's coordinates; states without any are all in one place.
    pub(super) fn of(&self, state: u32) -> [i64; 2] {
        self.coordinates.get(state as usize).map_or([0; 2], |place| place.map(i64::from))
    }

    /// Whether an edge is too long to be anything else than one across a seam.
    pub(super) fn is_seam(&self, edge: [i64; 2]) -> bool {
        edge[0].abs() > self.longest[0] || edge[1].abs() > self.longest[1]
    }
}
