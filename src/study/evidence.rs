//! What the finest grid shows, with its errors from the coarser ones: rates, fields, fluxes, formulas, warnings.

use rayon::prelude::*;

use crate::formula::Formulas;
use crate::generator::Assembly;
use crate::grid::Grid;
use crate::observe::boundary::boundary_flux;
use crate::observe::field;
use crate::observe::peclet::peclet;
use crate::problem::Problem;
use crate::problem::Wall;
use crate::problem::ends;
use crate::progress::Progress;
use crate::scaled::Scaled;
use crate::study::Request;
use crate::study::extrapolation::{Extrapolation, beside, extrapolate, extrapolate_quarters};
use crate::study::iteration::iteration;
use crate::study::level::{self, Level, Passage};
use crate::study::request::Quantity;
use crate::study::solution::{CovarianceCheck, Fields, PassageTime, QuadratureCheck, RateEstimate, Solution};
use crate::study::{StudyError, comparison};
use crate::tensor::{Point, Tensor, norm};

/// A cell Péclet number above this near the minimum or a saddle is worth a warning.
const PECLET_WARNING: f64 = 4.0;

/// A discretisation error above this is worth one too.
const LARGE_ERROR: f64 = 0.05;

/// The rates of one level: quasi-stationary, and 1/τ.
#[derive(Clone, Copy)]
pub(super) struct Rates {
    /// Its cells.
    pub(super) cells: [usize; 2],
    /// γ.
    pub(super) quasi_stationary: Option<Scaled>,
    /// 1/τ.
    pub(super) passage: Option<Scaled>,
}

/// The finest grid, and the rates of all.
pub(super) struct Solved {
    /// The finest grid.
    pub(super) finest: Level,
    /// Of every grid, coarsest first.
    pub(super) rates: Vec<Rates>,
    /// How the grids follow each other.
    pub(super) refinement: Refinement,
}

/// How the grids follow each other.
#[derive(Clone, Copy)]
pub(super) enum Refinement {
    /// Each finer by this factor.
    By(f64),
    /// Half, three quarters and all of the cells.
    Quarters,
}

impl Rates {
    /// Those that a level gave.
    pub(super) fn of(level: &Level) -> Rates {
        Rates {
            cells: level.grid.cells,
            quasi_stationary: level.quasi_stationary.as_ref().map(|found| found.rate),
            passage: level.passage.as_ref().map(|passage| passage.from_start.inverse()),
        }
    }
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

/// Everything that a solved problem shows; without the timing.
pub(super) fn evidence(
    request: &Request,
    problem: &Problem,
    Solved { finest, rates, refinement }: Solved,
    allowed: u64,
    progress: &Progress,
    mut warnings: Vec<String>,
) -> Result<Solution, StudyError> {
    progress.begin("observables", 0);
    let boundary = finest.boundary;
    let Level { grid, assembly, quasi_stationary, passage, flux_over_population, share_in_start, factor_bytes, .. } =
        finest;
    let estimate = |pick: fn(&Rates) -> Option<Scaled>| -> Option<Extrapolation> {
        let values: Vec<Scaled> = rates.iter().filter_map(pick).collect();
        let formal = ends::order(problem, request.grid.scheme.formal_order());
        let rounding = rounding(problem, grid.cells);
        beside(boundary, *values.last()?, formal, |cut| match (refinement, values.as_slice()) {
            (Refinement::Quarters, &[half, most, all]) => Some(extrapolate_quarters([half, most, all], rounding, cut)),
            (Refinement::Quarters, _) => None,
            (Refinement::By(ratio), values) => extrapolate(values, ratio, rounding, formal, cut),
        })
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
        if extrapolation.is_none() && request.error_estimate {
            warnings.push(
                "the rate has no error estimate: the grid cannot be coarsened further, and may resolve nothing of the well or \
                 the saddle; take more cells"
                    .to_string(),
            );
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
            flux_identity: match found.rate.is_ordinary() {
                true => (Scaled::new(through.total).over(found.rate).value() - 1.0).abs(),
                false => f64::NAN,
            },
            converged: found.converged,
        });
        neglected_probability(problem, &grid, &assembly, &found.probability, &mut warnings);
        fields.quasi_stationary = Some(field::density(&grid, &assembly, &found.probability));
        fields.current = field::current(&grid, &assembly, &found.probability);
        // Where the rate is beyond the range of ordinary numbers, so are the fluxes that it is made of.
        flux = found.rate.is_ordinary().then_some(through);
    }
    let mut passage = passage.map(|Passage { times, unit, from_start }| {
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
    if request.wants(Quantity::Stationary) {
        let (_, density) = level::stationary_density(request, problem, grid.cells, allowed, progress)?;
        fields.stationary = Some(density);
    }
    let mut quadrature: Option<QuadratureCheck> = match request.wants_killing() {
        true => comparison::quadrature(problem, &mut warnings),
        false => None,
    };
    let without_rate = rate
        .as_ref()
        .and_then(|rate| ends::no_slowest_mode(problem, rate.value.value(), rate.discretisation_error.unwrap_or(0.0)));
    if let Some(reason) = without_rate {
        (rate, flux) = (None, None);
        fields.quasi_stationary = None;
        fields.current = Vec::new();
        if let Some(check) = &mut quadrature {
            (check.escape_rate, check.escape_ratio) = (None, None);
        }
        warnings.push(reason);
    }
    if let Some(check) = &mut quadrature {
        warnings.extend(check.compare(rate.as_mut(), passage.as_mut()));
    }
    if let Some(error) = rate.as_ref().and_then(|rate| rate.discretisation_error)
        && error > LARGE_ERROR
    {
        warnings.push(format!(
            "the estimated discretisation error of the rate is {:.0} %: take more cells, or draw the domain closer to the \
             start set and its saddles",
            100.0 * error
        ));
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
    // Rates that agree are those of one valley, whatever its floor is like.
    let differs = |rate: Scaled, passage: Scaled| (rate.over(passage).value() - 1.0).abs() > 1e-3;
    let differ = quasi_stationary_rate.zip(passage_rate).is_some_and(|(rate, passage)| differs(rate, passage));
    let other_well =
        probability.filter(|_| differ).and_then(|probability| other_well(problem, &grid, &assembly, probability));
    if let Some(minimum) = other_well
        && elsewhere.is_none()
    {
        warnings.push(format!(
            "the quasi-stationary density is largest in another well of the set than the start's, around θ = ({:.4}, {:.4}): the quasi-stationary \
             rate is that of the slowest well. The rate from the start's minimum is 1/τ; for a set of one well take valley.set = \"basin\"",
            minimum[0], minimum[1]
        ));
    }
    let solver_rate = match elsewhere.is_some() || other_well.is_some() {
        true => passage_rate,
        false => quasi_stationary_rate.or(passage_rate),
    };
    let formulas = match solver_rate {
        Some(rate) => comparison::formulas(problem, rate),
        None => Formulas::default(),
    };
    let iteration = match &request.sgd {
        Some(_) => {
            let limit = quadrature.as_ref().and_then(|check| check.escape_rate).or(quasi_stationary_rate);
            Some(iteration(request, problem, limit, allowed, progress)?)
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
        particles: None,
        covariance: covariance_check(problem),
        warnings,
        timing: Vec::new(),
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

/// The minimum next to where the density is largest, when that is not the one to start from.
fn other_well(problem: &Problem, grid: &Grid, assembly: &Assembly, probability: &[f64]) -> Option<Point> {
    let start = problem.valley.minimum?;
    let most = (0..probability.len()).max_by(|&a, &b| probability[a].total_cmp(&probability[b]))?;
    let at = grid.cell_centre(assembly.cells[most] as usize);
    let space = problem.domain.space();
    let distance = |index: &usize| norm(space.offset(at, problem.critical.minima[*index].theta));
    let minima = &problem.critical.minima;
    let lives = |index: &usize| {
        problem.domain.contains(minima[*index].theta) && problem.valley.live.holds(minima[*index].theta)
    };
    let nearest = (0..minima.len()).filter(lives).min_by(|a, b| distance(a).total_cmp(&distance(b)))?;
    (nearest != start).then(|| minima[nearest].theta)
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
