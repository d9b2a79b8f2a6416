//! `saddleflux converge`: edge weights and grid angles compared over a sequence of grids, with errors against a
//! reference: exact values if there are any, the quadrature in one dimension, otherwise an extrapolation.

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
use crate::study::certificate::{self, Certificate};
use crate::study::ladder::{Climb, Plan};
use crate::study::level::{self, Level};
use crate::study::request::{Quantity, Scheme};
use crate::study::warning::Warning;
use crate::study::{Request, StudyError, memory};

/// One quantity on one grid.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measure {
    /// The value: a rate per unit of dynamical time, or 1/τ.
    pub value: Scaled,
    /// |value/reference − 1|; `None` without a reference.
    pub error: Option<f64>,
    /// The order observed from the next coarser grid; `None` for the coarsest, and where an error is within the
    /// uncertainty of the reference.
    pub order: Option<f64>,
}

/// The results on one grid.
#[derive(Clone, Debug)]
pub struct Sample {
    /// The cells along each axis.
    pub cells: [usize; 2],
    /// The number of states of the chain.
    pub unknowns: usize,
    /// The largest cell Péclet number where the density or the flux matters.
    pub peclet: f64,
    /// The seconds for assembly, elimination and solves, with a known pattern of edges.
    pub seconds: f64,
    /// The seconds of these for the assembly.
    pub assembly_seconds: f64,
    /// The size of the factors in bytes.
    pub factor_bytes: u64,
    /// The quasi-stationary escape rate γ.
    pub rate: Option<Measure>,
    /// 1/τ for the mean first-passage time τ from the start minimum.
    pub passage: Option<Measure>,
}

/// A scheme, or the certificate, whose error is the relative width of its interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Subject {
    /// A scheme.
    Scheme(Scheme),
    /// The certificate: the value is its best one, and the seconds are those for all of it.
    Certificate,
}

impl Subject {
    /// The name in tables, files and pictures.
    pub fn name(self) -> &'static str {
        match self {
            Subject::Scheme(scheme) => scheme.name(),
            Subject::Certificate => "certificate",
        }
    }
}

/// One scheme at one angle, or the certificate, on all grids.
#[derive(Clone, Debug)]
pub struct Series {
    /// The scheme or the certificate.
    pub subject: Subject,
    /// The angle of the grid in degrees.
    pub angle: f64,
    /// The results per grid, coarsest first; for a grid that could not be solved its cells and the error.
    pub samples: Vec<Result<Sample, ([usize; 2], StudyError)>>,
    /// The exponent p of seconds ∝ statesᵖ, fitted to the grids that took longer than [`MEASURABLE`].
    pub cost_exponent: Option<f64>,
}

impl Series {
    /// Solves one scheme at one angle on all grids.
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
        Ok(Series {
            subject: Subject::Scheme(scheme),
            angle: turn[1].atan2(turn[0]).to_degrees(),
            samples,
            cost_exponent,
        })
    }

    /// The certificate on all grids.
    fn of_certificate(problem: &Problem, cells: &[[usize; 2]], resources: Resources<'_>) -> Result<Series, StudyError> {
        let mut samples: Vec<Result<Sample, ([usize; 2], StudyError)>> = Vec::new();
        for &cells in cells {
            let clock = Instant::now();
            let found = match certificate::certify(problem, cells, resources) {
                Err(StudyError::Interrupted) => return Err(StudyError::Interrupted),
                found => found,
            };
            let seconds = clock.elapsed().as_secs_f64();
            let coarser = samples.iter().flatten().last();
            let sample = found.map(|found| Sample::of_certificate(&found, cells, seconds, coarser));
            samples.push(sample.map_err(|error| (cells, error)));
        }
        let cost_exponent = cost_exponent(samples.iter().flatten());
        Ok(Series { subject: Subject::Certificate, angle: 0.0, samples, cost_exponent })
    }

    /// The grids that were solved.
    pub fn solved(&self) -> impl Iterator<Item = &Sample> {
        self.samples.iter().flatten()
    }
}

/// The result of `converge`.
#[derive(Clone)]
pub struct Convergence {
    /// The problem.
    pub problem: Problem,
    /// The reference of the errors.
    pub reference: Reference,
    /// One series for each scheme at each angle.
    pub series: Vec<Series>,
    /// Warnings for the user.
    pub warnings: Vec<Warning>,
    /// The seconds for everything.
    pub seconds: f64,
}

/// The default cells along the shorter side, in one dimension and in two.
const DEFAULT_CELLS: [&[usize]; 2] = [&[16, 32, 64, 128, 256, 512, 1024], &[16, 32, 64, 128, 256]];
/// The seconds below which a grid is left out of the fit of the cost.
pub const MEASURABLE: f64 = 0.01;
/// The number of times a fast grid is solved, of which the shortest time counts; slower ones are solved twice.
const REPEATS: usize = 3;
/// The relative width of a certificate below which it is that of the estimates for quadrature and rounding.
const LEAST_WIDTH: f64 = 1e-12;
/// The seconds above which a grid is solved once.
const LONG: f64 = 10.0;

/// Solves the schemes and angles that are requested on all grids.
///
/// # Errors
/// A ring without a boundary, a grid that cannot be laid over the problem, and an interruption. A grid that cannot be
/// solved is no error here: its own is part of the result.
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
    // Beside one angle alone: the certificate's grid is along the axes.
    let is_enclosed = request.wants(Quantity::Certificate) && problem.dimension == 2 && aligns.len() == 1;
    if is_enclosed && certificate::check(&problem).is_ok() {
        series.push(Series::of_certificate(&problem, &cells, resources)?);
    }
    Ok(Convergence { problem, reference, series, warnings, seconds: begun.elapsed().as_secs_f64() })
}

impl Convergence {
    /// The error of the first grid if none could be solved.
    pub fn refusal(&self) -> Option<&StudyError> {
        let samples = || self.series.iter().flat_map(|series| &series.samples);
        let is_refused = samples().all(Result::is_err);
        samples().find_map(|sample| sample.as_ref().err()).filter(|_| is_refused).map(|(_, reason)| reason)
    }
}

/// The grids to be compared, coarsest first.
fn grids(request: &Request, problem: &Problem) -> Vec<[usize; 2]> {
    let aspect = if problem.dimension == 2 { problem.domain.width(1) / problem.domain.width(0) } else { 1.0 };
    // Nearly square cells, with the given number along x.
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

/// The fastest of up to [`REPEATS`] solutions on one grid, and its seconds.
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
        // The first solution also finds the pattern of edges, which all later ones take from the workspace.
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
    /// A certificate with the grid's cells: its best value, the relative width of its interval, and the order with which
    /// that falls.
    fn of_certificate(found: &Certificate, cells: [usize; 2], seconds: f64, coarser: Option<&Sample>) -> Sample {
        let width = found.relative_width();
        let order = coarser.and_then(|coarse| {
            let ratio = cells[0] as f64 / coarse.cells[0] as f64;
            let before = coarse.rate?.error?;
            // From here on the width is that of the estimates for quadrature and rounding.
            (width > LEAST_WIDTH).then(|| (before / width).ln() / ratio.ln())
        });
        Sample {
            cells,
            unknowns: cells[0] * cells[1],
            peclet: f64::NAN,
            seconds,
            assembly_seconds: f64::NAN,
            factor_bytes: 0,
            rate: Some(Measure { value: found.best, error: Some(width), order }),
            passage: None,
        }
    }

    /// The results on one grid, with errors against the reference and orders from the next coarser grid.
    fn new(level: &Level<'_>, seconds: f64, reference: &Reference, coarser: Option<&Sample>) -> Sample {
        let (on, found) = (&level.discretisation, &level.found);
        let measure = |value: Scaled, known: Option<&Known>, before: Option<Measure>| {
            let error = known.map(|known| (value.over(known.value).value() - 1.0).abs());
            let order = known.zip(error).and_then(|(known, error)| {
                let (coarse, before) = (coarser?, before?.error?);
                // Close to the uncertainty of the reference the error is that of the reference.
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

/// The slope of log seconds over log states by least squares; `None` with fewer than three grids.
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
