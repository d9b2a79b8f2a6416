//! Particle simulations, and their rate beside the solver's.

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
use crate::particles::{Method, ParticleWarning, SimulationError};
use crate::problem::Problem;
use crate::progress::Progress;
use crate::study::comparison::{self, Comparison};
use crate::study::{Request, StudyError, memory};

/// The result of a simulation.
#[derive(Clone, Debug)]
pub struct Simulation {
    /// The method.
    pub method: Method,
    /// The number of particles; for splitting the number of replicas.
    pub count: usize,
    /// The time step in dynamical time; η for an iteration.
    pub dt: f64,
    /// The seed of the random numbers.
    pub seed: u64,
    /// The dynamical time before counting began.
    pub burn_in: f64,
    /// The relaxation between wells during the burn-in, which decided its length; `None` unless the live set has
    /// several wells.
    pub settling: Option<Settling>,
    /// The dynamical time for which each particle was observed; for splitting the total over the paths on which
    /// excursions were counted.
    pub observed: f64,
    /// The escape rate.
    pub rate: ParticleRate,
    /// Histograms and life table; `None` for splitting.
    pub tables: Option<Tables>,
    /// The repetitions of a splitting; `None` for other methods.
    pub splitting: Option<Splittings>,
    /// The test whether the death rate is the same at all ages, that is, lifetimes are exponentially distributed.
    pub constancy: Option<Constancy>,
    /// Whether the user ended it early.
    pub interrupted: bool,
    /// Particle steps per second, all threads together.
    pub steps_per_second: f64,
    /// The seconds it took.
    pub seconds: f64,
    /// Warnings for the user.
    pub warnings: Vec<ParticleWarning>,
}

impl Simulation {
    /// Refuses a simulation whose time was up before an exit was seen: only an upper bound of the rate is known. Where
    /// the dynamical time is given, that bound is the result.
    ///
    /// # Errors
    /// [`SimulationError::NoExit`].
    pub fn refuse_without_exits(&self) -> Result<(), StudyError> {
        let is_out_of_time = |warning: &ParticleWarning| matches!(warning, ParticleWarning::OutOfTime { .. });
        if self.rate.has_exits() || !self.warnings.iter().any(is_out_of_time) {
            return Ok(());
        }
        let time = self.observed * self.count as f64;
        Err(SimulationError::NoExit { time, below: self.rate.ci95[1] }.into())
    }

    /// The time between two points of a path: dt/2 if a coupled run at step dt was made, else dt.
    pub fn step(&self) -> f64 {
        if self.rate.coarse.is_some() { 0.5 * self.dt } else { self.dt }
    }
}

/// A simulation without the solver.
pub struct ParticleStudy {
    /// The simulation.
    pub simulation: Simulation,
    /// The formulas, each with the ratio of the simulated rate to it.
    pub formulas: Formulas<Comparison>,
}

/// `saddleflux simulate`: particles alone. In one dimension their rate is compared with the quadrature.
///
/// # Errors
/// A problem that cannot be simulated as requested, a failed simulation, and an interruption before anything was
/// counted.
pub fn alone(problem: &Problem, request: &Request, progress: &Progress) -> Result<ParticleStudy, StudyError> {
    // The quadrature is only a reference here, so that its warnings are dropped.
    let quadrature = comparison::quadrature(problem, &mut Vec::new());
    let quadrature = quadrature.and_then(|found| found.escape_rate);
    let reference = quadrature.map(|rate| Reference { source: "the quadrature", value: rate.value(), error: 1e-9 });
    let settings = request.particles.clone().unwrap_or_default();
    let prepared = Preparation::new(&settings, problem, memory::allowed())?;
    let simulation = simulate(&prepared, request, reference, progress)?;
    let formulas = comparison::compared(problem, simulation.rate.value.into());
    Ok(ParticleStudy { simulation, formulas })
}

/// The simulation that a request asks for, checked and completed; `None` if it asks for none.
///
/// # Errors
/// Settings that do not fit the problem, or exceed the memory.
pub fn prepared<'a>(request: &'a Request, problem: &'a Problem) -> Result<Option<Preparation<'a>>, StudyError> {
    let prepare = |settings| Preparation::new(settings, problem, memory::allowed());
    Ok(request.particles.as_ref().map(prepare).transpose()?)
}

/// Runs a simulation. `reference`: the rate to compare with, if there is one.
///
/// # Errors
/// A particle that escapes to infinity, a splitting in which no excursion ends in death, a time limit that leaves too
/// little, and an interruption before anything was counted.
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
