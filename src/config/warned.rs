//! The messages of warnings, with the configuration keys to change.

use crate::config::advice::on_study;
use crate::config::diagnosis::named_minimum;
use crate::digits;
use crate::problem::ProblemWarning;
use crate::problem::landscape::Precision;
use crate::study::Warning;
use crate::study::converge::Source;
use crate::study::warning::reached;

/// The message of a warning.
pub fn on_warning(warning: &Warning) -> String {
    match warning {
        Warning::GridsLeftOut { .. } => format!("converge.cells: {warning}"),
        Warning::CoarseGridFailed { cells, reason } => format!(
            "the coarser grid of {} cells could not be solved and has no say in the estimated error: {}",
            digits::cells(*cells),
            on_study(reason).text()
        ),
        Warning::LevelEffectUnknown { reason } => format!(
            "with the level of the noise near the curve on which it degenerates doubled the problem could not be solved, and what the level \
             does to the rate is not known: 100 % are added to its error: {}",
            on_study(reason).text()
        ),
        Warning::ToleranceMissed { tolerance, error, has_saddle, can_be_corrected } => format!(
            "grid.tolerance = {tolerance:.1e} was not met: {}. Raise grid.max_unknowns or draw the domain closer{}{}",
            reached(*error),
            if *has_saddle { ", or try grid.align = \"saddle\"" } else { "" },
            if *can_be_corrected { " or grid.scheme = \"flux-corrected\"" } else { "" },
        ),
        Warning::NoSlowestMode { .. } => {
            format!(
                "{warning}. For a rate draw domain.lower and domain.upper so that the domain ends before this point"
            )
        }
        Warning::NeglectedProbability { .. } => {
            format!("{warning}: give domain.lower and domain.upper to include more")
        }
        Warning::Worthless { .. } => format!(
            "{warning}. Take several times as many grid.cells, draw domain.lower and domain.upper closer to the start set and its saddles, or \
             raise the noise"
        ),
        Warning::ElsewhereThanStart { .. } => {
            format!("{warning}; for the rate of leaving the start set take valley.absorb = \"boundary\"")
        }
        Warning::OtherWell { .. } => format!("{warning}; for a set of one well take valley.set = \"basin\""),
        Warning::EvolutionTolerance { .. } => format!("evolve.tolerance: {warning}"),
        Warning::Problem(ProblemWarning::WallOutOfReach { .. }) => {
            format!("{warning}. To be killed there and nowhere else take valley.set = \"whole\"")
        }
        Warning::Problem(ProblemWarning::Precision(Precision::Single)) => format!("{warning}: landscape.smooth = true"),
        Warning::Problem(ProblemWarning::NotTheNearest { meant, .. } | ProblemWarning::NamedFar { meant, .. }) => {
            format!("{}: {warning}", named_minimum(*meant))
        }
        Warning::Problem(_)
        | Warning::Quadrature { .. }
        | Warning::QuadratureAlone(_)
        | Warning::UnderResolved { .. }
        | Warning::Peclet { .. }
        | Warning::UnresolvedCrossing { .. }
        | Warning::ShortSpectrum { .. }
        | Warning::SensitivityUnknown { .. }
        | Warning::NoSensitivity
        | Warning::NoErrorEstimate
        | Warning::InterpolationUnknown { .. }
        | Warning::InterpolatedElsewhere
        | Warning::OpenBracket { .. }
        | Warning::LargeError { .. }
        | Warning::EvolutionFlux { .. }
        | Warning::EvolutionRange { .. }
        | Warning::EvolutionSides { .. }
        | Warning::EvolutionInterrupted { .. }
        | Warning::ParticlesInterrupted => warning.to_string(),
    }
}

/// The source of the reference of a convergence study, in words.
pub fn on_source(source: &Source) -> String {
    match source {
        Source::Given => "the exact values of [converge]".into(),
        source => source.to_string(),
    }
}
