//! The passes that the solves are made of.

/// The kinds of pass over a front: forward from the leaves to the root, backward from the root to the leaves.
#[derive(Clone, Copy)]
pub(super) enum PassKind {
    ForwardLeft,
    BackwardLeft,
    ForwardRight,
    BackwardRight,
    ForwardSymmetric,
    BackwardSymmetric,
}
