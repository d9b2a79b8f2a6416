//! The independent witness: particles that share only the problem with the solver, never a grid.
//!
//! [`motion`] moves a block of particles by one step, [`frontier`] knows what kills them, [`swarm`] keeps many of them in the
//! quasi-stationary state and counts, [`estimate`] turns counts into rates with intervals, [`random`] draws.

pub mod estimate;
pub mod frontier;
pub mod motion;
pub mod random;
pub mod swarm;
pub mod tables;
