//! Detailed balance: whether a chain is reversible, and its stationary weights.
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

/// How closely detailed balance must hold: what some thousand roundings on the way round a loop leave at most.
const TOLERANCE: f64 = 4096.0 * f64::EPSILON;
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

/// √(ab) of positive numbers, in one rounding where the product is in range.
#[inline(always)]
pub(super) fn geometric_mean(a: f64, b: f64) -> f64 {
    let product = a * b;
    if (f64::MIN_POSITIVE..=f64::MAX).contains(&product) { product.sqrt() } else { a.sqrt() * b.sqrt() }
}

/// The balance of a reversible chain: √π by state, up to one factor for each connected part.
#[derive(Debug)]
pub(super) struct Balance(Vec<Weight>);

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
        let rows =
            Rows { starts: indptr.to_proper(), targets: generator.rates.indices(), rates: generator.rates.data() };
        let weights = rows.weights()?;
        let is_balanced = (0..weights.len()).into_par_iter().with_min_len(PIECE).all(|i| {
            let (targets, rates) = rows.row(i);
            let own = weights[i];
            targets.iter().zip(rates).enumerate().all(|(place, (&j, &rate))| {
                let Some(back) = rows.rate(j, i, targets.len() - 1 - place) else { return false };
                // The same is seen from the other end.
                if j < i {
                    return true;
                }
                // s_i q_ij / s_j = √(q_ij q_ji).
                let expected = geometric_mean(rate, back) * weights[j].mantissa;
                let found = scaled(own.mantissa * rate, own.exponent - weights[j].exponent);
                (found - expected).abs() <= TOLERANCE * expected
            })
        });
        is_balanced.then_some(Balance(weights))
    }

    /// The weights of the states in another order.
    pub(super) fn weights_in(&self, order: &[u32]) -> Vec<Weight> {
        order.par_iter().map(|&state| self.0[state as usize]).collect()
    }
}

/// The rates by rows.
struct Rows<'a> {
    starts: std::borrow::Cow<'a, [usize]>,
    targets: &'a [usize],
    rates: &'a [f64],
}

impl Rows<'_> {
    /// The targets and rates of a state's edges.
    #[inline(always)]
    fn row(&self, i: usize) -> (&[usize], &[f64]) {
        let range = self.starts[i]..self.starts[i + 1];
        (&self.targets[range.clone()], &self.rates[range])
    }

    /// q_ij, looked for first at a place in the row: where all states have the same neighbours, the way back stands as far from the
    /// end as the way there from the beginning.
    #[inline(always)]
    fn rate(&self, i: usize, j: usize, guess: usize) -> Option<f64> {
        let (targets, rates) = self.row(i);
        if targets.get(guess) == Some(&j) {
            return Some(rates[guess]);
        }
        targets.iter().position(|&target| target == j).map(|place| rates[place])
    }

    /// √π from the rates along a tree of edges; `None` if one of those has no reverse.
    fn weights(&self) -> Option<Vec<Weight>> {
        let n = self.starts.len() - 1;
        let mut squares = vec![Long::default(); n];
        // Sweeps back and forth, each state following the first neighbour that is known: along memory, unlike a search.
        let mut unknown: Vec<u32> = (0..n as u32).collect();
        let mut before = n;
        while let Some(&root) = unknown.first() {
            if before == unknown.len() {
                squares[root as usize] = Long::ONE;
            }
            before = unknown.len();
            let mut is_usable = true;
            let mut follow = |&i: &u32| {
                let i = i as usize;
                if squares[i].high == 0.0 {
                    let (targets, rates) = self.row(i);
                    let Some(place) = targets.iter().position(|&j| squares[j].high != 0.0) else { return true };
                    let (j, rate) = (targets[place], rates[place]);
                    let back = self.rate(j, i, targets.len() - 1 - place).unwrap_or(0.0);
                    let ratio = back / rate;
                    is_usable &= rate.is_normal() && back.is_normal() && ratio.is_normal() && ratio > 0.0;
                    // π_i = π_j q_ji / q_ij.
                    squares[i] = squares[j].times_ratio(back, rate);
                }
                false
            };
            unknown.retain(&mut follow);
            if !is_usable {
                return None;
            }
            unknown.reverse();
        }
        Some(squares.par_iter().map(|square| square.root()).collect())
    }
}
