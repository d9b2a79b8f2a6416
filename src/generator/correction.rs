//! Sixth order on grids that do not follow the valley: rates corrected for how the flux varies along and beyond each
//! edge.
//!
//! On a grid line, with J the flux along it and w = e^{φ}p (s in units of the edge, constants left out),
//! ```text
//! w_i − w_j = ∫ e^{φ} J ds        so that the two rates of an edge carry   ⟨J⟩ = ∫e^{φ}J ds / ∫e^{φ} ds
//! ```
//! the mean of J with the weights e^{φ}, for the exact p at the two cells: the inverse-average weight knows everything
//! but how J varies. Balance at a cell asks for something else, for F with
//! ```text
//! F(½) − F(−½) = ∂J/∂s at the cell        F = (D/2)/sinh(D/2) J = J − J″/24 + 7 J⁗/5760 − …
//! ```
//! Multiplying both rates of each edge by F/⟨J⟩ makes the exact density satisfy the chain's equations. Of a first
//! solution J is known to O(h²), but F/⟨J⟩ − 1, itself O(h²), only takes how J varies: it comes out to O(h⁴).
//! [`PASSES`] solutions, one from the other, bring the order of the reconstruction: J at the middle of an edge from the
//! means of five, J = ⟨J⟩ − Σ J⁽ᵏ⁾⟨sᵏ⟩/k!, and F from J on five (beside walls on three, which leaves order 4 where the
//! flux varies there). Rates stay nonnegative, κ too, and detailed balance stays as it is. For straight valleys the
//! term of sixth order sums to nothing across the valley, and γ has order 8.
//!
//! Where the flux is lost in rounding (deep in the well) or turns round along one edge the ratio means nothing and is
//! held within [`LARGEST`]; neither place has a share in γ. The rounding of J is that of the one-way currents, p_i
//! q_ij, and an edge's share in γ goes inversely with them: values whose currents are [`NOISIER`] times an edge's own
//! have no say in its ratio. Beside a wall J comes from three values, the nearest being 0 on the wall or the mean on
//! the piece up to where an absorbing boundary cuts the edge. What a boundary that cuts edges elsewhere than in the
//! middle makes of the first solution is rough, and differences magnify it: edges beside it are corrected in the first
//! pass only.

use rayon::prelude::*;

use crate::generator::sparse::generator_of;
use crate::generator::{Assembly, Exit, Pair};
use crate::grid::Grid;
use crate::scheme::EdgeSampler;

/// Solutions from which the flux is read, each from the rates corrected by the one before: the second gains two orders,
/// a third nothing.
pub const PASSES: usize = 2;

/// The ratio of an edge lies between this and its inverse: what needs more is not resolved.
const LARGEST: f64 = 1.5;

/// Edges with one-way currents so many times larger than an edge's own are not looked at for its sake.
const NOISIER: f64 = 100.0;

/// J on an edge and its derivatives come from each other; each round gains two orders.
const ROUNDS: usize = 3;

/// An absorbing boundary this close to the middle of the edges that it cuts lies on the faces of cells.
pub const ON_FACES: f64 = 1e-9;

/// ⟨sᵏ⟩ for k = 1 … 4 along an edge or a piece of one, s from its middle in units of its length.
type Moments = [f64; 4];

/// The first four derivatives of J, in units of an edge.
type Derivatives = [f64; 4];

/// An edge; all pairs of a constant D point along their lines.
struct Link {
    /// Its place among the pairs.
    pair: u32,
    moments: Moments,
}

/// What ends a line.
enum End {
    /// Nothing passes.
    Wall,
    /// An absorbing boundary cuts the next edge.
    Cut {
        /// The place among the exits.
        exit: u32,
        /// The fraction of the edge at which it does.
        fraction: f64,
        moments: Moments,
    },
}

/// Edges in a row, one or more. A line that comes back to its beginning has no ends.
struct Line {
    links: Vec<Link>,
    ends: Option<[End; 2]>,
}

/// J in the middle of the edges of a line, and on the pieces that cut its ends.
struct Flux {
    /// ⟨J⟩, then J.
    links: Vec<f64>,
    /// The same on the cut pieces; 0 for walls.
    ends: [f64; 2],
}

/// The one-way currents, p_i q_ij or p_j q_ji, whichever is larger; 0 for walls, where J is known.
struct Currents {
    links: Vec<f64>,
    ends: [f64; 2],
}

/// The rates before any correction.
struct Base {
    pairs: Vec<Pair>,
    exits: Vec<Exit>,
}

/// Corrects the rates of one chain, pass by pass.
pub struct FluxCorrection {
    base: Base,
    lines: Vec<Line>,
    passes: usize,
}

impl FluxCorrection {
    /// Prepares the correction of a chain that the inverse-average weight made on this grid, for a loss and D = d·I.
    pub fn new(assembly: &Assembly, grid: &Grid, sampler: &EdgeSampler<'_>) -> FluxCorrection {
        let lines = (0..grid.dimension).flat_map(|axis| lines(assembly, grid, sampler, axis)).collect();
        let base = Base { pairs: assembly.pairs.clone(), exits: assembly.exits.clone() };
        FluxCorrection { base, lines, passes: 0 }
    }

    /// The last state of each line that a reflecting wall ends, and the one before.
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

    /// Corrects `assembly`, the chain of the pass before or at first the base itself, given its quasi-stationary
    /// density as cell probabilities. Its edges stay the same, so that a symbolic analysis serves all passes.
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
    /// F/⟨J⟩ of the edges and of the cut pieces at the ends.
    fn ratios(&self, base: &Base, probability: &[f64]) -> (Vec<f64>, [f64; 2]) {
        let (means, currents) = self.means(base, probability);
        let mut flux = Flux { links: means.links.clone(), ends: means.ends };
        for _ in 0..ROUNDS {
            flux = self.without_mean(&means, &flux, &currents);
        }
        let ratio = |k: usize| {
            let [_, second, _, fourth] = self.derivatives(&flux, &currents, k);
            bounded((flux.links[k] - second / 24.0 + 7.0 / 5760.0 * fourth) / means.links[k])
        };
        let end_ratio = |side: usize| {
            // On to where the middle of a whole edge would be.
            let [first, second] = self.end_derivatives(&flux, &currents, side);
            let on = 0.5 - 0.5 * self.fraction(side);
            bounded((flux.ends[side] + on * (first + 0.5 * on * second) - second / 24.0) / means.ends[side])
        };
        ((0..self.links.len()).map(ratio).collect(), [end_ratio(0), end_ratio(1)])
    }

    /// ⟨J⟩, the net current that the base rates carry, and the currents both ways.
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

    /// J from the means and from the derivatives of a J that is known less well.
    fn without_mean(&self, means: &Flux, known: &Flux, currents: &Currents) -> Flux {
        let links = self.links.iter().zip(&means.links).enumerate().map(|(k, (link, mean))| {
            let [d1, d2, d3, d4] = self.derivatives(known, currents, k);
            let [m1, m2, m3, m4] = link.moments;
            mean - (d1 * m1 + d2 * m2 / 2.0 + d3 * m3 / 6.0 + d4 * m4 / 24.0)
        });
        let mut ends = means.ends;
        for ((end, value), side) in self.ends.iter().flatten().zip(&mut ends).zip(0..) {
            if let End::Cut { fraction, moments, .. } = *end {
                // The piece's own coordinate runs outwards.
                let [d1, d2] = self.end_derivatives(known, currents, side);
                *value -= fraction * (d1 * moments[0] + 0.5 * fraction * d2 * moments[1]);
            }
        }
        Flux { links: links.collect(), ends }
    }

    /// In the middle of an edge: from five edges, or from the two nearest values and its own; none where one of those
    /// is noise, which is far below the edges that make γ.
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
                // A wall is as far from the last edge's middle as the next one's would be.
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

    /// The first two derivatives outwards in the middle of the cut piece at an end, from the last two edges.
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

    /// The fraction of the edge beyond an end up to where nothing is left: 1 at a wall.
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

/// The axis and the sign of an edge to a nearest neighbour; D = d·I has no others.
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
    // The edge ahead of each state, whether there is one behind it, and the exits on both sides.
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
    // From the beginnings of rows first; what is left then comes back to itself.
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
        // Not the other cell's centre, which may lie across a seam.
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
