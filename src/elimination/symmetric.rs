//! The elimination of a front of a reversible chain: half of the work and of the memory.
//!
//! With s the roots of the stationary weights, q̃_ij = s_i q_ij / s_j = q̃_ji and κ̃_i = s_i κ_i. Elimination keeps this form:
//! ```text
//! S_k = (κ̃_k + Σ_{j>k} q̃_kj s_j) / s_k        C_ik = q̃_ik / √S_k        q̃_ij += C_ik C_jk        κ̃_i += C_ik C_κk
//! diag(s) A diag(s)⁻¹ = (√S − C)(√S − C)ᵀ
//! ```
//! so that κ is one row more below the others, and every step adds and multiplies nonnegative numbers. It differs from a Cholesky
//! factorisation in the pivots alone: they are sums of what is left of their row, never what a difference leaves.
//!
//! As in `front`, S_k needs the whole row while the recursion halves the pivots; what lies outside of the columns at hand enters
//! as one number per row, Σ_j q̃_kj s_j over those, which obeys the same elimination as any other row.
//!
//! Only the lower half of a front means anything. Diagonal places collect self-loops, which are dropped.

use super::PivotFault;
use super::front::product;
use faer::reborrow::{Reborrow, ReborrowMut};
use faer::{Accum, MatMut, MatRef};
use pulp::{Arch, Simd, WithSimd};
use rayon::join;

/// Columns eliminated without products of faer: a vector's worth.
const PANEL: usize = 8;
/// Fronts with at most this many states are eliminated pivot by pivot.
const SMALL: usize = 64;
/// Triangles of at most so many columns are formed as squares.
const SQUARE: usize = 64;
/// Products with more multiplications than this are worth a task: 2²⁴.
const TASK_WORK: usize = 1 << 24;

/// Eliminates a front of p pivots and u further states with the weights s of all, followed by 1 for κ.
///
/// `factor` are the pivot columns, (p+u+1)×p, the last row being κ̃; afterwards C with √S_k on its diagonal. The contribution
/// block is (u+1)×u. All by columns. `fresh`: the contribution block is to be overwritten, not added to. `exits` has room for 2p + 8
/// numbers.
pub(super) fn eliminate(
    arch: Arch,
    (p, u): (usize, usize),
    factor: &mut [f64],
    contribution: &mut [f64],
    fresh: bool,
    weights: &[f64],
    exits: &mut [f64],
) -> Result<(), PivotFault> {
    let rows = p + u + 1;
    if rows <= SMALL {
        if fresh {
            contribution.fill(0.0);
        }
        return arch.dispatch(Small { p, u, factor, contribution, weights });
    }
    if p == 0 {
        return Ok(());
    }
    let (exit, exits) = exits.split_at_mut(p);
    for (exit, column) in exit.iter_mut().zip(factor.chunks_exact(rows)) {
        *exit = arch.dispatch(Dot { a: &column[p..], b: &weights[p..] });
    }
    let mut columns = MatMut::from_column_major_slice_mut(factor, rows, p);
    eliminate_columns(arch, columns.rb_mut(), exit, weights, exits)?;
    if u > 0 {
        let contribution = MatMut::from_column_major_slice_mut(contribution, u + 1, u);
        let accumulate = if fresh { Accum::Replace } else { Accum::Add };
        add_square(contribution, accumulate, columns.rb().split_at_row(p).1);
    }
    Ok(())
}

/// Eliminates all columns of a, r×w with r ≥ w; `exit` are the weighted sums over the rest of the rows of the first w states.
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
        let passed = exit[k] / column[k];
        add_scaled(&mut exit[k + 1..], &column[k + 1..], passed);
    }
    let mut rest = right.split_at_row_mut(half).1;
    add_square(rest.rb_mut(), Accum::Add, left.rb().split_at_row(half).1);
    eliminate_columns(arch, rest, &mut exit[half..], &weights[half..], exits)
        .map_err(|fault| PivotFault { place: half + fault.place, ..fault })
}

fn column(a: MatRef<'_, f64>, k: usize) -> &[f64] {
    a.col(k).try_as_col_major().map_or(&[], |column| column.as_slice())
}

/// The recursion's end: the square block pivot by pivot, the rows below by its inverse.
fn eliminate_panel(
    arch: Arch,
    a: MatMut<'_, f64>,
    exit: &mut [f64],
    weights: &[f64],
) -> Result<(), PivotFault> {
    let width = a.ncols();
    let mut block = [[0.0; PANEL]; PANEL];
    for (k, block) in block.iter_mut().enumerate().take(width) {
        block[k..width].copy_from_slice(&column(a.rb(), k)[k..width]);
    }
    for k in 0..width {
        let (own, later) = block.split_at_mut(k + 1);
        let own = &mut own[k];
        let sum = own[k + 1..width].iter().zip(&weights[k + 1..]).fold(exit[k], |sum, (rate, weight)| sum + rate * weight);
        PivotFault::check(k, sum)?;
        own[k] = (sum / weights[k]).sqrt();
        let inverse = 1.0 / own[k];
        for rate in &mut own[k + 1..] {
            *rate *= inverse;
        }
        let passed = exit[k] * inverse;
        add_scaled(&mut exit[k + 1..], &own[k + 1..width], passed);
        for (target, j) in later.iter_mut().zip(k + 1..width) {
            add_scaled(&mut target[j..], &own[j..], own[j]);
        }
    }
    // Rᵀ⁻¹ from its first column on, R = √S − C.
    let mut inverse = [[0.0; PANEL]; PANEL];
    for k in 0..width {
        let mut column = [0.0; PANEL];
        column[k] = 1.0;
        for m in 0..k {
            add_scaled(&mut column, &inverse[m], block[m][k]);
        }
        inverse[k] = column.map(|entry| entry / block[k][k]);
    }
    let mut columns: [&mut [f64]; PANEL] = Default::default();
    for (k, column) in a.col_iter_mut().enumerate() {
        let column = column.try_as_col_major_mut().map_or(&mut [][..], |column| column.as_slice_mut());
        let (top, below) = column.split_at_mut(width);
        top[k..].copy_from_slice(&block[k][k..width]);
        columns[k] = below;
    }
    arch.dispatch(TimesUpper { columns, inverse });
    Ok(())
}

/// target += C Cᵀ for the lower half of the target's first square and all rows below; C has the target's rows.
fn add_square(target: MatMut<'_, f64>, accumulate: Accum, c: MatRef<'_, f64>) {
    let width = target.ncols();
    if width <= SQUARE {
        product(target, accumulate, c, c.split_at_row(width).0.transpose());
        return;
    }
    let half = (width / 2).next_multiple_of(8);
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

/// target += source · factor.
fn add_scaled(target: &mut [f64], source: &[f64], factor: f64) {
    for (target, source) in target.iter_mut().zip(source) {
        *target += source * factor;
    }
}

/// Σ a_i b_i.
struct Dot<'a> {
    a: &'a [f64],
    b: &'a [f64],
}

impl WithSimd for Dot<'_> {
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> f64 {
        dot(simd, self.a, self.b)
    }
}

#[inline(always)]
fn dot<S: Simd>(simd: S, a: &[f64], b: &[f64]) -> f64 {
    let length = a.len().min(b.len());
    let ((a, a_rest), (b, b_rest)) = (S::as_simd_f64s(&a[..length]), S::as_simd_f64s(&b[..length]));
    let mut sum = simd.mul_f64s(simd.partial_load_f64s(a_rest), simd.partial_load_f64s(b_rest));
    let mut other = simd.splat_f64s(0.0);
    let ((a, a_single), (b, b_single)) = (a.as_chunks::<2>(), b.as_chunks::<2>());
    for (a, b) in a.iter().zip(b) {
        sum = simd.mul_add_f64s(a[0], b[0], sum);
        other = simd.mul_add_f64s(a[1], b[1], other);
    }
    for (a, b) in a_single.iter().zip(b_single) {
        sum = simd.mul_add_f64s(*a, *b, sum);
    }
    simd.reduce_sum_f64s(simd.add_f64s(sum, other))
}

/// Y ← Y M in place for the rows Y of a panel, M being upper triangular.
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
        let rows = columns[0].len();
        let mut row = 0;
        while row < rows {
            let end = (row + S::F64_LANES).min(rows);
            let mut old = [simd.splat_f64s(0.0); PANEL];
            for (old, column) in old.iter_mut().zip(&columns[..width]) {
                *old = simd.partial_load_f64s(&column[row..end]);
            }
            for k in 0..width {
                let mut sum = simd.mul_f64s(old[0], simd.splat_f64s(inverse[k][0]));
                for m in 1..=k {
                    sum = simd.mul_add_f64s(old[m], simd.splat_f64s(inverse[k][m]), sum);
                }
                simd.partial_store_f64s(&mut columns[k][row..end], sum);
            }
            row = end;
        }
    }
}

/// A front too thin for products of blocks.
struct Small<'a> {
    p: usize,
    u: usize,
    factor: &'a mut [f64],
    contribution: &'a mut [f64],
    weights: &'a [f64],
}

/// Vectors of a column that are summed at once.
const VECTORS: usize = 4;

impl WithSimd for Small<'_> {
    type Output = Result<(), PivotFault>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Self::Output {
        let Small { p, u, factor, contribution, weights } = self;
        let rows = p + u + 1;
        for k in 0..p {
            let (head, later) = factor.split_at_mut((k + 1) * rows);
            let column = &mut head[k * rows..];
            let sum = dot(simd, &column[k + 1..], &weights[k + 1..]);
            PivotFault::check(k, sum)?;
            column[k] = (sum / weights[k]).sqrt();
            let inverse = 1.0 / column[k];
            scale(simd, &mut column[k + 1..], inverse);
            for (target, j) in later.chunks_exact_mut(rows).zip(k + 1..) {
                if column[j] != 0.0 {
                    add_multiple(simd, &mut target[j..], &column[j..], column[j]);
                }
            }
        }
        if p > 0 {
            for (j, target) in contribution.chunks_exact_mut(u + 1).enumerate().take(u) {
                add_combination(simd, &mut target[j..], factor, rows, p + j);
            }
        }
        Ok(())
    }
}

#[inline(always)]
fn scale<S: Simd>(simd: S, target: &mut [f64], factor: f64) {
    let factors = simd.splat_f64s(factor);
    let (targets, rest) = S::as_mut_simd_f64s(target);
    for target in targets {
        *target = simd.mul_f64s(*target, factors);
    }
    if !rest.is_empty() {
        let scaled = simd.mul_f64s(simd.partial_load_f64s(rest), factors);
        simd.partial_store_f64s(rest, scaled);
    }
}

/// target += source · factor.
#[inline(always)]
fn add_multiple<S: Simd>(simd: S, target: &mut [f64], source: &[f64], factor: f64) {
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

/// target += Σ_k C_row,k (C_row.. of column k); the factor's columns have `rows` rows and end with those of the target.
#[inline(always)]
fn add_combination<S: Simd>(simd: S, target: &mut [f64], factor: &[f64], rows: usize, row: usize) {
    let (targets, target_rest) = S::as_mut_simd_f64s(target);
    let (blocks, single) = targets.as_chunks_mut::<VECTORS>();
    let blocked = blocks.len() * VECTORS;
    for (number, block) in blocks.iter_mut().enumerate() {
        let mut sums = *block;
        for column in factor.chunks_exact(rows) {
            let factors = simd.splat_f64s(column[row]);
            let sources = &S::as_simd_f64s(&column[row..]).0.as_chunks::<VECTORS>().0[number];
            for lane in 0..VECTORS {
                sums[lane] = simd.mul_add_f64s(sources[lane], factors, sums[lane]);
            }
        }
        *block = sums;
    }
    for (number, target) in (blocked..).zip(single) {
        let mut sum = *target;
        for column in factor.chunks_exact(rows) {
            sum = simd.mul_add_f64s(S::as_simd_f64s(&column[row..]).0[number], simd.splat_f64s(column[row]), sum);
        }
        *target = sum;
    }
    if !target_rest.is_empty() {
        let mut sum = simd.partial_load_f64s(target_rest);
        for column in factor.chunks_exact(rows) {
            let source = simd.partial_load_f64s(S::as_simd_f64s(&column[row..]).1);
            sum = simd.mul_add_f64s(source, simd.splat_f64s(column[row]), sum);
        }
        simd.partial_store_f64s(target_rest, sum);
    }
}
