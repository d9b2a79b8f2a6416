//! The dense elimination of one front's pivots, in general and in symmetric form.

pub(super) mod general;
pub(super) mod kernels;
pub(super) mod symmetric;

mod small_general;
mod small_symmetric;
