//! The solution of one point, and of all missing points.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use serde_json::{Map, Value};

use super::schedule::{self, Budget, Job};
use super::{Outcome, Store, SweepError};
use crate::config::{Config, Sweep, advice};
use crate::elimination::{EliminationError, Workspace};
use crate::io;
use crate::problem::Problem;
use crate::progress::Progress;
use crate::solve::{Resources, SolveError};
use crate::study::{self, Solution, StudyError, memory};

/// The solution of a sweep's points.
pub struct Campaign<'a> {
    /// The sweep.
    pub sweep: &'a Sweep,
    /// The store of the points.
    pub store: &'a Store,
    /// Receives the progress, and may interrupt.
    pub progress: &'a Progress,
}

/// The entries of a summary that are not stored, because they depend on time or machine.
const MOMENTARY: [&str; 3] = ["title", "timing", "provenance"];

/// The function from a point's configuration to its summary: [`summary`], or another one for problems that no
/// configuration can pose.
pub type Route<'a> = dyn Fn(&Config, Resources<'_>) -> Result<Summarised, StudyError> + Sync + 'a;

/// The summary of a point, and the refusal of a solution of which no digit is known.
pub struct Summarised {
    /// The summary as it is stored.
    pub summary: Value,
    /// Why it is no result.
    pub unresolved: Option<StudyError>,
}

/// Solves one point.
///
/// # Errors
/// [`SweepError::Interrupted`], and values that cannot be set; a point that fails is an outcome.
pub fn solve(sweep: &Sweep, point: usize, resources: Resources<'_>) -> Result<Outcome, SweepError> {
    solve_by(&summary, sweep, point, resources)
}

fn solve_by(route: &Route<'_>, sweep: &Sweep, point: usize, resources: Resources<'_>) -> Result<Outcome, SweepError> {
    let outcome = |status: u8, message: Option<String>, summary: Option<Value>| -> Result<Outcome, SweepError> {
        Ok(Outcome {
            configuration: sweep.identity(point)?,
            point: values(sweep, point),
            status,
            message,
            for_want_of_memory: false,
            summary,
        })
    };
    let config = match sweep.config(point) {
        Ok(config) => config,
        // Without the place: the file of the point's configuration does not exist.
        Err(error) => return outcome(2, Some(format!("{}: {}", error.key, error.fault)), None),
    };
    match route(&config, resources) {
        Ok(Summarised { summary, unresolved: None }) => outcome(0, None, Some(summary)),
        Ok(Summarised { summary, unresolved: Some(error) }) => {
            let diagnosis = advice::on_study(&error);
            outcome(diagnosis.exit_status, Some(diagnosis.text()), Some(summary))
        }
        Err(StudyError::Interrupted) => Err(SweepError::Interrupted),
        Err(error) => {
            let diagnosis = advice::on_study(&error);
            let failed = outcome(diagnosis.exit_status, Some(diagnosis.text()), None)?;
            Ok(Outcome { for_want_of_memory: is_for_want_of_memory(&error), ..failed })
        }
    }
}

/// The swept keys of a point with their values.
pub(super) fn values(sweep: &Sweep, point: usize) -> Map<String, Value> {
    sweep.values(point).map(|(axis, value)| (axis.key.clone(), value.json.clone())).collect()
}

/// The summary of a configuration as it is stored for a point.
///
/// # Errors
/// A problem that cannot be posed or solved.
pub fn summary(config: &Config, resources: Resources<'_>) -> Result<Summarised, StudyError> {
    summary_of(&config.problem_under(resources.progress)?, config, resources, |_| {})
}

/// Returns the summary as [`summary`] does, for a problem posed before; `state` may add results to the solution.
///
/// # Errors
/// A problem that cannot be solved.
pub fn summary_of(
    problem: &Problem,
    config: &Config,
    resources: Resources<'_>,
    state: impl FnOnce(&mut Solution),
) -> Result<Summarised, StudyError> {
    let mut solution = study::run_within(problem, &config.request, resources)?;
    if solution.particles.as_ref().is_some_and(|found| found.interrupted) || resources.progress.is_interrupted() {
        return Err(StudyError::Interrupted);
    }
    let unresolved = solution.refuse_unresolved().err();
    state(&mut solution);
    let setting = io::Setting::new(config, problem, SystemTime::now(), 1);
    let mut summary = io::summary(&io::Solved { setting, solution: &solution });
    if let Value::Object(entries) = &mut summary {
        entries.retain(|key, _| !MOMENTARY.contains(&key.as_str()));
    }
    Ok(Summarised { summary, unresolved })
}

fn is_for_want_of_memory(error: &StudyError) -> bool {
    matches!(
        error,
        StudyError::TooLarge { .. }
            | StudyError::NoGrid { .. }
            | StudyError::Solve(SolveError::TooLarge { .. } | SolveError::Refused { .. })
            | StudyError::Solve(SolveError::Elimination(
                EliminationError::TooLarge { .. } | EliminationError::Refused { .. }
            ))
    )
}

impl Campaign<'_> {
    /// The stored outcome of every point; `None` for a missing one.
    ///
    /// # Errors
    /// A stored point that cannot be read.
    pub fn stored(&self) -> Result<Vec<Option<Outcome>>, SweepError> {
        (0..self.sweep.len()).map(|point| self.store.get(&self.sweep.identity(point)?)).collect()
    }

    /// The indices of the missing points: those without a stored outcome, and those that failed for lack of memory.
    ///
    /// # Errors
    /// As [`Campaign::stored`].
    pub fn missing(&self) -> Result<Vec<usize>, SweepError> {
        let mut missing = Vec::new();
        for point in 0..self.sweep.len() {
            let stored = self.store.get(&self.sweep.identity(point)?)?;
            if stored.is_none_or(|outcome| outcome.for_want_of_memory) {
                missing.push(point);
            }
        }
        Ok(missing)
    }

    /// The number of points that another build of this program has stored, which are missing for this one.
    ///
    /// # Errors
    /// As [`Campaign::stored`].
    pub fn of_another_build(&self) -> Result<usize, SweepError> {
        let points = (0..self.sweep.len()).map(|point| self.store.is_of_another_build(&self.sweep.identity(point)?));
        points.map(|is| is.map(usize::from)).sum()
    }

    /// Solves the missing points on this number of threads, stores each one, and returns the number stored.
    ///
    /// # Errors
    /// An interruption, and a point that cannot be stored, with the number of points stored before.
    pub fn complete(&self, threads: usize) -> Result<u64, (u64, SweepError)> {
        self.complete_by(&summary, threads)
    }

    /// Solves the missing points as [`Campaign::complete`] does, each by `route`.
    ///
    /// # Errors
    /// As [`Campaign::complete`].
    pub fn complete_by(&self, route: &Route<'_>, threads: usize) -> Result<u64, (u64, SweepError)> {
        let kept = AtomicU64::new(0);
        let solve_all = || -> Result<(), SweepError> {
            let missing = self.missing()?;
            self.prepare(&missing);
            let total = self.sweep.len() as u64;
            self.progress.begin("points of the sweep", total);
            self.progress.advance(total - missing.len() as u64);
            // The memory of a point does not depend on which others are being solved.
            let budget = Budget { threads, memory: memory::allowed() };
            let workspace = Workspace::default();
            let jobs: Vec<Job> = missing.into_iter().map(|point| self.job(point)).collect();
            schedule::run(&jobs, budget, &|point| {
                if self.progress.is_interrupted() {
                    return Err(SweepError::Interrupted);
                }
                let part = self.progress.part();
                let resources = Resources { memory: budget.memory, workspace: &workspace, progress: &part };
                self.store.put(&solve_by(route, self.sweep, point, resources)?)?;
                kept.fetch_add(1, Ordering::Relaxed);
                self.progress.advance(1);
                Ok(())
            })
        };
        let done = solve_all();
        // The progress that reports the stored points is still shown after an interruption.
        self.progress.keep();
        let kept = kept.into_inner();
        done.map(|()| kept).map_err(|error| (kept, error))
    }

    /// Computes the slices of models of these points on all threads, before points in parallel need them. An error in
    /// one is reported by its point.
    fn prepare(&self, points: &[usize]) {
        for config in points.iter().filter_map(|&point| self.sweep.config(point).ok()) {
            let _ = config.slice_under(self.progress);
        }
    }

    /// The resources that a point needs; none if its configuration is wrong.
    fn job(&self, point: usize) -> Job {
        let Ok(Config { landscape, request, .. }) = self.sweep.config(point) else {
            return Job { point, needed: 0.0, cells: Some(0), dimension: 1 };
        };
        let cells = request.grid.cells.map(|[x, y]| x * y);
        Job { point, needed: memory::most(&request.grid, landscape.dimension), cells, dimension: landscape.dimension }
    }
}
