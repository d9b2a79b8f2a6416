//! Two-sided bounds on the escape rate and the mean exit time of the continuous problem, which hold whatever the grid.
//!
//! The energies of a trial function and of a flux that balances it bound γ from both sides to a relative width, given a
//! lower bound ρ of λ₂: see [`crate::formula::quadrature::Enclosure`]. The inequality is proved. The errors of
//! quadrature and rounding are estimated and added to the interval, so that its status is [`Status::Estimated`].

mod error;
mod line;
mod plane;

pub use error::CertificateError;

use serde::{Serialize, Serializer};

use crate::problem::Problem;
use crate::scaled::Scaled;
use crate::solve::Resources;
use crate::study::StudyError;

/// Bounds on the escape rate and on the mean exit time of the continuous problem.
#[derive(Clone, Debug)]
pub struct Certificate {
    /// The lower and upper bound of γ, per unit of dynamical time.
    pub rate: [Scaled; 2],
    /// The lower and upper bound of ∫pτ/∫p, the mean exit time from the Gibbs density of the set, in dynamical time.
    pub exit_time: [Scaled; 2],
    /// The lower bound ρ ≤ λ₂.
    pub second_rate: Scaled,
    /// A₁/A₂, in general the closest approximation of γ; not a bound.
    pub best: Scaled,
    /// The status of the proof.
    pub status: Status,
}

/// The parts of an interval that are proved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// The inequality and every number in it are proved.
    Certified,
    /// The inequality is proved; the errors of quadrature and rounding are estimated and added.
    Estimated,
}

impl Status {
    /// The name in summaries and reports.
    pub fn name(self) -> &'static str {
        match self {
            Status::Certified => "certified",
            Status::Estimated => "estimated",
        }
    }
}

impl Certificate {
    /// Upper over lower bound of γ, less 1.
    pub fn relative_width(&self) -> f64 {
        self.rate[1].over(self.rate[0]).value() - 1.0
    }
}

/// The section `certificate` of a summary; a number beyond the range of f64 is given by its logarithm alone.
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

/// Both bounds as f64, or `None` unless both are within its range.
fn ordinary(ends: [Scaled; 2]) -> Option<[f64; 2]> {
    ends.iter().all(|end| end.is_ordinary()).then(|| ends.map(Scaled::value))
}

/// Checks, without solving anything, that a certificate covers the problem.
///
/// # Errors
/// A [`CertificateError`] that names what is not covered: killing inside the domain, a window, a periodic axis in one
/// dimension; in two dimensions also sets of other shapes, jumps, and processes that are not in detailed balance.
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

/// Bounds the escape rate of a problem and its mean exit time from the Gibbs density. `cells`: the grid in two
/// dimensions, raised to 4 along each axis; not used in one dimension.
///
/// # Errors
/// Those of [`check`]; failures of the solves and of the quadrature; [`CertificateError::NoGap`] if no ρ above γ is
/// proved.
pub fn certify(problem: &Problem, cells: [usize; 2], resources: Resources<'_>) -> Result<Certificate, StudyError> {
    check(problem)?;
    match problem.dimension {
        1 => Ok(line::enclose(problem)?),
        _ => plane::enclose(problem, cells, None, resources),
    }
}

/// Does what [`certify`] does, in two dimensions and with a given trial function: its values, ≥ 0, at the cell centres
/// of the rectangle, y fast. Poor values give wide bounds, never wrong ones.
///
/// # Errors
/// The errors of [`certify`]; [`CertificateError::NoTrial`] in one dimension, for negative values, and if there is not
/// one value for each of at least 4 × 4 cells.
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
