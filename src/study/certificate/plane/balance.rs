//! Fluxes through the faces of the cells whose sum out of each cell equals its source.
//!
//! The residual of the trial function's fluxes is removed by fluxes of the chain, for its positive and negative part
//! separately so that each solve is relatively accurate. The rest runs along the spanning tree of lowest passes to what
//! absorbs.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use super::setting::Setting;
use crate::solve::Chain;

/// Differences of a solution below this share of its maximum are rounding noise.
const NOISE: f64 = 1e-13;
/// The distance in cells from a plateau over which the cubic interpolant ripples.
const RIPPLES: usize = 2;

/// Total flux through each face, positive in the direction of its axis, indexed by [`Setting::face_number`].
pub(super) struct Fluxes {
    pub(super) through: [Vec<f64>; 2],
}

impl Fluxes {
    /// Adds a flux out of a cell through one of its faces.
    fn add(&mut self, setting: &Setting<'_>, place: [usize; 2], axis: usize, end: usize, flux: f64) {
        self.through[axis][face(setting, place, axis, end)] += if end == 1 { flux } else { -flux };
    }

    /// The total flux out of a cell.
    fn out_of(&self, setting: &Setting<'_>, place: [usize; 2]) -> f64 {
        let through = |axis: usize, end: usize| self.through[axis][face(setting, place, axis, end)];
        through(0, 1) - through(0, 0) + (through(1, 1) - through(1, 0))
    }

    /// The total flux out through the walls.
    pub(super) fn leaving(&self, setting: &Setting<'_>) -> f64 {
        let [nx, ny] = setting.cells;
        let [x, y] = &self.through;
        let across_x = (0..ny).map(|j| x[nx * ny + j] - x[j]);
        let across_y = (0..nx).map(|i| y[i * (ny + 1) + ny] - y[i * (ny + 1)]);
        let of = |is_periodic: bool, sum: f64| if is_periodic { 0.0 } else { sum };
        of(setting.is_periodic[0], across_x.sum()) + of(setting.is_periodic[1], across_y.sum())
    }

    /// Source less flux out of each cell.
    fn residuals(&self, setting: &Setting<'_>, sources: &[f64]) -> Vec<f64> {
        let ny = setting.cells[1];
        sources.iter().enumerate().map(|(cell, source)| source - self.out_of(setting, [cell / ny, cell % ny])).collect()
    }
}

/// The index of a face of a cell.
fn face(setting: &Setting<'_>, [i, j]: [usize; 2], axis: usize, end: usize) -> usize {
    setting.face_number(axis, if axis == 0 { [i + end, j] } else { [i, j + end] })
}

/// Corrects the fluxes until the flux out of every cell equals its source to rounding.
pub(super) fn balance(setting: &Setting<'_>, fluxes: &mut Fluxes, sources: &[f64], chain: &Chain<'_>) {
    let residuals = fluxes.residuals(setting, sources);
    for sign in [1.0, -1.0] {
        by_chain(setting, fluxes, &residuals, sign, chain);
    }
    along_passes(setting, fluxes, sources);
}

/// Adds the chain's fluxes for the part of the residuals with this sign.
fn by_chain(setting: &Setting<'_>, fluxes: &mut Fluxes, residuals: &[f64], sign: f64, chain: &Chain<'_>) {
    let (on, ny) = (&chain.discretisation, setting.cells[1]);
    let mass = |state: usize| {
        let cell = on.assembly.cells[state] as usize;
        let exponent = setting.exponent(cell);
        // Cells with a density below the floor are left to the tree of passes.
        if Setting::is_counted(exponent) { exponent.exp() * setting.area() } else { 0.0 }
    };
    let masses: Vec<f64> = (0..on.states()).map(mass).collect();
    let part = |state: usize| {
        let residual = (sign * residuals[on.assembly.cells[state] as usize]).max(0.0);
        if masses[state] > 0.0 { residual / masses[state] } else { 0.0 }
    };
    let b: Vec<f64> = (0..on.states()).map(part).collect();
    if b.iter().all(|&b| b == 0.0) {
        return;
    }
    let v = chain.elimination.solve_right(&b);
    let noise = NOISE * v.iter().fold(0.0, |most: f64, v| most.max(*v));
    if !noise.is_finite() {
        return;
    }
    let place = |state: u32| {
        let cell = on.assembly.cells[state as usize] as usize;
        [cell / ny, cell % ny]
    };
    for pair in &on.assembly.pairs {
        let (from, to) = (pair.from as usize, pair.to as usize);
        let difference = v[from] - v[to];
        if difference.abs() > noise && masses[to] > 0.0 {
            let axis = usize::from(pair.offset[0] == 0);
            let end = usize::from(pair.offset[axis] > 0);
            fluxes.add(setting, place(pair.from), axis, end, sign * masses[from] * pair.forward * difference);
        }
    }
    for exit in &on.assembly.exits {
        let state = exit.state as usize;
        let axis = usize::from(exit.offset[0] == 0);
        let end = usize::from(exit.offset[axis] > 0);
        fluxes.add(setting, place(exit.state), axis, end, sign * masses[state] * exit.rate * v[state]);
    }
}

/// A face over which a cell can be joined to the tree.
struct Passage {
    height: f64,
    cell: usize,
    /// The face as one of the cell: its axis and end.
    axis: usize,
    end: usize,
}

impl PartialEq for Passage {
    fn eq(&self, other: &Passage) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Passage {}

impl PartialOrd for Passage {
    fn partial_cmp(&self, other: &Passage) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The lowest pass is the greatest; ties are broken by cell and face.
impl Ord for Passage {
    fn cmp(&self, other: &Passage) -> Ordering {
        let key = |passage: &Passage| (passage.cell, passage.axis, passage.end);
        other.height.total_cmp(&self.height).then_with(|| key(other).cmp(&key(self)))
    }
}

/// Sends the remaining residuals along the spanning tree of lowest passes, rooted at the absorbing walls.
fn along_passes(setting: &Setting<'_>, fluxes: &mut Fluxes, sources: &[f64]) {
    let [nx, ny] = setting.cells;
    let mut waiting = BinaryHeap::new();
    for cell in 0..nx * ny {
        let place = [cell / ny, cell % ny];
        for (axis, end) in SIDES {
            if setting.neighbour(place, axis, end).is_none() && setting.absorbs[axis][end] {
                waiting.push(Passage { height: setting.pass(place, axis, end), cell, axis, end });
            }
        }
    }
    let (mut order, mut is_reached) = (Vec::with_capacity(nx * ny), vec![false; nx * ny]);
    while let Some(Passage { cell, axis, end, .. }) = waiting.pop() {
        if std::mem::replace(&mut is_reached[cell], true) {
            continue;
        }
        order.push((cell, axis, end));
        let place = [cell / ny, cell % ny];
        for (axis, end) in SIDES {
            if let Some([i, j]) = setting.neighbour(place, axis, end)
                && !is_reached[i * ny + j]
            {
                waiting.push(Passage { height: setting.pass(place, axis, end), cell: i * ny + j, axis, end: 1 - end });
            }
        }
    }
    let mut lacking = fluxes.residuals(setting, sources);
    for &(cell, axis, end) in order.iter().rev() {
        let place = [cell / ny, cell % ny];
        let flux = lacking[cell];
        fluxes.add(setting, place, axis, end, flux);
        if let Some([i, j]) = setting.neighbour(place, axis, end) {
            lacking[i * ny + j] += flux;
        }
    }
}

/// The faces of a cell, as axis and end.
const SIDES: [(usize, usize); 4] = [(0, 0), (0, 1), (1, 0), (1, 1)];

/// Marks the cells within [`RIPPLES`] cells of a marked one.
pub(super) fn near(marked: &[bool], [nx, ny]: [usize; 2], is_periodic: [bool; 2]) -> Vec<bool> {
    let within = |k: usize, n: usize, wraps: bool| {
        let from = k as isize - RIPPLES as isize;
        let all = (from..=from + 2 * RIPPLES as isize).filter(move |&k| wraps || (0..n as isize).contains(&k));
        all.map(move |k| k.rem_euclid(n as isize) as usize)
    };
    let along_y: Vec<bool> =
        (0..nx * ny).map(|cell| within(cell % ny, ny, is_periodic[1]).any(|j| marked[cell / ny * ny + j])).collect();
    (0..nx * ny).map(|cell| within(cell / ny, nx, is_periodic[0]).any(|i| along_y[i * ny + cell % ny])).collect()
}
