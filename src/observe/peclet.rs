//! Cell Péclet numbers |z|: the rise of the effective potential along one edge, in absolute value.

use crate::generator::Assembly;
use crate::grid::Grid;
use crate::problem::Problem;
use crate::tensor::{Point, difference, dot};

/// The largest |z|.
#[derive(Clone, Copy, Debug, Default)]
pub struct Peclet {
    /// The largest over the whole grid.
    pub max: f64,
    /// The point of that maximum.
    pub at: Point,
    /// The largest over the relevant edges: where the density is above a thousandth of its maximum, or within two
    /// widths of a saddle, along its pass and across it. If there are none, the grid does not resolve these regions and
    /// the maximum over the whole grid is used.
    pub relevant: f64,
    /// The point of that maximum.
    pub relevant_at: Point,
}

/// The surroundings of a critical point: an ellipse with given widths along a direction and across it.
struct Surroundings {
    theta: Point,
    direction: Point,
    widths: [f64; 2],
}

impl Surroundings {
    fn holds(&self, at: Point) -> bool {
        let (offset, [x, y]) = (difference(at, self.theta), self.direction);
        let [along, across] = [dot(offset, [x, y]), dot(offset, [-y, x])];
        (along / self.widths[0]).hypot(across / self.widths[1]) <= 1.0
    }
}

/// Computes both maxima for an assembled grid. `probability` is ν up to a factor, if known; otherwise the region of
/// high probability is taken as two widths of the start minimum.
pub fn peclet(problem: &Problem, grid: &Grid, assembly: &Assembly, probability: Option<&[f64]>) -> Peclet {
    let dense = probability.map_or(f64::INFINITY, |p| 1e-3 * p.iter().copied().fold(0.0, f64::max));
    let mut near: Vec<Surroundings> = problem
        .valley
        .saddles
        .iter()
        .map(|&index| {
            let saddle = &problem.critical.saddles[index];
            let (direction, noise) = (saddle.escape_direction, problem.noise.tensor(saddle.point.theta));
            let across = [-direction[1], direction[0]];
            let [over, aside] = [problem.dynamics.reach_along(noise, direction), noise.form(across, across)];
            let curvatures = saddle.point.curvatures(noise);
            let width = |diffusion: f64, k: usize| 2.0 * (diffusion / curvatures[k].abs()).sqrt();
            let along = width(over, 0);
            // Without noise or curvature across the pass its width there is not known.
            let across = Some(width(aside, 1)).filter(|width| problem.dimension == 2 && *width > 0.0).unwrap_or(along);
            Surroundings { theta: saddle.point.theta, direction, widths: [along, across.min(along)] }
        })
        .collect();
    if let Some(minimum) = problem.minimum().filter(|_| probability.is_none()) {
        let noise = problem.noise.tensor(minimum.theta);
        let curvatures = minimum.curvatures(noise);
        let steepest =
            curvatures[..problem.dimension].iter().fold(0.0, |most: f64, curvature| most.max(curvature.abs()));
        let width = 2.0 * (noise.xx.max(noise.yy) / steepest).sqrt();
        near.push(Surroundings { theta: minimum.theta, direction: [1.0, 0.0], widths: [width; 2] });
    }
    let mut found = Peclet::default();
    for pair in &assembly.pairs {
        let size = f64::from(pair.rise.abs());
        if size <= found.relevant {
            continue;
        }
        let at = grid.cell_centre(assembly.cells[pair.from as usize] as usize);
        if size > found.max {
            (found.max, found.at) = (size, at);
        }
        let is_dense = probability.is_some_and(|p| p[pair.from as usize].min(p[pair.to as usize]) >= dense);
        if is_dense || near.iter().any(|around| around.holds(at)) {
            (found.relevant, found.relevant_at) = (size, at);
        }
    }
    if found.relevant == 0.0 {
        (found.relevant, found.relevant_at) = (found.max, found.at);
    }
    found
}
