//! The symbolic part of an elimination, before any pivot is computed: the assembly tree with its costs, and the
//! stationary weights of a reversible chain.

pub(super) mod balance;
pub(super) mod front;
pub(super) mod layout;
pub(super) mod shape;
pub(super) mod symbolic;
pub(super) mod tree;

mod growth;
