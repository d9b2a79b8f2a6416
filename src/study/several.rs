//! Several sets at once: which is hit first, and what flows from each to each.

use serde::Serialize;

use crate::observe::group::{Field, Label};
use crate::observe::over_grid::AXES;
use crate::problem::Problem;
use crate::problem::core_set::CoreSet;
use crate::problem::fault::MeantMinimum;
use crate::scaled::Scaled;
use crate::solve::{Hits, Reactive, Resources, several};
use crate::study::StudyError;
use crate::study::network::{LogRate, logarithms, ordinary, table, with_diagonal};
use crate::study::request::CommittorRequest;

/// What a run says of several sets, in the order in which they were named.
#[derive(Clone, Debug, Serialize)]
pub struct SeveralStudy {
    /// Σ π h_a: the share of time before which each set is the next to be visited.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<Vec<f64>>,
    /// The share of time after which each was visited last.
    #[serde(skip_serializing_if = "Option::is_none")]
    last: Option<Vec<f64>>,
    /// F_ab, per unit of time; 0 on the diagonal.
    #[serde(skip_serializing_if = "Option::is_none")]
    flux: Option<Vec<Vec<f64>>>,
    /// F_ab over `last`[a], a generator.
    #[serde(skip_serializing_if = "Option::is_none")]
    rates: Option<Vec<Vec<f64>>>,
    /// Where ordinary numbers do not hold all fluxes.
    #[serde(skip_serializing_if = "Option::is_none")]
    log_flux: Option<Vec<LogRate>>,
    /// The largest relative difference between the fluxes as they leave and as they arrive.
    flux_disagreement: f64,
    /// The same with the range that it has.
    #[serde(skip)]
    pub hits: Hits,
}

/// The several sets of a request, their hits, and h of each over the grid; `None` where none are named.
///
/// # Errors
/// Points without a minimum near them, sets that meet or are empty on the grid, and whatever ends an elimination.
pub(super) fn study(
    found: &Reactive<'_>,
    request: &CommittorRequest,
    resources: Resources<'_>,
) -> Result<Option<(SeveralStudy, Vec<Field>)>, StudyError> {
    if request.sets.is_empty() {
        return Ok(None);
    }
    let (closed, problem): (_, &Problem) = (&found.closed, found.closed.problem);
    let sets = request.sets.iter().map(|set| CoreSet::new(set, problem, MeantMinimum::PathSet));
    let sets = sets.collect::<Result<Vec<CoreSet>, _>>()?;
    let hits = several(closed, &found.paths.stationary, &sets, resources)?;
    let field = |(number, values): (usize, &Vec<Scaled>)| {
        let label = Label {
            name: format!("hitting_{number}").into(),
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
        rates: table(&rates).map(with_diagonal),
        flux_disagreement: hits.disagreement,
        hits,
    };
    Ok(Some((study, fields)))
}
