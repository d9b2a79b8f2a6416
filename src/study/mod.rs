//! Whole studies: one problem on one or several grids.

pub mod solution;
pub use solution::Solution;
