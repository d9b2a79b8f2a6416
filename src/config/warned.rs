//! The messages of warnings, with the configuration keys to change.

use crate::config::advice::on_study;
use crate::config::diagnosis::named_minimum;
use crate::digits;
use crate::problem::ProblemWarning;
use crate::problem::landscape::Precision;
use crate::study::Warning;
use crate::study::converge::Source;
use crate::study::warning::{has_no_say, reached};

/// The message of a warning.
pub fn on_warning(warning: &Warning) -> String {
    match warning {
        Warning::GridsLeftOut { .. } => format!("converge.cells: {warning}"),
        Warning::CoarseGridFailed { cells, is_closed_alone, reason } => format!(
            "the coarser grid of {} cells {}: {}",
            digits::cells(*cells),
            has_no_say(*is_closed_alone),
            on_study(reason).text()
        ),
        Warning::ParticlesUnknown { reason } => format!("no particles: {}", on_study(reason).text()),
        Warning::CertificateUnknown { reason } => format!("no certificate: {}", on_study(reason).text()),
        Warning::LevelEffectUnknown { reason } => format!(
            "what the grid does not resolve near the curve on which the noise degenerates is not known, so that the rate's error is at least 100 %: \
             the problem could not be solved with that noise doubled, or with one more cell along each axis: {}",
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
        Warning::UnderResolved { .. } => {
            format!(
                "{warning}. Of so coarse a grid `run` may know no digit of the rate, which it then says with status 3"
            )
        }
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
        | Warning::Peclet { .. }
        | Warning::UnresolvedCrossing { .. }
        | Warning::ShortSpectrum { .. }
        | Warning::WellAtWall { .. }
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
