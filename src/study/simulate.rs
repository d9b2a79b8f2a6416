//! Particles: settings that fit the problem, the simulation, and its rate against the solver's.

use std::time::Instant;

use serde::Serialize;

use crate::formula::Formulas;
use crate::particles::estimate::{Constancy, Estimate, extrapolated};
use crate::particles::minibatch::{MOST_COPIES, Minibatch, Recipe};
use crate::particles::motion::Motion;
use crate::particles::swarm::{self, Plan, Runaway, Swarm};
use crate::particles::tables::Tables;
use crate::particles::{Method, Settings};
use crate::problem::Interpretation;
use crate::problem::landscape::{SampleLoss, Samples};
use crate::problem::{Problem, ProblemError};
use crate::progress::Progress;
use crate::study::Request;
use crate::study::splitting::{self, Splittings};
use crate::study::{StudyError, comparison, iteration, memory};
use crate::tensor::norm;

/// What a simulation found.
#[derive(Clone, Debug)]
pub struct Simulation {
    /// How the particles moved.
    pub method: Method,
    /// Particles.
    pub count: usize,
    /// Step in dynamical time; η for an iteration.
    pub dt: f64,
    /// Seed of the random numbers.
    pub seed: u64,
    /// Dynamical time before anything was counted.
    pub burn_in: f64,
    /// Dynamical time in which each particle was observed.
    pub observed: f64,
    /// The rate.
    pub rate: ParticleRate,
    /// What was tabulated.
    pub tables: Option<Tables>,
    /// The repetitions of a splitting.
    pub splitting: Option<Splittings>,
    /// Whether the rate is the same at all ages, so that lives are exponentially distributed.
    pub constancy: Option<Constancy>,
    /// Whether somebody ended it early.
    pub interrupted: bool,
    /// Particle steps per second, all threads together.
    pub steps_per_second: f64,
    /// Seconds.
    pub seconds: f64,
    /// What the reader must know.
    pub warnings: Vec<String>,
}

impl Simulation {
    /// The time between two points of a path: half of `dt` where a coupled run of the longer step was made.
    pub fn step(&self) -> f64 {
        if self.rate.coarse.is_some() { 0.5 * self.dt } else { self.dt }
    }
}

/// The escape rate that particles show, per unit of dynamical time.
#[derive(Clone, Debug)]
pub struct ParticleRate {
    /// The best estimate: without the step's error where a coupled run removed it.
    pub value: f64,
    /// Its standard error.
    pub standard_error: f64,
    /// 95 % interval.
    pub ci95: [f64; 2],
    /// Rate per iteration (iterations only).
    pub per_iteration: Option<PerIteration>,
    /// Exits over time, at step dt/2 where a coupled run was made, else at dt.
    pub fine: Option<Estimate>,
    /// Exits over time at step dt, where a coupled run was made.
    pub coarse: Option<Estimate>,
    /// The paper's estimator (Eqs. 84 and 85) on the exits of `fine`.
    pub paper: Option<Estimate>,
    /// What it is compared with.
    pub against: Option<Against>,
}

/// A rate per iteration.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct PerIteration {
    /// The rate.
    pub value: f64,
    /// 95 % interval.
    pub ci95: [f64; 2],
}

/// A rate from elsewhere.
#[derive(Clone, Debug, Serialize)]
pub struct Against {
    /// Where it comes from.
    pub source: &'static str,
    /// The rate.
    pub value: f64,
    /// Its own relative error.
    pub error: f64,
    /// (particles − this) over their standard error.
    #[serde(skip)]
    pub z: f64,
}

/// A rate to compare with.
#[derive(Clone, Copy, Debug)]
pub struct Reference {
    /// Where it comes from.
    pub source: &'static str,
    /// The rate.
    pub value: f64,
    /// Its relative error.
    pub error: f64,
}

/// Share of 1/H, the time of the fastest relaxation, in one step, when the step is chosen.
const STEP: f64 = 0.02;
/// A step that is a larger share is refused: Euler's steps are unstable from 2 on and wrong by their own size before.
const LONGEST_STEP: f64 = 0.5;
/// Share of the distance to the nearest exit that a step may cover.
const LONGEST_STRIDE: f64 = 0.25;
/// Memory for one particle, generously.
const BYTES: f64 = 400.0;
/// Particles when their number is not given.
const COUNT: usize = 8192;
/// Fewer deaths than this are not extrapolated.
const FEWEST: u64 = 50;

/// Particles without a solver.
pub struct Sampled {
    /// What the particles found.
    pub simulation: Simulation,
    /// Formulas, with what the particles found over each.
    pub formulas: Formulas,
}

/// `saddleflux simulate`: particles alone. In one dimension a diffusion's rate is compared with the quadrature, which knows no grid.
pub fn alone(problem: &Problem, request: &Request, progress: &Progress) -> Result<Sampled, StudyError> {
    // Without it there is nothing to compare with, and nothing to warn of.
    let quadrature = comparison::quadrature(problem, &mut Vec::new());
    let quadrature = quadrature.and_then(|found| found.escape_rate);
    let reference = quadrature.map(|rate| Reference { source: "the quadrature", value: rate.value(), error: 1e-9 });
    let settings = request.particles.clone().unwrap_or_default();
    let simulation = Prepared::new(request, &settings, problem)?.simulate(reference, progress)?;
    let formulas = comparison::formulas(problem, simulation.rate.value.into());
    Ok(Sampled { simulation, formulas })
}

/// A simulation that has been found possible, before anything long begins.
pub struct Prepared<'a> {
    pub(super) request: &'a Request,
    pub(super) settings: &'a Settings,
    pub(super) problem: &'a Problem,
    pub(super) motion: Motion<'a>,
    pub(super) scales: Scales,
    /// Longest step in dynamical time; η for an iteration.
    pub(super) dt: f64,
}

impl<'a> Prepared<'a> {
    /// Chooses what was not given and refuses what cannot be simulated.
    pub fn new(request: &'a Request, settings: &'a Settings, problem: &'a Problem) -> Result<Prepared<'a>, StudyError> {
        let asked = settings;
        let is_iteration = asked.method.is_iteration();
        let motion = if is_iteration { Motion::iteration(problem) } else { Motion::diffusion(problem)? };
        if motion.frontier.distance(problem.valley.start_point) <= 0.0 {
            return Err(invalid("valley", "particles start outside the set that they are to leave".into()));
        }
        let scales = Scales::new(problem, &motion);
        let dt = if is_iteration { learning_rate(settings, problem, &scales)? } else { step(asked.dt, &scales)? };
        let prepared = Prepared { request, settings, problem, motion, scales, dt };
        if asked.method == Method::Minibatch {
            prepared.recipe()?;
        }
        let fits = |key: &str, number: usize, bytes: f64| {
            let allowed = memory::allowed() as f64;
            if number as f64 * bytes <= allowed {
                return Ok(());
            }
            let most = allowed / bytes;
            Err(invalid(
                key,
                format!("{number} need {:.0} GB of memory: take at most {most:.1e}", number as f64 * bytes / 1e9),
            ))
        };
        fits("particles.count", asked.count.unwrap_or(COUNT), BYTES)?;
        if asked.method == Method::Minibatch {
            let copies = asked.dimension.unwrap_or(1);
            fits("particles.samples", asked.samples, (2 * size_of::<f64>() * copies) as f64)?;
        }
        Ok(prepared)
    }

    /// Simulates; `reference` is the solver's rate when there is one.
    pub fn simulate(&self, reference: Option<Reference>, progress: &Progress) -> Result<Simulation, StudyError> {
        match self.settings.method {
            Method::EulerMaruyama | Method::Sgd | Method::Minibatch => self.swarm(reference, progress),
            Method::Splitting => splitting::split(self, reference, progress),
        }
    }

    /// The samples and the sizes of an iteration on minibatches.
    fn recipe(&self) -> Result<(&dyn SampleLoss, Recipe), StudyError> {
        let asked = self.settings;
        let Some(loss) = self.problem.dynamics.loss().and_then(|loss| loss.sampled()) else {
            return Err(invalid(
                "particles.method",
                "\"minibatch\" draws samples, and this landscape has none: take landscape.kind = \"styblinski-tang-data\" or \
                 \"logistic-regression\", or method = \"sgd\""
                    .into(),
            ));
        };
        let minibatch = self.problem.noise_model.minibatch().ok_or_else(no_batch)?;
        if minibatch.batch_size.fract() != 0.0 || minibatch.batch_size > 1e9 {
            return Err(invalid("noise.batch_size", "a minibatch has a whole number of samples, at most 1e9".into()));
        }
        let own = self.problem.dimension;
        let dimension = asked.dimension.unwrap_or(own);
        if !dimension.is_multiple_of(own) || dimension > own * MOST_COPIES {
            let most = own * MOST_COPIES;
            return Err(invalid(
                "particles.dimension",
                format!(
                    "a parameter vector is made of copies of the problem: take a multiple of {own}, at most {most}"
                ),
            ));
        }
        if dimension > own && matches!(loss.samples(), Samples::Rows(..)) {
            return Err(invalid(
                "particles.dimension",
                format!("this landscape's data have {own} features: leave it out"),
            ));
        }
        let recipe = Recipe {
            learning_rate: self.dt,
            batch_size: minibatch.batch_size as usize,
            copies: dimension / own,
            samples: asked.samples,
            seed: asked.seed,
        };
        Ok((loss, recipe))
    }

    fn swarm(&self, reference: Option<Reference>, progress: &Progress) -> Result<Simulation, StudyError> {
        let clock = Instant::now();
        let Prepared { settings: asked, problem, motion, scales, dt, .. } = self;
        let dt = *dt;
        let is_iteration = asked.method.is_iteration();
        let mut warnings = Vec::new();
        let coupled = !is_iteration && asked.extrapolate;
        let minibatch = if asked.method == Method::Minibatch { Some(self.recipe()?) } else { None };
        let copies = minibatch.map_or(1, |(_, recipe)| recipe.copies);
        let reference = match is_iteration {
            true => own_rate(problem, dt, copies, progress, &mut warnings)?.or(reference.filter(|_| copies == 1)),
            false => reference,
        };
        let plan = Plan {
            count: asked.count.unwrap_or(COUNT),
            step: if coupled { 0.5 * dt } else { dt },
            burn_in: asked.burn_in.unwrap_or(10.0 / scales.slowest),
            chunk: 2.5 / scales.slowest,
            exits: asked.exits,
            time: asked.time.unwrap_or(f64::INFINITY),
            seed: asked.seed,
        };
        // Real batches leave at rates that no formula foresees.
        if minibatch.is_none() {
            let sides = if coupled { 1.5 } else { 1.0 };
            announce(problem, &plan, sides, reference, progress);
        }
        let (domain, dimension) = (&problem.domain, problem.dimension);
        let mut tables = Tables::new(dimension, domain.lower, domain.upper);
        let counts = match minibatch {
            Some((loss, recipe)) => {
                swarm::simulate(&Minibatch::new(problem, loss, recipe), &plan, &mut tables, progress)
            }
            None => {
                let swarm = Swarm::new(motion, &plan, coupled, problem.valley.start_point);
                swarm::simulate(&swarm, &plan, &mut tables, progress)
            }
        };
        let counts = counts.map_err(|Runaway| runaway(dt))?;
        if counts.steps == 0 {
            return Err(StudyError::Interrupted);
        }
        let observed = counts.steps as f64 * plan.step;
        let at_risk = observed * counts.deaths.len() as f64;
        let deaths = |side: usize| counts.deaths.iter().map(|pair| u64::from(pair[side])).sum::<u64>();
        let fine = Estimate::new(deaths(0), at_risk);
        let coarse = coupled.then(|| Estimate::new(deaths(1), at_risk));
        let (value, standard_error, ci95) = if coupled && fine.exits >= FEWEST {
            let (value, error) = extrapolated(&counts.deaths, observed);
            (value, error, [value - 1.96 * error, value + 1.96 * error])
        } else {
            if coupled {
                warnings.push(format!(
                    "{} exits are too few to remove the step's error: the rate at step dt/2 is given, with its exact interval",
                    fine.exits
                ));
            }
            (fine.value, (fine.exits.max(1) as f64).sqrt() / at_risk, fine.ci95)
        };
        let constancy = tables.ages.constancy();
        if let Some(found) = constancy.filter(|found| found.p_value < 1e-3) {
            warnings.push(format!(
                "the death rate depends on the age (χ² = {:.0} with {} degrees of freedom, p = {:.1e}): the lives are not exponential. Raise \
                 particles.burn_in; or the set holds several wells with rates of their own",
                found.chi_squared, found.degrees, found.p_value
            ));
        }
        let seconds = clock.elapsed().as_secs_f64();
        Ok(Simulation {
            method: asked.method,
            count: counts.deaths.len(),
            dt,
            seed: asked.seed,
            burn_in: plan.burn_in,
            observed,
            rate: ParticleRate {
                value,
                standard_error,
                ci95,
                per_iteration: is_iteration
                    .then(|| PerIteration { value: value * dt, ci95: ci95.map(|rate| rate * dt) }),
                paper: Estimate::of_the_paper(fine.exits, at_risk),
                fine: Some(fine),
                coarse,
                against: against(reference, value, standard_error),
            },
            tables: Some(tables),
            splitting: None,
            constancy,
            interrupted: counts.interrupted,
            steps_per_second: 1.0 / counts.seconds_per_step,
            seconds,
            warnings,
        })
    }
}

/// Steps that let a particle escape to infinity.
pub(super) fn runaway(dt: f64) -> StudyError {
    invalid(
        "particles.dt",
        format!(
            "a particle ran away to infinity with steps of {dt:.3e}: the loss is steeper out there than at the minimum. Take a shorter \
             step, or draw domain.lower and domain.upper closer"
        ),
    )
}

pub(super) fn invalid(key: &str, message: String) -> StudyError {
    StudyError::Problem(ProblemError::Invalid { key: key.into(), message })
}

/// The scales of a problem that a step must resolve.
pub(super) struct Scales {
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
    fn new(problem: &Problem, motion: &Motion) -> Scales {
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
}

/// z of a rate against another.
pub(super) fn against(reference: Option<Reference>, value: f64, standard_error: f64) -> Option<Against> {
    let Reference { source, value: other, error } = reference?;
    let z = (value - other) / standard_error.hypot(error * other);
    Some(Against { source, value: other, error, z })
}

/// The step: as asked, if it resolves the problem, or chosen.
fn step(asked: Option<f64>, scales: &Scales) -> Result<f64, StudyError> {
    let Some(dt) = asked else {
        return Ok(scales.longest(STEP, 0.2 * LONGEST_STRIDE));
    };
    let longest = scales.longest(LONGEST_STEP, LONGEST_STRIDE);
    if dt <= longest {
        return Ok(dt);
    }
    let curvature = dt * scales.stiffest;
    let reason = if curvature > LONGEST_STEP {
        format!(
            "dt·H = {curvature:.2} at the stiffest of the minimum and its saddles, and the valley is not resolved above {LONGEST_STEP}"
        )
    } else {
        let stride = (2.0 * scales.diffusion * dt).sqrt();
        format!("a step is √(2D dt) = {stride:.2e} long, and the nearest exit is {:.2e} from the start", scales.room)
    };
    Err(invalid("particles.dt", format!("{reason}: take at most dt = {:.2e}", 0.995 * longest)))
}

fn no_batch() -> StudyError {
    invalid(
        "noise.kind",
        "\"minibatch\" needs a batch size: take noise.kind = \"covariance\" with learning_rate and batch_size".into(),
    )
}

/// η of the iteration.
fn learning_rate(settings: &Settings, problem: &Problem, scales: &Scales) -> Result<f64, StudyError> {
    if problem.interpretation != Interpretation::Ito {
        return Err(invalid(
            "noise.interpretation",
            "an iteration takes its noise at the point that it leaves, which is the Itô reading: set interpretation = \"ito\"".into(),
        ));
    }
    let own = problem.noise_model.minibatch().map(|minibatch| minibatch.learning_rate);
    let rate = settings.dt.or(own).ok_or_else(|| match settings.method {
        Method::Minibatch => no_batch(),
        _ => invalid(
            "particles.dt",
            "this noise has no learning rate of its own: give it as particles.dt (the noise of a step is √(2ηD))"
                .into(),
        ),
    })?;
    let stiffness = rate * scales.stiffest;
    if stiffness >= 2.0 {
        let longest = 2.0 / scales.stiffest;
        return Err(invalid(
            "particles.dt",
            format!(
                "ηH = {stiffness:.2} at the minimum or its saddle: from 2 on the iteration has no valley to stay in. The learning \
                 rate must be below {longest:.3e}"
            ),
        ));
    }
    Ok(rate)
}

/// The rate of the iteration with Gaussian noise, in one dimension, without sampling: what its particles are to agree with, and those
/// on minibatches as far as their noise is Gaussian. Of several copies the first that leaves counts.
fn own_rate(
    problem: &Problem,
    learning_rate: f64,
    copies: usize,
    progress: &Progress,
    warnings: &mut Vec<String>,
) -> Result<Option<Reference>, StudyError> {
    if problem.dimension != 1 || problem.domain.is_periodic(0) {
        return Ok(None);
    }
    match iteration::escape(problem, learning_rate, memory::allowed(), progress) {
        Ok(found) => {
            let stays = copies as f64 * (-found.per_iteration.value()).ln_1p();
            let value = -stays.exp_m1() / learning_rate;
            let source = "the iteration's chain with Gaussian noise";
            Ok(Some(Reference { source, value, error: found.normalisation_error }))
        }
        Err(error) => {
            warnings.push(format!("the iteration's own rate could not be had to compare with: {error}"));
            Ok(None)
        }
    }
}

/// Says beforehand that a run takes long.
fn announce(problem: &Problem, plan: &Plan, sides: f64, reference: Option<Reference>, progress: &Progress) {
    let expected = reference.map(|reference| reference.value).or_else(|| {
        let formulas = comparison::formulas(problem, crate::scaled::Scaled::ONE);
        formulas.kramers.map(|kramers| kramers.value.value())
    });
    let Some(rate) = expected.filter(|rate| *rate > 0.0 && rate.is_finite()) else { return };
    let each = (plan.exits as f64 / (rate * plan.count as f64)).min(plan.time) + plan.burn_in;
    let seconds = sides * each / plan.step * plan.count as f64 / STEPS_PER_SECOND;
    if seconds > 3600.0 {
        progress.announce(format!(
            "this simulation needs about {:.1e} hours: at the expected rate of {rate:.1e}, {} exits are {:.1e} steps. Ctrl-C keeps what has \
             been sampled; method = \"splitting\" reaches such rates in minutes",
            seconds / 3600.0,
            plan.exits,
            each / plan.step * plan.count as f64
        ));
    }
}

/// A cautious guess of the speed, for the announcement alone.
const STEPS_PER_SECOND: f64 = 3e8;
