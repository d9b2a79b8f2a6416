//! The small kernels of the dense eliminations and of the solves. They only add and multiply.

use crate::elimination::error::PivotFault;
use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use pulp::{Simd, WithSimd};
use rayon::join;

/// The number of multiplications above which a product is cut into tiles: 2²⁵, about a millisecond.
const TILE_WORK: usize = 1 << 25;
/// Tiles are at least this many rows and columns.
const TILE_SIDE: usize = 256;
/// The number of SIMD vectors of a column that are summed at once.
const VECTORS: usize = 4;

/// Adds a multiple: target += source · factor.
#[inline(always)]
pub(crate) fn add_scaled(target: &mut [f64], source: &[f64], factor: f64) {
    for (target, source) in target.iter_mut().zip(source) {
        *target += source * factor;
    }
}

/// The loop of [`add_scaled`] in whole SIMD vectors, with fused multiply-add.
#[inline(always)]
pub(super) fn add_scaled_vectors<S: Simd>(simd: S, target: &mut [f64], source: &[f64], factor: f64) {
    let factors = simd.splat_f64s(factor);
    let (targets, target_rest) = S::as_mut_simd_f64s(target);
    let (sources, source_rest) = S::as_simd_f64s(source);
    for (target, &source) in targets.iter_mut().zip(sources) {
        *target = simd.mul_add_f64s(source, factors, *target);
    }
    if !target_rest.is_empty() {
        let sum = simd.mul_add_f64s(simd.partial_load_f64s(source_rest), factors, simd.partial_load_f64s(target_rest));
        simd.partial_store_f64s(target_rest, sum);
    }
}

/// Adds a linear combination of columns: target += Σ_k column_k · row_k, where only the last `target.len()` numbers of
/// each column are used.
#[inline(always)]
pub(super) fn add_combination<S: Simd>(simd: S, target: &mut [f64], columns: &[f64], row: &[f64]) {
    let n = target.len() + row.len();
    let below = |k: usize| &columns[k * n + row.len()..(k + 1) * n];
    let (targets, target_rest) = S::as_mut_simd_f64s(target);
    let (groups, single) = targets.as_chunks_mut::<VECTORS>();
    let grouped = groups.len() * VECTORS;
    for (number, group) in groups.iter_mut().enumerate() {
        let mut sums = *group;
        for (k, &factor) in row.iter().enumerate() {
            let factors = simd.splat_f64s(factor);
            let sources = &S::as_simd_f64s(below(k)).0.as_chunks::<VECTORS>().0[number];
            for lane in 0..VECTORS {
                sums[lane] = simd.mul_add_f64s(sources[lane], factors, sums[lane]);
            }
        }
        *group = sums;
    }
    for (number, target) in (grouped..).zip(single) {
        let mut sum = *target;
        for (k, &factor) in row.iter().enumerate() {
            sum = simd.mul_add_f64s(S::as_simd_f64s(below(k)).0[number], simd.splat_f64s(factor), sum);
        }
        *target = sum;
    }
    if !target_rest.is_empty() {
        let mut sum = simd.partial_load_f64s(target_rest);
        for (k, &factor) in row.iter().enumerate() {
            let source = simd.partial_load_f64s(S::as_simd_f64s(below(k)).1);
            sum = simd.mul_add_f64s(source, simd.splat_f64s(factor), sum);
        }
        simd.partial_store_f64s(target_rest, sum);
    }
}

/// Adds several columns at once: target += Σ_j column_j · factor_j.
#[inline(always)]
pub(crate) fn add_columns<S: Simd, const N: usize>(
    simd: S,
    target: &mut [f64],
    columns: [&[f64]; N],
    factors: [f64; N],
) {
    let length = target.len();
    let (targets, target_rest) = S::as_mut_simd_f64s(target);
    let mut splat = [simd.splat_f64s(0.0); N];
    let (mut vectors, mut rests): ([&[S::f64s]; N], [&[f64]; N]) = ([&[]; N], [&[]; N]);
    for j in 0..N {
        splat[j] = simd.splat_f64s(factors[j]);
        let (whole, rest) = S::as_simd_f64s(&columns[j][..length]);
        (vectors[j], rests[j]) = (&whole[..targets.len()], rest);
    }
    for (i, target) in targets.iter_mut().enumerate() {
        let mut sum = *target;
        for j in 0..N {
            sum = simd.mul_add_f64s(vectors[j][i], splat[j], sum);
        }
        *target = sum;
    }
    for (i, target) in target_rest.iter_mut().enumerate() {
        for j in 0..N {
            *target += rests[j][i] * factors[j];
        }
    }
}

/// The scalar product Σ a_i b_i in eight partial sums, which the compiler keeps in SIMD registers.
#[inline(always)]
pub(crate) fn dot_in_eight(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; 8];
    let (a_chunks, b_chunks) = (a.chunks_exact(8), b.chunks_exact(8));
    let (a_rest, b_rest) = (a_chunks.remainder(), b_chunks.remainder());
    for (a, b) in a_chunks.zip(b_chunks) {
        for i in 0..8 {
            sums[i] += a[i] * b[i];
        }
    }
    let tail: f64 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f64>() + tail
}

/// The scalar product Σ a_i b_i, for `Arch::dispatch`.
pub(super) struct Dot<'a> {
    pub(super) a: &'a [f64],
    pub(super) b: &'a [f64],
}

impl WithSimd for Dot<'_> {
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> f64 {
        dot(simd, self.a, self.b)
    }
}

/// The scalar product Σ a_i b_i in two partial sums of whole SIMD vectors, with fused multiply-add.
#[inline(always)]
pub(super) fn dot<S: Simd>(simd: S, a: &[f64], b: &[f64]) -> f64 {
    let length = a.len().min(b.len());
    let ((a, a_rest), (b, b_rest)) = (S::as_simd_f64s(&a[..length]), S::as_simd_f64s(&b[..length]));
    let mut sum = simd.splat_f64s(0.0);
    let mut other = sum;
    let ((a, a_single), (b, b_single)) = (a.as_chunks::<2>(), b.as_chunks::<2>());
    for (a, b) in a.iter().zip(b) {
        sum = simd.mul_add_f64s(a[0], b[0], sum);
        other = simd.mul_add_f64s(a[1], b[1], other);
    }
    for (a, b) in a_single.iter().zip(b_single) {
        sum = simd.mul_add_f64s(*a, *b, sum);
    }
    let sum = simd.reduce_sum_f64s(simd.add_f64s(sum, other));
    a_rest.iter().zip(b_rest).fold(sum, |sum, (a, b)| sum + a * b)
}

/// The scalar products Σ_i column_j,i b_i of several columns at once.
#[inline(always)]
pub(crate) fn dots<S: Simd, const N: usize>(simd: S, columns: [&[f64]; N], b: &[f64]) -> [f64; N] {
    let length = b.len();
    let (b, b_rest) = S::as_simd_f64s(b);
    let (mut vectors, mut rests): ([&[S::f64s]; N], [&[f64]; N]) = ([&[]; N], [&[]; N]);
    for j in 0..N {
        let (whole, rest) = S::as_simd_f64s(&columns[j][..length]);
        (vectors[j], rests[j]) = (&whole[..b.len()], rest);
    }
    let mut sums = [simd.splat_f64s(0.0); N];
    for (i, &b) in b.iter().enumerate() {
        for j in 0..N {
            sums[j] = simd.mul_add_f64s(vectors[j][i], b, sums[j]);
        }
    }
    let mut dots = [0.0; N];
    for j in 0..N {
        dots[j] = simd.reduce_sum_f64s(sums[j]);
        for (a, b) in rests[j].iter().zip(b_rest) {
            dots[j] += a * b;
        }
    }
    dots
}

/// The square root √S_k of the pivot at this position.
///
/// # Errors
/// [`PivotFault`] when it is not finite or too small.
pub(super) fn pivot_root(position: usize, pivot: f64) -> Result<f64, PivotFault> {
    let root = pivot.sqrt();
    if root.is_finite() { Ok(root) } else { Err(PivotFault { position, value: pivot }) }
}

/// The dense product target = left · right, or target += left · right. Large products are cut into tiles that depend on
/// the shape alone, so that the result does not depend on the number of threads.
pub(super) fn product(target: MatMut<'_, f64>, accumulate: Accum, left: MatRef<'_, f64>, right: MatRef<'_, f64>) {
    let (rows, columns) = (target.nrows(), target.ncols());
    if rows * columns * left.ncols() <= TILE_WORK || rows.max(columns) < 2 * TILE_SIDE {
        matmul(target, accumulate, left, right, 1.0, Par::Seq);
    } else if columns >= rows {
        let half = columns / 2;
        let (first, second) = target.split_at_col_mut(half);
        let (right_first, right_second) = right.split_at_col(half);
        join(|| product(first, accumulate, left, right_first), || product(second, accumulate, left, right_second));
    } else {
        let half = rows / 2;
        let (first, second) = target.split_at_row_mut(half);
        let (left_first, left_second) = left.split_at_row(half);
        join(|| product(first, accumulate, left_first, right), || product(second, accumulate, left_second, right));
    }
}
