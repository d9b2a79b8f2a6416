//! Hitting probabilities of several sets, and the stationary fluxes between them.

use serde::Serialize;

use crate::observe::group::{Field, Label};
use crate::observe::over_grid::AXES;
use crate::problem::core_set::CoreSet;
use crate::problem::fault::MeantMinimum;
use crate::scaled::Scaled;
use crate::solve::{Discretisation, Hits, Resources, several};
use crate::study::StudyError;
use crate::study::extrapolation::Extrapolation;
use crate::study::network::{LogRate, logarithms, ordinary, table, with_diagonal};
use crate::study::request::CommittorRequest;

/// The beginning of the name of a field, before the number of the set: the probability of hitting that set before the
/// others.
pub const HITTING: &str = "hitting_";

/// The numbers of the summary, for the sets in the order of the request. Numbers of a list are `None` if one of them is
/// beyond the range of f64.
#[derive(Clone, Debug, Serialize)]
pub struct SeveralStudy {
    /// Σ π h_a: the fraction of time during which each set is the next to be visited.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<Vec<f64>>,
    /// The fraction of time during which each set was the last to be visited.
    #[serde(skip_serializing_if = "Option::is_none")]
    last: Option<Vec<f64>>,
    /// F_ab, the stationary flux from set a to set b, per unit of dynamical time; 0 on the diagonal.
    #[serde(skip_serializing_if = "Option::is_none")]
    flux: Option<Vec<Vec<f64>>>,
    /// The estimated relative discretisation error of each flux; `None` if grids were not compared for every flux that
    /// is not 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    discretisation_error: Option<Vec<Vec<f64>>>,
    /// F_ab divided by `last`[a], with minus the sum of the row on the diagonal: the generator of the chain of sets.
    #[serde(skip_serializing_if = "Option::is_none")]
    rates: Option<Vec<Vec<f64>>>,
    /// ln F_ab of each positive flux, given instead of `flux` if that is `None`.
    #[serde(skip_serializing_if = "Option::is_none")]
    log_flux: Option<Vec<LogRate>>,
    /// The largest relative difference between a flux summed where it leaves a set and where it arrives.
    flux_disagreement: f64,
    /// The hitting probabilities and fluxes with extended exponents.
    #[serde(skip)]
    pub hits: Hits,
}

/// Computes the hitting probabilities and fluxes of the sets of a request on a closed chain with the stationary
/// distribution `law`; `None` if the request names no sets.
///
/// # Errors
/// [`StudyError`]: a point without a minimum near it, sets that overlap or contain no cell centre, or a failed
/// elimination.
pub(super) fn hits(
    request: &CommittorRequest,
    closed: &Discretisation<'_>,
    law: &[Scaled],
    resources: Resources<'_>,
) -> Result<Option<Hits>, StudyError> {
    if request.sets.is_empty() {
        return Ok(None);
    }
    let sets = request.sets.iter().map(|set| CoreSet::new(set, closed.problem, MeantMinimum::PathSet));
    let sets = sets.collect::<Result<Vec<CoreSet>, _>>()?;
    Ok(Some(several(closed, law, &sets, resources)?))
}

/// The fluxes between different sets, row by row, without the diagonal.
pub(super) fn fluxes(hits: &Hits) -> Vec<Scaled> {
    let n = hits.flux.len();
    (0..n).flat_map(|a| (0..n).map(move |b| (a, b))).filter(|(a, b)| a != b).map(|(a, b)| hits.flux[a][b]).collect()
}

/// The numbers of the summary and the field of h_a for each set, from the hits of the finest grid. `estimates` holds
/// the extrapolation of each of the [`fluxes`].
pub(super) fn study(
    closed: &Discretisation<'_>,
    hits: Hits,
    estimates: &[Option<Extrapolation>],
) -> (SeveralStudy, Vec<Field>) {
    let field = |(number, values): (usize, &Vec<Scaled>)| {
        let label = Label {
            name: format!("{HITTING}{number}").into(),
            units: "1".into(),
            long_name: format!("probability of coming to set {number} before the others").into(),
        };
        Field::new(label, &AXES[..closed.grid.dimension], closed.field_of(values))
    };
    let fields = hits.functions.iter().enumerate().map(field).collect();
    let last = hits.last_in();
    let flux = table(&hits.flux);
    let rates: Vec<Vec<Scaled>> =
        hits.flux.iter().zip(&last).map(|(row, &last)| row.iter().map(|f| f.over(last)).collect()).collect();
    let study = SeveralStudy {
        next: ordinary(&hits.occupation),
        last: ordinary(&last),
        log_flux: flux.is_none().then(|| logarithms(&hits.flux)),
        flux,
        discretisation_error: errors(&hits, estimates),
        rates: table(&rates).map(with_diagonal),
        flux_disagreement: hits.disagreement,
        hits,
    };
    (study, fields)
}

/// The relative errors as a matrix like that of the fluxes; `None` unless every positive flux has an estimate.
fn errors(hits: &Hits, estimates: &[Option<Extrapolation>]) -> Option<Vec<Vec<f64>>> {
    let n = hits.flux.len();
    let mut estimates = estimates.iter();
    let mut rows = vec![vec![0.0; n]; n];
    for (a, b) in (0..n).flat_map(|a| (0..n).map(move |b| (a, b))).filter(|(a, b)| a != b) {
        let estimate = estimates.next()?;
        if hits.flux[a][b].is_positive() {
            rows[a][b] = estimate.as_ref()?.error;
        }
    }
    Some(rows)
}
