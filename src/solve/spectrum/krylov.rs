//! The largest eigenvalues of a linear map by a block Krylov space, in a weighted norm.
//!
//! T V_m = V_{m+b} H: the band Arnoldi process with b starting vectors, so that eigenvalues of multiplicity up to b are
//! found with it. The Ritz values are those of the leading block of H, and the rows below it give the residual of each.
//! Vectors are made orthogonal twice.
//!
//! Source: Saad, Numerical Methods for Large Eigenvalue Problems, 2nd ed. (2011), chapter 6.

use faer::Mat;
use faer::linalg::solvers::Eigen;
use rayon::prelude::*;

use crate::solve::orthogonal::{add, square, taken_out};

/// An approximate eigenpair: θ, its vector (real and imaginary part) of norm 1, and ‖T r − θ r‖.
#[derive(Clone, Debug)]
pub(super) struct Ritz {
    pub(super) theta: [f64; 2],
    pub(super) vector: [Vec<f64>; 2],
    pub(super) residual: f64,
}

/// Starting vectors.
const BLOCK: usize = 3;

/// Steps between looks at the Ritz values.
const LOOK: usize = 6;

/// Residuals below this part of θ are as small as they get.
const SMALL: f64 = 3e-14;

/// How many eigenvalues are asked for, and how.
#[derive(Clone, Copy)]
pub(super) struct Asked {
    /// Those that are returned.
    pub(super) count: usize,
    /// Those of them, the first ones, that the space grows for.
    pub(super) exact: usize,
    /// The most steps.
    pub(super) steps: usize,
    /// Whether the map is symmetric in the weights, so that a new vector is orthogonal to all but the last ones as it
    /// comes.
    pub(super) is_symmetric: bool,
}

/// The eigenvalues of largest modulus; fewer where the space has fewer dimensions.
pub(super) fn largest(apply: &dyn Fn(&[f64]) -> Vec<f64>, weights: &[f64], asked: Asked) -> Vec<Ritz> {
    let Asked { count: wanted, exact, steps: most, is_symmetric } = asked;
    let near = if is_symmetric { 2 * BLOCK } else { usize::MAX };
    let n = weights.len();
    let mut seed = 0x9e37_79b9_7f4a_7c15u64;
    let mut random = || -> Vec<f64> {
        let mut next = || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 11) as f64 / (1u64 << 52) as f64 - 1.0
        };
        (0..n).map(|_| next()).collect()
    };
    let mut basis: Vec<Vec<f64>> = Vec::new();
    // Orthogonal to all vectors before, with the coefficients that were taken out; `None` where nothing is left.
    let orthogonal = |basis: &[Vec<f64>], mut vector: Vec<f64>| -> (Vec<f64>, Option<Vec<f64>>, f64) {
        let before = square(weights, &vector).sqrt();
        let coefficients = taken_out(&mut vector, basis, weights, near);
        let size = square(weights, &vector).sqrt();
        // What rounding leaves has no direction.
        if size <= 1e-12 * before || size.is_nan() {
            return (coefficients, None, 0.0);
        }
        vector.par_iter_mut().for_each(|value| *value /= size);
        (coefficients, Some(vector), size)
    };
    for _ in 0..BLOCK.min(n) {
        // One application takes out what the map does not see.
        if let (_, Some(vector), _) = orthogonal(&basis, apply(&random())) {
            basis.push(vector);
        }
    }
    // The column of H of each vector that was applied.
    let mut columns: Vec<Vec<f64>> = Vec::new();
    let mut found = Vec::new();
    while columns.len() < basis.len() && columns.len() < most {
        let image = apply(&basis[columns.len()]);
        let (mut column, vector, size) = orthogonal(&basis, image);
        if let Some(vector) = vector {
            column.push(size);
            basis.push(vector);
        }
        columns.push(column);
        let is_last = columns.len() == basis.len() || columns.len() == most;
        if columns.len() > wanted && (columns.len().is_multiple_of(LOOK) || is_last) {
            found = ritz(&columns, wanted);
            if found.iter().take(exact).all(|(theta, _, residual)| *residual <= SMALL * theta[0].hypot(theta[1])) {
                break;
            }
        }
    }
    if found.is_empty() {
        found = ritz(&columns, wanted);
    }
    let spread = |small: &[f64]| -> Vec<f64> {
        let mut vector = vec![0.0; n];
        // Of real eigenvalues the imaginary parts are nothing.
        if small.iter().any(|&c| c != 0.0) {
            add(&mut vector, &basis[..small.len()], |place| small[place]);
        }
        vector
    };
    found
        .into_iter()
        .map(|(theta, small, residual)| Ritz { theta, vector: [spread(&small[0]), spread(&small[1])], residual })
        .collect()
}

type Small = ([f64; 2], [Vec<f64>; 2], f64);

/// The largest eigenvalues of the leading block of H, with unit vectors and the norm of what the rows below make of
/// these.
fn ritz(columns: &[Vec<f64>], wanted: usize) -> Vec<Small> {
    let m = columns.len();
    let matrix = Mat::from_fn(m, m, |i, j| columns[j].get(i).copied().unwrap_or(0.0));
    let Ok(eigen) = Eigen::<f64>::new_from_real(matrix.as_ref()) else { return Vec::new() };
    let values: Vec<[f64; 2]> = (0..m).map(|k| eigen.S()[k]).map(|value| [value.re, value.im]).collect();
    let mut order: Vec<usize> = (0..m).collect();
    let size = |k: usize| values[k][0].hypot(values[k][1]);
    // Conjugates stand beside each other.
    order.sort_by(|&a, &b| size(b).total_cmp(&size(a)).then(values[a][1].total_cmp(&values[b][1])));
    let rows = columns.iter().map(Vec::len).max().unwrap_or(0);
    order
        .into_iter()
        .take(wanted)
        .map(|k| {
            let mut small = [0, 1].map(|part: usize| {
                let entry = |i: usize| eigen.U()[(i, k)];
                (0..m).map(|i| if part == 0 { entry(i).re } else { entry(i).im }).collect::<Vec<f64>>()
            });
            let norm = small.iter().flatten().map(|c| c * c).sum::<f64>().sqrt();
            small.iter_mut().flatten().for_each(|c| *c /= norm);
            let below = |part: &[f64], row: usize| -> f64 {
                columns.iter().zip(part).map(|(column, c)| column.get(row).copied().unwrap_or(0.0) * c).sum()
            };
            let left: f64 = (m..rows)
                .flat_map(|row| [below(&small[0], row), below(&small[1], row)])
                .map(|value| value * value)
                .sum();
            (values[k], small, left.sqrt())
        })
        .collect()
}
