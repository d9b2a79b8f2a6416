//! The problem of a configuration.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::config::{Config, LandscapeConfig, LandscapeForm, NoiseConfig, NoiseForm};
use crate::model::slice::Slice;
use crate::problem::expression::Expression;
use crate::problem::landscape::{
    DoubleWell, Formula, FormulaDrift, Himmelblau, LinearRegression, LogisticRegression, MullerBrown, Quadratic,
    SharpFlat, StyblinskiTang, StyblinskiTangData, TableLoss, ThreeHole, sharpened,
};
use crate::problem::noise::FormulaNoise;
use crate::problem::rotated::RotatedDrift;
use crate::problem::{Dynamics, Landscape, NoiseKind, NoiseModel, Problem, ProblemError};
use crate::progress::Progress;
use crate::tensor::Tensor;

impl Config {
    /// The problem.
    ///
    /// # Errors
    /// A problem that is wrong or cannot be solved as posed; [`crate::config::Diagnosis`] finds the key behind it.
    pub fn problem(&self) -> Result<Problem, ProblemError> {
        self.problem_under(&Progress::default())
    }

    /// The problem; `progress` shows the computation of the landscape, which may take long.
    ///
    /// # Errors
    /// As [`Config::problem`], and an interruption.
    pub fn problem_under(&self, progress: &Progress) -> Result<Problem, ProblemError> {
        let dynamics = self.landscape.dynamics_under(self.base(), progress)?;
        let noise = noise_model(&self.noise, self.landscape.dimension);
        let problem = Problem::new(dynamics, noise, self.noise.interpretation, &self.posed)?;
        self.refuse_poles(&problem.domain)?;
        Ok(problem)
    }
}

impl Config {
    /// The folder of the file, in which relative paths are looked up after the working folder.
    pub fn base(&self) -> &Path {
        self.source.path.parent().unwrap_or(Path::new("."))
    }

    /// The files that are read because a file names them, not a value of the configuration: the directions of a table.
    pub fn files_besides(&self) -> Vec<PathBuf> {
        match &self.landscape.form {
            LandscapeForm::Table(source) => source.directions(self.base()).into_iter().collect(),
            _ => Vec::new(),
        }
    }

    /// The slice of a model that is the landscape, computed once per process; `None` for other landscapes.
    ///
    /// # Errors
    /// A slice that cannot be computed.
    pub fn slice(&self) -> Option<Result<Arc<Slice>, ProblemError>> {
        self.slice_under(&Progress::default())
    }

    /// Computes the slice as [`Config::slice`] does, and reports to `progress`, through which it can be interrupted.
    pub fn slice_under(&self, progress: &Progress) -> Option<Result<Arc<Slice>, ProblemError>> {
        let LandscapeForm::Slice(slice) = &self.landscape.form else { return None };
        Some(slice.slice(self.base(), progress).map_err(ProblemError::from))
    }
}

impl LandscapeConfig {
    /// The landscape or the drift. `base`: the folder in which relative data paths are looked up after the working
    /// folder.
    ///
    /// # Errors
    /// Data that cannot be read or used.
    pub fn dynamics(&self, base: &Path) -> Result<Dynamics, ProblemError> {
        self.dynamics_under(base, &Progress::default())
    }

    /// Makes the dynamics as [`LandscapeConfig::dynamics`] does, and reports to `progress`, through which the
    /// computation can be interrupted.
    ///
    /// # Errors
    /// The errors of [`LandscapeConfig::dynamics`], and an interruption.
    pub fn dynamics_under(&self, base: &Path, progress: &Progress) -> Result<Dynamics, ProblemError> {
        self.dynamics_of(&self.form, base, progress)
    }

    fn dynamics_of(&self, form: &LandscapeForm, base: &Path, progress: &Progress) -> Result<Dynamics, ProblemError> {
        let dimension = self.dimension;
        let landscape: Arc<dyn Landscape> = match form {
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
                let (sin, cos) = (-angle.to_radians()).sin_cos();
                Arc::new(Quadratic { dimension, hessian: Tensor { xx: a, xy: 0.0, yy: b }.turned(cos, sin) })
            }
            LandscapeForm::MullerBrown => Arc::new(MullerBrown),
            LandscapeForm::Himmelblau => Arc::new(Himmelblau),
            LandscapeForm::ThreeHole => Arc::new(ThreeHole),
            LandscapeForm::Expression(expression) => Arc::new(Formula::from(expression.clone())),
            LandscapeForm::Drift(x, y) => {
                return Ok(Dynamics::Drift(Arc::new(match y {
                    None => FormulaDrift::line(x.clone()),
                    Some(y) => FormulaDrift::plane(x.clone(), y.clone()),
                })));
            }
            LandscapeForm::RotatedDrift { of, strength } => {
                return Ok(Dynamics::Drift(Arc::new(RotatedDrift::new(
                    self.dynamics_of(of, base, progress)?,
                    *strength,
                ))));
            }
            LandscapeForm::LogisticRegression(posed) => Arc::new(LogisticRegression::read(posed, base)?),
            LandscapeForm::Table(source) => Arc::new(TableLoss::from(source.read(base)?)),
            LandscapeForm::Slice(slice) => Arc::new(TableLoss::from(slice.slice(base, progress)?)),
            LandscapeForm::LinearRegression(posed) => Arc::new(LinearRegression::read(posed, base)?),
        };
        Ok(Dynamics::Loss(sharpened(landscape, self.sharpness)))
    }
}

/// The noise model of a configuration.
pub(super) fn noise_model(config: &NoiseConfig, dimension: usize) -> NoiseModel {
    let kind = match &config.form {
        NoiseForm::Model(kind) => kind.clone(),
        NoiseForm::Expression { d11, d12, d22 } => NoiseKind::Field(Arc::new(match dimension {
            1 => FormulaNoise::line(Expression::clone(d11)),
            _ => FormulaNoise::plane(Expression::clone(d11), Expression::clone(d12), Expression::clone(d22)),
        })),
    };
    NoiseModel { kind, floor: config.floor }
}
