//! The potential φ of a process in detailed balance, by integration of ∇φ = D⁻¹s within the cells and between their
//! centres.

use rayon::prelude::*;

use super::force::{Force, Nodes, Rectangle};
use super::rule::Rule;

/// Nodes per cell and direction for the integrals between centres.
const NODES: usize = 8;

/// φ at the cell centres, and its increase from there to the middle of each face.
pub(super) struct Potential {
    pub(super) centres: Vec<f64>,
    /// `[axis][lower, upper face]`, for each cell.
    pub(super) rises: Vec<[[f64; 2]; 2]>,
    /// The largest difference of φ between two paths to the same centre, over cells with φ below [`COUNTED`].
    pub(super) disagreement: f64,
}

/// Cells whose φ is further above its minimum have no influence on the disagreement.
const COUNTED: f64 = 750.0;

impl Potential {
    /// φ over the cells with the given rectangles. Paths begin at the cell in which a first pass finds the minimum.
    pub(super) fn new(
        force: Force<'_>,
        cells: [usize; 2],
        rectangle: impl Fn([usize; 2]) -> Rectangle + Sync,
    ) -> Potential {
        let rule = Rule::<NODES>::new();
        let [nx, ny] = cells;
        let rises = (0..nx * ny).into_par_iter().map(|cell| {
            let own = rectangle([cell / ny, cell % ny]);
            rises(&rule, &force.at_nodes(&rule, own), own.size)
        });
        let rises: Vec<[[f64; 2]; 2]> = rises.collect();
        let at = |i: usize, j: usize| i * ny + j;
        let step = |from: usize, to: usize, axis: usize| rises[from][axis][1] - rises[to][axis][0];
        // Along the row of the first cell in direction `trunk`, then from each of its cells along `branch`.
        let first = |start: [usize; 2], trunk: usize| {
            let mut phi = vec![0.0; nx * ny];
            let n = [nx, ny];
            let branch = 1 - trunk;
            let place = |along: usize, across: usize| if trunk == 0 { at(along, across) } else { at(across, along) };
            for along in start[trunk] + 1..n[trunk] {
                let (from, to) = (place(along - 1, start[branch]), place(along, start[branch]));
                phi[to] = phi[from] + step(from, to, trunk);
            }
            for along in (0..start[trunk]).rev() {
                let (from, to) = (place(along + 1, start[branch]), place(along, start[branch]));
                phi[to] = phi[from] - step(to, from, trunk);
            }
            for along in 0..n[trunk] {
                for across in start[branch] + 1..n[branch] {
                    let (from, to) = (place(along, across - 1), place(along, across));
                    phi[to] = phi[from] + step(from, to, branch);
                }
                for across in (0..start[branch]).rev() {
                    let (from, to) = (place(along, across + 1), place(along, across));
                    phi[to] = phi[from] - step(to, from, branch);
                }
            }
            phi
        };
        let lowest = |phi: &[f64]| (0..nx * ny).fold(0, |low, cell| if phi[cell] < phi[low] { cell } else { low });
        let rough = lowest(&first([nx / 2, ny / 2], 0));
        let start = [rough / ny, rough % ny];
        let (mut centres, other) = (first(start, 0), first(start, 1));
        let low = centres[lowest(&centres)];
        let apart = centres.iter().zip(&other).filter(|(one, _)| **one - low < COUNTED);
        let disagreement = apart.fold(0.0, |most: f64, (one, other)| most.max((one - other).abs()));
        centres.iter_mut().for_each(|phi| *phi -= low);
        Potential { centres, rises, disagreement }
    }
}

/// The increase of φ from the centre of a cell to the middle of each face.
fn rises<const N: usize>(rule: &Rule<N>, nodes: &Nodes<N>, size: [f64; 2]) -> [[f64; 2]; 2] {
    let middle = |axis: usize| -> [f64; N] {
        let at = |k: usize, l: usize| if axis == 0 { nodes.force[0][k][l] } else { nodes.force[1][l][k] };
        std::array::from_fn(|k| (0..N).map(|l| rule.at_middle[l] * at(k, l)).sum())
    };
    [0, 1].map(|axis| {
        let along = middle(axis);
        [0, 1].map(|end| size[axis] * (0..N).map(|k| rule.halves[end][k] * along[k]).sum::<f64>())
    })
}

/// φ at the nodes of a cell less its value at the centre.
pub(super) fn within<const N: usize>(rule: &Rule<N>, nodes: &Nodes<N>, size: [f64; 2]) -> [[f64; N]; N] {
    let [x, y] = &nodes.force;
    let middle: [f64; N] = std::array::from_fn(|k| (0..N).map(|l| rule.at_middle[l] * x[k][l]).sum());
    std::array::from_fn(|a| {
        let across: f64 = size[0] * (0..N).map(|k| rule.from_middle[a][k] * middle[k]).sum::<f64>();
        std::array::from_fn(|b| across + size[1] * (0..N).map(|l| rule.from_middle[b][l] * y[a][l]).sum::<f64>())
    })
}

/// φ at the nodes of a face of a cell less its value at the centre; `axis` is normal to the face.
pub(super) fn on_face<const N: usize>(
    rule: &Rule<N>,
    nodes: &Nodes<N>,
    size: [f64; 2],
    axis: usize,
    end: usize,
) -> [f64; N] {
    let rise = rises(rule, nodes, size)[axis][end];
    // The tangential component of ∇φ at the nodes of the face.
    let at = |k: usize, l: usize| if axis == 0 { nodes.force[1][k][l] } else { nodes.force[0][l][k] };
    let along: [f64; N] = std::array::from_fn(|l| (0..N).map(|k| rule.at_ends[end][k] * at(k, l)).sum());
    std::array::from_fn(|b| rise + size[1 - axis] * (0..N).map(|l| rule.from_middle[b][l] * along[l]).sum::<f64>())
}
