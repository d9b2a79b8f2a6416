//! The certificate in one dimension, where every process is in detailed balance: integrals alone, no grid.

use crate::problem::{Problem, ends};
use crate::study::certificate::{Certificate, CertificateError, Status};
use crate::study::comparison;

/// Bounds the escape rate from the interval around the start point.
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
