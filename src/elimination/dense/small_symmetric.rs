//! The elimination of small symmetric fronts pivot by pivot in whole SIMD vectors; the layout of rows and padding is
//! that of `symmetric`.
//!
//! A pivot's column is first updated with all columns before it, then the pivot is summed. The contribution block is
//! formed four columns at a time.

use super::kernels::{dot, pivot_root};
use crate::elimination::analysis::shape::{Shape, VECTOR};
use crate::elimination::error::PivotFault;
use pulp::{Simd, WithSimd};

/// A front that is too small for block products to pay.
pub(super) struct SmallFront<'a> {
    pub(super) shape: Shape,
    pub(super) factor: &'a mut [f64],
    pub(super) contribution: &'a mut [f64],
    pub(super) fresh: bool,
    pub(super) weights: &'a [f64],
}

impl WithSimd for SmallFront<'_> {
    type Output = Result<(), PivotFault>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Self::Output {
        let SmallFront { shape, factor, contribution, fresh, weights } = self;
        let (rows, below, contribution_rows) = (shape.rows(), shape.update_row(), shape.contribution_rows());
        for k in 0..shape.p {
            let (done, later) = factor.split_at_mut(k * rows);
            let column = &mut later[..rows];
            // Begin at a whole vector: entries above the diagonal are never read.
            let first = k - k % VECTOR;
            let update = Update { factor: done, rows, row: k, stride: rows - first, fresh: false };
            update.combine::<S, 1>(simd, &mut column[first..], first);
            column[first..=k].fill(0.0);
            let sum = dot(simd, &column[first..], &weights[first..]);
            PivotFault::check(k, sum)?;
            let inverse = 1.0 / pivot_root(k, sum / weights[k])?;
            let factor = simd.splat_f64s(inverse);
            for rates in S::as_mut_simd_f64s(&mut column[first..]).0 {
                *rates = simd.mul_f64s(*rates, factor);
            }
            column[k] = inverse;
        }
        for first in (0..shape.u).step_by(4) {
            let top = first - first % VECTOR;
            let target = &mut contribution[first * contribution_rows + top..];
            let update = Update { factor, rows, row: below + first, stride: contribution_rows, fresh };
            match shape.u - first {
                1 => update.combine::<S, 1>(simd, target, below + top),
                2 => update.combine::<S, 2>(simd, target, below + top),
                3 => update.combine::<S, 3>(simd, target, below + top),
                _ => update.combine::<S, 4>(simd, target, below + top),
            }
        }
        Ok(())
    }
}

/// The update target_column += Σ_k C_{row + column, k} (C_{source.., k}): rows from `source` to the end of the factor.
#[derive(Clone, Copy)]
struct Update<'a> {
    /// The columns C_k of the factor, each with this many rows.
    factor: &'a [f64],
    rows: usize,
    row: usize,
    /// The distance, in numbers, between the beginnings of two columns of the target.
    stride: usize,
    /// Whether the target is overwritten instead of added to.
    fresh: bool,
}

impl Update<'_> {
    /// Updates N columns.
    #[inline(always)]
    fn combine<S: Simd, const N: usize>(self, simd: S, target: &mut [f64], source: usize) {
        let vectors = (self.rows - source) / S::F64_LANES;
        let mut done = 0;
        while done < vectors {
            let from = done * S::F64_LANES;
            let target = &mut target[from..];
            match vectors - done {
                1 => self.tile::<S, N, 1>(simd, target, source + from),
                2 => self.tile::<S, N, 2>(simd, target, source + from),
                3 => self.tile::<S, N, 3>(simd, target, source + from),
                _ => self.tile::<S, N, 4>(simd, target, source + from),
            }
            done += 4;
        }
    }

    /// Updates N columns of M vectors.
    #[inline(always)]
    fn tile<S: Simd, const N: usize, const M: usize>(self, simd: S, target: &mut [f64], source: usize) {
        let Update { factor, rows, row, stride, fresh } = self;
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
}
