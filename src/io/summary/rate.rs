//! The rates with their evidence, and the flux by saddle.

use serde::Serialize;

use super::particles::ParticleRates;
use crate::observe::arc::Arc;
use crate::observe::quantity::Logged;
use crate::study::Simulation;
use crate::study::solution::{BoundaryFlux, PassageTime, QuadratureCheck, RateEstimate, Solution};

/// The section `rate`.
#[derive(Default, Serialize)]
pub(super) struct Rates<'a> {
    quasi_stationary: Option<QuasiStationary<'a>>,
    /// The number of iterations to escape, 1/(ηγ).
    #[serde(flatten)]
    iterations_to_escape: Option<Logged>,
    mean_first_passage: Option<MeanFirstPassage<'a>>,
    flux_over_population: Option<Plain>,
    quadrature: Option<Quadrature>,
    particles: Option<ParticleRates<'a>>,
}

impl<'a> Rates<'a> {
    /// The rates of a run; `learning_rate`: the dynamical time of an iteration, for rates per iteration.
    pub(super) fn new(solution: &'a Solution, learning_rate: Option<f64>) -> Rates<'a> {
        let dimension = solution.grid.dimension;
        Rates {
            quasi_stationary: solution.rate.as_ref().map(|rate| QuasiStationary::new(rate, learning_rate, dimension)),
            iterations_to_escape: solution.rate.as_ref().zip(learning_rate).map(|(rate, learning_rate)| {
                Logged::new("iterations_to_escape", rate.value.scaled(learning_rate).inverse())
            }),
            mean_first_passage: solution.passage.as_ref().map(|passage| MeanFirstPassage::new(passage, dimension)),
            flux_over_population: solution
                .flux_over_population
                .map(|value| Plain { value, discretisation_error: solution.flux_over_population_error }),
            quadrature: solution.quadrature.as_ref().map(Quadrature::new),
            particles: solution.particles.as_ref().map(ParticleRates::new),
        }
    }

    /// The rate of a simulation without the solver.
    pub(super) fn of_particles(simulation: &'a Simulation) -> Rates<'a> {
        Rates { particles: Some(ParticleRates::new(simulation)), ..Rates::default() }
    }
}

#[derive(Serialize)]
struct Plain {
    value: f64,
    discretisation_error: Option<f64>,
}

#[derive(Serialize)]
struct QuasiStationary<'a> {
    #[serde(flatten)]
    value: Logged,
    bracket: Option<[f64; 2]>,
    bracket_over_value: [f64; 2],
    #[serde(flatten)]
    extrapolated: Logged,
    discretisation_error: Option<f64>,
    observed_order: Option<f64>,
    #[serde(flatten)]
    per_iteration: Logged,
    iterations: usize,
    flux_identity: f64,
    grids: Vec<OneGrid<'a>>,
}

#[derive(Serialize)]
struct OneGrid<'a> {
    cells: &'a [usize],
    #[serde(flatten)]
    value: Logged,
}

impl<'a> QuasiStationary<'a> {
    fn new(rate: &'a RateEstimate, learning_rate: Option<f64>, dimension: usize) -> QuasiStationary<'a> {
        let bracket = rate.bracket.map(|ratio| rate.value.scaled(ratio).value());
        let grids = rate.grids.iter();
        QuasiStationary {
            value: Logged::new("value", rate.value),
            bracket: rate.value.is_ordinary().then_some(bracket),
            bracket_over_value: rate.bracket,
            extrapolated: Logged::new("extrapolated", rate.extrapolated),
            discretisation_error: rate.discretisation_error,
            observed_order: rate.observed_order,
            per_iteration: Logged::new("per_iteration", learning_rate.map(|step| rate.value.scaled(step))),
            iterations: rate.iterations,
            flux_identity: rate.flux_identity,
            grids: grids
                .map(|(cells, value)| OneGrid { cells: &cells[..dimension], value: Logged::new("value", *value) })
                .collect(),
        }
    }
}

#[derive(Serialize)]
struct MeanFirstPassage<'a> {
    from: &'a [f64],
    #[serde(flatten)]
    value: Logged,
    #[serde(flatten)]
    time: Logged,
    #[serde(flatten)]
    extrapolated: Logged,
    discretisation_error: Option<f64>,
}

impl<'a> MeanFirstPassage<'a> {
    fn new(passage: &'a PassageTime, dimension: usize) -> MeanFirstPassage<'a> {
        MeanFirstPassage {
            from: &passage.from[..dimension],
            value: Logged::new("value", passage.rate),
            time: Logged::new("time", passage.time),
            extrapolated: Logged::new("extrapolated", passage.extrapolated),
            discretisation_error: passage.discretisation_error,
        }
    }
}

#[derive(Serialize)]
struct Quadrature {
    #[serde(flatten)]
    value: Logged,
    #[serde(flatten)]
    time: Logged,
    ratio: Option<f64>,
    #[serde(flatten)]
    escape_rate: Logged,
    escape_ratio: Option<f64>,
    relative_error: f64,
}

impl Quadrature {
    fn new(check: &QuadratureCheck) -> Quadrature {
        Quadrature {
            value: Logged::new("value", check.time.inverse()),
            time: Logged::new("time", check.time),
            ratio: check.ratio,
            escape_rate: Logged::new("escape_rate", check.escape_rate),
            escape_ratio: check.escape_ratio,
            relative_error: check.relative_error,
        }
    }
}

/// The section `flux`.
#[derive(Serialize)]
pub(super) struct Flux<'a> {
    total: f64,
    by_saddle: Vec<Share>,
    #[serde(skip_serializing_if = "<[Arc]>::is_empty")]
    arcs: &'a [Arc],
    #[serde(skip_serializing_if = "Option::is_none")]
    by_killing: Option<f64>,
}

#[derive(Serialize)]
struct Share {
    saddle: usize,
    value: f64,
    share: f64,
    /// Kramers' rate for this saddle alone, and the ratio of the flux through it to that (Rule 1).
    #[serde(skip_serializing_if = "Option::is_none")]
    kramers: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ratio: Option<f64>,
}

impl<'a> Flux<'a> {
    /// The flux; saddles are given by their indices in the list `listed`.
    pub(super) fn new(flux: &'a BoundaryFlux, listed: &[usize]) -> Flux<'a> {
        let shares = flux.by_saddle.iter().filter_map(|&(index, value)| {
            let saddle = listed.iter().position(|listed| *listed == index)?;
            let arc = flux.arc_of(index);
            let (kramers, ratio) = (arc.and_then(|arc| arc.kramers), arc.and_then(|arc| arc.ratio));
            Some(Share { saddle, value, share: value / flux.total, kramers, ratio })
        });
        Flux { total: flux.total, by_saddle: shares.collect(), arcs: &flux.arcs, by_killing: flux.inside }
    }
}
