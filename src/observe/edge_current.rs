//! Currents along edges, reduced to vectors at cell centres: J = ½ Σ_edges F_e e / V.
//!
//! Where the two opposite flows along the edges of a cell agree to within rounding their difference is unknown, and the
//! current is NaN, as deep in a cold valley.

use crate::grid::Grid;

/// The sum of the currents of every cell.
pub(super) struct CellCurrent<'a> {
    grid: &'a Grid,
    current: Vec<Vec<f64>>,
    noise: Vec<f64>,
}

impl<'a> CellCurrent<'a> {
    /// Zero current.
    pub(super) fn new(grid: &'a Grid) -> CellCurrent<'a> {
        CellCurrent { grid, current: vec![vec![0.0; grid.len()]; grid.dimension], noise: vec![0.0; grid.len()] }
    }

    /// Adds an edge between two cells, with the flows in both directions.
    pub(super) fn edge(&mut self, cells: [u32; 2], offset: [i8; 2], there: f64, back: f64) {
        let ([hx, hy], volume) = (self.grid.spacing(), self.grid.volume());
        let vector = [f64::from(offset[0]) * hx, f64::from(offset[1]) * hy];
        for cell in cells.map(|cell| cell as usize) {
            for (axis, component) in self.current.iter_mut().enumerate() {
                component[cell] += 0.5 * (there - back) * vector[axis] / volume;
            }
            let length = if self.grid.dimension == 1 { vector[0].abs() } else { vector[0].hypot(vector[1]) };
            self.noise[cell] += 0.5 * (there + back) * length / volume;
        }
    }

    /// Adds the flow out of a cell along a vector, with the weight of half an edge.
    pub(super) fn way_out(&mut self, cell: u32, vector: [f64; 2], flow: f64) {
        for (axis, component) in self.current.iter_mut().enumerate() {
            component[cell as usize] += 0.5 * flow * vector[axis] / self.grid.volume();
        }
    }

    /// The components along the grid's axes; NaN where the current is unknown, and in cells without a state.
    pub(super) fn components(self, is_state: impl Fn(usize) -> bool) -> Vec<Vec<f64>> {
        // Currents below about a thousand roundings of their flows count as unknown.
        const READABLE: f64 = 1e-12;
        let CellCurrent { grid, mut current, noise } = self;
        for (cell, noise) in noise.iter().enumerate().take(grid.len()) {
            let size = current.iter().map(|component| component[cell] * component[cell]).sum::<f64>().sqrt();
            if !is_state(cell) || size <= READABLE * noise {
                for component in &mut current {
                    component[cell] = f64::NAN;
                }
            }
        }
        current
    }
}
