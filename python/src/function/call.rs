//! Functions of Python, asked for many points at once.

use saddleflux::tensor::Point;

use super::rectangle::Knots;
use super::sampled::FARTHEST;
use crate::desk::Desk;

/// At most so many points in one call, so that what a function makes on the way stays small.
const BATCH: usize = 1 << 14;

/// A function of one or two arrays.
pub(super) struct Caller {
    pub(super) desk: Desk,
    /// Its place among the samplers.
    pub(super) function: usize,
    /// 1 or 2.
    pub(super) dimension: usize,
    /// How many entries it gives.
    pub(super) components: usize,
    /// Where it is put together of polynomials.
    pub(super) knots: Knots,
    /// Whether these are cubic, so that four values along each axis are all that there is to know.
    pub(super) is_cubic: bool,
    /// How far beyond its home it is looked at.
    pub(super) farthest: f64,
}

impl Caller {
    pub(super) fn new(desk: Desk, function: usize, dimension: usize, components: usize) -> Caller {
        Caller {
            desk,
            function,
            dimension,
            components,
            knots: Knots::default(),
            is_cubic: false,
            farthest: FARTHEST[0],
        }
    }

    /// The components at points: for each component its values. Where nobody answers any more they are NaN.
    pub(super) fn sample(&self, points: &[Point]) -> Vec<Vec<f64>> {
        let mut found = vec![Vec::with_capacity(points.len()); self.components];
        for batch in points.chunks(BATCH) {
            let answer = self.desk.ask(self.function, self.dimension, batch);
            for (component, values) in found.iter_mut().enumerate() {
                // `functions.Sampler` answers for the shape.
                match answer.as_ref().and_then(|rows| rows.get(component)) {
                    Some(row) if row.len() == batch.len() => values.extend(row),
                    _ => values.resize(values.len() + batch.len(), f64::NAN),
                }
            }
        }
        found
    }
}
