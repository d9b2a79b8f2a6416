//! A line or a plane through the parameters of a model, θ* + x v₁ + y v₂, with the loss and its noise on a grid of
//! points.
//!
//! ```text
//! L(x, y),   C_ij = v_i·C v_j   at every point, from all samples
//! ```
//! The projected ∇L and H are the derivatives of L(x, y). The directions are the eigenvectors of the two largest
//! eigenvalues of the Hessian, those to one or two other minima, given vectors, or random vectors normalised filter by filter: every row of a layer's
//! weights is as long as that of θ*, and biases are 0. The number of points along each axis is doubled until the cubic
//! spline through every other point gives those in between to 1e-5 of the range of L.
//!
//! Limits: parameters outside the slice are frozen; noise and drift across it, and paths around barriers that it shows,
//! are neglected.
//!
//! Source: Li, Xu, Taylor, Studer & Goldstein 2018 (filter-wise normalisation).

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rayon::prelude::*;
use serde::Serialize;

use super::directions::{Directions, dot, vectors};
use super::fault::DataError;
use super::measured::Measured;
use super::sums::{Along, Model};
use super::training::{Effort, Trained, TrainingError, initial, minimise};
use super::weights::{self, WeightsError};
use crate::input;
use crate::progress::Progress;
use crate::tensor::Tensor;

/// The centre θ* of a slice.
#[derive(Clone, Debug, PartialEq)]
pub enum Middle {
    /// The minimiser of a convex loss.
    Minimiser,
    /// The result of training from random weights with this seed.
    Seed(u64),
    /// The random weights with this seed, without training.
    Random(u64),
    /// The weights in a file.
    File(PathBuf),
}

/// The specification of a slice.
#[derive(Clone, Debug, PartialEq)]
pub struct SliceSpec {
    /// The dimension, 1 or 2.
    pub dimension: usize,
    /// The centre.
    pub middle: Middle,
    /// The directions.
    pub directions: Directions,
    /// The range of the coordinate along each axis.
    pub range: [[f64; 2]; 2],
    /// The number of points along each axis; `None`: doubled until the spline is accurate, within bounds.
    pub points: Option<[usize; 2]>,
}

/// A slice with the results on its grid.
#[derive(Clone, Debug)]
pub struct Slice {
    /// The model.
    pub model: Arc<Model>,
    /// The centre θ*.
    pub theta: Vec<f64>,
    /// |∇L(θ*)| in all parameters.
    pub gradient_norm: f64,
    /// The training that found θ*; `None` if θ* was read from a file.
    pub training: Option<Trained>,
    /// The directions v₁ and v₂.
    pub vectors: Vec<Vec<f64>>,
    /// v·H v/|v|² at θ* for each direction.
    pub curvatures: Vec<f64>,
    /// L and C on the grid, and the Gram matrix of the directions.
    pub measured: Measured,
}

/// The properties of a slice that results report.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct SliceFacts {
    /// The number of parameters of the model.
    pub parameters: usize,
    /// The dimension, 1 or 2.
    pub dimension: usize,
    /// The number of points along each axis.
    pub points: [usize; 2],
    /// |∇L| at the centre, in all parameters.
    pub gradient_norm: f64,
    /// v·H v/|v|² at the centre; the second is 0 on a line.
    pub curvatures: [f64; 2],
    /// Whether training converged; `None` if there was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_converged: Option<bool>,
}

impl Slice {
    /// The properties that results report.
    pub fn facts(&self) -> SliceFacts {
        SliceFacts {
            parameters: self.theta.len(),
            dimension: self.measured.dimension,
            points: [0, 1].map(|axis| self.measured.axes[axis].len()),
            gradient_norm: self.gradient_norm,
            curvatures: [0, 1].map(|k| self.curvatures.get(k).copied().unwrap_or(0.0)),
            is_converged: self.training.as_ref().map(Trained::is_converged),
        }
    }
}

/// Why a slice could not be computed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SliceError {
    /// A data file that cannot be read or used.
    #[error(transparent)]
    Data(#[from] DataError),
    /// Training failed.
    #[error(transparent)]
    Training(#[from] TrainingError),
    /// The minimiser of a convex loss was not reached.
    #[error("Newton's method ended at |∇L| = {gradient_norm:e}, where at most {aim:e} was asked for")]
    NotReached {
        /// |∇L| at the end.
        gradient_norm: f64,
        /// The |∇L| that was aimed at.
        aim: f64,
    },
    /// A file of weights or of vectors cannot be read.
    #[error("{}: cannot be read ({reason})", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// The reason, from the operating system.
        reason: String,
    },
    /// A file of weights or of vectors does not fit the model.
    #[error("{}: {fault}", file.display())]
    Weights {
        /// The file.
        file: PathBuf,
        /// The fault.
        fault: WeightsError,
    },
    /// The vectors do not span a slice.
    #[error("{}: {}", file.display(), match cosine {
        Some(cosine) => format!("the vectors `x` and `y` are parallel (cosine {cosine})"),
        None => "a vector has no finite length above 0".to_string(),
    })]
    Vectors {
        /// The file.
        file: PathBuf,
        /// The cosine of the angle between parallel vectors; `None` if one has no finite length above 0.
        cosine: Option<f64>,
    },
    /// Another minimum is the centre itself.
    #[error("the other minimum number {} is the centre of the slice itself", place + 1)]
    SameMinimum {
        /// Its index among the other minima, from 0.
        place: usize,
    },
    /// The three minima of a plane are on one line.
    #[error("the three minima are on one line (cosine {cosine}), and span no plane")]
    MinimaOnALine {
        /// The cosine of the angle between the vectors to the other minima.
        cosine: f64,
    },
    /// A file with a kept slice cannot be used or written.
    #[error("{}: the slice cannot be kept there, or read from it ({reason})", file.display())]
    Kept {
        /// The file.
        file: PathBuf,
        /// The reason.
        reason: String,
    },
    /// The slice has more dimensions than the model has parameters.
    #[error("the model has one parameter, and a plane needs two: take a line")]
    TooFewParameters,
    /// The loss or its covariance is not finite at a point.
    #[error("the loss is {loss} at ({}, {}) on the slice", at[0], at[1])]
    NotFinite {
        /// The coordinates of the point.
        at: [f64; 2],
        /// L there.
        loss: f64,
    },
}

impl SliceError {
    /// Whether it is an interruption.
    pub fn is_interruption(&self) -> bool {
        matches!(self, SliceError::Training(TrainingError::Interrupted))
    }
}

/// The number of points along each axis at the beginning and at most, on a line and in a plane.
const POINTS: [[usize; 2]; 2] = [[33, 1025], [17, 65]];
/// The error of the spline, relative to the range of L, at which doubling stops.
const RIGHT: f64 = 1e-5;

impl Slice {
    /// Finds the centre and the directions, and computes the grid on all threads.
    ///
    /// # Errors
    /// [`SliceError`]: files that do not fit, failed training, a loss that is not finite, and interruptions.
    pub fn compute(model: &Arc<Model>, spec: &SliceSpec, progress: &Progress) -> Result<Slice, SliceError> {
        if model.parameters() < spec.dimension {
            return Err(SliceError::TooFewParameters);
        }
        let (theta, training) = middle(model, &spec.middle, progress)?;
        let (_, gradient) = model.loss_and_gradient(&theta);
        let vectors = vectors(model, &theta, &spec.directions, spec.dimension, progress)?;
        let product = |i: usize, j: usize| match vectors.get(i).zip(vectors.get(j)) {
            // Eigenvectors are orthonormal to rounding.
            Some(_) if spec.directions == Directions::Hessian => f64::from(u8::from(i == j)),
            Some((one, other)) => dot(one, other),
            None => 0.0,
        };
        let gram = Tensor { xx: product(0, 0), xy: product(0, 1), yy: product(1, 1) };
        let curvature = |v: &Vec<f64>| dot(&model.hessian_product(&theta, v), v) / dot(v, v);
        let curvatures = vectors.iter().map(curvature).collect();
        let grid = Grid { model, theta: &theta, vectors: &vectors, spec };
        let (axes, points) = grid.refined(progress)?;
        let measured = Measured {
            dimension: spec.dimension,
            axes,
            loss: points.iter().map(|point| point.loss).collect(),
            smooth: false,
            covariance: Some(points.iter().map(|point| point.covariance).collect()),
            gram,
        };
        let gradient_norm = dot(&gradient, &gradient).sqrt();
        Ok(Slice { model: Arc::clone(model), theta, gradient_norm, training, vectors, curvatures, measured })
    }

    /// The slice with this name, computed once per process: sweeps and sensitivities need it at every point.
    ///
    /// # Errors
    /// The errors of `compute`.
    pub fn once(name: String, compute: impl FnOnce() -> Result<Slice, SliceError>) -> Result<Arc<Slice>, SliceError> {
        static KNOWN: Mutex<Option<HashMap<String, Arc<Slice>>>> = Mutex::new(None);
        let known = || KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(slice) = known().as_ref().and_then(|known| known.get(&name)) {
            return Ok(Arc::clone(slice));
        }
        let slice = Arc::new(compute()?);
        known().get_or_insert_default().insert(name, Arc::clone(&slice));
        Ok(slice)
    }
}

pub(super) fn middle(
    model: &Model,
    middle: &Middle,
    progress: &Progress,
) -> Result<(Vec<f64>, Option<Trained>), SliceError> {
    let found = match middle {
        Middle::File(file) => {
            let bytes = read(file)?;
            let theta = weights::decode(&model.network, &bytes);
            let theta = theta.map_err(|fault| SliceError::Weights { file: file.clone(), fault })?;
            return Ok((theta, None));
        }
        Middle::Minimiser => {
            let found = minimise(model, vec![0.0; model.parameters()], Effort::REGRESSION, progress)?;
            if !found.is_converged() {
                return Err(SliceError::NotReached { gradient_norm: found.gradient_norm, aim: found.aim });
            }
            found
        }
        Middle::Random(seed) => return Ok((initial(model, *seed), None)),
        Middle::Seed(seed) => minimise(model, initial(model, *seed), Effort::NETWORK, progress)?,
    };
    Ok((found.theta.clone(), Some(found)))
}

pub(super) fn read(file: &Path) -> Result<Vec<u8>, SliceError> {
    input::numbers(file).map_err(|error| SliceError::Unreadable { file: file.to_path_buf(), reason: error.to_string() })
}

/// The grid of a slice.
struct Grid<'a> {
    model: &'a Model,
    theta: &'a [f64],
    vectors: &'a [Vec<f64>],
    spec: &'a SliceSpec,
}

type Points = ([Vec<f64>; 2], Vec<Along>);

impl Grid<'_> {
    fn axes(&self, points: [usize; 2]) -> [Vec<f64>; 2] {
        [0, 1].map(|axis| {
            if axis >= self.spec.dimension {
                return vec![0.0];
            }
            let [from, to] = self.spec.range[axis];
            let last = (points[axis] - 1) as f64;
            // Both ends, and the points of the coarser grid, are exact.
            (0..points[axis]).map(|k| from + (to - from) * (k as f64 / last)).collect()
        })
    }

    fn at(&self, [x, y]: [f64; 2]) -> Result<Along, SliceError> {
        let mut theta = self.theta.to_vec();
        for (vector, step) in self.vectors.iter().zip([x, y]) {
            theta.iter_mut().zip(vector).for_each(|(entry, v)| *entry += step * v);
        }
        let found = self.model.along(&theta, self.vectors);
        let is_finite = found.loss.is_finite() && found.covariance.is_finite();
        if is_finite { Ok(found) } else { Err(SliceError::NotFinite { at: [x, y], loss: found.loss }) }
    }

    /// All points of a grid; those of a grid with half the cells in `known` are not computed again.
    fn computed(&self, points: [usize; 2], known: &Points, progress: &Progress) -> Result<Points, SliceError> {
        let axes = self.axes(points);
        let (m, n) = (axes[0].len(), axes[1].len());
        let [old_m, old_n] = [known.0[0].len(), known.0[1].len()];
        let is_doubled = |new: usize, old: usize| new == 2 * old - 1 || (new, old) == (1, 1);
        let reuses = old_m > 0 && is_doubled(m, old_m) && is_doubled(n, old_n);
        let place =
            |index: usize, old: usize| if old == 1 { Some(0) } else { index.is_multiple_of(2).then_some(index / 2) };
        progress.begin(&format!("slice: {m} × {n} points"), (m * n) as u64);
        let point = |k: usize| {
            let (i, j) = (k / n, k % n);
            let old = place(i, old_m).zip(place(j, old_n)).filter(|_| reuses);
            progress.advance(1);
            match old {
                Some((i, j)) => Ok(known.1[i * old_n + j]),
                None if progress.is_interrupted() => Err(TrainingError::Interrupted.into()),
                None => self.at([axes[0][i], axes[1][j]]),
            }
        };
        let found = (0..m * n).into_par_iter().map(point).collect::<Result<Vec<Along>, SliceError>>()?;
        Ok((axes, found))
    }

    /// The grid with the requested number of points, or doubled until the spline is accurate.
    fn refined(&self, progress: &Progress) -> Result<Points, SliceError> {
        let none = ([Vec::new(), Vec::new()], Vec::new());
        if let Some(points) = self.spec.points {
            return self.computed(points, &none, progress);
        }
        let [first, most] = POINTS[self.spec.dimension - 1];
        let mut known = self.computed([first; 2], &none, progress)?;
        loop {
            let count = 2 * known.0[0].len() - 1;
            if count > most {
                return Ok(known);
            }
            let next = self.computed([count; 2], &known, progress)?;
            let is_right = self.misfit(&known, &next) <= RIGHT;
            known = next;
            if is_right {
                return Ok(known);
            }
        }
    }

    /// The largest error of the spline through the coarse points at the fine ones, relative to the range of L.
    fn misfit(&self, coarse: &Points, fine: &Points) -> f64 {
        let values: Vec<f64> = coarse.1.iter().map(|point| point.loss).collect();
        let spline = crate::spline::Spline::new([&coarse.0[0], &coarse.0[1]], &values);
        let (x, y) = (&fine.0[0], &fine.0[1]);
        let range = |pick: fn(f64, f64) -> f64| fine.1.iter().map(|point| point.loss).reduce(pick).unwrap_or(0.0);
        let spread = range(f64::max) - range(f64::min);
        let far = fine.1.iter().enumerate().map(|(k, point)| {
            let at = [x[k / y.len()], y[k % y.len()]];
            (spline.value(at) - point.loss).abs()
        });
        let far = far.fold(0.0, f64::max);
        if spread > 0.0 { far / spread } else { 0.0 }
    }
}
