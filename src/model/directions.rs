//! The vectors that span a slice through the parameters of a model.

use std::path::{Path, PathBuf};

use super::lanczos;
use super::slice::{Middle, SliceError, middle, read};
use super::sums::Model;
use super::training::{TrainingError, eigenpairs, uniform};
use super::weights::{self, WeightsError};
use crate::progress::Progress;

/// The choice of these vectors.
#[derive(Clone, Debug, PartialEq)]
pub enum Directions {
    /// The eigenvectors of the largest and the second largest eigenvalue of H.
    Hessian,
    /// Random vectors, normalised filter by filter.
    Filter {
        /// The seed of the random numbers.
        seed: u64,
    },
    /// The vectors from the centre to other minima, one for each dimension.
    Minima(Vec<Middle>),
    /// The vectors `x` and `y` of a safetensors file.
    File(PathBuf),
}

/// The number of parameters up to which eigenvectors are computed from the dense Hessian.
const DENSE: usize = 400;

pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// One vector for each dimension of the slice.
pub(super) fn vectors(
    model: &Model,
    theta: &[f64],
    directions: &Directions,
    dimension: usize,
    progress: &Progress,
) -> Result<Vec<Vec<f64>>, SliceError> {
    match directions {
        Directions::Hessian => eigenvectors(model, theta, dimension, progress),
        Directions::Filter { seed } => {
            let mut state = *seed;
            Ok((0..dimension).map(|_| filter_normalised(model, theta, &mut state)).collect())
        }
        Directions::Minima(ends) => to_minima(model, theta, ends, progress),
        Directions::File(file) => given(model, file, dimension),
    }
}

/// The vectors from θ to other minima; an error unless they are linearly independent.
fn to_minima(model: &Model, theta: &[f64], ends: &[Middle], progress: &Progress) -> Result<Vec<Vec<f64>>, SliceError> {
    let mut vectors = Vec::new();
    for end in ends {
        let (other, _) = middle(model, end, progress)?;
        vectors.push(other.iter().zip(theta).map(|(end, centre)| end - centre).collect::<Vec<f64>>());
    }
    let squares: Vec<f64> = vectors.iter().map(|v| dot(v, v)).collect();
    if let Some(place) = squares.iter().position(|square| *square == 0.0) {
        return Err(SliceError::SameMinimum { place });
    }
    match cosine(&vectors, &squares) {
        Some(cosine) => Err(SliceError::MinimaOnALine { cosine }),
        None => Ok(vectors),
    }
}

/// The cosine of the angle between two vectors with these squared lengths, if they are parallel.
fn cosine(vectors: &[Vec<f64>], squares: &[f64]) -> Option<f64> {
    let [x, y] = vectors else { return None };
    let cosine = dot(x, y) / (squares[0] * squares[1]).sqrt();
    // A smaller angle is rounding.
    (1.0 - cosine * cosine < 1e-12).then_some(cosine)
}

/// The vectors of a file; an error unless they are linearly independent.
fn given(model: &Model, file: &Path, dimension: usize) -> Result<Vec<Vec<f64>>, SliceError> {
    let bytes = read(file)?;
    let fits = |fault| SliceError::Weights { file: file.to_path_buf(), fault };
    let vector = |name: &&str| {
        let (found, values) = weights::tensor(name, &bytes).map_err(fits)?;
        let needed = vec![model.parameters()];
        match values.len() == model.parameters() {
            true => Ok(values),
            false => Err(fits(WeightsError::Shape { name: (*name).into(), found, needed })),
        }
    };
    let vectors: Vec<Vec<f64>> = ["x", "y"][..dimension].iter().map(vector).collect::<Result<_, _>>()?;
    let squares: Vec<f64> = vectors.iter().map(|v| dot(v, v)).collect();
    if squares.iter().any(|square| !(square.is_finite() && *square > 0.0)) {
        return Err(SliceError::Vectors { file: file.to_path_buf(), cosine: None });
    }
    match cosine(&vectors, &squares) {
        Some(cosine) => Err(SliceError::Vectors { file: file.to_path_buf(), cosine: Some(cosine) }),
        None => Ok(vectors),
    }
}

/// The unit eigenvectors of the `count` largest eigenvalues, each with its largest entry positive.
fn eigenvectors(model: &Model, theta: &[f64], count: usize, progress: &Progress) -> Result<Vec<Vec<f64>>, SliceError> {
    let p = model.parameters();
    progress.begin("eigenvectors of the Hessian", 0);
    let failed = || match progress.is_interrupted() {
        true => TrainingError::Interrupted,
        false => TrainingError::Eigenvalues { loss: model.loss(theta) },
    };
    let mut vectors: Vec<Vec<f64>> = if p <= DENSE {
        let (_, vectors) = eigenpairs(&model.hessian(theta), p).ok_or_else(failed)?;
        vectors.chunks_exact(p).take(count).map(<[f64]>::to_vec).collect()
    } else {
        let go_on = || {
            progress.advance(1);
            !progress.is_interrupted()
        };
        lanczos::largest(p, count, |v| model.hessian_product(theta, v), go_on).ok_or_else(failed)?.vectors
    };
    for vector in &mut vectors {
        let largest = vector.iter().fold(0.0f64, |most, entry| if entry.abs() > most.abs() { *entry } else { most });
        if largest < 0.0 {
            vector.iter_mut().for_each(|entry| *entry = -*entry);
        }
    }
    Ok(vectors)
}

/// A random vector whose rows of weights have the lengths of those of θ; its biases are 0.
fn filter_normalised(model: &Model, theta: &[f64], state: &mut u64) -> Vec<f64> {
    let mut vector = vec![0.0; theta.len()];
    for layer in model.network.layers() {
        let range = layer.weights();
        let rows = vector[range.clone()].chunks_exact_mut(layer.inputs).zip(theta[range].chunks_exact(layer.inputs));
        for (row, own) in rows {
            row.iter_mut().for_each(|entry| *entry = normal(state));
            let factor = (dot(own, own) / dot(row, row)).sqrt();
            row.iter_mut().for_each(|entry| *entry *= factor);
        }
    }
    vector
}

/// A standard normal random number (Box & Muller 1958).
pub(super) fn normal(state: &mut u64) -> f64 {
    // In (0, 1], whose logarithm is finite.
    let (radius, angle) = (1.0 - uniform(state), uniform(state));
    (-2.0 * radius.ln()).sqrt() * (std::f64::consts::TAU * angle).cos()
}
