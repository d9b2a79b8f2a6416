//! Streamlines of a divergence-free current, placed on a cross-section such that the same flux runs between any two
//! neighbours.

use crate::grid::Grid;
use crate::tensor::{Point, advance, difference, dot, norm};

/// A current over the cells, with components along the axes of the grid.
pub(super) struct Current<'a> {
    pub grid: &'a Grid,
    pub components: [&'a [f64]; 2],
}

/// The step along a streamline in cell widths.
const STEP: f64 = 0.4;

impl Current<'_> {
    /// J at a point θ by bilinear interpolation between cell centres; `None` off the grid and where one of the four
    /// cells has no current.
    pub(super) fn at(&self, theta: Point) -> Option<Point> {
        let (grid, [hx, hy]) = (self.grid, self.grid.spacing());
        let u = grid.to_grid(theta);
        let place = [(u[0] - grid.centre(0, 0.0)) / hx, (u[1] - grid.centre(1, 0.0)) / hy];
        let mut sum = [0.0; 2];
        for corner in [[0, 0], [0, 1], [1, 0], [1, 1]] {
            let mut weight = 1.0;
            let mut index = [0usize; 2];
            for axis in 0..2 {
                let low = place[axis].floor();
                let share = place[axis] - low;
                weight *= if corner[axis] == 1 { share } else { 1.0 - share };
                let cell = low as i64 + corner[axis];
                index[axis] = usize::try_from(cell).ok().filter(|&cell| cell < grid.cells[axis])?;
            }
            let cell = index[0] * grid.cells[1] + index[1];
            (0..2).for_each(|axis| sum[axis] += weight * self.components[axis][cell]);
        }
        let [c, s] = grid.turn;
        let along = [c * sum[0] - s * sum[1], s * sum[0] + c * sum[1]];
        (along[0].is_finite() && along[1].is_finite()).then_some(along)
    }

    /// The unit vector along J; `None` where J is zero or not known.
    fn direction(&self, theta: Point) -> Option<Point> {
        let current = self.at(theta)?;
        let size = norm(current);
        (size > 0.0).then(|| current.map(|c| c / size))
    }

    /// The streamline from a point, along the current (`sign` = 1) or against it (−1), to its end.
    fn follow(&self, from: Point, sign: f64) -> Vec<Point> {
        let step = sign * STEP * self.grid.spacing()[0].min(self.grid.spacing()[1]);
        let mut line = vec![from];
        let most = (8.0 / STEP) as usize * (self.grid.cells[0] + self.grid.cells[1]);
        while line.len() < most {
            let at = line[line.len() - 1];
            let Some(first) = self.direction(at) else { break };
            let Some(middle) = self.direction(advance(at, 0.5 * step, first)) else { break };
            line.push(advance(at, step, middle));
        }
        line
    }

    /// `count` streamlines through the segments of a cross-section, which follow one another, each with the index of its
    /// point on the cross-section.
    pub(super) fn lines(&self, section: &[[Point; 2]], count: usize) -> Vec<(Vec<Point>, usize)> {
        let middle = |[a, b]: [Point; 2]| advance(a, 0.5, difference(b, a));
        let through = |&[a, b]: &[Point; 2]| {
            let [x, y] = difference(b, a);
            self.at(middle([a, b])).map_or(0.0, |current| dot(current, [y, -x]).abs())
        };
        let flux: Vec<f64> = section.iter().map(through).collect();
        let share = flux.iter().sum::<f64>() / count as f64;
        let (mut passed, mut lines) = (0.0, Vec::new());
        for (&[a, b], flux) in section.iter().zip(flux) {
            // The streamline lies in the middle of its share of the flux.
            while lines.len() < count && share > 0.0 && passed + flux > (lines.len() as f64 + 0.5) * share {
                let fraction = ((lines.len() as f64 + 0.5) * share - passed) / flux;
                let seed = advance(a, fraction, difference(b, a));
                let mut line = self.follow(seed, -1.0);
                line.reverse();
                let crossing = line.len() - 1;
                line.extend(self.follow(seed, 1.0).into_iter().skip(1));
                lines.push((line, crossing));
            }
            passed += flux;
        }
        lines
    }
}
