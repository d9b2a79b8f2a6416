//! Losses L(θ) with exact gradients and Hessians.

use crate::tensor::{Point, Tensor};

/// A loss function in one or two dimensions.
///
/// Units: θ in parameters, L in loss; ∇L in loss per parameter, H in loss per parameter².
pub trait Landscape: Send + Sync {
    /// 1 or 2.
    fn dimension(&self) -> usize;

    /// L(θ).
    fn value(&self, theta: Point) -> f64;

    /// ∇L(θ); the second component is 0 in one dimension.
    fn gradient(&self, theta: Point) -> Point;

    /// H(θ); `xy` and `yy` are 0 in one dimension.
    fn hessian(&self, theta: Point) -> Tensor;

    /// The covariance of the gradient of ONE sample at θ, when the landscape has data behind it
    /// (divide by B for a minibatch).
    fn gradient_covariance(&self, theta: Point) -> Option<Tensor> {
        let _ = theta;
        None
    }

    /// ∇L and the covariance of one sample's gradient together, for landscapes where one pass over the data gives both.
    fn gradient_and_covariance(&self, theta: Point) -> Option<(Point, Tensor)> {
        Some((self.gradient(theta), self.gradient_covariance(theta)?))
    }

    /// A box (lower, upper corner) that holds the critical points a user means, where the search for them begins
    /// when the configuration gives no domain.
    fn typical_box(&self) -> (Point, Point);

    /// Whether `value` is expensive (a sum over data), so that callers do well to ask sparingly.
    fn is_costly(&self) -> bool {
        false
    }
}
/// stub
pub fn build(
    _: &crate::config::LandscapeConfig,
    _: &std::path::Path,
) -> Result<crate::problem::Dynamics, crate::problem::ProblemError> {
    todo!()
}
