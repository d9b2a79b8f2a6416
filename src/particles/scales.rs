//! The scales of a problem that a particle's step must resolve.

use crate::particles::SimulationError;
use crate::particles::motion::Motion;
use crate::problem::{CriticalPoint, Problem};
use crate::tensor::norm;

/// The default step as a fraction of 1/H, the time of the fastest relaxation.
const STEP: f64 = 0.02;
/// The longest step as a fraction of 1/H: Euler steps are unstable from 2 on and have errors of order one before that.
const LONGEST_STEP: f64 = 0.5;
/// The longest step √(2D dt) as a fraction of the distance to the nearest exit.
const LONGEST_STRIDE: f64 = 0.25;

/// The scales of a problem that a step must resolve.
#[derive(Clone, Copy, Debug)]
pub struct Scales {
    /// The largest curvature |∂b| at the minimum and its saddles.
    stiffest: f64,
    /// The slowest relaxation rate.
    pub slowest: f64,
    /// The distance from the start to the nearest killing boundary.
    room: f64,
    /// The largest eigenvalue of D at the start.
    diffusion: f64,
}

impl Scales {
    /// The scales of a problem with this equation of motion.
    pub fn new(problem: &Problem, motion: &Motion) -> Scales {
        let start = problem.valley.start_point;
        let size = |at| {
            let [row, other] = problem.dynamics.slope_jacobian(at);
            // The largest singular value, within a factor √2.
            norm(row).max(norm(other))
        };
        let saddles = problem.valley.saddles.iter().map(|&index| problem.critical.saddles[index].point.theta);
        let sharp = |point: &CriticalPoint| point.curvatures(motion.tensor(point.theta));
        // At a cusp D/s² is the time of relaxation.
        let cusp = problem.minimum().filter(|minimum| minimum.cusp.is_some()).map(sharp);
        let sharpest =
            cusp.map_or(0.0, |curvatures| curvatures.into_iter().take(problem.dimension).fold(0.0, f64::max));
        let stiffest = saddles.map(size).fold(size(start).max(sharpest), f64::max);
        let tensor = motion.tensor(start).eigen(problem.dimension).values;
        let (diffusion, least) = (tensor[problem.dimension - 1], tensor[0]);
        // Paths relax at the minimum and near the saddles; without a minimum they diffuse over the width of the live
        // set.
        let free = 30.0 * least / motion.frontier.width().powi(2);
        // Eigenvalues ascend: the first is the slowest relaxation at a minimum, and the unstable direction at a saddle.
        let slowest =
            |point: &CriticalPoint| sharp(point).into_iter().take(problem.dimension).fold(f64::INFINITY, f64::min);
        let settling = problem.minimum().map(slowest);
        let leaving = problem.valley.saddles.iter().map(|&index| -slowest(&problem.critical.saddles[index].point));
        let slowest = settling.into_iter().chain(leaving).filter(|rate| *rate > free).fold(f64::INFINITY, f64::min);
        let slowest = if slowest.is_finite() { slowest } else { free };
        Scales { stiffest, slowest, room: motion.frontier.distance(start), diffusion }
    }

    /// The longest step that resolves curvature and width with these fractions.
    fn longest(&self, curvature: f64, stride: f64) -> f64 {
        let by_width = (stride * self.room).powi(2) / (2.0 * self.diffusion);
        if self.stiffest > 0.0 { by_width.min(curvature / self.stiffest) } else { by_width }
    }

    /// The step: as given, or chosen.
    ///
    /// # Errors
    /// [`SimulationError`] for a step that does not resolve the problem.
    pub fn step(&self, asked: Option<f64>) -> Result<f64, SimulationError> {
        let Some(dt) = asked else {
            return Ok(self.longest(STEP, 0.2 * LONGEST_STRIDE));
        };
        let longest = self.longest(LONGEST_STEP, LONGEST_STRIDE);
        let product = dt * self.stiffest;
        if dt <= longest {
            Ok(dt)
        } else if product > LONGEST_STEP {
            Err(SimulationError::StepTooLong { product, most: LONGEST_STEP, longest })
        } else {
            let stride = (2.0 * self.diffusion * dt).sqrt();
            Err(SimulationError::StepTooWide { stride, room: self.room, longest })
        }
    }

    /// Accepts a learning rate for which the iteration is stable in its valley.
    ///
    /// # Errors
    /// [`SimulationError::Unstable`] for a larger one.
    pub fn stable(&self, learning_rate: f64) -> Result<f64, SimulationError> {
        let stiffness = learning_rate * self.stiffest;
        if stiffness >= 2.0 {
            return Err(SimulationError::Unstable { stiffness, longest: 2.0 / self.stiffest });
        }
        Ok(learning_rate)
    }
}
