//! `saddleflux covariance`: C compared with H for a model on data.

use std::path::{Path, PathBuf};

use super::session::{folder, watched};
use super::{Asked, Failure, diagnostic, provenance};
use crate::config::{Diagnosis, ModelConfig, ModelForm, WeightSource, advice};
use crate::input;
use crate::io;
use crate::model::Model;
use crate::model::training::TrainingError;
use crate::model::weights::decode;
use crate::problem::ProblemError;
use crate::progress::Progress;
use crate::study::covariance::{self, CovarianceError, CovarianceStudy, Weights};
use crate::{plot, report};

pub(super) fn covariance(asked: &Asked) -> Result<(), Failure> {
    let config = ModelConfig::from_path(&asked.config, &asked.overrides)
        .map_err(|error| Failure::new(2, diagnostic::config_error(&error)))?;
    let failure =
        |diagnosis: &Diagnosis| Failure::new(diagnosis.exit_status, diagnostic::diagnosis(&config.source, diagnosis));
    let folder = folder(asked)?;
    let work = |progress: &Progress| -> Result<(Model, CovarianceStudy), Failure> {
        progress.begin("reading the data", 0);
        let model = config.model().map_err(|error| failure(&Diagnosis::of_problem(&ProblemError::Data(error))))?;
        let weights = weights(&config, &model)?;
        let found = covariance::covariance(&model, weights, progress);
        let found = found.map_err(|error| match error {
            CovarianceError::Training(TrainingError::Interrupted) => {
                Failure::new(130, "interrupted: nothing was written, an earlier result is as it was")
            }
            error => failure(&advice::on_covariance(&error)),
        })?;
        Ok((model, found))
    };
    let (model, found) = watched(asked.output, work)?.0?;
    let words = config.describe(&model);
    let title = if config.title.is_empty() { words.as_str() } else { &config.title };
    let mut summary = io::covariance_summary(&config.title, &words, &found);
    provenance::note(&mut summary, &config.source);
    let delivery = io::Delivery::begin(&folder, "covariance.json")?;
    let staged = delivery.staged();
    let [json, weights] = ["covariance.json", "weights.safetensors"].map(|name| staged.join(name));
    io::write_weights(&weights, &model.network, &found.theta)?;
    io::write_summary(&json, &summary)?;
    let mut files = vec![json, weights];
    if let Some(look) = asked.pictures.look() {
        files.extend(plot::draw_covariance(title, &found, staged, &look)?);
    }
    let files = delivery.finish(&files)?;
    asked.output.tell(|| summary, || report::covariance(title, &words, &found, &files, diagnostic::screen()));
    Ok(())
}

/// The weights at which C and H are compared.
fn weights(config: &ModelConfig, model: &Model) -> Result<Weights, Failure> {
    let path = match &config.form {
        ModelForm::LinearRegression { .. } | ModelForm::LogisticRegression { .. } => return Ok(Weights::Minimiser),
        ModelForm::Network { weights: WeightSource::Seed(seed), .. } => return Ok(Weights::Seed(*seed)),
        ModelForm::Network { weights: WeightSource::Random(seed), .. } => return Ok(Weights::Random(*seed)),
        ModelForm::Network { weights: WeightSource::File(path), .. } => path,
    };
    let path: PathBuf = if path.exists() { path.clone() } else { Path::join(config.base(), path) };
    let wrong = |reason: String| {
        let diagnosis = advice::on_weights(&path, &reason);
        Failure::new(diagnosis.exit_status, diagnostic::diagnosis(&config.source, &diagnosis))
    };
    let bytes = input::numbers(&path).map_err(|error| wrong(format!("it cannot be read ({error})")))?;
    decode(&model.network, &bytes).map(Weights::Given).map_err(|error| wrong(error.to_string()))
}
