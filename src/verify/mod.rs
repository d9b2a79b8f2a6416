//! Claims of the theory, each decided by a computation without sampling noise.
//!
//! A claim has a file of its own: its statement, where it is made, the points that are solved, the number that decides, and how far
//! that may be from what is predicted. A verdict is computed from the points. Claims about a limit are judged by the limit, and say
//! how small the noise must be to come within 10 % and 1 % of it.
//! What a check compares with stands in a `Setup` with public fields, so that a test can put a wrong prefactor, interpretation or
//! scheme there and see the verdict turn.

mod claim;
pub mod limit;
pub mod solved;
pub mod table;

pub mod theorem_3_1;

pub use claim::{Claim, ClaimError, Effort, Expected, Finding, Number, Verdict};
pub use table::{Curve, Figure, Table};

use std::time::Instant;

use crate::progress::Progress;

/// All claims, in the order of the report.
pub fn claims() -> &'static [Claim] {
    static CLAIMS: [Claim; 2] = [theorem_3_1::LINE, theorem_3_1::PLANE];
    &CLAIMS
}

/// A claim with what its check found, or why it found nothing.
pub struct Outcome {
    /// The claim.
    pub claim: &'static Claim,
    /// What was found.
    pub found: Result<Finding, ClaimError>,
    /// Seconds that it took.
    pub seconds: f64,
}

impl Outcome {
    /// The verdict; what found nothing decides nothing.
    pub fn verdict(&self) -> Verdict {
        self.found.as_ref().map_or(Verdict::NotDecided, |finding| finding.verdict)
    }

    /// Whether it is what was expected.
    pub fn is_as_expected(&self) -> bool {
        self.verdict().is(self.claim.expected)
    }
}

/// The outcomes of a suite.
pub struct Suite {
    /// Of every claim that was finished.
    pub outcomes: Vec<Outcome>,
    /// Whether the user stopped it before the last.
    pub is_interrupted: bool,
}

/// Checks claims one after the other, and tells `each` of every one that is done.
pub fn run(claims: &[&'static Claim], is_quick: bool, progress: &Progress, mut each: impl FnMut(&Outcome)) -> Suite {
    let mut outcomes = Vec::new();
    for &claim in claims {
        progress.begin(claim.id, 0);
        let clock = Instant::now();
        let found = (claim.check)(&Effort { is_quick, progress });
        if matches!(found, Err(ClaimError::Interrupted)) || progress.is_interrupted() {
            return Suite { outcomes, is_interrupted: true };
        }
        let outcome = Outcome { claim, found, seconds: clock.elapsed().as_secs_f64() };
        each(&outcome);
        outcomes.push(outcome);
    }
    Suite { outcomes, is_interrupted: false }
}
