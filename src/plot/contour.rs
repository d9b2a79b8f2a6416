//! Level lines by marching squares.

use crate::grid::Grid;
use crate::tensor::Point;

/// Line segments, in θ, on which a field over the cells takes the value `level`.
///
/// The squares have cell centres as corners and are linear along their sides; one with a NaN has no line. Of the two
/// ways to join four crossings the one that agrees with the mean of the corners is taken.
pub(super) fn lines(grid: &Grid, field: &[f64], level: f64) -> Vec<[Point; 2]> {
    let [nx, ny] = grid.cells;
    let mut segments = Vec::new();
    for ix in 0..nx.saturating_sub(1) {
        for iy in 0..ny.saturating_sub(1) {
            // Corners counter-clockwise; side k joins corner k to corner k + 1.
            let corners = [(ix, iy), (ix + 1, iy), (ix + 1, iy + 1), (ix, iy + 1)];
            let values = corners.map(|(jx, jy)| field[jx * ny + jy] - level);
            if values.iter().any(|value| !value.is_finite()) {
                continue;
            }
            let crossing = |side: usize| {
                let (from, to) = (side, (side + 1) % 4);
                let fraction = values[from] / (values[from] - values[to]);
                let between = |a: usize, b: usize| a as f64 + fraction * (b as f64 - a as f64);
                grid.position(between(corners[from].0, corners[to].0), between(corners[from].1, corners[to].1))
            };
            let crossed: Vec<usize> =
                (0..4).filter(|side| (values[*side] > 0.0) != (values[(side + 1) % 4] > 0.0)).collect();
            match crossed[..] {
                [a, b] => segments.push([crossing(a), crossing(b)]),
                [a, b, c, d] => {
                    let centre_high = values.iter().sum::<f64>() > 0.0;
                    let pairs = if (values[0] > 0.0) == centre_high { [(a, b), (c, d)] } else { [(d, a), (b, c)] };
                    segments.extend(pairs.map(|(from, to)| [crossing(from), crossing(to)]));
                }
                _ => {}
            }
        }
    }
    segments
}
