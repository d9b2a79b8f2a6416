//! A dividing surface in its own arcs, each with the saddles that belong to it.
//!
//! Along a curve the drift leads from where it is highest, b·t turning from − to +, to where it is lowest; for a loss
//! that is the height of L along the curve. An arc lies between two such highest places and has one lowest. On the
//! boundary of a basin the highest places are maxima of the loss, or sources of the drift, and each arc is the stable
//! manifold of one saddle, its lowest place the saddle itself. On any other curve a saddle whose two minima it parts
//! belongs to the arc that passes nearest to it.
//!
//! Near its saddle the theory takes the flux of an arc to be a Gaussian across the escape direction,
//! ```text
//! J·n ∝ e^{−y²/2w²}        w = √(D_⊥/H_⊥),   y along the stable eigenvector ⊥ of the Hessian, D_⊥ = ⊥·D ⊥
//! ```
//! on any curve through the saddle that is not the escape direction itself, since the current does not depend on the
//! way along it.

use serde::Serialize;

use crate::observe::profile::{Crossing, Profile, strung};
use crate::problem::{Problem, Saddle};
use crate::tensor::{Point, advance, difference, dot, norm};

/// One arc of a dividing surface.
#[derive(Clone, Debug, Serialize)]
pub struct Arc {
    /// Where it is lowest.
    pub lowest: Point,
    /// The saddles that belong to it, as indices into all of the problem's.
    pub saddles: Vec<usize>,
    /// What flows across it, per unit of time.
    pub flux: f64,
    /// Over what flows across the whole surface.
    pub share: f64,
    /// The standard deviation of the flux across the escape direction, for an arc of one saddle.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub width: Option<f64>,
    /// What the theory assumes for it: √(D_⊥/H_⊥).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gaussian_width: Option<f64>,
    /// Kramers' rate over the arc's one saddle, for this way of absorbing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kramers: Option<f64>,
    /// The rate over this arc, over Kramers'.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ratio: Option<f64>,
}

/// Which arc each crossing of a surface belongs to.
#[derive(Clone, Debug)]
pub struct Division {
    /// The crossing at which each arc is lowest, the lowest arc first.
    lowest: Vec<usize>,
    /// By arc, its saddles.
    saddles: Vec<Vec<usize>>,
    /// By crossing, its arc.
    pub arc: Vec<usize>,
}

/// Crossings that are nearer to one another than this, in cells, are neighbours on the curve.
const NEIGHBOURS: f64 = 2.5;
/// An arc that is parted from a lower one by no more than this share of its height above it is a ripple of that.
const RIPPLE: f64 = 0.01;
/// A curve that passes its saddle at more than so many widths of the Gaussian crosses elsewhere than there.
const NEAR: f64 = 2.0;
/// Heights that differ by less, relative to their range, are equal.
const LEVEL: f64 = 1e-9;

impl Division {
    /// The arcs of the curve that is crossed at these places, with those of the saddles in `candidates` that belong to
    /// each; `cell`: the spacing of the grid.
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

    /// For each crossing the saddle that it counts for: the arc's, the nearest of them where it has several; the
    /// nearest one to the arc where it has none.
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

    /// The arcs with what flows across each.
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

    /// The density along a profile that the theory assumes: Gaussians with the flux of each arc of one saddle; NaN on
    /// other arcs.
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

/// The one saddle of an arc.
fn only(saddles: &[usize]) -> Option<usize> {
    <[usize; 1]>::try_from(saddles).ok().map(|[saddle]| saddle)
}

/// The direction across the escape at a saddle.
struct Across<'a> {
    problem: &'a Problem,
    saddle: &'a Saddle,
    direction: Point,
    width: f64,
}

impl<'a> Across<'a> {
    /// `None` where the coordinates have a metric of their own, or where there is no loss.
    fn new(problem: &'a Problem, saddle: usize) -> Option<Across<'a>> {
        problem.dynamics.loss().filter(|loss| loss.metric().is_none())?;
        let saddle = &problem.critical.saddles[saddle];
        let direction = saddle.point.eigenvectors[1];
        let spread = problem.noise.tensor(saddle.point.theta).form(direction, direction);
        let width = (spread / saddle.point.eigenvalues[1]).sqrt();
        (width.is_finite() && width > 0.0).then_some(Across { problem, saddle, direction, width })
    }

    /// Whether a curve whose lowest place is this passes the saddle so near that the Gaussian is meant for it.
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

/// Where less than this part of what crosses an arc either way is left, it goes round, or is rounding.
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
        // Where the curve begins anew nothing compares.
        let is_joined = norm(step) <= NEIGHBOURS * cell;
        let rise = if is_joined { dot(problem.dynamics.slope(advance(from, 0.5, step)), step) } else { 0.0 };
        heights[pair[1]] = heights[pair[0]] + rise;
    }
    heights
}

/// The places from which water that rises would spread, lowest first, and by which of them each place is flooded.
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
    // The lake that each one has run into.
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
            // Lakes are numbered from the lowest on.
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
