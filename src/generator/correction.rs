//! The flux correction: rates of sixth order on grids that are oblique to the valley, corrected for the variation of
//! the flux along each edge and across its ends.
//!
//! On a grid line with the flux J along it, and w = e^{φ}p (s in units of the edge, constant factors omitted),
//! ```text
//! w_i − w_j = ∫ e^{φ} J ds        so that the two rates of an edge carry   ⟨J⟩ = ∫e^{φ}J ds / ∫e^{φ} ds
//! ```
//! the mean of J with the weight e^{φ}, if p is exact at the two cells: the only error of the inverse-average weight is
//! the variation of J. The balance equation of a cell needs another value, F with
//! ```text
//! F(½) − F(−½) = ∂J/∂s at the cell        F = (D/2)/sinh(D/2) J = J − J″/24 + 7 J⁗/5760 − …
//! ```
//! Multiplying both rates of each edge by F/⟨J⟩ makes the exact density satisfy the chain's equations. A first solution
//! gives J to O(h²). The correction F/⟨J⟩ − 1 is itself O(h²) and depends only on the relative variation of J, so it is
//! known to O(h⁴). [`PASSES`] successive solutions reach the order of the reconstruction: J at the middle of an edge
//! from the means on five edges, J = ⟨J⟩ − Σ J⁽ᵏ⁾⟨sᵏ⟩/k!, and F from J on five edges (three next to walls, which leaves
//! order 4 if the flux varies there). The rates and κ stay nonnegative, and detailed balance is kept. For straight
//! valleys the term of sixth order cancels across the valley, and γ has order 8.
//!
//! Where the flux is lost in rounding (deep in the well, or across a straight valley) the ratio is meaningless, and edges
//! keep their rates; where it changes sign along an edge the ratio is limited to [`LARGEST`]. Such edges do not contribute
//! to γ, but other modes of the chain move along them. The rounding error of J is that of the one-way
//! currents p_i q_ij, while the influence of an edge on γ is inversely proportional to them: neighbours whose currents
//! are more than [`NOISIER`] times those of an edge are not used for its ratio. Next to a wall J comes from three
//! values, the nearest of which is 0 on the wall or the mean on the piece up to the cut by an absorbing boundary. A
//! boundary that cuts edges elsewhere than in the middle leaves an error in the first solution that is rough along the
//! boundary and that differences magnify: edges next to it are corrected in the first pass only.

use rayon::prelude::*;

use crate::generator::sparse::generator_of;
use crate::generator::{Assembly, Exit, Pair};
use crate::grid::Grid;
use crate::scheme::EdgeSampler;

/// The number of solutions from which the flux is read, each with the rates corrected by the one before: the second
/// gains two orders, a third would gain nothing.
pub const PASSES: usize = 2;

/// The limit of the correction ratio of an edge, which lies between this and its inverse: where more would be needed
/// the flux is not resolved.
const LARGEST: f64 = 1.5;

/// The flux of an edge, relative to its one-way currents, up to which it keeps its rates. They contribute less than this
/// to γ, and the ratio of two small differences would spoil what else the chain is used for: the motion across a straight
/// valley, along which the slowest mode has no flux at all, or the exchange between wells that leak alike.
const UNRESOLVED: f64 = 1e-11;

/// Edges whose one-way currents are more than this many times larger than those of an edge are not used in its
/// correction.
const NOISIER: f64 = 100.0;

/// The number of fixed-point rounds in which J on an edge and its derivatives are computed from each other; each gains
/// two orders.
const ROUNDS: usize = 3;

/// The tolerance, in fractions of an edge, within which an absorbing boundary counts as lying on the faces of cells (a
/// cut at ½).
pub const ON_FACES: f64 = 1e-9;

/// ⟨sᵏ⟩ for k = 1 … 4 along an edge or a piece of one, with s measured from its middle in units of its length.
type Moments = [f64; 4];

/// The first four derivatives of J with respect to s, in units of an edge.
type Derivatives = [f64; 4];

/// An edge of a grid line; for a constant D all pairs point along grid lines.
struct Link {
    /// The index of the edge among the pairs.
    pair: u32,
    moments: Moments,
}

/// The end of a line.
enum End {
    /// A reflecting wall.
    Wall,
    /// An absorbing boundary that cuts the next edge.
    Cut {
        /// The index of the cut edge among the exits.
        exit: u32,
        /// The fraction of the edge at the cut.
        fraction: f64,
        moments: Moments,
    },
}

/// Consecutive edges along a grid line, one or more. A line that closes on itself (periodic axis) has no ends.
struct Line {
    links: Vec<Link>,
    ends: Option<[End; 2]>,
}

/// J in the middle of the edges of a line and on the cut pieces at its ends.
struct Flux {
    /// ⟨J⟩ at first, then J, for each edge.
    links: Vec<f64>,
    /// The same for the cut pieces at the ends; 0 for walls.
    ends: [f64; 2],
}

/// The larger of the one-way currents p_i q_ij and p_j q_ji of each edge; 0 for walls, where J is known to be 0.
struct Currents {
    links: Vec<f64>,
    ends: [f64; 2],
}

/// The uncorrected rates.
struct Base {
    pairs: Vec<Pair>,
    exits: Vec<Exit>,
}

/// The flux correction of one chain, applied pass by pass.
pub struct FluxCorrection {
    base: Base,
    lines: Vec<Line>,
    passes: usize,
}

impl FluxCorrection {
    /// Prepares the correction of a chain that was assembled with the inverse-average weight on this grid, for a loss
    /// and D = d·I.
    pub fn new(assembly: &Assembly, grid: &Grid, sampler: &EdgeSampler<'_>) -> FluxCorrection {
        let lines = (0..grid.dimension).flat_map(|axis| lines(assembly, grid, sampler, axis)).collect();
        let base = Base { pairs: assembly.pairs.clone(), exits: assembly.exits.clone() };
        FluxCorrection { base, lines, passes: 0 }
    }

    /// The last two states of each line that ends at a reflecting wall, the last first.
    pub fn walls(&self) -> Vec<[u32; 2]> {
        let of_line = |line: &Line| {
            let at_end = |(side, _): (usize, &End)| {
                let near = if side == 0 { 0 } else { line.links.len() - 1 };
                let Pair { from, to, .. } = self.base.pairs[line.links[near].pair as usize];
                if side == 0 { [from, to] } else { [to, from] }
            };
            let walls = line.ends.iter().flatten().enumerate().filter(|(_, end)| matches!(end, End::Wall));
            walls.map(at_end).collect::<Vec<_>>()
        };
        self.lines.iter().flat_map(of_line).collect()
    }

    /// Corrects `assembly`, which is the base chain in the first pass and the chain of the pass before in later ones.
    /// `probability` is its quasi-stationary distribution. The pattern of edges is unchanged, so that one symbolic
    /// analysis serves all passes.
    pub fn pass(&mut self, assembly: &mut Assembly, grid: &Grid, probability: &[f64]) {
        let is_first = self.passes == 0;
        let base = &self.base;
        let ratios: Vec<(Vec<f64>, [f64; 2])> =
            self.lines.par_iter().map(|line| line.ratios(base, probability)).collect();
        for (line, (ratios, end_ratios)) in self.lines.iter().zip(ratios) {
            let last = line.links.len() - 1;
            for (k, (link, ratio)) in line.links.iter().zip(ratios).enumerate() {
                let is_rough = (k == 0 && line.is_cut_off_faces(0)) || (k == last && line.is_cut_off_faces(1));
                if is_first || !is_rough {
                    let (from, to) = (&base.pairs[link.pair as usize], &mut assembly.pairs[link.pair as usize]);
                    (to.forward, to.backward) = (ratio * from.forward, ratio * from.backward);
                }
            }
            for (end, side) in line.ends.iter().flatten().zip(0..) {
                if let End::Cut { exit, .. } = *end
                    && (is_first || !line.is_cut_off_faces(side))
                {
                    assembly.exits[exit as usize].rate = end_ratios[side] * base.exits[exit as usize].rate;
                }
            }
        }
        let is_reversible = assembly.generator.is_reversible;
        let Assembly { cells, pairs, exits, inside, .. } = &*assembly;
        assembly.generator = generator_of(grid, cells, pairs, exits, inside, is_reversible);
        self.passes += 1;
    }
}

impl Line {
    /// The ratios F/⟨J⟩ of the edges of a line and of the cut pieces at its ends.
    fn ratios(&self, base: &Base, probability: &[f64]) -> (Vec<f64>, [f64; 2]) {
        let (means, currents) = self.means(base, probability);
        let mut flux = Flux { links: means.links.clone(), ends: means.ends };
        for _ in 0..ROUNDS {
            flux = self.without_mean(&means, &flux, &currents);
        }
        let ratio = |k: usize| {
            if means.links[k].abs() <= UNRESOLVED * currents.links[k] {
                return 1.0;
            }
            let [_, second, _, fourth] = self.derivatives(&flux, &currents, k);
            bounded((flux.links[k] - second / 24.0 + 7.0 / 5760.0 * fourth) / means.links[k])
        };
        let end_ratio = |side: usize| {
            // Extrapolate to where the middle of a whole edge would be.
            let [first, second] = self.end_derivatives(&flux, &currents, side);
            let on = 0.5 - 0.5 * self.fraction(side);
            bounded((flux.ends[side] + on * (first + 0.5 * on * second) - second / 24.0) / means.ends[side])
        };
        ((0..self.links.len()).map(ratio).collect(), [end_ratio(0), end_ratio(1)])
    }

    /// ⟨J⟩, the net current with the base rates, and the larger one-way current, on each edge.
    fn means(&self, base: &Base, probability: &[f64]) -> (Flux, Currents) {
        let n = self.links.len();
        let mut means = Flux { links: Vec::with_capacity(n), ends: [0.0; 2] };
        let mut currents = Currents { links: Vec::with_capacity(n), ends: [0.0; 2] };
        for link in &self.links {
            let pair = &base.pairs[link.pair as usize];
            let forward = probability[pair.from as usize] * pair.forward;
            let backward = probability[pair.to as usize] * pair.backward;
            means.links.push(forward - backward);
            currents.links.push(forward.max(backward));
        }
        for ((end, side), sign) in self.ends.iter().flatten().zip(0..).zip([-1.0, 1.0]) {
            if let End::Cut { exit, .. } = *end {
                let exit = &base.exits[exit as usize];
                currents.ends[side] = probability[exit.state as usize] * exit.rate;
                means.ends[side] = sign * currents.ends[side];
            }
        }
        (means, currents)
    }

    /// J from its means ⟨J⟩ and the derivatives of a less accurate J, `known`.
    fn without_mean(&self, means: &Flux, known: &Flux, currents: &Currents) -> Flux {
        let links = self.links.iter().zip(&means.links).enumerate().map(|(k, (link, mean))| {
            let [d1, d2, d3, d4] = self.derivatives(known, currents, k);
            let [m1, m2, m3, m4] = link.moments;
            mean - (d1 * m1 + d2 * m2 / 2.0 + d3 * m3 / 6.0 + d4 * m4 / 24.0)
        });
        let mut ends = means.ends;
        for ((end, value), side) in self.ends.iter().flatten().zip(&mut ends).zip(0..) {
            if let End::Cut { fraction, moments, .. } = *end {
                // The coordinate of the piece runs outwards.
                let [d1, d2] = self.end_derivatives(known, currents, side);
                *value -= fraction * (d1 * moments[0] + 0.5 * fraction * d2 * moments[1]);
            }
        }
        Flux { links: links.collect(), ends }
    }

    /// The derivatives of J in the middle of edge k from five edges, or from its own value and the two nearest; zero
    /// where one of those is only rounding noise, which happens far below the edges that determine γ.
    fn derivatives(&self, flux: &Flux, currents: &Currents, k: usize) -> Derivatives {
        let (values, n) = (&flux.links, flux.links.len());
        let is_closed = self.ends.is_none();
        let is_quiet = |current: f64| current <= NOISIER * currents.links[k];
        let around = match k >= 2 && k + 2 < n {
            true => Some([k - 2, k - 1, k, k + 1, k + 2]),
            false if is_closed && n >= 5 => Some([n - 2, n - 1, n, n + 1, n + 2].map(|step| (k + step) % n)),
            false => None,
        };
        if let Some(around) = around.filter(|around| around.iter().all(|&k| is_quiet(currents.links[k]))) {
            let [a, b, c, d, e] = around.map(|k| values[k]);
            return [
                (a - e + 8.0 * (d - b)) / 12.0,
                (16.0 * (b + d) - (a + e) - 30.0 * c) / 12.0,
                (e - a) / 2.0 + b - d,
                a + e - 4.0 * (b + d) + 6.0 * c,
            ];
        }
        let neighbour = |side: usize| {
            let inside = match side {
                0 => k.checked_sub(1).or(is_closed.then_some(n - 1)),
                _ => (k + 1 < n).then_some(k + 1).or(is_closed.then_some(0)),
            };
            match inside {
                Some(k) => is_quiet(currents.links[k]).then_some((1.0, values[k])),
                // The value 0 on a wall is as far from the middle of the last edge as the middle of the next edge would
                // be.
                None => is_quiet(currents.ends[side]).then_some((0.5 + 0.5 * self.fraction(side), flux.ends[side])),
            }
        };
        let slope_to = |(distance, value): (f64, f64)| (value - values[k]) / distance;
        match [neighbour(0), neighbour(1)] {
            [Some(before), Some(after)] => {
                let (left, right) = (-slope_to(before), slope_to(after));
                let (d1, d2) = (before.0, after.0);
                [(right * d1 + left * d2) / (d1 + d2), 2.0 * (right - left) / (d1 + d2), 0.0, 0.0]
            }
            _ => [0.0; 4],
        }
    }

    /// The first two derivatives of J, outwards, in the middle of the cut piece at an end, from that piece and the last
    /// two edges.
    fn end_derivatives(&self, flux: &Flux, currents: &Currents, side: usize) -> [f64; 2] {
        let n = flux.links.len();
        let from_end = |k: usize| {
            let k = if side == 0 { (k < n).then_some(k) } else { n.checked_sub(k + 1) };
            k.filter(|&k| currents.links[k] <= NOISIER * currents.ends[side]).map(|k| flux.links[k])
        };
        let Some(last) = from_end(0) else { return [0.0; 2] };
        let distance = 0.5 + 0.5 * self.fraction(side);
        let slope = (flux.ends[side] - last) / distance;
        let Some(before) = from_end(1) else { return [slope, 0.0] };
        let second = 2.0 * (slope - (last - before)) / (distance + 1.0);
        [slope + 0.5 * second * distance, second]
    }

    /// The fraction of the edge beyond an end at which the flux ends: 1 at a wall, the cut at an absorbing boundary.
    fn fraction(&self, side: usize) -> f64 {
        match self.ends.as_ref().map(|ends| &ends[side]) {
            Some(End::Cut { fraction, .. }) => *fraction,
            _ => 1.0,
        }
    }

    /// Whether an absorbing boundary cuts this end elsewhere than on the face of its cell.
    fn is_cut_off_faces(&self, side: usize) -> bool {
        match self.ends.as_ref().map(|ends| &ends[side]) {
            Some(End::Cut { fraction, .. }) => (fraction - 0.5).abs() > ON_FACES,
            _ => false,
        }
    }
}

const NONE: u32 = u32::MAX;

/// The axis and the sign of an edge to a nearest neighbour; D = d·I has no other edges.
fn direction(offset: [i32; 2]) -> Option<(usize, i32)> {
    match offset {
        [sign, 0] if sign.abs() == 1 => Some((0, sign)),
        [0, sign] if sign.abs() == 1 => Some((1, sign)),
        _ => None,
    }
}

/// All lines along an axis.
fn lines(base: &Assembly, grid: &Grid, sampler: &EdgeSampler<'_>, axis: usize) -> Vec<Line> {
    let n = base.generator.len();
    // For each state the edge ahead, whether an edge is behind it, and the exits on both sides.
    let (mut ahead, mut has_behind, mut exits) = (vec![NONE; n], vec![false; n], vec![[NONE; 2]; n]);
    for (place, pair) in base.pairs.iter().enumerate() {
        if direction(pair.offset.map(i32::from)) == Some((axis, 1)) {
            ahead[pair.from as usize] = place as u32;
            has_behind[pair.to as usize] = true;
        }
    }
    for (place, exit) in base.exits.iter().enumerate() {
        if let Some((along, sign)) = direction(exit.offset)
            && along == axis
        {
            exits[exit.state as usize][usize::from(sign > 0)] = place as u32;
        }
    }
    let beyond = |low: u32| base.pairs[ahead[low as usize] as usize].to;
    let mut rows: Vec<Vec<u32>> = Vec::new();
    let mut is_taken = vec![false; n];
    // First the lines with a beginning; the remaining states lie on closed lines.
    let beginnings = (0..n).filter(|&state| !has_behind[state]).chain(0..n);
    for first in beginnings.map(|state| state as u32) {
        let mut row = Vec::new();
        let mut low = first;
        while ahead[low as usize] != NONE && !std::mem::replace(&mut is_taken[low as usize], true) {
            row.push(low);
            low = beyond(low);
        }
        if !row.is_empty() {
            rows.push(row);
        }
    }
    let centre = |state: u32| grid.cell_centre(base.cells[state as usize] as usize);
    let link = |low: u32| {
        let place = ahead[low as usize];
        // Not the centre of the other cell, which may lie across a periodic seam.
        let [ix, iy] = grid.indices(base.cells[low as usize] as usize).map(|i| i as f64);
        let next = if axis == 0 { grid.position(ix + 1.0, iy) } else { grid.position(ix, iy + 1.0) };
        Link { pair: place, moments: sampler.moments(centre(low), next) }
    };
    let end = |state: u32, side: usize| match exits[state as usize][side] {
        NONE => End::Wall,
        place => {
            let Exit { fraction, position, .. } = base.exits[place as usize];
            End::Cut { exit: place, fraction, moments: sampler.moments(centre(state), position) }
        }
    };
    let line = |row: Vec<u32>| {
        let (first, last) = (row[0], row[row.len() - 1]);
        let is_open = !has_behind[first as usize];
        Line {
            ends: is_open.then(|| [end(first, 0), end(beyond(last), 1)]),
            links: row.into_iter().map(link).collect(),
        }
    };
    rows.into_par_iter().map(line).collect()
}

fn bounded(ratio: f64) -> f64 {
    // NaN where there is no flux at all.
    if ratio.is_nan() { 1.0 } else { ratio.clamp(1.0 / LARGEST, LARGEST) }
}
