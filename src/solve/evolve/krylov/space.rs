//! A Krylov space of T = (1 − hG)⁻¹ that begins with a density, in ratios to a measure.
//!
//! Vectors are μ_i f_i with μ = |p| T, the density as it is on average over times of the length h to come, and products
//! Σ μ f g: then the start has a norm of order 1 however cold the chain is, no solution grows faster than e^{t/2h}, and
//! what holds next to nothing has its own digits. T V = V H + η v e_m: the Arnoldi process, with vectors made
//! orthogonal twice.

use faer::c64;
use rayon::prelude::*;

use super::small::{Contour, Value, eigenvalues, exponential};
use crate::elimination::Elimination;
use crate::solve::orthogonal::{add, square, taken_out};

/// A Krylov space that can grow.
pub(super) struct Space {
    /// The sum of T|p| over the states, where the space begins: by it μ is less than that.
    pub(super) total: f64,
    /// h.
    pub length: f64,
    /// When it begins.
    pub begin: f64,
    /// μ, with the sum 1.
    weights: Vec<f64>,
    /// f of every vector, one more than there are columns unless nothing is left.
    basis: Vec<Vec<f64>>,
    /// H by columns.
    columns: Vec<Vec<f64>>,
    /// The norm of the start.
    norm: f64,
    /// Σ μ f and Σ μ f κ of every vector.
    sums: Vec<[f64; 2]>,
    contours: [Contour; 2],
    /// Those of H; `None` where they are not known.
    eigenvalues: Option<Vec<c64>>,
    /// Whether errors are measured by state, |e_i|/(μ_i + φ), and not in L1.
    by_state: bool,
    /// States within reach whose μ is below φ.
    sunk: usize,
}

/// The density in the space at a time.
pub(super) struct Point {
    value: Value,
    /// What is left of the start.
    pub mass: f64,
    /// Σ p κ.
    pub flux: f64,
    /// What has been killed.
    pub killed: f64,
    /// The estimated error as the space measures it.
    pub error: f64,
    /// The part of it that the contour makes, and a larger space does not lessen.
    pub by_contour: f64,
    /// What rounding adds to it, which neither a larger space nor another contour lessens.
    pub by_rounding: f64,
}

/// Nodes of the contour, and of the one it is compared with.
const NODES: [usize; 2] = [32, 28];

/// φ: errors of states are measured relative to μ above this share of it.
const FLOOR: f64 = 1e-16;

/// The residual may make this many times the error that its size says: true errors were between a tenth of that and
/// twice it.
const SAFETY: f64 = 3.0;

/// The sum over a contour is wrong by so many times the rounding of its terms: those of e^z, with z up to 26, are not
/// independent. In 600 random chains it was 2.3 times at most.
const ROUNDED: f64 = 3.0;

/// What is left of a vector below this part of it is rounding.
const NOTHING: f64 = 1e-13;

impl Space {
    /// The space of a density that begins at a time, with the factor of an implicit step of length h.
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
            sunk: weights.iter().filter(|weight| **weight > 0.0 && **weight < FLOOR).count(),
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

    /// The number of solves that it has taken, but for the first.
    pub(super) fn dimension(&self) -> usize {
        self.columns.len()
    }

    /// Whether everything that T makes of the start lies in it.
    pub(super) fn is_whole(&self) -> bool {
        self.basis.len() == self.columns.len()
    }

    /// Whether it cannot grow.
    pub(super) fn is_exhausted(&self) -> bool {
        self.dimension() > 0 && self.is_whole()
    }

    /// Makes it larger by one solve.
    pub(super) fn grow(&mut self, factor: &Elimination, killing: &[f64]) {
        let last = &self.basis[self.columns.len()];
        let flows: Vec<f64> = last.iter().zip(&self.weights).map(|(value, weight)| value * weight).collect();
        let mut vector = self.ratios(&factor.solve_left(&flows));
        let before = square(&self.weights, &vector).sqrt();
        let mut column = taken_out(&mut vector, &self.basis, &self.weights, usize::MAX);
        let size = square(&self.weights, &vector).sqrt();
        // A comparison that also finds what is not a number.
        if size > NOTHING * before {
            vector.iter_mut().for_each(|value| *value /= size);
            column.push(size);
            self.push(vector, killing);
        }
        self.columns.push(column);
        self.eigenvalues = eigenvalues(&self.columns);
    }

    /// The size of a vector by which errors are measured: Σ μ |f|, or the largest μ |f|/(μ + φ).
    fn size(&self, vector: &[f64]) -> f64 {
        match self.by_state {
            true => {
                let share = |(value, weight): (&f64, &f64)| value.abs() * weight / (weight + FLOOR);
                vector.iter().zip(&self.weights).map(share).fold(0.0, f64::max)
            }
            false => vector.iter().zip(&self.weights).map(|(value, weight)| value.abs() * weight).sum(),
        }
    }

    /// What there is at a time after the beginning.
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
            by_contour: self.norm * apart,
            by_rounding: self.norm * ROUNDED * f64::EPSILON * value.rounded,
            value,
        }
    }

    /// The density at a point, and T applied to it.
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

    /// μ.
    pub(super) fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// What an error of size 1 may be in a state of weight μ_i: μ_i + φ where that is a multiple of μ_i, and goes on as
    /// μ does. In all states together it may be [`Space::below`] besides.
    pub(super) fn share(&self, weight: f64) -> f64 {
        if weight < FLOOR { weight } else { weight + FLOOR }
    }

    /// The sum of φ over the states whose μ is below it: what an error of size 1 may be there that stays while all else
    /// decays.
    pub(super) fn below(&self) -> f64 {
        if self.by_state { FLOOR * self.sunk as f64 } else { 0.0 }
    }
}
