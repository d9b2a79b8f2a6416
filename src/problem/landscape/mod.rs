//! Losses L(θ) with exact gradients and Hessians.

pub mod closure;
pub mod expanded;
pub mod formula;
pub mod linear;
pub mod logistic;
pub mod polynomial;
pub mod regression;
pub mod surface;
pub mod table;

pub use closure::ClosureLoss;
pub use expanded::Expanded;
pub use formula::{Formula, FormulaDrift};
pub use linear::LinearRegression;
pub use logistic::LogisticRegression;
pub use polynomial::{DoubleWell, Quadratic, SharpFlat, StyblinskiTang, StyblinskiTangData};
pub use regression::{Doubts, Regression};
pub use surface::{Himmelblau, MullerBrown, ThreeHole};
pub use table::TableLoss;

use std::sync::Arc;

pub use crate::model::Pass;
use crate::model::slice::{Slice, SliceFacts};
use crate::problem::breaks::Breaks;
use crate::problem::metric::Metric;
use crate::tensor::{LANES, Point, Points, Tensor};

/// A loss function in one or two dimensions.
///
/// Units: θ in parameters, L in loss; ∇L in loss per parameter, H in loss per parameter².
pub trait Landscape: Send + Sync {
    /// The dimension, 1 or 2.
    fn dimension(&self) -> usize;

    /// L(θ).
    fn value(&self, theta: Point) -> f64;

    /// ∇L(θ); the second component is 0 in one dimension.
    fn gradient(&self, theta: Point) -> Point;

    /// H(θ); `xy` and `yy` are 0 in one dimension.
    fn hessian(&self, theta: Point) -> Tensor;

    /// The fractions of a segment at which L or its slope may jump. (`gradient` does not contain the jumps of L.)
    fn breaks(&self, from: Point, to: Point) -> Breaks {
        let _ = (from, to);
        Breaks::default()
    }

    /// Whether [`Landscape::breaks`] may find any.
    fn may_break(&self) -> bool {
        false
    }

    /// L at every point of a block.
    fn values(&self, at: &Points, values: &mut [f64; LANES]) {
        at.values_into(
            values,
            #[inline(always)]
            |theta| self.value(theta),
        );
    }

    /// ∇L at every point of a block.
    fn gradients(&self, at: &Points, gradients: &mut Points) {
        at.map_into(
            gradients,
            #[inline(always)]
            |theta| self.gradient(theta),
        );
    }

    /// The covariance of the gradient of ONE sample at θ, if the landscape is defined by data (divide by B for a
    /// minibatch).
    fn gradient_covariance(&self, theta: Point) -> Option<Tensor> {
        let _ = theta;
        None
    }

    /// ∇L and the covariance of one sample's gradient together, for landscapes in which one pass over the data computes
    /// both.
    fn gradient_and_covariance(&self, theta: Point) -> Option<(Point, Tensor)> {
        Some((self.gradient(theta), self.gradient_covariance(theta)?))
    }

    /// The losses of single samples, for landscapes that are a mean over samples.
    fn sampled(&self) -> Option<&dyn SampleLoss> {
        None
    }

    /// The metric of the coordinates, if they are not orthonormal: gradient descent is then −G⁻¹∇L.
    fn metric(&self) -> Option<&Metric> {
        None
    }

    /// The box beyond which the loss is not known, if there is one.
    fn extent(&self) -> Option<(Point, Point)> {
        None
    }

    /// The same loss from half of the values along each axis, if it is interpolated.
    fn coarser(&self) -> Option<Arc<dyn Landscape>> {
        None
    }

    /// The doubtful properties of the features of its data; none without data.
    fn doubts(&self) -> Doubts {
        Doubts::default()
    }

    /// The precision of its values, if they are known with little.
    fn precision(&self) -> Option<Precision> {
        None
    }

    /// The slice of a model that the loss is, if it is one.
    fn slice(&self) -> Option<SliceFacts> {
        None
    }

    /// A box (lower, upper corner) that contains the relevant critical points; the search for them starts there if the
    /// problem gives no domain.
    fn typical_box(&self) -> (Point, Point);

    /// Whether the typical box is known for this landscape, and not only a default.
    fn knows_its_box(&self) -> bool {
        true
    }

    /// Whether `value` is expensive (a sum over data), so that callers should evaluate it sparingly.
    fn is_costly(&self) -> bool {
        false
    }
}

/// The precision of values that are known with little.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Precision {
    /// Numbers of single precision, interpolated as they are.
    Single,
    /// Smoothed values.
    Smoothed {
        /// The standard deviation of the noise that was found, relative to the range of L.
        noise: f64,
        /// The standard deviation that is left, relative to the range of L.
        left: f64,
    },
}

/// A loss as the mean of one sample's loss ℓ(θ, x) over the samples x.
pub trait SampleLoss: Send + Sync {
    /// The samples.
    fn samples(&self) -> Samples<'_>;
    /// ∇ℓ(θ, x) with respect to θ; G⁻¹∇ℓ in coordinates with a metric G.
    fn sample_gradient(&self, theta: Point, sample: Point) -> Point;
    /// The model in all its parameters, if the loss is a slice of one.
    fn whole(&self) -> Option<Whole<'_>> {
        None
    }
}

/// A model in all its parameters ϑ, of which a loss L(θ) = f(√k θ) is a slice.
#[derive(Clone, Copy)]
pub struct Whole<'a> {
    /// The slice f.
    pub slice: &'a Slice,
    /// √k.
    pub root: f64,
}

/// The source of samples.
#[derive(Clone, Copy, Debug)]
pub enum Samples<'a> {
    /// Independent standard normal components, one per parameter.
    Gaussian,
    /// A data set: the first and the second components of its samples.
    Rows(&'a [f64], &'a [f64]),
    /// A data set of this many samples, each given by its number in the first component.
    Numbered(usize),
}

/// L(θ) = f(√k θ): the same shape with k times the curvature.
struct Sharpened {
    inner: Arc<dyn Landscape>,
    /// √k.
    root: f64,
}

impl Sharpened {
    fn stretch(&self, theta: Point) -> Point {
        theta.map(|c| self.root * c)
    }
}

impl Landscape for Sharpened {
    fn dimension(&self) -> usize {
        self.inner.dimension()
    }
    fn value(&self, theta: Point) -> f64 {
        self.inner.value(self.stretch(theta))
    }
    fn gradient(&self, theta: Point) -> Point {
        self.inner.gradient(self.stretch(theta)).map(|c| self.root * c)
    }
    fn values(&self, at: &Points, values: &mut [f64; LANES]) {
        let mut stretched = *at;
        at.map_into(&mut stretched, |theta| self.stretch(theta));
        self.inner.values(&stretched, values);
    }
    fn gradients(&self, at: &Points, gradients: &mut Points) {
        let mut stretched = *at;
        let Sharpened { inner, root } = self;
        at.map_into(&mut stretched, |theta| self.stretch(theta));
        inner.gradients(&stretched, gradients);
        gradients.x.iter_mut().chain(&mut gradients.y).for_each(|value| *value *= root);
    }
    fn breaks(&self, from: Point, to: Point) -> Breaks {
        self.inner.breaks(self.stretch(from), self.stretch(to))
    }
    fn may_break(&self) -> bool {
        self.inner.may_break()
    }
    fn hessian(&self, theta: Point) -> Tensor {
        self.inner.hessian(self.stretch(theta)).scaled(self.root * self.root)
    }
    fn gradient_covariance(&self, theta: Point) -> Option<Tensor> {
        Some(self.inner.gradient_covariance(self.stretch(theta))?.scaled(self.root * self.root))
    }
    fn gradient_and_covariance(&self, theta: Point) -> Option<(Point, Tensor)> {
        let (gradient, covariance) = self.inner.gradient_and_covariance(self.stretch(theta))?;
        Some((gradient.map(|c| self.root * c), covariance.scaled(self.root * self.root)))
    }
    fn metric(&self) -> Option<&Metric> {
        self.inner.metric()
    }
    fn doubts(&self) -> Doubts {
        self.inner.doubts()
    }
    fn slice(&self) -> Option<SliceFacts> {
        self.inner.slice()
    }
    fn precision(&self) -> Option<Precision> {
        self.inner.precision()
    }
    fn extent(&self) -> Option<(Point, Point)> {
        let (lower, upper) = self.inner.extent()?;
        Some((lower.map(|c| c / self.root), upper.map(|c| c / self.root)))
    }
    fn coarser(&self) -> Option<Arc<dyn Landscape>> {
        Some(Arc::new(Sharpened { inner: self.inner.coarser()?, root: self.root }))
    }
    fn typical_box(&self) -> (Point, Point) {
        let (lower, upper) = self.inner.typical_box();
        (lower.map(|c| c / self.root), upper.map(|c| c / self.root))
    }
    fn knows_its_box(&self) -> bool {
        self.inner.knows_its_box()
    }
    fn sampled(&self) -> Option<&dyn SampleLoss> {
        self.inner.sampled().map(|_| self as &dyn SampleLoss)
    }
    fn is_costly(&self) -> bool {
        self.inner.is_costly()
    }
}

impl SampleLoss for Sharpened {
    fn samples(&self) -> Samples<'_> {
        self.inner.sampled().map_or(Samples::Gaussian, SampleLoss::samples)
    }
    fn sample_gradient(&self, theta: Point, sample: Point) -> Point {
        let inner = self.inner.sampled().map_or([0.0; 2], |loss| loss.sample_gradient(self.stretch(theta), sample));
        inner.map(|c| self.root * c)
    }
    fn whole(&self) -> Option<Whole<'_>> {
        let Whole { slice, root } = self.inner.sampled()?.whole()?;
        Some(Whole { slice, root: self.root * root })
    }
}

/// The landscape f(√k θ) for a landscape f.
pub fn sharpened(landscape: Arc<dyn Landscape>, k: f64) -> Arc<dyn Landscape> {
    match k {
        1.0 => landscape,
        k => Arc::new(Sharpened { inner: landscape, root: k.sqrt() }),
    }
}
