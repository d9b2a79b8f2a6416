//! Claims of the theory, each decided by a computation without sampling noise.
//!
//! Each claim has a file: its statement and source, the points that are solved, the decisive number, and its tolerance.
//! Verdicts are computed from the points. Claims about a limit are judged by the limit, and state how small the noise
//! must be for an error of 10 % and 1 %. The prediction is an argument of each check (a factor, or a `Setup` with
//! public fields), so that a test can pass a wrong one and see the verdict change.

mod claim;
pub mod effective_s;
pub mod evidence;
mod json;
pub mod limit;
pub mod sample_chain;
pub mod solved;
pub mod table;

pub mod crossover;
pub mod gradient_noise;
pub mod headline;
pub mod hessian_floor;
pub mod irreversible;
pub mod iteration;
pub mod kramers_factor;
pub mod mixed_noise;
pub mod neighbourhood;
pub mod panels;
pub mod paper_noise;
pub mod particles;
pub mod proposition_1;
pub mod rival;
pub mod rule_1;
pub mod setting_1;
pub mod sgd_scaling;
pub mod sgld_scaling;
pub mod theorem_3_1;
pub mod theorem_3_2;
pub mod theorem_3_2_plane;
pub mod validity;

pub use claim::{Claim, ClaimError, Effort, Expected, Finding, Number, Verdict};
pub use table::{Curve, Figure, Table};

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use crate::progress::Progress;

/// All claims, in the order of the report.
pub fn claims() -> &'static [Claim] {
    const CLAIMS: &[Claim] = &[
        theorem_3_1::LINE,
        theorem_3_1::PLANE,
        validity::MAP,
        sgld_scaling::SHARPNESS,
        sgld_scaling::NOISE,
        kramers_factor::FACTOR,
        kramers_factor::FLUX,
        kramers_factor::RELAXATION,
        theorem_3_2::EXPONENT,
        theorem_3_2::ISOTHERMAL,
        theorem_3_2::ITO,
        theorem_3_2_plane::PLANE,
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
        crossover::MAP,
        irreversible::TURNED,
        rival::POWER,
        iteration::LIMIT,
        iteration::SETTING,
        panels::LINES,
        setting_1::PRODUCT,
        setting_1::GAUSSIAN,
        particles::Z_SCORES,
    ];
    CLAIMS
}

/// A claim with its finding, or the reason why it was not decided.
pub struct Outcome {
    /// The claim.
    pub claim: &'static Claim,
    /// The finding, or the error.
    pub found: Result<Finding, ClaimError>,
    /// Whether fewer and cheaper points were solved.
    pub is_quick: bool,
    /// The seconds it took.
    pub seconds: f64,
}

impl Outcome {
    /// The verdict; `NotDecided` after an error.
    pub fn verdict(&self) -> Verdict {
        self.found.as_ref().map_or(Verdict::NotDecided, |finding| finding.verdict)
    }

    /// The command that repeats the check.
    pub fn command(&self) -> String {
        format!("saddleflux verify {}{}", self.claim.id, if self.is_quick { " --quick" } else { "" })
    }

    /// Whether the verdict is the expected one.
    pub fn is_as_expected(&self) -> bool {
        self.verdict().is(self.claim.expected)
    }
}

/// The outcomes of several claims.
pub struct Suite {
    /// The outcomes of the claims that were finished.
    pub outcomes: Vec<Outcome>,
    /// Whether fewer and cheaper points were solved.
    pub is_quick: bool,
    /// Whether the user interrupted it before the last claim.
    pub is_interrupted: bool,
}

impl Suite {
    /// Whether every verdict is the expected one.
    pub fn is_as_expected(&self) -> bool {
        self.outcomes.iter().all(Outcome::is_as_expected)
    }
}

/// The claim with this name.
pub fn claim(id: &str) -> Option<&'static Claim> {
    claims().iter().find(|claim| claim.id == id)
}

/// The largest number of claims that are checked in parallel; each may hold a grid in two dimensions.
const MOST_AT_ONCE: usize = 4;

/// Checks claims, several in parallel if there are threads for it, and calls `each` with every outcome.
pub fn run(claims: &[&'static Claim], is_quick: bool, progress: &Progress, each: impl FnMut(&Outcome) + Send) -> Suite {
    progress.begin("claims", claims.len() as u64);
    progress.list(claims.iter().map(|claim| claim.id.to_string()));
    let threads = rayon::current_num_threads();
    let workers = threads.min(claims.len()).min(MOST_AT_ONCE);
    let (next, each) = (AtomicUsize::new(0), Mutex::new(each));
    let found: Vec<Mutex<Option<Outcome>>> = claims.iter().map(|_| Mutex::new(None)).collect();
    let work = || {
        loop {
            let place = next.fetch_add(1, Ordering::Relaxed);
            let Some(claim) = claims.get(place) else { return };
            let Some(outcome) = decided(claim, is_quick, progress, place) else { return };
            if let Ok(mut each) = each.lock() {
                each(&outcome);
            }
            if let Ok(mut found) = found[place].lock() {
                *found = Some(outcome);
            }
        }
    };
    // Each in a thread pool of its own, so that no thread takes up the work of another claim while it waits.
    let pools = (1..workers).map(|_| rayon::ThreadPoolBuilder::new().num_threads(threads / workers).build());
    let pools: Vec<_> = pools.flatten().collect();
    match pools.is_empty() {
        true => work(),
        false => std::thread::scope(|scope| {
            for pool in &pools {
                scope.spawn(|| pool.install(work));
            }
            let own = rayon::ThreadPoolBuilder::new().num_threads(threads / workers).build();
            own.map_or_else(|_| work(), |own| own.install(work));
        }),
    }
    let outcomes: Vec<Outcome> = found.into_iter().filter_map(|found| found.into_inner().ok().flatten()).collect();
    let is_interrupted = outcomes.len() < claims.len();
    if is_interrupted {
        progress.keep();
    }
    Suite { outcomes, is_quick, is_interrupted }
}

/// The outcome of a claim; `None` if it was interrupted.
fn decided(claim: &'static Claim, is_quick: bool, progress: &Progress, place: usize) -> Option<Outcome> {
    if progress.is_interrupted() {
        return None;
    }
    let (own, clock) = (progress.enter(place), Instant::now());
    let found = (claim.check)(&Effort { is_quick, progress: &own });
    progress.leave(place);
    progress.advance(1);
    let is_cut = matches!(found, Err(ClaimError::Interrupted)) || progress.is_interrupted();
    (!is_cut).then(|| Outcome { claim, found, is_quick, seconds: clock.elapsed().as_secs_f64() })
}
