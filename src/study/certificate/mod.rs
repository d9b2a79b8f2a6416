//! Intervals around the escape rate and the mean exit time of the continuous problem, whatever the grid.
//!
//! Two energies, one from a trial function and one from a flux in balance, enclose the rate in relative terms, with a
//! lower bound ρ of λ₂ that is proved: see [`crate::formula::quadrature::Enclosure`]. The mathematics is a proof;
//! integrals by a rule, and rounding, are estimated and added, so that the status is [`Status::Estimated`].

mod error;
mod line;
mod plane;

pub use error::CertificateError;

use serde::{Serialize, Serializer};

use crate::problem::Problem;
use crate::scaled::Scaled;
use crate::solve::Resources;
use crate::study::StudyError;

/// Where the rate and the mean exit time of the continuous problem lie.
#[derive(Clone, Debug)]
pub struct Certificate {
    /// Below and above γ.
    pub rate: [Scaled; 2],
    /// Below and above the mean exit time from the Gibbs density of the set.
    pub exit_time: [Scaled; 2],
    /// ρ ≤ λ₂.
    pub second_rate: Scaled,
    /// The sharper of the two quotients.
    pub best: Scaled,
    /// How much of it is proved.
    pub status: Status,
}

/// How much of an interval is proved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// All of it.
    Certified,
    /// All but the errors of quadrature and rounding, whose estimates are part of the interval.
    Estimated,
}

impl Status {
    /// The word in results.
    pub fn name(self) -> &'static str {
        match self {
            Status::Certified => "certified",
            Status::Estimated => "estimated",
        }
    }
}

impl Certificate {
    /// The width of the interval around γ over its lower end.
    pub fn relative_width(&self) -> f64 {
        self.rate[1].over(self.rate[0]).value() - 1.0
    }
}

/// The section of a summary; numbers beyond the range of ordinary ones are there as logarithms alone.
impl Serialize for Certificate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Section {
            rate: ordinary(self.rate),
            log_rate: self.rate.map(Scaled::ln),
            exit_time: ordinary(self.exit_time),
            log_exit_time: self.exit_time.map(Scaled::ln),
            relative_width: self.relative_width(),
            lambda2_lower: self.second_rate.is_ordinary().then(|| self.second_rate.value()),
            log_lambda2_lower: self.second_rate.ln(),
            status: self.status,
            best: self.best.is_ordinary().then(|| self.best.value()),
            log_best: self.best.ln(),
        }
        .serialize(serializer)
    }
}

#[derive(Serialize)]
struct Section {
    rate: Option<[f64; 2]>,
    log_rate: [f64; 2],
    exit_time: Option<[f64; 2]>,
    log_exit_time: [f64; 2],
    relative_width: f64,
    lambda2_lower: Option<f64>,
    log_lambda2_lower: f64,
    status: Status,
    best: Option<f64>,
    log_best: f64,
}

/// Both ends, where ordinary numbers hold both; rounded outwards to where `Scaled` has not rounded.
fn ordinary(ends: [Scaled; 2]) -> Option<[f64; 2]> {
    ends.iter().all(|end| end.is_ordinary()).then(|| ends.map(Scaled::value))
}

/// Refuses what cannot be enclosed, before anything long begins.
///
/// # Errors
/// The reason.
pub fn check(problem: &Problem) -> Result<(), CertificateError> {
    if problem.domain.killing.is_some() || !problem.domain.windows.is_empty() {
        return Err(CertificateError::KilledElsewhere);
    }
    match problem.dimension {
        1 if problem.domain.is_periodic(0) => Err(CertificateError::Periodic),
        1 => Ok(()),
        _ => plane::in_rectangle(problem).map(|_| ()),
    }
}

/// Encloses the rate of a problem and its mean exit time from the Gibbs density; in two dimensions on so many cells.
///
/// # Errors
/// As [`check`], and where the energies or the gap cannot be found.
pub fn certify(problem: &Problem, cells: [usize; 2], resources: Resources<'_>) -> Result<Certificate, StudyError> {
    check(problem)?;
    match problem.dimension {
        1 => Ok(line::enclose(problem)?),
        _ => plane::enclose(problem, cells, None, resources),
    }
}

/// The same in two dimensions from a trial function with these values ≥ 0 at the centres of the cells, y fast, over the
/// rectangle that is left: however bad they are, the interval is wide and not wrong.
///
/// # Errors
/// As [`certify`], and [`CertificateError::NoTrial`] for other problems, and for too many or too few values.
pub fn certify_with(
    problem: &Problem,
    cells: [usize; 2],
    values: &[f64],
    resources: Resources<'_>,
) -> Result<Certificate, StudyError> {
    check(problem)?;
    let is_positive = |value: &f64| *value >= 0.0;
    let suits = plane::is_enough(cells) && values.len() == cells[0] * cells[1] && values.iter().all(is_positive);
    if problem.dimension == 1 || !suits {
        return Err(CertificateError::NoTrial.into());
    }
    plane::enclose(problem, cells, Some(values), resources)
}
