//! The positions of all fronts in the factor, for one form of elimination.

use super::front::Front;
use super::shape::Form;
use super::tree::AssemblyTree;

/// The layout of a factor: the form of its fronts and the offset of each front.
#[derive(Debug)]
pub(crate) struct Layout {
    pub(crate) form: Form,
    pub(crate) starts: Vec<usize>,
    /// The size of the factor, in numbers.
    pub(crate) length: usize,
    /// The floating-point operations of the elimination.
    pub(crate) flops: u64,
}

impl Layout {
    /// The layout of the factor of an assembly tree in this form.
    pub(crate) fn new(tree: &AssemblyTree, form: Form) -> Layout {
        let mut layout = Layout { form, starts: Vec::with_capacity(tree.fronts.len()), length: 0, flops: 0 };
        for front in &tree.fronts {
            layout.starts.push(layout.length);
            layout.length += front.shape().factor_length(form);
            layout.flops += front.shape().flops(form);
        }
        layout
    }

    /// The size of a subtree's factor without that of its root, which has `own` numbers.
    pub(crate) fn length_below(&self, front: &Front, own: usize) -> usize {
        self.starts[own] - self.starts[front.first]
    }
}
