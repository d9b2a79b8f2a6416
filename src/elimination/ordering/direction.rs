//! The direction in which a set of states is cut: candidate normals, rated by the size of the separator.
//!
//! A cut follows the level lines of an integer normal n. With e the edges of a state,
//! ```text
//! separator ≈ states per level at the median · mean over the states of max n·e
//! ```
//! Edges of anisotropic tensors are long, but they are the image of a compact stencil under a unimodular map;
//! Lagrange's reduction of the form n ↦ Σ (n·e)² finds the normals that undo it (Selling stencils: the three orthogonal
//! to an edge each, all with reach 1). Sums of two such normals cut squares into diamonds, which saves 40 % of the work
//! on five-point stencils. Only the quality of the order depends on the choice, never its correctness.

use super::coordinates::{Coordinates, Normal, dot};
use super::pattern::Pattern;
use super::runs::{Run, count};

/// The number of states whose edges are sampled to choose the directions.
const SAMPLE: usize = 128;
/// The fractional part of the golden ratio.
const GOLDEN: f64 = 0.618_033_988_749_894_9;
/// The longest normal: longer ones are useless and could overflow in products with 32-bit coordinates.
const LONGEST_NORMAL: f64 = 1024.0;
/// The factor by which a diagonal cut's separator counts as shorter: of two separators of equal size the diagonal one
/// leaves parts with shorter borders.
const DIAGONAL: f64 = 0.95;
/// The number of levels on either side of the cut over which the number of states is averaged.
const WINDOW: usize = 1;
/// The number of levels per state above which a set is not counted level by level.
const SPARSE: usize = 4;

/// The directions in which a set and its parts may be cut, each with the mean reach of a state's edges along it.
#[derive(Clone)]
pub(super) struct Directions(Vec<(Normal, f64)>);

impl Directions {
    /// The directions that suit the edges of a sample of states, spread over the set.
    pub(super) fn of(runs: &[Run], pattern: &Pattern, coordinates: &Coordinates) -> Directions {
        let mut stars: Vec<Vec<Normal>> = Vec::with_capacity(SAMPLE);
        let total = count(runs);
        let ends = runs.iter().scan(0, |end, run| {
            *end += run.count();
            Some(*end)
        });
        let ends: Vec<usize> = ends.collect();
        for number in 0..total.min(SAMPLE) {
            // Golden-ratio spacing: even spacing could hit the same column in every few rows.
            let position = ((number as f64 * GOLDEN).fract() * total as f64) as usize;
            let run = ends.partition_point(|&end| end <= position);
            let state = runs[run].end - (ends[run] - position) as u32;
            let from = coordinates.coordinates_of(state);
            let edges = pattern.neighbours(state as usize).map(|neighbour| {
                let to = coordinates.coordinates_of(neighbour);
                [to[0] - from[0], to[1] - from[1]]
            });
            stars.push(edges.filter(|edge| !coordinates.is_seam(*edge)).collect());
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

    /// The cut into halves with the smallest estimated separator.
    pub(super) fn best_cut(&self, runs: &[Run], total: usize, counts: &mut Vec<i32>) -> Cut {
        let mut best = Cut { normal: [1, 0], last: None, separator: f64::INFINITY };
        for &(normal, reach) in &self.0 {
            let cut = halfway(runs, total, normal, reach, best.separator, counts);
            if cut.separator < best.separator {
                best = cut;
            }
        }
        best
    }
}

/// A straight cut through a set.
#[derive(Clone, Copy)]
pub(super) struct Cut {
    /// The normal whose level lines the cut follows.
    pub(super) normal: Normal,
    /// The last level n·x on the low side; `None` if all states are on one level and are cut by their number.
    pub(super) last: Option<i64>,
    /// The estimated size of the separator.
    pub(super) separator: f64,
}

/// The cut across the normal that halves a set best and leaves states on both sides. It is not searched for where even
/// the mean number of states per level would leave a separator above `known`: the median level is hardly ever smaller.
fn halfway(runs: &[Run], total: usize, normal: Normal, reach: f64, known: f64, counts: &mut Vec<i32>) -> Cut {
    let (mut low, mut high) = (i64::MAX, i64::MIN);
    for run in runs {
        let [first, last] = run.levels(normal);
        (low, high) = (low.min(first.min(last)), high.max(first.max(last)));
    }
    if low >= high {
        return Cut { normal, last: None, separator: total as f64 };
    }
    let extent = (high - low) as usize;
    let mean = reach * total as f64 / (extent + 1) as f64;
    if mean >= known {
        return Cut { normal, last: None, separator: mean };
    }
    if extent > SPARSE * total {
        let mut levels: Vec<i64> =
            runs.iter().flat_map(|run| run.coordinates().map(|point| dot(normal, point))).collect();
        let (_, &mut median, _) = levels.select_nth_unstable(total / 2);
        return Cut { normal, last: Some(median.min(high - 1)), separator: total as f64 };
    }
    // The levels of a run are evenly spaced: it suffices to record where a run begins and ends.
    let stride = runs[0].rise(normal).unsigned_abs() as usize;
    counts.clear();
    counts.resize(extent + 1 + stride, 0);
    for run in runs {
        let [first, last] = run.levels(normal).map(|level| (level - low) as usize);
        if stride == 0 {
            counts[first] += run.count() as i32;
        } else {
            counts[first.min(last)] += 1;
            counts[first.max(last) + stride] -= 1;
        }
    }
    if stride > 0 {
        for level in stride..=extent {
            counts[level] += counts[level - stride];
        }
    }
    let mut below = 0;
    let mut best = (usize::MAX, 0);
    for (level, &states) in counts[..extent].iter().enumerate() {
        below += states as usize;
        best = best.min(((2 * below).abs_diff(total), level));
    }
    // Numbers of states differ between neighbouring levels: average over a few.
    let window = (reach.ceil() as usize).max(WINDOW);
    let near = &counts[best.1.saturating_sub(window)..(best.1 + 1 + window).min(extent + 1)];
    let density = f64::from(near.iter().sum::<i32>()) / near.len() as f64;
    Cut { normal, last: Some(low + best.1 as i64), separator: density * reach }
}

/// The mean reach of the states' edges along the normal, forward or backward, whichever is smaller: the separator is
/// taken from the better side.
fn mean_reach(normal: Normal, stars: &[Vec<Normal>]) -> f64 {
    let (mut forward, mut backward) = (0, 0);
    for star in stars {
        let reaches = || star.iter().map(|edge| dot(normal, *edge));
        forward += reaches().max().unwrap_or(0).max(0);
        backward -= reaches().min().unwrap_or(0).min(0);
    }
    forward.min(backward) as f64 / stars.len().max(1) as f64
}

/// The two shortest independent integer vectors of the quadratic form [xx, xy, yy] (Lagrange 1773).
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
        // A form of length 0: no edge crosses the level lines of `short`.
        let multiple = if length > 0.0 { (product(short, long) / length).round() } else { 0.0 };
        let next = [long[0] - multiple * short[0], long[1] - multiple * short[1]];
        if next.iter().any(|c| c.abs() > LONGEST_NORMAL) || product(next, next) >= product(long, long) {
            return [short, long].map(|vector| vector.map(|c| c as i64));
        }
        long = next;
    }
}
