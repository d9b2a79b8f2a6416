//! Claims of the theory, each decided by a computation without sampling noise.
//!
//! A claim has a file of its own: its statement, where it is made, the points that are solved, the number that decides,
//! and how far that may be from what is predicted. A verdict is computed from the points. Claims about a limit are
//! judged by the limit, and say how small the noise must be to come within 10 % and 1 % of it. What a check compares
//! with stands in a `Setup` with public fields, so that a test can put a wrong prefactor, interpretation or scheme
//! there and see the verdict turn.

mod claim;
pub mod effective_s;
pub mod evidence;
mod json;
pub mod limit;
pub mod solved;
pub mod table;

pub mod gradient_noise;
pub mod headline;
pub mod hessian_floor;
pub mod irreversible;
pub mod iteration;
pub mod kramers_factor;
pub mod mixed_noise;
pub mod neighbourhood;
pub mod paper_noise;
pub mod particles;
pub mod proposition_1;
pub mod rival;
pub mod rule_1;
pub mod sgd_scaling;
pub mod sgld_scaling;
pub mod theorem_3_1;
pub mod theorem_3_2;

pub use claim::{Claim, ClaimError, Effort, Expected, Finding, Number, Verdict};
pub use table::{Curve, Figure, Table};

use std::time::Instant;

use crate::progress::Progress;

/// All claims, in the order of the report.
pub fn claims() -> &'static [Claim] {
    const CLAIMS: &[Claim] = &[
        theorem_3_1::LINE,
        theorem_3_1::PLANE,
        sgld_scaling::SHARPNESS,
        sgld_scaling::NOISE,
        kramers_factor::FACTOR,
        kramers_factor::FLUX,
        kramers_factor::RELAXATION,
        theorem_3_2::EXPONENT,
        theorem_3_2::ISOTHERMAL,
        theorem_3_2::ITO,
        neighbourhood::CROSSING,
        effective_s::BETWEEN,
        sgd_scaling::COLLAPSE,
        sgd_scaling::LINEAR,
        gradient_noise::REGRESSION,
        gradient_noise::NETWORK,
        hessian_floor::LINE,
        hessian_floor::PLANE,
        paper_noise::EXPONENT,
        rule_1::PARALLEL,
        rule_1::SHARED,
        headline::FLATTENED,
        headline::SHARPENED,
        headline::WHITE,
        proposition_1::TWO,
        proposition_1::SADDLE,
        proposition_1::THREE,
        mixed_noise::MIXED,
        irreversible::TURNED,
        rival::POWER,
        iteration::LIMIT,
        iteration::SETTING,
        particles::Z_SCORES,
    ];
    CLAIMS
}

/// A claim with what its check found, or why it found nothing.
pub struct Outcome {
    /// The claim.
    pub claim: &'static Claim,
    /// What was found.
    pub found: Result<Finding, ClaimError>,
    /// Whether fewer and cheaper points were solved.
    pub is_quick: bool,
    /// Seconds that it took.
    pub seconds: f64,
}

impl Outcome {
    /// The verdict; what found nothing decides nothing.
    pub fn verdict(&self) -> Verdict {
        self.found.as_ref().map_or(Verdict::NotDecided, |finding| finding.verdict)
    }

    /// The command that repeats it.
    pub fn command(&self) -> String {
        format!("saddleflux verify {}{}", self.claim.id, if self.is_quick { " --quick" } else { "" })
    }

    /// Whether it is what was expected.
    pub fn is_as_expected(&self) -> bool {
        self.verdict().is(self.claim.expected)
    }
}

/// The outcomes of a suite.
pub struct Suite {
    /// The outcome of each claim that was finished.
    pub outcomes: Vec<Outcome>,
    /// Whether fewer and cheaper points were solved.
    pub is_quick: bool,
    /// Whether the user stopped it before the last.
    pub is_interrupted: bool,
}

impl Suite {
    /// Whether every verdict is what was expected.
    pub fn is_as_expected(&self) -> bool {
        self.outcomes.iter().all(Outcome::is_as_expected)
    }
}

/// The claim of this name.
pub fn claim(id: &str) -> Option<&'static Claim> {
    claims().iter().find(|claim| claim.id == id)
}

/// Checks claims one after the other, and tells `each` of every one that is done.
pub fn run(claims: &[&'static Claim], is_quick: bool, progress: &Progress, mut each: impl FnMut(&Outcome)) -> Suite {
    let mut outcomes = Vec::new();
    for &claim in claims {
        progress.begin(claim.title, 0);
        let clock = Instant::now();
        let found = (claim.check)(&Effort { is_quick, progress });
        if matches!(found, Err(ClaimError::Interrupted)) || progress.is_interrupted() {
            progress.keep();
            return Suite { outcomes, is_quick, is_interrupted: true };
        }
        let outcome = Outcome { claim, found, is_quick, seconds: clock.elapsed().as_secs_f64() };
        each(&outcome);
        outcomes.push(outcome);
    }
    Suite { outcomes, is_quick, is_interrupted: false }
}
