//! The estimate of a rate, with its confidence interval, from deaths and times.
//!
//! For N deaths in the time S at risk γ̂ = N/S, and [χ²_{2N}(2.5 %)/2S, χ²_{2N+2}(97.5 %)/2S] contains γ with a
//! probability of at least 95 % (exact for a Poisson number; Garwood 1936). The paper's estimator (its Eqs. 84 and 85),
//! γ̂ = (N − 2)/S with (1 ± 1.96/√N)γ̂, is computed too. If the death rate is constant, lifetimes are exponentially
//! distributed; [`Ages::constancy`] tests this.

use serde::Serialize;
use statrs::distribution::{ContinuousCDF, Gamma, StudentsT};
use statrs::function::gamma::gamma_ur;

use crate::particles::swarm::Spell;

/// A rate per unit of time from a number of events.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Estimate {
    /// The estimate γ̂.
    pub value: f64,
    /// The 95 % confidence interval.
    pub ci95: [f64; 2],
    /// The number N of events.
    pub exits: u64,
    /// The total time at risk S of all particles.
    pub time_at_risk: f64,
}

impl Estimate {
    /// N/S with its exact interval.
    pub fn new(exits: u64, time_at_risk: f64) -> Estimate {
        let n = exits as f64;
        // Half of a χ² variable with 2k degrees of freedom is a Gamma variable with shape k.
        let quantile = |shape: f64, p: f64| Gamma::new(shape, 1.0).map_or(0.0, |gamma| gamma.inverse_cdf(p));
        let ci95 = [quantile(n, 0.025), quantile(n + 1.0, 0.975)].map(|quantile| quantile / time_at_risk);
        Estimate { exits, time_at_risk, value: n / time_at_risk, ci95 }
    }

    /// The paper's estimate: Eqs. 84 and 85.
    pub fn of_the_paper(exits: u64, time_at_risk: f64) -> Option<Estimate> {
        let value = (exits.checked_sub(2)? as f64) / time_at_risk;
        let spread = 1.96 / (exits as f64).sqrt();
        Some(Estimate { exits, time_at_risk, value, ci95: [value * (1.0 - spread), value * (1.0 + spread)] })
    }
}

/// The mean of independent values, and its standard error; both 0 without any.
pub fn mean(values: &[f64]) -> (f64, f64) {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count.max(1.0);
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0).max(1.0);
    (mean, (variance / count.max(1.0)).sqrt())
}

/// Half of the width of a 95 % interval in standard errors, for this number of values (Student's t).
pub fn student(count: usize) -> f64 {
    let law = StudentsT::new(0.0, 1.0, (count.max(2) - 1) as f64);
    law.map_or(f64::INFINITY, |law| law.inverse_cdf(0.975))
}

/// The rate with the discretisation error removed, 2γ(h) − γ(2h) from coupled swarms, with its standard error from the
/// variation between particles.
pub fn extrapolated(deaths: &[[u32; 2]], time_each: f64) -> (f64, f64) {
    let each = |[fine, coarse]: &[u32; 2]| 2.0 * f64::from(*fine) - f64::from(*coarse);
    let (mean, error) = mean(&deaths.iter().map(each).collect::<Vec<f64>>());
    (mean / time_each, error / time_each)
}

/// The distribution of lifetimes in bins of one eighth of an octave; lifetimes are streamed, whatever their number.
#[derive(Clone, Debug, Default)]
pub struct Ages {
    bins: Vec<AgeBin>,
}

/// The lives that ended within one bin.
#[derive(Clone, Copy, Debug, Default)]
struct AgeBin {
    deaths: u64,
    /// The number of lives that ended: deaths, and lives cut by the end of the observation.
    ended: u64,
    /// The number of steps of those lives within the bin.
    steps: u64,
}

/// A row of the life table.
#[derive(Clone, Copy, Debug)]
pub struct AgeRow {
    /// The first age of the row, in steps.
    pub from: u64,
    /// The age after the last one of the row, in steps.
    pub to: u64,
    /// Deaths at these ages.
    pub deaths: u64,
    /// The number of steps that particles spent at these ages.
    pub at_risk: u64,
}

/// The test whether the death rate is the same at all ages.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Constancy {
    /// χ² of the deaths by age against a constant rate.
    pub chi_squared: f64,
    /// Its degrees of freedom.
    #[serde(rename = "degrees_of_freedom")]
    pub degrees: usize,
    /// The probability of at least this χ² if the rate is constant.
    pub p_value: f64,
}

impl Ages {
    /// Adds a life.
    pub fn add(&mut self, spell: Spell) {
        let index = index_of(spell.steps);
        if self.bins.len() <= index {
            self.bins.resize(index + 1, AgeBin::default());
        }
        let bin = &mut self.bins[index];
        bin.deaths += u64::from(spell.exit.is_some());
        bin.ended += 1;
        bin.steps += spell.steps - start_of(index);
    }

    /// The life table: a life of d steps was at risk at the ages below d.
    pub fn rows(&self) -> Vec<AgeRow> {
        let mut longer: u64 = self.bins.iter().map(|bin| bin.ended).sum();
        let row = |(index, bin): (usize, &AgeBin)| {
            longer -= bin.ended;
            let (from, to) = (start_of(index), start_of(index + 1));
            AgeRow { from, to, deaths: bin.deaths, at_risk: longer * (to - from) + bin.steps }
        };
        self.bins.iter().enumerate().map(row).collect()
    }

    /// The fraction of lives that reaches each row's first age (Kaplan–Meier, with a constant rate within a row).
    pub fn survival(&self) -> Vec<f64> {
        let mut alive = 1.0;
        let rows = self.rows();
        let share = rows.iter().map(|row| {
            let before = alive;
            if row.at_risk > 0 {
                alive *= (-(row.deaths as f64) / row.at_risk as f64 * (row.to - row.from) as f64).exp();
            }
            before
        });
        share.collect()
    }

    /// χ² over groups of bins with at least twenty expected deaths each; `None` for fewer than three groups.
    pub fn constancy(&self) -> Option<Constancy> {
        const EXPECTED: f64 = 20.0;
        const GROUPS: f64 = 16.0;
        let rows = self.rows();
        let (deaths, at_risk) = rows
            .iter()
            .fold((0.0, 0.0), |(deaths, at_risk), row| (deaths + row.deaths as f64, at_risk + row.at_risk as f64));
        let least = EXPECTED.max(deaths / GROUPS);
        let mut groups: Vec<(f64, f64)> = Vec::new();
        let (mut seen, mut expected) = (0.0, 0.0);
        for row in rows {
            seen += row.deaths as f64;
            expected += deaths * row.at_risk as f64 / at_risk;
            if expected >= least {
                groups.push((seen, expected));
                (seen, expected) = (0.0, 0.0);
            }
        }
        if let Some(last) = groups.last_mut() {
            (last.0, last.1) = (last.0 + seen, last.1 + expected);
        }
        if groups.len() < 3 {
            return None;
        }
        let chi_squared = groups.iter().map(|(seen, expected)| (seen - expected).powi(2) / expected).sum();
        let degrees = groups.len() - 1;
        Some(Constancy { chi_squared, degrees, p_value: gamma_ur(0.5 * degrees as f64, 0.5 * chi_squared) })
    }
}

/// The bin of a life: single steps below 16, then eighths of octaves. A life of d ≥ 1 steps is counted at its last age,
/// d − 1.
fn index_of(steps: u64) -> usize {
    let age = steps.saturating_sub(1);
    if age < 16 {
        return age as usize;
    }
    let octave = age.ilog2();
    16 + 8 * (octave as usize - 4) + ((age >> (octave - 3)) & 7) as usize
}

/// The first age of a bin.
fn start_of(index: usize) -> u64 {
    if index < 16 {
        return index as u64;
    }
    let (octave, eighth) = ((index - 16) / 8 + 4, (index - 16) % 8);
    (8 + eighth as u64) << (octave - 3)
}
