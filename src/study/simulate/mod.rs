//! Particles: a prepared simulation run, and its rate against the solver's.

mod rate;
mod reference;
pub(super) mod speed;
pub mod splitting;
mod swarm;

pub use rate::{ParticleRate, PerIteration};
pub use reference::{Against, Reference};
pub use splitting::Splittings;

use crate::formula::Formulas;
use crate::particles::estimate::Constancy;
use crate::particles::memory::Settling;
use crate::particles::preparation::Preparation;
use crate::particles::tables::Tables;
use crate::particles::{Method, ParticleWarning};
use crate::problem::Problem;
use crate::progress::Progress;
use crate::study::comparison::{self, Comparison};
use crate::study::{Request, StudyError, memory};

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
    /// What the burn-in showed, where the live set holds several wells: why it was as long as it was.
    pub settling: Option<Settling>,
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
    pub warnings: Vec<ParticleWarning>,
}

impl Simulation {
    /// The time between two points of a path: half of `dt` where a coupled run of the longer step was made.
    pub fn step(&self) -> f64 {
        if self.rate.coarse.is_some() { 0.5 * self.dt } else { self.dt }
    }
}

/// Particles without a solver.
pub struct ParticleStudy {
    /// What the particles found.
    pub simulation: Simulation,
    /// Formulas, with what the particles found over each.
    pub formulas: Formulas<Comparison>,
}

/// `saddleflux simulate`: particles alone. In one dimension a diffusion's rate is compared with the quadrature, which
/// knows no grid.
///
/// # Errors
/// A problem that particles cannot simulate as asked, and an interruption before anything was counted.
pub fn alone(problem: &Problem, request: &Request, progress: &Progress) -> Result<ParticleStudy, StudyError> {
    // Without it there is nothing to compare with, and nothing to warn of.
    let quadrature = comparison::quadrature(problem, &mut Vec::new());
    let quadrature = quadrature.and_then(|found| found.escape_rate);
    let reference = quadrature.map(|rate| Reference { source: "the quadrature", value: rate.value(), error: 1e-9 });
    let settings = request.particles.clone().unwrap_or_default();
    let prepared = Preparation::new(&settings, problem, memory::allowed())?;
    let simulation = simulate(&prepared, request, reference, progress)?;
    let formulas = comparison::compared(problem, simulation.rate.value.into());
    Ok(ParticleStudy { simulation, formulas })
}

/// The particles that a request asks for, prepared.
///
/// # Errors
/// Settings that do not fit the problem, or the memory.
pub fn prepared<'a>(request: &'a Request, problem: &'a Problem) -> Result<Option<Preparation<'a>>, StudyError> {
    let prepare = |settings| Preparation::new(settings, problem, memory::allowed());
    Ok(request.particles.as_ref().map(prepare).transpose()?)
}

/// Simulates; `reference` is the solver's rate when there is one.
///
/// # Errors
/// A particle that runs away, a splitting that reaches no exit, and an interruption before anything was counted.
pub fn simulate(
    prepared: &Preparation,
    request: &Request,
    reference: Option<Reference>,
    progress: &Progress,
) -> Result<Simulation, StudyError> {
    let found = match prepared.settings.method {
        Method::EulerMaruyama | Method::Sgd | Method::Minibatch => swarm::swarm(prepared, reference, progress),
        Method::Splitting => splitting::split(prepared, request, reference, progress),
    };
    if progress.is_interrupted() {
        progress.keep();
    }
    found
}
