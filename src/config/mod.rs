//! The configuration: a TOML file read into plain, validated values.
//!
//! Every value that passes through here is in its admissible range; what needs the landscape to be judged
//! (an expression that is not finite, a start set without a minimum) is judged by [`crate::problem`].

mod converge;
mod error;
mod particles;
mod read;
mod section;
mod source;
mod tree;

pub use converge::ConvergeConfig;
pub use error::{ConfigError, Fault};
pub use source::Source;

use std::path::PathBuf;

use crate::tensor::{Point, Tensor};

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
    /// The rectangle and its walls.
    pub domain: DomainConfig,
    /// Cells and scheme.
    pub grid: GridConfig,
    /// Start set and what absorbs; `None`: the whole domain, absorbed at its walls.
    pub valley: Option<ValleyConfig>,
    /// What is computed.
    pub solve: SolveConfig,
    /// What `saddleflux converge` compares.
    pub converge: ConvergeConfig,
    /// The iteration itself beside its diffusion limit, when asked for.
    pub sgd: Option<SgdConfig>,
    /// Particles: beside the solver when the section is given, and what `saddleflux simulate` does in any case.
    pub particles: ParticlesConfig,
}

/// `[particles]`.
#[derive(Clone, Debug)]
pub struct ParticlesConfig {
    /// Whether the section is there.
    pub is_given: bool,
    /// How they move.
    pub method: Method,
    /// Particles, or replicas of a splitting; `None`: chosen.
    pub count: Option<usize>,
    /// The step in dynamical time; `None`: chosen from the curvature.
    pub dt: Option<f64>,
    /// Seed of the random numbers.
    pub seed: u64,
    /// Ends after this many exits.
    pub exits: u64,
    /// Ends after this dynamical time, if that is earlier.
    pub time: Option<f64>,
    /// Dynamical time before anything is counted; `None`: chosen from the curvature.
    pub burn_in: Option<f64>,
    /// Whether a second run at half the step removes the step's error.
    pub extrapolate: bool,
    /// Independent repetitions of a splitting.
    pub repetitions: usize,
    /// Dimensions of the minibatch experiment, each a copy of the problem; `None`: the landscape's.
    pub dimension: Option<usize>,
    /// Samples of the minibatch experiment's data.
    pub samples: usize,
}

impl Default for ParticlesConfig {
    fn default() -> ParticlesConfig {
        ParticlesConfig {
            is_given: false,
            method: Method::EulerMaruyama,
            count: None,
            dt: None,
            seed: 1,
            exits: 10_000,
            time: None,
            burn_in: None,
            extrapolate: true,
            repetitions: 16,
            dimension: None,
            samples: 50_000,
        }
    }
}

/// How particles move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Euler and Maruyama's steps, with exits between them.
    EulerMaruyama,
    /// The iteration with Gaussian gradient noise.
    Sgd,
    /// The iteration with minibatches of samples.
    Minibatch,
    /// Adaptive multilevel splitting of Euler–Maruyama paths.
    Splitting,
}

impl Method {
    /// All of them.
    pub const ALL: [Method; 4] = [Method::EulerMaruyama, Method::Sgd, Method::Minibatch, Method::Splitting];

    /// Whether it makes steps of η, not of a chosen length.
    pub fn is_iteration(self) -> bool {
        matches!(self, Method::Sgd | Method::Minibatch)
    }

    /// The name in configurations and results.
    pub fn name(self) -> &'static str {
        match self {
            Method::EulerMaruyama => "euler-maruyama",
            Method::Sgd => "sgd",
            Method::Minibatch => "minibatch",
            Method::Splitting => "splitting",
        }
    }
}

/// `[sgd]`.
#[derive(Clone, Debug)]
pub struct SgdConfig {
    /// η; empty: shares of `noise.learning_rate`.
    pub learning_rates: Vec<f64>,
}

/// `[landscape]`.
#[derive(Clone, Debug)]
pub struct LandscapeConfig {
    /// Which function.
    pub form: LandscapeForm,
    /// 1 or 2.
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
    Expression(String),
    /// Formulas for the components of the drift b.
    Drift(Vec<String>),
    /// Mean of log(1 + exp(−s θ·x)) over a data set.
    LogisticRegression {
        /// CSV file, relative to the working folder or to the configuration's folder.
        data: PathBuf,
        /// One or two column names.
        features: Vec<String>,
        /// Label column.
        label: String,
        /// Label values that count as s = +1.
        positive: Vec<String>,
        /// Zero mean and unit population variance for each feature.
        standardise: bool,
    },
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
    /// Solve although a degenerate point cuts the way out.
    pub allow_degenerate: bool,
}

/// The models of D(θ).
#[derive(Clone, Debug)]
pub enum NoiseForm {
    /// D = temperature·I.
    Isotropic {
        /// > 0.
        temperature: f64,
    },
    /// D = η/(2B) [H(θ)]₊.
    Hessian(Minibatch),
    /// D_a below L_s in the start valley, D_b elsewhere.
    Frozen {
        /// η and B.
        minibatch: Minibatch,
        /// 0 < s < 1.
        s: f64,
    },
    /// D = η/2 · C(θ).
    Covariance(Minibatch),
    /// Formulas for D₁₁, D₁₂, D₂₂.
    Expression {
        /// D₁₁.
        d11: String,
        /// D₁₂, "0" when not given.
        d12: String,
        /// D₂₂; unused in one dimension.
        d22: String,
    },
}

impl NoiseForm {
    /// The learning rate and the batch size of noise that minibatches make.
    pub fn minibatch(&self) -> Option<Minibatch> {
        match self {
            NoiseForm::Hessian(minibatch) | NoiseForm::Covariance(minibatch) | NoiseForm::Frozen { minibatch, .. } => {
                Some(*minibatch)
            }
            NoiseForm::Isotropic { .. } | NoiseForm::Expression { .. } => None,
        }
    }
}

/// The learning rate and the batch size.
#[derive(Clone, Copy, Debug)]
pub struct Minibatch {
    /// η > 0.
    pub learning_rate: f64,
    /// B > 0.
    pub batch_size: f64,
}

/// How the noise of a position-dependent D is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interpretation {
    /// J = −P∇L − ∇·(D P).
    Ito,
    /// J = −P∇L − ½[∇(D P) + D∇P], scalar D only.
    Stratonovich,
    /// J = −P∇L − D∇P (Hänggi–Klimontovich).
    Isothermal,
}

impl Interpretation {
    /// The name in configurations and results.
    pub fn name(self) -> &'static str {
        match self {
            Interpretation::Ito => "ito",
            Interpretation::Stratonovich => "stratonovich",
            Interpretation::Isothermal => "isothermal",
        }
    }
}

/// `[domain]`.
#[derive(Clone, Debug)]
pub struct DomainConfig {
    /// Lower corner; `None`: chosen from the landscape.
    pub lower: Option<Point>,
    /// Upper corner.
    pub upper: Option<Point>,
    /// Walls of the x axis and of the y axis.
    pub walls: [AxisWalls; 2],
}

/// What the two walls of an axis do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AxisWalls {
    /// A wall at each end: the lower, then the upper.
    Walls([Wall; 2]),
    /// Both ends joined.
    Periodic,
}

/// One wall.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wall {
    /// Nothing passes.
    Reflecting,
    /// What arrives is gone.
    Absorbing,
}

/// `[grid]`.
#[derive(Clone, Debug)]
pub struct GridConfig {
    /// Cells along each axis (the second is 1 in one dimension); `None`: doubled until `tolerance` is met.
    pub cells: Option<[usize; 2]>,
    /// Relative tolerance on the rate.
    pub tolerance: f64,
    /// The edge weight.
    pub scheme: Scheme,
    /// How the grid is turned.
    pub align: Align,
    /// Largest number of unknowns when `cells` is not given.
    pub max_unknowns: Option<usize>,
}

/// The edge weights of method.md section 3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// 1/∫e^{z(s)}ds.
    InverseAverage,
    /// The same, corrected for how the flux varies along each edge; for D = temperature·I and a loss.
    FluxCorrected,
    /// z/(e^z − 1).
    ScharfetterGummel,
    /// e^{−z/2}.
    Sqra,
    /// 1 + max(−z, 0).
    Upwind,
    /// 1 − z/2.
    Central,
}

impl Scheme {
    /// All of them, the default first.
    pub const ALL: [Scheme; 6] = [
        Scheme::InverseAverage,
        Scheme::FluxCorrected,
        Scheme::ScharfetterGummel,
        Scheme::Sqra,
        Scheme::Upwind,
        Scheme::Central,
    ];

    /// The name in configurations and results.
    pub fn name(self) -> &'static str {
        match self {
            Scheme::InverseAverage => "inverse-average",
            Scheme::FluxCorrected => "flux-corrected",
            Scheme::ScharfetterGummel => "scharfetter-gummel",
            Scheme::Sqra => "sqra",
            Scheme::Upwind => "upwind",
            Scheme::Central => "central",
        }
    }
}

/// The direction of the grid's axes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Align {
    /// Along x and y.
    Axes,
    /// Along the Hessian's eigenvectors at the saddle.
    Saddle,
    /// Turned by this many degrees.
    Angle(f64),
}

/// `[valley]`.
#[derive(Clone, Debug)]
pub struct ValleyConfig {
    /// A point near the minimum; `None`: the deepest minimum in the domain (or in the set).
    pub minimum: Option<Point>,
    /// The start set.
    pub set: StartSet,
    /// What kills.
    pub absorb: Absorb,
}

/// The start set V_a.
#[derive(Clone, Debug)]
pub enum StartSet {
    /// The basin of attraction of the minimum.
    Basin,
    /// An axis-parallel box with these corners.
    Box {
        /// Lower corner.
        lower: Point,
        /// Upper corner.
        upper: Point,
    },
    /// A box of this half width around the polished minimum.
    HalfWidth(Point),
    /// Where this condition holds.
    Expression(String),
}

/// What kills.
#[derive(Clone, Debug)]
pub enum Absorb {
    /// Leaving the start set.
    Boundary,
    /// Entering the disc around a minimum (polished from this point).
    Target {
        /// Near this point; polished by Newton.
        minimum: Point,
        /// Radius of the disc.
        radius: f64,
    },
}

/// `[solve]`.
#[derive(Clone, Debug)]
pub struct SolveConfig {
    /// What is wanted.
    pub quantities: Vec<Quantity>,
    /// Solve on the halved grid too.
    pub error_estimate: bool,
}

/// What can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// Quasi-stationary density and escape rate.
    Rate,
    /// Mean first-passage time.
    PassageTime,
    /// Stationary density of the closed domain.
    Stationary,
}

impl SolveConfig {
    /// Whether anything was asked for that needs killing.
    pub fn wants_killing(&self) -> bool {
        self.wants(Quantity::Rate) || self.wants(Quantity::PassageTime)
    }

    /// Whether a quantity was asked for.
    pub fn wants(&self, quantity: Quantity) -> bool {
        self.quantities.contains(&quantity)
    }
}
