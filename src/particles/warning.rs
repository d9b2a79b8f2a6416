//! Warnings for the reader of a simulated rate.

use std::fmt;

use crate::particles::estimate::Constancy;
use crate::particles::memory::Settling;

/// A reason why a simulated rate is less reliable, or means something else.
#[derive(Clone, Debug, PartialEq)]
pub enum ParticleWarning {
    /// Too few exits to remove the discretisation error.
    FewExits {
        /// The number of exits at step dt/2.
        exits: u64,
    },
    /// The death rate depends on the age.
    ChangingRate(Constancy),
    /// The particles have not relaxed between the wells.
    Unsettled {
        /// The relaxation in the burn-in.
        settling: Settling,
        /// The dynamical time of the burn-in.
        burn_in: f64,
    },
    /// The exact rate of the iteration is not available for comparison.
    NoOwnRate {
        /// The reason.
        reason: String,
    },
    /// Escapes so frequent that the systematic error of splitting is noticeable.
    QuickEscape {
        /// The rate divided by the relaxation rate of the well.
        relative: f64,
    },
    /// The error bar is too wide to be trusted.
    WideError,
    /// The time limit was reached before everything was counted.
    OutOfTime {
        /// The time limit in seconds.
        seconds: f64,
        /// The number counted so far.
        done: u64,
        /// The number asked for.
        asked: u64,
        /// The name of the events counted: exits or repetitions.
        what: &'static str,
        /// Repetitions that had begun and are left out.
        cut: u64,
    },
}

impl fmt::Display for ParticleWarning {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            ParticleWarning::FewExits { exits } => write!(
                f,
                "{exits} exits are too few to remove the step's error: the rate at step dt/2 is given, with its exact interval"
            ),
            ParticleWarning::ChangingRate(test) => write!(
                f,
                "the death rate depends on the age (χ² = {:.0} with {} degrees of freedom, p = {:.1e}): the lives are not exponential. \
                 Take a longer burn-in; or the set holds several wells with rates of their own",
                test.chi_squared, test.degrees, test.p_value
            ),
            ParticleWarning::Unsettled { settling: Settling { wells, memory: Some(memory), .. }, burn_in } => write!(
                f,
                "after a burn-in of {burn_in:.3e} the particles still remember which of the {wells} wells of the live set they were in \
                 (correlation {memory:.2} over a sixteenth of it): the rate lies between that of the start and the quasi-stationary one. \
                 Take a longer burn-in, more exits, or a set of one well"
            ),
            ParticleWarning::Unsettled { settling: Settling { wells, .. }, burn_in } => write!(
                f,
                "too few particles lived through a sixteenth of the burn-in of {burn_in:.3e} to tell whether they have forgotten which of \
                 the {wells} wells of the live set they were in: take more particles"
            ),
            ParticleWarning::NoOwnRate { reason } => {
                write!(f, "the iteration's own rate could not be had to compare with: {reason}")
            }
            ParticleWarning::QuickEscape { relative } => write!(
                f,
                "the rate is {relative:.0e} of the well's relaxation rate, and splitting takes paths that start again after a death for \
                 settled, an error of about this size: take plain paths for escapes as quick as this"
            ),
            ParticleWarning::OutOfTime { seconds, done, asked, what, cut } => {
                write!(
                    f,
                    "{seconds} s were over after {done} of {asked} {what}: another run, or another machine, counts another number of them"
                )?;
                match cut {
                    0 => Ok(()),
                    _ => write!(
                        f,
                        ". {cut} that had begun were cut off and are left out; those that take long may have other rates, and the \
                         interval does not count that"
                    ),
                }
            }
            ParticleWarning::WideError => f.write_str(
                "the error bar is wider than a third of the rate, and then not to be trusted: take more particles or more \
                 repetitions",
            ),
        }
    }
}
