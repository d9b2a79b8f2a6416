//! Trial functions u from values at cell centres: zero on absorbing walls, constant on the plateau, smooth across the
//! saddle.
//!
//! The committor near a quadratic saddle is the error function of a linear function in any direction, so u = (1 + ε)
//! erf z and z is interpolated by Catmull–Rom bicubics. Beyond reflecting walls z is mirrored, beyond absorbing ones
//! continued by the cubic through 0. Where 1 − u is rounding u is set constant: p is largest there, and a gradient of
//! 1e-16 would outweigh the energy of the saddle.

use std::f64::consts::PI;

use statrs::function::erf::{erf_inv, erfc_inv};

use super::rule::{REACH, Stencil};
use super::setting::{Beyond, Setting};
use crate::tensor::Point;

/// Where 1 − u is below about this, z is constant; also the least ε.
const PLATEAU: f64 = 1e-12;
/// The largest ε. Where the mean of 1 − u is not small u itself is smooth, and z nearly linear in u.
const LARGEST: f64 = 1.0;
/// Ghost centres beyond each wall.
const GHOSTS: usize = 2;
/// The fewest cells along an axis: an absorbing wall needs three centres for its cubic.
pub(super) const LEAST_CELLS: usize = 4;

/// u and its gradient at the nodes of a cell, x slow.
pub(super) struct AtNodes<const N: usize> {
    pub(super) u: [[f64; N]; N],
    pub(super) ux: [[f64; N]; N],
    pub(super) uy: [[f64; N]; N],
}

/// A trial function u = (1 + ε) erf z.
pub(super) struct Trial {
    /// z − `top` at every centre with ghosts, y fast; exactly 0 on the plateau.
    fall: Vec<f64>,
    top: f64,
    amplitude: f64,
    columns: usize,
    spacing: [f64; 2],
    /// Whether each cell belongs to the plateau.
    pub(super) is_flat: Vec<bool>,
}

impl Trial {
    /// Interpolates values in [0, 1] at the cell centres; `mean_fall`: the mean of 1 − u under p.
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

    /// u, ∂u/∂x and ∂u/∂y at a point of a cell; `x` and `y`: stencils of value and derivative.
    fn at(&self, around: &[[f64; REACH]; REACH], x: [&Stencil; 2], y: [&Stencil; 2]) -> [f64; 3] {
        let sum = |x: &Stencil, y: &Stencil| {
            let row = |k: usize| -> f64 { (0..REACH).map(|l| y[l] * around[k][l]).sum() };
            (0..REACH).map(|k| x[k] * row(k)).sum::<f64>()
        };
        self.error_function([sum(x[0], y[0]), sum(x[1], y[0]) / self.spacing[0], sum(x[0], y[1]) / self.spacing[1]])
    }

    /// u and its gradient from z − top and the gradient of z.
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
        // First along y: `rows[k][b]` is z in column k at the height of node b.
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

    /// ∇u at the nodes of a face of a cell. `axis`: the normal; `normal`: the stencils of value and derivative at the
    /// face across it; the last argument: those at the nodes along it.
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

/// The 1 − u below which the flux −pD∇u is set to zero: the cubic's ripples there would be multiplied by a large p.
const FLAT: f64 = 1e-11;

/// Fills in the ghost values of a line of `count` centres.
fn ghosts(values: &mut [f64], at: impl Fn(usize) -> usize, count: usize, beyond: Beyond) {
    let Beyond::Walls(absorbs) = beyond else {
        for k in 0..GHOSTS {
            values[at(k)] = values[at(count + k)];
            values[at(GHOSTS + count + k)] = values[at(GHOSTS + k)];
        }
        return;
    };
    for (end, absorbs) in absorbs.into_iter().enumerate() {
        // The k-th centre from the wall inwards, and the k-th ghost outwards.
        let inner = |k: usize| at(if end == 0 { GHOSTS + k } else { GHOSTS + count - 1 - k });
        let outer = |k: usize| at(if end == 0 { GHOSTS - 1 - k } else { GHOSTS + count + k });
        let [a, b, c] = [0, 1, 2].map(|k| values[inner(k)]);
        (values[outer(0)], values[outer(1)]) = match absorbs {
            // The cubic through 0 at the wall and three centres; then the value for which the interpolant vanishes on
            // the wall.
            true => {
                let first = -3.0 * a + b - 0.2 * c;
                (first, 9.0 * (first + a) - b)
            }
            false => (a, b),
        };
    }
}
