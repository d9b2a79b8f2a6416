//! A process with the same density p = e^{−φ} whose noise is diagonal, so that the chain that corrects fluxes has edges
//! along the axes alone.
//!
//! Drift −D'∇φ in the isothermal calculus keeps p for every D'. With D' = diag(D₁₁, D₂₂) every edge of the chain
//! crosses one face.

use std::sync::Arc;

use super::force::Force;
use crate::problem::dynamics::DriftField;
use crate::problem::noise::DiffusionField;
use crate::problem::{Dynamics, Interpretation, Problem};
use crate::tensor::{Point, Points, Tensor};

/// The drift −D'∇φ with the density of a problem.
struct AlongAxes {
    of: Problem,
}

/// The field D' = diag(D₁₁, D₂₂).
struct Diagonal {
    of: Arc<dyn DiffusionField>,
}

/// The problem with D' in place of D and the same density.
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

    /// By central differences.
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
