//! A function tabulated on a lattice over a rectangle, and interpolated linearly along each axis.

use crate::tensor::{LANES, Point, Points, widest};

/// The table.
#[derive(Clone, Debug)]
pub struct Lattice {
    lower: Point,
    /// Cells per length along each axis; 0 along y in one dimension.
    density: Point,
    /// Cells along each axis; 0 along y in one dimension.
    cells: [usize; 2],
    /// `index = ix · (cells[1] + 1) + iy`.
    nodes: Vec<f64>,
}

impl Lattice {
    /// From its nodes, of which there are `cells + 1` along each axis from `lower` to `upper`.
    pub fn new(lower: Point, upper: Point, cells: [usize; 2], nodes: Vec<f64>) -> Lattice {
        let density =
            [0, 1].map(|axis| if cells[axis] == 0 { 0.0 } else { cells[axis] as f64 / (upper[axis] - lower[axis]) });
        Lattice { lower, density, cells, nodes }
    }

    /// At a point; beyond the rectangle as at the nearest point of its edge.
    pub fn value(&self, theta: Point) -> f64 {
        let [(i, u), (j, v)] = [0, 1].map(|axis| self.split(theta[axis], axis));
        self.blend([i, j], [u, v])
    }

    /// At every point of a block.
    pub fn values(&self, at: &Points, values: &mut [f64; LANES]) {
        let (mut cells, mut shares) = ([[0; LANES]; 2], [[0.0; LANES]; 2]);
        widest(
            #[inline(always)]
            || {
                for (axis, places) in [&at.x, &at.y].into_iter().enumerate() {
                    for lane in 0..LANES {
                        (cells[axis][lane], shares[axis][lane]) = self.split(places[lane], axis);
                    }
                }
                for lane in 0..LANES {
                    values[lane] = self.blend([cells[0][lane], cells[1][lane]], [shares[0][lane], shares[1][lane]]);
                }
            },
        );
    }

    /// The cell that a coordinate is in, and how far in.
    #[inline(always)]
    fn split(&self, place: f64, axis: usize) -> (i32, f64) {
        let end = (self.cells[axis] as f64 - 1e-9).max(0.0);
        let place = f64::min(f64::max((place - self.lower[axis]) * self.density[axis], 0.0), end);
        (place as i32, place - f64::from(place as i32))
    }

    #[inline(always)]
    fn blend(&self, [i, j]: [i32; 2], [u, v]: [f64; 2]) -> f64 {
        let side = self.cells[1] + 1;
        let corner = i as usize * side + j as usize;
        if side == 1 {
            return self.nodes[corner] * (1.0 - u) + self.nodes[corner + 1] * u;
        }
        let row = |at: usize| self.nodes[at] * (1.0 - v) + self.nodes[at + 1] * v;
        row(corner) * (1.0 - u) + row(corner + side) * u
    }
}
