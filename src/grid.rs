//! Uniform tensor grids of cells, in one or two dimensions, possibly turned.
//!
//! ```text
//!        |   o   |   o   |   o   |        o cell centre, unknown P_i      | face
//!     lower                    upper      spacing h = (upper − lower)/cells
//! ```
//! Cells are numbered with x slow and y fast: `index = ix · cells[1] + iy`; in one dimension `cells[1] = 1`.

use crate::problem::Problem;
use crate::tensor::{Point, advance, difference};

/// A uniform grid over the rectangle [lower, upper] of its own axes.
#[derive(Clone, Debug, PartialEq)]
pub struct Grid {
    /// The number of dimensions, 1 or 2.
    pub dimension: usize,
    /// Lower corner in grid coordinates.
    pub lower: Point,
    /// Upper corner in grid coordinates.
    pub upper: Point,
    /// The number of cells along each axis.
    pub cells: [usize; 2],
    /// Whether each axis is periodic.
    pub periodic: [bool; 2],
    /// The cosine and sine of the angle from the axes of θ to those of the grid.
    pub turn: [f64; 2],
    /// The fixed point of the rotation: it has the same coordinates in θ space and on the grid.
    pub pivot: Point,
}

impl Grid {
    /// A grid along the axes of θ.
    pub fn new(dimension: usize, lower: Point, upper: Point, cells: [usize; 2], periodic: [bool; 2]) -> Grid {
        let cells = if dimension == 1 { [cells[0], 1] } else { cells };
        Grid { dimension, lower, upper, cells, periodic, turn: [1.0, 0.0], pivot: [0.0, 0.0] }
    }

    /// The grid of a problem with this many cells, along the axes or turned, that covers the bounding rectangle of the
    /// domain.
    ///
    /// # Errors
    /// [`GridError`]: a turned grid over a periodic axis or over windows, or one aligned with a saddle that does not
    /// exist.
    pub fn over(problem: &Problem, cells: [usize; 2], align: Align) -> Result<Grid, GridError> {
        let domain = &problem.domain;
        let periodic = [domain.is_periodic(0), problem.dimension == 2 && domain.is_periodic(1)];
        let angle = match align {
            Align::Axes => 0.0,
            Align::Angle(degrees) => degrees.to_radians(),
            Align::Saddle => saddle_angle(problem)?,
        };
        let straight = Grid::new(problem.dimension, domain.lower, domain.upper, cells, periodic);
        if problem.dimension == 1 || angle == 0.0 {
            return Ok(straight);
        }
        if periodic.contains(&true) {
            return Err(GridError::PeriodicAxis);
        }
        if !domain.windows.is_empty() {
            return Err(GridError::Windows);
        }
        let middle = advance(domain.lower, 0.5, difference(domain.upper, domain.lower));
        let mut turned = Grid { turn: [angle.cos(), angle.sin()], pivot: middle, ..straight };
        let ends = [domain.lower, domain.upper];
        let corners =
            [[0, 0], [0, 1], [1, 0], [1, 1]].map(|[a, b]: [usize; 2]| turned.to_grid([ends[a][0], ends[b][1]]));
        for axis in 0..2 {
            let along = corners.iter().map(|corner| corner[axis]);
            turned.lower[axis] = along.clone().fold(f64::INFINITY, f64::min);
            turned.upper[axis] = along.fold(f64::NEG_INFINITY, f64::max);
        }
        Ok(turned)
    }

    /// Number of cells.
    pub fn len(&self) -> usize {
        self.cells[0] * self.cells[1]
    }

    /// Whether there is no cell.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Cell widths; the second is 1 in one dimension, so that their product is the cell volume.
    pub fn spacing(&self) -> [f64; 2] {
        let width = |a: usize| (self.upper[a] - self.lower[a]) / self.cells[a] as f64;
        [width(0), if self.dimension == 2 { width(1) } else { 1.0 }]
    }

    /// Volume of a cell (length in one dimension, area in two).
    pub fn volume(&self) -> f64 {
        let [hx, hy] = self.spacing();
        hx * hy
    }

    /// The coordinates of the cell centres along an axis, in grid coordinates.
    pub fn centres(&self, axis: usize) -> Vec<f64> {
        (0..self.cells[axis]).map(|i| self.centre(axis, i as f64)).collect()
    }

    /// The grid coordinate of the (possibly fractional) cell index along an axis.
    pub fn centre(&self, axis: usize, i: f64) -> f64 {
        if axis == 1 && self.dimension == 1 {
            return 0.0;
        }
        let n = self.cells[axis] as f64;
        // Written symmetrically, so that a domain symmetric about 0 has centres that are symmetric to the last bit.
        (self.lower[axis] * (n - 0.5 - i) + self.upper[axis] * (i + 0.5)) / n
    }

    /// The point of θ space at (possibly fractional) cell indices.
    pub fn position(&self, ix: f64, iy: f64) -> Point {
        self.to_theta([self.centre(0, ix), self.centre(1, iy)])
    }

    /// The centre of a cell in θ space.
    pub fn cell_centre(&self, index: usize) -> Point {
        let [ix, iy] = self.indices(index);
        self.position(ix as f64, iy as f64)
    }

    /// Both end points of an edge from a cell; `offset` is in cells, and the second point may lie beyond the seam of a
    /// periodic axis.
    pub fn edge<T: Into<f64>>(&self, cell: usize, [along_x, along_y]: [T; 2]) -> [Point; 2] {
        let [ix, iy] = self.indices(cell).map(|index| index as f64);
        [self.position(ix, iy), self.position(ix + along_x.into(), iy + along_y.into())]
    }

    /// The indices of a cell along the two axes.
    pub fn indices(&self, index: usize) -> [usize; 2] {
        [index / self.cells[1], index % self.cells[1]]
    }

    /// Grid coordinates to θ.
    pub fn to_theta(&self, u: Point) -> Point {
        let [c, s] = self.turn;
        if s == 0.0 {
            return u;
        }
        let [x, y] = [u[0] - self.pivot[0], u[1] - self.pivot[1]];
        [self.pivot[0] + c * x - s * y, self.pivot[1] + s * x + c * y]
    }

    /// θ to grid coordinates.
    pub fn to_grid(&self, theta: Point) -> Point {
        let [c, s] = self.turn;
        if s == 0.0 {
            return theta;
        }
        let [x, y] = [theta[0] - self.pivot[0], theta[1] - self.pivot[1]];
        [self.pivot[0] + c * x + s * y, self.pivot[1] - s * x + c * y]
    }

    /// The cell that contains a point θ; `None` outside the grid.
    pub fn cell_at(&self, theta: Point) -> Option<usize> {
        let u = self.to_grid(theta);
        let mut indices = [0usize; 2];
        for axis in 0..self.dimension {
            indices[axis] = self.place(axis, u[axis])?;
        }
        Some(indices[0] * self.cells[1] + indices[1])
    }

    /// The index along an axis of the cells that hold a coordinate of the grid; `None` outside.
    pub fn place(&self, axis: usize, coordinate: f64) -> Option<usize> {
        let fraction = (coordinate - self.lower[axis]) / (self.upper[axis] - self.lower[axis]);
        let cells = self.cells[axis];
        (0.0..=1.0).contains(&fraction).then(|| ((fraction * cells as f64) as usize).min(cells - 1))
    }
}

/// The direction of the grid's axes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Align {
    /// Along the axes of θ.
    Axes,
    /// Along the eigenvectors of the Hessian at the lowest saddle.
    Saddle,
    /// Turned by this many degrees.
    Angle(f64),
}

/// A grid that cannot be laid over a problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GridError {
    /// A periodic axis cannot be turned.
    #[error("a turned grid cannot have a periodic axis")]
    PeriodicAxis,
    /// Windows need walls along the axes of the grid.
    #[error("windows in walls are cut on grids along the axes alone")]
    Windows,
    /// There is no saddle to align with.
    #[error("a grid along the escape direction needs a saddle of the start valley, and none was found")]
    NoSaddle,
}

/// The angle in (−45°, 45°] that turns a grid axis into the escape direction of the lowest saddle.
fn saddle_angle(problem: &Problem) -> Result<f64, GridError> {
    let &index = problem.valley.saddles.first().ok_or(GridError::NoSaddle)?;
    let [x, y] = problem.critical.saddles[index].escape_direction;
    let quarter = std::f64::consts::FRAC_PI_2;
    let angle = y.atan2(x).rem_euclid(quarter);
    let angle = if angle > 0.5 * quarter { angle - quarter } else { angle };
    // A direction that agrees with an axis to rounding is that axis.
    Ok(if angle.abs() < 1e-9 { 0.0 } else { angle })
}
