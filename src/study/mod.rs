//! Whole studies: one problem on one or several grids.

pub mod boundary;
pub mod check;
pub mod choice;
pub mod committor;
pub mod comparison;
pub mod converge;
mod coordinate;
pub mod covariance;
pub mod crossing;
pub mod error;
mod evidence;
pub mod extrapolation;
pub mod fit;
pub mod iteration;
pub mod ladder;
mod layers;
pub mod level;
pub mod memory;
pub mod particle_fields;
pub mod request;
pub mod rules;
pub mod run;
pub mod simulate;
pub mod solution;
pub mod warning;

pub use check::{CheckReport, check};
pub use converge::{Convergence, converge};
pub use error::StudyError;
pub use request::Request;
pub use run::{run, run_within};
pub use simulate::Simulation;
pub use solution::Solution;
pub use warning::Warning;
