//! The independent witness: particles that share only the problem with the solver, never a grid.
//!
//! [`preparation`] makes settings fit a problem, [`motion`] moves a block of particles by one step, [`frontier`] knows
//! what kills them, [`swarm`] keeps many of them in the quasi-stationary state and counts, [`memory`] knows when they
//! are there, [`coupled`] pairs them with longer steps, [`minibatch`] moves them by real batches, [`splitting`] reaches
//! rates too small to wait for, [`estimate`] turns counts into rates with intervals, [`random`] draws.

pub mod announcement;
pub mod coupled;
pub mod deadline;
mod error;
pub mod estimate;
mod excursion;
pub mod frontier;
pub mod lattice;
pub mod memory;
pub mod minibatch;
pub mod motion;
pub mod preparation;
pub mod random;
pub mod scales;
pub mod settings;
mod shift;
pub mod splitting;
pub mod swarm;
pub mod tables;
mod warning;
pub mod well;

pub use error::SimulationError;
pub use settings::{Method, Settings};
pub use warning::ParticleWarning;
