//! The order of elimination: which states are coupled, and the nested dissection that keeps the fronts small.

pub(super) mod dissection;
pub(super) mod pattern;

mod coordinates;
mod direction;
mod runs;
mod separator;
