//! The configuration: a TOML file read into plain, validated values.
//!
//! Every value is checked against its admissible range here. Conditions that need the landscape (a formula that is not
//! finite, a start set without a minimum) are checked by [`crate::problem`]. A configuration turns into a
//! [`crate::problem::Problem`] and a [`crate::study::Request`]; no module below knows its keys. A [`Diagnosis`] finds
//! the key behind an error from below.

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

/// A whole configuration.
#[derive(Clone, Debug)]
pub struct Config {
    /// The title, free text.
    pub title: String,
    /// The file with its text, for messages that name file, line and key.
    pub source: Source,
    /// The loss or the drift.
    pub landscape: LandscapeConfig,
    /// The diffusion tensor.
    pub noise: NoiseConfig,
    /// The domain and the start set.
    pub posed: Posed,
    /// The quantities to compute, and the grids.
    pub request: Request,
}

/// `[landscape]`.
#[derive(Clone, Debug)]
pub struct LandscapeConfig {
    /// The function.
    pub form: LandscapeForm,
    /// The dimension, 1 or 2.
    pub dimension: usize,
    /// The sharpness k > 0 in L(θ) = f(√k θ).
    pub sharpness: f64,
}

/// The functions of a landscape.
#[derive(Clone, Debug)]
pub enum LandscapeForm {
    /// ½ Σ (θᵢ⁴ − 16 θᵢ² + 5 θᵢ).
    StyblinskiTang,
    /// The population loss of Styblinski–Tang under Gaussian data; its gradient covariance is known in closed form.
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
    /// Two valleys of depth 0 at x = −1 and x = +1 with given curvatures.
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
    /// ½ θ·Hθ with given eigenvalues of H, the first eigenvector at `angle` degrees from the x axis.
    RotatedQuadratic {
        /// The eigenvalues.
        curvatures: [f64; 2],
        /// The angle in degrees.
        angle: f64,
    },
    /// The potential of Müller and Brown 1979.
    MullerBrown,
    /// (x² + y − 11)² + (x + y² − 7)².
    Himmelblau,
    /// The three-hole potential of Metzner, Schütte and Vanden-Eijnden 2006.
    ThreeHole,
    /// A formula in x and y.
    Expression(Expression),
    /// Formulas for the components of the drift b; `None` for the second in one dimension.
    Drift(Expression, Option<Expression>),
    /// The drift −(I + cJ)∇L in two dimensions.
    RotatedDrift {
        /// The loss L; neither a drift nor itself rotated.
        of: Box<LandscapeForm>,
        /// The strength c.
        strength: f64,
    },
    /// The mean of log(1 + exp(−s θ·x)) over a data set with one or two features; the positive labels have s = +1.
    LogisticRegression(Regression),
    /// The mean of (θ·x − y)²/2 over a data set with one or two features.
    LinearRegression(Regression),
    /// A loss given on a grid of points.
    Table(MeasuredSource),
    /// A line or a plane through the parameters of a model.
    Slice(Box<SliceConfig>),
}

/// `[noise]`.
#[derive(Clone, Debug)]
pub struct NoiseConfig {
    /// The model of D(θ).
    pub form: NoiseForm,
    /// The floor d ≥ 0, added as d·I.
    pub floor: f64,
    /// The stochastic calculus.
    pub interpretation: Interpretation,
}

/// The models of D(θ).
#[derive(Clone, Debug)]
pub enum NoiseForm {
    /// A model without a formula.
    Model(NoiseKind),
    /// Formulas for D₁₁, D₁₂ and D₂₂.
    Expression {
        /// D₁₁.
        d11: Box<Expression>,
        /// D₁₂, 0 by default.
        d12: Box<Expression>,
        /// D₂₂; unused in one dimension.
        d22: Box<Expression>,
    },
}
