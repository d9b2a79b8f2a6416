//! Several sets at once: which set a path hits first, and the fluxes between the sets.

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

/// Names of fields: the probability of coming to a set, whose number follows, before the others.
pub const HITTING: &str = "hitting_";

/// The numbers of several sets, in the order in which they were named.
#[derive(Clone, Debug, Serialize)]
pub struct SeveralStudy {
    /// Σ π h_a: the fraction of time during which each set is the next to be visited.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<Vec<f64>>,
    /// The fraction of time during which each set was the last to be visited.
    #[serde(skip_serializing_if = "Option::is_none")]
    last: Option<Vec<f64>>,
    /// F_ab, per unit of time; 0 on the diagonal.
    #[serde(skip_serializing_if = "Option::is_none")]
    flux: Option<Vec<Vec<f64>>>,
    /// |error| of each flux by the grid, relative to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    discretisation_error: Option<Vec<Vec<f64>>>,
    /// F_ab over `last`[a], a generator.
    #[serde(skip_serializing_if = "Option::is_none")]
    rates: Option<Vec<Vec<f64>>>,
    /// ln F_ab, where some flux is beyond the range of f64.
    #[serde(skip_serializing_if = "Option::is_none")]
    log_flux: Option<Vec<LogRate>>,
    /// The largest relative difference between the fluxes as they leave and as they arrive.
    flux_disagreement: f64,
    /// The hits with their full range of exponents.
    #[serde(skip)]
    pub hits: Hits,
}

/// The hits of the several sets of a request; `None` where none are named.
///
/// # Errors
/// Points without a minimum near them, sets that meet or are empty on the grid, and whatever ends an elimination.
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

/// The fluxes between different sets, by rows.
pub(super) fn fluxes(hits: &Hits) -> Vec<Scaled> {
    let n = hits.flux.len();
    (0..n).flat_map(|a| (0..n).map(move |b| (a, b))).filter(|(a, b)| a != b).map(|(a, b)| hits.flux[a][b]).collect()
}

/// What a run says of the hits of its finest grid, and h of each set over that grid; `estimates`: what the grids say of
/// each of the [`fluxes`].
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

/// The errors in the places of the fluxes; `None` unless grids were compared for every flux that is not 0.
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
