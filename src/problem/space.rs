//! The box of a problem with its periodic axes: an interval, a circle, a rectangle, a cylinder or a torus.

use crate::problem::scale::Units;
use crate::tensor::{Point, difference, norm};

/// A box whose periodic axes have no ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Space {
    /// The dimension, 1 or 2.
    pub dimension: usize,
    /// Lower corner.
    pub lower: Point,
    /// Upper corner.
    pub upper: Point,
    /// Whether each axis is periodic.
    pub periodic: [bool; 2],
}

impl Space {
    /// The box [lower, upper] without periodic axes.
    pub fn open(dimension: usize, lower: Point, upper: Point) -> Space {
        Space { dimension, lower, upper, periodic: [false; 2] }
    }

    /// The width along an axis.
    pub fn width(&self, axis: usize) -> f64 {
        self.upper[axis] - self.lower[axis]
    }

    /// The widths as units of length; 1 for the unused axis in one dimension.
    pub fn units(&self) -> Units {
        Units([0, 1].map(|axis| if axis < self.dimension { self.width(axis) } else { 1.0 }))
    }

    /// The length of the diagonal.
    pub fn diagonal(&self) -> f64 {
        norm(difference(self.upper, self.lower))
    }

    /// The image of a point within the box along the periodic axes.
    pub fn wrap(&self, mut theta: Point) -> Point {
        for axis in self.rolled() {
            if !(self.lower[axis]..=self.upper[axis]).contains(&theta[axis]) {
                theta[axis] = self.lower[axis] + (theta[axis] - self.lower[axis]).rem_euclid(self.width(axis));
            }
        }
        theta
    }

    /// The shortest vector from → to, across periodic seams if that is shorter.
    pub fn offset(&self, from: Point, to: Point) -> Point {
        let mut offset = difference(to, from);
        for axis in self.rolled() {
            let width = self.width(axis);
            offset[axis] -= width * (offset[axis] / width).round();
        }
        offset
    }

    /// Whether a point lies in the box enlarged by a fraction of its width on each side; periodic axes have no outside.
    pub fn holds(&self, theta: Point, share: f64) -> bool {
        (0..self.dimension).filter(|&axis| !self.periodic[axis]).all(|axis| {
            // An infinite axis needs no enlargement (0 · ∞).
            let slack = if self.width(axis).is_finite() { share * self.width(axis) } else { 0.0 };
            (self.lower[axis] - slack..=self.upper[axis] + slack).contains(&theta[axis])
        })
    }

    fn rolled(&self) -> impl Iterator<Item = usize> + use<> {
        let periodic = self.periodic;
        (0..self.dimension).filter(move |&axis| periodic[axis])
    }
}
