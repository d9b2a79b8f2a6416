//! The scales of a problem that a particle's step must resolve.

use crate::particles::SimulationError;
use crate::particles::motion::Motion;
use crate::problem::Problem;
use crate::tensor::norm;

/// Share of 1/H, the time of the fastest relaxation, in one step, when the step is chosen.
const STEP: f64 = 0.02;
/// A step that is a larger share is refused: Euler's steps are unstable from 2 on and wrong by their own size before.
const LONGEST_STEP: f64 = 0.5;
/// Share of the distance to the nearest exit that a step may cover.
const LONGEST_STRIDE: f64 = 0.25;

/// The scales of a problem that a step must resolve.
#[derive(Clone, Copy, Debug)]
pub struct Scales {
    /// Largest curvature |∂b| at the minimum and its saddles.
    stiffest: f64,
    /// Slowest relaxation rate.
    pub slowest: f64,
    /// Distance from the start to the nearest place that kills.
    room: f64,
    /// Largest eigenvalue of D at the start.
    diffusion: f64,
}

impl Scales {
    /// The scales of a problem whose particles move like this.
    pub fn new(problem: &Problem, motion: &Motion) -> Scales {
        let start = problem.valley.start_point;
        let size = |at| {
            let [row, other] = problem.dynamics.slope_jacobian(at);
            // The largest singular value, within a factor √2.
            norm(row).max(norm(other))
        };
        let saddles = problem.valley.saddles.iter().map(|&index| problem.critical.saddles[index].point.theta);
        let stiffest = saddles.map(size).fold(size(start), f64::max);
        let tensor = motion.tensor(start).eigen(problem.dimension).values;
        let (diffusion, least) = (tensor[problem.dimension - 1], tensor[0]);
        // Paths settle at the minimum, and near the saddles that they die at; on a plain they diffuse over its width.
        let free = 30.0 * least / motion.frontier.width().powi(2);
        let dimension = problem.dimension;
        let settling = problem.minimum().map(|minimum| minimum.eigenvalues[dimension - 1]);
        let leaving = problem
            .valley
            .saddles
            .iter()
            .map(|&index| -problem.critical.saddles[index].point.eigenvalues[dimension - 1]);
        let slowest = settling.into_iter().chain(leaving).filter(|rate| *rate > free).fold(f64::INFINITY, f64::min);
        let slowest = if slowest.is_finite() { slowest } else { free };
        Scales { stiffest, slowest, room: motion.frontier.distance(start), diffusion }
    }

    /// The longest step that resolves both curvature and width at these shares.
    fn longest(&self, curvature: f64, stride: f64) -> f64 {
        let by_width = (stride * self.room).powi(2) / (2.0 * self.diffusion);
        if self.stiffest > 0.0 { by_width.min(curvature / self.stiffest) } else { by_width }
    }

    /// The step as asked, or chosen.
    ///
    /// # Errors
    /// A step that does not resolve the problem.
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

    /// A learning rate that leaves the iteration a valley to stay in.
    ///
    /// # Errors
    /// A learning rate from which on there is none.
    pub fn stable(&self, learning_rate: f64) -> Result<f64, SimulationError> {
        let stiffness = learning_rate * self.stiffest;
        if stiffness >= 2.0 {
            return Err(SimulationError::Unstable { stiffness, longest: 2.0 / self.stiffest });
        }
        Ok(learning_rate)
    }
}
