//! One-line descriptions of landscape and noise, for titles and summaries.

use crate::config::{Config, LandscapeForm, ModelForm, NoiseForm, SliceConfig};
use crate::digits::{exact, exact_point};
use crate::model::Directions;
use crate::model::slice::Middle;
use crate::problem::landscape::Regression;
use crate::problem::noise::{HessianPlace, NoiseKind};

/// The landscape, such as `double-well, 2D, sharpness 4`.
pub fn landscape(config: &Config) -> String {
    let form = shape(&config.landscape.form);
    let sharpness = config.landscape.sharpness;
    let stretched = if sharpness == 1.0 { String::new() } else { format!(", sharpness {}", exact(sharpness)) };
    format!("{form}, {}D{stretched}", config.landscape.dimension)
}

fn shape(form: &LandscapeForm) -> String {
    match form {
        LandscapeForm::StyblinskiTang => "styblinski-tang".to_string(),
        LandscapeForm::StyblinskiTangData => "styblinski-tang-data".to_string(),
        LandscapeForm::DoubleWell { barrier, tilt, .. } => {
            format!("double-well (barrier {}, tilt {})", exact(*barrier), exact(*tilt))
        }
        LandscapeForm::SharpFlat { sharp, flat, .. } => {
            format!("sharp-flat (L'' {} and {})", exact(*sharp), exact(*flat))
        }
        LandscapeForm::Quadratic { .. } => "quadratic".to_string(),
        LandscapeForm::RotatedQuadratic { curvatures, angle } => {
            format!("rotated-quadratic (curvatures {} and {}, {angle}°)", exact(curvatures[0]), exact(curvatures[1]))
        }
        LandscapeForm::MullerBrown => "muller-brown".to_string(),
        LandscapeForm::Himmelblau => "himmelblau".to_string(),
        LandscapeForm::ThreeHole => "three-hole".to_string(),
        LandscapeForm::Expression(text) => format!("L = {text}"),
        LandscapeForm::Drift(x, None) => format!("drift b = ({x})"),
        LandscapeForm::Drift(x, Some(y)) => format!("drift b = ({x}, {y})"),
        LandscapeForm::RotatedDrift { of, strength } => format!("b = −(I + cJ)∇L, c = {strength}, of {}", shape(of)),
        LandscapeForm::LogisticRegression(posed) => regression("logistic-regression", posed),
        LandscapeForm::LinearRegression(posed) => regression("linear-regression", posed),
        LandscapeForm::Table(source) => format!("table {}", source.path.display()),
        LandscapeForm::Slice(slice) => slice_of(slice),
    }
}

/// A slice, such as `plane along hessian directions of network 10-10 on banknote.csv`.
fn slice_of(slice: &SliceConfig) -> String {
    let model = match &slice.form {
        ModelForm::LinearRegression { .. } => "linear-regression".to_string(),
        ModelForm::LogisticRegression { .. } => "logistic-regression".to_string(),
        ModelForm::Network { hidden, .. } => {
            format!("network {}", hidden.iter().map(ToString::to_string).collect::<Vec<_>>().join("-"))
        }
    };
    let directions = match &slice.directions {
        Directions::Hessian => "hessian directions".to_string(),
        Directions::Filter { seed } => format!("filter directions (seed {seed})"),
        Directions::Minima(ends) => {
            let end = |end: &Middle| match end {
                Middle::File(file) => file.display().to_string(),
                Middle::Seed(seed) | Middle::Random(seed) => format!("seed {seed}"),
                Middle::Minimiser => "minimiser".to_string(),
            };
            format!("vectors to the minima of {}", ends.iter().map(end).collect::<Vec<_>>().join(" and "))
        }
        Directions::File(file) => format!("directions {}", file.display()),
    };
    let penalty = if slice.l2 == 0.0 { String::new() } else { format!(", l2 = {}", slice.l2) };
    let shape = ["line", "plane"][slice.dimension - 1];
    format!("{shape} along {directions} of {model} on {}{penalty}", slice.data.path.display())
}

fn regression(name: &str, posed: &Regression) -> String {
    let mut features = posed.data.features.clone().unwrap_or_default();
    features.extend(posed.intercept.then(|| "1".to_string()));
    let penalty = if posed.l2 == 0.0 { String::new() } else { format!(", l2 = {}", posed.l2) };
    format!("{name} on {} of {}{penalty}", features.join(", "), posed.data.path.display())
}

/// The noise with its interpretation, such as `isotropic, T = 0.1, ito`.
pub fn noise(config: &Config) -> String {
    let noise = &config.noise;
    let form = match &noise.form {
        NoiseForm::Model(kind) => model(kind, config.landscape.dimension),
        NoiseForm::Expression { d11, d12, d22 } if config.landscape.dimension == 2 => {
            format!("D = ({d11}, {d12}; {d12}, {d22})")
        }
        NoiseForm::Expression { d11, .. } => format!("D = {d11}"),
    };
    let floor = if noise.floor == 0.0 { String::new() } else { format!(", floor {}", exact(noise.floor)) };
    format!("{form}{floor}, {}", noise.interpretation.name())
}

/// A noise model without floor and interpretation.
fn model(kind: &NoiseKind, dimension: usize) -> String {
    match kind {
        NoiseKind::Isotropic { temperature } => format!("isotropic, T = {}", exact(*temperature)),
        NoiseKind::Hessian(m) => format!("hessian, η = {}, B = {}", exact(m.learning_rate), exact(m.batch_size)),
        NoiseKind::Frozen { minibatch: m, s, valleys } => {
            let points: Vec<String> = valleys.iter().map(|point| exact_point(*point, dimension)).collect();
            let cold = if points.is_empty() { String::new() } else { format!(", cold at {}", points.join(" and ")) };
            format!("frozen, η = {}, B = {}, s = {s}{cold}", exact(m.learning_rate), exact(m.batch_size))
        }
        NoiseKind::LossHessian { minibatch: m, hessian } => {
            let place = match hessian {
                HessianPlace::Minimum => "the start minimum's H",
                HessianPlace::Local => "the local H",
            };
            format!("loss-hessian with {place}, η = {}, B = {}", exact(m.learning_rate), exact(m.batch_size))
        }
        NoiseKind::Covariance(m) => format!("covariance, η = {}, B = {}", exact(m.learning_rate), exact(m.batch_size)),
        NoiseKind::Field(_) => "a field".to_string(),
    }
}
