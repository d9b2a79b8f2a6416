//! Chains: every state is coupled with its two neighbours only, and elimination takes O(n) without fill.
//!
//! Each connected piece is eliminated from both of its ends towards its target, the state with the largest killing κ.
//! Every pivot on the way contains the rate towards the target and the target's own contains its κ, so no pivot
//! underflows unless a rate of the generator did; eliminating away from the exit would square the barrier into the last
//! pivot instead.

use std::ops::{AddAssign, Div, Mul};

use super::{EliminationError, PivotFault};
use crate::generator::Generator;

/// What a solve adds up: ordinary numbers, or such with an exponent of their own where times leave the range of those.
pub(super) trait Amount: Copy + AddAssign + Mul<f64, Output = Self> + Div<f64, Output = Self> {}

impl<T: Copy + AddAssign + Mul<f64, Output = T> + Div<f64, Output = T>> Amount for T {}

/// A factored chain.
#[derive(Debug)]
pub(super) struct Tridiagonal {
    steps: Vec<Step>,
    pieces: Vec<Piece>,
}

/// One eliminated state k with the neighbour that is eliminated after it.
#[derive(Clone, Copy, Debug, Default)]
struct Step {
    /// S_k.
    pivot: f64,
    /// q_k,next / S_k.
    onward: f64,
    /// q_next,k.
    back: f64,
}

/// States first..=last, eliminated towards the target.
#[derive(Clone, Copy, Debug)]
struct Piece {
    first: usize,
    target: usize,
    last: usize,
}

impl Piece {
    /// (state, next) in the order of elimination, without the target.
    fn forward(self) -> impl DoubleEndedIterator<Item = (usize, usize)> {
        let rising = (self.first..self.target).map(|k| (k, k + 1));
        rising.chain((self.target + 1..=self.last).rev().map(|k| (k, k - 1)))
    }
}

impl Tridiagonal {
    /// Eliminates a generator that is a chain.
    pub(super) fn eliminate(generator: &Generator) -> Result<Self, EliminationError> {
        let n = generator.len();
        let mut up = vec![0.0; n];
        let mut down = vec![0.0; n];
        for (k, row) in generator.rates.outer_iterator().enumerate() {
            for (j, &rate) in row.iter() {
                if j == k + 1 {
                    up[k] = rate;
                } else if j + 1 == k {
                    down[k] = rate;
                }
            }
        }
        let mut killing = generator.killing.clone();
        let mut pieces = Vec::new();
        let mut first = 0;
        for last in 0..n {
            if last + 1 == n || (up[last] == 0.0 && down[last + 1] == 0.0) {
                let heavier = |best, k| if killing[k] > killing[best] { k } else { best };
                let target = (first..=last).fold(first, heavier);
                pieces.push(Piece { first, target, last });
                first = last + 1;
            }
        }
        let mut steps = vec![Step::default(); n];
        for &piece in &pieces {
            for (k, next) in piece.forward() {
                let (rate, back) = if next > k { (up[k], down[next]) } else { (down[k], up[next]) };
                let pivot = killing[k] + rate;
                PivotFault::check(k, pivot).map_err(|fault| fault.of_state(k))?;
                killing[next] += back * (killing[k] / pivot);
                steps[k] = Step { pivot, onward: rate / pivot, back };
            }
            let target = piece.target;
            PivotFault::check(target, killing[target]).map_err(|fault| fault.of_state(target))?;
            steps[target].pivot = killing[target];
        }
        Ok(Tridiagonal { steps, pieces })
    }

    /// x A = b, in numbers of any range.
    pub(super) fn solve_left<T: Amount>(&self, b: &[T]) -> Vec<T> {
        let mut x = b.to_vec();
        for piece in &self.pieces {
            for (k, next) in piece.forward() {
                let passed = x[k] * self.steps[k].onward;
                x[next] += passed;
            }
            x[piece.target] = x[piece.target] / self.steps[piece.target].pivot;
            for (k, next) in piece.forward().rev() {
                let back = x[next] * self.steps[k].back;
                x[k] += back;
                x[k] = x[k] / self.steps[k].pivot;
            }
        }
        x
    }

    /// A x = b, in numbers of any range.
    pub(super) fn solve_right<T: Amount>(&self, b: &[T]) -> Vec<T> {
        let mut x = b.to_vec();
        for piece in &self.pieces {
            for (k, next) in piece.forward() {
                x[k] = x[k] / self.steps[k].pivot;
                let passed = x[k] * self.steps[k].back;
                x[next] += passed;
            }
            x[piece.target] = x[piece.target] / self.steps[piece.target].pivot;
            for (k, next) in piece.forward().rev() {
                let passed = x[next] * self.steps[k].onward;
                x[k] += passed;
            }
        }
        x
    }
}
