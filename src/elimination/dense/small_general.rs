//! The elimination of small fronts pivot by pivot, where block products would be too thin to pay.
//!
//! A pivot's column is added to those later columns whose entry in the pivot row is not zero (in leaves of the tree
//! most are zero). The pivot rows are updated column by column, and each column of the contribution block is summed in
//! registers:
//! ```text
//! row_kj ← q_kj / S_k,   q_ij += q_ik row_kj  (i after k)        contribution_j += Σ_k below_k row_kj
//! ```

use super::kernels::{add_combination, add_scaled_vectors};
use crate::elimination::error::PivotFault;
use pulp::{Arch, Simd, WithSimd};

/// Eliminates the p pivots of a front with u states in its update set, and adds to the contribution block. The
/// arguments are as in `general::eliminate`; `exit` holds the sums of the pivot rows.
///
/// # Errors
/// [`PivotFault`] for a pivot that is not finite or below `SMALLEST_PIVOT`.
pub(super) fn eliminate(
    arch: Arch,
    (p, u): (usize, usize),
    columns: &mut [f64],
    rows: &mut [f64],
    contribution: &mut [f64],
    exit: &mut [f64],
) -> Result<(), PivotFault> {
    arch.dispatch(SmallFront { p, u, columns, rows, contribution, exit })
}

/// The arguments of [`eliminate`], for dispatch to the SIMD instructions of this machine.
struct SmallFront<'a> {
    p: usize,
    u: usize,
    columns: &'a mut [f64],
    rows: &'a mut [f64],
    contribution: &'a mut [f64],
    exit: &'a mut [f64],
}

impl WithSimd for SmallFront<'_> {
    type Output = Result<(), PivotFault>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Self::Output {
        let SmallFront { p, u, columns, rows, contribution, exit } = self;
        let n = p + u;
        for k in 0..p {
            let (head, later) = columns.split_at_mut((k + 1) * n);
            let pivot = later.chunks_exact(n).fold(exit[k], |sum, column| sum + column[k]);
            PivotFault::check(k, pivot)?;
            let column = &mut head[k * n..];
            column[k] = pivot;
            let probability = exit[k] / pivot;
            add_scaled_vectors(simd, &mut exit[k + 1..], &column[k + 1..p], probability);
            for target in later.chunks_exact_mut(n) {
                if target[k] != 0.0 {
                    target[k] /= pivot;
                    let probability = target[k];
                    add_scaled_vectors(simd, &mut target[k + 1..], &column[k + 1..], probability);
                }
            }
        }
        // One pivot at a time: within one column the divisions would wait for each other.
        for k in 0..p {
            let (pivot, own) = (columns[k * n + k], &columns[k * n + k + 1..k * n + p]);
            for row in rows.chunks_exact_mut(p) {
                if row[k] != 0.0 {
                    row[k] /= pivot;
                    let probability = row[k];
                    add_scaled_vectors(simd, &mut row[k + 1..], own, probability);
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
