//! The probability flux through what absorbs, along it and by saddle: the paper's Eq. 9, ∮ J·dS.

use crate::generator::{Assembly, Exit};
use crate::grid::Grid;
use crate::observe::group::{Coordinate, Data, Field, FieldGroup, GroupError, Label};
use crate::observe::over_grid::{Kind, POSITION};
use crate::problem::Problem;
use crate::tensor::{Point, advance, difference, norm};

/// Probability flux through the absorbing boundary for the normalised quasi-stationary density.
#[derive(Clone, Debug)]
pub struct BoundaryFlux {
    /// Σ ν_i κ_i, equal to γ to rounding.
    pub total: f64,
    /// The part of it that a killing rate inside the domain takes; `None` where there is none.
    pub inside: Option<f64>,
    /// Share of each saddle, index into the problem's saddles and flux: what crosses the boundary nearest to it. Empty where a
    /// target absorbs beyond several saddles, because where the target is entered does not tell over which of them.
    pub by_saddle: Vec<(usize, f64)>,
    /// Points of the boundary, ordered along it where that makes sense.
    pub position: Vec<Point>,
    /// Arc length from the first point.
    pub arc: Vec<f64>,
    /// Flux density per length of boundary (in one dimension: the flux itself).
    pub density: Vec<f64>,
}

/// The group of the flux, and its coordinate.
const GROUP: &str = "flux";
const ARC: Label = Label::new("arc_length", "parameter", "arc length along the dividing surface");
const TOTAL: &str = "total";
const DENSITY: Kind = Kind {
    name: "density",
    units: ["1/dynamical time", "1/(dynamical time parameter)"],
    long_name: ["flux through the end", "flux density per length of the dividing surface"],
};

impl BoundaryFlux {
    /// The flux along the boundary as a group of fields; `None` where no boundary was found.
    pub fn group(&self, dimension: usize) -> Option<FieldGroup> {
        if self.density.is_empty() {
            return None;
        }
        let arc = ARC.name.clone();
        let field = |label: Label, values: Vec<f64>| Field { label, coordinates: vec![arc.clone()], values };
        let mut group = FieldGroup::new(GROUP, vec![Coordinate::new(ARC, self.arc.clone())]);
        group.describe(TOTAL, Data::Numbers(vec![self.total]));
        for (axis, label) in POSITION.into_iter().enumerate().take(dimension) {
            group.push(field(label, self.position.iter().map(|point| point[axis]).collect()));
        }
        group.push(field(DENSITY.label(dimension), self.density.clone()));
        Some(group)
    }

    /// The flux that a group holds, if it is that of a flux; the shares of the saddles are not in it.
    ///
    /// # Errors
    /// [`GroupError`] with what the group lacks, or with a field that does not fit its coordinate.
    pub fn from_group(group: &FieldGroup) -> Result<Option<BoundaryFlux>, GroupError> {
        if group.name != GROUP {
            return Ok(None);
        }
        let x = group.needed(&POSITION[0].name)?;
        let y = group.values(&POSITION[1].name);
        group.fields.iter().try_for_each(|field| group.shape(field).map(drop))?;
        Ok(Some(BoundaryFlux {
            total: group.numbers(TOTAL)?.first().copied().unwrap_or(f64::NAN),
            inside: None,
            by_saddle: Vec::new(),
            position: x.iter().enumerate().map(|(k, x)| [*x, y.map_or(0.0, |y| y[k])]).collect(),
            arc: group.needed(&ARC.name)?.to_vec(),
            density: group.needed(DENSITY.name)?.to_vec(),
        }))
    }
}

/// The saddle that each exit is nearest to.
pub struct SaddleOfExit {
    /// The saddles, as indices into the problem's; none where a target absorbs beyond several.
    pub saddles: Vec<usize>,
    /// By exit, the place of its saddle among them.
    nearest: Vec<usize>,
}

impl SaddleOfExit {
    /// Tells the exits of an assembly apart.
    pub fn new(problem: &Problem, exits: &[Exit]) -> SaddleOfExit {
        let mut saddles = problem.valley.saddles.clone();
        if problem.valley.target.is_some() && saddles.len() > 1 {
            saddles.clear();
        }
        let space = problem.domain.space();
        let nearest = |exit: &Exit| {
            let distance =
                |place: usize| norm(space.offset(exit.position, problem.critical.saddles[saddles[place]].point.theta));
            (0..saddles.len()).min_by(|&a, &b| distance(a).total_cmp(&distance(b)))
        };
        SaddleOfExit { nearest: exits.iter().filter_map(nearest).collect(), saddles }
    }

    /// What the exits carry, summed by saddle.
    pub fn sums(&self, flows: &[f64]) -> Vec<f64> {
        let mut sums = vec![0.0; self.saddles.len()];
        for (&place, flow) in self.nearest.iter().zip(flows) {
            sums[place] += flow;
        }
        sums
    }
}

/// Collects the flux of every cut edge, and what is killed inside.
pub fn boundary_flux(problem: &Problem, grid: &Grid, assembly: &Assembly, probability: &[f64]) -> BoundaryFlux {
    let Assembly { exits, inside, .. } = assembly;
    let flow = |exit: &Exit| probability[exit.state as usize] * exit.rate;
    let through: f64 = exits.iter().map(flow).sum();
    let inside: Option<f64> =
        (!inside.is_empty()).then(|| inside.iter().zip(probability).map(|(rate, p)| rate * p).sum());
    let total = through + inside.unwrap_or(0.0);
    let saddles = SaddleOfExit::new(problem, exits);
    let flows: Vec<f64> = exits.iter().map(flow).collect();
    let by_saddle = saddles.saddles.iter().copied().zip(saddles.sums(&flows)).collect();
    let (position, arc, density) = if problem.dimension == 1 {
        by_end(exits.iter().map(|exit| (exit.position, flow(exit))).collect())
    } else {
        let cuts: Vec<Cut> = exits.iter().map(|exit| Cut::new(exit, grid, flow(exit))).collect();
        let [hx, hy] = grid.spacing();
        along(&cuts, hx.max(hy))
    };
    BoundaryFlux { total, inside, by_saddle, position, arc, density }
}

/// One dimension: one value for each end.
fn by_end(mut points: Vec<(Point, f64)>) -> (Vec<Point>, Vec<f64>, Vec<f64>) {
    points.sort_by(|a, b| a.0[0].total_cmp(&b.0[0]));
    let arc = points.iter().map(|point| point.0[0] - points[0].0[0]).collect();
    (points.iter().map(|point| point.0).collect(), arc, points.iter().map(|point| point.1).collect())
}

/// A cut edge in two dimensions.
struct Cut {
    /// Where it crosses the boundary.
    at: Point,
    /// The whole edge, in θ.
    edge: Point,
    /// Area of a cell.
    cell: f64,
    /// What flows through it.
    flow: f64,
}

impl Cut {
    fn new(exit: &Exit, grid: &Grid, flow: f64) -> Cut {
        let [hx, hy] = grid.spacing();
        let along_axes = [f64::from(exit.offset[0]) * hx, f64::from(exit.offset[1]) * hy];
        let edge = difference(grid.to_theta(along_axes), grid.to_theta([0.0; 2]));
        Cut { at: exit.position, edge, cell: hx * hy, flow }
    }

    /// How far apart the edges of its kind cross a boundary with this unit tangent: there are |n·e| of them to the area of a cell.
    fn distance(&self, tangent: Point) -> f64 {
        self.cell / (tangent[0] * self.edge[1] - tangent[1] * self.edge[0]).abs()
    }
}

/// Two dimensions: the cut points strung along the boundary, and their flux gathered in bins two cells long. Edges of each kind cross a
/// smooth boundary at distances that are regular among themselves, and those of different kinds alternate irregularly: so the flux of each
/// is spread as a hat as wide on either side as these distances are. Hats at equal distances add up to a constant, and the total is kept.
/// Pieces that are apart follow one another.
fn along(cuts: &[Cut], cell: f64) -> (Vec<Point>, Vec<f64>, Vec<f64>) {
    let order = strung(cuts);
    let is_joined = |&a: &usize, &b: &usize| norm(difference(cuts[a].at, cuts[b].at)) <= GAP * cell;
    let (mut position, mut arc, mut density) = (Vec::new(), Vec::new(), Vec::new());
    let mut begin = 0.0;
    for order in order.chunk_by(is_joined) {
        let piece: Vec<&Cut> = order.iter().map(|&index| &cuts[index]).collect();
        let (of_piece, at, flux, length) = along_piece(&piece, cell);
        position.extend(of_piece);
        arc.extend(at.into_iter().map(|at| begin + at));
        density.extend(flux);
        begin += length;
    }
    (position, arc, density)
}

/// Points of the boundary that are farther apart, in cells, belong to different pieces of it: around a hole, or on either side of a
/// reflecting wall.
const GAP: f64 = 4.0;

/// Cuts on either side between which the tangent is taken.
const REACH: usize = 4;

/// Hats are no wider than this, in cells: edges along the boundary hardly cross it, and hardly anything flows through them.
const WIDEST: f64 = 8.0;

/// The points, arc lengths and flux densities of one piece, and its length.
fn along_piece(cuts: &[&Cut], cell: f64) -> (Vec<Point>, Vec<f64>, Vec<f64>, f64) {
    let last = cuts.len() - 1;
    let between = norm(difference(cuts[last].at, cuts[0].at));
    let is_closed = last > 2 * REACH && between <= GAP * cell;
    // Half a cell before the first point and behind the last one belong to an open boundary too.
    let ends = if is_closed { between } else { cell };
    let mut arcs = vec![0.5 * ends];
    for pair in cuts.windows(2) {
        arcs.push(arcs[arcs.len() - 1] + norm(difference(pair[1].at, pair[0].at)));
    }
    let length = arcs[last] + 0.5 * ends;
    let bins = (length / (2.0 * cell)).round().max(1.0) as usize;
    let width = length / bins as f64;
    let mut density = vec![0.0; bins];
    for (k, cut) in cuts.iter().enumerate() {
        let neighbour = |forwards: bool| match (is_closed, forwards) {
            (true, true) => (k + REACH) % cuts.len(),
            (true, false) => (k + cuts.len() - REACH) % cuts.len(),
            (false, true) => (k + REACH).min(last),
            (false, false) => k.saturating_sub(REACH),
        };
        let chord = difference(cuts[neighbour(true)].at, cuts[neighbour(false)].at);
        let tangent = chord.map(|c| c / norm(chord).max(f64::MIN_POSITIVE));
        let half = cut.distance(tangent).clamp(0.5 * cell, WIDEST * cell);
        spread(&mut density, width, arcs[k], half, cut.flow, is_closed);
    }
    let arc: Vec<f64> = (0..bins).map(|bin| (bin as f64 + 0.5) * width).collect();
    let position = arc
        .iter()
        .map(|&at| {
            let after = arcs.partition_point(|&other| other < at).clamp(1, cuts.len().max(2) - 1);
            match (cuts.get(after - 1), cuts.get(after)) {
                (Some(a), Some(b)) => {
                    let gap = arcs[after] - arcs[after - 1];
                    let fraction = if gap > 0.0 { (at - arcs[after - 1]) / gap } else { 0.0 };
                    advance(a.at, fraction.clamp(0.0, 1.0), difference(b.at, a.at))
                }
                (Some(a), None) => a.at,
                _ => [f64::NAN; 2],
            }
        })
        .collect();
    (position, arc, density, length)
}

/// Adds a hat that holds `flow` around `at`, `half` wide on either side, to the mean densities of bins. What lies beyond the first or the
/// last bin of an open boundary is mirrored back, on a closed one it goes on at the other end.
fn spread(density: &mut [f64], width: f64, at: f64, half: f64, flow: f64, is_closed: bool) {
    // The part of the hat below a place, in units of its half width.
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

/// A chain through all points, from one end: each next point is the nearest one left.
fn strung(cuts: &[Cut]) -> Vec<usize> {
    let count = cuts.len();
    if count == 0 {
        return Vec::new();
    }
    let distance = |a: usize, b: usize| norm(difference(cuts[a].at, cuts[b].at));
    let farthest =
        |from: usize| (0..count).max_by(|&a, &b| distance(from, a).total_cmp(&distance(from, b))).unwrap_or(0);
    // The point farthest from any point is an end of an open curve, and as good as any on a closed one.
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
