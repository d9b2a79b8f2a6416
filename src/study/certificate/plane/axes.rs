//! The process with the same density whose noise lies along the axes: its chain has edges along the axes alone, and
//! corrects fluxes.
//!
//! Any diffusion keeps p = e^{−φ} if its drift is −D∇φ and its calculus isothermal. With D' = diag(D₁₁, D₂₂) every flux
//! of the chain goes through a face of a cell.

use std::sync::Arc;

use super::force::Force;
use crate::problem::dynamics::DriftField;
use crate::problem::noise::DiffusionField;
use crate::problem::{Dynamics, Interpretation, Problem};
use crate::tensor::{Point, Points, Tensor};

/// Another process with the density of a problem.
struct AlongAxes {
    of: Problem,
}

/// D' of a problem.
struct Diagonal {
    of: Arc<dyn DiffusionField>,
}

/// The problem with D' for D and its density unchanged.
pub(super) fn along(problem: &Problem) -> Problem {
    let noise: Arc<dyn DiffusionField> = Arc::new(Diagonal { of: Arc::clone(&problem.noise) });
    let dynamics = Dynamics::Drift(Arc::new(AlongAxes { of: problem.clone() }));
    Problem { dynamics, noise, interpretation: Interpretation::Isothermal, ..problem.clone() }
}

impl DiffusionField for Diagonal {
    fn tensor(&self, theta: Point) -> Tensor {
        Tensor { xy: 0.0, ..self.of.tensor(theta) }
    }
}

impl DriftField for AlongAxes {
    fn dimension(&self) -> usize {
        2
    }

    fn drift(&self, theta: Point) -> Point {
        let (_, [x, y]) = Force::new(&self.of).at(theta);
        let Tensor { xx, yy, .. } = self.of.noise.tensor(theta);
        [-xx * x, -yy * y]
    }

    fn drifts(&self, at: &Points, drifts: &mut Points) {
        for lane in 0..at.x.len() {
            drifts.set(lane, self.drift(at.get(lane)));
        }
    }

    /// By differences.
    fn jacobian(&self, theta: Point) -> [Point; 2] {
        let columns = [0, 1].map(|axis| {
            let step = 1e-5 * self.of.domain.width(axis);
            let moved = |sign: f64| {
                let mut place = theta;
                place[axis] += sign * step;
                self.drift(place)
            };
            let ([x, y], [u, v]) = (moved(1.0), moved(-1.0));
            [(x - u) / (2.0 * step), (y - v) / (2.0 * step)]
        });
        [0, 1].map(|row| columns.map(|column| column[row]))
    }
}
