//! Survival from every cell, at the times of the snapshots, and how it agrees with the survival of the density.

use serde::Serialize;

use crate::observe::group::{Field, FieldGroup, Label};
use crate::solve::evolve::{Accuracy, Backward, Effort};
use crate::solve::{Discretisation, Resources};
use crate::study::StudyError;
use crate::study::evolution::failed;
use crate::study::evolution::record::Record;

/// u(θ, t) over the grid.
pub const SURVIVAL_FROM: &str = "survival_from";
/// 1 − u(θ, t).
pub const EXIT_FROM: &str = "exit_from";

/// Its part of the section in the summary.
#[derive(Clone, Debug, Serialize)]
pub struct FromCells {
    /// The estimated largest relative error of u and of 1 − u in any cell above the floor, at any time.
    pub error: f64,
    /// The largest relative distance of ln Σ p u from the ln S of the density p that was followed, where more than the floor is lost.
    pub distance: Option<f64>,
    #[serde(flatten)]
    effort: Effort,
    #[serde(skip)]
    survival: Vec<f64>,
    #[serde(skip)]
    exits: Vec<f64>,
}

/// Follows survival from every cell to the times of the record.
pub(super) fn from_cells(
    on: &Discretisation<'_>,
    start: &[f64],
    record: &Record,
    accuracy: Accuracy,
    resources: Resources<'_>,
) -> Result<FromCells, StudyError> {
    let (times, snapshots) = (record.times(), record.snapshot_times());
    resources.progress.begin("survival from every cell", times.len() as u64);
    let mut backward = Backward::new(&on.assembly.generator, accuracy, resources);
    let (mut survival, mut exits) = (Vec::new(), Vec::new());
    let (mut error, mut distance) = (0.0f64, None);
    let total: f64 = start.iter().sum();
    let start: Vec<f64> = start.iter().map(|p| p / total).collect();
    for (&time, &forward) in times.iter().zip(record.log_survivals()) {
        backward.advance(time).map_err(|error| failed(error, on))?;
        resources.progress.advance(1);
        error = error.max(backward.error());
        if -forward > accuracy.floor {
            let away = (backward.log_survival(&start) / forward - 1.0).abs();
            distance = Some(distance.map_or(away, |before: f64| before.max(away)));
        }
        if snapshots.contains(&time) {
            survival.extend(on.field(&backward.survival(), 0.0));
            exits.extend(on.field(backward.exits(), 1.0));
        }
    }
    Ok(FromCells { error, distance, effort: backward.effort(), survival, exits })
}

impl FromCells {
    /// Adds its fields, over the same times and cells as the density.
    pub(super) fn fields(&self, group: &mut FieldGroup, axes: &[&'static str]) {
        let words = "probability of what starts in the cell to be still there at t";
        group.push(Field::new(Label::new(SURVIVAL_FROM, "1", words), axes, self.survival.clone()));
        let words = "probability of what starts in the cell to have been killed by t";
        group.push(Field::new(Label::new(EXIT_FROM, "1", words), axes, self.exits.clone()));
    }
}
