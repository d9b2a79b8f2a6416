//! Which fronts are eliminated in symmetric form, and where each front's factor lies.
//!
//! The fronts of a reversible chain are symmetric once they are scaled by the roots of the stationary weights, see `balance`, as
//! long as those stay within the range of numbers. A subtree over more than that, up the walls of a very cold problem, is
//! divided further; the fronts above the parts are eliminated in general form.

use super::balance::Weight;
use super::symmetric::Shape;
use super::tree::{Front, FrontTree};

/// Weights of a symmetric subtree may differ by so many powers of two. What falls below the smallest number, 2⁻¹⁰²², is then at most
/// 2⁻¹⁰²² · 2⁸⁶⁶ of a rate: far below the rounding of any pivot that is accepted.
const LARGEST_RANGE: i32 = 866;

/// The form in which a front is eliminated.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Form {
    /// Pivot columns and pivot rows.
    General,
    /// The lower half of the scaled front, with weights in units of 2^unit, the same in all of a subtree; none is above 1.
    Symmetric { unit: i32 },
}

/// The forms of all fronts, and where their factors begin.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) forms: Vec<Form>,
    pub(super) starts: Vec<usize>,
    /// Numbers in the factor.
    pub(super) length: usize,
    /// Floating-point operations.
    pub(super) flops: u64,
}

impl Layout {
    /// For a reversible chain with these weights by place, or for one that is not.
    pub(super) fn new(tree: &FrontTree, weights: Option<&[Weight]>) -> Layout {
        let forms = match weights {
            Some(weights) => forms(tree, weights),
            None => vec![Form::General; tree.fronts.len()],
        };
        let mut layout = Layout { forms, starts: Vec::with_capacity(tree.fronts.len()), length: 0, flops: 0 };
        for (front, &form) in tree.fronts.iter().zip(&layout.forms) {
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

/// The smallest and the largest exponent.
type Range = (i32, i32);

fn wider(a: Range, b: Range) -> Range {
    (a.0.min(b.0), a.1.max(b.1))
}

fn forms(tree: &FrontTree, weights: &[Weight]) -> Vec<Form> {
    const NONE: Range = (i32::MAX, i32::MIN);
    let range = |weights: &[Weight]| weights.iter().fold(NONE, |range, w| wider(range, (w.exponent, w.exponent)));
    let form = |(low, high): Range| match high.saturating_sub(low) <= LARGEST_RANGE {
        true => Form::Symmetric { unit: high },
        false => Form::General,
    };
    let all = form(range(weights));
    if all != Form::General {
        return vec![all; tree.fronts.len()];
    }
    let mut of_pivots: Vec<Range> = Vec::with_capacity(tree.fronts.len());
    let mut forms = Vec::with_capacity(tree.fronts.len());
    for front in &tree.fronts {
        let own = range(&weights[front.start..front.start + front.pivots]);
        let pivots = front.children.iter().fold(own, |range, &child| wider(range, of_pivots[child]));
        let updates = tree.updates_of(front).iter().map(|&place| weights[place as usize].exponent);
        forms.push(form(updates.fold(pivots, |range, exponent| wider(range, (exponent, exponent)))));
        of_pivots.push(pivots);
    }
    for (index, front) in tree.fronts.iter().enumerate().rev() {
        if forms[index] != Form::General {
            for &child in &front.children {
                forms[child] = forms[index];
            }
        }
    }
    forms
}

/// Numbers in a front's factor.
pub(super) fn factor_length(front: &Front, form: Form) -> usize {
    let (p, u) = (front.pivots, front.updates);
    match form {
        // Pivot columns (p+u)×p, then pivot rows p×(u+1), the last column being κ.
        Form::General => p * (p + u + u + 1),
        // Pivot columns; the upper half is not used.
        Form::Symmetric { .. } => p * Shape { p, u }.rows(),
    }
}

/// Σ over the pivots, with m states left after each: m sums, m+1 divisions, 2m(m+1) for the update; in symmetric form 2m for the
/// sum, m+2 divisions and roots, m(m+3) for the update.
pub(super) fn flops(front: &Front, form: Form) -> u64 {
    // Σ m and Σ m² below an order.
    let sums = |n: usize| {
        let n = n as u64;
        [n, n * n.saturating_sub(1) / 2, n * n.saturating_sub(1) * (2 * n).saturating_sub(1) / 6]
    };
    let (all, left) = (sums(front.order()), sums(front.updates));
    let [ones, linear, squares] = [0, 1, 2].map(|power| all[power] - left[power]);
    match form {
        Form::General => ones + 4 * linear + 2 * squares,
        Form::Symmetric { .. } => 2 * ones + 6 * linear + squares,
    }
}
