//! saddleflux: escape rates of stochastic gradient descent from the Fokker–Planck equation.
//!
//! Conventions, said once. D = ½σσᵀ everywhere. The generator Q has nonnegative off-diagonal entries q_ij, the rate
//! from i to j; probabilities are row vectors (left), observables column vectors (right). Rates are per unit of
//! dynamical time t = η · (iterations). A density is per length^d, a cell probability is density × volume.
//!
//! The tree is the mathematics, and a module uses only modules above it:
//! `tensor, scaled, exponential, progress → problem → grid → scheme → generator → elimination → solve → sgd → observe → study → config → io → plot, report → cli`;
//! `formula` and `particles` use the problem and never the grid.
#![deny(missing_docs)]

#[cfg(feature = "cli")]
pub mod cli;
pub mod config;
pub mod elimination;
pub mod exponential;
pub mod formula;
pub mod generator;
pub mod grid;
#[cfg(feature = "files")]
pub mod io;
pub mod observe;
pub mod particles;
#[cfg(feature = "plots")]
pub mod plot;
pub mod problem;
pub mod progress;
#[cfg(feature = "cli")]
pub mod report;
pub mod scaled;
pub mod scheme;
pub mod sgd;
pub mod solve;
pub mod study;
pub mod tensor;
