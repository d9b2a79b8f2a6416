//! Tables filled during a simulation: positions, points of death and lifetimes.

use crate::particles::estimate::Ages;
use crate::particles::swarm::{Record, Spell};
use crate::tensor::Point;

/// Counts on a uniform lattice of bins.
#[derive(Clone, Debug)]
pub struct Histogram {
    /// Lower corner.
    pub lower: Point,
    /// The widths of a bin; 1 along y in one dimension.
    pub widths: Point,
    /// The number of bins along each axis; 1 along y in one dimension.
    pub bins: [usize; 2],
    /// `index = ix · bins[1] + iy`.
    pub counts: Vec<u64>,
    /// The number of points outside of the lattice.
    pub outside: u64,
}

/// The number of bins along each axis in one and in two dimensions.
const BINS: [usize; 2] = [200, 96];

impl Histogram {
    /// An empty histogram over a box.
    pub fn new(dimension: usize, lower: Point, upper: Point) -> Histogram {
        let along = BINS[dimension - 1];
        let bins = [along, if dimension == 2 { along } else { 1 }];
        let widths =
            [0, 1].map(|axis| if axis < dimension { (upper[axis] - lower[axis]) / bins[axis] as f64 } else { 1.0 });
        let lower = if dimension == 2 { lower } else { [lower[0], -0.5] };
        Histogram { lower, widths, bins, counts: vec![0; bins[0] * bins[1]], outside: 0 }
    }

    /// Counts a point; the upper edge belongs to the last bin.
    pub fn add(&mut self, theta: Point) {
        let mut index = 0;
        for (axis, coordinate) in theta.into_iter().enumerate() {
            let place = (coordinate - self.lower[axis]) / self.widths[axis];
            // A point beyond a wall by rounding belongs to the bin at the wall.
            if !(-1e-9..=self.bins[axis] as f64 + 1e-9).contains(&place) {
                self.outside += 1;
                return;
            }
            index = index * self.bins[axis] + (place.max(0.0) as usize).min(self.bins[axis] - 1);
        }
        self.counts[index] += 1;
    }

    /// The number of all points, including those outside.
    pub fn total(&self) -> u64 {
        self.counts.iter().sum::<u64>() + self.outside
    }

    /// The centres of the bins along an axis.
    pub fn centres(&self, axis: usize) -> Vec<f64> {
        (0..self.bins[axis]).map(|k| self.lower[axis] + (k as f64 + 0.5) * self.widths[axis]).collect()
    }

    /// The probability density per length^d in each bin.
    pub fn density(&self) -> Vec<f64> {
        let scale = 1.0 / (self.total().max(1) as f64 * self.widths[0] * self.widths[1]);
        self.counts.iter().map(|&count| scale * count as f64).collect()
    }
}

/// All tables of a simulation.
#[derive(Clone, Debug)]
pub struct Tables {
    /// The positions in the quasi-stationary state.
    pub positions: Histogram,
    /// The points of death.
    pub exits: Histogram,
    /// The lifetimes.
    pub ages: Ages,
}

impl Tables {
    /// Empty tables over a box.
    pub fn new(dimension: usize, lower: Point, upper: Point) -> Tables {
        let empty = Histogram::new(dimension, lower, upper);
        Tables { positions: empty.clone(), exits: empty, ages: Ages::default() }
    }
}

impl Record for Tables {
    fn spell(&mut self, spell: Spell) {
        self.ages.add(spell);
        if let Some(place) = spell.exit {
            self.exits.add(place);
        }
    }

    fn places(&mut self, places: &[Point]) {
        places.iter().for_each(|place| self.positions.add(*place));
    }
}
