//! The density in time: ṗ = p (Q − diag κ) from a start, over any number of decades.
//!
//! An implicit Euler step of length h, p(t + h) (1 − hG) = p(t), is one left solve of a chain with rates h q and
//! killing h κ + 1: it is positive and relatively accurate in every entry for any h, and of first order. A macro-step
//! takes 1, 2, 3, … such substeps and extrapolates in their length ([`extrapolation`]); its length and its order follow
//! from the estimated error ([`pace`]). Factors are kept while the step stays the same ([`factors`]), and steps double,
//! so that the cost grows with the number of decades.
//!
//! What is preserved: no entry is ever negative; what is left and what was killed are together what there was; the flux
//! is Σ p κ, never a difference of survivals. Survival is kept as a logarithm, and once the density has its
//! quasi-stationary form it goes on by e^{−γt} ([`Evolution::advance`]).
//!
//! The error of a step is that of the whole density, in L1, and that of each entry relative to itself, above a floor
//! ([`Accuracy`]).
//!
//! Where it fails: below the floor, far in the tails of a density that has just been released, entries are of first
//! order and far too large. The estimated error of a flux tells ([`Evolution::error_of`]).

mod accuracy;
mod backward;
mod checkpoint;
mod earlier;
mod error;
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
pub use error::EvolveError;
pub use passage::Passed;

use crate::generator::Generator;
use crate::solve::Resources;
use extrapolation::Of;
use factors::Factors;
use krylov::{Begun, Spaces};
use pace::Pace;
use passage::Levels;
use plateau::Instant;
use steps::{Followed, MOST_STEPS, Means, Taken};

/// Tolerances below this are lost in the rounding of the extrapolation.
pub const FINEST_TOLERANCE: f64 = 1e-11;

/// What it took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Effort {
    /// Macro-steps.
    pub steps: usize,
    /// Macro-steps that were taken again, shorter.
    pub rejected: usize,
    /// Macro-steps of a lower order than the error alone allows, because there the density is positive.
    pub fallbacks: usize,
    /// Macro-steps in which entries below rounding, beside the whole density, are of first order, because the
    /// extrapolation has no positive number for them.
    pub first_order_tails: usize,
    /// Eliminations.
    pub factorisations: usize,
    /// Solves.
    pub solves: usize,
}

impl Effort {
    /// Adds what something else took.
    pub fn add(&mut self, other: Effort) {
        self.steps += other.steps;
        self.rejected += other.rejected;
        self.fallbacks += other.fallbacks;
        self.first_order_tails += other.first_order_tails;
        self.factorisations += other.factorisations;
        self.solves += other.solves;
    }
}

/// A density on its way.
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

/// What an evolution takes along when its generator changes, as when the noise does.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct Carried {
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
    /// A density that starts at t = 0 with these cell probabilities, which are divided by their sum.
    ///
    /// # Errors
    /// [`EvolveError::Start`] for probabilities that are negative, no numbers or all zero.
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
        Ok(Evolution::under(carried, generator, resources))
    }

    /// A density that goes on under a generator of the same states.
    ///
    /// # Panics
    /// When the number of states differs.
    pub fn under(carried: Carried, generator: &'a Generator, resources: Resources<'a>) -> Evolution<'a> {
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

    /// The density as it is, to go on under another generator.
    pub fn carried(self) -> Carried {
        self.carried
    }

    /// Goes on to a later time.
    ///
    /// A killed chain whose density no longer changes its form goes on by e^{−γt}, if the form is that of the slowest
    /// mode to within the tolerance, whatever a valley holds that loses more slowly still.
    ///
    /// # Errors
    /// [`EvolveError::Elimination`] where a step cannot be eliminated, [`EvolveError::TooLong`] for steps without end,
    /// and [`EvolveError::Interrupted`].
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

    /// The estimated error of ln S.
    fn log_survival_error(&self) -> f64 {
        if self.carried.spaces.is_some() {
            return self.error();
        }
        // What is killed and what is left are together what there was.
        self.carried.killed_error.abs() / (1.0 + self.killed()) + self.carried.beyond + self.rounding()
    }

    /// Divides the density by its mass, of which the logarithm is kept. What is left and what was killed are together
    /// what there was, but for rounding, which would add up over thousands of steps and is taken out of both.
    fn balance(&mut self, killed: f64) {
        let mass = norm(&self.carried.probability);
        let (before, share) = (mass + killed, killed / (mass + killed));
        self.carried.drift += before.ln();
        // Where next to nothing is killed, the logarithm of the rest is as exact as what is.
        self.carried.log_survival += if share < 0.5 { (-share).ln_1p() } else { (mass / before).ln() };
        self.carried.probability.iter_mut().chain(&mut self.carried.error).for_each(|value| *value /= mass);
        self.carried.killed_error /= mass;
    }

    /// The rate of decay if the density has the form of the slowest mode, which implicit steps of a length find.
    fn last_form(&mut self, step: f64, left: f64) -> Result<Option<f64>, EvolveError> {
        let step = limit::length(step, self.hazard(), left);
        let factor = self.factors.get(self.generator, step, step, self.resources, &mut self.carried.effort)?;
        let Some(mode) = limit::slowest_mode(factor, &self.carried.probability, &mut self.carried.effort) else {
            self.pace.look_later();
            return Ok(None);
        };
        let change: Vec<f64> = mode.iter().zip(&self.carried.probability).map(|(mode, p)| mode - p).collect();
        let away = self.carried.accuracy.miss(&mode, &change, 1.0);
        if away > self.pace.allowance(self.miss(), self.carried.effort.steps) {
            self.pace.look_later();
            return Ok(None);
        }
        self.carried.probability = mode;
        self.carried.beyond += away;
        Ok(Some(flux(&self.carried.probability, &self.generator.killing)))
    }

    /// e^{−γt} for the rest of the way.
    fn decay(&mut self, rate: f64, left: f64, until: f64) {
        self.decay_past_levels(rate, left);
        self.carried.log_survival -= rate * left;
        self.carried.beyond += rate * left * limit::ROUNDING;
        self.history.push(Instant { time: until, hazard: rate });
    }

    /// Whether nothing is killed.
    pub fn is_closed(&self) -> bool {
        self.generator.killing.iter().all(|&rate| rate == 0.0)
    }

    /// The time reached.
    pub fn time(&self) -> f64 {
        self.carried.time
    }

    /// Cell probabilities of what is still there, Σ p = 1.
    pub fn probability(&self) -> &[f64] {
        &self.carried.probability
    }

    /// ln S, S the share that is still there; exact also where it is next to nothing, and 0 for a closed chain.
    pub fn log_survival(&self) -> f64 {
        self.carried.log_survival
    }

    /// Σ p κ, the flux that is killed over what is still there.
    pub fn hazard(&self) -> f64 {
        flux(&self.carried.probability, &self.generator.killing)
    }

    /// What was killed, in units of what is still there.
    fn killed(&self) -> f64 {
        (-self.carried.log_survival).exp_m1()
    }

    /// The estimated error of the density so far, as its accuracy measures it.
    fn miss(&self) -> f64 {
        let Carried { accuracy, probability, error, killed_error, .. } = &self.carried;
        if let Some(spaces) = self.carried.spaces {
            return spaces.stated() + self.carried.beyond;
        }
        let of_killed = accuracy.miss_of_one(self.killed(), *killed_error, 1.0);
        accuracy::largest(accuracy.miss(probability, error, 1.0), of_killed) + self.carried.beyond
    }

    /// The estimated error of the density as [`Accuracy`] measures it: in L1, and where it is asked of single entries,
    /// the largest relative error of one.
    pub fn worst_error(&self) -> f64 {
        self.miss() + self.rounding()
    }

    /// What the rounding of all steps may have added.
    fn rounding(&self) -> f64 {
        pace::ROUNDING * self.carried.effort.steps as f64
    }

    /// The estimated error of the density, in L1.
    pub fn error(&self) -> f64 {
        let error = self.carried.spaces.map_or_else(|| norm(&self.carried.error), |spaces| spaces.stated());
        error + self.carried.beyond + self.rounding()
    }

    /// The estimated relative error of Σ p w for weights w ≥ 0, such as the killing rates or the cells of a valley; 0
    /// where the sum is.
    pub fn error_of(&self, weights: &[f64]) -> f64 {
        let sum = |values: &[f64]| values.iter().zip(weights).map(|(value, weight)| value.abs() * weight).sum::<f64>();
        let value = sum(&self.carried.probability);
        let most = || weights.iter().copied().fold(0.0, f64::max);
        let error = match self.carried.spaces {
            // In L1 the error may be anywhere.
            Some(spaces) if self.is_closed() => spaces.stated() * most(),
            Some(spaces) => sum(&self.carried.error) + spaces.anywhere() * most(),
            None => sum(&self.carried.error),
        };
        // What the limit and rounding leave is relative already.
        if value > 0.0 { error / value + self.carried.beyond + self.rounding() } else { 0.0 }
    }

    /// What rounding has added to ln Σ p or taken from it in all steps together, which has been put right.
    pub fn drift(&self) -> f64 {
        self.carried.drift
    }

    /// What it has taken so far.
    pub fn effort(&self) -> Effort {
        self.carried.effort
    }

    /// Every time that it went through under this generator, with the flux over the mass there.
    pub fn history(&self) -> &[Instant] {
        &self.history
    }
}

impl Followed for Evolution<'_> {
    fn place(&mut self) -> (&mut f64, &mut Option<f64>) {
        (&mut self.carried.time, &mut self.limit)
    }

    fn means(&mut self) -> Means<'_> {
        Means {
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
        (self.carried.accuracy, self.miss())
    }

    fn step(&mut self, step: f64) -> Result<bool, EvolveError> {
        // What it starts from is needed again where a level of survival lies in it.
        let start = (!self.carried.levels.left.is_empty()).then(|| self.carried.clone());
        // The far tails of a step of first order are too large; in L1 they are nothing.
        let order = if self.carried.accuracy.is_by_entry() { ORDER_OF_ERRORS } else { 1 };
        let of = Of::Density { killed_before: self.killed() };
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

/// The order to which errors are carried where single entries are asked for.
const ORDER_OF_ERRORS: usize = 3;

/// The L1 norm.
fn norm(values: &[f64]) -> f64 {
    values.iter().map(|value| value.abs()).sum()
}

/// Σ p κ.
fn flux(probability: &[f64], killing: &[f64]) -> f64 {
    probability.iter().zip(killing).map(|(p, rate)| p * rate).sum()
}
