//! The errors of a particle simulation.

use crate::digits::{self, exact};
use crate::problem::jumps::{SMOOTHED, shown};
use crate::tensor::Point;

/// A simulation that cannot start, or that ended without a rate.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SimulationError {
    /// The start point is not in the live set.
    #[error("particles start outside the set that they are to leave")]
    StartOutside,
    /// Nothing absorbs, and no time is given at which to end.
    #[error("nothing absorbs, so that no particle ever exits and the simulation would not end")]
    NothingAbsorbs {
        /// Whether an end in time would do: it does without exits, except for a splitting.
        may_end_in_time: bool,
    },
    /// There is a killing rate inside the domain.
    #[error("a killing rate acts inside the domain, and particles are killed at boundaries alone")]
    KillingInside,
    /// There are windows in walls.
    #[error("parts of walls absorb, and particles know of whole walls alone")]
    Windows,
    /// D jumps, and the calculus needs its derivative.
    #[error("the noise jumps, and a particle's drift in this interpretation holds the derivative of D")]
    JumpingNoise,
    /// The loss jumps, which the slope that particles follow does not contain.
    #[error("the loss jumps by {} at θ = {}, and particles that follow its slope walk through: let the grid climb the jump, or \
             {SMOOTHED}, and a step below w²/D", exact(*height), shown(*at, *dimension))]
    JumpingLoss {
        /// The jump of L.
        height: f64,
        /// The point θ.
        at: Point,
        /// The dimension, 1 or 2.
        dimension: usize,
    },
    /// An iteration for noise that is not of Itô type.
    #[error("an iteration takes its noise at the point that it leaves, which is the Itô reading")]
    NotIto,
    /// An iteration without a learning rate.
    #[error("the noise has no learning rate of its own, and none is given")]
    NoLearningRate,
    /// The iteration is unstable in its valley.
    #[error("ηH = {stiffness:.2}: from 2 on the iteration has no valley to stay in")]
    Unstable {
        /// η times the largest curvature at the minimum and its saddles.
        stiffness: f64,
        /// The learning rate at which it becomes 2.
        longest: f64,
    },
    /// The step does not resolve the curvature.
    #[error(
        "dt·H = {product:.2} at the stiffest of the minimum and its saddles; above {most} the valley is not resolved"
    )]
    StepTooLong {
        /// The step times the largest curvature at the minimum and its saddles.
        product: f64,
        /// The largest allowed product.
        most: f64,
        /// The longest allowed step.
        longest: f64,
    },
    /// The step does not resolve the distance to the exit.
    #[error("a step is √(2D dt) = {stride:.2e} long, and the nearest exit is {room:.2e} from the start")]
    StepTooWide {
        /// √(2D dt) at the start.
        stride: f64,
        /// Distance from the start to the nearest exit.
        room: f64,
        /// The longest allowed step.
        longest: f64,
    },
    /// The time limit was reached before two repetitions of a splitting were finished.
    #[error("{seconds} s were over after {done} of {asked} repetitions: nothing is known of the rate")]
    OutOfTime {
        /// The time limit in seconds.
        seconds: f64,
        /// The number of finished repetitions.
        done: usize,
        /// The number of repetitions to be made.
        asked: usize,
    },
    /// The time limit was reached before anything was counted.
    #[error("{seconds} s were over in the burn-in of {burn_in:.3e}: nothing is known of the rate")]
    BurnInOutOfTime {
        /// The time limit in seconds.
        seconds: f64,
        /// The dynamical time of the burn-in.
        burn_in: f64,
    },
    /// No particle died.
    #[error(
        "no exit was seen in a time of {time:.3e} of all particles: the rate is below {below:.3e} (97.5 %), and nothing else is known of it"
    )]
    NoExit {
        /// The dynamical time at risk, summed over the particles.
        time: f64,
        /// The upper end of the confidence interval of the rate.
        below: f64,
    },
    /// The exits would take far too long.
    #[error("{exits} exits at the expected rate of {rate:.1e} are about {hours:.1e} hours of particle steps")]
    Hopeless {
        /// The predicted duration in hours.
        hours: f64,
        /// The expected rate.
        rate: f64,
        /// The number of exits to be counted.
        exits: u64,
        /// Whether splitting can reach such rates.
        can_split: bool,
    },
    /// Minibatches of a loss that is not a mean over samples.
    #[error("minibatches are drawn from samples, and this landscape has none")]
    NoSamples,
    /// Minibatches without a batch size.
    #[error("minibatches need a batch size")]
    NoBatchSize,
    /// A batch size that is not an integer, or too large.
    #[error("a minibatch of {batch_size} samples: their number must be whole and at most {most:e}")]
    BatchSize {
        /// The batch size.
        batch_size: f64,
        /// The largest batch size.
        most: f64,
    },
    /// The dimension of the parameter vector is not a multiple of the problem's, or too large.
    #[error("a parameter vector of {asked} dimensions is not made of at most {} copies of one of {own}", most / own)]
    Copies {
        /// The dimension asked for.
        asked: usize,
        /// The dimension of the problem.
        own: usize,
        /// The largest dimension.
        most: usize,
    },
    /// Several copies of a problem with given data.
    #[error("the data have {own} features, which serve one copy of the problem only")]
    CopiesOfData {
        /// The number of features.
        own: usize,
    },
    /// All parameters of a model whose slice the problem is not.
    #[error("this landscape is no slice of a model, and has no further parameters")]
    NoSlice,
    /// Reflecting or periodic walls of a slice, which mean nothing in all parameters.
    #[error("a reflecting or periodic wall of the slice may be met, and has no counterpart in all parameters")]
    WallsOfSlice,
    /// The particles do not fit into memory.
    #[error("{count} particles need {} of memory; {most:.1e} fit", digits::bytes(*bytes))]
    TooManyParticles {
        /// The number of particles.
        count: usize,
        /// The memory that they need, in bytes.
        bytes: f64,
        /// The number of particles that fit.
        most: f64,
    },
    /// The samples do not fit into memory.
    #[error("{count} samples need {} of memory; {most:.1e} fit", digits::bytes(*bytes))]
    TooManySamples {
        /// The number of samples.
        count: usize,
        /// The memory that they need, in bytes.
        bytes: f64,
        /// The number of samples that fit.
        most: f64,
    },
    /// A particle escaped to infinity.
    #[error(
        "a particle ran away to infinity with steps of {step:.3e}: the loss is steeper out there than at the minimum"
    )]
    Runaway {
        /// The longest step.
        step: f64,
    },
    /// Splitting needs a well, and there is none.
    #[error("splitting needs a well to start from, and the process does not settle at the start point")]
    NoWell,
    /// No path died in a splitting.
    #[error("no excursion reached the exit")]
    NoExcursion,
}

impl SimulationError {
    /// Whether more time would help.
    pub fn is_of_time(&self) -> bool {
        use SimulationError as E;
        matches!(self, E::Hopeless { .. } | E::OutOfTime { .. } | E::BurnInOutOfTime { .. } | E::NoExit { .. })
    }

    /// Whether more memory would help.
    pub fn is_of_memory(&self) -> bool {
        matches!(self, SimulationError::TooManyParticles { .. } | SimulationError::TooManySamples { .. })
    }
}
