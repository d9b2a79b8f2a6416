//! The breaks of a function along a segment: where it jumps or has a kink.
//!
//! Integrals along an edge or over a panel are split at breaks: a Gauss rule across a kink is only of first order, and
//! quadrature of a derivative misses the jumps of the function.

use crate::tensor::{Point, difference, norm};

/// The number of pieces of each gap between known breaks that are searched for a sign change: two roots within one
/// piece are missed.
const PIECES: usize = 8;

/// The breaks as fractions of a segment, ascending, strictly between 0 and 1.
#[derive(Clone, Debug, Default)]
pub struct Breaks {
    at: Vec<f64>,
}

impl Breaks {
    /// The fractions.
    pub fn as_slice(&self) -> &[f64] {
        &self.at
    }

    /// Whether there are no breaks.
    pub fn is_empty(&self) -> bool {
        self.at.is_empty()
    }

    /// Adds a fraction, unless it is an end of the segment or already present.
    pub fn push(&mut self, fraction: f64) {
        if fraction > 0.0 && fraction < 1.0 && !self.at.contains(&fraction) {
            self.at.push(fraction);
            self.at.sort_by(f64::total_cmp);
        }
    }

    /// The union with the breaks of another function.
    pub fn with(mut self, other: Breaks) -> Breaks {
        if self.is_empty() {
            return other;
        }
        other.at.into_iter().for_each(|fraction| self.push(fraction));
        self
    }

    /// Adds the fractions at which f changes sign, searched for between the fractions already present: those of the
    /// functions that f is composed of.
    pub fn add_roots(&mut self, f: impl Fn(f64) -> f64) {
        let mut found = Vec::new();
        let mut begin = 0.0;
        for &end in self.at.iter().chain(&[1.0]) {
            let place = |k: usize| if k == PIECES { end } else { begin + (end - begin) * k as f64 / PIECES as f64 };
            let mut left = f(place(0)) > 0.0;
            for k in 1..=PIECES {
                let right = f(place(k)) > 0.0;
                if left != right {
                    found.push(root_between(place(k - 1), place(k), &f));
                }
                left = right;
            }
            begin = end;
        }
        found.into_iter().for_each(|fraction| self.push(fraction));
    }
}

/// The root in (0, 1) of a continuous function with a sign change, by bisection to the last bit.
pub(crate) fn root(f: impl Fn(f64) -> f64) -> f64 {
    root_between(0.0, 1.0, f)
}

/// The root in (low, high) of a function whose sign differs at the two.
fn root_between(mut low: f64, mut high: f64, f: impl Fn(f64) -> f64) -> f64 {
    let positive = f(low) > 0.0;
    // 53 halvings exhaust the mantissa.
    for _ in 0..53 {
        let middle = 0.5 * (low + high);
        if (f(middle) > 0.0) == positive { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}

/// Half the width, in fractions of the segment, of the gap around a break within which rounding does not tell its two
/// sides apart.
pub fn rim(from: Point, to: Point) -> f64 {
    let size = from.into_iter().chain(to).fold(0.0, |size: f64, c| size.max(c.abs()));
    let length = norm(difference(to, from));
    // A root is known to one unit in the last place of a coordinate, and so is the place where it is asked for.
    if length > 0.0 { f64::EPSILON * (4.0 + 8.0 * size / length) } else { 0.0 }
}
