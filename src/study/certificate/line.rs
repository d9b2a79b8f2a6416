//! The interval in one dimension: every drift and noise is in detailed balance there, and integrals are all that is
//! needed.

use crate::problem::{Problem, ends};
use crate::study::certificate::{Certificate, CertificateError, Status};
use crate::study::comparison;

/// Encloses the rate of leaving the interval around the start point.
pub(super) fn enclose(problem: &Problem) -> Result<Certificate, CertificateError> {
    let start = problem.valley.start_point[0];
    let found = comparison::on_line(problem, |line| line.enclosure(start))?;
    match ends::continuous_from(problem) {
        Some((at, begins)) if found.rate[1].value() >= begins => {
            return Err(CertificateError::Continuous { at, begins });
        }
        _ => {}
    }
    Ok(Certificate {
        rate: found.rate,
        exit_time: found.exit_time,
        second_rate: found.second_rate,
        best: found.best,
        status: Status::Estimated,
    })
}
