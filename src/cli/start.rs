//! The initial density of an evolution from an earlier result.

use super::{Failure, diagnostic};
use crate::config::{Config, Diagnosis};
use crate::io;
use crate::study::Request;
use crate::study::request::StartDensity;

/// The request of a configuration, with the field from which it starts if that is in a file (in the working folder or
/// beside the configuration).
///
/// # Errors
/// A file that cannot be read, or that lacks the field.
pub(super) fn read(config: &Config) -> Result<Request, Failure> {
    let mut request = config.request.clone();
    let Some(evolve) = &mut request.evolve else { return Ok(request) };
    let StartDensity::File { file, field } = &evolve.start else { return Ok(request) };
    let wrong = |message: String| {
        let diagnosis = Diagnosis { key: Some("evolve.start".into()), message, exit_status: 2 };
        Failure::new(2, diagnostic::diagnosis(&config.source, &diagnosis))
    };
    let beside = config.source.path.parent().map(|folder| folder.join(file));
    let place = if file.exists() { file.clone() } else { beside.unwrap_or_else(|| file.clone()) };
    let stored = io::read(&place).map_err(|error| wrong(error.to_string()))?;
    let Some(values) = stored.fields.values(field) else {
        let names: Vec<&str> = stored.fields.fields.iter().map(|field| field.label.name.as_ref()).collect();
        return Err(wrong(format!("{} has no field \"{field}\": it has {}", place.display(), names.join(", "))));
    };
    evolve.start = StartDensity::Given { values: values.to_vec(), grid: stored.grid };
    Ok(request)
}
