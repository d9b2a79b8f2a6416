//! Upwind transport along an axis without noise, as for a position of which only the velocity is noisy.
//!
//! D has no component along that axis and the stencils have no edge there. The rates are those of the drift b at the
//! faces, in the direction of the drift:
//!
//! ```text
//! q_ij = max(b, 0)/h,   q_ji = max(−b, 0)/h        b at the face between i and j
//! κ_i  = max(b, 0)/((½ + f) h)                     b where what absorbs cuts the edge at the fraction f
//! ```
//! The order is 1, which no linear scheme with nonnegative rates exceeds here (Godunov 1959); the error acts as a
//! numerical diffusion |b| h/2.

use bytemuck::Zeroable;

use crate::generator::edges::Context;
use crate::generator::{Exit, Pair};
use crate::problem::noise::DiffusionField;
use crate::problem::{Dynamics, breaks::Breaks};
use crate::tensor::{Point, Tensor};

/// The noise with an additional diffusion of size 1 along the noiseless axis: the edges along the other axis do not
/// depend on it, and it makes D invertible.
pub(super) struct Lifted<'a> {
    pub noise: &'a dyn DiffusionField,
    pub axis: usize,
}

impl DiffusionField for Lifted<'_> {
    fn tensor(&self, theta: Point) -> Tensor {
        let mut tensor = self.noise.tensor(theta);
        *(if self.axis == 0 { &mut tensor.xx } else { &mut tensor.yy }) = 1.0;
        tensor
    }
    fn jumps(&self) -> bool {
        self.noise.jumps()
    }
    fn breaks(&self, from: Point, to: Point) -> Breaks {
        self.noise.breaks(from, to)
    }
}

/// Adds the rates of the drift along an axis of the grid.
pub(super) fn add(
    context: &Context<'_>,
    dynamics: &Dynamics,
    axis: usize,
    cells: &[u32],
    pairs: &mut Vec<Pair>,
    exits: &mut Vec<Exit>,
) {
    let mut unit = [0i32; 2];
    unit[axis] = 1;
    let spacing = context.grid.spacing()[axis];
    for (state, &cell) in cells.iter().enumerate() {
        let indices = context.grid.indices(cell as usize);
        for sign in [1, -1] {
            let offset = unit.map(|c| sign * c);
            let carried =
                |fraction: f64| -f64::from(sign) * dynamics.slope(context.point_along(indices, offset, fraction))[axis];
            let ends = [context.centre(indices, [0, 0]), context.centre(indices, offset)];
            let reaches = |_: &usize| context.live.first_exit(ends[0], ends[1]).is_none();
            match context.neighbour(indices, offset).filter(reaches) {
                Some(other) if sign == 1 && other != state => {
                    let rate = carried(0.5) / spacing;
                    pairs.push(Pair {
                        from: state as u32,
                        to: other as u32,
                        forward: rate.max(0.0),
                        backward: (-rate).max(0.0),
                        offset: offset.map(|c| c as i8),
                        ..Pair::zeroed()
                    });
                }
                Some(_) => {}
                None => {
                    let way = context.fate(indices, ends[0], context.step(offset), offset);
                    let Some((fraction, share)) = way.absorbed() else { continue };
                    let rate = share * carried(fraction).max(0.0) / ((0.5 + fraction) * spacing);
                    if rate > 0.0 {
                        let position = context.point_along(indices, offset, fraction);
                        exits.push(Exit { state: state as u32, rate, offset, position, fraction });
                    }
                }
            }
        }
    }
    // Pairs are ordered by the state that they are stored with.
    pairs.sort_by_key(|pair| pair.from);
    exits.sort_by_key(|exit| exit.state);
}
