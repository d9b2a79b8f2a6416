//! The fields over the grid, from the problem and from vectors over states, and the value of such a vector at a point.

use crate::generator::Assembly;
use crate::generator::assembly::DEAD;
use crate::grid::Grid;
use crate::observe::edge_current::CellCurrent;
use crate::observe::group::Field;
use crate::observe::over_grid::Kind;
use crate::problem::Problem;
use crate::tensor::{Point, Tensor};
use rayon::prelude::*;

/// The loss L.
pub const LOSS: Kind = Kind::new("loss", "loss", "loss L");
/// D₁₁, D₁₂, D₂₂ along the axes of θ.
pub const DIFFUSION: [Kind; 3] = [
    Kind::new("d11", "parameter^2/dynamical time", "diffusion tensor, entry 11"),
    Kind::new("d12", "parameter^2/dynamical time", "diffusion tensor, entry 12"),
    Kind::new("d22", "parameter^2/dynamical time", "diffusion tensor, entry 22"),
];
/// The stationary density of the closed domain.
pub const STATIONARY: Kind = Kind::density("stationary", "stationary density of the closed domain");
/// The quasi-stationary density; 0 outside the start set.
pub const QUASI_STATIONARY: Kind = Kind::density("quasi_stationary", "quasi-stationary density");
/// The components of the quasi-stationary current J along the grid's axes.
pub const CURRENT: [Kind; 2] = [
    Kind::current("current_x", ["quasi-stationary current", "quasi-stationary current along the first grid axis"]),
    Kind::current("current_y", ["quasi-stationary current", "quasi-stationary current along the second grid axis"]),
];
/// The mean first-passage time; 0 outside the start set.
pub const MEAN_FIRST_PASSAGE: Kind = Kind::new("mean_first_passage", "dynamical time", "mean first-passage time");

/// The loss in every cell, if there is one.
pub fn loss(problem: &Problem, grid: &Grid) -> Option<Field> {
    let loss = problem.dynamics.loss()?;
    Some(LOSS.over(grid, (0..grid.len()).into_par_iter().map(|cell| loss.value(grid.cell_centre(cell))).collect()))
}

/// The entries of D in every cell: one in one dimension, three in two.
pub fn diffusion(problem: &Problem, grid: &Grid) -> Vec<Field> {
    let tensors: Vec<Tensor> =
        (0..grid.len()).into_par_iter().map(|cell| problem.noise.tensor(grid.cell_centre(cell))).collect();
    let entries: [fn(&Tensor) -> f64; 3] = [|t| t.xx, |t| t.xy, |t| t.yy];
    let count = if grid.dimension == 1 { 1 } else { 3 };
    let fields = DIFFUSION.iter().zip(entries).take(count);
    fields.map(|(kind, entry)| kind.over(grid, tensors.iter().map(entry).collect())).collect()
}

/// The value at a point of a smooth vector over states, by tensor Lagrange interpolation through up to 6 cells per axis
/// that all have states; the value of the nearest state if not even 2 per axis do.
pub fn at_point(grid: &Grid, assembly: &Assembly, values: &[f64], point: Point) -> f64 {
    let u = grid.to_grid(point);
    let spacing = grid.spacing();
    // The point in units of cells, with whole numbers at cell centres.
    let place = |axis: usize| (u[axis] - grid.centre(axis, 0.0)) / spacing[axis];
    for width in [6i64, 4, 2] {
        let Some(weights_x) = stencil(place(0), width, grid.cells[0]) else {
            continue;
        };
        let weights_y = match grid.dimension {
            1 => Some(vec![(0, 1.0)]),
            _ => stencil(place(1), width, grid.cells[1]),
        };
        let Some(weights_y) = weights_y else { continue };
        let mut sum = Some(0.0);
        for &(ix, wx) in &weights_x {
            for &(iy, wy) in &weights_y {
                sum = match (sum, assembly.states[ix * grid.cells[1] + iy]) {
                    (Some(sum), state) if state != DEAD => Some(sum + wx * wy * values[state as usize]),
                    _ => None,
                };
            }
        }
        if let Some(sum) = sum {
            return sum;
        }
    }
    values[crate::generator::assembly::nearest_state(grid, point, &assembly.cells, &assembly.states) as usize]
}

/// The states around a point with the nonnegative weights of linear interpolation; next to a wall or to cells without a
/// state the nearest state alone.
pub fn around(grid: &Grid, assembly: &Assembly, point: Point) -> Vec<(usize, f64)> {
    let nearest = || {
        vec![(crate::generator::assembly::nearest_state(grid, point, &assembly.cells, &assembly.states) as usize, 1.0)]
    };
    let u = grid.to_grid(point);
    let along = |axis: usize| match grid.dimension > axis {
        true => stencil((u[axis] - grid.centre(axis, 0.0)) / grid.spacing()[axis], 2, grid.cells[axis]),
        false => Some(vec![(0, 1.0)]),
    };
    let (Some(along_x), Some(along_y)) = (along(0), along(1)) else { return nearest() };
    let mut found = Vec::new();
    for &(ix, wx) in &along_x {
        for &(iy, wy) in &along_y {
            match assembly.states[ix * grid.cells[1] + iy] {
                state if state != DEAD && wx >= 0.0 && wy >= 0.0 => found.push((state as usize, wx * wy)),
                _ => return nearest(),
            }
        }
    }
    found
}

/// The Lagrange weights of the `width` cells around a point, shifted inwards at the ends of the axis.
fn stencil(place: f64, width: i64, cells: usize) -> Option<Vec<(usize, f64)>> {
    let cells = cells as i64;
    if cells < width || !place.is_finite() {
        return None;
    }
    let first = (place.floor() as i64 - width / 2 + 1).clamp(0, cells - width);
    let nodes: Vec<i64> = (first..first + width).collect();
    let weight =
        |k: i64| -> f64 { nodes.iter().filter(|&&m| m != k).map(|&m| (place - m as f64) / (k - m) as f64).product() };
    Some(nodes.iter().map(|&k| (k as usize, weight(k))).collect())
}

/// The quasi-stationary current J along the grid's axes, per time and length^(d−1), with F_ij = ν_i q_ij − ν_j q_ji.
pub fn current(grid: &Grid, assembly: &Assembly, probability: &[f64]) -> Vec<Field> {
    let [hx, hy] = grid.spacing();
    let mut current = CellCurrent::new(grid);
    for pair in &assembly.pairs {
        let (there, back) =
            (probability[pair.from as usize] * pair.forward, probability[pair.to as usize] * pair.backward);
        current.edge([pair.from, pair.to].map(|state| assembly.cells[state as usize]), pair.offset, there, back);
    }
    for exit in &assembly.exits {
        let cell = assembly.cells[exit.state as usize];
        let [centre, exit_at] = [grid.to_grid(grid.cell_centre(cell as usize)), grid.to_grid(exit.position)];
        let vector = [exit_at[0] - centre[0], exit_at[1] - centre[1]];
        let length = vector[0].hypot(vector[1]);
        // The cut edge represents one whole edge across the boundary.
        let edge = [0, 1].map(|axis: usize| if length > 0.0 { vector[axis] / length * [hx, hy][axis] } else { 0.0 });
        current.way_out(cell, edge, probability[exit.state as usize] * exit.rate);
    }
    let components = current.components(|cell| assembly.states[cell] != DEAD);
    CURRENT.iter().zip(components).map(|(kind, component)| kind.over(grid, component)).collect()
}
