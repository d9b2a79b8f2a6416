//! Splitting: where its core lies, how long it counts, and its rate with an error bar from repetitions.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use rayon::prelude::*;

use serde::{Serialize, Serializer};

use crate::particles::estimate::{mean, student};
use crate::particles::splitting::{COUNTING, Plan, Split, Well, split as run};
use crate::particles::swarm::Runaway;
use crate::problem::Problem;
use crate::progress::Progress;
use crate::study::StudyError;
use crate::study::coordinate::coordinate;
use crate::study::simulate::{ParticleRate, Prepared, Reference, Simulation, against, invalid, runaway};
use crate::tensor::{LANES, Point, Points, Tensor};

/// What the repetitions found.
#[derive(Clone, Debug, Serialize)]
pub struct Splittings {
    /// Rates at step dt/2 where a second step was asked for, else at dt.
    #[serde(rename = "repetitions", serialize_with = "count")]
    pub fine: Vec<f64>,
    /// Rates at step dt, where a second one was asked for.
    #[serde(skip)]
    pub coarse: Vec<f64>,
    /// Excursions per unit of time.
    #[serde(rename = "excursions_per_time")]
    pub frequency: f64,
    /// Mean probability that an excursion ends in death.
    pub probability: f64,
    /// Mean number of rounds of replacement.
    pub rounds: f64,
}

fn count<S: Serializer>(rates: &[f64], serializer: S) -> Result<S::Ok, S::Error> {
    rates.len().serialize(serializer)
}

/// Excursions of each repetition when their number is not given.
const COUNT: usize = 1024;
/// Radii of core and wider set in standard deviations of the linearised stationary law.
const RADII: [f64; 2] = [1.0, 2.0];
/// Times of relaxation in which excursions are counted.
const COUNTED: f64 = 40.0;

/// Splits for the rate of a prepared simulation.
pub(super) fn split(
    prepared: &Prepared,
    reference: Option<Reference>,
    progress: &Progress,
) -> Result<Simulation, StudyError> {
    let clock = Instant::now();
    let Prepared { request, settings: asked, problem, motion, scales, dt } = prepared;
    let well = well(problem)?;
    let lattice = coordinate(request, problem, &well, progress)?;
    let along = |at: &Points, values: &mut [f64; LANES]| lattice.values(at, values);
    let plan = Plan {
        count: asked.count.unwrap_or(COUNT).next_multiple_of(LANES),
        step: *dt,
        burn_in: asked.burn_in.unwrap_or(10.0 / scales.slowest),
        time: COUNTED / scales.slowest,
        seed: asked.seed,
        stream: 0,
    };
    let sides = if asked.extrapolate { 2 } else { 1 };
    progress.begin("splitting", (sides * asked.repetitions) as u64);
    let sampling = Instant::now();
    let ran_away = AtomicBool::new(false);
    let found: Vec<Option<Split>> = (0..sides * asked.repetitions)
        .into_par_iter()
        .map(|job| {
            // Fine and coarse in turn, so that an interrupted run has as many of both.
            let is_fine = asked.extrapolate && job % 2 == 0;
            let step = if is_fine { 0.5 * dt } else { *dt };
            let plan = Plan { step, stream: job as u32 + 1, ..plan };
            if progress.is_interrupted() || ran_away.load(Ordering::Relaxed) {
                return None;
            }
            match run(motion, well, &along, &plan, progress) {
                Ok(found) => {
                    progress.advance(1);
                    found
                }
                Err(Runaway) => {
                    ran_away.store(true, Ordering::Relaxed);
                    None
                }
            }
        })
        .collect();
    if ran_away.load(Ordering::Relaxed) {
        return Err(runaway(*dt));
    }
    let seconds_per_step =
        sampling.elapsed().as_secs_f64() / found.iter().flatten().map(|split| split.steps as f64).sum::<f64>();
    let (fine, coarse): (Vec<Split>, Vec<Split>) = match asked.extrapolate {
        true => found.chunks_exact(2).filter_map(|pair| pair[0].zip(pair[1])).unzip(),
        false => (found.iter().copied().flatten().collect(), Vec::new()),
    };
    if fine.len() < 2 {
        return Err(StudyError::Interrupted);
    }
    let rates = |splits: &[Split]| splits.iter().map(Split::rate).collect::<Vec<f64>>();
    let (fine_rates, coarse_rates) = (rates(&fine), rates(&coarse));
    let ((value, error), half) = (mean(&fine_rates), mean(&coarse_rates));
    let (value, standard_error) = match asked.extrapolate {
        true => (2.0 * value - half.0, (2.0 * error).hypot(half.1)),
        false => (value, error),
    };
    let mut warnings = Vec::new();
    if standard_error == 0.0 {
        return Err(StudyError::Unsolvable {
            message: "no excursion reached the exit: raise particles.count, or the noise".into(),
        });
    }
    let relative = value / scales.slowest;
    if relative > 1e-3 {
        warnings.push(format!(
            "the rate is {relative:.0e} of the well's relaxation rate, and splitting takes paths that start again after a death for \
             settled, an error of about this size: take method = \"euler-maruyama\" for escapes as quick as this"
        ));
    }
    if standard_error > 0.3 * value {
        warnings.push(
            "the error bar is wider than a third of the rate, and then not to be trusted: raise particles.count or \
                       particles.repetitions"
                .into(),
        );
    }
    let spread = student(fine.len()) * standard_error;
    let average = |pick: fn(&Split) -> f64| fine.iter().map(pick).sum::<f64>() / fine.len() as f64;
    Ok(Simulation {
        method: asked.method,
        count: plan.count,
        dt: *dt,
        seed: asked.seed,
        burn_in: plan.burn_in,
        observed: plan.time * COUNTING as f64,
        rate: ParticleRate {
            value,
            standard_error,
            ci95: [value - spread, value + spread],
            per_iteration: None,
            fine: None,
            coarse: None,
            paper: None,
            against: against(reference, value, standard_error),
        },
        tables: None,
        splitting: Some(Splittings {
            frequency: average(|split| split.frequency),
            probability: average(|split| split.probability),
            rounds: average(|split| split.rounds as f64),
            fine: fine_rates,
            coarse: coarse_rates,
        }),
        constancy: None,
        interrupted: progress.is_interrupted(),
        steps_per_second: 1.0 / seconds_per_step,
        seconds: clock.elapsed().as_secs_f64(),
        warnings,
    })
}

/// Ellipses of the linearised process around the minimum: A Σ + Σ Aᵀ = 2D, A = −∂b.
fn well(problem: &Problem) -> Result<Well, StudyError> {
    let centre = problem.valley.start_point;
    let jacobian = problem.dynamics.slope_jacobian(centre);
    let covariance = covariance(jacobian, problem.noise.tensor(centre), problem.dimension);
    let is_stable = jacobian[0][0] + jacobian[1][1] > 0.0;
    let covariance = covariance.filter(|_| is_stable).ok_or_else(|| {
        invalid(
            "particles.method",
            "\"splitting\" needs a well to start from, and the process does not settle at the start point: take \"euler-maruyama\"".into(),
        )
    })?;
    let metric = match problem.dimension {
        1 => Tensor { xx: 1.0 / covariance.xx, ..Tensor::default() },
        _ => {
            let determinant = covariance.determinant(2);
            Tensor {
                xx: covariance.yy / determinant,
                xy: -covariance.xy / determinant,
                yy: covariance.xx / determinant,
            }
        }
    };
    Ok(Well { centre, metric, inner: RADII[0].powi(2), outer: RADII[1].powi(2) })
}

/// Σ = (det A · D + (A − tr A) D (A − tr A)ᵀ)/(tr A · det A) in two dimensions; `None` unless it is positive definite.
fn covariance([a, c]: [Point; 2], d: Tensor, dimension: usize) -> Option<Tensor> {
    if dimension == 1 {
        return (a[0] > 0.0 && d.xx > 0.0).then(|| Tensor { xx: d.xx / a[0], ..Tensor::default() });
    }
    let (trace, determinant) = (a[0] + c[1], a[0] * c[1] - a[1] * c[0]);
    // Rows of A − tr A.
    let rows = [[-c[1], a[1]], [c[0], -a[0]]];
    let product = |v: Point, w: Point| d.form(v, w);
    let scale = 1.0 / (trace * determinant);
    let sum = Tensor {
        xx: scale * (determinant * d.xx + product(rows[0], rows[0])),
        xy: scale * (determinant * d.xy + product(rows[0], rows[1])),
        yy: scale * (determinant * d.yy + product(rows[1], rows[1])),
    };
    (sum.xx > 0.0 && sum.determinant(2) > 0.0 && sum.xx.is_finite()).then_some(sum)
}
