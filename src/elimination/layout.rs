//! In which form the fronts are eliminated, and where the factor of each lies.

use super::symmetric::Shape;
use super::tree::{Front, FrontTree};

/// The form in which fronts are eliminated.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Form {
    /// Pivot columns and pivot rows, see `front`.
    General,
    /// The lower half of the scaled front of a reversible chain, see `symmetric`.
    Symmetric,
}

/// The form of all fronts, and where their factors begin.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) form: Form,
    pub(super) starts: Vec<usize>,
    /// Numbers in the factor.
    pub(super) length: usize,
    /// Floating-point operations.
    pub(super) flops: u64,
}

impl Layout {
    /// For fronts in this form.
    pub(super) fn new(tree: &FrontTree, form: Form) -> Layout {
        let mut layout = Layout { form, starts: Vec::with_capacity(tree.fronts.len()), length: 0, flops: 0 };
        for front in &tree.fronts {
            layout.starts.push(layout.length);
            layout.length += factor_length(front, form);
            layout.flops += flops(front, form);
        }
        layout
    }

    /// Numbers in the factor of a subtree without those of its root.
    pub(super) fn below(&self, front: &Front, own: usize) -> usize {
        self.starts[own] - self.starts[front.first]
    }
}

/// Numbers in a front's factor.
pub(super) fn factor_length(front: &Front, form: Form) -> usize {
    let (p, u) = (front.pivots, front.updates);
    match form {
        // Pivot columns (p+u)×p, then pivot rows p×(u+1), the last column being κ.
        Form::General => p * (p + u + u + 1),
        // Pivot columns; the upper half is not used.
        Form::Symmetric => p * Shape { p, u }.rows(),
    }
}

/// Σ over the pivots, with m states left after each: m sums, m+1 divisions, 2m(m+1) for the update; in symmetric form 2m for the
/// sum, m+2 divisions and roots, m(m+3) for the update.
pub(super) fn flops(front: &Front, form: Form) -> u64 {
    // Σ 1, Σ m and Σ m² below an order.
    let sums = |n: usize| {
        let n = n as u64;
        [n, n * n.saturating_sub(1) / 2, n * n.saturating_sub(1) * (2 * n).saturating_sub(1) / 6]
    };
    let (all, left) = (sums(front.order()), sums(front.updates));
    let [ones, linear, squares] = [0, 1, 2].map(|power| all[power] - left[power]);
    match form {
        Form::General => ones + 4 * linear + 2 * squares,
        Form::Symmetric => 2 * ones + 6 * linear + squares,
    }
}
