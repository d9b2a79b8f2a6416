//! Initial densities.

use std::f64::consts::SQRT_2;

use libm::{erf, erfc};

use crate::solve::Discretisation;
use crate::tensor::Point;

/// Cell probabilities, up to a factor, of a Gaussian around a point with this standard deviation along every axis,
/// truncated to the states: the integral over each cell. Width 0 puts everything into the cell nearest to the point.
/// All entries are zero if the Gaussian underflows before it reaches a state.
pub fn gaussian(on: &Discretisation<'_>, around: Point, width: f64) -> Vec<f64> {
    if width == 0.0 {
        let mut probability = vec![0.0; on.states()];
        probability[on.state_at(around)] = 1.0;
        return probability;
    }
    let grid = &on.grid;
    let (centre, spacing) = (grid.to_grid(around), grid.spacing());
    // An isotropic Gaussian is also one in the grid's own coordinates: a product over the axes.
    let along = |axis: usize| -> Vec<f64> {
        if axis == 1 && grid.dimension == 1 {
            return vec![1.0];
        }
        let period = grid.upper[axis] - grid.lower[axis];
        // The images of the Gaussian on a periodic axis.
        let images = if grid.periodic[axis] { (REACH * width / period).ceil() as i32 + 1 } else { 0 };
        let share = |middle: f64| -> f64 {
            let ends = [-0.5, 0.5].map(|half| (middle + half * spacing[axis]) / (SQRT_2 * width));
            between(ends)
        };
        let cell =
            |at: f64| (-images..=images).map(|image| share(at - centre[axis] + f64::from(image) * period)).sum::<f64>();
        grid.centres(axis).into_iter().map(cell).collect()
    };
    let (x, y) = (along(0), along(1));
    let probability = |&cell: &u32| {
        let [ix, iy] = grid.indices(cell as usize);
        x[ix] * y[iy]
    };
    on.assembly.cells.iter().map(probability).collect()
}

/// The number of standard deviations beyond which a Gaussian is zero in double precision.
const REACH: f64 = 39.0;

/// ∫ e^{−s²}/√π ds between two ends, from the tails on one side so that nothing cancels far out.
fn between([low, high]: [f64; 2]) -> f64 {
    if low > 0.0 {
        0.5 * (erfc(low) - erfc(high))
    } else if high < 0.0 {
        0.5 * (erfc(-high) - erfc(-low))
    } else {
        0.5 * (erf(high) - erf(low))
    }
}
