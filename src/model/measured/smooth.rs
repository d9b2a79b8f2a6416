//! Smoothing of noisy values on a grid, such as losses in single precision, whose second differences are noise.
//!
//! ```text
//! minimise |f − z|² + (λ_x f·K_x f + λ_y f·K_y f + …):   f = S_x z S_yᵀ,   S = (1 + λ K)⁻¹,   K = D₆ᵀD₆
//! V(λ_x, λ_y) = n |z − f|²/(n − t)²,   t = tr S_x tr S_y           generalised cross-validation: the least V
//! σ² = |z − f|²/(n − t)
//! ```
//! D₆ are sixth differences, divided by the distances of the knots where these are uneven, so that polynomials of fifth
//! degree along each axis stay as they are. Everything that varies over a few knots only is taken for noise.
//!
//! Limits: noise must be independent from point to point; K of an axis is a full matrix.
//!
//! Source: Whittaker 1923; Craven & Wahba 1979; Eilers, Currie & Durbán 2006 (arrays).

use crate::model::training::eigenpairs;

/// The steps of λ that are tried, from 1e-4, nearly no smoothing, to 1e11, polynomials on some thirty knots.
const EXPONENTS: std::ops::RangeInclusive<i32> = 0..=30;
/// The factor between two values of λ, as a power of ten.
const STEP: f64 = 0.5;

/// The fewest values along an axis that have a sixth difference.
pub(super) const FEWEST_SMOOTHED: usize = 7;

/// Smoothed values.
#[derive(Clone, Debug, PartialEq)]
pub struct Smoothed {
    /// The values, in the order of the given ones.
    pub values: Vec<f64>,
    /// The standard deviation σ of the noise that was found.
    pub noise: f64,
    /// The root mean square standard deviation that is left in the smoothed values, σ √(t/n).
    pub left: f64,
}

/// The eigenvalues of K of an axis, and its eigenvectors one after the other.
struct Modes {
    values: Vec<f64>,
    vectors: Vec<f64>,
}

impl Modes {
    fn new(knots: &[f64]) -> Modes {
        let n = knots.len();
        if n < FEWEST_SMOOTHED {
            // Too few for a sixth difference.
            return Modes::unsmoothed(n);
        }
        let mean = (knots[n - 1] - knots[0]) / (n - 1) as f64;
        let mut matrix = vec![0.0; n * n];
        for start in 0..n - 6 {
            let x: [f64; 7] = std::array::from_fn(|k| (knots[start + k] - knots[start]) / mean);
            // 6! times the divided difference: 1, −6, 15, −20, 15, −6, 1 on even knots.
            let weights: [f64; 7] =
                std::array::from_fn(|k| 720.0 / (0..7).filter(|&j| j != k).map(|j| x[k] - x[j]).product::<f64>());
            for (i, a) in weights.iter().enumerate() {
                for (j, b) in weights.iter().enumerate() {
                    matrix[(start + i) * n + start + j] += a * b;
                }
            }
        }
        // Knots that crowd together beyond the range of f64 have no sixth difference either.
        let found = matrix.iter().all(|entry| entry.is_finite()).then(|| eigenpairs(&matrix, n)).flatten();
        found.map_or_else(|| Modes::unsmoothed(n), |(values, vectors)| Modes { values, vectors })
    }

    /// The modes of an axis that is left as it is.
    fn unsmoothed(n: usize) -> Modes {
        let mut vectors = vec![0.0; n * n];
        vectors.iter_mut().step_by(n + 1).for_each(|entry| *entry = 1.0);
        Modes { values: vec![0.0; n], vectors }
    }

    fn len(&self) -> usize {
        self.values.len()
    }

    /// The entries of S in the basis of the eigenvectors; the smooth ones are exactly 1.
    fn factors(&self, lambda: f64) -> Vec<f64> {
        // Smaller ones are rounding.
        let smallest = 1e-13 * self.values.first().copied().unwrap_or(0.0);
        let factor = |value: &f64| if *value > smallest { 1.0 / (1.0 + lambda * value) } else { 1.0 };
        self.values.iter().map(factor).collect()
    }
}

/// U_xᵀ z U_y, or, with `back`, U_x z U_yᵀ.
fn transformed([x, y]: [&Modes; 2], values: &[f64], back: bool) -> Vec<f64> {
    let entry = |modes: &Modes, mode: usize, knot: usize| modes.vectors[mode * modes.len() + knot];
    let (m, n) = (x.len(), y.len());
    let mut half = vec![0.0; m * n];
    for i in 0..m {
        for k in 0..m {
            let factor = if back { entry(x, k, i) } else { entry(x, i, k) };
            for j in 0..n {
                half[i * n + j] += factor * values[k * n + j];
            }
        }
    }
    let mut whole = vec![0.0; m * n];
    for i in 0..m {
        for j in 0..n {
            let along = (0..n).map(|k| half[i * n + k] * if back { entry(y, k, j) } else { entry(y, j, k) });
            whole[i * n + j] = along.sum();
        }
    }
    whole
}

/// The smoothed values on the grid with these axes, y fastest; a second axis of one value means one dimension.
pub fn smoothed([x, y]: [&[f64]; 2], values: &[f64]) -> Smoothed {
    let modes = [Modes::new(x), Modes::new(y)];
    let modes = [&modes[0], &modes[1]];
    let count = values.len() as f64;
    // Losses far from 0 vary by little: their mean is left out of all products.
    let mean = values.iter().sum::<f64>() / count;
    let offset: Vec<f64> = values.iter().map(|value| value - mean).collect();
    let spectrum = transformed(modes, &offset, false);
    let lambdas: Vec<f64> = EXPONENTS.map(|exponent| 10f64.powf(STEP * f64::from(exponent) - 4.0)).collect();
    let factors = modes.map(|modes| lambdas.iter().map(|lambda| modes.factors(*lambda)).collect::<Vec<_>>());
    let residual = |[s, t]: [&Vec<f64>; 2]| -> (f64, f64) {
        let mut square = 0.0;
        for (row, s) in spectrum.chunks_exact(t.len()).zip(s) {
            for (entry, t) in row.iter().zip(t) {
                square += ((1.0 - s * t) * entry).powi(2);
            }
        }
        (square, count - s.iter().sum::<f64>() * t.iter().sum::<f64>())
    };
    let mut best: Option<(f64, [&Vec<f64>; 2])> = None;
    for s in &factors[0] {
        for t in &factors[1] {
            let (square, freedom) = residual([s, t]);
            let score = square / (freedom * freedom);
            if freedom > 0.5 && best.is_none_or(|(least, _)| score < least) {
                best = Some((score, [s, t]));
            }
        }
    }
    let Some((_, [s, t])) = best else {
        return Smoothed { values: values.to_vec(), noise: 0.0, left: 0.0 };
    };
    let (square, freedom) = residual([s, t]);
    let noise = (square / freedom).sqrt();
    let kept: Vec<f64> = spectrum
        .chunks_exact(t.len())
        .zip(s)
        .flat_map(|(row, s)| row.iter().zip(t).map(move |(entry, t)| s * t * entry))
        .collect();
    let values = transformed(modes, &kept, true).into_iter().map(|value| value + mean).collect();
    Smoothed { values, noise, left: noise * ((count - freedom) / count).sqrt() }
}
