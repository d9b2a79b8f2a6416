//! The independent witness: particles that share only the problem with the solver, never a grid.
//!
//! [`motion`] moves a block of particles by one step, [`frontier`] knows what kills them, [`swarm`] keeps many of them in the
//! quasi-stationary state and counts, [`minibatch`] moves them by real batches, [`splitting`] reaches rates too small to wait for, [`estimate`] turns counts into rates with intervals, [`random`] draws.

pub mod estimate;
pub mod frontier;
pub mod lattice;
pub mod minibatch;
pub mod motion;
pub mod random;
pub mod settings;
pub mod splitting;
pub mod swarm;
pub mod tables;

pub use settings::{Method, Settings};
