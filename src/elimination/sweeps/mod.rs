//! The sweeps over the assembly tree: the factorisation, and the substitutions of the solves.

pub(super) mod multifrontal;

mod assemble;
mod kind;
mod pass;
mod several;
mod substitution;
