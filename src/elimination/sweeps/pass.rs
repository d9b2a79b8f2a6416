//! The operations of a solve on one front, at the speed at which its factor can be read. `substitution` makes one
//! forward and one backward pass over all fronts.

use super::kind::PassKind;
use super::several;
use crate::elimination::analysis::shape::Shape;
use crate::elimination::dense::kernels::{add_columns, add_scaled, dot_in_eight, dots};
use pulp::{Simd, WithSimd};

/// A pass over one front: plain loops that the compiler turns into the widest SIMD vectors of the processor.
pub(super) struct Pass<'a, const N: usize> {
    pub(super) kind: PassKind,
    /// p and p + u.
    pub(super) shape: (usize, usize),
    pub(super) factor: &'a [f64],
    /// The values of N right sides for each row of the front.
    pub(super) local: &'a mut [[f64; N]],
}

impl<const N: usize> WithSimd for Pass<'_, N> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Pass { kind, shape: shape @ (p, n), factor, local } = self;
        let symmetric = Shape { p, u: n - p };
        if N > 1 {
            return several::pass(kind, symmetric, factor, local);
        }
        let local = local.as_flattened_mut();
        match kind {
            PassKind::ForwardSymmetric => return forward_symmetric(simd, symmetric, factor, local),
            PassKind::BackwardSymmetric => return backward_symmetric(simd, symmetric, factor, local),
            _ => {}
        }
        let (columns, rows) = factor.split_at(p * n);
        match kind {
            PassKind::ForwardLeft => forward_left(shape, columns, rows, local),
            PassKind::BackwardLeft => backward_left(shape, columns, local),
            PassKind::ForwardRight => forward_right(shape, columns, local),
            PassKind::BackwardRight => backward_right(shape, columns, rows, local),
            PassKind::ForwardSymmetric | PassKind::BackwardSymmetric => {}
        }
    }
}

/// The forward pass for a left side: b_j += b_k P_kj.
#[inline(always)]
fn forward_left((p, n): (usize, usize), columns: &[f64], rows: &[f64], local: &mut [f64]) {
    for j in 1..p {
        local[j] += dot_in_eight(&columns[j * n..j * n + j], &local[..j]);
    }
    if p > 0 {
        let (own, later) = local.split_at_mut(p);
        for (value, row) in later.iter_mut().zip(rows.chunks_exact(p)) {
            *value += dot_in_eight(row, own);
        }
    }
}

/// The backward pass for a left side: x_k = (b_k + Σ_i x_i q_ik) / S_k.
#[inline(always)]
fn backward_left((p, n): (usize, usize), columns: &[f64], local: &mut [f64]) {
    for k in (0..p).rev() {
        let column = &columns[k * n..(k + 1) * n];
        local[k] = (local[k] + dot_in_eight(&column[k + 1..], &local[k + 1..])) / column[k];
    }
}

/// The forward pass for a right side: y_k = b_k / S_k, b_i += q_ik y_k.
#[inline(always)]
fn forward_right((p, n): (usize, usize), columns: &[f64], local: &mut [f64]) {
    for k in 0..p {
        let column = &columns[k * n..(k + 1) * n];
        let value = local[k] / column[k];
        local[k] = value;
        add_scaled(&mut local[k + 1..], &column[k + 1..], value);
    }
}

/// The backward pass for a right side: x_k = y_k + Σ_j P_kj x_j.
#[inline(always)]
fn backward_right((p, n): (usize, usize), columns: &[f64], rows: &[f64], local: &mut [f64]) {
    if p == 0 {
        return;
    }
    let (own, later) = local.split_at_mut(p);
    for (&value, row) in later.iter().zip(rows.chunks_exact(p)) {
        add_scaled(own, row, value);
    }
    for j in (1..p).rev() {
        let value = own[j];
        add_scaled(&mut own[..j], &columns[j * n..j * n + j], value);
    }
}

/// The number of columns read at once: each number of the right side is then loaded once for all of them.
const COLUMNS: usize = 4;

/// The N columns of a symmetric front from the k-th on, without the rows above the k-th, each as its rows of pivots and
/// its rows of the update set.
#[inline(always)]
fn columns_from<const N: usize>(shape: Shape, factor: &[f64], k: usize) -> ([&[f64]; N], [&[f64]; N]) {
    let (mut own, mut later): ([&[f64]; N], [&[f64]; N]) = ([&[]; N], [&[]; N]);
    for (j, column) in factor[k * shape.rows()..].chunks_exact(shape.rows()).take(N).enumerate() {
        own[j] = &column[k..shape.p];
        later[j] = &column[shape.update_row()..shape.update_row() + shape.u];
    }
    (own, later)
}

/// The columns without their first N rows.
#[inline(always)]
fn below_square<const N: usize>(columns: [&[f64]; N]) -> [&[f64]; N] {
    let mut below: [&[f64]; N] = [&[]; N];
    for j in 0..N {
        below[j] = &columns[j][N..];
    }
    below
}

/// The forward pass in symmetric form: z_k = b_k / √S_k, b_i += C_ik z_k.
#[inline(always)]
fn forward_symmetric<S: Simd>(simd: S, shape: Shape, factor: &[f64], local: &mut [f64]) {
    let mut k = 0;
    while k + COLUMNS <= shape.p {
        forward_columns::<S, COLUMNS>(simd, shape, factor, local, k);
        k += COLUMNS;
    }
    while k < shape.p {
        forward_columns::<S, 1>(simd, shape, factor, local, k);
        k += 1;
    }
}

/// The forward pass for N columns at once.
#[inline(always)]
fn forward_columns<S: Simd, const N: usize>(simd: S, shape: Shape, factor: &[f64], local: &mut [f64], k: usize) {
    let (own, later) = columns_from::<N>(shape, factor, k);
    let (local_own, local_later) = local.split_at_mut(shape.p);
    let local_own = &mut local_own[k..];
    let mut z = [0.0; N];
    for j in 0..N {
        z[j] = local_own[j] * own[j][j];
        local_own[j] = z[j];
        for i in j + 1..N {
            local_own[i] += own[j][i] * z[j];
        }
    }
    add_columns(simd, &mut local_own[N..], below_square(own), z);
    add_columns(simd, local_later, later, z);
}

/// The backward pass in symmetric form: y_k = (z_k + Σ_i C_ik y_i) / √S_k.
#[inline(always)]
fn backward_symmetric<S: Simd>(simd: S, shape: Shape, factor: &[f64], local: &mut [f64]) {
    let mut k = shape.p;
    while !k.is_multiple_of(COLUMNS) {
        k -= 1;
        backward_columns::<S, 1>(simd, shape, factor, local, k);
    }
    while k > 0 {
        k -= COLUMNS;
        backward_columns::<S, COLUMNS>(simd, shape, factor, local, k);
    }
}

/// The backward pass for N columns at once.
#[inline(always)]
fn backward_columns<S: Simd, const N: usize>(simd: S, shape: Shape, factor: &[f64], local: &mut [f64], k: usize) {
    let (own, later) = columns_from::<N>(shape, factor, k);
    let (local_own, local_later) = local.split_at_mut(shape.p);
    let local_own = &mut local_own[k..];
    let near = dots(simd, below_square(own), &local_own[N..]);
    let far = dots(simd, later, local_later);
    for j in (0..N).rev() {
        let mut sum = local_own[j] + near[j] + far[j];
        for i in j + 1..N {
            sum += own[j][i] * local_own[i];
        }
        local_own[j] = sum * own[j][j];
    }
}
