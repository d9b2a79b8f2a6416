//! The time evolution of a density, ṗ = p (Q − diag κ), over any number of decades.
//!
//! An implicit Euler step of length h, p(t + h) (1 − hG) = p(t), is one left solve of a chain with rates h q and
//! killing h κ + 1. It is of first order, positive, and relatively accurate in every entry for any h. A macro-step
//! takes 1, 2, 3, … such substeps and extrapolates in their length ([`extrapolation`]); its length and order are
//! controlled by the estimated error ([`pace`]). Factors are kept while the step length stays the same ([`factors`]),
//! and steps double, so that the cost grows with the number of decades.
//!
//! Preserved: no entry is ever negative; surviving and killed mass sum to the initial mass; the flux is Σ p κ, never a
//! difference of survival probabilities. The survival probability is kept as a logarithm, and once the density is
//! quasi-stationary it decays like e^{−γt} ([`Evolution::advance`]).
//!
//! The error of a step is controlled in L1 and, above a floor, in each entry relative to its value ([`Accuracy`]).
//!
//! Limits: below the floor, far in the tails of a density shortly after its start, entries are of first order and far
//! too large. The estimated error of a flux shows this ([`Evolution::error_of`]).

mod accuracy;
mod backward;
mod checkpoint;
mod earlier;
mod effort;
mod error;
mod estimates;
mod extrapolation;
mod factors;
mod krylov;
mod limit;
mod pace;
mod passage;
pub mod plateau;
pub mod start;
mod steps;
mod substeps;

pub use accuracy::{Accuracy, LOWEST_FLOOR};
pub use backward::Backward;
pub use checkpoint::Checkpoint;
pub use earlier::{Earlier, FromStates};
pub use effort::Effort;
pub use error::EvolveError;
pub use factors::{MOST_FACTORS, SHARE_OF_FACTORS};
pub use passage::Passed;

use crate::generator::Generator;
use crate::solve::Resources;
use extrapolation::EvolvedKind;
use factors::Factors;
use krylov::{Begun, Spaces};
use pace::Pace;
use passage::Levels;
use plateau::Instant;
use steps::{Evolving, MOST_STEPS, StepTools, Taken};

/// The smallest tolerance; smaller ones are lost in the rounding of the extrapolation.
pub const FINEST_TOLERANCE: f64 = 1e-11;

/// A density that evolves in time under one generator.
pub struct Evolution<'a> {
    generator: &'a Generator,
    resources: Resources<'a>,
    factors: Factors,
    pace: Pace,
    history: Vec<Instant>,
    limit: Option<f64>,
    begun: Option<Begun>,
    carried: Carried,
}

/// An evolution without its generator, to be continued under another one (for example when the noise changes).
pub struct Continuation {
    carried: Carried,
    history: Vec<Instant>,
}

/// The state of an evolution, which does not depend on its generator.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
struct Carried {
    accuracy: Accuracy,
    time: f64,
    probability: Vec<f64>,
    log_survival: f64,
    drift: f64,
    error: Vec<f64>,
    killed_error: f64,
    beyond: f64,
    levels: Levels,
    spaces: Option<Spaces>,
    effort: Effort,
}

impl<'a> Evolution<'a> {
    /// The evolution from these cell probabilities at t = 0, which are normalised to the sum 1.
    ///
    /// # Errors
    /// [`EvolveError::Start`] for probabilities that are negative, not finite or all zero.
    ///
    /// # Panics
    /// When there is not one probability per state, or the tolerance is not between [`FINEST_TOLERANCE`] and 1.
    pub fn new(
        generator: &'a Generator,
        start: &[f64],
        accuracy: Accuracy,
        resources: Resources<'a>,
    ) -> Result<Evolution<'a>, EvolveError> {
        assert_eq!(start.len(), generator.len(), "one probability per state");
        let Accuracy { tolerance, floor } = accuracy;
        assert!((FINEST_TOLERANCE..1.0).contains(&tolerance), "no tolerance: {tolerance}");
        assert!(floor >= LOWEST_FLOOR, "no floor: {floor}");
        let total: f64 = start.iter().sum();
        if !(start.iter().all(|&p| p >= 0.0) && total.is_normal()) {
            return Err(EvolveError::Start { total });
        }
        let probability: Vec<f64> = start.iter().map(|p| p / total).collect();
        let carried = Carried {
            accuracy,
            time: 0.0,
            error: vec![0.0; probability.len()],
            probability,
            log_survival: 0.0,
            drift: 0.0,
            killed_error: 0.0,
            beyond: 0.0,
            levels: Levels::default(),
            spaces: None,
            effort: Effort::default(),
        };
        Ok(Evolution::under(Continuation { carried, history: Vec::new() }, generator, resources))
    }

    /// Continues an evolution under another generator with the same states.
    ///
    /// # Panics
    /// When the number of states differs.
    pub fn under(before: Continuation, generator: &'a Generator, resources: Resources<'a>) -> Evolution<'a> {
        let Continuation { carried, history } = before;
        let mut evolution = Evolution { history, ..Evolution::of(carried, generator, resources) };
        // The hazard jumps here if the killing rates do.
        let now = Instant { time: evolution.time(), hazard: evolution.hazard() };
        if evolution.history.last() != Some(&now) {
            evolution.history.push(now);
        }
        evolution
    }

    /// The evolution from this state, without a history.
    fn of(carried: Carried, generator: &'a Generator, resources: Resources<'a>) -> Evolution<'a> {
        assert_eq!(generator.len(), carried.probability.len(), "the same states");
        Evolution {
            pace: Pace::new(generator, &carried.probability, carried.accuracy),
            factors: Factors::default(),
            generator,
            resources,
            history: Vec::new(),
            limit: None,
            begun: None,
            carried,
        }
    }

    /// The evolution without its generator, to continue under another one.
    pub fn continuation(self) -> Continuation {
        Continuation { carried: self.carried, history: self.history }
    }

    /// Advances to a later time.
    ///
    /// Once the normalised density of a killed chain is constant and agrees within the tolerance with the slowest mode
    /// it has a component in, it decays like e^{−γt}. A valley that decays more slowly still and holds some mass
    /// prevents this, however small that mass is.
    ///
    /// # Errors
    /// [`EvolveError::Elimination`] where a step cannot be eliminated, [`EvolveError::TooLong`] for too many steps, and
    /// [`EvolveError::Interrupted`].
    ///
    /// # Panics
    /// When the time is not finite or has passed.
    pub fn advance(&mut self, until: f64) -> Result<(), EvolveError> {
        if self.carried.spaces.is_some() {
            let now = self.carried.time;
            assert!(until.is_finite() && until >= now, "{until} is not after {now}");
            return self.advance_in_spaces(until);
        }
        self.advance_by_steps(until)
    }

    /// Divides the density by its mass, whose logarithm is kept. Surviving and killed mass sum to the mass before
    /// except for rounding, which would accumulate over thousands of steps and is removed from both.
    fn balance(&mut self, killed: f64) {
        let mass = norm(&self.carried.probability);
        let (before, share) = (mass + killed, killed / (mass + killed));
        self.carried.drift += before.ln();
        // If little is killed, the logarithm of the surviving mass is as accurate as the killed mass.
        self.carried.log_survival += if share < 0.5 { (-share).ln_1p() } else { (mass / before).ln() };
        self.carried.probability.iter_mut().chain(&mut self.carried.error).for_each(|value| *value /= mass);
        self.carried.killed_error /= mass;
    }

    /// The decay rate if the density is the slowest mode, which is found by implicit steps of length `step`.
    fn last_form(&mut self, step: f64, left: f64) -> Result<Option<f64>, EvolveError> {
        let step = limit::length(step, self.hazard(), left);
        let factor = self.factors.get(self.generator, step, step, self.resources, &mut self.carried.effort)?;
        let Some(mode) = limit::slowest_mode(factor, &self.carried.probability, &mut self.carried.effort) else {
            self.pace.look_later();
            return Ok(None);
        };
        let change: Vec<f64> = mode.iter().zip(&self.carried.probability).map(|(mode, p)| mode - p).collect();
        let away = self.carried.accuracy.error_norm(&mode, &change, 1.0);
        if away > self.pace.allowance(self.error_norm(), self.carried.effort.steps) {
            self.pace.look_later();
            return Ok(None);
        }
        self.carried.probability = mode;
        self.carried.beyond += away;
        Ok(Some(flux(&self.carried.probability, &self.generator.killing)))
    }

    /// Decay by e^{−γt} up to the output time.
    fn decay(&mut self, rate: f64, left: f64, until: f64) {
        self.decay_past_levels(rate, left);
        self.carried.log_survival -= rate * left;
        self.carried.beyond += rate * left * limit::ROUNDING;
        self.history.push(Instant { time: until, hazard: rate });
    }

    /// Whether the chain is closed: it has no killing.
    pub fn is_closed(&self) -> bool {
        self.generator.killing.iter().all(|&rate| rate == 0.0)
    }

    /// The current time.
    pub fn time(&self) -> f64 {
        self.carried.time
    }

    /// The cell probabilities of the surviving process, Σ p = 1.
    pub fn probability(&self) -> &[f64] {
        &self.carried.probability
    }

    /// ln S, with S the survival probability; accurate also if S is tiny, and 0 for a closed chain.
    pub fn log_survival(&self) -> f64 {
        self.carried.log_survival
    }

    /// The hazard Σ p κ: the killing flux divided by the surviving mass.
    pub fn hazard(&self) -> f64 {
        flux(&self.carried.probability, &self.generator.killing)
    }

    /// The killed mass in units of the surviving mass.
    fn killed(&self) -> f64 {
        (-self.carried.log_survival).exp_m1()
    }

    /// The sum of all rounding corrections to ln Σ p.
    pub fn drift(&self) -> f64 {
        self.carried.drift
    }

    /// The work so far.
    pub fn effort(&self) -> Effort {
        self.carried.effort
    }

    /// All times reached so far, with the hazard there. Where the generator changes, the time is there twice: with the
    /// hazard before and after.
    pub fn history(&self) -> &[Instant] {
        &self.history
    }
}

impl Evolving for Evolution<'_> {
    fn clock(&mut self) -> (&mut f64, &mut Option<f64>) {
        (&mut self.carried.time, &mut self.limit)
    }

    fn tools(&mut self) -> StepTools<'_> {
        StepTools {
            generator: self.generator,
            resources: self.resources,
            factors: &mut self.factors,
            pace: &mut self.pace,
            effort: &mut self.carried.effort,
        }
    }

    fn values(&mut self) -> (&mut Vec<f64>, &mut Vec<f64>) {
        (&mut self.carried.probability, &mut self.carried.error)
    }

    fn accuracy(&self) -> (Accuracy, f64) {
        (self.carried.accuracy, self.error_norm())
    }

    fn step(&mut self, step: f64) -> Result<bool, EvolveError> {
        // The start of the step is needed again if a survival level lies within it.
        let start = (!self.carried.levels.left.is_empty()).then(|| self.carried.clone());
        // The far tails of a first-order step are too large, but negligible in L1.
        let order = if self.carried.accuracy.is_by_entry() { ORDER_OF_ERRORS } else { 1 };
        let of = EvolvedKind::Density { killed_before: self.killed() };
        let Some(Taken { before, killed, killed_error }) = self.attempt(of, step, order)? else { return Ok(false) };
        killed_error.iter().for_each(|error| self.carried.killed_error += error);
        self.balance(killed);
        let changed: f64 = before.iter().zip(&self.carried.probability).map(|(before, p)| (before - p).abs()).sum();
        self.pace.form_changed(changed);
        let hazard = flux(&self.carried.probability, &self.generator.killing);
        self.history.push(Instant { time: self.carried.time + step, hazard });
        match start {
            Some(start) => self.pass_levels(&start, step).map(|()| true),
            None => Ok(true),
        }
    }

    fn settled(&mut self, step: f64, left: f64) -> Result<Option<f64>, EvolveError> {
        if self.is_closed() || !self.pace.is_steady(left) {
            return Ok(None);
        }
        self.last_form(step, left)
    }

    fn decay(&mut self, rate: f64, left: f64, until: f64) {
        Evolution::decay(self, rate, left, until);
    }
}

/// The order of the steps that propagate errors, if single entries are controlled.
const ORDER_OF_ERRORS: usize = 3;

/// The L1 norm.
fn norm(values: &[f64]) -> f64 {
    values.iter().map(|value| value.abs()).sum()
}

/// Σ p κ.
fn flux(probability: &[f64], killing: &[f64]) -> f64 {
    probability.iter().zip(killing).map(|(p, rate)| p * rate).sum()
}
