//! `covariance.json` and the file of weights.

use std::path::Path;

use serde_json::{Value, json};

use super::{IoError, atomic};
use crate::model::{Network, weights};
use crate::study::covariance::CovarianceStudy;

/// The comparison of C and H as JSON; `model`: a description of the model.
pub fn covariance_summary(title: &str, model: &str, study: &CovarianceStudy) -> Value {
    let mut summary = json!({
        "title": title,
        "model": model,
        "parameters": study.theta.len(),
        "samples": study.samples,
        "dropped": study.dropped,
        "loss": study.loss,
        "gradient_norm": study.gradient_norm,
        "hessian_eigenvalues": study.eigenvalues,
        "comparisons": study.comparisons,
        "noise_norms": study.noise,
    });
    if let Some(training) = &study.training {
        summary["training"] = json!({
            "gradient_norm_aim": training.aim,
            "is_converged": training.is_converged(),
            "lbfgs_steps": training.steps[0],
            "newton_steps": training.steps[1],
        });
    }
    summary["provenance"] = json!({ "program": env!("CARGO_PKG_NAME"), "version": env!("CARGO_PKG_VERSION") });
    summary
}

/// Writes weights in the safetensors format, whole or not at all.
///
/// # Errors
/// [`IoError::Folder`] and [`IoError::Write`] if the file cannot be written.
pub fn write_weights(path: &Path, network: &Network, theta: &[f64]) -> Result<(), IoError> {
    atomic::replace(path, |partial| {
        std::fs::write(partial, weights::encode(network, theta))
            .map_err(|source| IoError::Write { path: path.to_path_buf(), source })
    })
}
