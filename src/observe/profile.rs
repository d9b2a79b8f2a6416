//! The flux through a curve from what single edges carry across it: strung along the curve, and gathered as a density
//! along it.

use crate::tensor::{Point, advance, difference, norm};

/// Where an edge crosses a curve, and what it carries across, forward less backward.
#[derive(Clone, Copy, Debug)]
pub struct Crossing {
    /// Where.
    pub at: Point,
    /// The net flow, per unit of time.
    pub flow: f64,
}

/// Flux density along a curve; empty by default.
#[derive(Clone, Debug, Default)]
pub struct Profile {
    /// Points of the curve, in its order where it has one.
    pub position: Vec<Point>,
    /// Arc length from the first end; pieces of the curve that are apart follow one another.
    pub arc: Vec<f64>,
    /// Flux per length.
    pub density: Vec<f64>,
    /// The direction of the curve at each point.
    pub tangent: Vec<Point>,
    /// A crossing beside each point, by its number.
    pub beside: Vec<usize>,
}

/// Points of a curve that are farther apart, in cells, belong to different pieces of it: around a hole, or on either
/// side of a reflecting wall.
const GAP: f64 = 4.0;

impl Profile {
    /// The crossings strung along their curve, and their flux gathered in bins two cells long. The crossings of x
    /// edges and of y edges alternate irregularly on a slanted curve, so each flux is spread over three bins with the
    /// weights of a quadratic spline (Hockney & Eastwood 1981, triangular-shaped clouds), which keeps the total.
    /// Pieces that are apart follow one another.
    pub fn along(crossings: &[Crossing], cell: f64) -> Profile {
        let order = strung(crossings);
        let is_joined = |&a: &usize, &b: &usize| norm(difference(crossings[a].at, crossings[b].at)) <= GAP * cell;
        let mut profile = Profile::default();
        let mut begin = 0.0;
        for order in order.chunk_by(is_joined) {
            begin += profile.add_piece(crossings, order, begin, cell);
        }
        profile
    }

    /// Adds the bins of one piece, which begins at an arc length; its length.
    fn add_piece(&mut self, crossings: &[Crossing], order: &[usize], begin: f64, cell: f64) -> f64 {
        let mut arcs = Vec::with_capacity(order.len());
        let mut length = 0.0;
        for (k, &index) in order.iter().enumerate() {
            if k > 0 {
                length += norm(difference(crossings[index].at, crossings[order[k - 1]].at));
            }
            // Half a cell before the first point belongs to the curve too.
            arcs.push(length + 0.5 * cell);
        }
        let bins = ((length + cell) / (2.0 * cell)).round().max(1.0) as usize;
        let width = (length + cell) / bins as f64;
        let mut density = vec![0.0; bins];
        for (&index, at) in order.iter().zip(&arcs) {
            let bin = ((at / width) as usize).min(bins - 1);
            let offset = at / width - bin as f64 - 0.5;
            let weights = [0.5 * (0.5 - offset).powi(2), 0.75 - offset * offset, 0.5 * (0.5 + offset).powi(2)];
            for (shift, weight) in weights.into_iter().enumerate() {
                // At an end of the curve the outer third stays in the last bin.
                let target = (bin + shift).saturating_sub(1).min(bins - 1);
                density[target] += weight * crossings[index].flow / width;
            }
        }
        let first = self.position.len();
        for bin in 0..bins {
            let at = (bin as f64 + 0.5) * width;
            let after = arcs.partition_point(|&other| other < at).clamp(1, order.len().max(2) - 1);
            let before = crossings[order[after - 1]].at;
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
        length + cell
    }

    /// The directions at the points from one of them on, from their neighbours.
    fn add_tangents(&mut self, first: usize) {
        let last = self.position.len() - 1;
        for k in first..=last {
            let step = difference(self.position[(k + 1).min(last)], self.position[k.saturating_sub(1).max(first)]);
            let length = norm(step);
            self.tangent.push(if length > 0.0 { step.map(|c| c / length) } else { [0.0; 2] });
        }
    }
}

/// A chain through all crossings, from one end: each next one is the nearest that is left.
pub(super) fn strung(crossings: &[Crossing]) -> Vec<usize> {
    let count = crossings.len();
    if count == 0 {
        return Vec::new();
    }
    let distance = |a: usize, b: usize| norm(difference(crossings[a].at, crossings[b].at));
    let farthest =
        |from: usize| (0..count).max_by(|&a, &b| distance(from, a).total_cmp(&distance(from, b))).unwrap_or(0);
    // The one farthest from any of them is an end of an open curve, and as good as any on a closed one.
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
