//! The arcs of a dividing surface, each with the saddles that belong to it.
//!
//! The height along a curve is the loss L or, for a drift, −∫ b·dl. An arc lies between two neighbouring maxima of the
//! height and contains one minimum. On the boundary of a basin the maxima are maxima of the loss or sources of the
//! drift, and each arc is the stable manifold of one saddle, which is its minimum. On any other curve a saddle whose
//! two minima it separates belongs to the nearest arc.
//!
//! The theory assumes that the flux of an arc near its saddle is a Gaussian across the escape direction,
//! ```text
//! J·n ∝ e^{−y²/2w²}        w = √(D_⊥/H_⊥),   y along the stable eigenvector ⊥ of the Hessian, D_⊥ = ⊥·D ⊥
//! ```
//! on any curve through the saddle other than the escape direction itself, since the current does not vary along that
//! direction.

use serde::Serialize;

use crate::observe::profile::{Crossing, Profile, strung};
use crate::problem::{Problem, Saddle};
use crate::tensor::{Point, advance, difference, dot, norm};

/// One arc of a dividing surface.
#[derive(Clone, Debug, Serialize)]
pub struct Arc {
    /// Its lowest point.
    pub lowest: Point,
    /// The saddles that belong to it, as indices into the problem's saddles.
    pub saddles: Vec<usize>,
    /// The net flux across it, per unit of dynamical time.
    pub flux: f64,
    /// Its flux divided by that of the whole surface.
    pub share: f64,
    /// The standard deviation of the flux across the escape direction, for an arc with one saddle.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub width: Option<f64>,
    /// The value that the theory assumes: √(D_⊥/H_⊥).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gaussian_width: Option<f64>,
    /// Kramers' rate over the arc's saddle, with the factor of the killing boundary.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kramers: Option<f64>,
    /// The rate over this arc divided by Kramers'.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ratio: Option<f64>,
}

/// The division of the crossings of a surface into arcs.
#[derive(Clone, Debug)]
pub struct Division {
    /// The lowest crossing of each arc, in ascending order of height.
    lowest: Vec<usize>,
    /// The saddles of each arc.
    saddles: Vec<Vec<usize>>,
    /// The arc of each crossing.
    pub arc: Vec<usize>,
}

/// The distance, in cells, up to which two crossings are neighbours on the curve.
const NEIGHBOURS: f64 = 2.5;
/// An arc is merged into a lower neighbour if its depth below the maximum between them is at most this fraction of the
/// depth of the lower arc below that maximum.
const RIPPLE: f64 = 0.01;
/// The distance between curve and saddle, in widths of the Gaussian, up to which the Gaussian is compared.
const NEAR: f64 = 2.0;
/// The height difference, relative to the range of heights, below which heights are equal.
const LEVEL: f64 = 1e-9;

impl Division {
    /// The arcs of the curve with these crossings, and the saddles in `candidates` that belong to each; `cell` is the
    /// cell width of the grid.
    pub fn new(problem: &Problem, candidates: &[usize], crossings: &[Crossing], cell: f64) -> Division {
        let heights = heights(problem, crossings, cell);
        let space = problem.domain.space();
        let apart = |a: usize, b: usize| norm(space.offset(crossings[a].at, crossings[b].at));
        let near = |k: usize| -> Vec<usize> {
            (0..crossings.len()).filter(|&other| other != k && apart(k, other) <= NEIGHBOURS * cell).collect()
        };
        let (lowest, arc) = flooded(&heights, near, apart);
        let mut saddles = vec![Vec::new(); lowest.len()];
        for &saddle in candidates {
            let at = problem.critical.saddles[saddle].point.theta;
            let distance = |k: &usize| norm(space.offset(at, crossings[*k].at));
            let nearest = (0..crossings.len()).min_by(|a, b| distance(a).total_cmp(&distance(b)));
            if let Some(nearest) = nearest {
                saddles[arc[nearest]].push(saddle);
            }
        }
        Division { lowest, saddles, arc }
    }

    /// The saddle of each crossing: that of its arc, the nearest one if there are several; for an arc without saddles
    /// the saddle nearest to the arc.
    pub fn saddle_of_each(&self, problem: &Problem, candidates: &[usize], crossings: &[Crossing]) -> Vec<usize> {
        let space = problem.domain.space();
        let nearest = |among: &[usize], at: Point| {
            let distance = |saddle: &usize| norm(space.offset(at, problem.critical.saddles[*saddle].point.theta));
            among.iter().copied().min_by(|a, b| distance(a).total_cmp(&distance(b)))
        };
        let saddle = |(crossing, &arc): (&Crossing, &usize)| match self.saddles[arc].as_slice() {
            [] => nearest(candidates, crossings[self.lowest[arc]].at),
            among => nearest(among, crossing.at),
        };
        crossings.iter().zip(&self.arc).filter_map(saddle).collect()
    }

    /// The arcs with the flux across each.
    pub fn arcs(&self, problem: &Problem, crossings: &[Crossing]) -> Vec<Arc> {
        let total: f64 = crossings.iter().map(|crossing| crossing.flow).sum();
        let own = |arc: usize| {
            let own = crossings.iter().zip(&self.arc).filter(move |(_, owner)| **owner == arc);
            own.map(|(crossing, _)| *crossing).collect::<Vec<Crossing>>()
        };
        let arc = |arc: usize| {
            let (own, saddles) = (own(arc), self.saddles[arc].clone());
            let flux: f64 = own.iter().map(|crossing| crossing.flow).sum();
            let lowest = crossings[self.lowest[arc]].at;
            let across = only(&saddles).and_then(|saddle| Across::new(problem, saddle));
            let gross: f64 = own.iter().map(|crossing| crossing.flow.abs()).sum();
            let across = across.filter(|across| across.is_near(lowest) && flux.abs() > ONE_WAY * gross);
            Arc {
                lowest,
                saddles,
                flux,
                share: flux / total,
                width: across.as_ref().map(|across| across.width_of(&own)),
                gaussian_width: across.map(|across| across.width),
                kramers: None,
                ratio: None,
            }
        };
        (0..self.lowest.len()).map(arc).collect()
    }

    /// The flux density along a profile that the theory assumes: Gaussians with the flux of each arc that has one
    /// saddle; NaN on other arcs.
    pub fn gaussian(&self, problem: &Problem, arcs: &[Arc], profile: &Profile) -> Vec<f64> {
        let across: Vec<Option<Across>> =
            arcs.iter().map(|arc| arc.width.and(only(&arc.saddles)).and_then(|at| Across::new(problem, at))).collect();
        let density = |bin: usize| {
            let arc = self.arc[profile.beside[bin]];
            let Some(across) = &across[arc] else { return f64::NAN };
            let slant = dot(profile.tangent[bin], across.direction).abs();
            let y = across.coordinate(profile.position[bin]) / across.width;
            arcs[arc].flux * slant * (-0.5 * y * y).exp() / (across.width * (2.0 * std::f64::consts::PI).sqrt())
        };
        (0..profile.position.len()).map(density).collect()
    }
}

/// The saddle of an arc that has exactly one.
fn only(saddles: &[usize]) -> Option<usize> {
    <[usize; 1]>::try_from(saddles).ok().map(|[saddle]| saddle)
}

/// The direction perpendicular to the escape direction at a saddle.
struct Across<'a> {
    problem: &'a Problem,
    saddle: &'a Saddle,
    direction: Point,
    width: f64,
}

impl<'a> Across<'a> {
    /// `None` if the coordinates have a metric or there is no loss.
    fn new(problem: &'a Problem, saddle: usize) -> Option<Across<'a>> {
        problem.dynamics.loss().filter(|loss| loss.metric().is_none())?;
        let saddle = &problem.critical.saddles[saddle];
        let direction = saddle.point.eigenvectors[1];
        let spread = problem.noise.tensor(saddle.point.theta).form(direction, direction);
        let width = (spread / saddle.point.eigenvalues[1]).sqrt();
        (width.is_finite() && width > 0.0).then_some(Across { problem, saddle, direction, width })
    }

    /// Whether a curve with this lowest point passes near enough to the saddle for the Gaussian to apply.
    fn is_near(&self, at: Point) -> bool {
        norm(self.problem.domain.space().offset(self.saddle.point.theta, at)) <= NEAR * self.width
    }

    fn coordinate(&self, at: Point) -> f64 {
        dot(self.problem.domain.space().offset(self.saddle.point.theta, at), self.direction)
    }

    /// The standard deviation of the flux of an arc.
    fn width_of(&self, crossings: &[Crossing]) -> f64 {
        let sum = |of: &dyn Fn(f64) -> f64| -> f64 {
            crossings.iter().map(|crossing| crossing.flow * of(self.coordinate(crossing.at))).sum()
        };
        let total = sum(&|_| 1.0);
        let mean = sum(&|y| y) / total;
        (sum(&|y| (y - mean) * (y - mean)) / total).sqrt()
    }
}

/// If the net flux of an arc is less than this fraction of the flow in either direction, it circulates or is rounding,
/// and has no width.
const ONE_WAY: f64 = 0.5;

/// The height of the curve at each crossing: the loss, or −∫ b·dl along the curve.
fn heights(problem: &Problem, crossings: &[Crossing], cell: f64) -> Vec<f64> {
    let loss = problem.dynamics.loss().or(problem.dynamics.conservative().map(|turned| turned.loss));
    if let Some(loss) = loss {
        return crossings.iter().map(|crossing| loss.value(crossing.at)).collect();
    }
    let mut heights = vec![0.0; crossings.len()];
    for pair in strung(crossings).windows(2) {
        let (from, to) = (crossings[pair[0]].at, crossings[pair[1]].at);
        let step = difference(to, from);
        // A gap between pieces of the curve carries no height difference.
        let is_joined = norm(step) <= NEIGHBOURS * cell;
        let rise = if is_joined { dot(problem.dynamics.slope(advance(from, 0.5, step)), step) } else { 0.0 };
        heights[pair[1]] = heights[pair[0]] + rise;
    }
    heights
}

/// A watershed division: the local minima, lowest first, and the minimum to whose arc each crossing belongs.
fn flooded(
    heights: &[f64],
    near: impl Fn(usize) -> Vec<usize>,
    apart: impl Fn(usize, usize) -> f64,
) -> (Vec<usize>, Vec<usize>) {
    const DRY: usize = usize::MAX;
    let mut order: Vec<usize> = (0..heights.len()).collect();
    order.sort_by(|&a, &b| heights[a].total_cmp(&heights[b]));
    let range = order.first().zip(order.last()).map_or(0.0, |(&low, &high)| heights[high] - heights[low]);
    let level = LEVEL * (range + order.last().map_or(0.0, |&high| heights[high].abs()));
    let (mut lowest, mut lake): (Vec<usize>, Vec<usize>) = (Vec::new(), vec![DRY; heights.len()]);
    // The minimum that each minimum has been merged into.
    let mut into: Vec<usize> = Vec::new();
    let root = |into: &[usize], mut lake: usize| {
        while into[lake] != lake {
            lake = into[lake];
        }
        lake
    };
    for &k in &order {
        let mut wet: Vec<usize> = near(k).into_iter().filter(|&other| lake[other] != DRY).collect();
        wet.sort_by(|&a, &b| apart(k, a).total_cmp(&apart(k, b)));
        let Some(&nearest) = wet.first() else {
            lake[k] = into.len();
            into.push(into.len());
            lowest.push(k);
            continue;
        };
        lake[k] = root(&into, lake[nearest]);
        for &other in &wet {
            let (one, two) = (root(&into, lake[k]), root(&into, lake[other]));
            // Minima are numbered from the lowest.
            let (low, high) = (one.min(two), one.max(two));
            let [deep, shallow] = [low, high].map(|lake| heights[k] - heights[lowest[lake]]);
            if low != high && (shallow <= RIPPLE * deep || shallow <= level) {
                into[high] = low;
            }
        }
    }
    let kept: Vec<usize> = (0..into.len()).filter(|&lake| into[lake] == lake).collect();
    let number = |own: usize| kept.partition_point(|&other| other < root(&into, own));
    let arc = lake.iter().map(|&own| number(own)).collect();
    (kept.iter().map(|&lake| lowest[lake]).collect(), arc)
}
