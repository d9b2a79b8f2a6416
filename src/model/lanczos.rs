//! The largest eigenvalues of a symmetric matrix given by its products with vectors.
//!
//! The Lanczos method with full reorthogonalisation, applied twice, until the residual |Av − λv| = β|s| of each wanted
//! eigenpair is small. A second eigenvector of an exactly double eigenvalue is not found.
//!
//! Source: Parlett 1998, chapter 13.

use super::training::{eigenpairs, uniform};

/// The largest eigenvalues of a matrix.
#[derive(Clone, Debug, PartialEq)]
pub struct Largest {
    /// The eigenvalues, descending.
    pub values: Vec<f64>,
    /// The unit eigenvectors.
    pub vectors: Vec<Vec<f64>>,
    /// The largest residual |Av − λv|, relative to the largest |λ|.
    pub residual: f64,
}

/// The residual relative to the largest |λ| at which the iteration stops. The error of an eigenvector is this over the
/// relative gap.
const SMALL: f64 = 1e-12;
/// The largest number of products.
const MOST: usize = 400;

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The `count` largest eigenvalues of a matrix of order `size`; `None` if they were not found or `go_on` returned
/// false.
pub fn largest(
    size: usize,
    count: usize,
    product: impl Fn(&[f64]) -> Vec<f64>,
    mut go_on: impl FnMut() -> bool,
) -> Option<Largest> {
    let mut state = 1;
    let mut next: Vec<f64> = (0..size).map(|_| 2.0 * uniform(&mut state) - 1.0).collect();
    let (mut basis, mut alphas, mut betas) = (Vec::<Vec<f64>>::new(), Vec::new(), Vec::<f64>::new());
    let steps = size.min(MOST);
    loop {
        let norm = dot(&next, &next).sqrt();
        next.iter_mut().for_each(|entry| *entry /= norm);
        if !go_on() {
            return None;
        }
        let mut image = product(&next);
        let alpha = dot(&image, &next);
        basis.push(next);
        alphas.push(alpha);
        for _ in 0..2 {
            for vector in &basis {
                let along = dot(&image, vector);
                image.iter_mut().zip(vector).for_each(|(entry, v)| *entry -= along * v);
            }
        }
        let beta = dot(&image, &image).sqrt();
        let m = basis.len();
        let is_last = m == steps || beta == 0.0;
        // The eigenvalues of the tridiagonal matrix cost m³ operations, so they are not computed in every step.
        if m >= count && (is_last || m.is_multiple_of(10)) {
            let mut matrix = vec![0.0; m * m];
            for k in 0..m {
                matrix[k * m + k] = alphas[k];
                if k + 1 < m {
                    (matrix[k * m + k + 1], matrix[(k + 1) * m + k]) = (betas[k], betas[k]);
                }
            }
            let (values, vectors) = eigenpairs(&matrix, m)?;
            let scale = values.iter().fold(f64::MIN_POSITIVE, |scale, value| scale.max(value.abs()));
            let residual = (0..count).map(|k| beta * vectors[k * m + m - 1].abs() / scale).fold(0.0, f64::max);
            if is_last || residual <= SMALL {
                let vector = |k: usize| {
                    let mut sum = vec![0.0; size];
                    for (weight, own) in vectors[k * m..(k + 1) * m].iter().zip(&basis) {
                        sum.iter_mut().zip(own).for_each(|(entry, v)| *entry += weight * v);
                    }
                    sum
                };
                let vectors = (0..count).map(vector).collect();
                return Some(Largest { values: values[..count].to_vec(), vectors, residual });
            }
        }
        betas.push(beta);
        next = image;
    }
}
