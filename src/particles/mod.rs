//! Particle simulation, an independent check that shares only the problem with the solver, never a grid.
//!
//! [`preparation`] adapts the settings to a problem, [`motion`] moves a block of particles by one step, [`frontier`]
//! describes the killing boundary, [`swarm`] keeps many particles in the quasi-stationary state and counts deaths,
//! [`memory`] tests whether that state is reached, [`coupled`] adds paths with longer steps, [`minibatch`] moves
//! particles by real minibatches, [`whole`] does so in all parameters of a model,
//! [`splitting`] estimates rates too small for direct simulation, [`estimate`] turns
//! counts into rates with confidence intervals, and [`random`] generates random numbers.

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
pub mod whole;

pub use error::SimulationError;
pub use settings::{Method, Settings, Space};
pub use warning::ParticleWarning;
