//! Detailed balance: the stationary weights of a reversible chain.
//!
//! ```text
//! π_i q_ij = π_j q_ji        s_i = √π_i        s_i q_ij / s_j = √(q_ij q_ji)   symmetric
//! ```
//! π spans hundreds of decades, and it is a product of rate ratios along a path of thousands of edges. The products are
//! therefore carried with mantissas of twice the working precision and with integer exponents, so that each weight is
//! as accurate as the rates. Detailed balance is then checked on the edges that the weights were not computed from; it
//! must hold to within the rounding of the rates around a loop. This check finds large violations only: a small
//! circulating current changes each single edge by no more than rounding does. Whoever assembles a chain must know
//! whether it is reversible.

use rayon::prelude::*;

use crate::generator::Generator;

/// The relative tolerance of the detailed-balance check: the rounding that accumulates over about a thousand edges of a
/// loop. Rates that violate it belong to no reversible chain.
const TOLERANCE: f64 = 4096.0 * f64::EPSILON;
/// The number of alternating forward and backward scans over the states before a breadth-first search finds the
/// remaining weights.
const SCANS: usize = 16;
/// States per task.
const TASK_STATES: usize = 1 << 12;
/// The number of consecutive states (a stretch) whose relative weights are computed in one task, before the stretches
/// are joined.
const STRETCH: usize = 1 << 14;

/// The square root of a stationary weight: mantissa · 2^exponent, ½ ≤ mantissa < 1.
#[derive(Clone, Copy, Debug, Default)]
struct RootWeight {
    mantissa: f64,
    exponent: i32,
}

/// The number value · 2^exponent, zero or infinite beyond the normal range.
fn scaled(value: f64, exponent: i32) -> f64 {
    match exponent {
        -1022..=1023 => value * f64::from_bits(((1023 + exponent) as u64) << 52),
        ..-1022 => 0.0,
        _ => value * f64::INFINITY,
    }
}

/// The geometric mean √(ab) of positive numbers, in one rounding where the product is in range.
#[inline(always)]
pub(crate) fn geometric_mean(a: f64, b: f64) -> f64 {
    let product = a * b;
    if (f64::MIN_POSITIVE..=f64::MAX).contains(&product) { product.sqrt() } else { a.sqrt() * b.sqrt() }
}

/// The balance of a reversible chain: √π by state, up to one factor for each connected part.
#[derive(Debug)]
pub(crate) struct Balance(Vec<RootWeight>);

/// The largest exponent range (base 2) of the weights √π that is scaled to ordinary numbers. A product that then
/// underflows, below 2⁻¹⁰²², is far below the rounding of any accepted pivot.
const LARGEST_RANGE: i32 = 960;

/// A positive number to twice the working precision: (high + low) · 2^exponent.
#[derive(Clone, Copy, Default)]
struct Extended {
    high: f64,
    low: f64,
    exponent: i32,
}

impl Extended {
    const ONE: Extended = Extended { high: 0.5, low: 0.0, exponent: 1 };

    /// Multiplies the number by a/b.
    fn times_ratio(self, a: f64, b: f64) -> Extended {
        let quotient = a / b;
        let rest = (-quotient).mul_add(b, a) / b;
        let high = self.high * quotient;
        let low = self.high.mul_add(quotient, -high) + (self.high * rest + self.low * quotient);
        Extended::normal(high, low, self.exponent)
    }

    fn times(self, factor: Extended) -> Extended {
        let high = self.high * factor.high;
        let low = self.high.mul_add(factor.high, -high) + (self.high * factor.low + self.low * factor.high);
        Extended::normal(high, low, self.exponent + factor.exponent)
    }

    fn over(self, other: Extended) -> Extended {
        let quotient = self.high / other.high;
        let rest = (-quotient).mul_add(other.high, self.high) + (self.low - quotient * other.low);
        Extended::normal(quotient, rest / other.high, self.exponent - other.exponent)
    }

    fn normal(high: f64, low: f64, exponent: i32) -> Extended {
        let sum = high + low;
        let low = low - (sum - high);
        let (high, raised) = split(sum);
        Extended { high, low: scaled(low, -raised), exponent: exponent + raised }
    }

    fn root(self) -> RootWeight {
        let odd = self.exponent & 1;
        let (mantissa, raised) = split(scaled(self.high, odd).sqrt());
        RootWeight { mantissa, exponent: (self.exponent - odd) / 2 + raised }
    }
}

/// The mantissa in [½, 1) and the exponent of a positive normal number.
fn split(value: f64) -> (f64, i32) {
    let bits = value.to_bits();
    let raised = ((bits >> 52) & 0x7ff) as i32 - 1022;
    (f64::from_bits((bits & !(0x7ff << 52)) | (1022 << 52)), raised)
}

impl Balance {
    /// The square roots of the stationary weights of a chain; `None` if the chain is not reversible to within the
    /// rounding of its rates.
    pub(crate) fn of(generator: &Generator) -> Option<Balance> {
        let indptr = generator.rates.indptr();
        let rows =
            Rows { starts: indptr.to_proper(), targets: generator.rates.indices(), rates: generator.rates.data() };
        let weights = rows.weights()?;
        let is_balanced = (0..weights.len()).into_par_iter().with_min_len(TASK_STATES).all(|i| {
            let (targets, rates) = rows.row(i);
            let own = weights[i];
            targets.iter().zip(rates).enumerate().all(|(position, (&j, &rate))| {
                let j = j as usize;
                let back = rows.rate(j, i, targets.len() - 1 - position).unwrap_or(0.0);
                if !(rate > 0.0 && back > 0.0) {
                    return false;
                }
                // Skip: the edge is checked from its other end.
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

    /// The weights √π in the given order of states, scaled so that the largest lies between ½ and 1; `None` if they do
    /// not fit into the range of floating-point numbers.
    pub(crate) fn weights_in(&self, order: &[u32]) -> Option<Vec<f64>> {
        let exponents = self.0.iter().map(|weight| weight.exponent);
        let (low, high) = exponents.fold((i32::MAX, i32::MIN), |(low, high), e| (low.min(e), high.max(e)));
        if high.saturating_sub(low) > LARGEST_RANGE {
            return None;
        }
        let scale = |&state: &u32| {
            let weight = self.0[state as usize];
            scaled(weight.mantissa, weight.exponent - high)
        };
        Some(order.par_iter().map(scale).collect())
    }
}

/// The rates of the generator in compressed rows.
struct Rows<'a> {
    starts: std::borrow::Cow<'a, [usize]>,
    targets: &'a [u32],
    rates: &'a [f64],
}

impl Rows<'_> {
    /// The target states and the rates of the edges out of state i.
    #[inline(always)]
    fn row(&self, i: usize) -> (&[u32], &[f64]) {
        let range = self.starts[i]..self.starts[i + 1];
        (&self.targets[range.clone()], &self.rates[range])
    }

    /// The rate q_ij. The row is searched from the position `guess`: where all states have the same neighbours, the
    /// reverse edge is as far from the end of its row as the edge is from the beginning of its own.
    #[inline(always)]
    fn rate(&self, i: usize, j: usize, guess: usize) -> Option<f64> {
        let (targets, rates) = self.row(i);
        let j = j as u32;
        if targets.get(guess) == Some(&j) {
            return Some(rates[guess]);
        }
        targets.iter().position(|&target| target == j).map(|position| rates[position])
    }

    /// The weights √π, computed along a spanning tree of edges; `None` if one of these has no reverse.
    fn weights(&self) -> Option<Vec<RootWeight>> {
        let n = self.starts.len() - 1;
        let mut squares = vec![Extended::default(); n];
        let stretches = squares.par_chunks_mut(STRETCH).enumerate();
        let scan_stretch = |(stretch, squares): (usize, &mut [Extended])| {
            let states = stretch * STRETCH..stretch * STRETCH + squares.len();
            squares[0] = Extended::ONE;
            self.scan(states.start, squares, &mut (states.start + 1..states.end).collect())
        };
        stretches.map(scan_stretch).collect::<Option<()>>()?;
        // Join each stretch to an earlier one by any edge between states whose weights are known.
        let mut factors: Vec<Option<Extended>> = vec![Some(Extended::ONE)];
        for stretch in 1..n.div_ceil(STRETCH) {
            let states = stretch * STRETCH..((stretch + 1) * STRETCH).min(n);
            let is_known = |j: usize| squares[j].high != 0.0 && factors[j / STRETCH].is_some();
            let joins = |&j: &u32| (j as usize) < states.start && is_known(j as usize);
            let mut known = states.clone().filter(|&i| squares[i].high != 0.0);
            factors.push(match known.find_map(|i| Some((i, self.row(i).0.iter().position(joins)?))) {
                Some((i, position)) => {
                    let j = self.row(i).0[position] as usize;
                    let of_neighbour = squares[j].times(factors[j / STRETCH].unwrap_or(Extended::ONE));
                    Some(self.weight_from(of_neighbour, i, position)?.over(squares[i]))
                }
                None => None,
            });
        }
        squares.par_chunks_mut(STRETCH).zip(factors).for_each(|(squares, factor)| match factor {
            Some(factor) => {
                for square in squares.iter_mut().filter(|square| square.high != 0.0) {
                    *square = square.times(factor);
                }
            }
            None => squares.fill(Extended::default()),
        });
        let mut unknown: Vec<usize> = (0..n).filter(|&i| squares[i].high == 0.0).collect();
        self.scan(0, &mut squares, &mut unknown)?;
        // States that the scans did not reach (winding paths, several connected components): search from all known
        // states, then from the first state of each remaining component.
        let is_border =
            |&i: &usize| squares[i].high != 0.0 && self.row(i).0.iter().any(|&j| squares[j as usize].high == 0.0);
        let mut border: Vec<usize> = if unknown.is_empty() { Vec::new() } else { (0..n).filter(is_border).collect() };
        let mut roots = unknown.into_iter();
        loop {
            while let Some(i) = border.pop() {
                for position in 0..self.row(i).0.len() {
                    let j = self.row(i).0[position] as usize;
                    if squares[j].high == 0.0 {
                        let back = self.row(j).0.iter().position(|&target| target as usize == i)?;
                        squares[j] = self.weight_from(squares[i], j, back)?;
                        border.push(j);
                    }
                }
            }
            let Some(root) = roots.find(|&root| squares[root].high == 0.0) else { break };
            squares[root] = Extended::ONE;
            border.push(root);
        }
        Some(squares.par_iter().map(|square| square.root()).collect())
    }

    /// Finds π of the `unknown` states from `first` on, each from its first neighbour in that range whose π is known,
    /// scanning forward and backward in the order of the states: this reads memory in sequence, which a search does
    /// not. `None` if a rate ratio is out of range.
    fn scan(&self, first: usize, squares: &mut [Extended], unknown: &mut Vec<usize>) -> Option<()> {
        let states = first..first + squares.len();
        for _ in 0..SCANS {
            let before = unknown.len();
            let mut is_usable = true;
            unknown.retain(|&i| {
                let is_known = |&j: &u32| states.contains(&(j as usize)) && squares[j as usize - first].high != 0.0;
                let Some(position) = self.row(i).0.iter().position(is_known) else { return true };
                let found = self.weight_from(squares[self.row(i).0[position] as usize - first], i, position);
                is_usable &= found.is_some();
                squares[i - first] = found.unwrap_or(Extended::ONE);
                false
            });
            if !is_usable {
                return None;
            }
            if unknown.len() == before {
                break;
            }
            unknown.reverse();
        }
        Some(())
    }

    /// The weight π_i, from the weight of the neighbour in the given position of row i; `None` if the rates between
    /// them are out of range.
    fn weight_from(&self, of_neighbour: Extended, i: usize, position: usize) -> Option<Extended> {
        let (targets, rates) = self.row(i);
        let (j, rate) = (targets[position] as usize, rates[position]);
        let back = self.rate(j, i, targets.len() - 1 - position).unwrap_or(0.0);
        let in_range = |number: f64| (1e-300..1e300).contains(&number);
        // π_i = π_j q_ji / q_ij.
        (in_range(rate) && in_range(back) && in_range(back / rate)).then(|| of_neighbour.times_ratio(back, rate))
    }
}
