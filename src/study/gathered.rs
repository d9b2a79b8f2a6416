//! The fields, groups and quantities of the finest grid with their warnings.

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
use crate::solve::network::valleys::ValleyNetwork;
use crate::solve::{Discretisation, Hits, Reactive, Resources, closed_law};
use crate::study::certificate::{self, Certificate};
use crate::study::committor::{self, CommittorStudy};
use crate::study::comparison::{self, Comparison};
use crate::study::exits::{ExitStudy, LevelExits};
use crate::study::level::{Analyses, Level};
use crate::study::network::NetworkStudy;
use crate::study::request::Quantity;
use crate::study::rungs::Rungs;
use crate::study::slowest_well::slowest_well;
use crate::study::spectrum::{self, LevelSpectrum, SpectrumStudy};
use crate::study::warning::Warning;
use crate::study::{Request, StudyError};

/// The cell Péclet number near the minimum or a saddle above which there is a warning.
const PECLET_WARNING: f64 = 4.0;

/// The studies of the finest grid that were requested or apply.
pub(super) struct Studies {
    pub degenerate_curve: Option<CurveFlux>,
    pub exits: Option<ExitStudy>,
    pub committor: Option<CommittorStudy>,
    pub certificate: Option<Certificate>,
    pub network: Option<NetworkStudy>,
    pub spectrum: Option<SpectrumStudy>,
}

/// The results collected from the analyses of the finest grid.
pub(super) struct Gathered {
    pub fields: FieldGroup,
    pub groups: Vec<FieldGroup>,
    pub quantities: Quantities,
    pub warnings: Vec<Warning>,
}

impl Gathered {
    /// Collects the fields of the finest grid, with those of the stationary distribution if it was computed or
    /// requested, and the cell Péclet numbers.
    pub(super) fn of(
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
    pub(super) fn studies(
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
        let certificate = self.enclosed(request, on.problem, on.grid.cells, resources)?;
        if let Some(certificate) = &certificate {
            self.add("certificate", certificate);
        }
        let exits = found.exits.as_ref().map(|found| self.exits(on, found, rungs));
        let times = level.passage_times.as_deref().unwrap_or_default();
        let network = network.as_ref().map(|found| self.network(found, times, rungs)).transpose()?;
        let spectrum = spectrum.as_ref().map(|found| self.spectrum(found, request, rungs));
        Ok(Studies { degenerate_curve, exits, committor, certificate, network, spectrum })
    }

    /// Computes the certified interval around the rate, if requested. If it fails and rates were requested too, the
    /// failure becomes a warning.
    fn enclosed(
        &mut self,
        request: &Request,
        problem: &Problem,
        cells: [usize; 2],
        resources: Resources<'_>,
    ) -> Result<Option<Certificate>, StudyError> {
        if !request.wants(Quantity::Certificate) {
            return Ok(None);
        }
        match certificate::certify(problem, cells, resources) {
            Ok(found) => Ok(Some(found)),
            Err(error) if matches!(error, StudyError::Interrupted) || !request.wants_rates() => Err(error),
            Err(error) => {
                self.warnings.push(Warning::CertificateUnknown { reason: Box::new(error) });
                Ok(None)
            }
        }
    }

    /// Adds a serialisable result under its name.
    fn add(&mut self, name: &'static str, found: &impl Serialize) {
        // Serialisation cannot fail: all keys are texts, and no field of a result returns an error.
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

    fn exits(&mut self, on: &Discretisation<'_>, found: &LevelExits, rungs: &Rungs<'_>) -> ExitStudy {
        let study = ExitStudy::new(on, found, rungs);
        let has_mean = self.fields.field(field::MEAN_FIRST_PASSAGE.name).is_some();
        self.fields.fields.extend(found.fields(on, has_mean));
        self.add("exits", &study);
        study
    }

    fn network(
        &mut self,
        found: &ValleyNetwork<'_>,
        times: &[Vec<Scaled>],
        rungs: &Rungs<'_>,
    ) -> Result<NetworkStudy, StudyError> {
        let study =
            NetworkStudy::new(found, times.to_vec(), &rungs.network_estimates(), &rungs.between_valleys_estimates())?;
        let problem = found.closed.problem;
        let at_walls = problem.wells_at_walls().into_iter().take(1);
        self.warnings.extend(at_walls.map(|at| Warning::WellAtWall { at, dimension: problem.dimension }));
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
    pub(super) fn formulas(
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

/// The cell Péclet numbers. Without an analysis of the killed chain the stationary distribution of the closed chain
/// decides which edges are relevant.
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

/// The requested fields over the grid.
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
