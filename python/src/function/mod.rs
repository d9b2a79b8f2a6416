//! Problems made of functions of Python.
//!
//! A function is asked for its values at many points at once, only where the solver needs to know more of it, and the
//! interpreter's lock is held only then. What the solver works with are polynomials through these values ([`tree`]):
//! they are as exact as the function itself where it is smooth, their derivatives are exact, and what they leave is
//! measured and stated.

mod call;
mod chebyshev;
mod loss;
mod sampled;
mod tree;

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::PyDict;
use saddleflux::Progress;
use saddleflux::config::{Config, NoiseForm};
use saddleflux::problem::noise::FormulaNoise;
use saddleflux::problem::{Dynamics, NoiseKind, NoiseModel, Problem, ProblemError};
use saddleflux::study::Solution;
use saddleflux::tensor::Point;

use crate::watch::Raised;
use call::Caller;
use loss::{DriftFunction, Knows, LossFunction, NoiseFunction};
use tree::{Knots, Rectangle};

/// Critical points of functions are looked for in this box where no domain is given.
const UNKNOWN: f64 = 5.0;
/// How far above the saddles, in units of the noise, a loss decides rates.
const ABOVE: f64 = 40.0;
/// A change of the rate by what the functions' polynomials leave that is worth a warning.
const WORTH: f64 = 1e-3;

/// The functions that stand in the place of a configuration's landscape and noise.
pub(crate) struct Functions {
    motion: Option<Asked>,
    noise: Option<Asked>,
}

/// A function as it was given.
struct Asked {
    sampler: Py<PyAny>,
    name: String,
    is_drift: bool,
    is_scalar: bool,
    knows: Knows,
    /// Where it is put together of polynomials.
    knots: Knots,
    /// What it may itself be away from what is meant by it.
    error: f64,
}

impl Asked {
    fn read(sampler: &Bound<'_, PyAny>) -> PyResult<Asked> {
        let parts: Vec<String> = sampler.getattr("parts")?.extract()?;
        let has = |part: &str| parts.iter().any(|known| known == part);
        let knows = Knows { gradient: has("gradient"), hessian: has("hessian"), covariance: has("covariance") };
        let name = sampler.getattr("name")?.extract()?;
        let knots: Vec<Vec<f64>> = sampler.getattr("knots")?.extract()?;
        let along = |axis: usize| knots.get(axis).cloned().unwrap_or_default();
        Ok(Asked {
            sampler: sampler.clone().unbind(),
            name,
            is_drift: has("drift"),
            is_scalar: has("scalar"),
            knows,
            knots: [along(0), along(1)],
            error: sampler.getattr("error")?.extract()?,
        })
    }
}

/// A problem, and the functions that it was made of.
pub(crate) struct Posed {
    pub(crate) problem: Problem,
    loss: Option<Arc<LossFunction>>,
    drift: Option<Arc<DriftFunction>>,
    noise: Option<Arc<NoiseFunction>>,
    /// What motion and noise may themselves be away from what is meant by them.
    errors: [f64; 2],
}

impl Functions {
    /// What Python gives: samplers under `motion` and `noise`.
    pub(crate) fn read(given: Option<&Bound<'_, PyDict>>) -> PyResult<Functions> {
        let asked = |name: &str| -> PyResult<Option<Asked>> {
            let found = given.map(|given| given.get_item(name)).transpose()?.flatten();
            found.map(|sampler| Asked::read(&sampler)).transpose()
        };
        Ok(Functions { motion: asked("motion")?, noise: asked("noise")? })
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.motion.is_none() && self.noise.is_none()
    }

    /// The names in place of the configuration's: of the motion and of the noise.
    pub(crate) fn names(&self) -> [Option<String>; 2] {
        [&self.motion, &self.noise].map(|asked| asked.as_ref().map(|asked| asked.name.clone()))
    }

    /// The problem that a configuration poses about these functions.
    ///
    /// # Errors
    /// Those of [`Config::problem`].
    pub(crate) fn problem(&self, config: &Config, raised: &Raised, progress: &Progress) -> Result<Posed, ProblemError> {
        if self.is_empty() {
            let problem = config.problem_under(progress)?;
            return Ok(Posed { problem, loss: None, drift: None, noise: None, errors: [0.0; 2] });
        }
        let dimension = config.landscape.dimension;
        let (lower, upper) = (config.posed.domain.lower, config.posed.domain.upper);
        let is_known = lower.is_some() && upper.is_some();
        let flat = |corner: Point| if dimension == 1 { [corner[0], 0.0] } else { corner };
        let home =
            Rectangle { lower: flat(lower.unwrap_or([-UNKNOWN; 2])), upper: flat(upper.unwrap_or([UNKNOWN; 2])) };
        let errors = [&self.motion, &self.noise].map(|asked| asked.as_ref().map_or(0.0, |asked| asked.error));
        let caller = |asked: &Asked| {
            let sampler = Python::attach(|py| asked.sampler.clone_ref(py));
            Caller::new(sampler, dimension, asked.knots.clone(), raised.clone())
        };
        let (mut loss, mut drift, mut noise) = (None, None, None);
        let dynamics = match &self.motion {
            Some(asked) if asked.is_drift => {
                let function = Arc::new(DriftFunction::new(caller(asked), home));
                drift = Some(Arc::clone(&function));
                Dynamics::Drift(function)
            }
            Some(asked) => {
                let knows = asked.knows;
                let function = Arc::new(LossFunction::new(caller(asked), knows, home, is_known));
                loss = Some(Arc::clone(&function));
                Dynamics::Loss(function)
            }
            None => config.landscape.dynamics_under(config.base(), progress)?,
        };
        let kind = match &self.noise {
            Some(asked) => {
                let is_scalar = asked.is_scalar;
                let function = Arc::new(NoiseFunction::new(caller(asked), is_scalar, home));
                noise = Some(Arc::clone(&function));
                NoiseKind::Field(function)
            }
            None => configured(&config.noise.form, dimension),
        };
        let model = NoiseModel { kind, floor: config.noise.floor };
        let problem = Problem::new(dynamics, model, config.noise.interpretation, &config.posed)?;
        Ok(Posed { problem, loss, drift, noise, errors })
    }
}

/// The noise of a configuration.
fn configured(form: &NoiseForm, dimension: usize) -> NoiseKind {
    match form {
        NoiseForm::Model(kind) => kind.clone(),
        NoiseForm::Expression { d11, d12, d22 } => NoiseKind::Field(Arc::new(match dimension {
            1 => FormulaNoise::line((**d11).clone()),
            _ => FormulaNoise::plane((**d11).clone(), (**d12).clone(), (**d22).clone()),
        })),
    }
}

/// What the polynomials leave of each function, and what that may change of a rate, relative to it.
pub(crate) struct Left {
    pub(crate) entries: Vec<(&'static str, f64)>,
    pub(crate) of_rate: f64,
}

impl Posed {
    /// What the polynomials leave; ln γ moves by at most twice the error of L over D where the process is reversible,
    /// and is taken to move so elsewhere.
    pub(crate) fn left(&self) -> Left {
        let problem = &self.problem;
        let saddles: Vec<&_> =
            problem.valley.saddles.iter().map(|&index| &problem.critical.saddles[index].point).collect();
        let places = problem.minimum().into_iter().chain(saddles.iter().copied()).map(|point| point.theta);
        let places: Vec<Point> = places.chain([problem.valley.start_point]).collect();
        let eigenvalues: Vec<Point> =
            places.iter().map(|&at| problem.noise.tensor(at).eigen(problem.dimension).values).collect();
        let smallest = eigenvalues.iter().map(|values| values[0]).fold(f64::INFINITY, f64::min);
        let largest = eigenvalues.iter().map(|values| values[problem.dimension - 1]).fold(0.0, f64::max);
        let highest = saddles.iter().map(|point| point.loss).fold(f64::NEG_INFINITY, f64::max);
        let level = if highest.is_finite() { highest + ABOVE * largest } else { f64::INFINITY };
        let mut left = Left { entries: Vec::new(), of_rate: 0.0 };
        if let Some(loss) = &self.loss {
            let error = loss.error(level) + self.errors[0];
            left.entries.push(("loss", error));
            left.of_rate += (2.0 * error / smallest).exp_m1();
        }
        if let Some(drift) = &self.drift {
            let error = drift.error() + self.errors[0];
            left.entries.push(("drift", error));
            let across = (0..problem.dimension).map(|axis| problem.domain.width(axis)).fold(0.0, f64::max);
            left.of_rate += (2.0 * error * across / smallest).exp_m1();
        }
        if let Some(noise) = &self.noise {
            let error = noise.error() + self.errors[1];
            left.entries.push(("noise", error));
            let barrier = problem.minimum().map_or(0.0, |minimum| highest - minimum.loss);
            let over = if barrier.is_finite() && barrier > 0.0 { barrier / smallest } else { 0.0 };
            left.of_rate += ((1.0 + over) * error / smallest).exp_m1();
        }
        left
    }
}

impl Left {
    /// Adds what the polynomials may change to the stated errors, and says what to warn of.
    pub(crate) fn state(&self, solution: &mut Solution) -> Option<String> {
        let widen = |error: &mut Option<f64>| *error = error.map(|error| error + self.of_rate);
        if let Some(rate) = &mut solution.rate {
            widen(&mut rate.discretisation_error);
        }
        if let Some(passage) = &mut solution.passage {
            widen(&mut passage.discretisation_error);
        }
        widen(&mut solution.flux_over_population_error);
        let worst = self.entries.iter().map(|(name, error)| format!("{name} to {error:.1e}"));
        (self.of_rate > WORTH).then(|| {
            format!(
                "the functions of Python are known between their points only so far: {}, which may change rates by {:.1e} of them: give \
                 values in double precision, functions without kinks and jumps, or formulas",
                worst.collect::<Vec<_>>().join(", "),
                self.of_rate
            )
        })
    }
}
