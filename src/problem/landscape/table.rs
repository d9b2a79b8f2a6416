//! A loss known on a grid of points: measured, or computed on a slice of a model's parameter space.
//!
//! ```text
//! L       the cubic spline through the values, exact at the grid's points, C²
//! C       S², S the spline through the symmetric square roots of the values: positive semidefinite everywhere
//! ```
//! With smoothing both are those of the smoothed values. Coordinates are those of the table; lengths are those of its [`Metric`]. The interpolation error is estimated by
//! solving with every other value left out.

use std::sync::Arc;

use crate::model::slice::{Slice, SliceFacts};
use crate::model::{Measured, smoothed};
use crate::problem::landscape::{Landscape, Precision, SampleLoss, Samples, Whole};
use crate::problem::metric::Metric;
use crate::spline::Spline;
use crate::tensor::{Eigen, Point, Tensor};

/// A loss given by its values on a grid.
pub struct TableLoss {
    table: Measured,
    metric: Option<Metric>,
    loss: Spline,
    /// The splines of S₁₁, S₁₂ and S₂₂.
    root: Option<[Spline; 3]>,
    precision: Option<Precision>,
    /// The slice of a model that the table is, if it is one.
    slice: Option<Arc<Slice>>,
}

impl From<Arc<Slice>> for TableLoss {
    fn from(slice: Arc<Slice>) -> TableLoss {
        let table = TableLoss::from(slice.measured.clone());
        TableLoss { slice: Some(slice), ..table }
    }
}

impl From<Measured> for TableLoss {
    fn from(table: Measured) -> TableLoss {
        let axes = [table.axes[0].as_slice(), table.axes[1].as_slice()];
        let spline = |values: &[f64]| Spline::new(axes, values);
        let root = table.covariance.as_ref().map(|cells| {
            let roots: Vec<Tensor> = cells.iter().map(|tensor| square_root(*tensor, table.dimension)).collect();
            let entry = |part: fn(&Tensor) -> f64| spline(&roots.iter().map(part).collect::<Vec<f64>>());
            [entry(|t| t.xx), entry(|t| t.xy), entry(|t| t.yy)]
        });
        let smoothed = table.smooth.then(|| smoothed(axes, &table.loss));
        let loss = spline(smoothed.as_ref().map_or(&table.loss, |smoothed| &smoothed.values));
        let range = |values: &[f64]| {
            values.iter().fold(f64::NEG_INFINITY, |most, value| most.max(*value))
                - values.iter().fold(f64::INFINITY, |least, value| least.min(*value))
        };
        let precision = match &smoothed {
            Some(found) => {
                let range = range(&found.values);
                Some(Precision::Smoothed { noise: found.noise / range, left: found.left / range })
            }
            None => table.is_single().then_some(Precision::Single),
        };
        TableLoss { metric: Metric::new(table.gram, table.dimension), loss, root, precision, slice: None, table }
    }
}

/// The symmetric square root of a positive semidefinite tensor.
fn square_root(tensor: Tensor, dimension: usize) -> Tensor {
    let Eigen { values, vectors: [u, v] } = tensor.eigen(dimension);
    // Eigenvalues are negative only by rounding; other tables have been refused.
    let [a, b] = values.map(|value| value.max(0.0).sqrt());
    if dimension == 1 {
        return Tensor { xx: a, ..Tensor::default() };
    }
    Tensor {
        xx: a * u[0] * u[0] + b * v[0] * v[0],
        xy: a * u[0] * u[1] + b * v[0] * v[1],
        yy: a * u[1] * u[1] + b * v[1] * v[1],
    }
}

/// Every other index of an axis, and the last.
fn every_other(length: usize) -> Vec<usize> {
    let mut kept: Vec<usize> = (0..length).step_by(2).collect();
    if length.is_multiple_of(2) {
        kept.push(length - 1);
    }
    kept
}

impl TableLoss {
    /// The loss from every other value along each axis; `None` if too few remain.
    pub fn thinned(&self) -> Option<TableLoss> {
        let table = &self.table;
        let kept = [0, 1].map(|axis| every_other(table.axes[axis].len()));
        // A cubic spline needs four values.
        if kept[..table.dimension].iter().any(|kept| kept.len() < 4) {
            return None;
        }
        let kept = if table.dimension == 1 { [kept[0].clone(), vec![0]] } else { kept };
        let width = table.axes[1].len();
        let places: Vec<usize> = kept[0].iter().flat_map(|i| kept[1].iter().map(move |j| i * width + j)).collect();
        let thinned = Measured {
            axes: [0, 1].map(|axis| kept[axis].iter().map(|&k| table.axes[axis][k]).collect()),
            loss: places.iter().map(|&place| table.loss[place]).collect(),
            covariance: table.covariance.as_ref().map(|cells| places.iter().map(|&place| cells[place]).collect()),
            ..*table
        };
        Some(TableLoss::from(thinned))
    }
}

impl Landscape for TableLoss {
    fn dimension(&self) -> usize {
        self.table.dimension
    }
    fn value(&self, theta: Point) -> f64 {
        self.loss.value(theta)
    }
    fn gradient(&self, theta: Point) -> Point {
        self.loss.gradient(theta)
    }
    fn hessian(&self, theta: Point) -> Tensor {
        self.loss.hessian(theta)
    }
    fn gradient_covariance(&self, theta: Point) -> Option<Tensor> {
        let [xx, xy, yy] = self.root.as_ref()?.each_ref().map(|entry| entry.value(theta));
        Some(Tensor { xx: xx * xx + xy * xy, xy: xy * (xx + yy), yy: xy * xy + yy * yy })
    }
    fn metric(&self) -> Option<&Metric> {
        self.metric.as_ref()
    }
    fn extent(&self) -> Option<(Point, Point)> {
        let [x, y] = &self.table.axes;
        Some(([x[0], y[0]], [x[x.len() - 1], y[y.len() - 1]]))
    }
    fn coarser(&self) -> Option<Arc<dyn Landscape>> {
        Some(Arc::new(self.thinned()?))
    }
    fn precision(&self) -> Option<Precision> {
        self.precision
    }
    fn slice(&self) -> Option<SliceFacts> {
        self.slice.as_ref().map(|slice| slice.facts())
    }
    fn sampled(&self) -> Option<&dyn SampleLoss> {
        self.slice.as_ref().map(|_| self as &dyn SampleLoss)
    }
    fn typical_box(&self) -> (Point, Point) {
        let [x, y] = &self.table.axes;
        ([x[0], y[0]], [x[x.len() - 1], y[y.len() - 1]])
    }
}

/// The samples of the model of a slice. Gradients are those of the model itself, never of an interpolant.
impl SampleLoss for TableLoss {
    fn samples(&self) -> Samples<'_> {
        Samples::Numbered(self.slice.as_ref().map_or(0, |slice| slice.model.samples.len()))
    }
    fn sample_gradient(&self, theta: Point, [number, _]: Point) -> Point {
        self.slice.as_ref().map_or([0.0; 2], |slice| slice.sample_slope(theta, number as usize))
    }
    fn whole(&self) -> Option<Whole<'_>> {
        self.slice.as_deref().map(|slice| Whole { slice, root: 1.0 })
    }
}
