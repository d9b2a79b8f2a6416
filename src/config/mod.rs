//! The configuration: a TOML file read into plain, validated values.
//!
//! Every value that passes through here is in its admissible range; what needs the landscape to be judged (an
//! expression that is not finite, a start set without a minimum) is judged by [`crate::problem`]. A configuration turns
//! into a [`crate::problem::Problem`] and a [`crate::study::Request`], and nothing below knows its keys: a
//! [`Diagnosis`] finds the key behind an error from there.

pub mod advice;
mod committor;
mod converge;
mod diagnosis;
mod error;
mod evolve;
mod fault_particles;
mod landscape;
mod model;
mod noise;
mod not_finite;
mod order;
mod particles;
mod pose;
mod read;
mod section;
pub mod sensitivity;
pub mod slice;
mod source;
pub mod sweep;
mod table;
mod tree;
mod valley;
mod warned;

pub use diagnosis::Diagnosis;
pub use error::{ConfigError, Fault};
pub use model::{ModelConfig, ModelForm, WeightSource};
pub use slice::SliceConfig;
pub use source::Source;
pub use sweep::Sweep;

use crate::model::MeasuredSource;
use crate::problem::expression::Expression;
use crate::problem::landscape::Regression;
use crate::problem::noise::NoiseKind;
use crate::problem::{Interpretation, Posed};
use crate::study::Request;
use crate::tensor::Tensor;

/// One whole configuration.
#[derive(Clone, Debug)]
pub struct Config {
    /// Free text.
    pub title: String,
    /// Where it was read from, for messages that name the file, the line and the key.
    pub source: Source,
    /// The loss, or the drift.
    pub landscape: LandscapeConfig,
    /// The diffusion tensor.
    pub noise: NoiseConfig,
    /// Domain and start set.
    pub posed: Posed,
    /// What is computed.
    pub request: Request,
}

/// `[landscape]`.
#[derive(Clone, Debug)]
pub struct LandscapeConfig {
    /// Which function.
    pub form: LandscapeForm,
    /// The dimension, 1 or 2.
    pub dimension: usize,
    /// k > 0 in L(θ) = f(√k θ).
    pub sharpness: f64,
}

/// The functions a landscape can be made from.
#[derive(Clone, Debug)]
pub enum LandscapeForm {
    /// ½ Σ (θᵢ⁴ − 16 θᵢ² + 5 θᵢ).
    StyblinskiTang,
    /// Its population loss under Gaussian data, which knows its gradient covariance.
    StyblinskiTangData,
    /// barrier·(x² − 1)² + tilt·x + ½ curvature·y².
    DoubleWell {
        /// Height of the barrier without tilt, > 0.
        barrier: f64,
        /// Slope added along x.
        tilt: f64,
        /// Curvature along y, > 0.
        curvature: f64,
    },
    /// Two valleys of depth 0 at x = −1 and x = +1 with separately set curvatures.
    SharpFlat {
        /// L'' at x = −1, > 0.
        sharp: f64,
        /// L'' at x = +1, > 0.
        flat: f64,
        /// Curvature along y, > 0.
        transverse: f64,
    },
    /// ½ θ·Hθ.
    Quadratic {
        /// The Hessian.
        hessian: Tensor,
    },
    /// ½ θ·Hθ with H of given eigenvalues and first eigenvector at `angle` degrees from the x axis.
    RotatedQuadratic {
        /// Eigenvalues.
        curvatures: [f64; 2],
        /// Degrees.
        angle: f64,
    },
    /// Müller and Brown 1979.
    MullerBrown,
    /// (x² + y − 11)² + (x + y² − 7)².
    Himmelblau,
    /// Metzner, Schütte and Vanden-Eijnden 2006.
    ThreeHole,
    /// A formula in x and y.
    Expression(Expression),
    /// Formulas for the components of the drift b; the second is absent in one dimension.
    Drift(Expression, Option<Expression>),
    /// The drift −(I + cJ)∇L of a loss L in two dimensions.
    RotatedDrift {
        /// L: no drift, and not rotated itself.
        of: Box<LandscapeForm>,
        /// c.
        strength: f64,
    },
    /// Mean of log(1 + exp(−s θ·x)) over a data set, whose one or two features are named and whose positive labels are
    /// s = +1.
    LogisticRegression(Regression),
    /// Mean of (θ·x − y)²/2 over a data set, whose one or two features are named.
    LinearRegression(Regression),
    /// A loss that is known on a grid of points.
    Table(MeasuredSource),
    /// A line or a plane through the parameters of a model.
    Slice(Box<SliceConfig>),
}

/// `[noise]`.
#[derive(Clone, Debug)]
pub struct NoiseConfig {
    /// Which model.
    pub form: NoiseForm,
    /// d ≥ 0 in + d·I.
    pub floor: f64,
    /// Which stochastic calculus.
    pub interpretation: Interpretation,
}

/// The models of D(θ) that a file can name.
#[derive(Clone, Debug)]
pub enum NoiseForm {
    /// A model that needs no formula.
    Model(NoiseKind),
    /// Formulas for D₁₁, D₁₂, D₂₂.
    Expression {
        /// D₁₁.
        d11: Box<Expression>,
        /// D₁₂, 0 when not given.
        d12: Box<Expression>,
        /// D₂₂; unused in one dimension.
        d22: Box<Expression>,
    },
}
