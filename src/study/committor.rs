//! Reactive paths between two sets: their numbers in the summary.

use serde::Serialize;

use crate::observe::dividing::SurfaceFlux;
use crate::observe::group::{Field, FieldGroup};
use crate::observe::quantity::Logged;
use crate::observe::reactive::{self, entropy_production, halfway};
use crate::problem::Problem;
use crate::problem::core_set::{CoreSet, CoreSpec};
use crate::problem::fault::MeantMinimum;
use crate::scaled::Scaled;
use crate::solve::{Hits, Reactive, Side};
use crate::study::StudyError;
use crate::study::extrapolation::Extrapolation;
use crate::study::request::CommittorRequest;
use crate::study::rungs::Rungs;
use crate::study::several::SeveralStudy;
use crate::study::{dividing, several};
use crate::tensor::Point;

/// Returns the two sets that are asked for, or finds them.
///
/// # Errors
/// Sets that are not given and cannot be found, and points without a minimum near them.
pub fn sets(request: &CommittorRequest, problem: &Problem) -> Result<[CoreSet; 2], StudyError> {
    let named = |spec: &CoreSpec, meant| CoreSet::new(spec, problem, meant).map_err(StudyError::from);
    let CommittorRequest { from, to, .. } = request;
    Ok(match (from, to) {
        (Some(from), Some(to)) => [named(from, MeantMinimum::PathsFrom)?, named(to, MeantMinimum::PathsTo)?],
        _ => {
            let [found_from, found_to] = CoreSet::across_the_lowest_saddle(problem)?;
            [
                from.as_ref().map_or(Ok(found_from), |from| named(from, MeantMinimum::PathsFrom))?,
                to.as_ref().map_or(Ok(found_to), |to| named(to, MeantMinimum::PathsTo))?,
            ]
        }
    })
}

/// Returns the numbers of the reactive paths with their fields on the grid and their field groups.
///
/// # Errors
/// Sets and surfaces of which one does not separate the others.
pub(super) fn study(
    found: &Reactive<'_>,
    hits: Option<Hits>,
    request: &CommittorRequest,
    rungs: &Rungs<'_>,
) -> Result<(CommittorStudy, Vec<Field>, Vec<FieldGroup>), StudyError> {
    let sets = sets(request, found.closed.problem)?;
    let mut study = CommittorStudy::new(found, &sets, rungs.reactive_estimate());
    let mut fields = reactive::fields(found);
    let mut groups: Vec<FieldGroup> = reactive::marginals(found).into_iter().collect();
    study.surfaces = dividing::surfaces(found, request, study.numbers.ends)?;
    groups.extend(study.surfaces.iter().map(SurfaceFlux::group));
    if let Some(hits) = hits {
        let (several, hitting) = several::study(&found.closed, hits, &rungs.several_estimates());
        study.several = Some(several);
        fields.extend(hitting);
    }
    Ok((study, fields, groups))
}

/// The numbers of the paths from one set to another.
#[derive(Clone, Debug, Serialize)]
pub struct CommittorStudy {
    #[serde(flatten)]
    rate: Logged,
    #[serde(flatten)]
    flux: Logged,
    #[serde(flatten)]
    flux_at_to: Logged,
    #[serde(flatten)]
    rate_back: Logged,
    extrapolated: Option<f64>,
    discretisation_error: Option<f64>,
    from: Vec<f64>,
    to: Vec<f64>,
    #[serde(flatten)]
    reactive_share: Logged,
    path_duration: f64,
    from_last: Option<f64>,
    to_last: Option<f64>,
    /// The points where q⁺ = ½, in one dimension.
    halfway: Option<Vec<f64>>,
    /// ∫ J·D⁻¹J/p; absent for processes known to be reversible.
    entropy_production: Option<f64>,
    /// The flux across each surface between the sets, with the saddles that it passes; in two dimensions.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub surfaces: Vec<SurfaceFlux>,
    /// The results for several sets, when asked for.
    pub several: Option<SeveralStudy>,
    #[serde(skip)]
    numbers: Numbers,
}

/// The numbers for the report on the terminal.
#[derive(Clone, Copy, Debug)]
pub struct Numbers {
    /// k_AB.
    pub rate: Scaled,
    /// k_BA.
    pub rate_back: Scaled,
    /// F_AB.
    pub flux: Scaled,
    /// The mean duration of a reactive path.
    pub duration: Scaled,
    /// The relative discretisation error of k_AB.
    pub error: Option<f64>,
    /// For each set its centre, or the cell with the largest stationary probability.
    pub ends: [Point; 2],
    /// The point where q⁺ = ½, in one dimension and if there is only one.
    pub halfway: Option<f64>,
    /// The rate of entropy production.
    pub entropy_production: Option<f64>,
}

impl CommittorStudy {
    /// Collects the numbers of the finest grid and the extrapolation of the rate over the grids.
    pub fn new(found: &Reactive<'_>, sets: &[CoreSet; 2], extrapolation: Option<Extrapolation>) -> CommittorStudy {
        let (paths, closed) = (&found.paths, &found.closed);
        let (problem, dimension) = (closed.problem, closed.grid.dimension);
        let ends = [0, 1].map(|set| sets[set].centre.unwrap_or_else(|| heaviest(found, set)));
        let halves = (dimension == 1).then(|| halfway(&closed.grid, &closed.field_of(&paths.forward)));
        let production = (!problem.is_reversible()).then(|| entropy_production(closed, &paths.stationary));
        let [rate, rate_back, flux] = [paths.rate(), paths.rate_back(), paths.flux[0]];
        let share = |set: usize| paths.population[set].is_ordinary().then(|| paths.population[set].value());
        CommittorStudy {
            rate: Logged::new("rate", rate),
            flux: Logged::new("flux", flux),
            flux_at_to: Logged::new("flux_at_to", paths.flux[1]),
            rate_back: Logged::new("rate_back", rate_back),
            extrapolated: extrapolation.filter(|e| e.value.is_ordinary()).map(|e| e.value.value()),
            discretisation_error: extrapolation.map(|e| e.error),
            from: ends[0][..dimension].to_vec(),
            to: ends[1][..dimension].to_vec(),
            reactive_share: Logged::new("reactive_share", paths.reactive_share),
            path_duration: paths.duration().value(),
            from_last: share(0),
            to_last: share(1),
            numbers: Numbers {
                rate,
                rate_back,
                flux,
                duration: paths.duration(),
                error: extrapolation.map(|e| e.error),
                ends,
                halfway: halves.as_deref().and_then(|halves| <[f64; 1]>::try_from(halves).ok()).map(|[at]| at),
                entropy_production: production,
            },
            halfway: halves,
            entropy_production: production,
            surfaces: Vec::new(),
            several: None,
        }
    }

    /// The numbers for the report on the terminal.
    pub fn numbers(&self) -> Numbers {
        self.numbers
    }
}

/// The centre of the cell of a set that has the largest stationary probability.
fn heaviest(found: &Reactive<'_>, set: usize) -> Point {
    let own = [Side::From, Side::To][set];
    let law = &found.paths.stationary;
    let heavier = |best: usize, state: usize| if law[state].is_greater(law[best]) { state } else { best };
    let states = (0..law.len()).filter(|&state| found.paths.cores.side[state] == own);
    // Each set has a cell, as the solve of the paths requires.
    found.closed.centre(states.reduce(heavier).unwrap_or(0))
}
