//! A function tabulated on a lattice over a rectangle, with linear interpolation along each axis.

use crate::tensor::{LANES, Point, Points, widest};

/// The table of values.
#[derive(Clone, Debug)]
pub struct Lattice {
    lower: Point,
    /// The number of cells per length along each axis; 0 along y in one dimension.
    density: Point,
    /// The number of cells along each axis; 0 along y in one dimension.
    cells: [usize; 2],
    /// The values at the nodes, `index = ix · (cells[1] + 1) + iy`.
    nodes: Vec<f64>,
}

impl Lattice {
    /// The table from its values at `cells + 1` nodes along each axis from `lower` to `upper`.
    pub fn new(lower: Point, upper: Point, cells: [usize; 2], nodes: Vec<f64>) -> Lattice {
        let density =
            [0, 1].map(|axis| if cells[axis] == 0 { 0.0 } else { cells[axis] as f64 / (upper[axis] - lower[axis]) });
        Lattice { lower, density, cells, nodes }
    }

    /// The value at a point; beyond the rectangle that of the nearest point of its edge.
    pub fn value(&self, theta: Point) -> f64 {
        let [(i, u), (j, v)] = [0, 1].map(|axis| self.split(theta[axis], axis));
        self.blend([i, j], [u, v])
    }

    /// Whether all values are positive.
    pub fn is_positive(&self) -> bool {
        self.nodes.iter().all(|value| *value > 0.0)
    }

    /// The values at every point of a block.
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

    /// The cell that contains a coordinate, and the fraction of the cell.
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
