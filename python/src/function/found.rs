//! The polynomials through the values of one cell, and whether it is to be split.

use saddleflux::tensor::Point;

use super::chebyshev::{Polynomial, nodes};
use super::rectangle::{Knots, Rectangle};
use super::tree::{DEPTH, Derive, Leaf};

/// Coefficients that have fallen to so many roundings of the largest value are resolved.
const RESOLVED: f64 = 32.0 * f64::EPSILON;
/// A cell whose coefficients have fallen this far and fall no further when it is split has no more digits.
const ROUGHLY: f64 = 1e-4;
/// Splitting gains where coefficients fall by this at least; beside a kink they fall by 2.
const GAIN: f64 = 1.5;
/// Noise is no larger than so many times the last coefficients.
const NOISE: f64 = 3.0;

/// A cell that is about to be looked at, and the level of the coefficients along each axis when it was last split across
/// it.
pub(super) struct Waiting {
    pub(super) branch: usize,
    pub(super) place: Rectangle,
    pub(super) depth: usize,
    pub(super) before: Point,
}

pub(super) fn lattice(place: &Rectangle, [nx, ny]: [usize; 2]) -> Vec<Point> {
    let (along_x, along_y) = (nodes(nx), nodes(ny));
    let at = |node: f64| 0.5 * (1.0 + node);
    along_x
        .iter()
        .flat_map(|&u| along_y.iter().map(move |&v| (u, v)))
        .map(|(u, v)| place.place([at(u), at(v)]))
        .collect()
}

/// The polynomials through the values of one cell.
pub(super) struct Found {
    polynomials: Vec<Polynomial>,
    /// The largest value of each component.
    scales: Vec<f64>,
    /// How far the coefficients along each axis have fallen, as a share of the largest value: the worst component.
    fallen: Point,
    /// The level of the last quarter of them, likewise, which varies little from one noise to the next.
    pub(super) levels: Point,
    /// Whether there is anything to be found.
    is_somewhere_finite: bool,
}

impl Found {
    pub(super) fn new(values: &[&[f64]], shape: [usize; 2]) -> Found {
        let polynomials: Vec<Polynomial> = values.iter().map(|values| Polynomial::through(values, shape)).collect();
        let scales: Vec<f64> =
            values.iter().map(|values| values.iter().fold(0.0f64, |most, value| most.max(value.abs()))).collect();
        let (mut fallen, mut levels) = ([0.0f64; 2], [0.0f64; 2]);
        for (polynomial, scale) in polynomials.iter().zip(&scales) {
            for (fallen, tail) in fallen.iter_mut().zip(polynomial.tails()) {
                let share = if *scale > 0.0 { tail / scale } else { tail };
                *fallen = if share.is_nan() || fallen.is_nan() { f64::NAN } else { fallen.max(share) };
            }
            for (most, level) in levels.iter_mut().zip(polynomial.levels()) {
                *most = most.max(if *scale > 0.0 { level / scale } else { level });
            }
        }
        let places = 0..shape[0] * shape[1];
        let is_somewhere_finite = places.into_iter().any(|k| values.iter().all(|values| values[k].is_finite()));
        Found { polynomials, scales, fallen, levels, is_somewhere_finite }
    }

    /// Across which axis the cell is to be split: that along which coefficients have fallen least, of those where a
    /// split helps.
    pub(super) fn split(&self, cell: &Waiting, knots: &Knots) -> Option<usize> {
        let Rectangle { lower, upper } = cell.place;
        if self.fallen.iter().any(|fallen| fallen.is_nan()) {
            let longer = usize::from(upper[1] - lower[1] > upper[0] - lower[0]);
            return (cell.depth < DEPTH[1] && self.is_somewhere_finite).then_some(longer);
        }
        let helps = |axis: &usize| {
            let (axis, fallen) = (*axis, self.fallen[*axis]);
            fallen > RESOLVED
                && (cell.place.is_cut(axis, knots) || fallen > ROUGHLY || self.levels[axis] * GAIN <= cell.before[axis])
        };
        let worse = usize::from(self.fallen[1] > self.fallen[0]);
        [worse, 1 - worse].into_iter().find(helps).filter(|_| cell.depth < DEPTH[0])
    }

    pub(super) fn leaf(self, cell: &Waiting, values: &[&[f64]], derive: &Derive, is_cubic: bool) -> Leaf {
        let slopes = cell.place.slopes();
        // Coefficients that no longer fall are noise, which derivatives would magnify.
        let bound = |polynomial: &Polynomial, scale: f64| match polynomial.tails().into_iter().fold(0.0, f64::max) {
            tail if tail > RESOLVED * scale && !is_cubic => NOISE * tail,
            _ => 0.5 * RESOLVED * scale,
        };
        let all = self.polynomials.iter().zip(&self.scales);
        let left = |(polynomial, &scale): (&Polynomial, &f64)| match is_cubic {
            true => 0.0,
            false => polynomial.noise() + RESOLVED * scale,
        };
        let expected: Vec<f64> = all.clone().map(left).collect();
        let mut kept: Vec<Polynomial> =
            all.map(|(polynomial, &scale)| polynomial.without_below(bound(polynomial, scale))).collect();
        kept.extend(derive(&kept, slopes));
        let lowest = values[0].iter().fold(f64::INFINITY, |least, value| least.min(*value));
        let errors = self.polynomials.iter().map(|own| if is_cubic { 0.0 } else { own.tails().iter().sum() }).collect();
        let Found { scales, .. } = self;
        Leaf { place: cell.place, slopes, polynomials: kept, lowest, expected, scales, errors, depth: cell.depth }
    }
}
