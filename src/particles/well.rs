//! The core of a well and a wider set around it, which define the excursions of a splitting.

use crate::particles::SimulationError;
use crate::problem::Problem;
use crate::tensor::{Point, Tensor, difference};

/// The radii of the core and of the wider set, in standard deviations of the linearised stationary distribution.
const RADII: [f64; 2] = [1.0, 2.0];

/// The core and the wider set: concentric ellipses.
#[derive(Clone, Copy, Debug)]
pub struct Well {
    /// Their centre.
    pub centre: Point,
    /// M in r² = (θ − centre)·M (θ − centre).
    pub metric: Tensor,
    /// r² on the boundary of the core.
    pub inner: f64,
    /// r² on the boundary of the wider set.
    pub outer: f64,
}

impl Well {
    /// Ellipses of the linearised process around the start point: A Σ + Σ Aᵀ = 2D, A = −∂b.
    ///
    /// # Errors
    /// [`SimulationError::NoWell`] if the linearised process has no stationary distribution.
    pub fn around_start(problem: &Problem) -> Result<Well, SimulationError> {
        let centre = problem.valley.start_point;
        let jacobian = problem.dynamics.slope_jacobian(centre);
        let covariance = covariance(jacobian, problem.noise.tensor(centre), problem.dimension);
        let is_stable = jacobian[0][0] + jacobian[1][1] > 0.0;
        let covariance = covariance.filter(|_| is_stable).ok_or(SimulationError::NoWell)?;
        let metric = match problem.dimension {
            1 => Tensor { xx: 1.0 / covariance.xx, ..Tensor::default() },
            _ => {
                let determinant = covariance.determinant(2);
                Tensor {
                    xx: covariance.yy / determinant,
                    xy: -covariance.xy / determinant,
                    yy: covariance.xx / determinant,
                }
            }
        };
        Ok(Well { centre, metric, inner: RADII[0].powi(2), outer: RADII[1].powi(2) })
    }

    /// r² of a point.
    pub fn radius(&self, theta: Point) -> f64 {
        let offset = difference(theta, self.centre);
        self.metric.form(offset, offset)
    }
}

/// Σ = (det A · D + (A − tr A) D (A − tr A)ᵀ)/(tr A · det A) in two dimensions; `None` unless it is positive definite.
fn covariance([a, c]: [Point; 2], d: Tensor, dimension: usize) -> Option<Tensor> {
    if dimension == 1 {
        return (a[0] > 0.0 && d.xx > 0.0).then(|| Tensor { xx: d.xx / a[0], ..Tensor::default() });
    }
    let (trace, determinant) = (a[0] + c[1], a[0] * c[1] - a[1] * c[0]);
    // The rows of A − tr A.
    let rows = [[-c[1], a[1]], [c[0], -a[0]]];
    let product = |v: Point, w: Point| d.form(v, w);
    let scale = 1.0 / (trace * determinant);
    let sum = Tensor {
        xx: scale * (determinant * d.xx + product(rows[0], rows[0])),
        xy: scale * (determinant * d.xy + product(rows[0], rows[1])),
        yy: scale * (determinant * d.yy + product(rows[1], rows[1])),
    };
    (sum.xx > 0.0 && sum.determinant(2) > 0.0 && sum.xx.is_finite()).then_some(sum)
}
