//! The largest eigenvalues of a symmetric matrix that is known by its products with vectors.
//!
//! Lanczos's method with every vector orthogonalised against all before, twice, until the residual of each wanted
//! eigenpair, |Av − λv| = β|s|, is small. What it cannot see: a second eigenvector of an eigenvalue that is exactly
//! double.
//!
//! Source: Parlett 1998, chapter 13.

use super::training::{eigenpairs, uniform};

/// Eigenvalues, descending, with their unit eigenvectors.
#[derive(Clone, Debug, PartialEq)]
pub struct Largest {
    /// Eigenvalues.
    pub values: Vec<f64>,
    /// Unit eigenvectors.
    pub vectors: Vec<Vec<f64>>,
    /// |Av − λv| over the largest |λ|, the largest of all.
    pub residual: f64,
}

/// Residuals over the largest |λ| that are small enough: eigenvectors are then right to this over the gaps.
const SMALL: f64 = 1e-12;
/// Most products.
const MOST: usize = 400;

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The `count` largest eigenvalues of a matrix of `size` rows; `None` where they could not be found or `go_on` says no.
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
        // Looking costs m³.
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
