//! Solves with the factored fronts: A = (D − L)(I − P), see `front`, or scaled diag(s) A diag(s)⁻¹ = (√S − C)(√S − C)ᵀ, see
//! `symmetric`.
//!
//! ```text
//! x A = b:   b ← b (I − P)⁻¹ from the leaves to the root,   x = b (D − L)⁻¹ from the root to the leaves
//! A x = b:   b ← (D − L)⁻¹ b from the leaves to the root,   x = (I − P)⁻¹ b from the root to the leaves
//! symmetric: the same for x/s and b/s, or s x and s b:  y = (√S − C)⁻ᵀ (√S − C)⁻¹ b
//! ```
//! On the way up a front passes what it adds to later states to its parent, on the way down it hands the solution on its
//! update set to its children: subtrees share nothing and are solved side by side, always in the same order of addition.

use super::layout::{Form, factor_length};
use super::multifrontal::Multifrontal;
use super::symmetric::Shape;
use crate::scaled::Scaled;
use pulp::{Arch, Simd, WithSimd};
use rayon::join;
use rayon::prelude::*;

/// Subtrees with a larger factor than this are worth a task of their own: 2¹⁷ numbers, a megabyte.
const SIDE_BY_SIDE: usize = 1 << 17;

/// Which side of A the unknown stands on.
#[derive(Clone, Copy)]
enum Side {
    /// x A = b.
    Left,
    /// A x = b.
    Right,
}

impl Side {
    fn other(self) -> Side {
        match self {
            Side::Left => Side::Right,
            Side::Right => Side::Left,
        }
    }
}

impl Multifrontal {
    /// x A = b.
    pub(super) fn solve_left(&self, b: &[f64]) -> Vec<f64> {
        self.solve(Side::Left, b)
    }

    /// A x = b.
    pub(super) fn solve_right(&self, b: &[f64]) -> Vec<f64> {
        self.solve(Side::Right, b)
    }

    fn solve(&self, side: Side, b: &[f64]) -> Vec<f64> {
        let order = &self.tree.order;
        let mut values: Vec<f64> = order.par_iter().map(|&state| b[state as usize]).collect();
        if self.layout.form == Form::General {
            self.solve_fronts(side, &mut values);
        } else if self.scales_in_range(side, b) {
            self.scale(side, &mut values);
            self.solve_fronts(side, &mut values);
            self.scale(side.other(), &mut values);
        } else {
            self.solve_normalised(side, &mut values);
        }
        let mut x = vec![0.0; b.len()];
        for (&state, value) in order.iter().zip(values) {
            x[state as usize] = value;
        }
        x
    }

    /// b/s or s b; with the other side also back from either.
    fn scale(&self, side: Side, values: &mut [f64]) {
        let values = values.par_iter_mut().zip(&self.weights);
        match side {
            Side::Left => values.for_each(|(value, s)| *value /= s),
            Side::Right => values.for_each(|(value, s)| *value *= s),
        }
    }

    /// Whether b/s or s b is far from both ends of the range of numbers.
    fn scales_in_range(&self, side: Side, b: &[f64]) -> bool {
        const MARGIN: f64 = 1e-60;
        let positive = || b.iter().copied().filter(|&b| b > 0.0);
        let smallest = || self.weights.iter().copied().fold(1.0, f64::min);
        match side {
            Side::Left => positive().fold(0.0, f64::max) <= MARGIN / f64::MIN_POSITIVE * smallest(),
            Side::Right => positive().fold(1.0, f64::min) * smallest() >= f64::MIN_POSITIVE / MARGIN,
        }
    }

    /// Scales the right side so that its largest entry becomes 1.
    fn solve_normalised(&self, side: Side, values: &mut [f64]) {
        let scale = |value: Scaled, s: f64, side: Side| match side {
            Side::Left => value.over(Scaled::new(s)),
            Side::Right => value.times(Scaled::new(s)),
        };
        let scaled: Vec<Scaled> =
            values.par_iter().zip(&self.weights).map(|(&value, &s)| scale(Scaled::new(value), s, side)).collect();
        let unit = scaled.iter().fold(Scaled::ZERO, |unit, value| if value.is_greater(unit) { *value } else { unit });
        if unit == Scaled::ZERO {
            return;
        }
        values.par_iter_mut().zip(scaled).for_each(|(value, scaled)| *value = scaled.over(unit).value());
        self.solve_fronts(side, values);
        values.par_iter_mut().zip(&self.weights).for_each(|(value, &s)| {
            *value = scale(Scaled::new(*value).times(unit), s, side.other()).value();
        });
    }

    /// Solves with the fronts as they are, scaled or not.
    fn solve_fronts(&self, side: Side, values: &mut [f64]) {
        if !self.tree.fronts.is_empty() {
            let root = self.tree.fronts.len() - 1;
            let mut work = vec![0.0; self.tree.fronts[root].solve_work];
            self.up(side, root, values, &mut work);
            self.down(side, root, values, &mut work);
        }
    }

    /// From the leaves to the root; `values` are the subtree's. Leaves what the subtree adds to the update set of its
    /// front in `work[p..p+u]`.
    fn up(&self, side: Side, index: usize, values: &mut [f64], work: &mut [f64]) {
        let front = &self.tree.fronts[index];
        let p = front.pivots;
        let (local, work) = work.split_at_mut(front.order());
        let (below, own) = values.split_at_mut(values.len() - p);
        local[..p].copy_from_slice(own);
        local[p..].fill(0.0);
        self.children(
            index,
            below,
            work,
            |child, values, work| self.up(side, child, values, work),
            |child, work| {
                let child = &self.tree.fronts[child];
                let positions = self.tree.parent_places_of(child);
                for (&position, value) in positions.iter().zip(&work[child.pivots..]) {
                    local[position as usize] += value;
                }
            },
        );
        let way = match (self.layout.form, side) {
            (Form::General, Side::Left) => Way::ForwardLeft,
            (Form::General, Side::Right) => Way::ForwardRight,
            (Form::Symmetric, _) => Way::ForwardSymmetric,
        };
        self.pass(way, index, local);
        own.copy_from_slice(&local[..p]);
    }

    /// From the root to the leaves; `work[p..p+u]` holds the solution on the update set.
    fn down(&self, side: Side, index: usize, values: &mut [f64], work: &mut [f64]) {
        let front = &self.tree.fronts[index];
        let p = front.pivots;
        let (local, work) = work.split_at_mut(front.order());
        let (below, own) = values.split_at_mut(values.len() - p);
        local[..p].copy_from_slice(own);
        let way = match (self.layout.form, side) {
            (Form::General, Side::Left) => Way::BackwardLeft,
            (Form::General, Side::Right) => Way::BackwardRight,
            (Form::Symmetric, _) => Way::BackwardSymmetric,
        };
        self.pass(way, index, local);
        own.copy_from_slice(&local[..p]);
        let local = &*local;
        self.children(
            index,
            below,
            work,
            |child, values, work| {
                let of_child = &self.tree.fronts[child];
                let positions = self.tree.parent_places_of(of_child);
                for (&position, value) in positions.iter().zip(&mut work[of_child.pivots..]) {
                    *value = local[position as usize];
                }
                self.down(side, child, values, work);
            },
            |_, _| {},
        );
    }

    /// Visits the children, each with its values and workspace, then lets the parent read each workspace in turn.
    fn children(
        &self,
        index: usize,
        values: &mut [f64],
        work: &mut [f64],
        visit: impl Fn(usize, &mut [f64], &mut [f64]) + Sync,
        mut read: impl FnMut(usize, &[f64]),
    ) {
        let fronts = &self.tree.fronts;
        let front = &fronts[index];
        if let [first, second] = front.children[..]
            && front.side_by_side
            && self.layout.below(front, index) > SIDE_BY_SIDE
        {
            let second_values = values.len() - (front.start - fronts[fronts[second].first].start);
            let (values_first, values_second) = values.split_at_mut(second_values);
            let (work_first, work_second) = work.split_at_mut(fronts[first].solve_work);
            join(|| visit(first, values_first, work_first), || visit(second, values_second, work_second));
            read(first, work_first);
            read(second, work_second);
            return;
        }
        let mut values = values;
        for (position, &child) in front.children.iter().enumerate() {
            let next = front.children.get(position + 1);
            let rest = next.map_or(0, |&next| front.start - fronts[fronts[next].first].start);
            let (own, later) = values.split_at_mut(values.len() - rest);
            visit(child, own, work);
            read(child, work);
            values = later;
        }
    }

    /// One front's part of a solve.
    fn pass(&self, way: Way, index: usize, local: &mut [f64]) {
        let (front, start) = (&self.tree.fronts[index], self.layout.starts[index]);
        let factor = &self.factor.numbers()[start..start + factor_length(front, self.layout.form)];
        Arch::new().dispatch(Pass { way, shape: (front.pivots, front.order()), factor, local });
    }
}

/// What is done with one front.
#[derive(Clone, Copy)]
enum Way {
    ForwardLeft,
    BackwardLeft,
    ForwardRight,
    BackwardRight,
    ForwardSymmetric,
    BackwardSymmetric,
}

/// One front's part of a solve: plain loops that the compiler turns into the widest vectors that the processor has.
struct Pass<'a> {
    way: Way,
    /// p, and p + u.
    shape: (usize, usize),
    factor: &'a [f64],
    local: &'a mut [f64],
}

impl WithSimd for Pass<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Pass { way, shape: shape @ (p, n), factor, local } = self;
        let symmetric = Shape { p, u: n - p };
        match way {
            Way::ForwardSymmetric => return forward_symmetric(simd, symmetric, factor, local),
            Way::BackwardSymmetric => return backward_symmetric(simd, symmetric, factor, local),
            _ => {}
        }
        let (columns, rows) = factor.split_at(p * n);
        match way {
            Way::ForwardLeft => forward_left(shape, columns, rows, local),
            Way::BackwardLeft => backward_left(shape, columns, local),
            Way::ForwardRight => forward_right(shape, columns, local),
            Way::BackwardRight => backward_right(shape, columns, rows, local),
            Way::ForwardSymmetric | Way::BackwardSymmetric => {}
        }
    }
}

/// b_j += b_k P_kj.
#[inline(always)]
fn forward_left((p, n): (usize, usize), columns: &[f64], rows: &[f64], local: &mut [f64]) {
    for j in 1..p {
        local[j] += dot(&columns[j * n..j * n + j], &local[..j]);
    }
    if p > 0 {
        let (own, later) = local.split_at_mut(p);
        for (value, row) in later.iter_mut().zip(rows.chunks_exact(p)) {
            *value += dot(row, own);
        }
    }
}

/// x_k = (b_k + Σ_i x_i q_ik) / S_k.
#[inline(always)]
fn backward_left((p, n): (usize, usize), columns: &[f64], local: &mut [f64]) {
    for k in (0..p).rev() {
        let column = &columns[k * n..(k + 1) * n];
        local[k] = (local[k] + dot(&column[k + 1..], &local[k + 1..])) / column[k];
    }
}

/// y_k = b_k / S_k, b_i += q_ik y_k.
#[inline(always)]
fn forward_right((p, n): (usize, usize), columns: &[f64], local: &mut [f64]) {
    for k in 0..p {
        let column = &columns[k * n..(k + 1) * n];
        let value = local[k] / column[k];
        local[k] = value;
        add_scaled(&mut local[k + 1..], &column[k + 1..], value);
    }
}

/// x_k = y_k + Σ_j P_kj x_j.
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

/// Columns that are read at once: each number of the right side is then fetched once for all of them.
const COLUMNS: usize = 4;

/// N columns of a symmetric front from the k-th on, each without the rows above the k-th: those of pivots, those of further states.
#[inline(always)]
fn columns_from<const N: usize>(shape: Shape, factor: &[f64], k: usize) -> ([&[f64]; N], [&[f64]; N]) {
    let (mut own, mut later): ([&[f64]; N], [&[f64]; N]) = ([&[]; N], [&[]; N]);
    for (j, column) in factor[k * shape.rows()..].chunks_exact(shape.rows()).take(N).enumerate() {
        own[j] = &column[k..shape.p];
        later[j] = &column[shape.below()..shape.below() + shape.u];
    }
    (own, later)
}

/// The same columns without their first N rows.
#[inline(always)]
fn below_square<const N: usize>(columns: [&[f64]; N]) -> [&[f64]; N] {
    let mut below: [&[f64]; N] = [&[]; N];
    for j in 0..N {
        below[j] = &columns[j][N..];
    }
    below
}

/// z_k = b_k / √S_k, b_i += C_ik z_k.
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

/// target += Σ_j column_j · factor_j.
#[inline(always)]
fn add_columns<S: Simd, const N: usize>(simd: S, target: &mut [f64], columns: [&[f64]; N], factors: [f64; N]) {
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

/// y_k = (z_k + Σ_i C_ik y_i) / √S_k.
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

/// Σ_i column_j,i b_i of several columns.
#[inline(always)]
fn dots<S: Simd, const N: usize>(simd: S, columns: [&[f64]; N], b: &[f64]) -> [f64; N] {
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

/// Σ a_i b_i in eight partial sums, which the compiler keeps in vector registers.
#[inline(always)]
fn dot(a: &[f64], b: &[f64]) -> f64 {
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

/// target += source · factor.
#[inline(always)]
fn add_scaled(target: &mut [f64], source: &[f64], factor: f64) {
    for (target, source) in target.iter_mut().zip(source) {
        *target += source * factor;
    }
}
