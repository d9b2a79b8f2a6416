//! The paths between two sets: the numbers that a summary says of them.

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

/// The two sets that are asked for.
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

/// What a run says of reactive paths, with its fields over the grid and its groups of fields.
///
/// # Errors
/// Sets and surfaces that are not between one another.
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

/// What a run says of the paths from one set to another.
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
    /// Where q⁺ = ½, in one dimension.
    halfway: Option<Vec<f64>>,
    /// ∫ J·D⁻¹J/p; absent where the process is known to be reversible.
    entropy_production: Option<f64>,
    /// The flux across surfaces between the sets, over which saddles; in two dimensions.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub surfaces: Vec<SurfaceFlux>,
    /// Several sets, when asked for.
    pub several: Option<SeveralStudy>,
    #[serde(skip)]
    numbers: Numbers,
}

/// The numbers that a report shows.
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
    /// The relative error of k_AB by the grid.
    pub error: Option<f64>,
    /// The centre, or the heaviest cell, of either set.
    pub ends: [Point; 2],
    /// The place where q⁺ = ½, in one dimension, where it is one place.
    pub halfway: Option<f64>,
    /// The entropy production rate.
    pub entropy_production: Option<f64>,
}

impl CommittorStudy {
    /// The numbers of the finest grid, with what the grids say together of the rate.
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

    /// The numbers that a report shows.
    pub fn numbers(&self) -> Numbers {
        self.numbers
    }
}

/// The centre of the cell of a set in which most of the stationary law is.
fn heaviest(found: &Reactive<'_>, set: usize) -> Point {
    let own = [Side::From, Side::To][set];
    let law = &found.paths.stationary;
    let heavier = |best: usize, state: usize| if law[state].is_greater(law[best]) { state } else { best };
    let states = (0..law.len()).filter(|&state| found.paths.cores.side[state] == own);
    // A set has a cell, or there are no paths.
    found.closed.centre(states.reduce(heavier).unwrap_or(0))
}
