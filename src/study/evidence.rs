//! The results of the finest grid with their errors from the coarser ones: rates, fields, fluxes, formulas, warnings.

use serde::Serialize;

use crate::formula::Formulas;
use crate::observe::degenerate::{CurveFlux, DEGENERATE_CURVE};
use crate::observe::field;
use crate::observe::group::FieldGroup;
use crate::observe::over_grid::over_grid;
use crate::observe::peclet::{Peclet, peclet};
use crate::observe::quantity::Quantities;
use crate::observe::reactive;
use crate::observe::winding::{self, Winding};
use crate::problem::Problem;
use crate::scaled::Scaled;
use crate::solve::network::pencil::Eigenvalue;
use crate::solve::network::valleys::ValleyNetwork;
use crate::solve::{Discretisation, Hits, Reactive, Resources, closed_law};
use crate::study::certificate::{self, Certificate};
use crate::study::choice::Choice;
use crate::study::committor::{self, CommittorStudy};
use crate::study::comparison::{self, Comparison};
use crate::study::escape::{Escape, large_error};
use crate::study::evolution::{GROUP, evolution};
use crate::study::extrapolation::Extrapolation;
use crate::study::iteration::iteration;
use crate::study::keeper::{Keeper, Unfinished};
use crate::study::level::{Analyses, Level};
use crate::study::network::NetworkStudy;
use crate::study::request::Quantity;
use crate::study::rungs::Rungs;
use crate::study::solution::{CovarianceCheck, Solution};
use crate::study::spectrum::{self, LevelSpectrum, SpectrumStudy};
use crate::study::warning::{OfRate, Warning};
use crate::study::{Request, StudyError};
use crate::tensor::{Point, Tensor, norm};

/// The cell Péclet number near the minimum or a saddle above which there is a warning.
const PECLET_WARNING: f64 = 4.0;

/// The relative difference below which two rates belong to the same valley.
const SAME_VALLEY: f64 = 1e-3;

/// What is known of a solution before the evaluation of its finest grid.
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
    let Studies { degenerate_curve, committor, certificate, network, spectrum } =
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
            .estimate(|rates| rates.flux_over_population)
            .map(|found| found.error.max(rungs.least_error()).max(by_quadrature) + of_source),
        flux,
        degenerate_curve,
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

/// Warnings of large estimated errors of what the closed chain has, and of the slowest mode where that is no requested
/// escape rate.
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

/// The studies of the finest grid that were requested or apply.
struct Studies {
    degenerate_curve: Option<CurveFlux>,
    committor: Option<CommittorStudy>,
    certificate: Option<Certificate>,
    network: Option<NetworkStudy>,
    spectrum: Option<SpectrumStudy>,
}

/// The results collected from the analyses of the finest grid.
struct Gathered {
    fields: FieldGroup,
    groups: Vec<FieldGroup>,
    quantities: Quantities,
    warnings: Vec<Warning>,
}

impl Gathered {
    /// The fields of the finest grid, with those of the stationary distribution if it was computed or requested, and the
    /// cell Péclet numbers.
    fn of(
        request: &Request,
        level: &Level<'_>,
        warnings: Vec<Warning>,
        resources: Resources<'_>,
    ) -> Result<(Gathered, Peclet), StudyError> {
        let Level { discretisation: on, found, reactive, network, .. } = level;
        let problem = on.problem;
        let of_paths = reactive.as_ref().map(|found| (&found.closed, &found.paths.stationary));
        let closed = of_paths.or(network.as_ref().map(|found| (&found.closed, &found.stationary)));
        // With reactive paths or a network the stationary distribution is known already.
        let own = match request.wants(Quantity::Stationary) && closed.is_none() {
            true => Some(stationary(on, resources)?),
            false => None,
        };
        let closed = closed.or(own.as_ref().map(|(closed, law)| (closed, law)));
        let fields = fields(on, found);
        let mut gathered = Gathered { fields, groups: Vec::new(), quantities: Quantities::default(), warnings };
        if let Some(facts) = problem.dynamics.loss().and_then(|loss| loss.slice()) {
            gathered.add("slice", &facts);
        }
        let peclet = peclet_numbers(on, found, closed);
        gathered.warnings.extend(unresolved(&peclet, problem.dimension));
        if let Some((closed, law)) = closed {
            gathered.stationary(request, closed, law);
        }
        Ok((gathered, peclet))
    }

    /// Adds the studies of the finest grid.
    fn studies(
        &mut self,
        request: &Request,
        level: &Level<'_>,
        several: Option<Hits>,
        rungs: &Rungs<'_>,
        resources: Resources<'_>,
    ) -> Result<Studies, StudyError> {
        let Level { discretisation: on, found, reactive, network, spectrum, .. } = level;
        let degenerate_curve = self.degenerate_curve(on, found);
        let committor = reactive.as_ref().map(|found| self.committor(found, several, request, rungs)).transpose()?;
        let certificate = enclosed(request, on.problem, on.grid.cells, resources)?;
        if let Some(certificate) = &certificate {
            self.add("certificate", certificate);
        }
        let network = network.as_ref().map(|found| self.network(found, rungs, resources)).transpose()?;
        let spectrum = spectrum.as_ref().map(|found| self.spectrum(found, request, rungs));
        Ok(Studies { degenerate_curve, committor, certificate, network, spectrum })
    }

    /// Adds a serialisable result under its name.
    fn add(&mut self, name: &'static str, found: &impl Serialize) {
        self.quantities.add(name, found).expect("a view of plain values");
    }

    fn stationary(&mut self, request: &Request, closed: &Discretisation<'_>, law: &[Scaled]) {
        self.fields.fields.extend(reactive::law(closed, law));
        self.fields.fields.extend(reactive::stationary_current(closed, law));
        if request.wants(Quantity::Stationary) {
            self.add("stationary", &StationaryNumbers::new(closed, law));
        }
    }

    fn degenerate_curve(&mut self, on: &Discretisation<'_>, found: &Analyses) -> Option<CurveFlux> {
        let crossed = found.quasi_stationary.as_ref().filter(|found| found.rate.is_ordinary())?;
        let curve = CurveFlux::new(on.problem, &on.grid, &on.assembly, &crossed.probability)?;
        self.add(DEGENERATE_CURVE, &curve);
        self.groups.push(curve.group());
        Some(curve)
    }

    fn committor(
        &mut self,
        found: &Reactive<'_>,
        several: Option<Hits>,
        request: &Request,
        rungs: &Rungs<'_>,
    ) -> Result<CommittorStudy, StudyError> {
        let (study, over_grid, along) = committor::study(found, several, &request.committor, rungs)?;
        self.fields.fields.extend(over_grid);
        self.groups.extend(along);
        self.add("committor", &study);
        Ok(study)
    }

    fn network(
        &mut self,
        found: &ValleyNetwork<'_>,
        rungs: &Rungs<'_>,
        resources: Resources<'_>,
    ) -> Result<NetworkStudy, StudyError> {
        let study = NetworkStudy::new(found, &rungs.network_estimates(), resources)?;
        self.add("network", &study);
        Ok(study)
    }

    fn spectrum(&mut self, found: &LevelSpectrum<'_>, request: &Request, rungs: &Rungs<'_>) -> SpectrumStudy {
        let study = SpectrumStudy::new(found, &rungs.spectrum_estimates());
        self.add("spectrum", &study.lines);
        let (count, asked) = (study.modes.len(), request.eigenvalues);
        self.warnings.extend((count < asked).then_some(Warning::ShortSpectrum { found: count, asked }));
        self.groups.push(spectrum::group(found));
        study
    }

    /// The formulas compared with the escape rate from the start's own well.
    fn formulas(
        &mut self,
        on: &Discretisation<'_>,
        found: &Analyses,
        rates: [Option<Scaled>; 2],
    ) -> Formulas<Comparison> {
        let slowest = slowest_well(on, found, rates);
        let rate = if slowest.is_some() { rates[1] } else { rates[0].or(rates[1]) };
        self.warnings.extend(slowest);
        rate.map_or_else(Formulas::default, |rate| comparison::compared(on.problem, rate))
    }
}

/// The closed chain on the same grid with its stationary distribution.
fn stationary<'a>(
    on: &Discretisation<'a>,
    resources: Resources<'_>,
) -> Result<(Discretisation<'a>, Vec<Scaled>), StudyError> {
    let closed = on.closed(resources.progress)?;
    let law = closed_law(&closed, resources)?;
    Ok((closed, law))
}

/// The cell Péclet numbers. Where only the closed chain was asked for, its stationary distribution decides which edges
/// are relevant.
fn peclet_numbers(
    on: &Discretisation<'_>,
    found: &Analyses,
    closed: Option<(&Discretisation<'_>, &Vec<Scaled>)>,
) -> Peclet {
    let requested = found.quasi_stationary.as_ref().map(|found| &found.probability);
    let probability = requested.or(found.whereabouts.as_ref()).map(Vec::as_slice);
    match (closed, probability) {
        (Some((closed, law)), None) => {
            let law: Vec<f64> = law.iter().map(|p| p.value()).collect();
            peclet(on.problem, &on.grid, &closed.assembly, Some(&law))
        }
        _ => peclet(on.problem, &on.grid, &on.assembly, probability),
    }
}

fn unresolved(peclet: &Peclet, dimension: usize) -> Option<Warning> {
    let Peclet { relevant: number, relevant_at: at, .. } = *peclet;
    (number > PECLET_WARNING).then_some(Warning::Peclet { number, at, dimension })
}

/// The fields on the grid that were asked for.
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

/// The numbers derived from the stationary distribution of the closed domain.
#[derive(Serialize)]
struct StationaryNumbers {
    /// The rate of entropy production; absent with detailed balance.
    entropy_production: Option<f64>,
    /// The winding around each periodic axis.
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
    // A struct of lists and numbers with string keys always serialises.
    solution.quantities.add(GROUP, &evolved.record).expect("a view of plain values");
    solution.warnings.extend(evolved.warnings);
    solution.groups.extend(evolved.groups);
    solution.shown = evolved.shown;
    Ok(())
}

/// The enclosure of the rate, when asked for.
fn enclosed(
    request: &Request,
    problem: &Problem,
    cells: [usize; 2],
    resources: Resources<'_>,
) -> Result<Option<Certificate>, StudyError> {
    request.wants(Quantity::Certificate).then(|| certificate::certify(problem, cells, resources)).transpose()
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

/// A warning where the quasi-stationary rate is not that of the start's well but of a slower one.
fn slowest_well(on: &Discretisation<'_>, found: &Analyses, [rate, passage]: [Option<Scaled>; 2]) -> Option<Warning> {
    if let Some(share) = found.share_in_start.filter(|&share| share < 0.5) {
        return Some(Warning::ElsewhereThanStart { share });
    }
    let differs = |rate: Scaled, passage: Scaled| (rate.over(passage).value() - 1.0).abs() > SAME_VALLEY;
    let differ = rate.zip(passage).is_some_and(|(rate, passage)| differs(rate, passage));
    let at = found.quasi_stationary.as_ref().filter(|_| differ).and_then(|found| other_well(on, &found.probability))?;
    Some(Warning::OtherWell { at, dimension: on.problem.dimension })
}

/// The minimum nearest to the maximum of the density, if it is not the start minimum.
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
