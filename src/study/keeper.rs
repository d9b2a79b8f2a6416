//! Who keeps what a long computation has found, while it goes on.

use std::time::{Duration, Instant};

use crate::observe::group::FieldGroup;
use crate::progress::Progress;
use crate::study::Solution;
use crate::study::warning::Warning;

/// Writing takes at most this part of the time.
const SHARE: f64 = 0.05;

/// What is younger than this is not worth a file.
const YOUNGEST: Duration = Duration::from_millis(200);

/// Writes a solution that is not whole yet, or says why it cannot be written.
type Write<'a> = dyn Fn(&Solution) -> Result<(), String> + 'a;

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
    /// Keeps the section as it is, if it is time.
    pub(super) fn offer<T: serde::Serialize>(
        &mut self,
        progress: &Progress,
        section: impl FnOnce() -> (T, Vec<FieldGroup>, Warning),
    ) {
        let Some(write) = self.keeper.write.filter(|_| self.keeper.is_due()) else { return };
        let begun = Instant::now();
        let (numbers, groups, warning) = section();
        let whole = self.solution.groups.len();
        self.solution.groups.extend(groups);
        self.solution.warnings.push(warning);
        // A struct of lists and numbers, with texts as keys.
        self.solution.quantities.add(self.section, &numbers).expect("a view of plain values");
        match write(self.solution) {
            Ok(()) => self.keeper.next = Instant::now() + YOUNGEST.max(begun.elapsed().div_f64(SHARE)),
            Err(reason) => {
                progress.announce(format!("what is found is not kept while it goes on: {reason}"));
                self.keeper.write = None;
            }
        }
        self.solution.quantities.remove(self.section);
        self.solution.warnings.pop();
        self.solution.groups.truncate(whole);
    }
}
