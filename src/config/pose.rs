//! From a configuration to the problem that it poses.

use std::path::Path;
use std::sync::Arc;

use crate::config::{Config, LandscapeConfig, LandscapeForm, NoiseConfig, NoiseForm};
use crate::problem::expression::Expression;
use crate::problem::landscape::formula::{Formula, FormulaDrift};
use crate::problem::landscape::logistic::LogisticRegression;
use crate::problem::landscape::polynomial::{DoubleWell, Quadratic, SharpFlat, StyblinskiTang, StyblinskiTangData};
use crate::problem::landscape::sharpened;
use crate::problem::landscape::surface::{Himmelblau, MullerBrown, ThreeHole};
use crate::problem::noise::FormulaNoise;
use crate::problem::{Dynamics, Landscape, NoiseKind, NoiseModel, Problem, ProblemError};
use crate::tensor::Tensor;

impl Config {
    /// The problem that it poses.
    ///
    /// # Errors
    /// A problem that is wrong, or can't be solved as posed.
    pub fn problem(&self) -> Result<Problem, ProblemError> {
        let base = self.source.path.parent().unwrap_or(Path::new("."));
        let dynamics = self.landscape.dynamics(base)?;
        let noise = noise_model(&self.noise, self.landscape.dimension)?;
        Problem::new(dynamics, noise, self.noise.interpretation, &self.posed)
    }
}

impl LandscapeConfig {
    /// Makes the landscape, or the drift, of a configuration; `base` is the folder that relative data paths start from when they
    /// don't exist under the working folder.
    ///
    /// # Errors
    /// Formulas that do not parse, data that cannot be read, a kind that is not of this dimension.
    pub fn dynamics(&self, base: &Path) -> Result<Dynamics, ProblemError> {
        let dimension = self.dimension;
        let landscape: Arc<dyn Landscape> = match &self.form {
            LandscapeForm::StyblinskiTang => Arc::new(StyblinskiTang { dimension }),
            LandscapeForm::StyblinskiTangData => Arc::new(StyblinskiTangData { dimension }),
            &LandscapeForm::DoubleWell { barrier, tilt, curvature } => {
                Arc::new(DoubleWell { dimension, barrier, tilt, curvature })
            }
            &LandscapeForm::SharpFlat { sharp, flat, transverse } => {
                Arc::new(SharpFlat::new(dimension, sharp, flat, transverse))
            }
            &LandscapeForm::Quadratic { hessian } => Arc::new(Quadratic { dimension, hessian }),
            &LandscapeForm::RotatedQuadratic { curvatures: [a, b], angle } => {
                plane_only("rotated-quadratic", dimension)?;
                let (sin, cos) = (-angle.to_radians()).sin_cos();
                Arc::new(Quadratic { dimension, hessian: Tensor { xx: a, xy: 0.0, yy: b }.turned(cos, sin) })
            }
            LandscapeForm::MullerBrown => {
                plane_only("muller-brown", dimension)?;
                Arc::new(MullerBrown)
            }
            LandscapeForm::Himmelblau => {
                plane_only("himmelblau", dimension)?;
                Arc::new(Himmelblau)
            }
            LandscapeForm::ThreeHole => {
                plane_only("three-hole", dimension)?;
                Arc::new(ThreeHole)
            }
            LandscapeForm::Expression(text) => Arc::new(Formula::new(text, dimension)?),
            LandscapeForm::Drift(texts) => {
                if self.sharpness != 1.0 {
                    return Err(ProblemError::Invalid {
                        key: "landscape.sharpness".into(),
                        message: "a drift has no sharpness: leave the key out, or write the factor into the formulas"
                            .into(),
                    });
                }
                return Ok(Dynamics::Drift(Arc::new(FormulaDrift::new(texts, dimension)?)));
            }
            LandscapeForm::LogisticRegression { data, features, label, positive, standardise } => {
                Arc::new(LogisticRegression::read(data, base, features, label, positive, *standardise)?)
            }
        };
        Ok(Dynamics::Loss(sharpened(landscape, self.sharpness)))
    }
}

fn plane_only(kind: &str, dimension: usize) -> Result<(), ProblemError> {
    if dimension == 2 {
        return Ok(());
    }
    Err(ProblemError::Invalid {
        key: "landscape.kind".into(),
        message: format!("\"{kind}\" is a landscape in two dimensions: set landscape.dimension = 2"),
    })
}

fn noise_model(config: &NoiseConfig, dimension: usize) -> Result<NoiseModel, ProblemError> {
    let kind = match &config.form {
        &NoiseForm::Isotropic { temperature } => NoiseKind::Isotropic { temperature },
        &NoiseForm::Hessian(minibatch) => NoiseKind::Hessian(minibatch),
        &NoiseForm::Frozen { minibatch, s } => NoiseKind::Frozen { minibatch, s },
        &NoiseForm::Covariance(minibatch) => NoiseKind::Covariance(minibatch),
        NoiseForm::Expression { d11, d12, d22 } => {
            let parse = |text: &str, key: &str| Expression::parse(text, key, dimension);
            let rest = match dimension {
                1 => None,
                _ => Some((parse(d12, "noise.d12")?, parse(d22, "noise.d22")?)),
            };
            let d11 = parse(d11, "noise.d11")?;
            NoiseKind::Field(Arc::new(match rest {
                None => FormulaNoise::line(d11),
                Some((d12, d22)) => FormulaNoise::plane(d11, d12, d22),
            }))
        }
    };
    Ok(NoiseModel { kind, floor: config.floor })
}
