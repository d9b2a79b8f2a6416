//! The elimination of a front of a reversible chain in symmetric form, with half of the work and of the memory.
//!
//! With s the square roots of the stationary weights, q̃_ij = s_i q_ij / s_j = q̃_ji and κ̃_i = s_i κ_i. Elimination
//! keeps this form:
//! ```text
//! S_k = (κ̃_k + Σ_{j>k} q̃_kj s_j) / s_k        C_ik = q̃_ik / √S_k        q̃_ij += C_ik C_jk        κ̃_i += C_ik C_κk
//! diag(s) A diag(s)⁻¹ = (√S − C)(√S − C)ᵀ
//! ```
//! κ is one more row below the others, and every step adds and multiplies nonnegative numbers. Only the pivots differ
//! from a Cholesky factorisation: each is the sum of the rates that remain in its row, never a difference.
//!
//! As in `general`, S_k is a sum over the whole row while the recursion halves the pivots. The columns j outside of the
//! current ones enter as one number per row, Σ_j q̃_kj s_j, which is updated like any other entry.
//!
//! Only the lower half of a front is used. The diagonal collects self-loops, which are dropped. Rows are padded with
//! zeros to whole SIMD vectors:
//! ```text
//! factor        p pivots │ padding │ u further states │ κ │ padding        one column for each pivot
//! contribution                     │ u further states │ κ │ padding        one column for each further state
//! ```

use super::kernels::{Dot, add_scaled, pivot_root, product};
use super::small_symmetric::SmallFront;
use crate::elimination::analysis::shape::{Shape, VECTOR};
use crate::elimination::error::PivotFault;
use faer::reborrow::{Reborrow, ReborrowMut};
use faer::{Accum, MatMut, MatRef};
use pulp::{Arch, Simd, WithSimd};
use rayon::join;

/// The number of columns of a panel, which is eliminated without faer's matrix product: one SIMD vector.
const PANEL: usize = VECTOR;
/// Fronts with at most this many rows are eliminated pivot by pivot.
const SMALL: usize = 96;
/// The number of columns up to which the triangle of a symmetric product is computed as a full square.
const SQUARE: usize = 64;
/// The number of multiplications above which a product becomes a parallel task: 2²⁴.
const TASK_WORK: usize = 1 << 24;

/// Eliminates the pivots of a front with the weights s of its rows, 1 for κ and 0 for padding.
///
/// `factor` holds the pivot columns, and afterwards C with 1/√S_k on its diagonal, by which the solves multiply. If
/// `fresh`, the contribution block is overwritten instead of added to. `exits` has room for 2p + 8 numbers.
///
/// # Errors
/// [`PivotFault`] for a pivot that is not finite or below `SMALLEST_PIVOT`.
pub(crate) fn eliminate(
    arch: Arch,
    shape: Shape,
    factor: &mut [f64],
    contribution: &mut [f64],
    fresh: bool,
    weights: &[f64],
    exits: &mut [f64],
) -> Result<(), PivotFault> {
    let (p, u, rows) = (shape.p, shape.u, shape.rows());
    if rows <= SMALL {
        return arch.dispatch(SmallFront { shape, factor, contribution, fresh, weights });
    }
    if p == 0 {
        return Ok(());
    }
    let (exit, exits) = exits.split_at_mut(p);
    for (exit, column) in exit.iter_mut().zip(factor.chunks_exact(rows)) {
        *exit = arch.dispatch(Dot { a: &column[shape.update_row()..], b: &weights[shape.update_row()..] });
    }
    let mut columns = MatMut::from_column_major_slice_mut(factor, rows, p);
    eliminate_columns(arch, columns.rb_mut(), exit, weights, exits)?;
    if u > 0 {
        let contribution_rows = shape.contribution_rows();
        let contribution =
            MatMut::from_column_major_slice_mut(&mut contribution[..contribution_rows * u], contribution_rows, u);
        let accumulate = if fresh { Accum::Replace } else { Accum::Add };
        add_square(contribution, accumulate, columns.rb().split_at_row(shape.update_row()).1);
    }
    Ok(())
}

/// Eliminates all columns of a, r×w with r ≥ w; `exit` holds, for the first w states, the weighted sums of their rows
/// over the columns outside of a.
fn eliminate_columns(
    arch: Arch,
    a: MatMut<'_, f64>,
    exit: &mut [f64],
    weights: &[f64],
    exits: &mut [f64],
) -> Result<(), PivotFault> {
    let width = a.ncols();
    if width <= PANEL {
        return eliminate_panel(arch, a, exit, weights);
    }
    let half = (width.div_ceil(PANEL) / 2) * PANEL;
    let (mut left, right) = a.split_at_col_mut(half);
    let (exit_half, exits) = exits.split_at_mut(half);
    for (k, sum) in exit_half.iter_mut().enumerate() {
        *sum = exit[k] + arch.dispatch(Dot { a: &column(left.rb(), k)[half..width], b: &weights[half..width] });
    }
    eliminate_columns(arch, left.rb_mut(), exit_half, &weights[..half], exits)?;
    for k in 0..half {
        let column = &column(left.rb(), k)[..width];
        let passed = exit[k] * column[k];
        add_scaled(&mut exit[k + 1..], &column[k + 1..], passed);
    }
    let mut rest = right.split_at_row_mut(half).1;
    add_square(rest.rb_mut(), Accum::Add, left.rb().split_at_row(half).1);
    eliminate_columns(arch, rest, &mut exit[half..], &weights[half..], exits)
        .map_err(|fault| PivotFault { position: half + fault.position, ..fault })
}

/// A column as a slice.
fn column(a: MatRef<'_, f64>, k: usize) -> &[f64] {
    a.col(k).try_as_col_major().map_or(&[], |column| column.as_slice())
}

/// Eliminates one panel, the base case of the recursion: the square block pivot by pivot, the rows below by its
/// inverse. A panel with fewer columns than a SIMD vector is the last one and has padding below it.
fn eliminate_panel(arch: Arch, a: MatMut<'_, f64>, exit: &mut [f64], weights: &[f64]) -> Result<(), PivotFault> {
    let width = a.ncols();
    let mut square = [[0.0; PANEL]; PANEL];
    for (k, column_of_square) in square.iter_mut().enumerate().take(width) {
        column_of_square[k..width].copy_from_slice(&column(a.rb(), k)[k..width]);
    }
    for k in 0..width {
        let (own, later) = square.split_at_mut(k + 1);
        let own = &mut own[k];
        let sum =
            own[k + 1..width].iter().zip(&weights[k + 1..]).fold(exit[k], |sum, (rate, weight)| sum + rate * weight);
        PivotFault::check(k, sum)?;
        let inverse = 1.0 / pivot_root(k, sum / weights[k])?;
        own[k] = inverse;
        for rate in &mut own[k + 1..] {
            *rate *= inverse;
        }
        let passed = exit[k] * inverse;
        add_scaled(&mut exit[k + 1..], &own[k + 1..width], passed);
        for (target, j) in later.iter_mut().zip(k + 1..width) {
            add_scaled(&mut target[j..], &own[j..], own[j]);
        }
    }
    // R⁻ᵀ for R = √S − C, beginning with the first column.
    let mut inverse = [[0.0; PANEL]; PANEL];
    for k in 0..width {
        let mut column = [0.0; PANEL];
        column[k] = 1.0;
        for m in 0..k {
            add_scaled(&mut column, &inverse[m], square[m][k]);
        }
        inverse[k] = column.map(|entry| entry * square[k][k]);
    }
    let mut columns: [&mut [f64]; PANEL] = Default::default();
    for (k, column) in a.col_iter_mut().enumerate() {
        let column = column.try_as_col_major_mut().map_or(&mut [][..], |column| column.as_slice_mut());
        let (top, below) = column.split_at_mut(PANEL);
        top[k..width].copy_from_slice(&square[k][k..width]);
        columns[k] = below;
    }
    arch.dispatch(TimesUpper { columns, inverse });
    Ok(())
}

/// The symmetric update target += C Cᵀ, for the lower half of the target's first square and all rows below; C has the
/// target's rows.
fn add_square(target: MatMut<'_, f64>, accumulate: Accum, c: MatRef<'_, f64>) {
    let width = target.ncols();
    if width <= SQUARE {
        product(target, accumulate, c, c.split_at_row(width).0.transpose());
        return;
    }
    let half = (width / 2).next_multiple_of(VECTOR);
    let work = target.nrows() * width * c.ncols();
    let (left, right) = target.split_at_col_mut(half);
    let (top, below) = left.split_at_row_mut(half);
    let rest = right.split_at_row_mut(half).1;
    let (c_top, c_below) = c.split_at_row(half);
    let triangles = || {
        add_square(top, accumulate, c_top);
        add_square(rest, accumulate, c_below);
    };
    let rectangle = || product(below, accumulate, c_below, c_top.transpose());
    if work > TASK_WORK {
        join(triangles, rectangle);
    } else {
        triangles();
        rectangle();
    }
}

/// The product Y ← Y M in place, for the rows Y below a panel and an upper triangular M. Columns beyond the panel's
/// width are empty.
struct TimesUpper<'a> {
    columns: [&'a mut [f64]; PANEL],
    inverse: [[f64; PANEL]; PANEL],
}

impl WithSimd for TimesUpper<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let TimesUpper { columns, inverse } = self;
        let width = columns.iter().take_while(|column| !column.is_empty()).count();
        let columns = columns.map(|column| S::as_mut_simd_f64s(column).0);
        let inverse = inverse.map(|column| column.map(|entry| simd.splat_f64s(entry)));
        if width == PANEL {
            for row in 0..columns[0].len() {
                let old: [S::f64s; PANEL] = std::array::from_fn(|k| columns[k][row]);
                for k in 0..PANEL {
                    let mut sum = simd.mul_f64s(old[0], inverse[k][0]);
                    for m in 1..=k {
                        sum = simd.mul_add_f64s(old[m], inverse[k][m], sum);
                    }
                    columns[k][row] = sum;
                }
            }
            return;
        }
        for k in (0..width).rev() {
            for row in 0..columns[0].len() {
                let mut sum = simd.splat_f64s(0.0);
                for m in 0..=k {
                    sum = simd.mul_add_f64s(columns[m][row], inverse[k][m], sum);
                }
                columns[k][row] = sum;
            }
        }
    }
}
