//! The flux through a curve from the flows of the edges that cross it: ordered along the curve, and as a density along
//! it.

use crate::tensor::{Point, advance, difference, norm};

/// The crossing of an edge with a curve, with its net flow.
#[derive(Clone, Copy, Debug)]
pub struct Crossing {
    /// The point θ.
    pub at: Point,
    /// The whole edge as a vector in θ; `None` if it is not a single edge.
    pub edge: Option<Point>,
    /// The net flow, per unit of time.
    pub flow: f64,
}

impl Crossing {
    /// The distance between crossings of parallel edges of this kind on a curve with this unit tangent: there are |n·e|
    /// of them per cell area.
    fn distance(&self, tangent: Point, area: f64) -> Option<f64> {
        self.edge.map(|edge| area / (tangent[0] * edge[1] - tangent[1] * edge[0]).abs())
    }
}

/// The flux density along a curve; empty by default.
#[derive(Clone, Debug, Default)]
pub struct Profile {
    /// Points along the curve.
    pub position: Vec<Point>,
    /// The arc length from the first end; separate pieces of the curve follow one another.
    pub arc: Vec<f64>,
    /// The flux per length.
    pub density: Vec<f64>,
    /// The direction of the curve at each point.
    pub tangent: Vec<Point>,
    /// The index of a crossing next to each point.
    pub beside: Vec<usize>,
}

/// The distance, in cells, above which neighbouring points belong to different pieces of a curve: around a hole, or on
/// either side of a reflecting wall.
const GAP: f64 = 4.0;

/// The number of crossings on either side from which the tangent is computed.
const REACH: usize = 4;

/// The largest half width of a hat function, in cells: edges nearly parallel to the curve hardly cross it and carry
/// little flux.
const WIDEST: f64 = 8.0;

impl Profile {
    /// The flux density of crossings in bins of two cells along their curve; `spacing` is that of the grid.
    ///
    /// Parallel edges cross a smooth curve at regular distances, while edges of different kinds alternate irregularly.
    /// Therefore the flux of each edge is spread by a hat function whose half width is the distance for its kind. Hats
    /// at equal distances add up to a constant, and the total flux is kept. Separate pieces follow one another.
    pub fn along(crossings: &[Crossing], spacing: [f64; 2]) -> Profile {
        Profile::smoothed(crossings, spacing, 0)
    }

    /// The same, smoothed `times` times with the weights ¼, ½, ¼ over neighbouring bins: this removes oscillations of
    /// the size of the grid and keeps the total.
    pub fn smoothed(crossings: &[Crossing], spacing: [f64; 2], times: usize) -> Profile {
        let order = strung(crossings);
        let cell = spacing[0].max(spacing[1]);
        let is_joined = |&a: &usize, &b: &usize| norm(difference(crossings[a].at, crossings[b].at)) <= GAP * cell;
        let mut profile = Profile::default();
        let mut begin = 0.0;
        for order in order.chunk_by(is_joined) {
            begin += profile.add_piece(crossings, order, begin, spacing, times);
        }
        profile
    }

    /// Adds the bins of one piece that begins at an arc length; returns the length of the piece.
    fn add_piece(
        &mut self,
        crossings: &[Crossing],
        order: &[usize],
        begin: f64,
        spacing: [f64; 2],
        times: usize,
    ) -> f64 {
        let last = order.len() - 1;
        let place = |k: usize| crossings[order[k]].at;
        let steps: f64 = (1..order.len()).map(|k| norm(difference(place(k), place(k - 1)))).sum();
        let widest = spacing[0].max(spacing[1]);
        // Along an axis of shorter cells the relevant cell width is smaller; but smoothing needs the bins that were asked
        // for, since edges across a degenerate curve are long and their crossings dense.
        let cell = if times > 0 { widest } else { widest.min(REACH as f64 * steps / last.max(1) as f64) };
        // A single crossing has no distance to another.
        let cell = if cell > 0.0 { cell } else { spacing[0].max(spacing[1]) };
        let between = norm(difference(place(last), place(0)));
        let is_closed = last > 2 * REACH && between <= GAP * cell;
        // An open curve also includes half a cell before the first and after the last point.
        let ends = if is_closed { between } else { cell };
        let mut arcs = vec![0.5 * ends];
        for k in 1..order.len() {
            arcs.push(arcs[k - 1] + norm(difference(place(k), place(k - 1))));
        }
        let length = arcs[last] + 0.5 * ends;
        let bins = (length / (2.0 * cell)).round().max(1.0) as usize;
        let width = length / bins as f64;
        let mut density = vec![0.0; bins];
        for (k, &index) in order.iter().enumerate() {
            let [before, after] = match is_closed {
                true => [(k + order.len() - REACH) % order.len(), (k + REACH) % order.len()],
                false => [k.saturating_sub(REACH), (k + REACH).min(last)],
            };
            let chord = difference(place(after), place(before));
            let tangent = chord.map(|c| c / norm(chord).max(f64::MIN_POSITIVE));
            let apart = crossings[index].distance(tangent, spacing[0] * spacing[1]).unwrap_or(cell);
            let half = apart.clamp(0.5 * cell, WIDEST * cell).min(length);
            spread(&mut density, width, arcs[k], half, crossings[index].flow, is_closed);
        }
        for _ in 0..times {
            density = smoothed(&density, is_closed);
        }
        let first = self.position.len();
        for bin in 0..bins {
            let at = (bin as f64 + 0.5) * width;
            let after = arcs.partition_point(|&other| other < at).clamp(1, order.len().max(2) - 1);
            let before = place(after - 1);
            self.position.push(order.get(after).map_or(before, |&next| {
                let gap = arcs[after] - arcs[after - 1];
                let fraction = if gap > 0.0 { (at - arcs[after - 1]) / gap } else { 0.0 };
                advance(before, fraction.clamp(0.0, 1.0), difference(crossings[next].at, before))
            }));
            self.arc.push(begin + at);
            self.beside.push(order[after - 1]);
        }
        self.density.extend(density);
        self.add_tangents(first);
        length
    }

    /// The directions at all points from index `first` on, from neighbouring points.
    fn add_tangents(&mut self, first: usize) {
        let last = self.position.len() - 1;
        for k in first..=last {
            let step = difference(self.position[(k + 1).min(last)], self.position[k.saturating_sub(1).max(first)]);
            let length = norm(step);
            self.tangent.push(if length > 0.0 { step.map(|c| c / length) } else { [0.0; 2] });
        }
    }
}

/// Weights ½ for each bin and ¼ for its two neighbours; at the ends of an open curve a bin replaces its missing
/// neighbour.
fn smoothed(density: &[f64], is_closed: bool) -> Vec<f64> {
    let bins = density.len();
    let at = |bin: usize, step: isize| match bin.checked_add_signed(step).filter(|&beside| beside < bins) {
        Some(beside) => density[beside],
        None if is_closed => density[if step < 0 { bins - 1 } else { 0 }],
        None => density[bin],
    };
    (0..bins).map(|bin| 0.25 * (at(bin, -1) + 2.0 * density[bin] + at(bin, 1))).collect()
}

/// Adds a hat function with the integral `flow` and the half width `half` around `at` to the mean densities of the
/// bins. The part beyond the first or last bin is reflected on an open curve and continued at the other end on a closed
/// one.
fn spread(density: &mut [f64], width: f64, at: f64, half: f64, flow: f64, is_closed: bool) {
    // The integral of the hat up to a point, in units of its half width.
    let below = |t: f64| match t.clamp(-1.0, 1.0) {
        t if t < 0.0 => 0.5 * (1.0 + t) * (1.0 + t),
        t => 1.0 - 0.5 * (1.0 - t) * (1.0 - t),
    };
    let count = density.len() as i64;
    let (first, last) = (((at - half) / width).floor() as i64, ((at + half) / width).floor() as i64);
    for bin in first..=last {
        let ends = [bin, bin + 1].map(|edge| below((edge as f64 * width - at) / half));
        let place = match is_closed {
            true => bin.rem_euclid(count),
            false if bin < 0 => (-1 - bin).min(count - 1),
            false => {
                if bin >= count {
                    (2 * count - 1 - bin).max(0)
                } else {
                    bin
                }
            }
        };
        density[place as usize] += flow * (ends[1] - ends[0]) / width;
    }
}

/// An ordering of all crossings along the curve: each next one is the nearest of those left.
pub(super) fn strung(crossings: &[Crossing]) -> Vec<usize> {
    let count = crossings.len();
    if count == 0 {
        return Vec::new();
    }
    let distance = |a: usize, b: usize| norm(difference(crossings[a].at, crossings[b].at));
    let farthest =
        |from: usize| (0..count).max_by(|&a, &b| distance(from, a).total_cmp(&distance(from, b))).unwrap_or(0);
    // The crossing farthest from any other is an end of an open curve, and a valid start on a closed one.
    let mut here = farthest(0);
    let mut left: Vec<usize> = (0..count).filter(|&k| k != here).collect();
    let mut order = vec![here];
    while !left.is_empty() {
        let next = (0..left.len()).min_by(|&a, &b| distance(here, left[a]).total_cmp(&distance(here, left[b])));
        let Some(next) = next else { break };
        here = left.swap_remove(next);
        order.push(here);
    }
    order
}
