//! A loss over many samples, expanded in Chebyshev polynomials over a rectangle.
//!
//! ```text
//! f(θ) = Σ_kl c_kl T_k(u) T_l(v),   u, v ∈ [−1, 1] along the sides of the rectangle,   f = L, ∇L, H, C
//! ```
//! A sum over samples of analytic functions is analytic: its coefficients fall geometrically, and some dozens of passes
//! over the data along each axis give it everywhere to rounding. Every quantity has an expansion of its own, none is
//! differentiated. The degrees follow from expansions along lines through the rectangle. The result is compared with the
//! sums at points between its nodes: what differs there by more than [`DIFFERENCE`] of the largest value is not used.
//! Beyond the rectangle the sums themselves are taken.
//!
//! It fails for wide rectangles: a sample x has poles at θ·x = ±iπ, so that the degree grows with |x| times the width.
//!
//! Source: L. N. Trefethen, Approximation Theory and Approximation Practice, 2013, Theorems 8.1 and 8.2.

use std::f64::consts::PI;
use std::sync::Arc;

use rayon::prelude::*;

use super::{Doubts, Landscape, SampleLoss, Samples};
use crate::problem::Space;
use crate::tensor::{Point, Tensor, widest};

/// The largest difference between the expansion and the sums, as a fraction of the largest value of the quantity in the
/// rectangle, for ∇L of the root mean square of one sample's gradient.
pub const DIFFERENCE: f64 = 1e-13;

/// The number of samples from which an expansion is looked for: below, a pass over them takes about as long as an
/// evaluation of the expansion.
const MANY: usize = 10_000;
/// The largest number of nodes along an axis: the passes on 160² of them take about as long as the sums for a solution on
/// 16² cells, and finer grids need more.
const MOST: usize = 160;
/// The numbers of nodes with which lines are expanded.
const TRIED: [usize; 4] = [16, 40, 96, MOST];
/// Coefficients below this fraction of the largest value are left out; sums over a million samples are rounded as much.
const NEGLIGIBLE: f64 = 4e-15;
/// The margin of the rectangle around the domain, in its widths: quadratures end at its sides to rounding.
const MARGIN: f64 = 1e-3;
/// The number of quantities: L, ∇L by component, H and C by entry.
const QUANTITIES: usize = 9;
/// The quantities that are compared on one scale, by their ranges.
const GROUPS: [std::ops::Range<usize>; 4] = [0..1, 1..3, 3..6, 6..9];

/// L, ∇L, H and C at a point.
type Jet = [f64; QUANTITIES];

/// The passes over the samples of a loss at one point.
fn jet(loss: &dyn Landscape, theta: Point) -> Option<Jet> {
    let ([x, y], covariance) = loss.gradient_and_covariance(theta)?;
    let [h, c] = [loss.hessian(theta), covariance];
    Some([loss.value(theta), x, y, h.xx, h.xy, h.yy, c.xx, c.xy, c.yy])
}

/// The largest value of each group, quantity by quantity; for ∇L, the mean of gradients that mostly cancel, that of the
/// root mean square of one sample's gradient.
fn sizes(jets: &[Jet]) -> Jet {
    let mut sizes = [0.0; QUANTITIES];
    for group in GROUPS {
        let size = jets.iter().flat_map(|jet| &jet[group.clone()]).fold(0.0f64, |most, value| most.max(value.abs()));
        sizes[group].fill(size);
    }
    let squares = jets.iter().map(|[_, x, y, _, _, _, xx, _, yy]| x * x + y * y + xx + yy);
    sizes[GROUPS[1].clone()].fill(squares.fold(0.0, f64::max).sqrt());
    sizes
}

/// The coefficients of the polynomial through the values at the Chebyshev points cos(π(j + ½)/n), in the order of j.
fn coefficients(values: &[f64]) -> Vec<f64> {
    let n = values.len();
    let coefficient = |k: usize| {
        let angle = |j: usize| (k * (2 * j + 1) % (4 * n)) as f64 * PI / (2 * n) as f64;
        let sum: f64 = values.iter().enumerate().map(|(j, value)| value * angle(j).cos()).sum();
        if k == 0 { sum / n as f64 } else { 2.0 * sum / n as f64 }
    };
    (0..n).map(coefficient).collect()
}

/// The Chebyshev points.
fn nodes(n: usize) -> impl Fn(usize) -> f64 {
    move |j| (PI * (2 * j + 1) as f64 / (2 * n) as f64).cos()
}

/// The polynomials T_0 … T_{n−1} at a point.
#[inline(always)]
fn polynomials(u: f64, n: usize) -> [f64; MOST] {
    let mut values = [0.0; MOST];
    (values[0], values[1]) = (1.0, u);
    for k in 2..n {
        values[k] = 2.0 * u * values[k - 1] - values[k - 2];
    }
    values
}

/// A loss and its expansion over a rectangle.
pub struct Expanded {
    loss: Arc<dyn Landscape>,
    rectangle: Space,
    /// The number of polynomials along each axis.
    degrees: [usize; 2],
    /// For each quantity c_kl, row by row of k, each row with zeros to a multiple of [`SIDE_BY_SIDE`].
    coefficients: Vec<f64>,
    row: usize,
}

/// The number of coefficients side by side.
const SIDE_BY_SIDE: usize = 8;

impl Expanded {
    /// The expansion of a loss over these bounds and a little more; `None` if it has few samples, or if the expansion
    /// needs too many polynomials.
    pub fn over(loss: &Arc<dyn Landscape>, bounds: Space) -> Option<Expanded> {
        let samples = match loss.sampled()?.samples() {
            Samples::Rows(first, _) => first.len(),
            Samples::Gaussian | Samples::Numbered(_) => 0,
        };
        if !loss.is_costly() || samples < MANY {
            return None;
        }
        let mut rectangle = bounds;
        for axis in 0..bounds.dimension {
            rectangle.lower[axis] -= MARGIN * bounds.width(axis);
            rectangle.upper[axis] += MARGIN * bounds.width(axis);
        }
        let mut degrees = [1; 2];
        for (axis, degree) in degrees.iter_mut().enumerate().take(bounds.dimension) {
            *degree = degree_along(loss.as_ref(), rectangle, axis)?;
        }
        let expanded = Expanded::with_degrees(loss, rectangle, degrees)?;
        expanded.agrees().then_some(expanded)
    }

    fn with_degrees(loss: &Arc<dyn Landscape>, rectangle: Space, degrees: [usize; 2]) -> Option<Expanded> {
        let [n, m] = degrees;
        let (u, v) = (nodes(n), nodes(m));
        let at = |place: usize| place_in(rectangle, [u(place / m), v(place % m)]);
        let jets: Option<Vec<Jet>> = (0..n * m).into_par_iter().map(|place| jet(loss.as_ref(), at(place))).collect();
        let jets = jets?;
        let row = m.next_multiple_of(SIDE_BY_SIDE);
        let mut found = vec![0.0; QUANTITIES * n * row];
        for quantity in 0..QUANTITIES {
            let along_v: Vec<Vec<f64>> = jets
                .chunks(m)
                .map(|jets| coefficients(&jets.iter().map(|jet| jet[quantity]).collect::<Vec<_>>()))
                .collect();
            for l in 0..m {
                let column: Vec<f64> = along_v.iter().map(|row| row[l]).collect();
                for (k, coefficient) in coefficients(&column).into_iter().enumerate() {
                    found[(quantity * n + k) * row + l] = coefficient;
                }
            }
        }
        Some(Expanded { loss: Arc::clone(loss), rectangle, degrees, coefficients: found, row })
    }

    /// Whether the expansion agrees with the sums between its nodes.
    fn agrees(&self) -> bool {
        // Points that fill a square evenly: multiples of the powers of the plastic number (Roberts 2018).
        const STEPS: Point = [0.754_877_666_246_692_8, 0.569_840_290_998_053_2];
        const LOOKS: usize = 12;
        let at = |k: usize| place_in(self.rectangle, STEPS.map(|step| 2.0 * (step * (k + 1) as f64).fract() - 1.0));
        let sums: Option<Vec<Jet>> = (0..LOOKS).into_par_iter().map(|k| jet(self.loss.as_ref(), at(k))).collect();
        let Some(sums) = sums else { return false };
        let sizes = sizes(&sums);
        sums.iter().enumerate().all(|(k, sums)| {
            let found = self.found::<0, QUANTITIES>(at(k));
            found.is_some_and(|found| (0..QUANTITIES).all(|k| (found[k] - sums[k]).abs() <= DIFFERENCE * sizes[k]))
        })
    }

    /// The quantities from `FIRST` on at a point; `None` beyond the rectangle.
    fn found<const FIRST: usize, const N: usize>(&self, theta: Point) -> Option<[f64; N]> {
        let Space { dimension, lower, upper, .. } = self.rectangle;
        if !(0..dimension).all(|axis| (lower[axis]..=upper[axis]).contains(&theta[axis])) {
            return None;
        }
        let place = |axis: usize| match axis < dimension {
            true => (2.0 * theta[axis] - lower[axis] - upper[axis]) / (upper[axis] - lower[axis]),
            false => 0.0,
        };
        let ([n, m], row) = (self.degrees, self.row);
        Some(widest(
            #[inline(always)]
            || {
                let (along_u, along_v) = (polynomials(place(0), n), polynomials(place(1), m));
                let weights = along_v[..row].as_chunks::<SIDE_BY_SIDE>().0;
                let mut sums = [0.0; N];
                for (quantity, sum) in sums.iter_mut().enumerate() {
                    let first = (FIRST + quantity) * n * row;
                    let mut lanes = [0.0; SIDE_BY_SIDE];
                    for (row, along_u) in self.coefficients[first..first + n * row].chunks(row).zip(&along_u) {
                        for (coefficients, weights) in row.as_chunks::<SIDE_BY_SIDE>().0.iter().zip(weights) {
                            for lane in 0..SIDE_BY_SIDE {
                                lanes[lane] += along_u * (coefficients[lane] * weights[lane]);
                            }
                        }
                    }
                    *sum = lanes.iter().sum();
                }
                sums
            },
        ))
    }
}

/// The number of polynomials along an axis beyond which no coefficient matters on three lines through the rectangle;
/// `None` if it is too large.
fn degree_along(loss: &dyn Landscape, rectangle: Space, axis: usize) -> Option<usize> {
    let lines: &[f64] = if rectangle.dimension == 2 { &[-1.0, 0.0, 1.0] } else { &[0.0] };
    TRIED.into_iter().find_map(|n| {
        let u = nodes(n);
        let at = |place: usize| {
            let mut at = [lines[place / n]; 2];
            at[axis] = u(place % n);
            place_in(rectangle, at)
        };
        let jets: Option<Vec<Jet>> = (0..n * lines.len()).into_par_iter().map(|place| jet(loss, at(place))).collect();
        let jets = jets?;
        let sizes = sizes(&jets);
        let needed = jets.chunks(n).flat_map(|line| {
            (0..QUANTITIES).map(|quantity| {
                let values: Vec<f64> = line.iter().map(|jet| jet[quantity]).collect();
                let matters = |coefficient: &f64| coefficient.abs() > NEGLIGIBLE * sizes[quantity];
                coefficients(&values).iter().rposition(matters).map_or(0, |last| last + 1)
            })
        });
        // Two that do not matter show that the others are not those of higher polynomials, which look alike on n points.
        needed.max().filter(|needed| needed + 2 <= n).map(|needed| needed + 2)
    })
}

/// The point of a rectangle with coordinates in [−1, 1]².
fn place_in(rectangle: Space, at: Point) -> Point {
    [0, 1].map(|axis| match axis < rectangle.dimension {
        true => rectangle.lower[axis] + 0.5 * (at[axis] + 1.0) * rectangle.width(axis),
        false => 0.0,
    })
}

impl Landscape for Expanded {
    fn dimension(&self) -> usize {
        self.loss.dimension()
    }
    fn value(&self, theta: Point) -> f64 {
        self.found::<0, 1>(theta).map_or_else(|| self.loss.value(theta), |[value]| value)
    }
    fn gradient(&self, theta: Point) -> Point {
        self.found::<1, 2>(theta).unwrap_or_else(|| self.loss.gradient(theta))
    }
    fn hessian(&self, theta: Point) -> Tensor {
        self.found::<3, 3>(theta).map_or_else(|| self.loss.hessian(theta), |[xx, xy, yy]| Tensor { xx, xy, yy })
    }
    fn gradient_covariance(&self, theta: Point) -> Option<Tensor> {
        let found = self.found::<6, 3>(theta).map(|[xx, xy, yy]| Tensor { xx, xy, yy });
        found.or_else(|| self.loss.gradient_covariance(theta))
    }
    fn sampled(&self) -> Option<&dyn SampleLoss> {
        self.loss.sampled()
    }
    fn doubts(&self) -> Doubts {
        self.loss.doubts()
    }
    fn typical_box(&self) -> (Point, Point) {
        self.loss.typical_box()
    }
    fn knows_its_box(&self) -> bool {
        self.loss.knows_its_box()
    }
}
