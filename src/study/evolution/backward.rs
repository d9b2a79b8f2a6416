//! Survival from every cell, at the times that pictures show, and how it agrees with the survival of the density.

use serde::Serialize;

use crate::observe::group::{Coordinate, Field, FieldGroup, Label};
use crate::observe::over_grid::AXES;
use crate::solve::Discretisation;
use crate::solve::evolve::{Accuracy, Backward, Earlier, Effort, FINEST_TOLERANCE, FromStates};
use crate::study::StudyError;
use crate::study::evolution::record::{Record, TIME};
use crate::study::evolution::{EvolutionFault, Way, discretised, failed, floor, slowest};
use crate::study::request::NoisePiece;

/// u(θ, t) over the grid.
pub const SURVIVAL_FROM: &str = "survival_from";
/// 1 − u(θ, t).
pub const EXIT_FROM: &str = "exit_from";
/// The times of both, where they are not all of the output times.
const FIELD_TIME: &str = "t_survival_from";

/// Its part of the section in the summary.
#[derive(Clone, Debug, Default, Serialize)]
pub struct FromCells {
    /// The estimated largest relative error of u and of 1 − u in any cell above the floor, at any time.
    pub error: f64,
    /// The largest relative distance of ln Σ p u from the ln S of the density p that was followed, where more than the
    /// floor is lost.
    pub distance: Option<f64>,
    #[serde(flatten)]
    effort: Effort,
    /// The times of its fields, and whether they are all output times.
    #[serde(skip)]
    times: Vec<f64>,
    #[serde(skip)]
    has_all_times: bool,
    #[serde(skip)]
    survival: Vec<f64>,
    #[serde(skip)]
    exits: Vec<f64>,
}

/// Follows survival from every cell to the times of the record, under a schedule from the end of each time backward
/// through its pieces: the last of them first. There all times are looked at in the first piece, and those of
/// the fields afterwards.
pub(super) fn from_cells(
    way: &Way<'_, '_, '_>,
    start: &[f64],
    record: &Record,
    accuracy: Accuracy,
) -> Result<FromCells, StudyError> {
    let Way { asked, on, scheme, resources, .. } = *way;
    let (times, of_pictures) = (record.times(), record.snapshots.of_pictures());
    resources.progress.begin("survival from every cell", times.len() as u64);
    let begun = asked.pieces_before(times.last().copied().unwrap_or(0.0));
    let problems =
        begun.iter().map(|piece| on.problem.with_noise(piece.noise.clone())).collect::<Result<Vec<_>, _>>()?;
    let under = problems.iter().map(|problem| discretised(problem, on, scheme, resources));
    let under = under.collect::<Result<Vec<_>, _>>()?;
    let ends = begun.iter().map(NoisePiece::ends).chain([f64::INFINITY]);
    let pieces: Vec<(&Discretisation<'_>, f64)> = under.iter().chain([on]).zip(ends).collect();
    // Rates may underflow.
    let kills = |on: &Discretisation<'_>| on.assembly.generator.killing.iter().any(|rate| *rate > 0.0);
    if let Some(piece) = pieces.iter().position(|(on, _)| !kills(on)) {
        return Err(EvolutionFault::PieceKillsNothing { piece }.into());
    }
    // The floor of the coldest piece of the schedule, as if it were the only one.
    let floors = under.iter().filter(|_| asked.floor.is_none()).map(|on| floor(on, slowest(on, resources).as_ref()));
    let floor = floors.fold(accuracy.floor, f64::min);
    // Errors of pieces add up.
    let tolerance = (accuracy.tolerance / pieces.len() as f64).max(FINEST_TOLERANCE);
    let mut found = FromCells::default();
    let total: f64 = start.iter().sum();
    let start: Vec<f64> = start.iter().map(|p| p / total).collect();
    let (mut times, mut begins) = (times.iter().zip(record.log_survivals()).peekable(), 0.0);
    let mut before: Vec<Earlier<'_>> = Vec::new();
    for (on, ends) in pieces {
        let failed = |error| failed(error, on);
        let mut backward = Backward::new(&on.assembly.generator, Accuracy { tolerance, floor }, resources);
        while let Some((time, forward)) = times.next_if(|(time, _)| **time <= ends) {
            backward.advance(time - begins).map_err(failed)?;
            resources.progress.advance(1);
            let is_kept = of_pictures.contains(time);
            if !(is_kept || before.is_empty()) {
                continue;
            }
            let mut seen = backward.from_states();
            for piece in before.iter_mut().rev() {
                seen = piece.before(&seen).map_err(failed)?;
            }
            found.compare(&seen, &start, *forward, floor);
            if is_kept {
                found.times.push(*time);
                found.survival.extend(on.field(&seen.survival(), 0.0));
                found.exits.extend(on.field(seen.exits(), 1.0));
            }
        }
        if times.peek().is_none() {
            found.effort.add(backward.effort());
            break;
        }
        backward.advance(ends - begins).map_err(failed)?;
        before.push(Earlier::ending(backward));
        begins = ends;
    }
    before.iter().for_each(|piece| found.effort.add(piece.effort()));
    found.has_all_times = found.times == record.times();
    Ok(found)
}

impl FromCells {
    /// Takes the error of survival at a time, and how far it is from the ln S of the density that began there.
    fn compare(&mut self, seen: &FromStates, start: &[f64], forward: f64, floor: f64) {
        self.error = self.error.max(seen.error());
        if -forward > floor {
            let away = (seen.log_survival(start) / forward - 1.0).abs();
            self.distance = Some(self.distance.map_or(away, |before| before.max(away)));
        }
    }

    /// Adds its fields, over time and cells.
    pub(super) fn fields(&self, group: &mut FieldGroup, dimension: usize) {
        let of_fields = if self.has_all_times { TIME } else { FIELD_TIME };
        if !self.has_all_times {
            let label = Label::new(FIELD_TIME, "dynamical time", "time");
            group.coordinates.push(Coordinate::new(label, self.times.clone()));
        }
        let axes: Vec<&'static str> = [of_fields].into_iter().chain(AXES.into_iter().take(dimension)).collect();
        let words = "probability of what starts in the cell to be still there at t";
        group.push(Field::new(Label::new(SURVIVAL_FROM, "1", words), &axes, self.survival.clone()));
        let words = "probability of what starts in the cell to have been killed by t";
        group.push(Field::new(Label::new(EXIT_FROM, "1", words), &axes, self.exits.clone()));
    }
}
