//! Trial functions u from values at cell centres: zero where the process is killed, flat where it lives, smooth across
//! the saddle.
//!
//! Near a saddle the committor is the error function of a linear function, whatever its direction, so that z with u =
//! (1 + ε) erf z is interpolated, by bicubics (Catmull and Rom), mirrored at reflecting walls and continued by the
//! cubic through 0 at absorbing ones. Where 1 − u is rounding u is flat exactly: p is largest there, and a gradient of
//! 1e-16 would outweigh the energy of the saddle.

use std::f64::consts::PI;

use statrs::function::erf::{erf_inv, erfc_inv};

use super::rule::{REACH, Stencil};
use super::setting::{Beyond, Setting};
use crate::tensor::Point;

/// 1 − u below this is none.
const PLATEAU: f64 = 1e-12;
/// Largest ε: where 1 − u is not small on average u itself is smooth, and z nearly linear in it.
const LARGEST: f64 = 1.0;
/// Centres beyond either wall.
const GHOSTS: usize = 2;
/// Fewest cells along an axis, so that an absorbing wall has the three centres that its cubic takes.
pub(super) const LEAST_CELLS: usize = 4;

/// u at the nodes of a cell with its gradient.
pub(super) struct AtNodes<const N: usize> {
    pub(super) u: [[f64; N]; N],
    pub(super) ux: [[f64; N]; N],
    pub(super) uy: [[f64; N]; N],
}

/// A trial function.
pub(super) struct Trial {
    /// z − `top` at every centre, ghosts included, y fast: exactly 0 on the plateau.
    fall: Vec<f64>,
    top: f64,
    amplitude: f64,
    columns: usize,
    spacing: [f64; 2],
    /// Cells of the plateau.
    pub(super) is_flat: Vec<bool>,
}

impl Trial {
    /// From values between 0 and 1 at the cell centres, with the mean of 1 − u under the density.
    pub(super) fn new(setting: &Setting<'_>, values: &[f64], mean_fall: f64) -> Trial {
        let [nx, ny] = setting.cells;
        let amplitude = 1.0 + mean_fall.clamp(PLATEAU, LARGEST);
        let z = |u: f64| match u {
            u if u < 0.5 => erf_inv(u / amplitude),
            u => erfc_inv((1.0 - u / amplitude).max(2.0 * PLATEAU)),
        };
        let columns = ny + 2 * GHOSTS;
        let mut padded = vec![0.0; (nx + 2 * GHOSTS) * columns];
        let mut top = f64::NEG_INFINITY;
        for i in 0..nx {
            for j in 0..ny {
                let z = z(values[i * ny + j]);
                padded[(i + GHOSTS) * columns + j + GHOSTS] = z;
                top = top.max(z);
            }
        }
        for j in GHOSTS..ny + GHOSTS {
            ghosts(&mut padded, |i| i * columns + j, nx, setting.beyond(0));
        }
        for i in 0..nx + 2 * GHOSTS {
            ghosts(&mut padded, |j| i * columns + j, ny, setting.beyond(1));
        }
        padded.iter_mut().for_each(|z| *z -= top);
        let is_flat = values.iter().map(|u| 1.0 - u <= FLAT).collect();
        Trial { fall: padded, top, amplitude, columns, spacing: setting.spacing, is_flat }
    }

    fn around(&self, i: usize, j: usize) -> [[f64; REACH]; REACH] {
        std::array::from_fn(|k| {
            let begin = (i + k) * self.columns + j;
            std::array::from_fn(|l| self.fall[begin + l])
        })
    }

    /// u, ∂u/∂x, ∂u/∂y at a place of a cell.
    fn at(&self, around: &[[f64; REACH]; REACH], x: [&Stencil; 2], y: [&Stencil; 2]) -> [f64; 3] {
        let sum = |x: &Stencil, y: &Stencil| {
            let row = |k: usize| -> f64 { (0..REACH).map(|l| y[l] * around[k][l]).sum() };
            (0..REACH).map(|k| x[k] * row(k)).sum::<f64>()
        };
        self.error_function([sum(x[0], y[0]), sum(x[1], y[0]) / self.spacing[0], sum(x[0], y[1]) / self.spacing[1]])
    }

    /// u and its gradient from z − top and its gradient.
    fn error_function(&self, [fall, zx, zy]: [f64; 3]) -> [f64; 3] {
        let z = self.top + fall;
        let steep = self.amplitude * 2.0 / PI.sqrt() * (-z * z).exp();
        [self.amplitude * libm::erf(z), steep * zx, steep * zy]
    }

    /// u and its gradient at the nodes of a cell.
    pub(super) fn at_nodes<const N: usize>(
        &self,
        [i, j]: [usize; 2],
        value: &[Stencil; N],
        slope: &[Stencil; N],
    ) -> AtNodes<N> {
        let around = self.around(i, j);
        let mut found = AtNodes { u: [[0.0; N]; N], ux: [[0.0; N]; N], uy: [[0.0; N]; N] };
        // Along y first: `rows[k][b]` is z at the height of node b above centre k.
        let along = |weights: &[Stencil; N]| -> [[f64; N]; REACH] {
            std::array::from_fn(|k| std::array::from_fn(|b| (0..REACH).map(|l| weights[b][l] * around[k][l]).sum()))
        };
        let (rows, sloping) = (along(value), along(slope));
        for a in 0..N {
            for b in 0..N {
                let sum =
                    |x: &Stencil, rows: &[[f64; N]; REACH]| -> f64 { (0..REACH).map(|k| x[k] * rows[k][b]).sum() };
                let z = [
                    sum(&value[a], &rows),
                    sum(&slope[a], &rows) / self.spacing[0],
                    sum(&value[a], &sloping) / self.spacing[1],
                ];
                [found.u[a][b], found.ux[a][b], found.uy[a][b]] = self.error_function(z);
            }
        }
        found
    }

    /// ∇u on a face of a cell, at nodes along it: `axis` is the normal, `normal` the stencils of value and slope at the
    /// face, `along` those at the nodes.
    pub(super) fn on_face<const N: usize>(
        &self,
        [i, j]: [usize; 2],
        axis: usize,
        normal: [&Stencil; 2],
        [value, slope]: [&[Stencil; N]; 2],
    ) -> [Point; N] {
        let around = self.around(i, j);
        std::array::from_fn(|k| {
            let along = [&value[k], &slope[k]];
            let [_, x, y] = if axis == 0 { self.at(&around, normal, along) } else { self.at(&around, along, normal) };
            [x, y]
        })
    }
}

/// 1 − u below this is a plateau to the fluxes: the ripples of the cubic beside it would meet a large p.
const FLAT: f64 = 1e-11;

/// Fills in the ghosts of a line of `count` centres.
fn ghosts(values: &mut [f64], at: impl Fn(usize) -> usize, count: usize, beyond: Beyond) {
    let Beyond::Walls(absorbs) = beyond else {
        for k in 0..GHOSTS {
            values[at(k)] = values[at(count + k)];
            values[at(GHOSTS + count + k)] = values[at(GHOSTS + k)];
        }
        return;
    };
    for (end, absorbs) in absorbs.into_iter().enumerate() {
        // Counted from the wall inwards, and outwards.
        let inner = |k: usize| at(if end == 0 { GHOSTS + k } else { GHOSTS + count - 1 - k });
        let outer = |k: usize| at(if end == 0 { GHOSTS - 1 - k } else { GHOSTS + count + k });
        let [a, b, c] = [0, 1, 2].map(|k| values[inner(k)]);
        (values[outer(0)], values[outer(1)]) = match absorbs {
            // The cubic through 0 at the wall and three centres; then what makes the interpolant vanish on the wall.
            true => {
                let first = -3.0 * a + b - 0.2 * c;
                (first, 9.0 * (first + a) - b)
            }
            false => (a, b),
        };
    }
}
