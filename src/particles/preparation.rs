//! The settings of a simulation, adapted to a problem: missing values are chosen, and simulations that are impossible
//! are refused before they start.

use crate::particles::memory::Wells;
use crate::particles::minibatch::{MOST_COPIES, Recipe};
use crate::particles::motion::Motion;
use crate::particles::scales::Scales;
use crate::particles::{Method, Settings, SimulationError, Space};
use crate::problem::landscape::{SampleLoss, Samples, Whole};
use crate::problem::{Interpretation, Problem};

/// An upper estimate of the memory for one particle, in bytes.
const BYTES: f64 = 400.0;
/// The default number of particles.
pub const COUNT: usize = 8192;
/// The largest batch size: its samples are numbered by integers that a double can represent.
const LARGEST_BATCH: f64 = 1e9;

/// A simulation that has been checked.
pub struct Preparation<'a> {
    /// Its settings.
    pub settings: &'a Settings,
    /// The problem that is simulated.
    pub problem: &'a Problem,
    /// The equation of motion of the particles.
    pub motion: Motion<'a>,
    /// The scales that a step must resolve.
    pub scales: Scales,
    /// The longest step in dynamical time; η for an iteration.
    pub dt: f64,
    /// The wells of the live set.
    pub wells: Wells,
    /// The loss and the parameters of an iteration with minibatches.
    pub minibatch: Option<(&'a dyn SampleLoss, Recipe)>,
    /// The model in all its parameters, if minibatches move it there.
    pub whole: Option<Whole<'a>>,
}

impl<'a> Preparation<'a> {
    /// Chooses missing settings and refuses simulations that are impossible or need more than `memory` bytes.
    ///
    /// # Errors
    /// [`SimulationError`] for settings that do not suit the problem or the memory.
    pub fn new(settings: &'a Settings, problem: &'a Problem, memory: u64) -> Result<Preparation<'a>, SimulationError> {
        if problem.domain.killing.is_some() {
            return Err(SimulationError::KillingInside);
        }
        if !problem.domain.windows.is_empty() {
            return Err(SimulationError::Windows);
        }
        let is_iteration = settings.method.is_iteration();
        let motion = if is_iteration { Motion::iteration(problem) } else { Motion::diffusion(problem)? };
        if motion.frontier.distance(problem.valley.start_point) <= 0.0 {
            return Err(SimulationError::StartOutside);
        }
        let may_end_in_time = settings.method != Method::Splitting;
        let ends_in_time = may_end_in_time && (settings.time.is_some() || settings.most_seconds.is_some());
        if motion.frontier.is_closed() && !ends_in_time {
            return Err(SimulationError::NothingAbsorbs { may_end_in_time });
        }
        let scales = Scales::new(problem, &motion);
        let dt = match is_iteration {
            true => learning_rate(settings, problem, &scales)?,
            false => scales.step(settings.dt)?,
        };
        let minibatch = match settings.method {
            Method::Minibatch => Some(recipe(settings, problem, dt)?),
            _ => None,
        };
        let whole = match (settings.space, minibatch) {
            (Space::Whole, Some((loss, _))) => {
                if settings.half_width.is_none() && !motion.frontier.is_open() {
                    return Err(SimulationError::WallsOfSlice);
                }
                Some(loss.whole().ok_or(SimulationError::NoSlice)?)
            }
            _ => None,
        };
        fits(settings, whole.map_or(0, |whole| whole.slice.theta.len()), memory as f64)?;
        Ok(Preparation { settings, problem, motion, scales, dt, wells: Wells::new(problem), minibatch, whole })
    }

    /// Whether a second swarm with longer steps estimates the discretisation error.
    pub fn is_coupled(&self) -> bool {
        !self.settings.method.is_iteration() && self.settings.extrapolate
    }

    /// The number of copies of the problem in one particle.
    pub fn copies(&self) -> usize {
        self.minibatch.map_or(1, |(_, recipe)| recipe.copies)
    }
}

/// Refuses numbers of particles or samples that do not fit into memory.
fn fits(settings: &Settings, parameters: usize, memory: f64) -> Result<(), SimulationError> {
    let excess = |count: usize, each: f64| {
        let bytes = count as f64 * each;
        (bytes > memory).then_some((bytes, memory / each))
    };
    let count = settings.count.unwrap_or(COUNT);
    // In all parameters each particle has two vectors: its own and that from which others restart.
    let each = BYTES + (2 * size_of::<f64>() * parameters) as f64;
    if let Some((bytes, most)) = excess(count, each) {
        return Err(SimulationError::TooManyParticles { count, bytes, most });
    }
    let sample = 2 * size_of::<f64>() * settings.dimension.unwrap_or(1);
    match excess(settings.samples, sample as f64) {
        Some((bytes, most)) if settings.method == Method::Minibatch => {
            Err(SimulationError::TooManySamples { count: settings.samples, bytes, most })
        }
        _ => Ok(()),
    }
}

/// The learning rate η of the iteration.
fn learning_rate(settings: &Settings, problem: &Problem, scales: &Scales) -> Result<f64, SimulationError> {
    if problem.interpretation != Interpretation::Ito {
        return Err(SimulationError::NotIto);
    }
    let own = problem.noise_model.minibatch().map(|minibatch| minibatch.learning_rate);
    let rate = settings.dt.or(own).ok_or(match settings.method {
        Method::Minibatch => SimulationError::NoBatchSize,
        _ => SimulationError::NoLearningRate,
    })?;
    scales.stable(rate)
}

/// The loss and the parameters of an iteration with minibatches with this learning rate.
fn recipe<'a>(
    settings: &Settings,
    problem: &'a Problem,
    learning_rate: f64,
) -> Result<(&'a dyn SampleLoss, Recipe), SimulationError> {
    let loss = problem.dynamics.loss().and_then(|loss| loss.sampled()).ok_or(SimulationError::NoSamples)?;
    let batch_size = problem.noise_model.minibatch().ok_or(SimulationError::NoBatchSize)?.batch_size;
    if batch_size.fract() != 0.0 || batch_size > LARGEST_BATCH {
        return Err(SimulationError::BatchSize { batch_size, most: LARGEST_BATCH });
    }
    let own = problem.dimension;
    let (asked, most) = (settings.dimension.unwrap_or(own), own * MOST_COPIES);
    if !asked.is_multiple_of(own) || asked > most {
        return Err(SimulationError::Copies { asked, own, most });
    }
    if asked > own && !matches!(loss.samples(), Samples::Gaussian) {
        return Err(SimulationError::CopiesOfData { own });
    }
    let recipe = Recipe {
        learning_rate,
        batch_size: batch_size as usize,
        copies: asked / own,
        samples: settings.samples,
        seed: settings.seed,
    };
    Ok((loss, recipe))
}
