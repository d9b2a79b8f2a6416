//! The elimination of small symmetric fronts, pivot by pivot in whole vectors; rows and padding are those of `symmetric`.
//!
//! A pivot's column first takes up all columns before it, then its sum is taken; the contribution
//! block is formed four columns at a time.

use super::PivotFault;
use super::symmetric::{Shape, VECTOR, dot, root_of};
use pulp::{Simd, WithSimd};

/// A front too thin for products of blocks.
pub(super) struct Small<'a> {
    pub(super) shape: Shape,
    pub(super) factor: &'a mut [f64],
    pub(super) contribution: &'a mut [f64],
    pub(super) fresh: bool,
    pub(super) weights: &'a [f64],
}

impl WithSimd for Small<'_> {
    type Output = Result<(), PivotFault>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Self::Output {
        let Small { shape, factor, contribution, fresh, weights } = self;
        let (rows, below, rows_below) = (shape.rows(), shape.below(), shape.rows_below());
        for k in 0..shape.p {
            let (done, later) = factor.split_at_mut(k * rows);
            let column = &mut later[..rows];
            // From the beginning of a vector on: what comes above the diagonal means nothing.
            let first = k - k % VECTOR;
            combine::<S, 1>(simd, &mut column[first..], rows - first, done, rows, first, k, false);
            column[first..=k].fill(0.0);
            let sum = dot(simd, &column[first..], &weights[first..]);
            PivotFault::check(k, sum)?;
            let inverse = 1.0 / root_of(k, sum / weights[k])?;
            let factor = simd.splat_f64s(inverse);
            for rates in S::as_mut_simd_f64s(&mut column[first..]).0 {
                *rates = simd.mul_f64s(*rates, factor);
            }
            column[k] = inverse;
        }
        for first in (0..shape.u).step_by(4) {
            let top = first - first % VECTOR;
            let target = &mut contribution[first * rows_below + top..];
            let (source, row) = (below + top, below + first);
            match shape.u - first {
                1 => combine::<S, 1>(simd, target, rows_below, factor, rows, source, row, fresh),
                2 => combine::<S, 2>(simd, target, rows_below, factor, rows, source, row, fresh),
                3 => combine::<S, 3>(simd, target, rows_below, factor, rows, source, row, fresh),
                _ => combine::<S, 4>(simd, target, rows_below, factor, rows, source, row, fresh),
            }
        }
        Ok(())
    }
}

/// Columns 0 to N of the target += Σ_k C_{row + column, k} (C_{source.., k}): the factor's columns, of so many rows each, from the row
/// `source` to their end. The target's columns begin `stride` apart. `fresh`: = instead of +=.
#[inline(always)]
#[allow(clippy::too_many_arguments)]
fn combine<S: Simd, const N: usize>(
    simd: S,
    target: &mut [f64],
    stride: usize,
    factor: &[f64],
    rows: usize,
    source: usize,
    row: usize,
    fresh: bool,
) {
    let vectors = (rows - source) / S::F64_LANES;
    let mut done = 0;
    while done < vectors {
        let from = done * S::F64_LANES;
        let target = &mut target[from..];
        let source = source + from;
        match vectors - done {
            1 => block::<S, N, 1>(simd, target, stride, factor, rows, source, row, fresh),
            2 => block::<S, N, 2>(simd, target, stride, factor, rows, source, row, fresh),
            3 => block::<S, N, 3>(simd, target, stride, factor, rows, source, row, fresh),
            _ => block::<S, N, 4>(simd, target, stride, factor, rows, source, row, fresh),
        }
        done += 4;
    }
}

/// [`combine`] for M vectors of rows.
#[inline(always)]
#[allow(clippy::too_many_arguments)]
fn block<S: Simd, const N: usize, const M: usize>(
    simd: S,
    target: &mut [f64],
    stride: usize,
    factor: &[f64],
    rows: usize,
    source: usize,
    row: usize,
    fresh: bool,
) {
    let zero = simd.splat_f64s(0.0);
    let mut sums = [[zero; M]; N];
    if !fresh {
        for (column, sums) in sums.iter_mut().enumerate() {
            let old = S::as_simd_f64s(&target[column * stride..]).0;
            sums.copy_from_slice(&old[..M]);
        }
    }
    for column in factor.chunks_exact(rows) {
        let values = &S::as_simd_f64s(&column[source..]).0[..M];
        let factors = &column[row..row + N];
        for (sums, &factor) in sums.iter_mut().zip(factors) {
            let factor = simd.splat_f64s(factor);
            for (sum, &value) in sums.iter_mut().zip(values) {
                *sum = simd.mul_add_f64s(value, factor, *sum);
            }
        }
    }
    for (column, sums) in sums.iter().enumerate() {
        S::as_mut_simd_f64s(&mut target[column * stride..]).0[..M].copy_from_slice(sums);
    }
}
