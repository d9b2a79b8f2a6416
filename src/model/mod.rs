//! Losses of data in any number of parameters: regressions and networks, with exact derivatives.
//!
//! A [`Model`] is a [`Network`], its [`Samples`] and a penalty. It knows L, ∇L, the gradient of every sample, products
//! with the Hessian, the whole Hessian H and the covariance C of one sample's gradient. [`training`] finds a minimum,
//! [`weights`] keeps θ in a file, and a [`slice`] is what the model says on a line or a plane. [`Measured`] is a loss
//! that somebody else computed on a grid.
//!
//! | model | output | layers |
//! |---|---|---|
//! | linear regression | (θ·x − y)²/2 | none hidden |
//! | logistic regression | log(1 + e^{−s θ·x}), s = ±1 | none hidden |
//! | network | cross-entropy of a softmax | any |
//!
//! Where it is not appropriate: H and C take 8 p² bytes several times over, so that a few thousand parameters are the
//! limit; [`Model::hessian_product`] has none. A rectified network has no second derivative where a unit switches: H is
//! then that of the smooth pieces.

mod directions;
pub mod fault;
pub mod lanczos;
mod measured;
mod network;
mod output;
mod samples;
pub mod slice;
mod sums;
mod table;
pub mod training;
pub mod weights;

pub use directions::Directions;
pub use measured::{Array, FEWEST, Lengths, Measured, MeasuredSource, Names};
pub use network::{Activation, Layer, Network, Pass};
pub use output::{Answer, Output};
pub use samples::{DataSource, Samples, Targets, Task};
pub use sums::{Along, Covariance, Model};
pub use table::{Table, Wanted};
