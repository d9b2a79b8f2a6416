//! A Krylov space of T = (1 − hG)⁻¹ that starts from a density, in a weighted scalar product.
//!
//! Vectors are stored as ratios f to the measure μ = |p| T, the density averaged over an exponential time of mean h,
//! and the scalar product is Σ μ f g. Then the start has a norm of order 1 at any temperature, no solution grows faster
//! than e^{t/2h}, and small entries keep their relative accuracy. The basis is that of the Arnoldi process, T V = V H +
//! η v e_m, with reorthogonalisation.

use faer::c64;
use rayon::prelude::*;

use super::small::{Contour, Value, eigenvalues, exponential};
use crate::elimination::Elimination;
use crate::solve::orthogonal::{add, square, taken_out};

/// A Krylov space that can be enlarged.
pub(super) struct Space {
    /// Σ T|p| at the beginning of the space, by which μ is divided.
    pub(super) total: f64,
    /// h.
    pub length: f64,
    /// The time at which the space begins.
    pub begin: f64,
    /// μ, normalised to the sum 1.
    weights: Vec<f64>,
    /// The basis as ratios f, one vector more than there are columns of H, unless the space is invariant.
    basis: Vec<Vec<f64>>,
    /// H by columns.
    columns: Vec<Vec<f64>>,
    /// The norm of the start.
    norm: f64,
    /// Σ μ f (mass) and Σ μ f κ (flux) of every basis vector.
    sums: Vec<[f64; 2]>,
    contours: [Contour; 2],
    /// The eigenvalues of H; `None` if they have not been computed.
    eigenvalues: Option<Vec<c64>>,
    /// Whether errors are measured by state, |e_i|/(μ_i + φ), or in L1.
    by_state: bool,
    /// The number of reachable states whose μ is below φ.
    states_below_floor: usize,
}

/// The density in the space at one time.
pub(super) struct Point {
    value: Value,
    /// The surviving mass of the start.
    pub mass: f64,
    /// The flux Σ p κ.
    pub flux: f64,
    /// The killed mass.
    pub killed: f64,
    /// The estimated error in the norm of the space.
    pub error: f64,
    /// The part of it from the residual.
    pub by_residual: f64,
    /// The part of it from the contour, which a larger space does not reduce.
    pub by_contour: f64,
    /// The part from rounding, which neither a larger space nor another contour reduces.
    pub by_rounding: f64,
}

/// The numbers of nodes of the contour and of the contour that it is compared with.
const NODES: [usize; 2] = [32, 28];

/// φ, the share of the mass above which errors are measured relative to μ.
const FLOOR: f64 = 1e-16;

/// The safety factor of the error estimate from the residual: true errors were between a tenth of the estimate and
/// twice it.
const SAFETY: f64 = 3.0;

/// The factor by which rounding in the contour sum exceeds that of independent terms: the values e^z, z up to 26, have
/// correlated errors. The largest factor in 600 random chains was 2.3.
const ROUNDED: f64 = 3.0;

/// The fractions of a time at which the errors of the flux before it are evaluated.
const EARLIER: [f64; 3] = [0.125, 0.25, 0.5];

/// A vector whose norm falls below this fraction during orthogonalisation is only rounding.
const NOTHING: f64 = 1e-13;

impl Space {
    /// The space of a density from time `begin` on, with the factor of an implicit step of length h.
    pub(super) fn new(start: &[f64], begin: f64, length: f64, factor: &Elimination, killing: &[f64]) -> Space {
        let sizes: Vec<f64> = start.iter().map(|p| p.abs()).collect();
        let mut weights = factor.solve_left(&sizes);
        let total: f64 = weights.iter().sum();
        weights.iter_mut().for_each(|weight| *weight /= total);
        let by_state = killing.iter().any(|rate| *rate > 0.0);
        let mut space = Space {
            length,
            begin,
            total,
            basis: Vec::new(),
            columns: Vec::new(),
            norm: 0.0,
            sums: Vec::new(),
            contours: NODES.map(Contour::new),
            eigenvalues: None,
            by_state,
            states_below_floor: weights.iter().filter(|weight| **weight > 0.0 && **weight < FLOOR).count(),
            weights,
        };
        let mut first = space.ratios(start);
        space.norm = square(&space.weights, &first).sqrt();
        first.iter_mut().for_each(|value| *value /= space.norm);
        space.push(first, killing);
        space
    }

    fn push(&mut self, vector: Vec<f64>, killing: &[f64]) {
        let terms = self.weights.iter().zip(&vector).zip(killing);
        let (mass, flux) =
            terms.fold((0.0, 0.0), |(mass, flux), ((weight, f), rate)| (mass + weight * f, flux + weight * f * rate));
        self.sums.push([mass, flux]);
        self.basis.push(vector);
    }

    fn ratios(&self, values: &[f64]) -> Vec<f64> {
        values
            .iter()
            .zip(&self.weights)
            .map(|(value, weight)| if *weight > 0.0 { value / weight } else { 0.0 })
            .collect()
    }

    /// The number of columns of H, which is the number of solves after the first.
    pub(super) fn dimension(&self) -> usize {
        self.columns.len()
    }

    /// Whether the space is invariant under T.
    pub(super) fn is_whole(&self) -> bool {
        self.basis.len() == self.columns.len()
    }

    /// Whether the space cannot grow.
    pub(super) fn is_exhausted(&self) -> bool {
        self.dimension() > 0 && self.is_whole()
    }

    /// Enlarges the space by one solve.
    pub(super) fn grow(&mut self, factor: &Elimination, killing: &[f64]) {
        let last = &self.basis[self.columns.len()];
        let flows: Vec<f64> = last.iter().zip(&self.weights).map(|(value, weight)| value * weight).collect();
        let mut vector = self.ratios(&factor.solve_left(&flows));
        let before = square(&self.weights, &vector).sqrt();
        let mut column = taken_out(&mut vector, &self.basis, &self.weights, usize::MAX);
        let size = square(&self.weights, &vector).sqrt();
        // This comparison also catches NaN.
        if size > NOTHING * before {
            vector.iter_mut().for_each(|value| *value /= size);
            column.push(size);
            self.push(vector, killing);
        }
        self.columns.push(column);
        self.eigenvalues = eigenvalues(&self.columns);
    }

    /// The norm of a vector for error estimates: Σ μ |f|, or the largest μ |f|/(μ + φ).
    fn size(&self, vector: &[f64]) -> f64 {
        match self.by_state {
            true => {
                let share = |(value, weight): (&f64, &f64)| value.abs() * weight / (weight + FLOOR);
                vector.iter().zip(&self.weights).map(share).fold(0.0, f64::max)
            }
            false => vector.iter().zip(&self.weights).map(|(value, weight)| value.abs() * weight).sum(),
        }
    }

    /// The density at a time after the beginning of the space.
    pub(super) fn at(&self, time: f64) -> Point {
        let x = (time - self.begin) / self.length;
        let value = exponential(&self.columns, x, &self.contours[0]);
        let other = exponential(&self.columns, x, &self.contours[1]);
        let apart =
            value.coefficients.iter().zip(&other.coefficients).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt();
        let is_enclosed = self.eigenvalues.as_ref().is_some_and(|thetas| !self.contours[1].misses(thetas, x));
        let apart = if is_enclosed { apart } else { f64::INFINITY };
        let sum = |coefficients: &[f64], of: usize| -> f64 {
            self.norm * coefficients.iter().zip(&self.sums).map(|(c, sums)| c * sums[of]).sum::<f64>()
        };
        let missed = match self.is_whole() {
            true => 0.0,
            false => SAFETY * value.residual * self.size(&self.basis[self.columns.len()]),
        };
        Point {
            mass: sum(&value.coefficients, 0),
            flux: sum(&value.coefficients, 1),
            killed: self.length * sum(&value.integral, 1),
            error: self.norm * (missed + apart),
            by_residual: self.norm * missed,
            by_contour: self.norm * apart,
            by_rounding: self.norm * ROUNDED * f64::EPSILON * value.rounded,
            value,
        }
    }

    /// The largest error at earlier times over that at `time`, of which `point` is the density; 1 where it is smaller.
    pub(super) fn largest_before(&self, time: f64, point: &Point) -> f64 {
        let error = |point: &Point| point.error + point.by_rounding;
        let earlier = EARLIER.map(|share| error(&self.at(self.begin + share * (time - self.begin))) / error(point));
        earlier.into_iter().filter(|ratio| ratio.is_finite()).fold(1.0, f64::max)
    }

    /// The density at a point of the space, and T applied to it.
    pub(super) fn densities(&self, point: &Point) -> [Vec<f64>; 2] {
        let m = self.columns.len();
        let own = &point.value.coefficients;
        let smooth: Vec<f64> =
            (0..m).map(|i| (i.saturating_sub(1)..m).map(|j| own[j] * self.columns[j][i]).sum()).collect();
        [own, &smooth].map(|coefficients| {
            let mut density = vec![0.0; self.weights.len()];
            add(&mut density, &self.basis[..m], |place| self.norm * coefficients[place]);
            density.par_iter_mut().zip(&self.weights).for_each(|(value, weight)| *value *= weight);
            density
        })
    }

    /// The measure μ.
    pub(super) fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// The error in a state of weight μ_i that has norm 1: μ_i + φ, or μ_i where μ_i < φ, which is propagated like μ.
    /// In addition all states together may have the error [`Space::below`].
    pub(super) fn share(&self, weight: f64) -> f64 {
        if weight < FLOOR { weight } else { weight + FLOOR }
    }

    /// The sum of φ over the states whose μ is below φ: the error of norm 1 there, which may stay while everything else
    /// decays.
    pub(super) fn below(&self) -> f64 {
        if self.by_state { FLOOR * self.states_below_floor as f64 } else { 0.0 }
    }
}
