//! The elimination of small fronts, pivot by pivot: too thin for products of blocks.
//!
//! A pivot's column is added to the later ones where they are not zero, which in leaves most are; the pivot rows are
//! brought up to date column by column, and each column of the contribution block is summed in registers:
//! ```text
//! row_kj ← q_kj / S_k,   q_ij += q_ik row_kj  (i after k)        contribution_j += Σ_k below_k row_kj
//! ```

use super::PivotFault;
use pulp::{Arch, Simd, WithSimd};

/// Vectors of a column that are summed at once.
const VECTORS: usize = 4;

/// Eliminates the p pivots of a front with u further states; adds to the contribution block. The arguments are those of
/// `front::eliminate`, `exit` the sums of the pivot rows.
pub(super) fn eliminate(
    arch: Arch,
    (p, u): (usize, usize),
    columns: &mut [f64],
    rows: &mut [f64],
    contribution: &mut [f64],
    exit: &mut [f64],
) -> Result<(), PivotFault> {
    arch.dispatch(Leaf { p, u, columns, rows, contribution, exit })
}

struct Leaf<'a> {
    p: usize,
    u: usize,
    columns: &'a mut [f64],
    rows: &'a mut [f64],
    contribution: &'a mut [f64],
    exit: &'a mut [f64],
}

impl WithSimd for Leaf<'_> {
    type Output = Result<(), PivotFault>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Self::Output {
        let Leaf { p, u, columns, rows, contribution, exit } = self;
        let n = p + u;
        for k in 0..p {
            let (head, later) = columns.split_at_mut((k + 1) * n);
            let pivot = later.chunks_exact(n).fold(exit[k], |sum, column| sum + column[k]);
            PivotFault::check(k, pivot)?;
            let column = &mut head[k * n..];
            column[k] = pivot;
            let probability = exit[k] / pivot;
            add_scaled(simd, &mut exit[k + 1..], &column[k + 1..p], probability);
            for target in later.chunks_exact_mut(n) {
                if target[k] != 0.0 {
                    target[k] /= pivot;
                    let probability = target[k];
                    add_scaled(simd, &mut target[k + 1..], &column[k + 1..], probability);
                }
            }
        }
        // Pivot by pivot: the divisions of one column would wait for each other.
        for k in 0..p {
            let (pivot, own) = (columns[k * n + k], &columns[k * n + k + 1..k * n + p]);
            for row in rows.chunks_exact_mut(p) {
                if row[k] != 0.0 {
                    row[k] /= pivot;
                    let probability = row[k];
                    add_scaled(simd, &mut row[k + 1..], own, probability);
                }
            }
        }
        if p > 0 && u > 0 {
            for (row, target) in rows.chunks_exact(p).zip(contribution.chunks_exact_mut(u)) {
                add_combination(simd, target, columns, row);
            }
        }
        Ok(())
    }
}

/// target += source · factor.
#[inline(always)]
fn add_scaled<S: Simd>(simd: S, target: &mut [f64], source: &[f64], factor: f64) {
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

/// target += Σ_k below_k row_k; below_k is the end of column k, as long as the target.
#[inline(always)]
fn add_combination<S: Simd>(simd: S, target: &mut [f64], columns: &[f64], row: &[f64]) {
    let n = target.len() + row.len();
    let below = |k: usize| &columns[k * n + row.len()..(k + 1) * n];
    let (targets, target_rest) = S::as_mut_simd_f64s(target);
    let (blocks, single) = targets.as_chunks_mut::<VECTORS>();
    let blocked = blocks.len() * VECTORS;
    for (number, block) in blocks.iter_mut().enumerate() {
        let mut sums = *block;
        for (k, &factor) in row.iter().enumerate() {
            let factors = simd.splat_f64s(factor);
            let sources = &S::as_simd_f64s(below(k)).0.as_chunks::<VECTORS>().0[number];
            for lane in 0..VECTORS {
                sums[lane] = simd.mul_add_f64s(sources[lane], factors, sums[lane]);
            }
        }
        *block = sums;
    }
    for (number, target) in (blocked..).zip(single) {
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
