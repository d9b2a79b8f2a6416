//! Survival and exit probabilities from every cell at the times of pictures, and their agreement with the survival of
//! the density.

use serde::Serialize;

use crate::observe::group::{Coordinate, Field, FieldGroup, Label};
use crate::observe::over_grid::AXES;
use crate::solve::evolve::{Accuracy, Backward, Earlier, Effort, FINEST_TOLERANCE, FromStates};
use crate::solve::{Discretisation, EvolveError};
use crate::study::StudyError;
use crate::study::evolution::record::{Record, TIME};
use crate::study::evolution::{EvolutionFault, Way, discretised, failed, floor, slowest};
use crate::study::request::NoisePiece;

/// The field of survival probabilities u(θ, t).
pub const SURVIVAL_FROM: &str = "survival_from";
/// The field of exit probabilities 1 − u(θ, t).
pub const EXIT_FROM: &str = "exit_from";
/// The times of both fields, if these are not all output times.
const FIELD_TIME: &str = "t_survival_from";

/// The part of the summary on survival from every cell.
#[derive(Clone, Debug, Default, Serialize)]
pub struct FromCells {
    /// The largest estimated relative error of u and of 1 − u at any time, in cells above the floor.
    pub error: f64,
    /// The largest relative difference between ln Σ p u, p the initial density, and the ln S of the evolved density,
    /// over the times with −ln S above the floor; `None` if there is none.
    pub distance: Option<f64>,
    /// At each time of the comparison the distance, and the estimated relative error of the density's ln S.
    #[serde(skip)]
    distances: Vec<[f64; 2]>,
    #[serde(flatten)]
    effort: Effort,
    /// The times of the fields.
    #[serde(skip)]
    times: Vec<f64>,
    /// Whether these are all output times.
    #[serde(skip)]
    has_all_times: bool,
    #[serde(skip)]
    survival: Vec<f64>,
    #[serde(skip)]
    exits: Vec<f64>,
}

/// Computes survival from every cell at the output times. Under a schedule each time is propagated backward through the
/// pieces, the last one first. In the first piece all times are compared with the density, in later ones only those of
/// the fields.
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
    // Killing rates may underflow.
    let kills = |on: &Discretisation<'_>| on.assembly.generator.killing.iter().any(|rate| *rate > 0.0);
    if let Some(piece) = pieces.iter().position(|(on, _)| !kills(on)) {
        return Err(EvolutionFault::PieceKillsNothing { piece }.into());
    }
    // The smallest default floor of all pieces, each taken as if it were the only one.
    let floors = under.iter().filter(|_| asked.floor.is_none()).map(|on| floor(on, slowest(on, resources).as_ref()));
    let floor = floors.fold(accuracy.floor, f64::min);
    // The errors of the pieces add up.
    let tolerance = (accuracy.tolerance / pieces.len() as f64).max(FINEST_TOLERANCE);
    let mut found = FromCells::default();
    let total: f64 = start.iter().sum();
    let start: Vec<f64> = start.iter().map(|p| p / total).collect();
    let of_density = record.log_survivals().iter().zip(record.log_survival_errors());
    let (mut times, mut begins) = (times.iter().zip(of_density).peekable(), 0.0);
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
            let seen = from_beginning(&backward, &mut before).map_err(failed)?;
            found.compare(&seen, &start, forward, floor);
            if is_kept {
                found.keep(on, *time, &seen);
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

/// Survival and exits from every state over the time of `backward`, propagated back through the pieces before it.
fn from_beginning(backward: &Backward<'_>, before: &mut [Earlier<'_>]) -> Result<FromStates, EvolveError> {
    let mut seen = backward.from_states();
    for piece in before.iter_mut().rev() {
        seen = piece.before(&seen)?;
    }
    Ok(seen)
}

impl FromCells {
    /// Keeps the fields at one time; outside the live set nothing survives.
    fn keep(&mut self, on: &Discretisation<'_>, time: f64, seen: &FromStates) {
        self.times.push(time);
        self.survival.extend(on.field(&seen.survival(), 0.0));
        self.exits.extend(on.field(seen.exits(), 1.0));
    }

    /// Takes the error at one time, and the distance of ln Σ p u from the ln S of the density, `forward` with its
    /// relative error.
    fn compare(&mut self, seen: &FromStates, start: &[f64], (forward, error): (&f64, &f64), floor: f64) {
        self.error = self.error.max(seen.error());
        if -forward > floor {
            let away = (seen.log_survival(start) / forward - 1.0).abs();
            self.distance = Some(self.distance.map_or(away, |before| before.max(away)));
            self.distances.push([away, *error]);
        }
    }

    /// The largest distance that is more than `factor` times the errors, of which that of the density is at least
    /// `least`, with these errors together.
    pub(super) fn unexplained(&self, least: f64, factor: f64) -> Option<(f64, f64)> {
        let stated = self.distances.iter().map(|[away, error]| (*away, self.error + error.max(least)));
        stated.filter(|(away, stated)| *away > factor * stated).max_by(|a, b| a.0.total_cmp(&b.0))
    }

    /// Adds the fields over time and cells to a group.
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
