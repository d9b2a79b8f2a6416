//! The fate of an edge to a cell without a state: the fraction at which a boundary absorbs or reflects it, and the
//! share that is absorbed.

use crate::generator::correction::ON_FACES;
use crate::generator::edges::Context;
use crate::generator::window_rim::WindowRim;
use crate::problem::Wall;
use crate::tensor::{Point, advance};

/// The least distance, in edges, of a cell centre from an absorbing boundary: a centre that is nearer by rounding
/// counts as this far before it, so that its killing rate is finite.
pub(super) const LEAST: f64 = 1e-9;

/// The fate of an edge to a cell without a state.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Fate {
    /// An absorbing boundary cuts it at this fraction.
    Cut(f64),
    /// It reaches a reflecting wall at this fraction, and a window in that wall absorbs part of it.
    Window {
        /// The fraction of the edge.
        fraction: f64,
        /// The share of the edge that the window absorbs.
        share: f64,
        /// The grid axis normal to the wall.
        axis: usize,
    },
    /// A reflecting wall stops it first; the grid axis normal to the wall, if the wall lies on cell faces.
    Reflected(Option<usize>),
    /// It reaches the corner of two walls at this fraction. Half of it belongs to each wall, which absorbs a share of
    /// that half.
    Corner {
        /// The fraction of the edge.
        fraction: f64,
        /// The share of each half that is absorbed, by the grid axis normal to the wall: 1 at an absorbing wall, 0 at a
        /// reflecting one, between them at the end of a window.
        shares: [f64; 2],
    },
}

impl Fate {
    /// The fraction of the edge at which something absorbs, and the share of the edge that is absorbed.
    pub(super) fn absorbed(self) -> Option<(f64, f64)> {
        match self {
            Fate::Cut(fraction) => Some((fraction, 1.0)),
            Fate::Window { fraction, share, .. } => Some((fraction, share)),
            Fate::Corner { fraction, shares: [x, y] } if x + y > 0.0 => Some((fraction, 0.5 * (x + y))),
            Fate::Reflected(_) | Fate::Corner { .. } => None,
        }
    }

    /// The grid axes normal to the reflecting walls on faces, and the share of the edge that each reflects.
    pub(super) fn reflected(self) -> [Option<(usize, f64)>; 2] {
        match self {
            Fate::Reflected(axis) => [axis.map(|axis| (axis, 1.0)), None],
            Fate::Window { share, axis, .. } => [Some((axis, 1.0 - share)), None],
            Fate::Corner { shares, .. } => [0, 1].map(|axis| Some((axis, 0.5 - 0.5 * shares[axis]))),
            Fate::Cut(_) => [None; 2],
        }
    }
}

impl Context<'_> {
    /// The fate of an edge to a cell without a state.
    pub(super) fn fate(&self, indices: [usize; 2], from: Point, step: Point, offset: [i32; 2]) -> Fate {
        let wall = match self.grid.turn[1] == 0.0 {
            true => self.wall_in_cells(indices, offset),
            // A cell centre on an absorbing wall has no state (`members`), and the edge to it ends on the wall.
            false => {
                let wall = self.domain.leave(from, step.map(|c| c * (1.0 + 2.0 * LEAST)));
                wall.map(|(fraction, axis, side)| (fraction * (1.0 + 2.0 * LEAST), axis, side))
            }
        };
        let reach = wall.map_or(1.0, |(fraction, ..)| fraction);
        let end = advance(from, reach, step);
        if let Some(fraction) = self.live.first_exit(from, end) {
            return Fate::Cut(LEAST.max(reach * fraction));
        }
        let Some((fraction, axis, side)) = wall else {
            // The live set may end exactly at the centre of the other cell, where rounding can place the end of the
            // edge on either side. (Not so for a centre on a reflecting wall of a turned grid: no set ends beyond it.)
            let is_left = !self.live.holds(advance(from, 1.0 + 2.0 * LEAST, step));
            return if is_left { Fate::Cut(1.0) } else { Fate::Reflected(None) };
        };
        // A live set that ends on the wall itself is left there, on whichever side of it rounding has placed the end of
        // the edge.
        let ends = || !self.live.holds(advance(from, reach * (1.0 + 2.0 * LEAST), step));
        let is_absorbing = self.domain.wall(axis, side) == Some(Wall::Absorbing);
        if (is_absorbing || !ends())
            && let Some(shares) = self.corner(from, step, (fraction, axis, side), end)
        {
            return Fate::Corner { fraction: LEAST.max(fraction), shares };
        }
        match is_absorbing || ends() {
            true => Fate::Cut(LEAST.max(fraction)),
            false => match self.window_share([axis, side], end) {
                0.0 => Fate::Reflected(self.axis_of_faces(axis)),
                1.0 => Fate::Cut(LEAST.max(fraction)),
                share => Fate::Window { fraction: LEAST.max(fraction), share, axis },
            },
        }
    }

    /// The grid axis that is normal to the walls of an axis of the domain; `None` if the walls are oblique to the grid.
    fn axis_of_faces(&self, axis: usize) -> Option<usize> {
        let [cosine, sine] = self.grid.turn.map(f64::abs);
        match (sine <= ON_FACES, cosine <= ON_FACES) {
            (true, _) => Some(axis),
            (_, true) => Some(1 - axis),
            _ => None,
        }
    }

    /// The share of an edge that the windows of a reflecting wall absorb where it ends at the wall.
    fn window_share(&self, [axis, side]: [usize; 2], end: Point) -> f64 {
        if self.domain.windows.is_empty() {
            return 0.0;
        }
        // Parallel edges meet the wall one cell apart: each represents that length of wall.
        let half = 0.5 * self.grid.spacing()[1 - axis];
        let rim = WindowRim::new(self.noise.tensor(end), self.grid.spacing(), axis);
        rim.rate(self.domain.absorbing_share(axis, side, end, half, rim.beyond))
    }

    /// The shares that two walls absorb of an edge that leaves through their corner, by the grid axis normal to each;
    /// `None` for other edges. Half of such an edge belongs to each wall, so that the names of the axes do not matter.
    /// `wall` holds the fraction at which the edge reaches a wall with the axis and the side of that wall, `at` the
    /// point there.
    fn corner(&self, from: Point, step: Point, wall: (f64, usize, usize), at: Point) -> Option<[f64; 2]> {
        let (fraction, axis, side) = wall;
        let other = 1 - axis;
        if self.grid.dimension == 1 || self.domain.is_periodic(other) || step[other] == 0.0 {
            return None;
        }
        let end = usize::from(step[other] > 0.0);
        let corner = if end == 1 { self.domain.upper[other] } else { self.domain.lower[other] };
        let is_corner = ((corner - from[other]) / step[other] - fraction).abs() <= ON_FACES * fraction;
        let absorbed = |[axis, side]: [usize; 2]| match self.domain.wall(axis, side) {
            Some(Wall::Absorbing) => 1.0,
            _ => self.window_share([axis, side], at),
        };
        let normals = [self.axis_of_faces(axis)?, self.axis_of_faces(other)?];
        is_corner.then(|| {
            let mut shares = [0.0; 2];
            shares[normals[0]] = absorbed([axis, side]);
            shares[normals[1]] = absorbed([other, end]);
            shares
        })
    }

    /// [`Domain::leave`] computed in units of cells, so that an axis edge is cut at exactly ½.
    fn wall_in_cells(&self, indices: [usize; 2], offset: [i32; 2]) -> Option<(f64, usize, usize)> {
        let mut first: Option<(f64, usize, usize)> = None;
        for axis in (0..self.grid.dimension).filter(|&axis| !self.grid.periodic[axis]) {
            let n = self.grid.cells[axis] as i64;
            let target = indices[axis] as i64 + i64::from(offset[axis]);
            let (distance, side) = match target {
                t if t < 0 => (indices[axis] as f64 + 0.5, 0),
                t if t >= n => (n as f64 - 0.5 - indices[axis] as f64, 1),
                _ => continue,
            };
            let fraction = distance / f64::from(offset[axis].abs());
            if first.is_none_or(|(smallest, ..)| fraction < smallest) {
                first = Some((fraction, axis, side));
            }
        }
        first
    }
}
