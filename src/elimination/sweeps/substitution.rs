//! The forward and backward substitution with the factored fronts: A = (D − L)(I − P) in general form, see
//! `dense::general`; diag(s) A diag(s)⁻¹ = (√S − C)(√S − C)ᵀ in symmetric form, see `dense::symmetric`.
//!
//! ```text
//! x A = b:   b ← b (I − P)⁻¹ from the leaves to the root,   x = b (D − L)⁻¹ from the root to the leaves
//! A x = b:   b ← (D − L)⁻¹ b from the leaves to the root,   x = (I − P)⁻¹ b from the root to the leaves
//! symmetric: the same for x/s and b/s, or s x and s b:  y = (√S − C)⁻ᵀ (√S − C)⁻¹ b
//! ```
//! On the way up a front passes its contributions to later states to its parent; on the way down it passes the solution
//! on its update set to its children. Subtrees share no data and are solved in parallel, always in the same order of
//! addition.

use super::kind::PassKind;
use super::multifrontal::Multifrontal;
use super::pass::Pass;
use crate::elimination::analysis::shape::Form;
use crate::elimination::analysis::tree::AssemblyTree;
use crate::scaled::Scaled;
use pulp::Arch;
use rayon::join;
use rayon::prelude::*;

/// The size of a subtree's factor, in numbers, above which it is solved in a parallel task: 2¹⁷, a megabyte.
const PARALLEL: usize = 1 << 17;

/// The side of A on which the unknown stands.
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
    /// The solutions x of x A = b for N left sides b, interleaved: entry k holds the N values of state k.
    pub(crate) fn solve_left<const N: usize>(&self, b: &[[f64; N]]) -> Vec<[f64; N]> {
        self.solve(Side::Left, b)
    }

    /// The solutions x of A x = b for N right sides b, interleaved: entry k holds the N values of state k.
    pub(crate) fn solve_right<const N: usize>(&self, b: &[[f64; N]]) -> Vec<[f64; N]> {
        self.solve(Side::Right, b)
    }

    fn solve<const N: usize>(&self, side: Side, b: &[[f64; N]]) -> Vec<[f64; N]> {
        let AssemblyTree { order, positions, .. } = &*self.tree;
        let mut values: Vec<[f64; N]> = order.par_iter().map(|&state| b[state as usize]).collect();
        if self.layout.form == Form::General {
            self.solve_fronts(side, &mut values);
        } else if self.scales_in_range(side, b.as_flattened()) {
            self.scale(side, &mut values);
            self.solve_fronts(side, &mut values);
            self.scale(side.other(), &mut values);
        } else {
            // Each has a scale of its own.
            for lane in 0..N {
                let mut alone: Vec<[f64; 1]> = values.iter().map(|value| [value[lane]]).collect();
                self.solve_normalised(side, &mut alone);
                values.iter_mut().zip(&alone).for_each(|(value, alone)| value[lane] = alone[0]);
            }
        }
        positions.par_iter().map(|&position| values[position as usize]).collect()
    }

    /// Scales a right-hand side to b/s (left) or s b (right); called with the other side, it scales a solution back.
    fn scale<const N: usize>(&self, side: Side, values: &mut [[f64; N]]) {
        let values = values.par_iter_mut().zip(&self.weights);
        match side {
            Side::Left => values.for_each(|(values, s)| values.iter_mut().for_each(|value| *value /= s)),
            Side::Right => values.for_each(|(values, s)| values.iter_mut().for_each(|value| *value *= s)),
        }
    }

    /// Whether all entries of b/s or s b are far from underflow and overflow.
    fn scales_in_range(&self, side: Side, b: &[f64]) -> bool {
        const MARGIN: f64 = 1e-60;
        let sizes = || b.par_iter().map(|b| b.abs()).filter(|&b| b > 0.0);
        let smallest = || self.weights.par_iter().copied().reduce(|| 1.0, f64::min);
        match side {
            Side::Left => sizes().reduce(|| 0.0, f64::max) <= MARGIN / f64::MIN_POSITIVE * smallest(),
            Side::Right => sizes().reduce(|| 1.0, f64::min) * smallest() >= f64::MIN_POSITIVE / MARGIN,
        }
    }

    /// Solves with the right-hand side scaled so that its largest entry becomes 1 or −1.
    fn solve_normalised(&self, side: Side, values: &mut [[f64; 1]]) {
        let scale = |value: Scaled, s: f64, side: Side| match side {
            Side::Left => value.over(Scaled::new(s)),
            Side::Right => value.times(Scaled::new(s)),
        };
        let scaled: Vec<Scaled> =
            values.par_iter().zip(&self.weights).map(|(&[value], &s)| scale(Scaled::new(value), s, side)).collect();
        let sizes = scaled.iter().map(|value| value.modulus());
        let unit = sizes.fold(Scaled::ZERO, |unit, value| if value.is_greater(unit) { value } else { unit });
        if unit == Scaled::ZERO {
            return;
        }
        values.par_iter_mut().zip(scaled).for_each(|([value], scaled)| *value = scaled.over(unit).value());
        self.solve_fronts(side, values);
        values.par_iter_mut().zip(&self.weights).for_each(|([value], &s)| {
            *value = scale(Scaled::new(*value).times(unit), s, side.other()).value();
        });
    }

    /// Solves with the factor as it is; the right-hand side is already scaled in symmetric form.
    fn solve_fronts<const N: usize>(&self, side: Side, values: &mut [[f64; N]]) {
        if !self.tree.fronts.is_empty() {
            let root = self.tree.fronts.len() - 1;
            let mut work = vec![[0.0; N]; self.tree.fronts[root].solve_work];
            self.forward(side, root, values, &mut work);
            self.backward(side, root, values, &mut work);
        }
    }

    /// Forward pass over a subtree, from the leaves to its root; `values` are those of the subtree. The contributions
    /// to the update set of its root front are left in `work[p..p+u]`.
    fn forward<const N: usize>(&self, side: Side, index: usize, values: &mut [[f64; N]], work: &mut [[f64; N]]) {
        let front = &self.tree.fronts[index];
        let p = front.pivots;
        let (local, work) = work.split_at_mut(front.order());
        let (below, own) = values.split_at_mut(values.len() - p);
        local[..p].copy_from_slice(own);
        local[p..].fill([0.0; N]);
        self.visit_children(
            index,
            below,
            work,
            |child, values, work| self.forward(side, child, values, work),
            |child, work| {
                let child = &self.tree.fronts[child];
                let positions = self.tree.parent_positions_of(child);
                for (&position, values) in positions.iter().zip(&work[child.pivots..]) {
                    local[position as usize].iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
                }
            },
        );
        let kind = match (self.layout.form, side) {
            (Form::General, Side::Left) => PassKind::ForwardLeft,
            (Form::General, Side::Right) => PassKind::ForwardRight,
            (Form::Symmetric, _) => PassKind::ForwardSymmetric,
        };
        self.pass(kind, index, local);
        own.copy_from_slice(&local[..p]);
    }

    /// Backward pass over a subtree, from its root to the leaves; `work[p..p+u]` holds the solution on the update set.
    fn backward<const N: usize>(&self, side: Side, index: usize, values: &mut [[f64; N]], work: &mut [[f64; N]]) {
        let front = &self.tree.fronts[index];
        let p = front.pivots;
        let (local, work) = work.split_at_mut(front.order());
        let (below, own) = values.split_at_mut(values.len() - p);
        local[..p].copy_from_slice(own);
        let kind = match (self.layout.form, side) {
            (Form::General, Side::Left) => PassKind::BackwardLeft,
            (Form::General, Side::Right) => PassKind::BackwardRight,
            (Form::Symmetric, _) => PassKind::BackwardSymmetric,
        };
        self.pass(kind, index, local);
        own.copy_from_slice(&local[..p]);
        let local = &*local;
        self.visit_children(
            index,
            below,
            work,
            |child, values, work| {
                let of_child = &self.tree.fronts[child];
                let positions = self.tree.parent_positions_of(of_child);
                for (&position, value) in positions.iter().zip(&mut work[of_child.pivots..]) {
                    *value = local[position as usize];
                }
                self.backward(side, child, values, work);
            },
            |_, _| {},
        );
    }

    /// Calls `visit` for each child with its values and workspace, in parallel for large ones, then `read` with each
    /// workspace in turn.
    fn visit_children<const N: usize>(
        &self,
        index: usize,
        values: &mut [[f64; N]],
        work: &mut [[f64; N]],
        visit: impl Fn(usize, &mut [[f64; N]], &mut [[f64; N]]) + Sync,
        mut read: impl FnMut(usize, &[[f64; N]]),
    ) {
        let fronts = &self.tree.fronts;
        let front = &fronts[index];
        if let [first, second] = *front.children()
            && front.is_parallel
            && self.layout.length_below(front, index) > PARALLEL
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
        for (position, &child) in front.children().iter().enumerate() {
            let next = front.children().get(position + 1);
            let rest = next.map_or(0, |&next| front.start - fronts[fronts[next].first].start);
            let (own, later) = values.split_at_mut(values.len() - rest);
            visit(child, own, work);
            read(child, work);
            values = later;
        }
    }

    /// Applies one pass to one front.
    fn pass<const N: usize>(&self, kind: PassKind, index: usize, local: &mut [[f64; N]]) {
        let (front, start) = (&self.tree.fronts[index], self.layout.starts[index]);
        let factor = &self.factor.numbers()[start..start + front.shape().factor_length(self.layout.form)];
        Arch::new().dispatch(Pass { kind, shape: (front.pivots, front.order()), factor, local });
    }
}
