//! A costly yes-or-no question about every cell, asked only near the boundary of the answer.
//!
//! A coarse lattice of cells is asked first. From each lattice to the next finer one, with half of the spacing, a block
//! whose answer agrees with those of its eight neighbours passes it on; all other cells are asked. The number of
//! questions grows with the length of the boundary, not with the area. A set that fits between the nodes of the coarse
//! lattice is not seen.

use rayon::prelude::*;

use crate::grid::Grid;
use crate::progress::Progress;

/// The least number of nodes of the coarse lattice along the shorter axis.
const COARSE: usize = 32;
/// The largest number of cells between two nodes of the coarse lattice.
const LONGEST: usize = 16;

/// The answer of every cell. After an interruption the cells not yet asked count as no.
pub(super) fn answers(grid: &Grid, ask: impl Fn(usize) -> bool + Sync, progress: &Progress) -> Vec<bool> {
    let [rows, columns] = grid.cells;
    let ask = |cell: usize| !progress.is_interrupted() && ask(cell);
    let mut stride = 1;
    while 2 * stride <= LONGEST && rows.min(columns) / (2 * stride) >= COARSE {
        stride *= 2;
    }
    let size = |stride: usize| [rows.div_ceil(stride), columns.div_ceil(stride)];
    let [_, width] = size(stride);
    let coarse = (0..size(stride)[0] * width).into_par_iter();
    let mut answers: Vec<bool> =
        coarse.map(|node| ask((node / width) * stride * columns + (node % width) * stride)).collect();
    while stride > 1 {
        let parents = size(stride);
        stride /= 2;
        let [height, width] = size(stride);
        let child = |node: usize| {
            let (i, j) = (node / width, node % width);
            let own = answers[i / 2 * parents[1] + j / 2];
            let is_asked = i % 2 == 0 && j % 2 == 0;
            let agrees = |k: usize| around(grid, parents, j / 2, 1).all(|l| answers[k * parents[1] + l] == own);
            if is_asked || around(grid, parents, i / 2, 0).all(agrees) {
                own
            } else {
                ask(i * stride * columns + j * stride)
            }
        };
        answers = (0..height * width).into_par_iter().map(child).collect();
    }
    answers
}

/// An index along an axis of a lattice, and its neighbours.
pub(super) fn around(grid: &Grid, size: [usize; 2], index: usize, axis: usize) -> impl Iterator<Item = usize> {
    let (index, n, periodic) = (index as i64, size[axis] as i64, grid.periodic[axis]);
    let near = (index - 1..=index + 1).map(move |k| if periodic { k.rem_euclid(n) } else { k });
    near.filter(move |k| (0..n).contains(k)).map(|k| k as usize)
}
