//! Saving of partial results during a long computation.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::observe::group::FieldGroup;
use crate::observe::quantity::Quantities;
use crate::progress::Progress;
use crate::study::Solution;
use crate::study::warning::Warning;

/// The largest fraction of the time that is spent on writing.
const SHARE: f64 = 0.05;

/// The computing time below which nothing is saved.
const YOUNGEST: Duration = Duration::from_millis(200);

/// Writes an unfinished solution and returns the file, or says why it cannot be written.
type Write<'a> = dyn Fn(&Solution) -> Result<PathBuf, String> + 'a;

/// Saves partial results at intervals.
pub struct Keeper<'a> {
    write: Option<&'a Write<'a>>,
    next: Instant,
    /// Why a file could not be written: none is tried again.
    refused: Option<String>,
}

impl<'a> Keeper<'a> {
    /// A keeper that saves nothing.
    pub fn none() -> Keeper<'static> {
        Keeper { write: None, next: Instant::now(), refused: None }
    }

    /// A keeper that saves with this function.
    pub fn new(write: &'a Write<'a>) -> Keeper<'a> {
        Keeper { write: Some(write), next: Instant::now() + YOUNGEST, refused: None }
    }

    /// Whether partial results are saved.
    pub(super) fn keeps(&self) -> bool {
        self.write.is_some()
    }

    /// Whether enough time has passed for the next partial result to be saved.
    fn is_due(&self) -> bool {
        self.write.is_some() && Instant::now() >= self.next
    }
}

/// A section of a solution that is still being computed, with the rest of the solution, which is complete.
pub(super) struct Unfinished<'a, 'b> {
    pub keeper: &'a mut Keeper<'b>,
    pub solution: &'a mut Solution,
    /// The name of the section.
    pub section: &'static str,
}

impl Unfinished<'_, '_> {
    /// Saves the section in its present state if it is time or urgent, and returns the file. `section` adds its numbers
    /// and returns its groups with a warning.
    ///
    /// # Errors
    /// The reason for which the section could not be saved, if saving is urgent because memory cannot hold more.
    /// Otherwise the computation goes on without saving.
    pub(super) fn offer(
        &mut self,
        progress: &Progress,
        is_urgent: bool,
        section: impl FnOnce(&mut Quantities) -> (Vec<FieldGroup>, Warning),
    ) -> Result<Option<PathBuf>, String> {
        if let Some(reason) = self.keeper.refused.as_ref().filter(|_| is_urgent) {
            return Err(reason.clone());
        }
        let Some(write) = self.keeper.write.filter(|_| is_urgent || self.keeper.is_due()) else { return Ok(None) };
        let begun = Instant::now();
        let whole = self.solution.groups.len();
        let (groups, warning) = section(&mut self.solution.quantities);
        self.solution.groups.extend(groups);
        self.solution.warnings.push(warning);
        let written = write(self.solution);
        match &written {
            Ok(_) => self.keeper.next = Instant::now() + YOUNGEST.max(begun.elapsed().div_f64(SHARE)),
            Err(reason) => {
                if !is_urgent {
                    progress.announce(format!("what is found is not kept while it goes on: {reason}"));
                }
                (self.keeper.write, self.keeper.refused) = (None, Some(reason.clone()));
            }
        }
        self.solution.quantities.remove(self.section);
        self.solution.warnings.pop();
        self.solution.groups.truncate(whole);
        match written {
            Err(reason) if is_urgent => Err(reason),
            written => Ok(written.ok()),
        }
    }
}
