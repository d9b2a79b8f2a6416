//! Detailed balance: whether a chain is reversible, its stationary weights, and its rates in symmetric form.
//!
//! ```text
//! π_i q_ij = π_j q_ji        s_i = √π_i        s_i q_ij / s_j = √(q_ij q_ji)   symmetric
//! ```
//! π runs over hundreds of decades, and the rates along a path of thousands of edges multiply up to it: mantissas are carried
//! to twice the working precision and exponents as integers, so that a weight is as exact as the rates are. Then detailed
//! balance must hold on all other edges too, to within the rounding of the rates on the way. A chain that keeps it that
//! closely and not exactly changes γ by the same relative amount at most: γ is the minimum of a quotient of sums over
//! conductances and weights.

use rayon::prelude::*;

use crate::generator::Generator;

/// Roundings to expect of one rate, in units of the last place.
const ROUNDINGS: f64 = 2.0;
/// Those to expect of a closed loop of any length: for the shortest ones.
const SHORTEST_LOOP: f64 = 64.0;
/// States per task.
const PIECE: usize = 1 << 12;

/// The square root of a stationary weight: mantissa · 2^exponent, ½ ≤ mantissa < 1.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Weight {
    pub(super) mantissa: f64,
    pub(super) exponent: i32,
}

impl Weight {
    /// The weight in units of 2^unit: zero where it is too small for a number of ordinary range.
    pub(super) fn in_units_of(self, unit: i32) -> f64 {
        scaled(self.mantissa, self.exponent - unit)
    }
}

/// value · 2^exponent, zero or infinite beyond the normal range.
pub(super) fn scaled(value: f64, exponent: i32) -> f64 {
    match exponent {
        -1022..=1023 => value * f64::from_bits(((1023 + exponent) as u64) << 52),
        ..-1022 => 0.0,
        _ => value * f64::INFINITY,
    }
}

/// A chain in detailed balance.
#[derive(Debug)]
pub(super) struct Balance {
    /// √π by state, up to one factor for each connected part.
    pub(super) weights: Vec<Weight>,
    /// √(q_ij q_ji) for every rate, in the order of the rates.
    pub(super) rates: Vec<f64>,
}

/// A positive number to twice the working precision: (high + low) · 2^exponent.
#[derive(Clone, Copy, Default)]
struct Long {
    high: f64,
    low: f64,
    exponent: i32,
}

impl Long {
    const ONE: Long = Long { high: 0.5, low: 0.0, exponent: 1 };

    /// self · a/b.
    fn times_ratio(self, a: f64, b: f64) -> Long {
        let quotient = a / b;
        let rest = (-quotient).mul_add(b, a) / b;
        let high = self.high * quotient;
        let low = self.high.mul_add(quotient, -high) + (self.high * rest + self.low * quotient);
        let sum = high + low;
        let low = low - (sum - high);
        let (high, raised) = split(sum);
        Long { high, low: scaled(low, -raised), exponent: self.exponent + raised }
    }

    fn root(self) -> Weight {
        let odd = self.exponent & 1;
        let (mantissa, raised) = split(scaled(self.high, odd).sqrt());
        Weight { mantissa, exponent: (self.exponent - odd) / 2 + raised }
    }
}

/// A positive normal number as mantissa in [½, 1) and exponent.
fn split(value: f64) -> (f64, i32) {
    let bits = value.to_bits();
    let raised = ((bits >> 52) & 0x7ff) as i32 - 1022;
    (f64::from_bits((bits & !(0x7ff << 52)) | (1022 << 52)), raised)
}

impl Balance {
    /// The balance of a chain, `None` if it is not reversible to within the rounding of its rates.
    pub(super) fn of(generator: &Generator) -> Option<Balance> {
        let indptr = generator.rates.indptr();
        let rows = Rows { starts: indptr.to_proper(), targets: generator.rates.indices(), rates: generator.rates.data() };
        let (weights, depths) = rows.weights()?;
        let mut rates = vec![0.0; rows.rates.len()];
        let mut pieces = Vec::new();
        let mut left = rates.as_mut_slice();
        for first in (0..weights.len()).step_by(PIECE) {
            let end = (first + PIECE).min(weights.len());
            let (piece, rest) = left.split_at_mut(rows.starts[end] - rows.starts[first]);
            pieces.push((first..end, piece));
            left = rest;
        }
        let is_balanced = pieces.into_par_iter().all(|(states, piece)| {
            let mut slots = piece.iter_mut();
            states.clone().all(|i| {
                rows.edges(i).all(|(j, rate)| {
                    let Some(back) = rows.rate(j, i) else { return false };
                    let product = rate * back;
                    let symmetric = if product >= f64::MIN_POSITIVE { product.sqrt() } else { rate.sqrt() * back.sqrt() };
                    if let Some(slot) = slots.next() {
                        *slot = symmetric;
                    }
                    let (a, b) = (weights[i], weights[j]);
                    // One side of s_i q_ij / s_j = √(q_ij q_ji), the roots of which halve the error.
                    let found = scaled(a.mantissa * rate, a.exponent - b.exponent) / b.mantissa;
                    let loop_length = f64::from(depths[i]) + f64::from(depths[j]);
                    let error = f64::EPSILON * 0.5 * (SHORTEST_LOOP + ROUNDINGS * loop_length);
                    (found - symmetric).abs() <= error * symmetric
                })
            })
        });
        is_balanced.then_some(Balance { weights, rates })
    }
}

impl Balance {
    /// The weights of the states in another order.
    pub(super) fn weights_in(&self, order: &[u32]) -> Vec<Weight> {
        order.iter().map(|&state| self.weights[state as usize]).collect()
    }
}

/// The rates by rows.
struct Rows<'a> {
    starts: std::borrow::Cow<'a, [usize]>,
    targets: &'a [usize],
    rates: &'a [f64],
}

impl Rows<'_> {
    fn edges(&self, i: usize) -> impl Iterator<Item = (usize, f64)> + '_ {
        let range = self.starts[i]..self.starts[i + 1];
        self.targets[range.clone()].iter().copied().zip(self.rates[range].iter().copied())
    }

    fn rate(&self, i: usize, j: usize) -> Option<f64> {
        self.edges(i).find(|&(target, _)| target == j).map(|(_, rate)| rate)
    }

    /// √π from the rates along the shortest paths, and the number of their edges; `None` if an edge on the way has no reverse.
    fn weights(&self) -> Option<(Vec<Weight>, Vec<u32>)> {
        let n = self.starts.len() - 1;
        let mut squares = vec![Long::default(); n];
        let mut weights = vec![Weight::default(); n];
        let mut depths = vec![u32::MAX; n];
        let mut queue: Vec<u32> = Vec::with_capacity(n);
        for root in 0..n {
            if depths[root] != u32::MAX {
                continue;
            }
            (squares[root], depths[root]) = (Long::ONE, 0);
            let mut next = queue.len();
            queue.push(root as u32);
            while let Some(&i) = queue.get(next) {
                let i = i as usize;
                next += 1;
                weights[i] = squares[i].root();
                for (j, rate) in self.edges(i) {
                    if depths[j] == u32::MAX {
                        let back = self.rate(j, i)?;
                        let is_usable = |rate: f64| rate.is_normal() && rate > 0.0;
                        if !(is_usable(rate) && is_usable(back) && is_usable(rate / back)) {
                            return None;
                        }
                        // π_j = π_i q_ij / q_ji.
                        squares[j] = squares[i].times_ratio(rate, back);
                        depths[j] = depths[i] + 1;
                        queue.push(j as u32);
                    }
                }
            }
        }
        Some((weights, depths))
    }
}
