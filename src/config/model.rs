//! `[landscape]` as a model on data in any number of parameters: `linear-regression`, `logistic-regression` or
//! `network`.

use std::path::{Path, PathBuf};

use super::landscape::drops_missing;
use super::read::{file, note_spans};
use super::section::{COUNT, NOT_NEGATIVE, Rule, Section};
use super::{ConfigError, Source, tree};
use crate::model::fault::DataError;
use crate::model::{Activation, DataSource, Model, Network, Output, Targets, Task};

type Read<T> = Result<T, ConfigError>;

/// The rule for seeds: integers that f64 represents exactly.
pub(super) const SEED: Rule =
    ("a whole number from 0 to 9007199254740992", |x| (0.0..=9_007_199_254_740_992.0).contains(&x) && x.fract() == 0.0);

/// A model as configured.
#[derive(Clone, Debug)]
pub struct ModelConfig {
    /// The title, free text.
    pub title: String,
    /// The file with its text.
    pub source: Source,
    /// The data.
    pub data: DataSource,
    /// The form of the model.
    pub form: ModelForm,
    /// The penalty λ ≥ 0 in λ/2 |θ|².
    pub l2: f64,
}

/// The forms of models.
#[derive(Clone, Debug, PartialEq)]
pub enum ModelForm {
    /// The mean of (θ·x − y)²/2.
    LinearRegression {
        /// Whether a constant feature is added.
        intercept: bool,
    },
    /// The mean of log(1 + e^{−s θ·x}).
    LogisticRegression {
        /// Whether a constant feature is added.
        intercept: bool,
    },
    /// The mean cross-entropy of a fully connected network.
    Network {
        /// The widths of the hidden layers.
        hidden: Vec<usize>,
        /// The activation function of the hidden layers.
        activation: Activation,
        /// The source of the weights.
        weights: WeightSource,
    },
}

/// The source of a network's weights.
#[derive(Clone, Debug, PartialEq)]
pub enum WeightSource {
    /// Training from random initial weights with this seed.
    Seed(u64),
    /// Random weights with this seed, without training.
    Random(u64),
    /// A file.
    File(PathBuf),
}

/// The sections of a configuration that are ignored where only the model is read.
const OTHERS: [&str; 11] =
    ["noise", "domain", "grid", "valley", "solve", "converge", "sgd", "particles", "committor", "sweep", "evolve"];

impl ModelConfig {
    /// Reads the model of a configuration file; `overrides` are `section.key=value` each. Its other sections are not
    /// read.
    ///
    /// # Errors
    /// A landscape that is no model on data, with the place.
    pub fn from_path(path: &Path, overrides: &[String]) -> Read<ModelConfig> {
        ModelConfig::from_text(path, &file(path)?, overrides)
    }

    /// Reads a text; `path` is its name in messages, and relative paths start from its folder.
    ///
    /// # Errors
    /// As [`ModelConfig::from_path`].
    pub fn from_text(path: &Path, text: &str, overrides: &[String]) -> Read<ModelConfig> {
        let mut source = Source { path: path.to_path_buf(), text: text.to_string(), ..Source::default() };
        let tree = tree::parse(&mut source, overrides)?;
        note_spans(&tree, String::new(), &mut source);
        let root = Section::root(&source, &tree);
        let title = root.text("title")?.unwrap_or_default();
        let landscape = root.section("landscape")?;
        for name in OTHERS {
            root.has(name);
        }
        root.finish()?;
        if !landscape.is_given() {
            return Err(root.missing("landscape", "a model on data is needed: [landscape] with kind, data and label"));
        }
        let (form, data, l2) = read(&landscape)?;
        Ok(ModelConfig { title, data, form, l2, source: source.clone() })
    }

    /// The folder of the file, in which relative paths are looked up after the working folder.
    pub fn base(&self) -> &Path {
        self.source.path.parent().unwrap_or(Path::new("."))
    }

    /// The model with its data.
    ///
    /// # Errors
    /// Data that cannot be read or used.
    pub fn model(&self) -> Result<Model, DataError> {
        model_of(&self.form, &self.data, self.l2, self.base())
    }

    /// A description such as `network 10-10-10-12, tanh, on avila.csv`.
    pub fn describe(&self, model: &Model) -> String {
        let data = self.data.path.display();
        let penalty = if self.l2 == 0.0 { String::new() } else { format!(", l2 = {}", self.l2) };
        let kind = match &self.form {
            ModelForm::LinearRegression { .. } => "linear-regression".to_string(),
            ModelForm::LogisticRegression { .. } => "logistic-regression".to_string(),
            ModelForm::Network { activation, .. } => {
                let layers = model.network.layers();
                let widths = layers.iter().map(|layer| layer.outputs.to_string());
                let widths: Vec<String> =
                    layers.first().map(|layer| layer.inputs.to_string()).into_iter().chain(widths).collect();
                let name = if *activation == Activation::Tanh { "tanh" } else { "relu" };
                format!("network {}, {name}", widths.join("-"))
            }
        };
        format!("{kind} on {data}{penalty}")
    }
}

/// A model of this form with its data; relative paths are looked up in the working folder, then in `base`.
///
/// # Errors
/// Data that cannot be read or used.
pub(super) fn model_of(form: &ModelForm, data: &DataSource, l2: f64, base: &Path) -> Result<Model, DataError> {
    let (task, output) = match form {
        ModelForm::LinearRegression { .. } => (Task::Value, Output::SquaredError),
        ModelForm::LogisticRegression { .. } => (Task::Sign, Output::Logistic),
        ModelForm::Network { .. } => (Task::Class, Output::CrossEntropy),
    };
    let samples = data.read(base, task)?;
    let inputs = samples.features.len();
    let outputs = match &samples.targets {
        Targets::Classes(_, names) => names.len(),
        Targets::Values(_) => 1,
    };
    let network = match form {
        ModelForm::LinearRegression { intercept } | ModelForm::LogisticRegression { intercept } => {
            Network::new(&[inputs, outputs], *intercept, Activation::Tanh, output)
        }
        ModelForm::Network { hidden, activation, .. } => {
            let widths = [&[inputs], hidden.as_slice(), &[outputs]].concat();
            Network::new(&widths, true, *activation, output)
        }
    };
    Ok(Model { network, samples, l2 })
}

pub(super) fn read(section: &Section) -> Read<(ModelForm, DataSource, f64)> {
    let kinds = ["linear-regression", "logistic-regression", "network"];
    let needed = "C and H need a model on data: linear-regression, logistic-regression or network";
    // All landscapes are known here, so that one that is no model gets a specific message.
    let kind = match section.text("kind")? {
        Some(kind) if kinds.contains(&kind.as_str()) => kind,
        Some(kind) => return Err(section.conflict("kind", format!("\"{kind}\" is none: {needed}"))),
        None => return Err(section.missing("kind", needed)),
    };
    // These keys belong to slices of the model and are allowed.
    let _ = (section.has("dimension"), section.has("slice"));
    let data = DataSource {
        path: section.text("data")?.map(PathBuf::from).ok_or_else(|| section.missing("data", "give a CSV file"))?,
        features: section.texts("features")?,
        label: section
            .text("label")?
            .ok_or_else(|| section.missing("label", "give the column with the right answers"))?,
        positive: section.texts("positive")?,
        standardise: section.boolean("standardise", true)?,
        drop_missing: drops_missing(section)?,
    };
    if let Some(features) = &data.features {
        let twice = features.iter().enumerate().find(|(k, name)| features[..*k].contains(name));
        if let Some((_, name)) = twice {
            return Err(section.conflict("features", format!("names the column `{name}` twice")));
        }
        if features.contains(&data.label) {
            return Err(section.conflict("features", format!("names the label `{}`: leave it out", data.label)));
        }
    }
    let l2 = section.number("l2", NOT_NEGATIVE)?.unwrap_or(0.0);
    let form = match kind.as_str() {
        "network" => network(section)?,
        "linear-regression" => ModelForm::LinearRegression { intercept: section.boolean("intercept", false)? },
        _ if data.positive.is_none() => {
            return Err(section.missing("positive", "logistic regression needs the labels that count as s = +1"));
        }
        _ => ModelForm::LogisticRegression { intercept: section.boolean("intercept", false)? },
    };
    section.finish()?;
    Ok((form, data, l2))
}

fn network(section: &Section) -> Read<ModelForm> {
    if !section.boolean("intercept", true)? {
        return Err(section.conflict("intercept", "every layer of a network has biases: leave this key out"));
    }
    let hidden = section.numbers("layers", COUNT)?.unwrap_or_else(|| vec![10.0, 10.0]);
    let names = [("tanh", Activation::Tanh), ("relu", Activation::Relu)];
    let activation = section.choice("activation", &names)?.unwrap_or(Activation::Tanh);
    let (seed, weights) = (section.number("seed", SEED)?, section.text("weights")?);
    if seed.is_some() && weights.is_some() {
        return Err(
            section.conflict("seed", "weights are given, and nothing is trained from a seed: keep one of the two")
        );
    }
    let is_trained = section.boolean("trained", true)?;
    if !is_trained && weights.is_some() {
        return Err(section.conflict("trained", "weights of a file are taken as they are: leave this key out"));
    }
    let weights = match weights {
        Some(path) => WeightSource::File(PathBuf::from(path)),
        None if is_trained => WeightSource::Seed(seed.unwrap_or(0.0) as u64),
        None => WeightSource::Random(seed.unwrap_or(0.0) as u64),
    };
    Ok(ModelForm::Network { hidden: hidden.iter().map(|&width| width as usize).collect(), activation, weights })
}
