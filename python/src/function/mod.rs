//! Problems made of functions of Python.
//!
//! A function is asked for its values at many points at once, only where the solver needs to know more of it, and the
//! interpreter's lock is held only then. What the solver works with are polynomials through these values ([`tree`]):
//! they are as exact as the function itself where it is smooth, their derivatives are exact, and what they leave is
//! measured and stated ([`left`]).

mod call;
mod chebyshev;
mod found;
mod left;
mod loss;
mod rectangle;
mod sampled;
mod tree;
mod witness;

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::PyDict;
use saddleflux::Progress;
use saddleflux::config::{Config, NoiseForm};
use saddleflux::problem::noise::FormulaNoise;
use saddleflux::problem::{Dynamics, NoiseKind, NoiseModel, Problem, ProblemError};
use saddleflux::tensor::Point;

use crate::desk::Desk;
use call::Caller;
pub(crate) use left::Compared;
use loss::{DriftFunction, Knows, LossFunction, NoiseFunction, entries};
use rectangle::{Knots, Rectangle};
use sampled::FARTHEST;
use witness::Witnesses;

/// Critical points of functions are looked for in this box where no domain is given, in units of the largest coordinate
/// of the start where that is not of the order of 1.
const UNKNOWN: f64 = 5.0;
/// Such a start is closer to 0 or further out than these.
const USUAL: [f64; 2] = [0.05, 5.0];
/// A problem is posed so many times at most, each time with what the grid before has seen of its functions.
const MOST_TIMES: usize = 4;

/// The functions that stand in the place of a configuration's landscape and noise.
#[derive(Clone)]
pub(crate) struct Functions {
    motion: Option<Asked>,
    noise: Option<Asked>,
}

/// A function as it was given.
#[derive(Clone)]
struct Asked {
    /// Its place among the samplers.
    place: usize,
    name: String,
    is_drift: bool,
    is_scalar: bool,
    knows: Knows,
    /// Where it is put together of polynomials, and whether these are cubic.
    knots: Knots,
    is_cubic: bool,
    /// What it may itself be away from what is meant by it.
    error: f64,
}

impl Asked {
    fn read(sampler: &Bound<'_, PyAny>, place: usize) -> PyResult<Asked> {
        let parts: Vec<String> = sampler.getattr("parts")?.extract()?;
        let has = |part: &str| parts.iter().any(|known| known == part);
        let knows = Knows { gradient: has("gradient"), hessian: has("hessian"), covariance: has("covariance") };
        let name = sampler.getattr("name")?.extract()?;
        let knots: Vec<Vec<f64>> = sampler.getattr("knots")?.extract()?;
        let along = |axis: usize| knots.get(axis).cloned().unwrap_or_default();
        Ok(Asked {
            place,
            name,
            is_drift: has("drift"),
            is_scalar: has("scalar"),
            knows,
            knots: [along(0), along(1)],
            is_cubic: sampler.getattr("is_cubic")?.extract()?,
            error: sampler.getattr("error")?.extract()?,
        })
    }

    fn components(&self, dimension: usize) -> usize {
        match (self.is_drift, self.is_scalar) {
            (true, _) => dimension,
            (false, true) => 1,
            (false, false) => entries(dimension),
        }
    }
}

/// Where functions were looked at on grids, and surprised.
#[derive(Clone, Default)]
struct Seen {
    motion: Witnesses,
    noise: Witnesses,
}

impl Seen {
    fn add(&mut self, other: &Seen) {
        for (own, other) in [(&mut self.motion, &other.motion), (&mut self.noise, &other.noise)] {
            (0..other.len()).for_each(|place| own.take(other, place));
        }
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
    /// What Python gives: samplers under `motion` and `noise`; and these, in the order of their places.
    pub(crate) fn read<'py>(given: Option<&Bound<'py, PyDict>>) -> PyResult<(Functions, Vec<Bound<'py, PyAny>>)> {
        let mut samplers = Vec::new();
        let mut asked = |name: &str| -> PyResult<Option<Asked>> {
            let Some(sampler) = given.map(|given| given.get_item(name)).transpose()?.flatten() else {
                return Ok(None);
            };
            let asked = Asked::read(&sampler, samplers.len())?;
            samplers.push(sampler);
            Ok(Some(asked))
        };
        Ok((Functions { motion: asked("motion")?, noise: asked("noise")? }, samplers))
    }

    /// Whether what is given beside a loss contradicts it, in the domain of a configuration.
    ///
    /// # Errors
    /// Which does, and where; what a function raises.
    pub(crate) fn compare(&self, samplers: &[Bound<'_, PyAny>], config: &Config) -> PyResult<()> {
        let Some(asked) = &self.motion else { return Ok(()) };
        let (home, is_known) = home(config);
        let corner = |corner: Point| corner[..config.landscape.dimension].to_vec();
        samplers[asked.place].call_method1("compare", (corner(home.lower), corner(home.upper), is_known)).map(drop)
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.motion.is_none() && self.noise.is_none()
    }

    /// The names in place of the configuration's: of the motion and of the noise.
    pub(crate) fn names(&self) -> [Option<String>; 2] {
        [&self.motion, &self.noise].map(|asked| asked.as_ref().map(|asked| asked.name.clone()))
    }

    /// Poses the problem of a configuration about these functions and solves it; again where the grid has shown more of
    /// them than was known.
    ///
    /// # Errors
    /// Those of [`Config::problem`] and of `solve`.
    pub(crate) fn solved<S, E: From<ProblemError>>(
        &self,
        config: &Config,
        desk: &Desk,
        progress: &Progress,
        solve: impl Fn(&Posed) -> Result<(S, Compared), E>,
    ) -> Result<(Posed, S, Compared), E> {
        let mut seen = Seen::default();
        let mut times = 0;
        loop {
            let posed = self.posed(config, desk, progress, &seen)?;
            let (found, mut compared) = solve(&posed)?;
            times += 1;
            match compared.more.take().filter(|_| times < MOST_TIMES && !progress.is_interrupted()) {
                Some(more) => seen.add(&more),
                None => return Ok((posed, found, compared)),
            }
        }
    }

    /// The problem that a configuration poses about these functions.
    ///
    /// # Errors
    /// Those of [`Config::problem`].
    pub(crate) fn problem(&self, config: &Config, desk: &Desk, progress: &Progress) -> Result<Problem, ProblemError> {
        Ok(self.posed(config, desk, progress, &Seen::default())?.problem)
    }

    fn posed(&self, config: &Config, desk: &Desk, progress: &Progress, seen: &Seen) -> Result<Posed, ProblemError> {
        if self.is_empty() {
            let problem = config.problem_under(progress)?;
            return Ok(Posed { problem, loss: None, drift: None, noise: None, errors: [0.0; 2] });
        }
        let dimension = config.landscape.dimension;
        let (home, is_known) = home(config);
        let errors = [&self.motion, &self.noise].map(|asked| asked.as_ref().map_or(0.0, |asked| asked.error));
        let caller = |asked: &Asked, components: usize| Caller {
            knots: asked.knots.clone(),
            is_cubic: asked.is_cubic,
            farthest: FARTHEST[usize::from(!is_known)],
            ..Caller::new(desk.clone(), asked.place, dimension, components)
        };
        let (mut loss, mut drift, mut noise) = (None, None, None);
        let dynamics = match &self.motion {
            Some(asked) if asked.is_drift => {
                let caller = caller(asked, asked.components(dimension));
                let function = Arc::new(DriftFunction::new(caller, home, seen.motion.clone()));
                drift = Some(Arc::clone(&function));
                Dynamics::Drift(function)
            }
            Some(asked) => {
                let knows = asked.knows;
                let caller = caller(asked, knows.components(dimension));
                let function = Arc::new(LossFunction::new(caller, knows, home, is_known, seen.motion.clone()));
                loss = Some(Arc::clone(&function));
                Dynamics::Loss(function)
            }
            None => config.landscape.dynamics_under(config.base(), progress)?,
        };
        let kind = match &self.noise {
            Some(asked) => {
                let caller = caller(asked, asked.components(dimension));
                let function = Arc::new(NoiseFunction::new(caller, asked.is_scalar, home, seen.noise.clone()));
                noise = Some(Arc::clone(&function));
                NoiseKind::Field(function)
            }
            None => configured(&config.noise.form, dimension),
        };
        let model = NoiseModel { kind, floor: config.noise.floor };
        let problem = Problem::new(dynamics, model, config.noise.interpretation, &config.posed)?;
        // A domain that was not known before: what is small in the box that was looked at may be large in it.
        if let (Some(asked), false) = (&self.motion, is_known) {
            let corner = |corner: Point| corner[..dimension].to_vec();
            desk.doubt(asked.place, [problem.domain.lower, problem.domain.upper].map(corner));
        }
        Ok(Posed { problem, loss, drift, noise, errors })
    }
}

/// Where functions are looked at, and whether that is the domain.
fn home(config: &Config) -> (Rectangle, bool) {
    let (lower, upper) = (config.posed.domain.lower, config.posed.domain.upper);
    let flat = |corner: Point| if config.landscape.dimension == 1 { [corner[0], 0.0] } else { corner };
    let start = config.posed.valley.as_ref().and_then(|valley| valley.minimum).unwrap_or([0.0; 2]);
    let largest = start[..config.landscape.dimension].iter().fold(0.0f64, |most, value| most.max(value.abs()));
    let is_usual = largest == 0.0 || (USUAL[0]..=USUAL[1]).contains(&largest);
    let half = UNKNOWN * if is_usual { 1.0 } else { largest };
    let home = Rectangle { lower: flat(lower.unwrap_or([-half; 2])), upper: flat(upper.unwrap_or([half; 2])) };
    (home, lower.is_some() && upper.is_some())
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
