//! The continuous problem: a landscape (or a drift), its noise, the domain and the start set. No grid here.

pub mod critical;
pub mod dynamics;
pub mod error;
pub mod landscape;
pub mod noise;

pub use critical::{CriticalPoint, CriticalPoints, Saddle};
pub use dynamics::Dynamics;
pub use error::ProblemError;
pub use landscape::Landscape;
pub use noise::DiffusionField;
