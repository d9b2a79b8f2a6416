//! The escape rate from a simulation, with its interval.

use serde::Serialize;

use crate::particles::ParticleWarning;
use crate::particles::estimate::{Estimate, extrapolated};
use crate::particles::swarm::Counts;
use crate::study::simulate::reference::Against;

/// The number of deaths below which the rate is not extrapolated in the time step.
const FEWEST: u64 = 50;

/// The escape rate from a simulation, per unit of dynamical time.
#[derive(Clone, Debug)]
pub struct ParticleRate {
    /// The best estimate: extrapolated to dt → 0 if a coupled run was made.
    pub value: f64,
    /// The standard error.
    pub standard_error: f64,
    /// The 95 % confidence interval.
    pub ci95: [f64; 2],
    /// The rate per iteration; `None` for diffusions.
    pub per_iteration: Option<PerIteration>,
    /// Deaths over time at risk, at step dt/2 if a coupled run was made, else at dt; `None` for splitting.
    pub fine: Option<Estimate>,
    /// Deaths over time at risk at step dt; `None` without a coupled run.
    pub coarse: Option<Estimate>,
    /// The paper's estimator (Eqs. 84 and 85) for the deaths of `fine`.
    pub paper: Option<Estimate>,
    /// The comparison with a reference.
    pub against: Option<Against>,
}

/// A rate per iteration.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct PerIteration {
    /// The rate.
    pub value: f64,
    /// The 95 % confidence interval.
    pub ci95: [f64; 2],
}

impl ParticleRate {
    /// Whether an exit was seen; otherwise only the upper end of the interval is known.
    pub fn has_exits(&self) -> bool {
        self.fine.is_none_or(|fine| fine.exits > 0)
    }

    /// The rate from the deaths of a swarm, each of whose particles was observed for the time `observed`; extrapolated
    /// to dt → 0 if the swarm is coupled and at least [`FEWEST`] particles died.
    pub(super) fn counted(
        counts: &Counts,
        observed: f64,
        is_coupled: bool,
        warnings: &mut Vec<ParticleWarning>,
    ) -> ParticleRate {
        let at_risk = observed * counts.deaths.len() as f64;
        let deaths = |side: usize| counts.deaths.iter().map(|pair| u64::from(pair[side])).sum::<u64>();
        let fine = Estimate::new(deaths(0), at_risk);
        let coarse = is_coupled.then(|| Estimate::new(deaths(1), at_risk));
        let (value, standard_error, ci95) = if is_coupled && fine.exits >= FEWEST {
            let (value, error) = extrapolated(&counts.deaths, observed);
            (value, error, [value - 1.96 * error, value + 1.96 * error])
        } else {
            if is_coupled {
                warnings.push(ParticleWarning::FewExits { exits: fine.exits });
            }
            (fine.value, (fine.exits.max(1) as f64).sqrt() / at_risk, fine.ci95)
        };
        ParticleRate {
            value,
            standard_error,
            ci95,
            per_iteration: None,
            paper: Estimate::of_the_paper(fine.exits, at_risk),
            fine: Some(fine),
            coarse,
            against: None,
        }
    }

    /// The same with the rate per iteration at this learning rate.
    pub(super) fn of_iteration(mut self, learning_rate: f64) -> ParticleRate {
        let [value, low, high] = [self.value, self.ci95[0], self.ci95[1]].map(|rate| rate * learning_rate);
        self.per_iteration = Some(PerIteration { value, ci95: [low, high] });
        self
    }
}
