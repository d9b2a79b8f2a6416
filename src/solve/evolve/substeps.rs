//! Implicit Euler with 1, 2, 3, … substeps, extrapolated to step length zero (Aitken & Neville).
//!
//! ```text
//! T_j1 = p (1 − (H/j) G)^−j        T_j,m+1 = T_jm + (T_jm − T_j−1,m) (j − m)/m
//! ```
//! T_jm is of order m, and so is the killed mass Σ h p κ when it is extrapolated alike. Every T_j1 is positive where p
//! is. The other entries must be checked, since no linear method above first order is positive for every step length
//! (Bolley & Crouzeix 1978).

use super::flux;
use crate::elimination::Elimination;

/// The extrapolation table of one macro-step.
pub(super) struct Substeps<'a> {
    start: &'a [f64],
    pub(super) killing: &'a [f64],
    step: f64,
    /// T_j1 … T_jj of the last row j.
    pub row: Vec<Vec<f64>>,
    /// The mass killed by the substeps, by columns too.
    pub killed: Vec<f64>,
}

impl<'a> Substeps<'a> {
    /// An empty table for a macro-step of length H.
    pub(super) fn new(start: &'a [f64], killing: &'a [f64], step: f64) -> Substeps<'a> {
        Substeps { start, killing, step, row: Vec::new(), killed: Vec::new() }
    }

    /// The number of rows so far.
    pub(super) fn rows(&self) -> usize {
        self.row.len()
    }

    /// Adds the next row with the factor of a step of length H/j.
    pub(super) fn add(&mut self, factor: &Elimination) {
        let killing = self.killing;
        self.add_by(|density, substep| {
            let density = factor.solve_left(density);
            let killed = substep * flux(&density, killing);
            (density, killed)
        });
    }

    /// Adds the next row for any linear substep: a map from a vector and a step length to the new vector and the mass
    /// killed.
    pub(super) fn add_by(&mut self, substep: impl Fn(&[f64], f64) -> (Vec<f64>, f64)) {
        let j = self.rows() + 1;
        let length = self.step / j as f64;
        let (mut density, mut killed) = substep(self.start, length);
        for _ in 1..j {
            let (next, more) = substep(&density, length);
            density = next;
            killed += more;
        }
        let (mut row, mut killed) = (vec![density], vec![killed]);
        for m in 1..j {
            let weight = (j - m) as f64 / m as f64;
            let next = |new: f64, old: f64| new + (new - old) * weight;
            row.push(row[m - 1].iter().zip(&self.row[m - 1]).map(|(new, old)| next(*new, *old)).collect());
            killed.push(next(killed[m - 1], self.killed[m - 1]));
        }
        (self.row, self.killed) = (row, killed);
    }
}
