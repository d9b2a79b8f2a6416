//! A test whether the particles have relaxed between the wells of the live set.
//!
//! If a live set contains several wells, its slowest mode is the exchange between them, and a burn-in of ten relaxation
//! times of one well is too short. Therefore transitions are counted: of the particles that survived a time t, n_ij
//! were in well i at its beginning and in well j at its end, and
//! ```text
//! ρ = the second singular value of  n_ij/√(n_i· n_·j)          n_i· = Σ_j n_ij,  n_·j = Σ_i n_ij
//! ```
//! is the maximal correlation between functions of the well before and functions of the well after. In the
//! quasi-stationary state of a reversible process whose wells are killed at the same rate it is e^{−(λ₂ − λ₁)t}, with
//! λ₁ and λ₂ the two smallest eigenvalues, apart from recrossings of the lines between wells. For two wells that
//! survive t with probabilities s₁ and s₂ it is e^{−λ₂t}/√(s₁s₂). No assumption on the noise or the barriers is needed.
//!
//! Limits: a well that no particle has reached is not detected.
//!
//! Source: Hirschfeld 1935, Rényi 1959 (maximal correlation).

use crate::problem::{Problem, Space};
use crate::tensor::{Point, norm};

/// The wells of a live set: the points nearest to each of its minima.
#[derive(Clone, Debug)]
pub struct Wells {
    minima: Vec<Point>,
    space: Space,
}

impl Wells {
    /// The wells of a problem's live set.
    pub fn new(problem: &Problem) -> Wells {
        let places = problem.critical.minima.iter().map(|minimum| minimum.theta);
        let minima = places.filter(|place| problem.domain.contains(*place) && problem.valley.live.holds(*place));
        Wells { minima: minima.collect(), space: problem.domain.space() }
    }

    /// The number of wells.
    pub fn count(&self) -> usize {
        self.minima.len()
    }

    /// The well of a point.
    pub fn of(&self, theta: Point) -> usize {
        let distance = |well: &usize| norm(self.space.offset(self.minima[*well], theta));
        (0..self.minima.len()).min_by(|a, b| distance(a).total_cmp(&distance(b))).unwrap_or(0)
    }
}

/// The relaxation of a swarm between several wells during the burn-in.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Settling {
    /// The number of wells in the live set.
    pub wells: usize,
    /// The number of times the burn-in was doubled.
    pub doublings: u32,
    /// ρ over the last sixteenth of the burn-in; `None` if too few particles survived one.
    pub memory: Option<f64>,
}

impl Settling {
    /// The ρ over a sixteenth of the burn-in at which the wells count as relaxed: the burn-in is ten relaxation times
    /// of the slowest mode if e^{−(λ₂ − λ₁)t} ≤ e^{−10/16} = 0.535; the limit is a little lower because of recrossings.
    pub const FORGOTTEN: f64 = 0.5;

    /// Whether the particles have relaxed between the wells.
    pub fn is_settled(&self) -> bool {
        self.memory.is_some_and(|memory| memory <= Settling::FORGOTTEN)
    }
}

/// The counts n_ij of particles by the well before and the well after a time.
#[derive(Clone, Debug)]
pub struct Memory {
    wells: usize,
    /// n_ij at `i · wells + j`.
    counts: Vec<f64>,
}

/// The least number of particles for a meaningful ρ.
const FEWEST: f64 = 100.0;
/// The number of steps of the power iteration: the singular value is accurate to a per cent even if the third is within
/// a per cent of it.
const ITERATIONS: usize = 300;

impl Memory {
    /// Counts without any particle.
    pub fn new(wells: usize) -> Memory {
        Memory { wells, counts: vec![0.0; wells * wells] }
    }

    /// Counts a particle that was in one well before and is in another, or the same, after.
    pub fn add(&mut self, before: usize, after: usize) {
        self.counts[before * self.wells + after] += 1.0;
    }

    /// ρ; `None` with too few particles. It is 0 if all are in one well.
    pub fn correlation(&self) -> Option<f64> {
        let n = self.wells;
        let rows: Vec<f64> = self.counts.chunks_exact(n).map(|row| row.iter().sum()).collect();
        let columns: Vec<f64> = (0..n).map(|j| (0..n).map(|i| self.counts[i * n + j]).sum()).collect();
        let total: f64 = rows.iter().sum();
        if total < FEWEST {
            return None;
        }
        let entry = |i: usize, j: usize| match self.counts[i * n + j] {
            0.0 => 0.0,
            count => count / (rows[i] * columns[j]).sqrt(),
        };
        // Remove the first singular pair, whose value is 1: its vectors are the square roots of the margins.
        let first: Vec<f64> = columns.iter().map(|count| (count / total).sqrt()).collect();
        let mut v: Vec<f64> = (1..=n).map(|k| 1.0 / k as f64).collect();
        let mut correlation = 0.0;
        for _ in 0..ITERATIONS {
            let along: f64 = v.iter().zip(&first).map(|(v, first)| v * first).sum();
            v.iter_mut().zip(&first).for_each(|(v, first)| *v -= along * first);
            let length = v.iter().map(|v| v * v).sum::<f64>().sqrt();
            if length <= f64::EPSILON {
                return Some(0.0);
            }
            v.iter_mut().for_each(|v| *v /= length);
            let u: Vec<f64> = (0..n).map(|i| (0..n).map(|j| entry(i, j) * v[j]).sum()).collect();
            correlation = u.iter().map(|u| u * u).sum::<f64>().sqrt();
            v = (0..n).map(|j| (0..n).map(|i| entry(i, j) * u[i]).sum()).collect();
        }
        Some(correlation)
    }
}
