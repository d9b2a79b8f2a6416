//! `saddleflux converge`: schemes and grid angles compared over a list of grids, with errors against a reference that
//! is not theirs: exact when there is one, the quadrature in one dimension, extrapolation otherwise.

mod reference;

pub use reference::{Known, Reference, Source};

use std::time::Instant;

use crate::elimination::Workspace;
use crate::grid::{Align, Grid};
use crate::observe::peclet::peclet;
use crate::problem::Problem;
use crate::progress::Progress;
use crate::scaled::Scaled;
use crate::solve::Resources;
use crate::study::ladder::{Climb, Plan};
use crate::study::level::{self, Level};
use crate::study::request::Scheme;
use crate::study::warning::Warning;
use crate::study::{Request, StudyError, memory};

/// One quantity on one grid.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measure {
    /// Its value: a rate per unit of dynamical time, or 1/τ.
    pub value: Scaled,
    /// |value/reference − 1|, where there is a reference.
    pub error: Option<f64>,
    /// Observed order from the next coarser grid; `None` where an error is within the reference's own uncertainty.
    pub order: Option<f64>,
}

/// One grid.
#[derive(Clone, Debug)]
pub struct Sample {
    /// Cells along each axis.
    pub cells: [usize; 2],
    /// States of the chain.
    pub unknowns: usize,
    /// Largest cell Péclet number where the density or the flux matters.
    pub peclet: f64,
    /// Seconds from the problem to the quantities: assembly, elimination and solves, for a pattern of edges that is
    /// known.
    pub seconds: f64,
    /// The part of these that the assembly took.
    pub assembly_seconds: f64,
    /// Bytes of the factor.
    pub factor_bytes: u64,
    /// The quasi-stationary escape rate.
    pub rate: Option<Measure>,
    /// 1/τ from the minimum.
    pub passage: Option<Measure>,
}

/// One scheme at one angle over all grids.
#[derive(Clone, Debug)]
pub struct Series {
    /// The edge weight.
    pub scheme: Scheme,
    /// Angle of the grid in degrees.
    pub angle: f64,
    /// Grids, coarsest first; in place of one that could not be solved, its cells and the reason.
    pub samples: Vec<Result<Sample, ([usize; 2], StudyError)>>,
    /// p in seconds ∝ unknownsᵖ, fitted to the grids that took longer than [`MEASURABLE`].
    pub cost_exponent: Option<f64>,
}

impl Series {
    /// One scheme at one angle.
    fn new(
        request: &Request,
        problem: &Problem,
        cells: &[[usize; 2]],
        reference: &Reference,
        resources: Resources<'_>,
    ) -> Result<Series, StudyError> {
        let scheme = request.grid.scheme();
        let turn = match cells.first() {
            Some(&cells) => Grid::over(problem, cells, request.grid.align)?.turn,
            None => [1.0, 0.0],
        };
        let mut samples: Vec<Result<Sample, ([usize; 2], StudyError)>> = Vec::new();
        Climb::new(Plan::listed(problem, scheme, cells.to_vec(), 2.0), |cells| {
            let solved = fastest(request, problem, cells, resources);
            let coarser = samples.iter().flatten().last();
            samples.push(match &solved {
                Ok((level, seconds)) => Ok(Sample::new(level, *seconds, reference, coarser)),
                Err(error) => Err((cells, error.clone())),
            });
            solved.map(|(level, _)| level)
        })?;
        let cost_exponent = cost_exponent(samples.iter().flatten());
        Ok(Series { scheme, angle: turn[1].atan2(turn[0]).to_degrees(), samples, cost_exponent })
    }

    /// The grids that were solved.
    pub fn solved(&self) -> impl Iterator<Item = &Sample> {
        self.samples.iter().flatten()
    }
}

/// A whole study.
#[derive(Clone)]
pub struct Convergence {
    /// What was posed.
    pub problem: Problem,
    /// What the errors are against.
    pub reference: Reference,
    /// Every scheme at every angle.
    pub series: Vec<Series>,
    /// What the reader must know.
    pub warnings: Vec<Warning>,
    /// Seconds of the whole study.
    pub seconds: f64,
}

/// Cells along the shortest side when none are given.
const DEFAULT_CELLS: [&[usize]; 2] = [&[16, 32, 64, 128, 256, 512, 1024], &[16, 32, 64, 128, 256]];
/// Grids faster than this, in seconds, are left out of the fit of the cost.
pub const MEASURABLE: f64 = 0.01;
/// Times that a fast grid is solved; the shortest counts. Slower ones are solved twice.
const REPEATS: usize = 3;
/// Grids slower than this, in seconds, are solved once.
const LONG: f64 = 10.0;

/// Compares what is asked for.
///
/// # Errors
/// A grid that cannot be laid over the problem, and an interruption; grids that cannot be solved are part of the
/// result.
pub fn converge(problem: Problem, request: &Request, progress: &Progress) -> Result<Convergence, StudyError> {
    let begun = Instant::now();
    StudyError::refuse_whole_ring(&problem)?;
    let mut warnings: Vec<Warning> = problem.warnings.iter().cloned().map(Warning::Problem).collect();
    let workspace = Workspace::default();
    let resources = Resources::available(&workspace, progress);
    let mut cells = grids(request, &problem);
    let corrects = request.converge.schemes.contains(&Scheme::FLUX_CORRECTED);
    let hungriest = if corrects { Scheme::FLUX_CORRECTED } else { Scheme::INVERSE_AVERAGE };
    let too_large = |cells: &[usize; 2]| memory::estimate(*cells, &problem, hungriest) > resources.memory as f64;
    if let Some(first) = cells.iter().position(too_large) {
        warnings.push(Warning::GridsLeftOut { cells: cells[first][0], allowed: resources.memory });
        cells.truncate(first);
    }
    let reference = reference::find(request, &problem, &cells, resources)?;
    let aligns = match request.converge.angles.as_slice() {
        [] => vec![request.grid.align],
        angles => angles.iter().map(|&degrees| Align::Angle(degrees)).collect(),
    };
    let mut series = Vec::new();
    let applies = |scheme: &&Scheme| !scheme.is_corrected || problem.is_reversible() || request.converge.is_chosen;
    for &scheme in request.converge.schemes.iter().filter(applies) {
        for &align in &aligns {
            let mut variant = request.clone();
            (variant.grid.scheme, variant.grid.align) = (Some(scheme), align);
            series.push(Series::new(&variant, &problem, &cells, &reference, resources)?);
        }
    }
    Ok(Convergence { problem, reference, series, warnings, seconds: begun.elapsed().as_secs_f64() })
}

impl Convergence {
    /// Why nothing was solved, if nothing was.
    pub fn refusal(&self) -> Option<&StudyError> {
        let samples = || self.series.iter().flat_map(|series| &series.samples);
        let is_refused = samples().all(Result::is_err);
        samples().find_map(|sample| sample.as_ref().err()).filter(|_| is_refused).map(|(_, reason)| reason)
    }
}

/// The grids to compare, coarsest first.
fn grids(request: &Request, problem: &Problem) -> Vec<[usize; 2]> {
    let aspect = if problem.dimension == 2 { problem.domain.width(1) / problem.domain.width(0) } else { 1.0 };
    // About square cells, but never fewer than the given count on the shorter side.
    let square = |x: usize| [x, if problem.dimension == 2 { ((x as f64 * aspect).round() as usize).max(3) } else { 1 }];
    match request.converge.cells.as_slice() {
        [] => {
            let shortest = DEFAULT_CELLS[problem.dimension - 1].iter();
            shortest.map(|&count| square((count as f64 / aspect.min(1.0)).round() as usize)).collect()
        }
        given => given
            .iter()
            .map(|&(x, y)| match y {
                Some(y) if problem.dimension == 2 => [x, y],
                _ => square(x),
            })
            .collect(),
    }
}

/// The fastest of a few solutions of one grid, with its seconds.
fn fastest<'a>(
    request: &Request,
    problem: &'a Problem,
    cells: [usize; 2],
    resources: Resources<'_>,
) -> Result<(Level<'a>, f64), StudyError> {
    let attempt = || {
        let level = level::solve(request, problem, cells, resources)?;
        let seconds: f64 = level.timing.iter().map(|(_, seconds)| seconds).sum();
        Ok((level, seconds))
    };
    let mut best: (Level<'a>, f64) = attempt()?;
    let mut last = best.1;
    for repeat in 1..REPEATS {
        // The second time the pattern of edges is known, as it is to all schemes but the first.
        if last > LONG || (last > MEASURABLE && repeat > 1) {
            break;
        }
        match attempt() {
            Ok(again) => {
                last = again.1;
                if again.1 < best.1 {
                    best = again;
                }
            }
            Err(StudyError::Interrupted) => return Err(StudyError::Interrupted),
            Err(_) => break,
        }
    }
    Ok(best)
}

impl Sample {
    /// A grid that was solved, against the reference and the grid before.
    fn new(level: &Level<'_>, seconds: f64, reference: &Reference, coarser: Option<&Sample>) -> Sample {
        let (on, found) = (&level.discretisation, &level.found);
        let measure = |value: Scaled, known: Option<&Known>, before: Option<Measure>| {
            let error = known.map(|known| (value.over(known.value).value() - 1.0).abs());
            let order = known.zip(error).and_then(|(known, error)| {
                let (coarse, before) = (coarser?, before?.error?);
                // Within a few uncertainties the reference is what is seen.
                let is_seen = error > 4.0 * known.uncertainty && before > 4.0 * known.uncertainty;
                let ratio = on.grid.cells[0] as f64 / coarse.cells[0] as f64;
                is_seen.then(|| (before / error).ln() / ratio.ln())
            });
            Measure { value, error, order }
        };
        let quasi_stationary = found.quasi_stationary.as_ref();
        let rate = quasi_stationary
            .map(|found| measure(found.rate, reference.rate.as_ref(), coarser.and_then(|sample| sample.rate)));
        let passage = found.passage.as_ref().map(|passage| {
            let before = coarser.and_then(|sample| sample.passage);
            measure(passage.from_start.inverse(), reference.passage.as_ref(), before)
        });
        let assembly = level.timing.iter().find(|(phase, _)| phase == "assembly");
        let probability = quasi_stationary.map(|found| found.probability.as_slice());
        Sample {
            cells: on.grid.cells,
            unknowns: on.states(),
            peclet: peclet(on.problem, &on.grid, &on.assembly, probability).relevant,
            seconds,
            assembly_seconds: assembly.map_or(0.0, |(_, seconds)| *seconds),
            factor_bytes: level.factor_bytes,
            rate,
            passage,
        }
    }
}

/// Least squares of log seconds against log unknowns.
fn cost_exponent<'a>(samples: impl Iterator<Item = &'a Sample>) -> Option<f64> {
    let points: Vec<(f64, f64)> = samples
        .filter(|sample| sample.seconds > MEASURABLE)
        .map(|sample| ((sample.unknowns as f64).ln(), sample.seconds.ln()))
        .collect();
    if points.len() < 3 {
        return None;
    }
    let count = points.len() as f64;
    let mean = |pick: fn(&(f64, f64)) -> f64| points.iter().map(pick).sum::<f64>() / count;
    let (x, y) = (mean(|point| point.0), mean(|point| point.1));
    let slope = points.iter().map(|point| (point.0 - x) * (point.1 - y)).sum::<f64>();
    Some(slope / points.iter().map(|point| (point.0 - x).powi(2)).sum::<f64>())
}
