//! The passes over one front for several right sides at once: what is read of the factor is used N times. The values of
//! a row are side by side, so that one row fills a vector register.

use super::kind::PassKind;
use crate::elimination::analysis::shape::Shape;

/// Columns, or rows, that are read at once: their sums do not wait for one another.
const TOGETHER: usize = 4;

/// Makes the pass.
#[inline(always)]
pub(super) fn pass<const N: usize>(kind: PassKind, shape: Shape, factor: &[f64], local: &mut [[f64; N]]) {
    let (p, n) = (shape.p, shape.p + shape.u);
    match kind {
        PassKind::ForwardSymmetric => return forward_symmetric(shape, factor, local),
        PassKind::BackwardSymmetric => return backward_symmetric(shape, factor, local),
        _ => {}
    }
    let (columns, rows) = factor.split_at(p * n);
    match kind {
        PassKind::ForwardLeft => forward_left((p, n), columns, rows, local),
        PassKind::BackwardLeft => backward_left((p, n), columns, local),
        PassKind::ForwardRight => forward_right((p, n), columns, local),
        PassKind::BackwardRight => backward_right((p, n), columns, rows, local),
        PassKind::ForwardSymmetric | PassKind::BackwardSymmetric => {}
    }
}

/// Adds a multiple: target += factor · source.
#[inline(always)]
fn add<const N: usize>(target: &mut [f64; N], factor: f64, source: &[f64; N]) {
    for lane in 0..N {
        target[lane] += factor * source[lane];
    }
}

/// target_i += Σ_j column_j,i source_j for several columns.
#[inline(always)]
fn add_columns<const N: usize, const C: usize>(target: &mut [[f64; N]], columns: [&[f64]; C], sources: [[f64; N]; C]) {
    let columns = columns.map(|column| &column[..target.len()]);
    for (i, target) in target.iter_mut().enumerate() {
        let mut sum = *target;
        for j in 0..C {
            add(&mut sum, columns[j][i], &sources[j]);
        }
        *target = sum;
    }
}

/// Σ_i column_j,i b_i for several columns.
#[inline(always)]
fn dots<const N: usize, const C: usize>(columns: [&[f64]; C], b: &[[f64; N]]) -> [[f64; N]; C] {
    let columns = columns.map(|column| &column[..b.len()]);
    let mut sums = [[0.0; N]; C];
    for (i, b) in b.iter().enumerate() {
        for j in 0..C {
            add(&mut sums[j], columns[j][i], b);
        }
    }
    sums
}

/// Σ_i a_i b_i in [`TOGETHER`] partial sums.
#[inline(always)]
fn dot<const N: usize>(a: &[f64], b: &[[f64; N]]) -> [f64; N] {
    let (a_groups, a_rest) = a.as_chunks::<TOGETHER>();
    let (b_groups, b_rest) = b.as_chunks::<TOGETHER>();
    let mut sums = [[0.0; N]; TOGETHER];
    for (a, b) in a_groups.iter().zip(b_groups) {
        for j in 0..TOGETHER {
            add(&mut sums[j], a[j], &b[j]);
        }
    }
    let [mut sum, others @ ..] = sums;
    others.iter().for_each(|other| add(&mut sum, 1.0, other));
    a_rest.iter().zip(b_rest).for_each(|(&a, b)| add(&mut sum, a, b));
    sum
}

/// b_j += b_k P_kj, see `pass`.
#[inline(always)]
fn forward_left<const N: usize>((p, n): (usize, usize), columns: &[f64], rows: &[f64], local: &mut [[f64; N]]) {
    for j in 1..p {
        let sum = dot(&columns[j * n..j * n + j], &local[..j]);
        add(&mut local[j], 1.0, &sum);
    }
    if p > 0 {
        let (own, later) = local.split_at_mut(p);
        for (value, row) in later.iter_mut().zip(rows.chunks_exact(p)) {
            add(value, 1.0, &dot(row, own));
        }
    }
}

/// x_k = (b_k + Σ_i x_i q_ik) / S_k.
#[inline(always)]
fn backward_left<const N: usize>((p, n): (usize, usize), columns: &[f64], local: &mut [[f64; N]]) {
    for k in (0..p).rev() {
        let column = &columns[k * n..(k + 1) * n];
        let sum = dot(&column[k + 1..], &local[k + 1..n]);
        local[k] = std::array::from_fn(|lane| (local[k][lane] + sum[lane]) / column[k]);
    }
}

/// y_k = b_k / S_k, b_i += q_ik y_k.
#[inline(always)]
fn forward_right<const N: usize>((p, n): (usize, usize), columns: &[f64], local: &mut [[f64; N]]) {
    for k in 0..p {
        let column = &columns[k * n..(k + 1) * n];
        local[k] = local[k].map(|value| value / column[k]);
        let value = local[k];
        add_columns(&mut local[k + 1..n], [&column[k + 1..]], [value]);
    }
}

/// x_k = y_k + Σ_j P_kj x_j.
#[inline(always)]
fn backward_right<const N: usize>((p, n): (usize, usize), columns: &[f64], rows: &[f64], local: &mut [[f64; N]]) {
    if p == 0 {
        return;
    }
    let (own, later) = local.split_at_mut(p);
    for (value, row) in later.iter().zip(rows.chunks_exact(p)) {
        add_columns(own, [row], [*value]);
    }
    for j in (1..p).rev() {
        let value = own[j];
        add_columns(&mut own[..j], [&columns[j * n..j * n + j]], [value]);
    }
}

/// C columns of a symmetric front from the k-th on, each without the rows above the k-th: those of pivots, those of
/// further states.
#[inline(always)]
fn columns_from<const C: usize>(shape: Shape, factor: &[f64], k: usize) -> ([&[f64]; C], [&[f64]; C]) {
    let column = |j: usize| &factor[(k + j) * shape.rows()..(k + j + 1) * shape.rows()];
    let own = std::array::from_fn(|j| &column(j)[k..shape.p]);
    let later = std::array::from_fn(|j| &column(j)[shape.update_row()..shape.update_row() + shape.u]);
    (own, later)
}

/// z_k = b_k / √S_k, b_i += C_ik z_k.
#[inline(always)]
fn forward_symmetric<const N: usize>(shape: Shape, factor: &[f64], local: &mut [[f64; N]]) {
    let mut k = 0;
    while k + TOGETHER <= shape.p {
        forward_columns::<N, TOGETHER>(shape, factor, local, k);
        k += TOGETHER;
    }
    while k < shape.p {
        forward_columns::<N, 1>(shape, factor, local, k);
        k += 1;
    }
}

#[inline(always)]
fn forward_columns<const N: usize, const C: usize>(shape: Shape, factor: &[f64], local: &mut [[f64; N]], k: usize) {
    let (own, later) = columns_from::<C>(shape, factor, k);
    let (local_own, local_later) = local.split_at_mut(shape.p);
    let local_own = &mut local_own[k..];
    let mut z = [[0.0; N]; C];
    for j in 0..C {
        z[j] = local_own[j].map(|value| value * own[j][j]);
        local_own[j] = z[j];
        for i in j + 1..C {
            add(&mut local_own[i], own[j][i], &z[j]);
        }
    }
    add_columns(&mut local_own[C..], own.map(|column| &column[C..]), z);
    add_columns(&mut local_later[..shape.u], later, z);
}

/// y_k = (z_k + Σ_i C_ik y_i) / √S_k.
#[inline(always)]
fn backward_symmetric<const N: usize>(shape: Shape, factor: &[f64], local: &mut [[f64; N]]) {
    let mut k = shape.p;
    while !k.is_multiple_of(TOGETHER) {
        k -= 1;
        backward_columns::<N, 1>(shape, factor, local, k);
    }
    while k > 0 {
        k -= TOGETHER;
        backward_columns::<N, TOGETHER>(shape, factor, local, k);
    }
}

#[inline(always)]
fn backward_columns<const N: usize, const C: usize>(shape: Shape, factor: &[f64], local: &mut [[f64; N]], k: usize) {
    let (own, later) = columns_from::<C>(shape, factor, k);
    let (local_own, local_later) = local.split_at_mut(shape.p);
    let local_own = &mut local_own[k..];
    let near = dots(own.map(|column| &column[C..]), &local_own[C..]);
    let far = dots(later, &local_later[..shape.u]);
    for j in (0..C).rev() {
        let mut sum = local_own[j];
        add(&mut sum, 1.0, &near[j]);
        add(&mut sum, 1.0, &far[j]);
        for i in j + 1..C {
            let value = local_own[i];
            add(&mut sum, own[j][i], &value);
        }
        local_own[j] = sum.map(|value| value * own[j][j]);
    }
}
