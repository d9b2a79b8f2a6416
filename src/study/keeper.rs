//! Who keeps what a long computation has found, while it goes on.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::observe::group::FieldGroup;
use crate::observe::quantity::Quantities;
use crate::progress::Progress;
use crate::study::Solution;
use crate::study::warning::Warning;

/// Writing takes at most this part of the time.
const SHARE: f64 = 0.05;

/// What is younger than this is not worth a file.
const YOUNGEST: Duration = Duration::from_millis(200);

/// Writes a solution that is not whole yet, and returns the file; or says why it cannot be written.
type Write<'a> = dyn Fn(&Solution) -> Result<PathBuf, String> + 'a;

/// Writes down what has been found, now and then.
pub struct Keeper<'a> {
    write: Option<&'a Write<'a>>,
    next: Instant,
}

impl<'a> Keeper<'a> {
    /// Keeps nothing.
    pub fn none() -> Keeper<'static> {
        Keeper { write: None, next: Instant::now() }
    }

    /// Keeps what this writes.
    pub fn new(write: &'a Write<'a>) -> Keeper<'a> {
        Keeper { write: Some(write), next: Instant::now() + YOUNGEST }
    }

    /// Whether anything is kept.
    pub(super) fn keeps(&self) -> bool {
        self.write.is_some()
    }

    /// Whether so much time has passed that the next solution is kept.
    fn is_due(&self) -> bool {
        self.write.is_some() && Instant::now() >= self.next
    }
}

/// A section of a solution that is on its way, and everything else, which is whole.
pub(super) struct Unfinished<'a, 'b> {
    pub keeper: &'a mut Keeper<'b>,
    pub solution: &'a mut Solution,
    /// The name of the section.
    pub section: &'static str,
}

impl Unfinished<'_, '_> {
    /// Keeps the section as it is, if it is time or urgent; returns the file. `section` adds its numbers, and returns its
    /// groups with what the reader must know.
    pub(super) fn offer(
        &mut self,
        progress: &Progress,
        is_urgent: bool,
        section: impl FnOnce(&mut Quantities) -> (Vec<FieldGroup>, Warning),
    ) -> Option<PathBuf> {
        let write = self.keeper.write.filter(|_| is_urgent || self.keeper.is_due())?;
        let begun = Instant::now();
        let whole = self.solution.groups.len();
        let (groups, warning) = section(&mut self.solution.quantities);
        self.solution.groups.extend(groups);
        self.solution.warnings.push(warning);
        let written = write(self.solution);
        match &written {
            Ok(_) => self.keeper.next = Instant::now() + YOUNGEST.max(begun.elapsed().div_f64(SHARE)),
            Err(reason) => {
                progress.announce(format!("what is found is not kept while it goes on: {reason}"));
                self.keeper.write = None;
            }
        }
        self.solution.quantities.remove(self.section);
        self.solution.warnings.pop();
        self.solution.groups.truncate(whole);
        written.ok()
    }
}
