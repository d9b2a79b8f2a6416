//! The rate from a simulation, with its settings and counts.

use serde::Serialize;

use crate::observe::quantity::Logged;
use crate::particles::estimate::{Constancy, Estimate};
use crate::particles::memory::Settling;
use crate::study::Simulation;
use crate::study::simulate::Splittings;
use crate::study::simulate::{Against, PerIteration};

/// The section `rate.particles`.
#[derive(Serialize)]
pub(super) struct ParticleRates<'a> {
    #[serde(flatten)]
    value: Option<Logged>,
    ci95: [f64; 2],
    standard_error: f64,
    z: Option<f64>,
    against: Option<&'a Against>,
    per_iteration: Option<PerIteration>,
    method: &'static str,
    seed: u64,
    count: usize,
    dt: f64,
    burn_in: f64,
    settling: Option<Settling>,
    observed_time: f64,
    fine: Option<Estimate>,
    coarse: Option<Estimate>,
    paper: Option<Estimate>,
    exponential: Option<Constancy>,
    splitting: Option<&'a Splittings>,
    interrupted: bool,
}

impl<'a> ParticleRates<'a> {
    /// The section of a simulation. Without an exit the rate has an upper bound, and no value to compare.
    pub(super) fn new(found: &'a Simulation) -> ParticleRates<'a> {
        let rate = &found.rate;
        let is_seen = rate.has_exits();
        ParticleRates {
            value: is_seen.then(|| Logged::new("value", crate::scaled::Scaled::new(rate.value))),
            ci95: rate.ci95,
            standard_error: rate.standard_error,
            z: rate.against.as_ref().filter(|_| is_seen).map(|against| against.z),
            against: rate.against.as_ref(),
            per_iteration: rate.per_iteration.filter(|_| is_seen),
            method: found.method.name(),
            seed: found.seed,
            count: found.count,
            dt: found.dt,
            burn_in: found.burn_in,
            settling: found.settling,
            observed_time: found.observed,
            fine: rate.fine,
            coarse: rate.coarse,
            paper: rate.paper,
            exponential: found.constancy,
            splitting: found.splitting.as_ref(),
            interrupted: found.interrupted,
        }
    }
}
