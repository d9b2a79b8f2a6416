//! The configuration keys behind errors and warnings of simulations, with remedies.

use crate::digits::{self, exact};
use crate::particles::{ParticleWarning, SimulationError};
use crate::problem::jumps::{SMOOTHED, shown};

/// The key behind an error of a simulation, with rule and remedy; `None` if no single key is at fault.
pub(super) fn particle_fault(error: &SimulationError) -> Option<(&'static str, String)> {
    use SimulationError as E;
    let too_many = |count: &usize, bytes: &f64, most: &f64| {
        format!("{count} need {} of memory: take at most {most:.1e}", digits::bytes(*bytes))
    };
    let (key, message) = match error {
        E::StartOutside => ("valley", "particles start outside the set that they are to leave".into()),
        E::NothingAbsorbs { may_end_in_time } => (
            "particles",
            format!(
                "{error}: let something absorb (domain.walls, valley.set, valley.target){}, or leave [particles] out",
                if *may_end_in_time { ", give the dynamical time at which to end (particles.time)" } else { "" }
            ),
        ),
        E::KillingInside => (
            "particles",
            "particles are killed at boundaries alone, and domain.killing acts inside the domain: leave [particles] out (the grid kills \
             there)"
                .into(),
        ),
        E::Windows => (
            "particles",
            "particles know of walls that absorb wholly, and domain.windows opens parts of them: leave [particles] out".into(),
        ),
        E::JumpingNoise => (
            "noise.interpretation",
            "this noise jumps, and a particle's drift in this interpretation holds the derivative of D: set \
             noise.interpretation = \"ito\", or leave [particles] out"
                .into(),
        ),
        E::JumpingLoss { height, at, dimension } => (
            "landscape",
            format!(
                "the loss jumps by {} at θ = {}, and particles that follow its slope walk through: leave [particles] out (the \
                 grid climbs the jump), or {SMOOTHED}, and particles.dt below w²/D",
                exact(*height),
                shown(*at, *dimension)
            ),
        ),
        E::NotIto => (
            "noise.interpretation",
            "an iteration takes its noise at the point that it leaves, which is the Itô reading: set interpretation = \"ito\"".into(),
        ),
        E::NoLearningRate => (
            "particles.dt",
            "this noise has no learning rate of its own: give it as particles.dt (the noise of a step is √(2ηD))".into(),
        ),
        E::Unstable { stiffness, longest } => (
            "particles.dt",
            format!(
                "ηH = {stiffness:.2} at the minimum or its saddle: from 2 on the iteration has no valley to stay in. The learning \
                 rate must be below {longest:.3e}"
            ),
        ),
        E::StepTooLong { product, most, longest } => (
            "particles.dt",
            format!(
                "dt·H = {product:.2} at the stiffest of the minimum and its saddles, and the valley is not resolved above {most}: \
                 take at most dt = {:.2e}",
                0.995 * longest
            ),
        ),
        E::StepTooWide { longest, .. } => ("particles.dt", format!("{error}: take at most dt = {:.2e}", 0.995 * longest)),
        E::Hopeless { can_split, .. } => (
            "particles.method",
            format!(
                "{error}: {}; or say how long to look, with particles.time (dynamical time for each particle)",
                if *can_split {
                    "take method = \"splitting\" (--set particles.method=splitting), which reaches such rates in minutes"
                } else {
                    "raise the noise, or ask for fewer particles.exits"
                }
            ),
        ),
        E::NoSamples => (
            "particles.method",
            "\"minibatch\" draws samples, and this landscape has none: take landscape.kind = \"styblinski-tang-data\", \
             \"logistic-regression\" or a slice of a model, or method = \"sgd\""
                .into(),
        ),
        E::NoBatchSize => (
            "noise.kind",
            "\"minibatch\" needs a batch size: take noise.kind = \"covariance\" with learning_rate and batch_size".into(),
        ),
        E::BatchSize { most, .. } => {
            ("noise.batch_size", format!("a minibatch has a whole number of samples, at most {most:e}"))
        }
        E::Copies { own, most, .. } => (
            "particles.dimension",
            format!("a parameter vector is made of copies of the problem: take a multiple of {own}, at most {most}"),
        ),
        E::CopiesOfData { own } => {
            ("particles.dimension", format!("this landscape's data have {own} features: leave it out"))
        }
        E::NoSlice => (
            "particles.space",
            "\"whole\" means all parameters of a model, and this landscape is no slice of one: leave it out, or give landscape.slice"
                .into(),
        ),
        E::WallsOfSlice => (
            "particles.space",
            "a reflecting or periodic wall of the slice may be met, which has no counterpart across it: take a box inside the domain as \
             valley.set, or absorbing walls, or particles.half_width"
                .into(),
        ),
        E::TooManyParticles { count, bytes, most } => ("particles.count", too_many(count, bytes, most)),
        E::TooManySamples { count, bytes, most } => ("particles.samples", too_many(count, bytes, most)),
        E::Runaway { .. } => (
            "particles.dt",
            format!("{error}. Take a shorter step, or draw domain.lower and domain.upper closer"),
        ),
        E::OutOfTime { .. } | E::BurnInOutOfTime { .. } => {
            ("particles.most_seconds", format!("{error}. Take more, or fewer particles.count"))
        }
        E::NoExit { .. } => (
            "particles",
            format!("{error}. Take more time or more particles, or particles.method = \"splitting\" for a rate too small to wait for"),
        ),
        E::NoWell => (
            "particles.method",
            "\"splitting\" needs a well to start from, and the process does not settle at the start point: take \"euler-maruyama\"".into(),
        ),
        E::NoExcursion => return None,
    };
    Some((key, message))
}

/// The text of a warning, with the keys to change.
pub fn on_particle_warning(warning: &ParticleWarning) -> String {
    let keys = match warning {
        ParticleWarning::FewExits { .. } | ParticleWarning::NoOwnRate { .. } => return warning.to_string(),
        ParticleWarning::ChangingRate(_) => "particles.burn_in",
        ParticleWarning::Unsettled { settling, .. } if settling.memory.is_some() => {
            "particles.burn_in, particles.exits, valley.set = \"basin\""
        }
        ParticleWarning::Unsettled { .. } => "particles.count",
        ParticleWarning::QuickEscape { .. } => "particles.method = \"euler-maruyama\"",
        ParticleWarning::OutOfTime { .. } => "particles.most_seconds",
        ParticleWarning::WideError => "particles.count, particles.repetitions",
    };
    format!("{warning} ({keys})")
}
