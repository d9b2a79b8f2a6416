//! Diffusion tensors D(θ) = ½σσᵀ, in parameters² per unit of dynamical time.
//!
//! | model | D(θ) |
//! |---|---|
//! | isotropic | T·I |
//! | hessian | η/(2B) [H(θ)]₊ + d·I |
//! | frozen | D_a in the start valley below L_s, D_b elsewhere, + d·I |
//! | covariance | η/(2B) C(θ) + d·I, C the covariance of one sample's gradient |
//! | expression | formulas for D₁₁, D₁₂, D₂₂, + d·I |
//!
//! Source: method.md section 1; Xie, Sato & Sugiyama 2021, Eqs. 2 and 7.

use std::sync::Arc;

pub use crate::problem::breaks::Breaks;
use crate::problem::breaks::root;
use crate::problem::critical::{CriticalPoint, Saddle};
use crate::problem::descent::Descent;
use crate::problem::dynamics::Dynamics;
use crate::problem::error::ProblemError;
use crate::problem::expression::Expression;
use crate::problem::landscape::Landscape;
use crate::tensor::{LANES, Point, Points, Tensor, advance, difference};

/// A model of D(θ), before a problem says where it is frozen.
#[derive(Clone, Debug)]
pub struct NoiseModel {
    /// How D follows from the landscape, or does not.
    pub kind: NoiseKind,
    /// d ≥ 0 in + d·I.
    pub floor: f64,
}

/// The models of D(θ).
#[derive(Clone)]
pub enum NoiseKind {
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
    /// Any other field, to which the floor is added.
    Field(Arc<dyn DiffusionField>),
}

impl std::fmt::Debug for NoiseKind {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            NoiseKind::Isotropic { temperature } => write!(formatter, "Isotropic({temperature})"),
            NoiseKind::Hessian(minibatch) => write!(formatter, "Hessian({minibatch:?})"),
            NoiseKind::Frozen { minibatch, s } => write!(formatter, "Frozen({minibatch:?}, s = {s})"),
            NoiseKind::Covariance(minibatch) => write!(formatter, "Covariance({minibatch:?})"),
            NoiseKind::Field(_) => write!(formatter, "Field"),
        }
    }
}

impl NoiseModel {
    /// White noise, D = temperature·I.
    pub fn isotropic(temperature: f64) -> NoiseModel {
        NoiseModel { kind: NoiseKind::Isotropic { temperature }, floor: 0.0 }
    }

    /// The learning rate and the batch size of noise that minibatches make.
    pub fn minibatch(&self) -> Option<Minibatch> {
        match self.kind {
            NoiseKind::Hessian(minibatch) | NoiseKind::Covariance(minibatch) | NoiseKind::Frozen { minibatch, .. } => {
                Some(minibatch)
            }
            NoiseKind::Isotropic { .. } | NoiseKind::Field(_) => None,
        }
    }

    /// Whether D vanishes where an eigenvalue of the Hessian does.
    pub fn is_bare_hessian(&self) -> bool {
        self.floor == 0.0 && matches!(self.kind, NoiseKind::Hessian(_))
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

/// A field of symmetric positive semidefinite diffusion tensors.
pub trait DiffusionField: Send + Sync {
    /// D(θ).
    fn tensor(&self, theta: Point) -> Tensor;

    /// ∇L(θ) and D(θ) together, for fields where one pass over the data gives both.
    fn slope_and_tensor(&self, dynamics: &Dynamics, theta: Point) -> (Point, Tensor) {
        (dynamics.slope(theta), self.tensor(theta))
    }

    /// D at every point of a block: its entries xx, xy and yy.
    fn tensors(&self, at: &Points, tensors: &mut [[f64; LANES]; 3]) {
        let [xx, xy, yy] = tensors;
        for lane in 0..LANES {
            let tensor = self.tensor(at.get(lane));
            (xx[lane], xy[lane], yy[lane]) = (tensor.xx, tensor.xy, tensor.yy);
        }
    }

    /// Whether D jumps somewhere.
    fn jumps(&self) -> bool {
        false
    }

    /// d when D(θ) = d·I everywhere.
    fn constant(&self) -> Option<f64> {
        None
    }

    /// Whether D is a scalar times the identity everywhere (always so in one dimension).
    fn is_scalar(&self) -> bool {
        false
    }

    /// Fractions of the segment, in ascending order, where D or its derivative jumps: an integral along it is split there.
    fn breaks(&self, from: Point, to: Point) -> Breaks {
        let _ = (from, to);
        Breaks::default()
    }
}

struct Isotropic {
    d: f64,
    dimension: usize,
}

impl DiffusionField for Isotropic {
    fn tensor(&self, _: Point) -> Tensor {
        Tensor::isotropic(self.d, self.dimension)
    }
    fn constant(&self) -> Option<f64> {
        Some(self.d)
    }
    fn is_scalar(&self) -> bool {
        true
    }
}

struct HessianNoise {
    landscape: Arc<dyn Landscape>,
    factor: f64,
    floor: Tensor,
}

impl HessianNoise {
    fn eigenvalues(&self, theta: Point) -> [f64; 2] {
        self.landscape.hessian(theta).eigen(self.landscape.dimension()).values
    }
}

impl DiffusionField for HessianNoise {
    fn tensor(&self, theta: Point) -> Tensor {
        let hessian = self.landscape.hessian(theta);
        hessian.absolute(self.landscape.dimension()).scaled(self.factor).plus(self.floor)
    }
    fn is_scalar(&self) -> bool {
        self.landscape.dimension() == 1
    }
    fn breaks(&self, from: Point, to: Point) -> Breaks {
        let (start, end) = (self.eigenvalues(from), self.eigenvalues(to));
        let step = difference(to, from);
        let mut breaks = Breaks::default();
        for k in 0..self.landscape.dimension() {
            if (start[k] > 0.0) != (end[k] > 0.0) {
                breaks.push(root(|s| self.eigenvalues(advance(from, s, step))[k]));
            }
        }
        breaks
    }
}

/// Theorem 3.2's closure: piecewise constant, with the jump at L = L_s.
struct Frozen {
    landscape: Arc<dyn Landscape>,
    descent: Descent,
    valley: usize,
    level: f64,
    inside: Tensor,
    outside: Tensor,
}

impl DiffusionField for Frozen {
    fn tensor(&self, theta: Point) -> Tensor {
        let below = self.landscape.value(theta) < self.level;
        if below && self.descent.limit(theta) == Some(self.valley) { self.inside } else { self.outside }
    }
    fn jumps(&self) -> bool {
        true
    }
    fn is_scalar(&self) -> bool {
        self.landscape.dimension() == 1
    }
    fn breaks(&self, from: Point, to: Point) -> Breaks {
        let step = difference(to, from);
        let excess = |s: f64| self.landscape.value(advance(from, s, step)) - self.level;
        let mut breaks = Breaks::default();
        if (excess(0.0) > 0.0) != (excess(1.0) > 0.0) {
            breaks.push(root(excess));
        }
        breaks
    }
}

struct Covariance {
    landscape: Arc<dyn Landscape>,
    factor: f64,
    floor: Tensor,
}

impl Covariance {
    fn scale(&self, sample: Tensor) -> Tensor {
        sample.scaled(self.factor).plus(self.floor)
    }
}

impl DiffusionField for Covariance {
    fn tensor(&self, theta: Point) -> Tensor {
        // `build` has made sure that this landscape has data.
        self.landscape.gradient_covariance(theta).map_or(self.floor, |sample| self.scale(sample))
    }
    fn slope_and_tensor(&self, dynamics: &Dynamics, theta: Point) -> (Point, Tensor) {
        match self.landscape.gradient_and_covariance(theta) {
            Some((gradient, sample)) => (gradient, self.scale(sample)),
            None => (dynamics.slope(theta), self.tensor(theta)),
        }
    }
    fn is_scalar(&self) -> bool {
        self.landscape.dimension() == 1
    }
}

/// A tensor given by formulas.
pub struct FormulaNoise {
    d11: Expression,
    /// D₁₂ and D₂₂; `None` in one dimension.
    rest: Option<(Expression, Expression)>,
}

impl FormulaNoise {
    /// The field D₁₁ in one dimension.
    pub fn line(d11: Expression) -> FormulaNoise {
        FormulaNoise { d11, rest: None }
    }

    /// The field with these entries in two dimensions.
    pub fn plane(d11: Expression, d12: Expression, d22: Expression) -> FormulaNoise {
        FormulaNoise { d11, rest: Some((d12, d22)) }
    }
}

impl FormulaNoise {
    fn entries(&self) -> impl Iterator<Item = &Expression> {
        std::iter::once(&self.d11).chain(self.rest.iter().flat_map(|(d12, d22)| [d12, d22]))
    }
}

impl DiffusionField for FormulaNoise {
    fn jumps(&self) -> bool {
        self.entries().any(Expression::may_jump)
    }
    fn breaks(&self, from: Point, to: Point) -> Breaks {
        self.entries().fold(Breaks::default(), |breaks, entry| breaks.with(entry.breaks(from, to)))
    }
    fn tensor(&self, theta: Point) -> Tensor {
        let (xy, yy) = match &self.rest {
            None => (0.0, 0.0),
            Some((d12, d22)) => (d12.value(theta), d22.value(theta)),
        };
        Tensor { xx: self.d11.value(theta), xy, yy }
    }
    fn tensors(&self, at: &Points, tensors: &mut [[f64; LANES]; 3]) {
        let [xx, xy, yy] = tensors;
        self.d11.values(at, xx);
        match &self.rest {
            None => (*xy, *yy) = ([0.0; LANES], [0.0; LANES]),
            Some((d12, d22)) => {
                d12.values(at, xy);
                d22.values(at, yy);
            }
        }
    }
    fn is_scalar(&self) -> bool {
        self.rest.is_none()
    }
}

/// Another field plus d·I.
struct Raised {
    field: Arc<dyn DiffusionField>,
    floor: Tensor,
}

impl DiffusionField for Raised {
    fn tensor(&self, theta: Point) -> Tensor {
        self.field.tensor(theta).plus(self.floor)
    }
    fn slope_and_tensor(&self, dynamics: &Dynamics, theta: Point) -> (Point, Tensor) {
        let (slope, tensor) = self.field.slope_and_tensor(dynamics, theta);
        (slope, tensor.plus(self.floor))
    }
    fn tensors(&self, at: &Points, tensors: &mut [[f64; LANES]; 3]) {
        self.field.tensors(at, tensors);
        let [xx, _, yy] = tensors;
        for lane in 0..LANES {
            xx[lane] += self.floor.xx;
            yy[lane] += self.floor.yy;
        }
    }
    fn jumps(&self) -> bool {
        self.field.jumps()
    }
    fn constant(&self) -> Option<f64> {
        self.field.constant().map(|d| d + self.floor.xx)
    }
    fn is_scalar(&self) -> bool {
        self.field.is_scalar()
    }
    fn breaks(&self, from: Point, to: Point) -> Breaks {
        self.field.breaks(from, to)
    }
}

/// What `frozen` noise is frozen to.
pub struct FrozenAt {
    /// The minimum a.
    pub minimum: CriticalPoint,
    /// Its index among the minima of `descent`.
    pub valley: usize,
    /// The lowest saddle b of its valley.
    pub saddle: Saddle,
    /// Tells valleys apart.
    pub descent: Descent,
}

/// η/(2B), the factor in front of the covariance of one sample's gradient.
pub fn minibatch_factor(minibatch: Minibatch) -> f64 {
    minibatch.learning_rate / (2.0 * minibatch.batch_size)
}

/// Makes the field of a model; `frozen_at` is needed for `frozen` alone.
pub fn build(
    model: &NoiseModel,
    dynamics: &Dynamics,
    dimension: usize,
    frozen_at: impl FnOnce() -> Result<FrozenAt, ProblemError>,
) -> Result<Arc<dyn DiffusionField>, ProblemError> {
    let floor = Tensor::isotropic(model.floor, dimension);
    let landscape = || match dynamics {
        Dynamics::Loss(landscape) => Ok(Arc::clone(landscape)),
        Dynamics::Drift(_) => Err(ProblemError::Invalid {
            key: "noise.kind".into(),
            message:
                "this noise is made from a loss, and landscape.drift has none: use \"isotropic\" or \"expression\""
                    .into(),
        }),
    };
    Ok(match &model.kind {
        NoiseKind::Isotropic { temperature } => Arc::new(Isotropic { d: temperature + model.floor, dimension }),
        NoiseKind::Hessian(minibatch) => {
            Arc::new(HessianNoise { landscape: landscape()?, factor: minibatch_factor(*minibatch), floor })
        }
        NoiseKind::Frozen { minibatch, s } => {
            let landscape = landscape()?;
            let FrozenAt { minimum, valley, saddle, descent } = frozen_at()?;
            let factor = minibatch_factor(*minibatch);
            let at = |point: &CriticalPoint| point.hessian.absolute(dimension).scaled(factor).plus(floor);
            let level = (1.0 - s) * minimum.loss + s * saddle.point.loss;
            let (inside, outside) = (at(&minimum), at(&saddle.point));
            Arc::new(Frozen { landscape, descent, valley, level, inside, outside })
        }
        NoiseKind::Covariance(minibatch) => {
            let landscape = landscape()?;
            if landscape.gradient_covariance(landscape.typical_box().0).is_none() {
                return Err(ProblemError::Invalid {
                    key: "noise.kind".into(),
                    message: "\"covariance\" needs a landscape with data behind it (styblinski-tang-data, \
                              logistic-regression): for this one use \"hessian\", \"frozen\", \"isotropic\" or \"expression\""
                        .into(),
                });
            }
            Arc::new(Covariance { landscape, factor: minibatch_factor(*minibatch), floor })
        }
        NoiseKind::Field(field) if model.floor == 0.0 => Arc::clone(field),
        NoiseKind::Field(field) => Arc::new(Raised { field: Arc::clone(field), floor }),
    })
}
