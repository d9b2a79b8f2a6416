//! Why particles cannot simulate a problem.

use crate::digits::{self, exact};
use crate::problem::jumps::{SMOOTHED, shown};
use crate::tensor::Point;

/// A simulation that cannot begin, or that ended without a rate.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SimulationError {
    /// The start point does not belong to the live set.
    #[error("particles start outside the set that they are to leave")]
    StartOutside,
    /// A killing rate inside the domain.
    #[error("a killing rate acts inside the domain, and particles are killed at boundaries alone")]
    KillingInside,
    /// Windows in walls.
    #[error("parts of walls absorb, and particles know of whole walls alone")]
    Windows,
    /// D jumps, and the interpretation needs its derivative.
    #[error("the noise jumps, and a particle's drift in this interpretation holds the derivative of D")]
    JumpingNoise,
    /// The loss jumps, and its slope, which particles follow, knows nothing of it.
    #[error("the loss jumps by {} at θ = {}, and particles that follow its slope walk through: let the grid climb the jump, or \
             {SMOOTHED}, and a step below w²/D", exact(*height), shown(*at, *dimension))]
    JumpingLoss {
        /// What L jumps by.
        height: f64,
        /// Where.
        at: Point,
        /// 1 or 2.
        dimension: usize,
    },
    /// An iteration with noise that is not read in the sense of Itô.
    #[error("an iteration takes its noise at the point that it leaves, which is the Itô reading")]
    NotIto,
    /// An iteration without a learning rate.
    #[error("the noise has no learning rate of its own, and none is given")]
    NoLearningRate,
    /// An iteration that is unstable in its valley.
    #[error("ηH = {stiffness:.2}: from 2 on the iteration has no valley to stay in")]
    Unstable {
        /// η times the largest curvature at the minimum and its saddles.
        stiffness: f64,
        /// The learning rate at which it is 2.
        longest: f64,
    },
    /// A step that does not resolve the curvature.
    #[error(
        "dt·H = {product:.2} at the stiffest of the minimum and its saddles; above {most} the valley is not resolved"
    )]
    StepTooLong {
        /// The step times the largest curvature at the minimum and its saddles.
        product: f64,
        /// The largest product.
        most: f64,
        /// The longest step.
        longest: f64,
    },
    /// A step that does not resolve the distance to the exit.
    #[error("a step is √(2D dt) = {stride:.2e} long, and the nearest exit is {room:.2e} from the start")]
    StepTooWide {
        /// √(2D dt) at the start.
        stride: f64,
        /// Distance from the start to the nearest exit.
        room: f64,
        /// The longest step.
        longest: f64,
    },
    /// The time was up before two repetitions of a splitting were done.
    #[error("{seconds} s were over after {done} of {asked} repetitions: nothing is known of the rate")]
    OutOfTime {
        /// The time.
        seconds: f64,
        /// Repetitions that were done.
        done: usize,
        /// Repetitions that were asked for.
        asked: usize,
    },
    /// The time was up before anything was counted.
    #[error("{seconds} s were over in the burn-in of {burn_in:.3e}: nothing is known of the rate")]
    BurnInOutOfTime {
        /// The time.
        seconds: f64,
        /// Dynamical time of the burn-in.
        burn_in: f64,
    },
    /// Exits that nobody waits for.
    #[error("{exits} exits at the expected rate of {rate:.1e} are about {hours:.1e} hours of particle steps")]
    Hopeless {
        /// How long.
        hours: f64,
        /// The expected rate.
        rate: f64,
        /// Exits asked for.
        exits: u64,
        /// Whether splitting reaches such rates.
        can_split: bool,
    },
    /// Minibatches of a loss that is no mean over samples.
    #[error("minibatches are drawn from samples, and this landscape has none")]
    NoSamples,
    /// Minibatches without a batch size.
    #[error("minibatches need a batch size")]
    NoBatchSize,
    /// A batch of a broken number of samples, or of too many.
    #[error("a minibatch of {batch_size} samples: their number must be whole and at most {most:e}")]
    BatchSize {
        /// The batch size.
        batch_size: f64,
        /// The largest.
        most: f64,
    },
    /// A parameter vector that is not made of whole copies, or of too many.
    #[error("a parameter vector of {asked} dimensions is not made of at most {} copies of one of {own}", most / own)]
    Copies {
        /// Dimensions asked for.
        asked: usize,
        /// Dimensions of the problem.
        own: usize,
        /// The most dimensions.
        most: usize,
    },
    /// Several copies of a problem with data of its own.
    #[error("the data have {own} features, which serve one copy of the problem only")]
    CopiesOfData {
        /// Features.
        own: usize,
    },
    /// More particles than the memory holds.
    #[error("{count} particles need {} of memory; {most:.1e} fit", digits::bytes(*bytes))]
    TooManyParticles {
        /// Their number.
        count: usize,
        /// Bytes that they need.
        bytes: f64,
        /// How many fit.
        most: f64,
    },
    /// More samples than the memory holds.
    #[error("{count} samples need {} of memory; {most:.1e} fit", digits::bytes(*bytes))]
    TooManySamples {
        /// Their number.
        count: usize,
        /// Bytes that they need.
        bytes: f64,
        /// How many fit.
        most: f64,
    },
    /// A particle that escaped to infinity.
    #[error(
        "a particle ran away to infinity with steps of {step:.3e}: the loss is steeper out there than at the minimum"
    )]
    Runaway {
        /// The longest step.
        step: f64,
    },
    /// A splitting without a well.
    #[error("splitting needs a well to start from, and the process does not settle at the start point")]
    NoWell,
    /// A splitting in which nothing died.
    #[error("no excursion reached the exit")]
    NoExcursion,
}

impl SimulationError {
    /// Whether more time would mend it.
    pub fn is_of_time(&self) -> bool {
        use SimulationError as E;
        matches!(self, E::Hopeless { .. } | E::OutOfTime { .. } | E::BurnInOutOfTime { .. })
    }

    /// Whether more memory would mend it.
    pub fn is_of_memory(&self) -> bool {
        matches!(self, SimulationError::TooManyParticles { .. } | SimulationError::TooManySamples { .. })
    }
}
