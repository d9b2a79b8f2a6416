//! Losses of data in any number of parameters: regressions and networks, with exact derivatives.
//!
//! A [`Model`] is a [`Network`] with its [`Samples`] and a penalty. It gives L, ∇L, the gradient of each sample,
//! products with the Hessian H, H itself, and the covariance C of one sample's gradient. [`training`] finds a minimum,
//! [`weights`] stores θ in a file, and a [`slice`] evaluates the model on a line or a plane. [`Measured`] is a loss
//! that others computed on a grid.
//!
//! | model | loss of a sample | hidden layers |
//! |---|---|---|
//! | linear regression | (θ·x − y)²/2 | none |
//! | logistic regression | log(1 + e^{−s θ·x}), s = ±1 | none |
//! | network | cross-entropy of a softmax | any |
//!
//! Limits: H and C take 8 p² bytes each, several times over, so that a few thousand parameters are the most;
//! [`Model::hessian_product`] has no such limit. A network of rectified units has no second derivative where a unit
//! switches: H is then that of the smooth pieces.

mod directions;
pub mod fault;
pub mod lanczos;
mod lanes;
mod measured;
mod network;
mod noise_norm;
mod output;
mod samples;
pub mod slice;
#[cfg(feature = "files")]
pub mod stored;
mod sums;
mod surroundings;
mod table;
pub mod training;
pub mod weights;

pub use directions::Directions;
pub use measured::{Array, FEWEST, Lengths, Measured, MeasuredSource, Names, Smoothed, smoothed};
pub use network::{Activation, Layer, Network, Pass};
pub use noise_norm::{NoiseNorm, noise_norms};
pub use output::{Answer, Output};
pub use samples::{DataSource, Samples, Targets, Task};
pub use sums::{Along, Covariance, Model};
pub use table::{Table, Wanted};
