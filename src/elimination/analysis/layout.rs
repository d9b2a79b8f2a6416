//! Where the factor of each front lies, once it is known in which form the fronts are eliminated.

use super::front::Front;
use super::shape::Form;
use super::tree::AssemblyTree;

/// The layout of a factor: the form of all fronts, and the place where the factor of each begins.
#[derive(Debug)]
pub(crate) struct Layout {
    pub(crate) form: Form,
    pub(crate) starts: Vec<usize>,
    /// The number of numbers in the factor.
    pub(crate) length: usize,
    /// The floating-point operations of the elimination.
    pub(crate) flops: u64,
}

impl Layout {
    /// The layout of the factor of a tree whose fronts are eliminated in this form.
    pub(crate) fn new(tree: &AssemblyTree, form: Form) -> Layout {
        let mut layout = Layout { form, starts: Vec::with_capacity(tree.fronts.len()), length: 0, flops: 0 };
        for front in &tree.fronts {
            layout.starts.push(layout.length);
            layout.length += front.shape().factor_length(form);
            layout.flops += front.shape().flops(form);
        }
        layout
    }

    /// The number of numbers in the factor of a subtree without those of its root.
    pub(crate) fn below(&self, front: &Front, own: usize) -> usize {
        self.starts[own] - self.starts[front.first]
    }
}
