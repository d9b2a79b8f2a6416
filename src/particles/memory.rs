//! Whether particles have forgotten the well that they were in.
//!
//! Where a live set holds several wells, its slowest mode is the exchange between them, and a burn-in of ten relaxation
//! times of one well says nothing of it. So the wells are watched: with n_ij particles that lived through a time t, in
//! well i at its beginning and in well j at its end,
//! ```text
//! ρ = the second singular value of  n_ij/√(n_i· n_·j)          n_i· = Σ_j n_ij,  n_·j = Σ_i n_ij
//! ```
//! is the largest correlation of anything that the well tells before with anything that it tells after. In the
//! quasi-stationary state it is e^{−(λ₂ − λ₁)t} for a reversible process whose wells are killed alike, λ₁ and λ₂ the
//! smallest and the second of the wells' rates, less what is lost near the lines between wells; for two wells that
//! survive t with probabilities s₁ and s₂ it is e^{−λ₂t}/√(s₁s₂). Nothing is assumed of the noise, or of the barriers.
//!
//! Where it fails: a well that no particle has reached is not seen.
//!
//! Source: Hirschfeld 1935, Rényi 1959 (maximal correlation).

use crate::problem::{Problem, Space};
use crate::tensor::{Point, norm};

/// The wells of a live set: what is nearest to each of its minima.
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

    /// How many there are.
    pub fn count(&self) -> usize {
        self.minima.len()
    }

    /// The well of a place.
    pub fn of(&self, theta: Point) -> usize {
        let distance = |well: &usize| norm(self.space.offset(self.minima[*well], theta));
        (0..self.minima.len()).min_by(|a, b| distance(a).total_cmp(&distance(b))).unwrap_or(0)
    }
}

/// What a swarm's settling in a live set of several wells has shown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settling {
    /// Wells in the live set.
    pub wells: usize,
    /// How often the burn-in was doubled.
    pub doublings: u32,
    /// ρ over the last sixteenth of the burn-in; `None` where too few particles lived through one.
    pub memory: Option<f64>,
}

impl Settling {
    /// A burn-in of sixteen times t is ten relaxation times of the slowest mode when e^{−(λ₂ − λ₁)t} is at most
    /// e^{−10/16} = 0.535; a little is lost near the lines between wells.
    pub const FORGOTTEN: f64 = 0.5;

    /// Whether the particles have forgotten where they began.
    pub fn is_settled(&self) -> bool {
        self.memory.is_some_and(|memory| memory <= Settling::FORGOTTEN)
    }
}

/// Particles by the well before and the well after a time.
#[derive(Clone, Debug)]
pub struct Memory {
    wells: usize,
    /// n_ij at `i · wells + j`.
    counts: Vec<f64>,
}

/// Fewer particles than this tell nothing.
const FEWEST: f64 = 100.0;
/// Steps of the power iteration: the singular value is right to a per cent even where the third is within a per cent of
/// it.
const ITERATIONS: usize = 300;

impl Memory {
    /// No particles yet.
    pub fn new(wells: usize) -> Memory {
        Memory { wells, counts: vec![0.0; wells * wells] }
    }

    /// Enters a particle that was in one well before and is in another, or the same, after.
    pub fn add(&mut self, before: usize, after: usize) {
        self.counts[before * self.wells + after] += 1.0;
    }

    /// ρ; `None` with too few particles. It is 0 where all are in one well.
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
        // The first singular pair, 1 with the roots of the margins, is what independent wells have too.
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
