//! The dense elimination of a front's pivots, as products of nonnegative matrices.
//!
//! With D the pivots S_k, L the pivot columns q_ik (i after k) and P the pivot rows q_kj / S_k (j after k),
//! ```text
//! A = (D − L)(I − P)
//! ```
//! so that both factors are M-matrices with nonnegative inverses, and every step below adds and multiplies nonnegative
//! numbers only:
//! ```text
//! rows     X ← (D − L)⁻¹ X        columns   Y ← Y (I − P)⁻¹        the rest   Z ← Z + Y X
//! ```
//! P holds probabilities, and (I − P)⁻¹ ≤ 1 and (D − L)⁻¹ ≤ A⁻¹ hold entrywise, so nothing overflows unless the mean
//! times A⁻¹ do.
//!
//! The recursion halves the pivots. S_k is a sum over the whole pivot row, including the part outside of the current
//! columns. That part enters as one number per row, the exit rate from the current columns. It is updated like any
//! other column, hence it equals the sum of the updated row to within the rounding of a sum of nonnegative numbers, and
//! the row itself can be updated later, in one product.
//!
//! The diagonal collects the self-loops that censoring produces. They are dropped: set to zero when a panel is loaded,
//! overwritten by S_k, and never part of a sum.

use super::kernels::{add_scaled, product};
use super::small_general;
use crate::elimination::error::PivotFault;
use faer::linalg::matmul::matmul;
use faer::reborrow::{Reborrow, ReborrowMut};
use faer::{Accum, MatMut, MatRef, Par};
use pulp::Arch;

/// The number of columns of a panel, which is eliminated without faer's matrix product: below 8 the products get too
/// thin, above 16 the plain loops dominate.
const PANEL: usize = 8;
/// Fronts with at most this many states are eliminated pivot by pivot.
const SMALL: usize = 64;

/// The number of rows beyond its states that a front in symmetric form can have: κ and padding.
const PADDING: usize = 16;

/// The square block of a panel's own rows and columns.
type Square = [[f64; PANEL]; PANEL];

/// The buffers for the elimination of one front, reused for the next.
pub(crate) struct Scratch {
    /// The vector instructions of this machine.
    pub(crate) arch: Arch,
    /// The inverse (D − L)⁻¹ of every panel.
    inverses: Vec<Square>,
    /// A copy of a panel's columns or rows, for a product that overwrites them.
    copy: Vec<f64>,
    /// Exit rates, for every level of the recursion.
    pub(crate) exits: Vec<f64>,
    /// The weights √π of the states of a front in symmetric form.
    pub(crate) weights: Vec<f64>,
    /// The stack of contribution blocks of a subtree that one thread eliminates.
    pub(crate) stack: Vec<f64>,
}

impl Scratch {
    /// Buffers for fronts with at most `pivots` pivots and `order` states, and a stack of `stack` numbers.
    pub(crate) fn new((pivots, order): (usize, usize), stack: usize) -> Self {
        Scratch {
            arch: Arch::new(),
            inverses: vec![[[0.0; PANEL]; PANEL]; pivots.div_ceil(PANEL)],
            copy: vec![0.0; PANEL * (order + 1)],
            exits: vec![0.0; 2 * pivots + PANEL],
            weights: vec![0.0; order + PADDING],
            stack: vec![0.0; stack],
        }
    }
}

/// Eliminates the p pivots of a front with u states in its update set.
///
/// `factor` holds the pivot columns, (p+u)×p, then the pivot rows, p×(u+1) with κ as the last column; the contribution
/// block is u×(u+1). All blocks are stored by columns. If `fresh`, the contribution block is overwritten instead of
/// added to.
///
/// # Errors
/// [`PivotFault`] for a pivot that is not finite or below `SMALLEST_PIVOT`.
pub(crate) fn eliminate(
    (p, u): (usize, usize),
    factor: &mut [f64],
    contribution: &mut [f64],
    fresh: bool,
    scratch: &mut Scratch,
) -> Result<(), PivotFault> {
    let n = p + u;
    let (columns, rows) = factor.split_at_mut(n * p);
    let Scratch { arch, inverses, copy, exits, .. } = scratch;
    let (exit, exits) = exits.split_at_mut(p);
    exit.fill(0.0);
    for column in rows.chunks_exact(p.max(1)) {
        add_scaled(exit, column, 1.0);
    }
    if n <= SMALL {
        if fresh {
            contribution.fill(0.0);
        }
        return small_general::eliminate(*arch, (p, u), columns, rows, contribution, exit);
    }
    if p == 0 {
        return Ok(());
    }
    let mut columns = MatMut::from_column_major_slice_mut(columns, n, p);
    let mut rows = MatMut::from_column_major_slice_mut(rows, p, u + 1);
    eliminate_columns(columns.rb_mut(), exit, inverses, copy, exits)?;
    let (square, below) = columns.rb().split_at_row(p);
    divide_rows(square, rows.rb_mut(), inverses, copy);
    if u > 0 {
        let contribution = MatMut::from_column_major_slice_mut(contribution, u, u + 1);
        let accumulate = if fresh { Accum::Replace } else { Accum::Add };
        product(contribution, accumulate, below, rows.rb());
    }
    Ok(())
}

/// Eliminates all columns of a, r×w with r ≥ w; `exit` holds the rates from the first w rows to states outside of these
/// columns.
fn eliminate_columns(
    a: MatMut<'_, f64>,
    exit: &mut [f64],
    inverses: &mut [Square],
    copy: &mut [f64],
    exits: &mut [f64],
) -> Result<(), PivotFault> {
    let width = a.ncols();
    if width <= PANEL {
        return eliminate_panel(a, exit, &mut inverses[0], copy);
    }
    // Split at a multiple of the panel width, so that every panel has its own inverse.
    let half = (width.div_ceil(PANEL) / 2) * PANEL;
    let (mut left, right) = a.split_at_col_mut(half);
    let (mut above, mut rest) = right.split_at_row_mut(half);
    let (exit_left, exit_right) = exit.split_at_mut(half);
    let (exit_half, exits) = exits.split_at_mut(half);
    exit_half.copy_from_slice(exit_left);
    for j in 0..above.ncols() {
        for (sum, i) in exit_half.iter_mut().zip(0..) {
            *sum += above[(i, j)];
        }
    }
    let (inverses_left, inverses_right) = inverses.split_at_mut(half / PANEL);
    eliminate_columns(left.rb_mut(), exit_half, inverses_left, copy, exits)?;
    let (square, below) = left.rb().split_at_row(half);
    divide_rows(square, above.rb_mut(), inverses_left, copy);
    let mut exit_left = MatMut::from_column_major_slice_mut(exit_left, half, 1);
    divide_rows(square, exit_left.rb_mut(), inverses_left, copy);
    let own = below.split_at_row(width - half).0;
    let exit_column = MatMut::from_column_major_slice_mut(exit_right, width - half, 1);
    matmul(exit_column, Accum::Add, own, exit_left.rb(), 1.0, Par::Seq);
    product(rest.rb_mut(), Accum::Add, below, above.rb());
    eliminate_columns(rest, exit_right, inverses_right, copy, exits)
        .map_err(|fault| PivotFault { position: half + fault.position, ..fault })
}

/// Eliminates one panel, the base case of the recursion: the square block pivot by pivot, the rows below it by one
/// product.
fn eliminate_panel(
    mut a: MatMut<'_, f64>,
    exit: &mut [f64],
    inverse: &mut Square,
    copy: &mut [f64],
) -> Result<(), PivotFault> {
    let width = a.ncols();
    let mut square: Square = [[0.0; PANEL]; PANEL];
    for (j, column) in square.iter_mut().enumerate().take(width) {
        for (i, entry) in column.iter_mut().enumerate().take(width) {
            *entry = if i == j { 0.0 } else { a[(i, j)] };
        }
    }
    for k in 0..width {
        let pivot = square[k + 1..width].iter().fold(exit[k], |sum, column| sum + column[k]);
        PivotFault::check(k, pivot)?;
        let mut below = square[k];
        below[..=k].fill(0.0);
        square[k][k] = pivot;
        let probability = exit[k] / pivot;
        add_scaled(exit, &below, probability);
        for column in &mut square[k + 1..width] {
            let probability = column[k] / pivot;
            column[k] = probability;
            add_scaled(column, &below, probability);
        }
    }
    for (j, column) in square.iter().enumerate().take(width) {
        for (i, &entry) in column.iter().enumerate().take(width) {
            a[(i, j)] = entry;
        }
    }
    *inverse = lower_inverse(&square, width);
    let mut below = a.split_at_row_mut(width).1;
    let rows = below.nrows();
    if rows > 0 {
        let upper = upper_inverse(&square, width);
        let upper = MatRef::from_column_major_slice(upper.as_flattened(), PANEL, PANEL);
        let mut old = MatMut::from_column_major_slice_mut(&mut copy[..rows * width], rows, width);
        old.copy_from(below.rb());
        let upper = upper.submatrix(0, 0, width, width);
        matmul(below.rb_mut(), Accum::Replace, old.rb(), upper, 1.0, Par::Seq);
    }
    Ok(())
}

/// The inverse T = (D − L)⁻¹, solved from T (D − L) = I beginning with the last column.
fn lower_inverse(square: &Square, width: usize) -> Square {
    let mut inverse: Square = [[0.0; PANEL]; PANEL];
    for k in (0..width).rev() {
        let mut column = [0.0; PANEL];
        column[k] = 1.0;
        for m in k + 1..width {
            add_scaled(&mut column, &inverse[m], square[k][m]);
        }
        inverse[k] = column.map(|entry| entry / square[k][k]);
    }
    inverse
}

/// The inverse W = (I − P)⁻¹, solved from W = I + W P beginning with the first column.
fn upper_inverse(square: &Square, width: usize) -> Square {
    let mut inverse: Square = [[0.0; PANEL]; PANEL];
    for k in 0..width {
        let mut column = [0.0; PANEL];
        column[k] = 1.0;
        for m in 0..k {
            add_scaled(&mut column, &inverse[m], square[k][m]);
        }
        inverse[k] = column;
    }
    inverse
}

/// Solves for pivot rows, X ← (D − L)⁻¹ X, with an eliminated square block.
fn divide_rows(square: MatRef<'_, f64>, mut x: MatMut<'_, f64>, inverses: &[Square], copy: &mut [f64]) {
    let order = square.nrows();
    if order <= PANEL {
        let inverse = MatRef::from_column_major_slice(inverses[0].as_flattened(), PANEL, PANEL);
        let mut old = MatMut::from_column_major_slice_mut(&mut copy[..order * x.ncols()], order, x.ncols());
        old.copy_from(x.rb());
        let inverse = inverse.submatrix(0, 0, order, order);
        matmul(x.rb_mut(), Accum::Replace, inverse, old.rb(), 1.0, Par::Seq);
        return;
    }
    let half = (order.div_ceil(PANEL) / 2) * PANEL;
    let (top_left, _, bottom_left, bottom_right) = square.split_at(half, half);
    let (mut top, mut bottom) = x.split_at_row_mut(half);
    divide_rows(top_left, top.rb_mut(), &inverses[..half / PANEL], copy);
    product(bottom.rb_mut(), Accum::Add, bottom_left, top.rb());
    divide_rows(bottom_right, bottom, &inverses[half / PANEL..], copy);
}
