//! Rectangles, and where they are cut.

use saddleflux::tensor::Point;

/// Where a piecewise polynomial changes, along each axis, in ascending order.
pub(super) type Knots = [Vec<f64>; 2];

/// Where a rectangle is cut, as a share of its width: near the middle, and in no place that is likely to be one of symmetry.
/// Minima and saddles are, and where two polynomials of a function with few digits meet, their slopes jump.
const CUT: f64 = 0.4873;

/// A rectangle.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rectangle {
    pub(super) lower: Point,
    pub(super) upper: Point,
}

impl Rectangle {
    pub(super) fn place(&self, [u, v]: Point) -> Point {
        let at = |axis: usize, share: f64| self.lower[axis] + share * (self.upper[axis] - self.lower[axis]);
        [at(0, u), at(1, v)]
    }

    /// ∂u/∂x on each axis, u from −1 to 1; 0 along an axis without extent.
    pub(super) fn slopes(&self) -> Point {
        [0, 1].map(|axis: usize| {
            let width = self.upper[axis] - self.lower[axis];
            if width > 0.0 { 2.0 / width } else { 0.0 }
        })
    }

    /// The two parts across an axis: cut at the knot in the middle of those inside, near the middle where there is none.
    pub(super) fn halves(&self, axis: usize, knots: &Knots) -> (f64, [Rectangle; 2]) {
        let at = match self.inside(axis, knots) {
            [] => self.lower[axis] + CUT * (self.upper[axis] - self.lower[axis]),
            inside => inside[inside.len() / 2],
        };
        let (mut first, mut second) = (*self, *self);
        (first.upper[axis], second.lower[axis]) = (at, at);
        (at, [first, second])
    }

    pub(super) fn is_cut(&self, axis: usize, knots: &Knots) -> bool {
        !self.inside(axis, knots).is_empty()
    }

    /// The knots along an axis that are inside.
    fn inside<'k>(&self, axis: usize, knots: &'k Knots) -> &'k [f64] {
        let knots = &knots[axis];
        let first = knots.partition_point(|&knot| knot <= self.lower[axis]);
        let end = knots.partition_point(|&knot| knot < self.upper[axis]);
        &knots[first..end.max(first)]
    }

    #[inline(always)]
    pub(super) fn contains(&self, point: Point) -> bool {
        (0..2).all(|axis| self.lower[axis] <= point[axis] && point[axis] <= self.upper[axis])
    }
}
