//! What the finest grid shows, with its errors from the coarser ones: rates, fields, fluxes, formulas, warnings.

use serde::Serialize;

use crate::formula::Formulas;
use crate::observe::boundary::{BoundaryFlux, boundary_flux};
use crate::observe::degenerate::{CurveFlux, DEGENERATE_CURVE};
use crate::observe::field;
use crate::observe::group::FieldGroup;
use crate::observe::over_grid::over_grid;
use crate::observe::peclet::{Peclet, peclet};
use crate::observe::quantity::Quantities;
use crate::observe::reactive;
use crate::observe::winding::{self, Winding};
use crate::problem::{Problem, Wall, ends};
use crate::scaled::Scaled;
use crate::solve::{Discretisation, QuasiStationary, Resources, closed_law};
use crate::study::certificate::{self, Certificate};
use crate::study::choice::Choice;
use crate::study::committor;
use crate::study::evolution::{GROUP, evolution};
use crate::study::iteration::iteration;
use crate::study::keeper::{Keeper, Unfinished};
use crate::study::ladder::Rungs;
use crate::study::level::{Analyses, Level};
use crate::study::network::NetworkStudy;
use crate::study::request::Quantity;
use crate::study::solution::{CovarianceCheck, PassageTime, QuadratureCheck, RateEstimate, Solution};
use crate::study::spectrum::{self, LevelSpectrum, SpectrumStudy};
use crate::study::warning::{OfRate, Warning};
use crate::study::{Request, StudyError, comparison, dividing};
use crate::tensor::{Point, Tensor, norm};

/// A cell Péclet number above this near the minimum or a saddle is worth a warning.
const PECLET_WARNING: f64 = 4.0;

/// A discretisation error above this is worth one too.
const LARGE_ERROR: f64 = 0.05;

/// One above this leaves no digit of the result, nor its size.
const WORTHLESS: f64 = 1.0;

/// Rates that differ by less are those of one valley, whatever its floor is like.
const SAME_VALLEY: f64 = 1e-3;

/// What is known of a solution before its finest grid is looked at.
pub(super) struct Before {
    pub choice: Choice,
    pub warnings: Vec<Warning>,
}

/// Everything that a solved problem shows; without the timing.
pub(super) fn evidence(
    request: &Request,
    level: Level<'_>,
    rungs: &Rungs<'_>,
    resources: Resources<'_>,
    Before { choice, mut warnings }: Before,
    mut keeper: Keeper<'_>,
) -> Result<Solution, StudyError> {
    resources.progress.begin("observables", 0);
    let Level { discretisation: on, mut found, reactive, several, network, spectrum, factor_bytes, .. } = level;
    let problem = on.problem;
    let of_paths = reactive.as_ref().map(|found| (&found.closed, &found.paths.stationary));
    let closed = of_paths.or(network.as_ref().map(|found| (&found.closed, &found.stationary)));
    let (mut rate, flux) = found.quasi_stationary.as_ref().map(|found| rate_and_flux(&on, found, rungs)).unzip();
    if let Some((found, rate)) = found.quasi_stationary.as_ref().zip(rate.as_ref()) {
        warnings.extend(rate_warnings(request, rate));
        warnings.extend(rungs.unresolved_crossing());
        warnings.extend(neglected_probability(&on, &found.probability));
    }
    let extrapolated = rungs.estimate(|rates| rates.passage);
    let passage = found.passage.as_ref();
    let mut passage =
        passage.map(|passage| PassageTime::new(problem.valley.start_point, passage.from_start, extrapolated));
    let mut quadrature = by_quadrature(request, problem, &mut warnings);
    let without_rate = rate.as_ref().and_then(|rate| no_slowest_mode(problem, rate));
    let flux = flux.flatten().filter(|_| without_rate.is_none());
    if without_rate.is_some() {
        (rate, found.quasi_stationary) = (None, None);
        if let Some(check) = &mut quadrature {
            check.escape_rate = None;
        }
    }
    warnings.extend(without_rate);
    let mut fields = fields(&on, &found);
    let mut quantities = Quantities::default();
    if let Some(facts) = problem.dynamics.loss().and_then(|loss| loss.slice()) {
        quantities.add("slice", &facts).expect("a view of plain values");
    }
    // With reactive paths or a network it is known already.
    let own = match request.wants(Quantity::Stationary) && closed.is_none() {
        true => {
            let closed = on.closed(resources.progress)?;
            let law = closed_law(&closed, resources)?;
            Some((closed, law))
        }
        false => None,
    };
    let probability = found.quasi_stationary.as_ref().map(|found| found.probability.as_slice());
    let peclet = match (closed.or(own.as_ref().map(|(closed, law)| (closed, law))), probability) {
        // Where only the closed chain was asked for, its law says which edges matter.
        (Some((closed, law)), None) => {
            let law: Vec<f64> = law.iter().map(|p| p.value()).collect();
            peclet(problem, &on.grid, &closed.assembly, Some(&law))
        }
        _ => peclet(problem, &on.grid, &on.assembly, probability),
    };
    warnings.extend(unresolved(&peclet, problem.dimension));
    if let Some((closed, law)) = closed.or(own.as_ref().map(|(closed, law)| (closed, law))) {
        fields.fields.extend(reactive::law(closed, law));
        fields.fields.extend(reactive::stationary_current(closed, law));
        if request.wants(Quantity::Stationary) {
            // A struct of numbers, with texts as keys.
            quantities.add("stationary", &StationaryNumbers::new(closed, law)).expect("a view of plain values");
        }
    }
    let (mut committor, mut groups) = (None, Vec::new());
    let crossed = found.quasi_stationary.as_ref().filter(|found| found.rate.is_ordinary());
    let degenerate_curve =
        crossed.and_then(|found| CurveFlux::new(problem, &on.grid, &on.assembly, &found.probability));
    if let Some(curve) = &degenerate_curve {
        quantities.add(DEGENERATE_CURVE, curve).expect("a view of plain values");
        groups.push(curve.group());
    }
    if let Some(found) = &reactive {
        let (study, over_grid, along) = committor::study(found, several, &request.committor, rungs)?;
        fields.fields.extend(over_grid);
        groups.extend(along);
        // A struct of numbers, with texts as keys.
        quantities.add("committor", &study).expect("a view of plain values");
        committor = Some(study);
    }
    let certificate = enclosed(request, problem, on.grid.cells, resources)?;
    if let Some(certificate) = &certificate {
        quantities.add("certificate", certificate).expect("a view of plain values");
    }
    let mut network_study = None;
    if let Some(found) = &network {
        let study = NetworkStudy::new(found, &rungs.network_estimates(), resources)?;
        quantities.add("network", &study).expect("a view of plain values");
        network_study = Some(study);
    }
    let spectrum_study = spectrum.as_ref().map(|found| SpectrumStudy::new(found, &rungs.spectrum_estimates()));
    if let Some(study) = &spectrum_study {
        quantities.add("spectrum", &study.lines).expect("a view of plain values");
        let (found, asked) = (study.modes.len(), request.eigenvalues);
        warnings.extend((found < asked).then_some(Warning::ShortSpectrum { found, asked }));
    }
    groups.extend(spectrum.as_ref().map(spectrum::group));
    if let Some(check) = &mut quadrature {
        warnings.extend(check.compare(rate.as_mut(), passage.as_mut()).map(Warning::from));
    }
    warnings.extend(rate.as_ref().and_then(|rate| large_error(OfRate::EscapeRate, rate.discretisation_error)));
    warnings
        .extend(passage.as_ref().and_then(|passage| large_error(OfRate::PassageTime, passage.discretisation_error)));
    if rate.is_none() && passage.as_ref().is_some_and(|passage| passage.discretisation_error.is_none()) {
        warnings.extend(request.error_estimate.then_some(Warning::NoErrorEstimate));
    }
    let rates = [rate.as_ref().map(RateEstimate::best), passage.as_ref().map(PassageTime::best)];
    let slowest = slowest_well(&on, &found, rates);
    let formulas = match if slowest.is_some() { rates[1] } else { rates[0].or(rates[1]) } {
        Some(rate) => comparison::compared(problem, rate),
        None => Formulas::default(),
    };
    warnings.extend(slowest);
    let limit = quadrature.as_ref().and_then(|check| check.escape_rate).or(rates[0]);
    let own = request.sgd.as_ref().map(|asked| iteration(asked, problem, limit, resources)).transpose()?;
    let mut solution = Solution {
        choice,
        unknowns: on.states(),
        peclet,
        rate,
        passage,
        flux_over_population: found.flux_over_population,
        flux_over_population_error: rungs.estimate(|rates| rates.flux_over_population).map(|found| found.error),
        flux,
        degenerate_curve,
        fields,
        groups,
        quantities,
        committor,
        certificate,
        network: network_study,
        spectrum: spectrum_study,
        quadrature,
        formulas,
        iteration: own,
        particles: None,
        covariance: covariance_check(problem),
        warnings,
        timing: Vec::new(),
        factor_bytes,
        grid: on.grid.clone(),
    };
    // Last, so that all else is kept with what there is of it.
    in_time(
        request,
        &on,
        &found,
        spectrum.as_ref(),
        resources,
        Unfinished { keeper: &mut keeper, solution: &mut solution, section: GROUP },
    )?;
    Ok(solution)
}

/// The escape rate with its evidence, and the flux that it is made of. Where the rate is beyond the range of ordinary numbers, so are
/// the fluxes.
fn rate_and_flux(
    on: &Discretisation<'_>,
    found: &QuasiStationary,
    rungs: &Rungs<'_>,
) -> (RateEstimate, Option<BoundaryFlux>) {
    let mut through = boundary_flux(on.problem, &on.grid, &on.assembly, &found.probability);
    dividing::against_formulas(on.problem, &mut through);
    let grids = rungs.rates.iter().filter_map(|rates| rates.quasi_stationary.map(|rate| (rates.cells, rate)));
    let extrapolation = rungs.estimate(|rates| rates.quasi_stationary);
    let rate = RateEstimate::new(found, extrapolation, grids.collect(), through.total);
    (rate, found.rate.is_ordinary().then_some(through))
}

fn unresolved(peclet: &Peclet, dimension: usize) -> Option<Warning> {
    let Peclet { relevant: number, relevant_at: at, .. } = *peclet;
    (number > PECLET_WARNING).then_some(Warning::Peclet { number, at, dimension })
}

fn rate_warnings(request: &Request, rate: &RateEstimate) -> impl Iterator<Item = Warning> {
    let is_unknown = rate.discretisation_error.is_none() && request.error_estimate;
    let open = Warning::OpenBracket { width: rate.bracket[1] - rate.bracket[0], iterations: rate.iterations };
    let unknown = is_unknown.then_some(Warning::NoErrorEstimate);
    unknown.into_iter().chain((!rate.converged).then_some(open))
}

fn large_error(of: OfRate, error: Option<f64>) -> Option<Warning> {
    let error = error?;
    // Whatever is no number is no small one.
    let is_small = error <= LARGE_ERROR;
    (!is_small).then_some(match error <= WORTHLESS {
        true => Warning::LargeError { of, error },
        false => Warning::Worthless { of, error },
    })
}

/// Fields on the grid, as far as they were asked for.
fn fields(on: &Discretisation<'_>, found: &Analyses) -> FieldGroup {
    let (problem, grid) = (on.problem, &on.grid);
    let mut fields = over_grid(grid);
    fields.fields.extend(field::loss(problem, grid));
    fields.fields.extend(field::diffusion(problem, grid));
    if let Some(found) = &found.quasi_stationary {
        fields.push(field::QUASI_STATIONARY.over(grid, on.density(&found.probability)));
        fields.fields.extend(field::current(grid, &on.assembly, &found.probability));
    }
    if let Some(times) = found.passage.as_ref().and_then(|passage| passage.times.ordinary()) {
        fields.push(field::MEAN_FIRST_PASSAGE.over(grid, on.field(times, 0.0)));
    }
    fields
}

/// What the stationary law of the closed domain says in numbers.
#[derive(Serialize)]
struct StationaryNumbers {
    /// 0 with detailed balance.
    entropy_production: Option<f64>,
    /// Around each periodic axis.
    windings: Vec<Winding>,
}

impl StationaryNumbers {
    fn new(closed: &Discretisation<'_>, law: &[Scaled]) -> StationaryNumbers {
        let is_irreversible = !closed.problem.is_reversible();
        StationaryNumbers {
            entropy_production: is_irreversible.then(|| reactive::entropy_production(closed, law)),
            windings: winding::windings(closed, law),
        }
    }
}

/// The density in time, where it was asked for.
fn in_time(
    request: &Request,
    on: &Discretisation<'_>,
    found: &Analyses,
    spectrum: Option<&LevelSpectrum<'_>>,
    resources: Resources<'_>,
    mut unfinished: Unfinished<'_, '_>,
) -> Result<(), StudyError> {
    let Some(asked) = &request.evolve else { return Ok(()) };
    // A closed chain has no plateau.
    let modes = spectrum.filter(|found| found.on.assembly.kills()).map_or(&[][..], |found| &found.modes[..]);
    let (known, scheme) = (found.quasi_stationary.as_ref(), request.grid.scheme());
    let evolved = evolution(asked, on, known, modes, scheme, resources, &mut unfinished)?;
    let solution = unfinished.solution;
    // A struct of lists and numbers, with texts as keys.
    solution.quantities.add(GROUP, &evolved.record).expect("a view of plain values");
    solution.warnings.extend(evolved.warnings);
    solution.groups.extend(evolved.groups);
    Ok(())
}

/// The quadrature, where there is one.
fn by_quadrature(request: &Request, problem: &Problem, warnings: &mut Vec<Warning>) -> Option<QuadratureCheck> {
    request.wants_killing().then(|| comparison::quadrature(problem, warnings)).flatten()
}

/// The interval around the rate, when asked for. A spectrum that is continuous from the rate on has none.
fn enclosed(
    request: &Request,
    problem: &Problem,
    cells: [usize; 2],
    resources: Resources<'_>,
) -> Result<Option<Certificate>, StudyError> {
    request.wants(Quantity::Certificate).then(|| certificate::certify(problem, cells, resources)).transpose()
}

/// A word where the rate that the grid has is none: the spectrum is continuous from it on.
fn no_slowest_mode(problem: &Problem, rate: &RateEstimate) -> Option<Warning> {
    let (at, begins) = ends::continuous_from(problem)?;
    let highest = rate.value.value() * (1.0 + rate.discretisation_error.unwrap_or(0.0));
    (highest >= begins).then_some(Warning::NoSlowestMode { at, begins })
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
    let covariance = problem.dynamics.metric().map_or(covariance, |metric| metric.measured(covariance));
    let alignment = product(covariance, hessian) / (product(covariance, covariance) * product(hessian, hessian)).sqrt();
    Some(CovarianceCheck { covariance, ratios, alignment })
}

/// A word where probability leans on a reflecting wall of a domain that was chosen automatically.
fn neglected_probability(on: &Discretisation<'_>, probability: &[f64]) -> Option<Warning> {
    let (problem, grid) = (on.problem, &on.grid);
    if !problem.domain.automatic {
        return None;
    }
    let on_edge = |cell: u32| {
        let indices = grid.indices(cell as usize);
        (0..grid.dimension).any(|axis| {
            let ends = [indices[axis] == 0, indices[axis] + 1 == grid.cells[axis]];
            (0..2).any(|end| ends[end] && problem.domain.wall(axis, end) == Some(Wall::Reflecting))
        })
    };
    let cells = &on.assembly.cells;
    let edge: f64 = cells.iter().zip(probability).filter(|(cell, _)| on_edge(**cell)).map(|(_, p)| p).sum();
    // The wall stands for all that lies beyond it, which falls off over about one cell.
    (edge > 1e-16).then_some(Warning::NeglectedProbability { probability: edge })
}

/// A word where the quasi-stationary rate is not that of the start's well but of a slower one.
fn slowest_well(on: &Discretisation<'_>, found: &Analyses, [rate, passage]: [Option<Scaled>; 2]) -> Option<Warning> {
    if let Some(share) = found.share_in_start.filter(|&share| share < 0.5) {
        return Some(Warning::ElsewhereThanStart { share });
    }
    let differs = |rate: Scaled, passage: Scaled| (rate.over(passage).value() - 1.0).abs() > SAME_VALLEY;
    let differ = rate.zip(passage).is_some_and(|(rate, passage)| differs(rate, passage));
    let at = found.quasi_stationary.as_ref().filter(|_| differ).and_then(|found| other_well(on, &found.probability))?;
    Some(Warning::OtherWell { at, dimension: on.problem.dimension })
}

/// The minimum next to where the density is largest, when that is not the one to start from.
fn other_well(on: &Discretisation<'_>, probability: &[f64]) -> Option<Point> {
    let problem = on.problem;
    let start = problem.valley.minimum?;
    let most = (0..probability.len()).max_by(|&a, &b| probability[a].total_cmp(&probability[b]))?;
    let at = on.centre(most);
    let space = problem.domain.space();
    let distance = |index: &usize| norm(space.offset(at, problem.critical.minima[*index].theta));
    let minima = &problem.critical.minima;
    let lives = |index: &usize| {
        problem.domain.contains(minima[*index].theta) && problem.valley.live.holds(minima[*index].theta)
    };
    let nearest = (0..minima.len()).filter(lives).min_by(|a, b| distance(a).total_cmp(&distance(b)))?;
    (nearest != start).then(|| minima[nearest].theta)
}
