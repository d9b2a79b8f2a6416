//! The results of the finest grid with their errors from the coarser ones: rates, fields, fluxes, formulas, warnings.

use crate::problem::Problem;
use crate::solve::network::pencil::Eigenvalue;
use crate::solve::{Discretisation, Resources};
use crate::study::choice::Choice;
use crate::study::escape::{Escape, large_error};
use crate::study::evolution::{GROUP, evolution};
use crate::study::extrapolation::Extrapolation;
use crate::study::gathered::{Gathered, Studies};
use crate::study::iteration::iteration;
use crate::study::keeper::{Keeper, Unfinished};
use crate::study::level::{Analyses, Level};
use crate::study::request::Quantity;
use crate::study::rungs::Rungs;
use crate::study::solution::{CovarianceCheck, Solution};
use crate::study::spectrum::LevelSpectrum;
use crate::study::warning::{OfRate, Warning};
use crate::study::{Request, StudyError};
use crate::tensor::Tensor;

/// The margin of what second order leaves in flux over population.
const MARGIN_OF_POPULATION: f64 = 2.0;

/// The scheme of a solution and its warnings from before the evaluation of the finest grid.
pub(super) struct Before {
    pub choice: Choice,
    pub warnings: Vec<Warning>,
}

/// Evaluates a solved problem; the timing is added by the caller.
pub(super) fn evidence(
    request: &Request,
    mut level: Level<'_>,
    rungs: &Rungs<'_>,
    resources: Resources<'_>,
    Before { choice, mut warnings }: Before,
    mut keeper: Keeper<'_>,
) -> Result<Solution, StudyError> {
    resources.progress.begin("observables", 0);
    let problem = level.discretisation.problem;
    let mut escape = Escape::new(request, &level.discretisation, &mut level.found, rungs, &mut warnings);
    let (mut gathered, peclet) = Gathered::of(request, &level, warnings, resources)?;
    let several = level.several.take();
    let Studies { degenerate_curve, exits, committor, certificate, network, spectrum } =
        gathered.studies(request, &level, several, rungs, resources)?;
    let (on, found) = (&level.discretisation, &level.found);
    escape.judge(request, rungs, &mut gathered.warnings);
    gathered.warnings.extend(large_errors(request, rungs));
    let formulas = gathered.formulas(on, found, escape.best());
    let limit = escape.quadrature.as_ref().and_then(|check| check.escape_rate).or(escape.best()[0]);
    let iteration = request.sgd.as_ref().map(|asked| iteration(asked, problem, limit, resources)).transpose()?;
    let Gathered { fields, groups, quantities, warnings } = gathered;
    let Escape { rate, flux, passage, quadrature } = escape;
    // Without a target the population is the time from the start point, which the quadrature knows.
    let by_quadrature = quadrature.as_ref().filter(|_| problem.valley.target.is_none()).map_or(0.0, |check| {
        let population = found.flux_over_population.map(|value| check.time.scaled(value).value());
        population.map_or(0.0, |product| (product - 1.0).abs() + check.relative_error)
    });
    let of_source = rungs.interpolation(|rates| rates.flux_over_population).map_or(0.0, |found| found.error);
    let mut solution = Solution {
        choice,
        unknowns: on.states(),
        peclet,
        rate,
        passage,
        flux_over_population: found.flux_over_population,
        flux_over_population_error: rungs
            .estimate_beside(|rates| rates.flux_over_population, MARGIN_OF_POPULATION)
            .map(|found| found.error.max(rungs.least_error()).max(by_quadrature) + of_source),
        flux,
        degenerate_curve,
        exits,
        fields,
        groups,
        shown: None,
        quantities,
        committor,
        certificate,
        network,
        spectrum,
        quadrature,
        formulas,
        iteration,
        particles: None,
        covariance: covariance_check(problem),
        warnings,
        timing: Vec::new(),
        factor_bytes: level.factor_bytes,
        grid: on.grid.clone(),
    };
    // The evolution comes last, so that everything else is saved along with each part of it.
    let unfinished = Unfinished { keeper: &mut keeper, solution: &mut solution, section: GROUP };
    in_time(request, on, found, level.spectrum.as_ref(), resources, unfinished)?;
    Ok(solution)
}

/// The warnings of large estimated errors of the quantities of the closed chain, and of the slowest mode unless the
/// escape rate was requested.
fn large_errors(request: &Request, rungs: &Rungs<'_>) -> impl Iterator<Item = Warning> {
    let first = |found: Vec<Option<Extrapolation>>| found.into_iter().flatten().next();
    let mode = if request.wants(Quantity::Rate) { None } else { first(rungs.spectrum_estimates()) };
    let slowest = |values: &[Eigenvalue]| values.iter().map(|value| value.modulus()).find(|value| value.is_positive());
    let errors = [
        (OfRate::ReactiveRate, rungs.reactive_estimate(), rungs.last_change(|rates| rates.reactive)),
        (OfRate::Relaxation, first(rungs.network_estimates()), rungs.last_change(|rates| slowest(&rates.network))),
        (OfRate::SlowestMode, mode, rungs.last_change(|rates| slowest(&rates.spectrum))),
    ];
    errors.into_iter().filter_map(|(of, found, change)| large_error(of, Some(found?.error), change))
}

/// Computes the evolution in time, where it was asked for.
fn in_time(
    request: &Request,
    on: &Discretisation<'_>,
    found: &Analyses,
    spectrum: Option<&LevelSpectrum<'_>>,
    resources: Resources<'_>,
    mut unfinished: Unfinished<'_, '_>,
) -> Result<(), StudyError> {
    let Some(asked) = &request.evolve else { return Ok(()) };
    // The modes of a closed chain are not passed on: it has no plateau.
    let modes = spectrum.filter(|found| found.on.assembly.kills()).map_or(&[][..], |found| &found.modes[..]);
    let (known, scheme) = (found.quasi_stationary.as_ref(), request.grid.scheme());
    let evolved = evolution(asked, on, known, modes, scheme, resources, &mut unfinished)?;
    let solution = unfinished.solution;
    // Serialisation cannot fail: all keys are texts, and no field returns an error.
    solution.quantities.add(GROUP, &evolved.record).expect("a view of plain values");
    solution.warnings.extend(evolved.warnings);
    solution.groups.extend(evolved.groups);
    solution.shown = evolved.shown;
    Ok(())
}

/// The covariance of the data's gradients at the minimum compared with the Hessian there.
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
