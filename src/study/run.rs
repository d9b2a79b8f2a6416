//! `saddleflux run`: one problem on its grid, and on coarser ones for the discretisation error; or on ever finer ones
//! until a tolerance is met.

use std::time::Instant;

use rayon::prelude::*;

use crate::config::{Config, Quantity, Scheme, Wall};
use crate::formula::Formulas;
use crate::generator::Assembly;
use crate::grid::Grid;
use crate::observe::boundary::boundary_flux;
use crate::observe::field;
use crate::observe::peclet::peclet;
use crate::problem::Problem;
use crate::progress::Progress;
use crate::scaled::Scaled;
use crate::study::extrapolation::{Extrapolation, extrapolate, formal_order};
use crate::study::iteration::iteration;
use crate::study::level::{self, Level, Passage};
use crate::study::solution::{CovarianceCheck, Fields, PassageTime, QuadratureCheck, RateEstimate, Solution};
use crate::study::{StudyError, comparison, memory};
use crate::tensor::Tensor;

/// A solved problem.
pub struct Outcome {
    /// What was posed.
    pub problem: Problem,
    /// What was found.
    pub solution: Solution,
}

/// Fewer cells than this along an axis are no grid to estimate an error from.
const COARSEST: usize = 8;
/// First grid when the cells are not given.
const FIRST_CELLS: [usize; 3] = [0, 128, 32];
/// A cell Péclet number above this near the minimum or a saddle is worth a warning.
const PECLET_WARNING: f64 = 4.0;

/// A discretisation error above this is worth one too.
const LARGE_ERROR: f64 = 0.05;

/// The rates of one level: quasi-stationary, and 1/τ.
#[derive(Clone, Copy)]
struct Rates {
    cells: [usize; 2],
    quasi_stationary: Option<Scaled>,
    passage: Option<Scaled>,
}

/// Solves what a configuration asks.
pub fn run(config: &Config, progress: &Progress) -> Result<Outcome, StudyError> {
    let begun = Instant::now();
    progress.begin("reading the landscape", 0);
    let problem = Problem::new(config)?;
    let mut warnings = problem.warnings.clone();
    let mut timing = vec![("landscape".to_string(), begun.elapsed().as_secs_f64())];
    let allowed = memory::allowed();
    let (finest, rates, ratio) = match config.grid.cells {
        Some(cells) => fixed(config, &problem, cells, allowed, progress, &mut timing)?,
        None => refined(config, &problem, allowed, progress, &mut warnings, &mut timing)?,
    };
    let clock = Instant::now();
    let solution = observe(config, &problem, finest, &rates, ratio, allowed, progress, warnings, timing)?;
    let mut solution = solution;
    solution.timing.push(("observables".to_string(), clock.elapsed().as_secs_f64()));
    solution.timing.push(("total".to_string(), begun.elapsed().as_secs_f64()));
    Ok(Outcome { problem, solution })
}

/// Relative rounding error to expect of a rate: some tens of roundings in the elimination, and the rounding of L itself,
/// which the noise in the exponent magnifies; over many cells the roundings of their edges add up like a random walk.
pub(super) fn rounding(problem: &Problem, cells: [usize; 2]) -> f64 {
    let size = |theta| problem.dynamics.loss().map_or(0.0, |loss| loss.value(theta).abs());
    let saddles = problem.valley.saddles.iter().map(|&index| size(problem.critical.saddles[index].point.theta));
    let start = problem.valley.start_point;
    let largest = saddles.fold(size(start), f64::max);
    let noise = problem.noise.tensor(start);
    let scale = noise.xx.max(noise.yy);
    let magnified = if scale > 0.0 { 8.0 * largest / scale } else { 0.0 };
    let walk = 8.0 * (cells[0].max(cells[1]) as f64).sqrt();
    f64::EPSILON * (50.0 + magnified + walk)
}

fn halved(cells: [usize; 2]) -> [usize; 2] {
    cells.map(|n| n.div_ceil(2))
}

/// Whether a grid is fine enough to say anything.
fn is_usable(cells: [usize; 2], dimension: usize) -> bool {
    cells[..dimension].iter().all(|&n| n >= COARSEST)
}

fn fits(cells: [usize; 2], dimension: usize, allowed: u64) -> Result<(), StudyError> {
    let needed = memory::estimate(cells, dimension);
    if needed <= allowed as f64 {
        return Ok(());
    }
    let [nx, ny] = memory::largest(cells, dimension, allowed);
    let largest = if dimension == 1 { format!("[{nx}]") } else { format!("[{nx}, {ny}]") };
    Err(StudyError::Unsolvable {
        message: format!(
            "grid.cells: this grid needs about {:.1} GB and {:.1} GB are free: take at most cells = {largest}",
            needed / 1e9,
            allowed as f64 / 1e9
        ),
    })
}

fn rates_of(level: &Level) -> Rates {
    Rates {
        cells: level.grid.cells,
        quasi_stationary: level.quasi_stationary.as_ref().map(|found| found.rate),
        passage: level.passage.as_ref().map(|passage| passage.from_start.inverse()),
    }
}

type Solved = (Level, Vec<Rates>, f64);

/// The grid as given, and the halved and quartered ones for the error.
fn fixed(
    config: &Config,
    problem: &Problem,
    cells: [usize; 2],
    allowed: u64,
    progress: &Progress,
    timing: &mut Vec<(String, f64)>,
) -> Result<Solved, StudyError> {
    fits(cells, problem.dimension, allowed)?;
    let clock = Instant::now();
    let mut rates = Vec::new();
    let half = halved(cells);
    // A stationary density has no rate whose error could be estimated.
    if config.solve.error_estimate && config.solve.wants_killing() && is_usable(half, problem.dimension) {
        let quarter = halved(half);
        if is_usable(quarter, problem.dimension) {
            // A grid this coarse may not hold the start set at all; then two grids must do.
            if let Ok(level) = level::solve(config, problem, quarter, allowed, progress) {
                rates.push(rates_of(&level));
            }
        }
        match level::solve(config, problem, half, allowed, progress) {
            Ok(level) => rates.push(rates_of(&level)),
            Err(StudyError::Interrupted) => return Err(StudyError::Interrupted),
            Err(_) => rates.clear(),
        }
        timing.push(("coarser grids".to_string(), clock.elapsed().as_secs_f64()));
    }
    let finest = level::solve(config, problem, cells, allowed, progress)?;
    timing.extend(finest.timing.iter().cloned());
    rates.push(rates_of(&finest));
    let ratio = cells[0] as f64 / half[0] as f64;
    Ok((finest, rates, ratio))
}

/// Grids doubled until the estimated error of the wanted rates is below the tolerance.
fn refined(
    config: &Config,
    problem: &Problem,
    allowed: u64,
    progress: &Progress,
    warnings: &mut Vec<String>,
    timing: &mut Vec<(String, f64)>,
) -> Result<Solved, StudyError> {
    let (dimension, formal) = (problem.dimension, formal_order(config.grid.scheme));
    let mut cells = first_cells(problem);
    let mut rates: Vec<Rates> = Vec::new();
    let mut finest: Option<Level> = None;
    let mut last_failure = None;
    loop {
        let unknowns = cells[0] * cells[1];
        let too_many = config.grid.max_unknowns.is_some_and(|most| unknowns > most);
        let too_large = memory::estimate(cells, dimension) > allowed as f64;
        // Beyond these sizes a grid takes minutes, and the reader should have asked for it.
        let default_limit = if dimension == 1 { 1 << 22 } else { 1 << 21 };
        if too_many || too_large || (config.grid.max_unknowns.is_none() && unknowns > default_limit) {
            break;
        }
        let clock = Instant::now();
        match level::solve(config, problem, cells, allowed, progress) {
            Ok(level) => {
                rates.push(rates_of(&level));
                finest = Some(level);
            }
            // A coarse grid may fail where a finer one does not: it can miss the set, or underflow.
            Err(StudyError::Assembly(_) | StudyError::Unsolvable { .. }) if finest.is_none() && unknowns < 20_000 => {
                last_failure = Some(cells);
            }
            Err(error) => return Err(error),
        }
        timing.push((format!("{} cells", unknowns), clock.elapsed().as_secs_f64()));
        let worst =
            worst_error(&rates, rounding(problem, cells), formal, finest.as_ref().is_some_and(|level| level.cut));
        if rates.len() >= 3 && worst <= config.grid.tolerance {
            break;
        }
        cells = [2 * cells[0], if dimension == 2 { 2 * cells[1] } else { 1 }];
    }
    let Some(finest) = finest else {
        let cells = last_failure.unwrap_or(cells);
        return Err(StudyError::Unsolvable {
            message: format!(
                "no grid up to {} × {} cells could be solved within grid.max_unknowns and the memory: give grid.cells, or \
                 raise grid.max_unknowns",
                cells[0], cells[1]
            ),
        });
    };
    let worst = worst_error(&rates, rounding(problem, cells), formal, finest.cut);
    if rates.len() < 2 || worst > config.grid.tolerance {
        warnings.push(format!(
            "grid.tolerance = {:.1e} was not met: the estimated relative error on the finest grid that fits is {:.1e}. Raise \
             grid.max_unknowns, draw the domain closer, or try grid.align = \"saddle\"{}",
            config.grid.tolerance,
            worst,
            // Of fourth order whatever the angle.
            match problem.is_reversible() && config.grid.scheme != Scheme::FluxCorrected {
                true => " or grid.scheme = \"flux-corrected\"",
                false => "",
            }
        ));
    }
    Ok((finest, rates, 2.0))
}

/// About square cells, the first number of cells along the shorter side.
fn first_cells(problem: &Problem) -> [usize; 2] {
    let first = FIRST_CELLS[problem.dimension];
    if problem.dimension == 1 {
        return [first, 1];
    }
    let aspect = problem.domain.width(0) / problem.domain.width(1);
    let longer = |ratio: f64| ((first as f64 * ratio.min(4.0) / 2.0).round() as usize * 2).max(first);
    if aspect >= 1.0 { [longer(aspect), first] } else { [first, longer(1.0 / aspect)] }
}

fn worst_error(rates: &[Rates], rounding: f64, formal: f64, cut: bool) -> f64 {
    let error = |pick: fn(&Rates) -> Option<Scaled>| {
        let values: Vec<Scaled> = rates.iter().filter_map(pick).collect();
        if values.is_empty() {
            0.0
        } else {
            extrapolate(&values, 2.0, rounding, formal, cut).map_or(f64::INFINITY, |e| e.error)
        }
    };
    error(|rates| rates.quasi_stationary).max(error(|rates| rates.passage))
}

#[allow(clippy::too_many_arguments)]
fn observe(
    config: &Config,
    problem: &Problem,
    finest: Level,
    rates: &[Rates],
    ratio: f64,
    allowed: u64,
    progress: &Progress,
    mut warnings: Vec<String>,
    timing: Vec<(String, f64)>,
) -> Result<Solution, StudyError> {
    progress.begin("observables", 0);
    let cut = finest.cut;
    let Level { grid, assembly, quasi_stationary, passage, flux_over_population, share_in_start, factor_bytes, .. } =
        finest;
    let estimate = |pick: fn(&Rates) -> Option<Scaled>| -> Option<Extrapolation> {
        let values: Vec<Scaled> = rates.iter().filter_map(pick).collect();
        extrapolate(&values, ratio, rounding(problem, grid.cells), formal_order(config.grid.scheme), cut)
    };
    let probability = quasi_stationary.as_ref().map(|found| found.probability.as_slice());
    let peclet = peclet(problem, &grid, &assembly, probability);
    if peclet.relevant > PECLET_WARNING {
        warnings.push(format!(
            "the cell Péclet number reaches {:.1} at θ = ({:.4}, {:.4}), near the minimum or a saddle: the grid does not resolve \
             the density there; take about {:.0} times as many cells per axis",
            peclet.relevant,
            peclet.relevant_at[0],
            peclet.relevant_at[1],
            (peclet.relevant / 2.0).ceil()
        ));
    }
    let mut fields =
        Fields { loss: loss_field(problem, &grid), diffusion: diffusion_fields(problem, &grid), ..Fields::default() };
    let mut rate = None;
    let mut flux = None;
    if let Some(found) = &quasi_stationary {
        let through = boundary_flux(problem, grid.spacing(), &assembly.exits, &found.probability);
        let extrapolation = estimate(|rates| rates.quasi_stationary);
        if let Some(Extrapolation { error, .. }) = extrapolation
            && error > LARGE_ERROR
        {
            warnings.push(format!(
                "the estimated discretisation error of the rate is {:.0} %: take more cells, or draw the domain closer to the \
                 start set and its saddles",
                100.0 * error
            ));
        }
        if !found.converged {
            warnings.push(format!(
                "the bracket of the rate closed to {:.1e} relative only, after {} inverse iterations: a second rate of the set is \
                 close to the first",
                found.bracket[1] - found.bracket[0],
                found.iterations
            ));
        }
        rate = Some(RateEstimate {
            value: found.rate,
            bracket: found.bracket,
            iterations: found.iterations,
            extrapolated: extrapolation.map(|e| e.value),
            discretisation_error: extrapolation.map(|e| e.error),
            observed_order: extrapolation.and_then(|e| e.order),
            grids: rates.iter().filter_map(|r| r.quasi_stationary.map(|rate| (r.cells, rate))).collect(),
            flux_identity: (Scaled::new(through.total).over(found.rate).value() - 1.0).abs(),
            converged: found.converged,
        });
        neglected_probability(problem, &grid, &assembly, &found.probability, &mut warnings);
        fields.quasi_stationary = Some(field::density(&grid, &assembly, &found.probability));
        fields.current = field::current(&grid, &assembly, &found.probability);
        // Where the rate is beyond the range of ordinary numbers, so are the fluxes that it is made of.
        flux = found.rate.is_ordinary().then_some(through);
    }
    let passage = passage.map(|Passage { times, unit, from_start }| {
        let extrapolation = estimate(|rates| rates.passage);
        if unit == Scaled::ONE {
            fields.mean_first_passage = Some(field::on_grid(&grid, &assembly, &times, 0.0));
        }
        PassageTime {
            from: problem.valley.start_point,
            time: from_start,
            rate: from_start.inverse(),
            extrapolated: extrapolation.map(|e| e.value),
            discretisation_error: extrapolation.map(|e| e.error),
        }
    });
    if config.solve.wants(Quantity::Stationary) {
        let (_, density) = level::stationary_density(config, problem, grid.cells, allowed, progress)?;
        fields.stationary = Some(density);
    }
    let passage_rate = passage.as_ref().map(|p| p.extrapolated.unwrap_or(p.rate));
    let quasi_stationary_rate = rate.as_ref().map(|r| r.extrapolated.unwrap_or(r.value));
    let elsewhere = share_in_start.filter(|&share| share < 0.5);
    if let Some(share) = elsewhere {
        warnings.push(format!(
            "the quasi-stationary density lies in another well than the start set, which holds {share:.1e} of it: the \
             quasi-stationary rate is that of the slowest well that the target leaves alive. The rate from the start set's \
             minimum is 1/τ; for the rate of leaving the start set take valley.absorb = \"boundary\""
        ));
    }
    let solver_rate = match elsewhere {
        Some(_) => passage_rate,
        None => quasi_stationary_rate.or(passage_rate),
    };
    let formulas = match solver_rate {
        Some(rate) => comparison::formulas(config, problem, rate),
        None => Formulas::default(),
    };
    let quadrature: Option<QuadratureCheck> =
        comparison::quadrature(config, problem, passage_rate, quasi_stationary_rate);
    let iteration = match &config.sgd {
        Some(_) => {
            let limit = quadrature.as_ref().and_then(|check| check.escape_rate).or(quasi_stationary_rate);
            Some(iteration(config, problem, limit, allowed, progress)?)
        }
        None => None,
    };
    Ok(Solution {
        unknowns: assembly.generator.len(),
        peclet,
        rate,
        passage,
        flux_over_population,
        flux,
        fields,
        quadrature,
        formulas,
        iteration,
        covariance: covariance_check(problem),
        warnings,
        timing,
        absorption: problem.valley.absorption.clone(),
        factor_bytes,
        grid,
    })
}

/// The data's gradient covariance at the minimum against the Hessian there.
fn covariance_check(problem: &Problem) -> Option<CovarianceCheck> {
    let (loss, minimum) = (problem.dynamics.loss()?, problem.minimum()?);
    let covariance = loss.gradient_covariance(minimum.theta)?;
    let product = |a: Tensor, b: Tensor| a.xx * b.xx + 2.0 * a.xy * b.xy + a.yy * b.yy;
    let hessian = minimum.hessian;
    let mut ratios = [f64::NAN; 2];
    for (k, ratio) in ratios.iter_mut().enumerate().take(problem.dimension) {
        let direction = minimum.eigenvectors[k];
        *ratio = covariance.form(direction, direction) / minimum.eigenvalues[k];
    }
    let alignment = product(covariance, hessian) / (product(covariance, covariance) * product(hessian, hessian)).sqrt();
    Some(CovarianceCheck { covariance, ratios, alignment })
}

/// Warns when probability leans on a reflecting wall of a domain that was chosen automatically.
fn neglected_probability(
    problem: &Problem,
    grid: &Grid,
    assembly: &Assembly,
    probability: &[f64],
    warnings: &mut Vec<String>,
) {
    if !problem.domain.automatic {
        return;
    }
    let on_edge = |cell: u32| {
        let indices = grid.indices(cell as usize);
        (0..grid.dimension).any(|axis| {
            let ends = [indices[axis] == 0, indices[axis] + 1 == grid.cells[axis]];
            (0..2).any(|end| ends[end] && problem.domain.wall(axis, end) == Some(Wall::Reflecting))
        })
    };
    let edge: f64 = assembly.cells.iter().zip(probability).filter(|(cell, _)| on_edge(**cell)).map(|(_, p)| p).sum();
    // The wall stands for all that lies beyond it, which falls off over about one cell.
    if edge > 1e-16 {
        warnings.push(format!(
            "the automatic domain neglects about {edge:.1e} of the probability beyond its walls: give domain.lower and \
             domain.upper to include more"
        ));
    }
}

fn loss_field(problem: &Problem, grid: &Grid) -> Option<Vec<f64>> {
    let loss = problem.dynamics.loss()?;
    Some((0..grid.len()).into_par_iter().map(|cell| loss.value(grid.cell_centre(cell))).collect())
}

fn diffusion_fields(problem: &Problem, grid: &Grid) -> Vec<Vec<f64>> {
    let tensors: Vec<_> =
        (0..grid.len()).into_par_iter().map(|cell| problem.noise.tensor(grid.cell_centre(cell))).collect();
    let entry = |pick: fn(&Tensor) -> f64| tensors.iter().map(pick).collect();
    match grid.dimension {
        1 => vec![entry(|t| t.xx)],
        _ => vec![entry(|t| t.xx), entry(|t| t.xy), entry(|t| t.yy)],
    }
}
