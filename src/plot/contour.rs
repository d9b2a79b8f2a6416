//! Level lines by marching squares.

use std::collections::{HashMap, VecDeque};

use crate::grid::Grid;
use crate::tensor::Point;

/// The line segments, in θ, on which a field over the cells has the value `level`.
///
/// The corners of the squares are cell centres, and the field is linear along their sides. Squares with a NaN have no
/// line. Of the two ways to join four crossings, the one consistent with the mean of the corners is taken.
pub(super) fn lines(grid: &Grid, field: &[f64], level: f64) -> Vec<[Point; 2]> {
    let [nx, ny] = grid.cells;
    let mut segments = Vec::new();
    for ix in 0..nx.saturating_sub(1) {
        let columns = [ix, ix + 1].map(|jx| &field[jx * ny..(jx + 1) * ny]);
        for iy in 0..ny.saturating_sub(1) {
            // Most squares contain no line.
            let is_above = columns.map(|column| [column[iy] > level, column[iy + 1] > level]);
            if is_above == [[true; 2]; 2] || is_above == [[false; 2]; 2] {
                continue;
            }
            // The corners in counter-clockwise order; side k joins the corners k and k + 1.
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

/// The outline of a set of cells without their corners: the level ½ of the share of the cells around that are in it,
/// with binomial weights over five. Sets of a few cells, which have no such level, keep their corners.
pub(super) fn outline(grid: &Grid, is_inside: impl Fn(usize) -> bool) -> Vec<[Point; 2]> {
    const WEIGHTS: [f64; 5] = [1.0 / 16.0, 0.25, 0.375, 0.25, 1.0 / 16.0];
    let [nx, ny] = grid.cells;
    let mut share: Vec<f64> = (0..nx * ny).map(|cell| f64::from(u8::from(is_inside(cell)))).collect();
    let cells = share.clone();
    for (count, stride) in [(nx, ny), (ny, 1)] {
        let before = share.clone();
        for (cell, share) in share.iter_mut().enumerate() {
            let at = cell / stride % count;
            // The outermost cells count for those beyond.
            let beside = |k: usize| before[cell - at * stride + (at + k).saturating_sub(2).min(count - 1) * stride];
            *share = WEIGHTS.iter().enumerate().map(|(k, weight)| weight * beside(k)).sum();
        }
    }
    let is_kept = cells.iter().zip(&share).all(|(cell, share)| *cell == 0.0 || *share > 0.25);
    lines(grid, if is_kept { &share } else { &cells }, 0.5)
}

/// Joins segments with common ends to lines.
pub(super) fn joined(segments: &[[Point; 2]]) -> Vec<Vec<Point>> {
    // The difference, relative to the largest coordinate, below which two ends are the same point: they come from two
    // squares, with different roundings.
    const SAME: f64 = 1e-9;
    let largest = segments.as_flattened().as_flattened().iter().fold(0.0f64, |largest, c| largest.max(c.abs()));
    let key = |point: Point| point.map(|c| (c / (SAME * largest)).round() as i64);
    let mut at: HashMap<[i64; 2], Vec<usize>> = HashMap::new();
    for (index, ends) in segments.iter().enumerate() {
        ends.iter().for_each(|end| at.entry(key(*end)).or_default().push(index));
    }
    let mut is_used = vec![false; segments.len()];
    let next = |end: Point, is_used: &mut Vec<bool>| {
        let index = at.get(&key(end))?.iter().copied().find(|&index| !is_used[index])?;
        is_used[index] = true;
        let [a, b] = segments[index];
        Some(if key(a) == key(end) { b } else { a })
    };
    let mut lines = Vec::new();
    for (index, &[a, b]) in segments.iter().enumerate() {
        if std::mem::replace(&mut is_used[index], true) {
            continue;
        }
        let (mut line, mut ends) = (VecDeque::from([a, b]), [a, b]);
        while let Some(further) = next(ends[1], &mut is_used) {
            line.push_back(further);
            ends[1] = further;
        }
        while let Some(further) = next(ends[0], &mut is_used) {
            line.push_front(further);
            ends[0] = further;
        }
        lines.push(line.into());
    }
    lines
}
