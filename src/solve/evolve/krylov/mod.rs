//! The density in time by rational Krylov spaces of (1 − hG)⁻¹ (shift-and-invert Arnoldi). One factor serves all output
//! times up to [`REACH`] · h, with about twenty solves, however stiff the chain is and whether it is reversible or not.
//!
//! A space grows until the error from its residual is within the tolerance. For a killed chain the error is measured in
//! every state relative to the density that will be there ([`space`]); killing cannot increase this norm, so that a
//! component of tiny weight that outlives all others keeps its relative accuracy. For a closed chain it is measured in
//! L1. When the remaining times are far beyond h, a new space with a longer step begins.
//!
//! Limits: entries are accurate relative to the density within a time of order h, not relative to themselves, and
//! entries in tails may be negative. Fluxes and populations that are tiny now but not later need the positive
//! macro-steps: a flux from states that together hold 1e-16 of the mass is not resolved. If the mass falls by a factor
//! of 1e16 or more while states with less than that share lead to no other state, the stated error grows although the
//! true one does not.

mod errors;
mod kept;
mod small;
mod space;

use serde::{Deserialize, Serialize};

use super::{Evolution, EvolveError, Instant, MOST_STEPS, flux, limit};
use errors::Errors;
pub(super) use kept::Kept;
use space::{Point, Space};

/// The longest time from the beginning of a space, in units of h.
const REACH: f64 = 100.0;

/// The largest factor, 1 + √2, by which a solve can reduce the error of a rational function with one real pole that
/// approximates an exponential (Andersson, J. Approx. Theory 32, 1981). n solves reach it at the time n/√2, in units of
/// h.
const BEST_RATE: f64 = 1.0 + std::f64::consts::SQRT_2;

/// The dimension at which an inaccurate space is replaced by one with a shorter step.
const MOST_VECTORS: usize = 64;

/// The factor by which that step is shorter, and the factor by which the next may be longer again.
const SHORTER: f64 = 0.125;
const LONGER: f64 = 4.0;

/// The number of vectors after which the convergence of the error is checked.
const LOOK: usize = 16;

/// The factor by which time must grow with constant flux before the density may count as quasi-stationary.
const LONG: f64 = 2.0;

/// The shortest time from the beginning, in units of h, that is tried with the same step.
const SHORTEST: f64 = 0.25;

/// A time step within the space is at most this divided by the rate of mass loss, and a space ends when less than the
/// share below has survived.
const MOST_LOST: f64 = 4.0;
const LEAST_STEP: f64 = 1e-6;
const LEAST_MASS: f64 = 0.02;

/// Space k may use the fraction 1/(k + EARLY) of the remaining tolerance, so that some always remains; a first space
/// that reaches the last output time may use 1/ONLY of it.
const EARLY: f64 = 3.0;
const ONLY: f64 = 1.25;

/// The error that no enlargement of the space reduces.
const ROUNDING: f64 = 1e-13;

/// The largest number of halvings of the time between two output times at which the hazard is recorded. An interval is
/// not halved further if the hazard changes over it by more than `SMOOTH` of itself and it is shorter than the share
/// `FINE` of the time since the space began; if the hazard changes by less, and the interval is shorter than the share
/// `COARSE`; or if the hazard changes by at most `STILL` of itself.
const MOST_HALVINGS: usize = 7;
const SMOOTH: f64 = 1e-3;
const STILL: f64 = 1e-8;
const COARSE: f64 = 0.25;
const FINE: f64 = 0.02;

/// The error control of an evolution in Krylov spaces.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Spaces {
    /// The last output time.
    horizon: f64,
    /// The estimated L1 error, relative to the surviving mass.
    error: f64,
    /// The sum over all states of errors below the floor, relative to the surviving mass.
    below: f64,
    /// The estimated error of the killed mass, relative to the surviving mass.
    killed_error: f64,
    /// The longest step that is tried.
    longest: f64,
}

impl Spaces {
    /// The total error estimate.
    pub(super) fn total_error(self) -> f64 {
        self.error + self.below
    }

    /// The error estimate of ln S.
    pub(super) fn log_survival_error(self) -> f64 {
        self.killed_error.min(self.total_error())
    }

    /// The part of the error that may be in any state, however little mass is there.
    pub(super) fn error_by_state(self) -> f64 {
        self.below
    }
}

/// A Krylov space with the values at its beginning.
pub(super) struct Begun {
    space: Space,
    start: Vec<f64>,
    errors: Errors,
    before: InitialValues,
}

/// The values at the beginning of a space.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct InitialValues {
    log_survival: f64,
    drift: f64,
    error: f64,
    below: f64,
    killed_error: f64,
    hazard: f64,
    /// The mass that survives of the start.
    mass: f64,
}

impl<'a> Evolution<'a> {
    /// The same evolution computed in Krylov spaces; `horizon` is the last output time.
    pub fn in_spaces(mut self, horizon: f64) -> Evolution<'a> {
        let error = self.error();
        self.carried.spaces = Some(Spaces { horizon, error, below: 0.0, killed_error: 0.0, longest: f64::INFINITY });
        self
    }

    pub(super) fn advance_in_spaces(&mut self, until: f64) -> Result<(), EvolveError> {
        let mut taken = 0;
        while until - self.carried.time > f64::EPSILON * until {
            let now = self.carried.time;
            if let Some(rate) = self.limit {
                self.decay(rate, until - now, until);
                break;
            }
            if self.resources.progress.is_interrupted() {
                return Err(EvolveError::Interrupted);
            }
            if taken == MOST_STEPS {
                return Err(EvolveError::TooLong { steps: taken, reached: now, until });
            }
            taken += 1;
            let Some(spaces) = self.carried.spaces else { break };
            let hazard = self.hazard().abs();
            let most = if hazard > 0.0 { now + (MOST_LOST / hazard).max(LEAST_STEP * now) } else { f64::INFINITY };
            let is_over = |begun: &Begun| {
                now >= begun.space.begin + (1.0 - 1e-9) * REACH * begun.space.length || begun.before.mass < LEAST_MASS
            };
            if self.begun.as_ref().is_none_or(is_over) {
                if let Some(rate) = self.settled_in_spaces(until - now)? {
                    self.limit = Some(rate);
                    continue;
                }
                let left = until.min(most) - now;
                let allowed = (self.carried.accuracy.tolerance - spaces.error).max(ROUNDING);
                let span = ((spaces.horizon - now) / left).max(1.0);
                self.begin_space((left / first_time(allowed, span)).min(spaces.longest))?;
            }
            let end = self.begun.as_ref().map_or(until, |begun| begun.space.begin + REACH * begun.space.length);
            let next = until.min(most);
            // A time that is beyond the end by rounding only still belongs to the space.
            self.reach(if next <= end * (1.0 + 1e-9) { next } else { end })?;
        }
        self.carried.time = until;
        Ok(())
    }

    /// Begins a new space at the current density.
    fn begin_space(&mut self, length: f64) -> Result<(), EvolveError> {
        let factor = self.factors.get(self.generator, length, length, self.resources, &mut self.carried.effort)?;
        let space = Space::new(&self.carried.probability, self.carried.time, length, factor, &self.generator.killing);
        self.carried.effort.solves += 1;
        self.carried.effort.steps += 1;
        if let Some(spaces) = &mut self.carried.spaces {
            spaces.longest *= LONGER;
        }
        self.pace.step = length;
        let errors = Errors::new(&self.carried.error, space.weights(), self.is_closed());
        let before = InitialValues {
            log_survival: self.carried.log_survival,
            drift: self.carried.drift,
            error: self.carried.spaces.map_or(0.0, |spaces| spaces.error),
            below: self.carried.spaces.map_or(0.0, |spaces| spaces.below),
            killed_error: self.carried.spaces.map_or(0.0, |spaces| spaces.killed_error),
            hazard: self.hazard(),
            mass: 1.0,
        };
        self.begun = Some(Begun { space, start: self.carried.probability.clone(), errors, before });
        Ok(())
    }

    /// Advances to a time within the space. The space grows until it is accurate there; if that fails it is replaced by
    /// one with a shorter step, which may reach only part of the way.
    fn reach(&mut self, mut time: f64) -> Result<(), EvolveError> {
        let Some(mut begun) = self.begun.take() else { return Ok(()) };
        let (begin, now) = (begun.space.begin, self.carried.time);
        let left = self.carried.accuracy.tolerance - begun.before.error - self.rounding();
        let length = begun.space.length;
        let horizon = self.carried.spaces.map_or(time, |spaces| spaces.horizon);
        let is_only = self.carried.effort.steps <= 1 && horizon <= begin + REACH * length * (1.0 + 1e-9);
        let parts = if is_only { ONLY } else { self.carried.effort.steps as f64 + EARLY };
        let allowed = (left / parts).max(ROUNDING);
        let factor = self.factors.get(self.generator, length, length, self.resources, &mut self.carried.effort)?;
        let mut before = f64::INFINITY;
        loop {
            let dimension = begun.space.dimension();
            if dimension > 0 {
                let point = begun.space.at(time);
                let away = point.by_residual / point.mass.abs();
                let is_grown = begun.space.is_whole() || away <= allowed;
                // Modes that oscillate for too long lie outside of the contour.
                if is_grown && point.by_contour > allowed * point.mass.abs() {
                    if now > begin {
                        self.carried.effort.rejected += 1;
                        return self.begin_space((LONGER * length).min(time - now));
                    }
                    if time - begin < SHORTEST * length {
                        break;
                    }
                    time = begin + 0.5 * (time - begin);
                    continue;
                }
                if begun.space.is_whole() || point.error <= allowed * point.mass {
                    self.carried.effort.solves +=
                        begun.errors.reach(time, &begun.space, factor, &self.generator.killing);
                    self.take(begun, time, point);
                    return Ok(());
                }
                if dimension.is_multiple_of(LOOK) {
                    let looks = (MOST_VECTORS - dimension) / LOOK;
                    if dimension > LOOK && away * (away / before).min(1.0).powi(looks as i32) > allowed {
                        break;
                    }
                    before = away;
                }
            }
            if dimension == MOST_VECTORS {
                break;
            }
            if self.resources.progress.is_interrupted() {
                return Err(EvolveError::Interrupted);
            }
            begun.space.grow(factor, &self.generator.killing);
            self.carried.effort.solves += 1;
        }
        self.begin_shorter(length, begin, time, allowed)
    }

    /// Replaces a space that began at `begin` with the step `length` and failed by one with a shorter step.
    ///
    /// # Errors
    /// [`EvolveError::TooShort`] if the step is too short for f64.
    fn begin_shorter(&mut self, length: f64, begin: f64, time: f64, allowed: f64) -> Result<(), EvolveError> {
        let now = self.carried.time;
        self.carried.effort.rejected += 1;
        let shorter = SHORTER * length;
        if let Some(spaces) = &mut self.carried.spaces {
            spaces.longest = shorter;
        }
        if now > begin {
            // Begin the new space at the last accurate time.
            return self.begin_space(shorter.min(time - now));
        }
        if shorter < f64::MIN_POSITIVE / f64::EPSILON {
            return Err(EvolveError::TooShort { step: length, at: now, allowed });
        }
        self.begin_space(shorter)
    }

    /// Accepts the density at a point of the space.
    fn take(&mut self, mut begun: Begun, time: f64, point: Point) {
        let before = self.carried.time;
        let now = Instant { time: before, hazard: self.hazard() };
        let then = Instant { time, hazard: point.flux / point.mass };
        between(&begun.space, [now, then], MOST_HALVINGS, &mut self.history);
        self.history.push(then);
        let [density, smooth] = begun.space.densities(&point);
        let largest_before = begun.space.largest_before(time, &point);
        let Point { mass, killed, error, by_rounding, .. } = point;
        let error = (error + by_rounding) / mass;
        // Errors are bounded relative to the density within a time of order h, or to the present one.
        let envelope = |(smooth, weight): (&f64, &f64)| error * smooth.abs().max(begun.space.share(*weight));
        self.carried.error = smooth.iter().zip(begun.space.weights()).map(envelope).collect();
        let earlier = begun.errors.at(time, &smooth, &begun.space);
        self.carried.error.iter_mut().zip(earlier).for_each(|(error, earlier)| *error += earlier / mass);
        self.carried.probability = density.into_iter().map(|p| p / mass).collect();
        let sum: f64 = self.carried.probability.iter().sum();
        self.carried.probability.iter_mut().for_each(|p| *p /= sum);
        // A killed mass below the error may be negative.
        let fallen = log_survival(mass, killed).min(0.0);
        self.carried.log_survival = begun.before.log_survival + fallen;
        self.carried.drift = begun.before.drift + (mass + killed).ln();
        if let Some(spaces) = &mut self.carried.spaces {
            // Errors below the floor stay while everything else may decay.
            spaces.below = (begun.before.below + error * mass * begun.space.below()) / mass;
            spaces.error = begun.before.error + error;
            // The flux of the present errors, for the whole time.
            let largest_rate = self.generator.killing.iter().copied().fold(0.0, f64::max);
            let of_states = flux(&self.carried.error, &self.generator.killing) + spaces.below * largest_rate;
            let flux_of_errors = largest_before * of_states;
            spaces.killed_error = begun.before.killed_error / mass + (time - begun.space.begin) * flux_of_errors;
        }
        self.carried.time = time;
        while let Some(level) = self.carried.levels.next(self.carried.log_survival) {
            let (mut low, mut high) = (before, time);
            while high - low > 4.0 * f64::EPSILON * high {
                let middle = 0.5 * (low + high);
                if middle <= low || middle >= high {
                    break;
                }
                let point = begun.space.at(middle);
                if begun.before.log_survival + log_survival(point.mass, point.killed) > level {
                    low = middle;
                } else {
                    high = middle;
                }
            }
            // Between output times a space may be less accurate than at them.
            let point = begun.space.at(high);
            let error = begun.before.error + (point.error + point.by_rounding) / point.mass;
            self.carried.levels.pass(high, error * point.mass / point.flux);
        }
        begun.before.mass = mass;
        self.begun = Some(begun);
    }

    /// The decay rate, if the flux has not changed over the last space and the density is quasi-stationary.
    fn settled_in_spaces(&mut self, left: f64) -> Result<Option<f64>, EvolveError> {
        let Some(begun) = &self.begun else { return Ok(None) };
        let hazard = self.hazard();
        let is_still = (hazard / begun.before.hazard - 1.0).abs() <= self.carried.accuracy.tolerance;
        // A constant rate over a short time proves nothing.
        let is_long = self.carried.time >= LONG * begun.space.begin || begun.before.mass < LEAST_MASS;
        if self.is_closed() || !is_still || !is_long || left < begun.space.length {
            return Ok(None);
        }
        let length = limit::length(begun.space.length, hazard, left);
        let factor = self.factors.get(self.generator, length, length, self.resources, &mut self.carried.effort)?;
        let sizes: Vec<f64> = self.carried.probability.iter().map(|p| p.abs()).collect();
        let Some(mode) = limit::slowest_in_l1(factor, &sizes, &mut self.carried.effort) else { return Ok(None) };
        let change: Vec<f64> = mode.iter().zip(&self.carried.probability).map(|(mode, p)| mode - p).collect();
        let away = self.carried.accuracy.error_norm(&mode, &change, 1.0);
        let error = self.carried.spaces.map_or(0.0, |spaces| spaces.error);
        if away > 0.5 * (self.carried.accuracy.tolerance - error) {
            return Ok(None);
        }
        self.carried.probability = mode;
        self.carried.beyond += away;
        Ok(Some(self.hazard()))
    }
}

/// The first output time of a space in units of h, if the last one is `span` times as far: the value for which an error
/// of `allowed` at both needs about the fewest solves.
fn first_time(allowed: f64, span: f64) -> f64 {
    let alone = (1.0 / allowed).ln().max(1.0) / (std::f64::consts::SQRT_2 * BEST_RATE.ln());
    (alone / span.sqrt()).min(REACH / span).clamp(1.0, alone.max(1.0))
}

/// Records the hazards at times between two times of a space, in their order.
fn between(space: &Space, [first, last]: [Instant; 2], halvings: usize, history: &mut Vec<Instant>) {
    let changed = (last.hazard - first.hazard).abs() / last.hazard.abs();
    let share = (last.time - first.time) / (last.time - space.begin);
    let is_recorded = if changed > SMOOTH { share <= FINE } else { changed <= STILL || share <= COARSE };
    if is_recorded || halvings == 0 {
        return;
    }
    let time = 0.5 * (first.time + last.time);
    let point = space.at(time);
    let middle = Instant { time, hazard: point.flux / point.mass };
    between(space, [first, middle], halvings - 1, history);
    history.push(middle);
    between(space, [middle, last], halvings - 1, history);
}

/// ln of the surviving mass, which with the killed mass sums to 1 except for rounding.
fn log_survival(mass: f64, killed: f64) -> f64 {
    let share = killed / (mass + killed);
    if share < 0.5 { (-share).ln_1p() } else { (mass / (mass + killed)).ln() }
}
