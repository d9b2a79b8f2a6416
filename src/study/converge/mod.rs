//! `saddleflux converge`: schemes and grid angles compared over a list of grids, with errors against a reference that is not
//! theirs: exact when there is one, the quadrature in one dimension, extrapolation otherwise.

mod reference;

pub use reference::{Known, Reference};

use std::time::Instant;

use crate::grid::Align;
use crate::observe::peclet::peclet;
use crate::problem::Problem;
use crate::progress::Progress;
use crate::scaled::Scaled;
use crate::study::Request;
use crate::study::level::{self, Level};
use crate::study::request::{Quantity, Scheme};
use crate::study::{StudyError, memory};

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
    /// Seconds from the problem to the quantities: assembly, elimination and solves, for a pattern of edges that is known.
    pub seconds: f64,
    /// Of these, the assembly.
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
    pub samples: Vec<Result<Sample, ([usize; 2], String)>>,
    /// p in seconds ∝ unknownsᵖ, fitted to the grids that took longer than [`MEASURABLE`].
    pub cost_exponent: Option<f64>,
}

impl Series {
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
    pub warnings: Vec<String>,
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

/// Runs the study of a configuration.
pub fn converge(problem: Problem, request: &Request, progress: &Progress) -> Result<Convergence, StudyError> {
    let begun = Instant::now();
    let mut warnings: Vec<String> = problem.warnings.iter().map(ToString::to_string).collect();
    let allowed = memory::allowed();
    let mut cells = grids(request, &problem);
    let corrects = request.converge.schemes.contains(&Scheme::FLUX_CORRECTED);
    let hungriest = if corrects { Scheme::FLUX_CORRECTED } else { Scheme::INVERSE_AVERAGE };
    let too_large = |cells: &[usize; 2]| memory::estimate(*cells, &problem, hungriest) > allowed as f64;
    if let Some(first) = cells.iter().position(too_large) {
        warnings.push(format!(
            "converge.cells: grids from {} cells on were left out: they need more than the {:.1} GB that are free",
            cells[first][0],
            allowed as f64 / 1e9
        ));
        cells.truncate(first);
    }
    let reference = reference::find(request, &problem, &cells, allowed, progress)?;
    let aligns = match request.converge.angles.as_slice() {
        [] => vec![request.grid.align],
        angles => angles.iter().map(|&degrees| Align::Angle(degrees)).collect(),
    };
    let mut series = Vec::new();
    let applies = |scheme: &&Scheme| !scheme.is_corrected || problem.is_reversible() || request.converge.is_chosen;
    for &scheme in request.converge.schemes.iter().filter(applies) {
        for &align in &aligns {
            let mut variant = request.clone();
            (variant.grid.scheme, variant.grid.align) = (scheme, align);
            series.push(one(&variant, &problem, &cells, &reference, allowed, progress)?);
        }
    }
    Ok(Convergence { problem, reference, series, warnings, seconds: begun.elapsed().as_secs_f64() })
}

impl Convergence {
    /// Why nothing was solved, if nothing was.
    pub fn refusal(&self) -> Option<&str> {
        let samples = || self.series.iter().flat_map(|series| &series.samples);
        let is_refused = samples().all(Result::is_err);
        samples().find_map(|sample| sample.as_ref().err()).filter(|_| is_refused).map(|(_, reason)| reason.as_str())
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

fn one(
    request: &Request,
    problem: &Problem,
    cells: &[[usize; 2]],
    reference: &Reference,
    allowed: u64,
    progress: &Progress,
) -> Result<Series, StudyError> {
    let mut samples: Vec<Result<Sample, ([usize; 2], String)>> = Vec::new();
    let angle = match cells.first() {
        Some(&cells) => level::grid(request, problem, cells)?.0.turn,
        None => [1.0, 0.0],
    };
    let angle = angle[1].atan2(angle[0]).to_degrees();
    for &cells in cells {
        let mut best: Option<(Level, f64)> = None;
        let mut failure = None;
        for repeat in 0..REPEATS {
            match level::solve(request, problem, cells, allowed, progress) {
                Ok(level) => {
                    let seconds = level.timing.iter().map(|(_, seconds)| seconds).sum();
                    if best.as_ref().is_none_or(|(_, shortest)| seconds < *shortest) {
                        best = Some((level, seconds));
                    }
                    // The second time the pattern of edges is known, as it is to all schemes but the first.
                    if (seconds > MEASURABLE && repeat > 0) || seconds > LONG {
                        break;
                    }
                }
                Err(StudyError::Interrupted) => return Err(StudyError::Interrupted),
                Err(error) => {
                    failure = Some(error.to_string());
                    break;
                }
            }
        }
        let coarser = samples.iter().flatten().last();
        samples.push(match best {
            Some((level, seconds)) => Ok(sample(request, problem, &level, seconds, reference, coarser)),
            None => Err((cells, failure.unwrap_or_default())),
        });
    }
    let cost_exponent = cost_exponent(samples.iter().flatten());
    Ok(Series { scheme: request.grid.scheme, angle, samples, cost_exponent })
}

fn sample(
    request: &Request,
    problem: &Problem,
    level: &Level,
    seconds: f64,
    reference: &Reference,
    coarser: Option<&Sample>,
) -> Sample {
    let measure = |value: Scaled, known: Option<&Known>, before: Option<Measure>| {
        let error = known.map(|known| (value.over(known.value).value() - 1.0).abs());
        let order = known.zip(error).and_then(|(known, error)| {
            let (coarse, before) = (coarser?, before?.error?);
            // Within a few uncertainties the reference is what is seen.
            let is_seen = error > 4.0 * known.uncertainty && before > 4.0 * known.uncertainty;
            let ratio = level.grid.cells[0] as f64 / coarse.cells[0] as f64;
            is_seen.then(|| (before / error).ln() / ratio.ln())
        });
        Measure { value, error, order }
    };
    let wants = |quantity| request.wants(quantity);
    let found = level.quasi_stationary.as_ref();
    let rate = found
        .filter(|_| wants(Quantity::Rate))
        .map(|found| measure(found.rate, reference.rate.as_ref(), coarser.and_then(|sample| sample.rate)));
    let passage = level.passage.as_ref().filter(|_| wants(Quantity::PassageTime)).map(|passage| {
        let before = coarser.and_then(|sample| sample.passage);
        measure(passage.from_start.inverse(), reference.passage.as_ref(), before)
    });
    let assembly = level.timing.iter().find(|(phase, _)| phase == "assembly");
    Sample {
        cells: level.grid.cells,
        unknowns: level.assembly.generator.len(),
        peclet: peclet(problem, &level.grid, &level.assembly, found.map(|found| found.probability.as_slice())).relevant,
        seconds,
        assembly_seconds: assembly.map_or(0.0, |(_, seconds)| *seconds),
        factor_bytes: level.factor_bytes,
        rate,
        passage,
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
