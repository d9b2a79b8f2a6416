//! Functions of Python, called with many points at once.

use numpy::{PyArray1, PyReadonlyArray2};
use pyo3::prelude::*;
use saddleflux::tensor::Point;

use super::tree::Knots;
use crate::watch::Raised;

/// At most so many points in one call, so that what a function makes on the way stays small.
const BATCH: usize = 1 << 14;

/// A function of one or two arrays.
pub(super) struct Caller {
    /// The function, by the package's `functions.Sampler`: it takes x and y, and gives an array of the shape
    /// (components, points).
    sampler: Py<PyAny>,
    /// 1 or 2.
    pub(super) dimension: usize,
    /// Where it is put together of polynomials.
    pub(super) knots: Knots,
    raised: Raised,
}

impl Caller {
    pub(super) fn new(sampler: Py<PyAny>, dimension: usize, knots: Knots, raised: Raised) -> Caller {
        Caller { sampler, dimension, knots, raised }
    }

    /// The components at points: for each component its values. Where the function raises, they are NaN, and what it
    /// raised is kept.
    pub(super) fn sample(&self, points: &[Point], components: usize) -> Vec<Vec<f64>> {
        let mut found = vec![Vec::with_capacity(points.len()); components];
        for batch in points.chunks(BATCH) {
            let sampled = match self.raised.is_set() {
                true => None,
                false => {
                    Python::attach(|py| self.call(py, batch, &mut found).map_err(|error| self.raised.put(error)).ok())
                }
            };
            if sampled.is_none() {
                found.iter_mut().for_each(|values| values.resize(values.len() + batch.len(), f64::NAN));
            }
        }
        found
    }

    fn call(&self, py: Python<'_>, points: &[Point], found: &mut [Vec<f64>]) -> PyResult<()> {
        let axis = |axis: usize| PyArray1::from_iter(py, points.iter().map(|point| point[axis]));
        let arguments = if self.dimension == 1 { (axis(0), None) } else { (axis(0), Some(axis(1))) };
        let values: PyReadonlyArray2<'_, f64> = self.sampler.bind(py).call1(arguments)?.extract()?;
        let values = values.as_array();
        // `functions.Sampler` answers for the shape.
        for (component, values) in found.iter_mut().zip(values.outer_iter()) {
            component.extend(values.iter());
        }
        Ok(())
    }
}
